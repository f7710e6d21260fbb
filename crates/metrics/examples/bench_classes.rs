//! Times a resample of every default metric on classes: `bench_classes [ROWS [CLASSES [RESAMPLES]]]`. One class is yes
//! and no. Prints milliseconds as one JSON line.
#![allow(clippy::print_stdout)]

use std::time::Instant;

use groundglass_metrics::{ClassOptions, ClassPrediction, ClassRow, ClassSet, ClassTruth, MetricsError, Weights};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

fn main() -> Result<(), MetricsError> {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let (rows, classes) = (arguments.next().unwrap_or(5000), arguments.next().unwrap_or(14));
    let resamples = arguments.next().unwrap_or(100);
    let mut random = ChaCha8Rng::seed_from_u64(20_262_011);
    let mut unit = || f64::from(random.next_u32()) / 4_294_967_296.0;
    let row = |index: usize| {
        let drawn = (0..classes).map(|class| (class.to_string(), unit() / classes as f64)).collect();
        let mut prediction = ClassPrediction { scores: drawn, ..ClassPrediction::default() };
        let truth = if classes == 1 {
            prediction.scores = [("positive".to_owned(), unit())].into();
            ClassTruth::Binary(unit() < 0.3)
        } else {
            ClassTruth::One(((unit() * classes as f64) as usize).to_string())
        };
        ClassRow::new(index.to_string(), truth, prediction)
    };
    let set = ClassSet::new((0..rows).map(row).collect())?;
    let start = Instant::now();
    let assessment = set.assess(&ClassOptions::default(), None)?;
    let prepared = start.elapsed();
    let lines = assessment.lines().count();
    let mut times = vec![0.0; assessment.prepared().len()];
    for resample in 0..resamples {
        let mut counts = vec![0_u32; rows];
        let mut random = ChaCha8Rng::seed_from_u64(resample as u64);
        for _ in 0..rows {
            counts[(f64::from(random.next_u32()) / 4_294_967_296.0 * rows as f64) as usize] += 1;
        }
        let weights = Weights::new(counts);
        for (time, family) in times.iter_mut().zip(assessment.prepared()) {
            let start = Instant::now();
            std::hint::black_box(family.measure(&weights));
            *time += start.elapsed().as_secs_f64() * 1e3 / resamples as f64;
        }
    }
    let times = times.iter().map(|time| format!("{time:.3}")).collect::<Vec<_>>().join(", ");
    println!(
        "{{\"rows\": {rows}, \"classes\": {classes}, \"lines\": {lines}, \"prepare\": {:.1}, \"resample\": [{times}]}}",
        prepared.as_secs_f64() * 1e3
    );
    Ok(())
}
