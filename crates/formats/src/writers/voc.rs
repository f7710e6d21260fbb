//! Pascal VOC: one XML file a case, called as its image is. Corners are written as they are, also between pixels.

use std::fmt::Write;

use quick_xml::escape::escape;

use crate::paths::{base_name, normalised};
use crate::write::{AnnotationWriter, Means, Side, Writing, WrittenCase, WrittenCases, put};
use crate::writers::lost::Lost;
use crate::writers::paths::Names;
use crate::writers::regions::regions;
use crate::{FormatError, Problem};

/// Pascal VOC.
pub struct Voc;

impl AnnotationWriter for Voc {
    fn id(&self) -> &'static str {
        "voc"
    }

    fn name(&self) -> &'static str {
        "Pascal VOC (XML)"
    }

    fn begin(&self, cases: &dyn WrittenCases, side: Side) -> Box<dyn Writing> {
        let (names, lost) = (Names::default(), Lost::default());
        Box::new(Files { side, next: 0, total: cases.count(), names, lost })
    }
}

/// A file a step.
struct Files {
    side: Side,
    next: usize,
    total: usize,
    names: Names,
    lost: Lost,
}

impl Writing for Files {
    fn step(&mut self, means: &mut Means<'_, '_>) -> Result<bool, FormatError> {
        let Some(written) = means.cases.case(self.next) else { return Ok(false) };
        self.next += 1;
        if let Some(text) = text(&written, self.side, &mut self.lost) {
            let path = format!("{}.xml", self.names.of("Annotations", &written.case.name));
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
        self.lost.problems(Voc.name())
    }
}

/// The file of a case; `None` where that side of it is unknown.
fn text(written: &WrittenCase<'_>, side: Side, lost: &mut Lost) -> Option<String> {
    let regions = regions(written, side)?;
    let case = written.case;
    lost.count_case(case, side);
    let name = normalised(&case.name);
    let mut text = format!(
        "<annotation>\n\t<filename>{}</filename>\n\t<size>\n\t\t<width>{}</width>\n\t\t<height>{}</height>\n\
         \t\t<depth>1</depth>\n\t</size>\n\t<segmented>0</segmented>\n",
        escape(base_name(&name)),
        case.width,
        case.height
    );
    for region in regions {
        lost.count("masks, only their boxes", region.region.mask.is_some());
        lost.count("scores", region.score.is_some());
        lost.count("areas as annotated", region.area.is_some());
        let edges = region.region.bounding_box;
        // Writing to a string never fails.
        let _ = writeln!(
            text,
            "\t<object>\n\t\t<name>{}</name>\n\t\t<pose>Unspecified</pose>\n\t\t<truncated>0</truncated>\n\
             \t\t<difficult>{}</difficult>\n\t\t<bndbox>\n\t\t\t<xmin>{}</xmin>\n\t\t\t<ymin>{}</ymin>\n\
             \t\t\t<xmax>{}</xmax>\n\t\t\t<ymax>{}</ymax>\n\t\t</bndbox>\n\t</object>",
            escape(region.label),
            u8::from(region.crowd),
            edges.x_min,
            edges.y_min,
            edges.x_max,
            edges.y_max
        );
    }
    text.push_str("</annotation>\n");
    Some(text)
}
