//! Lesion metrics and error types: random sets against the packages of the field (see `tests/reference/lesions`), cases
//! worked by hand, and what must hold of any set.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[allow(dead_code, reason = "other tests share it")]
mod common;

use std::collections::BTreeMap;

use common::{boxes, case, crowd, finding, masks, truth};
use groundglass_metrics::engine::{Confusion, Curve};
use groundglass_metrics::{Assessment, EvaluateOptions, EvaluationSet, Exhibit, Measured, Weights};
use groundglass_types::{Finding, Statistic, TruthRegion, Undefined};
use serde::Deserialize;

const LABELS: [&str; 2] = ["a", "b"];
const CONVENTIONS: [&str; 8] =
    ["default", "luna16", "monai", "nndetection", "picai", "tide", "supervision", "ultralytics"];

/// One image of a set: its truths, findings and patient.
#[derive(Clone, Debug, Default)]
struct Image {
    truths: Vec<TruthRegion>,
    findings: Vec<Finding>,
    patient: Option<String>,
}

fn image(truths: Vec<TruthRegion>, findings: Vec<Finding>) -> Image {
    Image { truths, findings, patient: None }
}

fn of_patient(name: &str, image: Image) -> Image {
    Image { patient: Some(name.to_owned()), ..image }
}

fn set_of(images: &[Image]) -> EvaluationSet {
    let mut set = EvaluationSet::new();
    for (index, image) in images.iter().enumerate() {
        let mut case = case(&index.to_string(), Some(image.truths.clone()));
        case.attributes.extend(image.patient.iter().map(|name| ("patient".to_owned(), name.clone())));
        set.add_case(case).unwrap();
        set.set_findings(&index.to_string(), image.findings.clone()).unwrap();
    }
    set
}

/// Every line of every lesion family, by id and class.
type Lines = BTreeMap<(&'static str, Option<String>), Measured>;

fn lines_of(assessments: &[Assessment], weights: &Weights) -> Lines {
    let mut lines = Lines::new();
    for assessment in assessments {
        let measured = assessment.measure(weights);
        assert_eq!(assessment.lines().count(), measured.len());
        for (line, measured) in assessment.lines().zip(measured) {
            lines.insert((line.id, line.class.clone()), measured);
        }
    }
    lines
}

fn assessments(set: &EvaluationSet, options: &EvaluateOptions) -> Vec<Assessment> {
    CONVENTIONS.iter().map(|convention| set.assess(options, Some(convention)).unwrap()).collect()
}

fn lines(images: &[Image], options: &EvaluateOptions) -> Lines {
    lines_of(&assessments(&set_of(images), options), &Weights::all(images.len()))
}

fn statistic(lines: &Lines, id: &'static str) -> Statistic {
    lines[&(id, None)].statistic
}

fn number(lines: &Lines, id: &'static str) -> f64 {
    statistic(lines, id).value().unwrap_or_else(|| panic!("{id}: {:?}", statistic(lines, id)))
}

fn confusions(images: &[Image], options: &EvaluateOptions) -> BTreeMap<&'static str, Confusion> {
    let assessments = assessments(&set_of(images), options);
    let exhibits = assessments.iter().flat_map(|assessment| assessment.exhibits(&Weights::all(images.len())));
    let table = |exhibit| if let Exhibit::Confusion(table) = exhibit { Some((table.name, table)) } else { None };
    exhibits.filter_map(table).collect()
}

fn curves(images: &[Image], options: &EvaluateOptions, weights: &Weights) -> Vec<Curve> {
    let assessments = assessments(&set_of(images), options);
    let exhibits = assessments.iter().flat_map(|assessment| assessment.exhibits(weights)).collect::<Vec<_>>();
    exhibits.into_iter().filter_map(|one| if let Exhibit::Curve(curve) = one { Some(curve) } else { None }).collect()
}

// ---- Random sets, drawn as in make_goldens.py -----------------------------------------------------------------------

struct SplitMix64(u64);

impl SplitMix64 {
    fn below(&mut self, limit: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % limit) as usize
    }

    fn anywhere(&mut self) -> [usize; 4] {
        [self.below(20), self.below(20), 2 + self.below(8), 2 + self.below(8)]
    }
}

fn touch(a: &[usize; 4], b: &[usize; 4]) -> bool {
    a[0] <= b[0] + b[2] && b[0] <= a[0] + a[2] && a[1] <= b[1] + b[3] && b[1] <= a[1] + a[3]
}

