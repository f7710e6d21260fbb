//! Errors and agreement of measurements.

use std::sync::Arc;

use groundglass_types::{Admission, Convention, Undefined};

use super::Family;
use crate::engine::{Better, Definition, Prepared};
use crate::measures::agreement::{self, OfPairs, Pairs};
use crate::measures::calculation::{Calculation, Calculations};
use crate::measures::row::Kind;
use crate::measures::scope::{Errors, Group, Scope};

pub(super) const FAMILY: Family = Family { convention: "default", by_default: true, definitions: DEFINITIONS, prepare };

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "mean_absolute_error",
        name: "Mean absolute error (MAE)",
        definition: "Mean of |predicted - truth| in the unit of the measurement; angles go the shorter way round.",
        source: "Willmott and Matsuura, Climate Research 2005; scikit-learn 1.9, mean_absolute_error",
        better: Better::Lower,
    },
    Definition {
        id: "root_mean_squared_error",
        name: "Root mean squared error (RMSE)",
        definition: "Root of the mean of (predicted - truth)^2, in the unit of the measurement.",
        source: "scikit-learn 1.9, root_mean_squared_error",
        better: Better::Lower,
    },
    Definition {
        id: "median_absolute_error",
        name: "Median absolute error",
        definition: "Median of |predicted - truth|, in the unit of the measurement.",
        source: "scikit-learn 1.9, median_absolute_error",
        better: Better::Lower,
    },
    Definition {
        id: "bias",
        name: "Bias",
        definition: "Mean of predicted - truth, in the unit of the measurement.",
        source: "Bland and Altman, Lancet 1986",
        better: Better::Neither,
    },
    Definition {
        id: "lower_limit_of_agreement",
        name: "Lower limit of agreement",
        definition: "Bias less 1.96 standard deviations (n - 1) of predicted - truth.",
        source: "Bland and Altman, Lancet 1986",
        better: Better::Neither,
    },
    Definition {
        id: "upper_limit_of_agreement",
        name: "Upper limit of agreement",
        definition: "Bias and 1.96 standard deviations (n - 1) of predicted - truth.",
        source: "Bland and Altman, Lancet 1986",
        better: Better::Neither,
    },
    Definition {
        id: "icc_2_1",
        name: "Intraclass correlation ICC(2,1)",
        definition: "Absolute agreement of single measurements, two-way random effects, predicted and truth as the two raters.",
        source: "Shrout and Fleiss, Psychological Bulletin 1979",
        better: Better::Higher,
    },
    Definition {
        id: "icc_3_1",
        name: "Intraclass correlation ICC(3,1)",
        definition: "Consistency of single measurements, two-way mixed effects, predicted and truth as the two raters.",
        source: "Shrout and Fleiss, Psychological Bulletin 1979",
        better: Better::Higher,
    },
    Definition {
        id: "pearson_r",
        name: "Pearson's correlation",
        definition: "Linear correlation of predicted and truth.",
        source: "scipy 1.17, stats.pearsonr",
        better: Better::Higher,
    },
    Definition {
        id: "spearman_rho",
        name: "Spearman's rank correlation",
        definition: "Correlation of the ranks of predicted and truth, equal values sharing the mean of their ranks.",
        source: "scipy 1.17, stats.spearmanr",
        better: Better::Higher,
    },
    Definition {
        id: "mean_relative_error",
        name: "Mean relative error (MRE)",
        definition: "Mean of |predicted - truth| / |truth| over rows whose truth is not 0.",
        source: "scikit-learn 1.9, mean_absolute_percentage_error, without its eps",
        better: Better::Lower,
    },
    Definition {
        id: "relative_error_below_10",
        name: "Relative error below 10 %",
        definition: "Share of all rows whose truth is not 0 that have a relative error below 0.1; a row without a readable prediction has none.",
        source: "Yao et al. 2025 (MedVision), with zero truths left out",
        better: Better::Higher,
    },
    Definition {
        id: "relative_error_below_20",
        name: "Relative error below 20 %",
        definition: "Share of all rows whose truth is not 0 that have a relative error below 0.2; a row without a readable prediction has none.",
        source: "Yao et al. 2025 (MedVision), with zero truths left out",
        better: Better::Higher,
    },
    Definition {
        id: "relative_error_below_30",
        name: "Relative error below 30 %",
        definition: "Share of all rows whose truth is not 0 that have a relative error below 0.3; a row without a readable prediction has none.",
        source: "Yao et al. 2025 (MedVision), with zero truths left out",
        better: Better::Higher,
    },
    Definition {
        id: "relative_error_below_40",
        name: "Relative error below 40 %",
        definition: "Share of all rows whose truth is not 0 that have a relative error below 0.4; a row without a readable prediction has none.",
        source: "Yao et al. 2025 (MedVision), with zero truths left out",
        better: Better::Higher,
    },
    Definition {
        id: "relative_error_below_50",
        name: "Relative error below 50 %",
        definition: "Share of all rows whose truth is not 0 that have a relative error below 0.5; a row without a readable prediction has none.",
        source: "Yao et al. 2025 (MedVision), with zero truths left out",
        better: Better::Higher,
    },
    Definition {
        id: "relative_error_below_60",
        name: "Relative error below 60 %",
        definition: "Share of all rows whose truth is not 0 that have a relative error below 0.6; a row without a readable prediction has none.",
        source: "Yao et al. 2025 (MedVision), with zero truths left out",
        better: Better::Higher,
    },
    Definition {
        id: "relative_error_below_70",
        name: "Relative error below 70 %",
        definition: "Share of all rows whose truth is not 0 that have a relative error below 0.7; a row without a readable prediction has none.",
        source: "Yao et al. 2025 (MedVision), with zero truths left out",
        better: Better::Higher,
    },
    Definition {
        id: "relative_error_below_80",
        name: "Relative error below 80 %",
        definition: "Share of all rows whose truth is not 0 that have a relative error below 0.8; a row without a readable prediction has none.",
        source: "Yao et al. 2025 (MedVision), with zero truths left out",
        better: Better::Higher,
    },
    Definition {
        id: "relative_error_below_90",
        name: "Relative error below 90 %",
        definition: "Share of all rows whose truth is not 0 that have a relative error below 0.9; a row without a readable prediction has none.",
        source: "Yao et al. 2025 (MedVision), with zero truths left out",
        better: Better::Higher,
    },
    Definition {
        id: "relative_error_below_100",
        name: "Relative error below 100 %",
        definition: "Share of all rows whose truth is not 0 that have a relative error below 1; a row without a readable prediction has none.",
        source: "Yao et al. 2025 (MedVision), with zero truths left out",
        better: Better::Higher,
    },
    Definition {
        id: "measured_rate",
        name: "Share measured",
        definition: "Share of the rows with a prediction that could be read.",
        source: "Yao et al. 2025 (MedVision), SuccessRate",
        better: Better::Higher,
    },
    Definition {
        id: "mean_radial_error",
        name: "Mean radial error",
        definition: "Mean distance of predicted and true landmark, in the unit of the spacing.",
        source: "Wang et al., Medical Image Analysis 2016 (ISBI cephalometric challenge)",
        better: Better::Lower,
    },
    Definition {
        id: "median_radial_error",
        name: "Median radial error",
        definition: "Median distance of predicted and true landmark, in the unit of the spacing.",
        source: "Wang et al., Medical Image Analysis 2016 (ISBI cephalometric challenge), median for mean",
        better: Better::Lower,
    },
    Definition {
        id: "success_detection_rate_2",
        name: "Success detection rate at 2",
        definition: "Share of all landmarks that are predicted at most 2 units (mm) away.",
        source: "Wang et al., Medical Image Analysis 2016 (ISBI cephalometric challenge)",
        better: Better::Higher,
    },
    Definition {
        id: "success_detection_rate_2_5",
        name: "Success detection rate at 2.5",
        definition: "Share of all landmarks that are predicted at most 2.5 units (mm) away.",
        source: "Wang et al., Medical Image Analysis 2016 (ISBI cephalometric challenge)",
        better: Better::Higher,
    },
    Definition {
        id: "success_detection_rate_3",
        name: "Success detection rate at 3",
        definition: "Share of all landmarks that are predicted at most 3 units (mm) away.",
        source: "Wang et al., Medical Image Analysis 2016 (ISBI cephalometric challenge)",
        better: Better::Higher,
    },
    Definition {
        id: "success_detection_rate_4",
        name: "Success detection rate at 4",
        definition: "Share of all landmarks that are predicted at most 4 units (mm) away.",
        source: "Wang et al., Medical Image Analysis 2016 (ISBI cephalometric challenge)",
        better: Better::Higher,
    },
];

