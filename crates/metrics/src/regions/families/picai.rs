//! PI-CAI's score: average precision of lesions and AUROC of patients.

use groundglass_types::{Admission, Convention, Interpolation, Pairing, Statistic, Ties, Undefined, WithoutTruth};

use super::patients::{Judged, auroc, counted, patients};
use super::ranking::{Ranked, Ranking};
use super::{Family, Pace};
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::regions::assignment::minimum_cost_assignment;
use crate::regions::case_entry::LabelIndex;
use crate::regions::scope::{Scope, ScopedCase};

pub(super) const FAMILY: Family = Family {
    convention: "picai",
    by_default: false,
    definitions: DEFINITIONS,
    region: None,
    pace: Pace::OnDemand,
    prepare,
};

const SOURCE: &str = "Saha et al., Lancet Oncology 2024 (PI-CAI); picai_eval 1.4.13, evaluate";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "picai_lesion_ap",
        name: "Lesion AP (PI-CAI)",
        definition: "Average precision over lesions, paired with candidates one to one at IoU 0.10 or more; further \
                     candidates that overlap a lesion so much are no false positives. As the package, 0 where there \
                     are candidates but no lesion.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "picai_patient_auroc",
        name: "Patient AUROC (PI-CAI)",
        definition: "Area under the ROC curve of each patient's highest candidate score (0 without candidates), for \
                     whether the patient has a lesion.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "picai_score",
        name: "PI-CAI score",
        definition: "Mean of lesion AP and patient AUROC.",
        source: SOURCE,
        better: Better::Higher,
    },
];

/// The least IoU of a pair.
const OVERLAP: f64 = 0.1;

struct Group {
    lesions: Ranking,
    judged: Vec<Judged>,
}

struct Picai {
    lines: Vec<Line>,
    patients: Vec<Vec<usize>>,
    groups: Vec<Group>,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let classes = || std::iter::once(None).chain(scope.separate_classes().iter().copied().map(Some));
    let line = |class: Option<LabelIndex>| {
        DEFINITIONS.iter().map(move |definition| Line {
            id: definition.id,
            class: scope.class_name(class),
            convention: convention(scope, definition.id),
        })
    };
    Box::new(Picai {
        lines: classes().flat_map(line).collect(),
        patients: patients(scope),
        groups: classes().map(|class| group(scope, class)).collect(),
    })
}

fn convention(scope: &Scope<'_>, id: &str) -> Convention {
    let region = scope.options.region.word();
    let lesions = format!(
        "{region} IoU >= {OVERLAP:.2}; as many pairs of a lesion and a candidate of its class as can be, and of those \
         pairings the one with the largest sum of IoU; other candidates with such an overlap, and those with a share \
         of {OVERLAP:.2} in a crowd, are left out; area under the steps of precision over recall, lesions that are \
         missed never found"
    );
    let patients = "highest score of a patient, 0 without candidates; cases of one patient attribute together, each \
                    other case as a patient; a patient with any truth, crowds included, is positive";
    let (words, counted) = match id {
        "picai_lesion_ap" => (lesions, "lesions"),
        "picai_patient_auroc" => (patients.to_owned(), "patients"),
        _ => (format!("{lesions}; {patients}; (AP + AUROC) / 2"), "patients"),
    };
    let of_lesions = id != "picai_patient_auroc";
    Convention {
        interpolation: of_lesions.then_some(Interpolation::Steps),
        admission: of_lesions.then_some(Admission::AtLeast),
        ties: Some(Ties::Grouped),
        without_truth: of_lesions.then_some(WithoutTruth::Counted),
        pairing: of_lesions.then_some(Pairing::Hungarian),
        ..Convention::new(
            FAMILY.convention,
            format!("candidates with a score above 0, which is the package's background; {words}; n counts {counted}"),
        )
    }
}

