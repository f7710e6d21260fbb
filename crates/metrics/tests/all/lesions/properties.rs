//! What must hold of any set.

use super::worked::HERE;
use super::*;
use crate::common::{boxes, finding, masks, truth};
use proptest::prelude::*;

fn close(a: Statistic, b: Statistic) -> bool {
    match (a, b) {
        (Statistic::Value(a), Statistic::Value(b)) => (a - b).abs() < 1e-12,
        _ => a == b,
    }
}

fn options(seed: u64) -> EvaluateOptions {
    if seed.is_multiple_of(2) { boxes() } else { masks() }
}

fn without_patients(images: Vec<Image>) -> Vec<Image> {
    images.into_iter().map(|image| Image { patient: None, ..image }).collect()
}

/// Whether the labels of findings and truths would be taken for one class, which a subset may do where the whole set
/// does not.
fn labels_go_together(images: &[Image]) -> bool {
    let of_truths = images.iter().flat_map(|image| &image.truths).map(|truth| &truth.label);
    let of_findings = images.iter().flat_map(|image| &image.findings).map(|finding| &finding.label);
    let [of_truths, of_findings] =
        [of_truths.collect::<std::collections::BTreeSet<_>>(), of_findings.collect::<std::collections::BTreeSet<_>>()];
    of_truths.len() == 1 && of_findings.len() == 1 && of_truths != of_findings
}

fn repeated(images: &[Image], weights: &[u32]) -> Vec<Image> {
    images.iter().zip(weights).flat_map(|(image, &count)| std::iter::repeat_n(image.clone(), count as usize)).collect()
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
