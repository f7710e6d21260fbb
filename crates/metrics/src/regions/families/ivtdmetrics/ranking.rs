//! The findings of each class of a video, or of all, as weights count them.

use groundglass_types::{Statistic, Undefined};

use super::curves::{average_precision, best_step, f1, over_scores};
use super::frame::Frame;
use crate::engine::Weights;

/// AP at 0.5, AP and AR over ten thresholds, precision, recall and F1 at the best mean F1.
pub(super) const METRICS: usize = 6;

#[derive(Clone, Copy, Debug)]
struct Ranked {
    case: u32,
    score: f64,
    hits: u16,
}

/// All findings of one class.
#[derive(Clone, Debug, Default)]
struct Ranking {
    truths: Vec<u32>,
    /// In the order of the frames.
    listed: Vec<Ranked>,
    /// From the highest score down; equal scores in the order of the frames.
    sorted: Vec<Ranked>,
}

impl Ranking {
    fn truths(&self, weights: &Weights) -> u64 {
        self.truths.iter().map(|&case| u64::from(weights.of(case as usize))).sum()
    }

    /// A list in which each frame stands as often as it counts. Neighbours of one frame that `together` joins are
    /// repeated as a whole, as they would be in frames that follow each other.
    fn repeated(
        list: &[Ranked],
        weights: &Weights,
        together: impl Fn(&Ranked, &Ranked) -> bool,
    ) -> impl Iterator<Item = Ranked> {
        let runs = list.chunk_by(move |a, b| a.case == b.case && together(a, b));
        let repeated = runs.flat_map(|run| {
            let times = run.first().map_or(0, |first| weights.of(first.case as usize));
            std::iter::repeat_n(run, times as usize)
        });
        repeated.flatten().copied()
    }
}

/// The rankings of all classes of one video, or of all videos; the same classes in the same places everywhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    rankings: Vec<Ranking>,
}

/// One entry a class: `None` where the class has no truth.
pub(super) type Values = Vec<Option<[f64; METRICS]>>;

impl Group {
    pub fn new<'a>(frames: impl Iterator<Item = (u32, &'a Frame)>) -> Self {
        let mut group = Self::default();
        for (case, frame) in frames {
            for finding in &frame.findings {
                let ranked = Ranked { case, score: finding.score, hits: finding.hits };
                group.ranking(finding.class).listed.push(ranked);
            }
            for (class, _) in &frame.truths {
                group.ranking(*class).truths.push(case);
            }
        }
        for ranking in &mut group.rankings {
            ranking.sorted = ranking.listed.clone();
            ranking.sorted.sort_by(|a, b| b.score.total_cmp(&a.score));
        }
        group
    }

    fn ranking(&mut self, class: usize) -> &mut Ranking {
        if self.rankings.len() <= class {
            self.rankings.resize_with(class + 1, Ranking::default);
        }
        &mut self.rankings[class]
    }

    pub fn truths(&self, weights: &Weights) -> u64 {
        self.rankings.iter().map(|ranking| ranking.truths(weights)).sum()
    }

    pub fn values(&self, weights: &Weights, as_packaged: bool) -> Values {
        let classes = self.rankings.iter().map(|ranking| Curves::new(ranking, weights, as_packaged));
        let classes = classes.collect::<Vec<_>>();
        let best = best_step(classes.iter().flatten().map(|curves| curves.f1.as_slice()));
        classes.into_iter().map(|curves| Some(curves?.at(best))).collect()
    }
}

/// One class's numbers, with its curves over the score.
struct Curves {
    average_precisions: [f64; 10],
    recalls: [f64; 10],
    precision: Vec<f64>,
    recall: Vec<f64>,
    f1: Vec<f64>,
}

impl Curves {
    /// `None` without truth.
    fn new(ranking: &Ranking, weights: &Weights, as_packaged: bool) -> Option<Self> {
        let truths = ranking.truths(weights);
        if truths == 0 {
            return None;
        }
        let truths = truths as f64;
        let equal = |a: &Ranked, b: &Ranked| a.score == b.score;
        let sorted = Ranking::repeated(&ranking.sorted, weights, equal).collect::<Vec<_>>();
        if sorted.is_empty() {
            let none = || vec![0.0; super::curves::STEPS];
            let [precision, recall, f1] = [none(), none(), none()];
            return Some(Self { average_precisions: [0.0; 10], recalls: [0.0; 10], precision, recall, f1 });
        }
        let hits = |bit: usize| sorted.iter().map(move |ranked| ranked.hits & (1 << bit) != 0);
        let count = |bit: usize| hits(bit).filter(|hit| *hit).count() as f64;
        let (mut precisions, mut recalls, mut found) = (Vec::new(), Vec::new(), 0.0);
        for (before, hit) in hits(0).enumerate() {
            found += f64::from(u8::from(hit));
            precisions.push(found / (before as f64 + 1.0));
            recalls.push(found / truths);
        }
        let scores = if as_packaged {
            Ranking::repeated(&ranking.listed, weights, |_, _| true).map(|ranked| ranked.score).collect::<Vec<_>>()
        } else {
            sorted.iter().map(|ranked| ranked.score).collect()
        };
        let (precision, recall) = (over_scores(&scores, &precisions, 1.0), over_scores(&scores, &recalls, 0.0));
        let f1 = precision.iter().zip(&recall).map(|(&precision, &recall)| f1(precision, recall)).collect();
        Some(Self {
            average_precisions: std::array::from_fn(|bit| average_precision(hits(bit), truths)),
            recalls: std::array::from_fn(|bit| count(bit) / truths),
            precision,
            recall,
            f1,
        })
    }

    fn at(&self, step: usize) -> [f64; METRICS] {
        let mean = |of: &[f64; 10]| of.iter().sum::<f64>() / 10.0;
        let (average, recall) = (mean(&self.average_precisions), mean(&self.recalls));
        let [precision_at, recall_at, f1_at] = [self.precision[step], self.recall[step], self.f1[step]];
        [self.average_precisions[0], average, recall, precision_at, recall_at, f1_at]
    }
}

/// The mean over groups of each class, then over classes. What is no number (the curves of unsorted scores may divide
/// by 0) is left out, as in the package.
pub(super) fn mean_over(groups: &[Values]) -> [Statistic; METRICS] {
    let classes = groups.iter().map(Vec::len).max().unwrap_or(0);
    std::array::from_fn(|metric| {
        let of_class = |class: usize| {
            let values = groups.iter().filter_map(|group| group.get(class).copied().flatten());
            mean(values.map(|values| values[metric]))
        };
        mean((0..classes).filter_map(of_class)).map_or(Statistic::Undefined(Undefined::NoTruth), Statistic::Value)
    })
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let finite = values.filter(|value| value.is_finite());
    let (sum, count) = finite.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}
