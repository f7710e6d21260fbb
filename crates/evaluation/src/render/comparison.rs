//! The first model against the second, as rows of text.

use groundglass_metrics::{Comparison, ComparisonLine};

use crate::render::{digits, interval, number};

/// The columns, each with whether it holds numbers.
pub const COLUMNS: [(&str, bool); 9] = [
    ("Metric", false),
    ("First", true),
    ("Second", true),
    ("Difference", true),
    ("Interval", true),
    ("p (permutation)", true),
    ("p (bootstrap)", true),
    ("p (Holm)", true),
    ("Win / tie / loss", true),
];

/// One row a line.
pub fn rows(comparison: &Comparison) -> impl Iterator<Item = Vec<String>> {
    comparison.lines.iter().map(row)
}

fn row(line: &ComparisonLine) -> Vec<String> {
    let optional = |value: Option<f64>| value.map_or_else(String::new, digits);
    let by_case = line.by_case.map(|cases| format!("{} / {} / {}", cases.win, cases.tie, cases.loss));
    vec![
        line.class.as_ref().map_or_else(|| line.id.clone(), |class| format!("{} ({class})", line.id)),
        number(line.a),
        number(line.b),
        optional(line.difference),
        interval(line.interval),
        optional(line.p_permutation),
        optional(line.p_bootstrap),
        optional(line.p_holm),
        by_case.unwrap_or_default(),
    ]
}
