//! Plausibilities under the Plackett-Luce model: a Gibbs sampler for lists with ties.
//!
//! A reader picks the first class with a probability in proportion to its plausibility, the next among the rest, and so
//! on. Classes of one group stand in an unknown order, which is drawn with the rest; classes that a reader does not list
//! come after all that he lists. Source: Caron and Doucet, JCGS 2012; Stutz et al., arXiv 2307.02191;
//! google-deepmind/uncertain_ground_truth, `pl_samplers.GibbsSamplerPlackettLuce`.

use serde::{Deserialize, Serialize};

use crate::engine::math::exp;
use crate::readers::ranked::draws::Draws;
use crate::readers::ranked::plausibility::Groups;

/// How the classes that no reader lists stand in the prior.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Unranked {
    /// All of them together weigh as one class, which is split among them, as the reference does.
    #[default]
    Together,
    /// Each weighs as much as any other class.
    Each,
}

/// The sampler's settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(default)]
pub struct PlackettLuceOptions {
    /// How often each reader counts: how reliable readers are taken to be.
    pub repetitions: u32,
    /// Shape of the gamma prior of every class.
    pub shape: f64,
    /// Iterations before the first that is kept.
    pub warm_up: u32,
    /// Iterations from one that is kept to the next.
    pub thinning: u32,
    /// How the classes that no reader lists stand in the prior.
    pub unranked: Unranked,
}

impl Default for PlackettLuceOptions {
    fn default() -> Self {
        Self { repetitions: 3, shape: 1.0, warm_up: 500, thinning: 5, unranked: Unranked::Together }
    }
}

/// One reader's list: the places of its groups in an order that is drawn anew.
struct Ranking {
    order: Vec<usize>,
    /// Past the end of each group.
    ends: Vec<usize>,
    listed: Vec<bool>,
}

/// The chain of one case. Items are the classes that any reader lists, and one for all the rest, if any.
pub(crate) struct Sampler {
    classes: usize,
    /// The class of each item that is one.
    listed: Vec<usize>,
    unlisted: Vec<usize>,
    shapes: Vec<f64>,
    split: Vec<f64>,
    rankings: Vec<Ranking>,
    values: Vec<f64>,
    remaining: Vec<f64>,
    rates: Vec<f64>,
}

impl Sampler {
    pub fn new(readers: &[&Groups], classes: usize, options: &PlackettLuceOptions) -> Self {
        let mut items = vec![None; classes];
        for class in readers.iter().flat_map(|groups| groups.iter().flatten()) {
            if let Some(item) = items.get_mut(*class as usize) {
                *item = Some(0);
            }
        }
        let listed = (0..classes).filter(|&class| items[class].is_some()).collect::<Vec<_>>();
        let unlisted = (0..classes).filter(|&class| items[class].is_none()).collect::<Vec<_>>();
        for (place, &class) in listed.iter().enumerate() {
            items[class] = Some(place);
        }
        let mut shapes = vec![options.shape; listed.len()];
        if !unlisted.is_empty() {
            let weighing = if options.unranked == Unranked::Each { unlisted.len() as f64 } else { 1.0 };
            shapes.push(options.shape * weighing);
        }
        let ranking = |groups: &&Groups| {
            let (mut order, mut ends) = (Vec::new(), Vec::new());
            for group in *groups {
                order.extend(group.iter().filter_map(|&class| items.get(class as usize).copied().flatten()));
                ends.push(order.len());
            }
            let mut listed = vec![false; shapes.len()];
            order.iter().for_each(|&item| listed[item] = true);
            Ranking { order, ends, listed }
        };
        let repeated = readers.iter().flat_map(|groups| (0..options.repetitions).map(move |_| ranking(groups)));
        let rankings = repeated.collect();
        let split = vec![options.shape; unlisted.len()];
        let count = shapes.len();
        Self {
            classes,
            listed,
            unlisted,
            shapes,
            split,
            rankings,
            values: vec![1.0; count],
            remaining: Vec::new(),
            rates: vec![1.0; count],
        }
    }

    /// Runs the chain and gives each plausibility that is kept, one share a class, to `each`.
    pub fn run(mut self, draws: &mut Draws, options: &PlackettLuceOptions, samples: u32, mut each: impl FnMut(&[f64])) {
        for _ in 0..options.warm_up {
            self.step(draws);
        }
        let (mut shares, mut split) = (vec![0.0; self.classes], Vec::new());
        for _ in 0..samples {
            for _ in 0..options.thinning {
                self.step(draws);
            }
            let sum = self.values.iter().sum::<f64>();
            for (&class, value) in self.listed.iter().zip(&self.values) {
                shares[class] = value / sum;
            }
            if let (Some(rest), false) = (self.values.get(self.listed.len()), self.unlisted.is_empty()) {
                draws.dirichlet(&self.split, &mut split);
                for (&class, part) in self.unlisted.iter().zip(&split) {
                    shares[class] = rest / sum * part;
                }
            }
            each(&shares);
        }
    }

    /// One round of the chain: waiting times, plausibilities, orders within groups.
    fn step(&mut self, draws: &mut Draws) {
        // With a wait of rate "sum of what is left" at each pick, plausibilities are gamma variables.
        self.rates.fill(1.0);
        for ranking in &self.rankings {
            left_at_each_pick(ranking, &self.values, &mut self.remaining);
            let mut waited = 0.0;
            for (&item, left) in ranking.order.iter().zip(&self.remaining) {
                waited += draws.exponential() / left;
                self.rates[item] += waited;
            }
            for (rate, listed) in self.rates.iter_mut().zip(&ranking.listed) {
                if !listed {
                    *rate += waited;
                }
            }
        }
        for (item, value) in self.values.iter_mut().enumerate() {
            let picks = self.rankings.iter().filter(|ranking| ranking.listed[item]).count() as f64;
            // No value is 0, so that nothing is divided by 0.
            *value = (exp(draws.ln_gamma(self.shapes[item] + picks)) / self.rates[item]).max(f64::MIN_POSITIVE);
        }
        for ranking in &mut self.rankings {
            left_at_each_pick(ranking, &self.values, &mut self.remaining);
            let mut start = 0;
            for &end in &ranking.ends {
                for second in start + 1..end {
                    let first = second - 1;
                    // Of two neighbours, the order decides only what is left at the second pick.
                    let left = self.remaining[second] + self.values[ranking.order[first]];
                    let without_first = self.remaining[second];
                    let of_first = self.values[ranking.order[first]];
                    let without_second = (left - self.values[ranking.order[second]]).max(of_first);
                    let keep = without_second / (without_first + without_second);
                    if draws.uniform() >= keep {
                        ranking.order.swap(first, second);
                        self.remaining[second] = without_second;
                    }
                }
                start = end;
            }
        }
    }
}

/// What all items weigh together that are not picked yet, at each pick.
fn left_at_each_pick(ranking: &Ranking, values: &[f64], remaining: &mut Vec<f64>) {
    // Added from the end, since a difference of sums could be 0 or below.
    let unlisted = values.iter().zip(&ranking.listed).filter(|(_, listed)| !**listed);
    let mut left = unlisted.map(|(value, _)| value).sum::<f64>();
    remaining.clear();
    remaining.extend(ranking.order.iter().rev().map(|&item| {
        left += values[item];
        left
    }));
    remaining.reverse();
}
