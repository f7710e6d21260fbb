//! Random tables of classes against the reference packages; see `tests/reference/classes`.

use std::collections::BTreeMap;

use groundglass_metrics::{
    ClassOptions, ClassPrediction, ClassRow, ClassSet, ClassTruth, TruthShares, Weights, delong_paired, delong_variance,
};
use groundglass_types::Statistic;
use serde::Deserialize;

#[derive(Deserialize)]
struct Packed {
    names: Vec<String>,
    /// Tables without the value, tables in which it is no number, sum of the others by their place from 1.
    blocks: Vec<Vec<(u32, u32, f64)>>,
}

const BLOCK: usize = 6;

struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 32) as usize % n
    }
}

type Values = BTreeMap<String, Option<f64>>;

/// Draws the tables of a section, and compares what `values` says of each. Returns how many numbers were compared, and
/// how many that were none.
fn compare(section: &str, seed: u64, values: impl Fn(&mut SplitMix64) -> Values) -> (usize, usize) {
    let goldens: BTreeMap<String, Packed> =
        serde_json::from_str(include_str!("../../../../tests/reference/classes/goldens.json")).unwrap();
    let packed = &goldens[section];
    let (mut random, mut compared, mut none) = (SplitMix64(seed), 0, 0);
    for (number, block) in packed.blocks.iter().enumerate() {
        let drawn = (0..BLOCK).map(|_| values(&mut random)).collect::<Vec<_>>();
        for (name, (missing, undefined, expected)) in packed.names.iter().zip(block) {
            let mut sum = 0.0;
            for (place, values) in drawn.iter().enumerate() {
                if missing >> place & 1 == 1 {
                    continue;
                }
                let table = format!("{section} {}: {name}", number * BLOCK + place);
                let found = values.get(name).unwrap_or_else(|| panic!("{table} is not there"));
                assert_eq!(found.is_none(), undefined >> place & 1 == 1, "{table} is {found:?}");
                sum += (place + 1) as f64 * found.unwrap_or_default();
                compared += 1;
                none += usize::from(found.is_none());
            }
            // torchmetrics works in single precision on several classes.
            let tolerance = if section == "multiclass" && name.starts_with("torchmetrics") { 1e-6 } else { 1e-10 };
            assert!((sum - expected).abs() < tolerance, "{section}, block {number}: {name} is {sum}, not {expected}");
        }
    }
    (compared, none)
}

/// Every line of the conventions, by id and class.
fn values(set: &ClassSet, options: &ClassOptions, conventions: &[&str]) -> Values {
    let mut values = Values::new();
    for convention in conventions {
        let assessment = set.assess(options, Some(convention)).unwrap();
        for value in assessment.values(&Weights::all(set.len())) {
            let class = value.class.map(|class| format!("/{class}")).unwrap_or_default();
            values.insert(format!("{}{class}", value.id), value.statistic.value());
        }
    }
    values
}

fn scores(list: impl IntoIterator<Item = f64>) -> BTreeMap<String, f64> {
    list.into_iter().enumerate().map(|(class, score)| (class.to_string(), score)).collect()
}

fn numbered(classes: usize) -> Vec<String> {
    (0..classes).map(|class| class.to_string()).collect()
}

/// With the equal-mass error of four bins, which needs options of its own.
fn with_equal_mass(mut all: Values, set: &ClassSet, options: &ClassOptions) -> Values {
    let four = ClassOptions { bins: 4, ..options.clone() };
    let of_four = values(set, &four, &["default", "netcal"]);
    let ours = of_four["expected_calibration_error_equal_mass"];
    assert_eq!(ours, of_four["netcal_expected_calibration_error_equal_mass"]);
    all.insert("netcal_equal_mass_4".to_owned(), ours);
    all
}

const ALL: [&str; 9] = [
    "default",
    "scikit_learn",
    "xplainer",
    "torchmetrics",
    "netcal",
    "torch_uncertainty",
    "flair",
    "isight",
    "visalign",
];

fn multiclass(random: &mut SplitMix64) -> Values {
    let (n, classes) = (2 + random.below(12), 3 + random.below(3));
    let occurring = 1 + random.below(classes);
    let rows = (0..n).map(|row| {
        let truth = random.below(occurring);
        let mut raw = (0..classes).map(|_| 1 + random.below(6)).collect::<Vec<_>>();
        if random.below(2) == 0 {
            raw[truth] += 4;
        }
        let answered = random.below(8) != 0;
        let sum = raw.iter().sum::<usize>() as f64;
        let given = if answered { scores(raw.iter().map(|raw| *raw as f64 / sum)) } else { BTreeMap::new() };
        let prediction = ClassPrediction { scores: given, ..ClassPrediction::default() };
        ClassRow::new(row.to_string(), ClassTruth::One(truth.to_string()), prediction)
    });
    let set = ClassSet::new(rows.collect()).unwrap();
    let options = ClassOptions { classes: numbered(classes), bins: 16, k: vec![1, 2, 3], ..ClassOptions::default() };
    with_equal_mass(values(&set, &options, &ALL), &set, &options)
}

#[test]
fn several_classes() {
    let (compared, none) = compare("multiclass", 1, multiclass);
    assert!(compared > 15_000 && none > 300, "{compared} compared, {none} without a number");
}

