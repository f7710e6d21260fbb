//! GELU by the error function.

/// Beyond it the error function is 1 in f32.
const END: f32 = 5.6;
/// `erf(x / sqrt 2)` is `x P(x^2) / Q(x^2)` up to 1.9e-8 within [`END`]: a least-squares fit, reweighted until the
/// error was even (Lawson's method), of degree 5 each.
const NUMERATOR: [f32; 6] = [4.428_829e-8, 1.271_207_3e-5, 3.476_662_4e-4, 9.414_305e-3, 6.874_96e-2, 0.797_884_46];
const DENOMINATOR: [f32; 6] = [1.180_140_1e-6, 7.509_422e-5, 1.912_882_8e-3, 2.893_927e-2, 0.252_830_57, 1.0];

/// `x / 2 (1 + erf(x / sqrt 2))`, off by at most 1e-6 times the larger of 1 and its size.
pub(super) fn gelu(x: f32) -> f32 {
    // Comparisons, since `clamp` is no single instruction everywhere. What is not a number stays so.
    let low = if x < -END { -END } else { x };
    let within = if low > END { END } else { low };
    let square = within * within;
    let polynomial = |terms: &[f32; 6]| terms.iter().skip(1).fold(terms[0], |sum, term| sum * square + term);
    let error_function = within * polynomial(&NUMERATOR) / polynomial(&DENOMINATOR);
    0.5 * x * (1.0 + error_function)
}

/// [`gelu`] of every number, in place.
pub(in crate::florence2) fn gelu_each(numbers: &mut [f32]) {
    numbers.iter_mut().for_each(|number| *number = gelu(*number));
}

#[cfg(test)]
mod tests {
    use burn::tensor::activation;
    use burn::tensor::{Device, Tensor};

    use super::{gelu, gelu_each};

    #[test]
    fn it_is_the_gelu_of_burn() {
        let values: Vec<f32> = (-12_000..=12_000).map(|step| step as f32 / 1000.0).collect();
        let tensor = Tensor::<1>::from_floats(values.as_slice(), &Device::flex());
        let expected: Vec<f32> = activation::gelu(tensor).into_data().iter::<f32>().collect();
        let mut ours = values;
        gelu_each(&mut ours);
        for (ours, expected) in ours.iter().zip(&expected) {
            assert!((ours - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{ours} {expected}");
        }
    }

    #[test]
    fn ends_are_as_they_must_be() {
        assert_eq!((gelu(0.0), gelu(50.0)), (0.0, 50.0));
        assert!(gelu(-50.0).abs() < 1e-5);
        assert!(gelu(f32::NAN).is_nan());
    }
}
