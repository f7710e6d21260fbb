//! JPEG-LS, lossless and near-lossless. Source: ITU-T T.87 (1998), annexes A and C; the names in brackets are its own.
//!
//! A decoder of our own: of those in pure Rust one reads a single channel and overflows on broken streams, the other is
//! part of a whole toolkit.

use super::fault::Fault;
use super::layout::{Layout, Photometric};
use super::stored::{Cells, Stored, interleaved};

/// How the channels of a scan lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interleave {
    None,
    Line,
    Sample,
}

/// What may be preset in a segment `LSE` (C.2.4.1); 0 stands for the default.
#[derive(Clone, Copy, Debug, Default)]
struct Preset {
    largest: i32,
    thresholds: [i32; 3],
    reset: i32,
}

struct Frame {
    precision: u32,
    /// The names of the channels.
    ids: Vec<u8>,
}

/// A frame, decoded.
pub(crate) fn decode(bytes: &[u8], layout: &Layout) -> Result<Stored, Fault> {
    let (width, height, channels) = (layout.width as usize, layout.height as usize, layout.channels());
    let mut frame: Option<Frame> = None;
    let mut preset = Preset::default();
    let mut planes: Vec<Vec<u16>> = vec![Vec::new(); channels];
    let mut position = 0;
    while planes.iter().any(Vec::is_empty) {
        let (marker, segment, end) = next_segment(bytes, position)
            .ok_or_else(|| Fault::corrupt("its JPEG-LS frame ends before it is complete"))?;
        position = end;
        match marker {
            0xF7 => frame = Some(read_frame(segment, layout)?),
            0xF8 => read_preset(&mut preset, segment)?,
            0xE8 if segment.starts_with(b"mrfx") && segment.get(4).is_some_and(|&transform| transform != 0) => {
                return Err(Fault::unsupported("its JPEG-LS frame has a colour transform of its own"));
            }
            0xDD => return Err(Fault::unsupported("its JPEG-LS frame has restart intervals")),
            0xDA => {
                let frame = frame.as_ref().ok_or_else(|| Fault::corrupt("its JPEG-LS frame has no frame header"))?;
                let (used, near, interleave) = read_scan(segment, frame)?;
                let mut scan = Scan::new(frame.precision, preset, near)?;
                let mut bits = Bits { bytes, position, window: 0, filled: 0, was_marked: false };
                if used.iter().any(|&channel| planes.get(channel).is_none_or(|plane| !plane.is_empty())) {
                    return Err(Fault::corrupt("a channel of its JPEG-LS frame comes twice"));
                }
                let decoded = scan.decode(&mut bits, width, height, used.len(), interleave)?;
                for (&channel, plane) in used.iter().zip(decoded) {
                    if let Some(place) = planes.get_mut(channel) {
                        *place = plane;
                    }
                }
                position = bits.position;
            }
            _ => {}
        }
    }
    let precision = frame.map_or(0, |frame| frame.precision);
    let mut samples = planes.pop().unwrap_or_default();
    if !planes.is_empty() {
        planes.push(samples);
        samples = planes.concat();
    }
    let cells = if precision <= 8 {
        Cells::U8(samples.into_iter().map(|sample| sample as u8).collect())
    } else {
        Cells::U16(samples)
    };
    let cells = if channels > 1 { interleaved(cells, channels) } else { cells };
    let photometric = match layout.photometric {
        Photometric::YbrFull422 => Photometric::YbrFull,
        other => other,
    };
    Ok(Stored::from_codec(cells, precision, photometric, layout))
}

/// The segment at or after `position`: its marker, its bytes, and where it ends.
fn next_segment(bytes: &[u8], mut position: usize) -> Option<(u8, &[u8], usize)> {
    loop {
        let rest = bytes.get(position..)?;
        let start = rest.iter().position(|&byte| byte == 0xFF)?;
        let marker = *rest.get(start + 1)?;
        position += start + 1;
        match marker {
            // Bytes of a scan, fill, start of image.
            0x00..=0x7F | 0xFF => {}
            0xD0..=0xD8 => position += 1,
            0xD9 => return None,
            _ => {
                let pair = bytes.get(position + 1..position + 3)?;
                let end = position + 1 + usize::from(u16::from_be_bytes(pair.try_into().ok()?));
                return Some((marker, bytes.get(position + 3..end)?, end));
            }
        }
    }
}

