//! RoDeO: how well boxes are placed, shaped and named, after one pairing of all of them.

use groundglass_types::{Convention, Pairing, Statistic, Undefined, WithoutTruth};

use super::giou::generalised_ious;
use super::{Family, Pace};
use crate::engine::math::exp;
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::regions::RegionKind;
use crate::regions::assignment::minimum_cost_assignment;
use crate::regions::queries::{Query, by_image};
use crate::regions::scope::Scope;

pub(super) const FAMILY: Family = Family {
    convention: "rodeo",
    by_default: false,
    definitions: DEFINITIONS,
    region: Some(RegionKind::Box),
    pace: Pace::OnDemand,
    prepare,
};

const SOURCE: &str = "Meissen et al., Robust Detection Outcome, MIDL 2023; rodeometric 0.0.1";

const fn definition(id: &'static str, name: &'static str, definition: &'static str) -> Definition {
    Definition { id, name, definition, source: SOURCE, better: Better::Higher }
}

const DEFINITIONS: &[Definition] = &[
    definition(
        "rodeo_localization",
        "RoDeO localisation",
        "Mean over the pairs of 2^(-d^2), d being the distance of the centres in widths and heights of the truth, \
         times the share of pairs among pairs, surplus findings and missed truths.",
    ),
    definition(
        "rodeo_shape_matching",
        "RoDeO shape matching",
        "Mean over the pairs of the IoU of both boxes laid on one corner, times the share of pairs among pairs, \
         surplus findings and missed truths.",
    ),
    definition(
        "rodeo_classification",
        "RoDeO classification",
        "Matthews correlation of the pairs' classes (one-hot, at least 0), times the share of pairs among pairs, \
         surplus findings and missed truths.",
    ),
    definition("rodeo_total", "RoDeO", "Harmonic mean of localisation, shape matching and classification."),
];

/// One image as the pairing needs it. Classes are places in the scope's list.
struct Image {
    finding_classes: Vec<usize>,
    truth_classes: Vec<usize>,
    /// Of each finding (row) with each truth (column).
    gious: Vec<f64>,
    localizations: Vec<f64>,
    shapes: Vec<f64>,
}

impl Image {
    fn new(query: &Query<'_>, place_of: impl Fn(usize) -> usize) -> Self {
        let entry = query.scoped.entry;
        let (mut localizations, mut shapes) = (Vec::new(), Vec::new());
        for finding in query.findings.iter().filter_map(|&finding| query.scoped.findings.get(finding)) {
            for truth in query.truths.iter().filter_map(|&truth| entry.truths().get(truth)) {
                let (a, b) = (finding.region.bounding_box, truth.region.bounding_box);
                let ((ax, ay), (bx, by)) = (a.center(), b.center());
                let (across, down) = ((ax - bx) / b.width(), (ay - by) / b.height());
                let score = exp(-(across * across + down * down) * std::f64::consts::LN_2);
                localizations.push(if b.is_proper() { score } else { 0.0 });
                shapes.push(a.shifted(b.x_min - a.x_min, b.y_min - a.y_min).iou(&b));
            }
        }
        let class = |&of: &usize| place_of(of);
        let findings = query.findings.iter().filter_map(|&finding| query.scoped.finding_classes.get(finding));
        let truths = query.truths.iter().filter_map(|&truth| entry.truth_labels().get(truth));
        Self {
            finding_classes: findings.map(class).collect(),
            truth_classes: truths.map(class).collect(),
            gious: generalised_ious(query),
            localizations,
            shapes,
        }
    }

    /// Each finding's truth, where pairs of one class are `class_weight` cheaper.
    fn pairs(&self, class_weight: f64) -> Vec<Option<usize>> {
        let columns = self.truth_classes.len();
        let cost = |(place, giou): (usize, &f64)| {
            let same = self.finding_classes[place / columns] == self.truth_classes[place % columns];
            -giou - f64::from(u8::from(same)) * class_weight
        };
        let costs = self.gious.iter().enumerate().map(cost).collect::<Vec<_>>();
        minimum_cost_assignment(&costs, self.finding_classes.len(), columns)
    }
}

/// Two by two, of a class being said (first) and being true (second).
#[derive(Clone, Copy, Debug, Default)]
struct Agreement {
    both: f64,
    said: f64,
    truth: f64,
    all: f64,
}

impl Agreement {
    /// Matthews correlation coefficient, 0 where either side is constant.
    fn correlation(&self) -> f64 {
        let spread = |count: f64| count * (self.all - count);
        let (said, truth) = (spread(self.said), spread(self.truth));
        if said > 0.0 && truth > 0.0 {
            (self.both * self.all - self.said * self.truth) / (said.sqrt() * truth.sqrt())
        } else {
            0.0
        }
    }
}

/// What the pairs of one class (by their truth), or of all, amount to.
#[derive(Clone, Debug, Default)]
struct Sums {
    pairs: u64,
    surplus: u64,
    missed: u64,
    localization: f64,
    shape: f64,
    /// Pairs whose classes agree.
    agreeing: u64,
}

