//! Synthetic cases with exact truth, made from a seed.
//!
//! The three toy experiments of Jaeger et al., *Retina U-Net* (2018, arXiv 1811.08661): bright discs on
//! uniform noise, where telling the two classes apart needs the object's **shape**, the **pattern**
//! inside it, or its **size**. The figures (320 x 320 pixels, radius 20, hole of radius 4, contrast a
//! fifth of the noise, centres at least half a radius inside the image, radii 19 and 20 for size) are
//! those of the authors' generator (`experiments/toy_exp/generate_toys.py` of the *medicaldetectiontoolkit*).
//! Theirs has one object an image; here it is a range, and objects may overlap.
//!
//! **The same options give the same pixels everywhere.** Randomness is ChaCha8, seeded byte by byte, and
//! all that decides a pixel is integer arithmetic or one correctly rounded product of 64-bit floats; no
//! function is used whose last bit depends on the platform.

mod options;
mod placement;
mod random;

use groundglass_types::{Image, ImageError, Mask, MaskError, Region, Samples, Truth, TruthRegion};
use thiserror::Error;

pub use options::{PhantomKind, PhantomOptions, PhantomOptionsError};

use crate::placement::{Disc, place};
use crate::random::Random;

/// One synthetic image and all that is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Phantom {
    /// What it was made from; the same options make it again.
    pub options: PhantomOptions,
    /// 8-bit grey pixels.
    pub image: Image,
    /// Every object with its exact mask, in the order in which they were placed.
    pub truth: Truth,
}

/// Why there is no phantom.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum PhantomError {
    /// Options that describe no image.
    #[error(transparent)]
    Options(#[from] PhantomOptionsError),
    /// An object's mask could not be made.
    #[error(transparent)]
    Mask(#[from] MaskError),
    /// The pixels do not make an image.
    #[error(transparent)]
    Image(#[from] ImageError),
}

/// Makes the image and the truth that `options` describe.
///
/// Objects that find no room after a thousand tries are left out, so a crowded image may hold fewer
/// than asked for; the truth says how many there are.
///
/// # Errors
/// [`PhantomError::Options`] where a number is outside its range.
pub fn generate(options: &PhantomOptions) -> Result<Phantom, PhantomError> {
    options.check()?;
    let mut random = Random::new(options.seed);
    let discs = place(options, &mut random);

    // Every object adds the contrast to the pixels that it fills, as absorbers in a projection do.
    let mut layers = vec![0_u32; options.width as usize * options.height as usize];
    for disc in &discs {
        disc.for_each_pixel(options, |index, in_hole| layers[index] += u32::from(!in_hole));
    }
    let contrast = grey_levels(options.contrast);
    let noise = grey_levels(options.noise);
    let pixels = layers
        .into_iter()
        .map(|layers| {
            let level = random.up_to(noise).saturating_add(layers.saturating_mul(contrast));
            u8::try_from(level).unwrap_or(u8::MAX)
        })
        .collect();

    let mut regions = Vec::with_capacity(discs.len());
    for disc in &discs {
        let mask = mask_of(disc, options)?;
        if let Some(region) = Region::from_mask(mask) {
            regions.push(TruthRegion { label: disc.label.to_owned(), region, crowd: false, area: None });
        }
    }
    let image = Image::new(options.width as usize, options.height as usize, 1, Samples::U8(pixels))?;
    Ok(Phantom { options: options.clone(), image, truth: Truth { regions } })
}

/// An endless row of phantoms that differ from `options` in their seed alone. Rows of different seeds
/// share no image but by chance (seeds are drawn from 2^32), so one seed can be for training and
/// another for validation, and every image can be made again by itself from its own options.
pub fn dataset(options: &PhantomOptions) -> impl Iterator<Item = Result<Phantom, PhantomError>> {
    let mut seeds = Random::for_dataset(options.seed);
    let options = options.clone();
    std::iter::repeat_with(move || generate(&PhantomOptions { seed: seeds.word(), ..options.clone() }))
}

/// `fraction` of full scale as 8-bit grey levels, rounded.
fn grey_levels(fraction: f64) -> u32 {
    (fraction * 255.0).round() as u32
}

fn mask_of(disc: &Disc, options: &PhantomOptions) -> Result<Mask, MaskError> {
    let window = disc.window(options);
    let (columns, rows) = (window.right - window.left, window.bottom - window.top);
    let mut pixels = vec![0_u8; columns * rows];
    let hole_is_truth = options.kind != PhantomKind::Shape;
    disc.for_each_pixel(options, |index, in_hole| {
        let (x, y) = (index % options.width as usize, index / options.width as usize);
        pixels[(y - window.top) * columns + (x - window.left)] = u8::from(!in_hole || hole_is_truth);
    });
    let size = (options.width as usize, options.height as usize);
    Mask::from_window(size, (window.left, window.top), columns, &pixels)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
