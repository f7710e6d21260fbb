//! A file that was opened: what its header says, and a way to each of its frames.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

use groundglass_types::Image;

use crate::decode::{DECODERS, Format, Limits};
use crate::error::DecodeError;
use crate::grid::VolumeGrid;
use crate::orientation::Orientation;

/// Bytes that can be read from any place: a file on disk, a slice in memory, a file of the browser. A stack of several
/// gigabytes is read frame by frame through it, never whole.
pub trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

/// What the first bytes of a file must hold to be told.
const HEAD: usize = 512;

/// Where a file belongs among others, and its pixels in the patient. Lengths are millimetres in the patient's frame, x to
/// the left, y to the back, z to the head (LPS); a position is the centre of the top-left pixel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// The series, by its UID.
    pub series: String,
    /// The study, by its UID.
    pub study: Option<String>,
    /// This very file, by its UID: what annotations refer to (SOP instance UID).
    pub instance: Option<String>,
    /// Its number within the series, which need not be the order in space.
    pub instance_number: Option<i64>,
    /// The frame of reference, by its UID: positions are comparable where it is the same.
    pub frame_of_reference: Option<String>,
    /// The position of the first frame.
    pub position: Option<[f64; 3]>,
    /// Unit vectors along a row, to the right, and along a column, downwards.
    pub orientation: Option<[f64; 6]>,
    /// The position of every frame, where each has one; else empty.
    pub frame_positions: Vec<[f64; 3]>,
    /// The orientation of every frame, where they differ; else empty.
    pub frame_orientations: Vec<[f64; 6]>,
}

impl Place {
    /// How far the first frame lies along the normal of its plane, in millimetres: slices of a series are sorted by it.
    pub fn along_normal(&self) -> Option<f64> {
        Some(along(self.orientation?, self.position?))
    }

    /// The same of every frame, where each has a position and all have one orientation.
    pub fn frames_along_normal(&self) -> Option<Vec<f64>> {
        let orientation = self.orientation.filter(|_| self.frame_orientations.is_empty())?;
        let positions = &self.frame_positions;
        (!positions.is_empty()).then(|| positions.iter().map(|&position| along(orientation, position)).collect())
    }
}

/// How far a position lies along the normal of a plane.
fn along([a, b, c, d, e, f]: [f64; 6], [x, y, z]: [f64; 3]) -> f64 {
    (b * f - c * e) * x + (c * d - a * f) * y + (a * e - b * d) * z
}

/// What a header says besides the pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Width and height of a pixel in millimetres.
    pub spacing: Option<[f64; 2]>,
    /// From one frame to the next in millimetres.
    pub slice_spacing: Option<f64>,
    /// Of frames that lie at the same places several times over (times, contrasts): which time each is of, from 1. Else
    /// empty; a volume says its times in its grid.
    pub frame_times: Vec<usize>,
    /// Group attributes: `patient`, `modality`, `sex`, ... No name and no date of birth.
    pub attributes: BTreeMap<String, String>,
    /// Where the file belongs among those of its series, where its form says so.
    pub place: Option<Place>,
    /// What a person must know to read the image rightly, one sentence each: that it was turned upright, that a second
    /// channel was left out.
    pub notes: Vec<String>,
    /// Of a volume: where each of its pixels is stored, and where that lies in the patient. Masks are written back on it.
    pub grid: Option<VolumeGrid>,
}

impl Facts {
    /// Leaves out sizes that measure nothing, of whatever form: zero, below zero, no numbers, and so small that they lose
    /// their digits.
    fn leave_out_no_sizes(&mut self) {
        let is_size = |size: &f64| size.is_normal() && *size > 0.0;
        self.spacing = self.spacing.filter(|spacing| spacing.iter().all(is_size));
        self.slice_spacing = self.slice_spacing.filter(is_size);
    }
}

/// The frames of an opened file.
pub trait Frames {
    /// The frame at `index`, which is below the count that the file was opened with.
    ///
    /// # Errors
    /// [`DecodeError`], whose message names the file and the fault.
    fn read(&mut self, index: usize) -> Result<Image, DecodeError>;

    /// The frame at `index` as a label map: as [`Frames::read`], but of a palette the indices, of PNG and
    /// TIFF grey of fewer than 8 bits unstretched, and 0 as 0 where it is shown white.
    ///
    /// # Errors
    /// As [`Frames::read`].
    fn read_labels(&mut self, index: usize) -> Result<Labels, DecodeError> {
        Ok(Labels { image: self.read(index)?, are_indices: false, is_inverted: false })
    }

    /// Width and height of the frame at `index`, as the header says; `None` where all frames are as large as the first, or
    /// the header does not say it.
    fn size(&self, _index: usize) -> Option<(u32, u32)> {
        None
    }
}

/// A frame whose samples stand for what is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Labels {
    /// Its samples.
    pub image: Image,
    /// Whether they are places in a palette, whose colours only show them.
    pub are_indices: bool,
    /// Whether the frame is shown the other way round: TIFF may say that 0 is white.
    pub is_inverted: bool,
}

/// What a decoder makes of a file.
pub struct Opening<'a> {
    /// How many frames, slices or pages there are; at least 1.
    pub count: usize,
    /// Width and height of the first frame as [`Frames::read`] gives it, which the header says.
    pub size: (u32, u32),
    /// What the header says besides.
    pub facts: Facts,
    /// The way to the frames.
    pub frames: Box<dyn Frames + 'a>,
}

/// A file that was opened. Its header has been read and is within the limits; no pixel has.
pub struct Opened<'a> {
    file: String,
    format: Format,
    opening: Opening<'a>,
}

