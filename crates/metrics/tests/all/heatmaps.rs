//! Maps against other implementations (see `tests/reference/heatmaps`), by hand, and what must hold of any.

use crate::common::alone::check_each_case_alone;
use crate::common::draws::{SplitMix64, close};
use groundglass_metrics::{Assessment, Heatmap, HeatmapOptions, HeatmapRow, HeatmapSet, Weights, definitions};
use groundglass_types::{BoundingBox, Mask, Statistic, Undefined, Value};
use proptest::prelude::*;
use serde::Deserialize;

const CONVENTIONS: [&str; 6] = ["default", "pointing_game", "chexlocalize", "ldm", "biovil", "i_ai"];

#[derive(Deserialize)]
struct Goldens {
    columns: Vec<String>,
    rows: Vec<Vec<Option<f64>>>,
}

fn draw_map(rng: &mut SplitMix64, width: u64, height: u64) -> Heatmap {
    let (style, margin) = (rng.below(6), rng.below(12));
    let constant = rng.below(5) as f64 / 4.0;
    let mut values = Vec::new();
    for _ in 0..height {
        for x in 0..width {
            let value = match style {
                0 | 1 => rng.unit(),
                2 => rng.below(9) as f64 / 8.0,
                3 => constant,
                4 => rng.unit() * 2.0 - 1.0,
                _ => rng.below(3) as f64 / 2.0,
            };
            values.push(if x < margin && margin < 4 { f64::NAN } else { value });
        }
    }
    Heatmap::new(width as usize, height as usize, values).unwrap()
}

fn draw(seed: u64) -> HeatmapRow {
    let mut rng = SplitMix64::new(seed);
    let (width, height) = (1 + rng.below(18), 1 + rng.below(18));
    let mut row = HeatmapRow::new(format!("case {seed}"), "", draw_map(&mut rng, width, height));
    for _ in 0..rng.below(4) {
        let [x, y] = [rng.below(width), rng.below(height)];
        let size = [1 + rng.below(width), 1 + rng.below(height)];
        row.boxes.push(BoundingBox::from_xywh([x, y, size[0], size[1]].map(|edge| edge as f64)));
    }
    // The same region may come as a mask: some pixels of it lie outside, where a mask has none.
    row.truth_map = Some(draw_map(&mut rng, width, height));
    for _ in 0..rng.below(6) {
        let x = rng.unit() * (width + 1) as f64;
        let y = rng.unit() * (height + 1) as f64;
        row.fixations.push([x, y]);
    }
    row
}

fn options() -> HeatmapOptions {
    HeatmapOptions { pointing_tolerance: 3.0, ..HeatmapOptions::default() }
}

/// The values of all conventions.
fn values(rows: Vec<HeatmapRow>, options: &HeatmapOptions) -> Vec<Value> {
    let set = HeatmapSet::new(rows).unwrap();
    let all = |name| set.assess(options, Some(name)).unwrap().values(&Weights::all(set.len()));
    CONVENTIONS.into_iter().flat_map(all).collect()
}

fn statistic(values: &[Value], id: &str) -> Statistic {
    values.iter().find(|value| value.id == id && value.class.is_none()).unwrap().statistic
}

#[test]
fn agrees_with_other_implementations() {
    let text = include_str!("../../../../tests/reference/heatmaps/goldens.json");
    let goldens: Goldens = serde_json::from_str(text).unwrap();
    let mut wrong = Vec::new();
    for (seed, expected) in goldens.rows.iter().enumerate() {
        let values = values(vec![draw(seed as u64)], &options());
        for (id, expected) in goldens.columns.iter().zip(expected) {
            let found = statistic(&values, id);
            if !close(found.value(), *expected) {
                wrong.push(format!("map {seed}, {id}: {found:?}, expected {expected:?}"));
            }
        }
        // Of a single map the conventions that differ by averaging alone agree.
        assert_eq!(statistic(&values, "biovil_cnr"), statistic(&values, "absolute_cnr"));
        assert_eq!(statistic(&values, "ldm_miou"), statistic(&values, "heatmap_miou"));
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), goldens.rows.len(), wrong[..wrong.len().min(30)].join("\n"));
}

