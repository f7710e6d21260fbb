//! Images of every size through a tiny model on the CPU.
#![allow(clippy::unwrap_used)]

use groundglass_engine::{DeviceKind, EngineError, LoadedModel, OpenDevice};
use groundglass_models::weights::WeightsError;
use groundglass_phantom::{PhantomOptions, generate};
use groundglass_types::{Image, Samples};

const TINY: &[u8] = include_bytes!("../../../tests/reference/retina_unet/tiny.safetensors");

fn tiny() -> LoadedModel {
    let device = pollster::block_on(OpenDevice::open(DeviceKind::Cpu)).unwrap();
    pollster::block_on(LoadedModel::load("tiny.safetensors", TINY, &device)).unwrap()
}

#[test]
fn a_model_says_what_it_is_and_agrees_with_its_known_answer() {
    let model = tiny();
    let info = model.info();
    assert_eq!(info.record.name, "tiny");
    assert_eq!(info.labels, ["disc", "donut"]);
    assert!(info.agrees() && info.device.agreement < 1e-4, "{info:?}");
}

#[test]
fn images_of_any_size_run_and_findings_stay_inside() {
    let model = tiny();
    for (width, height) in [(1, 1), (7, 150), (64, 64), (65, 64), (150, 90)] {
        let options = PhantomOptions { width, height, radius: 10, ..PhantomOptions::default() };
        let image = generate(&options).unwrap().image;
        let mut steps = Vec::new();
        let findings = pollster::block_on(model.run(&image, async |done, total| {
            steps.push((done, total));
            true
        }))
        .unwrap();
        let total = steps[0].1;
        assert_eq!(steps, (0..=total).map(|done| (done, total)).collect::<Vec<_>>());
        assert!(findings.windows(2).all(|pair| pair[0].score >= pair[1].score));
        for finding in &findings {
            let bounding_box = finding.region.bounding_box;
            assert!(bounding_box.is_proper());
            assert_eq!(bounding_box, bounding_box.clipped(f64::from(width), f64::from(height)));
            if let Some(mask) = &finding.region.mask {
                assert_eq!((mask.width(), mask.height()), (width as usize, height as usize));
            }
        }
        if width >= 64 && height >= 64 {
            assert!(!findings.is_empty(), "{width} x {height} gave no finding to look at");
        }
    }
}

#[test]
fn a_run_ends_when_it_is_no_longer_wanted() {
    let image = Image::new(200, 200, 1, Samples::U8(vec![9; 200 * 200])).unwrap();
    let mut asked = 0;
    let result = pollster::block_on(tiny().run(&image, async |_, _| {
        asked += 1;
        asked < 3
    }));
    assert!(matches!(result, Err(EngineError::Cancelled)));
    assert_eq!(asked, 3);
}

#[test]
fn another_architecture_is_named() {
    let device = pollster::block_on(OpenDevice::open(DeviceKind::Cpu)).unwrap();
    let text = String::from_utf8_lossy(TINY).into_owned();
    assert!(text.contains("\"retina_unet\""));
    // Same length, so that the header's own length still holds.
    let start = TINY.windows(13).position(|window| window == b"\"retina_unet\"").unwrap();
    let mut bytes = TINY.to_vec();
    bytes[start..start + 13].copy_from_slice(b"\"florence_20\"");
    let error = pollster::block_on(LoadedModel::load("other.safetensors", &bytes, &device)).unwrap_err();
    assert!(matches!(error, EngineError::Weights(WeightsError::UnknownArchitecture { .. })), "{error}");
    assert_eq!(
        error.to_string(),
        "other.safetensors holds a model of architecture `florence_20`; this version knows retina_unet"
    );
}

#[test]
#[cfg(not(feature = "gpu"))]
fn a_build_without_gpu_says_so() {
    let error = pollster::block_on(OpenDevice::open(DeviceKind::Gpu)).unwrap_err();
    assert_eq!(error.kind(), "no_adapter");
}
