//! How plausible each class is, given the ordered lists of several readers.

use crate::readers::ranked::draws::Draws;

/// One reader's ordered groups of equally likely classes.
pub(crate) type Groups = Vec<Vec<u32>>;

/// Inverse rank normalisation: each reader gives a class of group g (from 0) 1 / (g + 1), the sums are scaled to 1.
/// One share a class; `None` where no reader lists any.
///
/// Source: Liu et al., Nature Medicine 2020; google-deepmind/uncertain_ground_truth, `irn.aggregate_irn`.
pub fn inverse_rank_normalization(readers: &[&[Vec<u32>]], classes: usize) -> Option<Vec<f64>> {
    // Counted by place first, so that classes with the same places have the same share whatever the readers' order.
    let longest = readers.iter().map(|groups| groups.len()).max().unwrap_or_default();
    let mut shares = vec![0.0; classes];
    for place in 0..longest {
        let mut counts = vec![0_u32; classes];
        for class in readers.iter().filter_map(|groups| groups.get(place)).flatten() {
            if let Some(count) = counts.get_mut(*class as usize) {
                *count += 1;
            }
        }
        for (share, count) in shares.iter_mut().zip(counts) {
            *share += f64::from(count) / (place as f64 + 1.0);
        }
    }
    let sum = shares.iter().sum::<f64>();
    (sum > 0.0).then(|| shares.into_iter().map(|share| share / sum).collect())
}

/// Probabilistic IRN: draws from Dirichlet(temperature * IRN + bias), each given to `each`.
///
/// Source: Stutz et al., Medical Image Analysis 2025 (arXiv 2307.02191); `irn.sample_prirn`.
pub(crate) fn probabilistic_irn(
    draws: &mut Draws,
    irn: &[f64],
    (temperature, bias): (f64, f64),
    samples: u32,
    mut each: impl FnMut(&[f64]),
) {
    let shapes = irn.iter().map(|share| temperature * share + bias).collect::<Vec<_>>();
    let mut shares = Vec::with_capacity(shapes.len());
    for _ in 0..samples {
        draws.dirichlet(&shapes, &mut shares);
        each(&shares);
    }
}

/// The index of the largest; of equal ones the lowest.
pub(crate) fn argmax(values: &[f64]) -> usize {
    let better = |best: usize, (index, value): (usize, &f64)| if *value > values[best] { index } else { best };
    values.iter().enumerate().fold(0, better)
}
