//! Whether a label map lies where its image does.
//!
//! Maps and images of volumes are both shown by where they lie in the patient, so that a map whose voxels are stored in
//! another order still fits. One that lies elsewhere does not belong to these voxels, and laying it over them would be a
//! guess: it is not used. That goes for the identity matrix too, which some programs write for want of another; nothing
//! in the file tells it from one that is meant. A file that says of itself that it does not know where it lies (NIfTI with
//! both codes 0, NRRD without directions, NumPy) can only have its voxels in the order of the other file's, and is used so.

use groundglass_imaging::{Format, NiftiPlacement, Opened, VolumeGrid};
use groundglass_types::{Mask, Region, Truth, TruthRegion};

use crate::turn::Turn;

pub const OTHER_PLACE: &str = "label maps that lie elsewhere than their image";
pub const NO_PLACE: &str = "label maps and images of which one does not say where it lies";

/// The farthest that a voxel of a map may lie from that of its image, in voxels. Affines are rounded to 32 bits, and the
/// sizes of voxels to a few digits, which adds up over a volume; a map that is off by half a voxel is off.
pub const TOLERATED: f64 = 0.1;

/// Columns to the left, rows to the back, slices to the head: as it is stored.
const AS_STORED: [[f64; 4]; 3] = [[-1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];

/// How the pixels of a file lie.
#[derive(Clone, Debug)]
pub enum Lie {
    /// As the voxels of a volume.
    Volume(Box<VolumeGrid>),
    /// As pictures, of which nothing is known but how they are seen.
    Pictures(usize),
}

/// How a map is laid on its image.
#[derive(Debug)]
pub enum Laid {
    /// Frame on frame; with what is to be said of it.
    AsShown(Option<String>),
    /// In the order of the stored voxels, for one file does not say where it lies; with what is to be said of it.
    AsStored(Reorder, String),
    /// Not at all, and why.
    Apart(String),
}

/// Frames and pixels in reverse order, so that stored voxels come to stored voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reorder {
    turn: Turn,
    mirrors_slices: bool,
    slices: usize,
}

impl Lie {
    pub fn of(opened: &Opened<'_>) -> Self {
        match &opened.facts().grid {
            Some(grid) => Self::Volume(Box::new(grid.clone())),
            None if opened.format() == Format::Numpy => {
                let (width, height) = opened.size();
                let extent = [width as usize, height as usize, opened.count()];
                let grid = VolumeGrid::new(extent, 1, AS_STORED, NiftiPlacement::of_affine(AS_STORED));
                Self::Volume(Box::new(grid.unplaced()))
            }
            None => Self::Pictures(opened.count()),
        }
    }

    /// How a map that lies so is laid on an image of as many and as large frames that lies as `image` does. `names` are
    /// those of the map's and the image's file.
    pub fn laid_on(&self, image: &Self, names: (&str, &str)) -> Laid {
        let (file, of) = names;
        match (self, image) {
            // A picture is a picture of what is shown.
            (Self::Pictures(_), Self::Pictures(_)) | (Self::Pictures(1), Self::Volume(_)) => Laid::AsShown(None),
            (Self::Pictures(_), Self::Volume(_)) => Laid::AsShown(Some(format!(
                "{file} does not say where it lies; its pages are taken for the frames of {of} as they are shown"
            ))),
            (Self::Volume(map), Self::Pictures(_)) if map.placed => Laid::AsShown(Some(format!(
                "{file} says where it lies ({map}), which is not compared with {of}; it is laid on it as it is shown by itself"
            ))),
            (Self::Volume(map), Self::Pictures(_)) => {
                let pictures = VolumeGrid::new(map.extent, map.times, AS_STORED, map.placement).unplaced();
                as_stored(map, &pictures, names)
            }
            (Self::Volume(map), Self::Volume(image)) if map.placed && image.placed => apart(map, image, names),
            (Self::Volume(map), Self::Volume(image)) => as_stored(map, image, names),
        }
    }
}

fn apart(map: &VolumeGrid, image: &VolumeGrid, (file, of): (&str, &str)) -> Laid {
    let voxels = map.voxels_from(image);
    if voxels <= TOLERATED {
        return Laid::AsShown(None);
    }
    let voxels = if voxels.is_finite() { format!("{voxels:.1}") } else { "countless".to_owned() };
    let identity = match (map.is_identity(), image.is_identity()) {
        (true, _) => format!("; the matrix of {file} is the identity, which is also written for want of one"),
        (_, true) => format!("; the matrix of {of} is the identity, which is also written for want of one"),
        _ => String::new(),
    };
    Laid::Apart(format!(
        "{file} lies up to {voxels} voxels from {of} and is not used: it has {map}, and {of} has {image}{identity}; save it with the affine of {of} where its voxels are the same, or else resample it to them"
    ))
}

fn as_stored(map: &VolumeGrid, image: &VolumeGrid, (file, of): (&str, &str)) -> Laid {
    let unplaced = if map.placed { of } else { file };
    if map.axes != image.axes || map.extent != image.extent {
        return Laid::Apart(format!(
            "{file} is not used: {unplaced} does not say where it lies, and {file} has {} x {} x {} voxels along its stored axes, but {of} has {} x {} x {}, or they are shown along other ones; save both with the same affine",
            map.extent[0], map.extent[1], map.extent[2], image.extent[0], image.extent[1], image.extent[2],
        ));
    }
    let mirrored = [0, 1, 2].map(|along| map.flipped[along] != image.flipped[along]);
    let turn = Turn { is_sideways: false, mirrors_columns: mirrored[0], mirrors_rows: mirrored[1] };
    let reorder = Reorder { turn, mirrors_slices: mirrored[2], slices: image.slices() };
    match map.placed == image.placed && mirrored == [false; 3] {
        // Both are shown as they are stored, which is said of each by itself.
        true => Laid::AsShown(None),
        false => Laid::AsStored(
            reorder,
            format!(
                "{unplaced} does not say where it lies; the voxels of {file} are taken to be stored in the same order as those of {of}"
            ),
        ),
    }
}

impl Reorder {
    /// The frames of a map in the order of its image's, and each as the image is seen.
    pub fn frames(self, frames: Vec<((usize, usize), Truth)>) -> Vec<((usize, usize), Truth)> {
        let mut frames = frames;
        if self.mirrors_slices {
            frames.chunks_mut(self.slices.max(1)).for_each(<[_]>::reverse);
        }
        let turned = |mask: &Mask| self.turn.mask(mask).ok().and_then(Region::from_mask);
        for region in frames.iter_mut().flat_map(|(_, truth)| &mut truth.regions) {
            let TruthRegion { region, .. } = region;
            if let Some(turned) = region.mask.as_ref().and_then(turned) {
                *region = turned;
            }
        }
        frames
    }
}
