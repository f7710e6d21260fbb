//! Tables as the field has them.
#![allow(clippy::unwrap_used)]

use super::BoxTable;
use crate::frame::Frame;
use crate::list::{AnnotationFormat, Probe};
use crate::reading::{Hints, Question, Reading};

fn read_with(text: &str, hints: &Hints) -> Reading {
    let probe = Probe::new("t.csv", text.as_bytes());
    assert!(BoxTable.recognises(&probe));
    BoxTable.read(&probe, hints).unwrap()
}

fn read(text: &str) -> Reading {
    read_with(text, &Hints::default())
}

/// Label and box of every mark, on images of 2000 x 1000 pixels where the table does not say another size.
fn boxes(mut reading: Reading) -> Vec<(String, [f64; 4])> {
    assert_eq!(reading.questions, []);
    for image in &mut reading.images {
        image.size.get_or_insert((2000, 1000));
    }
    let truths = reading.take_truths("t.csv");
    let regions = truths.into_iter().flatten().flat_map(|truth| truth.regions);
    regions.map(|region| (region.label, region.region.bounding_box.to_xywh())).collect()
}

fn messages(reading: &Reading) -> Vec<&str> {
    reading.problems.iter().map(|problem| problem.message.as_str()).collect()
}

#[test]
fn vindr() {
    let reading = read(
        "image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n\
         a,No finding,14,R11,,,,\na,No finding,14,R7,,,,\n\
         b,Cardiomegaly,3,R9,691,375,1653,831\nb,Aortic enlargement,0,R10,1264,743,1611,1019\nb,No finding,14,R8,,,,\n",
    );
    assert_eq!(reading.images[0].marks, Some(Vec::new()));
    let readers = |at: usize| reading.images[at].readers.iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!((readers(0), readers(1)), (vec!["R11", "R7"], vec!["R10", "R8", "R9"]));
    assert_eq!(reading.images[1].marks.as_ref().unwrap()[0].reader.as_deref(), Some("R9"));
    let classes = reading.classes.iter().map(|class| class.name.as_str()).collect::<Vec<_>>();
    assert_eq!(classes, ["Aortic enlargement", "Cardiomegaly"]);
    assert_eq!(messages(&reading), [""; 0]);
    assert_eq!(boxes(reading)[0], ("Cardiomegaly".to_owned(), [691.0, 375.0, 962.0, 456.0]));
}

#[test]
fn rsna() {
    let reading = read("patientId,x,y,width,height,Target\np1,,,,,0\np2,264.0,152.0,213.0,1379.0,1\n");
    assert_eq!(reading.images[0].marks, Some(Vec::new()));
    assert_eq!(boxes(reading), [("Target".to_owned(), [264.0, 152.0, 213.0, 1379.0])]);
}

#[test]
fn open_images() {
    let reading = read(
        "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf\n\
         0001,xclick,/m/01,1,0.25,0.5,0.1,0.3,0,0,1\n",
    );
    let mark = &reading.images[0].marks.as_ref().unwrap()[0];
    assert_eq!((mark.score, mark.crowd), (Some(1.0), true));
    assert_eq!(boxes(reading), [("/m/01".to_owned(), [500.0, 100.0, 500.0, 200.0])]);
}

#[test]
fn retinanet_without_a_header() {
    let reading = read("img/a.png,10,20,1110,40,cow\nimg/b.png,,,,,\n");
    assert_eq!((reading.images.len(), reading.images[1].marks.clone()), (2, Some(Vec::new())));
    assert_eq!(boxes(reading), [("cow".to_owned(), [10.0, 20.0, 1100.0, 20.0])]);
    let empty_first = read("img/b.png,,,,,\nimg/a.png,10,20,1110,40,cow\n");
    assert_eq!(empty_first.images.len(), 2);
}

#[test]
fn nih() {
    let reading = read(
        "Image Index,Finding Label,Bbox [x,y,w,h],,,\n00013118_008.png,Atelectasis,225.08,547.01,86.77,79.18,,,\n",
    );
    assert!(messages(&reading)[0].contains("could also be thousandths"));
    let read = boxes(reading);
    assert_eq!((read[0].0.as_str(), read[0].1[0]), ("Atelectasis", 225.08));
    assert!((read[0].1[2] - 86.77).abs() < 1e-9);
}

#[test]
fn tensorflow_has_the_size_of_the_image() {
    let reading = read("filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,640,480,RBC,1,2,30,40\n");
    assert_eq!(reading.images[0].size, Some((640, 480)));
    assert_eq!(messages(&reading), [""; 0]);
    assert_eq!(boxes(reading), [("RBC".to_owned(), [1.0, 2.0, 29.0, 38.0])]);
}

#[test]
fn shares_of_the_image_are_asked_for() {
    let text = "image;label;x_center;y_center;w;h\na;m;0.5;0.5;0.2;0.4\n";
    let reading = read(text);
    assert!(reading.images[0].marks.as_ref().unwrap()[0].edges.unwrap().frame.is_none());
    let [Question::Frame { candidates, examples, .. }] = &reading.questions[..] else { panic!() };
    assert_eq!((&candidates[..], examples[0].1), (&["unit_centre".to_owned()][..], [0.5, 0.5, 0.2, 0.4]));
    let hints = Hints { frame: Some(Frame::UNIT_CENTRE), ..Hints::default() };
    let read = boxes(read_with(text, &hints)).remove(0);
    assert!(read.1.iter().zip([800.0, 300.0, 400.0, 400.0]).all(|(one, other)| (one - other).abs() < 1e-9), "{read:?}");
}