impl Sums {
    /// Localisation, shape matching, classification and total, where `classes` classes can be told apart.
    fn values(&self, classes: usize) -> [Measured; 4] {
        let n = self.pairs + self.surplus + self.missed;
        let share = |sum: f64| Statistic::ratio(sum, n as f64, Undefined::Nothing);
        let (localization, shape) = (share(self.localization), share(self.shape));
        let pairs = self.pairs as f64;
        let agreement =
            Agreement { both: self.agreeing as f64, said: pairs, truth: pairs, all: pairs * classes as f64 };
        let classification = match share(agreement.correlation().max(0.0) * pairs) {
            Statistic::Value(_) if classes < 2 => Statistic::Undefined(Undefined::OneClass),
            statistic => statistic,
        };
        let total = match (localization, shape, classification) {
            _ if self.pairs == 0 && n > 0 && classes > 1 => Statistic::Value(0.0),
            (Statistic::Value(a), Statistic::Value(b), Statistic::Value(c)) => {
                let inverse = |value: f64| 1.0 / (value + 1e-6);
                Statistic::Value(3.0 / (inverse(a) + inverse(b) + inverse(c)))
            }
            (Statistic::Undefined(reason), ..)
            | (_, Statistic::Undefined(reason), _)
            | (.., Statistic::Undefined(reason)) => Statistic::Undefined(reason),
        };
        [localization, shape, classification, total].map(|statistic| Measured { statistic, n })
    }
}

struct Rodeo {
    lines: Vec<Line>,
    images: Vec<Image>,
    classes: usize,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let convention = Convention {
        pairing: Some(Pairing::Hungarian),
        without_truth: Some(WithoutTruth::Counted),
        ..Convention::new(
            FAMILY.convention,
            format!(
                "findings with score >= {}; the boxes of an image are paired one to one at the least sum of -GIoU, \
                 less for the same class the Matthews correlation (at least 0) of which classes the findings and the \
                 truths of each image have; all images pooled; 1e-6 is added to each part of the harmonic mean; 0 \
                 where nothing is paired; of a class, pairs by the class of their truth; a truth without area has \
                 localisation 0; crowds are left out; n counts pairs, surplus findings and missed truths",
                scope.options.score_threshold
            ),
        )
    };
    let mut lines = Vec::new();
    for class in std::iter::once(None).chain(scope.separate_classes().iter().copied().map(Some)) {
        let line = |definition: &Definition| Line {
            id: definition.id,
            class: scope.class_name(class),
            convention: convention.clone(),
        };
        lines.extend(DEFINITIONS.iter().map(line));
    }
    let place_of = |class| scope.classes.iter().position(|&of| of == class).unwrap_or_default();
    let images = by_image(scope).iter().map(|query| Image::new(query, place_of)).collect();
    Box::new(Rodeo { lines, images, classes: scope.classes.len() })
}

impl Rodeo {
    /// How many classes occur in what counts, and how well the images' classes agree.
    fn classes(&self, weights: &Weights) -> (usize, f64) {
        let mut occurs = vec![false; self.classes];
        let mut agreement = Agreement::default();
        for (image, weight) in self.counted(weights) {
            let (mut said, mut truth) = (vec![false; self.classes], vec![false; self.classes]);
            for &class in &image.finding_classes {
                said[class] = true;
            }
            for &class in &image.truth_classes {
                truth[class] = true;
            }
            let weight = weight as f64;
            for class in 0..self.classes {
                occurs[class] |= said[class] || truth[class];
                agreement.said += weight * f64::from(u8::from(said[class]));
                agreement.truth += weight * f64::from(u8::from(truth[class]));
                agreement.both += weight * f64::from(u8::from(said[class] && truth[class]));
            }
            agreement.all += weight;
        }
        let classes = occurs.iter().filter(|occurs| **occurs).count();
        agreement.all *= classes as f64;
        (classes, agreement.correlation().max(0.0))
    }

    fn counted(&self, weights: &Weights) -> impl Iterator<Item = (&Image, u64)> {
        let weighted = self.images.iter().enumerate().map(|(case, image)| (image, u64::from(weights.of(case))));
        weighted.filter(|(_, weight)| *weight > 0)
    }
}

impl Prepared for Rodeo {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let (classes, class_weight) = self.classes(weights);
        let mut all = Sums::default();
        let mut by_class = vec![Sums::default(); self.classes];
        for (image, weight) in self.counted(weights) {
            let columns = image.truth_classes.len();
            let mut found = vec![false; columns];
            for (row, column) in image.pairs(class_weight).into_iter().enumerate() {
                let Some(column) = column else {
                    all.surplus += weight;
                    by_class[image.finding_classes[row]].surplus += weight;
                    continue;
                };
                found[column] = true;
                let class = image.truth_classes[column];
                for sums in [&mut all, &mut by_class[class]] {
                    sums.pairs += weight;
                    sums.localization += weight as f64 * image.localizations[row * columns + column];
                    sums.shape += weight as f64 * image.shapes[row * columns + column];
                    sums.agreeing += if image.finding_classes[row] == class { weight } else { 0 };
                }
            }
            for (column, &class) in image.truth_classes.iter().enumerate() {
                if !found[column] {
                    all.missed += weight;
                    by_class[class].missed += weight;
                }
            }
        }
        let mut measured = all.values(classes).to_vec();
        if self.classes > 1 {
            measured.extend(by_class.iter().flat_map(|sums| sums.values(classes)));
        }
        measured
    }
}
