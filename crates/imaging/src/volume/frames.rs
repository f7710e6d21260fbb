//! Frames cut out of raw samples.

use groundglass_types::{Image, Samples, Window};

use super::bytes::Stored;
use crate::decode::{Format, Limits, RawPixels};
use crate::error::DecodeError;
use crate::grid::VolumeGrid;
use crate::open::Frames;
use crate::sample::SampleType;

/// What is kept of a volume at once where its frames do not lie in one piece each, or are compressed.
const SLAB: u64 = 128 << 20;

/// How the samples of a volume lie in its bytes, and what they mean.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    /// Where the first sample is, in the inflated bytes.
    pub start: u64,
    /// Bytes from one voxel to the next along the stored axes.
    pub strides: [u64; 3],
    /// Bytes from one time to the next.
    pub time_stride: u64,
    pub sample: SampleType,
    pub big_endian: bool,
    /// Samples of a voxel: 1, 3 or 4.
    pub channels: usize,
    /// Bytes from one of them to the next.
    pub channel_stride: u64,
    /// By what stored numbers become measured ones: slope and intercept.
    pub scale: Option<(f64, f64)>,
    pub window: Option<Window>,
}

impl Layout {
    /// Of one sample after the other, the first axis fastest, then the times.
    pub fn packed(extent: [usize; 3], sample: SampleType, channels: usize) -> Self {
        let voxel = (sample.size() * channels) as u64;
        let row = voxel.saturating_mul(extent[0] as u64);
        let plane = row.saturating_mul(extent[1] as u64);
        let strides = [voxel, row, plane];
        let time_stride = plane.saturating_mul(extent[2] as u64);
        Self {
            start: 0,
            strides,
            time_stride,
            sample,
            big_endian: false,
            channels,
            channel_stride: sample.size() as u64,
            scale: None,
            window: None,
        }
    }

    const fn voxel_bytes(&self) -> usize {
        self.sample.size() * self.channels
    }

    /// In how many pieces a voxel lies, and how many bytes each has.
    const fn pieces(&self) -> (usize, usize) {
        let size = self.sample.size();
        if self.channel_stride == size as u64 { (1, size * self.channels) } else { (self.channels, size) }
    }

    /// Where the voxel's bytes begin.
    fn offset(&self, [i, j, k, time]: [usize; 4]) -> u64 {
        let steps = [(i, self.strides[0]), (j, self.strides[1]), (k, self.strides[2]), (time, self.time_stride)];
        steps
            .into_iter()
            .fold(self.start, |sum, (count, stride)| sum.saturating_add(stride.saturating_mul(count as u64)))
    }

    /// Where the last voxel's bytes end.
    pub fn end(&self, grid: &VolumeGrid) -> u64 {
        let [i, j, k] = grid.extent.map(|count| count.saturating_sub(1));
        let last = self.offset([i, j, k, grid.times.saturating_sub(1)]);
        let channels = self.channel_stride.saturating_mul(self.channels.saturating_sub(1) as u64);
        last.saturating_add(channels).saturating_add(self.sample.size() as u64)
    }
}

/// The frames of a volume.
pub(crate) struct Stack<'a> {
    pub file: String,
    pub format: Format,
    pub stored: Stored<'a>,
    pub grid: VolumeGrid,
    pub layout: Layout,
    /// Bytes that may be kept at once.
    most_kept: u64,
    slab: Option<Slab>,
    /// Compressed bytes that disagree with their checksum: no frame after that is believed.
    damage: Option<DecodeError>,
}

/// Some frames of one time, decoded from the file's order into that of rows and columns.
struct Slab {
    first: usize,
    frames: usize,
    bytes: Vec<u8>,
}

impl<'a> Stack<'a> {
    /// Refuses frames beyond the limits, and a file that cannot hold all of them.
    pub fn new(
        file: &str,
        format: Format,
        stored: Stored<'a>,
        grid: VolumeGrid,
        layout: Layout,
        limits: Limits,
    ) -> Result<Self, DecodeError> {
        check(file, format, &grid, &layout, limits)?;
        if layout.end(&grid) > stored.most() {
            return Err(stored.truncated());
        }
        let most_kept = SLAB.min(limits.bytes);
        Ok(Self { file: file.to_owned(), format, stored, grid, layout, most_kept, slab: None, damage: None })
    }

