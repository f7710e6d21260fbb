//! What `transformers`, Microsoft's processor and PyYAML say: `tests/reference/language/make_goldens.py`.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use groundglass_language::quantise::{dequantise_box, quantise_box, training_bin};
use groundglass_language::{
    Answer, AnswerKind, Flavour, Knowledge, Prompt, PromptStyle, Shape, Task, Tokenizer, Transcript, answer,
    read_answer,
};
use serde_json::{Value, from_value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/language")
}

fn golden(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder().join(name)).unwrap()).unwrap()
}

fn tokenizer(image: bool) -> Tokenizer {
    let bytes = std::fs::read(folder().join("tokenizer.json")).unwrap();
    let plain = Tokenizer::from_json("tokenizer.json", &bytes, None).unwrap();
    let next = u32::try_from(plain.vocabulary()).unwrap();
    if image { Tokenizer::from_json("tokenizer.json", &bytes, Some(next)).unwrap() } else { plain }
}

/// What AG-KD's and the native processor's wrapping of prompts are asked with: `<TASK>input`.
fn asked(prompt: &str) -> (Task, Option<&str>) {
    let end = prompt.find('>').unwrap() + 1;
    let (token, input) = prompt.split_at(end);
    (Task::of(token).unwrap(), Some(input).filter(|input| !input.is_empty()))
}

#[test]
fn tokens_and_sentences_are_those_of_transformers() {
    let golden = golden("prompts.json");
    let (plain, native) = (tokenizer(false), tokenizer(true));
    assert_eq!(golden["sizes"], json!([plain.vocabulary(), native.vocabulary()]));
    let native_cases: Vec<(String, String, Vec<u32>)> = from_value(golden["native"].clone()).unwrap();
    for (prompt, sentence, ids) in &native_cases {
        let (task, input) = asked(prompt);
        let made = task.prompt(PromptStyle::Native, input, None).unwrap();
        assert_eq!(&made.text, sentence);
        assert_eq!(&native.encode(sentence).unwrap(), ids, "{sentence}");
    }
    let microsoft: Vec<(String, String)> = from_value(golden["microsoft"].clone()).unwrap();
    assert_eq!(microsoft.len(), native_cases.len());
    for (prompt, sentence) in microsoft {
        let (task, input) = asked(&prompt);
        assert_eq!(task.prompt(PromptStyle::Microsoft, input, None).unwrap().text, sentence);
    }
    let cases: Vec<(String, Vec<u32>)> = from_value(golden["plain"].clone()).unwrap();
    assert!(cases.len() > 15);
    for (text, ids) in cases {
        assert_eq!(plain.encode(&text).unwrap(), ids, "{text:?}");
    }
}

#[test]
fn ids_become_the_text_of_transformers_all_at_once_and_one_by_one() {
    let golden = golden("prompts.json");
    let plain = tokenizer(false);
    let cases: Vec<(Vec<u32>, String)> = from_value(golden["decoded"].clone()).unwrap();
    assert!(cases.iter().any(|(_, text)| text.contains('\u{fffd}')));
    for (ids, text) in cases {
        assert_eq!(plain.decode(&ids).text, text);
        let mut stream = plain.stream();
        let mut followed: String = ids.iter().map(|&id| stream.push(id)).collect();
        followed.push_str(&stream.finish());
        assert_eq!(followed, text);
    }
    type Spans = (Vec<u32>, String, Vec<(usize, usize)>);
    let spans: Vec<Spans> = from_value(golden["spans"].clone()).unwrap();
    for (ids, text, spans) in spans {
        let transcript = plain.decode(&ids);
        assert_eq!(transcript.text, text);
        assert_eq!(transcript.tokens.iter().map(|token| (token.start, token.end)).collect::<Vec<_>>(), spans);
    }
}

