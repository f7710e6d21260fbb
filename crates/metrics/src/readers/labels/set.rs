//! Cases with the class that each reader gives them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::MetricsError;
use crate::engine::{Assessment, Unit};
use crate::readers::family::{assessed, check_same_cases};
use crate::readers::labels::FAMILIES;

/// One case with the class that each of its readers gives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct LabelReading {
    /// The case's name.
    pub case: String,
    /// Its attributes, such as `patient` and `site`.
    #[serde(default)]
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, string>"))]
    pub attributes: BTreeMap<String, String>,
    /// By reader: the class. Readers who have not seen the case are left out.
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, string>"))]
    pub readers: BTreeMap<String, String>,
    /// The model's class; nothing where it has not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub prediction: Option<String>,
}

/// The settings of the statistics of readers' classes; there are none yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(default)]
pub struct LabelReadingOptions {}

/// Cases with the class that each reader gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelReadings {
    classes: Vec<String>,
    ordered: bool,
    cases: Vec<LabelReading>,
}

impl LabelReadings {
    /// A set. `levels` gives the classes in order, where they have one (grades); without it they are nominal, and those
    /// that occur.
    ///
    /// # Errors
    /// [`MetricsError::Input`] for a level that is given twice, or a class that is no level.
    pub fn new(levels: Option<Vec<String>>, cases: Vec<LabelReading>) -> Result<Self, MetricsError> {
        let ordered = levels.is_some();
        let classes = match levels {
            Some(levels) => levels,
            None => {
                let of_readers = cases.iter().flat_map(|case| case.readers.values());
                let all = of_readers.chain(cases.iter().filter_map(|case| case.prediction.as_ref()));
                all.cloned().collect::<BTreeSet<_>>().into_iter().collect()
            }
        };
        let mut known = BTreeSet::new();
        if let Some(twice) = classes.iter().find(|class| !known.insert(class.as_str())) {
            let fault = format!("\"{twice}\" is given twice");
            return Err(MetricsError::Input { place: "levels".to_owned(), fault });
        }
        for case in &cases {
            let model = case.prediction.iter().map(|class| ("the model", class));
            let readers = case.readers.iter().map(|(reader, class)| (reader.as_str(), class));
            if let Some((whose, class)) = readers.chain(model).find(|(_, class)| !known.contains(class.as_str())) {
                let fault = format!("\"{class}\" is none of the levels");
                return Err(MetricsError::Input { place: format!("case \"{}\", {whose}", case.case), fault });
            }
        }
        Ok(Self { classes, ordered, cases })
    }

    /// The classes, in order where they have one.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Whether the classes have an order.
    pub const fn is_ordered(&self) -> bool {
        self.ordered
    }

    /// The cases.
    pub fn cases(&self) -> &[LabelReading] {
        &self.cases
    }

    /// A set whose first cases are a's and whose next are b's, over the same cases in the same order: under weights
    /// (w, 0) it is a, under (0, w) it is b.
    ///
    /// # Errors
    /// [`MetricsError::Input`] where the levels or the cases differ.
    pub fn joined(a: &Self, b: &Self) -> Result<Self, MetricsError> {
        let names = |set: &Self| set.cases.iter().map(|case| case.case.clone()).collect::<Vec<_>>();
        let (of_a, of_b) = (names(a), names(b));
        check_same_cases(of_a.iter().map(String::as_str), of_b.iter().map(String::as_str))?;
        if a.ordered != b.ordered || (a.ordered && a.classes != b.classes) {
            let fault = "their levels differ".to_owned();
            return Err(MetricsError::Input { place: "two sets to compare".to_owned(), fault });
        }
        let cases = a.cases.iter().chain(&b.cases).cloned().collect();
        Self::new(a.ordered.then(|| a.classes.clone()), cases)
    }

    /// Prepares every family for values, intervals, groups and comparisons. `convention` names one (`fleiss`,
    /// `krippendorff`, `default`); without it all are prepared.
    ///
    /// # Errors
    /// [`MetricsError::UnknownConvention`] for any other.
    pub fn assess(&self, options: &LabelReadingOptions, convention: Option<&str>) -> Result<Assessment, MetricsError> {
        let unit = |case: &LabelReading| Unit { case: case.case.clone(), attributes: case.attributes.clone() };
        assessed(FAMILIES, self, options, self.cases.iter().map(unit).collect(), convention)
    }

    /// The index of a class; the sets' constructor has seen that it is one.
    pub(crate) fn index(&self) -> BTreeMap<&str, usize> {
        self.classes.iter().enumerate().map(|(index, class)| (class.as_str(), index)).collect()
    }

    /// How many readers give each class, case by case.
    pub(crate) fn counts(&self) -> Vec<Vec<u32>> {
        let index = self.index();
        let of_case = |case: &LabelReading| {
            let mut counts = vec![0; self.classes.len()];
            for class in case.readers.values().filter_map(|class| index.get(class.as_str())) {
                counts[*class] += 1;
            }
            counts
        };
        self.cases.iter().map(of_case).collect()
    }
}
