//! How much two ordered lists have in common, from the top down.

/// Average overlap: the share that the first k of both lists have in common, averaged over k = 1, ..., `length`; 0 for
/// a length of 0. A list that ends before k has fewer classes to share.
///
/// Source: Wu and Crestani, 2003; google-deepmind/uncertain_ground_truth, `ranking_metrics.average_overlap`.
pub fn average_overlap(predicted: &[u32], reference: &[u32], length: usize) -> f64 {
    let (mut sum, mut shared) = (0.0, 0_u32);
    for place in 0..length.min(predicted.len().max(reference.len())) {
        let new = |list: &[u32], other: &[u32], both: bool| {
            let class = list.get(place)?;
            // Where both add the same class, it counts once: for the first list.
            let before = other.len().min(place + usize::from(both));
            other[..before].contains(class).then_some(())
        };
        shared += u32::from(new(predicted, reference, true).is_some());
        shared += u32::from(new(reference, predicted, false).is_some());
        sum += f64::from(shared) / (place as f64 + 1.0);
    }
    let longest = predicted.len().max(reference.len());
    for place in longest..length {
        sum += f64::from(shared) / (place as f64 + 1.0);
    }
    if length > 0 { sum / length as f64 } else { 0.0 }
}

/// Average overlap of lists with ties: a class of a group of m stands in each of the group's m places with 1 / m, and the
/// classes not listed share the places after all others. `normalized` divides by the geometric mean of what each list has
/// in common with itself, so that equal lists give 1. 0 where a list is empty or `length` is 0.
///
/// Source: Stutz et al., arXiv 2307.02191; `ranking_metrics.partial_average_overlap`.
pub fn partial_average_overlap(
    predicted: &[Vec<u32>],
    reference: &[Vec<u32>],
    classes: usize,
    length: usize,
    normalized: bool,
) -> f64 {
    let (predicted, reference) = (Places::new(predicted, classes), Places::new(reference, classes));
    let (Some(predicted), Some(reference)) = (predicted, reference) else { return 0.0 };
    let overlap = predicted.overlap(&reference, length);
    if !normalized || overlap <= 0.0 {
        return overlap;
    }
    overlap / (predicted.overlap(&predicted, length) * reference.overlap(&reference, length)).sqrt()
}

/// For each class the places that its group takes: the first, and how many.
struct Places(Vec<(usize, usize)>);

impl Places {
    /// `None` for an empty list.
    fn new(groups: &[Vec<u32>], classes: usize) -> Option<Self> {
        let listed = groups.iter().map(Vec::len).sum::<usize>();
        let mut places = vec![(listed, classes.saturating_sub(listed)); classes];
        let mut start = 0;
        for group in groups {
            for &class in group {
                if let Some(place) = places.get_mut(class as usize) {
                    *place = (start, group.len());
                }
            }
            start += group.len();
        }
        (listed > 0).then_some(Self(places))
    }

    fn overlap(&self, other: &Self, length: usize) -> f64 {
        let mut sum = 0.0;
        for first in 1..=length.min(self.0.len()) {
            let pairs = self.0.iter().zip(&other.0);
            let shared = pairs.map(|(a, b)| within(*a, first) * within(*b, first)).sum::<f64>();
            sum += shared / first as f64;
        }
        if length > 0 { sum / length as f64 } else { 0.0 }
    }
}

/// How much of a class stands within the first places.
fn within((start, size): (usize, usize), first: usize) -> f64 {
    if first <= start { 0.0 } else { ((first - start) as f64 / size as f64).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::{average_overlap, partial_average_overlap};

    fn close(found: &[f64], expected: &[f64], tolerance: f64) {
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < tolerance, "{found} is not {expected}");
        }
    }

    #[test]
    fn average_overlap_is_that_of_the_reference() {
        // ranking_metrics_test.py, test_average_overlap.
        let (a, b) = ([2, 0, 1, 4, 3], [3, 4, 1, 0, 2]);
        let found = [
            average_overlap(&a, &[0, 1, 2, 4, 3], 3),
            average_overlap(&a, &[1, 0, 2, 4, 3], 4),
            average_overlap(&a, &[1, 0, 2, 4, 3], 5),
            average_overlap(&b, &[4, 1, 3, 0, 2], 1),
            average_overlap(&b, &b, 2),
            average_overlap(&b, &b, 0),
        ];
        close(&found, &[0.5, 0.625, 0.7, 0.0, 1.0, 0.0], 1e-12);
    }

    #[test]
    fn a_list_that_ends_keeps_what_it_shared() {
        // 1/1, 1/2, 1/3.
        close(&[average_overlap(&[4], &[4, 1, 2], 3)], &[11.0 / 18.0], 1e-12);
        close(&[average_overlap(&[4], &[4], 3)], &[11.0 / 18.0], 1e-12);
    }

    #[test]
    fn partial_average_overlap_is_that_of_the_reference() {
        // ranking_metrics_test.py, test_partial_average_overlap.
        let groups = |groups: &[&[u32]]| groups.iter().map(|group| group.to_vec()).collect::<Vec<_>>();
        let all = groups(&[&[0], &[1], &[2]]);
        let late = groups(&[&[2], &[0, 1], &[3]]);
        let full = groups(&[&[2], &[0], &[1], &[3]]);
        let cases = [
            (groups(&[&[0], &[1, 2]]), groups(&[&[0], &[1, 2]]), 4),
            (all.clone(), groups(&[&[2, 0], &[1], &[3]]), 2),
            (all.clone(), groups(&[&[2], &[0, 1], &[3]]), 3),
            (all, groups(&[&[2, 0, 1], &[3]]), 3),
            (late.clone(), groups(&[&[0], &[1]]), 3),
            (full, groups(&[&[0], &[1], &[2], &[3]]), 4),
            (late.clone(), groups(&[&[0], &[1]]), 0),
            (groups(&[]), groups(&[&[0], &[1]]), 3),
            (late, groups(&[]), 3),
        ];
        for (normalized, expected) in [
            (false, [0.9375, 0.5, 0.5, 2.0 / 3.0, 0.4444445, 0.625, 0.0, 0.0, 0.0]),
            (true, [1.0, 0.5773503, 0.5222330, 0.8164966, 0.4776652, 0.625, 0.0, 0.0, 0.0]),
        ] {
            let found = cases.iter().map(|(a, b, length)| partial_average_overlap(a, b, 4, *length, normalized));
            close(&found.collect::<Vec<_>>(), &expected, 1e-7);
        }
    }
}
