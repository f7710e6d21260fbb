//! Edges of boxes to bins and back.
//!
//! An edge of the image has 1000 bins, whatever its length. Positions are pixels from the image's upper left corner; the
//! reference reckons in single precision, and so does this, bit for bit. Source: `Florence2PostProcessor.quantize` and
//! `dequantize` in `transformers` 4.57.1; for training, AG-KD's `src/dataset.py`.

/// How many bins an edge has.
pub const BINS: u16 = 1000;
/// The last bin.
pub const LAST_BIN: u16 = BINS - 1;

/// The length of a bin in pixels, for an image of so many pixels along the edge.
fn bin_length(size: u32) -> f32 {
    (f64::from(size) / f64::from(BINS)) as f32
}

/// The bin of a position in pixels: `floor(position / (size / 1000))`, from 0 to 999. What is no number is in bin 0.
pub fn quantise(position: f32, size: u32) -> u16 {
    let bin = (position / bin_length(size)).floor();
    // Where nothing has a length every position is infinitely far, or no number.
    if bin.is_nan() { 0 } else { bin.clamp(0.0, f32::from(LAST_BIN)) as u16 }
}

/// The middle of a bin in pixels: `(bin + 0.5) * size / 1000`.
pub fn dequantise(bin: u16, size: u32) -> f32 {
    (f32::from(bin) + 0.5) * bin_length(size)
}

/// [`quantise`] for left, top, right and bottom, in an image of width and height `size`.
pub fn quantise_box(edges: [f32; 4], [width, height]: [u32; 2]) -> [u16; 4] {
    let [left, top, right, bottom] = edges;
    [quantise(left, width), quantise(top, height), quantise(right, width), quantise(bottom, height)]
}

/// [`dequantise`] for left, top, right and bottom, in an image of width and height `size`.
pub fn dequantise_box(bins: [u16; 4], [width, height]: [u32; 2]) -> [f32; 4] {
    let [left, top, right, bottom] = bins;
    [dequantise(left, width), dequantise(top, height), dequantise(right, width), dequantise(bottom, height)]
}

/// The bin of a position as AG-KD's training writes it: `int(position / size * 1000)`. At most 999, where the training data
/// itself has 1000 for a right or lower edge on the border, a token that does not exist.
pub fn training_bin(position: f64, size: u32) -> u16 {
    let bin = (position / f64::from(size) * f64::from(BINS)).trunc();
    if bin.is_nan() { 0 } else { bin.clamp(0.0, f64::from(LAST_BIN)) as u16 }
}

/// What training lets the network write of one label: the label and four locations for every box, without anything between.
pub fn training_text(label: &str, boxes: &[[f64; 4]], [width, height]: [u32; 2]) -> String {
    let place = |position: f64, size: u32| format!("<loc_{}>", training_bin(position, size));
    let one = |[left, top, right, bottom]: &[f64; 4]| {
        [place(*left, width), place(*top, height), place(*right, width), place(*bottom, height)].concat()
    };
    boxes.iter().map(|edges| format!("{label}{}", one(edges))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn borders_and_what_is_beyond() {
        assert_eq!((quantise(-5.0, 512), quantise(511.9, 512), quantise(512.0, 512)), (0, 999, 999));
        assert_eq!((quantise(f32::NAN, 512), quantise(f32::INFINITY, 512), quantise(0.0, 0)), (0, 999, 0));
        assert_eq!((training_bin(512.0, 512), training_bin(-1.0, 512), training_bin(1.0, 0)), (999, 0, 999));
        assert_eq!(dequantise(0, 512), 0.256);
        assert_eq!(
            training_text("cyst", &[[0.0, 256.0, 512.0, 300.0]], [512, 512]),
            "cyst<loc_0><loc_500><loc_999><loc_585>"
        );
    }

    proptest! {
        #[test]
        fn the_middle_of_a_bin_is_in_it(bin in 0..BINS, size in 1_u32..100_000) {
            prop_assert_eq!(quantise(dequantise(bin, size), size), bin);
        }

        #[test]
        fn a_position_comes_back_within_half_a_bin(share in 0.0..1.0_f64, size in 1_u32..100_000) {
            let position = (share * f64::from(size)) as f32;
            let back = dequantise(quantise(position, size), size);
            let half = 0.5 * f64::from(size) / 1000.0;
            // Single precision moves a position by some 1e-7 of its length.
            prop_assert!(f64::from((back - position).abs()) <= half + 1e-6 * f64::from(size));
        }

        #[test]
        fn training_bins_differ_by_rounding_at_most(share in 0.0..1.0_f64, size in 1_u32..100_000) {
            let position = share * f64::from(size);
            let bins = [training_bin(position, size), quantise(position as f32, size)];
            prop_assert!(bins[0].abs_diff(bins[1]) <= 1);
        }
    }
}
