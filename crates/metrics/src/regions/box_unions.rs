//! Areas of unions of boxes, with continuous edges.

use groundglass_types::BoundingBox;

/// Area of the union of each list, and of what both unions share.
pub(crate) fn union_areas(left: &[BoundingBox], right: &[BoundingBox]) -> [f64; 3] {
    let mut edges = left.iter().chain(right).flat_map(|of| [of.x_min, of.x_max]).collect::<Vec<_>>();
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    let mut areas = [0.0; 3];
    for strip in edges.windows(2) {
        let (x_min, x_max) = (strip[0], strip[1]);
        let (a, b) = (covered(left, x_min, x_max), covered(right, x_min, x_max));
        let lengths = [length(&a), length(&b), shared(&a, &b)];
        for (area, length) in areas.iter_mut().zip(lengths) {
            *area += length * (x_max - x_min);
        }
    }
    areas
}

/// IoU of the two unions; 0 where both are empty.
pub(crate) fn union_iou(left: &[BoundingBox], right: &[BoundingBox]) -> f64 {
    let [a, b, both] = union_areas(left, right);
    let union = a + b - both;
    if union > 0.0 { both / union } else { 0.0 }
}

/// The heights that the boxes cover all across a strip between two neighbouring edges, apart and in order.
fn covered(boxes: &[BoundingBox], x_min: f64, x_max: f64) -> Vec<(f64, f64)> {
    let across = boxes.iter().filter(|of| of.x_min <= x_min && of.x_max >= x_max && of.y_min < of.y_max);
    let mut spans = across.map(|of| (of.y_min, of.y_max)).collect::<Vec<_>>();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut joined: Vec<(f64, f64)> = Vec::new();
    for (start, end) in spans {
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

fn length(spans: &[(f64, f64)]) -> f64 {
    spans.iter().map(|(start, end)| end - start).sum()
}

fn shared(left: &[(f64, f64)], right: &[(f64, f64)]) -> f64 {
    let (mut a, mut b, mut sum) = (0, 0, 0.0);
    while let (Some(of_left), Some(of_right)) = (left.get(a), right.get(b)) {
        sum += (of_left.1.min(of_right.1) - of_left.0.max(of_right.0)).max(0.0);
        if of_left.1 <= of_right.1 {
            a += 1;
        } else {
            b += 1;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use groundglass_types::BoundingBox;
    use proptest::prelude::*;

    use super::{union_areas, union_iou};

    #[test]
    fn unions_worked_by_hand() {
        // An L of two boxes (8 x 2 and 2 x 8, sharing 2 x 2) has 28, and shares its corner and arms with a 4 x 4.
        let bent = [BoundingBox::new(0.0, 0.0, 8.0, 2.0), BoundingBox::new(0.0, 0.0, 2.0, 8.0)];
        let square = [BoundingBox::new(0.0, 0.0, 4.0, 4.0)];
        assert_eq!(union_areas(&bent, &square), [28.0, 16.0, 12.0]);
        assert_eq!(union_iou(&bent, &square), 12.0 / 32.0);
        // Inverted boxes and boxes without width cover nothing.
        let nothing = [BoundingBox::new(3.0, 0.0, 1.0, 4.0), BoundingBox::new(1.0, 0.0, 1.0, 9.0)];
        assert_eq!(union_areas(&nothing, &square), [0.0, 16.0, 0.0]);
        assert_eq!(union_iou(&nothing, &[]), 0.0);
    }

    fn boxes() -> impl Strategy<Value = Vec<BoundingBox>> {
        let one = (0..12_u8, 0..12_u8, 0..6_u8, 0..6_u8);
        let one = one.prop_map(|(x, y, w, h)| BoundingBox::from_xywh([x, y, w, h].map(f64::from)));
        proptest::collection::vec(one, 0..6)
    }

    proptest! {
        #[test]
        fn unions_are_those_of_their_pixels(left in boxes(), right in boxes()) {
            let inside = |boxes: &[BoundingBox], x: f64, y: f64| {
                boxes.iter().any(|of| of.x_min <= x && x < of.x_max && of.y_min <= y && y < of.y_max)
            };
            let mut counts = [0.0; 3];
            for x in 0..20_u8 {
                for y in 0..20_u8 {
                    let (a, b) = (inside(&left, x.into(), y.into()), inside(&right, x.into(), y.into()));
                    for (count, on) in counts.iter_mut().zip([a, b, a && b]) {
                        *count += f64::from(u8::from(on));
                    }
                }
            }
            prop_assert_eq!(union_areas(&left, &right), counts);
        }
    }
}
