//! A report for a terminal.

use groundglass_types::Value;

use crate::EvaluationReport;
use crate::render::{comparison, digits, interval, name, number};

/// Columns of the terminal that the words of a convention may take.
const WORDS: usize = 72;

/// The report as lines of text: overall and by class, then by group, the comparison, what is to be known besides.
pub fn table(report: &EvaluationReport) -> String {
    let mut lines = vec![report.headline()];
    let (overall, grouped): (Vec<&Value>, Vec<&Value>) =
        report.report.values.iter().partition(|value| value.group.is_none());
    lines.push(String::new());
    lines.push(format!("{:<34} {:>10}  {:<18} {:>8}  {}", "metric", "value", "interval", "n", "convention"));
    lines.extend(overall.into_iter().map(line));
    if !grouped.is_empty() {
        lines.push(String::new());
        lines.push(format!("{:<34} {:<16} {:>10}  {:<18} {:>8}", "metric", "group", "value", "interval", "n"));
        lines.extend(grouped.into_iter().map(|value| {
            format!(
                "{:<34} {:<16} {:>10}  {:<18} {:>8}",
                name(value),
                value.group.as_deref().unwrap_or_default(),
                number(value.statistic),
                interval(value.interval),
                value.n
            )
        }));
    }
    if !report.report.groups.is_empty() {
        lines.push(String::new());
        lines.push(format!("{:<34} {:>10}  {:<18} {}", "metric", "gap", "interval", "worst group, best group"));
        lines.extend(report.report.groups.iter().map(|group| {
            let said = |value: &Option<groundglass_types::GroupValue>| {
                value.as_ref().map_or_else(String::new, |value| format!("{} {}", value.group, digits(value.value)))
            };
            let id = match &group.class {
                Some(class) => format!("{} ({class})", group.id),
                None => group.id.clone(),
            };
            let (gap, interval) = (digits(group.gap), interval(group.interval));
            format!("{id:<34} {gap:>10}  {interval:<18} {}, {}", said(&group.worst), said(&group.best))
        }));
    }
    if let Some(comparison) = &report.comparison {
        lines.push(String::new());
        let width = |place: usize| if place == 0 { 34 } else { 18 };
        let joined = |cells: &[String]| {
            let padded = cells.iter().enumerate().map(|(place, cell)| format!("{cell:<width$}", width = width(place)));
            padded.collect::<Vec<_>>().join(" ").trim_end().to_owned()
        };
        lines.push(joined(&comparison::COLUMNS.map(|(name, _)| name.to_lowercase())));
        lines.extend(comparison::rows(comparison).map(|row| joined(&row)));
        lines.extend(comparison.notes.iter().map(|note| format!("note: {note}")));
    }
    if !report.report.problems.is_empty() {
        lines.push(String::new());
        lines.extend(report.report.problems.iter().map(|problem| format!("note: {problem}")));
    }
    lines.join("\n")
}

fn line(value: &Value) -> String {
    let words = &value.convention.words;
    let short = match words.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}...", &words[..end]),
        None => words.clone(),
    };
    format!(
        "{:<34} {:>10}  {:<18} {:>8}  {}: {short}",
        name(value),
        number(value.statistic),
        interval(value.interval),
        value.n,
        value.convention.name,
    )
}
