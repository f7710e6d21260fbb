//! Whether a patient has anything of a class, by the surest finding: as the medicaldetectiontoolkit computes it.

use std::collections::BTreeMap;

use groundglass_types::{Admission, Convention, Interpolation, Statistic, Ties, Undefined};

use super::lines::lines_of;
use super::medicaldetectiontoolkit::{CONVENTION, PAIRING_WORDS, match_case};
use crate::engine::math::mean_of_defined;
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::regions::RegionKind;
use crate::regions::families::{Family, Pace};
use crate::regions::scope::{Scope, ScopedCase};

pub(super) const FAMILY: Family = Family {
    convention: CONVENTION,
    by_default: false,
    definitions: DEFINITIONS,
    region: Some(RegionKind::Box),
    pace: Pace::OnDemand,
    prepare,
};

const SOURCE: &str = "medicaldetectiontoolkit, evaluator.py, score level patient; scikit-learn";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "medicaldetectiontoolkit_patient_auroc",
        name: "AUROC of patients (medicaldetectiontoolkit)",
        definition: "Area under the ROC curve of patients with a truth of the class against those without, scored by \
                     their surest finding of the class (0 without one).",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medicaldetectiontoolkit_patient_ap",
        name: "AP of patients (medicaldetectiontoolkit)",
        definition: "Average precision (area under the steps) of patients with a truth of the class against those \
                     without, scored by their surest finding of the class (0 without one).",
        source: SOURCE,
        better: Better::Higher,
    },
];

/// What one case says of its patient.
#[derive(Clone, Copy, Debug)]
struct CaseRow {
    case: u32,
    /// Whether it has a truth of the class.
    present: bool,
    /// The highest score of a finding of the class, or 0 for a truth that none is paired with; `None` without either.
    score: Option<f64>,
}

/// A patient under some weights.
#[derive(Clone, Copy, Debug)]
struct Patient {
    score: f64,
    present: bool,
    count: u64,
}

struct Patients {
    lines: Vec<Line>,
    /// For each class the patients, each with its cases.
    classes: Vec<Vec<Vec<CaseRow>>>,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let mut by_name = BTreeMap::<(bool, &str), Vec<usize>>::new();
    for (index, case) in scope.cases.iter().enumerate() {
        let case = case.entry.case();
        let patient = case.attributes.get("patient");
        // A case without a patient is one of its own, whatever the patients' names.
        let key = patient.map_or((false, case.name.as_str()), |patient| (true, patient.as_str()));
        by_name.entry(key).or_default().push(index);
    }
    let rows = scope.cases.iter().zip(0_u32..).map(|(case, index)| case_rows(scope, case, index)).collect::<Vec<_>>();
    let classes = (0..scope.classes.len()).map(|class| {
        let patient =
            |cases: &Vec<usize>| cases.iter().filter_map(|&case| rows.get(case)?.get(class).copied()).collect();
        by_name.values().map(patient).collect()
    });
    let lines = DEFINITIONS.iter().enumerate().flat_map(|(place, definition)| {
        lines_of(scope, definition.id, |averaged| convention(scope, place == 1, averaged))
    });
    Box::new(Patients { lines: lines.collect(), classes: classes.collect() })
}

/// One row a class.
fn case_rows(scope: &Scope<'_>, case: &ScopedCase<'_>, index: u32) -> Vec<CaseRow> {
    let mut outcomes = Vec::new();
    match_case(case, &mut outcomes);
    let row = |&class: &usize| {
        let truths = case.truth_count(Some(class));
        let (mut found, mut score) = (0, None::<f64>);
        for ((outcome, finding), of) in outcomes.iter().zip(case.findings).zip(&case.finding_classes) {
            if *of == class && outcome.ignored == 0 {
                found += outcome.paired;
                score = Some(score.map_or(finding.score, |score| score.max(finding.score)));
            }
        }
        if found < truths {
            score = Some(score.map_or(0.0, |score| score.max(0.0)));
        }
        CaseRow { case: index, present: truths > 0, score }
    };
    scope.classes.iter().map(row).collect()
}

