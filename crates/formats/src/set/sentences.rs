//! Sentences, linked to the regions that they are about.

use super::placing::key_of_name;
use super::{CaseSet, Entry};
use crate::paths::normalised;
use crate::problem::ProblemList;
use crate::reading::{ImageName, Sentence};
use crate::words::key_of;

/// A sentence with where it came from.
#[derive(Debug)]
pub struct KnownSentence {
    pub file: String,
    /// The bundle that the file came in.
    pub bundle: Option<String>,
    pub sentence: Sentence,
}

impl CaseSet {
    pub(super) fn know_sentences(&mut self, file: &str, sentences: Vec<Sentence>) {
        if sentences.is_empty() {
            return;
        }
        // The file itself stands over what a bundle holds of it.
        let own = self.data.get(file).cloned();
        let held: Vec<String> = self
            .data
            .iter()
            .filter(|(_, sha256)| Some(*sha256) == own.as_ref())
            .map(|(file, _)| file.clone())
            .collect();
        self.forget_sentences(|known| known.bundle.is_some() && held.contains(&known.file));
        for sentence in sentences {
            self.know_sentence(KnownSentence { file: file.to_owned(), bundle: None, sentence });
        }
    }

    pub(super) fn know_sentence(&mut self, known: KnownSentence) {
        if let ImageName::Named(name) = &known.sentence.image {
            self.sentences.entry(key_of_name(name)).or_default().push(known);
        }
    }

    pub(super) fn forget_sentences(&mut self, is_meant: impl Fn(&KnownSentence) -> bool) {
        self.sentences.values_mut().for_each(|known| known.retain(|known| !is_meant(known)));
        self.sentences.retain(|_, known| !known.is_empty());
    }

    /// The sentences about a case, or about the stack that it is a slice of, in the order of their files.
    pub fn sentences(&self, case: &str) -> impl Iterator<Item = &Sentence> {
        let stack = self.case(case).and_then(|case| case.slice.as_ref()).map_or(case, |slice| slice.stack.as_str());
        let key = key_of(&normalised(stack)).0;
        self.sentences.get(&key).into_iter().flatten().map(|known| &known.sentence)
    }

    /// Sentences about no image of the set, and about regions that no mask shows.
    pub(super) fn unlinked_sentences(&self, problems: &mut ProblemList) {
        if self.sentences.is_empty() {
            return;
        }
        let mut labels: std::collections::HashMap<String, std::collections::HashSet<String>> = Default::default();
        for Entry { case, .. } in &self.cases {
            let stack = case.slice.as_ref().map_or(case.name.as_str(), |slice| slice.stack.as_str());
            let known = labels.entry(key_of(&normalised(stack)).0).or_default();
            let regions = case.truth.iter().flat_map(|truth| &truth.regions);
            known.extend(regions.map(|region| region.label.to_lowercase()));
        }
        for (key, sentences) in &self.sentences {
            let known = labels.get(key);
            for KnownSentence { file, sentence, .. } in sentences {
                let region = sentence.region.as_deref().unwrap_or_default();
                if known.is_none() {
                    let message = format!("{file} has a sentence about {key}, which is not among the images");
                    problems.push("sentences without an image", file, message);
                } else if !region.is_empty() && known.is_some_and(|known| !known.contains(&region.to_lowercase())) {
                    let message = format!("{file} has a sentence about \"{region}\" of {key}, which no mask shows");
                    problems.push("sentences without a mask", file, message);
                }
            }
        }
    }
}
