//! Cases out of a bundle: they stand without their images, and take them when they come, by hash first and then by name.

use std::collections::{BTreeMap, HashMap};
use std::io::{Seek, Write};

use groundglass_types::Case;
use serde_json::Value;

use super::images::OpenFile;
use super::placing::Said;
use super::{CaseSet, Entry, GivenAs, SetCorrections};
use crate::bundle::{BundleContent, BundledCase, ClassEntry, CocoNumbers, read_manifest, write_bundle};
use crate::coco_index::CocoCategory;
use crate::content::Content;
use crate::paths::{base_name, normalised};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, ImageName};
use crate::write::Originals;
use crate::{FormatError, Problem};

/// What came out of bundles.
#[derive(Debug, Default)]
pub struct FromBundles {
    state: Option<Value>,
    report: Option<Value>,
    /// The files of the cases, by the paths that the bundle gives them.
    files: BTreeMap<String, BundledFile>,
    /// The bundles of the tables that came in one, by the tables' files.
    pub(super) tables: HashMap<String, String>,
    /// The paths of the images that came, by the paths that the bundle gives them.
    paths: HashMap<String, String>,
}

/// A file of a bundle's cases.
#[derive(Debug, Default)]
struct BundledFile {
    sha256: Option<String>,
    /// The names of its cases by their frames.
    names: BTreeMap<usize, String>,
}

impl CaseSet {
    /// Takes in a bundle's manifest. Its cases stand without their images. What could not be read comes back.
    pub(super) fn add_bundle(&mut self, path: &str, content: &Content<'_>) -> Result<Vec<Problem>, FormatError> {
        let mut bundled = read_manifest(path, content)?;
        self.kinds.insert(path.to_owned(), "Groundglass bundle");
        self.given.insert((path.to_owned(), self.given_as.clone()));
        let data = std::mem::take(&mut bundled.data);
        for ClassEntry { id, name } in bundled.categories {
            if !self.categories.iter().any(|known| known.name == name || known.id == id) {
                self.categories.push(CocoCategory { id, name });
            }
        }
        let corrections = self.corrections_since(bundled.state.as_ref());
        self.bundles.state = bundled.state.or(self.bundles.state.take());
        self.bundles.report = bundled.report.or(self.bundles.report.take());
        let mut joined = HashMap::new();
        let mut files_of: HashMap<String, Vec<String>> = HashMap::new();
        for (file, sha256) in &self.data {
            files_of.entry(sha256.clone()).or_default().push(file.clone());
        }
        for mut one in bundled.cases {
            one.case.spacing = corrections.spacing(one.case.spacing);
            match self.given_as {
                GivenAs::Anything => {}
                GivenAs::Truth | GivenAs::Reader(_) => one.findings = None,
                GivenAs::Findings => {
                    (one.case.truth, one.case.readers) = (None, BTreeMap::new());
                    one.fixations.clear();
                }
            }
            if let GivenAs::Reader(reader) = &self.given_as {
                one.case.readers = one.case.truth.take().map(|truth| (reader.clone(), truth)).into_iter().collect();
            }
            if let Some(name) = self.case_of(&one, &files_of) {
                if let Some(case) = self.case(&name).filter(|_| name != one.case.name) {
                    joined.insert(Self::spoken_of(&one.case).1, Self::spoken_of(case).0);
                }
                bundled.problems.extend(self.join(path, &name, one, &data, &corrections));
                continue;
            }
            let name = one.case.name.clone();
            let index = one.case.slice.as_ref().filter(|_| one.file != name).map_or(0, |slice| slice.index);
            let known = self.bundles.files.entry(one.file.clone()).or_default();
            known.sha256 = known.sha256.take().or_else(|| one.sha256.clone());
            known.names.insert(index, name.clone());
            self.names.know(&name);
            self.keep(Entry {
                case: Case { truth: None, readers: BTreeMap::new(), ..one.case.clone() },
                unseen: true,
                ..Entry::default()
            });
            bundled.problems.extend(self.join(path, &name, one, &data, &corrections));
        }
        if self.given_as != GivenAs::Findings {
            self.know_bundled_sentences(path, &data, &joined, bundled.sentences);
            self.know_bundled_tables(path, &data, bundled.tables);
        }
        for (file, sha256) in data {
            self.data.entry(file).or_insert(sha256);
        }
        Ok(bundled.problems)
    }

