//! Whether a patient, or an image, has anything at all: sensitivity, specificity and the area under the ROC curve.

use std::collections::BTreeMap;

use groundglass_types::{Admission, Convention, Statistic, Ties, Undefined};

use super::ranking::thinned;
use super::{Family, Pace};
use crate::engine::{Axis, Better, Curve, Definition, Exhibit, Line, Measured, Point, Prepared, Weights};
use crate::interval::wilson;
use crate::regions::case_entry::LabelIndex;
use crate::regions::scope::Scope;

pub(super) const FAMILY: Family = Family {
    convention: "default",
    by_default: true,
    definitions: DEFINITIONS,
    region: None,
    pace: Pace::OnDemand,
    prepare,
};

const SOURCE: &str = "Jaeger et al., ML4H 2020 (medicaldetectiontoolkit); nnDetection, CaseMetric; scikit-learn 1.9.1, \
                      roc_auc_score";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "patient_sensitivity",
        name: "Sensitivity by patient",
        definition: "Share of the patients with a truth who have a finding at or above the score threshold, wherever \
                     it is.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "patient_specificity",
        name: "Specificity by patient",
        definition: "Share of the patients without any truth who have no finding at or above the score threshold.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "patient_auroc",
        name: "AUROC by patient",
        definition: "Area under the ROC curve of each patient's highest score, for whether the patient has a truth.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "image_auroc",
        name: "AUROC by image",
        definition: "Area under the ROC curve of each image's highest score, for whether the image has a truth.",
        source: SOURCE,
        better: Better::Higher,
    },
];

/// Whether a case has a truth, and its highest score: below all numbers where there is no finding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    pub positive: bool,
    pub score: f64,
}

/// A patient or an image under weights.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    pub judged: Judged,
    pub weight: u64,
}

/// The cases of each patient: those of one `patient` attribute together, each case without one alone.
pub(super) fn patients(scope: &Scope<'_>) -> Vec<Vec<usize>> {
    let mut places = BTreeMap::new();
    let mut patients: Vec<Vec<usize>> = Vec::new();
    for (index, case) in scope.cases.iter().enumerate() {
        match case.entry.case().attributes.get("patient") {
            Some(name) => {
                let place = *places.entry(name).or_insert(patients.len());
                match patients.get_mut(place) {
                    Some(cases) => cases.push(index),
                    None => patients.push(vec![index]),
                }
            }
            None => patients.push(vec![index]),
        }
    }
    patients
}

/// Every patient of whom a case counts, as often as the case that counts most often: a patient who is drawn twice
/// counts twice.
pub(super) fn counted(patients: &[Vec<usize>], judged: &[Judged], weights: &Weights) -> Vec<Counted> {
    let of_patient = |cases: &Vec<usize>| {
        let present = cases.iter().filter(|case| weights.of(**case) > 0);
        present.filter_map(|&case| Some((case, judged.get(case)?))).fold(None, |sum: Option<Counted>, (case, of)| {
            let weight = u64::from(weights.of(case));
            let sum = sum.unwrap_or(Counted { judged: *of, weight });
            let positive = sum.judged.positive || of.positive;
            let score = sum.judged.score.max(of.score);
            Some(Counted { judged: Judged { positive, score }, weight: sum.weight.max(weight) })
        })
    };
    patients.iter().filter_map(of_patient).collect()
}

/// The points of the ROC curve at each distinct score, with how many are positive and negative.
fn roc(mut counted: Vec<Counted>) -> (Vec<(f64, u64, u64)>, u64, u64) {
    counted.sort_by(|a, b| (b.judged.score + 0.0).total_cmp(&(a.judged.score + 0.0)));
    let (mut found, mut wrong) = (0_u64, 0_u64);
    let mut steps = Vec::new();
    for ties in counted.chunk_by(|a, b| a.judged.score == b.judged.score) {
        for one in ties {
            *(if one.judged.positive { &mut found } else { &mut wrong }) += one.weight;
        }
        steps.extend(ties.first().map(|first| (first.judged.score, found, wrong)));
    }
    (steps, found, wrong)
}

/// The area under the ROC curve, ties counting half.
pub(super) fn auroc(counted: Vec<Counted>) -> Statistic {
    let (steps, positives, negatives) = roc(counted);
    let (mut area, mut before) = (0.0, (0, 0));
    for (_, found, wrong) in steps {
        let (last_found, last_wrong) = before;
        area += (wrong - last_wrong) as f64 * 0.5 * (found + last_found) as f64;
        before = (found, wrong);
    }
    let reason = if positives + negatives == 0 { Undefined::Nothing } else { Undefined::OneClass };
    Statistic::ratio(area, positives as f64 * negatives as f64, reason)
}

/// How every case of the scope is judged for a class or for all.
pub(super) fn judged(scope: &Scope<'_>, class: Option<LabelIndex>) -> Vec<Judged> {
    let wanted = |of: &LabelIndex| class.is_none_or(|class| class == *of);
    let of_case = |case: &crate::regions::scope::ScopedCase<'_>| {
        let scores = case.findings.iter().zip(&case.finding_classes).filter(|(_, of)| wanted(of));
        Judged {
            positive: case.entry.truth_labels().iter().any(wanted),
            score: scores.map(|(finding, _)| finding.score).fold(f64::NEG_INFINITY, f64::max),
        }
    };
    scope.cases.iter().map(of_case).collect()
}

