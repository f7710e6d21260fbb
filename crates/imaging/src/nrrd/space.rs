//! Which axes of an NRRD file are space, which is colour, which is time, and how they lie in the patient.
//!
//! Axes with a space direction are space. Without directions the kinds decide, and without kinds the first three axes are
//! space and the fourth is time. A colour axis is one of kind `RGB-color`, `3-color`, `RGBA-color` or `4-color`, and one of
//! kind `vector` with 3 or 4 bytes. One other axis may be longer than 1 and is read as times.

use super::header::{Fault, Header};
use crate::grid::{NiftiPlacement, VolumeGrid, column_length};
use crate::sample::SampleType;

pub struct Axes {
    extent: [usize; 3],
    pub strides: [u64; 3],
    times: usize,
    pub time_stride: u64,
    pub channels: usize,
    pub channel_stride: u64,
    /// Directions of the axes in millimetres in RAS+, without the origin.
    affine: [[f64; 4]; 3],
    /// Which axes have a known size of their voxels.
    known: [bool; 3],
    /// Whether the directions say where the volume lies.
    is_placed: bool,
    /// How many axes are space: 2 or 3.
    count: usize,
    pub notes: Vec<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Space,
    Color,
    Time,
}

impl Axes {
    pub fn of(header: &Header) -> Result<Self, Fault> {
        let roles = roles(header);
        let (mut axes, mut space) = (Self::empty(header.sample), Vec::new());
        let mut stride = header.sample.size() as u64;
        for (axis, (&role, &size)) in roles.iter().zip(&header.sizes).enumerate() {
            match role {
                Role::Space if space.len() < 3 => {
                    axes.extent[space.len()] = size;
                    axes.strides[space.len()] = stride;
                    space.push(axis);
                }
                Role::Color => (axes.channels, axes.channel_stride) = (size, stride),
                _ if size == 1 => {}
                _ if axes.times == 1 => {
                    (axes.times, axes.time_stride) = (size, stride);
                    let kind = header.kinds.get(axis).map_or("no kind", String::as_str);
                    if kind != "time" && kind != "list" {
                        axes.notes.push(format!("its axis {axis} ({kind}) is read as times"));
                    }
                }
                _ => {
                    return Err(Fault::Unsupported(format!("its {} axes are more than space and time", roles.len())));
                }
            }
            stride = stride.saturating_mul(size as u64);
        }
        if space.len() < 2 {
            return Err(Fault::Unsupported(format!("it has {} axes of space, not 2 or 3", space.len())));
        }
        axes.count = space.len();
        for unused in space.len()..3 {
            axes.strides[unused] = stride;
        }
        axes.place(header, &space);
        Ok(axes)
    }

    fn empty(sample: SampleType) -> Self {
        Self {
            extent: [1; 3],
            strides: [0; 3],
            times: 1,
            time_stride: 0,
            channels: 1,
            channel_stride: sample.size() as u64,
            affine: [[0.0; 4]; 3],
            known: [false; 3],
            is_placed: false,
            count: 0,
            notes: Vec::new(),
        }
    }

