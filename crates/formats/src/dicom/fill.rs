//! Contours of a region to the pixels of an image.
//!
//! **Outlines.** A pixel whose centre lies on a contour belongs to the region, on all sides alike: points along the path
//! belong to it (PS3.3 2024, C.8.8.6.3), and programs draw contours through the centres of the outermost pixels. That goes
//! for the outline of a hole too, which is drawn through the region's pixels around it.
//!
//! **Holes.** The standard knows two ways to cut a hole, keyholes and `CLOSEDPLANAR_XOR`, and says nothing of contours
//! that lie within others. Programs write holes so all the same, and read them as such, so a contour that lies wholly
//! within another is outside, one within that is inside again, and so on; how many cut a hole is for the caller to tell.
//! Contours that overlap in part are joined.

use std::cmp::Reverse;
use std::ops::Range;

use groundglass_types::{Mask, MaskError};

use super::plane::Plane;
use super::structures::{Contour, ContourKind};

/// How near a pixel's centre lies to an outline that goes through it, in pixels: coordinates are rounded.
const ON_OUTLINE: f64 = 1e-3;

/// How many contours within one another are told apart; those further in count as part of the outermost.
const DEEPEST: usize = 64;

/// The pixels of a region.
#[derive(Clone, Debug, PartialEq)]
pub struct ContourMask {
    /// Which pixels are inside.
    pub mask: Mask,
    /// How many contours cut a hole because they lie within another.
    pub holes: usize,
}

/// The pixels whose centres lie within the closed contours of a region, or on them, on an image of `width` x `height`
/// pixels.
///
/// Within a contour a point is inside if a line from it crosses the outline an odd number of times, so that keyholes cut
/// holes. Contours are joined, or cut holes where one lies within another; those of [`ContourKind::ClosedXor`] are inside
/// where an odd number of them overlap. Open contours and points have no inside. Which contours lie on the image is for
/// the caller to choose.
///
/// # Errors
/// [`MaskError`] where the image is too large for a mask.
pub fn contour_mask<'c>(
    contours: impl IntoIterator<Item = &'c Contour>,
    plane: &Plane,
    size: (usize, usize),
) -> Result<ContourMask, MaskError> {
    let (width, height) = size;
    Mask::from_fn(width, height, |_, _| false)?;
    let mut inside = vec![0_u8; width * height];
    let mut parity = vec![0_u8; width * height];
    let mut closed: Vec<Outline> = Vec::new();
    for contour in contours {
        let outline = Outline(contour.points.iter().map(|&point| plane.project(point).0).collect());
        match contour.kind {
            ContourKind::Closed => closed.push(outline),
            ContourKind::ClosedXor => {
                outline.interior(size, |place| parity.get_mut(place).into_iter().for_each(|pixel| *pixel ^= 1));
                outline.rim(size, |place| set(&mut inside, place));
            }
            ContourKind::Open | ContourKind::Points => {}
        }
    }
    inside.iter_mut().zip(parity).for_each(|(pixel, parity)| *pixel |= parity);
    let holes = match closed.as_slice() {
        [] => 0,
        [one] => {
            one.pixels(size).0.into_iter().for_each(|place| set(&mut inside, place));
            0
        }
        several => nest(several, size, &mut inside),
    };
    Ok(ContourMask { mask: Mask::from_row_major(width, height, &inside)?, holes })
}

fn set(pixels: &mut [u8], place: usize) {
    pixels.get_mut(place).into_iter().for_each(|pixel| *pixel = 1);
}

/// A contour among others.
struct Nested {
    /// The smallest that it lies within.
    parent: Option<usize>,
    /// How many it lies within.
    level: usize,
    /// How many pixels it has, and how many of them lie on its line.
    count: (usize, usize),
}

