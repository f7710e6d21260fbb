//! Names of the files of a written set.

use std::collections::HashSet;

use crate::paths::{base_name, normalised, stem};
use crate::write::{Side, WrittenCase, WrittenCases, each};
use crate::writers::layers::origin;

/// The path of a file of one side of a set: what was found lies in a folder of its own, by whose name it is read as such.
pub fn below(side: Side, path: &str) -> String {
    match side {
        Side::Truth => path.to_owned(),
        Side::Findings => format!("predictions/{path}"),
    }
}

/// Gives each case a file called as its image is, once.
#[derive(Default)]
pub struct Names {
    taken: HashSet<String>,
    /// What several images are called but for their extensions.
    shared: HashSet<String>,
}

impl Names {
    /// Names for files of cases.
    pub fn new(cases: &dyn WrittenCases) -> Self {
        let (mut met, mut shared) = (HashSet::new(), HashSet::new());
        for case in each(cases).filter(|case| !is_frame(case)) {
            let name = without_extension(&case.case.name);
            if !met.insert(name.clone()) {
                shared.insert(name);
            }
        }
        Self { taken: HashSet::new(), shared }
    }

    /// The path of a case's file without its extension, below `folder`. Images that differ by their extensions alone keep
    /// them in the name, and so do the frames of a file: all of `scan.nii.gz#2` is the case's name.
    pub fn of_case(&mut self, folder: &str, case: &WrittenCase<'_>) -> String {
        let (name, plain) = (parts(&case.case.name).concat(), without_extension(&case.case.name));
        let is_whole = is_frame(case) || self.shared.contains(&plain);
        self.free(format!("{folder}/{}", if is_whole { &name } else { &plain }))
    }

    /// The path of a file about an image's file without its extension, below `folder`. Of two files that differ by their
    /// extensions alone the second keeps its own in the name.
    pub fn of_file(&mut self, folder: &str, file: &str) -> String {
        let plain = format!("{folder}/{}", without_extension(file));
        if self.taken.contains(&plain) {
            return self.free(format!("{folder}/{}", parts(file).concat()));
        }
        self.free(plain)
    }

    fn free(&mut self, first: String) -> String {
        let (mut path, mut count) = (first.clone(), 1_usize);
        while !self.taken.insert(path.clone()) {
            count += 1;
            path = format!("{first} ({count})");
        }
        path
    }
}

/// Whether a case is one of several frames of its image's file.
fn is_frame(case: &WrittenCase<'_>) -> bool {
    origin(case).0 != case.case.name
}

/// The folders of a name, none of which leads upwards, and its base name.
fn parts(name: &str) -> [String; 2] {
    let name = normalised(name);
    let base = base_name(&name);
    let folders = name.get(..name.len() - base.len()).unwrap_or_default();
    let folders = folders.split_inclusive('/').filter(|part| !["../", "./", "/"].contains(part)).collect();
    [folders, if base.is_empty() { "case".to_owned() } else { base.to_owned() }]
}

fn without_extension(name: &str) -> String {
    let [folders, base] = parts(name);
    format!("{folders}{}", stem(&base))
}

#[cfg(test)]
mod tests {
    use groundglass_types::{Case, Slice};

    use super::Names;
    use crate::write::WrittenCase;

    fn case(name: &str) -> Case {
        Case { name: name.to_owned(), ..Case::default() }
    }

    #[test]
    fn no_two_cases_share_a_file() {
        let slice = |index| Some(Slice { stack: "x/scan.nii.gz".to_owned(), index, count: 2 });
        // A file of its own in a stack of files is called as any image is.
        let single = Case { slice: Some(Slice { stack: "1.2.3".to_owned(), index: 0, count: 2 }), ..case("ct/1.dcm") };
        let cases = [
            case("a/b.png"),
            case("a/b.jpg"),
            case("a/b.jpg"),
            case("../../c.tif"),
            case(""),
            Case { slice: slice(0), ..case("x/scan.nii.gz#1") },
            Case { slice: slice(1), ..case("x/scan.nii.gz#2") },
            single,
        ];
        let written: Vec<_> = cases.iter().map(|case| WrittenCase { case, findings: None }).collect();
        let mut names = Names::new(&written);
        let paths: Vec<_> = written.iter().map(|case| names.of_case("labels", case)).collect();
        let expected = [
            "labels/a/b.png",
            "labels/a/b.jpg",
            "labels/a/b.jpg (2)",
            "labels/c",
            "labels/case",
            "labels/x/scan.nii.gz#1",
            "labels/x/scan.nii.gz#2",
            "labels/ct/1",
        ];
        assert_eq!(paths, expected);
    }

    #[test]
    fn no_two_files_share_one() {
        let mut names = Names::default();
        let paths = ["a/s.nii", "a/s.nii.gz", "a/s.nii.gz"].map(|file| names.of_file("labels", file));
        assert_eq!(paths, ["labels/a/s", "labels/a/s.nii.gz", "labels/a/s.nii.gz (2)"]);
    }
}
