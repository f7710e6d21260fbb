//! Masks to a segmentation (SEG). Source: DICOM PS3.3 2024, A.51 and C.8.20.

use std::collections::{BTreeMap, BTreeSet};

use groundglass_imaging::dicom::Attribute;
use groundglass_imaging::dicom::attribute::*;
use groundglass_types::Mask;
use sha2::{Digest, Sha256};

use super::code::Code;
use super::elements::Elements;
use super::error::DicomError;
use super::source::{ForeignTexts, SourceImage};

const SEGMENTATION_CLASS: &str = "1.2.840.10008.5.1.4.1.1.66.4";
/// Every UID of ours is a UUID below `2.25` (PS3.5 2024, B.2); this one names the writer.
const IMPLEMENTATION: &str = "2.25.175237463098572346501930427160058364721";
/// A value's length takes 32 bits, of which all ones mean that it is not known.
const MOST_BYTES: u64 = 0xFFFF_FFFE;

/// A segment to be written. Its number is its place in the list, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSegment {
    /// Its name, of which 64 characters are kept.
    pub label: String,
    /// The category of what it is; [`Code::abnormal_structure`] for lesions.
    pub category: Code,
    /// What it is; [`Code::lesion`] where nothing nearer is known.
    pub property: Code,
    /// What drew it; `None` for a person.
    pub algorithm: Option<String>,
}

/// A mask to be written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewFrame<'m> {
    /// Which of the segments, from 0.
    pub segment: usize,
    /// Which of the source images, from 0.
    pub source: usize,
    /// Its pixels; an empty mask is left out.
    pub mask: &'m Mask,
}

/// What a segmentation says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentationRecord {
    /// What it is, in words.
    pub description: String,
    /// The name of the program and its version.
    pub software: (String, String),
    /// The day, `YYYYMMDD`, and the time, `HHMMSS`.
    pub moment: (String, String),
}

