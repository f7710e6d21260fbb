//! How much each finding of a case overlaps each truth: computed once, kept for every threshold.

use groundglass_types::{BoundingBox, Finding, Mask, Region, TruthRegion};

use crate::regions::RegionKind;

/// A finding's overlap with one truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Overlap {
    /// The truth's index.
    pub truth: usize,
    /// IoU; for a crowd the intersection over the area of the finding, as in pycocotools.
    pub iou: f64,
}

/// All overlaps above 0 between the findings and the truths of one case, whatever their classes.
///
/// Most pairs share nothing, so only those that do are kept (in memory a matrix of 200 findings and
/// 125 truths shrinks to some 300 pairs).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Overlaps {
    /// Where each finding's pairs begin, and past the last one.
    offsets: Vec<usize>,
    pairs: Vec<Overlap>,
}

impl Overlaps {
    pub fn between(findings: &[Finding], truths: &[TruthRegion], kind: RegionKind) -> Self {
        let truth_shapes = truths
            .iter()
            .enumerate()
            .filter_map(|(index, truth)| Some((index, truth.crowd, Shape::of(&truth.region, kind)?)))
            .collect::<Vec<_>>();
        let mut offsets = Vec::with_capacity(findings.len() + 1);
        let mut pairs = Vec::new();
        offsets.push(0);
        for finding in findings {
            if let Some(shape) = Shape::of(&finding.region, kind) {
                pairs.extend(truth_shapes.iter().filter_map(|(truth, crowd, other)| {
                    let iou = shape.overlap(other, *crowd);
                    (iou > 0.0).then_some(Overlap { truth: *truth, iou })
                }));
            }
            offsets.push(pairs.len());
        }
        Self { offsets, pairs }
    }

    /// Overlaps of boxes as conventions without crowds have them: IoU with every truth. With `inclusive` a box holds the
    /// pixels at its upper edges too, and is one wider and one higher than their difference.
    pub fn of_boxes(findings: &[Finding], truths: &[TruthRegion], inclusive: bool) -> Self {
        let extra = if inclusive { 1.0 } else { 0.0 };
        let shape = |region: &Region| {
            let edges = region.bounding_box;
            let bounds = BoundingBox::new(edges.x_min, edges.y_min, edges.x_max + extra, edges.y_max + extra);
            Shape { bounds, area: bounds.area(), mask: None }
        };
        let truth_shapes = truths.iter().map(|truth| shape(&truth.region)).enumerate().collect::<Vec<_>>();
        let mut offsets = Vec::with_capacity(findings.len() + 1);
        let mut pairs = Vec::new();
        offsets.push(0);
        for finding in findings {
            let finding = shape(&finding.region);
            let overlaps = truth_shapes.iter().map(|(truth, other)| (*truth, finding.overlap(other, false)));
            pairs.extend(overlaps.filter(|(_, iou)| *iou > 0.0).map(|(truth, iou)| Overlap { truth, iou }));
            offsets.push(pairs.len());
        }
        Self { offsets, pairs }
    }

    /// The truths that a finding overlaps, in the order of the truths.
    pub fn of(&self, finding: usize) -> &[Overlap] {
        match (self.offsets.get(finding), self.offsets.get(finding + 1)) {
            (Some(&start), Some(&end)) => self.pairs.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// A region's part that is compared, with what is worth computing once.
struct Shape<'a> {
    /// The tightest box: pairs whose boxes are apart are skipped.
    bounds: BoundingBox,
    area: f64,
    mask: Option<&'a Mask>,
}

impl<'a> Shape<'a> {
    /// `None` where there is nothing to compare: no mask, or an empty one.
    fn of(region: &'a Region, kind: RegionKind) -> Option<Self> {
        match kind {
            RegionKind::Box => Some(Self { bounds: region.bounding_box, area: region.bounding_box.area(), mask: None }),
            RegionKind::Mask => {
                let mask = region.mask.as_ref()?;
                Some(Self { bounds: mask.bounding_box()?, area: mask.area() as f64, mask: Some(mask) })
            }
        }
    }

    fn overlap(&self, truth: &Self, crowd: bool) -> f64 {
        let of_bounds = self.bounds.intersection_area(&truth.bounds);
        if of_bounds <= 0.0 {
            return 0.0;
        }
        let intersection = match (self.mask, truth.mask) {
            (Some(mask), Some(other)) => mask.intersection_area(other) as f64,
            _ => of_bounds,
        };
        if crowd { intersection / self.area } else { intersection / (self.area + truth.area - intersection) }
    }
}