struct Group {
    class: Option<String>,
    judged: Vec<Judged>,
}

struct Patients {
    lines: Vec<Line>,
    score_threshold: f64,
    patients: Vec<Vec<usize>>,
    images: Vec<Vec<usize>>,
    groups: Vec<Group>,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let classes = || std::iter::once(None).chain(scope.separate_classes().iter().copied().map(Some));
    let group = |class| Group { class: scope.class_name(class), judged: judged(scope, class) };
    Box::new(Patients {
        lines: classes().flat_map(|class| lines(scope, class)).collect(),
        score_threshold: scope.options.score_threshold,
        patients: patients(scope),
        images: (0..scope.cases.len()).map(|case| vec![case]).collect(),
        groups: classes().map(group).collect(),
    })
}

fn lines(scope: &Scope<'_>, class: Option<LabelIndex>) -> Vec<Line> {
    let of = if class.is_some() { "truths and findings of the class" } else { "truths and findings of any class" };
    let who = "cases of one patient attribute together, each other case as a patient";
    let threshold = format!("findings with score >= {}", scope.options.score_threshold);
    let ranked = "the highest score, below all scores where nothing was found; ties count half";
    let words = [
        format!("{threshold}; {of}, crowds included; no overlap is asked; {who}; n counts patients with a truth"),
        format!("{threshold}; {of}, crowds included; {who}; n counts patients without a truth"),
        format!("{ranked}; {of}, crowds included; no overlap is asked; {who}; n counts patients"),
        format!("{ranked}; {of}, crowds included; no overlap is asked; each case alone; n counts cases"),
    ];
    let line = |(definition, words): (&Definition, String)| {
        let at_threshold = definition.id == "patient_sensitivity" || definition.id == "patient_specificity";
        let convention = Convention {
            admission: at_threshold.then_some(Admission::AtLeast),
            ties: (!at_threshold).then_some(Ties::Grouped),
            ..Convention::new(FAMILY.convention, words)
        };
        Line { id: definition.id, class: scope.class_name(class), convention }
    };
    DEFINITIONS.iter().zip(words).map(line).collect()
}

impl Patients {
    /// Right and all, of the patients with a truth and of those without.
    fn shares(&self, group: &Group, weights: &Weights) -> [(u64, u64); 2] {
        let mut shares = [(0, 0); 2];
        for one in counted(&self.patients, &group.judged, weights) {
            let called = one.judged.score >= self.score_threshold;
            let share = &mut shares[usize::from(!one.judged.positive)];
            share.1 += one.weight;
            if called == one.judged.positive {
                share.0 += one.weight;
            }
        }
        shares
    }
}

impl Prepared for Patients {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let of_group = |group: &Group| {
            let [sensitivity, specificity] = self.shares(group, weights);
            let share = |(right, n): (u64, u64), reason| Measured {
                statistic: Statistic::ratio(right as f64, n as f64, reason),
                n,
            };
            let area = |of: &[Vec<usize>]| {
                let counted = counted(of, &group.judged, weights);
                let n = counted.iter().map(|one| one.weight).sum();
                Measured { statistic: auroc(counted), n }
            };
            // Where nobody is without a truth, only one of the two classes occurs.
            let without = if sensitivity.1 > 0 { Undefined::OneClass } else { Undefined::Nothing };
            [
                share(sensitivity, Undefined::NoTruth),
                share(specificity, without),
                area(&self.patients),
                area(&self.images),
            ]
        };
        self.groups.iter().flat_map(of_group).collect()
    }

    fn analytic_intervals(&self, weights: &Weights, level: f64) -> Vec<Option<(&'static str, [f64; 2])>> {
        let of_group = |group: &Group| {
            let [sensitivity, specificity] = self.shares(group, weights);
            let interval = |(right, n)| wilson(right, n, level).map(|interval| ("wilson", interval));
            [interval(sensitivity), interval(specificity), None, None]
        };
        self.groups.iter().flat_map(of_group).collect()
    }

    fn exhibits(&self, weights: &Weights) -> Vec<Exhibit> {
        let exhibit = |(name, of, group): (&'static str, &[Vec<usize>], &Group)| {
            let (steps, positives, negatives) = roc(counted(of, &group.judged, weights));
            let point = |(score, found, wrong): (f64, u64, u64)| Point {
                x: wrong as f64 / negatives as f64,
                y: found as f64 / positives as f64,
                // The last point, at which all are called, is reached by no score where some image has no finding.
                threshold: Some(score).filter(|score| score.is_finite()),
            };
            let start = Point { x: 0.0, y: 0.0, threshold: None };
            let defined = positives > 0 && negatives > 0;
            let points =
                if defined { std::iter::once(start).chain(steps.into_iter().map(point)).collect() } else { Vec::new() };
            Exhibit::Curve(Curve {
                id: "roc",
                name,
                convention: FAMILY.convention.to_owned(),
                class: group.class.clone(),
                x: Axis { name: "1 - specificity", logarithmic: false },
                y: Axis { name: "Sensitivity", logarithmic: false },
                points: thinned(points),
            })
        };
        let of_group = |group| {
            [("ROC by patient", self.patients.as_slice(), group), ("ROC by image", self.images.as_slice(), group)]
        };
        self.groups.iter().flat_map(of_group).map(exhibit).collect()
    }
}
