//! The union of findings' masks and the union of truth masks of one case, bit by bit.

use groundglass_types::{Mask, Undefined};

use crate::regions::case_entry::LabelIndex;
use crate::regions::scope::{Scope, ScopedCase};
use crate::surface::{Grid, Volume, is_usable_spacing};

/// Two masks on one grid, whose first axis runs down the columns of the image, as run lengths do.
#[derive(Clone, Debug)]
pub(crate) struct Unions {
    pub found: Volume,
    pub truth: Volume,
    pub pixels: Pixels,
}

/// Counts of pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pixels {
    pub found: u64,
    pub truth: u64,
    pub both: u64,
    /// All that count: those of the image less those of crowds that no other truth covers.
    pub all: u64,
}

impl Pixels {
    pub fn join(self, other: Self) -> Self {
        Self {
            found: self.found + other.found,
            truth: self.truth + other.truth,
            both: self.both + other.both,
            all: self.all + other.all,
        }
    }

    /// Why there is no distance between the two; `None` where there is one.
    pub const fn empty(&self) -> Option<Undefined> {
        match (self.found, self.truth) {
            (0, 0) => Some(Undefined::Nothing),
            (0, _) => Some(Undefined::EmptyPrediction),
            (_, 0) => Some(Undefined::EmptyTruth),
            _ => None,
        }
    }
}

/// Width and height of a pixel; `None` where they are unknown or no positive numbers.
pub(crate) fn spacing_of(case: &ScopedCase<'_>) -> Option<[f64; 2]> {
    case.entry.case().spacing.filter(|spacing| spacing.iter().copied().all(is_usable_spacing))
}

impl Unions {
    /// Of a class (or of all), of findings at or above the score threshold of the options. Pixels of a crowd that no
    /// other truth covers belong to neither.
    pub fn of(scope: &Scope<'_>, case: &ScopedCase<'_>, class: Option<LabelIndex>) -> Self {
        Self::at(case, class, &|score| score >= scope.options.score_threshold)
    }

    /// The same of the findings whose scores count.
    pub fn at(case: &ScopedCase<'_>, class: Option<LabelIndex>, counts: &dyn Fn(f64) -> bool) -> Self {
        let image = case.entry.case();
        let [width, height] = spacing_of(case).unwrap_or([1.0; 2]);
        // A grid is refused where it is too large to hold; such an image cannot have been read.
        let grid = Grid::plane([image.height, image.width], [height, width]).unwrap_or(Grid::EMPTY);
        let wanted = |of: LabelIndex| class.is_none_or(|class| class == of);
        let (mut found, mut truth, mut crowd) = (Volume::new(grid), Volume::new(grid), Volume::new(grid));
        for (region, _) in case.entry.truths().iter().zip(case.entry.truth_labels()).filter(|(_, of)| wanted(**of)) {
            let into = if region.crowd { &mut crowd } else { &mut truth };
            region.region.mask.iter().for_each(|mask| add(into, mask));
        }
        for (finding, of) in case.findings.iter().zip(&case.finding_classes) {
            if wanted(*of) && counts(finding.score) {
                finding.region.mask.iter().for_each(|mask| add(&mut found, mask));
            }
        }
        let mut ignored = 0;
        for ((found, truth), crowd) in found.words_mut().iter_mut().zip(truth.words()).zip(crowd.words()) {
            let alone = crowd & !truth;
            ignored += u64::from(alone.count_ones());
            *found &= !alone;
        }
        let [rows, columns, _] = grid.size();
        let pixels = Pixels {
            found: found.count(),
            truth: truth.count(),
            both: found.count_both(&truth),
            all: (rows as u64 * columns as u64).saturating_sub(ignored),
        };
        Self { found, truth, pixels }
    }

    /// The parts within the smallest box that holds both; `None` where both are empty.
    pub fn cropped(&self) -> Option<(Volume, Volume)> {
        let bounds = self.found.joint_bounds(&self.truth)?;
        Some((self.found.cropped(bounds), self.truth.cropped(bounds)))
    }
}

/// Puts the pixels of a mask inside.
pub(crate) fn add(into: &mut Volume, mask: &Mask) {
    let height = mask.height() as u64;
    if height == 0 {
        return;
    }
    for (start, end) in mask.runs() {
        let mut start = start;
        while start < end {
            let column = start / height;
            let until = end.min((column + 1) * height);
            into.fill(((start - column * height) as usize, (until - column * height) as usize), column as usize, 0);
            start = until;
        }
    }
}
