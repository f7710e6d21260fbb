//! What an answer shows, as findings on the image.

use groundglass_formats::rasterise_polygons;
use groundglass_types::{BoundingBox, Finding, Region};
use serde::{Deserialize, Serialize};

use crate::repair::repair_labels;
use crate::{Answer, Shape};

/// What a finding's score is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Scoring {
    /// The probability of the tokens that wrote it.
    #[default]
    Probability,
    /// 1 for all, as AG-KD's evaluation has it.
    One,
}

/// What a finding is called.
#[derive(Clone, Copy, Debug)]
pub enum Naming<'a> {
    /// As the answer calls it; what has no words is called by `otherwise`.
    AsWritten {
        /// The label of what has no words: what was asked for.
        otherwise: &'a str,
    },
    /// By the most similar of these classes, as AG-KD's evaluation does; what is similar to none is left out.
    Repaired(&'a [String]),
}

/// How findings are made of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Finder<'a> {
    /// Columns and rows of the image.
    pub size: [u32; 2],
    /// Where the image lies in what the network saw, in parts of its sides: left, top, width, height.
    pub placement: [f64; 4],
    /// The scores.
    pub scoring: Scoring,
    /// The labels.
    pub naming: Naming<'a>,
}

/// Findings, and which of the answer's pieces each is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// In the order of the answer, in pixels of the image.
    pub findings: Vec<Finding>,
    /// For each finding its place in [`Answer::found`].
    pub places: Vec<usize>,
    /// What was left out, in sentences.
    pub notes: Vec<String>,
}

