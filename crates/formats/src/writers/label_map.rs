//! Label maps: a PNG of 16 bits a case, 0 for background and 1, 2, ... for its regions, and `classes.json` with the class of
//! each number by file. Where two regions overlap the earlier one keeps the pixel.

use std::collections::BTreeMap;
use std::io::Cursor;

use image::{ImageBuffer, ImageFormat, Luma};

use crate::write::{AnnotationWriter, Side, Sink, WrittenCase};
use crate::writers::lost::{Lost, unwritten};
use crate::writers::paths::Names;
use crate::writers::regions::regions;
use crate::{FormatError, Problem};

/// Label maps.
pub struct LabelMap;

impl AnnotationWriter for LabelMap {
    fn id(&self) -> &'static str {
        "label_map"
    }

    fn name(&self) -> &'static str {
        "label maps (PNG, 16 bits)"
    }

    fn write(&self, cases: &[WrittenCase<'_>], side: Side, sink: &mut Sink<'_>) -> Result<Vec<Problem>, FormatError> {
        let (mut lost, mut names) = (Lost::default(), Names::default());
        let mut classes: BTreeMap<String, BTreeMap<u16, &str>> = BTreeMap::new();
        for written in cases {
            let Some(regions) = regions(written, side) else { continue };
            let case = written.case;
            lost.count_case(case, side);
            let path = format!("{}.png", names.of("labels", &case.name));
            let of_file = classes.entry(path.clone()).or_default();
            let mut pixels = vec![0_u16; case.width.saturating_mul(case.height)];
            let mut value = 0_u16;
            for region in regions {
                let mask = region.region.mask.as_ref();
                let mask = mask.filter(|mask| mask.width() == case.width && mask.height() == case.height);
                let Some(mask) = mask else {
                    lost.count("boxes without a mask", true);
                    continue;
                };
                let Some(next) = value.checked_add(1) else {
                    lost.count("more than 65535 regions of a case", true);
                    continue;
                };
                value = next;
                lost.count("scores", region.score.is_some());
                lost.count("crowds, which become single objects", region.crowd);
                lost.count("areas as annotated", region.area.is_some());
                let tight = mask.bounding_box() == Some(region.region.bounding_box);
                lost.count("boxes other than those around the mask", !tight);
                let (mut covered, mut drawn) = (false, false);
                for place in mask.runs().flat_map(|(start, end)| start..end) {
                    let place = place as usize;
                    // Runs go down the columns, a picture along the rows.
                    let at = place % case.height.max(1) * case.width + place / case.height.max(1);
                    match pixels.get_mut(at) {
                        Some(pixel) if *pixel == 0 => (*pixel, drawn) = (value, true),
                        _ => covered = true,
                    }
                }
                lost.count("overlapping regions, of which the earlier keeps the pixels", covered && drawn);
                lost.count("regions that lie wholly under earlier ones or have no pixel", !drawn);
                of_file.insert(value, region.label);
            }
            let (width, height) = (case.width as u32, case.height as u32);
            let picture = ImageBuffer::<Luma<u16>, _>::from_raw(width, height, pixels);
            let picture = picture.ok_or_else(|| unwritten(&path, &"its image has no pixels"))?;
            let mut bytes = Cursor::new(Vec::new());
            picture.write_to(&mut bytes, ImageFormat::Png).map_err(|error| unwritten(&path, &error))?;
            sink(&path, bytes.into_inner())?;
        }
        let text = serde_json::to_vec_pretty(&classes).map_err(|error| unwritten("classes.json", &error))?;
        sink("classes.json", text)?;
        Ok(lost.into_problems(self.name()))
    }
}