fn convention(scope: &Scope<'_>, precision: bool, averaged: &str) -> Convention {
    let averaged = averaged.replace("that have truth", "where it is defined");
    Convention {
        interpolation: precision.then_some(Interpolation::Steps),
        admission: Some(Admission::Above),
        ties: Some(Ties::Grouped),
        ..Convention::new(
            CONVENTION,
            format!(
                "medicaldetectiontoolkit, patients: a patient (attribute \"patient\", or else the case) has the class \
                 where a case of theirs has a truth of it, and is scored by their surest finding of it, whatever the \
                 score threshold (0 for a truth that no finding is paired with, and without findings); {PAIRING_WORDS}{}; \
                 equal scores share one threshold; a patient counts as often as the case of theirs that counts most; \
                 {averaged}n counts patients",
                scope.renaming_words(),
            ),
        )
    }
}

impl Prepared for Patients {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let by_class = self.classes.iter().map(|patients| counted(patients, weights)).collect::<Vec<_>>();
        let count = |patients: &Vec<Patient>| patients.iter().map(|patient| patient.count).sum::<u64>();
        let mut measured = Vec::with_capacity(self.lines.len());
        for (statistic, reason) in
            [(auroc as fn(&[Patient]) -> Statistic, Undefined::OneClass), (average_precision, Undefined::NoTruth)]
        {
            let of_class = |patients: &Vec<Patient>| Measured { statistic: statistic(patients), n: count(patients) };
            let values = by_class.iter().map(of_class).collect::<Vec<_>>();
            let (overall, _) = mean_of_defined(values.iter().map(|value| value.statistic), reason);
            measured.push(Measured { statistic: overall, n: by_class.first().map_or(0, count) });
            if values.len() > 1 {
                measured.extend(values);
            }
        }
        measured
    }
}

/// The patients that count, from the highest score down.
fn counted(patients: &[Vec<CaseRow>], weights: &Weights) -> Vec<Patient> {
    let patient = |rows: &Vec<CaseRow>| {
        let rows = || rows.iter().map(|row| (row, weights.of(row.case as usize))).filter(|(_, count)| *count > 0);
        let count = rows().map(|(_, count)| u64::from(count)).max()?;
        let score = rows().filter_map(|(row, _)| row.score).reduce(f64::max);
        // Adding 0 makes -0 equal to 0 in the total order.
        Some(Patient { score: score.unwrap_or(0.0) + 0.0, present: rows().any(|(row, _)| row.present), count })
    };
    let mut counted = patients.iter().filter_map(patient).collect::<Vec<_>>();
    counted.sort_by(|a, b| b.score.total_cmp(&a.score));
    counted
}

/// How many with and without at each score, from the highest down.
fn groups(patients: &[Patient]) -> impl Iterator<Item = (u64, u64)> + '_ {
    patients.chunk_by(|a, b| a.score == b.score).map(|tied| {
        tied.iter().fold((0, 0), |(with, without), patient| {
            if patient.present { (with + patient.count, without) } else { (with, without + patient.count) }
        })
    })
}

/// The share of pairs with and without that are in the right order, equal scores counting half.
fn auroc(patients: &[Patient]) -> Statistic {
    let (mut with, mut without, mut twice) = (0_u64, 0_u64, 0.0);
    for (more_with, more_without) in groups(patients) {
        twice += more_without as f64 * (2 * with + more_with) as f64;
        with += more_with;
        without += more_without;
    }
    Statistic::ratio(twice, 2.0 * with as f64 * without as f64, Undefined::OneClass)
}

/// The sum over scores of the rise in recall times the precision, without interpolation.
fn average_precision(patients: &[Patient]) -> Statistic {
    let (mut with, mut all, mut sum) = (0_u64, 0_u64, 0.0);
    for (more_with, more_without) in groups(patients) {
        with += more_with;
        all += more_with + more_without;
        sum += more_with as f64 * (with as f64 / all as f64);
    }
    Statistic::ratio(sum, with as f64, Undefined::NoTruth)
}
