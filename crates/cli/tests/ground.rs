//! `groundglass run` with a small Florence-2 whose weights are drawn by chance: what it says is nonsense, and always the same.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

use groundglass_models::florence2::{Florence2Config, expected};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};

const TOKENIZER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/reference/language/tokenizer.json");
/// The tokenizer's own entries, and those that Florence-2 adds.
const VOCABULARY: usize = 359 + 1024;
/// 64 pixels a side give 4 tokens of a map, and one for their mean.
const IMAGE_TOKENS: usize = 5;

fn groundglass(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_groundglass")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What the command says where it cannot do its work.
fn fault(arguments: &[&str]) -> String {
    let done = groundglass(arguments);
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stdout));
    text(&done.stderr).trim_end().to_owned()
}

fn config() -> Value {
    let vision = json!({
        "embed_dim": [8, 16, 16, 32], "depths": [1, 1, 1, 1], "num_heads": [1, 2, 2, 4], "num_groups": [1, 2, 2, 4],
        "patch_size": [7, 3, 3, 3], "patch_stride": [4, 2, 2, 2], "patch_padding": [3, 1, 1, 1],
        "patch_prenorm": [false, true, true, true], "window_size": 4, "projection_dim": 24,
    });
    let text = json!({
        "vocab_size": VOCABULARY, "d_model": 24, "max_position_embeddings": 128,
        "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
        "encoder_ffn_dim": 32, "decoder_ffn_dim": 32,
    });
    json!({"model_type": "florence2", "vision_config": vision, "text_config": text})
}

