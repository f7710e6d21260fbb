//! YOLO's text files: one file an image, one line an object (<https://docs.ultralytics.com/datasets/>).
//!
//! A line is a class number and relative numbers: four are a box (centre, width, height), five a box and its confidence,
//! an even number from six on an outline, an odd number from seven on an outline and its confidence. Four corners of a
//! turned box look the same as an outline of four points and are read as that. Of keypoints behind a box the box alone is
//! read, and the number of a track at the end is not kept ([`shape`] tells both from outlines). An empty file says that
//! nothing is there.
//!
//! The names of the classes stand in another file ([`super::YoloClasses`]).

use crate::FormatError;
use crate::frame::Frame;
use crate::list::{AnnotationFormat, Probe};
use crate::mark::{Drawn, Edges, Fill, Mark, UNREADABLE};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Hints, ImageName, Reading};

mod lines;
mod shape;

use lines::Line;
pub use shape::is_within;
use shape::{Marked, Shape};

/// YOLO's text files.
pub struct Yolo;

/// How many lines are looked at to tell the form.
const LOOKED_AT: usize = 50;

impl AnnotationFormat for Yolo {
    fn id(&self) -> &'static str {
        "yolo"
    }

    fn name(&self) -> &'static str {
        "YOLO (text)"
    }

    /// A `.txt` of which more than half of the first lines are of the form, or which is empty.
    fn recognises(&self, probe: &Probe<'_>) -> bool {
        if probe.extension() != "txt" {
            return false;
        }
        let Some(text) = probe.text() else { return false };
        let (mut lines, mut fitting) = (0, 0);
        for line in text.lines().filter(|line| !line.trim().is_empty()).take(LOOKED_AT) {
            lines += 1;
            fitting += usize::from(Line::of(line, 0).is_ok());
        }
        2 * fitting > lines || lines == 0
    }

    fn read(&self, probe: &Probe<'_>, _: &Hints) -> Result<Reading, FormatError> {
        let file = probe.path();
        let not_text = || FormatError::NotOfForm {
            file: file.to_owned(),
            form: "a YOLO file (text)",
            detail: "it is not UTF-8 text".to_owned(),
        };
        let text = probe.text().ok_or_else(not_text)?;
        let mut problems = ProblemList::default();
        let mut lost = 0;
        let mut left_out = |number: usize, fault: &str| {
            lost += 1;
            problems.push(UNREADABLE, file, format!("{file}: line {number} is left out: {fault}"));
        };
        let mut lines = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match Line::of(line, index + 1) {
                Ok(line) => lines.push(line),
                Err(fault) => left_out(index + 1, &fault),
            }
        }
        let shape = Shape::of(&lines, probe.beside().keypoints);
        let (mut marks, mut keypoints, tracks) = (Vec::new(), 0_usize, lines.len());
        for line in lines {
            let (number, class) = (line.number, line.class.clone());
            match shape.read(line) {
                Ok((marked, score)) => {
                    keypoints += usize::from(matches!(marked, Marked::Box(_, true)));
                    let place = format!("line {number}");
                    marks.push(marked.into_mark(Mark { place, category: Some(class), score, ..Mark::default() }));
                }
                Err(fault) => left_out(number, &fault),
            }
        }
        if keypoints > 0 {
            let message = format!("{file}: the keypoints of {keypoints} lines are not read, only their boxes");
            problems.push("keypoints", file, message);
        }
        if shape.tracks {
            let message = format!("{file}: the numbers of tracks at the end of {tracks} lines are not kept");
            problems.push("numbers of tracks", file, message);
        }
        if let Some(doubt) = shape.doubt {
            problems.push("lines that fit two readings", file, format!("{file}: {doubt}"));
        }
        let images = vec![AnnotatedImage { lost, ..AnnotatedImage::new(ImageName::LikeTheFile, marks) }];
        Ok(Reading { images, problems: problems.into_problems(), ..Reading::default() })
    }
}

