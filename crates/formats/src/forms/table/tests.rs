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
    // The confidence of the truth is always 1; that of a model is not.
    assert_eq!((mark.score, mark.crowd), (None, true));
    assert_eq!(boxes(reading), [("/m/01".to_owned(), [500.0, 100.0, 500.0, 200.0])]);
    let found =
        read("ImageID,LabelName,XMin,XMax,YMin,YMax,Confidence\na,x,0.2,0.5,0.1,0.3,1\na,x,0.2,0.5,0.1,0.3,0.5\n");
    let scores = found.images[0].marks.iter().flatten().map(|mark| mark.score).collect::<Vec<_>>();
    assert_eq!(scores, [Some(1.0), Some(0.5)]);
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
    assert_eq!(
        messages(&reading),
        [
            "t.csv: line 3 is left out: its box \"[1, 2]\" has 2 numbers, not 4",
            "t.csv: no column of it says the class of a box; all are \"object\"",
        ]
    );
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
fn columns_say_the_layout_and_a_frame_the_unit() {
    let hinted = |text: &str, frame: &str| {
        let reading = read_with(text, &Hints { frame: Frame::of_name(frame), ..Hints::default() });
        let told = messages(&reading).into_iter().map(str::to_owned).collect::<Vec<_>>();
        let [x, y, width, height] = boxes(reading).remove(0).1.map(|number| (number * 1e6).round() / 1e6);
        ([x, y, width, height], told)
    };
    let sizes = "image,x,y,w,h,label\na.png,0.1,0.2,0.3,0.4,c\n";
    assert_eq!(hinted(sizes, "unit_size"), ([200.0, 200.0, 600.0, 400.0], Vec::new()));
    // x and y alone may be the middle.
    assert_eq!(hinted(sizes, "unit_centre"), ([-100.0, 0.0, 600.0, 400.0], Vec::new()));
    let contradiction = |said: &str, named: &str| {
        format!(
            "t.csv: its columns say {said}, the frame that was named says {named}; the columns count, and of the frame the \
             unit and the origin"
        )
    };
    let (corners, lengths) = ("left, top, right, bottom", "left, top, width, height");
    assert_eq!(hinted(sizes, "unit_corners"), ([200.0, 200.0, 600.0, 400.0], vec![contradiction(lengths, corners)]));
    let thousandths = "image,x,y,w,h,label\na.png,100,200,300,400,c\n";
    assert_eq!(hinted(thousandths, "thousand").0, [200.0, 200.0, 600.0, 400.0]);
    let named = "image,xmin,ymin,xmax,ymax,label\na.png,10,20,30,50,c\n";
    assert_eq!(hinted(named, "pixel_size"), ([10.0, 20.0, 20.0, 30.0], vec![contradiction(corners, lengths)]));
    // From below, the corner is the lower one.
    assert_eq!(hinted(sizes, "lower_left").0, [200.0, 400.0, 600.0, 400.0]);
    let [Question::Frame { candidates, .. }] = &read(sizes).questions[..] else { panic!() };
    assert_eq!(candidates[..], ["pixel_size", "unit_size", "unit_centre"]);
}

#[test]
fn decimal_commas_are_read_and_told_once() {
    let reading = read("sep=;\nimage;label;xmin;ymin;xmax;ymax;score\na;c;1,5;2,5;1100,5;20;0,9\na;c;1,5;x;3;4;0,9\n");
    let mark = &reading.images[0].marks.as_ref().unwrap()[0];
    assert_eq!((mark.edges.unwrap().numbers, mark.score), ([1.5, 2.5, 1100.5, 20.0], Some(0.9)));
    assert_eq!(
        messages(&reading),
        [
            "t.csv: its numbers have a decimal comma: \"3,5\" is read as 3.5",
            "t.csv: line 4 is left out: its box holds \"x\", where a number should be",
        ]
    );
    let thousands = read("image;label;xmin;ymin;xmax;ymax\na;c;1;2;1,100;20\n");
    assert!(messages(&thousands)[0].contains("\"1,100\", where a number"));
    let utf16 = "\u{feff}image\tlabel\txmin\tymin\txmax\tymax\na\tL\u{e4}sion\t1\t2\t1100,5\t20\n".encode_utf16();
    let utf16 = utf16.flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let reading = BoxTable.read(&Probe::new("t.csv", &utf16), &Hints::default()).unwrap();
    assert_eq!(boxes(reading), [("L\u{e4}sion".to_owned(), [1.0, 2.0, 1099.5, 18.0])]);
}

#[test]
fn a_label_of_no_finding_is_no_box() {
    let reading = read(
        "image,label,xmin,ymin,xmax,ymax\na,No findings,,,,\nb,No Finding,0,0,1,1\nc,nan,,,,\nd,normal,1,2,1100,20\n\
         e,0,1,2,1100,20\n",
    );
    let counts = reading.images.iter().map(|image| image.marks.as_ref().unwrap().len()).collect::<Vec<_>>();
    assert_eq!(counts, [0, 0, 0, 1, 1]);
    assert_eq!(messages(&reading), ["t.csv: 1 boxes are said to be no finding; they are not read as boxes"]);
}

