//! Where readers looked and what was said in words and tables, out of bundles and into them.

use std::collections::{BTreeMap, HashMap, HashSet};

use groundglass_types::Case;

use super::sentences::KnownSentence;
use super::{CaseSet, Entry, Gaze};
use crate::bundle::{Fixations, GazeAndText};
use crate::paths::normalised;
use crate::reading::{ImageName, Sentence};
use crate::table::Table;
use crate::words::key_of;

impl CaseSet {
    /// Where readers looked and what was said, for a bundle.
    pub fn gaze_and_text(&self) -> GazeAndText {
        let places = |entry: &Entry| -> Fixations {
            entry.fixations.iter().map(|(file, gaze)| (file.clone(), gaze.fixations.clone())).collect()
        };
        let looked_at = self.cases.iter().filter(|entry| !entry.fixations.is_empty());
        let fixations = looked_at.map(|entry| (entry.case.name.clone(), places(entry))).collect();
        let said = self.sentences.values().flatten();
        let sentences = said.map(|known| (known.file.clone(), known.sentence.clone())).collect();
        GazeAndText { fixations, sentences, tables: self.tables.clone() }
    }

    /// Takes in the tables of the bundle at `path`, but those of files that the set has read already, by their hashes in
    /// `data`. To be called before `data` becomes the set's.
    pub(super) fn know_bundled_tables(&mut self, path: &str, data: &BTreeMap<String, String>, tables: Vec<Table>) {
        for mut table in tables {
            let is_same = |known: &Table| match data.get(&table.file) {
                Some(sha256) => self.data.get(&known.file) == Some(sha256),
                None => *known == table,
            };
            if self.tables.iter().any(is_same) {
                continue;
            }
            if self.tables.iter().any(|known| known.file == table.file) {
                table.file = within(path, &table.file);
            }
            self.bundles.tables.insert(table.file.clone(), path.to_owned());
            self.tables.push(table);
        }
    }

    /// Forgets the tables of the bundle at `path`, and the one that a bundle holds of the file at `path`, which itself
    /// stands over it.
    pub(super) fn forget_bundled_tables(&mut self, path: &str) {
        let (data, bundled, own) = (&self.data, &mut self.bundles.tables, self.data.get(path));
        let is_meant =
            |file: &String, bundle: &String| bundle == path || file == path || (own.is_some() && data.get(file) == own);
        let forgotten: HashSet<String> =
            bundled.iter().filter(|(file, bundle)| is_meant(file, bundle)).map(|(file, _)| file.clone()).collect();
        bundled.retain(|file, _| !forgotten.contains(file));
        self.tables.retain(|table| !forgotten.contains(&table.file));
    }

    /// Takes in the sentences of the bundle at `path`, but those of files that the set has read already, by their hashes.
    /// `data` has the hashes of the bundle's files, and `joined` the names of images that the bundle knows by others, by
    /// what these have in common with the files about them. To be called before `data` becomes the set's.
    pub(super) fn know_bundled_sentences(
        &mut self,
        path: &str,
        data: &BTreeMap<String, String>,
        joined: &HashMap<String, String>,
        sentences: Vec<(String, Sentence)>,
    ) {
        let known: HashSet<String> = self.sentences.values().flatten().map(|known| known.file.clone()).collect();
        let hashes: HashSet<&String> = known.iter().filter_map(|file| self.data.get(file)).collect();
        let is_held = |file: &String| match data.get(file) {
            Some(sha256) => hashes.contains(sha256),
            None => known.contains(file),
        };
        let sentences: Vec<_> = sentences.into_iter().filter(|(file, _)| !is_held(file)).collect();
        for (file, mut sentence) in sentences {
            if let ImageName::Named(image) = &mut sentence.image
                && let Some(name) = joined.get(&super::placing::key_of_name(image))
            {
                image.clone_from(name);
            }
            let file = if known.contains(&file) { within(path, &file) } else { file };
            self.know_sentence(KnownSentence { file, bundle: Some(path.to_owned()), sentence });
        }
    }

    /// The image or the stack that sentences about a case are about, and what it has in common with the files about it.
    pub(super) fn spoken_of(case: &Case) -> (String, String) {
        let name = case.slice.as_ref().map_or(&case.name, |slice| &slice.stack);
        (name.clone(), key_of(&normalised(name)).0)
    }
}

impl Entry {
    /// Takes in where readers looked by the bundle at `path`, but what the entry has of the same files, by their hashes:
    /// `data` has those of the bundle's files, `known` those of the set's.
    pub(super) fn take_bundled_fixations(
        &mut self,
        path: &str,
        data: &BTreeMap<String, String>,
        known: &BTreeMap<String, String>,
        fixations: Fixations,
    ) {
        for (file, fixations) in fixations {
            let sha256 = data.get(&file);
            let is_same = |own: &String| sha256.is_some() && known.get(own) == sha256;
            if fixations.is_empty() || self.fixations.keys().any(is_same) {
                continue;
            }
            // Another file of that name stays beside it.
            let file = match self.fixations.get(&file) {
                Some(gaze) if gaze.fixations == fixations => continue,
                Some(_) => within(path, &file),
                None => file,
            };
            self.fixations.insert(file, Gaze { fixations, bundle: Some(path.to_owned()) });
        }
    }
}

fn within(bundle: &str, file: &str) -> String {
    format!("{bundle}/{file}")
}
