//! How a table of classes is read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::MetricsError;

/// The largest k of a top-k metric.
pub const MOST_K: u32 = 10;

/// How common a class was in training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum FrequencyGroup {
    /// Common.
    Head,
    /// Neither common nor rare.
    Medium,
    /// Rare.
    Tail,
}

/// How a table of classes is read, and what is known of the classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(default)]
pub struct ClassOptions {
    /// Classes in their order, which matters for grades and for equal scores. Those that the rows name besides follow,
    /// by number where all are numbers, by text otherwise. Grades that never occur belong here too.
    pub classes: Vec<String>,
    /// The class that is looked for, where there is one. Sets of yes and no have it: `positive`.
    pub positive: Option<String>,
    /// The positive of two classes, or each of several labels, is predicted where its score is at least this.
    pub score_threshold: f64,
    /// A row whose abstention is at least this has no prediction.
    pub abstention_threshold: f64,
    /// The k of top-k metrics, 1 to [`MOST_K`].
    pub k: Vec<u32>,
    /// Bins of calibration errors; 1 to 1000.
    pub bins: u32,
    /// Cost by truth and prediction. A pair that is not named costs 0 where both are the same class, 1 otherwise.
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, Record<string, number>>"))]
    pub costs: BTreeMap<String, BTreeMap<String, f64>>,
    /// The parent of each class or group of classes in their hierarchy; what has none is a root.
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, string>"))]
    pub parents: BTreeMap<String, String>,
    /// Classes that must not be missed.
    pub severe: Vec<String>,
    /// How common each class was in training.
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, FrequencyGroup>"))]
    pub frequency_groups: BTreeMap<String, FrequencyGroup>,
    /// A class belongs to a differential diagnosis where its share is above this.
    pub differential_threshold: f64,
}

impl Default for ClassOptions {
    fn default() -> Self {
        Self {
            classes: Vec::new(),
            positive: None,
            score_threshold: 0.5,
            abstention_threshold: 0.5,
            k: vec![1, 3, 5],
            bins: 15,
            costs: BTreeMap::new(),
            parents: BTreeMap::new(),
            severe: Vec::new(),
            frequency_groups: BTreeMap::new(),
            differential_threshold: 0.01,
        }
    }
}

impl ClassOptions {
    pub(crate) fn check(&self) -> Result<(), MetricsError> {
        let fault = |fault: String| Err(MetricsError::Input { place: "options".to_owned(), fault });
        if !self.score_threshold.is_finite() {
            return Err(MetricsError::ScoreThreshold(self.score_threshold));
        }
        for (name, number) in [
            ("abstention threshold", self.abstention_threshold),
            ("threshold of the differential", self.differential_threshold),
        ] {
            if !number.is_finite() {
                return fault(format!("the {name} is {number}, which is not a finite number"));
            }
        }
        if let Some(k) = self.k.iter().find(|k| !(1..=MOST_K).contains(k)) {
            return fault(format!("k is {k}, but must lie between 1 and {MOST_K}"));
        }
        if !(1..=1000).contains(&self.bins) {
            return fault(format!("there are {} bins, but there must be 1 to 1000", self.bins));
        }
        for (truth, row) in &self.costs {
            for (predicted, cost) in row {
                if !(cost.is_finite() && *cost >= 0.0) {
                    return fault(format!(
                        "\"{predicted}\" in place of \"{truth}\" costs {cost}, but must cost 0 or more"
                    ));
                }
            }
        }
        for start in self.parents.keys() {
            let mut node = start;
            for _ in 0..=self.parents.len() {
                match self.parents.get(node) {
                    Some(parent) => node = parent,
                    None => break,
                }
            }
            if self.parents.contains_key(node) {
                return fault(format!("\"{start}\" is below itself in the hierarchy"));
            }
        }
        Ok(())
    }

    /// The k that are asked for, each once, from the smallest.
    pub(crate) fn ks(&self) -> Vec<u32> {
        let mut ks = self.k.clone();
        ks.sort_unstable();
        ks.dedup();
        ks
    }
}
