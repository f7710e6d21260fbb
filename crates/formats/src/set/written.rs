//! A set as it is written.

use super::CaseSet;
use super::label_maps::LABEL_MAP;
use crate::coco::Coco;
use crate::list::AnnotationFormat;
use crate::write::{BesideCases, WrittenCase, WrittenSet};

impl CaseSet {
    /// All cases with what was found in them elsewhere, and what the set holds beside them.
    pub fn written(&self) -> WrittenSet<'_> {
        let cases = self.cases.iter();
        let cases = cases.map(|entry| WrittenCase { case: &entry.case, findings: entry.given.as_deref() });
        WrittenSet { cases: cases.collect(), beside: self.beside() }
    }

    /// What the set holds beside its cases.
    pub fn beside(&self) -> BesideCases {
        let numbered = self.cases.iter().filter_map(|entry| Some((entry.case.name.clone(), entry.coco_id.clone()?)));
        let mut lists = self.folder_classes.values();
        let listed = lists.next().filter(|first| lists.all(|other| other == *first));
        let gaze = self.cases.iter().flat_map(|entry| entry.fixations.values());
        BesideCases {
            numbers: numbered.collect(),
            categories: self.corrections.categories(&self.categories),
            listed: listed.map(|listed| self.corrections.categories(listed)).unwrap_or_default(),
            coco_files: self.kinds.values().filter(|kind| **kind == Coco.name()).count(),
            label_maps: self.kinds.values().filter(|kind| **kind == LABEL_MAP).count(),
            fixations: gaze.map(|gaze| gaze.fixations.len()).sum(),
            sentences: self.sentences.values().map(Vec::len).sum(),
            tables: self.tables.len(),
        }
    }
}
