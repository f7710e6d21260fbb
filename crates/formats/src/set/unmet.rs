//! What DICOM objects draw on no image that is there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::drawn::{Drawing, Shape, UNTIED, contours};
use super::{CaseSet, GivenAs};
use crate::dicom::Plane;
use crate::problem::ProblemList;

const UNMET: &str = "drawings on images that are not there";
const ELSEWHERE: &str = "drawings that lie elsewhere than the images that they name";

const DOUBLES: &str = "images with the UID of another";
const HOLES: &str = "contours within others, read as holes";

/// How many there are, by what their file was given as.
type Counts<'a> = HashMap<&'a GivenAs, usize>;

/// What was given twice, as truth and as predictions, is counted once.
fn most(counts: Counts<'_>) -> usize {
    counts.into_values().max().unwrap_or_default()
}

/// The first image, in the order of the names, that a drawing does not lie on.
fn first_off(drawing: &Drawing) -> Option<&(String, Plane)> {
    drawing.off.values().next()
}

impl CaseSet {
    /// What was drawn on images that never came, one line a file, and what lies on no image, one line a region.
    pub(super) fn unmet_instances(&self, problems: &mut ProblemList) {
        for (uid, (first, others)) in &self.instances.doubles {
            let named: Vec<&str> = others.iter().take(3).map(String::as_str).collect();
            let more = match others.len() - named.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let has = if others.len() == 1 { "has" } else { "have" };
            let message = format!(
                "{}{more} {has} the SOP Instance UID {uid} of {first}; what DICOM objects draw is on {first} alone",
                named.join(", ")
            );
            problems.push(DOUBLES, first, message);
        }
        self.absent_images(problems);
        self.masks_elsewhere(problems);
        self.contours_elsewhere(problems);
        self.contours_nowhere(problems);
        for ((file, label), cases) in &self.instances.holes {
            let first = cases.first().map_or("", String::as_str);
            let on = match cases.len() {
                1 => first.to_owned(),
                count => format!("{count} images, the first of them {first}"),
            };
            let message =
                format!("{file}: contours of \"{label}\" on {on} lie within others, and are read as holes in them");
            problems.push(HOLES, file, message);
        }
    }

    fn unmet(&self) -> impl Iterator<Item = (&str, &GivenAs, &Drawing)> {
        self.instances.objects.iter().flat_map(|object| {
            let unmet = object.drawings.iter().filter(|drawing| !drawing.is_met);
            unmet.map(move |drawing| (object.file.as_str(), &object.given_as, drawing))
        })
    }

    fn absent_images(&self, problems: &mut ProblemList) {
        let mut files: BTreeMap<&str, HashMap<&GivenAs, BTreeSet<String>>> = BTreeMap::new();
        for (file, given_as, drawing) in self.unmet().filter(|(_, _, drawing)| !drawing.is_stray()) {
            let image = match (drawing.references.iter().enumerate(), &drawing.shape) {
                (mut references, _) if !drawing.references.is_empty() => {
                    let absent = references.find(|(place, _)| !drawing.off.contains_key(place));
                    absent.map(|(_, image)| format!("{} {:?}", image.instance, image.frame))
                }
                (_, Shape::Mask(_, plane)) => plane.map(|plane| plane.to_string()),
                (_, Shape::Contour(_)) => None,
            };
            let images = files.entry(file).or_default().entry(given_as).or_default();
            images.extend(image);
        }
        for (file, images) in files {
            let count = most(images.into_iter().map(|(given_as, images)| (given_as, images.len())).collect());
            if count > 0 {
                let message = format!("{file} draws on {count} images that are not among the files; that is not used");
                problems.push(UNMET, file, message);
            }
        }
    }

    fn masks_elsewhere(&self, problems: &mut ProblemList) {
        let mut found: BTreeMap<(&str, &str), (Counts<'_>, String)> = BTreeMap::new();
        for (file, given_as, drawing) in self.unmet().filter(|(_, _, drawing)| drawing.is_stray()) {
            let (Shape::Mask(_, Some(own)), Some((name, plane))) = (&drawing.shape, first_off(drawing)) else {
                continue;
            };
            let places = || format!("the first of them has its {own}, and {name} has its {plane}");
            let entry = found.entry((file, &drawing.label)).or_insert_with(|| (HashMap::new(), places()));
            *entry.0.entry(given_as).or_default() += 1;
        }
        for ((file, label), (counts, places)) in found {
            let count = match most(counts) {
                1 => "1 mask that does".to_owned(),
                count => format!("{count} masks that do"),
            };
            let message = format!(
                "{file}: left out of \"{label}\": {count} not lie on the images that the file names for it: {places}"
            );
            problems.push(ELSEWHERE, file, message);
        }
    }

    fn contours_elsewhere(&self, problems: &mut ProblemList) {
        let mut found: BTreeMap<(&str, &str), (Counts<'_>, &str, f64)> = BTreeMap::new();
        for (file, given_as, drawing) in self.unmet().filter(|(_, _, drawing)| drawing.is_stray()) {
            let (Shape::Contour(contour), Some((name, plane))) = (&drawing.shape, first_off(drawing)) else { continue };
            let entry = found.entry((file, &drawing.label));
            let entry = entry.or_insert_with(|| (HashMap::new(), name, plane.off(&contour.points)));
            *entry.0.entry(given_as).or_default() += 1;
        }
        for ((file, label), (counts, name, off)) in found {
            let message = format!(
                "{file}: left out of \"{label}\": {} in the plane of no image, neither of those that the file names nor of another; the first is up to {off:.2} mm off {name}",
                contours(most(counts))
            );
            problems.push(ELSEWHERE, file, message);
        }
    }

    fn contours_nowhere(&self, problems: &mut ProblemList) {
        let mut regions: BTreeMap<(&str, &str, &str, bool), Counts<'_>> = BTreeMap::new();
        for (file, given_as, drawing) in self.unmet() {
            let (Shape::Contour(_), Some(reference)) = (&drawing.shape, &drawing.frame_of_reference) else { continue };
            if drawing.references.is_empty() {
                let region = (file, &*drawing.label, &**reference, !drawing.series.is_empty());
                *regions.entry(region).or_default().entry(given_as).or_default() += 1;
            }
        }
        for ((file, label, reference, of_series), counts) in regions {
            let message = format!(
                "{file}: left out of \"{label}\": {} without the name of an image, and in the plane of none with the frame of reference {reference}{}",
                contours(most(counts)),
                if of_series { " in the series that the file names" } else { "" }
            );
            problems.push(UNTIED, file, message);
        }
    }
}
