//! NIfTI-1 and NIfTI-2 in one file, plain or compressed by gzip.
//!
//! The crate `nifti` reads whole volumes; here one slice is read at a time, so that files of several gigabytes open. The
//! header is read by the layout of `nifti1.h` and `nifti2.h` (nifti.nimh.nih.gov).

mod header;
mod write;

use std::io::Read;

use flate2::bufread::MultiGzDecoder;

pub use write::write_nifti_labels;

use crate::decode::{Format, Limits};
use crate::error::DecodeError;
use crate::open::{Facts, Opening, Source, length_of};
use crate::volume::{Coding, Stack, Stored};
use header::Header;

const GZIP: &[u8] = b"\x1f\x8b";
/// Enough for the header of either version.
const HEAD: usize = 544;

/// By the size of the header and its magic; a compressed file by those inside; a file `.img` by its name, because it is
/// only to be told what is missing.
pub fn recognises(file: &str, head: &[u8]) -> bool {
    let name = file.to_ascii_lowercase();
    if head.starts_with(GZIP) {
        let mut inner = Vec::new();
        // The end of the head is the end of what can be inflated of it, which is no error here.
        let _ = MultiGzDecoder::new(head).take(HEAD as u64).read_to_end(&mut inner);
        return Header::is_told_by(&inner) || name.ends_with(".nii.gz") || name.ends_with(".img.gz");
    }
    Header::is_told_by(head) || (name.ends_with(".hdr") && Header::is_analyze(head)) || name.ends_with(".img")
}

pub fn open<'a>(file: &str, mut source: Box<dyn Source + 'a>, limits: Limits) -> Result<Opening<'a>, DecodeError> {
    let length = length_of(file, &mut *source)?;
    let mut magic = [0; 2];
    let is_gzip = source.read_exact(&mut magic).is_ok() && magic == GZIP;
    let coding = if is_gzip { Coding::Gzip } else { Coding::Plain };
    let mut stored = Stored::new(file, Format::Nifti, source, (0, length), coding)?;
    let head = stored.head(HEAD)?;
    let header = Header::read(file, &head)?.ok_or_else(|| stored.truncated())?;
    let (grid, notes, has_spacing) = header.grid();
    let facts = Facts {
        spacing: has_spacing[0].then(|| grid.spacing()),
        slice_spacing: has_spacing[1].then(|| grid.slice_spacing()),
        notes,
        grid: Some(grid.clone()),
        ..Facts::default()
    };
    let count = grid.frames();
    let stack = Stack::new(file, Format::Nifti, stored, grid, header.layout(), limits)?;
    Ok(Opening { count, size: stack.size(), facts, frames: Box::new(stack) })
}
