//! Coordinate frames: what the four numbers of a box, or the two of a point, mean.
//!
//! A frame is named by the form of a file, by the user, or asked for; it is never guessed in silence.

use groundglass_types::BoundingBox;
use serde::{Deserialize, Serialize};

/// Which corners or lengths the four numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Left, top, right, bottom; with the origin at the lower left: left, bottom, right, top.
    Corners,
    /// Left, top, width, height.
    CornerAndSize,
    /// Middle across, middle down, width, height.
    CentreAndSize,
}

/// How numbers become pixels: `(number + offset) / unit` of the image's width or height, or the pixels themselves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Frame {
    /// Which corners or lengths the four numbers are.
    pub layout: Layout,
    /// The number that stands for the whole width or height; `None` where numbers are pixels of the original image.
    pub unit: Option<f64>,
    /// What is added to a position (not to a length) before it is scaled: 0.5 where numbers name bins.
    pub offset: f64,
    /// Whether y runs up from the lower edge instead of down from the upper one.
    pub from_below: bool,
    /// Whether numbers are of the square into whose middle the image was put, with nothing cut off. A program that pads by
    /// whole pixels of a shrunk image is off by less than one of those.
    #[serde(default)]
    pub padded: bool,
}

/// A frame with its name and what it means, for menus and `--frame`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NamedFrame {
    /// The name: `pixel_corners`, `unit_centre`, ...
    pub name: &'static str,
    /// One line for a person.
    pub meaning: &'static str,
    /// The frame.
    pub frame: Frame,
}

const fn pixels(layout: Layout) -> Frame {
    Frame { layout, unit: None, offset: 0.0, from_below: false, padded: false }
}

const fn relative(layout: Layout, unit: f64) -> Frame {
    Frame { layout, unit: Some(unit), offset: 0.0, from_below: false, padded: false }
}

impl Frame {
    /// Left, top, right, bottom in pixels.
    pub const PIXEL_CORNERS: Self = pixels(Layout::Corners);
    /// COCO's left, top, width, height in pixels.
    pub const PIXEL_SIZE: Self = pixels(Layout::CornerAndSize);
    /// Left, top, right, bottom from 0 to 1.
    pub const UNIT_CORNERS: Self = relative(Layout::Corners, 1.0);
    /// Left, top, width, height from 0 to 1.
    pub const UNIT_SIZE: Self = relative(Layout::CornerAndSize, 1.0);
    /// YOLO's centre, width, height from 0 to 1.
    pub const UNIT_CENTRE: Self = relative(Layout::CentreAndSize, 1.0);
    /// Left, top, right, bottom from 0 to 1000 (MedMO, Qwen-VL).
    pub const THOUSAND: Self = relative(Layout::Corners, 1000.0);
    /// Left, top, right, bottom from 0 to 999 (MedRegA, FundusExpert, MedSAM-Agent).
    pub const NINE_HUNDRED_NINETY_NINE: Self = relative(Layout::Corners, 999.0);
    /// Florence-2's bins 0 to 999, each standing for its middle: `(bin + 0.5) / 1000`.
    pub const FLORENCE: Self =
        Self { layout: Layout::Corners, unit: Some(1000.0), offset: 0.5, from_below: false, padded: false };
    /// MedVision's left, bottom, right, top from 0 to 1, the origin at the lower left.
    pub const LOWER_LEFT: Self =
        Self { layout: Layout::Corners, unit: Some(1.0), offset: 0.0, from_below: true, padded: false };
    /// MedSAM-Agent's 0 to 999 of the image in the middle of a square.
    pub const PADDED_NINE_HUNDRED_NINETY_NINE: Self = Self { padded: true, ..Self::NINE_HUNDRED_NINETY_NINE };
    /// Florence-2's bins of the image in the middle of a square, as AG-KD's demonstration gives them.
    pub const PADDED_FLORENCE: Self = Self { padded: true, ..Self::FLORENCE };

