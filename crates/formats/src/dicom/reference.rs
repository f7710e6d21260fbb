//! The images that a DICOM object names.

use std::collections::HashSet;

use groundglass_imaging::dicom::DataSet;
use groundglass_imaging::dicom::attribute::{REFERENCED_FRAME, REFERENCED_SOP_INSTANCE};

/// An image that is named, or a frame of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageReference {
    /// The image's SOP instance UID.
    pub instance: String,
    /// Which of its frames, from 1, where the file says so.
    pub frame: Option<u32>,
}

impl ImageReference {
    /// All that the items of a sequence name, in their order, each once: an image once for each of its frames.
    pub(super) fn all<'d>(items: impl IntoIterator<Item = &'d DataSet>) -> Vec<Self> {
        let of_item = |item: &DataSet| -> Vec<Self> {
            let Some(instance) = item.text(REFERENCED_SOP_INSTANCE) else { return Vec::new() };
            let whole = |number: f64| (number.fract() == 0.0 && (0.0..4e9).contains(&number)).then_some(number as u32);
            let frames: Vec<u32> = item.numbers(REFERENCED_FRAME).into_iter().filter_map(whole).collect();
            match frames.as_slice() {
                [] => vec![Self { instance, frame: None }],
                frames => frames.iter().map(|&frame| Self { instance: instance.clone(), frame: Some(frame) }).collect(),
            }
        };
        let mut seen = HashSet::new();
        items.into_iter().flat_map(of_item).filter(|image| seen.insert(image.clone())).collect()
    }
}
