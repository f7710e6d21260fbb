//! Lesion metrics and error types: random sets against the packages of the field (see `tests/reference/lesions`), cases
//! worked by hand, and what must hold of any set.

mod goldens;
mod properties;
mod worked;

use std::collections::BTreeMap;

use crate::common::{case, crowd, finding, truth};
use groundglass_metrics::engine::{Confusion, Curve};
use groundglass_metrics::{Assessment, EvaluateOptions, EvaluationSet, Exhibit, Measured, Weights};
use groundglass_types::{Finding, Statistic, TruthRegion};

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

/// Conventions are shared with other families, which have their own tests.
fn is_of_lesions(id: &str) -> bool {
    let beginnings = ["froc_", "sensitivity_at_", "luna16_", "monai_froc", "nndetection_", "best_f1", "patient_sens"];
    let others = ["patient_spec", "patient_auroc", "image_auroc", "picai_", "tide_", "precision", "recall", "f1"];
    beginnings.iter().chain(&others).any(|beginning| id.starts_with(beginning)) || id.ends_with("_accuracy")
}

fn lines_of(assessments: &[Assessment], weights: &Weights) -> Lines {
    let mut lines = Lines::new();
    for assessment in assessments {
        let measured = assessment.measure(weights);
        assert_eq!(assessment.lines().count(), measured.len());
        for (line, measured) in assessment.lines().zip(measured).filter(|(line, _)| is_of_lesions(line.id)) {
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