    /// Every frame with its name, in the order of a menu.
    pub const ALL: [NamedFrame; 11] = [
        named("pixel_corners", "left, top, right, bottom in pixels", Self::PIXEL_CORNERS),
        named("pixel_size", "left, top, width, height in pixels (COCO)", Self::PIXEL_SIZE),
        named("unit_corners", "left, top, right, bottom from 0 to 1", Self::UNIT_CORNERS),
        named("unit_size", "left, top, width, height from 0 to 1", Self::UNIT_SIZE),
        named("unit_centre", "centre x, centre y, width, height from 0 to 1 (YOLO)", Self::UNIT_CENTRE),
        named("thousand", "left, top, right, bottom from 0 to 1000 (MedMO, Qwen-VL)", Self::THOUSAND),
        named(
            "nine_hundred_ninety_nine",
            "left, top, right, bottom from 0 to 999 (MedRegA)",
            Self::NINE_HUNDRED_NINETY_NINE,
        ),
        named("florence", "left, top, right, bottom as bins 0 to 999 (Florence-2)", Self::FLORENCE),
        named("lower_left", "left, bottom, right, top from 0 to 1, y upwards (MedVision)", Self::LOWER_LEFT),
        named(
            "padded_nine_hundred_ninety_nine",
            "left, top, right, bottom from 0 to 999 of the image in the middle of a square (MedSAM-Agent)",
            Self::PADDED_NINE_HUNDRED_NINETY_NINE,
        ),
        named(
            "padded_florence",
            "left, top, right, bottom as bins 0 to 999 of the image in the middle of a square (AG-KD's demonstration)",
            Self::PADDED_FLORENCE,
        ),
    ];

    /// The frame of a name of [`Frame::ALL`].
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|known| known.name == name).map(|known| known.frame)
    }

    /// The box in pixels of an image of `width` x `height`.
    pub fn to_pixels(self, numbers: [f64; 4], (width, height): (usize, usize)) -> BoundingBox {
        if let Some((plain, side, [left, top])) = self.square((width, height)) {
            let BoundingBox { x_min, y_min, x_max, y_max } = plain.to_pixels(numbers, (side, side));
            return BoundingBox { x_min: x_min - left, y_min: y_min - top, x_max: x_max - left, y_max: y_max - top };
        }
        let [a, b, c, d] = numbers;
        let scale = |side: usize| self.unit.map_or(1.0, |unit| side as f64 / unit);
        let (across, down) = (scale(width), scale(height));
        let position = |x: f64, y: f64| ((x + self.offset) * across, (y + self.offset) * down);
        let (x_min, y_min, x_max, y_max) = match self.layout {
            Layout::Corners => {
                let ((x_min, y_min), (x_max, y_max)) = (position(a, b), position(c, d));
                (x_min, y_min, x_max, y_max)
            }
            Layout::CornerAndSize => {
                let (x_min, y_min) = position(a, b);
                (x_min, y_min, x_min + c * across, y_min + d * down)
            }
            Layout::CentreAndSize => {
                let (x, y) = position(a, b);
                let (half_width, half_height) = (0.5 * c * across, 0.5 * d * down);
                (x - half_width, y - half_height, x + half_width, y + half_height)
            }
        };
        if self.from_below {
            return BoundingBox::new(x_min, height as f64 - y_max, x_max, height as f64 - y_min);
        }
        BoundingBox::new(x_min, y_min, x_max, y_max)
    }

    /// Of a padded frame the same without padding, the side of the square in pixels, and where the image begins in it.
    fn square(self, (width, height): (usize, usize)) -> Option<(Self, usize, [f64; 2])> {
        let side = width.max(height);
        let margin = |length: usize| (side - length) as f64 / 2.0;
        self.padded.then(|| (Self { padded: false, ..self }, side, [margin(width), margin(height)]))
    }

    /// The four numbers of a box in pixels: the way back of [`Frame::to_pixels`], without rounding.
    pub fn of_pixels(self, edges: BoundingBox, (width, height): (usize, usize)) -> [f64; 4] {
        if let Some((plain, side, [left, top])) = self.square((width, height)) {
            let BoundingBox { x_min, y_min, x_max, y_max } = edges;
            let edges = BoundingBox::new(x_min + left, y_min + top, x_max + left, y_max + top);
            return plain.of_pixels(edges, (side, side));
        }
        let scale = |side: usize| self.unit.map_or(1.0, |unit| unit / side as f64);
        let (across, down) = (scale(width), scale(height));
        let edges = if self.from_below {
            let height = height as f64;
            BoundingBox::new(edges.x_min, height - edges.y_max, edges.x_max, height - edges.y_min)
        } else {
            edges
        };
        let position = |x: f64, y: f64| (x * across - self.offset, y * down - self.offset);
        let (left, top) = position(edges.x_min, edges.y_min);
        match self.layout {
            Layout::Corners => {
                let (right, bottom) = position(edges.x_max, edges.y_max);
                [left, top, right, bottom]
            }
            Layout::CornerAndSize => [left, top, edges.width() * across, edges.height() * down],
            Layout::CentreAndSize => {
                let (x, y) = edges.center();
                let (x, y) = position(x, y);
                [x, y, edges.width() * across, edges.height() * down]
            }
        }
    }

    /// A point in pixels of an image of `width` x `height`.
    pub fn point(self, [x, y]: [f64; 2], (width, height): (usize, usize)) -> [f64; 2] {
        if let Some((plain, side, [left, top])) = self.square((width, height)) {
            let [x, y] = plain.point([x, y], (side, side));
            return [x - left, y - top];
        }
        let scale = |side: usize| self.unit.map_or(1.0, |unit| side as f64 / unit);
        let (x, y) = ((x + self.offset) * scale(width), (y + self.offset) * scale(height));
        [x, if self.from_below { height as f64 - y } else { y }]
    }
}