fn read_frame(segment: &[u8], layout: &Layout) -> Result<Frame, Fault> {
    let Some(&[precision, h1, h0, w1, w0, count]) = segment.first_chunk() else {
        return Err(Fault::corrupt("the frame header of its JPEG-LS frame is cut short"));
    };
    let (width, height) = (u32::from(u16::from_be_bytes([w1, w0])), u32::from(u16::from_be_bytes([h1, h0])));
    let channels = layout.channels();
    if (width, height, usize::from(count)) != (layout.width, layout.height, channels) {
        return Err(Fault::corrupt(format!(
            "its header says {} x {} pixels of {channels} samples, the JPEG-LS frame has {width} x {height} of {count}",
            layout.width, layout.height
        )));
    }
    if !(2..=16).contains(&precision) {
        return Err(Fault::corrupt(format!("its JPEG-LS frame has samples of {precision} bits")));
    }
    let components = segment.get(6..).unwrap_or_default().as_chunks::<3>().0;
    if components.len() < channels || components.iter().any(|&[_, sampling, _]| sampling != 0x11) {
        return Err(Fault::unsupported("its JPEG-LS frame has channels of different sizes"));
    }
    let ids = components.iter().take(channels).map(|&[id, _, _]| id).collect();
    Ok(Frame { precision: u32::from(precision), ids })
}

fn read_preset(preset: &mut Preset, segment: &[u8]) -> Result<(), Fault> {
    match segment.split_first() {
        Some((1, rest)) => {
            let words = rest.as_chunks::<2>().0.iter().map(|&word| i32::from(u16::from_be_bytes(word)));
            let words: [i32; 5] = words
                .collect::<Vec<_>>()
                .try_into()
                .map_err(|_| Fault::corrupt("the preset parameters of its JPEG-LS frame are cut short"))?;
            let [largest, first, second, third, reset] = words;
            *preset = Preset { largest, thresholds: [first, second, third], reset };
            Ok(())
        }
        Some((kind, _)) => Err(Fault::unsupported(format!("its JPEG-LS frame has a preset of kind {kind}, not 1"))),
        None => Ok(()),
    }
}

/// Which channels the scan has, its NEAR, and how the channels lie.
fn read_scan(segment: &[u8], frame: &Frame) -> Result<(Vec<usize>, i32, Interleave), Fault> {
    let parsed = || {
        let (&count, rest) = segment.split_first()?;
        let (components, rest) = rest.split_at_checked(2 * usize::from(count))?;
        let mut used = Vec::new();
        for &[id, table] in components.as_chunks::<2>().0 {
            let channel = frame.ids.iter().position(|&other| other == id)?;
            if table != 0 || used.contains(&channel) {
                return None;
            }
            used.push(channel);
        }
        let (&[near, interleave, shift], _) = rest.split_first_chunk()?;
        let interleave = match interleave {
            _ if used.len() == 1 => Interleave::None,
            1 => Interleave::Line,
            2 => Interleave::Sample,
            _ => return None,
        };
        (shift == 0 && !used.is_empty()).then_some((used, i32::from(near), interleave))
    };
    parsed().ok_or_else(|| Fault::unsupported("the scan header of its JPEG-LS frame is of a kind that is not read"))
}

/// Bits, of which a byte after `FF` has only seven (A.1).
struct Bits<'b> {
    bytes: &'b [u8],
    position: usize,
    window: u64,
    filled: u32,
    was_marked: bool,
}

impl Bits<'_> {
    fn fill(&mut self) {
        while self.filled <= 48 {
            let Some(&byte) = self.bytes.get(self.position) else { return };
            if byte == 0xFF && self.bytes.get(self.position + 1).is_none_or(|&next| next >= 0x80) {
                return;
            }
            let count = if self.was_marked { 7 } else { 8 };
            self.was_marked = byte == 0xFF;
            self.window |= u64::from(byte) << (64 - count - self.filled);
            self.filled += count;
            self.position += 1;
        }
    }

    fn take(&mut self, count: u32) -> Result<i32, Fault> {
        if count == 0 {
            return Ok(0);
        }
        if self.filled < count {
            self.fill();
        }
        if self.filled < count {
            return Err(Fault::corrupt("its JPEG-LS frame ends before it is complete"));
        }
        let bits = (self.window >> (64 - count)) as i32;
        self.window <<= count;
        self.filled -= count;
        Ok(bits)
    }

    /// How many zeros come before the next one, which is taken too.
    fn zeros(&mut self, limit: i32) -> Result<i32, Fault> {
        let mut count = 0;
        while self.take(1)? == 0 {
            count += 1;
            if count > limit {
                return Err(Fault::corrupt("a code of its JPEG-LS frame is longer than any can be"));
            }
        }
        Ok(count)
    }
}

