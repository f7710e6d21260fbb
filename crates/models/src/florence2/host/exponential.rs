//! The softmax of rows of scores.

/// The exponential of what is not above 0, in f32: a power of two times a Taylor polynomial of what is left, which is
/// at most `ln 2 / 2`. Its relative error is below 3e-7; below -87 it is 0.
fn exponential(x: f32) -> f32 {
    // Adding and subtracting it rounds to a whole number.
    const ROUNDING: f32 = 12_582_912.0;
    let low = if x < -87.0 { -87.0 } else { x };
    let whole = low * std::f32::consts::LOG2_E + ROUNDING - ROUNDING;
    // ln 2 in two parts, of which the first is exact in few bits.
    let rest = low - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let terms = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    let power = f32::from_bits((((whole as i32) + 127) << 23) as u32);
    let value = terms.iter().skip(1).fold(terms[0], |sum, term| sum * rest + term) * power;
    if x < -87.0 { 0.0 } else { value }
}

/// `softmax(scores)` of one row, in place.
pub(in crate::florence2) fn softmax(scores: &mut [f32]) {
    let largest = scores.iter().fold(f32::NEG_INFINITY, |most, &score| if score > most { score } else { most });
    scores.iter_mut().for_each(|score| *score = exponential(*score - largest));
    // Eight sums at once, so that they can be added as vectors.
    let mut sums = [0.0_f32; 8];
    let (chunks, rest) = scores.as_chunks::<8>();
    for chunk in chunks {
        sums.iter_mut().zip(chunk).for_each(|(sum, value)| *sum += value);
    }
    let scale = 1.0 / (sums.iter().sum::<f32>() + rest.iter().sum::<f32>());
    scores.iter_mut().for_each(|score| *score *= scale);
}

#[cfg(test)]
mod tests {
    use super::{exponential, softmax};

    #[test]
    fn it_is_the_exponential() {
        for step in 0..=86_000 {
            let x = -step as f32 / 1000.0;
            let expected = f64::from(x).exp();
            assert!((f64::from(exponential(x)) - expected).abs() <= 3e-7 * expected, "{x}");
        }
        assert_eq!((exponential(-90.0), exponential(f32::NEG_INFINITY), exponential(0.0)), (0.0, 0.0, 1.0));
        assert!(exponential(f32::NAN).is_nan());
    }

    #[test]
    fn a_row_adds_up_to_one() {
        let mut row: Vec<f32> = (0..19).map(|index| (index * 7 % 19) as f32 - 30.0).collect();
        let expected: Vec<f64> = row.iter().map(|&score| f64::from(score).exp()).collect();
        let sum: f64 = expected.iter().sum();
        softmax(&mut row);
        for (ours, expected) in row.iter().zip(expected) {
            assert!((f64::from(*ours) - expected / sum).abs() < 1e-7);
        }
    }
}
