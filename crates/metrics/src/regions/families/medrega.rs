//! The region grounding metrics of MedRegA.

use groundglass_types::{Admission, Convention, Pairing, Undefined, WithoutTruth};

use super::{Family, Pace};
use crate::engine::{Better, Definition, Prepared};
use crate::regions::RegionKind;
use crate::regions::assignment::minimum_cost_assignment;
use crate::regions::means::{Item, Means};
use crate::regions::queries::{Query, by_image};
use crate::regions::scope::Scope;

pub(super) const FAMILY: Family = Family {
    convention: "medrega",
    by_default: false,
    definitions: DEFINITIONS,
    region: Some(RegionKind::Box),
    pace: Pace::OnDemand,
    prepare,
};

const SINGLE: &str = "MedRegA, src/eval/regt2r/evaluator_reg.py (SingleRegionSingleObjectEvaluator)";
const SEVERAL: &str = "MedRegA, src/eval/regt2r/evaluator_reg.py (MultiRegionMultiObjectEvaluator at 0.5, SingleRegionMultiObjectEvaluator at 0.75)";

const fn single(id: &'static str, name: &'static str, definition: &'static str) -> Definition {
    Definition { id, name, definition, source: SINGLE, better: Better::Higher }
}

const fn several(id: &'static str, name: &'static str, definition: &'static str) -> Definition {
    Definition { id, name, definition, source: SEVERAL, better: Better::Higher }
}

const DEFINITIONS: &[Definition] = &[
    single(
        "medrega_iou",
        "IoU, one region (MedRegA)",
        "Mean over images of the IoU of the first finding with the first truth; known fault: where there are more \
         findings than truths, of the finding that fits the first truth best.",
    ),
    single("medrega_acc25", "Acc@0.25 (MedRegA)", "Share of images in which the IoU of one region is above 0.25."),
    single("medrega_acc50", "Acc@0.5 (MedRegA)", "Share of images in which the IoU of one region is above 0.5."),
    single("medrega_acc75", "Acc@0.75 (MedRegA)", "Share of images in which the IoU of one region is above 0.75."),
    several(
        "medrega_precision_50",
        "Precision at 0.5 (MedRegA)",
        "Mean over images of pairs with IoU >= 0.5 over truths; known fault: this is recall under precision's name.",
    ),
    several(
        "medrega_recall_50",
        "Recall at 0.5 (MedRegA)",
        "Mean over images of pairs with IoU >= 0.5 over findings; known fault: this is precision under recall's name.",
    ),
    several("medrega_f1_50", "F1 at 0.5 (MedRegA)", "Mean over images of the harmonic mean of both at IoU >= 0.5."),
    several(
        "medrega_precision_75",
        "Precision at 0.75 (MedRegA)",
        "Mean over images of pairs with IoU >= 0.75 over truths; known fault: this is recall under precision's name.",
    ),
    several(
        "medrega_recall_75",
        "Recall at 0.75 (MedRegA)",
        "Mean over images of pairs with IoU >= 0.75 over findings; known fault: this is precision under recall's name.",
    ),
    several("medrega_f1_75", "F1 at 0.75 (MedRegA)", "Mean over images of the harmonic mean of both at IoU >= 0.75."),
    several(
        "medrega_paired_iou",
        "IoU of the pairs (MedRegA)",
        "Mean IoU of all pairs of all images, however small; known fault: what is unpaired is not punished.",
    ),
    several(
        "medrega_target_iou",
        "IoU of the truths (MedRegA)",
        "Sum of the IoU of all pairs of all images over the number of truths.",
    ),
];

const ABOVE: [(&str, f64); 3] = [("medrega_acc25", 0.25), ("medrega_acc50", 0.5), ("medrega_acc75", 0.75)];

