//! TIDE: what each type of error costs in average precision.

mod definitions;
mod errors;
mod precision;

use groundglass_types::{Admission, Convention, Interpolation, Pairing, Statistic, Ties, Undefined, WithoutTruth};

use self::definitions::DEFINITIONS;
use self::errors::{BACKGROUND, ErrorType, FOUND, LIMIT, judge};
use self::precision::{ClassRanking, Entry, Kind, Repair, Truths};
use super::{Family, Pace};
use crate::engine::{Line, Measured, Prepared, Weights};
use crate::regions::case_entry::LabelIndex;
use crate::regions::scope::Scope;

pub(super) const FAMILY: Family = Family {
    convention: "tide",
    by_default: true,
    definitions: &DEFINITIONS,
    region: None,
    pace: Pace::OnDemand,
    prepare,
};

/// What one case holds.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    errors: [u64; 6],
    findings: u64,
    false_positives: u64,
    truths: u64,
    unfound: u64,
}

struct Tide {
    lines: Vec<Line>,
    classes: Vec<ClassRanking>,
    cases: Vec<(u32, Counts)>,
}

/// One class while it is gathered.
#[derive(Default)]
struct Gathered {
    entries: Vec<Entry>,
    truths: Vec<(u32, Truths)>,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let mut classes = scope.classes.iter().map(|_| Gathered::default()).collect::<Vec<_>>();
    let place = |class: LabelIndex| scope.classes.iter().position(|of| *of == class);
    let mut cases = Vec::new();
    for (index, case) in scope.cases.iter().enumerate() {
        let (index, judgement) = (index as u32, judge(case));
        let mut counts = Counts { findings: judgement.findings.len() as u64, ..Counts::default() };
        for (finding, wrong) in judgement.findings {
            let (class, score) = (case.finding_classes[finding], case.findings[finding].score);
            let mut enter = |class: LabelIndex, kind: Kind| {
                if let Some(place) = place(class) {
                    classes[place].entries.push(Entry { score, case: index, kind });
                }
            };
            let Some(wrong) = wrong else {
                enter(class, Kind::Right);
                continue;
            };
            counts.errors[wrong.error as usize] += 1;
            counts.false_positives += u64::from(!wrong.ignored);
            let repaired = wrong.repaired == Some(class);
            match (wrong.ignored, repaired) {
                (false, _) => enter(class, Kind::Wrong { error: wrong.error, repaired }),
                (true, true) => enter(class, Kind::Elsewhere(wrong.error)),
                (true, false) => {}
            }
            if let Some(other) = wrong.repaired.filter(|other| *other != class) {
                enter(other, Kind::Elsewhere(wrong.error));
            }
        }
        let labels = case.entry.truth_labels();
        for (gathered, &class) in classes.iter_mut().zip(&scope.classes) {
            let unfound = || judgement.unfound.iter().filter(|(truth, _)| labels[*truth] == class);
            let truths = Truths {
                all: case.truth_count(Some(class)),
                unfound: unfound().count() as u64,
                missed: unfound().filter(|(_, repairable)| !repairable).count() as u64,
            };
            if truths.all > 0 {
                gathered.truths.push((index, truths));
            }
            counts.truths += truths.all;
            counts.unfound += truths.unfound;
            counts.errors[ErrorType::Missed as usize] += truths.missed;
        }
        cases.push((index, counts));
    }
    let line = |(place, definition): (usize, &crate::engine::Definition)| Line {
        id: definition.id,
        class: None,
        convention: convention(scope, place),
    };
    Box::new(Tide {
        lines: DEFINITIONS.iter().enumerate().map(line).collect(),
        classes: classes.into_iter().map(|of| ClassRanking::new(of.entries, of.truths)).collect(),
        cases,
    })
}

/// `place` is that of the definition.
fn convention(scope: &Scope<'_>, place: usize) -> Convention {
    let region = scope.options.region.word();
    let matching = format!(
        "the {LIMIT} highest-scored findings of a case, whatever the score threshold; {region} IoU >= {FOUND:.2}; each \
         finding, from the highest score down, takes the free truth of its class with the highest IoU; findings with \
         a share above {FOUND:.2} in a crowd of their class count in no precision; errors by IoU {BACKGROUND:.2} and \
         {FOUND:.2}, a truth is repaired once, by the highest score"
    );
    let precision = "mean over classes of the precision interpolated at 101 recalls, a class without truth as 0";
    let words = match place {
        0 => format!("{matching}; {precision}; n counts truths"),
        1..=6 => format!("{matching}; {precision}; gain as a share of 1, never below 0; n counts errors of the type"),
        7 => format!("{matching}; {precision}; gain as a share of 1; n counts false positives"),
        8 => format!("{matching}; {precision}; gain as a share of 1; n counts truths not found"),
        14 => format!("{matching}; n counts truths"),
        _ => format!("{matching}; n counts findings"),
    };
    let of_precision = place < 9;
    Convention {
        interpolation: of_precision.then_some(Interpolation::Step101),
        admission: Some(Admission::AtLeast),
        ties: Some(Ties::ListOrder),
        without_truth: Some(WithoutTruth::Counted),
        pairing: Some(Pairing::GreedyByScore),
        ..Convention::new(FAMILY.convention, words)
    }
}

impl Tide {
    /// `None` where nothing is left in any class, where the package divides by 0.
    fn mean_precision(&self, repair: Repair, weights: &Weights) -> Option<f64> {
        let of_classes = self.classes.iter().filter_map(|class| class.average_precision(repair, weights));
        let (sum, count) = of_classes.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
        (count > 0).then(|| sum / f64::from(count))
    }

    fn counts(&self, weights: &Weights) -> Counts {
        let mut total = Counts::default();
        for (case, counts) in &self.cases {
            let weight = u64::from(weights.of(*case as usize));
            for (total, count) in total.errors.iter_mut().zip(counts.errors) {
                *total += count * weight;
            }
            total.findings += counts.findings * weight;
            total.false_positives += counts.false_positives * weight;
            total.truths += counts.truths * weight;
            total.unfound += counts.unfound * weight;
        }
        total
    }
}

impl Prepared for Tide {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let counts = self.counts(weights);
        let plain = self.mean_precision(Repair::Nothing, weights);
        let gain = |repair: Repair, n: u64| {
            let statistic = match (plain, self.mean_precision(repair, weights)) {
                (None, _) => Statistic::Undefined(Undefined::Nothing),
                (Some(_), None) => Statistic::Undefined(Undefined::ZeroDenominator),
                (Some(plain), Some(repaired)) => {
                    let gain = repaired - plain;
                    Statistic::Value(if matches!(repair, Repair::Type(_)) { gain.max(0.0) } else { gain })
                }
            };
            Measured { statistic, n }
        };
        let plain = plain.map_or(Statistic::Undefined(Undefined::Nothing), Statistic::Value);
        let mut measured = vec![Measured { statistic: plain, n: counts.truths }];
        measured.extend(ErrorType::ALL.iter().zip(counts.errors).map(|(error, n)| gain(Repair::Type(*error), n)));
        measured.push(gain(Repair::FalsePositives, counts.false_positives));
        measured.push(gain(Repair::FalseNegatives, counts.unfound));
        measured.extend(ErrorType::ALL.iter().zip(counts.errors).map(|(error, count)| Measured {
            statistic: Statistic::Value(count as f64),
            n: if *error == ErrorType::Missed { counts.truths } else { counts.findings },
        }));
        measured
    }
}