const fn named(name: &'static str, meaning: &'static str, frame: Frame) -> NamedFrame {
    NamedFrame { name, meaning, frame }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::Frame;
    use groundglass_types::BoundingBox;

    const SIZE: (usize, usize) = (200, 100);

    #[test]
    fn worked_by_hand() {
        let said = |frame: Frame, numbers| frame.to_pixels(numbers, SIZE);
        let expected = BoundingBox::new(20.0, 10.0, 60.0, 40.0);
        assert_eq!(said(Frame::PIXEL_CORNERS, [20.0, 10.0, 60.0, 40.0]), expected);
        assert_eq!(said(Frame::PIXEL_SIZE, [20.0, 10.0, 40.0, 30.0]), expected);
        assert_eq!(said(Frame::UNIT_CENTRE, [0.2, 0.25, 0.2, 0.3]), expected);
        assert_eq!(said(Frame::THOUSAND, [100.0, 100.0, 300.0, 400.0]), expected);
        // From below: the box's lower edge at y = 40 is 0.6 of the height above the image's.
        assert_eq!(said(Frame::LOWER_LEFT, [0.1, 0.6, 0.3, 0.9]), expected);
        assert_eq!(said(Frame::FLORENCE, [99.5, 99.5, 299.5, 399.5]), expected);
        // The image of 200 x 100 lies 50 pixels below the upper edge of its square.
        assert_eq!(said(Frame::PADDED_FLORENCE, [99.5, 299.5, 299.5, 449.5]), expected);
        assert_eq!(Frame::PADDED_FLORENCE.point([99.5, 299.5], SIZE), [20.0, 10.0]);
        assert_eq!(said(Frame::NINE_HUNDRED_NINETY_NINE, [0.0, 0.0, 999.0, 999.0]).to_xywh(), [0.0, 0.0, 200.0, 100.0]);
    }

    proptest! {
        #[test]
        fn every_frame_has_a_way_back(x in 0.0..150.0_f64, y in 0.0..80.0_f64, w in 0.1..50.0_f64, h in 0.1..20.0_f64) {
            let edges = BoundingBox::from_xywh([x, y, w, h]);
            for known in Frame::ALL {
                let back = known.frame.to_pixels(known.frame.of_pixels(edges, SIZE), SIZE);
                for (one, other) in [(back.x_min, edges.x_min), (back.y_min, edges.y_min), (back.x_max, edges.x_max), (back.y_max, edges.y_max)] {
                    prop_assert!((one - other).abs() < 1e-9, "{}: {back:?} {edges:?}", known.name);
                }
            }
        }
    }

    #[test]
    fn names_are_the_frames() {
        for known in Frame::ALL {
            assert_eq!(Frame::of_name(known.name), Some(known.frame));
        }
        assert_eq!(Frame::of_name("pixels"), None);
    }
}