fn draw(seed: u64) -> Vec<Image> {
    let (mut rng, kind) = (SplitMix64(seed), seed % 3);
    let label = |rng: &mut SplitMix64| if kind == 0 { 0 } else { rng.below(2) };
    let mut images = Vec::new();
    for place in 0..1 + rng.below(4) {
        let patient = rng.below(4);
        let patient = Some(if patient == 3 { format!("of {place}") } else { patient.to_string() });
        let mut truths: Vec<(usize, [usize; 4], bool)> = Vec::new();
        for _ in 0..rng.below(4) {
            let (xywh, of) = (rng.anywhere(), label(&mut rng));
            let crowd = kind == 1 && rng.below(6) == 0;
            if kind != 0 || !truths.iter().any(|(_, other, _)| touch(&xywh, other)) {
                truths.push((of, xywh, crowd));
            }
        }
        let mut findings: Vec<(usize, f64, [usize; 4])> = Vec::new();
        for _ in 0..rng.below(7) {
            let (xywh, of) = if !truths.is_empty() && rng.below(4) != 0 {
                let (of, [x, y, width, height], _) = truths[rng.below(truths.len() as u64)];
                let mut moved = |from: usize, range: u64, back: usize, least: usize| {
                    (from + rng.below(range)).saturating_sub(back).max(least)
                };
                let xywh = [moved(x, 5, 2, 0), moved(y, 5, 2, 0), moved(width, 3, 1, 1), moved(height, 3, 1, 1)];
                (xywh, if rng.below(5) != 0 { of } else { label(&mut rng) })
            } else {
                (rng.anywhere(), label(&mut rng))
            };
            let score =
                if kind == 2 { (1 + rng.below(1023)) as f64 / 1024.0 } else { (1 + rng.below(16)) as f64 / 16.0 };
            if kind != 0 || !findings.iter().any(|(_, _, other)| touch(&xywh, other)) {
                findings.push((of, score, xywh));
            }
        }
        let region = |(of, xywh, is_crowd): (usize, _, bool)| {
            if is_crowd { crowd(LABELS[of], xywh) } else { truth(LABELS[of], xywh) }
        };
        images.push(Image {
            truths: truths.into_iter().map(region).collect(),
            findings: findings.into_iter().map(|(of, score, xywh)| finding(LABELS[of], score, xywh)).collect(),
            patient,
        });
    }
    images
}

// ---- Goldens ----------------------------------------------------------------------------------------------------------

#[derive(Deserialize)]
struct Goldens {
    names: Vec<String>,
    values: Vec<Vec<Expected>>,
    tables: Vec<[Option<[u64; 9]>; 3]>,
}

/// A number, `null` where the package has none, or `"?"` where it was not asked.
#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Number(f64),
    Unasked(String),
    None(()),
}

fn goldens() -> Goldens {
    serde_json::from_str(include_str!("../../../tests/reference/lesions/goldens.json")).unwrap()
}