/// A row of a 4 x 3 map, rows from the top.
fn small(values: [[f64; 4]; 3]) -> HeatmapRow {
    HeatmapRow::new("a", "", Heatmap::new(4, 3, values.concat()).unwrap())
}

fn number(row: &HeatmapRow, id: &str) -> f64 {
    statistic(&values(vec![row.clone()], &options()), id).value().unwrap()
}

#[test]
fn regions_lie_where_their_pixels_are() {
    // The highest value is in column 2 of row 1: of 12 pixels it is number 6 row by row, number 7 column by column.
    let map = [[0.0, 0.125, 0.0, 0.0], [0.0, 0.0, 0.875, 0.0], [0.25, 0.0, 0.0, 0.0]];
    let with_box = |x, y, width, height| {
        let mut row = small(map);
        row.boxes = vec![BoundingBox::from_xywh([x, y, width, height])];
        row
    };
    assert_eq!(number(&with_box(2.0, 1.0, 1.0, 1.0), "hit_rate"), 1.0);
    assert_eq!(number(&with_box(1.0, 2.0, 1.0, 1.0), "hit_rate"), 0.0);
    assert_eq!(number(&with_box(0.0, 0.0, 2.0, 3.0), "energy_inside"), 0.375 / 1.25);
    // A box of half pixels holds the pixels whose centre it covers: columns 2 and 3 of row 1.
    assert_eq!(number(&with_box(1.6, 0.6, 2.2, 1.0), "energy_inside"), 0.875 / 1.25);
    let mut row = small(map);
    row.mask = Some(Mask::from_fn(4, 3, |x, y| x == 2 && y == 1).unwrap());
    assert_eq!(number(&row, "hit_rate"), 1.0);
    // The mask and a box together.
    row.boxes = vec![BoundingBox::new(0.0, 2.0, 1.0, 3.0)];
    assert_eq!(number(&row, "energy_inside"), 1.125 / 1.25);
}

#[test]
fn the_pointing_game_measures_from_pixel_to_pixel() {
    let mut values = vec![0.0; 40 * 3];
    values[40 + 20] = 1.0;
    let mut row = HeatmapRow::new("a", "", Heatmap::new(40, 3, values).unwrap());
    for (x, expected) in [(20.0, 1.0), (5.0, 0.0), (6.0, 1.0), (34.0, 1.0), (35.0, 0.0)] {
        row.boxes = vec![BoundingBox::from_xywh([x, 1.0, 1.0, 1.0])];
        let set = HeatmapSet::new(vec![row.clone()]).unwrap();
        let values = set.assess(&HeatmapOptions::default(), Some("pointing_game")).unwrap().values(&Weights::all(1));
        assert_eq!(statistic(&values, "pointing_game").value(), Some(expected), "{x}");
        // Without a tolerance only the region itself is hit.
        let options = HeatmapOptions { pointing_tolerance: 0.0, ..HeatmapOptions::default() };
        let values = set.assess(&options, Some("pointing_game")).unwrap().values(&Weights::all(1));
        assert_eq!(statistic(&values, "pointing_game").value(), Some(if x == 20.0 { 1.0 } else { 0.0 }));
    }
}

