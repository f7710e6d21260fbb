//! One training image: normalised pixels and a map of numbered objects.

use groundglass_models::retina_unet::{IntensityRange, RetinaUNetConfig};
use groundglass_types::{Image, Region, Truth};

/// Normalised pixels with the number of the object that each belongs to.
#[derive(Clone, Debug)]
pub struct Example {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Channels of the network's input, one after the other; each `height * width` numbers.
    pub pixels: Vec<f32>,
    /// `height * width` object numbers, 0 for none. Where objects overlap the later keeps the pixel.
    pub objects: Vec<u16>,
    /// The class of object number `i + 1`.
    pub classes: Vec<u8>,
    /// Whether the map shows true outlines; if not, objects are filled boxes and teach no segmentation.
    pub has_masks: bool,
}

impl Example {
    /// From a truth and its pixels. With one label in the configuration every object has it; otherwise
    /// objects with unknown labels are left out.
    pub fn new(truth: &Truth, image: &Image, config: &RetinaUNetConfig) -> Self {
        let (width, height) = (image.width(), image.height());
        let range = IntensityRange::of(image, &config.normalization);
        let mut pixels = Vec::with_capacity(width * height * config.in_channels);
        for channel in 0..config.in_channels {
            for pixel in 0..width * height {
                let at = |channel: usize| image.samples().get(pixel * image.channels() + channel).unwrap_or(0.0);
                let sample = if image.channels() == 1 {
                    at(0)
                } else if config.in_channels == image.channels() {
                    at(channel)
                } else {
                    (0..image.channels()).map(at).sum::<f32>() / image.channels() as f32
                };
                pixels.push(range.apply(sample, config.normalization.ceiling));
            }
        }
        let mut example = Self {
            width,
            height,
            pixels,
            objects: vec![0; width * height],
            classes: Vec::new(),
            has_masks: truth.regions.iter().all(|region| region.region.mask.is_some()),
        };
        for region in truth.regions.iter().filter(|region| !region.crowd) {
            let class = if config.labels.len() == 1 {
                Some(0)
            } else {
                config.labels.iter().position(|label| *label == region.label)
            };
            let Some(class) = class.and_then(|class| u8::try_from(class).ok()) else { continue };
            example.draw(&region.region, class);
        }
        example
    }

    fn draw(&mut self, region: &Region, class: u8) {
        let Ok(number) = u16::try_from(self.classes.len() + 1) else { return };
        self.classes.push(class);
        match &region.mask {
            Some(mask) => {
                for (start, end) in mask.runs() {
                    for position in start as usize..end as usize {
                        let (x, y) = (position / self.height, position % self.height);
                        self.objects[y * self.width + x] = number;
                    }
                }
            }
            None => {
                let inside = region.bounding_box.clipped(self.width as f64, self.height as f64);
                for y in inside.y_min.round() as usize..inside.y_max.round() as usize {
                    for x in inside.x_min.round() as usize..inside.x_max.round() as usize {
                        self.objects[y * self.width + x] = number;
                    }
                }
            }
        }
    }
}
