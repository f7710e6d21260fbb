//! Which classes the numbers in a file are of.

#[cfg(feature = "full")]
use std::collections::BTreeSet;

use super::{CaseSet, GivenAs, nearest};
#[cfg(feature = "full")]
use crate::coco::JsonId;
use crate::coco_index::CocoCategory;
#[cfg(feature = "full")]
use crate::problem::ProblemList;
#[cfg(feature = "full")]
use crate::reading::AnnotatedImage;

#[cfg(feature = "full")]
const NUMBERS: &str = "numbers of classes that could be counted otherwise";

impl CaseSet {
    /// The classes by which a file's numbers are meant: those of the nearest folder that names them, else those of the
    /// COCO files; for what is given as predictions also those of the one folder that names any.
    pub(super) fn classes_of(&self, file: &str, given_as: &GivenAs) -> impl Iterator<Item = &CocoCategory> {
        self.yolo_names(file, given_as).unwrap_or(&self.categories).iter()
    }

    fn yolo_names(&self, file: &str, given_as: &GivenAs) -> Option<&Vec<CocoCategory>> {
        let only = || match self.folder_classes.len() {
            1 if self.categories.is_empty() && *given_as == GivenAs::Findings => self.folder_classes.values().next(),
            _ => None,
        };
        nearest(&self.folder_classes, file).or_else(only)
    }

    /// Brings the numbers of classes in results to those of YOLO's names, which count from 0: Ultralytics writes its
    /// `predictions.json` from 1. That is certain where the last class is one beyond the names and none is 0; it is told
    /// then, and where nothing says it.
    #[cfg(feature = "full")]
    pub(super) fn settle_class_numbers(&self, file: &str, images: &mut [AnnotatedImage], problems: &mut ProblemList) {
        let marks = images.iter().filter_map(|image| image.marks.as_ref()).flatten();
        let numbers: Option<BTreeSet<i64>> = marks
            .filter(|mark| mark.label.is_empty())
            .map(|mark| match mark.category {
                Some(JsonId::Number(number)) => Some(number),
                _ => None,
            })
            .collect();
        let Some((first, last)) = numbers.and_then(|numbers| Some((*numbers.first()?, *numbers.last()?))) else {
            return;
        };
        let Some(names) = self.yolo_names(file, &self.given_as) else { return };
        let name_of = |number: i64| {
            names.iter().find(|class| class.id == JsonId::Number(number)).map(|class| class.name.as_str())
        };
        let count = names.len() as i64;
        if first < 1 || last > count {
            return;
        }
        let (one, other) = (name_of(first).unwrap_or("none"), name_of(first - 1).unwrap_or("none"));
        if last < count {
            let message = format!(
                "{file} has no class 0; its numbers are taken as those of the names, which count from 0, so that {first} \
                 is \"{one}\"; if it counts from 1, {first} is \"{other}\""
            );
            problems.push(NUMBERS, file, message);
            return;
        }
        let message = format!(
            "{file} counts its classes from 1, for it has {last} and not 0, and there are {count} names: {first} is \
             \"{other}\""
        );
        problems.push(NUMBERS, file, message);
        let marks = images.iter_mut().filter_map(|image| image.marks.as_mut()).flatten();
        for mark in marks.filter(|mark| mark.label.is_empty()) {
            if let Some(JsonId::Number(number)) = &mut mark.category {
                *number -= 1;
            }
        }
    }
}
