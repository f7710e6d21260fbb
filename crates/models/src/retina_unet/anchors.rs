//! Anchor boxes, and the deltas between an anchor and a box.

use groundglass_types::BoundingBox;

use super::config::RetinaUNetConfig;

/// Spread of the deltas `(dy, dx, dh, dw)` that the network regresses, as in the
/// medicaldetectiontoolkit (`rpn_bbox_std_dev`).
pub const DELTA_SPREAD: [f32; 4] = [0.1, 0.1, 0.2, 0.2];

/// `ln` of the largest factor by which a box may outgrow its anchor: keeps `exp` finite.
const LARGEST_LOG_FACTOR: f32 = 4.135_166_6;

/// One anchor: centre and size in pixels of the network's input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anchor {
    /// Centre, y.
    pub y: f32,
    /// Centre, x.
    pub x: f32,
    /// Height.
    pub height: f32,
    /// Width.
    pub width: f32,
}

impl Anchor {
    /// The anchor as a box.
    pub fn bounding_box(&self) -> BoundingBox {
        let (y, x) = (f64::from(self.y), f64::from(self.x));
        let (half_height, half_width) = (f64::from(self.height) / 2.0, f64::from(self.width) / 2.0);
        BoundingBox::new(x - half_width, y - half_height, x + half_width, y + half_height)
    }

    /// What the network should say for this anchor to mean `target`.
    pub fn encode(&self, target: &BoundingBox) -> [f32; 4] {
        let (x, y) = target.center();
        let raw = [
            (y as f32 - self.y) / self.height,
            (x as f32 - self.x) / self.width,
            (target.height() as f32 / self.height).ln(),
            (target.width() as f32 / self.width).ln(),
        ];
        std::array::from_fn(|i| raw[i] / DELTA_SPREAD[i])
    }

    /// The box that `deltas` mean on this anchor.
    pub fn decode(&self, deltas: [f32; 4]) -> BoundingBox {
        let [dy, dx, dh, dw]: [f32; 4] = std::array::from_fn(|i| deltas[i] * DELTA_SPREAD[i]);
        let (y, x) = (self.y + dy * self.height, self.x + dx * self.width);
        let height = self.height * dh.min(LARGEST_LOG_FACTOR).exp();
        let width = self.width * dw.min(LARGEST_LOG_FACTOR).exp();
        Self { y, x, height, width }.bounding_box()
    }
}

/// All anchors of an input of `height` x `width` pixels, in the order of the heads' outputs: level by
/// level from P2 up, positions row by row, on each position ratio-major, then scale. Position
/// (row, column) of level `l` has its centre at `(row * 2^l, column * 2^l)`, without an added half.
///
/// Source: medicaldetectiontoolkit, `utils/model_utils.py` (`generate_pyramid_anchors`).
pub fn anchors(config: &RetinaUNetConfig, height: usize, width: usize) -> Vec<Anchor> {
    let mut anchors = Vec::new();
    for (index, &base) in config.anchors.base_sizes.iter().enumerate() {
        let stride = 1_usize << (index + 2);
        for row in 0..height / stride {
            for column in 0..width / stride {
                for &ratio in &config.anchors.ratios {
                    for &scale in &config.anchors.scales {
                        anchors.push(Anchor {
                            y: (row * stride) as f32,
                            x: (column * stride) as f32,
                            height: base * scale * ratio.sqrt(),
                            width: base * scale / ratio.sqrt(),
                        });
                    }
                }
            }
        }
    }
    anchors
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Anchor, BoundingBox};

    proptest! {
        #[test]
        fn decoding_undoes_encoding(
            anchor in (0.0..256.0_f32, 0.0..256.0_f32, 4.0..64.0_f32, 4.0..64.0_f32),
            target in (0.0..256.0_f64, 0.0..256.0_f64, 2.0..128.0_f64, 2.0..128.0_f64),
        ) {
            let anchor = Anchor { y: anchor.0, x: anchor.1, height: anchor.2, width: anchor.3 };
            let target = BoundingBox::from_xywh([target.0, target.1, target.2, target.3]);
            let again = anchor.decode(anchor.encode(&target));
            prop_assert!(again.iou(&target) > 0.999, "{again:?} is not {target:?}");
        }
    }
}