    /// Goes to another volume of the same source.
    pub fn become_volume(&mut self, grid: VolumeGrid, layout: Layout) {
        (self.grid, self.layout, self.slab, self.damage) = (grid, layout, None, None);
    }

    /// Width and height of every frame.
    pub fn size(&self) -> (u32, u32) {
        size(&self.grid)
    }

    /// How many frames are read at once.
    fn frames_at_once(&self) -> usize {
        // The slices of most files lie in one piece each.
        if self.stored.is_plain() && self.grid.axes[2] == slowest(&self.layout.strides) {
            return 1;
        }
        let frame = (self.grid.width() * self.grid.height() * self.layout.voxel_bytes()) as u64;
        usize::try_from(self.most_kept / frame.max(1)).unwrap_or(usize::MAX).clamp(1, self.grid.slices())
    }

    fn load(&mut self, frame: usize) -> Result<&Slab, DecodeError> {
        let slices = self.grid.slices();
        let (time, slice) = (frame / slices, frame % slices);
        let held = self.slab.as_ref().is_some_and(|slab| (slab.first..slab.first + slab.frames).contains(&frame));
        if let Some(damage) = &self.damage {
            return Err(damage.clone());
        }
        if !held {
            self.slab = None;
            let count = self.frames_at_once();
            let start = slice / count * count;
            let count = count.min(slices - start);
            let slab = match self.read_slices(time, start, count) {
                Ok(bytes) => Slab { first: time * slices + start, frames: count, bytes },
                // A file that is damaged further on still has this frame.
                Err(_) if count > 1 => Slab { first: frame, frames: 1, bytes: self.read_slices(time, slice, 1)? },
                Err(error) => return Err(error),
            };
            if slab.first + slab.frames == self.grid.frames() {
                self.damage = self.stored.check_end(self.layout.end(&self.grid)).err();
                if let Some(damage) = &self.damage {
                    return Err(damage.clone());
                }
            }
            self.slab = Some(slab);
        }
        self.slab.as_ref().ok_or_else(|| self.stored.truncated())
    }

    /// `count` slices from `start` on, read in the order in which they lie in the file.
    fn read_slices(&mut self, time: usize, start: usize, count: usize) -> Result<Vec<u8>, DecodeError> {
        let Self { grid, layout, stored, .. } = self;
        let voxel = layout.voxel_bytes();
        // For every stored axis: which of its voxels are needed, how far the next one is in the frames, and where the
        // first one is there.
        let steps = [voxel, voxel * grid.width(), voxel * grid.width() * grid.height()];
        let mut needed = [const { (0..0, Step::FORWARD) }; 3];
        for along in 0..3 {
            let length = if along == 2 { count } else { grid.extent[grid.axes[along]] };
            let first = if along == 2 { start } else { 0 };
            let extent = grid.extent[grid.axes[along]];
            let step = Step { bytes: steps[along], backward: grid.flipped[along], count: length };
            let from = if grid.flipped[along] { extent - first - length } else { first };
            needed[grid.axes[along]] = (from..from + length, step);
        }
        let last = [0, 1, 2].map(|axis: usize| needed[axis].0.end.saturating_sub(1));
        let channels = layout.channel_stride.saturating_mul(layout.channels.saturating_sub(1) as u64);
        let end = layout.offset([last[0], last[1], last[2], time]).saturating_add(channels);
        stored.check_reach(end.saturating_add(layout.sample.size() as u64))?;
        // The slowest axis in the outermost loop.
        let mut order = [0, 1, 2];
        order.sort_by_key(|&axis| std::cmp::Reverse(layout.strides[axis]));
        let [slow, middle, fast] = order;
        let line = needed[fast].0.len();
        let (pieces, piece) = layout.pieces();
        let span = layout.strides[fast].saturating_mul(line.saturating_sub(1) as u64).saturating_add(piece as u64);
        let mut row = vec![0; usize::try_from(span).map_err(|_| stored.truncated())?];
        let mut bytes = vec![0; voxel * grid.width() * grid.height() * count];
        let stride = layout.strides[fast] as usize;
        let lines = needed[slow].0.len() * needed[middle].0.len();
        for line_of_piece in 0..pieces * lines {
            let (channel, at) = (line_of_piece / lines, line_of_piece % lines);
            let (a, b) = (at / needed[middle].0.len(), at % needed[middle].0.len());
            let mut place = [0, 0, 0, time];
            place[slow] = needed[slow].0.start + a;
            place[middle] = needed[middle].0.start + b;
            place[fast] = needed[fast].0.start;
            let channel_offset = layout.channel_stride.saturating_mul(channel as u64);
            stored.read_exact_at(layout.offset(place).saturating_add(channel_offset), &mut row)?;
            let target = needed[slow].1.offset(a) + needed[middle].1.offset(b) + channel * piece;
            let step = needed[fast].1;
            if step.bytes == piece && stride == piece && !step.backward {
                // A row of the file is a row of the frame.
                if let Some(target) = bytes.get_mut(target..target + row.len()) {
                    target.copy_from_slice(&row);
                }
                continue;
            }
            for (c, source) in row.chunks(stride.max(1)).take(line).enumerate() {
                let target = target + step.offset(c);
                if let (Some(target), Some(source)) = (bytes.get_mut(target..target + piece), source.get(..piece)) {
                    target.copy_from_slice(source);
                }
            }
        }
        Ok(bytes)
    }
}

