//! nnDetection's FROC score at IoU 0.10 and 0.50, over all classes and as the mean of classes.

use groundglass_types::{Admission, Convention, Pairing, Statistic, Ties, Undefined, WithoutTruth};

use super::definitions::{NNDETECTION_SCORES, SEVEN};
use super::{curve, images};
use crate::engine::{Exhibit, Line, Measured, Prepared, Weights};
use crate::regions::families::ranking::Ranking;
use crate::regions::families::{COCO_LIMIT, Family, Pace};
use crate::regions::matching::Rule;
use crate::regions::scope::Scope;

pub(crate) const NNDETECTION: Family = Family {
    convention: "nndetection",
    by_default: false,
    definitions: &NNDETECTION_SCORES,
    region: None,
    pace: Pace::OnDemand,
    prepare,
};

const THRESHOLDS: [f64; 2] = [0.1, 0.5];

/// For each threshold the ranking over all classes and that of each class.
struct NnDetection {
    lines: Vec<Line>,
    /// Whether classes have lines of their own.
    separate: bool,
    pooled: [Ranking; 2],
    classes: [Vec<Ranking>; 2],
    names: Vec<String>,
    images: usize,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let matchings = THRESHOLDS.map(|iou| {
        let rule = Rule::AtLeast(iou);
        scope.cases.iter().map(|case| case.matched(rule)).collect::<Vec<_>>()
    });
    let ranking = |of: usize, class| Ranking::of(scope, &matchings[of], class, COCO_LIMIT);
    let classes = |of: usize| scope.classes.iter().map(|&class| ranking(of, Some(class))).collect();
    let names = scope.separate_classes().iter().map(|&class| scope.labels.name(class).to_owned()).collect::<Vec<_>>();
    let mut lines = Vec::new();
    for (place, definition) in NNDETECTION_SCORES.iter().enumerate() {
        let line = |class: Option<&String>| Line {
            id: definition.id,
            class: class.cloned(),
            convention: convention(scope, THRESHOLDS[place % 2], place >= 2),
        };
        lines.push(line(None));
        if place < 2 {
            lines.extend(names.iter().map(|name| line(Some(name))));
        }
    }
    Box::new(NnDetection {
        lines,
        separate: !names.is_empty(),
        pooled: [ranking(0, None), ranking(1, None)],
        classes: [classes(0), classes(1)],
        names,
        images: scope.cases.len(),
    })
}

fn convention(scope: &Scope<'_>, iou: f64, averaged: bool) -> Convention {
    let over = if averaged {
        "mean of the classes that have truths or findings, those without truth as 0"
    } else {
        "classes pooled"
    };
    Convention {
        admission: Some(Admission::AtLeast),
        ties: Some(Ties::Grouped),
        without_truth: Some(WithoutTruth::Counted),
        pairing: Some(Pairing::GreedyByScore),
        ..Convention::new(
            NNDETECTION.convention,
            format!(
                "{}; the 100 highest-scored findings of a class in an image; {over}; sensitivity linear between \
                 distinct scores; 0 without truth; undefined where no finding is paired, of which nnDetection makes \
                 NaN; n counts truths",
                scope.matching_words(&format!("IoU >= {iou:.2}"))
            ),
        )
    }
}

impl NnDetection {
    fn score(&self, ranking: &Ranking, weights: &Weights) -> Statistic {
        let truths = ranking.truths(weights);
        let steps = ranking.steps(weights);
        match steps.last() {
            Some(last) if truths > 0 && last.found == 0 => Statistic::Undefined(Undefined::NoPairs),
            Some(_) if truths > 0 => {
                let points = curve::points(&steps, truths, images(self.images, weights));
                let sum = SEVEN.iter().map(|rate| curve::sensitivity_at(&points, *rate)).sum::<f64>();
                Statistic::Value(sum / SEVEN.len() as f64)
            }
            _ => Statistic::Value(0.0),
        }
    }
}

impl Prepared for NnDetection {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let (mut scores, mut means) = (Vec::new(), Vec::new());
        for (pooled, classes) in self.pooled.iter().zip(&self.classes) {
            let n = pooled.truths(weights);
            scores.push(Measured { statistic: self.score(pooled, weights), n });
            let of_classes = classes
                .iter()
                .map(|ranking| Measured { statistic: self.score(ranking, weights), n: ranking.truths(weights) });
            let of_classes = of_classes.collect::<Vec<_>>();
            let occurring = classes.iter().filter(|ranking| ranking.occurs(weights)).count();
            let sum = of_classes.iter().try_fold(0.0, |sum, of_class| Some(sum + of_class.statistic.value()?));
            let mean = sum.map_or(Statistic::Undefined(Undefined::NoPairs), |sum| {
                Statistic::ratio(sum, occurring as f64, Undefined::Nothing)
            });
            means.push(Measured { statistic: mean, n });
            if self.separate {
                scores.extend(of_classes);
            }
        }
        scores.extend(means);
        scores
    }

    fn exhibits(&self, weights: &Weights) -> Vec<Exhibit> {
        const NAMES: [&str; 2] = ["FROC at IoU 0.10 (nnDetection)", "FROC at IoU 0.50 (nnDetection)"];
        let mut exhibits = Vec::new();
        for ((name, pooled), classes) in NAMES.into_iter().zip(&self.pooled).zip(&self.classes) {
            let of_classes = self.names.iter().map(Some).zip(classes);
            for (class, ranking) in std::iter::once((None, pooled)).chain(of_classes) {
                let truths = ranking.truths(weights);
                let points = if truths == 0 {
                    Vec::new()
                } else {
                    curve::points(&ranking.steps(weights), truths, images(self.images, weights))
                };
                exhibits.push(curve::exhibit(name, NNDETECTION.convention, class.cloned(), points));
            }
        }
        exhibits
    }
}
