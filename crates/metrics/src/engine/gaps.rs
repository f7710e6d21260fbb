//! How far the two groups that lie furthest apart are from each other, line by line.

use std::sync::Arc;

use groundglass_types::Value;

use crate::engine::steps::Row;
use crate::engine::{Assessment, Weights};
use crate::interval::bootstrap::Resampled;

/// For each line two groups, the same in every resample: which they are was seen once, in the cases as they are.
///
/// Cases of all groups are drawn together, since a patient may have cases in several. Were the two groups chosen anew in
/// each resample, no gap would ever be 0 or less, however equal the groups.
pub(crate) struct Gaps {
    assessment: Arc<Assessment>,
    groups: Vec<Weights>,
    /// The groups with the highest and with the lowest value of each line; `None` where no two groups define it.
    ends: Vec<Option<[usize; 2]>>,
}

impl Gaps {
    /// `groups` are the cases of each group, `values` its lines.
    pub fn new(assessment: &Arc<Assessment>, groups: Vec<Weights>, values: &[Vec<Value>]) -> Self {
        let ends = (0..assessment.lines().count()).map(|line| ends(values, line)).collect();
        Self { assessment: assessment.clone(), groups, ends }
    }

    /// The groups that are the end of any line.
    fn needed(&self, group: usize) -> bool {
        self.ends.iter().flatten().any(|ends| ends.contains(&group))
    }

    /// Every line's difference out of the numbers of all groups.
    fn difference(&self, groups: &[Row]) -> Row {
        let number = |group: usize, line: usize| groups.get(group)?.get(line).copied().flatten();
        let of_line = |(line, ends): (usize, &Option<[usize; 2]>)| {
            let [highest, lowest] = (*ends)?;
            Some(number(highest, line)? - number(lowest, line)?)
        };
        self.ends.iter().enumerate().map(of_line).collect()
    }
}

/// The first group with the highest value and the first with the lowest, as the summary names them.
fn ends(values: &[Vec<Value>], line: usize) -> Option<[usize; 2]> {
    let number = |(group, values): (usize, &Vec<Value>)| Some((group, values.get(line)?.statistic.value()?));
    let defined = values.iter().enumerate().filter_map(number).collect::<Vec<_>>();
    let highest = defined.iter().min_by(|a, b| b.1.total_cmp(&a.1))?.0;
    let lowest = defined.iter().min_by(|a, b| a.1.total_cmp(&b.1))?.0;
    // Groups that are all equal are still two.
    let other = || defined.iter().map(|(group, _)| *group).find(|group| *group != highest);
    Some([highest, if highest == lowest { other()? } else { lowest }])
}

impl Resampled for Gaps {
    fn numbers(&self, weights: &Weights) -> Row {
        self.numbers_of_several(std::slice::from_ref(weights)).pop().unwrap_or_default()
    }

    fn numbers_of_several(&self, weights: &[Weights]) -> Vec<Row> {
        let mut by_draw = vec![Vec::with_capacity(self.groups.len()); weights.len()];
        for (place, group) in self.groups.iter().enumerate() {
            let numbers = if self.needed(place) {
                let within = weights.iter().map(|weights| weights.within(group)).collect::<Vec<_>>();
                self.assessment.numbers_of_several(&within)
            } else {
                vec![Row::new(); weights.len()]
            };
            by_draw.iter_mut().zip(numbers).for_each(|(groups, numbers)| groups.push(numbers));
        }
        by_draw.iter().map(|groups| self.difference(groups)).collect()
    }
}
