//! What the numbers of a file's lines are: boxes, outlines or boxes with keypoints, and what stands at their ends.
//!
//! A line alone often does not say it: six numbers are a triangle, or a box with its confidence and its track. So a file
//! is looked at as a whole, and what fits two readings is told.

use std::collections::HashSet;

use super::lines::Line;

/// How many lines are looked at to tell keypoints from outlines.
const LOOKED_AT: usize = 50;

/// Outlines with more corners are not looked at: that takes the square of their number.
const MOST_CORNERS: usize = 150;

/// What the lines of a file are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Whether every line ends in the number of a track.
    pub tracks: bool,
    /// Keypoints of an object and numbers of a keypoint.
    pub keypoints: Keypoints,
    /// What else the lines could be, as a part of a sentence; empty where nothing.
    pub doubt: Option<String>,
}

/// Which lines have keypoints behind their box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keypoints {
    /// Those alone that show it by a visibility of 2.
    #[default]
    ByVisibility,
    /// All that are longer than a box, of so many keypoints and so many numbers each, as `kpt_shape` says.
    Said([usize; 2]),
    /// All lines, with a confidence at the end or without.
    All {
        /// Whether a confidence stands at the end.
        scored: bool,
    },
}

/// What a line marks.
#[derive(Debug, PartialEq)]
pub enum Marked {
    /// Middle, width and height, and whether keypoints follow.
    Box([f64; 4], bool),
    /// `x0, y0, x1, y1, ...`.
    Outline(Vec<f64>),
}

impl Shape {
    /// What the lines of a file are, where `said` is the `kpt_shape` of the set.
    pub fn of(lines: &[Line], said: Option<[usize; 2]>) -> Self {
        if let Some(said) = said {
            return Self { keypoints: Keypoints::Said(said), ..Self::default() };
        }
        if let Some(doubt) = tracks(lines) {
            return Self { tracks: true, keypoints: Keypoints::ByVisibility, doubt };
        }
        if let ([line], Some(1)) = (lines, lines.first().and_then(|line| line.ends_whole))
            && [5, 7].contains(&line.numbers.len())
        {
            let doubt =
                "its line ends in 1, which is read as a confidence and could be the number of a track".to_owned();
            return Self { doubt: Some(doubt), ..Self::default() };
        }
        with_keypoints(lines)
    }

    /// What a line marks, with its confidence.
    ///
    /// # Errors
    /// Why it marks nothing.
    pub fn read(&self, line: Line) -> Result<(Marked, Option<f64>), String> {
        let mut numbers = line.numbers;
        if let Keypoints::Said(said) = self.keypoints {
            return with_said_keypoints(&numbers, said);
        }
        if self.tracks {
            numbers.pop();
        }
        let &[x, y, width, height, ref behind @ ..] = &numbers[..] else {
            return Err("it has no box".to_owned());
        };
        let edges = [x, y, width, height];
        match self.keypoints {
            Keypoints::All { scored } => {
                let score = behind.last().filter(|_| scored).copied();
                return Ok((Marked::Box(edges, true), score.map(confidence).transpose()?));
            }
            _ if show_visibility(behind) => return Ok((Marked::Box(edges, true), None)),
            _ => {}
        }
        if let [] | [_] = behind {
            let score = behind.first().copied();
            return Ok((Marked::Box(edges, false), score.map(confidence).transpose()?));
        }
        let score = if numbers.len() % 2 == 1 { numbers.pop() } else { None };
        if let Some(number) = numbers.iter().find(|number| **number > 2.0) {
            return Err(format!("it holds {number}, where relative coordinates lie between 0 and 1"));
        }
        Ok((Marked::Outline(numbers), score.map(confidence).transpose()?))
    }
}

fn confidence(number: f64) -> Result<f64, String> {
    if (0.0..=1.0).contains(&number) {
        return Ok(number);
    }
    Err(format!("it ends in {number}, which is neither a confidence from 0 to 1 nor, beside the other lines, a track"))
}

/// Whether every line ends in the number of a track: whole, above 0 and each another. The doubt that remains comes back.
fn tracks(lines: &[Line]) -> Option<Option<String>> {
    let mut seen = HashSet::new();
    let are_others = lines.iter().all(|line| line.ends_whole.is_some_and(|track| seen.insert(track)));
    let highest = seen.iter().max().copied()?;
    if !are_others {
        return None;
    }
    let behind = |line: &Line| line.numbers.get(4..).map(show_visibility).unwrap_or_default();
    if highest >= 3 || (highest == 2 && !lines.iter().any(behind)) {
        return Some(None);
    }
    let is_box = match lines {
        [line] => matches!(line.numbers[..], [x, y, width, height, score, _]
            if is_within(x, width) && is_within(y, height) && (0.0..=1.0).contains(&score)),
        _ => false,
    };
    is_box.then(|| {
        let doubt = "its line is read as a box with a confidence and the number of a track, and could be a triangle";
        Some(doubt.to_owned())
    })
}

/// Whether every third number is a visibility, one of them 2, which no share of an image is.
fn show_visibility(behind: &[f64]) -> bool {
    let seen = |point: &[f64]| point.get(2).copied();
    behind.len() >= 3
        && behind.len().is_multiple_of(3)
        && behind.chunks(3).all(|point| seen(point).is_some_and(|seen| [0.0, 1.0, 2.0].contains(&seen)))
        && behind.chunks(3).any(|point| seen(point) == Some(2.0))
}