#[test]
fn vindr_mammo_lists_the_classes_of_a_box() {
    let reading = read(
        "image_id,height,width,finding_categories,xmin,ymin,xmax,ymax\n\
         a,1000,2000,\"['Mass', 'Suspicious Calcification']\",1,2,1100,20\na,1000,2000,['Asymmetry'],1,2,1100,30\n\
         b,1000,2000,['No Finding'],,,,\n",
    );
    assert_eq!(messages(&reading), ["t.csv: 1 boxes have several classes; each counts once for every class"]);
    assert_eq!(reading.images[1].marks, Some(Vec::new()));
    let labels = boxes(reading).into_iter().map(|(label, _)| label).collect::<Vec<_>>();
    assert_eq!(labels, ["Mass", "Suspicious Calcification", "Asymmetry"]);
}

#[test]
fn deep_lesion_has_corners_in_one_column() {
    let reading = read(
        "File_name,Patient_index,Key_slice_index,Bounding_boxes,Image_size\n\
         000001_01_01_109.png,1,109,\"226.169, 90.0204, 1241.252, 111.977\",\"512, 512\"\n",
    );
    assert_eq!(messages(&reading), ["t.csv: no column of it says the class of a box; all are \"object\""]);
    let (label, [x, _, width, _]) = boxes(reading).remove(0);
    assert!(label == "object" && x == 226.169 && (width - 1015.083).abs() < 1e-9);
}

#[test]
fn run_lengths_are_those_of_airbus() {
    let mut reading = read("ImageId,EncodedPixels\na,2 3 7 4\na,12 1\nb,\nc,1 2 3\n");
    assert_eq!(reading.images[1].marks, Some(Vec::new()));
    // Of the image with a faulty row nothing is known.
    assert_eq!(reading.images[2].marks, None);
    assert_eq!(
        messages(&reading),
        [
            "t.csv: row 5 is left out: its run lengths are 3 numbers, which are no pairs",
            "t.csv: its run lengths are read as pairs of a start, from 1, and a length, down the columns (Airbus, Severstal)",
        ]
    );
    reading.images[0].size = Some((4, 4));
    let regions = reading.take_truths("t.csv").remove(0).unwrap().regions;
    let runs = regions.iter().map(|region| region.region.mask.as_ref().unwrap().counts().to_vec()).collect::<Vec<_>>();
    assert_eq!(runs, [vec![1, 3, 2, 4, 6], vec![11, 1, 4]]);
    for text in ["a,-1\nb,2 3 7 4\n", "a,30 3 7 4\n", "a,0 3\n"] {
        let reading = read(&format!("ImageId, EncodedPixels\n{text}"));
        assert!(reading.images.is_empty() && messages(&reading)[0].contains("as SIIM-ACR has them"), "{text}");
    }
}

#[test]
fn predictions_in_one_cell_are_those_that_all_cells_fit() {
    let rsna = read("patientId,PredictionString\na,0.5 1 2 1100 20 0.4 5 6 7 8\nb,\n");
    assert_eq!((rsna.sides, rsna.images[1].marks.clone()), (crate::reading::Sides::Findings, Some(Vec::new())));
    assert_eq!(rsna.images[0].marks.as_ref().unwrap()[1].score, Some(0.4));
    assert_eq!(
        boxes(rsna),
        [("object".to_owned(), [1.0, 2.0, 1100.0, 20.0]), ("object".to_owned(), [5.0, 6.0, 7.0, 8.0])]
    );
    let vin = read("image_id,PredictionString\na,0 0.5 1 2 1100 20 14 1 0 0 1 1\nb,14 1 0 0 1 1\nc,3 0.5 1 2\n");
    let mark = &vin.images[0].marks.as_ref().unwrap()[..];
    assert_eq!((mark.len(), mark[0].score, mark[0].category.clone()), (1, Some(0.5), Some(crate::JsonId::Number(0))));
    assert_eq!(vin.images[1].marks, Some(Vec::new()));
    assert_eq!(messages(&vin), ["t.csv: row 4 is left out: its PredictionString has 4 words, not 6 for each box"]);
    assert_eq!(boxes(vin)[0].1, [1.0, 2.0, 1099.0, 18.0]);
    let neither = read("image_id,PredictionString\na,opacity\n");
    assert!(neither.images.is_empty() && messages(&neither)[0].contains("fits neither"));
}

#[test]
fn object_cxr_has_shapes_in_a_cell() {
    let reading = read("image_name,annotation\na,0 1 2 1100 20;1 100 100 300 200;2 5 5 900 900\nb,\n");
    assert_eq!(messages(&reading), ["t.csv: a shape of row 2 is left out: it has 4 numbers, not three or more pairs"]);
    assert_eq!(reading.images[1].marks, Some(Vec::new()));
    let read_boxes = boxes(reading).into_iter().map(|(_, edges)| edges).collect::<Vec<_>>();
    assert_eq!(read_boxes, [[1.0, 2.0, 1099.0, 18.0], [100.0, 100.0, 200.0, 100.0]]);
    let notes = read("image_name,annotation\na,a nodule\nb,2 masses\n");
    assert_eq!((notes.images[0].marks.clone(), notes.images[0].attributes["annotation"].as_str()), (None, "a nodule"));
}

#[test]
fn lists_of_numbers_that_are_no_marks_are_told() {
    let reading = read("image,points,size\na,\"[1, 2, 3, 4]\",\"512, 512\"\nb,,\"512, 512\"\n");
    assert_eq!(
        messages(&reading),
        [
            "t.csv: its column \"points\" holds lists of numbers, as boxes, outlines or run lengths are written; they are kept \
             as an attribute and not drawn",
        ]
    );
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
