//! How slices follow one another along the normal of their planes.

/// Slices within this distance, in millimetres, lie at one place: positions are decimal texts.
const ONE_PLACE: f64 = 1e-3;
/// Distances that differ by no more than this share of the usual one are the same.
const SAME: f64 = 0.01;

/// How slices that lie at rising places follow one another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steps {
    /// From each place to the next, in millimetres to four decimals; `None` where that differs by more than a hundredth.
    pub even: Option<f64>,
    /// The shortest and the longest distance between neighbouring places, in millimetres.
    pub range: Option<[f64; 2]>,
    /// Where slices seem to be missing.
    pub gaps: Vec<Gap>,
    /// Slices that lie at the place of the one before them, by their index.
    pub repeated: Vec<usize>,
    /// How many different places there are.
    pub places: usize,
}

/// Neighbouring slices between which others seem to be missing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// The index of the slice behind the gap.
    pub behind: usize,
    /// How many slices would fit between, at the usual distance.
    pub missing: usize,
    /// The usual distance in millimetres: the median.
    pub usual: f64,
}

impl Steps {
    /// Of places in millimetres in rising order, one for each slice.
    ///
    /// Gaps are looked for where more than half of three or more distances are the usual one: a distance of at least one
    /// and a half of it.
    pub fn of(places: &[f64]) -> Self {
        let mut found = Self { places: places.len().min(1), ..Self::default() };
        let mut steps: Vec<(usize, f64)> = Vec::new();
        let mut before = places.first().copied().unwrap_or_default();
        for (behind, &place) in places.iter().enumerate().skip(1) {
            if place - before > ONE_PLACE {
                steps.push((behind, place - before));
                before = place;
            } else {
                found.repeated.push(behind);
            }
        }
        found.places += steps.len();
        let mut sorted: Vec<f64> = steps.iter().map(|(_, step)| *step).collect();
        sorted.sort_by(f64::total_cmp);
        let (Some(&shortest), Some(&longest)) = (sorted.first(), sorted.last()) else { return found };
        found.range = Some([shortest, longest]);
        let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
        if sorted.iter().all(|step| (step - mean).abs() <= SAME * mean) {
            found.even = Some(rounded(mean)).filter(|step| *step > 0.0);
            return found;
        }
        let usual = sorted.get((sorted.len() - 1) / 2).copied().unwrap_or(mean);
        let as_usual = sorted.iter().filter(|step| (*step - usual).abs() <= SAME * usual).count();
        if sorted.len() >= 3 && as_usual * 2 > sorted.len() {
            let gaps = steps.iter().filter(|(_, step)| *step >= 1.5 * usual);
            let gap = |&(behind, step): &(usize, f64)| {
                let missing = (step / usual).round() as usize - 1;
                Gap { behind, missing: missing.max(1), usual: rounded(usual) }
            };
            found.gaps = gaps.map(gap).collect();
        }
        found
    }
}

/// To four decimals, beyond which the texts of positions say nothing.
fn rounded(millimetres: f64) -> f64 {
    (millimetres * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use super::{Gap, Steps};

    #[test]
    fn slices_have_a_distance_where_it_is_the_same_between_all() {
        assert_eq!(Steps::of(&[-4.0, -1.5, 1.0, 3.501]).even, Some(2.5003));
        assert_eq!(Steps::of(&[0.0, 2.5, 7.5]), Steps { range: Some([2.5, 5.0]), places: 3, ..Steps::default() });
        assert_eq!(Steps::of(&[1.0]), Steps { places: 1, ..Steps::default() });
        assert_eq!(Steps::of(&[]), Steps::default());
    }

    #[test]
    fn missing_slices_are_counted_by_the_usual_distance() {
        let gap = |behind, missing| Gap { behind, missing, usual: 2.5 };
        assert_eq!(Steps::of(&[0.0, 2.5, 5.0, 12.5, 15.0]).gaps, [gap(3, 2)]);
        assert_eq!(Steps::of(&[0.0, 5.0, 7.5, 10.0, 12.5, 17.5]).gaps, [gap(1, 1), gap(5, 1)]);
        // Nothing is usual.
        assert_eq!(Steps::of(&[0.0, 1.0, 3.0, 6.0]).gaps, []);
        assert_eq!(Steps::of(&[0.0, 2.5, 10.0]).gaps, []);
    }

    #[test]
    fn slices_at_one_place_are_told_and_do_not_count_as_steps() {
        let found = Steps::of(&[0.0, 0.0, 2.5, 2.5004, 5.0, 5.0]);
        assert_eq!((found.repeated, found.places, found.even), (vec![1, 3, 5], 3, Some(2.5)));
        let found = Steps::of(&[1.0, 1.0]);
        assert_eq!((found.repeated, found.places, found.even), (vec![1], 1, None));
    }
}
