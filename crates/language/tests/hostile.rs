//! Files and texts from anywhere: nothing panics, and what is refused is named.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use groundglass_formats::{Syntax, parse_grounded};
use groundglass_language::{
    Flavour, Knowledge, LanguageError, Prompt, Shape, Task, Tokenizer, Transcript, answer, read_answer, repair_labels,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn file() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/language/tokenizer.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn load(file: &Value, image: Option<u32>) -> Result<Tokenizer, LanguageError> {
    Tokenizer::from_json("t.json", file.to_string().as_bytes(), image)
}

fn refused(change: impl FnOnce(&mut Value)) -> String {
    let mut file = file();
    change(&mut file);
    load(&file, None).err().unwrap().to_string()
}

fn base() -> u32 {
    u32::try_from(file()["model"]["vocab"].as_object().unwrap().len()).unwrap()
}

#[test]
fn a_tokenizer_of_another_kind_is_refused_by_name() {
    let cases = [
        (refused(|file| file["model"]["type"] = json!("Unigram")), "\"model.type\" is \"Unigram\", not \"BPE\""),
        (refused(|file| file["normalizer"] = json!({"type": "NFC"})), "\"normalizer\" is \"NFC\", not null"),
        (
            refused(|file| file["pre_tokenizer"]["type"] = json!("Split")),
            "\"pre_tokenizer\" is \"Split\", not \"ByteLevel\"",
        ),
        (refused(|file| file["decoder"] = Value::Null), "\"decoder\" is missing, not \"ByteLevel\""),
        (
            refused(|file| file["pre_tokenizer"]["add_prefix_space"] = json!(true)),
            "\"pre_tokenizer.add_prefix_space\" is true, not false",
        ),
        (
            refused(|file| file["model"]["dropout"] = json!(0.1)),
            "\"model.dropout\" is 0.1, not null: tokens may not depend on chance",
        ),
        (
            refused(|file| file["model"]["end_of_word_suffix"] = json!("</w>")),
            "\"model.end_of_word_suffix\" is \"</w>\", not empty",
        ),
        (
            refused(|file| file["model"]["merges"][1] = json!("ab")),
            "\"model.merges\"[1] is \"ab\", not two tokens with a space between",
        ),
        (
            refused(|file| file["model"]["merges"][1] = json!(["Z", "Z"])),
            "\"ZZ\" in \"model.merges\"[1] is no token, not one of \"model.vocab\"",
        ),
        (refused(|file| file["added_tokens"][0]["id"] = json!(7)), "the id of the added token <s> is 0, not 7"),
        (
            refused(|file| file["added_tokens"][0]["content"] = json!("")),
            "the added token with id 0 is empty, not a text",
        ),
    ];
    for (message, expected) in cases {
        assert_eq!(message, format!("t.json: {expected}"));
    }
    let lost = refused(|file| {
        let vocabulary = file["model"]["vocab"].as_object_mut().unwrap();
        let id = vocabulary.remove("!").unwrap();
        vocabulary.insert("!!!!!!".to_owned(), id);
    });
    assert_eq!(lost, "t.json: the token \"!\", which stands for a byte, is missing, not in \"model.vocab\"");
    let beyond = refused(|file| file["model"]["vocab"]["!"] = json!(4_000_000_000_u32));
    assert!(beyond.starts_with("t.json: the id of \"!\" is 4000000000, not below"), "{beyond}");
    let twice = refused(|file| file["model"]["vocab"]["!"] = json!(0));
    assert!(twice.contains("is 0, which another token has, not an id of its own"), "{twice}");
    let broken = Tokenizer::from_json("t.json", b"{\"model\": {", None).err().unwrap();
    assert_eq!((broken.kind(), broken.to_string().contains("at line 1, column")), ("invalid_json", true));
}

#[test]
fn added_tokens_that_the_file_has_are_checked() {
    let base = base();
    let all = ["<od>", "</od>", "<ocr>", "</ocr>"].map(str::to_owned).into_iter();
    let all: Vec<String> = all.chain((0..1000).map(|bin| format!("<loc_{bin}>"))).collect();
    let with = |tokens: &[String]| {
        let mut file = file();
        let added = file["added_tokens"].as_array_mut().unwrap();
        added.extend((base..).zip(tokens).map(|(id, token)| json!({"id": id, "content": token, "special": true})));
        file
    };
    // The first of them in the file and the rest added is what they are together.
    let some = load(&with(&all), None).unwrap();
    assert_eq!(some.vocabulary(), load(&file(), None).unwrap().vocabulary());
    assert_eq!(some.location(0), Some(base + 4));
    let swapped: Vec<String> = all.iter().rev().cloned().collect();
    let message = load(&with(&swapped), None).err().unwrap().to_string();
    assert_eq!(message, format!("t.json: the id of the added token <od> is {}, not {base}", base + 1003));
    // An unknown token where Florence-2's should begin.
    let message = load(&with(&["<x>".to_owned()]), None).err().unwrap().to_string();
    assert_eq!(message, format!("t.json: the id of the added token <od> is {}, not {base}", base + 1));
    let message = load(&file(), Some(7)).err().unwrap().to_string();
    assert_eq!(message, format!("t.json: the id of the added token <image> is {}, not 7", base + 1024));
    // Newer files hold merges as pairs.
    let mut pairs = file();
    for merge in pairs["model"]["merges"].as_array_mut().unwrap() {
        *merge = merge.as_str().unwrap().split(' ').collect();
    }
    let text = "Locate the nucleus";
    assert_eq!(load(&pairs, None).unwrap().encode(text), load(&file(), None).unwrap().encode(text));
}

#[test]
fn a_long_text_is_refused_and_a_long_blank_is_not_slow() {
    let tokenizer = load(&file(), None).unwrap();
    let long = tokenizer.encode(&"a".repeat(70_000)).unwrap_err();
    assert_eq!(long.to_string(), "the prompt has 70000 bytes; at most 65536 are read");
    for text in [" ".repeat(60_000), "a".repeat(60_000), "\u{1F600}".repeat(15_000), "<loc_1>".repeat(8_000)] {
        let ids = tokenizer.encode(&text).unwrap();
        assert_eq!(tokenizer.decode(&ids).text, format!("<s>{text}</s>"));
    }
}

#[test]
fn faults_of_an_answer_are_told() {
    let notes =
        |task, text: &str| read_answer(&Transcript::of_text(text), &answer::Reading::new(task, [100, 100])).notes;
    let grounding = Task::CaptionToPhraseGrounding;
    assert_eq!(
        notes(grounding, "cat<loc_1><loc_2><loc_3><loc_4><loc_5>"),
        ["the 5 locations after \"cat\" are not groups of four; the last 1 are left out"]
    );
    assert_eq!(notes(grounding, "it<loc_1><loc_2><loc_3><loc_4>"), ["\"it\" names nothing, so its boxes are left out"]);
    assert_eq!(
        notes(grounding, "a\nb<loc_1><loc_2><loc_3><loc_4>"),
        ["\"a\nb\" has more than one line, and what is behind it is left out"]
    );
    assert_eq!(
        notes(grounding, "cat<loc_1><loc_2>"),
        ["2 of the locations belong to no phrase with enough of them, and are left out"]
    );
    assert_eq!(
        notes(grounding, "a<loc_3>dog<loc_1><loc_2><loc_3><loc_4>"),
        [
            "the label \"loc_3>dog\" begins with the rest of a location, as the reference reads it",
            "1 of the locations belong to no phrase with enough of them, and are left out"
        ]
    );
    assert_eq!(notes(grounding, &"it<loc_1><loc_2><loc_3><loc_4>".repeat(99)).len(), 33);
    assert!(notes(grounding, "cat<loc_1><loc_2><loc_3><loc_4>").is_empty());
}

#[test]
fn locations_beyond_the_last_stay_in_the_image() {
    let read = |task, text: &str| read_answer(&Transcript::of_text(text), &answer::Reading::new(task, [1000, 1000]));
    let found = read(Task::ObjectDetection, "a<loc_0><loc_0><loc_1000><loc_999>b<loc_1><loc_2><loc_3><loc_1001>");
    assert_eq!(found.found.len(), 1);
    assert_eq!(found.found[0].shape, Shape::Box([0.0, 0.0, 999.0, 999.0]));
    let note = "<loc_1001> is no location, which go from 0 to 999; what it belongs to is left out";
    assert_eq!(found.notes, [note]);
    let far = format!("<loc_1><loc_2><loc_3><loc_{}>", "9".repeat(50));
    assert_eq!(read(Task::RegionProposal, &far).found, []);
    let outlines =
        "<poly><loc_1><loc_2><loc_3><loc_4><loc_5><loc_6><sep><loc_1001><loc_1><loc_2><loc_3><loc_4><loc_5></poly>";
    let found = read(Task::ReferringExpressionSegmentation, outlines);
    assert!(matches!(&found.found[0].shape, Shape::Polygons(outlines) if outlines.len() == 1));
}

#[test]
fn what_is_said_twice_is_kept_twice() {
    let text = "mass<loc_1><loc_2><loc_3><loc_4>mass<loc_1><loc_2><loc_3><loc_4>";
    let found =
        read_answer(&Transcript::of_text(text), &answer::Reading::new(Task::CaptionToPhraseGrounding, [10, 10]));
    assert_eq!(found.found.len(), 2);
    assert_eq!(found.found[0].shape, found.found[1].shape);
}

/// Pieces of answers, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => (0_u32..1000).prop_map(|bin| format!("<loc_{bin}>")),
        1 => any::<u64>().prop_map(|bin| format!("<loc_{bin}>")),
        2 => "[a-z ]{1,8}",
        1 => "\\PC{0,4}",
        2 => prop::sample::select(vec![
            "<s>", "</s>", "<pad>", "<sep>", "<poly>", "</poly>", "<od>", "<loc_", "<", ">", "loc_1>", "\n", "\u{e9}", "it",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn read_everything(transcript: &Transcript, size: [u32; 2]) {
    let prompt = Prompt::of_text("Locate a nodule, it and \u{e9}.");
    for named in &Task::ALL {
        for (flavour, _) in Flavour::ALL {
            let reading = answer::Reading { flavour, prompt: Some(&prompt), ..answer::Reading::new(named.task, size) };
            let answer = read_answer(transcript, &reading);
            for found in &answer.found {
                assert!(transcript.text.get(found.words.range()).is_some());
                assert!(transcript.tokens.get(found.word_tokens.range()).is_some());
                assert!(transcript.tokens.get(found.location_tokens.range()).is_some());
                let points: Vec<[f64; 2]> = match &found.shape {
                    Shape::Box([left, top, right, bottom]) => vec![[*left, *top], [*right, *bottom]],
                    Shape::Polygons(outlines) => outlines.concat(),
                    Shape::Quad(corners) => corners.to_vec(),
                };
                let inside = |[across, down]: &[f64; 2]| {
                    (0.0..=f64::from(size[0])).contains(across) && (0.0..=f64::from(size[1])).contains(down)
                };
                assert!(points.iter().all(inside));
            }
            assert!(answer.notes.len() <= 33);
            let labels: Vec<&str> = answer.found.iter().map(|found| found.label.as_str()).take(20).collect();
            assert_eq!(repair_labels(&labels, &["nodule", "mass"]).classes.len(), labels.len());
        }
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in pieces(), width in 0_u32..5000, height in 0_u32..5000) {
        read_everything(&Transcript::of_text(&text), [width, height]);
    }

    #[test]
    fn no_ids_break_the_reader(ids in prop::collection::vec(prop_oneof![0_u32..1500, any::<u32>()], 0..80)) {
        thread_local!(static TOKENIZER: Tokenizer = load(&file(), None).unwrap());
        TOKENIZER.with(|tokenizer| {
            let transcript = tokenizer.decode(&ids);
            assert_eq!(transcript.tokens.len(), ids.len());
            let mut stream = tokenizer.stream();
            let mut followed: String = ids.iter().map(|&id| stream.push(id)).collect();
            followed.push_str(&stream.finish());
            assert_eq!(&followed, &transcript.text);
            read_everything(&transcript, [512, 512]);
        });
    }

    #[test]
    fn text_comes_back_from_its_ids(text in "\\PC{0,60}") {
        thread_local!(static TOKENIZER: Tokenizer = load(&file(), None).unwrap());
        // `<mask>` takes the space before it, as BART's does.
        prop_assume!(!text.contains("<mask>"));
        TOKENIZER.with(|tokenizer| {
            let ids = tokenizer.encode(&text).unwrap();
            assert_eq!(tokenizer.decode(&ids).text, format!("<s>{text}</s>"));
        });
    }

    #[test]
    fn a_well_formed_answer_reads_as_in_files(
        phrases in prop::collection::vec(("[a-hj-z][a-z]{2,8}( [a-z]{3,6})?", prop::collection::vec(prop::array::uniform4(0_u32..1000), 1..4)), 0..5),
    ) {
        prop_assume!(phrases.iter().all(|(words, _)| !answer::NAMES_NOTHING.contains(&words.as_str())));
        let locations = |bins: &[u32; 4]| bins.map(|bin| format!("<loc_{bin}>")).concat();
        let text: String = phrases
            .iter()
            .map(|(words, boxes)| format!("{words}{}", boxes.iter().map(locations).collect::<String>()))
            .collect();
        let reading = answer::Reading { flavour: Flavour::Microsoft, ..answer::Reading::new(Task::CaptionToPhraseGrounding, [1000, 1000]) };
        let answer = read_answer(&Transcript::of_text(&format!("</s><s>{text}</s>")), &reading);
        let marks = parse_grounded(&text, Some(Syntax::Florence)).marks;
        assert_eq!(answer.notes, [""; 0]);
        assert_eq!(answer.found.len(), marks.len());
        for (found, mark) in answer.found.iter().zip(&marks) {
            assert_eq!(found.label, mark.label);
            let middles = mark.edges.unwrap().numbers.map(|bin| bin + 0.5);
            assert_eq!(found.shape, Shape::Box(middles));
        }
    }

    #[test]
    fn no_bytes_break_a_tokenizer(at in 0_usize..5000, byte in any::<u8>()) {
        let mut bytes = file().to_string().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(tokenizer) = Tokenizer::from_json("t.json", &bytes, None) {
            let _ = tokenizer.encode("a nucleus <loc_5>");
        }
    }

    #[test]
    fn no_bytes_break_a_list(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[-:?&*!|>'\"{}\\[\\],#%@a-c0 \n\t~]{0,80}") {
        let _ = Knowledge::read("a.yaml", &bytes);
        let _ = Knowledge::read("a.json", &bytes);
        let _ = Knowledge::read("a.yaml", text.as_bytes());
    }
}
