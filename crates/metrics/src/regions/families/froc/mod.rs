//! Free-response operating characteristic: sensitivity at rates of false positives per image.

mod curve;
mod definitions;
mod hits;
mod nndetection;

use groundglass_types::{Admission, Convention, Pairing, Statistic, Ties, Undefined, WithoutTruth};

use self::definitions::{DEFAULT, LUNA16, MONAI_SCORE, SEVEN, SIX};
use self::hits::{Several, hits};
use super::ranking::{Ranked, Ranking};
use super::{Family, Pace};
use crate::engine::{Definition, Exhibit, Line, Measured, Point, Prepared, Weights};
use crate::regions::case_entry::LabelIndex;
use crate::regions::scope::Scope;

pub(super) use self::nndetection::NNDETECTION;

pub(super) const FAMILY: Family = Family {
    convention: "default",
    by_default: true,
    definitions: &DEFAULT,
    region: None,
    pace: Pace::OnDemand,
    prepare: |scope| Froc::prepare(scope, &STANDARD),
};

pub(super) const LUNA16_FAMILY: Family = Family {
    convention: "luna16",
    by_default: false,
    definitions: &LUNA16,
    region: None,
    pace: Pace::OnDemand,
    prepare: |scope| Froc::prepare(scope, &LUNA),
};

pub(super) const MONAI_FAMILY: Family = Family {
    convention: "monai",
    by_default: false,
    definitions: &MONAI_SCORE,
    region: None,
    pace: Pace::OnDemand,
    prepare: |scope| Froc::prepare(scope, &MONAI),
};

/// How one package draws the curve.
struct Flavour {
    convention: &'static str,
    name: &'static str,
    definitions: &'static [Definition],
    rates: &'static [f64],
    ranking: fn(&Scope<'_>, Option<LabelIndex>) -> Ranking,
    /// Whether the point of the lowest score is left out.
    without_lowest: bool,
    words: fn(&Scope<'_>) -> String,
    pairing: Option<Pairing>,
}

const STANDARD: Flavour = Flavour {
    convention: "default",
    name: "FROC",
    definitions: &DEFAULT,
    rates: &SEVEN,
    ranking: Ranking::at_threshold,
    without_lowest: false,
    words: |scope| scope.matching_words(&format!("IoU >= {}", scope.options.iou_threshold)),
    pairing: Some(Pairing::GreedyByScore),
};

const LUNA: Flavour = Flavour {
    convention: "luna16",
    name: "FROC (LUNA16)",
    definitions: &LUNA16,
    rates: &SEVEN,
    ranking: |scope, class| {
        let hits = hits(scope, class, Several::All);
        Ranking::new(hits.findings, hits.truths)
    },
    without_lowest: false,
    words: |scope| {
        format!(
            "{}; a truth counts with the highest score that hits it, its other hits are no false positives; findings \
             in a crowd are ignored, as LUNA16 does with excluded findings",
            center_words(scope, "every truth of its class")
        )
    },
    pairing: Some(Pairing::Every),
};

const MONAI: Flavour = Flavour {
    convention: "monai",
    name: "FROC (MONAI)",
    definitions: &MONAI_SCORE,
    rates: &SIX,
    ranking: |scope, class| {
        let mut hits = hits(scope, class, Several::Last);
        // The package's list of scores has a 0 for every truth that is missed or excluded.
        let zero = |&case: &u32| Ranked { score: 0.0, case, found: true };
        let zeros = hits.missed.iter().chain(&hits.crowds).map(zero).collect::<Vec<_>>();
        hits.findings.extend(zeros);
        Ranking::new(hits.findings, hits.truths)
    },
    without_lowest: true,
    words: |scope| {
        format!(
            "{}; a truth counts with the highest score that hits it, 0 where none does; crowds are excluded labels; \
             the lowest of all scores is no threshold",
            center_words(scope, "the last listed truth of its class")
        )
    },
    pairing: None,
};

/// The hit rule, which the packages state for points and spheres or label maps.
fn center_words(scope: &Scope<'_>, truths: &str) -> String {
    let region = scope.options.region.word();
    format!("a finding hits {truths} whose {region} holds the centre of the finding's box")
}

/// One ranking over all classes, and one a class.
struct Froc {
    flavour: &'static Flavour,
    lines: Vec<Line>,
    rankings: Vec<(Option<String>, Ranking)>,
    images: usize,
}

impl Froc {
    fn prepare(scope: &Scope<'_>, flavour: &'static Flavour) -> Box<dyn Prepared> {
        let classes = || std::iter::once(None).chain(scope.separate_classes().iter().copied().map(Some));
        let line = |class: Option<LabelIndex>| {
            flavour.definitions.iter().map(move |definition| Line {
                id: definition.id,
                class: scope.class_name(class),
                convention: flavour.convention(scope, class),
            })
        };
        Box::new(Self {
            flavour,
            lines: classes().flat_map(line).collect(),
            rankings: classes().map(|class| (scope.class_name(class), (flavour.ranking)(scope, class))).collect(),
            images: scope.cases.len(),
        })
    }

    /// Empty without truth.
    fn points(&self, ranking: &Ranking, weights: &Weights) -> Vec<Point> {
        let truths = ranking.truths(weights);
        if truths == 0 {
            return Vec::new();
        }
        let mut steps = ranking.steps(weights);
        if self.flavour.without_lowest {
            steps.pop();
        }
        curve::points(&steps, truths, images(self.images, weights))
    }
}

impl Flavour {
    fn convention(&self, scope: &Scope<'_>, class: Option<LabelIndex>) -> Convention {
        let pooled = if class.is_some() { "pooled over images" } else { "pooled over images and classes" };
        Convention {
            admission: self.pairing.filter(|pairing| *pairing == Pairing::GreedyByScore).map(|_| Admission::AtLeast),
            ties: Some(Ties::Grouped),
            without_truth: Some(WithoutTruth::Counted),
            pairing: self.pairing,
            ..Convention::new(
                self.convention,
                format!(
                    "{}; all scores, whatever the threshold; {pooled}; sensitivity linear between distinct scores, \
                     from no false positives and none found to that of the lowest score, and constant beyond; n \
                     counts truths",
                    (self.words)(scope)
                ),
            )
        }
    }
}

impl Prepared for Froc {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let of_ranking = |(_, ranking): &(_, Ranking)| {
            let n = ranking.truths(weights);
            let points = self.points(ranking, weights);
            let sensitivities = self.flavour.rates.iter().map(|rate| curve::sensitivity_at(&points, *rate));
            let mean = sensitivities.clone().sum::<f64>() / self.flavour.rates.len() as f64;
            let all = std::iter::once(mean).chain(sensitivities).take(self.flavour.definitions.len());
            all.map(|value| Measured { statistic: with_truth(value, n), n }).collect::<Vec<_>>()
        };
        self.rankings.iter().flat_map(of_ranking).collect()
    }

    fn exhibits(&self, weights: &Weights) -> Vec<Exhibit> {
        let exhibit = |(class, ranking): &(Option<String>, Ranking)| {
            let points = self.points(ranking, weights);
            curve::exhibit(self.flavour.name, self.flavour.convention, class.clone(), points)
        };
        self.rankings.iter().map(exhibit).collect()
    }
}

fn with_truth(value: f64, truths: u64) -> Statistic {
    if truths > 0 { Statistic::Value(value) } else { Statistic::Undefined(Undefined::NoTruth) }
}

/// How many images count.
fn images(cases: usize, weights: &Weights) -> u64 {
    (0..cases).map(|case| u64::from(weights.of(case))).sum()
}
