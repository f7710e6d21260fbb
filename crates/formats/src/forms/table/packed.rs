//! Columns that hold several numbers in a cell, by names that say what these are: run lengths (`EncodedPixels`), predictions
//! (`PredictionString`) and shapes (`annotation` beside `image_name`, object-CXR).
//!
//! * `EncodedPixels` are pairs of a start, from 1, and a length, down the columns, as Airbus and Severstal have them. Those of
//!   SIIM-ACR look alike, but count every start from the end of the run before; where a table holds such, none of it is used.
//! * `PredictionString` is `score x y width height` (RSNA) or `class score x1 y1 x2 y2` (VinBigData), whichever all cells fit.
//! * Object-CXR's shapes are `0 x1 y1 x2 y2` (box), `1 x1 y1 x2 y2` (ellipse) and `2 x1 y1 x2 y2 ...` (outline), in pixels.

use std::collections::HashMap;

use groundglass_types::BoundingBox;

use super::roles::{BoxColumns, Roles, plain};
use super::{frames, is_empty, number};
use crate::JsonId;
use crate::frame::Layout;
use crate::label_map::LABEL_MAP_LABEL;
use crate::mark::{Drawn, Edges, Mark, UNREADABLE};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Hints, ImageName, Reading, Sides};
use crate::table::Table;

use super::super::shapes::{around, drawn, ellipse};

/// Which column holds what.
#[derive(Clone, Copy, Debug)]
enum Packed {
    Runs(usize),
    Predictions(usize),
    Shapes(usize),
}

const NOT_READ: &str = "columns that are not read";

/// A cell that holds something, with its row and its image.
struct Cell<'a> {
    row: usize,
    image: usize,
    text: &'a str,
}

/// Images with marks, where a column of the table is one of these; `None` where none is.
pub fn read(table: &Table, roles: &Roles, hints: &Hints, problems: &mut ProblemList) -> Option<Reading> {
    let column = column(table)?;
    let image = roles.get("image")?;
    let (Packed::Runs(at) | Packed::Predictions(at) | Packed::Shapes(at)) = column;
    let (mut images, mut places, mut cells) = (Vec::new(), HashMap::new(), Vec::new());
    for row in 0..table.rows.len() {
        let (name, text) = (table.cell(row, image), table.cell(row, at));
        if name.is_empty() {
            let message = format!("{}: row {} is left out: it names no image", table.file, row + 2);
            problems.push("rows without an image", &table.file, message);
            continue;
        }
        let image = *places.entry(name).or_insert_with(|| {
            images.push(AnnotatedImage::new(ImageName::Named(name.to_owned()), Vec::new()));
            images.len() - 1
        });
        if !is_empty(text) {
            cells.push(Cell { row, image, text });
        }
    }
    let packed = PackedTable { table, roles, images };
    match column {
        Packed::Runs(_) => Some(packed.runs(&cells, problems)),
        Packed::Predictions(_) => Some(packed.predictions(&cells, hints, problems)),
        Packed::Shapes(_) => packed.shapes(&cells, problems),
    }
}

fn column(table: &Table) -> Option<Packed> {
    let find = |wanted: &str| table.columns.iter().position(|column| plain(column) == wanted);
    find("encodedpixels")
        .map(Packed::Runs)
        .or_else(|| find("predictionstring").map(Packed::Predictions))
        .or_else(|| find("imagename").and(find("annotation")).map(Packed::Shapes))
}

struct PackedTable<'a> {
    table: &'a Table,
    roles: &'a Roles,
    images: Vec<AnnotatedImage>,
}

