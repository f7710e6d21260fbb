//! NIfTI: a label volume for each volume (NIfTI, NRRD, NumPy) that cases are slices of, on that volume's own grid and under
//! its affines, and `classes.json` with the class of each number by file. Where two regions overlap the earlier one keeps the
//! voxel.

use std::collections::BTreeMap;

use groundglass_imaging::{Limits, VolumeGrid, open, write_nifti_labels};

use crate::paths::normalised;
use crate::write::{AnnotationWriter, ImageKinds, Originals, Side, Sink, WrittenCase, no_originals};
use crate::writers::layers::{Layers, origin};
use crate::writers::lost::{Lost, unwritten};
use crate::writers::paths::Names;
use crate::{FormatError, Problem};

/// Label volumes.
pub struct Nifti;

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
            .then_some("It is written on the grid of a volume, and none of these images is one (NIfTI, NRRD, NumPy).")
    }

    fn write(&self, cases: &[WrittenCase<'_>], side: Side, sink: &mut Sink<'_>) -> Result<Vec<Problem>, FormatError> {
        self.write_on(cases, side, &mut no_originals, sink)
    }

    fn write_on(
        &self,
        cases: &[WrittenCase<'_>],
        side: Side,
        originals: &mut Originals<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<Vec<Problem>, FormatError> {
        let (mut lost, mut names) = (Lost::default(), Names::default());
        let mut volumes: Vec<(&str, Vec<(usize, &WrittenCase<'_>)>)> = Vec::new();
        for case in cases {
            let (file, frame) = origin(case);
            match volumes.iter_mut().find(|(known, _)| *known == file) {
                Some((_, slices)) => slices.push((frame, case)),
                None => volumes.push((file, vec![(frame, case)])),
            }
        }
        let mut classes: BTreeMap<String, BTreeMap<usize, &str>> = BTreeMap::new();
        for (file, slices) in volumes {
            let Some(grid) = grid(file, originals) else {
                slices.iter().for_each(|_| lost.count("cases that are no slices of a volume with a grid", true));
                continue;
            };
            let mut layers = Layers::default();
            let mut frames = vec![vec![0_u16; grid.width().saturating_mul(grid.height())]; grid.frames()];
            let mut known = 0;
            for (index, case) in slices {
                let Some(masks) = layers.of(case, side, &mut lost) else { continue };
                let is_of_grid = (case.case.width, case.case.height) == (grid.width(), grid.height());
                let Some(labels) = frames.get_mut(index).filter(|_| is_of_grid) else {
                    lost.count("cases that are no slices of a volume with a grid", true);
                    continue;
                };
                known += 1;
                for (layer, mask) in masks {
                    let Ok(value) = u16::try_from(layer + 1) else {
                        lost.count("more than 65535 labels of a volume", true);
                        continue;
                    };
                    let (mut covered, mut drawn) = (false, false);
                    for place in mask.runs().flat_map(|(start, end)| start..end) {
                        let place = place as usize;
                        // Runs go down the columns, frames along the rows.
                        let at = place % grid.height().max(1) * grid.width() + place / grid.height().max(1);
                        match labels.get_mut(at) {
                            Some(label) if *label == 0 => (*label, drawn) = (value, true),
                            _ => covered = true,
                        }
                    }
                    lost.count("overlapping regions, of which the earlier keeps the voxels", covered && drawn);
                    lost.count("regions that lie wholly under earlier ones or have no pixel", !drawn);
                }
            }
            if known == 0 {
                continue;
            }
            let unknown = grid.frames().saturating_sub(known);
            (0..unknown).for_each(|_| lost.count("slices that nobody has looked at, which become background", true));
            let path = format!("{}.nii.gz", names.of("labels", &normalised(file)));
            let bytes = write_nifti_labels(&grid, &frames, true).map_err(|error| unwritten(&path, &error))?;
            classes.insert(path.clone(), (1..).zip(layers.labels().iter().copied()).collect());
            sink(&path, bytes)?;
        }
        if !classes.is_empty() {
            let text = serde_json::to_vec_pretty(&classes).map_err(|error| unwritten("classes.json", &error))?;
            sink("classes.json", text)?;
        }
        Ok(lost.into_problems(self.name()))
    }
}

/// The grid of the volume in a file; `None` where it has none.
fn grid(file: &str, originals: &mut Originals<'_>) -> Option<VolumeGrid> {
    let opened = open(file, originals(file).ok()?, Limits::default()).ok()?;
    opened.facts().grid.clone()
}
