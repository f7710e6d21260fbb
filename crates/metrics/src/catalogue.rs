//! Every metric that there is.

use std::sync::LazyLock;

use serde::Serialize;

use crate::engine::{Definition, Task};
use crate::{RegionKind, regions};
#[cfg(feature = "full")]
use crate::{classes, heatmaps, measures, readers};

/// A metric with the task that it is for and the convention of its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct CatalogueEntry {
    /// What is predicted; metrics of boxes that also fit masks are listed under boxes.
    pub task: Task,
    /// As `--convention` takes it.
    pub convention: &'static str,
    /// Whether a report has it unless a convention is named.
    pub by_default: bool,
    /// The metric.
    #[serde(flatten)]
    pub definition: &'static Definition,
}

/// The tasks, each with the list of its families.
static CATALOGUE: LazyLock<Vec<CatalogueEntry>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for family in regions::families() {
        let task = if family.region == Some(RegionKind::Mask) { Task::Masks } else { Task::Boxes };
        all.extend(entries(task, family.convention, family.by_default, family.definitions));
    }
    #[cfg(feature = "full")]
    add_tables(&mut all);
    all
});

/// The tasks besides regions.
#[cfg(feature = "full")]
fn add_tables(all: &mut Vec<CatalogueEntry>) {
    for family in heatmaps::FAMILIES {
        all.extend(entries(Task::Heatmaps, family.convention, family.by_default, family.definitions));
    }
    for family in classes::FAMILIES {
        all.extend(entries(Task::Classes, family.convention, family.by_default, family.definitions));
    }
    for (convention, by_default, definitions) in readers::families() {
        all.extend(entries(Task::Readers, convention, by_default, definitions));
    }
    for family in measures::FAMILIES {
        all.extend(entries(Task::Measures, family.convention, family.by_default, family.definitions));
    }
}

fn entries(
    task: Task,
    convention: &'static str,
    by_default: bool,
    definitions: &'static [Definition],
) -> impl Iterator<Item = CatalogueEntry> {
    definitions.iter().map(move |definition| CatalogueEntry { task, convention, by_default, definition })
}

/// Every metric and count with its task and convention, in the order in which a report lists them.
pub fn catalogue() -> &'static [CatalogueEntry] {
    &CATALOGUE
}

/// Every metric and count, in the order in which a report lists them.
pub fn definitions() -> impl Iterator<Item = &'static Definition> {
    catalogue().iter().map(|entry| entry.definition)
}

/// The metric or count of an id.
pub fn definition(id: &str) -> Option<&'static Definition> {
    definitions().find(|definition| definition.id == id)
}
