//! What the families of readers share.

use crate::MetricsError;
use crate::engine::{Assessment, Definition, Prepared, Unit};

/// Metrics that share a preparation, from a set `S` under options `O`.
pub(crate) struct Family<S: 'static, O: 'static> {
    /// The convention's name, as `--convention` takes it.
    pub convention: &'static str,
    /// Whether an assessment without a named convention has it.
    pub by_default: bool,
    pub definitions: &'static [Definition],
    pub prepare: fn(&S, &O) -> Box<dyn Prepared>,
}

/// The families of a convention, or those by default, prepared from a set.
///
/// # Errors
/// [`MetricsError::UnknownConvention`] where none is left.
pub(crate) fn assessed<S, O>(
    families: &[&Family<S, O>],
    set: &S,
    options: &O,
    units: Vec<Unit>,
    convention: Option<&str>,
) -> Result<Assessment, MetricsError> {
    let asked = |family: &&&Family<S, O>| convention.map_or(family.by_default, |name| family.convention == name);
    let chosen = families.iter().filter(asked).collect::<Vec<_>>();
    if chosen.is_empty() {
        let known = families.iter().map(|family| family.convention.to_owned()).collect();
        return Err(MetricsError::convention(convention.unwrap_or_default(), known));
    }
    Ok(Assessment::new(units, chosen.into_iter().map(|family| (family.prepare)(set, options)).collect()))
}

/// That two sets are of the same cases in the same order, as a paired comparison needs them.
///
/// # Errors
/// [`MetricsError::Input`] that names the first difference.
pub(crate) fn check_same_cases<'a>(
    mut a: impl ExactSizeIterator<Item = &'a str>,
    mut b: impl ExactSizeIterator<Item = &'a str>,
) -> Result<(), MetricsError> {
    if a.len() != b.len() {
        let fault = format!("one has {} cases and the other {}", a.len(), b.len());
        return Err(MetricsError::Input { place: "two sets to compare".to_owned(), fault });
    }
    match a.by_ref().zip(b.by_ref()).enumerate().find(|(_, (a, b))| a != b) {
        None => Ok(()),
        Some((index, (a, b))) => Err(MetricsError::Input {
            place: format!("case {index}"),
            fault: format!("it is \"{a}\" in one set and \"{b}\" in the other"),
        }),
    }
}
