//! Weights files: layouts, precisions, shards, parts, and what is wrong with them.

use std::collections::BTreeMap;

use burn::tensor::Device;
use groundglass_models::florence2::{Florence2Config, Florence2Model, Plan, Storage, microsoft};
use groundglass_models::tensor_files::{ByteSource, MemorySource, TensorFiles};
use groundglass_models::weights::WeightsError;
use pollster::block_on;
use proptest::prelude::*;

use crate::goldens::Golden;
use crate::seeded::{Kind, Tensors, file, tensors};
use crate::twins;

const PROJECTION: &str = "multi_modal_projector.image_projection.weight";
const EMBEDDING: &str = "language_model.shared.weight";

/// Features and logits of a network.
fn answers(model: &Florence2Model, golden: &Golden) -> (Vec<f32>, Vec<f32>) {
    let features = block_on(model.encode_image(&golden.pixels(), async |_, _| true)).unwrap();
    let prepared = model.prompt(&features, &golden.prompt()).unwrap();
    (block_on(features.numbers()).unwrap(), block_on(model.logits(&prepared, &golden.decoder())).unwrap())
}

fn load<S: ByteSource>(
    files: Vec<(String, S)>,
    index: Option<&[u8]>,
    config: &Florence2Config,
    plan: &Plan,
) -> Result<Florence2Model, WeightsError> {
    let index = index.map(|index| ("model.safetensors.index.json", index));
    let mut files = block_on(TensorFiles::open(files, index))?;
    block_on(Florence2Model::load(&mut files, config, plan, &Device::flex()))
}

fn one(bytes: &[u8]) -> Vec<(String, MemorySource<'_>)> {
    vec![("model.safetensors".to_owned(), MemorySource(bytes))]
}

fn prefixed(tensors: &Tensors, prefix: &str) -> Tensors {
    tensors.iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor.clone())).collect()
}

/// Microsoft's layout: other names, and the projection transposed.
fn microsofts(tensors: &Tensors, prefix: &str) -> Tensors {
    let rename = |(name, (shape, values)): (&String, &(Vec<usize>, Vec<f32>))| {
        let tensor = if name == PROJECTION {
            let (rows, columns) = (shape[0], shape[1]);
            let transposed = (0..columns).flat_map(|c| (0..rows).map(move |r| values[r * columns + c])).collect();
            (vec![columns, rows], transposed)
        } else {
            (shape.clone(), values.clone())
        };
        (format!("{prefix}{}", microsoft(name)), tensor)
    };
    tensors.iter().map(rename).collect()
}

#[test]
fn every_layout_answers_alike() {
    let golden = Golden::read("two_stages");
    let plain = tensors(&golden.config, golden.seed);
    let wanted = answers(&twins::load(&golden), &golden);
    let embedding = plain[EMBEDDING].clone();
    let channels = golden.config.image_width();

    let native = prefixed(&plain, "model.");
    let mut tied = native.clone();
    for name in ["lm_head.weight", "model.language_model.encoder.embed_tokens.weight"] {
        tied.insert(name.to_owned(), embedding.clone());
    }
    let temporal = "model.multi_modal_projector.visual_temporal_embed.pos_idx_to_embed";
    tied.insert(temporal.to_owned(), (vec![100, channels], vec![0.5; 100 * channels]));
    // A writer that drops all but one of tied tensors may keep any.
    let mut head_only = native.clone();
    head_only.remove("model.language_model.shared.weight");
    head_only.insert("lm_head.weight".to_owned(), embedding.clone());
    let mut original = microsofts(&plain, "");
    original.insert("language_model.lm_head.weight".to_owned(), embedding.clone());
    original.insert("language_model.final_logits_bias".to_owned(), (vec![1, 120], vec![0.0; 120]));
    let trained = microsofts(&plain, "module.model.");
    assert!(original.contains_key("vision_tower.blocks.1.0.spatial_block.conv1.fn.dw.weight"));
    assert_eq!(original["image_projection"].0, [channels, golden.config.text.width]);

    for (name, layout) in
        [("native", native), ("tied", tied), ("head", head_only), ("original", original), ("trained", trained)]
    {
        let bytes = file(&layout, Kind::F32);
        let model = load(one(&bytes), None, &golden.config, &Plan::default()).unwrap();
        assert_eq!(answers(&model, &golden), wanted, "{name}");
    }
}

