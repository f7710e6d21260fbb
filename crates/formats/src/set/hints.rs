//! Which of the things that a person says of the files have changed how any was read.

use std::collections::BTreeSet;

use super::CaseSet;
use crate::frame::Frame;
use crate::list::{AnnotationFormat, Probe};
use crate::problem::Problem;
use crate::reading::{Hints, Reading};

const UNMET: &str = "options that change nothing";

/// One thing that a person says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hint {
    Frame,
    /// By its role.
    Column(String),
    /// By the name in the file.
    Class(String),
}

/// What was said and has changed something.
#[derive(Debug, Default)]
pub struct MetHints(BTreeSet<Hint>);

impl Hint {
    fn all(hints: &Hints) -> impl Iterator<Item = Self> {
        let frame = hints.frame.map(|_| Self::Frame);
        let columns = hints.columns.keys().cloned().map(Self::Column);
        frame.into_iter().chain(columns).chain(hints.classes.keys().cloned().map(Self::Class))
    }

    /// What was said but for this.
    fn left_out(&self, hints: &Hints) -> Hints {
        let mut left = hints.clone();
        match self {
            Self::Frame => left.frame = None,
            Self::Column(role) => drop(left.columns.remove(role)),
            Self::Class(class) => drop(left.classes.remove(class)),
        }
        left
    }
}

impl CaseSet {
    /// Remembers what of the hints changed a reading, by reading the file again without each. Of files that are not held it
    /// is taken to be all.
    pub(super) fn know_met_hints(
        &mut self,
        format: &dyn AnnotationFormat,
        probe: &Probe<'_>,
        hints: &Hints,
        reading: &Reading,
    ) {
        let renamed = |mut reading: Reading, hints: &Hints| {
            reading.rename_classes(&hints.classes);
            Reading { bytes: 0, ..reading }
        };
        for hint in Hint::all(hints) {
            if self.met_hints.0.contains(&hint) {
                continue;
            }
            let without = hint.left_out(hints);
            let is_met = probe.content().held().is_none()
                || format
                    .read(probe, &without)
                    .map_or(true, |other| renamed(other, &without) != renamed(reading.clone(), hints));
            if is_met {
                self.met_hints.0.insert(hint);
            }
        }
    }

    /// What of the hints has changed nothing, now that all files were read with them: one line each.
    pub fn unmet_hints(&self, hints: &Hints) -> Vec<Problem> {
        let unmet = Hint::all(hints).filter(|hint| !self.met_hints.0.contains(hint));
        let told = |hint: Hint| match hint {
            Hint::Frame => {
                let known = Frame::ALL.iter().find(|known| Some(known.frame) == hints.frame);
                let name = known.map_or("", |known| known.name);
                let message = format!(
                    "--frame {name} changes nothing: no file that was read leaves open what the numbers of its boxes mean"
                );
                Problem::new(UNMET, "--frame", message)
            }
            Hint::Column(role) => {
                let column = hints.columns.get(&role).map_or("", String::as_str);
                let message = format!(
                    "--column \"{role}={column}\" changes nothing: no file has a column \"{column}\" that is not its \"{role}\" anyway, or none needs a \"{role}\""
                );
                Problem::new(UNMET, "--column", message)
            }
            Hint::Class(class) => {
                let name = hints.classes.get(&class).map_or("", String::as_str);
                let message = format!("--class \"{class}={name}\" changes nothing: no class is called \"{class}\"");
                Problem::new(UNMET, "--class", message)
            }
        };
        unmet.map(told).collect()
    }
}
