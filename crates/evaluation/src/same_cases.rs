//! Which row of one table is of the case of which another speaks.

use std::collections::{BTreeMap, HashMap, HashSet};

use groundglass_formats::Problem;

use crate::EvaluationError;
use crate::rows::CaseTable;

/// The longest an extension is.
const EXTENSION: usize = 5;

/// For each of `cases`, which `truth` names, the row of `predictions` that is of it: the row of that name; else the only one
/// of which the name is the end of the case's or the other way round, folder by folder, with the extension or without
/// (`valid/p1/view.jpg`, `p1/view.jpg`, `p1/view`). A row that several cases so end in is of none of them. `left_out` are
/// cases that the truth names and that are not asked for: their rows are no strangers.
///
/// # Errors
/// [`EvaluationError::Unfit`] where no case has a row. Cases without one, and rows without a case, go to `problems`.
pub(crate) fn rows_of_cases<'c>(
    truth: &str,
    cases: impl Iterator<Item = &'c str> + Clone,
    left_out: &[String],
    predictions: &CaseTable,
    problems: &mut Vec<Problem>,
) -> Result<Vec<Option<usize>>, EvaluationError> {
    let places = predictions.places(|row| predictions.case(row).to_owned());
    let ends = Ends::of(places.iter().map(|(name, row)| (name.as_str(), *row)));
    let row_of = |case: &str| places.get(case).copied().or_else(|| ends.row(case));
    let mut found: BTreeMap<&str, Option<usize>> = BTreeMap::new();
    let mut claims: HashMap<usize, usize> = HashMap::new();
    for case in cases.clone() {
        found.entry(case).or_insert_with(|| {
            let row = row_of(case)?;
            *claims.entry(row).or_default() += 1;
            Some(row)
        });
    }
    for (case, row) in &mut found {
        // Of several cases only the one of the very name is meant.
        *row = row.filter(|row| claims.get(row) == Some(&1) || places.get(*case) == Some(row));
    }
    let file = &predictions.table.file;
    let missing: Vec<&str> = found.iter().filter(|(_, row)| row.is_none()).map(|(case, _)| *case).collect();
    let is_none = found.values().all(Option::is_none);
    let spoken_of = left_out.iter().filter_map(|case| row_of(case));
    let used: HashSet<usize> = found.values().flatten().copied().chain(spoken_of).collect();
    let mut others: Vec<&str> =
        places.iter().filter(|(_, row)| !used.contains(row)).map(|(name, _)| name.as_str()).collect();
    others.sort_unstable();
    if let (true, Some(case), Some(other)) = (is_none, missing.first(), others.first()) {
        let detail = format!("none of its cases, such as \"{other}\", is one of {truth}, such as \"{case}\"");
        return Err(EvaluationError::Unfit { file: file.clone(), detail });
    }
    let mut tell = |kind: &str, cases: &[&str], what: &str| {
        if let Some(first) = cases.first() {
            let message = format!("{file} {what}: {} of them, such as \"{first}\"", cases.len());
            problems.push(Problem { count: cases.len(), ..Problem::new(kind, file, message) });
        }
    };
    tell("cases without a prediction", &missing, &format!("says nothing of cases of {truth}"));
    tell("predictions without a truth", &others, &format!("speaks of cases that are not in {truth}"));
    Ok(cases.map(|case| found.get(case).copied().flatten()).collect())
}

/// Rows by every end of their names.
struct Ends {
    /// By whole names without their extension.
    whole: HashMap<String, Option<usize>>,
    /// By the ends of names without their extension, folder by folder; `None` where several names end so.
    ends: HashMap<String, Option<usize>>,
}

impl Ends {
    fn of<'n>(names: impl Iterator<Item = (&'n str, usize)>) -> Self {
        let mut all = Self { whole: HashMap::new(), ends: HashMap::new() };
        for (name, row) in names {
            let name = bare(name);
            for end in ends(&name) {
                all.ends.entry(end.to_owned()).and_modify(|known| *known = None).or_insert(Some(row));
            }
            all.whole.entry(name).and_modify(|known| *known = None).or_insert(Some(row));
        }
        all
    }

    fn row(&self, case: &str) -> Option<usize> {
        let case = bare(case);
        let whole = ends(&case).find_map(|end| self.whole.get(end).copied());
        whole.or_else(|| self.ends.get(&case).copied()).flatten()
    }
}

/// A name with forward slashes and without its extension: what follows the last dot, where it is short and has a letter
/// (numbers with dots have none).
fn bare(name: &str) -> String {
    let name = name.trim().replace('\\', "/");
    let without = |name: &str| {
        let (rest, extension) = name.rsplit_once('.')?;
        let is_extension = (1..=EXTENSION).contains(&extension.len())
            && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && extension.bytes().any(|byte| byte.is_ascii_alphabetic());
        (is_extension && !rest.is_empty() && !rest.ends_with('/')).then(|| rest.to_owned())
    };
    match without(&name) {
        Some(rest) if name.to_ascii_lowercase().ends_with(".gz") => without(&rest).unwrap_or(rest),
        Some(rest) => rest,
        None => name,
    }
}

/// A name, then what is left of it without its first folder, and so on.
fn ends(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.split_once('/').map(|(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::{Ends, bare};

    #[test]
    fn names_lose_extensions_and_no_numbers() {
        assert_eq!(bare("a\\b.PNG"), "a/b");
        assert_eq!(bare("scan.nii.gz"), "scan");
        assert_eq!(bare("1.2.840.113619"), "1.2.840.113619");
        assert_eq!(bare("v1.final version"), "v1.final version");
        assert_eq!(bare(".png"), ".png");
    }

    #[test]
    fn a_name_is_the_end_of_another() {
        let ends = Ends::of([("valid/p1/view.jpg", 0), ("valid/p2/view.jpg", 1), ("x", 2)].into_iter());
        assert_eq!(ends.row("p1/view.png"), Some(0));
        assert_eq!(ends.row("Set/valid/p2/view"), Some(1));
        assert_eq!(ends.row("view.jpg"), None);
        assert_eq!(ends.row("p3/view.jpg"), None);
        assert_eq!(ends.row("folder/x.png"), Some(2));
    }
}