#[test]
fn a_bias_on_the_logits_is_added() {
    let golden = Golden::read("two_stages");
    let mut layout = microsofts(&tensors(&golden.config, golden.seed), "");
    let bias: Vec<f32> = (0..120).map(|token| token as f32 / 8.0).collect();
    layout.insert("language_model.final_logits_bias".to_owned(), (vec![1, 120], bias.clone()));
    let bytes = file(&layout, Kind::F32);
    let model = load(one(&bytes), None, &golden.config, &Plan::default()).unwrap();
    let (_, plain) = answers(&twins::load(&golden), &golden);
    let (_, biased) = answers(&model, &golden);
    for (index, (biased, plain)) in biased.iter().zip(&plain).enumerate() {
        assert_eq!(*biased, plain + bias[index % 120]);
    }
}

#[test]
fn half_precisions_are_read_as_the_numbers_they_hold() {
    let golden = Golden::read("two_stages");
    let plain = prefixed(&tensors(&golden.config, golden.seed), "model.");
    for kind in [Kind::F16, Kind::Bf16] {
        let rounded: Tensors = plain
            .iter()
            .map(|(name, (shape, values))| {
                (name.clone(), (shape.clone(), values.iter().map(|&value| kind.rounded(value)).collect()))
            })
            .collect();
        let (full, half) = (file(&rounded, Kind::F32), file(&plain, kind));
        assert!(half.len() < full.len() * 6 / 10);
        let wanted = answers(&load(one(&full), None, &golden.config, &Plan::default()).unwrap(), &golden);
        let found = answers(&load(one(&half), None, &golden.config, &Plan::default()).unwrap(), &golden);
        assert_eq!(found, wanted);
        if kind == Kind::F16 {
            // Kept in f16, widened when used: the same numbers.
            let plan = Plan { storage: Storage::F16, embedding_rows: 50 };
            let kept = answers(&load(one(&half), None, &golden.config, &plan).unwrap(), &golden);
            assert_eq!(kept, wanted);
        }
    }
}

#[test]
fn an_embedding_in_parts_answers_alike() {
    let golden = Golden::read("two_stages");
    let bytes = file(&prefixed(&tensors(&golden.config, golden.seed), "model."), Kind::F32);
    let whole = load(one(&bytes), None, &golden.config, &Plan::default()).unwrap();
    let wanted = answers(&whole, &golden);
    let runs = golden.runs();
    for rows in [1, 7, 60, 119, 120] {
        let plan = Plan { embedding_rows: rows, ..Plan::default() };
        let model = load(one(&bytes), None, &golden.config, &plan).unwrap();
        assert_eq!(answers(&model, &golden), wanted, "parts of {rows} rows");
        let prepared = twins::prepare(&model, &golden);
        let run = &runs[7];
        let answer = block_on(model.generate(&prepared, &run.generation, async |_| true)).unwrap();
        assert_eq!(answer.tokens, run.tokens);
    }
}

fn shards(golden: &Golden) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let all = prefixed(&tensors(&golden.config, golden.seed), "model.");
    let (mut first, mut second) = (Tensors::new(), Tensors::new());
    let mut map = BTreeMap::new();
    for (index, (name, tensor)) in all.into_iter().enumerate() {
        let number = 1 + index % 2;
        map.insert(name.clone(), format!("model-0000{number}-of-00002.safetensors"));
        if number == 1 { &mut first } else { &mut second }.insert(name, tensor);
    }
    let index = serde_json::json!({ "metadata": { "total_size": 1 }, "weight_map": map });
    (file(&first, Kind::F32), file(&second, Kind::F16), index.to_string().into_bytes())
}

#[test]
fn shards_go_together_and_a_missing_one_is_named() {
    let golden = Golden::read("two_stages");
    let (first, second, index) = shards(&golden);
    let named = |number: usize, bytes| (format!("weights/model-0000{number}-of-00002.safetensors"), bytes);
    let both = || vec![named(1, MemorySource(&first)), named(2, MemorySource(&second))];
    load(both(), Some(&index), &golden.config, &Plan::default()).unwrap();
    load(both(), None, &golden.config, &Plan::default()).unwrap();

    let one = load(vec![named(1, MemorySource(&first))], Some(&index), &golden.config, &Plan::default()).unwrap_err();
    assert!(one.to_string().contains("the shard model-00002-of-00002.safetensors is not among"), "{one}");
    let twice = vec![named(1, MemorySource(&first)), named(2, MemorySource(&first))];
    let twice = load(twice, None, &golden.config, &Plan::default()).unwrap_err();
    assert!(matches!(twice, WeightsError::Shards { .. }), "{twice}");
    let bad = load(both(), Some(b"{}"), &golden.config, &Plan::default()).unwrap_err();
    assert!(bad.to_string().starts_with("model.safetensors.index.json"), "{bad}");
    let swapped = vec![named(1, MemorySource(&first)), named(2, MemorySource(b"short"))];
    assert!(matches!(load(swapped, None, &golden.config, &Plan::default()), Err(WeightsError::NotSafetensors { .. })));
}

