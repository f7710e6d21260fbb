//! What the header says of the patient, the place and the size of pixels.

use std::collections::BTreeMap;

use super::attribute::*;
use super::data_set::DataSet;
use super::groups::{differs, group, group_or_object};
use super::layout::{Kind, Layout, Photometric};
use super::order::Order;
use super::parse::Object;
use crate::open::{Facts, Place};

pub(super) fn facts(object: &Object<'_>, layout: &Layout, count: usize, notes: Vec<String>) -> Facts {
    let data_set = &object.data_set;
    let mut notes = notes;
    if layout.photometric == Photometric::Monochrome1 {
        notes.push("It is stored with its lowest values bright (MONOCHROME1); they were turned round.".to_owned());
    }
    if let Some(padding) = data_set.whole(PIXEL_PADDING) {
        let padding = if layout.signed { i64::from(padding as u16 as i16) } else { padding };
        notes.push(format!("Pixels outside the field of view are stored as {padding}; they are kept as they are."));
    }
    if layout.kind == Kind::Whole && layout.stored > 24 {
        notes.push(format!("Its numbers of {} bits are given as floats, which keep 24 of them.", layout.stored));
    }
    let place = place(data_set, count);
    let own = [
        (PIXEL_MEASURES_SEQUENCE, PIXEL_SPACING, "Pixel Spacing", 2),
        (PLANE_POSITION_SEQUENCE, POSITION, "Image Position (Patient)", 3),
        (PLANE_ORIENTATION_SEQUENCE, ORIENTATION, "Image Orientation (Patient)", 6),
    ];
    for (sequence, attribute, name, count) in own {
        notes.extend(unusable(group_or_object(data_set, 0, sequence), attribute, name, count));
    }
    let spacing = spacing(data_set, &mut notes);
    notes.extend(aspect(data_set, spacing));
    if has_positions(data_set, count) && place.as_ref().is_some_and(|place| place.frame_positions.is_empty()) {
        notes.push("Not all of its frames have a position in the patient that can be read; none is used.".to_owned());
    }
    if differs(data_set, PIXEL_MEASURES_SEQUENCE) && (1..count).any(|index| pixel_spacing(data_set, index) != spacing) {
        notes.push("Its frames have pixels of different sizes; the size given is that of the first.".to_owned());
    }
    let is_turned = place.as_ref().is_some_and(|place| !place.frame_orientations.is_empty());
    let along = place.as_ref().filter(|_| count > 1).and_then(Place::frames_along_normal);
    let Order { slice_spacing, times, note } = match along {
        Some(along) => Order::of(&along),
        None if is_turned => Order::of_planes(),
        None => Order { slice_spacing: slice_spacing(data_set), ..Order::default() },
    };
    notes.extend(note);
    let attributes = attributes(data_set);
    Facts { spacing, slice_spacing, frame_times: times, attributes, place, notes, ..Facts::default() }
}

/// What is said of a value that should be some finite numbers, and those of a pixel's size above 0, and is not.
fn unusable(data_set: &DataSet, attribute: Attribute, name: &str, count: usize) -> Option<String> {
    let said = data_set.text(attribute)?;
    let numbers = data_set.numbers(attribute);
    let is_size = count == 2;
    let is_usable = |number: &f64| number.is_finite() && (!is_size || *number > 0.0);
    if numbers.len() == count && numbers.iter().all(is_usable) {
        return None;
    }
    let said: String = said.chars().take(60).collect();
    let expected = if is_size { "two numbers above 0".to_owned() } else { format!("{count} numbers") };
    Some(format!("Its {name} is \"{said}\", not {expected} with decimal points and \\ between them; it is not used."))
}

/// What is said of pixels that are not square by a ratio alone.
fn aspect(data_set: &DataSet, spacing: Option<[f64; 2]>) -> Option<String> {
    let [height, width] = data_set.finite::<2>(PIXEL_ASPECT_RATIO)?;
    if height <= 0.0 || width <= 0.0 || height == width {
        return None;
    }
    let ratio = height / width;
    // A size in millimetres says the same, and more.
    if spacing.is_some_and(|[across, down]| (down / across - ratio).abs() <= 0.01 * ratio) {
        return None;
    }
    let against =
        if spacing.is_some() { "its pixel size says otherwise and is used" } else { "it is shown with square ones" };
    Some(format!("Its pixels are not square, {height} high to {width} wide (Pixel Aspect Ratio); {against}."))
}

