//! From rows that name their case to the cases.

use std::collections::{BTreeMap, HashMap};

use crate::MetricsError;
use crate::engine::Unit;

/// The cases of some rows in the order in which they first occur, and the case of every row.
///
/// `rows` gives each row's case and attributes. The rows of a case bring their attributes together.
///
/// # Errors
/// [`MetricsError::Input`] where two rows of one case give one attribute different values.
pub(crate) fn units<'a>(
    rows: impl Iterator<Item = (&'a str, &'a BTreeMap<String, String>)>,
) -> Result<(Vec<Unit>, Vec<usize>), MetricsError> {
    let (mut units, mut places, mut of_rows) = (Vec::<Unit>::new(), HashMap::new(), Vec::new());
    for (case, attributes) in rows {
        let place = *places.entry(case).or_insert(units.len());
        if place == units.len() {
            units.push(Unit { case: case.to_owned(), attributes: BTreeMap::new() });
        }
        for (key, value) in attributes {
            let known = units[place].attributes.entry(key.clone()).or_insert_with(|| value.clone());
            if known != value {
                return Err(MetricsError::Input {
                    place: format!("case \"{case}\""),
                    fault: format!("its {key} is \"{known}\" in one row and \"{value}\" in another"),
                });
            }
        }
        of_rows.push(place);
    }
    Ok((units, of_rows))
}

/// The cases of two sets one after the other.
///
/// # Errors
/// [`MetricsError::Input`] where the two do not name the same cases in the same order.
pub(crate) fn joined(a: &[Unit], b: &[Unit]) -> Result<Vec<Unit>, MetricsError> {
    let differing = a.iter().zip(b).find(|(a, b)| a.case != b.case);
    let place = match differing {
        Some((a, _)) => format!("case \"{}\"", a.case),
        None if a.len() != b.len() => "the two sets".to_owned(),
        None => return Ok(a.iter().chain(b).cloned().collect()),
    };
    let fault = match differing {
        Some((_, b)) => format!("the other set has \"{}\" in its place; both need the same cases in one order", b.case),
        None => format!("they have {} and {} cases; both need the same", a.len(), b.len()),
    };
    Err(MetricsError::Input { place, fault })
}
