use groundglass_types::Samples;
use proptest::prelude::*;

use super::{PhantomKind, PhantomOptions, dataset, generate};

fn pixels(options: &PhantomOptions) -> Vec<u8> {
    match generate(options).unwrap().image.into_samples() {
        Samples::U8(pixels) => pixels,
        Samples::U16(_) | Samples::F32(_) => unreachable!("phantoms have 8 bits"),
    }
}

/// FNV-1a, so that the whole image is one number.
fn fingerprint(pixels: &[u8]) -> u64 {
    pixels.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn the_same_seed_gives_the_same_pixels_for_ever() {
    let of = |kind| fingerprint(&pixels(&PhantomOptions { kind, seed: 7, ..PhantomOptions::default() }));
    assert_eq!(
        [of(PhantomKind::Shape), of(PhantomKind::Pattern), of(PhantomKind::Size)],
        [2_295_564_188_544_190_746, 2_295_564_188_544_190_746, 13_424_317_428_017_088_151],
        "a change here changes every phantom that anyone has linked to"
    );
}

#[test]
fn without_noise_the_pixels_are_the_truth() {
    let options = PhantomOptions { noise: 0.0, seed: 3, ..PhantomOptions::default() };
    let phantom = generate(&options).unwrap();
    let mut expected = vec![0_u8; 320 * 320];
    for region in &phantom.truth.regions {
        for (pixel, inside) in expected.iter_mut().zip(region.region.mask.as_ref().unwrap().to_row_major()) {
            *pixel += inside * 41;
        }
    }
    assert_eq!(pixels(&options), expected);
    assert!(phantom.truth.regions.len() >= 4);
}

#[test]
fn the_hole_is_truth_in_pattern_and_not_in_shape() {
    let areas = |kind| -> Vec<(String, u64)> {
        let options = PhantomOptions { kind, seed: 5, width: 900, height: 900, count: [12, 12], ..Default::default() };
        let regions = generate(&options).unwrap().truth.regions;
        regions.iter().map(|region| (region.label.clone(), region.region.mask.as_ref().unwrap().area())).collect()
    };
    // Pixels at a distance of less than 20 and of less than 4 from a pixel's centre, counted by hand
    // as integer points of an open disc: 1245 and 45.
    let (shape, pattern) = (areas(PhantomKind::Shape), areas(PhantomKind::Pattern));
    assert!(shape.iter().any(|(label, area)| label == "donut" && *area == 1245 - 45), "{shape:?}");
    assert!(shape.iter().any(|(label, area)| label == "disc" && *area == 1245), "{shape:?}");
    assert!(pattern.iter().any(|(label, area)| label == "donut" && *area == 1245), "{pattern:?}");
}

#[test]
fn sizes_differ_by_one_pixel_of_radius() {
    let options =
        PhantomOptions { kind: PhantomKind::Size, width: 900, height: 900, count: [20, 20], ..Default::default() };
    let regions = generate(&options).unwrap().truth.regions;
    let largest = |label: &str| {
        let boxes = regions.iter().filter(|region| region.label == label).map(|region| region.region.bounding_box);
        boxes.map(|area| area.width() as u64).max()
    };
    assert_eq!((largest("small_disc"), largest("large_disc")), (Some(37), Some(39)));
}

#[test]
fn a_data_set_has_images_that_can_be_made_again_by_themselves() {
    let options = PhantomOptions { width: 64, height: 64, radius: 8, ..PhantomOptions::default() };
    let first: Vec<_> = dataset(&options).take(3).collect::<Result<_, _>>().unwrap();
    assert_ne!(first[0].image, first[1].image);
    assert_eq!(generate(&first[2].options).unwrap(), first[2]);
    let other: Vec<_> = dataset(&PhantomOptions { seed: 1, ..options }).take(3).collect::<Result<_, _>>().unwrap();
    assert_ne!(first[0].image, other[0].image);
}

#[test]
fn numbers_outside_their_range_are_named() {
    let refused = |options: PhantomOptions| generate(&options).unwrap_err().to_string();
    let good = PhantomOptions::default();
    assert_eq!(
        refused(PhantomOptions { width: 0, ..good.clone() }),
        "phantom option width: 0 is not between 1 and 4096"
    );
    assert_eq!(
        refused(PhantomOptions { noise: f64::NAN, ..good.clone() }),
        "phantom option noise: NaN is not between 0 and 1"
    );
    assert_eq!(
        refused(PhantomOptions { count: [3, 2], ..good.clone() }),
        "phantom option count: [3, 2] is not two rising counts up to 1000"
    );
    assert_eq!(
        refused(PhantomOptions { hole_radius: 20, ..good }),
        "phantom option hole_radius: 20 is not at least 1 and less than radius"
    );
}

#[test]
fn what_is_left_out_has_its_default() {
    let options: PhantomOptions = serde_json::from_str(r#"{"kind": "size", "seed": 9}"#).unwrap();
    assert_eq!(options, PhantomOptions { kind: PhantomKind::Size, seed: 9, ..PhantomOptions::default() });
    assert!(serde_json::from_str::<PhantomOptions>(r#"{"sead": 9}"#).is_err());
    assert_eq!(options.name(), "phantom-size-9.png");
}

proptest! {
    #[test]
    fn any_options_in_range_give_an_image_and_disjoint_objects(
        seed: u32, width in 1..120_u32, height in 1..120_u32, most in 0..12_u32, radius in 2..40_u32,
        contrast in 0.0..=1.0_f64, noise in 0.0..=1.0_f64, kind in 0..3_usize,
    ) {
        let kind = [PhantomKind::Shape, PhantomKind::Pattern, PhantomKind::Size][kind];
        let (hole_radius, small_radius) = (radius / 2, radius - 1);
        let options = PhantomOptions {
            kind, seed, width, height, count: [0, most], contrast, noise, overlap: 0.0, radius, hole_radius, small_radius,
        };
        let phantom = generate(&options).unwrap();
        prop_assert_eq!((phantom.image.width(), phantom.image.height()), (width as usize, height as usize));
        let masks: Vec<_> = phantom.truth.regions.iter().map(|region| region.region.mask.clone().unwrap()).collect();
        prop_assert!(masks.len() <= most as usize);
        for (index, mask) in masks.iter().enumerate() {
            prop_assert!(masks[..index].iter().all(|other| other.intersection_area(mask) == 0));
        }
    }
}
