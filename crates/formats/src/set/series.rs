//! Single images of one series, put into their order in space.

use groundglass_types::Slice;

use super::CaseSet;
use super::images::OpenFile;

/// Where a single image stands in its series.
#[derive(Clone, Debug)]
pub struct Member {
    /// How far along the normal of its plane it lies, in millimetres.
    along: Option<f64>,
    /// Its number as the scanner counted.
    number: Option<i64>,
    /// Its case.
    name: String,
}

/// The images of one series, in their order in space.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Series {
    /// The first image's path, which stands for the stack.
    pub stack: String,
    /// The cases.
    pub names: Vec<String>,
}

impl CaseSet {
    /// Remembers where a single image stands in its series.
    pub(super) fn meet_series(&mut self, file: &OpenFile<'_>) {
        let Some(place) = &file.facts().place else { return };
        let members = self.series_members.entry(place.series.clone()).or_default();
        if !members.iter().any(|member| member.name == file.path()) {
            let (along, number) = (place.along_normal(), place.instance_number);
            members.push(Member { along, number, name: file.path().to_owned() });
        }
    }

    /// The series of several images that were met, each in its order in space, or else by its numbers.
    pub fn series(&self) -> Vec<Series> {
        let ordered = |members: &Vec<Member>| {
            let mut members = members.clone();
            let in_space = members.iter().all(|member| member.along.is_some());
            members.sort_by(|a, b| {
                let along = if in_space { a.along.partial_cmp(&b.along) } else { None };
                let along = along.unwrap_or(std::cmp::Ordering::Equal);
                along.then_with(|| a.number.cmp(&b.number)).then_with(|| a.name.cmp(&b.name))
            });
            let names: Vec<String> = members.into_iter().map(|member| member.name).collect();
            Series { stack: names.first().cloned().unwrap_or_default(), names }
        };
        self.series_members.values().filter(|members| members.len() > 1).map(ordered).collect()
    }

    /// Tells each image of a series where it stands, now that all have been opened.
    pub fn settle_series(&mut self) {
        for Series { stack, names } in self.series() {
            for (index, name) in names.iter().enumerate() {
                let Some(entry) = self.places.get(name).and_then(|&place| self.cases.get_mut(place)) else { continue };
                let slice = Some(Slice { stack: stack.clone(), index, count: names.len() });
                if entry.case.slice != slice {
                    entry.case.slice = slice;
                    self.changed.push(name.clone());
                }
            }
        }
    }
}
