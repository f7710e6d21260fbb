//! Lines over all classes and by class, which every convention of this folder has.

use groundglass_types::{Convention, Statistic, Undefined};

use crate::engine::math::mean_of_defined;
use crate::engine::{Line, Measured};
use crate::regions::scope::Scope;

/// The line of one metric over all classes, then those of the classes, where there are several. `convention` is given
/// the clause on averaging.
pub(super) fn lines_of(scope: &Scope<'_>, id: &'static str, convention: impl Fn(&str) -> Convention) -> Vec<Line> {
    let averaged = convention("mean over the classes that have truth; ");
    let mut lines = vec![Line { id, class: None, convention: averaged }];
    let of_class = convention("");
    lines.extend(scope.separate_classes().iter().map(|&class| Line {
        id,
        class: scope.class_name(Some(class)),
        convention: of_class.clone(),
    }));
    lines
}

/// One value a line of [`lines_of`], from those of the classes: the mean of the defined ones, with `n` summed, then
/// each class where there are several.
pub(super) fn push_measured(measured: &mut Vec<Measured>, by_class: &[Measured]) {
    let (statistic, _) = mean_of_defined(by_class.iter().map(|of_class| of_class.statistic), Undefined::NoTruth);
    measured.push(Measured { statistic, n: by_class.iter().map(|of_class| of_class.n).sum() });
    if by_class.len() > 1 {
        measured.extend_from_slice(by_class);
    }
}

/// A number where there is truth.
pub(super) fn with_truth(number: Option<f64>, n: u64) -> Measured {
    Measured { statistic: number.map_or(Statistic::Undefined(Undefined::NoTruth), Statistic::Value), n }
}
