//! What the header of a NIfTI file says.

use groundglass_types::Window;

use crate::decode::Format;
use crate::error::DecodeError;
use crate::grid::{NiftiPlacement, VolumeGrid, column_length};
use crate::sample::SampleType;
use crate::volume::Layout;

/// The bytes of a header of version 1, which its first field says, and where its magic stands.
const SIZE_1: i32 = 348;
const MAGIC_1: usize = 344;
/// The same of version 2.
const SIZE_2: i32 = 540;
const MAGIC_2: usize = 4;

pub struct Header {
    extent: [usize; 3],
    times: usize,
    sample: SampleType,
    channels: usize,
    big_endian: bool,
    start: u64,
    scale: Option<(f64, f64)>,
    window: Option<Window>,
    placement: NiftiPlacement,
    notes: Vec<String>,
}

/// Fields by their place. All of them lie within a head of 540 bytes; one that does not is 0.
struct Fields<'a> {
    head: &'a [u8],
    big_endian: bool,
}

impl Fields<'_> {
    fn bytes<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut bytes = self.head.get(at..).and_then(|rest| rest.first_chunk::<N>()).copied().unwrap_or([0; N]);
        if self.big_endian {
            bytes.reverse();
        }
        bytes
    }

    fn short(&self, at: usize) -> i64 {
        i16::from_le_bytes(self.bytes(at)).into()
    }

    fn int(&self, at: usize) -> i64 {
        i32::from_le_bytes(self.bytes(at)).into()
    }

    fn long(&self, at: usize) -> i64 {
        i64::from_le_bytes(self.bytes(at))
    }

    fn float(&self, at: usize) -> f64 {
        f32::from_le_bytes(self.bytes(at)).into()
    }

    fn double(&self, at: usize) -> f64 {
        f64::from_le_bytes(self.bytes(at))
    }
}

/// The fields that both versions have, in the widths of version 2.
struct Raw {
    dimensions: [i64; 8],
    data_type: i64,
    intent: i64,
    voxel_sizes: [f64; 4],
    /// Where the first sample is; nothing where the field is no whole number from 0 on.
    start: Option<u64>,
    scale: [f64; 2],
    shown: [f64; 2],
    qform_code: i64,
    sform_code: i64,
    quaternion: [f64; 3],
    offset: [f64; 3],
    matrix: [[f64; 4]; 3],
    units: u8,
}

impl Raw {
    fn version_1(fields: &Fields<'_>) -> Self {
        let floats = |at: usize| [0, 1, 2].map(|index| fields.float(at + 4 * index));
        let start = fields.float(108);
        Self {
            dimensions: [0, 1, 2, 3, 4, 5, 6, 7].map(|index| fields.short(40 + 2 * index)),
            data_type: fields.short(70),
            intent: fields.short(68),
            voxel_sizes: [0, 1, 2, 3].map(|index| fields.float(76 + 4 * index)),
            start: (start >= 0.0 && start.is_finite()).then_some(start as u64),
            scale: [fields.float(112), fields.float(116)],
            shown: [fields.float(128), fields.float(124)],
            qform_code: fields.short(252),
            sform_code: fields.short(254),
            quaternion: floats(256),
            offset: floats(268),
            matrix: [280, 296, 312].map(|at| [0, 4, 8, 12].map(|column| fields.float(at + column))),
            units: fields.bytes::<1>(123)[0],
        }
    }

    fn version_2(fields: &Fields<'_>) -> Self {
        let doubles = |at: usize| [0, 1, 2].map(|index| fields.double(at + 8 * index));
        Self {
            dimensions: [0, 1, 2, 3, 4, 5, 6, 7].map(|index| fields.long(16 + 8 * index)),
            data_type: fields.short(12),
            intent: fields.int(504),
            voxel_sizes: [0, 1, 2, 3].map(|index| fields.double(104 + 8 * index)),
            start: u64::try_from(fields.long(168)).ok(),
            scale: [fields.double(176), fields.double(184)],
            shown: [fields.double(200), fields.double(192)],
            qform_code: fields.int(344),
            sform_code: fields.int(348),
            quaternion: doubles(352),
            offset: doubles(376),
            matrix: [400, 432, 464].map(|at| [0, 8, 16, 24].map(|column| fields.double(at + column))),
            units: (fields.int(500) & 0xff) as u8,
        }
    }
}

