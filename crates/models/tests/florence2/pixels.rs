//! Images to pixel values, byte for byte as Pillow, OpenCV and the reference's processor make them.

use groundglass_imaging::{Filter, Raster};
use groundglass_models::florence2::{Fit, Preprocessing};
use groundglass_types::{Image, Samples};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::{goldens, seeded};

fn picture(name: &str, width: usize, height: usize) -> Raster {
    let values = seeded::uniform(name, 3 * width * height, 9);
    let samples = values.iter().map(|value| ((value + 1.0) * 128.0) as u8).collect();
    Raster { width, height, channels: 3, samples }
}

fn cases() -> Vec<([usize; 2], [usize; 2])> {
    let cases: Value = serde_json::from_slice(&goldens::read("resized.json")).unwrap();
    let pair = |value: &Value| [0, 1].map(|index| value[index].as_u64().unwrap() as usize);
    cases.as_array().unwrap().iter().map(|case| (pair(&case["size"]), pair(&case["target"]))).collect()
}

fn check(filter: Filter, name: &str) {
    let bytes = goldens::read("resized.safetensors");
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    for (index, ([width, height], target)) in cases().into_iter().enumerate() {
        let resized = picture(&format!("picture {index}"), width, height).resized(target, filter).unwrap();
        let wanted = tensors.tensor(&format!("{name} {index}")).unwrap();
        assert_eq!(wanted.shape(), [target[1], target[0], 3]);
        let difference = resized.samples.iter().zip(wanted.data()).map(|(a, b)| a.abs_diff(*b)).max();
        assert_eq!(
            (resized.samples.len(), difference),
            (wanted.data().len(), Some(0)),
            "{width}x{height} to {target:?}"
        );
    }
}

#[test]
fn bicubic_is_pillows() {
    check(Filter::Bicubic, "bicubic");
}

#[test]
fn linear_is_opencvs() {
    check(Filter::Linear, "linear");
}

#[test]
fn pixel_values_are_the_processors() {
    let bytes = goldens::read("resized.safetensors");
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let wanted: Vec<f32> =
        tensors.tensor("pixel_values").unwrap().data().as_chunks().0.iter().map(|&x| f32::from_le_bytes(x)).collect();
    let raster = picture("picture 0", 40, 30);
    let preprocessing = Preprocessing::square(36);
    assert_eq!(preprocessing.apply_raster(&raster).unwrap().values, wanted);
    let image = Image::new(40, 30, 3, Samples::U8(raster.samples)).unwrap();
    assert_eq!(preprocessing.apply(&image).unwrap().values, wanted);
}

#[test]
fn a_padded_image_lies_in_the_middle() {
    let preprocessing = Preprocessing { fit: Fit::Pad(64), ..Preprocessing::square(64) };
    let image = Raster { width: 100, height: 51, channels: 3, samples: vec![255; 100 * 51 * 3] };
    let pixels = preprocessing.apply_raster(&image).unwrap();
    // 51 * 0.64 = 32.64, so 33 rows, of 31 black ones 15 above.
    let [left, top, width, height] = preprocessing.placement(100, 51);
    assert_eq!([left, top * 64.0, width, height * 64.0], [0.0, 15.0, 1.0, 33.0]);
    let black = (0.0 - 0.485_f32) / 0.229;
    for row in 0..64 {
        let dark = (pixels.values[row * 64 + 10] - black).abs() < 1e-6;
        assert_eq!(dark, !(15..48).contains(&row), "row {row}");
    }
    assert_eq!(Preprocessing::default().placement(100, 51), [0.0, 0.0, 1.0, 1.0]);
    // A sliver keeps a row.
    let sliver = Raster { width: 1000, height: 1, channels: 3, samples: vec![9; 3000] };
    assert!(preprocessing.apply_raster(&sliver).is_some());
}

#[test]
fn grey_images_fill_all_channels() {
    let image = Image::new(2, 2, 1, Samples::U8(vec![0, 50, 100, 255])).unwrap();
    let preprocessing = Preprocessing { mean: [0.0; 3], deviation: [1.0; 3], ..Preprocessing::square(2) };
    let values = preprocessing.apply(&image).unwrap().values;
    assert_eq!(values[..4], values[4..8]);
    assert_eq!(values[3], 1.0);
}
