//! Cases by a value of an attribute, and how far the groups lie apart.

use std::collections::BTreeMap;

use groundglass_types::{GroupSize, GroupSummary, GroupValue, Value};

use crate::engine::{Better, Unit, Weights};

/// The group of the cases that lack the attribute.
pub const NO_GROUP: &str = "(none)";

/// The cases with one value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub name: String,
    cases: Vec<usize>,
}

impl Group {
    /// Each of its cases once, of `count` cases in all.
    pub fn weights(&self, count: usize) -> Weights {
        let mut weights = vec![0; count];
        for &case in &self.cases {
            weights[case] = 1;
        }
        Weights::new(weights)
    }
}

/// The groups by name; last the cases without the attribute.
pub(crate) fn groups_of(units: &[Unit], attribute: &str) -> Vec<Group> {
    let mut groups = BTreeMap::new();
    for (case, unit) in units.iter().enumerate() {
        let name = unit.attributes.get(attribute).filter(|name| name.as_str() != NO_GROUP);
        // `true` comes after `false`.
        let key = (name.is_none(), name.map_or(NO_GROUP, String::as_str));
        groups.entry(key).or_insert_with(Vec::new).push(case);
    }
    groups.into_iter().map(|((_, name), cases)| Group { name: name.to_owned(), cases }).collect()
}

/// One summary for each line; `None` for those that fewer than two groups define. All groups have the same lines.
pub(crate) fn summaries(groups: &[(String, Vec<Value>)]) -> Vec<Option<GroupSummary>> {
    let lines = groups.first().map(|(_, values)| values.as_slice()).unwrap_or_default();
    let of_line = |(place, line): (usize, &Value)| {
        let better = crate::definition(&line.id).map_or(Better::Neither, |definition| definition.better);
        let values = groups.iter().filter_map(|(name, values)| values.get(place).map(|value| (name, value)));
        summary(line, better, values)
    };
    lines.iter().enumerate().map(of_line).collect()
}

fn summary<'a>(
    line: &Value,
    better: Better,
    values: impl Iterator<Item = (&'a String, &'a Value)>,
) -> Option<GroupSummary> {
    let (mut sizes, mut defined) = (Vec::new(), Vec::<GroupValue>::new());
    for (group, value) in values {
        sizes.push(GroupSize { group: group.clone(), n: value.n });
        defined.extend(value.statistic.value().map(|value| GroupValue { group: group.clone(), value }));
    }
    // The first of equals, from both ends.
    let lowest = defined.iter().min_by(|a, b| a.value.total_cmp(&b.value))?;
    let highest = defined.iter().min_by(|a, b| b.value.total_cmp(&a.value))?;
    if defined.len() < 2 {
        return None;
    }
    let (worst, best) = match better {
        Better::Higher => (Some(lowest.clone()), Some(highest.clone())),
        Better::Lower => (Some(highest.clone()), Some(lowest.clone())),
        Better::Neither => (None, None),
    };
    Some(GroupSummary {
        id: line.id.clone(),
        class: line.class.clone(),
        convention: line.convention.name.clone(),
        gap: highest.value - lowest.value,
        interval: None,
        interval_method: None,
        worst,
        best,
        groups: sizes,
    })
}

#[cfg(test)]
mod tests {
    use groundglass_types::{Convention, Statistic, Undefined, Value};

    use super::{groups_of, summary};
    use crate::engine::{Better, Unit};

    fn value(statistic: Statistic, n: u64) -> Value {
        let (id, convention) = ("x".to_owned(), Convention::new("default", ""));
        Value { id, statistic, interval: None, interval_method: None, n, convention, class: None, group: None }
    }

    #[test]
    fn cases_without_the_attribute_come_last() {
        let sites = [Some("B"), None, Some("A"), Some("(none)"), Some("B")];
        let units = sites.map(|site| Unit {
            case: String::new(),
            attributes: site.map(|site| ("site".to_owned(), site.to_owned())).into_iter().collect(),
        });
        let groups = groups_of(&units, "site");
        let found = groups.iter().map(|group| (group.name.as_str(), group.weights(5).as_slice().to_vec()));
        let expected = [("A", vec![0, 0, 1, 0, 0]), ("B", vec![1, 0, 0, 0, 1]), ("(none)", vec![0, 1, 0, 1, 0])];
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_worst_group_follows_the_metrics_direction() {
        let names = ["a", "b", "c", "d"].map(str::to_owned);
        let statistics = [
            Statistic::Value(0.5),
            Statistic::Undefined(Undefined::NoTruth),
            Statistic::Value(0.25),
            Statistic::Value(0.5),
        ];
        let values = statistics.map(|statistic| value(statistic, 3));
        let of = |better| summary(&values[0], better, names.iter().zip(&values)).unwrap();
        let (higher, lower, neither) = (of(Better::Higher), of(Better::Lower), of(Better::Neither));
        assert_eq!((higher.gap, higher.groups.len()), (0.25, 4));
        let name = |group: &Option<groundglass_types::GroupValue>| group.as_ref().map(|it| it.group.clone());
        assert_eq!((name(&higher.worst).as_deref(), name(&higher.best).as_deref()), (Some("c"), Some("a")));
        assert_eq!((name(&lower.worst).as_deref(), name(&lower.best).as_deref()), (Some("a"), Some("c")));
        assert_eq!((neither.worst, neither.best, neither.gap), (None, None, 0.25));
        // One defined group has no gap.
        assert!(summary(&values[0], Better::Higher, names.iter().zip(&values).take(2)).is_none());
    }
}