/// BART's own file is not kept here. It lies beside the checkout, or where `GROUNDGLASS_FIXTURES` says.
fn bart() -> Option<Vec<u8>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let fixtures = std::env::var_os("GROUNDGLASS_FIXTURES").map_or(beside, PathBuf::from);
    std::fs::read(fixtures.join("bart-tokenizer/tokenizer.json")).ok()
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that skips says so")]
fn the_real_vocabulary_gives_the_real_ids() {
    let Some(bytes) = bart() else {
        eprintln!("skipped: no fixtures/bart-tokenizer/tokenizer.json beside the checkout");
        return;
    };
    let tokenizer = Tokenizer::from_json("tokenizer.json", &bytes, Some(51_289)).unwrap();
    assert_eq!(tokenizer.vocabulary(), 51_290);
    assert_eq!((tokenizer.begin(), tokenizer.padding(), tokenizer.end()), (0, 1, 2));
    assert_eq!(
        (tokenizer.location(0), tokenizer.location(999), tokenizer.location(1000)),
        (Some(50_269), Some(51_268), None)
    );
    assert_eq!((tokenizer.bin(50_268), tokenizer.bin(50_269), tokenizer.bin(51_269)), (None, Some(0), None));
    let token = |id| String::from_utf8_lossy(tokenizer.token(id)).into_owned();
    let named = [(50_265, "<od>"), (51_279, "<sep>"), (51_286, "<poly>"), (51_287, "</poly>"), (51_288, "<and>")];
    assert!(named.into_iter().all(|(id, name)| token(id) == name));
    assert_eq!((token(51_289), token(51_290), tokenizer.image()), ("<image>".to_owned(), String::new(), Some(51_289)));
    let cases: Vec<(String, Vec<u32>)> = from_value(golden("prompts.json")["bart"].clone()).unwrap();
    assert!(cases.len() > 40);
    for (text, ids) in cases {
        assert_eq!(tokenizer.encode(&text).unwrap(), ids, "{text:?}");
    }
    // The doubled sentence of AG-KD, with the ids that its own code gives (35 each).
    let definition = Some("Scarring of the lung tissue creating a dense fibrous appearance.");
    let ids = |style| {
        let prompt = Task::CaptionToPhraseGrounding.prompt(style, Some("pulmonary fibrosis"), definition).unwrap();
        tokenizer.encode(&prompt.text).unwrap()
    };
    let (demo, evaluation) = (ids(PromptStyle::Doubled), ids(PromptStyle::DoubledWithFullStop));
    assert_eq!((demo.len(), &demo[32..], &evaluation[32..]), (35, &[2772, 7586, 2][..], &[2772, 734, 2][..]));
    let label = tokenizer.encode("pulmonary fibrosis").unwrap();
    assert_eq!(label[1..label.len() - 1], [642, 922, 43_462, 19_961, 29_382]);
    // The ids of the fixture itself, wherever it lies.
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures");
    let fixtures = std::env::var_os("GROUNDGLASS_FIXTURES").map_or(beside, PathBuf::from);
    if let Ok(bytes) = std::fs::read(fixtures.join("bart-tokenizer/prompt_ids.json")) {
        let prompts: Value = serde_json::from_slice(&bytes).unwrap();
        for prompt in prompts.as_object().unwrap().values() {
            assert_eq!(json!(tokenizer.encode(prompt["text"].as_str().unwrap()).unwrap()), prompt["ids"]);
        }
    }
    // Without `<image>`, as AG-KD's.
    let tokenizer = Tokenizer::from_json("tokenizer.json", &bytes, None).unwrap();
    assert_eq!((tokenizer.vocabulary(), tokenizer.image()), (51_289, None));
}

