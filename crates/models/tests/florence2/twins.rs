//! Small networks against `transformers`: features, encoder, logits, and searches of every kind.

use burn::tensor::Device;
use groundglass_models::florence2::{Florence2Error, Florence2Model, Generation, Plan, Prepared};
use pollster::block_on;

use crate::goldens::{Golden, close};
use crate::seeded::SeededFile;

pub fn load(golden: &Golden) -> Florence2Model {
    let mut files = SeededFile::open(&golden.config, golden.seed);
    block_on(Florence2Model::load(&mut files, &golden.config, &Plan::default(), &Device::flex())).unwrap()
}

pub fn prepare(model: &Florence2Model, golden: &Golden) -> Prepared {
    let features = block_on(model.encode_image(&golden.pixels(), async |_, _| true)).unwrap();
    model.prompt(&features, &golden.prompt()).unwrap()
}

fn check(name: &str) {
    let golden = Golden::read(name);
    let model = load(&golden);
    let features = block_on(model.encode_image(&golden.pixels(), async |_, _| true)).unwrap();
    close("features", &block_on(features.numbers()).unwrap(), &golden.output("image_features"), 1e-4);
    let prepared = model.prompt(&features, &golden.prompt()).unwrap();
    close("encoder", &block_on(prepared.encoded()).unwrap(), &golden.output("encoder_last"), 1e-4);
    let logits = block_on(model.logits(&prepared, &golden.decoder())).unwrap();
    close("logits", &logits, &golden.output("logits"), 1e-4);

    let runs = golden.runs();
    assert!(runs.len() > 50, "{} searches", runs.len());
    for run in runs {
        let answer = block_on(model.generate(&prepared, &run.generation, async |_| true)).unwrap();
        assert_eq!(answer.tokens, run.tokens, "{:?}", run.generation);
        let what = format!("log-probabilities of {:?}", run.generation);
        close(&what, &answer.log_probabilities, &run.log_probabilities, 1e-4);
        if let Some(score) = run.score {
            let most = 1e-4 * score.abs().max(1.0);
            close("score", &[answer.score], &[score], most);
        }
        let negative: Vec<f32> = run.log_probabilities.iter().copied().filter(|&value| value < 0.0).collect();
        if !negative.is_empty() {
            let count = (negative.len() as f64).powf(run.generation.length_penalty);
            let probability = (f64::from(negative.iter().sum::<f32>()) / count).exp();
            assert!((answer.probability - probability).abs() < 1e-3 * probability, "{}", answer.probability);
        }
    }
}

#[test]
fn two_stages() {
    check("two_stages");
}

#[test]
fn windows_of_512_pixels_are_padded() {
    check("padded_windows");
}

#[test]
fn an_oblong_image_and_other_norms() {
    check("oblong");
}

#[test]
fn a_run_can_be_cancelled_anywhere() {
    let golden = Golden::read("two_stages");
    let model = load(&golden);
    let mut steps = Vec::new();
    let cancelled = block_on(model.encode_image(&golden.pixels(), async |done, total| {
        steps.push((done, total));
        done < 3
    }));
    assert_eq!(cancelled.map(|_| ()), Err(Florence2Error::Cancelled));
    assert_eq!(steps, [(0, 9), (1, 9), (2, 9), (3, 9)]);

    let prepared = prepare(&model, &golden);
    let mut seen = Vec::new();
    let generation = Generation { new_tokens: 20, ..Generation::default() };
    let cancelled = block_on(model.generate(&prepared, &generation, async |tokens| {
        seen.push(tokens.to_vec());
        tokens.len() < 4
    }));
    assert_eq!(cancelled.map(|_| ()), Err(Florence2Error::Cancelled));
    assert_eq!(seen.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(seen[1], [2, 0]);
    // What was prepared serves on.
    assert!(block_on(model.generate(&prepared, &generation, async |_| true)).is_ok());
}

#[test]
fn what_does_not_fit_is_refused() {
    let golden = Golden::read("two_stages");
    let model = load(&golden);
    let mut pixels = golden.pixels();
    let features = block_on(model.encode_image(&pixels, async |_, _| true)).unwrap();
    let long = model.prompt(&features, &[5; 64]).unwrap_err();
    assert!(long.to_string().contains("64 tokens"), "{long}");
    let unknown = model.prompt(&features, &[5, 120]).unwrap_err();
    assert!(unknown.to_string().contains("token 120"), "{unknown}");
    let prepared = model.prompt(&features, &[]).unwrap();
    let generation = Generation { start: 7_000, ..Generation::default() };
    assert!(block_on(model.generate(&prepared, &generation, async |_| true)).is_err());
    assert!(block_on(model.logits(&prepared, &[5; 200])).is_err());
    // An answer is never longer than there are positions.
    let endless = Generation { new_tokens: usize::MAX, beams: 1, forced_last: None, ..Generation::default() };
    let answer = block_on(model.generate(&prepared, &endless, async |_| true)).unwrap();
    assert!(answer.tokens.len() <= 129, "{}", answer.tokens.len());

    pixels.values.pop();
    assert!(block_on(model.encode_image(&pixels, async |_, _| true)).is_err());
    let large = groundglass_models::florence2::PixelValues { values: vec![0.0; 3 * 408 * 8], height: 408, width: 8 };
    let refused = block_on(model.encode_image(&large, async |_, _| true)).map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("408 x 8"), "{refused}");
}