/// Width and height of a pixel. The file gives the distance of rows first, which is the height.
fn pixel_spacing(data_set: &DataSet, index: usize) -> Option<[f64; 2]> {
    positive(group_or_object(data_set, index, PIXEL_MEASURES_SEQUENCE), PIXEL_SPACING)
        .or_else(|| positive(data_set, PIXEL_SPACING))
}

fn positive(data_set: &DataSet, attribute: Attribute) -> Option<[f64; 2]> {
    let [rows, columns] = data_set.finite::<2>(attribute)?;
    (rows > 0.0 && columns > 0.0).then_some([columns, rows])
}

fn spacing(data_set: &DataSet, notes: &mut Vec<String>) -> Option<[f64; 2]> {
    if let Some(spacing) = pixel_spacing(data_set, 0) {
        return Some(spacing);
    }
    if let Some(spacing) = positive(data_set, IMAGER_PIXEL_SPACING) {
        notes.push("The size of its pixels is that at the detector, not in the patient.".to_owned());
        return Some(spacing);
    }
    if let Some(spacing) = positive(data_set, NOMINAL_SCANNED_PIXEL_SPACING) {
        notes.push("The size of its pixels is that on the scanned film.".to_owned());
        return Some(spacing);
    }
    if let Some(spacing) = positive(data_set, IMAGE_PLANE_PIXEL_SPACING) {
        // PS3.3 2024, C.8.8.2: the plane at this distance from the source, which is not the patient's.
        let distance = |attribute| data_set.number(attribute).filter(|distance: &f64| *distance > 0.0);
        let from = distance(MACHINE_TO_IMAGE).map(|from| format!(", {from} mm from the source")).unwrap_or_default();
        let axis = distance(MACHINE_TO_AXIS).map(|axis| format!("; the machine's axis is {axis} mm from it"));
        let axis = axis.unwrap_or_default();
        notes.push(format!("The size of its pixels is that in the image plane{from}, not in the patient{axis}."));
        return Some(spacing);
    }
    let [region] = data_set.items(ULTRASOUND_REGIONS) else { return None };
    /// The unit of the distances is the centimetre (PS3.3 2024, C.8.5.5.1.15).
    const CENTIMETRE: Option<i64> = Some(3);
    let in_centimetres =
        region.whole(ULTRASOUND_UNITS_X) == CENTIMETRE && region.whole(ULTRASOUND_UNITS_Y) == CENTIMETRE;
    let across = region.number(ULTRASOUND_DELTA_X)?.abs() * 10.0;
    let down = region.number(ULTRASOUND_DELTA_Y)?.abs() * 10.0;
    if !in_centimetres || across <= 0.0 || down <= 0.0 {
        return None;
    }
    notes.push("The size of its pixels is that of its one ultrasound region.".to_owned());
    Some([across, down])
}

/// From one frame to the next, where they have no positions of their own.
fn slice_spacing(data_set: &DataSet) -> Option<f64> {
    let is_distance = |distance: &f64| distance.is_finite() && *distance > 0.0;
    if let [first, second, ..] = data_set.numbers(FRAME_OFFSETS).as_slice()
        && is_distance(&(second - first).abs())
    {
        return Some((second - first).abs());
    }
    let measured = group(data_set, 0, PIXEL_MEASURES_SEQUENCE).and_then(|measures| measures.number(SLICE_SPACING));
    measured.or_else(|| data_set.number(SLICE_SPACING)).map(f64::abs).filter(is_distance)
}

/// Whether each of several frames says where it lies, for itself or with all others.
fn has_positions(data_set: &DataSet, count: usize) -> bool {
    let is_shared =
        || data_set.item(SHARED_GROUPS).is_some_and(|shared| shared.item(PLANE_POSITION_SEQUENCE).is_some());
    count > 1 && (differs(data_set, PLANE_POSITION_SEQUENCE) || is_shared())
}