/// How a file stands to NIfTI by its first bytes.
enum Kind {
    /// Version 1 or 2 with its pixels in the same file.
    Single(i32),
    /// Its pixels are in a file `.img`.
    Pair,
    /// Analyze 7.5, the older form of the pair.
    Analyze,
}

/// Which kind, and whether the file is big-endian.
fn kind(head: &[u8]) -> Option<(Kind, bool)> {
    let first = *head.first_chunk::<4>()?;
    let size = [(i32::from_le_bytes(first), false), (i32::from_be_bytes(first), true)];
    let (size, big_endian) = size.into_iter().find(|(size, _)| matches!(*size, SIZE_1 | SIZE_2))?;
    let magic = head.get(if size == SIZE_1 { MAGIC_1 } else { MAGIC_2 }..)?.first_chunk::<3>()?;
    match magic {
        b"n+1" | b"n+2" => Some((Kind::Single(size), big_endian)),
        b"ni1" | b"ni2" => Some((Kind::Pair, big_endian)),
        _ if size == SIZE_1 => Some((Kind::Analyze, big_endian)),
        _ => None,
    }
}

impl Header {
    /// Whether the bytes are those of a NIfTI file.
    pub fn is_told_by(head: &[u8]) -> bool {
        matches!(kind(head), Some((Kind::Single(_) | Kind::Pair, _)))
    }

    /// Whether the bytes are those of the header of an Analyze pair.
    pub fn is_analyze(head: &[u8]) -> bool {
        matches!(kind(head), Some((Kind::Analyze, _)))
    }

    /// Reads a header; `None` where the bytes end before it does.
    pub fn read(file: &str, head: &[u8]) -> Result<Option<Self>, DecodeError> {
        let unsupported =
            |detail: String| DecodeError::Unsupported { file: file.to_owned(), format: Format::Nifti, detail };
        let corrupt = |detail: String| DecodeError::Corrupt { file: file.to_owned(), format: Format::Nifti, detail };
        let (size, big_endian) = match kind(head) {
            Some((Kind::Single(size), big_endian)) => (size, big_endian),
            Some((Kind::Pair | Kind::Analyze, _)) => {
                let detail =
                    "it is the header of a pair, and its pixels are in a second file (.img); save both as one .nii";
                return Err(unsupported(detail.to_owned()));
            }
            None if file.to_ascii_lowercase().trim_end_matches(".gz").ends_with(".img") => {
                let detail = "it holds the pixels of a pair without their header (.hdr); save both as one .nii";
                return Err(unsupported(detail.to_owned()));
            }
            None if head.len() < SIZE_1 as usize => return Ok(None),
            None => {
                let begins = head.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
                return Err(corrupt(format!("its header begins with {begins}, not with its length of 348 or 540")));
            }
        };
        if head.len() < size as usize {
            return Ok(None);
        }
        let fields = Fields { head, big_endian };
        let raw = if size == SIZE_1 { Raw::version_1(&fields) } else { Raw::version_2(&fields) };

        // CIFTI-2 is NIfTI-2 with matrices over points of the brain in it, told by its intent.
        if (3000..3100).contains(&raw.intent) {
            let detail = format!("it holds values of points of the brain (CIFTI, intent {}), and no image", raw.intent);
            return Err(unsupported(detail));
        }
        let axes = usize::try_from(raw.dimensions[0]).ok().filter(|axes| (1..=7).contains(axes));
        let axes = axes.ok_or_else(|| corrupt(format!("it has {} axes, not 1 to 7", raw.dimensions[0])))?;
        let mut extent = [1; 7];
        for ((extent, &count), axis) in extent.iter_mut().zip(raw.dimensions.iter().skip(1)).zip(1..).take(axes) {
            // Some writers leave 0 where an axis has one place.
            *extent = match count {
                0 if axis > 3 => 1,
                count => usize::try_from(count).ok().filter(|&count| count > 0).ok_or_else(|| {
                    corrupt(format!("it has {count} places along axis {axis}, and at least 1 is expected"))
                })?,
            };
        }
        let [i, j, k, times, fifth, sixth, seventh] = extent;
        let mut notes = Vec::new();
        if fifth.saturating_mul(sixth).saturating_mul(seventh) > 1 {
            notes.push("its fifth and further axes are read as times".to_owned());
        }
        let times = times.saturating_mul(fifth).saturating_mul(sixth).saturating_mul(seventh);
        let (sample, channels) = sample_type(raw.data_type).map_err(&unsupported)?;
        let start = raw.start.ok_or_else(|| corrupt("its vox_offset is no place in a file".to_owned()))?;
        // Version 1 files that say 0 begin after their header and the four bytes that tell of extensions.
        let start = start.max(u64::from(size.unsigned_abs()) + 4);
        let scale = scale(raw.scale, channels, &mut notes);
        let [low, high] = raw.shown.map(|value| value as f32);
        let window = (low.is_finite() && high.is_finite() && low < high).then_some(Window { low, high });
        let placement = NiftiPlacement {
            voxel_sizes: raw.voxel_sizes,
            qform_code: i32::try_from(raw.qform_code).unwrap_or(0),
            quaternion: raw.quaternion,
            offset: raw.offset,
            sform_code: i32::try_from(raw.sform_code).unwrap_or(0),
            matrix: raw.matrix,
            units: raw.units,
        };
        let extent = [i, j, k];
        Ok(Some(Self { extent, times, sample, channels, big_endian, start, scale, window, placement, notes }))
    }

