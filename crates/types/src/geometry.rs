//! Axis-aligned boxes.

use serde::{Deserialize, Serialize};

/// An axis-aligned box in pixels: `x_min <= x < x_max`, `y_min <= y < y_max` (see the crate's frame).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct BoundingBox {
    /// Left edge.
    pub x_min: f64,
    /// Top edge.
    pub y_min: f64,
    /// Right edge.
    pub x_max: f64,
    /// Bottom edge.
    pub y_max: f64,
}

impl BoundingBox {
    /// A box from its edges.
    pub const fn new(x_min: f64, y_min: f64, x_max: f64, y_max: f64) -> Self {
        Self { x_min, y_min, x_max, y_max }
    }

    /// A box from COCO's `[x, y, width, height]`.
    pub const fn from_xywh([x, y, width, height]: [f64; 4]) -> Self {
        Self::new(x, y, x + width, y + height)
    }

    /// COCO's `[x, y, width, height]`.
    pub const fn to_xywh(self) -> [f64; 4] {
        [self.x_min, self.y_min, self.width(), self.height()]
    }

    /// Width in pixels; negative for an inverted box.
    pub const fn width(&self) -> f64 {
        self.x_max - self.x_min
    }

    /// Height in pixels; negative for an inverted box.
    pub const fn height(&self) -> f64 {
        self.y_max - self.y_min
    }

    /// Area in square pixels; 0 for an inverted box.
    pub const fn area(&self) -> f64 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    /// The centre `(x, y)`.
    pub const fn center(&self) -> (f64, f64) {
        (0.5 * (self.x_min + self.x_max), 0.5 * (self.y_min + self.y_max))
    }

    /// Area of the overlap in square pixels.
    pub const fn intersection_area(&self, other: &Self) -> f64 {
        let width = self.x_max.min(other.x_max) - self.x_min.max(other.x_min);
        let height = self.y_max.min(other.y_max) - self.y_min.max(other.y_min);
        width.max(0.0) * height.max(0.0)
    }

    /// Intersection over union with continuous edges (no `+ 1` pixel); 0 where both boxes are empty.
    pub fn iou(&self, other: &Self) -> f64 {
        let intersection = self.intersection_area(other);
        let union = self.area() + other.area() - intersection;
        if union > 0.0 { intersection / union } else { 0.0 }
    }

    /// The part of the box inside an image of `width` x `height` pixels.
    pub fn clipped(&self, width: f64, height: f64) -> Self {
        Self::new(
            self.x_min.clamp(0.0, width),
            self.y_min.clamp(0.0, height),
            self.x_max.clamp(0.0, width),
            self.y_max.clamp(0.0, height),
        )
    }

    /// The box moved by `(dx, dy)`.
    pub const fn shifted(&self, dx: f64, dy: f64) -> Self {
        Self::new(self.x_min + dx, self.y_min + dy, self.x_max + dx, self.y_max + dy)
    }

    /// Whether all four edges are finite numbers and the box has an area.
    pub const fn is_proper(&self) -> bool {
        self.x_min.is_finite()
            && self.y_min.is_finite()
            && self.x_max.is_finite()
            && self.y_max.is_finite()
            && self.width() > 0.0
            && self.height() > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::BoundingBox;

    #[test]
    fn iou_of_boxes_worked_by_hand() {
        let a = BoundingBox::new(0.0, 0.0, 4.0, 2.0);
        // 2 x 2 overlap of two 8-pixel boxes: 4 / (8 + 8 - 4).
        assert_eq!(a.iou(&BoundingBox::new(2.0, 0.0, 6.0, 2.0)), 4.0 / 12.0);
        assert_eq!(a.iou(&a), 1.0);
        // Touching edges share no area.
        assert_eq!(a.iou(&BoundingBox::new(4.0, 0.0, 6.0, 2.0)), 0.0);
        // Two empty boxes do not agree by being empty.
        let empty = BoundingBox::new(1.0, 1.0, 1.0, 1.0);
        assert_eq!(empty.iou(&empty), 0.0);
    }

    #[test]
    fn xywh_round_trips() {
        let xywh = [3.5, -1.0, 7.25, 2.0];
        assert_eq!(BoundingBox::from_xywh(xywh).to_xywh(), xywh);
    }
}