/// The box of a line whose keypoints the set describes.
fn with_said_keypoints(numbers: &[f64], [count, each]: [usize; 2]) -> Result<(Marked, Option<f64>), String> {
    let &[x, y, width, height, ref behind @ ..] = numbers else { return Err("it has no box".to_owned()) };
    let wanted = count.saturating_mul(each);
    // A model that gives no confidence of its keypoints writes two numbers of each.
    let places = count.saturating_mul(2);
    let rest = if behind.len() <= 1 {
        Some(behind)
    } else {
        let fitting =
            [wanted, places].into_iter().find(|taken| (0..=2).any(|more| taken.saturating_add(more) == behind.len()));
        fitting.and_then(|taken| behind.get(taken..))
    };
    let edges = [x, y, width, height];
    let has_keypoints = behind.len() > 1;
    match rest {
        Some([]) => Ok((Marked::Box(edges, has_keypoints), None)),
        // One whole number above 1 is that of a track.
        Some([track]) if *track > 1.0 && track.fract() == 0.0 => Ok((Marked::Box(edges, has_keypoints), None)),
        Some([score] | [score, _]) => Ok((Marked::Box(edges, has_keypoints), Some(confidence(*score)?))),
        _ => Err(format!(
            "it has {} numbers behind the class, where kpt_shape [{count}, {each}] wants {}",
            numbers.len(),
            wanted.saturating_add(4)
        )),
    }
}

/// Keypoints that nothing but the places of their points shows: all lines are of one length, every point lies in its box,
/// and as outlines the lines would cross themselves. Of keypoints without a third number that is too little.
fn with_keypoints(lines: &[Line]) -> Shape {
    let Some(length) = lines.first().map(|line| line.numbers.len()) else { return Shape::default() };
    let is_one = lines.iter().all(|line| line.numbers.len() == length);
    if !is_one || length < 10 || length / 2 > MOST_CORNERS {
        return Shape::default();
    }
    let looked_at = || lines.iter().take(LOOKED_AT).map(|line| &line.numbers[..]);
    for (each, scored) in [(3, false), (3, true), (2, false), (2, true)] {
        if !looked_at().all(|numbers| fits_keypoints(numbers, each, scored)) {
            continue;
        }
        let (count, crossing) = (looked_at().count(), looked_at().filter(|numbers| crosses_itself(numbers)).count());
        let (points, crosses) = ((length - 4) / each, 2 * crossing > count);
        if crosses && each == 3 {
            let doubt = format!(
                "its lines are read as boxes with {points} keypoints each, for as outlines they would cross themselves; \
                 kpt_shape in a data.yaml beside says it for certain"
            );
            return Shape { keypoints: Keypoints::All { scored }, doubt: Some(doubt), ..Shape::default() };
        }
        let are_seen = |numbers: &[f64]| {
            let behind = numbers.get(4..).unwrap_or_default();
            behind.chunks_exact(3).all(|point| point.get(2).is_some_and(|seen| *seen == 0.0 || *seen == 1.0))
        };
        if crosses || (each == 3 && looked_at().all(are_seen)) {
            let doubt = format!(
                "its lines are read as outlines and could be boxes with {points} keypoints each, which kpt_shape in a \
                 data.yaml beside would say"
            );
            return Shape { doubt: Some(doubt), ..Shape::default() };
        }
    }
    Shape::default()
}

/// What lies on an edge is rounded.
const ROUNDED: f64 = 0.02;

/// Whether a side of a box lies within the image.
pub fn is_within(middle: f64, length: f64) -> bool {
    length > 0.0 && middle - length / 2.0 >= -ROUNDED && middle + length / 2.0 <= 1.0 + ROUNDED
}

fn fits_keypoints(numbers: &[f64], each: usize, scored: bool) -> bool {
    let &[x, y, width, height, ref behind @ ..] = numbers else { return false };
    let behind = match behind {
        [points @ .., score] if scored && (0.0..=1.0).contains(score) => points,
        _ if scored => return false,
        behind => behind,
    };
    let near = |at: f64, middle: f64, length: f64| (at - middle).abs() <= length * 0.55 + ROUNDED;
    let fits = |point: &[f64]| match *point {
        [across, down, ref seen @ ..] => {
            let is_none = across == 0.0 && down == 0.0;
            seen.iter().all(|seen| (0.0..=1.0).contains(seen))
                && (is_none || near(across, x, width) && near(down, y, height))
        }
        _ => false,
    };
    is_within(x, width)
        && is_within(y, height)
        && behind.len() >= 2 * 3
        && behind.len().is_multiple_of(each)
        && behind.chunks(each).all(fits)
}

/// Whether an outline crosses itself, and more than once: a careless hand does once.
fn crosses_itself(numbers: &[f64]) -> bool {
    let corners: Vec<(f64, f64)> = numbers
        .chunks_exact(2)
        .filter_map(|corner| match *corner {
            [x, y] => Some((x, y)),
            _ => None,
        })
        .collect();
    let sides: Vec<_> = corners.iter().zip(corners.iter().cycle().skip(1)).collect();
    let turn = |a: (f64, f64), b: (f64, f64), c: (f64, f64)| (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0);
    let part = |a, b, c, d| turn(a, b, c) * turn(a, b, d) < 0.0;
    let crossings = sides.iter().enumerate().flat_map(|(place, (a, b))| {
        let others = sides.iter().skip(place + 2);
        others.filter(move |(c, d)| part(**a, **b, **c, **d) && part(**c, **d, **a, **b))
    });
    crossings.take(2).count() == 2
}
