//! Average precision of regions as the medicaldetectiontoolkit computes it.

use groundglass_types::{Admission, Convention, Interpolation, Ties, WithoutTruth};

use super::lines::{lines_of, push_measured};
use super::plain::{PlainClass, plain_classes, stepped};
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::regions::RegionKind;
use crate::regions::families::{Family, Pace};
use crate::regions::matching::{EqualOverlaps, Outcomes, Rule, match_nearest};
use crate::regions::overlap::Overlaps;
use crate::regions::ranking::Weighed;
use crate::regions::scope::{Scope, ScopedCase};

/// The convention's name, which the family of patients has too.
pub(super) const CONVENTION: &str = "medicaldetectiontoolkit";

pub(super) const FAMILY: Family = Family {
    convention: CONVENTION,
    by_default: false,
    definitions: DEFINITIONS,
    region: Some(RegionKind::Box),
    pace: Pace::OnDemand,
    prepare,
};

const DEFINITIONS: &[Definition] = &[Definition {
    id: "medicaldetectiontoolkit_ap10",
    name: "AP10 (medicaldetectiontoolkit)",
    definition: "Average precision over 101 recalls at IoU above 0.10, of findings with a score above 0.1; each finding \
                 goes to the truth it overlaps most, and all but the first of a truth are false positives.",
    source: "Jaeger et al., ML4H 2020 (Retina U-Net); medicaldetectiontoolkit, evaluator.py, ap_match_ious 0.1, \
             min_det_thresh 0.1",
    better: Better::Higher,
}];

/// The toolkit's `min_det_thresh`: a score must lie above.
const LEAST_SCORE: f64 = 0.1;

/// The toolkit's pairing in one case: one outcome a finding, in bit 0, whatever the score.
pub(super) fn match_case(case: &ScopedCase<'_>, outcomes: &mut Vec<Outcomes>) {
    let overlaps = Overlaps::of_boxes(case.findings, case.entry.truths(), false);
    let candidates = case.candidates_with(&overlaps);
    match_nearest(&candidates, &[Rule::Above(0.1)], EqualOverlaps::First, case.entry.crowds(), outcomes);
}

/// How findings and truths go together, in words.
pub(super) const PAIRING_WORDS: &str = "box IoU > 0.1; each finding goes to the truth of its class with the highest IoU (of equal ones the first), the \
     highest-scored one of a truth is a true positive and the others are false positives; a finding of a crowd is \
     ignored";

struct Regions {
    lines: Vec<Line>,
    classes: Vec<PlainClass>,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let matched = |case: &ScopedCase<'_>, outcomes: &mut Vec<Outcomes>| {
        match_case(case, outcomes);
        for (outcome, finding) in outcomes.iter_mut().zip(case.findings) {
            if finding.score <= LEAST_SCORE {
                *outcome = Outcomes { paired: 0, ignored: 1 };
            }
        }
    };
    let convention = |averaged: &str| Convention {
        interpolation: Some(Interpolation::Step101),
        admission: Some(Admission::Above),
        ties: Some(Ties::ListOrder),
        without_truth: Some(WithoutTruth::Counted),
        ..Convention::new(
            CONVENTION,
            format!(
                "medicaldetectiontoolkit: {PAIRING_WORDS}{}; findings with a score above 0.1 count, whatever the score \
                 threshold; precision interpolated at 101 recalls; equal scores keep the order of cases and findings; \
                 {averaged}n counts truths",
                scope.renaming_words(),
            ),
        )
    };
    let lines = DEFINITIONS.iter().flat_map(|definition| lines_of(scope, definition.id, convention)).collect();
    let counts = |case: &ScopedCase<'_>, truth: usize| case.entry.crowds().get(truth) == Some(&false);
    Box::new(Regions { lines, classes: plain_classes(scope, 1, false, matched, counts) })
}

impl Prepared for Regions {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let (mut weighed, mut measured) = (Weighed::default(), Vec::with_capacity(self.lines.len()));
        let rule = |points: &[_], truths| stepped(points, truths, 100);
        let by_class = self.classes.iter().map(|class| class.precision(weights, &mut weighed, rule));
        push_measured(&mut measured, &by_class.collect::<Vec<_>>());
        measured
    }
}
