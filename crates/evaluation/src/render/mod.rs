//! A report for a terminal, a spreadsheet or a reader.

mod comparison;
mod csv;
mod html;
mod table;

pub use csv::csv;
pub use html::html;
pub use table::table;

use groundglass_types::{Statistic, Value};

/// The value in four digits, or the reason why there is none.
fn number(statistic: Statistic) -> String {
    match statistic {
        Statistic::Value(value) => digits(value),
        Statistic::Undefined(reason) => reason.words().to_owned(),
    }
}

/// Four digits behind the point; of large numbers fewer.
fn digits(value: f64) -> String {
    if value.abs() < 1000.0 { format!("{value:.4}") } else { format!("{value:.1}") }
}

/// `[0.71, 0.83]`, or nothing.
fn interval(ends: Option<[f64; 2]>) -> String {
    ends.map_or_else(String::new, |[low, high]| format!("[{}, {}]", digits(low), digits(high)))
}

/// The id with its class.
fn name(value: &Value) -> String {
    match &value.class {
        Some(class) => format!("{} ({class})", value.id),
        None => value.id.clone(),
    }
}
