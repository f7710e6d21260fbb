//! How long COCO's numbers take on a set of COCO's size, and a bootstrap of them.
//!
//! `bench_boxes write FOLDER` writes the set as COCO files, `truths.json` and `findings.json`, for other programs.
//! `bench_boxes [ROUNDS [RESAMPLES [FINDINGS]]]` evaluates it that often and prints the median times in milliseconds as
//! JSON. Loading does not count; every round begins with a fresh set. `bench/metrics/hotcoco_bench.py` runs both in
//! turn. With one round it also says how many bytes a finding the evaluation takes beyond the loaded set (Linux).
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::io::{BufWriter, Write};
use std::time::Instant;

use groundglass_metrics::{EvaluateOptions, EvaluationSet, RegionKind, Weights};
use groundglass_types::{BoundingBox, Case, Finding, Region, Truth, TruthRegion};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

const SEED: u64 = 20_262_011;
const IMAGES: usize = 5_000;
const TRUTHS: usize = 36_000;
const FINDINGS: usize = 100_000;
const CLASSES: u32 = 80;
const RESAMPLES: usize = 1_000;

/// Edges in quarter pixels, so that edges and sizes are the same numbers.
#[derive(Clone)]
struct Item {
    class: u32,
    xywh: [f64; 4],
    crowd: bool,
    score: f64,
}

struct Drawer(ChaCha8Rng);

impl Drawer {
    fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.unit() * end as f64) as usize
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }
}

fn quarter(number: f64) -> f64 {
    (number * 4.0).round() / 4.0
}

/// Truths and findings of each image.
fn draw(findings: usize) -> Vec<(Vec<Item>, Vec<Item>)> {
    let mut drawer = Drawer(ChaCha8Rng::seed_from_u64(SEED));
    let mut images = vec![(Vec::new(), Vec::new()); IMAGES];
    // As in COCO, few classes have most of the objects, and an image has objects of few classes.
    let palettes = (0..IMAGES)
        .map(|_| [(); 3].map(|()| (drawer.unit() * drawer.unit() * f64::from(CLASSES)) as u32))
        .collect::<Vec<_>>();
    for _ in 0..TRUTHS {
        let image = drawer.below(IMAGES);
        let class = palettes[image][drawer.below(3)];
        // A third each is small, medium and large.
        let side = [(6.0, 32.0), (32.0, 96.0), (96.0, 300.0)][drawer.below(3)];
        let size = [(); 2].map(|()| drawer.between(side.0, side.1)).map(quarter);
        let corner = [quarter(drawer.between(0.0, 640.0 - size[0])), quarter(drawer.between(0.0, 480.0 - size[1]))];
        let xywh = [corner[0], corner[1], size[0], size[1]];
        let crowd = drawer.unit() < 0.01;
        images[image].0.push(Item { class, xywh, crowd, score: 0.0 });
    }
    for index in 0..findings {
        let image = drawer.below(IMAGES);
        let truths = images[image].0.len();
        let near = truths > 0 && drawer.unit() < 0.6;
        let item = if near {
            let truth = images[image].0[drawer.below(truths)].clone();
            let blur = drawer.between(0.0, 0.3);
            let [x, y, width, height] = truth.xywh;
            let moved = [
                x + drawer.between(-blur, blur) * width,
                y + drawer.between(-blur, blur) * height,
                width * (1.0 + drawer.between(-blur, blur)),
                height * (1.0 + drawer.between(-blur, blur)),
            ];
            let class = if drawer.unit() < 0.9 { truth.class } else { drawer.below(CLASSES as usize) as u32 };
            Item { class, xywh: moved.map(quarter), crowd: false, score: (1.0 - 2.0 * blur) * drawer.unit() }
        } else {
            let [width, height] = [(); 2].map(|()| quarter(drawer.between(6.0, 250.0)));
            let corner = [quarter(drawer.between(0.0, 600.0)), quarter(drawer.between(0.0, 440.0))];
            let class = palettes[image][drawer.below(3)];
            let score = drawer.unit() * drawer.unit();
            Item { class, xywh: [corner[0], corner[1], width, height], crowd: false, score }
        };
        // Three digits, as files have them: many scores are equal.
        let score = if index % 2 == 0 { (item.score * 1000.0).round() / 1000.0 } else { item.score };
        images[image].1.push(Item { score, ..item });
    }
    images
}

fn label(class: u32) -> String {
    format!("class {class:02}")
}

fn region(item: &Item) -> Region {
    Region::from_box(BoundingBox::from_xywh(item.xywh))
}

fn evaluation_set(images: &[(Vec<Item>, Vec<Item>)]) -> EvaluationSet {
    let mut set = EvaluationSet::new();
    for (index, (truths, findings)) in images.iter().enumerate() {
        let name = format!("{index:06}.jpg");
        let of_truth =
            |item: &Item| TruthRegion { label: label(item.class), region: region(item), crowd: item.crowd, area: None };
        let truth = Some(Truth { regions: truths.iter().map(of_truth).collect() });
        let attributes = Default::default();
        set.add_case(Case { name: name.clone(), width: 640, height: 480, truth, attributes, ..Case::default() })
            .unwrap();
        let of_finding = |item: &Item| Finding { label: label(item.class), score: item.score, region: region(item) };
        set.set_findings(&name, findings.iter().map(of_finding).collect()).unwrap();
    }
    set
}

