//! Faulty files of every form: read around the fault or refused with a sentence, without a panic, in little time.
#![cfg(feature = "full")]
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use groundglass_formats::{AnnotationFormat, FORMATS, FormatError, Hints, Probe, Reading, format_of};
use proptest::prelude::*;

/// A file of each form that other tools have written, and some by hand.
fn files() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/annotations");
    let names = [
        "voc/a.xml",
        "cvat/train.xml",
        "labelme/a.json",
        "labelme_old/c.xml",
        "qupath/slide.geojson",
        "qupath/list.json",
        "chexlocalize/annotations.json",
        "chexlocalize/segmentations.json",
        "yolo/a.txt",
        "yolo/obj.names",
        "ultralytics/data.yaml",
        "tables/vindr.csv",
        "tables/open_images.csv",
        "tables/tabs.tsv",
    ];
    let read = |name: &str| (name.to_owned(), std::fs::read(folder.join(name)).unwrap());
    let mut files = names.map(read).to_vec();
    for (name, text) in [
        (
            "via.json",
            r#"{"a":{"filename":"a.png","regions":[{"shape_attributes":{"name":"ellipse","cx":9,"cy":8,"rx":4,"ry":2,"theta":0.3},"region_attributes":{"t":"x"}}],"file_attributes":{}}}"#,
        ),
        (
            "via.csv",
            "filename,file_attributes,region_shape_attributes,region_attributes\na.png,{},\"{\"\"name\"\":\"\"rect\"\",\"\"x\"\":1,\"\"y\"\":2,\"\"width\"\":3,\"\"height\"\":4}\",{}\n",
        ),
        ("v/1.txt", "17 2 4 9 0.5 0.5 0.2 0.4\n3 0 1 2 0.1 0.1 0.1 0.1 0.5\n"),
        (
            "mask.xml",
            "<annotations><image name='a' width='12' height='10'><mask label='c' rle='1,2,3' left='2' top='3' width='3' height='2'/></image></annotations>",
        ),
        ("boxes.csv", "image_id,width,height,bbox\na,1024,1024,\"[834.0, 222.0, 56.0, 36.0]\"\n"),
        ("case.csv", "case,truth,sex\na,1,F\n"),
    ] {
        files.push((name.to_owned(), text.as_bytes().to_vec()));
    }
    files
}

/// Reads with one form and places what came on images of ordinary sizes.
fn place(format: &dyn AnnotationFormat, probe: &Probe<'_>) -> Result<Reading, FormatError> {
    let mut reading = format.read(probe, &Hints::default())?;
    for image in &mut reading.images {
        // An image that is said to be huge is met by the door's own limits.
        image.size = image.size.filter(|size| size.0.saturating_mul(size.1) < 1 << 22).or(Some((40, 30)));
    }
    reading.take_truths(probe.path());
    Ok(reading)
}

/// Reads with every form, whether it thinks the file its own or not.
fn read_all(name: &str, bytes: &[u8]) {
    let probe = Probe::new(name, bytes);
    let _ = format_of(&probe);
    for format in FORMATS {
        if let Err(error) = place(*format, &probe) {
            assert!(error.to_string().contains(name), "{}: {error}", format.id());
        }
    }
}

#[test]
fn each_form_knows_its_own() {
    let known = files().into_iter().map(|(name, bytes)| {
        let probe = Probe::new(&name, &bytes);
        let format = format_of(&probe).unwrap_or_else(|| panic!("{name} is of no form"));
        place(format, &probe).unwrap();
        format.id()
    });
    let mut known = known.collect::<Vec<_>>();
    known.sort_unstable();
    known.dedup();
    let wanted = [
        "chexlocalize",
        "csv",
        "cvat",
        "labelme",
        "prostatd",
        "qupath",
        "via",
        "via_csv",
        "voc",
        "yolo",
        "yolo_classes",
    ];
    assert_eq!(known, wanted);
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300), extension in "json|xml|txt|csv|yaml|geojson") {
        read_all(&format!("any.{extension}"), &bytes);
    }

    #[test]
    fn any_text_of_their_own_letters(text in "[<>/&;a\"'={}\\[\\],:0-9. \n-]{0,200}", extension in "json|xml|txt|csv|yaml") {
        read_all(&format!("any.{extension}"), text.as_bytes());
    }

    /// Bytes changed, cut out and doubled, and numbers made huge.
    #[test]
    fn mutated_files(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..5_u8), 1..6),
    ) {
        let files = files();
        let (name, mut bytes) = files[which.index(files.len())].clone();
        for (at, byte, kind) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => drop(bytes.drain(at..(at + usize::from(byte)).min(bytes.len()))),
                2 => {
                    let part = bytes[at..(at + usize::from(byte)).min(bytes.len())].to_vec();
                    bytes.splice(at..at, part);
                }
                3 => bytes.truncate(at),
                _ => {
                    let digit = (at..bytes.len()).find(|&at| bytes[at].is_ascii_digit()).unwrap_or(at);
                    let huge = ["-1", "1e308", "99999999999999999999", "NaN", "4294967295", "0"][usize::from(byte) % 6];
                    bytes.splice(digit..digit + 1, huge.bytes());
                }
            }
        }
        read_all(&name, &bytes);
    }
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{\"shapes\":", "}"), ("{\"type\":1,\"features\":", "}"), ("<annotation>", "")] {
        let bytes = format!("{}{}", open.repeat(100_000), close.repeat(100_000)).into_bytes();
        read_all("deep.json", &bytes);
        read_all("deep.xml", &bytes);
    }
    let deep = format!("{{\"shapes\":{}{},\"version\":1}}", "[".repeat(100_000), "]".repeat(100_000));
    let probe = Probe::new("deep.json", deep.as_bytes());
    let error = format_of(&probe).unwrap().read(&probe, &Hints::default()).unwrap_err();
    assert!(error.to_string().starts_with("deep.json is not valid JSON: recursion limit exceeded"), "{error}");
}