/// Writes masks over images of one geometry as a binary segmentation: a frame for every mask that is not empty, which names
/// the image that it lies on. All `sources` are listed, so that one without a mask is known to be empty. Patient and study
/// are those of the first image, in its own character set where that is not read here and all other words are ASCII; else
/// what is written is UTF-8. The same masks give the same bytes: the UIDs are made from the content.
///
/// # Errors
/// [`DicomError::NotWritten`] where no mask has a pixel, or geometries or numbers do not fit.
pub fn write_segmentation(
    file: &str,
    sources: &[SourceImage],
    segments: &[NewSegment],
    frames: &[NewFrame<'_>],
    record: &SegmentationRecord,
) -> Result<Vec<u8>, DicomError> {
    let refused = |detail: String| DicomError::NotWritten { file: file.to_owned(), detail };
    let Some(first) = sources.first() else {
        return Err(refused("there is no image that it could refer to".to_owned()));
    };
    let (shared, mut drawn) = (first.geometry(), Vec::new());
    if let Some(other) = sources.iter().find(|source| source.study() != first.study()) {
        return Err(refused(format!("the images {} and {} are of two studies", first.instance, other.instance)));
    }
    for frame in frames {
        let (Some(source), true) = (sources.get(frame.source), frame.segment < segments.len()) else {
            let detail = format!("a mask belongs to segment {} of image {}", frame.segment + 1, frame.source + 1);
            return Err(refused(format!("{detail}, which is not given")));
        };
        let found = (frame.mask.width(), frame.mask.height());
        if source.size != first.size || found != source.size {
            return Err(refused(format!(
                "masks and images must have one size, found {} x {} on an image of {} x {} where the first has {} x {}",
                found.0, found.1, source.size.0, source.size.1, first.size.0, first.size.1
            )));
        }
        if source.geometry() != shared {
            let (first, other) = (&first.instance, &source.instance);
            return Err(refused(format!("the pixels of the images {first} and {other} do not lie alike in space")));
        }
        if frame.mask.area() > 0 {
            drawn.push((frame, source));
        }
    }
    if drawn.is_empty() {
        return Err(refused("none of its masks has a pixel".to_owned()));
    }
    drawn.sort_by_key(|(frame, _)| (frame.segment, frame.source));
    let (Ok(width), Ok(height), Ok(_)) =
        (u16::try_from(first.size.0), u16::try_from(first.size.1), u16::try_from(segments.len()))
    else {
        return Err(refused("it has more than 65,535 columns, rows or segments".to_owned()));
    };
    let bits = (first.size.0 as u64).saturating_mul(first.size.1 as u64).saturating_mul(drawn.len() as u64);
    if bits.div_ceil(8) >= MOST_BYTES {
        return Err(refused("its masks take more than 4 GiB".to_owned()));
    }
    let pixels = packed(&drawn);

    let uid = uids(sources, segments, &drawn, &pixels, record);
    let mut object = Elements::default();
    let foreign = first.foreign.as_ref().filter(|_| are_ascii(segments, record));
    patient_and_study(&mut object, first, foreign);
    object.text(SOP_CLASS, SEGMENTATION_CLASS);
    object.text(SOP_INSTANCE, &uid("instance"));
    object.text(SERIES_INSTANCE, &uid("series"));
    object.text(MODALITY, "SEG");
    object.text(SERIES_NUMBER, "1");
    object.words(SERIES_DESCRIPTION, &record.description);
    object.text(INSTANCE_NUMBER, "1");
    object.words(MANUFACTURER, &record.software.0);
    object.words(MODEL_NAME, &record.software.0);
    object.text(DEVICE_SERIAL_NUMBER, "0");
    object.words(SOFTWARE_VERSIONS, &record.software.1);
    object.text(CONTENT_DATE, &record.moment.0);
    object.text(CONTENT_TIME, &record.moment.1);
    object.text(CONTENT_LABEL, "SEGMENTATION");
    object.words(CONTENT_DESCRIPTION, &record.description);
    object.text(CONTENT_CREATOR, "");
    object.text(IMAGE_TYPE, "DERIVED\\PRIMARY");
    object.short(SAMPLES_PER_PIXEL, 1);
    object.text(PHOTOMETRIC_INTERPRETATION, "MONOCHROME2");
    object.text(NUMBER_OF_FRAMES, &drawn.len().to_string());
    object.short(ROWS, height);
    object.short(COLUMNS, width);
    object.short(BITS_ALLOCATED, 1);
    object.short(BITS_STORED, 1);
    object.short(HIGH_BIT, 0);
    object.short(PIXEL_REPRESENTATION, 0);
    lossy(&mut object, sources);
    object.text(SEGMENTATION_TYPE, "BINARY");
    object.text(SEGMENTS_OVERLAP, "UNDEFINED");
    let written = segments.iter().zip(1_u16..).map(|(segment, number)| segment_item(segment, number));
    object.items(SEGMENT_SEQUENCE, written.collect());
    object.items(REFERENCED_SERIES_SEQUENCE, referenced_series(sources));
    let has_place = first.position.is_some();
    dimensions(&mut object, &uid("dimensions"), has_place);
    object.items(SHARED_GROUPS, vec![shared_groups(first)]);
    object.items(PER_FRAME_GROUPS, per_frame_groups(&drawn, first.orientation, has_place));
    object.bytes(Attribute { vr: *b"OB", ..PIXELS }, pixels);
    Ok(object.into_file(SEGMENTATION_CLASS, &uid("instance"), IMPLEMENTATION))
}

/// The frames one after the other, a bit a pixel, the first pixel lowest (PS3.5 2024, 8.1.1).
fn packed(drawn: &[(&NewFrame<'_>, &SourceImage)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut byte, mut filled) = (0_u8, 0_u32);
    for (frame, _) in drawn {
        for pixel in frame.mask.to_row_major() {
            byte |= pixel << filled;
            filled += 1;
            if filled == 8 {
                bytes.push(byte);
                (byte, filled) = (0, 0);
            }
        }
    }
    if filled > 0 {
        bytes.push(byte);
    }
    bytes
}

/// Makes UIDs that are the same for the same content.
fn uids(
    sources: &[SourceImage],
    segments: &[NewSegment],
    drawn: &[(&NewFrame<'_>, &SourceImage)],
    pixels: &[u8],
    record: &SegmentationRecord,
) -> impl Fn(&str) -> String + use<> {
    let mut content = Sha256::new();
    let first = sources.first().map(|source| &source.instance);
    content.update(format!("{:?} {segments:?} {record:?}", first.map_or("", String::as_str)));
    for (frame, source) in drawn {
        content.update(format!("{} {} {:?}", frame.segment, source.instance, source.frame));
    }
    let on: BTreeSet<(&str, Option<u32>)> =
        drawn.iter().map(|(_, source)| (source.instance.as_str(), source.frame)).collect();
    for source in sources.iter().filter(|source| !on.contains(&(source.instance.as_str(), source.frame))) {
        content.update(format!("empty {} {:?}", source.instance, source.frame));
    }
    content.update(pixels);
    let content = content.finalize();
    move |purpose| {
        let digest = Sha256::new().chain_update(content).chain_update(purpose).finalize();
        let mut uuid = digest.iter().take(16).fold(0_u128, |number, &byte| number << 8 | u128::from(byte));
        // Version 8, made from content, and the variant of RFC 9562.
        uuid = uuid & !(0xF << 76) | (8 << 76);
        uuid = uuid & !(0x3 << 62) | (2 << 62);
        format!("2.25.{uuid}")
    }
}

/// Whether the words of the file's own are in every character set the same.
fn are_ascii(segments: &[NewSegment], record: &SegmentationRecord) -> bool {
    let of = |segment: &NewSegment| segment.label.is_ascii() && segment.algorithm.as_deref().is_none_or(str::is_ascii);
    segments.iter().all(of)
        && record.description.is_ascii()
        && record.software.0.is_ascii()
        && record.software.1.is_ascii()
}

/// What was lost once is lost in what is drawn on it (PS3.3 2024, C.7.6.1.1.5).
fn lossy(object: &mut Elements, sources: &[SourceImage]) {
    let lossy = sources.iter().find_map(|source| source.lossy.as_ref());
    object.text(LOSSY_COMPRESSION, if lossy.is_some() { "01" } else { "00" });
    for (attribute, text) in [LOSSY_RATIO, LOSSY_METHOD].into_iter().zip(lossy.into_iter().flatten()) {
        if !text.is_empty() {
            object.bytes(attribute, text.clone().into_bytes());
        }
    }
}

fn patient_and_study(object: &mut Elements, source: &SourceImage, foreign: Option<&ForeignTexts>) {
    match foreign {
        Some(foreign) => object.bytes(CHARACTER_SET, foreign.character_set.clone()),
        None => object.text(CHARACTER_SET, "ISO_IR 192"),
    }
    let bytes = |attribute: Attribute| foreign.and_then(|foreign| foreign.texts.get(&attribute.tag));
    let required = [
        PATIENT_NAME,
        PATIENT_ID,
        PATIENT_BIRTH_DATE,
        PATIENT_SEX,
        STUDY_INSTANCE,
        STUDY_DATE,
        STUDY_TIME,
        STUDY_ID,
        ACCESSION_NUMBER,
        REFERRING_PHYSICIAN,
    ];
    for attribute in required {
        match bytes(attribute) {
            Some(bytes) => object.bytes(attribute, bytes.clone()),
            None => object.text(attribute, source.identifiers.get(&attribute.tag).map_or("", String::as_str)),
        }
    }
    if let Some(reference) = source.identifiers.get(&FRAME_OF_REFERENCE.tag) {
        object.text(FRAME_OF_REFERENCE, reference);
        object.text(POSITION_REFERENCE, source.identifiers.get(&POSITION_REFERENCE.tag).map_or("", String::as_str));
    }
}

fn code(code: &Code) -> Vec<Elements> {
    let mut item = Elements::default();
    item.words(CODE_VALUE, &code.value);
    item.words(CODING_SCHEME, &code.scheme);
    item.words(CODE_MEANING, &code.meaning);
    vec![item]
}

fn segment_item(segment: &NewSegment, number: u16) -> Elements {
    let mut item = Elements::default();
    item.short(SEGMENT_NUMBER, number);
    item.words(SEGMENT_LABEL, &segment.label);
    item.items(SEGMENTED_CATEGORY_SEQUENCE, code(&segment.category));
    item.items(SEGMENTED_PROPERTY_SEQUENCE, code(&segment.property));
    match &segment.algorithm {
        Some(name) => {
            item.text(SEGMENT_ALGORITHM_TYPE, "AUTOMATIC");
            item.words(SEGMENT_ALGORITHM_NAME, name);
        }
        None => item.text(SEGMENT_ALGORITHM_TYPE, "MANUAL"),
    }
    item
}

fn reference(source: &SourceImage) -> Elements {
    let mut item = Elements::default();
    item.text(REFERENCED_SOP_CLASS, &source.class);
    item.text(REFERENCED_SOP_INSTANCE, &source.instance);
    item
}

/// The series with their images, each once.
fn referenced_series(sources: &[SourceImage]) -> Vec<Elements> {
    let mut series: BTreeMap<&str, BTreeMap<&str, &SourceImage>> = BTreeMap::new();
    for source in sources {
        series.entry(&source.series).or_default().insert(&source.instance, source);
    }
    let items = series.into_iter().map(|(uid, images)| {
        let mut item = Elements::default();
        item.text(SERIES_INSTANCE, uid);
        item.items(REFERENCED_INSTANCE_SEQUENCE, images.into_values().map(reference).collect());
        item
    });
    items.collect()
}

/// Frames are counted by their segment, and by their position where they have one.
fn dimensions(object: &mut Elements, uid: &str, has_place: bool) {
    let index = |pointer: Attribute, group: Attribute| {
        let mut item = Elements::default();
        item.text(DIMENSION_ORGANIZATION_UID, uid);
        item.pointer(DIMENSION_INDEX_POINTER, pointer.tag);
        item.pointer(FUNCTIONAL_GROUP_POINTER, group.tag);
        item
    };
    let mut indices = vec![index(REFERENCED_SEGMENT_NUMBER, SEGMENT_IDENTIFICATION_SEQUENCE)];
    if has_place {
        indices.push(index(POSITION, PLANE_POSITION_SEQUENCE));
    }
    object.items(DIMENSION_INDEX_SEQUENCE, indices);
    let mut organization = Elements::default();
    organization.text(DIMENSION_ORGANIZATION_UID, uid);
    object.items(DIMENSION_ORGANIZATION_SEQUENCE, vec![organization]);
}

fn shared_groups(first: &SourceImage) -> Elements {
    let mut groups = Elements::default();
    if let Some([width, height]) = first.spacing {
        let mut measures = Elements::default();
        measures.numbers(PIXEL_SPACING, &[height, width]);
        if let Some(thickness) = first.thickness {
            measures.numbers(SLICE_THICKNESS, &[thickness]);
        }
        groups.items(PIXEL_MEASURES_SEQUENCE, vec![measures]);
    }
    if let Some(orientation) = first.orientation {
        let mut item = Elements::default();
        item.numbers(ORIENTATION, &orientation);
        groups.items(PLANE_ORIENTATION_SEQUENCE, vec![item]);
    }
    groups
}

/// How far along the normal of the images a position lies; `None` where that is not known.
fn depth(source: &SourceImage, orientation: Option<[f64; 6]>) -> Option<f64> {
    let ([x, y, z], [a, b, c, d, e, f]) = (source.position?, orientation?);
    let depth = x * (b * f - c * e) + y * (c * d - a * f) + z * (a * e - b * d);
    // Two slices are further apart than a thousandth of a millimetre.
    Some((depth * 1e3).round())
}

fn per_frame_groups(
    drawn: &[(&NewFrame<'_>, &SourceImage)],
    orientation: Option<[f64; 6]>,
    has_place: bool,
) -> Vec<Elements> {
    // Positions are numbered by their place in space, and where there is none in the order of the images.
    let place = |frame: &NewFrame<'_>, source: &SourceImage| depth(source, orientation).unwrap_or(frame.source as f64);
    let mut places: Vec<f64> = drawn.iter().map(|(frame, source)| place(frame, source)).collect();
    places.sort_by(f64::total_cmp);
    places.dedup_by(|one, other| one.total_cmp(other).is_eq());
    let items = drawn.iter().map(|(frame, source)| {
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        let own = place(frame, source);
        let place = places.binary_search_by(|place| place.total_cmp(&own)).unwrap_or(0);
        let mut content = Elements::default();
        let both = [number(frame.segment), number(place)];
        content.longs(DIMENSION_INDEX_VALUES, if has_place { &both } else { &both[..1] });

        let mut image = reference(source);
        if let Some(frame) = source.frame {
            image.text(REFERENCED_FRAME, &frame.to_string());
        }
        image.text(LOCATIONS_PRESERVED, "YES");
        let purpose = Code::new("121322", "DCM", "Source image for image processing operation");
        image.items(PURPOSE_CODE_SEQUENCE, code(&purpose));
        let mut derivation = Elements::default();
        derivation.items(SOURCE_IMAGE_SEQUENCE, vec![image]);
        derivation.items(DERIVATION_CODE_SEQUENCE, code(&Code::new("113076", "DCM", "Segmentation")));

        let mut segment = Elements::default();
        segment.short(REFERENCED_SEGMENT_NUMBER, u16::try_from(frame.segment + 1).unwrap_or(u16::MAX));

        let mut item = Elements::default();
        item.items(FRAME_CONTENT_SEQUENCE, vec![content]);
        item.items(DERIVATION_IMAGE_SEQUENCE, vec![derivation]);
        item.items(SEGMENT_IDENTIFICATION_SEQUENCE, vec![segment]);
        if let (true, Some(position)) = (has_place, source.position) {
            let mut plane = Elements::default();
            plane.numbers(POSITION, &position);
            item.items(PLANE_POSITION_SEQUENCE, vec![plane]);
        }
        item
    });
    items.collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Cursor;

    use groundglass_imaging::Limits;
    use groundglass_imaging::dicom::{DataSet, read_object};

    use super::*;

    const IMAGE_CLASS: &str = "1.2.840.10008.5.1.4.1.1.2";

    /// What is written on an image with a patient's name in a character set and elements of loss.
    fn written_on<T>(character_set: &str, name: &[u8], label: &str, is_lossy: bool, see: impl Fn(&DataSet) -> T) -> T {
        let mut image = Elements::default();
        image.text(CHARACTER_SET, character_set);
        image.bytes(PATIENT_NAME, name.to_vec());
        image.text(SOP_CLASS, IMAGE_CLASS);
        for uid in [SOP_INSTANCE, STUDY_INSTANCE, SERIES_INSTANCE] {
            image.text(uid, "1.2.3");
        }
        image.short(ROWS, 1);
        image.short(COLUMNS, 2);
        if is_lossy {
            image.text(LOSSY_COMPRESSION, "01");
            image.bytes(LOSSY_RATIO, b"12.5\\4".to_vec());
            image.text(LOSSY_METHOD, "ISO_10918_1");
        }
        let image = image.into_file(IMAGE_CLASS, "1.2.3", IMPLEMENTATION);
        let image = read_object("i.dcm", Box::new(Cursor::new(image)), Limits::default()).unwrap();
        let source = SourceImage::of(&image, 0).unwrap();
        let mask = Mask::from_row_major(2, 1, &[0, 1]).unwrap();
        let segment = NewSegment {
            label: label.to_owned(),
            category: Code::abnormal_structure(),
            property: Code::lesion(),
            algorithm: None,
        };
        let record = SegmentationRecord {
            description: "Truth".to_owned(),
            software: ("Groundglass".to_owned(), "1".to_owned()),
            moment: ("20260101".to_owned(), "000000".to_owned()),
        };
        let frames = [NewFrame { segment: 0, source: 0, mask: &mask }];
        let file = write_segmentation("s.dcm", &[source], &[segment], &frames, &record).unwrap();
        see(&read_object("s.dcm", Box::new(Cursor::new(file)), Limits::default()).unwrap().data_set)
    }

    #[test]
    fn a_patient_keeps_the_name_in_its_own_character_set() {
        let both = |data_set: &DataSet| [CHARACTER_SET, PATIENT_NAME].map(|at| data_set.bytes(at).unwrap().to_vec());
        // Cyrillic, Korean with its escape, and Chinese: the bytes as they are.
        let foreign: [(&str, &[u8]); 3] = [
            ("ISO_IR 144", b"\xb8\xd2\xd0\xdd"),
            ("\\ISO 2022 IR 149", b"Hong^Gildong=\x1b$)C\xfb\xf3"),
            ("GB18030", b"\xcd\xf5^\xd0\xa1 "),
        ];
        for (character_set, name) in foreign {
            let [set, kept] = written_on(character_set, name, "cyst", false, both);
            assert_eq!(String::from_utf8_lossy(&set).trim_end(), character_set);
            assert!(kept.starts_with(name), "{character_set}: {kept:?}");
        }
        // What is known is written as UTF-8, and so is all where a class needs it.
        let [set, name] = written_on("ISO_IR 100", b"M\xfcller", "cyst", false, both);
        assert_eq!((&set[..], &name[..]), (&b"ISO_IR 192"[..], "M\u{fc}ller ".as_bytes()));
        let [set, name] = written_on("ISO_IR 144", b"\xb8", "K\u{f6}rper", false, both);
        assert_eq!((&set[..], String::from_utf8_lossy(&name).trim_end()), (&b"ISO_IR 192"[..], "\u{fffd}"));
    }

    #[test]
    fn what_was_lost_in_the_image_is_lost_in_what_is_drawn_on_it() {
        let all = |data_set: &DataSet| [LOSSY_COMPRESSION, LOSSY_RATIO, LOSSY_METHOD].map(|at| data_set.text(at));
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(
            written_on("ISO_IR 192", b"x", "cyst", true, all),
            [said("01"), said("12.5\\4"), said("ISO_10918_1")]
        );
        assert_eq!(written_on("ISO_IR 192", b"x", "cyst", false, all), [said("00"), None, None]);
    }
}
