//! Regions of slices as layers that run through a stack: the first region of a class in every slice is one layer, the
//! second another, so that no two regions of a slice share a number and a class keeps its own from slice to slice.

use std::collections::HashMap;

use groundglass_types::Mask;

use crate::write::{Side, WrittenCase};
use crate::writers::lost::Lost;
use crate::writers::regions::regions;

/// The layers of a stack, in the order in which they are met.
#[derive(Default)]
pub struct Layers {
    /// The number of each layer, by its class and which of its regions in a slice it is.
    numbers: HashMap<String, Vec<usize>>,
    labels: Vec<String>,
}

/// A mask of a slice.
pub struct Layered<'a> {
    /// Its layer.
    pub layer: usize,
    /// How many regions of its class come before it in its slice.
    pub rank: usize,
    /// Its place among the regions of its side of the case.
    pub place: usize,
    pub mask: &'a Mask,
}

impl Layers {
    /// The class of each layer.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The masks of one side of a case, each with its layer; `None` where that side is unknown. What a mask cannot say is
    /// counted.
    pub fn of<'a>(&mut self, case: &WrittenCase<'a>, side: Side, lost: &mut Lost) -> Option<Vec<Layered<'a>>> {
        let size = (case.case.width, case.case.height);
        let mut ranks: HashMap<&str, usize> = HashMap::new();
        let mut masks = Vec::new();
        if let (Side::Truth, Some(truth)) = (side, &case.case.truth) {
            lost.count_readers(&case.case.readers, truth);
        }
        for (place, region) in regions(case, side)?.into_iter().enumerate() {
            let mask = region.region.mask.as_ref().filter(|mask| (mask.width(), mask.height()) == size);
            let Some(mask) = mask else {
                lost.count("boxes without a mask", true);
                continue;
            };
            lost.count("scores", region.score.is_some());
            lost.turned("crowds", "become single objects", region.crowd);
            lost.count_area(&region, true);
            let is_tight = mask.bounding_box() == Some(region.region.bounding_box);
            lost.turned("boxes other than those around the mask", "become those", !is_tight);
            let rank = ranks.entry(region.label).or_default();
            let layer = self.layer(region.label, *rank);
            *rank += 1;
            masks.push(Layered { layer, rank: *rank - 1, place, mask });
        }
        Some(masks)
    }

    /// The number of the layer of a class's region that comes after `rank` others in its slice.
    fn layer(&mut self, label: &str, rank: usize) -> usize {
        if let Some(&known) = self.numbers.get(label).and_then(|numbers| numbers.get(rank)) {
            return known;
        }
        let next = self.labels.len();
        self.labels.push(label.to_owned());
        // Ranks of a slice come one after the other, so that this one is the next of its class.
        self.numbers.entry(label.to_owned()).or_default().push(next);
        next
    }
}

/// The file that a case's image came from, and which of its frames it is.
pub fn origin<'a>(case: &WrittenCase<'a>) -> (&'a str, usize) {
    let name = case.case.name.as_str();
    let of_stack = case.case.slice.as_ref().and_then(|slice| {
        let rest = name.strip_prefix(slice.stack.as_str())?;
        (rest.strip_prefix('#')?.parse() == Ok(slice.index + 1)).then_some((slice.stack.as_str(), slice.index))
    });
    of_stack.unwrap_or((name, 0))
}