impl PackedTable<'_> {
    fn put(&mut self, cell: &Cell<'_>, mark: Mark) {
        let image = self.images.get_mut(cell.image);
        image.into_iter().for_each(|image| image.marks.get_or_insert_default().push(mark.clone()));
    }

    fn left_out(&self, cell: &Cell<'_>, fault: &str, problems: &mut ProblemList) {
        let message = format!("{}: row {} is left out: {fault}", self.table.file, cell.row + 2);
        problems.push(UNREADABLE, &self.table.file, message);
    }

    /// A mark of the class that the row names.
    fn mark(&self, cell: &Cell<'_>) -> Mark {
        let of = |role| self.roles.get(role).map_or("", |column| self.table.cell(cell.row, column));
        let category = of("class_id").parse::<i64>().ok().map(JsonId::Number);
        let label = match (of("label"), &category) {
            ("", Some(_)) => "",
            ("", None) => LABEL_MAP_LABEL,
            (label, _) => label,
        };
        Mark { place: format!("row {}", cell.row + 2), label: label.to_owned(), category, ..Mark::default() }
    }

    fn runs(mut self, cells: &[Cell<'_>], problems: &mut ProblemList) -> Reading {
        let file = &self.table.file;
        let mut read = Vec::new();
        for cell in cells {
            match starts(cell.text) {
                Ok(runs) => read.push((cell, runs)),
                Err(Fault::Relative) => {
                    let message = format!(
                        "{file}: the run lengths of row {} are no rising starts from 1, but as SIIM-ACR has them (-1 for \
                         none, starts that count from the run before); such are not read, and nothing of the table is used",
                        cell.row + 2
                    );
                    problems.push(NOT_READ, file, message);
                    return Reading::default();
                }
                Err(Fault::Cell(fault)) => {
                    self.left_out(cell, &fault, problems);
                    // Nothing is known of an image of which a mask is missing.
                    read.retain(|(other, _)| other.image != cell.image);
                    self.images.get_mut(cell.image).into_iter().for_each(|image| image.marks = None);
                }
            }
        }
        if !read.is_empty() {
            let message = format!(
                "{file}: its run lengths are read as pairs of a start, from 1, and a length, down the columns (Airbus, \
                 Severstal)"
            );
            problems.push("run lengths read by the name of their column", file, message);
        }
        for (cell, runs) in read {
            let mark = self.mark(cell);
            if self.images.get(cell.image).is_some_and(|image| image.marks.is_some()) {
                self.put(cell, Mark { drawn: Some(Drawn::Starts(runs)), ..mark });
            }
        }
        Reading { images: self.images, ..Reading::default() }
    }

    fn predictions(mut self, cells: &[Cell<'_>], hints: &Hints, problems: &mut ProblemList) -> Reading {
        let file = self.table.file.clone();
        let count = |fits: &dyn Fn(&str) -> bool| cells.iter().filter(|cell| fits(cell.text)).count();
        let with_class = count(&|text| predicted(text, true).is_ok());
        let without = count(&|text| predicted(text, false).is_ok());
        if with_class == without && !cells.is_empty() {
            let fit = if with_class > 0 { "both" } else { "neither" };
            let message = format!(
                "{file}: its PredictionString fits {fit} \"class score x1 y1 x2 y2\" and \"score x y width height\"; it is \
                 not used"
            );
            problems.push(NOT_READ, &file, message);
            return Reading::default();
        }
        let has_class = with_class > without;
        for cell in cells {
            match predicted(cell.text, has_class) {
                Ok(found) => {
                    for Predicted { class, score, numbers } in found {
                        let category = class.and_then(|class| class.parse::<i64>().ok()).map(JsonId::Number);
                        // VinBigData's "no finding" has a box of one pixel.
                        if category.is_some() && numbers == [0.0, 0.0, 1.0, 1.0] {
                            continue;
                        }
                        let label = class.filter(|_| category.is_none());
                        let label = if class.is_none() { LABEL_MAP_LABEL } else { label.unwrap_or_default() };
                        let edges = Some(Edges { numbers, frame: None });
                        let place = format!("row {}", cell.row + 2);
                        let mark = Mark { place, category, edges, score: Some(score), ..Mark::default() };
                        self.put(cell, Mark { label: label.to_owned(), ..mark });
                    }
                }
                Err(fault) => self.left_out(cell, &fault, problems),
            }
        }
        let layout = if has_class { Layout::Corners } else { Layout::CornerAndSize };
        let columns = BoxColumns::Four([usize::MAX; 4], layout);
        let questions = frames::settle(&file, &[], columns, hints, &mut self.images, problems);
        Reading { images: self.images, questions, sides: Sides::Findings, ..Reading::default() }
    }

    /// `None` where most cells are other text, for which the names of the columns are no proof.
    fn shapes(mut self, cells: &[Cell<'_>], problems: &mut ProblemList) -> Option<Reading> {
        let begins = |cell: &&Cell<'_>| {
            let mut words = cell.text.split_whitespace();
            words.next().is_some_and(|kind| ["0", "1", "2"].contains(&kind)) && words.next().is_some_and(is_number)
        };
        if 2 * cells.iter().filter(begins).count() < cells.len() {
            return None;
        }
        for cell in cells {
            for shape in cell.text.split(';').map(str::trim).filter(|shape| !shape.is_empty()) {
                match shape_of(shape) {
                    Ok((edges, drawn)) => {
                        let mark = self.mark(cell);
                        self.put(cell, Mark { edges, drawn, ..mark });
                    }
                    Err(fault) => {
                        let message =
                            format!("{}: a shape of row {} is left out: {fault}", self.table.file, cell.row + 2);
                        problems.push(UNREADABLE, &self.table.file, message);
                    }
                }
            }
        }
        Some(Reading { images: self.images, ..Reading::default() })
    }
}

enum Fault {
    /// Of the other form, so that no cell can be trusted.
    Relative,
    /// Of this cell.
    Cell(String),
}

/// Pairs of a start, from 1, and a length, as starts from 0.
fn starts(text: &str) -> Result<Vec<[u32; 2]>, Fault> {
    let words = text.split_whitespace().collect::<Vec<_>>();
    if words == ["-1"] {
        return Err(Fault::Relative);
    }
    let number = |word: &&str| {
        word.parse::<u32>()
            .map_err(|_| Fault::Cell(format!("its run lengths hold \"{word}\", where a whole number from 0 should be")))
    };
    let numbers = words.iter().map(number).collect::<Result<Vec<_>, _>>()?;
    if numbers.len() % 2 == 1 {
        return Err(Fault::Cell(format!("its run lengths are {} numbers, which are no pairs", numbers.len())));
    }
    let (mut runs, mut end) = (Vec::with_capacity(numbers.len() / 2), 0_u64);
    for pair in numbers.chunks_exact(2) {
        let &[start, length] = pair else { continue };
        let Some(start) = start.checked_sub(1).filter(|start| u64::from(*start) >= end) else {
            return Err(Fault::Relative);
        };
        end = u64::from(start) + u64::from(length);
        runs.push([start, length]);
    }
    Ok(runs)
}

struct Predicted<'a> {
    class: Option<&'a str>,
    score: f64,
    numbers: [f64; 4],
}

