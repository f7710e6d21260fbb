//! From many overlapping boxes to one a thing: suppression and weighted clustering.
//!
//! Both work on candidates of one class; callers run them class by class.

use groundglass_types::BoundingBox;

/// A scored box, and how central it lay in the tile that saw it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The box, in pixels of the whole image.
    pub bounding_box: BoundingBox,
    /// Confidence, 0 to 1.
    pub score: f32,
    /// Weight of the box's place in its tile: 1 at the centre, less towards the edge.
    pub centrality: f32,
    /// The number of the tile.
    pub tile: usize,
}

/// Order by score, best first; ties keep their order.
fn sort_by_score(candidates: &mut [Candidate]) {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
}

/// Non-maximum suppression: keeps a box unless one with a higher score overlaps it by more than `iou`.
/// Continuous edges (no `+ 1` pixel). At most `limit` boxes, best first.
pub fn suppress(mut candidates: Vec<Candidate>, iou: f64, limit: usize) -> Vec<Candidate> {
    sort_by_score(&mut candidates);
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        if kept.len() == limit {
            break;
        }
        if kept.iter().all(|better| better.bounding_box.iou(&candidate.bounding_box) <= iou) {
            kept.push(candidate);
        }
    }
    kept
}

/// Weighted box clustering over tiles (Jaeger et al. 2018, section 3.2; medicaldetectiontoolkit,
/// `weighted_box_clustering`).
///
/// Boxes that overlap the best one by more than `iou` form its cluster. A member's weight is
/// `IoU with the best * area * centrality`; the cluster's score is
/// `sum(score * weight) / (sum(weight) + missing * mean(weight))`, where `missing` is how many of the
/// tiles that should have seen it (`views`, given the cluster's best box) have no member; its
/// coordinates are means weighted by `score * weight`.
pub fn cluster(mut candidates: Vec<Candidate>, iou: f64, views: impl Fn(&BoundingBox) -> usize) -> Vec<Candidate> {
    sort_by_score(&mut candidates);
    let mut clusters = Vec::new();
    let mut taken = vec![false; candidates.len()];
    for first in 0..candidates.len() {
        if taken[first] {
            continue;
        }
        let best = candidates[first];
        let mut members = Vec::new();
        for (index, other) in candidates.iter().enumerate().skip(first) {
            if taken[index] {
                continue;
            }
            let overlap = if index == first { 1.0 } else { best.bounding_box.iou(&other.bounding_box) };
            if overlap > iou {
                taken[index] = true;
                members.push((other, overlap * other.bounding_box.area() * f64::from(other.centrality)));
            }
        }
        clusters.push(merge(best, &members, views(&best.bounding_box)));
    }
    sort_by_score(&mut clusters);
    clusters
}

fn merge(best: Candidate, members: &[(&Candidate, f64)], views: usize) -> Candidate {
    let weight: f64 = members.iter().map(|(_, weight)| weight).sum();
    if weight <= 0.0 {
        return best;
    }
    let mut tiles: Vec<usize> = members.iter().map(|(member, _)| member.tile).collect();
    tiles.sort_unstable();
    tiles.dedup();
    let missing = views.saturating_sub(tiles.len()) as f64;
    let scored: f64 = members.iter().map(|(member, weight)| f64::from(member.score) * weight).sum();
    let score = scored / (weight + missing * weight / members.len() as f64);
    let mean = |edge: fn(&BoundingBox) -> f64| {
        if scored > 0.0 {
            let sum: f64 = members.iter().map(|(m, weight)| edge(&m.bounding_box) * f64::from(m.score) * weight).sum();
            sum / scored
        } else {
            edge(&best.bounding_box)
        }
    };
    Candidate {
        bounding_box: BoundingBox::new(mean(|b| b.x_min), mean(|b| b.y_min), mean(|b| b.x_max), mean(|b| b.y_max)),
        score: score as f32,
        ..best
    }
}

#[cfg(test)]
mod tests {
    use super::{BoundingBox, Candidate, cluster, suppress};

    fn candidate(x: f64, score: f32, tile: usize) -> Candidate {
        let bounding_box = BoundingBox::new(x, 0.0, x + 10.0, 10.0);
        Candidate { bounding_box, score, centrality: 1.0, tile }
    }

    #[test]
    fn suppression_keeps_the_best_of_an_overlap() {
        let kept = suppress(vec![candidate(1.0, 0.5, 0), candidate(0.0, 0.9, 0), candidate(40.0, 0.3, 0)], 0.5, 9);
        assert_eq!(kept.iter().map(|c| c.score).collect::<Vec<_>>(), [0.9, 0.3]);
        assert_eq!(suppress(vec![candidate(0.0, 0.9, 0), candidate(40.0, 0.3, 0)], 0.5, 1).len(), 1);
    }

    #[test]
    fn a_box_alone_stays_as_it_is() {
        let alone = candidate(3.0, 0.7, 0);
        assert_eq!(cluster(vec![alone], 0.5, |_| 1), [alone]);
    }

    #[test]
    fn two_views_of_one_thing_are_averaged_by_score_and_overlap() {
        // IoU of the two is 8 / 12; weights are 100 and 100 * 2 / 3.
        let merged = cluster(vec![candidate(0.0, 0.8, 0), candidate(2.0, 0.4, 1)], 0.3, |_| 2);
        assert_eq!(merged.len(), 1);
        let (a, b) = (0.8 * 100.0, 0.4 * 100.0 * 2.0 / 3.0);
        let expected_score = (a + b) / (100.0 + 200.0 / 3.0);
        assert!((f64::from(merged[0].score) - expected_score).abs() < 1e-6);
        assert!((merged[0].bounding_box.x_min - 2.0 * b / (a + b)).abs() < 1e-6);
    }

    #[test]
    fn a_view_that_misses_it_lowers_the_score() {
        let merged = cluster(vec![candidate(0.0, 0.8, 0)], 0.3, |_| 2);
        assert!((merged[0].score - 0.4).abs() < 1e-6);
    }
}