const LIMITS: [(&str, f64); 10] = [
    ("relative_error_below_10", 0.1),
    ("relative_error_below_20", 0.2),
    ("relative_error_below_30", 0.3),
    ("relative_error_below_40", 0.4),
    ("relative_error_below_50", 0.5),
    ("relative_error_below_60", 0.6),
    ("relative_error_below_70", 0.7),
    ("relative_error_below_80", 0.8),
    ("relative_error_below_90", 0.9),
    ("relative_error_below_100", 1.0),
];

const DISTANCES: [(&str, f64); 4] = [
    ("success_detection_rate_2", 2.0),
    ("success_detection_rate_2_5", 2.5),
    ("success_detection_rate_3", 3.0),
    ("success_detection_rate_4", 4.0),
];

const AGREEMENT: [(&str, OfPairs, &str); 6] = [
    ("lower_limit_of_agreement", agreement::lower_limit, "bias less 1.96 standard deviations (n - 1)"),
    ("upper_limit_of_agreement", agreement::upper_limit, "bias and 1.96 standard deviations (n - 1)"),
    ("icc_2_1", agreement::icc_2_1, "two-way random effects, absolute agreement, single measurement"),
    ("icc_3_1", agreement::icc_3_1, "two-way mixed effects, consistency, single measurement"),
    ("pearson_r", agreement::pearson, "linear correlation"),
    ("spearman_rho", agreement::spearman, "correlation of mid-ranks"),
];

