//! The pairing of masks in UniBiomed's grounded reports.

use groundglass_types::{Convention, EmptyBoth, Pairing, Undefined, WithoutTruth};

use super::{Family, Pace};
use crate::engine::{Better, Definition, Prepared};
use crate::regions::RegionKind;
use crate::regions::means::{Item, Means};
use crate::regions::queries::{Query, by_image};
use crate::regions::scope::Scope;

pub(super) const FAMILY: Family = Family {
    convention: "unibiomed",
    by_default: false,
    definitions: DEFINITIONS,
    region: None,
    pace: Pace::OnDemand,
    prepare,
};

const SOURCE: &str = "UniBiomed, demo/eval_utils/metrics_grg.py (compute_miou, compute_mean_dice)";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "unibiomed_report_miou",
        name: "mIoU of a grounded report (UniBiomed)",
        definition: "Mean over images of the mean IoU of the pairs, formed one to one from the highest IoU down; known \
                     fault: what is unpaired is not punished, so leaving regions out can only help.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "unibiomed_report_mdice",
        name: "mDice of a grounded report (UniBiomed)",
        definition: "Mean over images of the mean Dice of the pairs, formed one to one from the highest Dice down; \
                     known fault: what is unpaired is not punished, so leaving regions out can only help.",
        source: SOURCE,
        better: Better::Higher,
    },
];

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let queries = by_image(scope);
    let convention = Convention {
        pairing: Some(Pairing::GreedyByIou),
        without_truth: Some(WithoutTruth::Counted),
        empty_both: Some(EmptyBoth::Zero),
        ..Convention::new(
            FAMILY.convention,
            format!(
                "findings with score >= {}; all {} of an image whatever their class are paired one to one from the \
                 highest overlap down, until none is above 0; of equal overlaps the first finding's first truth; mean \
                 over the pairs of an image, 0 where there are none; crowds are left out; n counts images",
                scope.options.score_threshold,
                scope.options.region.task()
            ),
        )
    };
    let mut means = Means::new(scope);
    let items = |of: &dyn Fn(&Query<'_>) -> Vec<f64>| {
        let item = |query: &Query<'_>| Item { case: query.case, class: None, value: greedy_mean(query, of(query)) };
        queries.iter().map(item).collect::<Vec<_>>()
    };
    let ious = items(&|query| query.ious());
    means.add("unibiomed_report_miou", convention.clone(), Undefined::NoTruth, &ious);
    let dices = items(&|query| dices(query, scope.options.region));
    means.add("unibiomed_report_mdice", convention, Undefined::NoTruth, &dices);
    Box::new(means)
}

/// Dice of every finding with every truth, 1 for two empty masks.
fn dices(query: &Query<'_>, kind: RegionKind) -> Vec<f64> {
    let mut dices = query.ious().into_iter().map(|iou| 2.0 * iou / (1.0 + iou)).collect::<Vec<_>>();
    if kind == RegionKind::Mask {
        let entry = query.scoped.entry;
        let is_empty = |mask: Option<&groundglass_types::Mask>| mask.is_some_and(|mask| mask.area() == 0);
        for (row, &finding) in query.findings.iter().enumerate() {
            let finding = query.scoped.findings.get(finding).and_then(|finding| finding.region.mask.as_ref());
            if !is_empty(finding) {
                continue;
            }
            for (column, &truth) in query.truths.iter().enumerate() {
                if is_empty(entry.truths().get(truth).and_then(|truth| truth.region.mask.as_ref())) {
                    dices[row * query.truths.len() + column] = 1.0;
                }
            }
        }
    }
    dices
}

fn greedy_mean(query: &Query<'_>, overlaps: Vec<f64>) -> f64 {
    let columns = query.truths.len().max(1);
    let mut order = (0..overlaps.len()).filter(|&place| overlaps[place] > 0.0).collect::<Vec<_>>();
    // Stable, so that of equal overlaps the first in the matrix is taken.
    order.sort_by(|&a, &b| overlaps[b].total_cmp(&overlaps[a]));
    let (mut rows, mut taken) = (vec![false; query.findings.len()], vec![false; columns]);
    let (mut sum, mut pairs) = (0.0, 0_u32);
    for place in order {
        let (row, column) = (place / columns, place % columns);
        if !rows[row] && !taken[column] {
            (rows[row], taken[column]) = (true, true);
            sum += overlaps[place];
            pairs += 1;
        }
    }
    if pairs > 0 { sum / f64::from(pairs) } else { 0.0 }
}
