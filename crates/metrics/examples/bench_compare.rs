//! How long it takes to measure every case of two models alone, as wins and losses need it.
//!
//! `bench_compare [CASES [CONVENTION ...]]` prints for each convention, in seconds, how long a joined set takes whose
//! families know each case alone, preparation included, and how long it takes to ask the whole set for one case after the
//! other, in the same run.
#![allow(clippy::print_stdout)]

use std::time::Instant;

use groundglass_metrics::{EvaluateOptions, EvaluationSet, RegionKind, Weights};
use groundglass_types::{BoundingBox, Case, Finding, Region, Truth, TruthRegion};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

const CLASSES: u32 = 10;

fn set(cases: usize, seed: u64) -> Result<EvaluationSet, Box<dyn std::error::Error>> {
    let (mut truths, mut scores) = (ChaCha8Rng::seed_from_u64(1), ChaCha8Rng::seed_from_u64(seed));
    let mut set = EvaluationSet::new();
    for index in 0..cases {
        let name = index.to_string();
        let (mut regions, mut findings) = (Vec::new(), Vec::new());
        for _ in 0..4 {
            let [x, y] = [(); 2].map(|()| f64::from(truths.next_u32() % 400));
            let label = (truths.next_u32() % CLASSES).to_string();
            let region = |shift: f64| Region::from_box(BoundingBox::from_xywh([x + shift, y, 60.0, 40.0]));
            let shift = f64::from(scores.next_u32() % 40);
            let score = f64::from(scores.next_u32()) / 4_294_967_296.0;
            findings.push(Finding { label: label.clone(), score, region: region(shift) });
            regions.push(TruthRegion { label, region: region(0.0), crowd: false, area: None });
        }
        let attributes = [("patient".to_owned(), (index / 2).to_string())].into();
        let truth = Some(Truth { regions });
        set.add_case(Case { name: name.clone(), width: 512, height: 512, truth, attributes, ..Case::default() })?;
        set.set_findings(&name, findings)?;
    }
    Ok(set)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let cases = arguments.next().map_or(Ok(2_000), |text| text.parse::<usize>())?;
    let mut conventions = arguments.collect::<Vec<_>>();
    if conventions.is_empty() {
        let names = ["coco", "voc", "default", "tide", "picai", "supervision", "rodeo"];
        conventions = names.map(str::to_owned).to_vec();
    }
    let options =
        EvaluateOptions { score_threshold: 0.5, iou_threshold: 0.5, region: RegionKind::Box, surface_tolerance: 2.0 };
    let (first, second) = (set(cases, 2)?, set(cases, 3)?);
    let joined = EvaluationSet::joined(&first, &second, RegionKind::Box)?;
    for convention in conventions {
        let start = Instant::now();
        let assessment = joined.assess(&options, Some(&convention))?;
        let known = assessment.prepared().iter().filter_map(|family| family.case_values()).flatten().flatten().count();
        let alone = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let count = assessment.units().len();
        let (mut weights, mut asked) = (Weights::new(vec![0; count]), 0);
        for case in 0..count {
            weights.as_mut_slice()[case] = 1;
            asked += assessment.measure(&weights).len();
            weights.as_mut_slice()[case] = 0;
        }
        let one_by_one = start.elapsed().as_secs_f64();
        println!("{convention}: {alone:.3} s alone, {one_by_one:.3} s one by one ({known} and {asked} values)");
    }
    Ok(())
}