    /// The corrections of the set that a bundle has not been through: what it holds has its corrected names already.
    fn corrections_since(&self, state: Option<&Value>) -> SetCorrections {
        let done = state.and_then(|state| state.pointer("/corrections/set/classes"));
        let is_done = |from: &str, to: &str| done.and_then(|done| done.get(from)).and_then(Value::as_str) == Some(to);
        let mut since = self.corrections.clone();
        since.classes.retain(|from, to| !is_done(from, to));
        since
    }

    /// The case that is meant, where it is there already: that of its image by hash (`files_of` has the paths of each), else
    /// that of its name.
    fn case_of(&self, one: &BundledCase, files_of: &HashMap<String, Vec<String>>) -> Option<String> {
        let index = one.case.slice.as_ref().filter(|_| one.file != one.case.name).map_or(0, |slice| slice.index);
        let of_file = |file: &String| {
            let name = match self.stacks.get(file) {
                Some(names) => names.get(index)?,
                None => file,
            };
            let entry = self.places.get(name).and_then(|&place| self.cases.get(place))?;
            (!entry.unseen).then(|| name.clone())
        };
        let by_name = || self.places.contains_key(&one.case.name).then(|| one.case.name.clone());
        let same = one.sha256.as_ref().and_then(|sha256| files_of.get(sha256));
        same.and_then(|files| files.iter().find_map(of_file)).or_else(by_name)
    }

    /// Gives a case what a bundle says of it.
    fn join(
        &mut self,
        path: &str,
        name: &str,
        one: BundledCase,
        data: &BTreeMap<String, String>,
        corrections: &SetCorrections,
    ) -> Vec<Problem> {
        let mut problems = ProblemList::default();
        let Some(entry) = self.places.get(name).and_then(|&place| self.cases.get_mut(place)) else { return Vec::new() };
        let (known, said) = ((entry.case.width, entry.case.height), (one.case.width, one.case.height));
        if known != said {
            let message = format!(
                "{path} says that {name} has {} x {} pixels, but it has {} x {}; its truth is not used",
                said.0, said.1, known.0, known.1
            );
            problems.push(super::OTHER_SIZE, path, message);
            return problems.into_problems();
        }
        self.truth_files += usize::from(one.case.truth.is_some());
        let mut image = AnnotatedImage::new(ImageName::Named(name.to_owned()), Vec::new());
        (image.spacing, image.attributes) = (one.case.spacing, one.case.attributes);
        if let Some(id) = &one.coco_id {
            self.numbered.entry(id.clone()).or_insert_with(|| name.to_owned());
        }
        image.id = one.coco_id;
        let (truth, readers, findings) = (one.case.truth, one.case.readers, one.findings);
        let mut said = Said { truth, readers, findings, ..Said::default() };
        corrections.name_said(&mut said);
        entry.take(path, name, image, said, &mut problems);
        entry.take_bundled_fixations(path, data, &self.data, one.fixations);
        self.changed.push(name.to_owned());
        problems.into_problems()
    }

