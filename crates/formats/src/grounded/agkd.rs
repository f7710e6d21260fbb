//! The result table of AG-KD's evaluation: truth and predictions in one row, which is one image and one class.
//!
//! Columns: `tgt_bbox` and `pred_bbox` (lists of left, top, right, bottom in pixels), `tgt_class_id`, `pred_class_id`,
//! `tgt_class_name`, `pred_class_name` (one for each box, or one for all), and a column that names the image. Source:
//! `src/evaluate_vindr.py` of its repository. Lists may be Python's or numpy's own text.

use std::collections::{HashMap, HashSet};

use super::numbers::groups;
use super::plain::{LABEL, cut};
use crate::FormatError;
use crate::coco::JsonId;
use crate::content::Content;
use crate::frame::Frame;
use crate::list::{AnnotationFormat, Probe};
use crate::mark::{Edges, Mark};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Class, Hints, ImageName, Question, Reading, Sides};
use crate::table::{column, each_row};

const IMAGE: [&str; 10] =
    ["image", "image_id", "file_name", "filename", "image_path", "img_path", "image_name", "img_id", "img", "path"];
/// How many faults of one cell are told.
const FAULTS: usize = 8;
const UNREADABLE: &str = "rows that cannot be read in full";

/// AG-KD's result table.
pub struct Agkd;

impl AnnotationFormat for Agkd {
    fn id(&self) -> &'static str {
        "agkd_csv"
    }

    fn name(&self) -> &'static str {
        "AG-KD results (CSV)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        let header = probe.first_line();
        let has = |name: &str| header.windows(name.len()).any(|part| part == name.as_bytes());
        header.len() < 65_536 && has("tgt_bbox") && has("pred_bbox")
    }

    fn read(&self, probe: &Probe<'_>, hints: &Hints) -> Result<Reading, FormatError> {
        read(probe.path(), probe.content(), hints)
    }
}

/// The classes that have been met.
#[derive(Default)]
struct Classes {
    list: Vec<Class>,
    names: HashMap<JsonId, String>,
    seen: HashSet<String>,
}

impl Classes {
    fn see(&mut self, id: Option<JsonId>, name: &str) {
        if let Some(id) = &id {
            self.names.entry(id.clone()).or_insert_with(|| name.to_owned());
        }
        if self.seen.insert(name.to_owned()) {
            self.list.push(Class { id, name: name.to_owned() });
        }
    }
}

/// The columns of one side.
#[derive(Clone, Copy)]
struct Side {
    boxes: usize,
    ids: Option<usize>,
    names: Option<usize>,
    score: Option<f64>,
}

fn read(file: &str, content: &Content<'_>, hints: &Hints) -> Result<Reading, FormatError> {
    let mut problems = ProblemList::default();
    let mut images: Vec<(String, [Vec<Mark>; 2])> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut classes = Classes::default();
    let frame = hints.frame.unwrap_or(Frame::PIXEL_CORNERS);
    let mut row = 1;
    let columns = each_row(file, content, &mut |columns, cells| {
        row += 1;
        let (Some(image), sides) = sides(file, columns, hints)? else { return Ok(()) };
        let name = cell(&cells, image);
        if name.is_empty() {
            let fault = format!("{file}: row {row} is left out: it does not say which image it is of");
            problems.push(UNREADABLE, file, fault);
            return Ok(());
        }
        let place = *places.entry(name.to_owned()).or_insert_with(|| {
            images.push((name.to_owned(), <_>::default()));
            images.len() - 1
        });
        let Some((_, lists)) = images.get_mut(place) else { return Ok(()) };
        for (side, list) in sides.iter().zip(lists) {
            for fault in read_side((row, &cells), *side, frame, hints, &mut classes, list) {
                let column = columns.get(side.boxes).map_or("", String::as_str);
                problems.push(UNREADABLE, file, format!("{file}: row {row}, \"{column}\": {fault}"));
            }
        }
        Ok(())
    })?;
    if sides(file, &columns, hints)?.0.is_none() {
        let (guessed, missing) = (<_>::default(), vec!["image".to_owned()]);
        let question = Question::Columns { file: file.to_owned(), columns, guessed, missing };
        return Ok(Reading { questions: vec![question], sides: Sides::Both, ..Reading::default() });
    }
    let images = images.into_iter().flat_map(|(name, [truth, found])| {
        let name = ImageName::Named(name);
        [AnnotatedImage::new(name.clone(), truth), AnnotatedImage::new(name, found)]
    });
    let images = images.collect();
    let classes = classes.list;
    Ok(Reading { images, classes, sides: Sides::Both, problems: problems.into_problems(), ..Reading::default() })
}

