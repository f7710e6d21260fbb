//! Transfer syntaxes: how the elements are written, and how the pixels are packed.

/// How the elements are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoding {
    /// Whether every element names its value representation.
    pub explicit: bool,
    /// Whether numbers stand with their highest byte first.
    pub big_endian: bool,
}

impl Encoding {
    pub const IMPLICIT: Self = Self { explicit: false, big_endian: false };
    pub const EXPLICIT: Self = Self { explicit: true, big_endian: false };
    pub const BIG_ENDIAN: Self = Self { explicit: true, big_endian: true };
}

/// How the pixels of a frame are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Native,
    Rle,
    /// Any process of ITU-T T.81: its own header says which.
    Jpeg,
    JpegLs,
    Jpeg2000,
    /// A frame is a deflated stream.
    Deflate,
    /// Known by name, and not read.
    NotRead,
}

/// A transfer syntax by its UID. Source: DICOM PS3.6 2024, table A-1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Syntax {
    pub uid: &'static str,
    pub name: &'static str,
    pub packing: Packing,
}

const fn line(uid: &'static str, name: &'static str, packing: Packing) -> Syntax {
    Syntax { uid, name, packing }
}

pub(crate) const IMPLICIT: &str = "1.2.840.10008.1.2";
pub(crate) const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub(crate) const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
pub(crate) const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

const SYNTAXES: &[Syntax] = &[
    line(IMPLICIT, "Implicit VR Little Endian", Packing::Native),
    line(EXPLICIT, "Explicit VR Little Endian", Packing::Native),
    line("1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian", Packing::NotRead),
    line(DEFLATED, "Deflated Explicit VR Little Endian", Packing::Native),
    line(BIG_ENDIAN, "Explicit VR Big Endian", Packing::Native),
    line("1.2.840.10008.1.2.5", "RLE Lossless", Packing::Rle),
    line("1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression", Packing::Deflate),
    line("1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)", Packing::Jpeg),
    line("1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 and 4)", Packing::Jpeg),
    line("1.2.840.10008.1.2.4.57", "JPEG Lossless, Non-Hierarchical (Process 14)", Packing::Jpeg),
    line("1.2.840.10008.1.2.4.70", "JPEG Lossless, First-Order Prediction (Process 14 [SV 1])", Packing::Jpeg),
    line("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless", Packing::JpegLs),
    line("1.2.840.10008.1.2.4.81", "JPEG-LS Lossy (Near-Lossless)", Packing::JpegLs),
    line("1.2.840.10008.1.2.4.90", "JPEG 2000 (Lossless Only)", Packing::Jpeg2000),
    line("1.2.840.10008.1.2.4.91", "JPEG 2000", Packing::Jpeg2000),
    line("1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Multi-component (Lossless Only)", Packing::NotRead),
    line("1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2 Multi-component", Packing::NotRead),
    line("1.2.840.10008.1.2.4.94", "JPIP Referenced", Packing::NotRead),
    line("1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate", Packing::NotRead),
    line("1.2.840.10008.1.2.4.100", "MPEG2 Main Profile / Main Level", Packing::NotRead),
    line("1.2.840.10008.1.2.4.101", "MPEG2 Main Profile / High Level", Packing::NotRead),
    line("1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264 High Profile / Level 4.1", Packing::NotRead),
    line("1.2.840.10008.1.2.4.103", "MPEG-4 AVC/H.264 BD-compatible", Packing::NotRead),
    line("1.2.840.10008.1.2.4.104", "MPEG-4 AVC/H.264 High Profile for 2D Video", Packing::NotRead),
    line("1.2.840.10008.1.2.4.105", "MPEG-4 AVC/H.264 High Profile for 3D Video", Packing::NotRead),
    line("1.2.840.10008.1.2.4.106", "MPEG-4 AVC/H.264 Stereo High Profile", Packing::NotRead),
    line("1.2.840.10008.1.2.4.107", "HEVC/H.265 Main Profile / Level 5.1", Packing::NotRead),
    line("1.2.840.10008.1.2.4.108", "HEVC/H.265 Main 10 Profile / Level 5.1", Packing::NotRead),
    line("1.2.840.10008.1.2.4.110", "JPEG XL Lossless", Packing::NotRead),
    line("1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression", Packing::NotRead),
    line("1.2.840.10008.1.2.4.112", "JPEG XL", Packing::NotRead),
    line("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 (Lossless Only)", Packing::NotRead),
    line("1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)", Packing::NotRead),
    line("1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000", Packing::NotRead),
];

/// The transfer syntax of that UID, where it is known.
pub(crate) fn by_uid(uid: &str) -> Option<Syntax> {
    SYNTAXES.iter().copied().find(|syntax| syntax.uid == uid)
}

/// How the elements of a file of that transfer syntax are written. All that are not listed are explicit, little endian.
pub(crate) fn encoding(uid: &str) -> Encoding {
    match uid {
        IMPLICIT => Encoding::IMPLICIT,
        BIG_ENDIAN => Encoding::BIG_ENDIAN,
        _ => Encoding::EXPLICIT,
    }
}

/// What an object is, by its SOP class, for the message that it is no image. Source: DICOM PS3.6 2024, table A-1.
pub(crate) fn class_name(uid: &str) -> &str {
    match uid {
        "1.2.840.10008.1.3.10" => "a media directory (DICOMDIR)",
        "1.2.840.10008.5.1.4.1.1.481.3" => "an RT structure set",
        "1.2.840.10008.5.1.4.1.1.481.5" => "an RT plan",
        "1.2.840.10008.5.1.4.1.1.104.1" => "an encapsulated PDF",
        uid if uid.starts_with("1.2.840.10008.5.1.4.1.1.88.") => "a structured report",
        uid if uid.starts_with("1.2.840.10008.5.1.4.1.1.9.") => "a waveform",
        uid if uid.starts_with("1.2.840.10008.5.1.4.1.1.11.") => "a presentation state",
        uid => uid,
    }
}