/// Rows that cannot be read are left out, or count as failures.
const LEFT_OUT: &str = "a row without a readable prediction is left out; n counts rows";
const FAILED: &str = "a row without a readable prediction fails; n counts rows";

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let mut made = Calculations::default();
    for group in &scope.groups {
        let mut lines = Lines::new(scope, group, &mut made);
        if group.one_unit && group.only(&[Kind::Number, Kind::Angle, Kind::Size]) {
            lines.errors();
        }
        if group.one_class && group.only(&[Kind::Number, Kind::Angle]) {
            lines.agreement();
        }
        if group.only(&[Kind::Number, Kind::Angle, Kind::Size]) {
            lines.relative_errors();
        }
        if group.one_unit && group.only(&[Kind::Point]) {
            lines.distances();
        }
        lines.measured_rate();
    }
    Box::new(made)
}

/// The lines of one group.
struct Lines<'a> {
    scope: &'a Scope<'a>,
    group: &'a Group,
    made: &'a mut Calculations,
    cases: Arc<Vec<usize>>,
    /// The case and error of every row.
    rows: Vec<(usize, Option<Errors>)>,
    unreadable: Undefined,
}

impl<'a> Lines<'a> {
    fn new(scope: &'a Scope<'a>, group: &'a Group, made: &'a mut Calculations) -> Self {
        let rows = group.rows.iter().map(|&row| (scope.rows[row].0, scope.error(row))).collect::<Vec<_>>();
        let cases = Arc::new(rows.iter().map(|(case, _)| *case).collect());
        let unreadable = scope.reason(group, Undefined::Unparsable);
        Self { scope, group, made, cases, rows, unreadable }
    }

    fn push(&mut self, id: &'static str, words: String, calculation: Calculation) {
        self.push_with(id, Convention::new(FAMILY.convention, words), calculation, self.unreadable);
    }

    fn push_with(&mut self, id: &'static str, convention: Convention, calculation: Calculation, reason: Undefined) {
        self.made.push(self.group, &self.cases, (id, convention), calculation, reason);
    }

    /// A number of every row that could be read.
    fn readable(&self, of: fn(&Errors) -> f64) -> Vec<(usize, f64)> {
        self.rows.iter().filter_map(|(case, errors)| Some((*case, of(errors.as_ref()?)))).collect()
    }

    /// What an error is in this group.
    fn difference(&self) -> String {
        let mut words = "predicted - truth".to_owned();
        if self.group.kinds.contains(&Kind::Angle) {
            words += &format!("; angles are the same after {} degrees", self.scope.options.angle_period);
        }
        if self.group.kinds.contains(&Kind::Size) {
            words += "; a size counts with the mean of its two errors";
        }
        words
    }