/// The column of the image, where there is one, and those of the truth and of what was found.
fn sides(file: &str, columns: &[String], hints: &Hints) -> Result<(Option<usize>, [Side; 2]), FormatError> {
    let said = hints.columns.get("image").and_then(|name| columns.iter().position(|column| column == name));
    let side = |prefix: &str, score| {
        let of = |what: &str| column(columns, &[&format!("{prefix}_{what}")]);
        let boxes = of("bbox").ok_or_else(|| FormatError::NotTable {
            file: file.to_owned(),
            detail: format!("it has no column \"{prefix}_bbox\", as AG-KD's results have"),
        })?;
        Ok::<_, FormatError>(Side { boxes, ids: of("class_id"), names: of("class_name"), score })
    };
    Ok((said.or_else(|| column(columns, &IMAGE)), [side("tgt", None)?, side("pred", Some(1.0))?]))
}

fn cell(cells: &[String], at: usize) -> &str {
    cells.get(at).map_or("", String::as_str)
}

fn read_side(
    (row, cells): (usize, &[String]),
    side: Side,
    frame: Frame,
    hints: &Hints,
    classes: &mut Classes,
    list: &mut Vec<Mark>,
) -> Vec<String> {
    let groups = groups(cell(cells, side.boxes));
    let (boxes, counts) = groups.boxes();
    let mut faults: Vec<String> =
        counts.iter().take(FAULTS).map(|count| format!("a box has {count} numbers, not 4")).collect();
    if groups.cut {
        faults.push("its list is not closed".to_owned());
    }
    let names = side.names.map(|column| words(cell(cells, column))).unwrap_or_default();
    let ids = side.ids.map(|column| words(cell(cells, column))).unwrap_or_default();
    let of = |words: &[String], place: usize| match words {
        [one] => Some(one.clone()),
        several => several.get(place).cloned(),
    };
    for (place, numbers) in boxes.into_iter().enumerate() {
        let id = of(&ids, place).map(|id| id.parse().map_or_else(|_| JsonId::Text(id), JsonId::Number));
        let named = of(&names, place).filter(|name| !name.is_empty());
        let label = named.or_else(|| classes.names.get(id.as_ref()?).cloned());
        let label = label.or_else(|| id.as_ref().map(|id| format!("category {id}")));
        let Some(mut label) = label.map(|label| cut(&label, LABEL).to_owned()) else {
            faults.push(format!("box {} has no class", place + 1));
            continue;
        };
        if let Some(renamed) = hints.classes.get(&label) {
            label.clone_from(renamed);
        }
        classes.see(id, &label);
        let edges = Edges { numbers, frame: Some(frame) };
        let place = format!("row {row}, box {}", place + 1);
        list.push(Mark { score: side.score, ..Mark::of_box(place, label, edges) });
    }
    faults
}

