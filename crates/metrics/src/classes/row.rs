//! One row of a table of classes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::MetricsError;

/// What is true of a case. All rows of a set are of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum ClassTruth {
    /// Exactly one class.
    One(String),
    /// Any number of classes, none included.
    Set(Vec<String>),
    /// Yes or no; the classes are then named `negative` and `positive`.
    Binary(bool),
}

/// How people's answers share out over the classes: a differential diagnosis, or a distribution of votes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(default)]
pub struct TruthShares {
    /// The share of each class; a class that is not named has 0.
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, number>"))]
    pub classes: BTreeMap<String, f64>,
    /// The share of those who would not decide.
    pub abstention: f64,
}

/// What a model says of a case. Nothing at all is an answer too: none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(default)]
pub struct ClassPrediction {
    /// A score for each class. A class that is not named has the score 0, as in a list of the likeliest; where scores
    /// fall below 0, all must be named.
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, number>"))]
    pub scores: BTreeMap<String, f64>,
    /// The predicted classes, where they do not follow from the scores: at most one where the truth is one class.
    pub classes: Option<Vec<String>>,
    /// How much the model abstains, 0 to 1.
    pub abstention: Option<f64>,
}

/// One case with its truth and a prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
pub struct ClassRow {
    /// The case's name.
    pub case: String,
    /// Its attributes, such as `patient` and `site`.
    #[serde(default)]
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, string>"))]
    pub attributes: BTreeMap<String, String>,
    /// What is true of it.
    pub truth: ClassTruth,
    /// How people's answers share out, where that is known.
    #[serde(default)]
    pub shares: Option<TruthShares>,
    /// What the model says of it.
    #[serde(default)]
    pub prediction: ClassPrediction,
}

impl ClassRow {
    /// A row without attributes and shares.
    pub fn new(case: impl Into<String>, truth: ClassTruth, prediction: ClassPrediction) -> Self {
        let (case, attributes) = (case.into(), BTreeMap::new());
        Self { case, attributes, truth, shares: None, prediction }
    }

    /// Refuses what is no number, no share, or more than one answer where there is one truth.
    pub(crate) fn check(&self, index: usize) -> Result<(), MetricsError> {
        let fault = |fault: String| Err(MetricsError::Input { place: self.place(index), fault });
        for (class, score) in &self.prediction.scores {
            if !score.is_finite() {
                return fault(format!("the score of \"{class}\" is {score}, which is not a finite number"));
            }
        }
        if let Some(abstention) = self.prediction.abstention.filter(|share| !(0.0..=1.0).contains(share)) {
            return fault(format!("the abstention is {abstention}, but must lie between 0 and 1"));
        }
        if let Some(shares) = &self.shares {
            let all = shares.classes.iter().map(|(name, share)| (name.as_str(), *share));
            for (name, share) in all.chain([("abstention", shares.abstention)]) {
                if !(share.is_finite() && share >= 0.0) {
                    return fault(format!("the share of \"{name}\" is {share}, but must be a number of 0 or more"));
                }
            }
        }
        let several = self.prediction.classes.as_ref().is_some_and(|classes| classes.len() > 1);
        if several && !matches!(self.truth, ClassTruth::Set(_)) {
            return fault("several classes are predicted where the truth is one".to_owned());
        }
        Ok(())
    }

    /// Where a fault is, for messages.
    pub(crate) fn place(&self, index: usize) -> String {
        format!("row {index}, case \"{}\"", self.case)
    }

    /// Every class that the row names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let truths: &[String] = match &self.truth {
            ClassTruth::One(class) => std::slice::from_ref(class),
            ClassTruth::Set(classes) => classes,
            ClassTruth::Binary(_) => &[],
        };
        let shares = self.shares.iter().flat_map(|shares| shares.classes.keys());
        let predicted = self.prediction.classes.iter().flatten().chain(self.prediction.scores.keys());
        truths.iter().chain(predicted).chain(shares).map(String::as_str)
    }
}
