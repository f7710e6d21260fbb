//! The phrase grounding metrics of uMedGround, which look at one box a phrase.

use groundglass_types::{Admission, Convention, Pairing, Undefined, WithoutTruth};

use super::{Family, Pace};
use crate::engine::{Better, Definition, Prepared};
use crate::regions::RegionKind;
use crate::regions::means::{Item, Means};
use crate::regions::queries::{Query, by_phrase};
use crate::regions::scope::Scope;

pub(super) const FAMILY: Family = Family {
    convention: "umedground",
    by_default: false,
    definitions: DEFINITIONS,
    region: Some(RegionKind::Box),
    pace: Pace::OnDemand,
    prepare,
};

const SOURCE: &str = "uMedGround, utils/eval_utils.py (trans_vg_eval_val) and utils/box_utils.py (bbox_iou)";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "umedground_miou",
        name: "mIoU (uMedGround)",
        definition: "Mean over phrases of the IoU between the first finding, cut off at the image's edges, and the \
                     first truth; known fault: further boxes of a phrase count in nothing.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "umedground_acc50",
        name: "Acc@0.5 (uMedGround)",
        definition: "Share of phrases whose first finding has an IoU of at least 0.5 with the first truth.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "umedground_acc30",
        name: "Acc@0.3 (uMedGround)",
        definition: "Share of phrases whose first finding has an IoU of at least 0.3 with the first truth.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "umedground_acc10",
        name: "Acc@0.1 (uMedGround)",
        definition: "Share of phrases whose first finding has an IoU of at least 0.1 with the first truth.",
        source: SOURCE,
        better: Better::Higher,
    },
];

const THRESHOLDS: [(&str, f64); 3] = [("umedground_acc50", 0.5), ("umedground_acc30", 0.3), ("umedground_acc10", 0.1)];

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let queries = by_phrase(scope);
    let items = queries
        .iter()
        .filter_map(|query| Some(Item { case: query.case, class: query.class, value: first_iou(query)? }))
        .collect::<Vec<_>>();
    let convention = |rule: &str, admission| Convention {
        pairing: Some(Pairing::FirstOnly),
        without_truth: Some(WithoutTruth::Ignored),
        admission,
        ..Convention::new(
            FAMILY.convention,
            format!(
                "findings with score >= {}; of each phrase (a class in an image with truth) only the first finding \
                 and the first truth of the lists are compared; the finding is cut off at the image's edges; a phrase without findings counts as 0; a truth whose edges \
                 are all 0 stands for none and is left out; crowds are left out; {rule}n counts phrases",
                scope.options.score_threshold
            ),
        )
    };
    let mut means = Means::new(scope);
    means.add_with_classes(scope, "umedground_miou", &convention("", None), Undefined::NoTruth, &items);
    for (id, threshold) in THRESHOLDS {
        let hits = items.iter().map(|item| Item { value: f64::from(u8::from(item.value >= threshold)), ..*item });
        let convention = convention(&format!("IoU >= {threshold}; "), Some(Admission::AtLeast));
        means.add_with_classes(scope, id, &convention, Undefined::NoTruth, &hits.collect::<Vec<_>>());
    }
    Box::new(means)
}

/// `None` for a truth that stands for none.
fn first_iou(query: &Query<'_>) -> Option<f64> {
    let entry = query.scoped.entry;
    let (width, height) = (entry.case().width as f64, entry.case().height as f64);
    let truth = entry.truths().get(*query.truths.first()?)?.region.bounding_box;
    if [truth.x_min, truth.y_min, truth.x_max, truth.y_max] == [0.0; 4] {
        return None;
    }
    let Some(finding) = query.findings.first().and_then(|&finding| query.scoped.findings.get(finding)) else {
        return Some(0.0);
    };
    // The 1e-16 that is added to the union there is nothing in its 32-bit numbers, but for 0 / 0.
    Some(finding.region.bounding_box.clipped(width, height).iou(&truth))
}