#[test]
fn one_column_of_four_numbers_is_asked_for() {
    let text = "image_id,width,height,bbox\na,1024,1024,\"[834.0, 222.0, 56.0, 36.0]\"\nb,1024,1024,\"[1, 2]\"\n";
    let reading = read(text);
    let [Question::Frame { candidates, .. }] = &reading.questions[..] else { panic!() };
    assert_eq!(candidates[..2], ["pixel_corners", "pixel_size"]);
    assert_eq!(messages(&reading), ["t.csv: line 3 is left out: its box \"[1, 2]\" has 2 numbers, not 4"]);
    let hints = Hints { frame: Some(Frame::PIXEL_SIZE), ..Hints::default() };
    assert_eq!(boxes(read_with(text, &hints)), [("object".to_owned(), [834.0, 222.0, 56.0, 36.0])]);
}

#[test]
fn columns_without_a_name_of_their_own_are_asked_for_and_said() {
    let text = "scan,what,x_min,y_min,x_max,lower\na,m,10,20,3000,40\n";
    let reading = read(text);
    let [Question::Columns { missing, guessed, columns, .. }] = &reading.questions[..] else { panic!() };
    assert_eq!((&missing[..], columns.len()), (&["y_max".to_owned()][..], 6));
    assert_eq!(guessed["x_min"], "x_min");
    let said = |pairs: &[(&str, &str)]| Hints {
        columns: pairs.iter().map(|&(role, column)| (role.to_owned(), column.to_owned())).collect(),
        ..Hints::default()
    };
    let reading = read_with(text, &said(&[("y_max", "lower")]));
    let [Question::Columns { missing, .. }] = &reading.questions[..] else { panic!() };
    assert_eq!(missing[..], ["image"]);
    let hints = said(&[("y_max", "lower"), ("image", "scan"), ("label", "what")]);
    assert_eq!(boxes(read_with(text, &hints))[0].0, "m");
}

#[test]
fn faulty_rows_cost_themselves_alone() {
    let reading = read(
        "image,label,x_min,y_min,x_max,y_max,score\na,m,1,2,3000,4,0.5\na,m,1,2,3\n,m,1,2,3,4,1\na,m,1,2,x,4,1\n\
         a,m,1,,3,4,1\na,m,1,2,3,inf,1\na,m,,,,,\na,m,1,2,3,4,high\na,m,1,2,3,4,nan\n",
    );
    assert_eq!(
        messages(&reading),
        [
            "t.csv: line 3 is left out: it has 5 cells, the table has 7 columns",
            "t.csv: line 4 is left out: it names no image",
            "t.csv: line 5 is left out: its box holds \"x\", where a number should be",
            "t.csv: line 6 is left out: its box holds \"\", where a number should be",
            "t.csv: line 7 is left out: its box holds \"inf\", where a number should be",
            "t.csv: line 8 is left out: \"m\" has no box",
            "t.csv: line 9 is left out: its score holds \"high\", where a number should be",
        ]
    );
    let scores = reading.images[0].marks.as_ref().unwrap().iter().map(|mark| mark.score).collect::<Vec<_>>();
    assert_eq!(scores, [Some(0.5), None]);
}

#[test]
fn a_table_about_cases_is_kept_and_its_attributes_given() {
    let reading = read("case,truth,score_a,sex,age,site\na.png,1,0.5,F,61,north\nb.png,0,0.1,,50,\n");
    assert_eq!(reading.table.as_ref().unwrap().rows.len(), 2);
    assert_eq!((reading.images.len(), &reading.images[0].marks), (2, &None));
    let attributes = reading.images[0].attributes.iter().map(|(name, value)| format!("{name}={value}"));
    assert_eq!(attributes.collect::<Vec<_>>(), ["age=61", "sex=F", "site=north"]);
    assert_eq!(reading.images[1].attributes.len(), 1);
    let only_scores = read("case,score\na,0.5\n");
    assert!(only_scores.images.is_empty() && only_scores.table.is_some() && only_scores.questions.is_empty());
    let fixations = read("image,x,y,duration\na,10,20,0.5\n");
    assert!(fixations.table.is_some() && fixations.questions.is_empty());
    assert_eq!(read("what,ever\n1,2\n").questions.len(), 1);
}

#[test]
fn many_lines_take_little_time() {
    let mut text = "image_id,class_name,x_min,y_min,x_max,y_max\n".to_owned();
    for line in 0..300_000 {
        text += &format!("image{},c{},{},2,3000,40\n", line % 150_000, line % 7, line % 999);
    }
    let reading = read(&text);
    assert_eq!(reading.images.len(), 150_000);
    assert!(reading.images.iter().all(|image| image.marks.as_ref().unwrap().len() == 2));
}
