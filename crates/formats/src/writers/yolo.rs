//! YOLO: one text file a case with its boxes, and `classes.txt`. Findings have their confidence at the end of the line.

use std::collections::HashMap;
use std::fmt::Write;

use crate::frame::Frame;
use crate::write::{AnnotationWriter, Means, Side, Writing, WrittenCase, WrittenCases, put};
use crate::writers::lost::Lost;
use crate::writers::paths::Names;
use crate::writers::regions::regions;
use crate::{FormatError, Problem};

/// YOLO.
pub struct Yolo;

impl AnnotationWriter for Yolo {
    fn id(&self) -> &'static str {
        "yolo"
    }

    fn name(&self) -> &'static str {
        "YOLO (text)"
    }

    fn begin(&self, cases: &dyn WrittenCases, side: Side) -> Box<dyn Writing> {
        let total = cases.count() + 1;
        let (names, lost, numbers) = (Names::default(), Lost::default(), HashMap::new());
        Box::new(Files { side, next: 0, total, names, lost, classes: Vec::new(), numbers })
    }
}

/// A file a step, and at last the classes.
struct Files {
    side: Side,
    next: usize,
    total: usize,
    names: Names,
    lost: Lost,
    classes: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Writing for Files {
    fn step(&mut self, means: &mut Means<'_, '_>) -> Result<bool, FormatError> {
        let written = means.cases.case(self.next);
        self.next += 1;
        let Some(written) = written else {
            put(means.sink, "classes.txt", self.classes().as_bytes())?;
            return Ok(false);
        };
        if let Some(text) = self.text(&written) {
            let path = format!("{}.txt", self.names.of("labels", &written.case.name));
            put(means.sink, &path, text.as_bytes())?;
        }
        Ok(true)
    }

    fn done(&self) -> usize {
        self.next
    }

    fn total(&self) -> usize {
        self.total
    }

    fn problems(&self) -> Vec<Problem> {
        self.lost.problems(Yolo.name())
    }
}

impl Files {
    /// The file of a case; `None` where that side of it is unknown.
    fn text(&mut self, written: &WrittenCase<'_>) -> Option<String> {
        let regions = regions(written, self.side)?;
        let case = written.case;
        self.lost.count_case(case, self.side);
        let mut text = String::new();
        for region in regions {
            self.lost.count("masks, only their boxes", region.region.mask.is_some());
            self.lost.count("crowds, which become single objects", region.crowd);
            self.lost.count("areas as annotated", region.area.is_some());
            let class = self.class(region.label);
            let [x, y, width, height] =
                Frame::UNIT_CENTRE.of_pixels(region.region.bounding_box, (case.width.max(1), case.height.max(1)));
            // Writing to a string never fails.
            let _ = write!(text, "{class} {x} {y} {width} {height}");
            if let Some(score) = region.score {
                let _ = write!(text, " {score}");
            }
            text.push('\n');
        }
        Some(text)
    }

    /// The number of a class.
    fn class(&mut self, label: &str) -> usize {
        if let Some(&known) = self.numbers.get(label) {
            return known;
        }
        let number = self.classes.len();
        self.classes.push(label.to_owned());
        self.numbers.insert(label.to_owned(), number);
        number
    }

    /// The classes, one a line.
    fn classes(&mut self) -> String {
        let is_broken = |name: &str| name.trim() != name || name.is_empty() || name.contains(['\n', '\r']);
        for name in &self.classes {
            self.lost.count("class names with line breaks or spaces at their ends", is_broken(name));
        }
        self.classes.iter().map(|name| format!("{}\n", name.replace(['\n', '\r'], " "))).collect()
    }
}
