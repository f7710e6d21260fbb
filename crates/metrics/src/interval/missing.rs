//! Intervals that there are not.

use std::collections::BTreeMap;

use serde::Serialize;

/// Why a value has no interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum NoInterval {
    /// The value itself is undefined.
    NoValue,
    /// No resamples were asked for.
    NotResampled,
    /// There is but one case or cluster to draw from, or none.
    OneCluster,
    /// The value is undefined in more than a tenth of the resamples.
    UndefinedResamples,
    /// BCa: the value is undefined without one of the clusters.
    UndefinedJackknife,
    /// BCa: the value lies outside of all its replicates.
    OutsideReplicates,
}

impl NoInterval {
    /// The reason for a reader, without a full stop.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoValue => "no value",
            Self::NotResampled => "nothing was resampled",
            Self::OneCluster => "there are no two cases or clusters to draw from",
            Self::UndefinedResamples => "undefined in more than a tenth of the resamples",
            Self::UndefinedJackknife => "undefined without one of the cases or clusters",
            Self::OutsideReplicates => "the value lies outside of all its replicates",
        }
    }
}

/// The names of the lines without an interval, by reason.
pub(crate) type Missing = BTreeMap<NoInterval, Vec<String>>;

/// The most names that a sentence lists.
const NAMED: usize = 5;

/// `recall (rod, site B)`
pub(crate) fn line_name(id: &str, class: Option<&str>, group: Option<&str>) -> String {
    let parts = [class, group].into_iter().flatten().collect::<Vec<_>>().join(", ");
    if parts.is_empty() { id.to_owned() } else { format!("{id} ({parts})") }
}

/// One sentence a reason.
pub(crate) fn without_interval(missing: &Missing) -> Vec<String> {
    let sentence = |(reason, names): (&NoInterval, &Vec<String>)| {
        let listed = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let others = names.len().saturating_sub(NAMED);
        let others = if others > 0 { format!(" and {others} more") } else { String::new() };
        format!("No interval for {listed}{others}: {}.", reason.words())
    };
    missing.iter().map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::{Missing, NoInterval, without_interval};

    #[test]
    fn five_names_are_listed_and_others_counted() {
        let of = |count: usize| {
            let names = (0..count).map(|index| index.to_string()).collect();
            without_interval(&Missing::from([(NoInterval::OneCluster, names)]))
        };
        let why = "there are no two cases or clusters to draw from.";
        assert_eq!(of(5), [format!("No interval for 0, 1, 2, 3, 4: {why}")]);
        assert_eq!(of(7), [format!("No interval for 0, 1, 2, 3, 4 and 2 more: {why}")]);
    }
}