/// An answer in the form of `post_process_generation`.
fn said(answer: &Answer, kind: AnswerKind) -> Value {
    let flat = |points: &[[f64; 2]]| points.iter().flatten().copied().collect::<Vec<f64>>();
    let labels = |wanted: fn(&Shape) -> bool| -> Vec<&str> {
        answer.found.iter().filter(|found| wanted(&found.shape)).map(|found| found.label.as_str()).collect()
    };
    let is_box = |shape: &Shape| matches!(shape, Shape::Box(_));
    let not_box = |shape: &Shape| !matches!(shape, Shape::Box(_));
    let shapes = |boxes: bool| -> Vec<Value> {
        let shapes = answer.found.iter().map(|found| &found.shape);
        shapes
            .filter(|shape| matches!(shape, Shape::Box(_)) == boxes)
            .map(|shape| match shape {
                Shape::Box(edges) => json!(edges),
                Shape::Polygons(outlines) => json!(outlines.iter().map(|ring| flat(ring)).collect::<Vec<_>>()),
                Shape::Quad(corners) => json!(flat(corners)),
            })
            .collect()
    };
    match kind {
        AnswerKind::Text => json!(answer.words),
        AnswerKind::Boxes | AnswerKind::Phrases | AnswerKind::Proposals => {
            assert_eq!(labels(not_box), [""; 0]);
            json!({"bboxes": shapes(true), "labels": labels(is_box)})
        }
        AnswerKind::Polygons => json!({"polygons": shapes(false), "labels": labels(not_box)}),
        AnswerKind::Quads => json!({"quad_boxes": shapes(false), "labels": labels(not_box)}),
        AnswerKind::BoxesOrPolygons => json!({
            "bboxes": shapes(true), "bboxes_labels": labels(is_box),
            "polygons": shapes(false), "polygons_labels": labels(not_box),
        }),
    }
}

/// Numbers in single precision: the reference reckons in it, and the golden holds as few digits as it needs.
fn single(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(f64::from(number.as_f64().unwrap() as f32)),
        Value::Array(values) => values.iter().map(single).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), single(value))).collect())
        }
        _ => value.clone(),
    }
}

#[test]
fn answers_are_those_of_both_implementations() {
    // The script's own list: what is tested is the rule.
    let nameless = ["it", "a group", "the image", "that"];
    let cases: Vec<(String, String, [u32; 2], Value, Value)> = from_value(golden("answers.json")).unwrap();
    let mut shown = [0; 2];
    let mut differ = 0;
    for (token, text, size, native, microsoft) in &cases {
        let task = Task::of(token).unwrap();
        let transcript = Transcript::of_text(text);
        for (place, (flavour, expected)) in
            [(Flavour::Native, native), (Flavour::Microsoft, microsoft)].into_iter().enumerate()
        {
            let reading = answer::Reading { flavour, left_out: &nameless, ..answer::Reading::new(task, *size) };
            let found = read_answer(&transcript, &reading);
            let kind = task.named().answer;
            assert_eq!(single(&said(&found, kind)), single(expected), "{flavour:?} {token} {text:?} {size:?}");
            shown[place] += found.found.len();
        }
        differ += usize::from(native != microsoft);
    }
    assert!(cases.len() > 390 && differ > 100 && shown.iter().all(|shown| *shown > 300), "{shown:?} {differ}");
}

#[test]
fn bins_are_those_of_transformers() {
    let golden = golden("bins.json");
    let cases: Vec<([u32; 2], [f32; 4], [u16; 4])> = from_value(golden["quantise"].clone()).unwrap();
    for (size, edges, bins) in cases {
        assert_eq!(quantise_box(edges, size), bins, "{edges:?} {size:?}");
    }
    let cases: Vec<([u32; 2], Vec<u16>, Vec<f64>)> = from_value(golden["dequantise"].clone()).unwrap();
    for (size, bins, pixels) in cases {
        for (bins, pixels) in bins.chunks_exact(4).zip(pixels.chunks_exact(4)) {
            let middles = dequantise_box(bins.try_into().unwrap(), size);
            assert_eq!(middles.map(|middle| f64::from(middle.trunc())), pixels, "{bins:?} {size:?}");
            let sizes = [size[0], size[1], size[0], size[1]];
            let positions: Vec<f64> =
                bins.iter().zip(sizes).map(|(&bin, size)| Flavour::Native.position(bin, size)).collect();
            assert_eq!(positions, pixels);
        }
    }
    let cases: Vec<([u32; 2], [f64; 4], [u16; 4])> = from_value(golden["training"].clone()).unwrap();
    for (size, edges, bins) in cases {
        let sizes = [size[0], size[1], size[0], size[1]];
        let found: Vec<u16> = edges.iter().zip(sizes).map(|(&edge, size)| training_bin(edge, size)).collect();
        assert_eq!(found, bins);
    }
}

