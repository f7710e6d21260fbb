//! Generalised IoU, which also says how far apart boxes are that share nothing.

use groundglass_types::{BoundingBox, Convention, Pairing, Undefined, WithoutTruth};

use super::{Family, Pace};
use crate::engine::{Better, Definition, Prepared};
use crate::regions::RegionKind;
use crate::regions::assignment::minimum_cost_assignment;
use crate::regions::means::{Item, Means};
use crate::regions::queries::{Query, by_phrase};
use crate::regions::scope::Scope;

pub(super) const FAMILY: Family = Family {
    convention: "giou",
    by_default: true,
    definitions: DEFINITIONS,
    region: Some(RegionKind::Box),
    pace: Pace::OnDemand,
    prepare,
};

const DEFINITIONS: &[Definition] = &[Definition {
    id: "mean_giou",
    name: "Mean GIoU of the pairs",
    definition: "Mean over pairs of IoU - (hull - union) / hull, between -1 and 1, where hull is the area of the \
                 smallest box around both; pairs are those of the one-to-one pairing with the highest sum.",
    source: "Rezatofighi et al., Generalized Intersection over Union, CVPR 2019, algorithm 1",
    better: Better::Higher,
}];

/// GIoU with continuous edges. An inverted box has no area; of two boxes without area the IoU is 0, and where their
/// hull has none either they are neither near nor far: 0.
pub(super) fn generalised_iou(a: &BoundingBox, b: &BoundingBox) -> f64 {
    let shared = a.intersection_area(b);
    let union = a.area() + b.area() - shared;
    let hull = BoundingBox::new(a.x_min.min(b.x_min), a.y_min.min(b.y_min), a.x_max.max(b.x_max), a.y_max.max(b.y_max));
    let iou = if union > 0.0 { shared / union } else { 0.0 };
    let hull = hull.area();
    if hull > 0.0 { iou - (hull - union) / hull } else { 0.0 }
}

/// GIoU of every finding with every truth of a query, one row a finding.
pub(super) fn generalised_ious(query: &Query<'_>) -> Vec<f64> {
    let truths = query.truths.iter().filter_map(|&truth| query.scoped.entry.truths().get(truth));
    let truths = truths.map(|truth| truth.region.bounding_box).collect::<Vec<_>>();
    let findings = query.findings.iter().filter_map(|&finding| query.scoped.findings.get(finding));
    let rows = findings.map(|finding| finding.region.bounding_box);
    rows.flat_map(|finding| truths.iter().map(move |truth| generalised_iou(&finding, truth)).collect::<Vec<_>>())
        .collect()
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let mut items = Vec::new();
    for query in by_phrase(scope) {
        let gious = generalised_ious(&query);
        let costs = gious.iter().map(|giou| -giou).collect::<Vec<_>>();
        let columns = query.truths.len();
        let pairs = minimum_cost_assignment(&costs, query.findings.len(), columns).into_iter().enumerate();
        items.extend(pairs.filter_map(|(row, column)| {
            let value = *gious.get(row * columns + column?)?;
            Some(Item { case: query.case, class: query.class, value })
        }));
    }
    let convention = Convention {
        pairing: Some(Pairing::Hungarian),
        without_truth: Some(WithoutTruth::Ignored),
        ..Convention::new(
            FAMILY.convention,
            format!(
                "findings with score >= {}; the boxes of a phrase (a class in an image with truth) are paired one to \
                 one so that their GIoUs have the highest sum; mean over pairs, what is unpaired counts in nothing; \
                 boxes without area have IoU 0, and GIoU 0 where the box around both has none; crowds are left out; n \
                 counts pairs",
                scope.options.score_threshold
            ),
        )
    };
    let mut means = Means::new(scope);
    means.add_with_classes(scope, "mean_giou", &convention, Undefined::NoPairs, &items);
    Box::new(means)
}

#[cfg(test)]
mod tests {
    use groundglass_types::BoundingBox;

    use super::generalised_iou;

    #[test]
    fn generalised_ious_worked_by_hand() {
        let square = BoundingBox::new(0.0, 0.0, 2.0, 2.0);
        assert_eq!(generalised_iou(&square, &square), 1.0);
        // Shifted by a side and a side: IoU 0, and 8 of the hull's 16 are empty.
        assert_eq!(generalised_iou(&square, &square.shifted(2.0, 2.0)), -0.5);
        // Half overlap: IoU 2 / 6, the hull is the union.
        assert_eq!(generalised_iou(&square, &square.shifted(1.0, 0.0)), 1.0 / 3.0);
        // A point in a corner, the same point twice, and an inverted box.
        let point = BoundingBox::new(4.0, 4.0, 4.0, 4.0);
        assert_eq!(generalised_iou(&square, &point), -0.75);
        assert_eq!(generalised_iou(&point, &point), 0.0);
        assert_eq!(generalised_iou(&square, &BoundingBox::new(2.0, 2.0, 0.0, 0.0)), 0.0);
    }
}
