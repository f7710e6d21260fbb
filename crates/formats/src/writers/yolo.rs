//! YOLO: one text file a case with its boxes, and `classes.txt`. Findings have their confidence at the end of the line.

use std::collections::HashMap;
use std::fmt::Write;

use crate::frame::Frame;
use crate::write::{AnnotationWriter, Side, Sink, WrittenCase};
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

    fn write(&self, cases: &[WrittenCase<'_>], side: Side, sink: &mut Sink<'_>) -> Result<Vec<Problem>, FormatError> {
        let (mut lost, mut names) = (Lost::default(), Names::default());
        let (mut classes, mut numbers) = (Vec::new(), HashMap::new());
        for written in cases {
            let Some(regions) = regions(written, side) else { continue };
            let case = written.case;
            lost.count_case(case, side);
            let mut text = String::new();
            for region in regions {
                lost.count("masks, only their boxes", region.region.mask.is_some());
                lost.count("crowds, which become single objects", region.crowd);
                lost.count("areas as annotated", region.area.is_some());
                let class = *numbers.entry(region.label).or_insert_with(|| {
                    classes.push(region.label);
                    classes.len() - 1
                });
                let [x, y, width, height] =
                    Frame::UNIT_CENTRE.of_pixels(region.region.bounding_box, (case.width.max(1), case.height.max(1)));
                // Writing to a string never fails.
                let _ = write!(text, "{class} {x} {y} {width} {height}");
                if let Some(score) = region.score {
                    let _ = write!(text, " {score}");
                }
                text.push('\n');
            }
            sink(&format!("{}.txt", names.of("labels", &case.name)), text.into_bytes())?;
        }
        let is_broken = |name: &str| name.trim() != name || name.is_empty() || name.contains(['\n', '\r']);
        classes
            .iter()
            .for_each(|name| lost.count("class names with line breaks or spaces at their ends", is_broken(name)));
        let lines = classes.iter().map(|name| format!("{}\n", name.replace(['\n', '\r'], " "))).collect::<String>();
        sink("classes.txt", lines.into_bytes())?;
        Ok(lost.into_problems(self.name()))
    }
}
