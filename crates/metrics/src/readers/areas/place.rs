//! Where a model stands among readers: what is said of one case, whatever is compared.

use groundglass_types::{Statistic, Undefined};

use crate::readers::means::mean;

/// How well two sides of a case agree.
pub(crate) trait Sides {
    /// How many readers there are.
    fn readers(&self) -> usize;

    /// Whether the model has run.
    fn has_model(&self) -> bool;

    /// The model with a reader.
    fn model_with(&self, reader: usize) -> Statistic;

    /// A reader with another.
    fn readers_with(&self, reader: usize, other: usize) -> Statistic;

    /// The model with the consensus of all readers.
    fn model_with_consensus(&self) -> Statistic;

    /// A reader, and the model, with the consensus of the other readers.
    fn with_others(&self, reader: usize) -> (Statistic, Statistic);
}

/// How many statistics [`placed`] gives.
pub(crate) const PLACED: usize = 7;

/// The model with the readers (mean), the model with the consensus, the readers with each other (mean over pairs), a
/// reader with the consensus of the others (mean over readers), the model with the same consensuses (mean), the
/// difference of the last two, and how many readers the model is as good as, where equals count half.
pub(crate) fn placed(sides: &impl Sides) -> [Statistic; PLACED] {
    let count = sides.readers();
    let undefined = Statistic::Undefined;
    if count == 0 {
        return [undefined(Undefined::NoTruth); PLACED];
    }
    let defined = |statistic: Statistic| statistic.value();
    let of_model = |statistic: &dyn Fn() -> Statistic| {
        if sides.has_model() { statistic() } else { undefined(Undefined::NoFindings) }
    };
    let with_readers = || mean((0..count).filter_map(|reader| defined(sides.model_with(reader))), Undefined::Nothing);
    let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
    let too_few = |reason| if count < 2 { Undefined::TooFew } else { reason };
    let between = mean(pairs.filter_map(|(a, b)| defined(sides.readers_with(a, b))), too_few(Undefined::Nothing));
    let others = if count < 2 { Vec::new() } else { (0..count).map(|reader| sides.with_others(reader)).collect() };
    let nothing = too_few(Undefined::Nothing);
    let readers = mean(others.iter().filter_map(|(reader, _)| defined(*reader)), nothing);
    let both = |(reader, model): &(Statistic, Statistic)| Some((reader.value()?, model.value()?));
    let both = others.iter().filter_map(both).collect::<Vec<_>>();
    let place = |(reader, model): &(f64, f64)| {
        // Equal but for rounding is equal.
        if (model - reader).abs() <= 1e-12 { 0.5 } else { f64::from(u8::from(model > reader)) }
    };
    [
        of_model(&with_readers),
        of_model(&|| sides.model_with_consensus()),
        between,
        readers,
        of_model(&|| mean(others.iter().filter_map(|(_, model)| defined(*model)), nothing)),
        of_model(&|| mean(both.iter().map(|(reader, model)| model - reader), nothing)),
        of_model(&|| mean(both.iter().map(place), nothing)),
    ]
}
