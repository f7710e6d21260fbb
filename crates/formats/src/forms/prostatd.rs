//! Triplets with boxes, as ProstaTD has them: one text file a frame, one line a triplet with the numbers of the triplet,
//! the instrument, the verb and the target, then the relative centre, width and height of the box, and perhaps a
//! confidence.
//!
//! Whole numbers without a point tell the first four apart from YOLO's outlines, which hold none above 1. Where no line
//! has one either, a list of YOLO's classes beside decides, and else boxes that lie in the image, which is told. The label is `instrument,verb,target`,
//! as the triplet metrics want it; frames of one folder are one `video`.

use super::yolo::is_within;
use crate::frame::Frame;
use crate::list::{AnnotationFormat, Probe};
use crate::mark::{Edges, Mark, UNREADABLE};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Hints, ImageName, Reading};
use crate::{FormatError, paths};

/// Triplets with boxes.
pub struct ProstaTd;

impl AnnotationFormat for ProstaTd {
    fn id(&self) -> &'static str {
        "prostatd"
    }

    fn name(&self) -> &'static str {
        "triplets with boxes (ProstaTD, text)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        let Some(text) = probe.text().filter(|_| probe.extension() == "txt") else { return false };
        let mut lines = text.lines().filter(|line| !line.trim().is_empty()).take(50).peekable();
        if lines.peek().is_none() {
            return false;
        }
        let (mut is_triplet, mut are_boxes) = (false, true);
        for line in lines {
            let Ok(mark) = mark(line, 0) else { return false };
            is_triplet |= is_beyond_corners(&mark);
            are_boxes &= mark.edges.is_some_and(|Edges { numbers: [x, y, width, height], .. }| {
                is_within(x, width) && is_within(y, height)
            });
        }
        is_triplet || (are_boxes && !probe.beside().has_classes)
    }

    fn read(&self, probe: &Probe<'_>, _: &Hints) -> Result<Reading, FormatError> {
        let file = probe.path();
        let mut problems = ProblemList::default();
        let (mut marks, mut lost) = (Vec::new(), 0);
        for (index, line) in probe.text().unwrap_or_default().lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            match mark(line, index) {
                Ok(mark) => marks.push(mark),
                Err(fault) => {
                    lost += 1;
                    problems.push(UNREADABLE, file, format!("{file}: line {} is left out: {fault}", index + 1));
                }
            }
        }
        if !marks.is_empty() && !marks.iter().any(is_beyond_corners) {
            let message = format!(
                "{file}: its lines are read as triplets with boxes and could be YOLO's outlines, which a list of classes \
                 (classes.txt, data.yaml) beside would say"
            );
            problems.push("lines that fit two readings", file, message);
        }
        let mut image = AnnotatedImage { lost, ..AnnotatedImage::new(ImageName::LikeTheFile, marks) };
        let folders = paths::normalised(file);
        if let Some(video) = paths::folders(&folders).last() {
            image.attributes.insert("video".to_owned(), video.to_owned());
        }
        Ok(Reading { images: vec![image], problems: problems.into_problems(), ..Reading::default() })
    }
}

/// Whether a number of the triplet is larger than what relative corners of an outline are.
fn is_beyond_corners(mark: &Mark) -> bool {
    mark.label.split(',').any(|number| number.parse::<i32>().is_ok_and(|number| number > 1))
}

fn mark(line: &str, index: usize) -> Result<Mark, String> {
    let words = line.split(|sign: char| sign.is_whitespace() || sign == ',').filter(|word| !word.is_empty());
    let words = words.collect::<Vec<_>>();
    let ([_, instrument, verb, target, rest @ ..], 8..=9) = (&words[..], words.len()) else {
        return Err(format!("it has {} numbers, not 8 or 9", words.len()));
    };
    if let Some(word) = words.iter().take(4).find(|word| word.parse::<i32>().is_err()) {
        return Err(format!("it holds \"{word}\", where a number of the triplet should be"));
    }
    let number = |word: &&str| word.parse::<f64>().ok().filter(|number| (-1.0..=2.0).contains(number));
    let numbers = rest.iter().map(|word| number(word).ok_or(word)).collect::<Result<Vec<_>, _>>();
    let numbers = numbers.map_err(|word| format!("it holds \"{word}\", where a number from 0 to 1 should be"))?;
    let [x, y, width, height, score @ ..] = &numbers[..] else {
        return Err("it has no box".to_owned());
    };
    let edges = Edges { numbers: [*x, *y, *width, *height], frame: Some(Frame::UNIT_CENTRE) };
    if let Some(score) = score.first().filter(|score| !(0.0..=1.0).contains(*score)) {
        return Err(format!("it ends in {score}, where a confidence from 0 to 1 should be"));
    }
    let label = format!("{instrument},{verb},{target}");
    Ok(Mark { score: score.first().copied(), ..Mark::of_box(format!("line {}", index + 1), label, edges) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::ProstaTd;
    use crate::list::{AnnotationFormat, Beside, Probe};
    use crate::reading::Hints;

    #[test]
    fn triplets_become_labels() {
        let probe = Probe::new("labels/video3/000012.txt", b"17 2 4 9 0.5 0.5 0.2 0.4\n3 0 1 2 0.1 0.1 0.1 0.1 0.5\n");
        assert!(ProstaTd.recognises(&probe));
        let reading = ProstaTd.read(&probe, &Hints::default()).unwrap();
        let marks = reading.images[0].marks.as_ref().unwrap();
        assert_eq!((marks[0].label.as_str(), marks[1].label.as_str()), ("2,4,9", "0,1,2"));
        assert_eq!((marks[0].score, marks[1].score), (None, Some(0.5)));
        assert_eq!(reading.images[0].attributes["video"], "video3");
        for other in ["0 0.5 0.5 0.2 0.4", "0 0.1 0.1 0.2 0.1 0.2 0.2 0.9", "", "a b"] {
            assert!(!ProstaTd.recognises(&Probe::new("a.txt", other.as_bytes())), "{other}");
        }
    }

    #[test]
    fn outlines_of_whole_numbers_are_no_triplets() {
        let is_taken = |text: &str, has_classes| {
            let beside = Beside { has_classes, ..Beside::default() };
            ProstaTd.recognises(&Probe::new("a.txt", text.as_bytes()).with(beside))
        };
        // The unit square, and a pentagon on the upper left corner.
        for outline in ["0 0 0 1 0 1 1 0 1", "0 0 0 1 0 0.5 0.5 0 1"] {
            assert!(!is_taken(outline, false), "{outline}");
        }
        let either = "0 0 1 1 0.5 0.7 0.2 0.2 0.1";
        assert_eq!((is_taken(either, false), is_taken(either, true)), (true, false));
        let told = ProstaTd.read(&Probe::new("a.txt", either.as_bytes()), &Hints::default()).unwrap().problems;
        assert!(
            told[0].message.starts_with("a.txt: its lines are read as triplets with boxes and could be"),
            "{told:?}"
        );
        assert!(is_taken("17 2 4 9 0.5 0.5 0.2 0.4", true));
    }
}
