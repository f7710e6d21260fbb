//! YOLO: one text file a case with its boxes, and `classes.txt`. Findings have their confidence at the end of the line. A
//! set that came with a list of classes keeps their numbers.

use std::collections::HashMap;
use std::fmt::Write;

use crate::JsonId;
use crate::coco_index::CocoCategory;
use crate::frame::Frame;
use crate::write::{AnnotationWriter, Means, Side, Writing, WrittenCase, WrittenCases, put};
use crate::writers::lost::Lost;
use crate::writers::paths::{Names, below};
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
        let (names, lost) = (Names::new(cases), Lost::beside(cases));
        let classes = cases.beside().map(|beside| known(&beside.listed, &beside.categories)).unwrap_or_default();
        let numbered = classes.iter().enumerate().filter_map(|(number, name)| Some((name.clone()?, number)));
        let numbers = numbered.collect();
        Box::new(Files { side, next: 0, total, names, lost, classes, numbers })
    }
}

/// No list of classes that people have is longer.
const MOST_CLASSES: usize = 10_000;

/// The classes that the files name, each at the place of its number in their list, or in the order of the COCO file. No
/// class stands at a number that the list leaves out.
fn known(listed: &[CocoCategory], categories: &[CocoCategory]) -> Vec<Option<String>> {
    let number = |class: &CocoCategory| match class.id {
        JsonId::Number(number) => usize::try_from(number).ok().filter(|number| *number < MOST_CLASSES),
        JsonId::Large(_) | JsonId::Text(_) => None,
    };
    let mut classes: Vec<Option<String>> = Vec::new();
    for class in listed {
        let Some(number) = number(class) else { return listed.iter().map(|class| Some(class.name.clone())).collect() };
        classes.resize(classes.len().max(number + 1), None);
        if let Some(place) = classes.get_mut(number) {
            *place = Some(class.name.clone());
        }
    }
    if classes.is_empty() {
        classes.extend(categories.iter().map(|class| Some(class.name.clone())));
    }
    classes
}

/// A file a step, and at last the classes.
struct Files {
    side: Side,
    next: usize,
    total: usize,
    names: Names,
    lost: Lost,
    /// By their numbers.
    classes: Vec<Option<String>>,
    numbers: HashMap<String, usize>,
}

impl Writing for Files {
    fn step(&mut self, means: &mut Means<'_, '_>) -> Result<bool, FormatError> {
        let written = means.cases.case(self.next);
        self.next += 1;
        let Some(written) = written else {
            let classes = self.classes();
            put(means.sink, &below(self.side, "classes.txt"), classes.as_bytes())?;
            return Ok(false);
        };
        if let Some(text) = self.text(&written) {
            let path = format!("{}.txt", self.names.of_case("labels", &written));
            put(means.sink, &below(self.side, &path), text.as_bytes())?;
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
            self.lost.turned("the pixels of masks", "become boxes", region.region.mask.is_some());
            self.lost.turned("crowds", "become single objects", region.crowd);
            self.lost.count_area(&region, false);
            self.lost.count_label(region.label);
            let class = self.class(region.named());
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
        self.classes.push(Some(label.to_owned()));
        self.numbers.insert(label.to_owned(), number);
        number
    }

    /// The classes, one a line; an empty line has its number too.
    fn classes(&mut self) -> String {
        for name in self.classes.iter().flatten() {
            let is_broken = name.contains(['\n', '\r']);
            self.lost.turned("class names with line breaks", "have spaces in their place", is_broken);
        }
        let line =
            |name: &Option<String>| format!("{}\n", name.as_deref().unwrap_or_default().replace(['\n', '\r'], " "));
        self.classes.iter().map(line).collect()
    }
}
