//! Single images of one series, put into their order in space.

use groundglass_types::Slice;

use super::CaseSet;
use super::images::OpenFile;

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

/// How far neighbours are apart, in millimetres to four decimals; `None` where that differs by more than a hundredth of
/// it, as beside a missing slice, or where two lie at one place.
fn step(members: &[Member]) -> Option<f64> {
    let places: Vec<f64> = members.iter().map(|member| member.along).collect::<Option<_>>()?;
    let steps: Vec<f64> = places.windows(2).filter_map(|pair| Some(pair.last()? - pair.first()?)).collect();
    let mean = steps.iter().sum::<f64>() / steps.len().max(1) as f64;
    let is_even = mean > 0.0 && steps.iter().all(|step| (step - mean).abs() <= 0.01 * mean);
    is_even.then(|| (mean * 1e4).round() / 1e4).filter(|step| *step > 0.0)
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
