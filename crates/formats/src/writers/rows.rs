//! A table of boxes: one row a region, and one with an empty box for a case (or a reader) where nothing is. Where readers
//! marked a case, rows without a reader are its truth; without such rows that is the first reader's.

use crate::table::says_no_finding;
use crate::write::{AnnotationWriter, Means, Side, Writing, WrittenCase, WrittenCases};
use crate::writers::lost::{Lost, unwritten};
use crate::writers::regions::{Written, regions};
use crate::{FormatError, Problem};

/// A table of boxes.
pub struct Rows;

/// The columns. Boxes under just these are in pixels, and are read so, however small they are.
pub const COLUMNS: [&str; 12] = [
    "case",
    "image_width",
    "image_height",
    "reader",
    "label",
    "x_min",
    "y_min",
    "x_max",
    "y_max",
    "score",
    "crowd",
    "area",
];

impl AnnotationWriter for Rows {
    fn id(&self) -> &'static str {
        "csv"
    }

    fn name(&self) -> &'static str {
        "table of boxes (CSV)"
    }

    fn begin(&self, cases: &dyn WrittenCases, side: Side) -> Box<dyn Writing> {
        Box::new(OneTable { side, done: 0, total: cases.count() + 1, lost: Lost::beside(cases) })
    }
}

/// The columns first, then the rows of a case a step.
struct OneTable {
    side: Side,
    done: usize,
    total: usize,
    lost: Lost,
}

impl Writing for OneTable {
    fn step(&mut self, means: &mut Means<'_, '_>) -> Result<bool, FormatError> {
        let file = if self.side == Side::Truth { "truth.csv" } else { "predictions.csv" };
        let mut rows = csv::Writer::from_writer(Vec::new());
        let fault = |error: csv::Error| unwritten(file, &error);
        match self.done.checked_sub(1) {
            None => {
                means.sink.begin(file)?;
                rows.write_record(COLUMNS).map_err(fault)?;
            }
            Some(place) => {
                let Some(written) = means.cases.case(place) else { return Ok(false) };
                rows_of(&written, self.side, &mut rows, &mut self.lost).map_err(fault)?;
            }
        }
        self.done += 1;
        means.sink.add(&rows.into_inner().map_err(|error| unwritten(file, &error))?)?;
        Ok(true)
    }

    fn done(&self) -> usize {
        self.done
    }

    fn total(&self) -> usize {
        self.total
    }

    fn problems(&self) -> Vec<Problem> {
        self.lost.problems(Rows.name())
    }
}

/// The rows of one side of a case; none where that side is unknown.
fn rows_of(
    written: &WrittenCase<'_>,
    side: Side,
    table: &mut csv::Writer<Vec<u8>>,
    lost: &mut Lost,
) -> Result<(), csv::Error> {
    let Some(regions) = regions(written, side) else { return Ok(()) };
    let case = written.case;
    lost.count("the spacing of pixels", case.spacing.is_some());
    lost.count("attributes of cases", !case.attributes.is_empty());
    let truth = case.truth.as_ref().filter(|_| side == Side::Truth && !case.readers.is_empty());
    let is_first = truth == case.readers.values().next();
    let mut by_reader = Vec::new();
    if truth.is_none() || (!is_first && !regions.is_empty()) {
        by_reader.push(("", regions));
    } else {
        let is_empty = !is_first && regions.is_empty();
        lost.turned("empty truths beside those of readers", "become the first reader's", is_empty);
    }
    if truth.is_some() {
        let marked = case.readers.iter();
        by_reader
            .extend(marked.map(|(name, truth)| (name.as_str(), truth.regions.iter().map(Written::from).collect())));
    }
    let text = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let (width, height) = (case.width.to_string(), case.height.to_string());
    for (reader, mut regions) in by_reader {
        regions.retain(|region| {
            let is_read = !says_no_finding(region.label);
            lost.count("boxes of a class that says no finding", !is_read);
            is_read
        });
        if regions.is_empty() {
            let row = [case.name.as_str(), &width, &height, reader, "", "", "", "", "", "", "", ""];
            table.write_record(row)?;
        }
        for region in regions {
            lost.turned("masks", "become boxes", region.region.mask.is_some());
            lost.count_label(region.label);
            let edges = region.region.bounding_box;
            let [x_min, y_min, x_max, y_max] =
                [edges.x_min, edges.y_min, edges.x_max, edges.y_max].map(|edge| edge.to_string());
            let (score, area) = (text(region.score), text(region.area));
            let crowd = if region.crowd { "1" } else { "0" };
            table.write_record([
                &case.name,
                &width,
                &height,
                reader,
                region.named(),
                &x_min,
                &y_min,
                &x_max,
                &y_max,
                &score,
                crowd,
                &area,
            ])?;
        }
    }
    Ok(())
}