/// Boxes of a cell: `class score` or `score` and four numbers each.
fn predicted(text: &str, has_class: bool) -> Result<Vec<Predicted<'_>>, String> {
    let (words, each) = (text.split_whitespace().collect::<Vec<_>>(), if has_class { 6 } else { 5 });
    if words.len() % each != 0 {
        return Err(format!("its PredictionString has {} words, not {each} for each box", words.len()));
    }
    let one = |words: &[&'_ str]| -> Result<(f64, [f64; 4]), String> {
        let &[score, a, b, c, d] = words else { return Err("it has no box".to_owned()) };
        let score = number(score, "its score")?;
        if !(0.0..=1.0).contains(&score) {
            return Err(format!("its score is {score}, where one from 0 to 1 should be"));
        }
        let mut numbers = [0.0; 4];
        for (place, word) in numbers.iter_mut().zip([a, b, c, d]) {
            *place = number(word, "its box")?;
        }
        Ok((score, numbers))
    };
    let boxes = words.chunks_exact(each).map(|words| {
        let (class, rest) = match words {
            [class, rest @ ..] if has_class => (Some(*class), rest),
            rest => (None, rest),
        };
        one(rest).map(|(score, numbers)| Predicted { class, score, numbers })
    });
    boxes.collect()
}

fn is_number(word: &str) -> bool {
    number(word, "").is_ok()
}

/// A shape of object-CXR.
fn shape_of(text: &str) -> Result<(Option<Edges>, Option<Drawn>), String> {
    let mut words = text.split_whitespace();
    let kind = words.next().unwrap_or_default();
    let numbers = words.map(|word| number(word, "it")).collect::<Result<Vec<_>, _>>()?;
    match (kind, &numbers[..]) {
        ("0", &[x0, y0, x1, y1]) => Ok((Some(Edges::pixels(BoundingBox::new(x0, y0, x1, y1))), None)),
        ("1", &[x0, y0, x1, y1]) => {
            let (middle, radii) = ([(x0 + x1) / 2.0, (y0 + y1) / 2.0], [(x1 - x0) / 2.0, (y1 - y0) / 2.0]);
            let edges = Edges::pixels(around(middle, radii));
            Ok((Some(edges), Some(drawn(vec![ellipse(middle, radii, 0.0)]))))
        }
        ("2", outline) if outline.len() >= 6 && outline.len().is_multiple_of(2) => {
            Ok((None, Some(drawn(vec![numbers]))))
        }
        ("0" | "1", _) => Err(format!("it has {} numbers, not the four of a box", numbers.len())),
        ("2", _) => Err(format!("it has {} numbers, not three or more pairs", numbers.len())),
        _ => Err(format!("it begins with \"{kind}\", not with 0 (box), 1 (ellipse) or 2 (outline)")),
    }
}
