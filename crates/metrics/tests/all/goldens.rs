//! Random sets against pycocotools and plain numpy; see `tests/reference/metrics`.

use groundglass_metrics::{EvaluateOptions, EvaluationSet, FindingStatus, RegionKind};
use groundglass_types::{BoundingBox, Case, Finding, Mask, Region, Truth, TruthRegion};
use serde::Deserialize;

/// What rounding in another order may change.
const TOLERANCE: f64 = 1e-12;

#[derive(Deserialize)]
struct Goldens {
    score_threshold: f64,
    sets: Vec<GoldenSet>,
}

#[derive(Deserialize)]
struct GoldenSet {
    name: String,
    labels: Vec<String>,
    cases: Vec<GoldenCase>,
    expected: Vec<Expectation>,
}

#[derive(Deserialize)]
struct GoldenCase {
    width: usize,
    height: usize,
    truths: Vec<Item>,
    findings: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    label: String,
    #[serde(rename = "box")]
    xywh: [f64; 4],
    counts: Option<Vec<u32>>,
    #[serde(default)]
    score: f64,
    #[serde(default)]
    crowd: bool,
}

#[derive(Deserialize)]
struct Expectation {
    region: RegionKind,
    values: Vec<(String, Option<String>, Option<f64>)>,
    at: Vec<AtThreshold>,
}

#[derive(Deserialize)]
struct AtThreshold {
    iou_threshold: f64,
    pairs: Vec<CasePairs>,
    counts: [u64; 3],
}

#[derive(Deserialize)]
struct CasePairs {
    truth: Vec<Option<usize>>,
    ignored: Vec<usize>,
}

fn goldens() -> Goldens {
    serde_json::from_str(include_str!("../../../../tests/reference/metrics/goldens.json")).unwrap()
}

impl GoldenCase {
    fn region(&self, item: &Item) -> Region {
        let mask = item.counts.as_ref().map(|counts| Mask::from_counts(self.width, self.height, counts).unwrap());
        Region { bounding_box: BoundingBox::from_xywh(item.xywh), mask }
    }

    fn truth(&self) -> Truth {
        let region = |item: &Item| TruthRegion {
            label: item.label.clone(),
            region: self.region(item),
            crowd: item.crowd,
            area: None,
        };
        Truth { regions: self.truths.iter().map(region).collect() }
    }

    fn findings(&self) -> Vec<Finding> {
        let finding = |item: &Item| Finding { label: item.label.clone(), score: item.score, region: self.region(item) };
        self.findings.iter().map(finding).collect()
    }
}

fn name(index: usize) -> String {
    format!("case {index}")
}

fn evaluation_set(golden: &GoldenSet) -> EvaluationSet {
    let mut set = EvaluationSet::new();
    for (index, case) in golden.cases.iter().enumerate() {
        let attributes = Default::default();
        let (width, height, truth) = (case.width, case.height, Some(case.truth()));
        set.add_case(Case { name: name(index), width, height, truth, attributes, ..Case::default() }).unwrap();
        set.set_findings(&name(index), case.findings()).unwrap();
    }
    set
}

#[test]
fn values_agree_with_the_references() {
    let goldens = goldens();
    let (mut compared, mut undefined) = (0, 0);
    for golden in &goldens.sets {
        let set = evaluation_set(golden);
        for expectation in &golden.expected {
            let (score_threshold, region) = (goldens.score_threshold, expectation.region);
            let evaluation = set
                .evaluate(&EvaluateOptions { score_threshold, iou_threshold: 0.5, region, surface_tolerance: 2.0 })
                .unwrap();
            for (id, class, expected) in &expectation.values {
                // One class has no values of its own: those over all classes are the same.
                let class = if golden.labels.len() > 1 { class.as_ref() } else { None };
                let value = evaluation.values.iter().find(|value| value.id == *id && value.class.as_ref() == class);
                let found = value.unwrap().statistic.value();
                let agrees = match (found, expected) {
                    (Some(found), Some(expected)) => (found - expected).abs() < TOLERANCE,
                    (None, None) => true,
                    _ => false,
                };
                assert!(agrees, "{}: {id} of {class:?} is {found:?}, expected {expected:?}", golden.name);
                compared += 1;
                undefined += usize::from(expected.is_none());
            }
        }
    }
    // The goldens are not hollow: many numbers, and some that are none.
    assert!(compared > 700 && undefined > 5 && undefined < compared / 4, "{compared} compared, {undefined} undefined");
}

#[test]
fn pairs_agree_with_pycocotools() {
    let goldens = goldens();
    let mut ignored = 0;
    for golden in &goldens.sets {
        let set = evaluation_set(golden);
        for expectation in &golden.expected {
            for at in &expectation.at {
                let (iou_threshold, region) = (at.iou_threshold, expectation.region);
                let options = EvaluateOptions { score_threshold: 0.0, iou_threshold, region, surface_tolerance: 2.0 };
                for (index, expected) in at.pairs.iter().enumerate() {
                    for finding in set.view(&name(index), &options).unwrap().findings {
                        let status = match expected.truth[finding.index] {
                            _ if expected.ignored.contains(&finding.index) => FindingStatus::Ignored,
                            Some(_) => FindingStatus::TruePositive,
                            None => FindingStatus::FalsePositive,
                        };
                        let place = format!("{}, {} at {iou_threshold}: {finding:?}", golden.name, name(index));
                        assert_eq!(finding.status, status, "{place}");
                        if status != FindingStatus::FalsePositive {
                            assert_eq!(finding.truth, expected.truth[finding.index], "{place}");
                        }
                        ignored += usize::from(status == FindingStatus::Ignored);
                    }
                }
            }
        }
    }
    assert!(ignored > 20, "only {ignored} ignored findings were compared");
}

#[test]
fn counts_at_a_score_threshold_agree_with_pycocotools() {
    let goldens = goldens();
    for golden in &goldens.sets {
        let set = evaluation_set(golden);
        for expectation in &golden.expected {
            for at in &expectation.at {
                let (score_threshold, iou_threshold) = (goldens.score_threshold, at.iou_threshold);
                let options = EvaluateOptions {
                    score_threshold,
                    iou_threshold,
                    region: expectation.region,
                    surface_tolerance: 2.0,
                };
                let counts = set.evaluate(&options).unwrap().counts;
                let found = [counts.true_positives, counts.false_positives, counts.false_negatives];
                assert_eq!(found, at.counts, "{} at {iou_threshold}", golden.name);
            }
        }
    }
}