/// A folder with everything that a model consists of.
fn model(folder: &Path) {
    let json = config().to_string();
    std::fs::write(folder.join("config.json"), &json).unwrap();
    std::fs::copy(TOKENIZER, folder.join("tokenizer.json")).unwrap();
    let preprocessor = json!({"size": {"height": 64, "width": 64}, "resample": 3});
    std::fs::write(folder.join("preprocessor_config.json"), preprocessor.to_string()).unwrap();
    let config = Florence2Config::parse("config.json", json.as_bytes()).unwrap();
    let mut state = 1_u32;
    let mut draw = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let tensors: Vec<_> = expected(&config)
        .into_iter()
        .map(|tensor| {
            let count: usize = tensor.shape.iter().product();
            let bytes: Vec<u8> = (0..count).flat_map(|_| (draw() * 0.6).to_le_bytes()).collect();
            (format!("model.{}", tensor.name), tensor.shape, bytes)
        })
        .collect();
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    std::fs::write(folder.join("model.safetensors"), safetensors::serialize(views, None).unwrap()).unwrap();
}

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    /// A model, and two images with their truth.
    fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(desk.folder.path().join("model")).unwrap();
        model(&desk.folder.path().join("model"));
        let done = groundglass(&["phantom", "--images", "2", "--seed", "5", "--out", &desk.path("set")]);
        assert!(done.status.success(), "{}", text(&done.stderr));
        desk
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn arguments<'a>(&self, rest: &[&'a str], paths: &'a [String; 2]) -> Vec<&'a str> {
        let [model, set] = paths;
        let few: &[&str] = if rest.contains(&"--new-tokens") { &[] } else { &["--new-tokens", "12"] };
        [&["run", "--model", model, "--images", set], few, rest].concat()
    }

    fn run(&self, rest: &[&str]) -> Output {
        let paths = [self.path("model"), self.path("set")];
        groundglass(&self.arguments(rest, &paths))
    }

    fn answers(&self, rest: &[&str]) -> Value {
        let done = self.run(&[rest, &["--json"]].concat());
        assert!(done.status.success(), "{}", text(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    }
}

fn tokens(answer: &Value) -> Vec<u64> {
    answer["tokens"].as_array().unwrap().iter().map(|token| token.as_u64().unwrap()).collect()
}

#[test]
fn every_phrase_is_asked_of_every_image_and_the_answers_are_judged() {
    let desk = Desk::new();
    let said = desk.answers(&["--phrase", "a disc", "--phrase", "a donut"]);
    assert_eq!(said["format"], "groundglass.answers/1");
    assert_eq!(said["model"]["architecture"], "florence2");
    let answers = said["answers"].as_array().unwrap();
    let prompts: Vec<&str> = answers.iter().map(|answer| answer["prompt"].as_str().unwrap()).collect();
    let (disc, donut) = ("Locate the phrases in the caption: a disc", "Locate the phrases in the caption: a donut");
    assert_eq!(prompts, [disc, donut, disc, donut]);
    for answer in answers {
        let tokens = tokens(answer);
        // The start, the first token, which is forced, and at most so many as were asked for.
        assert_eq!(tokens[..2], [2, 0]);
        assert!(tokens.len() <= 13);
        let probability = answer["probability"].as_f64().unwrap();
        assert!(probability > 0.0 && probability <= 1.0);
    }
    assert_eq!(said["report"]["schema"], "groundglass.report/1");
    assert_eq!(said["report"]["model"]["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn beams_search_further_than_greed_and_the_same_question_has_the_same_answer() {
    let desk = Desk::new();
    let ask = |beams: &str| desk.answers(&["--task", "OD", "--beams", beams]);
    let (greedy, beams) = (ask("1"), ask("3"));
    assert_eq!(greedy, ask("1"));
    assert_ne!(tokens(&greedy["answers"][0]), tokens(&beams["answers"][0]));
}

#[test]
fn a_knowledge_list_is_asked_with_its_definitions_or_bare() {
    let desk = Desk::new();
    let list = desk.path("list.yaml");
    std::fs::write(&list, "Disc: A round shape that is full.\nDonut: A ring.\n").unwrap();
    let prompts = |rest: &[&str]| -> Vec<String> {
        let said = desk.answers(&[&["--knowledge", &list], rest].concat());
        let answers = said["answers"].as_array().unwrap();
        answers.iter().take(2).map(|answer| answer["prompt"].as_str().unwrap().to_owned()).collect()
    };
    let twice = "Locate the phrases in the caption: Locate the phrases in the caption: ";
    assert_eq!(
        prompts(&[]),
        [format!("{twice}disc means A round shape that is full..."), format!("{twice}donut means A ring...")]
    );
    assert_eq!(prompts(&["--bare", "--style", "native"])[1], "Locate the phrases in the caption: donut");
}

#[test]
fn a_trace_holds_the_numbers_on_the_way() {
    let desk = Desk::new();
    let file = desk.path("trace.safetensors");
    let said = desk.answers(&["--phrase", "a disc", "--trace", &file, "--beams", "1"]);
    let bytes = std::fs::read(&file).unwrap();
    let trace = SafeTensors::deserialize(&bytes).unwrap();
    let ids = |name: &str| -> Vec<i64> {
        let bytes = trace.tensor(name).unwrap().data().to_vec();
        bytes.as_chunks::<8>().0.iter().map(|&id| i64::from_le_bytes(id)).collect()
    };
    let asked = ids("prompt_ids");
    assert_eq!((asked[0], *asked.last().unwrap()), (0, 2));
    assert_eq!(trace.tensor("image_features").unwrap().shape(), [IMAGE_TOKENS, 24]);
    assert_eq!(trace.tensor("encoder_output").unwrap().shape(), [IMAGE_TOKENS + asked.len(), 24]);
    assert_eq!(trace.tensor("first_logits").unwrap().shape(), [VOCABULARY]);
    let answered: Vec<i64> = tokens(&said["answers"][0]).iter().map(|&token| token as i64).collect();
    assert_eq!(ids("answer_ids"), answered);
}

#[test]
fn findings_are_written_as_coco_results() {
    let desk = Desk::new();
    let out = desk.path("found.json");
    // Weights by chance write few locations; a region proposal reads every group of four.
    let said = desk.answers(&["--task", "REGION_PROPOSAL", "--new-tokens", "100", "--out", &out]);
    let found: Vec<&Value> =
        said["answers"].as_array().unwrap().iter().flat_map(|answer| answer["found"].as_array().unwrap()).collect();
    let written: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert!(!found.is_empty(), "{said}");
    assert_eq!(written.as_array().unwrap().len(), found.len());
}

#[test]
fn what_lacks_or_is_wrong_is_named() {
    let desk = Desk::new();
    let paths = [desk.path("model"), desk.path("set")];
    let of = |rest: &[&str]| fault(&desk.arguments(rest, &paths));
    assert_eq!(of(&[]), "groundglass: nothing is asked; give --phrase, --knowledge or --task");
    assert!(of(&["--task", "detect"]).starts_with("groundglass: there is no task \"detect\"; there are CAPTION_TO_"));
    assert!(of(&["--task", "OD", "--phrase", "a disc"]).contains("<OD> was given an input"));
    let long = "word ".repeat(300);
    assert!(text(&desk.run(&["--phrase", &long]).stderr).contains("the network reads 128 in all"));

    let tokenizer = Path::new(&paths[0]).join("tokenizer.json");
    let kept = std::fs::read(&tokenizer).unwrap();
    std::fs::remove_file(&tokenizer).unwrap();
    assert!(of(&["--task", "OD"]).ends_with("has no tokenizer.json; a Florence-2 needs one"));
    std::fs::write(&tokenizer, kept).unwrap();

    let weights = Path::new(&paths[0]).join("model.safetensors");
    let bytes = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &bytes[..bytes.len() / 2]).unwrap();
    assert!(of(&["--task", "OD"]).contains("model.safetensors"));
    std::fs::remove_file(&weights).unwrap();
    assert!(of(&["--task", "OD"]).ends_with("has no .safetensors file; a Florence-2 needs its weights"));
    let not_asked = fault(&["run", "--model", "nuclei", "--images", &paths[1], "--phrase", "a disc"]);
    assert_eq!(not_asked, "groundglass: nuclei is asked nothing in words; only a Florence-2 is");
}
