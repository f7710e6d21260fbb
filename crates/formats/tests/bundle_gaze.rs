//! Gaze fixations and sentences go through a bundle.
#![cfg(feature = "full")]
#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use groundglass_formats::{BundleLimits, CaseSet, GivenAs, Hints, OpenFile, Problem, unpack};
use image::{GrayImage, ImageFormat};
use proptest::prelude::*;
use serde_json::{Value, json};

const MANIFEST: &str = "groundglass-bundle.json";
/// One place outside of the image, and two that no short decimal holds.
const GAZE: &[u8] =
    b"image,x,y,duration,reader\na.png,0.1,0.7,1,r1\nb.png,3,4,2,r1\na.png,300.5,-2,1,r2\na.png,1.1,2.3,1,r2\n";
const SECOND: &[u8] = b"x_norm,y_norm,duration\n0.3333333333333333,0.1,1\n";
const SENTENCES: &[u8] =
    b"Volumename,Anatomy,Sentence\nb.png,cell,Round.\na.png,cell,\"A \"\"cell\"\".\"\na.png,,No effusion.\na.png,heart,Normal.\na.png,cell,Round.\na.png,cell,Round.\nv_9.png,lung,Lost.\n";
const TRUTH: &str = r#"{"images":[{"id":1,"file_name":"a.png","width":8,"height":6},{"id":2,"file_name":"b.png","width":8,"height":6}],
    "categories":[{"id":5,"name":"cell"}],
    "annotations":[{"id":1,"image_id":1,"category_id":5,"bbox":[1,1,2,2]},{"id":2,"image_id":2,"category_id":5,"bbox":[1,1,2,2]}]}"#;

fn picture(shade: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    GrayImage::from_pixel(8, 6, image::Luma([shade])).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

fn add(set: &mut CaseSet, path: &str, bytes: &[u8]) -> Vec<Problem> {
    set.add_annotations(path, bytes, &Hints::default()).unwrap()
}

fn set() -> CaseSet {
    let mut set = CaseSet::new();
    set.plan(&["a.png".to_owned(), "b.png".to_owned()]);
    add(&mut set, "t.json", TRUTH.as_bytes());
    add(&mut set, "gaze.csv", GAZE);
    add(&mut set, "a.csv", SECOND);
    add(&mut set, "report.csv", SENTENCES);
    set.add_image("a.png", &picture(9)).unwrap();
    set.add_image("b.png", &picture(8)).unwrap();
    set
}

fn written(set: &CaseSet) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    set.write_bundle(&mut out, None, None, None).unwrap();
    out.into_inner()
}

fn manifest(bundle: &[u8]) -> Vec<u8> {
    let mut found = Vec::new();
    unpack("x.zip", Box::new(Cursor::new(bundle)), BundleLimits::default(), &mut |path, reader| {
        if path == MANIFEST {
            reader.read_to_end(&mut found)?;
        }
        Ok(true)
    })
    .unwrap();
    found
}

/// The manifest of a set, changed.
fn changed(set: &CaseSet, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut value = serde_json::from_slice(&manifest(&written(set))).unwrap();
    change(&mut value);
    value.to_string().into_bytes()
}

fn opened(manifest: &[u8]) -> CaseSet {
    let mut set = CaseSet::new();
    assert_eq!(add(&mut set, MANIFEST, manifest), []);
    set
}

fn told(set: &CaseSet) -> Vec<String> {
    set.finish().into_iter().map(|problem| problem.message).collect()
}

/// What both say of gaze and sentences is the same, to the last bit.
fn same(one: &CaseSet, other: &CaseSet) {
    for name in ["a.png", "b.png"] {
        let bits = |set: &CaseSet| set.fixations(name).into_iter().flatten().map(f64::to_bits).collect::<Vec<_>>();
        assert_eq!(bits(one), bits(other), "{name}");
        assert_eq!(one.sentences(name).collect::<Vec<_>>(), other.sentences(name).collect::<Vec<_>>());
    }
    let counts = |set: &CaseSet| {
        let understood = set.understood(Vec::new());
        (understood.fixations, understood.sentences)
    };
    assert_eq!(counts(one), counts(other));
    assert_eq!(told(one), told(other));
}

