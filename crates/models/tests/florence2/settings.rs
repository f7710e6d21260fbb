//! Configurations, generation settings and plans.

use groundglass_models::florence2::{
    DeviceLimits, EarlyStopping, Florence2Config, Generation, Plan, PlanError, Preprocessing, Storage,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Microsoft's layout of the published configuration, as AG-KD has it.
fn original() -> Value {
    json!({
        "model_type": "florence2",
        "projection_dim": 768,
        "vocab_size": 51289,
        "text_config": {
            "vocab_size": 51289, "activation_function": "gelu", "add_bias_logits": false, "add_final_layer_norm": false,
            "d_model": 768, "decoder_attention_heads": 12, "decoder_ffn_dim": 3072, "decoder_layers": 6,
            "decoder_start_token_id": 2, "early_stopping": true, "encoder_attention_heads": 12,
            "encoder_ffn_dim": 3072, "encoder_layers": 6, "eos_token_id": 2, "forced_eos_token_id": 2,
            "forced_bos_token_id": 0, "max_position_embeddings": 1024, "no_repeat_ngram_size": 3,
            "normalize_before": false, "scale_embedding": false, "num_beams": 3
        },
        "vision_config": {
            "model_type": "davit", "patch_size": [7, 3, 3, 3], "patch_stride": [4, 2, 2, 2],
            "patch_padding": [3, 1, 1, 1], "patch_prenorm": [false, true, true, true],
            "dim_embed": [128, 256, 512, 1024], "num_heads": [4, 8, 16, 32], "num_groups": [4, 8, 16, 32],
            "depths": [1, 1, 9, 1], "window_size": 12, "projection_dim": 768,
            "visual_temporal_embedding": { "type": "COSINE", "max_temporal_embeddings": 100 },
            "image_pos_embed": { "type": "learned_abs_2d", "max_pos_embeddings": 50 },
            "image_feature_source": ["spatial_avg_pool", "temporal_avg_pool"]
        }
    })
}

fn parse(value: &Value) -> Result<Florence2Config, String> {
    Florence2Config::parse("config.json", value.to_string().as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn microsofts_layout_is_the_published_network() {
    let mut base = Florence2Config::base();
    assert_eq!(base.image_tokens(768, 768), Some(577));
    assert_eq!(base.image_tokens(512, 512), Some(257));
    assert_eq!(base.image_tokens(1600, 1600), Some(2501));
    assert_eq!(base.image_tokens(1632, 1600), None);
    assert_eq!(base.image_tokens(0, 0), None);
    assert_eq!(base.image_tokens(1 << 40, 1 << 40), None);
    base.text.vocabulary = 51_289;
    assert_eq!(parse(&original()), Ok(base));
}

#[test]
fn what_cannot_be_used_is_named() {
    for (path, value, wanted) in [
        ("/text_config/d_model", json!("wide"), "`text_config.d_model` is \"wide\", not a whole number"),
        ("/text_config/d_model", json!(769), "`vision_config.projection_dim` is 768"),
        ("/text_config/vocab_size", json!(u64::MAX), "`text_config.vocab_size`"),
        ("/text_config/encoder_layers", json!(100_000), "`text_config.encoder_layers` is 100000"),
        ("/text_config/scale_embedding", json!(true), "`text_config.scale_embedding` is true, not false"),
        ("/text_config/encoder_attention_heads", json!(7), "`text_config.encoder_attention_heads` is 7"),
        ("/vision_config/depths", json!([1, 1]), "`vision_config.depths` has 2 stages"),
        ("/vision_config/depths", json!([1, 1, 9, 1_000_000_000]), "`vision_config.depths` is 1000000000"),
        ("/vision_config/dim_embed", json!([128, 256, 512, 549_755_813_888_u64]), "`vision_config.embed_dim`"),
        ("/vision_config/patch_prenorm", json!([true]), "`vision_config.patch_prenorm` has 1 stages"),
        ("/vision_config/patch_stride", json!([0, 2, 2, 2]), "`vision_config.patch_stride` is 0"),
        ("/vision_config/num_groups", json!([0, 8, 16, 32]), "`vision_config.num_groups` is 0"),
        ("/vision_config/image_pos_embed/type", json!("sine"), "`vision_config.image_pos_embed.type` is \"sine\""),
        ("/vision_config", json!(null), "`text_config` is missing"),
        ("", json!([]), "config.json: `the file` is not a JSON object"),
    ] {
        let mut config = original();
        *config.pointer_mut(path).unwrap() = value;
        let fault = parse(&config).unwrap_err();
        assert!(fault.contains(wanted) && fault.starts_with("config.json"), "{path}: {fault}");
    }
    let large = json!({ "encoder_layers": 64, "encoder_ffn_dim": 65536, "d_model": 8192, "decoder_layers": 64,
        "decoder_ffn_dim": 65536, "encoder_attention_heads": 64, "decoder_attention_heads": 64 });
    let fault = parse(&json!({ "text_config": large, "vision_config": {} })).unwrap_err();
    assert!(fault.contains("parameters"), "{fault}");
}

#[test]
fn generation_is_read_from_where_it_stands() {
    let config = original().to_string();
    let from = |generation: Option<Value>| {
        let json = generation.map(|value| value.to_string());
        let generation = json.as_ref().map(|json| ("generation_config.json", json.as_bytes()));
        Generation::parse(generation, ("config.json", config.as_bytes())).map_err(|error| error.to_string())
    };
    assert_eq!(from(None), Ok(Generation::default()));
    let published = json!({
        "bos_token_id": 0, "decoder_start_token_id": 2, "early_stopping": true, "eos_token_id": 2,
        "forced_bos_token_id": 0, "forced_eos_token_id": 2, "no_repeat_ngram_size": 3, "num_beams": 3,
        "pad_token_id": 1, "transformers_version": "4.57.1"
    });
    assert_eq!(from(Some(published)), Ok(Generation::default()));
    let bare = from(Some(json!({ "eos_token_id": [2, 7], "length_penalty": 0.5, "early_stopping": "never" }))).unwrap();
    assert_eq!((bare.beams, bare.no_repeat_ngram, bare.forced_first), (1, 0, None));
    assert_eq!((bare.ends, bare.length_penalty, bare.early_stopping), (vec![2, 7], 0.5, EarlyStopping::Never));
    for (generation, wanted) in [
        (json!({ "do_sample": true }), "`do_sample`"),
        (json!({ "num_beams": 0 }), "`num_beams` is 0"),
        (json!({ "num_beams": 1_000_000 }), "`num_beams` is 1000000"),
        (json!({ "repetition_penalty": 1.2 }), "`repetition_penalty`"),
        (json!({ "length_penalty": 1e300 }), "`length_penalty`"),
        (json!({ "eos_token_id": [] }), "`eos_token_id`"),
    ] {
        let fault = from(Some(generation)).unwrap_err();
        assert!(fault.starts_with("generation_config.json") && fault.contains(wanted), "{fault}");
    }
}

#[test]
fn preprocessing_is_read() {
    let parse = |value: Value| Preprocessing::parse("preprocessor_config.json", value.to_string().as_bytes());
    assert_eq!(parse(json!({ "size": { "height": 768, "width": 768 }, "resample": 3 })), Ok(Preprocessing::default()));
    assert_eq!(parse(json!({ "size": 512 })), Ok(Preprocessing::square(512)));
    assert_eq!(parse(json!({ "size": { "shortest_edge": 512 } })), Ok(Preprocessing::square(512)));
    for bad in [
        json!({ "size": 0 }),
        json!({ "resample": 2 }),
        json!({ "image_mean": [1, 2] }),
        json!({ "image_std": [1, 0, 1] }),
    ] {
        assert!(parse(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn a_plan_follows_from_a_devices_limits() {
    let base = Florence2Config::base();
    let square = [768, 768];
    let plan = |limits: DeviceLimits| Plan::new(&base, &limits, square, 3);
    let cpu = plan(DeviceLimits::default()).unwrap();
    assert_eq!(cpu, Plan::default());
    let memory = cpu.memory(&base, square, 3);
    assert_eq!(memory.parameters, 231_414_784 * 4);
    // The embedding.
    assert_eq!(memory.largest_tensor, 51_290 * 768 * 4);
    // The scores of the first stage's windows, twice, with what they are made of.
    assert_eq!(memory.activations, 4 * (2 * 256 * 4 * 144 * 144 + 4 * 192 * 192 * 128));

    // WebGPU's default: the embedding in two parts, and then the scores are the largest.
    let webgpu = DeviceLimits { largest_binding: Some(128 << 20), ..DeviceLimits::default() };
    let parts = plan(webgpu).unwrap();
    assert_eq!(parts, Plan { storage: Storage::F32, embedding_rows: 25_645 });
    assert_eq!(parts.memory(&base, square, 3).largest_tensor, 256 * 4 * 144 * 144 * 4);
    let small = DeviceLimits { memory: Some(1_000_000_000), half_precision: true, ..webgpu };
    assert_eq!(plan(small).unwrap().storage, Storage::F16);
    let half = plan(small).unwrap().memory(&base, square, 3);
    assert!(half.parameters < 480_000_000 && half.peak() < 1_000_000_000, "{half:?}");

    let none = plan(DeviceLimits { half_precision: false, ..small }).unwrap_err();
    assert!(matches!(none, PlanError::Memory { limit: 1_000_000_000, .. }), "{none}");
    let binding = Plan::new(&base, &webgpu, [1536, 1536], 3).unwrap_err();
    assert!(binding.to_string().contains("1536 x 1536"), "{binding}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spoiled_configurations_never_panic(places in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..4)) {
        let mut json = original().to_string().into_bytes();
        for (place, value) in places {
            let index = place % json.len();
            json[index] = value;
        }
        if let Ok(config) = Florence2Config::parse("config.json", &json) {
            for side in [0, 1, 768, usize::MAX] {
                let _ = config.image_tokens(side, side);
                let _ = Plan::new(&config, &DeviceLimits::default(), [side, side], 3);
            }
        }
        let _ = Generation::parse(Some(("g", &json)), ("c", b"{}"));
        let _ = Preprocessing::parse("p", &json);
    }
}
