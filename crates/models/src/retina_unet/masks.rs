//! Instance masks from boxes and the semantic segmentation of P0.
//!
//! The segmentation says which pixels belong to a class, the boxes say which things there are. Each
//! pixel goes to the box in whose inscribed ellipse it lies deepest, so touching things part along
//! the curve on which both ellipses are equally deep.

use groundglass_types::{BoundingBox, Mask};

/// Probability of one class for every pixel of an image, in steps of 1/255.
#[derive(Clone, Debug)]
pub struct ProbabilityMap {
    width: usize,
    height: usize,
    levels: Vec<u8>,
}

impl ProbabilityMap {
    /// A map that is 0 everywhere.
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, levels: vec![0; width * height] }
    }

    /// Sets the probability of the pixel in column `x` and row `y`, both inside the image.
    pub fn set(&mut self, x: usize, y: usize, probability: f32) {
        self.levels[y * self.width + x] = (probability.clamp(0.0, 1.0) * 255.0).round() as u8;
    }

    /// Columns and rows.
    pub const fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    fn exceeds(&self, x: usize, y: usize, threshold: f32) -> bool {
        f32::from(self.levels[y * self.width + x]) > threshold * 255.0
    }
}

/// A box that wants its pixels.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The box.
    pub bounding_box: BoundingBox,
    /// Whether it competes with every other firm box; one that is not firm yields to all firm ones
    /// and to those before it, so that lowering a threshold never changes what stood above it.
    pub firm: bool,
}

/// Pixels by which a mask may reach beyond its box: the box's own error.
const REACH: f64 = 1.0;

/// A mask for each claim (claims come best first), or `None` where no pixel is left for it.
pub fn assign_masks(claims: &[Claim], probabilities: &ProbabilityMap, threshold: f32) -> Vec<Option<Mask>> {
    (0..claims.len()).map(|index| assign_one(index, claims, probabilities, threshold)).collect()
}

fn assign_one(index: usize, claims: &[Claim], probabilities: &ProbabilityMap, threshold: f32) -> Option<Mask> {
    let claim = &claims[index];
    let reach = grown(&claim.bounding_box).clipped(probabilities.width as f64, probabilities.height as f64);
    let (left, top) = (reach.x_min.floor() as usize, reach.y_min.floor() as usize);
    let (right, bottom) = (reach.x_max.ceil() as usize, reach.y_max.ceil() as usize);
    let (width, height) = (right.saturating_sub(left), bottom.saturating_sub(top));
    let rivals: Vec<&BoundingBox> = claims
        .iter()
        .enumerate()
        .filter(|(other, rival)| *other != index && (rival.firm || (*other < index && !claim.firm)))
        .map(|(_, rival)| &rival.bounding_box)
        .filter(|rival| grown(rival).intersection_area(&reach) > 0.0)
        .collect();
    let mut window = vec![0; width * height];
    for y in top..bottom {
        for x in left..right {
            let center = (x as f64 + 0.5, y as f64 + 0.5);
            let depth = squared_radius(&claim.bounding_box, center);
            let taken = || rivals.iter().any(|rival| squared_radius(rival, center) < depth);
            if probabilities.exceeds(x, y, threshold) && !taken() {
                window[(y - top) * width + (x - left)] = 1;
            }
        }
    }
    keep_largest_component(&mut window, width);
    let mask = Mask::from_window((probabilities.width, probabilities.height), (left, top), width, &window).ok()?;
    (mask.area() > 0).then_some(mask)
}

fn grown(bounding_box: &BoundingBox) -> BoundingBox {
    let BoundingBox { x_min, y_min, x_max, y_max } = *bounding_box;
    BoundingBox::new(x_min - REACH, y_min - REACH, x_max + REACH, y_max + REACH)
}

/// 0 at the centre of the box, 1 on its inscribed ellipse.
fn squared_radius(bounding_box: &BoundingBox, (x, y): (f64, f64)) -> f64 {
    let (center_x, center_y) = bounding_box.center();
    let dx = (x - center_x) / (bounding_box.width() / 2.0);
    let dy = (y - center_y) / (bounding_box.height() / 2.0);
    dx * dx + dy * dy
}

/// Clears all but the largest 4-connected component; the first of equals stays.
fn keep_largest_component(window: &mut [u8], width: usize) {
    let mut labels = vec![0_u32; window.len()];
    let mut best = (0, 0_usize);
    let mut next = 0;
    let mut stack = Vec::new();
    for start in 0..window.len() {
        if window[start] == 0 || labels[start] != 0 {
            continue;
        }
        next += 1;
        let mut size = 0;
        labels[start] = next;
        stack.push(start);
        while let Some(position) = stack.pop() {
            size += 1;
            let column = position % width;
            let neighbours = [
                (column > 0).then(|| position - 1),
                (column + 1 < width).then_some(position + 1),
                position.checked_sub(width),
                Some(position + width).filter(|&below| below < window.len()),
            ];
            for neighbour in neighbours.into_iter().flatten() {
                if window[neighbour] != 0 && labels[neighbour] == 0 {
                    labels[neighbour] = next;
                    stack.push(neighbour);
                }
            }
        }
        if size > best.1 {
            best = (next, size);
        }
    }
    for (pixel, label) in window.iter_mut().zip(labels) {
        *pixel = u8::from(label != 0 && label == best.0);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{BoundingBox, Claim, ProbabilityMap, assign_masks};

    fn filled(width: usize, height: usize) -> ProbabilityMap {
        let mut map = ProbabilityMap::new(width, height);
        for y in 0..height {
            for x in 0..width {
                map.set(x, y, 1.0);
            }
        }
        map
    }

    #[test]
    fn touching_boxes_share_no_pixel_and_part_in_the_middle() {
        let claim = |x: f64| Claim { bounding_box: BoundingBox::new(x, 0.0, x + 8.0, 8.0), firm: true };
        let masks = assign_masks(&[claim(0.0), claim(6.0)], &filled(14, 8), 0.5);
        let (a, b) = (masks[0].as_ref().unwrap(), masks[1].as_ref().unwrap());
        assert_eq!(a.intersection_area(b), 0);
        assert_eq!(a.bounding_box().unwrap().x_max, 7.0);
        assert_eq!(b.bounding_box().unwrap().x_min, 7.0);
    }

    #[test]
    fn a_weak_claim_never_takes_from_a_firm_one() {
        let firm = Claim { bounding_box: BoundingBox::new(0.0, 0.0, 8.0, 8.0), firm: true };
        let weak = Claim { bounding_box: BoundingBox::new(2.0, 2.0, 6.0, 6.0), firm: false };
        let alone = assign_masks(&[firm], &filled(8, 8), 0.5);
        let both = assign_masks(&[firm, weak], &filled(8, 8), 0.5);
        assert_eq!(alone[0], both[0]);
    }

    #[test]
    fn no_foreground_no_mask() {
        let claim = Claim { bounding_box: BoundingBox::new(0.0, 0.0, 8.0, 8.0), firm: true };
        assert_eq!(assign_masks(&[claim], &ProbabilityMap::new(8, 8), 0.5), [None]);
    }
}
