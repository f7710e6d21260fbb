//! What the forms in JSON share.

use serde_json::{Map, Value};

use crate::FormatError;
use crate::coco::{json_error, kind_of};
use crate::content::HELD;
use crate::json_stream::{first_elements, first_member};
use crate::list::Probe;

/// The file as JSON.
///
/// # Errors
/// [`FormatError`] with the place of the fault.
pub fn parsed<'p>(probe: &'p Probe<'_>, form: &'static str) -> Result<&'p Value, FormatError> {
    let fault = || match probe.content().json_held().map(serde_json::from_slice::<Value>) {
        Some(Err(error)) => json_error(probe.path(), &error),
        Some(Ok(other)) => not_of(probe, form, format!("it is {}, not an object or a list", kind_of(&other))),
        None => not_of(probe, form, too_long(probe)),
    };
    probe.json().ok_or_else(fault)
}

/// The fault of a file that is not of the form it looked like.
pub fn not_of(probe: &Probe<'_>, form: &'static str, detail: impl Into<String>) -> FormatError {
    FormatError::NotOfForm { file: probe.path().to_owned(), form, detail: detail.into() }
}

/// Why a file is not read that has to be held as a whole.
pub fn too_long(probe: &Probe<'_>) -> String {
    format!("it has {} bytes, and of this form at most {HELD} are read", probe.content().len())
}

/// The first entry of the outermost object or list (then with an empty key), without reading the rest.
pub fn first_entry(probe: &Probe<'_>) -> Option<(String, Value)> {
    match probe.first()? {
        b'[' => Some((String::new(), first_elements(probe.content(), 1).pop()?)),
        b'{' => first_member(probe.content()),
        _ => None,
    }
}

/// Pairs of finite numbers, as `x0, y0, x1, y1, ...`; of more than two numbers a point the first two count.
pub fn points(value: &Value) -> Result<Vec<f64>, String> {
    let list = value.as_array().ok_or_else(|| format!("its points are {}, not a list", kind_of(value)))?;
    let mut flat = Vec::with_capacity(2 * list.len());
    for point in list {
        let pair = point.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut numbers = pair.iter().take(2).filter_map(Value::as_f64).filter(|number| number.is_finite());
        let (Some(x), Some(y)) = (numbers.next(), numbers.next()) else {
            return Err("a point of it is no pair of numbers".to_owned());
        };
        flat.extend([x, y]);
    }
    Ok(flat)
}

/// A finite number of an object, also where it stands as text.
pub fn number(object: &Map<String, Value>, name: &str) -> Result<f64, String> {
    let value = object.get(name).ok_or_else(|| format!("it has no \"{name}\""))?;
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    number.filter(|number| number.is_finite()).ok_or_else(|| format!("\"{name}\" is {}, not a number", kind_of(value)))
}

/// The text of an object, empty where there is none.
pub fn text<'o>(object: &'o Map<String, Value>, name: &str) -> &'o str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::first_entry;
    use crate::list::Probe;

    #[test]
    fn the_first_entry_is_read_without_the_rest() {
        let first = |text: &str| first_entry(&Probe::new("a.json", text.as_bytes()));
        assert_eq!(first("[{\"a\": 1}, broken").unwrap().1["a"], 1);
        let (key, value) = first(" {\"k\\n\" : {\"b\": [2]}, broken").unwrap();
        assert_eq!((key.as_str(), &value["b"][0]), ("k\n", &serde_json::json!(2)));
        assert!(first("{}").is_none() && first("[]").is_none() && first("7").is_none() && first("").is_none());
        assert!(first(&"[".repeat(100_000)).is_none());
        assert!(first(&"{\"a\":".repeat(100_000)).is_none());
    }
}
