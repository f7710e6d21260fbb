//! The forward pass against PyTorch's, through files made by `tests/reference/retina_unet/make_goldens.py`.
#![allow(clippy::unwrap_used)]

use burn::tensor::Device;
use groundglass_models::retina_unet::{RetinaUNetConfig, RetinaUNetModel, TileInput};
use groundglass_models::weights::{self, WeightsError, read_header};
use safetensors::SafeTensors;

const TINY: &[u8] = include_bytes!("../../../tests/reference/retina_unet/tiny.safetensors");
const TINY_IO: &[u8] = include_bytes!("../../../tests/reference/retina_unet/tiny_io.safetensors");

fn numbers(tensors: &SafeTensors<'_>, name: &str) -> Vec<f32> {
    let data = tensors.tensor(name).unwrap().data();
    data.chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn load(bytes: &[u8]) -> Result<RetinaUNetModel, WeightsError> {
    let header = read_header("tiny.safetensors", bytes)?;
    RetinaUNetModel::load("tiny.safetensors", &header, bytes, &Device::flex())
}

#[test]
fn every_output_is_pytorchs() {
    let tensors = SafeTensors::deserialize(TINY_IO).unwrap();
    let shape = tensors.tensor("input").unwrap().shape().to_vec();
    let input = TileInput { values: numbers(&tensors, "input"), height: shape[2], width: shape[3] };
    let output = pollster::block_on(load(TINY).unwrap().infer(&input)).unwrap();
    for (name, values) in [
        ("class_logits", &output.class_logits),
        ("box_deltas", &output.box_deltas),
        ("segmentation_logits", &output.segmentation_logits),
    ] {
        let difference = largest_difference(values, &numbers(&tensors, name));
        assert!(difference < 1e-4, "{name} differs from PyTorch by {difference}");
    }
}

#[test]
fn the_known_answer_is_pytorchs_too() {
    let header = read_header("tiny.safetensors", TINY).unwrap();
    let disagreement = pollster::block_on(load(TINY).unwrap().disagreement(&header.known_answer)).unwrap();
    assert!(disagreement < 1e-4, "the known answer differs by {disagreement}");
}

#[test]
fn weights_that_were_written_are_read_again() {
    use groundglass_models::known_answer::KnownAnswer;
    use groundglass_models::retina_unet::RetinaUNet;
    let header = read_header("tiny.safetensors", TINY).unwrap();
    let config: RetinaUNetConfig = weights::parse_config("tiny.safetensors", &header).unwrap();
    let network = RetinaUNet::new(&config, &Device::flex());
    let known_answer = KnownAnswer { side: 64, samples: vec![vec![1.0]], mean_magnitudes: vec![1.0] };
    let bytes = weights::to_bytes(&network, "fresh", "retina_unet", &header.config, &known_answer).unwrap();
    let again = read_header("fresh.safetensors", &bytes).unwrap();
    assert_eq!((again.name.as_str(), &again.known_answer), ("fresh", &known_answer));
    assert_eq!(again.parameters, header.parameters);
    load(&bytes).unwrap();
}

/// The file with one entry of its metadata replaced.
fn with_metadata(key: &str, value: &str) -> Vec<u8> {
    let tensors = SafeTensors::deserialize(TINY).unwrap();
    let (_, metadata) = SafeTensors::read_metadata(TINY).unwrap();
    let mut entries = metadata.metadata().clone().unwrap();
    entries.insert(key.to_owned(), value.to_owned());
    safetensors::serialize(tensors.tensors(), Some(entries)).unwrap()
}

#[test]
fn files_that_do_not_fit_say_so_by_name() {
    let cut = load(&TINY[..TINY.len() / 2]).unwrap_err();
    assert!(matches!(cut, WeightsError::NotSafetensors { .. }), "{cut}");
    assert!(cut.to_string().starts_with("tiny.safetensors is not a safetensors file, or it is cut off"));
    assert!(matches!(load(b"").unwrap_err(), WeightsError::NotSafetensors { .. }));

    let strange = load(TINY_IO).unwrap_err();
    assert!(matches!(strange, WeightsError::NoMetadata { .. }), "{strange}");

    let other_config = load(&with_metadata("groundglass.config", r#"{"layers": 3}"#)).unwrap_err();
    assert!(matches!(other_config, WeightsError::Metadata { .. }), "{other_config}");

    // A wider network than the tensors are for: every tensor has another shape.
    let header = read_header("tiny.safetensors", TINY).unwrap();
    let mut config: RetinaUNetConfig = weights::parse_config("tiny.safetensors", &header).unwrap();
    config.stem_channels = 8;
    let wider = with_metadata("groundglass.config", &serde_json::to_string(&config).unwrap());
    let misfit = load(&wider).unwrap_err();
    assert!(matches!(misfit, WeightsError::Tensors { .. }), "{misfit}");
    assert!(misfit.to_string().contains("stem"), "{misfit}");

    // A deeper one: tensors are missing.
    config.stem_channels = 4;
    config.stage_blocks[2] = 1;
    let deeper = with_metadata("groundglass.config", &serde_json::to_string(&config).unwrap());
    let missing = load(&deeper).unwrap_err();
    assert!(missing.to_string().contains("missing"), "{missing}");

    // An absurd one is refused before anything is built.
    config.stem_channels = usize::MAX;
    let absurd = with_metadata("groundglass.config", &serde_json::to_string(&config).unwrap());
    assert!(load(&absurd).unwrap_err().to_string().contains("channels"));
}
