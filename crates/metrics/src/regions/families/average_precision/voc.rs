//! Average precision as in Pascal VOC.

use groundglass_types::{Admission, Convention, Interpolation, Ties, WithoutTruth};

use super::lines::{lines_of, push_measured};
use super::plain::{PlainClass, plain_classes, stepped};
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::regions::RegionKind;
use crate::regions::curve::{Reached, envelope_average_precision};
use crate::regions::families::{Family, Pace};
use crate::regions::matching::{EqualOverlaps, Rule, match_nearest};
use crate::regions::overlap::Overlaps;
use crate::regions::ranking::Weighed;
use crate::regions::scope::{Scope, ScopedCase};

pub(super) const FAMILY: Family = Family {
    convention: "voc",
    by_default: false,
    definitions: DEFINITIONS,
    region: Some(RegionKind::Box),
    pace: Pace::OnDemand,
    prepare: |scope| prepare(scope, true),
};

pub(super) const EDGES_FAMILY: Family = Family {
    convention: "voc_edges",
    by_default: false,
    definitions: EDGES_DEFINITIONS,
    region: Some(RegionKind::Box),
    pace: Pace::OnDemand,
    prepare: |scope| prepare(scope, false),
};

const SOURCE: &str = "Everingham et al., IJCV 2010 (Pascal VOC); VOC devkit 2007, VOCevaldet.m";
const SOURCE_AREA: &str = "Everingham et al., IJCV 2015 (Pascal VOC); VOC devkit 2010 to 2012, VOCevaldet.m, VOCap.m";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "voc_ap50_11point",
        name: "AP50 (VOC 2007)",
        definition: "Mean over the recalls 0, 0.1, ... 1 of the highest precision at that recall or beyond, at IoU 0.50 \
                     of boxes that hold their last pixels (a box from 3 to 5 is 3 wide); each finding goes to the truth \
                     it overlaps most, and all but the first of a truth are false positives.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "voc_ap50_area",
        name: "AP50 (VOC 2010)",
        definition: "As AP50 (VOC 2007), but the area under the envelope of the precision-recall curve.",
        source: SOURCE_AREA,
        better: Better::Higher,
    },
];

const EDGES_DEFINITIONS: &[Definition] = &[
    Definition {
        id: "voc_edges_ap50_11point",
        name: "AP50 (VOC 2007, edges)",
        definition: "As AP50 (VOC 2007), but of boxes with edges (a box from 3 to 5 is 2 wide): what the devkit gives \
                     where its first pixels are x_min + 1 and y_min + 1.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "voc_edges_ap50_area",
        name: "AP50 (VOC 2010, edges)",
        definition: "As AP50 (VOC 2010), but of boxes with edges (a box from 3 to 5 is 2 wide): what the devkit gives \
                     where its first pixels are x_min + 1 and y_min + 1.",
        source: SOURCE_AREA,
        better: Better::Higher,
    },
];

/// From the points and the number of truths.
type Curve = fn(&[Reached], u64) -> f64;

const CURVES: [(Interpolation, &str, Curve); 2] = [
    (
        Interpolation::ElevenPoint,
        "precision interpolated at the recalls 0, 0.1, ... 1 (11 points)",
        |points, truths| stepped(points, truths, 10),
    ),
    (Interpolation::Envelope, "area under the envelope, every recall used", envelope_average_precision),
];

/// The devkit's `minoverlap`, which is compared with `>=`.
const THRESHOLD: f64 = 0.5;

struct Voc {
    lines: Vec<Line>,
    classes: Vec<PlainClass>,
}

fn prepare(scope: &Scope<'_>, inclusive: bool) -> Box<dyn Prepared> {
    let matched = |case: &ScopedCase<'_>, outcomes: &mut Vec<_>| {
        let overlaps = Overlaps::of_boxes(case.findings, case.entry.truths(), inclusive);
        let candidates = case.candidates_with(&overlaps);
        let rules = [Rule::AtLeast(THRESHOLD)];
        match_nearest(&candidates, &rules, EqualOverlaps::First, case.entry.crowds(), outcomes);
    };
    let counts = |case: &ScopedCase<'_>, truth: usize| case.entry.crowds().get(truth) == Some(&false);
    let definitions = if inclusive { DEFINITIONS } else { EDGES_DEFINITIONS };
    let lines = definitions.iter().zip(CURVES).flat_map(|(definition, (interpolation, words, _))| {
        lines_of(scope, definition.id, |averaged| convention(scope, inclusive, interpolation, words, averaged))
    });
    let classes = plain_classes(scope, 1, false, matched, counts);
    Box::new(Voc { lines: lines.collect(), classes })
}

fn convention(
    scope: &Scope<'_>,
    inclusive: bool,
    interpolation: Interpolation,
    curve_words: &str,
    averaged: &str,
) -> Convention {
    let (name, pixels) = if inclusive {
        (FAMILY.convention, "x_max - x_min + 1 wide (inclusive pixels)")
    } else {
        (EDGES_FAMILY.convention, "x_max - x_min wide (edges)")
    };
    Convention {
        interpolation: Some(interpolation),
        admission: Some(Admission::AtLeast),
        inclusive_pixels: Some(inclusive),
        ties: Some(Ties::ListOrder),
        without_truth: Some(WithoutTruth::Counted),
        ..Convention::new(
            name,
            format!(
                "Pascal VOC: box IoU >= 0.5, a box is {pixels}; each finding goes to the truth of its class with the \
                 highest IoU (of equal ones the first), the highest-scored one of a truth is a true positive and the \
                 others are false positives; a finding of a difficult truth (crowd) is ignored{}; all findings count, \
                 whatever the score threshold; {curve_words}; equal scores keep the order of cases and findings; \
                 {averaged}n counts truths",
                scope.renaming_words(),
            ),
        )
    }
}

impl Prepared for Voc {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let (mut weighed, mut measured) = (Weighed::default(), Vec::with_capacity(self.lines.len()));
        for (_, _, curve) in CURVES {
            let by_class = self.classes.iter().map(|class| class.precision(weights, &mut weighed, curve));
            push_measured(&mut measured, &by_class.collect::<Vec<_>>());
        }
        measured
    }
}