#[test]
fn an_entity_bomb_costs_no_memory() {
    let mut bomb = "<!DOCTYPE a [<!ENTITY l0 \"lollollol\">".to_owned();
    for level in 1..30 {
        bomb += &format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10));
    }
    bomb += "]><annotation><filename>&l29;</filename><object><name>&l29;</name><bndbox><xmin>1</xmin><ymin>1</ymin>\
             <xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>";
    let probe = Probe::new("bomb.xml", bomb.as_bytes());
    let reading = format_of(&probe).unwrap().read(&probe, &Hints::default()).unwrap();
    assert_eq!(reading.images[0].marks.as_ref().unwrap()[0].label, "&l29;");
}

#[test]
fn a_mask_bomb_is_refused() {
    let read = |width: u32, count: usize| {
        let mask = format!("<mask label='c' rle='0,{width}' left='0' top='0' width='{width}' height='1'/>");
        let masks = mask.repeat(count);
        let text = format!("<annotations><image name='a' width='{width}' height='1'>{masks}</image></annotations>");
        let probe = Probe::new("a.xml", text.as_bytes());
        let reading = format_of(&probe).unwrap().read(&probe, &Hints::default()).unwrap();
        (reading.images[0].marks.as_ref().unwrap().len(), reading.problems)
    };
    assert_eq!(read(1000, 3), (3, Vec::new()));
    let (none, problems) = read(u32::MAX, 2);
    assert_eq!((none, problems.len()), (0, 2));
    assert!(problems[0].message.ends_with("its mask has 4294967295 pixels, at most 100000000 are read"));
    // Nor many large ones.
    let (few, problems) = read(30_000_000, 40);
    assert!(few < 10 && !problems.is_empty(), "{few}");
    assert!(problems[0].message.ends_with("larger than a file of its length may have them"), "{}", problems[0].message);
}

/// Files of hundreds of thousands of lines and entries.
#[test]
fn many_entries_take_little_time() {
    let lines = |line: &str, count: usize| line.repeat(count);
    let joined = |part: &str, count: usize| vec![part; count].join(",");
    type Make<'a> = Box<dyn Fn(usize) -> String + 'a>;
    let makes: [(&str, Make<'_>); 7] = [
        ("a.txt", Box::new(|count| lines("0 0.1 0.1 0.1 0.1\n", count))),
        ("a.csv", Box::new(|count| format!("image,x_min,y_min,x_max,y_max\n{}", lines("a,1,2,3000,4\n", count)))),
        (
            "a.xml",
            Box::new(|count| {
                let object = "<object><name>a</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>";
                format!("<annotation>{}</annotation>", lines(object, count / 4))
            }),
        ),
        (
            "cvat.xml",
            Box::new(|count| {
                let shape = "<box label='a' xtl='1' ytl='1' xbr='9' ybr='9'/>";
                format!(
                    "<annotations><image name='a' width='90' height='90'>{}</image></annotations>",
                    lines(shape, count)
                )
            }),
        ),
        (
            "a.geojson",
            Box::new(|count| {
                let feature = r#"{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[1,1],[5,1],[5,5]]]},"properties":{}}"#;
                format!("[{}]", joined(feature, count / 4))
            }),
        ),
        (
            "labelme.json",
            Box::new(|count| {
                let shape = r#"{"label":"a","points":[[1,1],[5,1],[5,5]],"shape_type":"polygon"}"#;
                format!("{{\"version\":1,\"shapes\":[{}]}}", joined(shape, count / 4))
            }),
        ),
        ("broken.xml", Box::new(|count| format!("<annotation {}><object/></annotation>", lines("a='b' ", count)))),
    ];
    for (name, make) in makes {
        let text = make(400_000);
        let probe = Probe::new(name, text.as_bytes());
        let start = Instant::now();
        let _ = format_of(&probe).unwrap().read(&probe, &Hints::default());
        // All take less than a second on one slow core; with the square of their number it would be minutes.
        assert!(start.elapsed() < Duration::from_secs(20), "{name}: {:?}", start.elapsed());
    }
}