#[test]
fn contrast_worked_by_hand() {
    let mut row = small([[4.0, 2.0, 0.0, 0.0], [0.0, 0.0, 0.0, 2.0], [1.0, 0.0, 1.0, 0.0]]);
    row.boxes = vec![BoundingBox::from_xywh([0.0, 0.0, 2.0, 1.0])];
    // Inside 4 and 2: mean 3, variance 1 (2 unbiased). Outside 2, 1, 1 and seven 0: mean 0.4, squares 6 - 1.6 = 4.4.
    assert!((number(&row, "cnr") - 2.6 / 1.44_f64.sqrt()).abs() < 1e-14);
    assert!((number(&row, "cnr_unbiased") - 2.6 / (2.0 + 4.4 / 9.0_f64).sqrt()).abs() < 1e-14);
    // A second box that lies in the first: for the LDM its pixel has lost its value, so that it counts as 0.
    assert!((number(&row, "ldm_cnr") - 2.6 / 1.2).abs() < 1e-14);
    row.boxes.push(BoundingBox::from_xywh([1.0, 0.0, 1.0, 1.0]));
    assert!((number(&row, "cnr") - 2.6 / 1.2).abs() < 1e-14);
    assert!((number(&row, "ldm_cnr") - 1.3 / 1.2).abs() < 1e-14);
    // The other way round the first box has the 4 outside, and the second is one pixel of no spread.
    row.boxes.reverse();
    // 2 against 4, 2, 1, 1 and seven 0: mean 8/11, squares 22 - 64/11.
    let first = (2.0 - 8.0 / 11.0) / ((22.0 - 64.0 / 11.0) / 11.0_f64).sqrt();
    let second = (4.0 - 0.4) / 0.44_f64.sqrt();
    assert!((number(&row, "ldm_cnr") - 0.5 * (first + second)).abs() < 1e-14);
    // Two constants: nothing to scale by, which the LDM turns into the largest number of single precision.
    let mut flat = small([[0.0, 0.1, 0.1, 0.0], [0.0; 4], [0.0; 4]]);
    flat.boxes = vec![BoundingBox::from_xywh([1.0, 0.0, 2.0, 1.0])];
    let values = values(vec![flat], &options());
    assert_eq!(statistic(&values, "cnr"), Statistic::Undefined(Undefined::NoVariation));
    assert_eq!(statistic(&values, "ldm_cnr"), Statistic::Value(f64::from(f32::MAX)));
}

#[test]
fn similarity_worked_by_hand() {
    let mut row = small([[1.0, 3.0, 0.0, 0.0], [0.0; 4], [0.0; 4]]);
    row.truth_map = Some(small([[2.0, 2.0, 0.0, 0.0], [0.0; 4], [0.0; 4]]).map);
    assert!((number(&row, "map_similarity") - 0.75).abs() < 1e-15);
    assert!((number(&row, "kl_divergence") - 0.5 * 0.287_682_072_451_780_85).abs() < 1e-12);
    assert!((number(&row, "map_mse") - 2.0 / 12.0).abs() < 1e-15);
    // In the frame of the crate (0.5, 0.5) is the centre of the first pixel, and (3.9, 0.2) lies in the last of its row.
    row.fixations = vec![[1.2, 0.9], [-0.1, 0.0], [4.0, 0.0], [0.0, 3.0]];
    let mean = 4.0 / 12.0_f64;
    let deviation = (10.0 / 12.0 - mean * mean).sqrt();
    assert!((number(&row, "nss") - (3.0 - mean) / deviation).abs() < 1e-12);
    assert_eq!(number(&row, "auc_judd"), 1.0);
    row.fixations = vec![[3.9, 0.2]];
    assert!((number(&row, "nss") + mean / deviation).abs() < 1e-12);
}

