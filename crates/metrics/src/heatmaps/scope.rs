//! What a family is prepared from: the maps, their classes, and each map beside its truth.

use groundglass_types::Undefined;

use crate::heatmaps::{HeatmapOptions, HeatmapRow};

/// All maps with the options.
pub(crate) struct Scope<'a> {
    pub options: &'a HeatmapOptions,
    /// Each row with the index of its case.
    pub rows: Vec<(usize, &'a HeatmapRow)>,
    /// The classes that occur, by name.
    pub classes: Vec<&'a str>,
}

impl<'a> Scope<'a> {
    pub fn new(options: &'a HeatmapOptions, rows: Vec<(usize, &'a HeatmapRow)>) -> Self {
        let mut classes = rows.iter().map(|(_, row)| row.label.as_str()).collect::<Vec<_>>();
        classes.sort_unstable();
        classes.dedup();
        Self { options, rows, classes }
    }
}

/// One map beside its truth, pixel by pixel in row-major order.
pub(crate) struct Scene<'a> {
    pub options: &'a HeatmapOptions,
    pub row: &'a HeatmapRow,
    pub width: usize,
    pub height: usize,
    /// The map; NaN where a pixel has no value.
    pub values: Vec<f64>,
    /// Whether a pixel belongs to the truth's region. `None` where no region was given.
    pub region: Option<Vec<bool>>,
}

impl<'a> Scene<'a> {
    pub fn new(options: &'a HeatmapOptions, row: &'a HeatmapRow) -> Self {
        let (width, height, values) = (row.map.width(), row.map.height(), row.map.to_values());
        let mut scene = Self { options, row, width, height, values, region: None };
        if row.mask.is_some() || !row.boxes.is_empty() {
            let mut region = scene.mask_pixels();
            for index in 0..row.boxes.len() {
                scene.each_pixel_of_box(index, |pixel| region[pixel] = true);
            }
            scene.region = Some(region);
        }
        scene
    }

    fn mask_pixels(&self) -> Vec<bool> {
        match &self.row.mask {
            Some(mask) => mask.to_row_major().into_iter().map(|inside| inside != 0).collect(),
            None => vec![false; self.values.len()],
        }
    }

    /// Calls `each` with every pixel whose centre lies in a box.
    fn each_pixel_of_box(&self, index: usize, mut each: impl FnMut(usize)) {
        // The first pixel whose centre is at `edge` or beyond it, which is also the first one past an end at `edge`.
        let first = |edge: f64, size: usize| (edge - 0.5).ceil().clamp(0.0, size as f64) as usize;
        let Some(edges) = self.row.boxes.get(index) else { return };
        for y in first(edges.y_min, self.height)..first(edges.y_max, self.height) {
            for x in first(edges.x_min, self.width)..first(edges.x_max, self.width) {
                each(y * self.width + x);
            }
        }
    }

    /// The pixels of each box; of the mask where there is no box.
    pub fn parts(&self) -> Vec<Vec<usize>> {
        if self.row.boxes.is_empty() {
            let pixels = self.mask_pixels().into_iter().enumerate().filter(|(_, inside)| *inside);
            let pixels = pixels.map(|(pixel, _)| pixel).collect::<Vec<_>>();
            return if pixels.is_empty() { Vec::new() } else { vec![pixels] };
        }
        let pixels = |index| {
            let mut pixels = Vec::new();
            self.each_pixel_of_box(index, |pixel| pixels.push(pixel));
            pixels
        };
        (0..self.row.boxes.len()).map(pixels).collect()
    }

    /// The region where it holds any pixel, or the reason why there is none.
    pub fn region(&self) -> Result<&[bool], Undefined> {
        match &self.region {
            None => Err(Undefined::NoTruth),
            Some(region) if !region.contains(&true) => Err(Undefined::EmptyTruth),
            Some(region) => Ok(region),
        }
    }

    /// The first pixel in row-major order that has the highest value; `None` where no pixel has one.
    pub fn peak(&self) -> Option<usize> {
        let mut peak: Option<(usize, f64)> = None;
        for (pixel, &value) in self.values.iter().enumerate() {
            if !value.is_nan() && peak.is_none_or(|(_, highest)| value > highest) {
                peak = Some((pixel, value));
            }
        }
        peak.map(|(pixel, _)| pixel)
    }

    /// The pixels in which both the map and the truth's map have a value, as pairs (map, truth).
    pub fn pairs(&self) -> Result<Vec<(f64, f64)>, Undefined> {
        let truth = self.row.truth_map.as_ref().ok_or(Undefined::NoTruth)?.to_values();
        let both = self.values.iter().copied().zip(truth).filter(|(map, truth)| !map.is_nan() && !truth.is_nan());
        let both = both.collect::<Vec<_>>();
        if both.is_empty() { Err(Undefined::Nothing) } else { Ok(both) }
    }

    /// The pixels that were looked at and have a value, one entry a fixation.
    pub fn fixated(&self) -> Result<Vec<usize>, Undefined> {
        if self.row.fixations.is_empty() {
            return Err(Undefined::NotGiven);
        }
        let pixel = |&[x, y]: &[f64; 2]| {
            let within = x >= 0.0 && y >= 0.0 && x < self.width as f64 && y < self.height as f64;
            within.then(|| y as usize * self.width + x as usize)
        };
        let has_value = |&pixel: &usize| self.values.get(pixel).is_some_and(|value| !value.is_nan());
        let pixels = self.row.fixations.iter().filter_map(pixel).filter(has_value).collect::<Vec<_>>();
        if pixels.is_empty() { Err(Undefined::EmptyTruth) } else { Ok(pixels) }
    }
}
