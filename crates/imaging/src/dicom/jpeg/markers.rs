//! The segments of a JPEG frame. Source: ITU-T T.81, annex B.

use super::super::fault::Fault;

/// A component as the frame header has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Component {
    pub id: u8,
    pub horizontal: u8,
    pub vertical: u8,
    /// Which quantisation table.
    pub table: u8,
}

/// What the segments say before anything is decoded.
#[derive(Debug)]
pub(super) struct Outline {
    /// The second byte of the frame's marker, `C0` to `CF`.
    pub process: u8,
    pub precision: u8,
    pub width: u16,
    pub height: u16,
    pub components: Vec<Component>,
    /// The colour transform of Adobe's marker.
    pub adobe: Option<u8>,
    pub has_jfif: bool,
}

/// A segment: its marker, its bytes without the length, and where the entropy-coded bytes after it begin.
pub(super) struct Segment<'b> {
    pub marker: u8,
    pub bytes: &'b [u8],
    pub end: usize,
}

/// The segment at or after `position`; `None` at the end of the image or of the bytes.
pub(super) fn next_segment(bytes: &[u8], mut position: usize) -> Option<Segment<'_>> {
    loop {
        let rest = bytes.get(position..)?;
        let start = rest.iter().position(|&byte| byte == 0xFF)?;
        let marker = *rest.get(start + 1)?;
        position += start + 1;
        match marker {
            // Fill, stuffing, TEM, restarts, start of image.
            0xFF => {}
            0x00 | 0x01 | 0xD0..=0xD8 => position += 1,
            0xD9 => return None,
            _ => {
                let length = usize::from(word(bytes, position + 1)?);
                let end = position + 1 + length;
                let bytes = bytes.get(position + 3..end)?;
                return Some(Segment { marker, bytes, end });
            }
        }
    }
}

/// The bytes without the segments of applications and the comments, up to the first scan.
pub(super) fn without_applications(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    let (mut from, mut position) = (0, 0);
    while let Some(segment) = next_segment(bytes, position)
        && segment.marker != 0xDA
    {
        if matches!(segment.marker, 0xE0..=0xEF | 0xFE) {
            // Marker and length take four bytes.
            let start = segment.end - segment.bytes.len() - 4;
            kept.extend(bytes.get(from..start).unwrap_or_default());
            from = segment.end;
        }
        position = segment.end;
    }
    kept.extend(bytes.get(from..).unwrap_or_default());
    kept
}

pub(super) fn word(bytes: &[u8], position: usize) -> Option<u16> {
    let pair = bytes.get(position..position.checked_add(2)?)?;
    Some(u16::from_be_bytes(pair.try_into().ok()?))
}

impl Outline {
    pub fn of(bytes: &[u8]) -> Result<Self, Fault> {
        let (mut adobe, mut has_jfif) = (None, false);
        let mut frame = None;
        let mut position = 0;
        let mut has_scan = false;
        while let Some(segment) = next_segment(bytes, position) {
            position = segment.end;
            match segment.marker {
                0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF if frame.is_none() => {
                    frame = Self::frame(segment.marker, segment.bytes);
                }
                0xE0 => has_jfif |= segment.bytes.starts_with(b"JFIF"),
                0xEE if segment.bytes.starts_with(b"Adobe") => adobe = segment.bytes.get(11).copied(),
                0xDA => has_scan = true,
                _ => {}
            }
        }
        // Decoders fill what is missing with grey.
        let is_complete = bytes.array_windows().any(|pair| pair == &[0xFF, 0xD9]);
        match frame {
            Some(frame) if has_scan && is_complete => Ok(Self { adobe, has_jfif, ..frame }),
            Some(_) => Err(Fault::corrupt("its JPEG frame ends before it is complete")),
            None => Err(Fault::corrupt("its JPEG frame has no frame header")),
        }
    }

    fn frame(process: u8, bytes: &[u8]) -> Option<Self> {
        let (precision, count) = (*bytes.first()?, usize::from(*bytes.get(5)?));
        let (height, width) = (word(bytes, 1)?, word(bytes, 3)?);
        let components = bytes.get(6..6 + 3 * count)?.as_chunks::<3>().0;
        let components = components
            .iter()
            .map(|&[id, sampling, table]| Component { id, horizontal: sampling >> 4, vertical: sampling & 15, table })
            .collect();
        Some(Self { process, precision, width, height, components, adobe: None, has_jfif: false })
    }
}

/// The header of a scan.
pub(super) struct Scan {
    /// Which component of the frame, and its DC and AC table.
    pub components: Vec<(usize, usize, usize)>,
    /// The predictor of a lossless scan.
    pub predictor: u8,
    /// By how many bits samples were shifted down in a lossless scan.
    pub shift: u8,
}

impl Scan {
    pub fn of(bytes: &[u8], outline: &Outline) -> Result<Self, Fault> {
        let parsed = || {
            let count = usize::from(*bytes.first()?);
            let mut components = Vec::with_capacity(count);
            for &[id, tables] in bytes.get(1..1 + 2 * count)?.as_chunks::<2>().0 {
                let index = outline.components.iter().position(|component| component.id == id)?;
                components.push((index, usize::from(tables >> 4), usize::from(tables & 15)));
            }
            let mut rest = bytes.get(1 + 2 * count..)?.iter();
            let predictor = *rest.next()?;
            let shift = *rest.nth(1)? & 15;
            (!components.is_empty()).then_some(Self { components, predictor, shift })
        };
        parsed().ok_or_else(|| Fault::corrupt("the scan header of its JPEG frame does not fit its frame header"))
    }
}