    /// The names of the cases of a bundle that a file is the image of, by its hash, else by its path or base name; the
    /// frames' own names where it is of none.
    pub(super) fn bundled_names(&mut self, file: &OpenFile<'_>) -> Option<Vec<String>> {
        if self.bundles.files.is_empty() {
            return None;
        }
        let opened = normalised(file.path());
        let is_free = |path: &String| self.bundles.paths.get(path).is_none_or(|claimed| claimed == file.path());
        let fits = |known: &BundledFile| known.names.last_key_value().is_some_and(|(last, _)| *last < file.count());
        let files = || self.bundles.files.iter().filter(|(path, known)| is_free(path) && fits(known));
        let by_hash = files().find(|(_, known)| known.sha256.as_deref() == Some(file.sha256()));
        let by_path = || files().find(|(path, _)| normalised(path) == opened);
        let by_base = || {
            let mut same = files().filter(|(path, _)| base_name(&normalised(path)) == base_name(&opened));
            same.next().filter(|_| same.next().is_none())
        };
        let (path, known) = by_hash.or_else(by_path).or_else(by_base)?;
        let own = file.names().into_iter().enumerate();
        let names = own.map(|(index, own)| known.names.get(&index).cloned().unwrap_or(own)).collect();
        let path = path.clone();
        self.bundles.paths.insert(path, file.path().to_owned());
        Some(names)
    }

    /// The path that a bundle gives to the file of an image; the image's own where it is of none.
    pub(super) fn bundled_path<'p>(&'p self, path: &'p str) -> &'p str {
        let known = self.bundles.paths.iter().find(|(_, opened)| *opened == path);
        known.map_or(path, |(bundled, _)| bundled)
    }

    /// The path under which the file of an image can be opened: that of a bundle's case is the one that was opened for it.
    pub fn opened_path<'p>(&'p self, path: &'p str) -> &'p str {
        self.bundles.paths.get(path).map_or(path, String::as_str)
    }

    /// What a person had set when the bundle was written that is among the files; `None` where none is.
    pub const fn bundle_state(&self) -> Option<&Value> {
        self.bundles.state.as_ref()
    }

    /// The report of the bundle that is among the files.
    pub const fn bundle_report(&self) -> Option<&Value> {
        self.bundles.report.as_ref()
    }

    /// The numbers that the truth's COCO files give to images and classes; `None` where no truth came in one.
    pub fn coco_numbers(&self) -> Option<CocoNumbers> {
        let numbered = self.cases.iter().filter_map(|entry| Some((entry.case.name.clone(), entry.coco_id.clone()?)));
        let images: HashMap<_, _> = numbered.collect();
        let categories = self.corrections.categories(&self.categories).into_iter();
        let categories = categories.map(|CocoCategory { id, name }| ClassEntry { id, name }).collect();
        (!images.is_empty()).then_some(CocoNumbers { images, categories })
    }

    /// Whether a case stands without its image.
    pub fn is_unseen(&self, name: &str) -> bool {
        self.places.get(name).and_then(|&place| self.cases.get(place)).is_some_and(|entry| entry.unseen)
    }

    /// Gives the cases that stand without their image the file that has come, by its header alone. `false` where it is of
    /// another size than a case of its name, whose image it is not.
    pub fn meet_header(&mut self, file: &OpenFile<'_>) -> bool {
        let names = self.know_file(file);
        let unseen: Vec<_> = names.iter().enumerate().filter(|(_, name)| self.is_unseen(name)).collect();
        for (index, name) in &unseen {
            self.meet_unseen(file, name, file.size_of(*index));
            self.meet_drawings(file, name, *index);
        }
        !unseen.iter().any(|(_, name)| self.is_unseen(name))
    }

    /// Writes all cases as a bundle, with what was found in them elsewhere. `images` opens the files that are put into it,
    /// by the paths under which they were given; `None` leaves them out.
    ///
    /// # Errors
    /// As [`write_bundle`].
    pub fn write_bundle<W: Write + Seek>(
        &self,
        out: W,
        state: Option<&Value>,
        report: Option<&Value>,
        images: Option<&mut Originals<'_>>,
    ) -> Result<(), FormatError> {
        let cases = self.written();
        let numbers = self.coco_numbers();
        let said = self.gaze_and_text();
        let content = BundleContent {
            cases: &cases,
            data: &self.data,
            numbers: numbers.as_ref(),
            gaze_and_text: Some(&said),
            state,
            report,
        };
        match images {
            None => write_bundle(out, &content, None),
            Some(images) => write_bundle(out, &content, Some(&mut |path| images(self.opened_path(path)))),
        }
    }
}
