//! How well the regions of a phrase are found, whatever their number.

use groundglass_types::{Admission, BoundingBox, Convention, Pairing, Undefined, WithoutTruth};

use super::{Family, Pace};
use crate::engine::{Better, Definition, Prepared};
use crate::regions::RegionKind;
use crate::regions::assignment::minimum_cost_assignment;
use crate::regions::box_unions::union_iou;
use crate::regions::foreground::ForegroundSweep;
use crate::regions::means::{Item, Means};
use crate::regions::queries::{Query, by_phrase};
use crate::regions::scope::Scope;

pub(super) const FAMILY: Family = Family {
    convention: "grounding",
    by_default: true,
    definitions: DEFINITIONS,
    region: None,
    pace: Pace::OnDemand,
    prepare,
};

const PAIRED: &str = "Kazemzadeh et al., EMNLP 2014 (IoU of a phrase's box); Kuhn 1955 (pairing of several)";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "grounding_miou",
        name: "Mean IoU of grounded truths",
        definition: "Mean over truths of the IoU with the finding that the best one-to-one pairing of a phrase's \
                     findings and truths gives it, 0 where it gives none.",
        source: PAIRED,
        better: Better::Higher,
    },
    Definition {
        id: "grounding_acc50",
        name: "Acc@0.5",
        definition: "Share of truths whose finding in the best one-to-one pairing has an IoU of at least 0.5.",
        source: PAIRED,
        better: Better::Higher,
    },
    Definition {
        id: "grounding_acc30",
        name: "Acc@0.3",
        definition: "Share of truths whose finding in the best one-to-one pairing has an IoU of at least 0.3.",
        source: PAIRED,
        better: Better::Higher,
    },
    Definition {
        id: "grounding_acc10",
        name: "Acc@0.1",
        definition: "Share of truths whose finding in the best one-to-one pairing has an IoU of at least 0.1.",
        source: PAIRED,
        better: Better::Higher,
    },
    Definition {
        id: "grounding_union_miou",
        name: "Mean IoU of unions",
        definition: "Mean over phrases of the IoU between the union of all findings and the union of all truths of \
                     the phrase in an image.",
        source: "Vilouras et al., Zero-Shot Medical Phrase Grounding with Off-the-shelf Diffusion Models, 2024 \
                 (several boxes of one phrase are one mask)",
        better: Better::Higher,
    },
];

const THRESHOLDS: [(&str, f64); 3] = [("grounding_acc50", 0.5), ("grounding_acc30", 0.3), ("grounding_acc10", 0.1)];

/// The IoU of each truth with its finding in the best pairing, 0 without one.
pub(super) fn best_ious(query: &Query<'_>) -> Vec<f64> {
    let ious = query.ious();
    let columns = query.truths.len();
    let costs = ious.iter().map(|iou| -iou).collect::<Vec<_>>();
    let mut best = vec![0.0; columns];
    for (row, column) in minimum_cost_assignment(&costs, query.findings.len(), columns).into_iter().enumerate() {
        if let Some(column) = column {
            best[column] = ious[row * columns + column];
        }
    }
    best
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let queries = by_phrase(scope);
    let mut paired = Vec::new();
    for query in &queries {
        let item = |value| Item { case: query.case, class: query.class, value };
        paired.extend(best_ious(query).into_iter().map(item));
    }
    let words = |what: &str| {
        format!(
            "findings with score >= {}; the {} of a phrase (a class in an image with truth) are {what}; a phrase \
             without findings counts as 0, findings of a phrase without truth count in nothing; crowds are left out",
            scope.options.score_threshold,
            scope.options.region.task()
        )
    };
    let by_pair = words("paired one to one so that their IoUs have the highest sum");
    let convention = |rule: &str, admission| Convention {
        pairing: Some(Pairing::Hungarian),
        without_truth: Some(WithoutTruth::Ignored),
        admission,
        ..Convention::new(FAMILY.convention, format!("{by_pair}; {rule}n counts truths"))
    };
    let mut means = Means::new(scope);
    means.add_with_classes(scope, "grounding_miou", &convention("", None), Undefined::NoTruth, &paired);
    for (id, threshold) in THRESHOLDS {
        let hits = paired.iter().map(|item| Item { value: f64::from(u8::from(item.value >= threshold)), ..*item });
        let convention = convention(&format!("IoU >= {threshold}; "), Some(Admission::AtLeast));
        means.add_with_classes(scope, id, &convention, Undefined::NoTruth, &hits.collect::<Vec<_>>());
    }
    let unions = queries.iter().map(|query| Item {
        case: query.case,
        class: query.class,
        value: iou_of_unions(query, scope.options.region),
    });
    let convention = Convention {
        pairing: Some(Pairing::Union),
        without_truth: Some(WithoutTruth::Ignored),
        ..Convention::new(
            FAMILY.convention,
            format!(
                "{}; mean over phrases; n counts phrases",
                words("joined, the findings' union against the truths'")
            ),
        )
    };
    let unions = unions.collect::<Vec<_>>();
    means.add_with_classes(scope, "grounding_union_miou", &convention, Undefined::NoTruth, &unions);
    Box::new(means)
}

fn iou_of_unions(query: &Query<'_>, kind: RegionKind) -> f64 {
    let (entry, findings) = (query.scoped.entry, query.scoped.findings);
    let truths = query.truths.iter().filter_map(|&truth| entry.truths().get(truth)).map(|truth| &truth.region);
    let found = query.findings.iter().filter_map(|&finding| findings.get(finding)).map(|finding| &finding.region);
    if kind == RegionKind::Box {
        let boxes = found.map(|region| region.bounding_box).collect::<Vec<BoundingBox>>();
        return union_iou(&boxes, &truths.map(|region| region.bounding_box).collect::<Vec<_>>());
    }
    let pixels = entry.case().width as u64 * entry.case().height as u64;
    let found = found.filter_map(|region| Some((0.0, region.mask.as_ref()?)));
    let truths = truths.filter_map(|region| region.mask.as_ref());
    let areas = ForegroundSweep::new(pixels, truths, std::iter::empty(), found).at(0.0);
    let union = areas.found + areas.truth - areas.both;
    if union > 0 { areas.both as f64 / union as f64 } else { 0.0 }
}
