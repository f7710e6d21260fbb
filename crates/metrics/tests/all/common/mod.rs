//! Small builders that the tests share.

pub mod alone;
pub mod drawn_masks;
pub mod draws;
pub mod stand_in;

use groundglass_metrics::{EvaluateOptions, EvaluationSet, RegionKind, Task, catalogue};
use groundglass_types::{BoundingBox, Case, Finding, Mask, Region, Statistic, Truth, TruthRegion, Value};

/// Columns and rows of every case here.
pub const SIZE: usize = 32;

/// Score threshold, IoU threshold, kind of region.
pub fn options(score_threshold: f64, iou_threshold: f64, region: RegionKind) -> EvaluateOptions {
    EvaluateOptions { score_threshold, iou_threshold, region, surface_tolerance: 2.0 }
}

/// Boxes at the usual thresholds.
pub fn boxes() -> EvaluateOptions {
    options(0.5, 0.5, RegionKind::Box)
}

/// Masks at the usual thresholds.
pub fn masks() -> EvaluateOptions {
    options(0.5, 0.5, RegionKind::Mask)
}

/// A region that is a rectangle of whole pixels, with its mask.
pub fn rectangle([x, y, width, height]: [usize; 4]) -> Region {
    let inside = |column, row| column >= x && column < x + width && row >= y && row < y + height;
    let mask = Mask::from_fn(SIZE, SIZE, inside).unwrap();
    Region::from_mask(mask).unwrap()
}

/// The same by its box alone.
pub fn box_only([x, y, width, height]: [usize; 4]) -> Region {
    Region::from_box(BoundingBox::from_xywh([x as f64, y as f64, width as f64, height as f64]))
}

pub fn truth(label: &str, xywh: [usize; 4]) -> TruthRegion {
    TruthRegion { label: label.to_owned(), region: rectangle(xywh), crowd: false, area: None }
}

pub fn crowd(label: &str, xywh: [usize; 4]) -> TruthRegion {
    TruthRegion { crowd: true, ..truth(label, xywh) }
}

pub fn finding(label: &str, score: f64, xywh: [usize; 4]) -> Finding {
    Finding { label: label.to_owned(), score, region: rectangle(xywh) }
}

pub fn case(name: &str, truths: Option<Vec<TruthRegion>>) -> Case {
    let truth = truths.map(|regions| Truth { regions });
    // Each case is a patient of its own.
    let attributes = [("patient".to_owned(), name.to_owned())].into();
    Case { name: name.to_owned(), width: SIZE, height: SIZE, truth, attributes, ..Case::default() }
}

/// Cases named `0`, `1`, ... with their findings.
pub fn set_of(cases: Vec<(Vec<TruthRegion>, Vec<Finding>)>) -> EvaluationSet {
    let mut set = EvaluationSet::new();
    for (index, (truths, findings)) in cases.into_iter().enumerate() {
        set.add_case(case(&index.to_string(), Some(truths))).unwrap();
        set.set_findings(&index.to_string(), findings).unwrap();
    }
    set
}

/// The conventions of a task, each once.
pub fn conventions(task: Task) -> Vec<&'static str> {
    let mut names = Vec::new();
    for entry in catalogue().iter().filter(|entry| entry.task == task) {
        if !names.contains(&entry.convention) {
            names.push(entry.convention);
        }
    }
    names
}

/// The statistic over all classes.
pub fn statistic(values: &[Value], id: &str) -> Statistic {
    values.iter().find(|value| value.id == id && value.class.is_none()).unwrap().statistic
}

/// The number over all classes.
pub fn number(values: &[Value], id: &str) -> f64 {
    statistic(values, id).value().unwrap()
}