#[test]
fn every_class_counts_alike_where_the_reference_says_so() {
    let row = |case: &str, label: &str, peak: usize| {
        let mut values = vec![0.1; 60];
        values[peak] = 0.9;
        let mut row = HeatmapRow::new(case, label, Heatmap::from_single(60, 1, values).unwrap());
        row.boxes = vec![BoundingBox::from_xywh([0.0, 0.0, 2.0, 1.0])];
        row
    };
    let rows = vec![row("a", "edema", 0), row("b", "edema", 1), row("c", "edema", 50), row("a", "nodule", 50)];
    let values = values(rows.clone(), &options());
    assert_eq!(statistic(&values, "hit_rate"), Statistic::Value(0.5));
    assert_eq!(statistic(&values, "chexlocalize_hit_rate"), Statistic::Value(1.0 / 3.0));
    let of_class = |id: &str, class: &str| {
        values.iter().find(|value| value.id == id && value.class.as_deref() == Some(class)).unwrap()
    };
    assert_eq!(of_class("pointing_game", "edema").statistic, Statistic::Value(2.0 / 3.0));
    assert_eq!((of_class("pointing_game", "edema").n, of_class("pointing_game", "nodule").n), (3, 1));
    // Case a goes with both its maps, and a class without a map does not count.
    let set = HeatmapSet::new(rows).unwrap();
    let assessment = set.assess(&options(), Some("chexlocalize")).unwrap();
    assert_eq!(assessment.units().len(), 3);
    assert_eq!(assessment.measure(&Weights::new(vec![0, 2, 1]))[0].statistic, Statistic::Value(2.0 / 3.0));
    // A share of maps has Wilson's interval, a mean of shares has none.
    let intervals = assessment.prepared()[0].analytic_intervals(&Weights::all(3), 0.95);
    assert_eq!(intervals.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!(intervals[1].unwrap().0, "wilson");
}

#[test]
fn what_is_missing_is_named() {
    let plain = small([[0.5; 4]; 3]);
    let reason = |row: &HeatmapRow, id: &str| match statistic(&values(vec![row.clone()], &options()), id) {
        Statistic::Undefined(reason) => reason,
        Statistic::Value(number) => panic!("{id} is {number}"),
    };
    for id in ["hit_rate", "cnr", "heatmap_auroc", "ldm_cnr", "ldm_auroc", "kl_divergence", "map_ssim", "i_ai_mse"] {
        assert_eq!(reason(&plain, id), Undefined::NoTruth, "{id}");
    }
    assert_eq!(reason(&plain, "nss"), Undefined::NotGiven);
    let mut row = plain.clone();
    row.mask = Some(Mask::from_fn(4, 3, |_, _| false).unwrap());
    for id in ["hit_rate", "pointing_game", "chexlocalize_hit_rate", "heatmap_miou", "ldm_cnr", "ldm_miou"] {
        assert_eq!(reason(&row, id), Undefined::EmptyTruth, "{id}");
    }
    row.mask = Some(Mask::from_fn(4, 3, |_, _| true).unwrap());
    assert_eq!((reason(&row, "cnr"), reason(&row, "heatmap_auroc")), (Undefined::OneClass, Undefined::OneClass));
    assert_eq!(number(&row, "ldm_auroc"), 0.5);
    row.map = Heatmap::new(4, 3, vec![f64::NAN; 12]).unwrap();
    assert_eq!(reason(&row, "hit_rate"), Undefined::EmptyPrediction);
    let mut row = plain;
    row.fixations = vec![[0.0, 0.0]];
    assert_eq!(reason(&row, "nss"), Undefined::NoVariation);
    row.fixations = vec![[9.0, 0.0]];
    assert_eq!(reason(&row, "nss"), Undefined::EmptyTruth);
}

#[test]
fn input_that_does_not_fit_is_refused() {
    assert!(Heatmap::new(2, 2, vec![0.0; 3]).is_err());
    assert!(Heatmap::new(usize::MAX, 2, vec![]).is_err());
    assert!(Heatmap::new(1, 1, vec![f64::INFINITY]).is_err());
    assert!(Heatmap::from_single(1, 1, vec![f32::NEG_INFINITY]).is_err());
    let with = |change: fn(&mut HeatmapRow)| {
        let mut row = small([[0.5; 4]; 3]);
        change(&mut row);
        HeatmapSet::new(vec![row]).map(|_| ()).map_err(|error| error.to_string())
    };
    let mask = with(|row| row.mask = Some(Mask::from_fn(3, 4, |_, _| true).unwrap()));
    assert_eq!(mask, Err("case \"a\": its mask has 3 x 4 pixels, its map 4 x 3".to_owned()));
    assert!(with(|row| row.truth_map = Some(Heatmap::new(1, 1, vec![0.0]).unwrap())).is_err());
    assert!(with(|row| row.boxes = vec![BoundingBox::new(0.0, f64::NAN, 1.0, 1.0)]).is_err());
    assert!(with(|row| row.fixations = vec![[f64::INFINITY, 0.0]]).is_err());
    let mut rows = vec![small([[0.5; 4]; 3]), small([[0.5; 4]; 3])];
    rows[0].attributes.insert("site".to_owned(), "Bonn".to_owned());
    rows[1].attributes.insert("site".to_owned(), "Ulm".to_owned());
    assert!(HeatmapSet::new(rows).is_err());
    let set = HeatmapSet::default();
    let error = set.assess(&options(), Some("voc")).map(|_| ()).unwrap_err().to_string();
    let known = "biovil, chexlocalize, default, i_ai, ldm, pointing_game";
    assert_eq!(error, format!("there is no convention named \"voc\" here; there are {known}"));
    for options in [
        HeatmapOptions { pointing_tolerance: -1.0, ..options() },
        HeatmapOptions { iou_thresholds: Vec::new(), ..options() },
        HeatmapOptions { iou_thresholds: vec![f64::NAN], ..options() },
    ] {
        assert!(set.assess(&options, None).is_err());
    }
}

#[test]
fn maps_are_written_and_read() {
    let row: HeatmapRow = serde_json::from_str(
        r#"{"case": "a", "map": {"width": 2, "height": 1, "values": [0.25, null]}, "fixations": [[0.5, 0.5]]}"#,
    )
    .unwrap();
    assert!(row.map.to_values()[1].is_nan());
    assert!(serde_json::to_string(&row).unwrap().contains(r#""values":[0.25,null]"#));
    assert!(serde_json::from_str::<Heatmap>(r#"{"width": 2, "height": 1, "values": [1]}"#).is_err());
}

#[test]
fn every_line_has_its_definition_and_its_words() {
    let set = HeatmapSet::new(vec![draw(1)]).unwrap();
    for name in CONVENTIONS {
        let assessment = set.assess(&options(), Some(name)).unwrap();
        for line in assessment.lines() {
            assert_eq!(line.convention.name, name);
            assert!(line.convention.words.ends_with("n counts maps"), "{}", line.convention.words);
            assert_eq!(definitions().filter(|definition| definition.id == line.id).count(), 1, "{}", line.id);
        }
    }
}

/// Maps of three classes in a few cases, some without truth.
fn rows() -> impl Strategy<Value = Vec<HeatmapRow>> {
    proptest::collection::vec((0..5_u8, 0..3_u8, 0..1_000_000_u64, 0..4_u8), 1..8).prop_map(|drawn| {
        let row = |(case, label, seed, without): (u8, u8, u64, u8)| {
            let mut row = HeatmapRow { case: format!("case {case}"), label: format!("{label}"), ..draw(seed) };
            match without {
                0 => row.boxes.clear(),
                1 => row.truth_map = None,
                _ => {}
            }
            row
        };
        drawn.into_iter().map(row).collect()
    })
}

fn measured(assessments: &[Assessment], weights: &Weights) -> Vec<(Statistic, u64)> {
    let all = assessments.iter().flat_map(|assessment| assessment.measure(weights));
    all.map(|measured| (measured.statistic, measured.n)).collect()
}

fn all_conventions(set: &HeatmapSet) -> Vec<Assessment> {
    CONVENTIONS.iter().map(|name| set.assess(&options(), Some(name)).unwrap()).collect()
}

fn same(a: &[(Statistic, u64)], b: &[(Statistic, u64)]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.1 == b.1 && close(a.0.value(), b.0.value()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn weights_are_repetitions(rows in rows(), counts in proptest::collection::vec(1..4_u32, 5)) {
        let set = HeatmapSet::new(rows.clone()).unwrap();
        let assessments = all_conventions(&set);
        let units = assessments[0].units().to_vec();
        let mut repeated = Vec::new();
        for (unit, count) in units.iter().zip(&counts) {
            for copy in 0..*count {
                let of_case = rows.iter().filter(|row| row.case == unit.case);
                repeated.extend(of_case.map(|row| HeatmapRow { case: format!("{} {copy}", row.case), ..row.clone() }));
            }
        }
        let repeated = HeatmapSet::new(repeated).unwrap();
        let weights = Weights::new(counts[..units.len()].to_vec());
        let physically = measured(&all_conventions(&repeated), &Weights::all(repeated.len()));
        prop_assert!(same(&measured(&assessments, &weights), &physically));
    }

    #[test]
    fn a_weight_of_0_is_absence_and_joining_changes_nothing(rows in rows(), other in 0..1000_u64) {
        let a = HeatmapSet::new(rows.clone()).unwrap();
        let changed = rows.iter().enumerate().map(|(index, row)| HeatmapRow {
            map: row.map.clone(),
            boxes: draw(other + index as u64).boxes,
            ..row.clone()
        });
        let b = HeatmapSet::new(changed.collect()).unwrap();
        let joined = all_conventions(&HeatmapSet::joined(&a, &b).unwrap());
        for assessment in &joined {
            check_each_case_alone(assessment);
        }
        let n = a.len();
        let (first, second) = (vec![1; n], vec![0; n]);
        let weights = Weights::new([first.clone(), second.clone()].concat());
        prop_assert!(same(&measured(&joined, &weights), &measured(&all_conventions(&a), &Weights::all(n))));
        let weights = Weights::new([second, first].concat());
        prop_assert!(same(&measured(&joined, &weights), &measured(&all_conventions(&b), &Weights::all(n))));
        for (statistic, n) in measured(&joined, &Weights::new(vec![0; 2 * a.len()])) {
            prop_assert!(statistic.value().is_none() && n == 0);
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(rows in rows()) {
        let mut turned = rows.clone();
        turned.reverse();
        let (a, b) = (HeatmapSet::new(rows).unwrap(), HeatmapSet::new(turned).unwrap());
        let (weights_a, weights_b) = (Weights::all(a.len()), Weights::all(b.len()));
        prop_assert!(same(&measured(&all_conventions(&a), &weights_a), &measured(&all_conventions(&b), &weights_b)));
    }

    #[test]
    fn numbers_are_finite_and_in_their_range(rows in rows()) {
        for value in values(rows, &options()) {
            if let Some(number) = value.statistic.value() {
                prop_assert!(number.is_finite());
                let signed = ["cnr", "nss", "ssim", "mse", "kl_", "correlation"].iter().any(|part| value.id.contains(part));
                prop_assert!(signed || (0.0..=1.0 + 1e-12).contains(&number), "{} {number}", value.id);
            }
        }
    }

    #[test]
    fn scale_and_shift_change_no_ranking_and_no_contrast(seed in any::<u64>(), scale in 0.1..9.0_f64, shift in -3.0..3.0_f64) {
        let row = draw(seed);
        let moved = row.map.to_values().into_iter().map(|value| value * scale + shift).collect();
        let moved = HeatmapRow { map: Heatmap::new(row.map.width(), row.map.height(), moved).unwrap(), ..row.clone() };
        let (before, after) = (values(vec![row], &options()), values(vec![moved], &options()));
        for id in ["hit_rate", "pointing_game", "heatmap_auroc", "cnr", "absolute_cnr_unbiased", "nss", "map_correlation", "map_similarity", "auc_judd"] {
            let (before, after) = (statistic(&before, id).value(), statistic(&after, id).value());
            let close = match (before, after) {
                (Some(before), Some(after)) => (before - after).abs() < 1e-6,
                (before, after) => before == after,
            };
            prop_assert!(close, "{id}: {before:?} {after:?}");
        }
    }

    #[test]
    fn nothing_panics_on_odd_input(
        width in 0..9_usize, height in 0..9_usize, value in prop_oneof![Just(f64::NAN), Just(0.0), Just(-0.0), Just(1e300), Just(-1e300), Just(5e-324)],
        other in -1e300..1e300_f64, edges in proptest::array::uniform4(-20.0..20.0_f64),
    ) {
        let values_of = |first: f64| (0..width * height).map(|index| if index % 3 == 0 { first } else { other }).collect();
        let mut row = HeatmapRow::new("a", "b", Heatmap::new(width, height, values_of(value)).unwrap());
        row.truth_map = Some(Heatmap::new(width, height, values_of(-value)).unwrap());
        let [a, b, c, d] = edges;
        row.boxes = vec![BoundingBox::new(a, b, c, d), BoundingBox::new(c, d, a, b)];
        row.fixations = vec![[a, b], [c, d]];
        for value in values(vec![row], &options()) {
            prop_assert!(value.statistic.value().is_none_or(f64::is_finite), "{value:?}");
        }
    }
}