/// Sets the pixels of contours of which some may lie within others; how many cut a hole.
///
/// From the largest to the smallest each is laid over those before, so that one look at the pixels it covers tells which
/// it lies within: the smallest of those that cover all of them.
fn nest(outlines: &[Outline], size: (usize, usize), inside: &mut [u8]) -> usize {
    let count = |(pixels, on_outline): &(Vec<usize>, Vec<usize>)| (pixels.len(), on_outline.len());
    let counts: Vec<_> = outlines.iter().map(|outline| count(&outline.pixels(size))).collect();
    let mut order: Vec<usize> = (0..outlines.len()).collect();
    // Of two with the same pixels that which has more of them on its line is within the other.
    order.sort_by_key(|&place| counts.get(place).map(|&(all, on_outline)| (Reverse(all), on_outline)));
    // The innermost contour over each pixel.
    let mut innermost: Vec<Option<u32>> = vec![None; inside.len()];
    let (mut known, mut holes) = (Vec::<Nested>::new(), 0);
    for outline in order.into_iter().filter_map(|place| outlines.get(place)) {
        let (pixels, on_outline) = outline.pixels(size);
        let within = within_all(&known, pixels.iter().map(|&place| innermost.get(place).copied().flatten()));
        let parent = within.and_then(|parent| Some((parent, known.get(parent)?)));
        let (parent, level, is_new) = match parent {
            // The same once more is no hole.
            Some((_, same)) if same.count == (pixels.len(), on_outline.len()) => (same.parent, same.level, false),
            Some((parent, around)) if around.level + 1 < DEEPEST => (Some(parent), around.level + 1, true),
            _ => (None, 0, true),
        };
        let own = u32::try_from(known.len()).ok();
        holes += usize::from(is_new && level % 2 == 1 && pixels.len() > on_outline.len());
        known.push(Nested { parent, level, count: (pixels.len(), on_outline.len()) });
        for &place in &pixels {
            innermost.get_mut(place).into_iter().for_each(|pixel| *pixel = own);
        }
        on_outline.into_iter().for_each(|place| set(inside, place));
    }
    for (place, innermost) in innermost.into_iter().enumerate() {
        if innermost.and_then(|own| known.get(own as usize)).is_some_and(|own| own.level % 2 == 0) {
            set(inside, place);
        }
    }
    holes
}

/// The smallest contour that all of the pixels lie within, by the innermost one over each.
fn within_all(known: &[Nested], innermost: impl Iterator<Item = Option<u32>>) -> Option<usize> {
    let mut common: Option<usize> = None;
    for (index, innermost) in innermost.enumerate() {
        let mut other = innermost? as usize;
        let mut own = match common {
            _ if index == 0 => other,
            own => own?,
        };
        while own != other {
            // The deeper one goes outwards, or where both are as deep the later, until both are the same.
            let (one, two) = (known.get(own)?, known.get(other)?);
            if one.level > two.level || (one.level == two.level && own > other) {
                own = one.parent?;
            } else {
                other = two.parent?;
            }
        }
        common = Some(own);
    }
    common
}

/// How far a point lies from an edge.
fn distance([x, y]: [f64; 2], ([x0, y0], [x1, y1]): ([f64; 2], [f64; 2])) -> f64 {
    let [along, down] = [x1 - x0, y1 - y0];
    let square = along * along + down * down;
    let share = if square == 0.0 { 0.0 } else { ((x - x0) * along + (y - y0) * down) / square };
    let share = share.clamp(0.0, 1.0);
    (x - x0 - share * along).hypot(y - y0 - share * down)
}

/// A closed line in pixel coordinates.
struct Outline(Vec<[f64; 2]>);

impl Outline {
    fn edges(&self) -> impl Iterator<Item = ([f64; 2], [f64; 2])> {
        let nexts = self.0.iter().cycle().skip(1);
        let edges = self.0.iter().zip(nexts).map(|(&one, &other)| (one, other));
        edges.filter(|(one, other)| one.iter().chain(other).all(|number| number.is_finite()))
    }

    /// The pixels that belong to it, in order, and those of them that lie on the line itself.
    fn pixels(&self, size: (usize, usize)) -> (Vec<usize>, Vec<usize>) {
        let (mut pixels, mut on_outline) = (Vec::new(), Vec::new());
        self.rim(size, |place| on_outline.push(place));
        on_outline.sort_unstable();
        on_outline.dedup();
        self.interior(size, |place| pixels.push(place));
        pixels.extend(&on_outline);
        pixels.sort_unstable();
        pixels.dedup();
        (pixels, on_outline)
    }

