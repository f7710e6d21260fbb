//! Pascal VOC: one XML file a case, called as its image is. Corners are written as they are, also between pixels.

use std::fmt::Write;

use quick_xml::escape::escape;

use crate::paths::{base_name, normalised};
use crate::write::{AnnotationWriter, Side, Sink, WrittenCase};
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

    fn write(&self, cases: &[WrittenCase<'_>], side: Side, sink: &mut Sink<'_>) -> Result<Vec<Problem>, FormatError> {
        let (mut lost, mut names) = (Lost::default(), Names::default());
        for written in cases {
            let Some(regions) = regions(written, side) else { continue };
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
            sink(&format!("{}.xml", names.of("Annotations", &case.name)), text.into_bytes())?;
        }
        Ok(lost.into_problems(self.name()))
    }
}