/// The words of a Python or JSON list, or the one word of a plain cell.
fn words(cell: &str) -> Vec<String> {
    let cell = cell.trim();
    let Some(inner) = cell.strip_prefix('[').map(|rest| rest.strip_suffix(']').unwrap_or(rest)) else {
        return if cell.is_empty() { Vec::new() } else { vec![cell.to_owned()] };
    };
    if let Ok(list) = serde_json::from_str::<Vec<serde_json::Value>>(cell) {
        return list.iter().map(super::records::as_text).collect();
    }
    let mut words = Vec::new();
    let mut rest = inner.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, tail) = match first {
            '\'' | '"' => rest.get(1..).and_then(|inner| inner.split_once(first)).unwrap_or((rest, "")),
            // numpy writes spaces between the numbers of a list.
            _ => rest.split_once([',', ' ', '\n']).unwrap_or((rest, "")),
        };
        words.push(word.trim().to_owned());
        rest = tail.trim_start_matches([',', ' ', '\n', '\t', '\r']);
    }
    words
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{read, words};
    use crate::reading::{Hints, ImageName, Question, Sides};
    use crate::{Frame, JsonId};

    const TABLE: &str = "image_id,tgt_bbox,pred_bbox,tgt_class_id,pred_class_id,tgt_class_name,pred_class_name\n\
        a.png,\"[[1, 2, 30, 40]]\",\"[[1.5, 2, 31, 41], [5, 5, 9, 9]]\",[3],\"[3, 4]\",['nodule'],\"['nodule', \"\"child's\"\"]\"\n\
        a.png,[array([ 7.  8. 20. 21.])],[],[4],[],effusion,\n\
        b.png,[],\"[[1, 2, 3]]\",[],[0],[],['mass']\n";

    #[test]
    fn both_sides_of_a_row_are_read() {
        let reading = read("r.csv", &TABLE.into(), &Hints::default()).unwrap();
        assert_eq!(reading.sides, Sides::Both);
        let names: Vec<_> = reading.images.iter().map(|image| image.name.clone()).collect();
        let named = |name: &str| ImageName::Named(name.to_owned());
        assert_eq!(names, [named("a.png"), named("a.png"), named("b.png"), named("b.png")]);
        let said = |image: usize| {
            let marks = reading.images[image].marks.as_ref().unwrap().iter();
            marks.map(|mark| (mark.label.as_str(), mark.edges.unwrap().numbers, mark.score)).collect::<Vec<_>>()
        };
        assert_eq!(said(0), [("nodule", [1.0, 2.0, 30.0, 40.0], None), ("effusion", [7.0, 8.0, 20.0, 21.0], None)]);
        assert_eq!(
            said(1),
            [("nodule", [1.5, 2.0, 31.0, 41.0], Some(1.0)), ("child's", [5.0, 5.0, 9.0, 9.0], Some(1.0))]
        );
        assert!(said(2).is_empty() && said(3).is_empty());
        assert_eq!(reading.images[0].marks.as_ref().unwrap()[0].edges.unwrap().frame, Some(Frame::PIXEL_CORNERS));
        assert_eq!(reading.problems.len(), 1);
        assert_eq!(reading.problems[0].message, "r.csv: row 4, \"pred_bbox\": a box has 3 numbers, not 4");
        assert_eq!(reading.classes[0].id, Some(JsonId::Number(3)));
    }

    #[test]
    fn without_a_column_of_images_it_is_asked_for() {
        let text = TABLE.replace("image_id", "row");
        let reading = read("r.csv", &text.as_str().into(), &Hints::default()).unwrap();
        assert!(matches!(&reading.questions[..], [Question::Columns { missing, .. }] if missing == &["image"]));
        let hints = Hints { columns: [("image".to_owned(), "row".to_owned())].into(), ..Hints::default() };
        assert_eq!(read("r.csv", &text.as_str().into(), &hints).unwrap().images.len(), 4);
    }

    #[test]
    fn lists_of_python_are_words() {
        assert_eq!(words("['a b', \"it's\", 3]"), ["a b", "it's", "3"]);
        assert_eq!(words("[1 2]"), ["1", "2"]);
        assert_eq!((words(""), words("a b"), words("[]")), (vec![], vec!["a b".to_owned()], vec![]));
    }
}