    /// Gives every pixel whose centre lies on the line.
    fn rim(&self, (width, height): (usize, usize), mut on: impl FnMut(usize)) {
        for (one, other) in self.edges() {
            // Along the axis that it mostly runs along there is one pixel at most in each row, or column.
            let is_steep = (other[1] - one[1]).abs() >= (other[0] - one[0]).abs();
            let (along, across) = if is_steep { (1, 0) } else { (0, 1) };
            let (count, breadth) = if is_steep { (height, width) } else { (width, height) };
            let (least, most) = (one[along].min(other[along]), one[along].max(other[along]));
            let first = (least - ON_OUTLINE - 0.5).ceil().clamp(0.0, count as f64) as usize;
            let behind = ((most + ON_OUTLINE - 0.5).floor() + 1.0).clamp(0.0, count as f64) as usize;
            let length = other[along] - one[along];
            for place in first..behind {
                let share =
                    if length == 0.0 { 0.0 } else { ((place as f64 + 0.5 - one[along]) / length).clamp(0.0, 1.0) };
                let at = one[across] + share * (other[across] - one[across]);
                let nearest = (at - 0.5).round();
                let mut centre = [0.0; 2];
                (centre[along], centre[across]) = (place as f64 + 0.5, nearest + 0.5);
                if distance(centre, (one, other)) <= ON_OUTLINE && nearest >= 0.0 && nearest < breadth as f64 {
                    let (row, column) = if is_steep { (place, nearest as usize) } else { (nearest as usize, place) };
                    on(row * width + column);
                }
            }
        }
    }

    /// Gives every pixel whose centre is within, row by row; of those on the line the ones at the left and the top. Every
    /// edge turns what lies to the right of it. Only the pixels around the outline are looked at: a structure set has
    /// thousands of small contours.
    fn interior(&self, (width, height): (usize, usize), mut inside: impl FnMut(usize)) {
        let (columns, rows) = (self.around(0, width), self.around(1, height));
        if columns.is_empty() || rows.is_empty() {
            return;
        }
        let mut marks = vec![0_u8; columns.len() * rows.len()];
        for ([x0, y0], [x1, y1]) in self.edges() {
            let ([left, top], [right, bottom]) = if y0 <= y1 { ([x0, y0], [x1, y1]) } else { ([x1, y1], [x0, y0]) };
            if top == bottom {
                continue;
            }
            // Rows whose centre lies at or below the upper end and above the lower one.
            let first = (top - 0.5).ceil().clamp(0.0, height as f64) as usize;
            let last = (bottom - 0.5).ceil().clamp(0.0, height as f64) as usize;
            for row in first..last {
                let share = (row as f64 + 0.5 - top) / (bottom - top);
                let crossing = left + share * (right - left);
                let column = (crossing - 0.5).ceil().max(0.0);
                if column < columns.end as f64
                    && let Some(row) = row.checked_sub(rows.start)
                    && let Some(mark) =
                        marks.get_mut(row * columns.len() + (column as usize).saturating_sub(columns.start))
                {
                    *mark ^= 1;
                }
            }
        }
        for (marks, row) in marks.chunks(columns.len()).zip(rows) {
            let mut is_inside = 0;
            for (mark, column) in marks.iter().zip(columns.clone()) {
                is_inside ^= mark;
                if is_inside == 1 {
                    inside(row * width + column);
                }
            }
        }
    }

    /// The columns (`axis` 0) or rows (1) around it, with one to spare on either side, for crossings are rounded; all of
    /// them where a point is no number.
    fn around(&self, axis: usize, count: usize) -> Range<usize> {
        if self.0.iter().any(|point| !point[axis].is_finite()) {
            return 0..count;
        }
        let numbers = || self.0.iter().map(|point| point[axis]);
        let (least, most) = (numbers().fold(f64::INFINITY, f64::min), numbers().fold(f64::NEG_INFINITY, f64::max));
        // From a number to a whole one the conversion saturates.
        let (first, last) = ((least.floor() as usize).saturating_sub(1), (most.ceil() as usize).saturating_add(1));
        first.min(count)..last.min(count)
    }
}

#[cfg(test)]
mod tests;
