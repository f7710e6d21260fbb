//! In which coordinate frames the numbers of a file's boxes could be.

use super::Syntax;
use crate::frame::Frame;

/// What is known of the numbers of boxes without a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// The largest.
    most: f64,
    /// Whether one is not whole.
    decimal: bool,
}

impl Summary {
    /// Takes the numbers of a box in.
    pub fn add(&mut self, numbers: &[f64]) {
        self.most = numbers.iter().copied().fold(self.most, f64::max);
        self.decimal |= numbers.iter().any(|number| number.fract() != 0.0);
    }
}

/// The frames of `possible` that the numbers do not rule out; all of them where they rule out every one. Numbers above
/// the unit, and decimals up to 1 where a frame has whole numbers, rule a frame out.
pub fn candidates(possible: &'static [&'static str], Summary { most, decimal }: Summary) -> Vec<&'static str> {
    let fits = |name: &str| {
        let unit = Frame::of_name(name).and_then(|frame| frame.unit);
        match unit {
            // Models overshoot a little.
            Some(unit) if unit <= 1.0 => most <= 1.5,
            Some(unit) => most <= unit && (!decimal || most > 1.5),
            None => most > 1.5,
        }
    };
    let left: Vec<&'static str> = possible.iter().copied().filter(|name| fits(name)).collect();
    if left.is_empty() { possible.to_vec() } else { left }
}

/// The frame that the numbers prove: among `<box>` tags, whose numbers go to 999 or to 1000, a coordinate of exactly 1000
/// and none beyond.
pub fn proven(syntax: Option<Syntax>, summary: Summary) -> Option<Frame> {
    (syntax == Some(Syntax::Tagged) && summary.most == 1000.0).then_some(Frame::THOUSAND)
}

#[cfg(test)]
mod tests {
    use super::super::Syntax;
    use super::{Summary, candidates, proven};
    use crate::frame::Frame;

    fn summary(numbers: &[f64]) -> Summary {
        let mut summary = Summary::default();
        summary.add(numbers);
        summary
    }

    #[test]
    fn numbers_rule_frames_out() {
        let left = |numbers: &[f64]| candidates(Syntax::Tagged.named().frames, summary(numbers));
        assert_eq!(left(&[1.0, 2.0, 999.0, 5.0]), ["nine_hundred_ninety_nine", "thousand", "pixel_corners"]);
        assert_eq!(left(&[1.0, 2.0, 1200.0, 5.0]), ["pixel_corners"]);
        assert_eq!(left(&[0.1, 0.2, 0.3, 0.4]), ["unit_corners"]);
        let proven = |syntax, numbers: &[f64]| proven(Some(syntax), summary(numbers));
        assert_eq!(proven(Syntax::Tagged, &[1.0, 1000.0]), Some(Frame::THOUSAND));
        assert_eq!(proven(Syntax::Tagged, &[1.0, 1001.0]), None);
        assert_eq!(proven(Syntax::JsonBoxes, &[1.0, 1000.0]), None);
    }
}
