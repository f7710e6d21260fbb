//! Cases with the ordered lists of their readers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::MetricsError;
use crate::engine::{Assessment, Unit};
use crate::readers::family::{assessed, check_same_cases};
use crate::readers::ranked::plausibility::Groups;
use crate::readers::ranked::{FAMILIES, RankedReadingOptions};

/// What a model says of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Prediction {
    /// One score a class, the higher the likelier.
    Scores(Vec<f64>),
    /// Ordered groups of class ids, the likeliest first.
    Ranking(Vec<Vec<u32>>),
}

/// One case with the ordered lists of its readers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct RankedReading {
    /// The case's name.
    pub case: String,
    /// Its attributes, such as `patient` and `site`.
    #[serde(default)]
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, string>"))]
    pub attributes: BTreeMap<String, String>,
    /// By reader: ordered groups of class ids, the likeliest first; the classes of a group are equally likely. An empty
    /// list says nothing and counts in nothing.
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, number[][]>"))]
    pub readers: BTreeMap<String, Vec<Vec<u32>>>,
    /// What the model says; nothing where it has not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub prediction: Option<Prediction>,
}

impl RankedReading {
    /// The lists that say anything.
    pub(crate) fn lists(&self) -> Vec<&Groups> {
        self.readers.values().filter(|groups| !groups.is_empty()).collect()
    }

    /// The groups of the model's prediction, the likeliest first; equal scores, from the lowest index up, are groups of
    /// their own.
    pub(crate) fn predicted_groups(&self) -> Option<Groups> {
        Some(match self.prediction.as_ref()? {
            Prediction::Ranking(groups) => groups.clone(),
            Prediction::Scores(scores) => {
                let mut order = (0..scores.len() as u32).collect::<Vec<_>>();
                // Stable, so that equal scores keep the order of their indices. Adding 0 makes -0 equal to 0.
                order.sort_by(|&a, &b| (scores[b as usize] + 0.0).total_cmp(&(scores[a as usize] + 0.0)));
                order.into_iter().map(|class| vec![class]).collect()
            }
        })
    }

    /// The model's classes from the likeliest down; within a group from the lowest index up.
    pub(crate) fn predicted_order(&self) -> Option<Vec<u32>> {
        let mut groups = self.predicted_groups()?;
        groups.iter_mut().for_each(|group| group.sort_unstable());
        Some(groups.into_iter().flatten().collect())
    }
}

/// Cases with the ordered lists of their readers, over one list of classes.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedReadings {
    classes: Vec<String>,
    risks: Option<Vec<u8>>,
    cases: Vec<RankedReading>,
}

impl RankedReadings {
    /// A set. `risks` gives one level a class (0 low, 1 medium, 2 high), where they are known.
    ///
    /// # Errors
    /// [`MetricsError::Input`] that names the case and the fault: a class that is not one, or twice in one list, a group
    /// without classes, a score that is not a number, lists of other lengths than the classes.
    pub fn new(classes: Vec<String>, risks: Option<Vec<u8>>, cases: Vec<RankedReading>) -> Result<Self, MetricsError> {
        if let Some(risks) = risks.as_ref().filter(|risks| risks.len() != classes.len()) {
            let fault = format!("there are {} for {} classes", risks.len(), classes.len());
            return Err(MetricsError::Input { place: "risks".to_owned(), fault });
        }
        let set = Self { classes, risks, cases };
        set.cases.iter().try_for_each(|case| set.check(case))?;
        Ok(set)
    }

    fn check(&self, case: &RankedReading) -> Result<(), MetricsError> {
        let fault = |whose: &str, fault: String| MetricsError::Input {
            place: format!("case \"{}\", {whose}", case.case),
            fault,
        };
        for (reader, groups) in &case.readers {
            self.check_groups(groups).map_err(|found| fault(&format!("reader \"{reader}\""), found))?;
        }
        match &case.prediction {
            None => Ok(()),
            Some(Prediction::Ranking(groups)) => self.check_groups(groups).map_err(|found| fault("prediction", found)),
            Some(Prediction::Scores(scores)) => {
                if scores.len() != self.classes.len() {
                    let found = format!("there are {} scores for {} classes", scores.len(), self.classes.len());
                    return Err(fault("prediction", found));
                }
                match scores.iter().position(|score| !score.is_finite()) {
                    Some(class) => Err(fault("prediction", format!("the score of class {class} is not a number"))),
                    None => Ok(()),
                }
            }
        }
    }

    fn check_groups(&self, groups: &[Vec<u32>]) -> Result<(), String> {
        let mut seen = vec![false; self.classes.len()];
        for (index, group) in groups.iter().enumerate() {
            if group.is_empty() {
                return Err(format!("group {index} has no classes"));
            }
            for &class in group {
                match seen.get_mut(class as usize) {
                    None => return Err(format!("there is no class {class}, there are {}", self.classes.len())),
                    Some(true) => return Err(format!("class {class} stands in it twice")),
                    Some(seen) => *seen = true,
                }
            }
        }
        Ok(())
    }

    /// The names of the classes.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// One level a class, where they are known.
    pub fn risks(&self) -> Option<&[u8]> {
        self.risks.as_deref()
    }

    /// The cases.
    pub fn cases(&self) -> &[RankedReading] {
        &self.cases
    }

    /// A set whose first cases are a's and whose next are b's, over the same cases in the same order: under weights
    /// (w, 0) it is a, under (0, w) it is b.
    ///
    /// # Errors
    /// [`MetricsError::Input`] where the classes, the risks or the cases differ.
    pub fn joined(a: &Self, b: &Self) -> Result<Self, MetricsError> {
        if a.classes != b.classes || a.risks != b.risks {
            let fault = "their classes or risks differ".to_owned();
            return Err(MetricsError::Input { place: "two sets to compare".to_owned(), fault });
        }
        check_same_cases(names(a), names(b))?;
        let cases = a.cases.iter().chain(&b.cases).cloned().collect();
        Ok(Self { classes: a.classes.clone(), risks: a.risks.clone(), cases })
    }

    /// Prepares every family for values, intervals, groups and comparisons. `convention` names one (`irn`, `prirn`,
    /// `plackett_luce`, `average_overlap`); without it those that a report has by default are prepared.
    ///
    /// # Errors
    /// [`MetricsError`] for a setting out of its range, or a convention that is not known.
    pub fn assess(&self, options: &RankedReadingOptions, convention: Option<&str>) -> Result<Assessment, MetricsError> {
        options.check()?;
        let unit = |case: &RankedReading| Unit { case: case.case.clone(), attributes: case.attributes.clone() };
        assessed(FAMILIES, self, options, self.cases.iter().map(unit).collect(), convention)
    }
}

fn names(set: &RankedReadings) -> impl ExactSizeIterator<Item = &str> {
    set.cases.iter().map(|case| case.case.as_str())
}
