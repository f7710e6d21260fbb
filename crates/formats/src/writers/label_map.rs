//! Label maps: a PNG of 16 bits a case, 0 for background and 1, 2, ... for its regions, and `classes.json` with the class of
//! each number by file. Where two regions overlap the earlier one keeps the pixel.

use std::collections::BTreeMap;
use std::io::Cursor;

use image::{ImageBuffer, ImageFormat, Luma};

use crate::write::{AnnotationWriter, Means, Side, Writing, WrittenCase, WrittenCases, put};
use crate::writers::draw::draw;
use crate::writers::lost::{Lost, unwritten};
use crate::writers::paths::{Names, below};
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

    fn begin(&self, cases: &dyn WrittenCases, side: Side) -> Box<dyn Writing> {
        let (names, lost, classes) = (Names::new(cases), Lost::beside(cases), BTreeMap::new());
        Box::new(Files { side, next: 0, total: cases.count() + 1, names, lost, classes })
    }
}

/// A map a step, and at last the classes.
struct Files {
    side: Side,
    next: usize,
    total: usize,
    names: Names,
    lost: Lost,
    classes: BTreeMap<String, BTreeMap<u16, String>>,
}

impl Writing for Files {
    fn step(&mut self, means: &mut Means<'_, '_>) -> Result<bool, FormatError> {
        let written = means.cases.case(self.next);
        self.next += 1;
        let Some(written) = written else {
            let text = serde_json::to_vec_pretty(&self.classes).map_err(|error| unwritten("classes.json", &error))?;
            put(means.sink, &below(self.side, "classes.json"), &text)?;
            return Ok(false);
        };
        if let Some((pixels, classes)) = drawn(&written, self.side, &mut self.lost) {
            let path = format!("{}.png", self.names.of_case("labels", &written));
            let (width, height) = (written.case.width as u32, written.case.height as u32);
            let picture = ImageBuffer::<Luma<u16>, _>::from_raw(width, height, pixels);
            let picture = picture.ok_or_else(|| unwritten(&path, &"its image has no pixels"))?;
            let mut bytes = Cursor::new(Vec::new());
            picture.write_to(&mut bytes, ImageFormat::Png).map_err(|error| unwritten(&path, &error))?;
            put(means.sink, &below(self.side, &path), &bytes.into_inner())?;
            self.classes.insert(path, classes);
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
        self.lost.problems(LabelMap.name())
    }
}

/// The pixels of a case's map, row by row, and the class of each number; `None` where that side of it is unknown.
fn drawn(written: &WrittenCase<'_>, side: Side, lost: &mut Lost) -> Option<(Vec<u16>, BTreeMap<u16, String>)> {
    let regions = regions(written, side)?;
    let case = written.case;
    lost.count_case(case, side);
    let mut classes = BTreeMap::new();
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
        lost.turned("crowds", "become single objects", region.crowd);
        lost.count_area(&region, true);
        let tight = mask.bounding_box() == Some(region.region.bounding_box);
        lost.turned("boxes other than those around the mask", "become those", !tight);
        let (covered, drawn) = draw(mask, value, &mut pixels);
        lost.turned("overlaps", "regions lose pixels to earlier ones", covered && drawn);
        lost.count("regions that lie wholly under earlier ones or have no pixel", !drawn);
        classes.insert(value, region.label.to_owned());
    }
    Some((pixels, classes))
}
