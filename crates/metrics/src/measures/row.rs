//! One measurement: what was measured, what came out, what is true.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::MetricsError;

/// What is measured. A prediction that could not be read is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Quantity {
    /// A length, a volume, a score: one number.
    Number {
        /// What is true.
        truth: f64,
        /// What was measured.
        #[serde(default)]
        predicted: Option<f64>,
    },
    /// An angle in degrees; errors go round the circle, or the half circle for directions without a sense.
    Angle {
        /// What is true.
        truth: f64,
        /// What was measured.
        #[serde(default)]
        predicted: Option<f64>,
    },
    /// Length and width of a lesion, the longer axis first.
    Size {
        /// What is true.
        truth: [f64; 2],
        /// What was measured.
        #[serde(default)]
        predicted: Option<[f64; 2]>,
    },
    /// A landmark, `[x, y]` in pixels.
    Point {
        /// Where it is.
        truth: [f64; 2],
        /// Where it was put.
        #[serde(default)]
        predicted: Option<[f64; 2]>,
        /// Width and height of a pixel, in the unit of the row.
        spacing: [f64; 2],
    },
    /// A box by two opposite corners, `[x, y, x, y]`.
    Box {
        /// Where it is.
        truth: [f64; 4],
        /// Where it was put.
        #[serde(default)]
        predicted: Option<[f64; 4]>,
    },
}

/// Which [`Quantity`] without its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Number,
    Angle,
    Size,
    Point,
    Box,
}

impl Quantity {
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Number { .. } => Kind::Number,
            Self::Angle { .. } => Kind::Angle,
            Self::Size { .. } => Kind::Size,
            Self::Point { .. } => Kind::Point,
            Self::Box { .. } => Kind::Box,
        }
    }

    /// The numbers of the truth.
    pub(crate) const fn truth(&self) -> &[f64] {
        match self {
            Self::Number { truth, .. } | Self::Angle { truth, .. } => std::slice::from_ref(truth),
            Self::Size { truth, .. } | Self::Point { truth, .. } => truth,
            Self::Box { truth, .. } => truth,
        }
    }

    /// The numbers of the prediction: as many as the truth has, or none.
    pub(crate) const fn predicted(&self) -> Option<&[f64]> {
        match self {
            Self::Number { predicted: Some(predicted), .. } | Self::Angle { predicted: Some(predicted), .. } => {
                Some(std::slice::from_ref(predicted))
            }
            Self::Size { predicted: Some(predicted), .. } | Self::Point { predicted: Some(predicted), .. } => {
                Some(predicted)
            }
            Self::Box { predicted: Some(predicted), .. } => Some(predicted),
            _ => None,
        }
    }
}

/// One measurement of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct MeasureRow {
    /// The case's name. Rows of one case are resampled together.
    pub case: String,
    /// Group attributes of the case, such as `patient` and `site`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, string>"))]
    pub attributes: BTreeMap<String, String>,
    /// What is measured: `femur length`. Rows of one name, unit and kind make a class.
    #[serde(default)]
    pub name: String,
    /// The unit: `mm`, `degrees`.
    #[serde(default)]
    pub unit: String,
    /// The numbers.
    pub quantity: Quantity,
}

impl MeasureRow {
    /// A measurement of a case without attributes.
    pub fn new(case: impl Into<String>, name: impl Into<String>, unit: impl Into<String>, quantity: Quantity) -> Self {
        Self { case: case.into(), attributes: BTreeMap::new(), name: name.into(), unit: unit.into(), quantity }
    }

    pub(crate) fn check(&self, index: usize) -> Result<(), MetricsError> {
        let fault =
            |fault: String| Err(MetricsError::Input { place: format!("row {index} (case \"{}\")", self.case), fault });

        let numbers = self.quantity.truth().iter().chain(self.quantity.predicted().into_iter().flatten());
        for number in numbers {
            if number.is_nan() || number.abs() > LARGEST {
                return fault(format!("{number} is not a finite number of at most {LARGEST:e}"));
            }
        }
        match self.quantity {
            Quantity::Point { spacing, .. } if !spacing.iter().all(|step| *step > 0.0 && *step <= LARGEST) => {
                fault(format!("the spacing is {spacing:?}, but must be two numbers above 0"))
            }
            _ => Ok(()),
        }
    }
}

/// The largest number that is taken for a measurement: products of four of them stay finite.
const LARGEST: f64 = 1e60;
