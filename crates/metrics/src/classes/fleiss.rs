//! Agreement among several raters of equal standing.

use groundglass_types::{Statistic, Undefined};

use crate::engine::{Measured, Weights};

/// Fleiss' kappa of `counts`: for each case how many raters gave each class. Cases without ratings are left out; all
/// others must have equally many, two or more. n counts cases.
///
/// Source: Fleiss, Psychological Bulletin 1971; statsmodels 0.15, `fleiss_kappa`.
pub fn fleiss_kappa(counts: &[Vec<u64>], weights: &Weights) -> Measured {
    let rated = || weights.counted().filter_map(|(case, weight)| Some((counts.get(case)?, u64::from(weight))));
    let rated = || rated().filter(|(counts, _)| counts.iter().any(|count| *count > 0));
    let n = rated().map(|(_, weight)| weight).sum::<u64>();
    let undefined = |reason| Measured { statistic: Statistic::Undefined(reason), n };
    let Some(raters) = rated().map(|(counts, _)| counts.iter().sum::<u64>()).next() else {
        return undefined(Undefined::Nothing);
    };
    if raters < 2 || rated().any(|(counts, _)| counts.iter().sum::<u64>() != raters) {
        return undefined(Undefined::TooFew);
    }
    let mut of_class = vec![0_u64; rated().map(|(counts, _)| counts.len()).max().unwrap_or_default()];
    let mut agreeing = 0_u64;
    for (counts, weight) in rated() {
        for (sum, count) in of_class.iter_mut().zip(counts) {
            *sum += weight * count;
            agreeing += weight * count * count.saturating_sub(1);
        }
    }
    let all = (n * raters) as f64;
    let observed = agreeing as f64 / (all * (raters - 1) as f64);
    let expected = of_class.iter().map(|&sum| (sum as f64 / all) * (sum as f64 / all)).sum::<f64>();
    // All ratings of one class leave nothing to agree on beyond chance.
    let one_class = of_class.iter().filter(|sum| **sum > 0).count() < 2;
    if one_class {
        return undefined(Undefined::OneClass);
    }
    Measured { statistic: Statistic::ratio(observed - expected, 1.0 - expected, Undefined::OneClass), n }
}