fn place(data_set: &DataSet, count: usize) -> Option<Place> {
    let position_of = |index| group_or_object(data_set, index, PLANE_POSITION_SEQUENCE).finite::<3>(POSITION);
    let has_own = has_positions(data_set, count);
    let frame_positions =
        if has_own { (0..count).map(position_of).collect::<Option<Vec<_>>>().unwrap_or_default() } else { Vec::new() };
    let orientation_of = |index| group_or_object(data_set, index, PLANE_ORIENTATION_SEQUENCE).finite::<6>(ORIENTATION);
    let orientation = orientation_of(0);
    let has_other = count > 1
        && differs(data_set, PLANE_ORIENTATION_SEQUENCE)
        && (1..count).any(|index| !is_alike(orientation, orientation_of(index)));
    let frame_orientations = if has_other { (0..count).map(orientation_of).collect::<Option<Vec<_>>>() } else { None };
    Some(Place {
        series: data_set.text(SERIES_INSTANCE)?,
        study: data_set.text(STUDY_INSTANCE),
        instance: data_set.text(SOP_INSTANCE),
        instance_number: data_set.whole(INSTANCE_NUMBER),
        frame_of_reference: data_set.text(FRAME_OF_REFERENCE),
        // Of frames of which some do not say it nothing is known, least of all that they lie where the first does.
        position: if has_own && frame_positions.is_empty() { None } else { position_of(0) },
        orientation: orientation.filter(|_| !has_other || frame_orientations.is_some()),
        frame_positions,
        frame_orientations: frame_orientations.unwrap_or_default(),
    })
}

/// Whether both are one plane, as far as the texts of directions tell: within a twentieth of a degree.
fn is_alike(one: Option<[f64; 6]>, other: Option<[f64; 6]>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.iter().zip(other).all(|(a, b)| (a - b).abs() <= 0.05_f64.to_radians()),
        (one, other) => one.is_none() && other.is_none(),
    }
}

fn attributes(data_set: &DataSet) -> BTreeMap<String, String> {
    let mut attributes = BTreeMap::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            attributes.insert(name.to_owned(), value);
        }
    };
    put("patient", data_set.text(PATIENT_ID));
    put("sex", data_set.first_text(PATIENT_SEX));
    put("age", data_set.first_text(PATIENT_AGE).and_then(|age| years(&age)));
    put("modality", data_set.first_text(MODALITY));
    let region = || {
        let anatomy = group(data_set, 0, FRAME_ANATOMY_SEQUENCE).unwrap_or(data_set);
        anatomy.item(ANATOMIC_REGION_SEQUENCE).and_then(|code| code.text(CODE_MEANING))
    };
    put("body_part", data_set.first_text(BODY_PART).or_else(region));
    let view = || data_set.item(VIEW_CODE_SEQUENCE).and_then(|code| code.text(CODE_MEANING));
    put("view", data_set.first_text(VIEW_POSITION).or_else(view));
    let frame_laterality =
        || group(data_set, 0, FRAME_ANATOMY_SEQUENCE).and_then(|anatomy| anatomy.first_text(FRAME_LATERALITY));
    let laterality = data_set.first_text(IMAGE_LATERALITY).or_else(|| data_set.first_text(LATERALITY));
    put("laterality", laterality.or_else(frame_laterality));
    put("manufacturer", data_set.text(MANUFACTURER));
    put("study", data_set.text(STUDY_INSTANCE));
    put("series", data_set.text(SERIES_INSTANCE));
    put("instance_number", data_set.whole(INSTANCE_NUMBER).map(|number| number.to_string()));
    attributes
}

/// Whole years of an age such as `045Y`, `018M`, `005W`, `012D`.
fn years(age: &str) -> Option<String> {
    let (number, unit) = age.split_at_checked(age.len().checked_sub(1)?)?;
    let number: u32 = number.trim().parse().ok()?;
    let years = match unit {
        "Y" => number,
        "M" => number / 12,
        "W" => number / 52,
        "D" => number / 365,
        _ => return None,
    };
    Some(years.to_string())
}

#[cfg(test)]
mod tests {
    use super::years;

    #[test]
    fn ages_are_whole_years() {
        let ages = ["045Y", "018M", "005W", "012D", "45", "", "Y", "\u{e9}"].map(years);
        assert_eq!(
            ages,
            [Some("45".into()), Some("1".into()), Some("0".into()), Some("0".into()), None, None, None, None]
        );
    }
}
