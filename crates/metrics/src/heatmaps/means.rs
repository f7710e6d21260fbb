//! A family whose metrics are means over maps.

use groundglass_types::{Convention, Statistic, Undefined};

use crate::engine::math::{mean_of_defined, weighted_mean};
use crate::engine::{Line, Measured, Prepared, Weights};
use crate::heatmaps::scope::{Scene, Scope};
use crate::interval::wilson;

/// One metric of a map.
#[derive(Clone, Copy)]
pub(super) struct Metric {
    pub id: &'static str,
    /// The number of one map, or the reason why it has none.
    pub of_map: fn(&Scene<'_>) -> Result<f64, Undefined>,
    /// What is compared and how, for [`Convention::words`].
    pub words: fn(&Scope<'_>) -> String,
    /// Whether each map says yes or no.
    pub proportion: bool,
}

/// How the line over all classes is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Averaging {
    /// Every map counts alike.
    Maps,
    /// Every class counts alike.
    Classes,
}

/// The statistic of every map under every metric.
struct MapMeans {
    lines: Vec<Line>,
    metrics: Vec<Metric>,
    averaging: Averaging,
    /// The maps of each class, by their place among all maps.
    classes: Vec<Vec<usize>>,
    /// The case of every map.
    cases: Vec<usize>,
    /// How many cases there are.
    count: usize,
    /// By metric, then by map.
    statistics: Vec<Vec<Statistic>>,
}

/// Prepares a family of `metrics`. The words of `base` come before those of each metric.
pub(super) fn prepare(
    scope: &Scope<'_>,
    base: &Convention,
    averaging: Averaging,
    metrics: &[Metric],
) -> Box<dyn Prepared> {
    let mut statistics = vec![Vec::with_capacity(scope.rows.len()); metrics.len()];
    for (_, row) in &scope.rows {
        let scene = Scene::new(scope.options, row);
        for (metric, statistics) in metrics.iter().zip(&mut statistics) {
            let statistic = match (metric.of_map)(&scene) {
                // What overflows is not worth a number of its own.
                Ok(number) if !number.is_finite() => Statistic::Undefined(Undefined::ZeroDenominator),
                Ok(number) => Statistic::Value(number),
                Err(reason) => Statistic::Undefined(reason),
            };
            statistics.push(statistic);
        }
    }
    let of_class = |class: &&str| {
        let rows = scope.rows.iter().enumerate().filter(|(_, (_, row))| row.label == *class);
        rows.map(|(index, _)| index).collect()
    };
    let separate: &[&str] = if scope.classes.len() > 1 { &scope.classes } else { &[] };
    let mut lines = Vec::new();
    for class in std::iter::once(None).chain(separate.iter().copied().map(Some)) {
        let averaged = match (class, averaging) {
            (None, Averaging::Classes) => "mean over the maps of each class, then over the classes that have one",
            _ => "mean over maps",
        };
        lines.extend(metrics.iter().map(|metric| {
            let start = if base.words.is_empty() { String::new() } else { format!("{}; ", base.words) };
            let words = (metric.words)(scope);
            let words = format!("{start}{words}; {averaged}; a map without this number is left out; n counts maps");
            let convention = Convention { words, ..base.clone() };
            Line { id: metric.id, class: class.map(str::to_owned), convention }
        }));
    }
    Box::new(MapMeans {
        lines,
        metrics: metrics.to_vec(),
        averaging,
        classes: scope.classes.iter().map(of_class).collect(),
        cases: scope.rows.iter().map(|(case, _)| *case).collect(),
        count: scope.rows.iter().map(|(case, _)| case + 1).max().unwrap_or_default(),
        statistics,
    })
}

impl MapMeans {
    /// The maps of each case by themselves, as those of the only case, without lines.
    fn each_alone(&self) -> impl Iterator<Item = Self> {
        let mut of_cases = vec![Vec::new(); self.count];
        for (map, &case) in self.cases.iter().enumerate() {
            if let Some(maps) = of_cases.get_mut(case) {
                maps.push(map);
            }
        }
        let mut classes = vec![None; self.cases.len()];
        for (place, maps) in self.classes.iter().enumerate() {
            for &map in maps {
                classes[map] = Some(place);
            }
        }
        of_cases.into_iter().map(move |maps| {
            let mut by_class = vec![Vec::new(); self.classes.len()];
            for (place, &map) in maps.iter().enumerate() {
                if let Some(class) = classes[map] {
                    by_class[class].push(place);
                }
            }
            let of_maps = |statistics: &Vec<Statistic>| maps.iter().map(|&map| statistics[map]).collect();
            Self {
                lines: Vec::new(),
                metrics: self.metrics.clone(),
                averaging: self.averaging,
                classes: by_class,
                cases: vec![0; maps.len()],
                count: 1,
                statistics: self.statistics.iter().map(of_maps).collect(),
            }
        })
    }