/// The contexts of the regular mode, and two for what ends a run.
const CONTEXTS: usize = 367;
const RUN_CONTEXT: usize = 365;

/// How many pixels the next bit of a run stands for, as a power of 2 [J].
const RUN_ORDERS: [u32; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

#[derive(Clone, Copy)]
struct Context {
    /// Sum of the sizes of errors [A].
    size: i32,
    /// Sum of the errors [B].
    bias: i32,
    /// What is added to the prediction [C].
    correction: i32,
    /// How often it was met [N].
    count: i32,
    /// How many errors were negative at the end of runs [Nn].
    negative: i32,
}

struct Scan {
    largest: i32,
    near: i32,
    range: i32,
    /// Bits of an error [qbpp].
    error_bits: u32,
    limit: i32,
    thresholds: [i32; 3],
    reset: i32,
    contexts: Vec<Context>,
}

/// The pixels around the one to be decoded.
#[derive(Clone, Copy)]
struct Around {
    left: i32,
    up: i32,
    corner: i32,
    right: i32,
}

impl Scan {
    fn new(precision: u32, preset: Preset, near: i32) -> Result<Self, Fault> {
        let largest = if preset.largest == 0 { (1 << precision) - 1 } else { preset.largest };
        let broken = || Fault::corrupt("the parameters of its JPEG-LS frame contradict each other");
        if largest < 1 || largest >= 1 << precision || near > 255.min(largest / 2) {
            return Err(broken());
        }
        let defaults = default_thresholds(largest, near);
        let mut thresholds = preset.thresholds;
        for (threshold, default) in thresholds.iter_mut().zip(defaults) {
            if *threshold == 0 {
                *threshold = default;
            }
        }
        let [first, second, third] = thresholds;
        let reset = if preset.reset == 0 { 64 } else { preset.reset };
        if first <= near || second < first || third < second || third > largest.max(near + 1) || reset < 3 {
            return Err(broken());
        }
        let range = (largest + 2 * near) / (2 * near + 1) + 1;
        let bits = |values: i32| 32 - (values - 1).leading_zeros();
        let sample_bits = bits(largest + 1).max(2);
        let limit = 2 * (sample_bits + sample_bits.max(8)) as i32;
        let size = ((range + 32) / 64).max(2);
        let context = Context { size, bias: 0, correction: 0, count: 1, negative: 0 };
        let contexts = vec![context; CONTEXTS];
        Ok(Self { largest, near, range, error_bits: bits(range), limit, thresholds, reset, contexts })
    }

    /// The planes of the scan's channels.
    fn decode(
        &mut self,
        bits: &mut Bits<'_>,
        width: usize,
        height: usize,
        channels: usize,
        interleave: Interleave,
    ) -> Result<Vec<Vec<u16>>, Fault> {
        // A line has one pixel more at either side.
        let mut above = vec![vec![0_u16; width + 2]; channels];
        let mut lines = above.clone();
        let mut runs = vec![0_usize; channels];
        let mut planes = vec![Vec::new(); channels];
        for _ in 0..height {
            for (above, line) in above.iter_mut().zip(&mut lines) {
                // The first pixel has as its left neighbour the one above it, the last as its right one likewise.
                if let (Some(&first), Some(left)) = (above.get(1), line.first_mut()) {
                    *left = first;
                }
                let last = above.get(width).copied().unwrap_or(0);
                if let Some(right) = above.last_mut() {
                    *right = last;
                }
            }
            if interleave == Interleave::Sample {
                self.line(bits, &above, &mut lines, runs.first_mut())?;
            } else {
                for ((above, line), run) in above.chunks(1).zip(lines.chunks_mut(1)).zip(&mut runs) {
                    self.line(bits, above, line, Some(run))?;
                }
            }
            for (plane, line) in planes.iter_mut().zip(&lines) {
                plane.extend(line.iter().skip(1).take(width));
            }
            std::mem::swap(&mut above, &mut lines);
        }
        Ok(planes)
    }

    /// One line of all channels that are coded pixel by pixel.
    fn line(
        &mut self,
        bits: &mut Bits<'_>,
        above: &[Vec<u16>],
        lines: &mut [Vec<u16>],
        run: Option<&mut usize>,
    ) -> Result<(), Fault> {
        let mut no_run = 0;
        let run = run.unwrap_or(&mut no_run);
        let end = lines.first().map_or(1, Vec::len).saturating_sub(1);
        let around = |above: &[u16], line: &[u16], place: usize| {
            let at = |line: &[u16], place: usize| line.get(place).map_or(0, |&sample| i32::from(sample));
            let (left, up) = (at(line, place.wrapping_sub(1)), at(above, place));
            Around { left, up, corner: at(above, place.wrapping_sub(1)), right: at(above, place + 1) }
        };
        let mut place = 1;
        while place < end {
            let is_flat = above.iter().zip(&*lines).all(|(above, line)| self.is_flat(around(above, line, place)));
            if !is_flat {
                for (above, line) in above.iter().zip(&mut *lines) {
                    let sample = self.regular(bits, around(above, line, place))?;
                    put(line, place, sample);
                }
                place += 1;
                continue;
            }
            let (length, is_broken) = self.run_length(bits, end - place, run)?;
            for line in &mut *lines {
                let value = line.get(place - 1).copied().unwrap_or(0);
                if let Some(pixels) = line.get_mut(place..place + length) {
                    pixels.fill(value);
                }
            }
            place += length;
            if is_broken {
                let is_single = lines.len() == 1;
                for (above, line) in above.iter().zip(&mut *lines) {
                    let sample = self.after_run(bits, around(above, line, place), *run, is_single)?;
                    put(line, place, sample);
                }
                place += 1;
                *run = run.saturating_sub(1);
            }
        }
        Ok(())
    }

    fn is_flat(&self, Around { left, up, corner, right }: Around) -> bool {
        [right - up, up - corner, corner - left].iter().all(|gradient| gradient.abs() <= self.near)
    }

    /// How many pixels the run has, of which `left` remain in the line, and whether a pixel that ends it follows (A.7.1).
    fn run_length(&self, bits: &mut Bits<'_>, left: usize, run: &mut usize) -> Result<(usize, bool), Fault> {
        let order = |run: usize| RUN_ORDERS.get(run).copied().unwrap_or(15);
        let mut length = 0;
        while bits.take(1)? == 1 {
            let step = 1 << order(*run);
            if step <= left - length && *run < 31 {
                *run += 1;
            }
            length += step.min(left - length);
            if length == left {
                return Ok((length, false));
            }
        }
        length += bits.take(order(*run))? as usize;
        if length >= left {
            return Err(Fault::corrupt("a run of its JPEG-LS frame leaves its line"));
        }
        Ok((length, true))
    }

    /// A pixel of the regular mode (A.4 to A.6).
    fn regular(&mut self, bits: &mut Bits<'_>, around: Around) -> Result<i32, Fault> {
        let Around { left, up, corner, right } = around;
        let quantised = [right - up, up - corner, corner - left].map(|gradient| self.quantised(gradient));
        let [first, second, third] = quantised;
        let signed = 81 * first + 9 * second + third;
        let sign = if signed < 0 { -1 } else { 1 };
        let (near, reset, range, error_bits, limit) = (self.near, self.reset, self.range, self.error_bits, self.limit);
        let Some(context) = self.contexts.get_mut(signed.unsigned_abs() as usize) else {
            return Err(Fault::corrupt("a context of its JPEG-LS frame does not exist"));
        };
        let predicted = if corner >= left.max(up) {
            left.min(up)
        } else if corner <= left.min(up) {
            left.max(up)
        } else {
            left + up - corner
        };
        let predicted = (predicted + sign * context.correction).clamp(0, self.largest);
        let order = order_of(context.count, context.size);
        let mapped = golomb(bits, order, limit, error_bits, range)?;
        let is_turned = near == 0 && order == 0 && 2 * context.bias <= -context.count;
        let error = match (is_turned, mapped % 2 == 0) {
            (false, true) => mapped / 2,
            (false, false) => -(mapped + 1) / 2,
            (true, false) => (mapped - 1) / 2,
            (true, true) => -(mapped / 2) - 1,
        };
        context.bias += error * (2 * near + 1);
        context.size += error.abs();
        if context.count == reset {
            context.size >>= 1;
            context.bias = if context.bias >= 0 { context.bias >> 1 } else { -((1 - context.bias) >> 1) };
            context.count >>= 1;
        }
        context.count += 1;
        if context.bias <= -context.count {
            context.bias = (context.bias + context.count).max(1 - context.count);
            context.correction = (context.correction - 1).max(-128);
        } else if context.bias > 0 {
            context.bias = (context.bias - context.count).min(0);
            context.correction = (context.correction + 1).min(127);
        }
        Ok(self.reconstructed(predicted, sign * error))
    }

    /// The pixel that ends a run (A.7.2).
    fn after_run(&mut self, bits: &mut Bits<'_>, around: Around, run: usize, is_single: bool) -> Result<i32, Fault> {
        let Around { left, up, .. } = around;
        let is_level = is_single && (left - up).abs() <= self.near;
        let level = i32::from(is_level);
        let predicted = if is_level { left } else { up };
        let sign = if !is_level && left > up { -1 } else { 1 };
        let limit = self.limit - RUN_ORDERS.get(run).map_or(15, |&order| order as i32) - 1;
        let (reset, range, error_bits) = (self.reset, self.range, self.error_bits);
        let Some(context) = self.contexts.get_mut(RUN_CONTEXT + usize::from(is_level)) else {
            return Err(Fault::corrupt("a context of its JPEG-LS frame does not exist"));
        };
        let size = if is_level { context.size + (context.count >> 1) } else { context.size };
        let order = order_of(context.count, size);
        let mapped = golomb(bits, order, limit, error_bits, range)?;
        let is_odd = (mapped + level) % 2 == 1;
        let magnitude = (mapped + level + i32::from(is_odd)) / 2;
        let is_negative = (order != 0 || 2 * context.negative >= context.count) == is_odd;
        let error = if is_negative { -magnitude } else { magnitude };
        if error < 0 {
            context.negative += 1;
        }
        context.size += (mapped + 1 - level) >> 1;
        if context.count == reset {
            context.size >>= 1;
            context.count >>= 1;
            context.negative >>= 1;
        }
        context.count += 1;
        Ok(self.reconstructed(predicted, sign * error))
    }

    fn quantised(&self, gradient: i32) -> i32 {
        let [first, second, third] = self.thresholds;
        let size = gradient.abs();
        let level = if size <= self.near {
            0
        } else if size < first {
            1
        } else if size < second {
            2
        } else if size < third {
            3
        } else {
            4
        };
        level * gradient.signum()
    }

    fn reconstructed(&self, predicted: i32, error: i32) -> i32 {
        let step = 2 * self.near + 1;
        let value = predicted + error * step;
        let value = if value < -self.near {
            value + self.range * step
        } else if value > self.largest + self.near {
            value - self.range * step
        } else {
            value
        };
        value.clamp(0, self.largest)
    }
}

fn put(line: &mut [u16], place: usize, sample: i32) {
    if let Some(pixel) = line.get_mut(place) {
        *pixel = sample as u16;
    }
}

/// The order of the Golomb code [k]: the least for which `count` times its power of 2 reaches `size`.
fn order_of(count: i32, size: i32) -> u32 {
    (0..24).find(|&order| i64::from(count) << order >= i64::from(size)).unwrap_or(24)
}

/// A number in the Golomb code of limited length (A.5.3).
fn golomb(bits: &mut Bits<'_>, order: u32, limit: i32, error_bits: u32, range: i32) -> Result<i32, Fault> {
    let most = limit - error_bits as i32 - 1;
    let zeros = bits.zeros(most)?;
    let value = if zeros < most {
        (i64::from(zeros) << order) + i64::from(bits.take(order)?)
    } else {
        i64::from(bits.take(error_bits)?) + 1
    };
    // Twice the range is more than any error maps to; beyond it sums could overflow.
    if value > 2 * i64::from(range) + 2 {
        return Err(Fault::corrupt("an error of its JPEG-LS frame is larger than any can be"));
    }
    Ok(value as i32)
}

/// Source: C.2.4.1.1.
fn default_thresholds(largest: i32, near: i32) -> [i32; 3] {
    let clamped = |value: i32, least: i32| if value > largest || value < least { least } else { value };
    let [first, second, third] = if largest >= 128 {
        let factor = (largest.min(4095) + 128) >> 8;
        [factor + 2 + 3 * near, 4 * factor + 3 + 5 * near, 17 * factor + 4 + 7 * near]
    } else {
        let factor = 256 / (largest + 1);
        [(3 / factor + 3 * near).max(2), (7 / factor + 5 * near).max(3), (21 / factor + 7 * near).max(4)]
    };
    let first = clamped(first, near + 1);
    let second = clamped(second, first);
    [first, second, clamped(third, second)]
}
