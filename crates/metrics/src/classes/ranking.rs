//! One class's scores, sorted once, and what any weights make of them in one pass.

use groundglass_types::{Statistic, Undefined};

use crate::classes::delong;
use crate::engine::{Measured, Point, Weights};

/// One row in a ranking.
#[derive(Clone, Copy, Debug)]
struct Ranked {
    row: u32,
    score: f64,
    positive: bool,
}

/// Rows from the highest score down.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranking {
    ranked: Vec<Ranked>,
    /// One past the last of each run of equal scores.
    ends: Vec<usize>,
}

/// Counts at one threshold: of a run of equal scores, and of everything down to its end.
#[derive(Clone, Copy, Debug, Default)]
struct Step {
    score: f64,
    positives: u64,
    negatives: u64,
    true_positives: u64,
    false_positives: u64,
}

/// Most points of a curve that is drawn.
const MOST_POINTS: usize = 2000;

impl Ranking {
    /// `rows` gives a row's index, its score and whether it is positive.
    pub fn new(rows: impl Iterator<Item = (usize, f64, bool)>) -> Self {
        let mut ranked = rows
            .filter_map(|(row, score, positive)| Some(Ranked { row: u32::try_from(row).ok()?, score, positive }))
            .collect::<Vec<_>>();
        // Stable, so that equal scores stay in the order of the rows.
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut ends = (1..ranked.len()).filter(|&at| ranked[at].score != ranked[at - 1].score).collect::<Vec<_>>();
        ends.extend((!ranked.is_empty()).then_some(ranked.len()));
        Self { ranked, ends }
    }

    /// The same rows scored by two models: those that `first` counts in the first half of a joined set, and their twins
    /// in the second half, which `second` counts. `None` where a row has a score of one model alone, so that the two
    /// areas are of different rows.
    pub fn paired_auroc(&self, first: &Weights, second: &Weights) -> Option<delong::DelongComparison> {
        let rows = first.as_slice().len();
        let mut scores = vec![None; rows];
        for ranked in &self.ranked {
            *scores.get_mut(ranked.row as usize)? = Some((ranked.score, ranked.positive));
        }
        let half = rows / 2;
        let (mut truths, mut of_first, mut of_second, mut counts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (row, count) in first.counted() {
            let twin = row + half;
            if row >= half || second.of(twin) != count {
                return None;
            }
            match (scores[row], scores.get(twin).copied().flatten()) {
                (Some((score, positive)), Some((other, of_other))) if positive == of_other => {
                    truths.push(positive);
                    of_first.push(score);
                    of_second.push(other);
                    counts.push(count);
                }
                (None, None) => {}
                _ => return None,
            }
        }
        delong::delong_paired(&truths, &of_first, &of_second, &Weights::new(counts)).ok()
    }

    /// The thresholds at which anything counts, from the highest down.
    fn steps<'a>(&'a self, weights: &'a Weights) -> impl Iterator<Item = Step> + 'a {
        let weights = weights.as_slice();
        let (mut start, mut all) = (0, Step::default());
        self.ends.iter().filter_map(move |&end| {
            let mut run = [0_u64; 2];
            for ranked in &self.ranked[start..end] {
                run[usize::from(ranked.positive)] += u64::from(weights.get(ranked.row as usize).copied().unwrap_or(0));
            }
            let score = self.ranked[start].score;
            start = end;
            let [negatives, positives] = run;
            all = Step {
                score,
                positives,
                negatives,
                true_positives: all.true_positives + positives,
                false_positives: all.false_positives + negatives,
            };
            (positives + negatives > 0).then_some(all)
        })
    }

    /// How many are positive and how many are not.
    pub fn totals(&self, weights: &Weights) -> [u64; 2] {
        self.steps(weights).last().map_or([0, 0], |step| [step.true_positives, step.false_positives])
    }

    /// AUROC, and average precision where it is `wanted`, in one pass.
    ///
    /// AUROC is the share of pairs of a positive and a negative that the scores order rightly, where equal scores count
    /// half; its n counts rows. Average precision is the mean of the precision over the positives, without
    /// interpolation; its n counts positives.
    pub fn areas(&self, weights: &Weights, wanted: bool) -> [Measured; 2] {
        let (mut twice, mut sum, mut last) = (0_u128, 0.0, Step::default());
        for step in self.steps(weights) {
            let before = step.true_positives - step.positives;
            twice += u128::from(step.negatives) * u128::from(2 * before + step.positives);
            if wanted && step.positives > 0 {
                let found = (step.true_positives + step.false_positives) as f64;
                sum += step.positives as f64 * (step.true_positives as f64 / found);
            }
            last = step;
        }
        let (positives, negatives) = (last.true_positives, last.false_positives);
        let n = positives + negatives;
        let auroc = if n == 0 {
            Statistic::Undefined(Undefined::Nothing)
        } else {
            let pairs = 2.0 * positives as f64 * negatives as f64;
            Statistic::ratio(twice as f64, pairs, Undefined::OneClass)
        };
        let precision = Statistic::ratio(sum, positives as f64, Undefined::NoTruth);
        [Measured { statistic: auroc, n }, Measured { statistic: precision, n: positives }]
    }

    /// AUROC alone, as in [`Self::areas`].
    pub fn auroc(&self, weights: &Weights) -> Measured {
        let [auroc, _] = self.areas(weights, false);
        auroc
    }

    /// DeLong's variance of [`Self::auroc`].
    pub fn auroc_variance(&self, weights: &Weights) -> Option<f64> {
        let (mut runs, mut total) = (Vec::new(), [0; 2]);
        for step in self.steps(weights) {
            runs.push([step.positives, step.negatives]);
            total = [step.true_positives, step.false_positives];
        }
        delong::variance_of_runs(&runs, total)
    }

    /// False positive rate against sensitivity; empty where there are not both kinds of rows.
    pub fn roc(&self, weights: &Weights) -> Vec<Point> {
        let [positives, negatives] = self.totals(weights);
        if positives == 0 || negatives == 0 {
            return Vec::new();
        }
        let point = |step: Step| Point {
            x: step.false_positives as f64 / negatives as f64,
            y: step.true_positives as f64 / positives as f64,
            threshold: Some(step.score),
        };
        let start = Point { x: 0.0, y: 0.0, threshold: None };
        thinned(std::iter::once(start).chain(self.steps(weights).map(point)).collect())
    }

    /// Recall against precision; empty where nothing is positive.
    pub fn precision_recall(&self, weights: &Weights) -> Vec<Point> {
        let [positives, _] = self.totals(weights);
        if positives == 0 {
            return Vec::new();
        }
        let point = |step: Step| Point {
            x: step.true_positives as f64 / positives as f64,
            y: step.true_positives as f64 / (step.true_positives + step.false_positives) as f64,
            threshold: Some(step.score),
        };
        thinned(self.steps(weights).map(point).collect())
    }
}

/// At most [`MOST_POINTS`] of the points, the first and the last among them.
pub(crate) fn thinned(points: Vec<Point>) -> Vec<Point> {
    if points.len() <= MOST_POINTS {
        return points;
    }
    let (last, steps) = (points.len() - 1, MOST_POINTS - 1);
    (0..MOST_POINTS).filter_map(|step| points.get(step * last / steps).copied()).collect()
}
