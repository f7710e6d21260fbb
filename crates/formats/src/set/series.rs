//! Single images of one series, put into their order in space.

use groundglass_imaging::{Gap, Steps};
use groundglass_types::Slice;

use super::CaseSet;
use super::images::OpenFile;
use crate::problem::ProblemList;

const UNEVEN: &str = "series whose images are not evenly spaced";
const SAME_PLACE: &str = "series with several images at one place";
/// How many places of a series are named.
const NAMED: usize = 3;

/// Where a single image stands in its series.
#[derive(Clone, Debug)]
pub struct Member {
    /// How far along the normal of its plane it lies, in millimetres.
    along: Option<f64>,
    /// Its study, or else its series.
    study: String,
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
        // What lies in another plane, or is of another size, is another stack: a localizer has three in one series.
        let plane = place.orientation.map(|plane| plane.map(|part| (part * 1e3).round() as i32));
        let key = format!("{} {plane:?} {:?}", place.series, file.size());
        let study = place.study.clone().unwrap_or_else(|| place.series.clone());
        let members = self.series_members.entry(key).or_default();
        if !members.iter().any(|member| member.name == file.path()) {
            let (along, number) = (place.along_normal(), place.instance_number);
            members.push(Member { along, study, number, name: file.path().to_owned() });
        }
    }

    /// The series of several images that were met, each in its order in space, or else by its numbers.
    pub fn series(&self) -> Vec<Series> {
        self.ordered_series().into_iter().map(|members| Series::of(&members)).collect()
    }

    fn ordered_series(&self) -> Vec<Vec<Member>> {
        let ordered = |members: &Vec<Member>| {
            let mut members = members.clone();
            let in_space = members.iter().all(|member| member.along.is_some());
            members.sort_by(|a, b| {
                let along = if in_space { a.along.partial_cmp(&b.along) } else { None };
                let along = along.unwrap_or(std::cmp::Ordering::Equal);
                along.then_with(|| a.number.cmp(&b.number)).then_with(|| a.name.cmp(&b.name))
            });
            members
        };
        self.series_members.values().filter(|members| members.len() > 1).map(ordered).collect()
    }

    /// Tells each image of a series where it stands, now that all have been opened: its place in the stack, how far its
    /// slices are apart where that is the same between all of them, and, of a patient without a number, the study, for
    /// slices of one volume are no independent cases.
    pub fn settle_series(&mut self) {
        for members in self.ordered_series() {
            let Series { stack, names } = Series::of(&members);
            let step = step(&members);
            for (index, (name, member)) in names.iter().zip(&members).enumerate() {
                let Some(entry) = self.places.get(name).and_then(|&place| self.cases.get_mut(place)) else { continue };
                let before = (entry.case.slice.clone(), entry.case.attributes.clone());
                entry.case.slice = Some(Slice { stack: stack.clone(), index, count: names.len() });
                entry.case.attributes.entry("patient".to_owned()).or_insert_with(|| member.study.clone());
                if let Some(step) = step {
                    entry.case.attributes.entry("slice_spacing".to_owned()).or_insert_with(|| step.to_string());
                }
                if before != (entry.case.slice.clone(), entry.case.attributes.clone()) {
                    self.changed.push(name.clone());
                }
            }
        }
    }
}

impl Series {
    fn of(members: &[Member]) -> Self {
        let names: Vec<String> = members.iter().map(|member| member.name.clone()).collect();
        Self { stack: names.first().cloned().unwrap_or_default(), names }
    }
}

/// How neighbours follow one another; `None` where not all say where they lie.
fn steps(members: &[Member]) -> Option<Steps> {
    let places: Vec<f64> = members.iter().map(|member| member.along).collect::<Option<_>>()?;
    Some(Steps::of(&places))
}

/// The distance of neighbours where it is the same between all, and no two lie at one place.
fn step(members: &[Member]) -> Option<f64> {
    steps(members).filter(|steps| steps.repeated.is_empty())?.even
}

/// The first few of a list in words, and how many more there are.
fn listed(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let named = all.take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

impl CaseSet {
    /// Tells of slices that seem to be missing in a series, and of such as lie at one place, one line a series each.
    pub(super) fn told_of_series(&self, problems: &mut ProblemList) {
        for members in self.ordered_series() {
            let Some(steps) = steps(&members) else { continue };
            let first = members.first().map_or("", |member| member.name.as_str());
            let of = format!("the series of {first} ({} images)", members.len());
            let name = |index: usize| members.get(index).map_or("", |member| member.name.as_str());
            let millimetres = |number: f64| (number * 1e3).round() / 1e3 + 0.0;
            let place = |index: usize| {
                let along = members.get(index).and_then(|member| member.along).unwrap_or_default();
                format!("{} at {} mm", name(index), millimetres(along))
            };
            if let ([_, ..], None) = (steps.gaps.as_slice(), steps.even) {
                let gap = |&Gap { behind, missing, usual }: &Gap| {
                    let slices = if missing == 1 { "slice" } else { "slices" };
                    let (before, usual) = (place(behind - 1), millimetres(usual));
                    format!("{missing} {slices} of {usual} mm between {before} and {}", place(behind))
                };
                let gaps = listed(steps.gaps.iter().map(gap));
                let message = format!(
                    "{of} seems to miss {gaps}; no distance between its slices is given, and distances between its surfaces in millimetres are undefined"
                );
                problems.push(UNEVEN, first, message);
            } else if let (Some([shortest, longest]), None) = (steps.range, steps.even) {
                let message = format!(
                    "{of} has its slices {} to {} mm apart; no distance between them is given, and distances between its surfaces in millimetres are undefined",
                    millimetres(shortest),
                    millimetres(longest)
                );
                problems.push(UNEVEN, first, message);
            }
            if !steps.repeated.is_empty() {
                let pair = |&index: &usize| format!("{} and {}", name(index - 1), place(index));
                let pairs = listed(steps.repeated.iter().map(pair));
                let message = format!(
                    "{of} has {} different places ({pairs}): copies, or several times or contrasts; they stand one behind the other in one stack, and distances between its surfaces in millimetres are undefined",
                    steps.places
                );
                problems.push(SAME_PLACE, first, message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Member, step};

    fn step_of(places: &[f64]) -> Option<f64> {
        let member =
            |&along: &f64| Member { along: Some(along), study: String::new(), number: None, name: String::new() };
        step(&places.iter().map(member).collect::<Vec<_>>())
    }

    #[test]
    fn slices_have_a_distance_where_it_is_the_same_between_all() {
        assert_eq!(step_of(&[-4.0, -1.5, 1.0, 3.501]), Some(2.5003));
        assert_eq!(step_of(&[0.0, 2.5, 7.5]), None);
        assert_eq!(step_of(&[0.0, 2.5, 2.5]), None);
        assert_eq!(step_of(&[1.0, 1.0]), None);
    }
}