#[test]
fn gaze_and_sentences_go_through_a_bundle_bit_for_bit() {
    let set = set();
    // In the order of the files' names: a third of 8 pixels, a tenth of 6, and then what the other file says.
    let places = set.fixations("a.png");
    assert_eq!(places.len(), 4);
    assert!((places[0][0] - 8.0 / 3.0).abs() < 1e-12 && places[2] == [300.5, -2.0]);
    assert_eq!((set.fixations("b.png").len(), set.sentences("a.png").count()), (1, 5));
    assert_eq!(
        told(&set),
        [
            "report.csv has a sentence about \"heart\" of a, which no mask shows",
            "report.csv has a sentence about v_9, which is not among the images",
        ]
    );
    let bundle = written(&set);
    let again = opened(&manifest(&bundle));
    same(&set, &again);
    assert_eq!(written(&again), bundle);
    // Once more, with its images.
    let mut twice = opened(&manifest(&written(&again)));
    for (name, shade) in [("a.png", 9), ("b.png", 8)] {
        assert!(twice.meet_header(&OpenFile::new(name, Box::new(Cursor::new(picture(shade)))).unwrap()));
    }
    same(&set, &twice);
    assert_eq!(written(&twice), bundle);
}

#[test]
fn durations_and_readers_are_kept_where_they_are_known() {
    let set = set();
    let fixations = |bundle: &[u8]| -> Value {
        serde_json::from_slice::<Value>(&manifest(bundle)).unwrap()["cases"][0]["fixations"].take()
    };
    let bundle = written(&set);
    let of_table = json!([
        {"at": [0.1, 0.7], "duration": 1.0, "reader": "r1"},
        {"at": [300.5, -2.0], "duration": 1.0, "reader": "r2"},
        {"at": [1.1, 2.3], "duration": 1.0, "reader": "r2"},
    ]);
    assert_eq!(fixations(&bundle)["gaze.csv"], of_table);
    assert_eq!(fixations(&bundle)["a.csv"][0]["duration"], 1.0);
    assert_eq!(fixations(&bundle)["a.csv"][0].get("reader"), None);
    assert_eq!(fixations(&written(&opened(&manifest(&bundle)))), fixations(&bundle));
    // A place alone stays one.
    let bare = changed(&set, |value| value["cases"][0]["fixations"] = json!({"gaze.csv": [[0.1, 0.7]]}));
    assert_eq!(fixations(&written(&opened(&bare))), json!({"gaze.csv": [[0.1, 0.7]]}));
}

#[test]
fn a_bundle_without_them_has_the_bytes_that_it_had() {
    let mut set = CaseSet::new();
    set.plan(&["a.png".to_owned(), "b.png".to_owned()]);
    add(&mut set, "t.json", TRUTH.as_bytes());
    set.add_image("a.png", &picture(9)).unwrap();
    let manifest = String::from_utf8(manifest(&written(&set))).unwrap();
    assert!(!manifest.contains("fixations") && !manifest.contains("sentences"), "{manifest}");
    let again = opened(manifest.as_bytes());
    assert_eq!((again.fixations("a.png"), again.understood(Vec::new()).sentences), (vec![], 0));
}

#[test]
fn a_bundle_that_is_read_again_says_nothing_twice() {
    let set = set();
    let manifest = manifest(&written(&set));
    let mut again = opened(&manifest);
    assert_eq!(again.read_again(MANIFEST, &manifest, &Hints::default()).unwrap(), []);
    same(&set, &again);
    // What it no longer says is forgotten.
    let bare = changed(&set, |value| {
        value["cases"][0].as_object_mut().unwrap().remove("fixations");
        value["sentences"] = json!([]);
    });
    again.read_again(MANIFEST, &bare, &Hints::default()).unwrap();
    assert_eq!((again.fixations("a.png").len(), again.fixations("b.png").len()), (0, 1));
    assert_eq!(again.understood(Vec::new()).sentences, 0);
}

