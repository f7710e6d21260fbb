//! A report for a terminal.

use groundglass_types::{GroupValue, Value};

use crate::EvaluationReport;
use crate::render::{comparison, digits, interval, name, number};

/// Columns of the terminal that the words of a convention may take.
const WORDS: usize = 72;

/// A column: its heading, and whether it holds numbers, which stand at its right edge.
type Column = (&'static str, bool);

const METRIC: Column = ("metric", false);
const VALUE: Column = ("value", true);
const INTERVAL: Column = ("interval", false);
const N: Column = ("n", true);

/// The report as lines of text: overall and by class, then by group, the comparison, what is to be known besides.
pub fn table(report: &EvaluationReport) -> String {
    let mut lines = vec![report.headline()];
    let (overall, grouped): (Vec<&Value>, Vec<&Value>) =
        report.report.values.iter().partition(|value| value.group.is_none());
    let whole = |value: &Value| {
        let [metric, number, interval, n] = cells(value);
        vec![metric, number, interval, n, words(value)]
    };
    let columns = [METRIC, VALUE, INTERVAL, N, ("convention", false)];
    lines.extend(aligned(&columns, overall.into_iter().map(whole).collect()));
    if !grouped.is_empty() {
        let of_group = |value: &Value| {
            let [metric, number, interval, n] = cells(value);
            vec![metric, value.group.clone().unwrap_or_default(), number, interval, n]
        };
        let columns = [METRIC, ("group", false), VALUE, INTERVAL, N];
        lines.extend(aligned(&columns, grouped.into_iter().map(of_group).collect()));
    }
    if !report.report.groups.is_empty() {
        let gaps = report.report.groups.iter().map(|group| {
            let said = |value: &Option<GroupValue>| {
                value.as_ref().map_or_else(String::new, |value| format!("{} {}", value.group, digits(value.value)))
            };
            let id = match &group.class {
                Some(class) => format!("{} ({class})", group.id),
                None => group.id.clone(),
            };
            vec![id, digits(group.gap), interval(group.interval), said(&group.worst), said(&group.best)]
        });
        let columns = [METRIC, ("gap", true), INTERVAL, ("worst group", false), ("best group", false)];
        lines.extend(aligned(&columns, gaps.collect()));
    }
    if let Some(comparison) = &report.comparison {
        lines.extend(aligned(&comparison::COLUMNS, comparison::rows(comparison).collect()));
        lines.extend(comparison.notes.iter().map(|note| format!("note: {note}")));
    }
    if !report.report.problems.is_empty() {
        lines.push(String::new());
        lines.extend(report.report.problems.iter().map(|problem| format!("note: {problem}")));
    }
    lines.join("\n")
}

fn cells(value: &Value) -> [String; 4] {
    [name(value), number(value.statistic), interval(value.interval), value.n.to_string()]
}

/// The convention's name and as much of its words as fits.
fn words(value: &Value) -> String {
    let words = &value.convention.words;
    let short = match words.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}...", &words[..end]),
        None => words.clone(),
    };
    format!("{}: {short}", value.convention.name)
}

/// An empty line, the headings, then the rows, each column as wide as its widest cell.
fn aligned(columns: &[Column], rows: Vec<Vec<String>>) -> Vec<String> {
    let headings = columns.iter().map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>();
    let width = |place: usize| {
        let cells = std::iter::once(&headings).chain(&rows).filter_map(|row| row.get(place));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths = (0..columns.len()).map(width).collect::<Vec<_>>();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).zip(columns).map(|((cell, &width), (_, right))| {
            if *right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    std::iter::once(String::new()).chain(std::iter::once(&headings).chain(&rows).map(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["ap", "0.5", "a b"], ["average (größe)", "12.25", ""]].map(|row| row.map(str::to_owned).to_vec());
        let lines = aligned(&[METRIC, VALUE, ("Why", false)], rows.to_vec());
        assert_eq!(lines, ["", "metric           value  why", "ap                 0.5  a b", "average (größe)  12.25"]);
    }
}
