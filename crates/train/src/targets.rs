//! What the network should have said about a crop.

use groundglass_models::retina_unet::anchors::Anchor;
use groundglass_types::BoundingBox;

use crate::recipe::Training;
use crate::sample::Sample;

/// Objects of which less is seen than this many pixels in either direction do not count.
const LEAST_SIDE: f64 = 3.0;

/// Targets of one crop.
#[derive(Clone, Debug)]
pub struct Targets {
    /// `[anchors, classes]`: 1 for the class of a positive anchor.
    pub classes: Vec<f32>,
    /// `[anchors]`: 0 where an anchor does not count.
    pub counts: Vec<f32>,
    /// `[anchors, 4]`: deltas of positive anchors.
    pub deltas: Vec<f32>,
    /// `[anchors]`: 1 for positive anchors.
    pub positives: Vec<f32>,
    /// `[1 + classes, side, side]`: 1 for the class of a pixel, background first.
    pub segmentation: Vec<f32>,
}

/// Matches anchors with the objects that a crop shows.
pub fn targets(
    sample: &Sample,
    object_classes: &[u8],
    anchors: &[Anchor],
    class_count: usize,
    training: &Training,
) -> Targets {
    let side = training.crop;
    let boxes = visible_boxes(&sample.objects, side, object_classes.len());
    let mut targets = Targets {
        classes: vec![0.0; anchors.len() * class_count],
        counts: vec![1.0; anchors.len()],
        deltas: vec![0.0; anchors.len() * 4],
        positives: vec![0.0; anchors.len()],
        segmentation: segmentation(&sample.objects, object_classes, class_count),
    };
    let objects: Vec<(usize, BoundingBox)> =
        boxes.iter().enumerate().filter_map(|(number, bounding_box)| Some((number, (*bounding_box)?))).collect();
    // The best anchor of each object is positive whatever its IoU, so that none is left unlearned.
    let mut best_anchor = vec![(0.0_f64, None::<usize>); objects.len()];
    for (index, anchor) in anchors.iter().enumerate() {
        let anchor_box = anchor.bounding_box();
        let mut best = (0.0_f64, None);
        for (object, (_, bounding_box)) in objects.iter().enumerate() {
            let overlap = anchor_box.iou(bounding_box);
            if overlap > best.0 {
                best = (overlap, Some(object));
            }
            if overlap > best_anchor[object].0 {
                best_anchor[object] = (overlap, Some(index));
            }
        }
        match best.1 {
            Some(object) if best.0 >= training.positive_iou => {
                targets.set_positive(index, anchor, &objects[object], object_classes, class_count);
            }
            _ if best.0 >= training.negative_iou => targets.counts[index] = 0.0,
            _ => {}
        }
    }
    for (object, (overlap, index)) in objects.iter().zip(best_anchor) {
        if let (true, Some(index)) = (overlap > 0.2, index) {
            targets.set_positive(index, &anchors[index], object, object_classes, class_count);
        }
        let bounding_box = &object.1;
        if bounding_box.width().min(bounding_box.height()) < LEAST_SIDE {
            targets.ignore(anchors, bounding_box, training.negative_iou / 2.0);
        }
    }
    targets
}

impl Targets {
    fn set_positive(
        &mut self,
        index: usize,
        anchor: &Anchor,
        (number, bounding_box): &(usize, BoundingBox),
        object_classes: &[u8],
        class_count: usize,
    ) {
        let row = &mut self.classes[index * class_count..(index + 1) * class_count];
        row.fill(0.0);
        row[usize::from(object_classes[*number])] = 1.0;
        self.counts[index] = 1.0;
        self.positives[index] = 1.0;
        self.deltas[index * 4..(index + 1) * 4].copy_from_slice(&anchor.encode(bounding_box));
    }

    /// Slivers at the edge of a crop are neither objects nor background.
    fn ignore(&mut self, anchors: &[Anchor], sliver: &BoundingBox, iou: f64) {
        for (index, anchor) in anchors.iter().enumerate() {
            if anchor.bounding_box().iou(sliver) > iou {
                self.counts[index] = 0.0;
                self.positives[index] = 0.0;
            }
        }
    }
}

/// The box around what a crop shows of each object.
fn visible_boxes(objects: &[u16], side: usize, count: usize) -> Vec<Option<BoundingBox>> {
    let mut boxes: Vec<Option<BoundingBox>> = vec![None; count];
    for (position, &number) in objects.iter().enumerate().filter(|(_, number)| **number != 0) {
        let (x, y) = ((position % side) as f64, (position / side) as f64);
        let pixel = BoundingBox::new(x, y, x + 1.0, y + 1.0);
        let slot = &mut boxes[usize::from(number) - 1];
        *slot = Some(slot.map_or(pixel, |b| {
            BoundingBox::new(b.x_min.min(x), b.y_min.min(y), b.x_max.max(x + 1.0), b.y_max.max(y + 1.0))
        }));
    }
    boxes
}

fn segmentation(objects: &[u16], object_classes: &[u8], class_count: usize) -> Vec<f32> {
    let plane = objects.len();
    let mut segmentation = vec![0.0; (class_count + 1) * plane];
    for (position, &number) in objects.iter().enumerate() {
        let channel = if number == 0 { 0 } else { usize::from(object_classes[usize::from(number) - 1]) + 1 };
        segmentation[channel * plane + position] = 1.0;
    }
    segmentation
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use groundglass_models::retina_unet::anchors::anchors;

    use super::targets;
    use crate::recipe::Recipe;
    use crate::sample::Sample;

    #[test]
    fn an_object_has_positive_anchors_that_decode_to_its_box() {
        let recipe = Recipe::parse(include_str!("../recipes/donuts.json")).unwrap();
        let side = recipe.training.crop;
        let mut objects = vec![0_u16; side * side];
        for y in 40..72 {
            for x in 20..52 {
                objects[y * side + x] = 1;
            }
        }
        let anchors = anchors(&recipe.model, side, side);
        let sample = Sample { pixels: Vec::new(), objects };
        let targets = targets(&sample, &[1], &anchors, 2, &recipe.training);
        let positive: Vec<usize> = (0..anchors.len()).filter(|&i| targets.positives[i] == 1.0).collect();
        assert!(!positive.is_empty());
        for index in positive {
            assert_eq!(targets.classes[index * 2..index * 2 + 2], [0.0, 1.0]);
            let deltas = std::array::from_fn(|i| targets.deltas[index * 4 + i]);
            let decoded = anchors[index].decode(deltas);
            let expected = groundglass_types::BoundingBox::new(20.0, 40.0, 52.0, 72.0);
            assert!(decoded.iou(&expected) > 0.999, "{decoded:?}");
        }
        let plane = side * side;
        let inside: f32 = targets.segmentation[2 * plane..].iter().sum();
        assert_eq!(inside, 32.0 * 32.0);
        let all: f32 = targets.segmentation.iter().sum();
        assert_eq!(all, plane as f32);
    }
}
