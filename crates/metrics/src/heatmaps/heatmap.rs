//! A value for each pixel.

use serde::{Deserialize, Serialize};

use crate::MetricsError;

/// A value for each pixel of an image of `width` x `height` pixels, row by row.
///
/// A pixel may have no value (NaN; `null` when serialised): the margin around a model's square crop, for instance.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(try_from = "RawHeatmap", into = "RawHeatmap")]
pub struct Heatmap {
    width: usize,
    height: usize,
    #[cfg_attr(feature = "tsify", tsify(type = "(number | null)[]"))]
    values: Values,
}

/// As it came, so that a map of single precision takes no more room than it needs.
#[derive(Clone, Debug)]
enum Values {
    Single(Vec<f32>),
    Double(Vec<f64>),
}

/// As it is written: JSON knows no NaN.
#[derive(Serialize, Deserialize)]
struct RawHeatmap {
    width: usize,
    height: usize,
    values: Vec<Option<f64>>,
}

impl TryFrom<RawHeatmap> for Heatmap {
    type Error = MetricsError;
    fn try_from(raw: RawHeatmap) -> Result<Self, MetricsError> {
        let values = raw.values.into_iter().map(|value| value.unwrap_or(f64::NAN));
        Self::new(raw.width, raw.height, values.collect())
    }
}

impl From<Heatmap> for RawHeatmap {
    fn from(map: Heatmap) -> Self {
        let values = map.to_values().into_iter().map(|value| (!value.is_nan()).then_some(value)).collect();
        Self { width: map.width, height: map.height, values }
    }
}

impl Heatmap {
    /// A map from one value a pixel in row-major order; NaN where a pixel has none.
    ///
    /// # Errors
    /// [`MetricsError::Input`] where there are not `width * height` values, or one is infinite.
    pub fn new(width: usize, height: usize, values: Vec<f64>) -> Result<Self, MetricsError> {
        check(width, height, values.len(), values.iter().position(|value| value.is_infinite()))?;
        Ok(Self { width, height, values: Values::Double(values) })
    }

    /// The same in single precision.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn from_single(width: usize, height: usize, values: Vec<f32>) -> Result<Self, MetricsError> {
        check(width, height, values.len(), values.iter().position(|value| value.is_infinite()))?;
        Ok(Self { width, height, values: Values::Single(values) })
    }

    /// Columns.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub const fn height(&self) -> usize {
        self.height
    }

    /// One value a pixel in row-major order; NaN where a pixel has none.
    pub fn to_values(&self) -> Vec<f64> {
        match &self.values {
            Values::Single(values) => values.iter().copied().map(f64::from).collect(),
            Values::Double(values) => values.clone(),
        }
    }
}

fn check(width: usize, height: usize, found: usize, infinite: Option<usize>) -> Result<(), MetricsError> {
    let place = || format!("map of {width} x {height} pixels");
    if width.checked_mul(height) != Some(found) {
        return Err(MetricsError::Input { place: place(), fault: format!("it has {found} values") });
    }
    infinite.map_or(Ok(()), |index| {
        let fault = format!("value {index} is infinite, but must be a finite number, or NaN for none");
        Err(MetricsError::Input { place: place(), fault })
    })
}