impl Finder<'_> {
    /// Width and height, in pixels of the image, of what the network saw: the image itself, or the square into which it was
    /// put. [`crate::answer::Reading::size`] is this.
    pub fn seen(&self) -> [u32; 2] {
        let [_, _, width, height] = self.placement;
        let side = |length: u32, part: f64| (f64::from(length) / part).round().clamp(1.0, f64::from(u32::MAX)) as u32;
        [side(self.size[0], width), side(self.size[1], height)]
    }

    /// Findings of what an answer shows, which was read at [`Finder::seen`]. `log_probabilities` are those of its tokens.
    pub fn find(&self, answer: &Answer, log_probabilities: &[f32]) -> Findings {
        let mut made = Findings::default();
        let classes = match self.naming {
            Naming::AsWritten { .. } => None,
            Naming::Repaired(classes) => {
                let labels: Vec<&str> = answer.found.iter().map(|found| found.label.as_str()).collect();
                Some((repair_labels(&labels, classes), classes))
            }
        };
        for (place, found) in answer.found.iter().enumerate() {
            let label = match (&classes, self.naming) {
                (Some((repaired, names)), _) => {
                    let class = repaired.classes.get(place).copied().flatten();
                    class.and_then(|class| names.get(class)).cloned()
                }
                (None, Naming::AsWritten { otherwise }) if found.label.is_empty() => Some(otherwise.to_owned()),
                (None, _) => Some(found.label.clone()),
            };
            let Some(label) = label else {
                made.notes.push(format!("\"{}\" is none of the classes asked for; it is left out", found.label));
                continue;
            };
            let score = match self.scoring {
                Scoring::One => 1.0,
                Scoring::Probability => found.probability(log_probabilities).unwrap_or(1.0),
            };
            match self.region(&found.shape) {
                Ok(region) => {
                    made.findings.push(Finding { label, score, region });
                    made.places.push(place);
                }
                Err(fault) => made.notes.push(format!("\"{label}\" is left out: {fault}")),
            }
        }
        made
    }

    fn region(&self, shape: &Shape) -> Result<Region, String> {
        let outlines = match shape {
            Shape::Box([left, top, right, bottom]) => {
                let ([x_min, y_min], [x_max, y_max]) = (self.point([*left, *top]), self.point([*right, *bottom]));
                return self.bounded(BoundingBox { x_min, y_min, x_max, y_max });
            }
            Shape::Quad(corners) => vec![corners.iter().flat_map(|&corner| self.point(corner)).collect::<Vec<f64>>()],
            Shape::Polygons(polygons) => {
                polygons.iter().map(|polygon| polygon.iter().flat_map(|&vertex| self.point(vertex)).collect()).collect()
            }
        };
        let [width, height] = self.size.map(|length| length as usize);
        let mask = rasterise_polygons(width, height, &outlines).map_err(|error| error.to_string())?;
        Region::from_mask(mask).ok_or_else(|| "its outline covers no pixel of the image".to_owned())
    }

    /// A place in what the network saw, in pixels of the image.
    fn point(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [left, top, ..] = self.placement;
        let [width, height] = self.seen().map(f64::from);
        [x - left * width, y - top * height]
    }

    fn bounded(&self, found: BoundingBox) -> Result<Region, String> {
        let [width, height] = self.size.map(f64::from);
        let clipped = found.clipped(width, height);
        if !found.is_proper() {
            return Err(format!("its box {:?} has no area", found.to_xywh()));
        }
        if !clipped.is_proper() {
            return Err(format!("its box {:?} lies beside the image", found.to_xywh()));
        }
        Ok(Region { bounding_box: clipped, mask: None })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Finder, Naming, Scoring};
    use crate::{Answer, Found, Shape, Span};

    fn found(label: &str, shape: Shape) -> Found {
        let none = Span::default();
        let location_tokens = Span { start: 1, end: 3 };
        Found { label: label.to_owned(), shape, words: none, word_tokens: none, location_tokens, phrase: None }
    }

    fn answer(all: Vec<Found>) -> Answer {
        Answer { words: None, found: all, notes: Vec::new() }
    }

    const SQUASHED: [f64; 4] = [0.0, 0.0, 1.0, 1.0];

    #[test]
    fn the_score_is_the_probability_of_its_own_tokens_or_one() {
        let answer = answer(vec![found("cyst", Shape::Box([1.0, 2.0, 5.0, 8.0]))]);
        let log_probabilities = [-9.0, 0.5_f32.ln(), 0.25_f32.ln(), -9.0];
        let naming = Naming::AsWritten { otherwise: "" };
        let finder = Finder { size: [10, 10], placement: SQUASHED, scoring: Scoring::Probability, naming };
        let findings = finder.find(&answer, &log_probabilities).findings;
        assert!((findings[0].score - 0.125).abs() < 1e-7);
        assert_eq!(findings[0].region.bounding_box.to_xywh(), [1.0, 2.0, 4.0, 6.0]);
        let finder = Finder { scoring: Scoring::One, ..finder };
        assert_eq!(finder.find(&answer, &log_probabilities).findings[0].score, 1.0);
    }

    #[test]
    fn boxes_in_a_padded_square_are_brought_back_to_the_image_and_cut_at_its_edge() {
        // An image of 100 x 50 in the middle of a square of 100: its upper edge is 25 pixels down.
        let naming = Naming::AsWritten { otherwise: "thing" };
        let finder = Finder { size: [100, 50], placement: [0.0, 0.25, 1.0, 0.5], scoring: Scoring::One, naming };
        assert_eq!(finder.seen(), [100, 100]);
        let shapes =
            [[10.0, 35.0, 20.0, 45.0], [10.0, 15.0, 20.0, 35.0], [10.0, 5.0, 20.0, 15.0], [9.0, 30.0, 9.0, 40.0]];
        let made = finder.find(&answer(shapes.map(|edges| found("", Shape::Box(edges))).to_vec()), &[]);
        let boxes: Vec<_> = made.findings.iter().map(|one| one.region.bounding_box.to_xywh()).collect();
        assert_eq!(boxes, [[10.0, 10.0, 10.0, 10.0], [10.0, 0.0, 10.0, 10.0]]);
        assert_eq!(made.places, [0, 1]);
        assert_eq!(made.findings[0].label, "thing");
        assert!(made.notes[0].ends_with("lies beside the image") && made.notes[1].ends_with("has no area"));
    }

    #[test]
    fn outlines_become_masks() {
        let square = vec![[1.0, 1.0], [4.0, 1.0], [4.0, 3.0], [1.0, 3.0]];
        let naming = Naming::AsWritten { otherwise: "" };
        let finder = Finder { size: [6, 5], placement: SQUASHED, scoring: Scoring::One, naming };
        let made = finder.find(&answer(vec![found("a", Shape::Polygons(vec![square.clone(), Vec::new()]))]), &[]);
        assert_eq!(made.findings[0].region.mask.as_ref().unwrap().area(), 6);
        let quad = Shape::Quad([square[0], square[1], square[2], square[3]]);
        assert_eq!(finder.find(&answer(vec![found("a", quad)]), &[]).findings, made.findings);
        let none = finder.find(&answer(vec![found("a", Shape::Polygons(Vec::new()))]), &[]);
        assert_eq!(none.notes, ["\"a\" is left out: its outline covers no pixel of the image"]);
    }

    #[test]
    fn distorted_labels_become_the_classes_asked_for() {
        let classes = ["pulmonary fibrosis".to_owned(), "cyst".to_owned()];
        let finder =
            Finder { size: [9, 9], placement: SQUASHED, scoring: Scoring::One, naming: Naming::Repaired(&classes) };
        let edges = Shape::Box([1.0, 1.0, 4.0, 4.0]);
        let made = finder.find(&answer(vec![found("pulmonary fibros", edges.clone()), found("zzz", edges)]), &[]);
        assert_eq!((made.findings.len(), made.findings[0].label.as_str()), (1, "pulmonary fibrosis"));
        assert_eq!(made.notes, ["\"zzz\" is none of the classes asked for; it is left out"]);
    }
}