    /// The directions, or where there are none that can be used, the axes as they are stored.
    fn place(&mut self, header: &Header, space: &[usize]) {
        let signs = header.space.as_deref().and_then(signs);
        let directions: Option<Vec<&[f64]>> = header
            .directions
            .as_ref()
            .and_then(|directions| space.iter().map(|&axis| directions.get(axis)?.as_deref()).collect());
        let unit = millimetres(header.space_units.first());
        if let (Some(signs), Some(directions), 3) = (signs, &directions, space.len()) {
            let mut affine = [[0.0; 4]; 3];
            for (world, row) in affine.iter_mut().enumerate() {
                let value = |vector: &[f64]| vector.get(world).copied().unwrap_or(0.0) * signs[world] * unit;
                for (column, vector) in row.iter_mut().zip(directions) {
                    *column = value(vector);
                }
                row[3] = header.origin.as_deref().map_or(0.0, value);
            }
            let lengths = [0, 1, 2].map(|axis| column_length(&affine, axis));
            if lengths.iter().all(|length| length.is_normal()) && affine.iter().flatten().all(|v| v.is_finite()) {
                (self.affine, self.known, self.is_placed) = (affine, [true; 3], true);
                return;
            }
            self.notes.push("its space directions do not span a volume and are not used".to_owned());
        }
        let mut sizes = [1.0; 3];
        for (place, &axis) in space.iter().enumerate() {
            let length = directions
                .as_ref()
                .and_then(|directions| directions.get(place))
                .map(|vector| vector.iter().map(|value| value * value).sum::<f64>().sqrt() * unit);
            let spacing = header.spacings.get(axis).copied().flatten();
            let size = length.or_else(|| spacing.map(|spacing| spacing * millimetres(header.units.get(axis))));
            if let Some(size) = size.filter(|size| size.is_normal()) {
                (sizes[place], self.known[place]) = (size, true);
            }
        }
        if space.len() == 3 {
            self.notes.push("it does not say how it lies in the patient, and is shown as it is stored".to_owned());
        }
        // Columns to the left, rows to the back, slices to the head: nothing is turned.
        let [x, y, z] = sizes;
        self.affine = [[-x, 0.0, 0.0, 0.0], [0.0, -y, 0.0, 0.0], [0.0, 0.0, z, 0.0]];
    }

    pub fn grid(&self, _: &Header) -> VolumeGrid {
        let grid = VolumeGrid::new(self.extent, self.times, self.affine, NiftiPlacement::of_affine(self.affine));
        if self.is_placed { grid } else { grid.unplaced() }
    }

    pub const fn is_volume(&self) -> bool {
        self.count == 3
    }

    /// Whether the size of pixels is known.
    pub const fn has_spacing(&self) -> bool {
        self.known[0] && self.known[1]
    }

    pub fn has_slice_spacing(&self, grid: &VolumeGrid) -> bool {
        self.known.get(grid.axes[2]).copied().unwrap_or(false)
    }
}

fn roles(header: &Header) -> Vec<Role> {
    let mut colors = 0;
    let mut spaces = 0;
    let role = |(axis, &size): (usize, &usize)| {
        let kind = header.kinds.get(axis).map(String::as_str);
        let is_color = match kind {
            Some("RGB-color" | "3-color") => size == 3,
            Some("RGBA-color" | "4-color") => size == 4,
            Some("vector") => matches!(size, 3 | 4) && header.sample == SampleType::U8,
            _ => false,
        };
        let in_space = match (&header.directions, kind) {
            // A direction that has only a fourth part is that of time.
            (Some(directions), _) => {
                let vector = directions.get(axis).and_then(Option::as_deref);
                vector.is_some_and(|vector| vector.len() < 4 || vector.iter().take(3).any(|value| *value != 0.0))
            }
            (None, Some(kind)) => matches!(kind, "space" | "domain" | "???" | "none"),
            (None, None) => axis < 3,
        };
        if is_color && colors == 0 {
            colors += 1;
            Role::Color
        } else if in_space && spaces < 3 {
            spaces += 1;
            Role::Space
        } else {
            Role::Time
        }
    };
    header.sizes.iter().enumerate().map(role).collect()
}

/// By what the axes of a space are multiplied to make RAS+.
fn signs(space: &str) -> Option<[f64; 3]> {
    Some(match space.trim_end_matches("-time") {
        "right-anterior-superior" | "ras" | "rast" => [1.0, 1.0, 1.0],
        "left-anterior-superior" | "las" | "last" => [-1.0, 1.0, 1.0],
        "left-posterior-superior" | "lps" | "lpst" => [-1.0, -1.0, 1.0],
        _ => return None,
    })
}

/// A unit in millimetres; what is not named is taken for millimetres, as every program of medicine writes them.
fn millimetres(unit: Option<&String>) -> f64 {
    match unit.map(|unit| unit.to_lowercase()).as_deref() {
        Some("m" | "meter" | "meters" | "metre" | "metres") => 1000.0,
        Some("cm" | "centimeter" | "centimeters") => 10.0,
        Some("um" | "µm" | "μm" | "micron" | "microns" | "micrometer" | "micrometers") => 1e-3,
        Some("nm" | "nanometer" | "nanometers") => 1e-6,
        _ => 1.0,
    }
}