/// How far the voxels of a stored axis lie from each other in the frames.
#[derive(Clone, Copy)]
struct Step {
    bytes: usize,
    backward: bool,
    count: usize,
}

impl Step {
    const FORWARD: Self = Self { bytes: 0, backward: false, count: 0 };

    const fn offset(self, index: usize) -> usize {
        self.bytes * if self.backward { self.count - 1 - index } else { index }
    }
}

impl Frames for Stack<'_> {
    fn read(&mut self, index: usize) -> Result<Image, DecodeError> {
        let (width, height) = self.size();
        let (channels, colors) = (self.layout.channels, if self.layout.channels == 1 { 1 } else { 3 });
        let Layout { sample, big_endian, scale, window, .. } = self.layout;
        let frame = width as usize * height as usize * self.layout.voxel_bytes();
        let slab = self.load(index)?;
        let start = (index - slab.first) * frame;
        let bytes = slab.bytes.get(start..start + frame).unwrap_or_default();
        let samples: Samples = match scale {
            Some(scale) => sample.scaled(bytes, big_endian, scale),
            None => sample.samples(bytes, big_endian),
        };
        if slab.frames == 1 {
            // Nothing but this frame was read, so nothing is worth keeping.
            self.slab = None;
        }
        let image = RawPixels { width, height, channels, colors, samples }.into_image(&self.file, self.format);
        image.map(|image| image.with_window(window)).map_err(|error| of_frame(error, index))
    }
}

/// The error with the frame in which it was found.
fn of_frame(error: DecodeError, index: usize) -> DecodeError {
    match error {
        DecodeError::Corrupt { file, format, detail } => {
            DecodeError::Corrupt { file, format, detail: format!("in frame {}, {detail}", index + 1) }
        }
        other => other,
    }
}

/// Width and height of every frame of a volume.
pub(crate) fn size(grid: &VolumeGrid) -> (u32, u32) {
    let side = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    (side(grid.width()), side(grid.height()))
}

/// Refuses a volume without voxels, or whose frames are beyond the limits.
pub(crate) fn check(
    file: &str,
    format: Format,
    grid: &VolumeGrid,
    layout: &Layout,
    limits: Limits,
) -> Result<(), DecodeError> {
    if grid.times == 0 || grid.extent.contains(&0) {
        let detail = format!("it has {:?} voxels at {} times, and every count is at least 1", grid.extent, grid.times);
        return Err(DecodeError::Corrupt { file: file.to_owned(), format, detail });
    }
    let is_kept =
        matches!(layout.sample, SampleType::Bool | SampleType::U8 | SampleType::U16) && layout.scale.is_none();
    // What does not stay as it is becomes 4 bytes, after what is stored.
    let bytes = if is_kept { layout.sample.size() } else { layout.sample.size().max(4) };
    limits.check(file, size(grid), (layout.channels * bytes) as u64)?;
    let fastest = (0..3).min_by_key(|&axis| layout.strides[axis]).unwrap_or(0);
    let span = layout.strides[fastest].saturating_mul(grid.extent[fastest] as u64);
    if span > limits.bytes {
        let detail = format!("its neighbouring voxels lie {} bytes apart", layout.strides[fastest]);
        return Err(DecodeError::Unsupported { file: file.to_owned(), format, detail });
    }
    Ok(())
}

/// The stored axis along which neighbours lie farthest apart.
fn slowest(strides: &[u64; 3]) -> usize {
    (0..3).max_by_key(|&axis| strides[axis]).unwrap_or(2)
}
