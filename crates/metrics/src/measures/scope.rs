//! What a family is prepared from: the rows, and the groups of rows that have lines of their own.

use groundglass_types::Undefined;

use crate::engine::math::hypot;
use crate::measures::row::Kind;
use crate::measures::{MeasureOptions, MeasureRow, Quantity};

/// All rows with the options.
pub(crate) struct Scope<'a> {
    pub options: &'a MeasureOptions,
    /// Each row with the index of its case.
    pub rows: &'a [(usize, MeasureRow)],
    /// All rows first, then those of each name, unit and kind where there are several.
    pub groups: Vec<Group>,
}

/// Rows that are measured together.
pub(crate) struct Group {
    /// `None` for all rows.
    pub class: Option<String>,
    /// The places of its rows among all.
    pub rows: Vec<usize>,
    /// The kinds that occur.
    pub kinds: Vec<Kind>,
    /// Whether all rows have one unit, so that their errors may be averaged.
    pub one_unit: bool,
    /// Whether all rows are of one name, unit and kind, so that their values may be correlated.
    pub one_class: bool,
}

impl Group {
    /// Whether only these kinds occur, and any at all.
    pub fn only(&self, kinds: &[Kind]) -> bool {
        !self.kinds.is_empty() && self.kinds.iter().all(|kind| kinds.contains(kind))
    }

    fn of(class: Option<String>, rows: Vec<usize>, all: &[(usize, MeasureRow)], one_class: bool) -> Self {
        let mut kinds = rows.iter().map(|&row| all[row].1.quantity.kind()).collect::<Vec<_>>();
        kinds.sort_unstable();
        kinds.dedup();
        let one_unit = rows.windows(2).all(|pair| all[pair[0]].1.unit == all[pair[1]].1.unit);
        Self { class, rows, kinds, one_unit, one_class }
    }
}

impl<'a> Scope<'a> {
    pub fn new(options: &'a MeasureOptions, rows: &'a [(usize, MeasureRow)]) -> Self {
        let key = |row: usize| {
            let row = &rows[row].1;
            (row.name.as_str(), row.unit.as_str(), row.quantity.kind())
        };
        let mut places = (0..rows.len()).collect::<Vec<_>>();
        places.sort_by_key(|&row| key(row));
        let classes = places.chunk_by(|&a, &b| key(a) == key(b)).map(<[usize]>::to_vec).collect::<Vec<_>>();
        let mut groups = vec![Group::of(None, (0..rows.len()).collect(), rows, classes.len() == 1)];
        if classes.len() > 1 {
            let names = classes.iter().map(|class| key(class[0])).collect::<Vec<_>>();
            let name = |(name, unit, kind): (&str, &str, Kind)| {
                let same_name = names.iter().filter(|(other, ..)| *other == name).count();
                let same_unit =
                    names.iter().filter(|(other, unit_of_other, _)| (*other, *unit_of_other) == (name, unit));
                match (same_name, same_unit.count()) {
                    (1, _) => name.to_owned(),
                    (_, 1) => format!("{name} ({unit})"),
                    _ => format!("{name} ({unit}, {})", kind.word()),
                }
            };
            let named = names.iter().map(|&key| name(key)).collect::<Vec<_>>();
            let of_class = |(class, places)| Group::of(Some(class), places, rows, true);
            groups.extend(named.into_iter().zip(classes).map(of_class));
        }
        Self { options, rows, groups }
    }

    /// The error of a row, or `None` where its prediction could not be read.
    pub fn error(&self, row: usize) -> Option<Errors> {
        let quantity = &self.rows[row].1.quantity;
        let (truth, predicted) = (quantity.truth(), quantity.predicted()?);
        let difference = |(predicted, truth): (&f64, &f64)| match quantity {
            Quantity::Angle { .. } => wrapped(predicted - truth, self.options.angle_period),
            _ => predicted - truth,
        };
        let mut errors = Errors::default();
        let count = truth.len() as f64;
        for (difference, truth) in predicted.iter().zip(truth).map(difference).zip(truth) {
            errors.signed += difference / count;
            errors.absolute += difference.abs() / count;
            errors.squared += difference * difference / count;
            errors.relative = if *truth == 0.0 {
                None
            } else {
                errors.relative.map(|sum| sum + difference.abs() / truth.abs() / count)
            };
        }
        if let (Quantity::Point { spacing, .. }, [dx, dy]) =
            (quantity, [predicted[0] - truth[0], predicted.get(1).unwrap_or(&0.0) - truth.get(1).unwrap_or(&0.0)])
        {
            errors.distance = hypot(dx * spacing[0], dy * spacing[1]);
        }
        Some(errors)
    }

    /// Why a group has no number of which every readable row would give one.
    pub fn reason(&self, group: &Group, otherwise: Undefined) -> Undefined {
        let readable = |&row: &usize| self.rows[row].1.quantity.predicted().is_some();
        if group.rows.iter().any(readable) { otherwise } else { Undefined::Unparsable }
    }
}

/// How far a row is off; a row of two numbers or more counts with their mean.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Errors {
    pub signed: f64,
    pub absolute: f64,
    pub squared: f64,
    /// `None` where the truth is 0.
    pub relative: Option<f64>,
    /// Of a landmark, with its spacing.
    pub distance: f64,
}

impl Default for Errors {
    fn default() -> Self {
        Self { signed: 0.0, absolute: 0.0, squared: 0.0, relative: Some(0.0), distance: 0.0 }
    }
}

/// The difference of two angles that are the same after `period`: above `-period / 2`, at most `period / 2`.
pub(crate) fn wrapped(difference: f64, period: f64) -> f64 {
    let rest = difference.rem_euclid(period);
    if rest > 0.5 * period { rest - period } else { rest }
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Angle => "angle",
            Self::Size => "size",
            Self::Point => "point",
            Self::Box => "box",
        }
    }
}