fn binary(random: &mut SplitMix64) -> Values {
    let (n, kind, steps) = (1 + random.below(14), random.below(8), 4 << random.below(4));
    let rows = (0..n).map(|row| {
        let truth = match kind {
            0 => true,
            1 => false,
            _ => random.below(2) == 1,
        };
        let mut score = random.below(steps + 1) as f64 / steps as f64;
        if truth && random.below(2) == 0 {
            score = 0.5 + score / 2.0;
        }
        let scores = BTreeMap::from([("positive".to_owned(), score)]);
        let prediction = ClassPrediction { scores, ..ClassPrediction::default() };
        ClassRow::new(row.to_string(), ClassTruth::Binary(truth), prediction)
    });
    let set = ClassSet::new(rows.collect()).unwrap();
    let options = ClassOptions { bins: 16, ..ClassOptions::default() };
    with_equal_mass(values(&set, &options, &ALL), &set, &options)
}

#[test]
fn yes_and_no() {
    let (compared, none) = compare("binary", 2, binary);
    assert!(compared > 10_000 && none > 300, "{compared} compared, {none} without a number");
}

fn multilabel(random: &mut SplitMix64) -> Values {
    let (n, classes) = (1 + random.below(10), 2 + random.below(3));
    let density = 1 + random.below(4);
    let rows = (0..n).map(|row| {
        let drawn = (0..classes).map(|_| (random.below(4) < density, random.below(9) as f64 / 8.0)).collect::<Vec<_>>();
        let truths = drawn.iter().enumerate().filter(|(_, (truth, _))| *truth).map(|(class, _)| class.to_string());
        let truth = ClassTruth::Set(truths.collect());
        let scores = scores(drawn.iter().map(|(_, score)| *score));
        ClassRow::new(row.to_string(), truth, ClassPrediction { scores, ..ClassPrediction::default() })
    });
    let set = ClassSet::new(rows.collect()).unwrap();
    values(&set, &ClassOptions { bins: 16, ..ClassOptions::default() }, &ALL)
}

#[test]
fn sets_of_labels() {
    let (compared, none) = compare("multilabel", 3, multilabel);
    assert!(compared > 4000 && none > 50, "{compared} compared, {none} without a number");
}

fn differential(random: &mut SplitMix64) -> Values {
    let (n, classes) = (1 + random.below(6), 4 + random.below(4));
    let rows = (0..n).map(|row| {
        let truth = random.below(classes);
        let mut list = || {
            let raw = (0..classes).map(|_| random.below(5) * random.below(2)).collect::<Vec<_>>();
            let sum = raw.iter().sum::<usize>().max(1) as f64;
            scores(raw.iter().map(|raw| *raw as f64 / sum))
        };
        let (given, people) = (list(), list());
        let (abstention, undecided) = (random.below(9) as f64 / 8.0, random.below(9) as f64 / 8.0);
        let prediction = ClassPrediction { scores: given, classes: None, abstention: Some(abstention) };
        let shares = Some(TruthShares { classes: people, abstention: undecided });
        ClassRow { shares, ..ClassRow::new(row.to_string(), ClassTruth::One(truth.to_string()), prediction) }
    });
    let set = ClassSet::new(rows.collect()).unwrap();
    let severe = numbered(classes).into_iter().step_by(3).collect();
    let options = ClassOptions { classes: numbered(classes), severe, ..ClassOptions::default() };
    values(&set, &options, &["ddxplus", "visalign"])
}

#[test]
fn differentials_and_abstention() {
    let (compared, none) = compare("differential", 4, differential);
    assert!(compared > 7000 && none == 0, "{compared} compared, {none} without a number");
}

fn delong(random: &mut SplitMix64) -> Values {
    let (n, steps) = (6 + random.below(20), 2 + random.below(30));
    let truths = (0..n).map(|row| if row < 4 { row >= 2 } else { random.below(2) == 1 }).collect::<Vec<_>>();
    let mut score =
        |truth: bool, gain: usize| (random.below(steps + 1) + if truth { gain } else { 0 }) as f64 / steps as f64;
    let (first, second) =
        truths.iter().map(|&truth| (score(truth, 1), score(truth, 2))).unzip::<_, _, Vec<_>, Vec<_>>();
    let weights = Weights::all(n);
    let compared = delong_paired(&truths, &first, &second, &weights).unwrap();
    // The interval is the assessment's, so that both ways to the variance are compared.
    let rows = truths.iter().zip(&first).map(|(truth, score)| {
        let scores = BTreeMap::from([("positive".to_owned(), *score)]);
        ClassRow::new("", ClassTruth::Binary(*truth), ClassPrediction { scores, ..ClassPrediction::default() })
    });
    let assessment = ClassSet::new(rows.collect()).unwrap().assess(&ClassOptions::default(), None).unwrap();
    let intervals = assessment.prepared().iter().flat_map(|prepared| {
        let intervals = prepared.analytic_intervals(&weights, 0.95);
        prepared.lines().iter().map(|line| line.id).zip(intervals).collect::<Vec<_>>()
    });
    let interval = intervals.filter(|(id, _)| *id == "auroc").find_map(|(_, interval)| interval);
    let area = compared.first.value().unwrap();
    if delong_variance(&truths, &first, &weights).unwrap() == Statistic::Value(0.0) {
        assert_eq!(interval, None);
    } else {
        assert_eq!(interval.unwrap().0, "delong");
    }
    let [low, high] = interval.map_or([area, area], |(_, interval)| interval);
    let values = [
        ("first", compared.first.value()),
        ("second", compared.second.value()),
        ("low", Some(low)),
        ("high", Some(high)),
        ("variance", compared.variance.value()),
        ("z", compared.z.value()),
        ("p", compared.p.value()),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[test]
fn variances_of_areas() {
    let (compared, none) = compare("delong", 5, delong);
    assert!(compared > 4000 && none < compared / 10, "{compared} compared, {none} without a number");
}