fn group(scope: &Scope<'_>, class: Option<LabelIndex>) -> Group {
    let (mut findings, mut truths, mut judged) = (Vec::new(), Vec::new(), Vec::new());
    for (index, case) in scope.cases.iter().enumerate() {
        let occurring = scope.classes.iter().copied().filter(|of| class.is_none_or(|class| class == *of));
        let mut highest = 0.0_f64;
        for of in occurring {
            for candidate in candidates(case, of) {
                highest = highest.max(case.findings[candidate].score);
            }
            let pairs = paired(case, of);
            findings.extend(pairs.into_iter().map(|(score, found)| Ranked { score, case: index as u32, found }));
        }
        truths.extend(Some((index as u32, case.truth_count(class))).filter(|(_, count)| *count > 0));
        let positive = case.entry.truth_labels().iter().any(|of| class.is_none_or(|class| class == *of));
        judged.push(Judged { positive, score: highest });
    }
    Group { lesions: Ranking::new(findings, truths), judged }
}

/// The findings of a class that a detection map can show.
fn candidates(case: &ScopedCase<'_>, class: LabelIndex) -> Vec<usize> {
    let shown = |&index: &usize| case.finding_classes[index] == class && case.findings[index].score > 0.0;
    (0..case.findings.len()).filter(shown).collect()
}

/// The candidates that are counted, with their scores and whether they are paired with a lesion.
fn paired(case: &ScopedCase<'_>, class: LabelIndex) -> Vec<(f64, bool)> {
    let (labels, crowds) = (case.entry.truth_labels(), case.entry.crowds());
    let lesions = (0..labels.len()).filter(|&truth| labels[truth] == class && !crowds[truth]).collect::<Vec<_>>();
    let candidates = candidates(case, class);
    // The package adds 1 to each overlap, so that pairs count before how well they fit.
    let mut costs = vec![0.0; lesions.len() * candidates.len()];
    let mut touching = vec![false; candidates.len()];
    for (column, &candidate) in candidates.iter().enumerate() {
        for pair in case.overlaps.of(candidate).iter().filter(|pair| labels[pair.truth] == class && pair.iou >= OVERLAP)
        {
            touching[column] = true;
            if let Some(row) = lesions.iter().position(|lesion| *lesion == pair.truth) {
                costs[row * candidates.len() + column] = -(pair.iou + 1.0);
            }
        }
    }
    let mut found = vec![false; candidates.len()];
    for (row, column) in minimum_cost_assignment(&costs, lesions.len(), candidates.len()).into_iter().enumerate() {
        if let Some(column) = column.filter(|column| costs[row * candidates.len() + column] < 0.0) {
            found[column] = true;
        }
    }
    let counted = candidates.iter().zip(found).zip(touching).filter(|((_, found), touching)| *found || !*touching);
    counted.map(|((&candidate, found), _)| (case.findings[candidate].score, found)).collect()
}

/// The area under the steps; `None` where there is neither a lesion nor a candidate.
fn average_precision(lesions: &Ranking, weights: &Weights) -> Option<f64> {
    let (truths, steps) = (lesions.truths(weights), lesions.steps(weights));
    if truths == 0 {
        return (!steps.is_empty()).then_some(0.0);
    }
    let (mut area, mut before) = (0.0, 0);
    for step in steps {
        area += (step.found - before) as f64 / truths as f64 * (step.found as f64 / (step.found + step.wrong) as f64);
        before = step.found;
    }
    Some(area)
}

impl Prepared for Picai {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let of_group = |group: &Group| {
            let precision = average_precision(&group.lesions, weights);
            let precision = precision.map_or(Statistic::Undefined(Undefined::Nothing), Statistic::Value);
            let counted = counted(&self.patients, &group.judged, weights);
            let n = counted.iter().map(|one| one.weight).sum();
            let area = auroc(counted);
            let score = match (precision, area) {
                (Statistic::Value(precision), Statistic::Value(area)) => Statistic::Value((precision + area) / 2.0),
                (Statistic::Value(_), undefined) | (undefined, _) => undefined,
            };
            [
                Measured { statistic: precision, n: group.lesions.truths(weights) },
                Measured { statistic: area, n },
                Measured { statistic: score, n },
            ]
        };
        self.groups.iter().flat_map(of_group).collect()
    }
}
