//! In which order the frames of an object lie in the patient.
//!
//! Frames are shown in the order in which they are stored, whatever their places are: everything that speaks of a frame does
//! so by its number there (PS3.3 2024, C.7.6.16, and Referenced Frame Number), and so do arrays that other programs make of
//! the file. An order that is not that in space is told.

use crate::steps::{Gap, Steps};

/// How the frames lie.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Order {
    /// From one to the next in millimetres, where that is the same between all.
    pub slice_spacing: Option<f64>,
    /// Of frames that lie at the same places several times over: how often a frame's place has come, from 1. Else empty.
    pub times: Vec<usize>,
    /// What a person must know of it.
    pub note: Option<String>,
}

/// How many gaps are named.
const NAMED: usize = 3;
const STORED: &str = "they keep the order in which they are stored";

impl Order {
    /// Of frames in planes that face different ways.
    pub fn of_planes() -> Self {
        let note = format!(
            "Its frames lie in planes that face different ways (several stacks); {STORED}, and no distance between slices is given."
        );
        Self { note: Some(note), ..Self::default() }
    }

    /// Of the places of the frames along the normal of their plane, in millimetres and in the order of the file.
    pub fn of(along: &[f64]) -> Self {
        let mut places: Vec<(f64, usize)> = along.iter().copied().zip(0..).collect();
        places.sort_by(|(a, one), (b, other)| a.total_cmp(b).then(one.cmp(other)));
        let sorted: Vec<f64> = places.iter().map(|(along, _)| *along).collect();
        let steps = Steps::of(&sorted);
        let frames = along.len();
        if steps.places == 1 && frames > 1 {
            let note = format!("Its {frames} frames lie at one place in the patient: they are no slices of a volume.");
            return Self { note: Some(note), ..Self::default() };
        }
        // For each frame the number of its place, and how often that has come.
        let (mut place, mut time) = (0, 0);
        let mut spots = vec![(0, 0); frames];
        for (rank, &(_, frame)) in places.iter().enumerate() {
            if steps.repeated.binary_search(&rank).is_ok() {
                time += 1;
            } else {
                (place, time) = (place + usize::from(rank > 0), 1);
            }
            if let Some(spot) = spots.get_mut(frame) {
                *spot = (time, place);
            }
        }
        let most = spots.iter().map(|(time, _)| *time).max().unwrap_or(1);
        let is_full = most * steps.places == frames;
        let of_time = |wanted: usize| spots.iter().filter(move |(time, _)| *time == wanted).map(|(_, place)| *place);
        let is_rising = is_full && (1..=most).all(|time| of_time(time).is_sorted());
        let is_falling = is_full && (1..=most).all(|time| of_time(time).is_sorted_by(|a, b| a >= b));
        if !is_rising && !is_falling {
            let note = match most {
                1 => format!(
                    "Its frames are not stored in their order in space; {STORED}, and no distance between slices is given."
                ),
                _ => format!(
                    "Its {frames} frames lie at {} places, at some of them up to {most} (several times, stacks or contrasts); {STORED}, and no distance between slices is given.",
                    steps.places
                ),
            };
            return Self { note: Some(note), ..Self::default() };
        }
        let mut notes = Vec::new();
        if most > 1 {
            notes.push(format!(
                "Its {frames} frames lie at {} places, {most} at each (several times or contrasts); {STORED}.",
                steps.places
            ));
        }
        if is_falling {
            notes.push(
                "Its frames are stored in falling order along the normal of their plane (axial ones from the head to the feet); they keep it, so that #1 is not the lowest.".to_owned(),
            );
        }
        if steps.even.is_none()
            && let Some([shortest, longest]) = steps.range
        {
            let millimetres = |number: f64| (number * 1e3).round() / 1e3 + 0.0;
            notes.push(format!(
                "Its places lie {} to {} mm apart, so that no distance between slices is given.",
                millimetres(shortest),
                millimetres(longest)
            ));
            let at = |rank: usize| {
                let (along, frame) = places.get(rank).copied().unwrap_or_default();
                format!("frame {} at {} mm", frame + 1, millimetres(along))
            };
            let gap = |&Gap { behind, missing, usual }: &Gap| {
                let (slices, usual) = (if missing == 1 { "slice" } else { "slices" }, millimetres(usual));
                format!("{missing} {slices} of {usual} mm between {} and {}", at(behind - 1), at(behind))
            };
            let mut gaps: Vec<String> = steps.gaps.iter().take(NAMED).map(gap).collect();
            if let Some(more) = steps.gaps.len().checked_sub(NAMED).filter(|more| *more > 0) {
                gaps.push(format!("{more} more"));
            }
            if !gaps.is_empty() {
                notes.push(format!("It seems to miss {}.", gaps.join(", ")));
            }
        }
        Self {
            slice_spacing: steps.even,
            times: if most > 1 { spots.iter().map(|(time, _)| *time).collect() } else { Vec::new() },
            note: (!notes.is_empty()).then(|| notes.join(" ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Order;

    fn note(along: &[f64]) -> String {
        Order::of(along).note.unwrap_or_default()
    }

    #[test]
    fn frames_in_their_order_in_space_have_a_distance() {
        let rising = Order::of(&[-5.0, -2.5, 0.0, 2.5]);
        assert_eq!(rising, Order { slice_spacing: Some(2.5), times: Vec::new(), note: None });
        let falling = Order::of(&[5.0, 2.5, 0.0]);
        assert_eq!(falling.slice_spacing, Some(2.5));
        assert!(note(&[5.0, 2.5, 0.0]).contains("#1 is not the lowest"));
        // The first two frames alone would say 2.5 mm.
        let gap = Order::of(&[0.0, 2.5, 5.0, 10.0, 12.5, 15.0]);
        assert_eq!(gap.slice_spacing, None);
        assert!(note(&[0.0, 2.5, 5.0, 10.0, 12.5, 15.0]).contains("Its places lie 2.5 to 5 mm apart"));
        assert!(
            note(&[0.0, 2.5, 5.0, 10.0, 12.5, 15.0])
                .contains("It seems to miss 1 slice of 2.5 mm between frame 3 at 5 mm and frame 4 at 10 mm.")
        );
        assert!(
            note(&[7.5, 0.0, -2.5, -5.0]).contains("2 slices of 2.5 mm between frame 2 at 0 mm and frame 1 at 7.5 mm")
        );
    }

    #[test]
    fn frames_in_another_order_are_told_and_have_no_distance() {
        let shuffled = Order::of(&[0.0, 5.0, 2.5, 7.5]);
        assert_eq!((shuffled.slice_spacing, shuffled.times), (None, Vec::new()));
        assert!(note(&[0.0, 5.0, 2.5, 7.5]).contains("not stored in their order in space"));
        assert!(note(&[1.0, 1.0, 1.0]).contains("at one place"));
        assert!(note(&[0.0, 1.0, 1.0, 2.0]).contains("at 3 places, at some of them up to 2"));
    }

    #[test]
    fn frames_at_the_same_places_are_several_times() {
        // One time after the other, and place by place.
        for (along, times) in
            [([0.0, 2.0, 4.0, 0.0, 2.0, 4.0], [1, 1, 1, 2, 2, 2]), ([0.0, 0.0, 2.0, 2.0, 4.0, 4.0], [1, 2, 1, 2, 1, 2])]
        {
            let order = Order::of(&along);
            assert_eq!((order.slice_spacing, &order.times[..]), (Some(2.0), &times[..]));
            assert!(note(&along).contains("6 frames lie at 3 places, 2 at each"));
        }
    }
}
