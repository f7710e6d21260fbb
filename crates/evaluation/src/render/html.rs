//! A report as one HTML page that needs nothing else: no script, no font, no picture from elsewhere.

use groundglass_metrics::definition;
use groundglass_types::Value;

use crate::EvaluationReport;
use crate::render::{comparison, digits, interval, name, number};

const STYLE: &str = "
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
small { opacity: .75; }
.scroll { overflow-x: auto; }
";

/// The report as a page.
pub fn html(report: &EvaluationReport) -> String {
    let mut page = String::new();
    page += "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
    page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    page += "<title>Groundglass report</title>\n<style>";
    page += STYLE;
    page += "</style>\n</head>\n<body>\n<h1>Groundglass report</h1>\n";
    page += &format!("<p>{}</p>\n", escaped(&report.headline()));
    page += "<p><small>For evaluation and teaching, not for diagnosis.</small></p>\n";
    let (overall, grouped): (Vec<&Value>, Vec<&Value>) =
        report.report.values.iter().partition(|value| value.group.is_none());
    page += "<h2>Metrics</h2>\n";
    page += &values(&overall, false);
    if !grouped.is_empty() {
        page += "<h2>By group</h2>\n";
        page += &values(&grouped, true);
    }
    if !report.report.groups.is_empty() {
        page += "<h2>Gaps between groups</h2>\n";
        let rows = report.report.groups.iter().map(|group| {
            let said = |value: &Option<groundglass_types::GroupValue>| {
                value.as_ref().map_or_else(String::new, |value| format!("{} ({})", value.group, digits(value.value)))
            };
            let sizes = group.groups.iter().map(|size| format!("{}: {}", size.group, size.n)).collect::<Vec<_>>();
            let metric =
                group.class.as_ref().map_or_else(|| group.id.clone(), |class| format!("{} ({class})", group.id));
            let drawn = interval(group.interval);
            vec![metric, digits(group.gap), drawn, said(&group.worst), said(&group.best), sizes.join(", ")]
        });
        let columns =
            [("Metric", false), ("Gap", true), ("Interval", true), ("Worst", false), ("Best", false), ("n", false)];
        page += &table(&columns, rows);
    }
    if let Some(comparison) = &report.comparison {
        page += "<h2>First model against the second</h2>\n";
        page += &table(&comparison::COLUMNS, comparison::rows(comparison));
        page += &notes(&comparison.notes);
    }
    if !report.report.problems.is_empty() {
        page += "<h2>Notes</h2>\n";
        page += &notes(&report.report.problems);
    }
    page += "<h2>Files</h2>\n";
    let files = report.report.data.iter().map(|(file, hash)| vec![file.clone(), hash.clone()]);
    page += &table(&[("File", false), ("SHA-256", false)], files);
    page += &format!("<p><small>{}</small></p>\n</body>\n</html>\n", escaped(&report.report.generator));
    page
}

/// A list, or nothing.
fn notes(notes: &[String]) -> String {
    let items = notes.iter().map(|note| format!("<li>{}</li>\n", escaped(note))).collect::<String>();
    if items.is_empty() { items } else { format!("<ul>\n{items}</ul>\n") }
}

fn values(values: &[&Value], by_group: bool) -> String {
    let mut header = vec![("Metric", false)];
    if by_group {
        header.push(("Group", false));
    }
    header.extend([("Value", true), ("Interval", true), ("n", true), ("Convention", false)]);
    let rows = values.iter().map(|value| {
        let mut cells = vec![match definition(&value.id) {
            Some(definition) => format!("{} - {}", definition.name, name(value)),
            None => name(value),
        }];
        if by_group {
            cells.push(value.group.clone().unwrap_or_default());
        }
        let convention = format!("{}: {}", value.convention.name, value.convention.words);
        cells.extend([number(value.statistic), interval(value.interval), value.n.to_string(), convention]);
        cells
    });
    table(&header, rows)
}

/// Each column with whether it holds numbers.
fn table(header: &[(&str, bool)], rows: impl Iterator<Item = Vec<String>>) -> String {
    let class = |number: bool| if number { " class=\"number\"" } else { "" };
    let mut text = "<div class=\"scroll\"><table>\n<thead><tr>".to_owned();
    for (name, number) in header {
        text += &format!("<th scope=\"col\"{}>{}</th>", class(*number), escaped(name));
    }
    text += "</tr></thead>\n<tbody>\n";
    for row in rows {
        text += "<tr>";
        for (cell, (_, number)) in row.iter().zip(header) {
            text += &format!("<td{}>{}</td>", class(*number), escaped(cell));
        }
        text += "</tr>\n";
    }
    text + "</tbody>\n</table></div>\n"
}

/// Text that cannot become markup: names come from files.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            other => escaped.push(other),
        }
    }
    escaped
}
