//! One frame: which findings take which truths, and what became of the others.

use groundglass_types::BoundingBox;

use crate::regions::scope::{Scope, ScopedCase};

/// What of a triplet is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Component {
    Triplet,
    Instrument,
    Verb,
    Target,
    InstrumentVerb,
    InstrumentTarget,
}

impl Component {
    pub const ALL: [Self; 6] =
        [Self::Triplet, Self::Instrument, Self::Verb, Self::Target, Self::InstrumentVerb, Self::InstrumentTarget];

    /// Where other lines have their class; the triplet is the whole.
    pub fn class(self) -> Option<String> {
        let name = match self {
            Self::Triplet => return None,
            Self::Instrument => "i",
            Self::Verb => "v",
            Self::Target => "t",
            Self::InstrumentVerb => "iv",
            Self::InstrumentTarget => "it",
        };
        Some(name.to_owned())
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::Triplet => "whole",
            Self::Instrument => "instrument",
            Self::Verb => "verb",
            Self::Target => "target",
            Self::InstrumentVerb => "instrument and verb",
            Self::InstrumentTarget => "instrument and target",
        }
    }

    /// The class under this component; `None` for a label that has it not.
    fn of(self, label: &str) -> Option<String> {
        let parts = label.split(',').map(str::trim).collect::<Vec<_>>();
        let part = |place: usize| parts.get(place).copied().filter(|part| !part.is_empty());
        let both = |a: usize, b: usize| Some(format!("{},{}", part(a)?, part(b)?));
        match self {
            Self::Triplet => Some(parts.join(",")),
            Self::Instrument => part(0).map(str::to_owned),
            Self::Verb => part(1).map(str::to_owned),
            Self::Target => part(2).map(str::to_owned),
            Self::InstrumentVerb => both(0, 1),
            Self::InstrumentTarget => both(0, 2),
        }
    }
}

/// `numpy.arange(0.5, 1.0, 0.05)`, rounding included.
fn thresholds() -> [f64; 10] {
    let step = 0.5 + 0.05 - 0.5;
    std::array::from_fn(|index| 0.5 + index as f64 * step)
}

#[derive(Clone, Debug)]
pub(super) struct Finding {
    /// The class's place among all classes of the component.
    pub class: usize,
    pub score: f64,
    /// Whether the IoU with its truth reaches each of the ten thresholds, as bits.
    pub hits: u16,
    bounding_box: BoundingBox,
}

/// A frame's findings from the highest score down, and its truths in the order in which they are taken.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub findings: Vec<Finding>,
    pub truths: Vec<(usize, BoundingBox)>,
}

impl Frame {
    /// One frame a case, with the classes of one component.
    pub fn all(scope: &Scope<'_>, component: Component, reversed: bool) -> Vec<Self> {
        let mut names = Vec::new();
        let classes = scope.labels.names.iter().map(|label| {
            let name = component.of(label)?;
            let place = names.iter().position(|known| *known == name);
            Some(place.unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            }))
        });
        let classes = classes.collect::<Vec<_>>();
        scope.cases.iter().map(|case| Self::new(case, &classes, reversed)).collect()
    }

    fn new(case: &ScopedCase<'_>, classes: &[Option<usize>], reversed: bool) -> Self {
        let class_of = |label: usize| classes.get(label).copied().flatten();
        let findings = case.findings.iter().zip(&case.finding_classes).filter_map(|(finding, &label)| {
            // Adding 0 makes -0 equal to 0 in the total order.
            let (class, score) = (class_of(label)?, finding.score + 0.0);
            Some(Finding { class, score, hits: 0, bounding_box: finding.region.bounding_box })
        });
        let mut findings = findings.collect::<Vec<_>>();
        let truths = case.entry.truths().iter().zip(case.entry.truth_labels()).filter(|(truth, _)| !truth.crowd);
        let truths = truths.filter_map(|(truth, &label)| Some((class_of(label)?, truth.region.bounding_box)));
        let mut truths = truths.collect::<Vec<_>>();
        if reversed {
            findings.reverse();
            truths.reverse();
        }
        findings.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut frame = Self { findings, truths };
        frame.pair();
        frame
    }

    /// Gives each finding the first free truth of its class with an IoU of at least 0.5.
    fn pair(&mut self) {
        let thresholds = thresholds();
        let mut free = vec![true; self.truths.len()];
        for finding in &mut self.findings {
            for ((class, truth), free) in self.truths.iter().zip(&mut free) {
                let iou = finding.bounding_box.iou(truth);
                if *free && *class == finding.class && iou >= 0.5 {
                    *free = false;
                    let reached = thresholds.iter().enumerate().filter(|(_, threshold)| iou >= **threshold);
                    finding.hits = reached.fold(0, |hits, (bit, _)| hits | 1 << bit);
                    break;
                }
            }
        }
    }

    /// How many findings and truths are localised and matched, partially localised and matched, switched, of a missed
    /// identity, of a missed localisation, false positive, and false negative.
    pub fn associations(&self, as_packaged: bool) -> [u32; 7] {
        let mut truths = self.truths.iter().collect::<Vec<_>>();
        if truths.is_empty() {
            return [0, 0, 0, 0, 0, self.findings.len() as u32, 0];
        }
        let mut counts = [0_u32; 7];
        let known = |finding: &&Finding| self.truths.iter().any(|(class, _)| *class == finding.class);
        let (mut known, unknown): (Vec<_>, Vec<_>) = self.findings.iter().partition(known);
        // The package takes the place 0 for "nowhere".
        let own = |truths: &[&(usize, BoundingBox)], finding: &Finding| {
            let place = truths.iter().position(|(class, _)| *class == finding.class);
            place.filter(|place| *place > 0 || !as_packaged)
        };
        for (kind, least) in [(0, 0.5), (1, f64::MIN_POSITIVE)] {
            known.retain(|finding| {
                let same = |(class, truth): &&(usize, BoundingBox)| {
                    *class == finding.class && finding.bounding_box.iou(truth) >= least
                };
                let place = truths.iter().position(same);
                counts[kind] += u32::from(place.is_some());
                place.map(|place| truths.remove(place)).is_none()
            });
        }
        let on_some = |truths: &[&(usize, BoundingBox)], finding: &Finding| {
            truths.iter().any(|(_, truth)| finding.bounding_box.iou(truth) > 0.5)
        };
        known.retain(|finding| {
            let place = own(&truths, finding).filter(|_| on_some(&truths, finding));
            counts[2] += u32::from(place.is_some());
            place.map(|place| truths.remove(place)).is_none()
        });
        // The package looks at the unknown ones only where there are others.
        let mut left = if as_packaged && known.is_empty() { Vec::new() } else { [unknown, known].concat() };
        left.retain(|finding| {
            let missed = on_some(&truths, finding);
            counts[3] += u32::from(missed);
            !missed
        });
        left.retain(|finding| {
            let place = own(&truths, finding);
            counts[4] += u32::from(place.is_some());
            place.map(|place| truths.remove(place)).is_none()
        });
        counts[5] = left.len() as u32;
        counts[6] = truths.len() as u32;
        counts
    }
}