    fn errors(&mut self) {
        let words = |how: &str, lines: &Self| format!("{how} of {}; {LEFT_OUT}", lines.difference());
        let (absolute, squared, signed) =
            (self.readable(|row| row.absolute), self.readable(|row| row.squared), self.readable(|row| row.signed));
        let mean = words("mean of the absolute value", self);
        self.push("mean_absolute_error", mean, Calculation::Mean(absolute.clone()));
        let root = words("root of the mean of the square", self);
        self.push("root_mean_squared_error", root, Calculation::RootOfMean(squared));
        let median = words("median of the absolute value", self);
        self.push("median_absolute_error", median, Calculation::median(absolute));
        let bias = words("mean", self);
        self.push("bias", bias, Calculation::Mean(signed));
    }

    fn agreement(&mut self) {
        // A predicted angle is read as the one nearest to the truth that is the same.
        let pair = |&row: &usize| {
            let (case, measure) = &self.scope.rows[row];
            let truth = *measure.quantity.truth().first()?;
            Some((*case, truth + self.scope.error(row)?.signed, truth, *measure.quantity.predicted()?.first()?))
        };
        let angles = self.group.kinds.contains(&Kind::Angle);
        let rows = self.group.rows.iter().filter_map(pair);
        let pairs = rows.map(|(case, near, truth, plain)| (case, if angles { near } else { plain }, truth));
        let pairs = Arc::new(Pairs::new(pairs));
        for (id, of_pairs, how) in AGREEMENT {
            let words = format!("{how} of predicted and truth; {}; {LEFT_OUT}", self.difference());
            self.push(id, words, Calculation::OfPairs(Arc::clone(&pairs), of_pairs));
        }
    }

    fn relative_errors(&mut self) {
        let relative = |errors: &Option<Errors>| errors.and_then(|errors| errors.relative);
        let known = self.rows.iter().filter_map(|(case, errors)| Some((*case, relative(errors)?))).collect();
        let reason = self.scope.reason(self.group, Undefined::ZeroDenominator);
        let words = format!("|{}| / |truth|; a row whose truth is 0 is left out; {LEFT_OUT}", self.difference());
        let convention = Convention::new(FAMILY.convention, words);
        self.push_with("mean_relative_error", convention, Calculation::Mean(known), reason);
        let nonzero = |&&row: &&usize| self.scope.rows[row].1.quantity.truth().iter().all(|truth| *truth != 0.0);
        let rows = self
            .group
            .rows
            .iter()
            .filter(nonzero)
            .map(|&row| (self.scope.rows[row].0, self.scope.error(row).and_then(|errors| errors.relative)));
        let rows = rows.collect::<Vec<_>>();
        for (id, limit) in LIMITS {
            let below = rows.iter().map(|(case, error)| (*case, error.is_some_and(|error| error < limit))).collect();
            let words =
                format!("|{}| / |truth| < {limit}; a row whose truth is 0 is left out; {FAILED}", self.difference());
            let convention = Convention::new(FAMILY.convention, words);
            self.push_with(id, convention, Calculation::Share(below), Undefined::ZeroDenominator);
        }
    }

    fn distances(&mut self) {
        let distances = self.readable(|row| row.distance);
        let words = |how: &str| format!("{how} of the distances, with the spacing of each row; {LEFT_OUT}");
        self.push("mean_radial_error", words("mean"), Calculation::Mean(distances.clone()));
        self.push("median_radial_error", words("median"), Calculation::median(distances));
        for (id, limit) in DISTANCES {
            let near = |(case, errors): &(usize, Option<Errors>)| {
                (*case, errors.is_some_and(|errors| errors.distance <= limit))
            };
            let near = self.rows.iter().map(near).collect();
            let convention = Convention {
                admission: Some(Admission::AtLeast),
                ..Convention::new(
                    FAMILY.convention,
                    format!("distance <= {limit}, with the spacing of each row; {FAILED}"),
                )
            };
            self.push_with(id, convention, Calculation::Share(near), Undefined::NoTruth);
        }
    }

    fn measured_rate(&mut self) {
        let read = self.rows.iter().map(|(case, errors)| (*case, errors.is_some())).collect();
        let words = "rows with a prediction that could be read; n counts rows".to_owned();
        self.push("measured_rate", words, Calculation::Share(read));
    }
}