#[test]
fn a_file_and_the_bundle_that_holds_it_count_once_in_any_order() {
    let (set, manifest) = (set(), manifest(&written(&set())));
    let mut after = opened(&manifest);
    add(&mut after, "folder/gaze.csv", GAZE);
    add(&mut after, "folder/a.csv", SECOND);
    add(&mut after, "folder/report.csv", SENTENCES);
    let mut before = CaseSet::new();
    before.plan(&["a.png".to_owned(), "b.png".to_owned()]);
    add(&mut before, "folder/gaze.csv", GAZE);
    add(&mut before, "folder/report.csv", SENTENCES);
    before.add_image("a.png", &picture(9)).unwrap();
    before.add_image("b.png", &picture(8)).unwrap();
    assert_eq!(add(&mut before, MANIFEST, &manifest), []);
    for other in [&after, &before] {
        assert_eq!(other.understood(Vec::new()).fixations, 5);
        assert_eq!(other.understood(Vec::new()).sentences, 7);
        assert_eq!(other.sentences("a.png").collect::<Vec<_>>(), set.sentences("a.png").collect::<Vec<_>>());
    }

    // Another file of the same name is another file.
    let other = changed(&set, |value| {
        value["data"]["gaze.csv"] = json!("00");
        value["data"]["report.csv"] = json!("01");
        value["cases"][0]["fixations"]["gaze.csv"] = json!([[1, 1]]);
    });
    let mut both = opened(&manifest);
    assert!(both.add_annotations("second/groundglass-bundle.json", &other, &Hints::default()).is_ok());
    assert_eq!((both.fixations("a.png").len(), both.understood(Vec::new()).sentences), (5, 14));
    let lost = "second/groundglass-bundle.json/report.csv has a sentence about v_9, which is not among the images";
    assert!(told(&both).iter().any(|told| told == lost), "{:?}", told(&both));
    same(&both, &opened(&self::manifest(&written(&both))));
}

#[test]
fn images_under_another_name_keep_what_was_said_of_them() {
    let manifest = manifest(&written(&set()));
    let mut set = CaseSet::new();
    set.add_image("photos/first.png", &picture(9)).unwrap();
    add(&mut set, MANIFEST, &manifest);
    assert_eq!((set.fixations("photos/first.png").len(), set.sentences("photos/first.png").count()), (4, 5));
    assert!(told(&set).iter().all(|told| !told.contains("about a,")), "{:?}", told(&set));
    same(&set, &opened(&self::manifest(&written(&set))));
}

#[test]
fn predictions_hold_no_gaze_and_truths_do() {
    let manifest = manifest(&written(&set()));
    for (given_as, count) in [(GivenAs::Findings, 0), (GivenAs::Truth, 4), (GivenAs::Reader("ann".to_owned()), 4)] {
        let mut set = CaseSet::new();
        set.give_as(given_as);
        add(&mut set, MANIFEST, &manifest);
        assert_eq!(set.fixations("a.png").len(), count);
        assert_eq!(set.understood(Vec::new()).sentences, if count > 0 { 7 } else { 0 });
    }
}

#[test]
fn a_fault_costs_one_case_or_one_sentence() {
    let set = set();
    let faults = [
        json!({"gaze.csv": [[1, 2, 3]]}),
        json!({"gaze.csv": [[1, "2"]]}),
        json!({"gaze.csv": [[1, null]]}),
        json!({"gaze.csv": [1, 2]}),
        json!({"gaze.csv": [{"duration": 1}]}),
        json!({"gaze.csv": [{"at": [1, 2], "duration": "long"}]}),
        json!([[1, 2]]),
    ];
    for fault in faults {
        let manifest = changed(&set, |value| value["cases"][0]["fixations"] = fault.clone());
        let mut again = CaseSet::new();
        let told = add(&mut again, MANIFEST, &manifest);
        assert_eq!((told.len(), again.cases().len()), (1, 1), "{fault}: {told:?}");
        assert!(told[0].message.starts_with("groundglass-bundle.json: cases[0] is left out: "), "{told:?}");
        assert_eq!(again.fixations("b.png"), [[3.0, 4.0]]);
    }
    // Larger than any number is no number.
    let manifest = String::from_utf8(manifest(&written(&set))).unwrap().replace("300.5", "1e999");
    assert_eq!(add(&mut CaseSet::new(), MANIFEST, manifest.as_bytes()).len(), 1);
    let manifest = changed(&set, |value| {
        value["sentences"][0]["image"] = json!("");
        value["sentences"][1] = json!("x");
    });
    let mut again = CaseSet::new();
    let told = add(&mut again, MANIFEST, &manifest);
    assert_eq!((told.len(), again.understood(Vec::new()).sentences, again.cases().len()), (2, 5, 2));
    assert!(told[0].message.contains("sentences[0] is left out: it has the image \"\""), "{told:?}");
}

