//! The box metrics of MedVision: one box an answer, judged by its area.

use groundglass_types::{Admission, Convention, Pairing, Undefined, WithoutTruth};

use super::{Family, Pace};
use crate::engine::{Better, Definition, Prepared};
use crate::regions::RegionKind;
use crate::regions::means::{Item, Means};
use crate::regions::queries::{Query, by_phrase};
use crate::regions::scope::Scope;

pub(super) const FAMILY: Family = Family {
    convention: "medvision",
    by_default: false,
    definitions: DEFINITIONS,
    region: Some(RegionKind::Box),
    pace: Pace::OnDemand,
    prepare,
};

const SOURCE: &str = "MedVision, medvision_bm/utils/parse_utils.py and benchmark/summarize_detection_task.py";

const fn definition(id: &'static str, name: &'static str, definition: &'static str, better: Better) -> Definition {
    Definition { id, name, definition, source: SOURCE, better }
}

const DEFINITIONS: &[Definition] = &[
    definition(
        "medvision_box_iou",
        "IoU (MedVision)",
        "Mean over samples of the IoU of the answered box with the truth; 0 without an answer.",
        Better::Higher,
    ),
    definition(
        "medvision_box_f1",
        "F1 (MedVision)",
        "Mean over samples of twice the shared area over the sum of both areas; 0 without an answer.",
        Better::Higher,
    ),
    definition(
        "medvision_box_precision",
        "Precision (MedVision)",
        "Mean over samples of the shared area over the answered area; 0 without an answer.",
        Better::Higher,
    ),
    definition(
        "medvision_box_recall",
        "Recall (MedVision)",
        "Mean over samples of the shared area over the truth's area; 0 without an answer.",
        Better::Higher,
    ),
    definition(
        "medvision_box_mae",
        "MAE of edges (MedVision)",
        "Mean over answered samples of the mean absolute error of the four edges, as shares of the image's width and \
         height.",
        Better::Lower,
    ),
    definition(
        "medvision_box_success_rate",
        "Success rate",
        "Share of samples that are answered with a box.",
        Better::Higher,
    ),
    definition(
        "medvision_box_iou50",
        "IoU >= 0.5 (MedVision)",
        "Share of samples with an IoU of at least 0.5.",
        Better::Higher,
    ),
    definition(
        "medvision_box_iou60",
        "IoU >= 0.6 (MedVision)",
        "Share of samples with an IoU of at least 0.6.",
        Better::Higher,
    ),
    definition(
        "medvision_box_iou70",
        "IoU >= 0.7 (MedVision)",
        "Share of samples with an IoU of at least 0.7.",
        Better::Higher,
    ),
    definition(
        "medvision_box_iou80",
        "IoU >= 0.8 (MedVision)",
        "Share of samples with an IoU of at least 0.8.",
        Better::Higher,
    ),
    definition(
        "medvision_box_iou90",
        "IoU >= 0.9 (MedVision)",
        "Share of samples with an IoU of at least 0.9.",
        Better::Higher,
    ),
];

const THRESHOLDS: [(&str, f64); 5] = [
    ("medvision_box_iou50", 0.5),
    ("medvision_box_iou60", 0.6),
    ("medvision_box_iou70", 0.7),
    ("medvision_box_iou80", 0.8),
    ("medvision_box_iou90", 0.9),
];

/// What one sample amounts to; all 0 and no error without an answer.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    iou: f64,
    f1: f64,
    precision: f64,
    recall: f64,
    error: Option<f64>,
}

impl Sample {
    fn of(query: &Query<'_>) -> Self {
        let entry = query.scoped.entry;
        let truth = query.truths.first().and_then(|&truth| entry.truths().get(truth));
        let finding = query.findings.first().and_then(|&finding| query.scoped.findings.get(finding));
        let (Some(truth), Some(finding)) = (truth, finding) else { return Self::default() };
        let (a, b) = (finding.region.bounding_box, truth.region.bounding_box);
        let (width, height) = (entry.case().width.max(1) as f64, entry.case().height.max(1) as f64);
        let across = (a.x_min - b.x_min).abs() / width + (a.x_max - b.x_max).abs() / width;
        let down = (a.y_min - b.y_min).abs() / height + (a.y_max - b.y_max).abs() / height;
        let error = Some((across + down) / 4.0);
        let shared = a.intersection_area(&b);
        if shared <= 0.0 {
            return Self { error, ..Self::default() };
        }
        Self {
            iou: shared / (a.area() + b.area() - shared),
            f1: 2.0 * shared / (a.area() + b.area()),
            precision: shared / a.area(),
            recall: shared / b.area(),
            error,
        }
    }
}

type OfSample = fn(&Sample) -> f64;

const MEANS: [(&str, OfSample); 4] = [
    ("medvision_box_iou", |sample| sample.iou),
    ("medvision_box_f1", |sample| sample.f1),
    ("medvision_box_precision", |sample| sample.precision),
    ("medvision_box_recall", |sample| sample.recall),
];

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let queries = by_phrase(scope);
    let samples = queries.iter().map(|query| (query, Sample::of(query))).collect::<Vec<_>>();
    let items = |value: &dyn Fn(&Sample) -> Option<f64>| {
        let of = |(query, sample): &(&Query<'_>, Sample)| {
            Some(Item { case: query.case, class: query.class, value: value(sample)? })
        };
        samples.iter().filter_map(of).collect::<Vec<_>>()
    };
    let convention = |counted: &str, admission| Convention {
        pairing: Some(Pairing::FirstOnly),
        without_truth: Some(WithoutTruth::Ignored),
        admission,
        ..Convention::new(
            FAMILY.convention,
            format!(
                "findings with score >= {}; a sample is a class in an image with truth; its answer is the first \
                 finding of the list, its truth the first of the list; crowds are left out; {counted}",
                scope.options.score_threshold
            ),
        )
    };
    let all = convention("an unanswered sample counts as 0; n counts samples", None);
    let mut means = Means::new(scope);
    for (id, of_sample) in MEANS {
        let items = items(&|sample| Some(of_sample(sample)));
        means.add_with_classes(scope, id, &all, Undefined::NoTruth, &items);
    }
    let errors = items(&|sample| sample.error);
    let answered = convention("unanswered samples are left out; n counts answered samples", None);
    let share = |on: bool| Some(f64::from(u8::from(on)));
    let successes = items(&|sample| share(sample.error.is_some()));
    means.add_answered_with_classes(scope, "medvision_box_mae", &answered, &successes, &errors);
    let counted = convention("n counts samples", None);
    means.add_with_classes(scope, "medvision_box_success_rate", &counted, Undefined::NoTruth, &successes);
    for (id, threshold) in THRESHOLDS {
        let hits = items(&|sample| share(sample.iou >= threshold));
        let counted = format!("IoU >= {threshold}, of all samples; n counts samples");
        let convention = convention(&counted, Some(Admission::AtLeast));
        means.add_with_classes(scope, id, &convention, Undefined::NoTruth, &hits);
    }
    Box::new(means)
}
