//! Pascal VOC: one XML file a case, called as its image is. Corners are written as they are, also between pixels.

use std::borrow::Cow;
use std::fmt::Write;

use quick_xml::escape::escape;

use crate::paths::{base_name, normalised};
use crate::write::{AnnotationWriter, Means, Side, Writing, WrittenCase, WrittenCases, put};
use crate::writers::lost::Lost;
use crate::writers::paths::{Names, below};
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
        let (names, lost) = (Names::new(cases), Lost::beside(cases));
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
            let path = format!("{}.xml", self.names.of_case("Annotations", &written));
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
        text_of(base_name(&name)),
        case.width,
        case.height
    );
    for region in regions {
        lost.turned("masks", "become boxes", region.region.mask.is_some());
        lost.count("scores", region.score.is_some());
        lost.count_area(&region, false);
        lost.count_label(region.label);
        let is_held = region.label.chars().all(is_of_xml);
        lost.turned("control characters of class names", "become \u{fffd}", !is_held);
        let edges = region.region.bounding_box;
        // Writing to a string never fails.
        let _ = writeln!(
            text,
            "\t<object>\n\t\t<name>{}</name>\n\t\t<pose>Unspecified</pose>\n\t\t<truncated>0</truncated>\n\
             \t\t<difficult>{}</difficult>\n\t\t<bndbox>\n\t\t\t<xmin>{}</xmin>\n\t\t\t<ymin>{}</ymin>\n\
             \t\t\t<xmax>{}</xmax>\n\t\t\t<ymax>{}</ymax>\n\t\t</bndbox>\n\t</object>",
            text_of(region.named()),
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

/// Whether XML can hold a character (XML 1.0, 2.2).
const fn is_of_xml(sign: char) -> bool {
    matches!(sign, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Text as it stands in XML. A carriage return is read as a line's end unless it is escaped, and what XML cannot hold
/// becomes U+FFFD.
fn text_of(text: &str) -> Cow<'_, str> {
    let escaped = escape(text);
    if escaped.chars().all(|sign| is_of_xml(sign) && sign != '\r') {
        return escaped;
    }
    let held = escaped.chars().map(|sign| if is_of_xml(sign) { sign } else { '\u{fffd}' }).collect::<String>();
    Cow::Owned(held.replace('\r', "&#13;"))
}