    pub fn layout(&self) -> Layout {
        Layout {
            start: self.start,
            big_endian: self.big_endian,
            scale: self.scale,
            window: self.window,
            ..Layout::packed(self.extent, self.sample, self.channels)
        }
    }

    /// The grid, what is to be said of it, and whether its spacing is known: in the image and between slices.
    ///
    /// The sform goes before the qform, and that before the bare voxel sizes, as nibabel has it. Without either form the
    /// voxels are read as Analyze's were: the first axis to the patient's left, the second to the front.
    pub fn grid(&self) -> (VolumeGrid, Vec<String>, [bool; 2]) {
        let placement = &self.placement;
        let mut notes = self.notes.clone();
        let unit = match placement.units & 7 {
            1 => 1000.0,
            3 => 0.001,
            _ => 1.0,
        };
        let mut affine = None;
        if placement.sform_code > 0 {
            affine = Some(placement.matrix).filter(is_map);
            if affine.is_none() {
                notes.push("its sform matrix does not span a volume and is not used".to_owned());
            }
        }
        if affine.is_none() && placement.qform_code > 0 {
            affine = by_quaternion(placement).filter(is_map);
            if affine.is_none() {
                notes.push("its qform is no rotation of voxels and is not used".to_owned());
            }
        }
        let is_placed = affine.is_some();
        let (affine, known) = affine.map(|affine| (affine, [true; 3])).unwrap_or_else(|| {
            notes.push(
                "it does not say how it lies in the patient, and is read with its first axis to the patient's left and \
                 its second to the front"
                    .to_owned(),
            );
            let sizes = [1, 2, 3].map(|axis| placement.voxel_sizes[axis].abs());
            let known = sizes.map(|size| size > 0.0 && size.is_finite());
            let [x, y, z] = [0, 1, 2].map(|axis| if known[axis] { sizes[axis] } else { 1.0 });
            ([[-x, 0.0, 0.0, 0.0], [0.0, y, 0.0, 0.0], [0.0, 0.0, z, 0.0]], known)
        });
        let affine = affine.map(|row| row.map(|value| value * unit));
        // Steps may be so small that they are none in numbers.
        let known = [0, 1, 2].map(|axis| known[axis] && column_length(&affine, axis).is_normal());
        let grid = VolumeGrid::new(self.extent, self.times, affine, *placement);
        let grid = if is_placed { grid } else { grid.unplaced() };
        let [x, y, slices] = grid.axes.map(|axis| known[axis]);
        if !(x && y) {
            notes.push("it does not say how large its pixels are".to_owned());
        }
        (grid, notes, [x && y, slices])
    }
}

