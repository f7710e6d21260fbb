//! NIfTI: a label volume for each volume (NIfTI, NRRD) that cases are slices of, on that volume's own grid and under its
//! affines, and `classes.json` with the class of each number by file. Where two regions overlap the earlier one keeps the
//! voxel.

use std::collections::{BTreeMap, HashMap, VecDeque};

use groundglass_imaging::{Limits, VolumeGrid, open, write_nifti_labels};

use crate::write::{
    AnnotationWriter, ImageKinds, Means, Originals, Side, Writing, WrittenCase, WrittenCases, each, put,
};
use crate::writers::draw::draw;
use crate::writers::layers::{Layers, origin};
use crate::writers::lost::{Lost, unwritten};
use crate::writers::paths::{Names, below};
use crate::{FormatError, Problem};

/// Label volumes.
pub struct Nifti;

const NO_SLICE: &str = "cases that are no slices of a volume with a grid";

impl AnnotationWriter for Nifti {
    fn id(&self) -> &'static str {
        "nifti"
    }

    fn name(&self) -> &'static str {
        "label volumes (NIfTI)"
    }

    fn needs_images(&self) -> bool {
        true
    }

    fn why_not(&self, images: ImageKinds) -> Option<&'static str> {
        (!images.volumes)
            .then_some("It is written on the grid of a volume, and none of these images is one (NIfTI, NRRD).")
    }

    fn begin(&self, cases: &dyn WrittenCases, side: Side) -> Box<dyn Writing> {
        let mut waiting: VecDeque<Stack> = VecDeque::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (case, written) in each(cases).enumerate() {
            let (file, frame) = origin(&written);
            let place = *places.entry(file).or_insert(waiting.len());
            match waiting.get_mut(place) {
                Some(stack) => stack.slices.push_back((frame, case)),
                None => waiting.push_back(Stack { file: file.to_owned(), slices: [(frame, case)].into() }),
            }
        }
        // A step for each volume besides its slices, which is when it is packed, and one for the classes.
        let total = cases.count() + waiting.len() + 1;
        let (names, lost, classes) = (Names::default(), Lost::beside(cases), BTreeMap::new());
        let has_numbers = cases.beside().is_some_and(|beside| beside.label_maps > 0);
        Box::new(Volumes { side, has_numbers, waiting, open: None, done: 0, total, names, lost, classes })
    }
}

/// The cases of a file, each by the frame that it is.
struct Stack {
    file: String,
    slices: VecDeque<(usize, usize)>,
}

/// A volume that is being drawn.
struct OpenVolume {
    stack: Stack,
    grid: VolumeGrid,
    layers: Layers,
    frames: Vec<Vec<u16>>,
    /// How many of its slices somebody has looked at.
    known: usize,
}

/// A slice a step, then its volume, and at last the classes.
struct Volumes {
    side: Side,
    /// Whether regions may have had numbers, as those of label maps have.
    has_numbers: bool,
    waiting: VecDeque<Stack>,
    open: Option<OpenVolume>,
    done: usize,
    total: usize,
    names: Names,
    lost: Lost,
    classes: BTreeMap<String, BTreeMap<usize, String>>,
}

impl Writing for Volumes {
    fn step(&mut self, means: &mut Means<'_, '_>) -> Result<bool, FormatError> {
        self.done += 1;
        if let Some(mut volume) = self.open.take() {
            let Some((frame, case)) = volume.stack.slices.pop_front() else {
                self.pack(&volume, means)?;
                return Ok(true);
            };
            if let Some(written) = means.cases.case(case) {
                volume.draw(frame, &written, (self.side, self.has_numbers), &mut self.lost);
            }
            self.open = Some(volume);
            return Ok(true);
        }
        let Some(stack) = self.waiting.pop_front() else {
            if !self.classes.is_empty() {
                let text = serde_json::to_vec_pretty(&self.classes);
                let text = text.map_err(|error| unwritten("classes.json", &error))?;
                put(means.sink, &below(self.side, "classes.json"), &text)?;
            }
            return Ok(false);
        };
        match grid(&stack.file, means.originals) {
            Some(grid) => {
                // It is opened in the step of its first slice.
                self.done -= 1;
                let frames = vec![vec![0_u16; grid.width().saturating_mul(grid.height())]; grid.frames()];
                self.open = Some(OpenVolume { stack, grid, layers: Layers::default(), frames, known: 0 });
            }
            None => {
                self.done += stack.slices.len();
                stack.slices.iter().for_each(|_| self.lost.count(NO_SLICE, true));
            }
        }
        Ok(true)
    }

    fn done(&self) -> usize {
        self.done
    }

    fn total(&self) -> usize {
        self.total
    }

    fn problems(&self) -> Vec<Problem> {
        self.lost.problems(Nifti.name())
    }
}

impl Volumes {
    /// Writes a volume all of whose slices are drawn, unless nobody has looked at any of them.
    fn pack(&mut self, volume: &OpenVolume, means: &mut Means<'_, '_>) -> Result<(), FormatError> {
        let OpenVolume { stack, grid, layers, frames, known } = volume;
        if *known == 0 {
            return Ok(());
        }
        let unknown = grid.frames().saturating_sub(*known);
        let kind = "slices that nobody has looked at";
        (0..unknown).for_each(|_| self.lost.turned(kind, "become background", true));
        let path = format!("{}.nii.gz", self.names.of_file("labels", &stack.file));
        let bytes = write_nifti_labels(grid, frames, true).map_err(|error| unwritten(&path, &error))?;
        put(means.sink, &below(self.side, &path), &bytes)?;
        self.classes.insert(path, (1..).zip(layers.labels().iter().cloned()).collect());
        Ok(())
    }
}

impl OpenVolume {
    /// Draws what is known of a slice on one side, whose regions may have had numbers.
    fn draw(&mut self, frame: usize, written: &WrittenCase<'_>, (side, has_numbers): (Side, bool), lost: &mut Lost) {
        let Some(masks) = self.layers.of(written, side, lost) else { return };
        let is_of_grid = (written.case.width, written.case.height) == (self.grid.width(), self.grid.height());
        let Some(labels) = self.frames.get_mut(frame).filter(|_| is_of_grid) else {
            lost.count(NO_SLICE, true);
            return;
        };
        self.known += 1;
        for masked in masks {
            // No region says which number it had in a label map.
            let kind = "the numbers of several regions of one class in a slice";
            lost.turned(kind, "are numbered by their order there", has_numbers && masked.rank > 0);
            let Ok(value) = u16::try_from(masked.layer + 1) else {
                lost.count("more than 65535 labels of a volume", true);
                continue;
            };
            let (covered, drawn) = draw(masked.mask, value, labels);
            lost.turned("overlaps", "regions lose voxels to earlier ones", covered && drawn);
            lost.count("regions that lie wholly under earlier ones or have no pixel", !drawn);
        }
    }
}

/// The grid of the volume in a file; `None` where it has none.
fn grid(file: &str, originals: &mut Originals<'_>) -> Option<VolumeGrid> {
    let opened = open(file, originals(file).ok()?, Limits::default()).ok()?;
    opened.facts().grid.clone()
}
