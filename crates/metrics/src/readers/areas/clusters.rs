//! One list of boxes out of several readers' lists.

use groundglass_types::BoundingBox;

/// Pairs of boxes of two lists from the highest IoU down (equal ones in the order of the lists), at `threshold` or above.
fn near_pairs(a: &[BoundingBox], b: &[BoundingBox], threshold: f64) -> Vec<(f64, usize, usize)> {
    let mut pairs = Vec::new();
    for (first, one) in a.iter().enumerate() {
        for (second, other) in b.iter().enumerate() {
            let iou = one.iou(other);
            if iou > 0.0 && iou >= threshold {
                pairs.push((iou, first, second));
            }
        }
    }
    pairs.sort_by(|x, y| y.0.total_cmp(&x.0));
    pairs
}

/// The IoUs of the pairs of two lists: from the highest IoU down, boxes that are both free are paired.
pub(crate) fn paired(a: &[BoundingBox], b: &[BoundingBox], threshold: f64) -> Vec<f64> {
    let (mut taken_a, mut taken_b) = (vec![false; a.len()], vec![false; b.len()]);
    let mut paired = Vec::new();
    for (iou, first, second) in near_pairs(a, b, threshold) {
        if !taken_a[first] && !taken_b[second] {
            (taken_a[first], taken_b[second]) = (true, true);
            paired.push(iou);
        }
    }
    paired
}

/// What more than half of the readers marked: boxes of different readers are joined from the highest IoU down, where
/// every two boxes of the joined group then reach `threshold` and no reader stands in it twice; a group with boxes of
/// more than half of the readers is one consensus box, whose edges are the means of theirs.
pub(crate) fn consensus_boxes(readers: &[Vec<BoundingBox>], threshold: f64) -> Vec<BoundingBox> {
    let marked = readers.iter().enumerate().flat_map(|(reader, boxes)| boxes.iter().map(move |edges| (reader, *edges)));
    let marked = marked.collect::<Vec<_>>();
    let mut groups = (0..marked.len()).map(|index| vec![index]).collect::<Vec<_>>();
    let mut group_of = (0..marked.len()).collect::<Vec<_>>();
    let boxes = marked.iter().map(|(_, edges)| *edges).collect::<Vec<_>>();
    for (_, a, b) in near_pairs(&boxes, &boxes, threshold) {
        let (one, other) = (group_of[a], group_of[b]);
        if a >= b || one == other {
            continue;
        }
        let fit = |&x: &usize, &y: &usize| {
            let iou = boxes[x].iou(&boxes[y]);
            marked[x].0 != marked[y].0 && iou > 0.0 && iou >= threshold
        };
        if groups[one].iter().all(|x| groups[other].iter().all(|y| fit(x, y))) {
            let moved = std::mem::take(&mut groups[other]);
            moved.iter().for_each(|&index| group_of[index] = one);
            groups[one].extend(moved);
        }
    }
    let agreed = groups.iter().filter(|group| 2 * group.len() > readers.len() && !group.is_empty());
    agreed
        .map(|group| {
            let mean = |edge: fn(&BoundingBox) -> f64| {
                group.iter().map(|&index| edge(&boxes[index])).sum::<f64>() / group.len() as f64
            };
            BoundingBox::new(mean(|of| of.x_min), mean(|of| of.y_min), mean(|of| of.x_max), mean(|of| of.y_max))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use groundglass_types::BoundingBox;

    use super::{consensus_boxes, paired};

    const fn edges(x_min: f64, x_max: f64) -> BoundingBox {
        BoundingBox::new(x_min, 0.0, x_max, 1.0)
    }

    #[test]
    fn two_of_three_readers_agree() {
        let readers = [vec![edges(0.0, 4.0), edges(20.0, 22.0)], vec![edges(0.0, 5.0)], vec![edges(9.0, 12.0)]];
        assert_eq!(consensus_boxes(&readers, 0.5), vec![edges(0.0, 4.5)]);
        // 4 / 5 is below 0.9: nobody agrees with anybody.
        assert_eq!(consensus_boxes(&readers, 0.9), vec![]);
        // One of two is no majority, one of one is.
        assert_eq!(consensus_boxes(&readers[1..], 0.5), vec![]);
        assert_eq!(consensus_boxes(&readers[1..2], 0.5), vec![edges(0.0, 5.0)]);
    }

    #[test]
    fn a_chain_is_no_group() {
        // 0-10 and 3-13 have IoU 7 / 13, so have 3-13 and 6-16; 0-10 and 6-16 have 4 / 16.
        let readers = [vec![edges(0.0, 10.0)], vec![edges(3.0, 13.0)], vec![edges(6.0, 16.0)]];
        assert_eq!(consensus_boxes(&readers, 0.5), vec![edges(1.5, 11.5)]);
    }

    #[test]
    fn the_nearest_are_paired_first() {
        let (a, b) = ([edges(0.0, 10.0), edges(1.0, 11.0)], [edges(1.0, 11.0)]);
        assert_eq!(paired(&a, &b, 0.5), vec![1.0]);
        assert_eq!(paired(&a, &[], 0.0), Vec::<f64>::new());
    }
}
