//! Names of the files of a written set.

use std::collections::HashSet;

use crate::paths::{base_name, normalised, stem};

/// Gives each case a file called as its image is, once.
#[derive(Default)]
pub struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// The path of a case's file without its extension, below `folder`. Of two images that differ by their extensions
    /// alone, the second keeps its own in the name.
    pub fn of(&mut self, folder: &str, case: &str) -> String {
        let case = normalised(case);
        let parents = case.get(..case.len() - base_name(&case).len()).unwrap_or_default();
        let parents: String = parents.split_inclusive('/').filter(|part| !["../", "./", "/"].contains(part)).collect();
        let base = if base_name(&case).is_empty() { "case" } else { base_name(&case) };
        let mut path = format!("{folder}/{parents}{}", stem(base));
        if self.taken.contains(&path) {
            path = format!("{folder}/{parents}{base}");
        }
        let mut count = 1_usize;
        let first = path.clone();
        while !self.taken.insert(path.clone()) {
            count += 1;
            path = format!("{first} ({count})");
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn no_two_cases_share_a_file() {
        let mut names = Names::default();
        let cases = ["a/b.png", "a/b.jpg", "a/b.jpg", "../../c.tif", ""];
        let paths = cases.map(|case| names.of("labels", case));
        assert_eq!(paths, ["labels/a/b", "labels/a/b.jpg", "labels/a/b.jpg (2)", "labels/c", "labels/case"]);
    }
}