impl Opened<'_> {
    /// Which format the file's first bytes said it has.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// How many frames, slices or pages there are; at least 1.
    pub const fn count(&self) -> usize {
        self.opening.count
    }

    /// Width and height of the first frame, told by the header before any pixel is decoded. Pages of a TIFF file and
    /// arrays of an `.npz` file may have other sizes: [`Opened::size_of`].
    pub const fn size(&self) -> (u32, u32) {
        self.opening.size
    }

    /// Width and height of a frame, counted from 0, told by the header; those of the first where the header does not say it.
    pub fn size_of(&self, index: usize) -> (u32, u32) {
        self.opening.frames.size(index).unwrap_or(self.opening.size)
    }

    /// What the header says besides the pixels.
    pub const fn facts(&self) -> &Facts {
        &self.opening.facts
    }

    /// Decodes a frame, counted from 0.
    ///
    /// # Errors
    /// [`DecodeError`], whose message names the file and the fault; [`DecodeError::NoFrame`] beyond the last one.
    pub fn frame(&mut self, index: usize) -> Result<Image, DecodeError> {
        if index >= self.opening.count {
            return Err(DecodeError::NoFrame { file: self.file.clone(), index, count: self.opening.count });
        }
        self.opening.frames.read(index)
    }

    /// Decodes a frame, counted from 0, as a label map: by the values that stand in the file: of a palette the indices,
    /// which are what the labels are, and not the colours by which they are shown; of PNG and TIFF grey of fewer than 8
    /// bits unstretched, and 0 as 0 where it is shown white.
    ///
    /// # Errors
    /// As [`Opened::frame`].
    pub fn labels(&mut self, index: usize) -> Result<Labels, DecodeError> {
        if index >= self.opening.count {
            return Err(DecodeError::NoFrame { file: self.file.clone(), index, count: self.opening.count });
        }
        self.opening.frames.read_labels(index)
    }
}

/// Opens an image file: tells its format by its first bytes, reads its header, and refuses what is beyond `limits`.
///
/// Of a volume that is compressed, or whose slices do not lie in one piece each, up to 128 MiB of neighbouring slices are
/// kept between two calls of [`Opened::frame`], so that it is not inflated anew for each; it is never held whole beyond
/// that. Frames that are asked for in order are read in the fewest passes.
///
/// # Errors
/// [`DecodeError`], whose message names `file` and the fault.
pub fn open<'a>(file: &str, mut source: Box<dyn Source + 'a>, limits: Limits) -> Result<Opened<'a>, DecodeError> {
    let unreadable = |error: std::io::Error| unreadable(file, &error);
    let mut head = Vec::with_capacity(HEAD);
    source.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(unreadable)?;
    source.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    if head.is_empty() {
        return Err(DecodeError::Empty { file: file.to_owned() });
    }
    let Some(decoder) = DECODERS.iter().find(|decoder| (decoder.recognises)(file, &head)) else {
        let begins = head.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        return Err(DecodeError::UnknownFormat { file: file.to_owned(), begins });
    };
    let mut opening = (decoder.open)(file, source, limits)?;
    opening.facts.leave_out_no_sizes();
    Ok(Opened { file: file.to_owned(), format: decoder.format, opening })
}

/// The frames of a form that has only one, decoded from the whole file when it is asked for.
pub(crate) struct Single<'a> {
    pub file: String,
    pub source: Box<dyn Source + 'a>,
    pub limits: Limits,
    /// How the pixels are stored; they are given upright.
    pub orientation: Orientation,
    pub decode: fn(&str, &[u8], Limits) -> Result<Image, DecodeError>,
}

impl<'a> Single<'a> {
    /// The opening of a form that has only one frame, of the stored `size`.
    pub fn opening(self, size: (u32, u32)) -> Opening<'a> {
        let facts = Facts { notes: self.orientation.note().into_iter().collect(), ..Facts::default() };
        Opening { count: 1, size: self.orientation.size(size), facts, frames: Box::new(self) }
    }
}

impl Frames for Single<'_> {
    fn read(&mut self, _: usize) -> Result<Image, DecodeError> {
        let bytes = read_whole(&self.file, &mut self.source)?;
        Ok(self.orientation.turn((self.decode)(&self.file, &bytes, self.limits)?))
    }
}

/// How many bytes a file has. The source stands at its start afterwards.
pub(crate) fn length_of(file: &str, source: &mut dyn Source) -> Result<u64, DecodeError> {
    let length = source.seek(SeekFrom::End(0)).and_then(|length| source.seek(SeekFrom::Start(0)).map(|_| length));
    length.map_err(|error| unreadable(file, &error))
}

/// Up to `count` bytes from `position`: fewer where the file ends before.
pub(crate) fn read_at(
    file: &str,
    source: &mut dyn Source,
    position: u64,
    count: usize,
) -> Result<Vec<u8>, DecodeError> {
    let mut bytes = Vec::new();
    let read = source.seek(SeekFrom::Start(position)).and_then(|_| source.take(count as u64).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|error| unreadable(file, &error))
}

/// What a disk or a browser says that refuses.
pub(crate) fn unreadable(file: &str, error: &std::io::Error) -> DecodeError {
    DecodeError::Unreadable { file: file.to_owned(), detail: error.to_string() }
}

/// All bytes of a file, for forms that can only be read whole.
pub(crate) fn read_whole(file: &str, source: &mut dyn Source) -> Result<Vec<u8>, DecodeError> {
    let unreadable = |error: std::io::Error| unreadable(file, &error);
    source.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}
