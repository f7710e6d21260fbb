//! What is wrong with a part of what was given, while the rest is read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One line for the reader: which file, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Problem {
    /// The file's path as it was given.
    pub file: String,
    /// A full sentence that names the file and the fault.
    pub message: String,
    /// What it is one of, in the plural: `boxes outside their image`.
    #[serde(default)]
    pub kind: String,
    /// How many it stands for: 1, or more where those beyond the first few are counted.
    #[serde(default = "one")]
    pub count: usize,
}

const fn one() -> usize {
    1
}

impl Problem {
    /// A problem by itself.
    pub fn new(kind: &str, file: &str, message: String) -> Self {
        Self { file: file.to_owned(), message, kind: kind.to_owned(), count: 1 }
    }
}

/// How many problems of one kind are told one by one.
const TOLD: usize = 8;

/// Problems as they are met, of which only the first few of each kind are told one by one, so that a
/// file with one fault ten thousand times does not bury the others.
#[derive(Debug, Default)]
pub(crate) struct ProblemList {
    told: Vec<Problem>,
    untold: BTreeMap<(String, &'static str), usize>,
    counts: BTreeMap<&'static str, usize>,
}

impl ProblemList {
    /// Notes a problem. `kind` says in the plural what it is one of: `boxes outside their image`.
    pub fn push(&mut self, kind: &'static str, file: &str, message: String) {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        if *count <= TOLD {
            self.told.push(Problem::new(kind, file, message));
        } else {
            *self.untold.entry((file.to_owned(), kind)).or_default() += 1;
        }
    }

    /// All problems, the untold ones as counts.
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.told;
        let mut by_kind: BTreeMap<&'static str, (String, usize, usize)> = BTreeMap::new();
        for ((file, kind), count) in self.untold {
            let entry = by_kind.entry(kind).or_insert((file, 0, 0));
            entry.1 += count;
            entry.2 += 1;
        }
        problems.extend(by_kind.into_iter().map(|(kind, (file, count, files))| {
            let place = if files == 1 { file.clone() } else { format!("{file} and {} more files", files - 1) };
            Problem { file, message: format!("{place}: {count} more {kind}"), kind: kind.to_owned(), count }
        }));
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::ProblemList;

    #[test]
    fn a_fault_a_hundred_times_is_told_eight_times_and_counted() {
        let mut problems = ProblemList::default();
        for index in 0..100 {
            problems.push("bad boxes", "a.json", format!("a.json: box {index} is bad"));
        }
        problems.push("bad names", "a.json", "a.json: name is bad".to_owned());
        let problems = problems.into_problems();
        assert_eq!(problems.len(), 10);
        assert_eq!(problems[8].message, "a.json: name is bad");
        assert_eq!(problems[9].message, "a.json: 92 more bad boxes");
    }
}