/// By the codes of `nifti1.h`: the type of a sample, and how many a voxel has.
fn sample_type(code: i64) -> Result<(SampleType, usize), String> {
    Ok(match code {
        2 => (SampleType::U8, 1),
        4 => (SampleType::I16, 1),
        8 => (SampleType::I32, 1),
        16 => (SampleType::F32, 1),
        64 => (SampleType::F64, 1),
        128 => (SampleType::U8, 3),
        256 => (SampleType::I8, 1),
        512 => (SampleType::U16, 1),
        768 => (SampleType::U32, 1),
        1024 => (SampleType::I64, 1),
        1280 => (SampleType::U64, 1),
        2304 => (SampleType::U8, 4),
        1 => return Err("its samples are single bits".to_owned()),
        32 | 1792 | 2048 => return Err("its samples are complex numbers".to_owned()),
        1536 => return Err("its samples are floats of 128 bits".to_owned()),
        other => return Err(format!("its data type is {other}, which the format does not have")),
    })
}

/// Slope and intercept where they change anything. A slope of 0 says that there are none; colours are never scaled.
fn scale([slope, intercept]: [f64; 2], channels: usize, notes: &mut Vec<String>) -> Option<(f64, f64)> {
    if channels > 1 || slope == 0.0 || !slope.is_finite() {
        return None;
    }
    if !intercept.is_finite() {
        notes.push("its scl_inter is no number and is read as 0".to_owned());
    }
    let intercept = if intercept.is_finite() { intercept } else { 0.0 };
    (slope != 1.0 || intercept != 0.0).then_some((slope, intercept))
}

/// Whether an affine takes three axes to three directions: finite, and none in the plane of the others.
fn is_map(affine: &[[f64; 4]; 3]) -> bool {
    if affine.iter().flatten().any(|value| !value.is_finite()) {
        return false;
    }
    let [a, b, c] = [0, 1, 2].map(|axis| {
        let length = column_length(affine, axis);
        affine.map(|row| row.get(axis).map_or(0.0, |value| value / length))
    });
    let volume =
        a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]);
    // NaN, where a column is zero, is no map either.
    volume.abs() > 1e-4
}

/// Method 2 of `nifti1.h`: a rotation by a unit quaternion of which three parts are stored, times the voxel sizes.
fn by_quaternion(placement: &NiftiPlacement) -> Option<[[f64; 4]; 3]> {
    let [b, c, d] = placement.quaternion;
    let rest = 1.0 - (b * b + c * c + d * d);
    // Rounding may leave a little less than nothing.
    let a = if rest < 0.0 { (rest > -1e-5).then_some(0.0)? } else { rest.sqrt() };
    let rotation = [
        [a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d), 2.0 * (b * d + a * c)],
        [2.0 * (b * c + a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d - a * b)],
        [2.0 * (b * d - a * c), 2.0 * (c * d + a * b), a * a + d * d - c * c - b * b],
    ];
    let [handedness, x, y, z] = placement.voxel_sizes;
    let sizes = [x.abs(), y.abs(), if handedness < 0.0 { -z.abs() } else { z.abs() }];
    let row = |row: usize| {
        let [p, q, r] = rotation[row];
        [p * sizes[0], q * sizes[1], r * sizes[2], placement.offset[row]]
    };
    Some([row(0), row(1), row(2)])
}