#[test]
fn lists_are_those_of_another_yaml_reader() {
    let cases: Vec<(String, Vec<(String, String)>)> = from_value(golden("knowledge.json")).unwrap();
    assert_eq!(cases.len(), 6);
    for (text, entries) in cases {
        let (knowledge, problems) = Knowledge::read("list.yaml", text.as_bytes()).unwrap();
        assert_eq!(problems, []);
        let found: Vec<(String, String)> =
            knowledge.entries.iter().map(|entry| (entry.label.clone(), entry.definition.clone())).collect();
        // White space around a definition goes, as it does not in PyYAML.
        let entries: Vec<_> = entries.into_iter().map(|(label, text)| (label, text.trim().to_owned())).collect();
        let nothing = |text: &String| if text == "~" { String::new() } else { text.clone() };
        let entries: Vec<_> = entries.iter().map(|(label, text)| (label.clone(), nothing(text))).collect();
        assert_eq!(found, entries);
    }
}

#[test]
fn a_label_is_found_in_its_prompt_with_its_tokens_and_their_probability() {
    let tokenizer = tokenizer(false);
    let prompt = Task::CaptionToPhraseGrounding.prompt(PromptStyle::Native, Some("a Leaf by the coin"), None).unwrap();
    let text =
        "</s><s>a leaf<loc_1><loc_2><loc_3><loc_4><loc_9><loc_8><loc_7><loc_6>coin<loc_5><loc_6><loc_7><loc_8></s>";
    let ids = tokenizer.encode(text).unwrap();
    let ids = &ids[1..ids.len() - 1];
    let transcript = tokenizer.decode(ids);
    assert_eq!(transcript.text, text);
    let reading =
        answer::Reading { prompt: Some(&prompt), ..answer::Reading::new(Task::CaptionToPhraseGrounding, [1000, 1000]) };
    let found = read_answer(&transcript, &reading).found;
    assert_eq!(found.len(), 3);
    let shown: Vec<(&str, &str)> = found
        .iter()
        .map(|found| (&text[found.words.range()], found.phrase.map_or("", |phrase| &prompt.text[phrase.range()])))
        .collect();
    assert_eq!(shown, [("a leaf", "a Leaf"), ("a leaf", "a Leaf"), ("coin", "coin")]);
    let written = |span: groundglass_language::Span| tokenizer.decode(&ids[span.range()]).text;
    for (found, locations) in found.iter().zip(["<loc_1><loc_2><loc_3><loc_4>", "<loc_9><loc_8><loc_7><loc_6>"]) {
        assert_eq!((written(found.word_tokens), written(found.location_tokens)), ("a leaf".into(), locations.into()));
    }
    // Each token is half as probable as it could be.
    let logs = vec![0.5_f32.ln(); ids.len()];
    let pieces = found[0].word_tokens.end - found[0].word_tokens.start + 4;
    let probability = found[0].probability(&logs).unwrap();
    assert!((probability - 0.5_f64.powi(i32::try_from(pieces).unwrap())).abs() < 1e-6);
    assert_eq!(found[2].probability(&logs[..3]), None);
    assert_eq!(Prompt::of_text("the coin").find("coin").unwrap().start, 4);
}
