//! Average precision by the trapezoid rule, and curves over the score.

/// Scores at which curves are read off.
pub(super) const STEPS: usize = 1000;

/// The window over which the mean F1 is smoothed.
const WINDOW: usize = STEPS / 10;

/// The area under the envelope of precision over recall, linear between its points, at 101 recalls by the trapezoid
/// rule. The curve begins at recall 0 and precision 1, and ends at recall 1 and precision 0.
pub(super) fn average_precision(hits: impl Iterator<Item = bool>, truths: f64) -> f64 {
    let (mut recalls, mut precisions, mut found) = (vec![0.0], vec![1.0], 0.0);
    for (before, hit) in hits.enumerate() {
        found += f64::from(u8::from(hit));
        recalls.push(found / truths);
        precisions.push(found / (before as f64 + 1.0));
    }
    recalls.push(1.0);
    precisions.push(0.0);
    for index in (1..precisions.len()).rev() {
        precisions[index - 1] = precisions[index - 1].max(precisions[index]);
    }
    let mut place = 0;
    let (mut area, mut before) = (0.0, None);
    for step in 0..=100_u32 {
        let recall = f64::from(step) * 0.01;
        while place + 1 < recalls.len() && recalls[place + 1] <= recall {
            place += 1;
        }
        let precision = between(&recalls, &precisions, place, recall);
        if let Some((last_recall, last_precision)) = before {
            area += (recall - last_recall) * (precision + last_precision) / 2.0;
        }
        before = Some((recall, precision));
    }
    area
}

/// Linear between two points; `place` is the last at or before `x`, so that the next lies beyond it.
fn between(xs: &[f64], ys: &[f64], place: usize, x: f64) -> f64 {
    if place + 1 >= xs.len() || xs[place] == x {
        return ys[place];
    }
    let slope = (ys[place + 1] - ys[place]) / (xs[place + 1] - xs[place]);
    slope * (x - xs[place]) + ys[place]
}

/// A curve over the score, read off at 1000 scores from 0 to 1 as `numpy.interp` reads it, which also says what comes
/// of scores that do not fall. Where no score is as high, the curve is `above`. Lists are equally long and not empty.
pub(super) fn over_scores(scores: &[f64], values: &[f64], above: f64) -> Vec<f64> {
    let xs = scores.iter().map(|score| -score).collect::<Vec<_>>();
    let mut guess = 0;
    let at = |step: usize| {
        let x = if step + 1 == STEPS { -1.0 } else { -(step as f64 * (1.0 / (STEPS - 1) as f64)) };
        match search(&xs, x, guess) {
            None => {
                guess = 0;
                above
            }
            Some(place) => {
                guess = place;
                between(&xs, values, place.min(xs.len() - 1), x)
            }
        }
    };
    (0..STEPS).map(at).collect()
}

/// The place of the last of `xs` at or before `x`, `xs.len()` behind all, `None` before all. In a list that is not
/// sorted the answer depends on where the search begins, so it goes as in numpy: near `guess`, then by halving.
fn search(xs: &[f64], x: f64, guess: usize) -> Option<usize> {
    let length = xs.len();
    if x > xs[length - 1] {
        return Some(length);
    }
    if x < xs[0] {
        return None;
    }
    if length <= 4 {
        let behind = (1..length).find(|&place| x < xs[place]).unwrap_or(length);
        return Some(behind - 1);
    }
    let near = 8;
    let guess = guess.clamp(1, length - 3);
    let (mut low, mut high) = (0, length);
    if x < xs[guess] {
        if x >= xs[guess - 1] {
            return Some(guess - 1);
        }
        high = guess - 1;
        if guess > near && x >= xs[guess - near] {
            low = guess - near;
        }
    } else if x < xs[guess + 1] {
        return Some(guess);
    } else if x < xs[guess + 2] {
        return Some(guess + 1);
    } else {
        low = guess + 2;
        if guess + near + 1 < length && x < xs[guess + near] {
            high = guess + near;
        }
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if x >= xs[middle] {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Some(low.saturating_sub(1))
}

/// Harmonic mean of precision and recall.
pub(super) fn f1(precision: f64, recall: f64) -> f64 {
    2.0 * precision * recall / (precision + recall + 1e-16)
}

/// Where the mean of the curves, smoothed over a tenth of them, is highest; the first of equal places.
pub(super) fn best_step<'a>(curves: impl Iterator<Item = &'a [f64]>) -> usize {
    let (mut sums, mut counts) = (vec![0.0; STEPS], vec![0_u32; STEPS]);
    for curve in curves {
        for ((sum, count), value) in sums.iter_mut().zip(&mut counts).zip(curve) {
            if !value.is_nan() {
                *sum += value;
                *count += 1;
            }
        }
    }
    let means = sums.iter().zip(&counts).map(|(sum, &count)| sum / f64::from(count.max(1))).collect::<Vec<_>>();
    let smooth = |step: usize| {
        let window = &means[step.saturating_sub(WINDOW / 2)..(step + WINDOW / 2).min(STEPS)];
        window.iter().map(|mean| mean * (1.0 / WINDOW as f64)).sum::<f64>()
    };
    let smoothed = (0..STEPS).map(smooth).collect::<Vec<_>>();
    let highest = smoothed.iter().copied().fold(0.0, f64::max);
    // What differs by rounding alone is equal.
    smoothed.iter().position(|&mean| mean >= highest - 1e-12).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last place at or before `x`, by looking at all of a sorted list.
    fn looked_for(xs: &[f64], x: f64) -> Option<usize> {
        let at_or_before = xs.iter().filter(|&&one| one <= x).count();
        if at_or_before == xs.len() && x > xs[xs.len() - 1] { Some(xs.len()) } else { at_or_before.checked_sub(1) }
    }

    #[test]
    fn in_a_sorted_list_a_search_finds_the_place_wherever_it_begins() {
        for length in [1, 2, 4, 5, 9, 10, 12, 30] {
            // Every third number is there twice.
            let mut xs = (0..length).map(|place| f64::from(place - i32::from(place % 3 == 1))).collect::<Vec<_>>();
            xs.sort_by(f64::total_cmp);
            for guess in 0..=xs.len() {
                for half in -2..2 * length + 2 {
                    let x = f64::from(half) / 2.0;
                    assert_eq!(search(&xs, x, guess), looked_for(&xs, x), "{x} in {length} from {guess}");
                }
            }
        }
    }

    #[test]
    fn in_a_list_that_is_not_sorted_it_goes_near_the_guess_first() {
        // 3 lies between places 1 and 2, and again between 5 and 6.
        let xs = [0.0, 2.0, 4.0, 4.0, 1.0, 2.0, 5.0, 9.0];
        assert_eq!([1, 5].map(|guess| search(&xs, 3.0, guess)), [Some(1), Some(5)]);
        // At the place before the guess, and at the next but one.
        assert_eq!([2, 4].map(|guess| search(&xs, 3.0, guess)), [Some(1), Some(5)]);
    }

    #[test]
    fn between_points_a_curve_is_a_line() {
        let (xs, ys) = ([0.0, 1.0, 3.0], [1.0, 0.5, 0.1]);
        assert_eq!(
            [(0, 0.0), (0, 0.5), (1, 1.0), (2, 3.0), (2, 4.0)].map(|(place, x)| between(&xs, &ys, place, x)),
            [1.0, 0.75, 0.5, 0.1, 0.1]
        );
        assert!((between(&xs, &ys, 1, 2.5) - 0.2).abs() < 1e-15);
    }
}
