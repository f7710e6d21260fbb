//! A report as CSV: one line a value.

use groundglass_types::{Report, Statistic};

/// One line a value, with a header. Numbers are written in full, so that reading them back loses nothing.
pub fn csv(report: &Report) -> String {
    let mut lines = vec!["id,class,group,value,undefined,low,high,interval_method,n,convention,words".to_owned()];
    for value in &report.values {
        let (number, reason) = match value.statistic {
            Statistic::Value(number) => (number.to_string(), String::new()),
            Statistic::Undefined(reason) => (String::new(), reason.words().to_owned()),
        };
        let (low, high) =
            value.interval.map_or_else(Default::default, |[low, high]| (low.to_string(), high.to_string()));
        let cells = [
            value.id.as_str(),
            value.class.as_deref().unwrap_or_default(),
            value.group.as_deref().unwrap_or_default(),
            &number,
            &reason,
            &low,
            &high,
            value.interval_method.as_deref().unwrap_or_default(),
            &value.n.to_string(),
            &value.convention.name,
            &value.convention.words,
        ];
        lines.push(cells.map(cell).join(","));
    }
    lines.join("\n") + "\n"
}

/// A cell, quoted where it must be. A leading character that a spreadsheet would take for a formula is kept from it by
/// an apostrophe, since class and group names come from files.
fn cell(text: &str) -> String {
    let is_number = text.parse::<f64>().is_ok();
    let guarded = if !is_number && text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if guarded.contains([',', '"', '\n', '\r']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("a \"b\""), "\"a \"\"b\"\"\"");
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("-0.5"), "-0.5");
    }
}