#[test]
fn tensors_that_do_not_fit_are_named() {
    let golden = Golden::read("two_stages");
    let good = prefixed(&tensors(&golden.config, golden.seed), "model.");
    let fault = |tensors: &Tensors| {
        load(one(&file(tensors, Kind::F32)), None, &golden.config, &Plan::default()).map(|_| ()).unwrap_err()
    };
    let mut bad = good.clone();
    bad.remove("model.vision_tower.convs.1.conv.bias");
    bad.insert("model.optimizer.step".to_owned(), (vec![1], vec![0.0]));
    bad.insert("model.language_model.decoder.layers.1.fc1.bias".to_owned(), (vec![2], vec![0.0; 2]));
    let WeightsError::Misfits { file: name, misfits } = fault(&bad) else { panic!("{}", fault(&bad)) };
    assert_eq!(name, "model.safetensors");
    assert_eq!(misfits.missing, ["model.vision_tower.convs.1.conv.bias"]);
    assert_eq!(misfits.unexpected, ["model.optimizer.step"]);
    assert_eq!(misfits.misshapen, ["model.language_model.decoder.layers.1.fc1.bias is [2], not [32]"]);

    // Another network altogether: counted, not listed.
    let other = Golden::read("oblong");
    let strange = fault(&prefixed(&tensors(&other.config, other.seed), "model."));
    assert!(strange.to_string().contains("tensors are missing ("), "{strange}");
    assert!(strange.to_string().len() < 2_000, "{strange}");

    let mut untied = good.clone();
    let (shape, mut values) = good["model.language_model.shared.weight"].clone();
    values[2000] += 1.0;
    untied.insert("lm_head.weight".to_owned(), (shape, values));
    let untied = fault(&untied);
    assert!(untied.to_string().contains("`lm_head.weight`") && untied.to_string().contains("ties"), "{untied}");
    let empty = fault(&Tensors::new());
    assert!(matches!(empty, WeightsError::Misfits { .. }), "{empty}");
}

#[test]
fn numbers_of_another_kind_are_refused() {
    let golden = Golden::read("two_stages");
    let mut bytes = file(&prefixed(&tensors(&golden.config, golden.seed), "model."), Kind::F32);
    let text = bytes.windows(5).position(|window| window == b"\"F32\"").unwrap();
    bytes[text..text + 5].copy_from_slice(b"\"I32\"");
    let refused = load(one(&bytes), None, &golden.config, &Plan::default()).unwrap_err();
    assert!(refused.to_string().contains("I32"), "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_files_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = block_on(TensorFiles::open(one(&bytes), None));
        let mut framed = (bytes.len() as u64).to_le_bytes().to_vec();
        framed.extend(&bytes);
        let _ = block_on(TensorFiles::open(one(&framed), Some(("index", &bytes))));
    }

    #[test]
    fn spoiled_headers_never_panic(places in proptest::collection::vec((0_usize..2_000, any::<u8>()), 1..6)) {
        let mut tensors = Tensors::new();
        for name in ["vision_tower.convs.0.conv.weight", "a", "b"] {
            tensors.insert(name.to_owned(), (vec![2, 3], vec![1.0; 6]));
        }
        let mut bytes = file(&tensors, Kind::F32);
        for (place, value) in places {
            let index = place % bytes.len();
            bytes[index] = value;
        }
        if let Ok(mut files) = block_on(TensorFiles::open(one(&bytes), None)) {
            let names: Vec<(String, usize)> = files
                .entries()
                .map(|(name, entry)| (name.to_owned(), entry.shape.iter().product()))
                .collect();
            for (name, count) in names {
                let _ = block_on(files.read(&name, 0, count));
            }
        }
    }
}

/// `microsoft.json` is what Microsoft's own code calls the tensors of this twin.
#[test]
fn microsofts_code_has_these_names_and_shapes() {
    let golden = Golden::read("padded_windows");
    let theirs: BTreeMap<String, Vec<usize>> = serde_json::from_slice(&crate::goldens::read("microsoft.json")).unwrap();
    let ours = microsofts(&tensors(&golden.config, golden.seed), "");
    for (name, (shape, _)) in &ours {
        assert_eq!(theirs.get(name), Some(shape), "{name}");
    }
    let rest: Vec<&str> = theirs.keys().filter(|name| !ours.contains_key(*name)).map(String::as_str).collect();
    assert_eq!(
        rest,
        [
            "language_model.final_logits_bias",
            "language_model.lm_head.weight",
            "language_model.model.decoder.embed_tokens.weight",
            "language_model.model.encoder.embed_tokens.weight",
            "visual_temporal_embed.pos_idx_to_embed",
        ]
    );
}
