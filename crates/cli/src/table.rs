//! Words and numbers for a terminal.

use std::io::Write;

use groundglass_types::{Report, Statistic};

/// Writes to standard output; a reader that has gone away is no error.
pub fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// The report as a table.
pub fn report(report: &Report, cases: usize) -> String {
    let mut lines = Vec::new();
    if let (Some(model), Some(device)) = (&report.model, &report.device) {
        lines.push(format!(
            "{} ({}) on {} ({}), {:.1e} from its known answer",
            model.name, model.architecture, device.device, device.adapter, device.agreement
        ));
    }
    let counts = report.counts.unwrap_or_default();
    lines.push(format!(
        "{cases} images; at score {} and IoU {}: {} true positives, {} false positives, {} missed",
        report.score_threshold,
        report.iou_threshold,
        counts.true_positives,
        counts.false_positives,
        counts.false_negatives
    ));
    lines.push(format!("\n{:<28} {:>10} {:>8}  {}", "metric", "value", "n", "convention"));
    for value in &report.values {
        let name = match &value.class {
            Some(class) => format!("{} ({class})", value.id),
            None => value.id.clone(),
        };
        let number = match value.statistic {
            Statistic::Value(number) => format!("{number:.4}"),
            Statistic::Undefined(reason) => {
                serde_json::to_value(reason).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
            }
        };
        lines.push(format!("{name:<28} {number:>10} {:>8}  {}", value.n, value.convention.words));
    }
    lines.join("\n")
}
