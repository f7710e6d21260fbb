//! YOLO's text files: one file an image, one line an object (<https://docs.ultralytics.com/datasets/>).
//!
//! A line is a class number and relative numbers: four are a box (centre, width, height), five a box and its confidence,
//! an even number from six on an outline, an odd number from seven on an outline and its confidence. Four corners of a
//! turned box look the same as an outline of four points and are read as that. Where every third number behind the box is
//! 0, 1 or 2, at least twice, they are keypoints: the box alone is read. An empty file says that nothing is there.
//!
//! The names of the classes stand in another file ([`super::YoloClasses`]).

use crate::frame::Frame;
use crate::list::{AnnotationFormat, Probe};
use crate::mark::{Drawn, Edges, Fill, Mark, UNREADABLE};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Hints, ImageName, Reading};
use crate::{FormatError, JsonId};

/// YOLO's text files.
pub struct Yolo;

/// How far beyond the image relative numbers may lie and still be ones.
const RANGE: std::ops::RangeInclusive<f64> = -1.0..=2.0;

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
            fitting += usize::from(mark(line, 0).is_ok());
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
        let (mut marks, mut lost, mut keypoints) = (Vec::new(), 0, 0_usize);
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match mark(line, index) {
                Ok((mark, has_keypoints)) => {
                    keypoints += usize::from(has_keypoints);
                    marks.push(mark);
                }
                Err(fault) => {
                    lost += 1;
                    problems.push(UNREADABLE, file, format!("{file}: line {} is left out: {fault}", index + 1));
                }
            }
        }
        if keypoints > 0 {
            let message = format!("{file}: the keypoints of {keypoints} lines are not read, only their boxes");
            problems.push("keypoints", file, message);
        }
        let images = vec![AnnotatedImage { lost, ..AnnotatedImage::new(ImageName::LikeTheFile, marks) }];
        Ok(Reading { images, problems: problems.into_problems(), ..Reading::default() })
    }
}

/// The mark of a line, and whether it has keypoints.
fn mark(line: &str, index: usize) -> Result<(Mark, bool), String> {
    let mut words = line.split_whitespace();
    let class = words.next().unwrap_or_default();
    let category = class_number(class).ok_or_else(|| format!("it begins with \"{class}\", not with a class number"))?;
    let mut numbers = Vec::new();
    for word in words {
        let number = word.parse::<f64>().ok().filter(|number| number.is_finite());
        let number = number.ok_or_else(|| format!("it holds \"{word}\", where a number should be"))?;
        if !RANGE.contains(&number) {
            return Err(format!("it holds {number}, where relative coordinates lie between 0 and 1"));
        }
        numbers.push(number);
    }
    let mut mark = Mark { place: format!("line {}", index + 1), category: Some(category), ..Mark::default() };
    if numbers.len() < 4 {
        return Err(format!("it has {} numbers behind the class, not 4 or more", numbers.len()));
    }
    let behind = numbers.get(4..).unwrap_or_default();
    let is_visibility = |point: &[f64]| matches!(point, [_, _, seen] if [0.0, 1.0, 2.0].contains(seen));
    let keypoints = behind.len() >= 6 && behind.len().is_multiple_of(3) && behind.chunks(3).all(is_visibility);
    if numbers.len() < 6 || keypoints {
        if let [x, y, width, height, ..] = numbers[..] {
            mark.edges = Some(Edges { numbers: [x, y, width, height], frame: Some(Frame::UNIT_CENTRE) });
        }
        mark.score = if keypoints { None } else { behind.first().copied() };
        return Ok((mark, keypoints));
    }
    if numbers.len() % 2 == 1 {
        mark.score = numbers.pop();
    }
    mark.drawn = Some(Drawn::Outlines { outlines: vec![numbers], fill: Fill::Union, frame: Frame::UNIT_CORNERS });
    Ok((mark, false))
}

/// A class number, also as `3.0`.
fn class_number(word: &str) -> Option<JsonId> {
    const MOST: f64 = 1e9;
    let number = word.parse::<f64>().ok().filter(|number| number.fract() == 0.0 && (0.0..MOST).contains(number))?;
    Some(JsonId::Number(number as i64))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Yolo;
    use crate::JsonId;
    use crate::list::{AnnotationFormat, Probe};
    use crate::reading::{Hints, Reading};

    fn read(text: &str) -> Reading {
        let probe = Probe::new("a.txt", text.as_bytes());
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