impl Marked {
    fn into_mark(self, mark: Mark) -> Mark {
        match self {
            Self::Box(numbers, _) => Mark { edges: Some(Edges { numbers, frame: Some(Frame::UNIT_CENTRE) }), ..mark },
            Self::Outline(outline) => {
                let (outlines, frame) = (vec![outline], Frame::UNIT_CORNERS);
                Mark { drawn: Some(Drawn::Outlines { outlines, fill: Fill::Union, frame }), ..mark }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Yolo;
    use crate::JsonId;
    use crate::list::{AnnotationFormat, Beside, Probe};
    use crate::reading::{Hints, Reading};

    fn read(text: &str) -> Reading {
        read_beside(text, Beside::default())
    }

    fn read_beside(text: &str, beside: Beside) -> Reading {
        let probe = Probe::new("a.txt", text.as_bytes()).with(beside);
        assert!(Yolo.recognises(&probe));
        let mut reading = Yolo.read(&probe, &Hints::default()).unwrap();
        reading.images[0].size = Some((200, 100));
        reading
    }

    #[test]
    fn boxes_confidences_outlines_and_keypoints() {
        let mut reading = read(
            "0 0.2 0.25 0.2 0.3\n\n1.0 0.2 0.25 0.2 0.3 0.75\n2 0 0 0.5 0 0.5 0.5 0 0.5\n3 0 0 0.5 0 0.5 0.5 0.25\r\n\
             4 0.2 0.25 0.2 0.3 0.1 0.1 2 0.3 0.3 0\n",
        );
        let marks = reading.images[0].marks.clone().unwrap();
        assert_eq!(marks.iter().map(|mark| mark.score).collect::<Vec<_>>(), [None, Some(0.75), None, Some(0.25), None]);
        assert_eq!(marks[1].category, Some(JsonId::Number(1)));
        assert_eq!(marks[1].place, "line 3");
        assert_eq!(reading.problems[0].message, "a.txt: the keypoints of 1 lines are not read, only their boxes");
        let truth = reading.take_truths("a.txt").remove(0).unwrap();
        assert_eq!(truth.regions[0].region.bounding_box.to_xywh(), [20.0, 10.0, 40.0, 30.0]);
        assert_eq!(truth.regions[2].region.mask.as_ref().unwrap().area(), 100 * 50);
        assert_eq!(truth.regions[4].region.bounding_box, truth.regions[0].region.bounding_box);
    }

    #[test]
    fn an_empty_file_says_that_nothing_is_there() {
        assert_eq!(read("\n").take_truths("a.txt")[0].as_ref().unwrap().regions.len(), 0);
    }

    /// A region's box in pixels, whether it is drawn, and its score.
    type Said = ([f64; 4], bool, Option<f64>);

    /// Every region, and what was told.
    fn said(text: &str, keypoints: Option<[usize; 2]>) -> (Vec<Said>, Vec<String>) {
        let mut reading = read_beside(text, Beside { keypoints, ..Beside::default() });
        let scores: Vec<_> = reading.images[0].marks.iter().flatten().map(|mark| mark.score).collect();
        let regions = reading.take_truths("a.txt").remove(0).unwrap().regions;
        assert_eq!(regions.len(), scores.len());
        let rounded = |number: f64| (number * 1e6).round() / 1e6;
        let read = regions.into_iter().zip(scores).map(|(region, score)| {
            let edges = region.region.bounding_box.to_xywh().map(rounded);
            (edges, region.region.mask.is_some(), score)
        });
        (read.collect(), reading.problems.into_iter().map(|problem| problem.message).collect())
    }

    const BOX: [f64; 4] = [60.0, 20.0, 80.0, 60.0];

    #[test]
    fn keypoints_are_those_that_the_set_describes() {
        let told = ["a.txt: the keypoints of 1 lines are not read, only their boxes"];
        for (line, shape, score) in [
            ("0 0.5 0.5 0.4 0.6 0.45 0.3 0.55 0.3", [2, 2], None),
            ("0 0.5 0.5 0.4 0.6 0.45 0.3 2", [1, 3], None),
            ("0 0.5 0.5 0.4 0.6 0.45 0.3 1 0.9", [1, 3], Some(0.9)),
            ("0 0.5 0.5 0.4 0.6 0.45 0.3 0.98 0.55 0.3 0.97 0.83 7", [2, 3], Some(0.83)),
            ("0 0.5 0.5 0.4 0.6 0.45 0.3 0.55 0.3", [2, 3], None),
        ] {
            let (read, messages) = said(line, Some(shape));
            assert_eq!(
                (&read[..], &messages[..]),
                (&[(BOX, false, score)][..], &told.map(str::to_owned)[..]),
                "{line}"
            );
        }
        let reading = read_beside("0 0 0 1 0 1 1", Beside { keypoints: Some([2, 2]), ..Beside::default() });
        assert_eq!(
            reading.problems[0].message,
            "a.txt: line 1 is left out: it has 6 numbers behind the class, where kpt_shape [2, 2] wants 8"
        );
        // Boxes of a set with keypoints stay boxes.
        assert_eq!(said("0 0.5 0.5 0.4 0.6 0.5", Some([2, 2])), (vec![(BOX, false, Some(0.5))], Vec::new()));
    }

    #[test]
    fn keypoints_of_a_model_are_no_outline() {
        let (read, messages) = said(
            "0 0.5 0.5 0.4 0.6 0.45 0.3 0.98 0.55 0.3 0.97 0.5 0.7 0.91 0.83\n\
             0 0.5 0.5 0.4 0.6 0.45 0.3 0.91 0.55 0.3 0.92 0.5 0.7 0.93 0.5\n",
            None,
        );
        assert_eq!(read, [(BOX, false, Some(0.83)), (BOX, false, Some(0.5))]);
        assert!(messages[1].contains("read as boxes with 3 keypoints each"), "{messages:?}");
    }

    #[test]
    fn an_outline_on_the_edge_is_no_box_with_keypoints() {
        for (line, edges) in [
            ("0 0.5 0.1 0.9 0.5 0.5 0.9 0 0.5 0.2 0", [0.0, 0.0, 180.0, 90.0]),
            ("0 0.5 0.0 1 0.5 0.5 1 0 0.5 0.1 0", [0.0, 0.0, 200.0, 100.0]),
        ] {
            let (read, messages) = said(line, None);
            assert!(read.len() == 1 && read[0].1 && messages.is_empty(), "{read:?} {messages:?}");
            assert!(read[0].0.iter().zip(edges).all(|(one, other)| (one - other).abs() <= 1.0), "{read:?}");
        }
        // Every third number is 0 or 1, and the points lie in what would be the box.
        let (read, messages) = said("0 0.5 0.5 1 1 0.5 0.9 0 0.8 0.2 0", None);
        assert!(read[0].1 && messages[0].contains("could be boxes with 2 keypoints each"), "{messages:?}");
    }

    #[test]
    fn the_numbers_of_tracks_are_no_scores_and_no_corners() {
        let told = "a.txt: the numbers of tracks at the end of 2 lines are not kept";
        for (text, scores) in [
            ("0 0.5 0.5 0.4 0.6 1\n1 0.5 0.5 0.4 0.6 2\n", [None, None]),
            ("0 0.5 0.5 0.4 0.6 0.9 1\n1 0.5 0.5 0.4 0.6 0.8 17\n", [Some(0.9), Some(0.8)]),
        ] {
            let (read, messages) = said(text, None);
            assert_eq!((read, messages), (scores.map(|score| (BOX, false, score)).to_vec(), vec![told.to_owned()]));
        }
        let (read, messages) = said("0 0.5 0.5 0.4 0.6 0.9 1", None);
        assert_eq!(read, [(BOX, false, Some(0.9))]);
        assert!(messages[1].ends_with("could be a triangle"), "{messages:?}");
        let (read, messages) = said("0 0.5 0.5 0.4 0.6 1", None);
        assert_eq!(read, [(BOX, false, Some(1.0))]);
        assert!(messages[0].ends_with("could be the number of a track"), "{messages:?}");
        let (read, messages) = said("0 0 0 1 0 1 1 5\n0 0 0 1 0 1 1 6\n", None);
        assert!(
            read.len() == 2 && read[0].1 && read[0].2.is_none() && messages[0].starts_with("a.txt: the numbers of")
        );
    }

    #[test]
    fn no_score_is_beyond_1() {
        let reading = read("0 0.5 0.5 0.4 0.6 2\n1 0.5 0.5 0.4 0.6 2\n0 0.5 0.5 0.4 0.6 1.5\n0 0 0 1 0 1 1 -0.5");
        assert_eq!((reading.images[0].marks.as_ref().unwrap().len(), reading.problems.len()), (0, 4));
        assert_eq!(
            reading.problems[2].message,
            "a.txt: line 3 is left out: it ends in 1.5, which is neither a confidence from 0 to 1 nor, beside the other \
             lines, a track"
        );
    }

    #[test]
    fn faults_cost_their_line() {
        let reading = read(
            "0 0.1 0.1 0.1 0.1\n0 0.1 0.1 0.1\nx 0 0 1 1\n0 5 5 1 1\n0 nan 0 1 1\n0 0.1 0.1 0.1 0.1\n0 0.1 0.1 0.1 0.1\n0 0.1 0.1 0.1 0.1\n0 0.1 0.1 0.1 0.1",
        );
        let messages = reading.problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>();
        assert_eq!(
            messages,
            [
                "a.txt: line 2 is left out: it has 3 numbers behind the class, not 4 or more",
                "a.txt: line 3 is left out: it begins with \"x\", not with a class number",
                "a.txt: line 4 is left out: it holds 5, where relative coordinates lie between 0 and 1",
                "a.txt: line 5 is left out: it holds \"nan\", where a number should be",
            ]
        );
        assert_eq!(reading.images[0].marks.as_ref().unwrap().len(), 5);
    }

    #[test]
    fn other_text_is_not_taken() {
        for text in ["BloodImage_00001\nBloodImage_00002\n", "a cat <loc_1>", "1\n2\n3\n", "120 30 40 50 60\n"] {
            assert!(!Yolo.recognises(&Probe::new("train.txt", text.as_bytes())), "{text}");
        }
        assert!(!Yolo.recognises(&Probe::new("a.csv", b"0 0.1 0.1 0.1 0.1")));
    }
}
