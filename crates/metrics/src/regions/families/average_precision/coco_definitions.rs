//! COCO's twelve numbers and three more: what each is, and what it is made of.

use crate::engine::{Better, Definition};

/// COCO's `maxDets`: the findings of one class in one case that count, from the highest score down.
pub(crate) const COCO_LIMIT: usize = 100;

/// A range of areas in square pixels, both bounds inside.
#[derive(Clone, Copy, Debug)]
pub(super) struct AreaRange {
    pub least: f64,
    pub most: f64,
    pub words: &'static str,
}

impl AreaRange {
    /// Whether a region of this area lies within. An area that is no number does, as in pycocotools.
    pub fn holds(&self, area: f64) -> bool {
        !(area < self.least || area > self.most)
    }
}

/// COCO's `areaRng`: all, small, medium, large.
pub(super) const RANGES: [AreaRange; 4] = [
    AreaRange { least: 0.0, most: 1e10, words: "all object sizes" },
    AreaRange { least: 0.0, most: 1024.0, words: "objects of 0 to 32^2 square pixels" },
    AreaRange { least: 1024.0, most: 9216.0, words: "objects of 32^2 to 96^2 square pixels" },
    AreaRange { least: 9216.0, most: 1e10, words: "objects of 96^2 to 100000^2 square pixels" },
];

/// The IoU thresholds that a precision is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ious {
    /// All ten.
    Mean,
    /// The one at this place.
    One(usize),
}

/// What a number is made of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Made {
    /// The place of the ranking: a range, or [`UNLIMITED`].
    Precision { ranking: usize, ious: Ious },
    /// The place among [`RECALLS`].
    Recall(usize),
}

/// The place of the ranking of all findings, after those of the ranges.
pub(super) const UNLIMITED: usize = RANGES.len();

/// The recalls: range and how many findings count.
pub(super) const RECALLS: [(usize, usize); 6] =
    [(0, 1), (0, 10), (0, COCO_LIMIT), (1, COCO_LIMIT), (2, COCO_LIMIT), (3, COCO_LIMIT)];

/// Every number in the order of a report.
pub(super) const NUMBERS: [(&str, Made); 15] = [
    ("ap", Made::Precision { ranking: 0, ious: Ious::Mean }),
    ("ap50", Made::Precision { ranking: 0, ious: Ious::One(0) }),
    ("ap75", Made::Precision { ranking: 0, ious: Ious::One(5) }),
    ("ap_small", Made::Precision { ranking: 1, ious: Ious::Mean }),
    ("ap_medium", Made::Precision { ranking: 2, ious: Ious::Mean }),
    ("ap_large", Made::Precision { ranking: 3, ious: Ious::Mean }),
    ("ar1", Made::Recall(0)),
    ("ar10", Made::Recall(1)),
    ("ar100", Made::Recall(2)),
    ("ar_small", Made::Recall(3)),
    ("ar_medium", Made::Recall(4)),
    ("ar_large", Made::Recall(5)),
    ("ap_unlimited", Made::Precision { ranking: UNLIMITED, ious: Ious::Mean }),
    ("ap50_unlimited", Made::Precision { ranking: UNLIMITED, ious: Ious::One(0) }),
    ("ap75_unlimited", Made::Precision { ranking: UNLIMITED, ious: Ious::One(5) }),
];

const SOURCE: &str = "Lin et al., ECCV 2014 (COCO); pycocotools 2.0.11, COCOeval, area all, maxDets 100";
const SOURCE_SIZES: &str = "Lin et al., ECCV 2014 (COCO); pycocotools 2.0.11, COCOeval, areaRng, maxDets 100";
const SOURCE_RECALL: &str = "Lin et al., ECCV 2014 (COCO); pycocotools 2.0.11, COCOeval, maxDets 1, 10 and 100";
const SOURCE_UNLIMITED: &str =
    "Lin et al., ECCV 2014 (COCO); pycocotools 2.0.11, COCOeval.accumulate, area all, maxDets unlimited";

const fn define(id: &'static str, name: &'static str, definition: &'static str, source: &'static str) -> Definition {
    Definition { id, name, definition, source, better: Better::Higher }
}

pub(super) const DEFINITIONS: &[Definition] = &[
    define(
        "ap",
        "AP (COCO)",
        "Average precision over 101 recalls, averaged over the IoU thresholds 0.50, 0.55, ... 0.95, of the 100 \
         highest-scored findings of each class in each case.",
        SOURCE,
    ),
    define(
        "ap50",
        "AP50 (COCO)",
        "Average precision over 101 recalls at IoU 0.50, of the 100 highest-scored findings of each class in each case.",
        SOURCE,
    ),
    define(
        "ap75",
        "AP75 (COCO)",
        "Average precision over 101 recalls at IoU 0.75, of the 100 highest-scored findings of each class in each case.",
        SOURCE,
    ),
    define(
        "ap_small",
        "AP, small objects (COCO)",
        "As AP (COCO), of truths of at most 32 x 32 square pixels; other truths, and findings of other sizes that are \
         paired with none, are ignored.",
        SOURCE_SIZES,
    ),
    define(
        "ap_medium",
        "AP, medium objects (COCO)",
        "As AP (COCO), of truths of 32 x 32 to 96 x 96 square pixels; other truths, and findings of other sizes that \
         are paired with none, are ignored.",
        SOURCE_SIZES,
    ),
    define(
        "ap_large",
        "AP, large objects (COCO)",
        "As AP (COCO), of truths of at least 96 x 96 square pixels; other truths, and findings of other sizes that are \
         paired with none, are ignored.",
        SOURCE_SIZES,
    ),
    define(
        "ar1",
        "AR, one finding (COCO)",
        "Share of the truths that are found by the highest-scored finding of each class in each case, averaged over \
         the IoU thresholds 0.50, 0.55, ... 0.95.",
        SOURCE_RECALL,
    ),
    define(
        "ar10",
        "AR, 10 findings (COCO)",
        "Share of the truths that are found by the 10 highest-scored findings of each class in each case, averaged \
         over the IoU thresholds 0.50, 0.55, ... 0.95.",
        SOURCE_RECALL,
    ),
    define(
        "ar100",
        "AR, 100 findings (COCO)",
        "Share of the truths that are found by the 100 highest-scored findings of each class in each case, averaged \
         over the IoU thresholds 0.50, 0.55, ... 0.95.",
        SOURCE_RECALL,
    ),
    define(
        "ar_small",
        "AR, small objects (COCO)",
        "As AR, 100 findings (COCO), of truths of at most 32 x 32 square pixels.",
        SOURCE_SIZES,
    ),
    define(
        "ar_medium",
        "AR, medium objects (COCO)",
        "As AR, 100 findings (COCO), of truths of 32 x 32 to 96 x 96 square pixels.",
        SOURCE_SIZES,
    ),
    define(
        "ar_large",
        "AR, large objects (COCO)",
        "As AR, 100 findings (COCO), of truths of at least 96 x 96 square pixels.",
        SOURCE_SIZES,
    ),
    define(
        "ap_unlimited",
        "AP, all findings",
        "As AP (COCO), but of all findings however many, as images with more than 100 objects need.",
        SOURCE_UNLIMITED,
    ),
    define(
        "ap50_unlimited",
        "AP50, all findings",
        "As AP50 (COCO), but of all findings however many, as images with more than 100 objects need.",
        SOURCE_UNLIMITED,
    ),
    define(
        "ap75_unlimited",
        "AP75, all findings",
        "As AP75 (COCO), but of all findings however many, as images with more than 100 objects need.",
        SOURCE_UNLIMITED,
    ),
];