    /// The mean of a metric over some maps.
    fn mean(&self, metric: usize, maps: &mut dyn Iterator<Item = usize>, weights: &Weights) -> Measured {
        let statistics = &self.statistics[metric];
        let mut reason = Undefined::NoTruth;
        let of_maps = maps.map(|map| {
            // Any reason that is not the commonplace one says more.
            if let Statistic::Undefined(other) = statistics[map]
                && reason == Undefined::NoTruth
                && weights.of(self.cases[map]) > 0
            {
                reason = other;
            }
            (self.cases[map], statistics[map])
        });
        let of_maps = of_maps.collect::<Vec<_>>();
        let (statistic, n) = weighted_mean(of_maps.into_iter(), weights, reason);
        Measured { statistic, n }
    }

    fn overall(&self, metric: usize, by_class: &[Measured], weights: &Weights) -> Measured {
        let pooled = self.mean(metric, &mut (0..self.cases.len()), weights);
        match (self.averaging, pooled.statistic) {
            (Averaging::Classes, Statistic::Value(_)) => {
                let of_classes = by_class.iter().map(|measured| measured.statistic);
                let (statistic, _) = mean_of_defined(of_classes, Undefined::NoTruth);
                Measured { statistic, n: pooled.n }
            }
            _ => pooled,
        }
    }
}

impl Prepared for MapMeans {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let separate = self.classes.len() > 1;
        let needed = separate || self.averaging == Averaging::Classes;
        let (mut measured, mut of_classes) = (Vec::new(), vec![Vec::new(); self.classes.len()]);
        for metric in 0..self.metrics.len() {
            let maps = if needed { self.classes.as_slice() } else { &[] };
            let by_class = maps.iter().map(|maps| self.mean(metric, &mut maps.iter().copied(), weights));
            let by_class = by_class.collect::<Vec<_>>();
            measured.push(self.overall(metric, &by_class, weights));
            for (of_class, measured) in of_classes.iter_mut().zip(by_class) {
                of_class.push(measured);
            }
        }
        if separate {
            measured.extend(of_classes.into_iter().flatten());
        }
        measured
    }

    fn case_values(&self) -> Option<Vec<Vec<Statistic>>> {
        let mut lines = vec![vec![Statistic::Undefined(Undefined::NoTruth); self.count]; self.lines.len()];
        for (case, alone) in self.each_alone().enumerate() {
            for (line, measured) in lines.iter_mut().zip(alone.measure(&Weights::all(1))) {
                *line.get_mut(case)? = measured.statistic;
            }
        }
        Some(lines)
    }

    fn analytic_intervals(&self, weights: &Weights, level: f64) -> Vec<Option<(&'static str, [f64; 2])>> {
        let measured = self.measure(weights).into_iter().zip(&self.lines).enumerate();
        let interval = |(index, (measured, line)): (usize, (Measured, &Line))| {
            let metric = self.metrics.get(index % self.metrics.len().max(1))?;
            // A mean of means is no share of anything.
            let averaged = line.class.is_none() && self.averaging == Averaging::Classes && self.classes.len() > 1;
            if averaged || !metric.proportion {
                return None;
            }
            let hits = (measured.statistic.value()? * measured.n as f64).round() as u64;
            Some(("wilson", wilson(hits, measured.n, level)?))
        };
        measured.map(interval).collect()
    }
}