fn write(images: &[(Vec<Item>, Vec<Item>)], folder: &str) -> std::io::Result<()> {
    let mut file = BufWriter::new(std::fs::File::create(format!("{folder}/truths.json"))?);
    let separated = |file: &mut BufWriter<_>, first: &mut bool| {
        let separator = if std::mem::take(first) { "" } else { ",\n" };
        file.write_all(separator.as_bytes())
    };
    write!(file, "{{\"images\":[")?;
    let mut first = true;
    for index in 0..images.len() {
        separated(&mut file, &mut first)?;
        write!(file, "{{\"id\":{},\"width\":640,\"height\":480,\"file_name\":\"{index:06}.jpg\"}}", index + 1)?;
    }
    write!(file, "],\"categories\":[")?;
    first = true;
    for class in 0..CLASSES {
        separated(&mut file, &mut first)?;
        write!(file, "{{\"id\":{},\"name\":\"{}\"}}", class + 1, label(class))?;
    }
    write!(file, "],\"annotations\":[")?;
    first = true;
    let mut id = 0;
    for (image, (truths, _)) in images.iter().enumerate() {
        for Item { class, xywh, crowd, .. } in truths {
            id += 1;
            let (area, crowd) = (xywh[2] * xywh[3], u8::from(*crowd));
            separated(&mut file, &mut first)?;
            write!(
                file,
                "{{\"id\":{id},\"image_id\":{},\"category_id\":{},\"bbox\":{xywh:?},\"area\":{area},\"iscrowd\":{crowd}}}",
                image + 1,
                class + 1
            )?;
        }
    }
    writeln!(file, "]}}")?;
    let mut file = BufWriter::new(std::fs::File::create(format!("{folder}/findings.json"))?);
    write!(file, "[")?;
    first = true;
    for (image, (_, findings)) in images.iter().enumerate() {
        for Item { class, xywh, score, .. } in findings {
            separated(&mut file, &mut first)?;
            let (image, class) = (image + 1, class + 1);
            write!(file, "{{\"image_id\":{image},\"category_id\":{class},\"bbox\":{xywh:?},\"score\":{score:?}}}")?;
        }
    }
    writeln!(file, "]")
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The weights of the resamples: cases drawn with replacement.
fn resamples(count: usize) -> Vec<Weights> {
    let mut drawer = Drawer(ChaCha8Rng::seed_from_u64(SEED + 1));
    let one = |_| {
        let mut counts = vec![0; IMAGES];
        for _ in 0..IMAGES {
            counts[drawer.below(IMAGES)] += 1;
        }
        Weights::new(counts)
    };
    (0..count).map(one).collect()
}

/// Kibibytes of memory: `VmRSS` now, `VmHWM` at the most so far.
fn memory(field: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn main() {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    if let [command, folder] = arguments.as_slice()
        && command == "write"
    {
        write(&draw(FINDINGS), folder).unwrap();
        return;
    }
    let argument = |place: usize, usual: usize| arguments.get(place).map_or(usual, |number| number.parse().unwrap());
    let (rounds, count, findings) = (argument(0, 7), argument(1, RESAMPLES), argument(2, FINDINGS));
    let images = draw(findings);
    let options =
        EvaluateOptions { score_threshold: 0.05, iou_threshold: 0.5, region: RegionKind::Box, surface_tolerance: 2.0 };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let resamples = resamples(count);
    let (mut evaluations, mut bootstraps, mut bytes, mut last) = (Vec::new(), Vec::new(), None, Vec::new());
    for round in 0..rounds {
        let set = evaluation_set(&images);
        let before = memory("VmRSS");
        let start = Instant::now();
        let assessment = set.assess(&options, Some("coco")).unwrap();
        let values = assessment.values(&Weights::all(IMAGES));
        evaluations.push(start.elapsed().as_secs_f64() * 1e3);
        if rounds == 1 {
            bytes = memory("VmHWM").zip(before).map(|(most, before)| (most - before) * 1024.0 / findings as f64);
        }
        if count > 0 && round % 3 == 0 {
            let start = Instant::now();
            let measured = std::thread::scope(|scope| {
                // Eight at once, as a bootstrap does.
                let of_chunk = |chunk: &[Weights]| {
                    let several = chunk.chunks(8).flat_map(|weights| assessment.measure_several(weights));
                    several.map(|measured| measured.len()).sum::<usize>()
                };
                let chunks = resamples.chunks(count.div_ceil(threads));
                let spawned = chunks.map(|chunk| scope.spawn(move || of_chunk(chunk))).collect::<Vec<_>>();
                spawned.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
            });
            bootstraps.push(start.elapsed().as_secs_f64() * 1e3);
            assert_eq!(measured, values.len() * count);
        }
        last = values;
    }
    let (evaluation, bootstrap) = (median(evaluations), median(bootstraps));
    let numbers = last.into_iter().filter(|value| value.class.is_none() && value.id.starts_with('a'));
    let numbers = numbers.map(|value| format!("\"{}\":{:?}", value.id, value.statistic.value().unwrap_or(-1.0)));
    println!(
        "{{\"threads\":{threads},\"findings\":{findings},\"bytes_per_finding\":{:.0},\"evaluation_ms\":{evaluation:.2},\
         \"resamples\":{count},\"bootstrap_ms\":{bootstrap:.1},\"bootstrap_to_evaluation\":{:.1},\"values\":{{{}}}}}",
        bytes.unwrap_or_default(),
        bootstrap / evaluation,
        numbers.collect::<Vec<_>>().join(",")
    );
}