proptest! {
    #[test]
    fn any_places_come_back_bit_for_bit(places in proptest::collection::vec(any::<[f64; 2]>(), 1..9)) {
        let finite: Vec<[f64; 2]> = places.into_iter().filter(|at| at.iter().all(|number| number.is_finite())).collect();
        let manifest = json!({"schema": "groundglass.bundle/1", "cases": [
            {"name": "a.png", "width": 8, "height": 6, "fixations": {"g.csv": finite}}]});
        let set = opened(manifest.to_string().as_bytes());
        let again = opened(&self::manifest(&written(&set)));
        let bits = |set: &CaseSet| set.fixations("a.png").into_iter().flatten().map(f64::to_bits).collect::<Vec<_>>();
        prop_assert_eq!(bits(&again), finite.into_iter().flatten().map(f64::to_bits).collect::<Vec<_>>());
    }

    #[test]
    fn mutated_manifests_never_panic(at in any::<prop::sample::Index>(), value in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = manifest(&written(&set()));
        let at = at.index(bytes.len());
        bytes[at] = value;
        if cut {
            bytes.truncate(at);
        }
        let mut set = CaseSet::new();
        let _ = set.add_annotations(MANIFEST, &bytes, &Hints::default());
        let _ = set.add_image("a.png", &picture(9));
        let _ = set.add_annotations("other/groundglass-bundle.json", &bytes, &Hints::default());
        set.finish();
        written(&set);
    }
}

#[test]
fn tables_about_cases_go_through_a_bundle_and_count_once() {
    const SCORES: &[u8] = b"image,score_cell\na.png,0.25\nb.png,0.5\n";
    let mut whole = set();
    add(&mut whole, "scores.csv", SCORES);
    let bytes = manifest(&written(&whole));
    let again = opened(&bytes);
    assert_eq!(again.tables(), whole.tables());
    assert_eq!(again.tables().len(), 1);
    assert_eq!(manifest(&written(&again)), bytes);
    // The file itself, under another name, stands over what the bundle holds of it, in either order.
    let mut beside = opened(&bytes);
    add(&mut beside, "other.csv", SCORES);
    assert_eq!(beside.tables().iter().map(|table| table.file.as_str()).collect::<Vec<_>>(), ["other.csv"]);
    let mut before = CaseSet::new();
    add(&mut before, "other.csv", SCORES);
    add(&mut before, MANIFEST, &bytes);
    assert_eq!(before.tables().iter().map(|table| table.file.as_str()).collect::<Vec<_>>(), ["other.csv"]);
    // Read again it is there once, and a row of another length costs its table.
    let mut twice = opened(&bytes);
    twice.read_again(MANIFEST, &bytes[..], &Hints::default()).unwrap();
    assert_eq!(twice.tables(), whole.tables());
    let broken = changed(&whole, |value| value["tables"][0]["rows"][1] = json!(["b.png"]));
    let mut set = CaseSet::new();
    let told = add(&mut set, MANIFEST, &broken);
    assert!(told[0].message.contains("tables[0] is left out: row 2 of scores.csv has 1 cells where 2"), "{told:?}");
    assert!(set.tables().is_empty() && set.case("a.png").is_some());
}