#[test]
fn values_agree_with_the_packages() {
    let goldens = goldens();
    let mut compared = vec![[0_u32; 3]; goldens.names.len()];
    let mut wrong = Vec::new();
    for (seed, values) in goldens.values.iter().enumerate() {
        let options = if seed % 2 == 0 { boxes() } else { masks() };
        let images = draw(seed as u64);
        let mut lines = lines(&images, &options);
        // The package knows no patients, only cases.
        let alone = images.into_iter().map(|image| Image { patient: None, ..image }).collect::<Vec<_>>();
        let of_cases = self::lines(&alone, &options);
        lines.extend(of_cases.into_iter().filter(|((id, _), _)| id.starts_with("picai")));
        let lines = lines.iter().filter(|((_, class), _)| class.is_none()).map(|((id, _), value)| (*id, value));
        let lines = lines.collect::<BTreeMap<_, _>>();
        for ((name, expected), compared) in goldens.names.iter().zip(values).zip(&mut compared) {
            let found = lines[name.as_str()].statistic;
            match expected {
                Expected::Unasked(mark) => assert_eq!(mark, "?"),
                Expected::None(()) => {
                    if found.value().is_some() {
                        wrong.push(format!("{name} of set {seed} is {found:?}, expected none"));
                    }
                    compared[1] += 1;
                }
                Expected::Number(expected) => {
                    let found = found.value();
                    // The goldens have 12 digits.
                    let agrees = found.is_some_and(|found| (found - expected).abs() < 1e-11);
                    if !agrees {
                        wrong.push(format!("{name} of set {seed} is {found:?}, expected {expected}"));
                    }
                    compared[0] += 1;
                    compared[2] += u32::from(*expected != 0.0 && *expected != 1.0);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    for (name, [numbers, _, telling]) in goldens.names.iter().zip(compared) {
        assert!(numbers > 100 && telling > 15, "{name}: {numbers} numbers, {telling} besides 0 and 1");
    }
}

#[test]
fn confusions_agree_with_the_packages() {
    let goldens = goldens();
    let names = ["Confusion", "Confusion (supervision)", "Confusion (ultralytics)"];
    let (mut compared, mut telling) = ([0; 3], [0_u64; 3]);
    for (seed, tables) in goldens.tables.iter().enumerate() {
        let images = draw(seed as u64);
        let options = if seed % 2 == 0 { boxes() } else { masks() };
        let mut found = confusions(&images, &options);
        for (place, (name, expected)) in names.into_iter().zip(tables).enumerate() {
            let Some(expected) = expected else { continue };
            let table = found.remove(name).unwrap();
            for (row, row_name) in ["a", "b", "background"].into_iter().enumerate() {
                for (column, column_name) in ["a", "b", "background"].into_iter().enumerate() {
                    let at = |names: &[String], name| names.iter().position(|of| of == name);
                    let cell = at(&table.rows, row_name).zip(at(&table.columns, column_name));
                    let count = cell.map_or(0, |(row, column)| table.counts[row][column]);
                    assert_eq!(count, expected[row * 3 + column], "{name} of set {seed}: {row_name}, {column_name}");
                }
            }
            compared[place] += 1;
            telling[place] += expected[1] + expected[3];
        }
    }
    assert!(compared.iter().all(|count| *count > 400) && telling.iter().all(|count| *count > 20), "{telling:?}");
}

// ---- Worked by hand ---------------------------------------------------------------------------------------------------

const HERE: [usize; 4] = [2, 2, 6, 6];
const THERE: [usize; 4] = [20, 20, 6, 6];
const NOWHERE: [usize; 4] = [20, 2, 4, 4];

#[test]
fn sensitivity_at_rates_worked_by_hand() {
    // Four truths in two images; in order of score: found, wrong, found, wrong, wrong, found.
    let images = [
        image(
            vec![truth("a", HERE), truth("a", THERE)],
            vec![finding("a", 0.9, HERE), finding("a", 0.8, NOWHERE), finding("a", 0.3, THERE)],
        ),
        image(
            vec![truth("a", HERE), truth("a", THERE)],
            vec![finding("a", 0.7, HERE), finding("a", 0.5, NOWHERE), finding("a", 0.4, [2, 20, 4, 4])],
        ),
    ];
    let lines = lines(&images, &boxes());
    // Points (0, 1/4), (1/2, 1/4), (1/2, 1/2), (1, 1/2), (3/2, 1/2), (3/2, 3/4): nothing rises but at one rate.
    let at = ["1_8", "1_4", "1_2", "1", "2", "4", "8"].map(|rate| format!("sensitivity_at_{rate}_fp_per_image"));
    let found = at.iter().map(|id| lines.iter().find(|((of, _), _)| of == id).unwrap().1.statistic.value().unwrap());
    let expected = [0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 0.75];
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert!((number(&lines, "froc_score") - expected.iter().sum::<f64>() / 7.0).abs() < 1e-15);
    assert_eq!(lines[&("froc_score", None)].n, 4);
}

#[test]
fn what_is_said_without_truth_or_findings() {
    let lines_without = |images: &[Image]| lines(images, &boxes());
    let no_truth = lines_without(&[image(vec![], vec![finding("a", 0.9, HERE)]), image(vec![], vec![])]);
    for id in ["froc_score", "luna16_cpm", "monai_froc_score", "best_f1", "best_f1_threshold"] {
        assert_eq!(statistic(&no_truth, id), Statistic::Undefined(Undefined::NoTruth), "{id}");
    }
    // As their packages say.
    assert_eq!(statistic(&no_truth, "nndetection_froc_iou10"), Statistic::Value(0.0));
    assert_eq!(statistic(&no_truth, "picai_lesion_ap"), Statistic::Value(0.0));
    assert_eq!(statistic(&no_truth, "tide_ap50"), Statistic::Value(0.0));
    assert_eq!(statistic(&no_truth, "picai_score"), Statistic::Undefined(Undefined::OneClass));
    assert_eq!(statistic(&no_truth, "patient_specificity"), Statistic::Value(0.5));
    let no_findings = lines_without(&[image(vec![truth("a", HERE)], vec![])]);
    for id in ["froc_score", "luna16_cpm", "monai_froc_score", "nndetection_froc_iou50", "best_f1", "tide_ap50"] {
        assert_eq!(statistic(&no_findings, id), Statistic::Value(0.0), "{id}");
    }
    assert_eq!(statistic(&no_findings, "best_f1_threshold"), Statistic::Undefined(Undefined::NoFindings));
    assert_eq!(statistic(&no_findings, "patient_specificity"), Statistic::Undefined(Undefined::OneClass));
    assert_eq!(statistic(&no_findings, "tide_delta_missed"), Statistic::Undefined(Undefined::ZeroDenominator));
    // nnDetection makes NaN of it.
    let all_wrong = lines_without(&[image(vec![truth("a", HERE)], vec![finding("a", 0.9, NOWHERE)])]);
    assert_eq!(statistic(&all_wrong, "nndetection_froc_iou10"), Statistic::Undefined(Undefined::NoPairs));
    assert_eq!(statistic(&all_wrong, "froc_score"), Statistic::Value(0.0));
    let nothing = lines_without(&[image(vec![], vec![]), image(vec![], vec![])]);
    for id in ["picai_lesion_ap", "tide_ap50", "tide_delta_both", "detection_accuracy"] {
        assert_eq!(statistic(&nothing, id), Statistic::Undefined(Undefined::Nothing), "{id}");
    }
    assert!(lines_without(&[]).values().all(|line| line.statistic.value().is_none_or(|value| value == 0.0)));
}

#[test]
fn a_center_hits_every_truth_it_lies_in() {
    // The first finding lies in both truths, the second in the larger alone, the third in the crowd.
    let truths = vec![truth("a", [0, 0, 20, 20]), truth("a", [0, 0, 8, 8]), crowd("a", [24, 24, 8, 8])];
    let findings =
        vec![finding("a", 0.5, [2, 2, 4, 4]), finding("a", 0.8, [12, 12, 4, 4]), finding("a", 0.9, [25, 25, 4, 4])];
    let found = lines(&[image(truths.clone(), findings.clone())], &boxes());
    assert_eq!(number(&found, "luna16_cpm"), 1.0);
    // A label map shows the small truth alone where both lie. Both count from 0.5, the lowest score, which is left out;
    // the excluded crowd's 0 is lower still, and goes in its place.
    assert_eq!(number(&found, "monai_froc_score"), 1.0);
    let without_crowd = lines(&[image(truths[..2].to_vec(), findings[..2].to_vec())], &boxes());
    assert_eq!(number(&without_crowd, "monai_froc_score"), 0.5);
    assert_eq!(number(&without_crowd, "luna16_cpm"), 1.0);
}

#[test]
fn a_center_in_a_hole_hits_the_box_and_not_the_mask() {
    let ring = groundglass_types::Mask::from_fn(common::SIZE, common::SIZE, |x, y| {
        let inside = |least: usize, past: usize| x >= least && x < past && y >= least && y < past;
        inside(4, 16) && !inside(6, 14)
    });
    let region = groundglass_types::Region::from_mask(ring.unwrap()).unwrap();
    let images = [image(vec![TruthRegion { region, ..truth("a", HERE) }], vec![finding("a", 0.9, [8, 8, 4, 4])])];
    assert_eq!(number(&lines(&images, &boxes()), "luna16_cpm"), 1.0);
    assert_eq!(number(&lines(&images, &masks()), "luna16_cpm"), 0.0);
}

#[test]
fn picai_pairs_as_many_as_it_can_and_forgives_the_rest() {
    // The first candidate fits the first lesion best, but only so both lesions find one: the second candidate touches
    // the first lesion alone.
    let lesions = vec![truth("a", [0, 0, 8, 8]), truth("a", [8, 0, 8, 8])];
    let candidates = vec![finding("a", 0.6, [3, 0, 8, 8]), finding("a", 0.4, [0, 2, 8, 8])];
    let both = lines(&[image(lesions.clone(), candidates.clone())], &boxes());
    assert_eq!(number(&both, "picai_lesion_ap"), 1.0);
    // A third one, on the second lesion too, is no false positive; one that overlaps it by less than 0.10 is.
    let more = |extra: [usize; 4]| {
        let mut candidates = candidates.clone();
        candidates.push(finding("a", 0.9, extra));
        let images = [image(lesions.clone(), candidates), image(vec![], vec![finding("a", 0.2, NOWHERE)])];
        lines(&images, &boxes())
    };
    // Greedy pairing would call 0.4 or 0.6 wrong; here 0.9 takes the second lesion and one of the others the first.
    let forgiven = more([9, 1, 7, 7]);
    assert_eq!(number(&forgiven, "picai_lesion_ap"), 1.0);
    let wrong = more([15, 7, 8, 8]);
    assert!((number(&wrong, "picai_lesion_ap") - (0.5 * 0.5 + 0.5 * (2.0 / 3.0))).abs() < 1e-15);
    assert_eq!(number(&wrong, "picai_patient_auroc"), 1.0);
    assert!((number(&wrong, "picai_score") - (1.0 + 7.0 / 12.0) / 2.0).abs() < 1e-15);
}

#[test]
fn cases_of_a_patient_are_one() {
    let images = [
        of_patient("p", image(vec![truth("a", HERE)], vec![])),
        of_patient("p", image(vec![], vec![finding("a", 0.7, NOWHERE)])),
        image(vec![], vec![finding("a", 0.6, NOWHERE)]),
        image(vec![], vec![finding("a", 0.1, NOWHERE)]),
    ];
    let found = lines(&images, &boxes());
    assert_eq!([number(&found, "patient_sensitivity"), number(&found, "patient_specificity")], [1.0, 0.5]);
    assert_eq!(number(&found, "patient_auroc"), 1.0);
    assert_eq!(number(&found, "picai_patient_auroc"), 1.0);
    // By image the only one with a truth has no finding.
    assert_eq!(number(&found, "image_auroc"), 0.0);
    assert_eq!((found[&("patient_auroc", None)].n, found[&("image_auroc", None)].n), (3, 4));
    // A patient who is drawn twice counts twice.
    let twice = lines_of(&assessments(&set_of(&images), &boxes()), &Weights::new(vec![2, 2, 1, 0]));
    assert_eq!(twice[&("patient_sensitivity", None)].n, 2);
    assert_eq!(twice[&("patient_specificity", None)].n, 1);
}

#[test]
fn every_type_of_error_worked_by_hand() {
    // A truth of 10 x 10: moved by 5, IoU 1/3; by 2, IoU 2/3.
    let at = |dx: usize| [dx, 0, 10, 10];
    let one = |truths: Vec<TruthRegion>, findings: Vec<Finding>| lines(&[image(truths, findings)], &boxes());
    let ids = ["classification", "localization", "both", "duplicate", "background", "missed"];
    let errors = |lines: &Lines| {
        ids.map(|id| lines.iter().find(|((of, _), _)| *of == format!("tide_{id}_errors")).unwrap().1.statistic.value())
            .map(Option::unwrap)
    };
    // The wrong place, and a truth that it could still find.
    let misplaced = one(vec![truth("a", at(0))], vec![finding("a", 0.9, at(5))]);
    assert_eq!(errors(&misplaced), [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(number(&misplaced, "tide_delta_localization"), 1.0);
    assert_eq!(number(&misplaced, "tide_delta_false_positive"), 0.0);
    // The wrong class: class b has findings without truth, which counts as 0 in the mean until it is repaired.
    let misnamed =
        one(vec![truth("a", at(0)), truth("a", THERE)], vec![finding("b", 0.9, at(2)), finding("a", 0.8, THERE)]);
    assert_eq!(errors(&misnamed), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    let half = 51.0 / 101.0;
    assert!((number(&misnamed, "tide_ap50") - half / 2.0).abs() < 1e-15);
    assert!((number(&misnamed, "tide_delta_classification") - (1.0 - half / 2.0)).abs() < 1e-15);
    // Class and place wrong; a second finding of one truth; nothing there; a truth that nothing finds.
    let rest = one(
        vec![truth("a", at(0)), truth("b", THERE)],
        vec![
            finding("a", 0.9, at(0)),
            finding("a", 0.8, at(2)),
            finding("b", 0.7, at(5)),
            finding("b", 0.6, [2, 20, 4, 4]),
        ],
    );
    assert_eq!(errors(&rest), [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(number(&rest, "tide_ap50"), 0.5);
    // Without the missed truth class b has no truth, and findings alone count as 0.
    assert_eq!(number(&rest, "tide_delta_missed"), 0.0);
    assert_eq!(number(&rest, "tide_delta_duplicate"), 0.0);
}

#[test]
fn a_table_of_confusion_worked_by_hand() {
    let images = [
        image(
            vec![truth("a", [0, 0, 10, 10]), truth("b", [20, 0, 10, 10]), crowd("a", [0, 20, 12, 12])],
            // The right place and the wrong class; below the threshold; nothing there; in the crowd of another class.
            vec![
                finding("b", 0.9, [0, 1, 10, 10]),
                finding("b", 0.4, [20, 0, 10, 10]),
                finding("a", 0.8, NOWHERE),
                finding("b", 0.7, [2, 22, 6, 6]),
            ],
        ),
        image(vec![truth("a", HERE)], vec![finding("a", 0.6, HERE), finding("a", 0.5, HERE)]),
        // None of the truths is found, and a false positive.
        image(vec![truth("b", HERE)], vec![finding("b", 0.6, THERE)]),
    ];
    let tables = confusions(&images, &boxes());
    let default = &tables["Confusion"];
    assert_eq!(default.rows, ["a", "b", "background"]);
    assert_eq!(default.counts, [[1, 1, 0], [0, 0, 2], [2, 1, 0]]);
    assert_eq!(default.cases[2][0], [0, 1]);
    assert_eq!(default.cases[1][2], [0, 2]);
    let found = lines(&images, &boxes());
    assert_eq!([number(&found, "pair_label_accuracy"), number(&found, "detection_accuracy")], [0.5, 1.0 / 7.0]);
    // Both leave out the score of exactly 0.5; ultralytics forgets the last case's false positive.
    assert_eq!(tables["Confusion (supervision)"].counts, [[1, 1, 0], [0, 0, 2], [1, 1, 0]]);
    assert_eq!(tables["Confusion (ultralytics)"].counts, [[1, 1, 0], [0, 0, 2], [1, 0, 0]]);
}

#[test]
fn a_finding_that_is_turned_away_takes_no_other_truth_in_supervision() {
    // Both findings fit the first truth best, the weaker one the second truth well enough too.
    let images = [image(
        vec![truth("a", [0, 0, 10, 10]), truth("a", [3, 0, 10, 10])],
        vec![finding("a", 0.9, [0, 0, 10, 10]), finding("a", 0.8, [1, 0, 10, 10])],
    )];
    let tables = confusions(&images, &boxes());
    assert_eq!(tables["Confusion"].counts, [[2, 0], [0, 0]]);
    assert_eq!(tables["Confusion (supervision)"].counts, [[1, 1], [1, 0]]);
}

#[test]
fn the_best_threshold_is_the_highest_of_several() {
    let truths = vec![truth("a", HERE), truth("a", THERE)];
    let findings = vec![finding("a", 0.9, HERE), finding("a", 0.6, NOWHERE), finding("a", 0.3, THERE)];
    let found = lines(&[image(truths.clone(), findings)], &boxes());
    assert_eq!([number(&found, "best_f1"), number(&found, "best_f1_threshold")], [0.8, 0.3]);
    // F1 is 2/3 at 0.9 and, with two wrong and two right of two, 2/3 at 0.2 too.
    let wrong = [finding("a", 0.6, NOWHERE), finding("a", 0.5, [2, 20, 4, 4])];
    let mut findings = vec![finding("a", 0.9, HERE), finding("a", 0.2, THERE)];
    findings.extend(wrong);
    let found = lines(&[image(truths, findings)], &boxes());
    assert_eq!([number(&found, "best_f1"), number(&found, "best_f1_threshold")], [2.0 / 3.0, 0.9]);
}

#[test]
fn curves_have_thresholds_and_no_more_points_than_a_chart() {
    let score = |index: usize| (index + 1) as f64 / 2001.0;
    let findings = (0..2000).map(|index| finding("a", score(index), [index % 25, index / 100, 3, 3])).collect();
    let images = [image(vec![truth("a", HERE)], findings), image(vec![], vec![])];
    for curve in curves(&images, &boxes(), &Weights::all(2)) {
        assert!(curve.points.len() <= groundglass_metrics::CURVE_POINTS, "{}", curve.id);
        let x = curve.points.iter().map(|point| point.x).collect::<Vec<_>>();
        assert!(x.is_sorted(), "{}", curve.id);
        let thresholds = curve.points.iter().filter_map(|point| point.threshold).collect::<Vec<_>>();
        assert!(thresholds.is_sorted_by(|a, b| a > b), "{}", curve.id);
    }
    let small = [image(vec![truth("a", HERE)], vec![finding("a", 0.5, NOWHERE), finding("a", 0.4, HERE)])];
    let curves = curves(&small, &boxes(), &Weights::all(1));
    let points = |id: &str| {
        let curve = curves.iter().find(|curve| curve.id == id && curve.convention == "default").unwrap();
        curve.points.iter().map(|point| (point.x, point.y, point.threshold)).collect::<Vec<_>>()
    };
    assert_eq!(points("froc"), [(0.0, 0.0, None), (1.0, 0.0, Some(0.5)), (1.0, 1.0, Some(0.4))]);
    assert_eq!(points("precision_recall"), [(0.0, 0.0, Some(0.5)), (1.0, 0.5, Some(0.4))]);
    // One image is no curve of images with and without truth.
    assert_eq!(points("roc"), []);
}

#[test]
fn shares_have_wilson_intervals() {
    let images = [
        image(vec![truth("a", HERE), truth("a", THERE)], vec![finding("a", 0.9, HERE), finding("a", 0.8, NOWHERE)]),
        image(vec![], vec![finding("a", 0.2, NOWHERE)]),
    ];
    let set = set_of(&images);
    let mut found = BTreeMap::new();
    for convention in ["coco", "default"] {
        let assessment = set.assess(&boxes(), Some(convention)).unwrap();
        for prepared in assessment.prepared() {
            let intervals = prepared.analytic_intervals(&Weights::new(vec![5, 3]), 0.95);
            assert!(intervals.is_empty() || intervals.len() == prepared.lines().len());
            let ids = prepared.lines().iter().map(|line| line.id);
            found.extend(ids.zip(intervals).filter_map(|(id, interval)| Some((id, interval?))));
        }
    }
    let wilson = |successes, n| ("wilson", groundglass_metrics::interval::wilson(successes, n, 0.95).unwrap());
    let expected = [
        ("patient_sensitivity", wilson(5, 5)),
        ("patient_specificity", wilson(3, 3)),
        ("precision", wilson(5, 10)),
        ("recall", wilson(5, 10)),
    ];
    assert_eq!(found, BTreeMap::from(expected));
}

// ---- What must hold of any set ----------------------------------------------------------------------------------------

mod properties {
    use super::*;
    use proptest::prelude::*;

    fn close(a: Statistic, b: Statistic) -> bool {
        match (a, b) {
            (Statistic::Value(a), Statistic::Value(b)) => (a - b).abs() < 1e-12,
            _ => a == b,
        }
    }

    fn options(seed: u64) -> EvaluateOptions {
        if seed % 2 == 0 { boxes() } else { masks() }
    }

    fn without_patients(images: Vec<Image>) -> Vec<Image> {
        images.into_iter().map(|image| Image { patient: None, ..image }).collect()
    }

    /// Whether the labels of findings and truths would be taken for one class, which a subset may do where the whole set
    /// does not.
    fn labels_go_together(images: &[Image]) -> bool {
        let of_truths = images.iter().flat_map(|image| &image.truths).map(|truth| &truth.label);
        let of_findings = images.iter().flat_map(|image| &image.findings).map(|finding| &finding.label);
        let [of_truths, of_findings] = [
            of_truths.collect::<std::collections::BTreeSet<_>>(),
            of_findings.collect::<std::collections::BTreeSet<_>>(),
        ];
        of_truths.len() == 1 && of_findings.len() == 1 && of_truths != of_findings
    }

    fn repeated(images: &[Image], weights: &[u32]) -> Vec<Image> {
        images
            .iter()
            .zip(weights)
            .flat_map(|(image, &count)| std::iter::repeat_n(image.clone(), count as usize))
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

        #[test]
        fn weights_are_repetition(seed: u64, weights in proptest::collection::vec(0..4_u32, 4)) {
            let images = without_patients(draw(seed));
            let weights = &weights[..images.len()];
            let many = repeated(&images, weights);
            prop_assume!(labels_go_together(&images) == labels_go_together(&many));
            let weighted = lines_of(&assessments(&set_of(&images), &options(seed)), &Weights::new(weights.to_vec()));
            let physical = lines(&many, &options(seed));
            // A class that only left out cases know has no line in the smaller set; where one class is left, its line
            // is that over all.
            for ((id, class), expected) in &physical {
                let found = weighted[&(*id, class.clone())];
                prop_assert!(close(found.statistic, expected.statistic), "{} {:?}: {:?} {:?}", id, class, found, expected);
                prop_assert_eq!(found.n, expected.n, "{} {:?}", id, class);
            }
        }

        #[test]
        fn a_patient_drawn_twice_is_two_patients(seed: u64, counts in proptest::collection::vec(0..3_u32, 8)) {
            let images = draw(seed);
            let names = images.iter().filter_map(|image| image.patient.clone()).collect::<std::collections::BTreeSet<_>>();
            let count_of = |image: &Image| counts[names.iter().position(|name| Some(name) == image.patient.as_ref()).unwrap()];
            let weights = images.iter().map(count_of).collect::<Vec<_>>();
            let copies = images.iter().zip(&weights).flat_map(|(image, &count)| {
                let name = image.patient.clone().unwrap();
                (0..count).map(move |copy| of_patient(&format!("{name} {copy}"), image.clone()))
            });
            let copies = copies.collect::<Vec<_>>();
            prop_assume!(labels_go_together(&images) == labels_go_together(&copies));
            let physical = lines(&copies, &options(seed));
            let weighted = lines_of(&assessments(&set_of(&images), &options(seed)), &Weights::new(weights));
            for id in ["patient_sensitivity", "patient_specificity", "patient_auroc", "picai_patient_auroc", "picai_score"] {
                let (found, expected) = (weighted[&(id, None)], physical[&(id, None)]);
                prop_assert!(close(found.statistic, expected.statistic) && found.n == expected.n, "{id}: {found:?} {expected:?}");
            }
        }

        #[test]
        fn the_order_of_images_is_nothing(seed: u64) {
            // Equal scores in different images are a matter of order in TIDE, so all scores are made different.
            let mut images = draw(seed);
            let mut drawn = 0;
            for finding in images.iter_mut().flat_map(|image| &mut image.findings) {
                drawn += 1;
                finding.score += f64::from(drawn) * 1e-6;
            }
            let forth = lines(&images, &options(seed));
            images.reverse();
            let back = lines(&images, &options(seed));
            for (key, expected) in &forth {
                prop_assert!(close(back[key].statistic, expected.statistic), "{:?}: {:?} {:?}", key, back[key], expected);
            }
        }

        #[test]
        fn only_the_order_of_scores_counts(seed: u64) {
            let images = draw(seed);
            let mut scaled = images.clone();
            for finding in scaled.iter_mut().flat_map(|image| &mut image.findings) {
                finding.score = 0.25 + 0.5 * finding.score;
            }
            let threshold = EvaluateOptions { score_threshold: 0.25 + 0.5 * 0.5, ..options(seed) };
            let (plain, scaled) = (lines(&images, &options(seed)), lines(&scaled, &threshold));
            for (key, expected) in &plain {
                let found = scaled[key].statistic;
                let expected = match expected.statistic {
                    Statistic::Value(value) if key.0 == "best_f1_threshold" => Statistic::Value(0.25 + 0.5 * value),
                    statistic => statistic,
                };
                prop_assert!(close(found, expected), "{:?}: {:?} {:?}", key, found, expected);
            }
        }

        #[test]
        fn a_class_is_the_set_of_that_class(seed: u64) {
            let images = draw(seed);
            let all = lines(&images, &options(seed));
            for class in LABELS {
                let only = images.iter().map(|image| Image {
                    truths: image.truths.iter().filter(|truth| truth.label == class).cloned().collect(),
                    findings: image.findings.iter().filter(|finding| finding.label == class).cloned().collect(),
                    patient: image.patient.clone(),
                });
                let only = lines(&only.collect::<Vec<_>>(), &options(seed));
                for ((id, _), found) in all.iter().filter(|((_, of), _)| of.as_deref() == Some(class)) {
                    // Those that the default report had before come from other files.
                    let expected = only[&(*id, None)];
                    prop_assert!(close(found.statistic, expected.statistic), "{} of {}: {:?} {:?}", id, class, found, expected);
                }
            }
        }

        #[test]
        fn numbers_are_finite_and_shares_are_shares(seed: u64, score in -1.0..2.0_f64, iou in 0.0..=1.0_f64) {
            let options = EvaluateOptions { score_threshold: score, iou_threshold: iou, ..options(seed) };
            let images = draw(seed);
            let weights = Weights::all(images.len());
            for ((id, _), measured) in lines(&images, &options) {
                let Some(value) = measured.statistic.value() else { continue };
                let unbounded = id.ends_with("_errors") || id.starts_with("tide_delta_false");
                prop_assert!(value.is_finite() && (unbounded || (0.0..=1.0).contains(&value)), "{} {}", id, value);
            }
            for curve in curves(&images, &options, &weights) {
                prop_assert!(curve.points.iter().all(|point| point.x.is_finite() && (0.0..=1.0).contains(&point.y)));
            }
        }

        #[test]
        fn a_found_truth_helps_and_a_false_alarm_does_not(seed: u64) {
            let images = without_patients(draw(seed));
            let before = lines(&images, &options(seed));
            let mut more = images.clone();
            more[0].findings.push(finding("a", 2.0, [28, 28, 1, 1]));
            let after = lines(&more, &options(seed));
            for id in ["froc_score", "luna16_cpm", "best_f1", "patient_specificity"] {
                if let (Some(before), Some(after)) = (statistic(&before, id).value(), statistic(&after, id).value()) {
                    prop_assert!(after <= before + 1e-12, "{id}: {before} {after}");
                }
            }
        }

        #[test]
        fn odd_input_does_no_harm(scores in proptest::collection::vec(prop_oneof![Just(-1.0), Just(0.0), Just(-0.0), Just(f64::MAX), Just(f64::MIN_POSITIVE), -2.0..2.0_f64], 0..12)) {
            // Empty and inverted boxes, boxes outside the image, findings without masks.
            let odd = |index: usize, score: f64| {
                let edges = [[1.0, 1.0, 1.0, 1.0], [5.0, 5.0, 2.0, 2.0], [-9.0, -9.0, 60.0, 60.0], [2.0, 2.0, 8.0, 8.0]][index % 4];
                let bounding_box = groundglass_types::BoundingBox::new(edges[0], edges[1], edges[2], edges[3]);
                Finding { region: groundglass_types::Region::from_box(bounding_box), ..finding("a", score, HERE) }
            };
            let findings = scores.iter().enumerate().map(|(index, &score)| odd(index, score)).collect::<Vec<_>>();
            let empty = TruthRegion { region: odd(0, 1.0).region, ..truth("a", HERE) };
            let images = [image(vec![truth("a", HERE), empty], findings.clone()), image(vec![], findings)];
            for options in [boxes(), EvaluateOptions { iou_threshold: 0.0, ..boxes() }, EvaluateOptions { iou_threshold: 1.0, ..boxes() }] {
                for (key, measured) in lines(&images, &options) {
                    prop_assert!(measured.statistic.value().is_none_or(f64::is_finite), "{:?}", key);
                }
            }
        }
    }
}