const AT: [([&str; 3], f64); 2] = [
    (["medrega_precision_50", "medrega_recall_50", "medrega_f1_50"], 0.5),
    (["medrega_precision_75", "medrega_recall_75", "medrega_f1_75"], 0.75),
];

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let queries = by_image(scope).into_iter().filter(|query| !query.truths.is_empty()).collect::<Vec<_>>();
    let convention = |pairing, admission, rule: &str| Convention {
        pairing: Some(pairing),
        admission,
        without_truth: Some(WithoutTruth::Ignored),
        ..Convention::new(
            FAMILY.convention,
            format!(
                "findings with score >= {}; all boxes of an image whatever their class; images without truth are left \
                 out, an image without findings counts as 0; crowds are left out; {rule}",
                scope.options.score_threshold
            ),
        )
    };
    let mut means = Means::new(scope);
    let item = |query: &Query<'_>, value| Item { case: query.case, class: None, value };
    let first = queries.iter().map(|query| item(query, one_region(query))).collect::<Vec<_>>();
    let of_one = "the first finding of the list against the first truth, or the best of more findings than truths";
    let rule = format!("{of_one}; n counts images");
    means.add("medrega_iou", convention(Pairing::FirstOnly, None, &rule), Undefined::NoTruth, &first);
    for (id, threshold) in ABOVE {
        let hits = first.iter().map(|item| Item { value: f64::from(u8::from(item.value > threshold)), ..*item });
        let rule = format!("{of_one}; IoU > {threshold}; n counts images");
        let convention = convention(Pairing::FirstOnly, Some(Admission::Above), &rule);
        means.add(id, convention, Undefined::NoTruth, &hits.collect::<Vec<_>>());
    }
    let pairs = queries.iter().map(paired_ious).collect::<Vec<_>>();
    let of_several = "boxes are paired one to one so that the sum of 1 - IoU is least";
    for (ids, threshold) in AT {
        let rule = format!("{of_several}; pairs with IoU >= {threshold} count; mean over images; n counts images");
        let convention = convention(Pairing::Hungarian, Some(Admission::AtLeast), &rule);
        let shares = queries.iter().zip(&pairs).map(|(query, pairs)| (query, shares(query, pairs, threshold)));
        let shares = shares.collect::<Vec<_>>();
        for (place, id) in ids.into_iter().enumerate() {
            let items = shares.iter().map(|(query, shares)| item(query, shares[place])).collect::<Vec<_>>();
            means.add(id, convention.clone(), Undefined::NoTruth, &items);
        }
    }
    let (mut of_pairs, mut of_truths) = (Vec::new(), Vec::new());
    for (query, pairs) in queries.iter().zip(&pairs) {
        of_pairs.extend(pairs.iter().map(|&iou| item(query, iou)));
        // One entry a truth: what no finding is left for counts 0.
        let padded = pairs.iter().copied().chain(std::iter::repeat(0.0)).take(query.truths.len());
        of_truths.extend(padded.map(|iou| item(query, iou)));
    }
    let rule = format!("{of_several}; pooled over images; n counts pairs");
    means.add_answered("medrega_paired_iou", convention(Pairing::Hungarian, None, &rule), &first, &of_pairs);
    let rule = format!("{of_several}; pooled over images; n counts truths");
    means.add("medrega_target_iou", convention(Pairing::Hungarian, None, &rule), Undefined::NoTruth, &of_truths);
    Box::new(means)
}

fn one_region(query: &Query<'_>) -> f64 {
    let (ious, columns) = (query.ious(), query.truths.len());
    let with_first = |row: usize| ious.get(row * columns).copied().unwrap_or(0.0);
    if query.findings.len() > columns {
        (0..query.findings.len()).map(with_first).fold(0.0, f64::max)
    } else {
        with_first(0)
    }
}

/// The IoU of each pair, 0 among them.
fn paired_ious(query: &Query<'_>) -> Vec<f64> {
    let (ious, columns) = (query.ious(), query.truths.len());
    let costs = ious.iter().map(|iou| 1.0 - iou).collect::<Vec<_>>();
    let pairs = minimum_cost_assignment(&costs, query.findings.len(), columns).into_iter().enumerate();
    pairs.filter_map(|(row, column)| ious.get(row * columns + column?).copied()).collect()
}

/// Correct pairs over truths, over findings, and the harmonic mean of both.
fn shares(query: &Query<'_>, pairs: &[f64], threshold: f64) -> [f64; 3] {
    let correct = pairs.iter().filter(|iou| **iou >= threshold).count() as f64;
    let over = |count: usize| if count > 0 { correct / count as f64 } else { 0.0 };
    let (precision, recall) = (over(query.truths.len()), over(query.findings.len()));
    let sum = precision + recall;
    [precision, recall, if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 }]
}
