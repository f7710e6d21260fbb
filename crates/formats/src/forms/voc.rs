//! Pascal VOC: one XML file an image (<http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html>).
//!
//! * `bndbox` is read as the corners that stand there, in pixels. VOC itself counts pixels from 1 and includes the last
//!   one, others count from 0, and no file says which: the two differ by one pixel at the left and the top.
//! * `difficult` becomes COCO's crowd: such an object is never missed, as in VOC's own scoring.
//! * The image is the one of the XML's own name. `filename` decides only between several images of that name (`x.png` and
//!   `x.jpg`), and `path` is not looked at: tools leave them behind when files are renamed.
//! * A `polygon` beside the box is the object's mask: corners as `x1`, `y1`, `x2`, `y2`, ... (Roboflow) or as points `pt`.
//! * LabelMe's older XML has the same root; its polygons are read too.
//! * CVAT gives turned boxes an attribute `rotation`, in no said centre or direction; the box is read as it stands, which is
//!   told.

use std::collections::BTreeMap;

use groundglass_types::BoundingBox;

use super::shapes::drawn;
use super::xml::{self, Element};
use crate::list::{AnnotationFormat, Probe};
use crate::mark::{Edges, Mark, UNREADABLE};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Hints, ImageName, Reading};
use crate::{FormatError, Problem};

/// Pascal VOC.
pub struct Voc;

impl AnnotationFormat for Voc {
    fn id(&self) -> &'static str {
        "voc"
    }

    fn name(&self) -> &'static str {
        "Pascal VOC (XML)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        xml::root(probe).as_deref() == Some("annotation")
    }

    fn read(&self, probe: &Probe<'_>, _: &Hints) -> Result<Reading, FormatError> {
        let file = probe.path();
        let mut problems = ProblemList::default();
        let (mut marks, mut size) = (Vec::new(), None);
        let (mut objects, mut difficult, mut parts, mut segmented, mut known) = (0_usize, 0_usize, 0_usize, false, 0);
        let (mut lost, mut turned, mut called) = (0, 0_usize, None);
        xml::children(probe, |child| {
            known += usize::from(["size", "imagesize", "object", "filename", "folder"].contains(&child.name()));
            match child.name() {
                "size" => size = size_of(&child, ["width", "height"], file, &mut problems),
                "imagesize" => size = size_of(&child, ["ncols", "nrows"], file, &mut problems),
                "filename" => called = Some(child.text().trim().to_owned()).filter(|name| !name.is_empty()),
                "segmented" => segmented = child.text() == "1",
                "object" => {
                    let place = format!("object[{objects}]");
                    objects += 1;
                    parts += child.children().iter().filter(|child| child.name() == "part").count();
                    let mut undrawn = None;
                    let read = mark(&child, place.clone(), &mut undrawn);
                    if let Some(fault) = undrawn {
                        let message = format!("{file}: {place} is read without its outline: {fault}");
                        problems.push("outlines that cannot be read", file, message);
                    }
                    match read {
                        Ok(None) => {}
                        Ok(Some(mark)) => {
                            turned += usize::from(is_turned(&child));
                            difficult += usize::from(mark.crowd);
                            marks.push(mark);
                        }
                        Err(fault) => {
                            lost += 1;
                            problems.push(UNREADABLE, file, format!("{file}: {place} is left out: {fault}"));
                        }
                    }
                }
                _ => {}
            }
        })?;
        if known == 0 {
            let detail = "it has neither <object>, <size> nor <filename>".to_owned();
            return Err(FormatError::NotOfForm { file: file.to_owned(), form: "a Pascal VOC file (XML)", detail });
        }
        if difficult > 0 {
            let message = format!(
                "{file}: {difficult} objects are marked as difficult; they are read as crowds, which are never missed"
            );
            problems.push("difficult objects", file, message);
        }
        if turned > 0 {
            let message = format!(
                "{file}: {turned} objects have a rotation, which is not applied: their boxes are read as they stand"
            );
            problems.push("turned boxes", file, message);
        }
        if parts > 0 {
            let message = format!("{file}: the {parts} parts of objects are not read, only the objects");
            problems.push("parts of objects", file, message);
        }
        if segmented {
            let message = format!("{file}: it says that pixels are marked in another file; of this one boxes are read");
            problems.push("segmentations in other files", file, message);
        }
        let image = AnnotatedImage::new(ImageName::LikeTheFile, marks);
        let images = vec![AnnotatedImage { called, size, lost, ..image }];
        let problems: Vec<Problem> = problems.into_problems();
        Ok(Reading { images, problems, ..Reading::default() })
    }
}

fn size_of(
    element: &Element,
    [across, down]: [&str; 2],
    file: &str,
    problems: &mut ProblemList,
) -> Option<(usize, usize)> {
    let size = xml::length(element.text_of(across)).zip(xml::length(element.text_of(down)));
    if size.is_none() {
        let (across, down) = (element.text_of(across), element.text_of(down));
        let message =
            format!("{file}: its size says \"{across}\" x \"{down}\", which is none; the image's own is used");
        problems.push("sizes that are none", file, message);
    }
    size
}

/// What an object marks; `None` for a deleted one. Why the outline beside its box cannot be read goes to `undrawn`.
fn mark(object: &Element, place: String, undrawn: &mut Option<String>) -> Result<Option<Mark>, String> {
    // LabelMe's older tool keeps what was deleted.
    if object.text_of("deleted") == "1" {
        return Ok(None);
    }
    let label = object.text_of("name").to_owned();
    if label.is_empty() {
        return Err("it has no <name>".to_owned());
    }
    let crowd = object.text_of("difficult") == "1";
    if let Some(edges) = object.child("bndbox") {
        let number = |name| edges.number_of(name);
        let edges = BoundingBox::new(number("xmin")?, number("ymin")?, number("xmax")?, number("ymax")?);
        let outline = object.child("polygon").map(outline).transpose().unwrap_or_else(|fault| {
            *undrawn = Some(fault);
            None
        });
        let drawn = outline.filter(|outline| !outline.is_empty()).map(|outline| drawn(vec![outline]));
        return Ok(Some(Mark { crowd, drawn, ..Mark::of_box(place, label, Edges::pixels(edges)) }));
    }
    if let Some(polygon) = object.child("polygon") {
        let outline = outline(polygon)?;
        if outline.is_empty() {
            return Err("its polygon has 0 points, not three or more".to_owned());
        }
        // A box is drawn as a polygon of four corners there.
        if object.text_of("type") == "bounding_box" {
            let axis = |start: usize| outline.iter().skip(start).step_by(2).copied();
            let low = |start| axis(start).fold(f64::INFINITY, f64::min);
            let high = |start| axis(start).fold(f64::NEG_INFINITY, f64::max);
            let edges = BoundingBox::new(low(0), low(1), high(0), high(1));
            return Ok(Some(Mark::of_box(place, label, Edges::pixels(edges))));
        }
        return Ok(Some(Mark { place, label, crowd, drawn: Some(drawn(vec![outline])), ..Mark::default() }));
    }
    match object.child("robndbox").or_else(|| object.child("segm")) {
        Some(other) => Err(format!("<{}> is not read, only <bndbox> and <polygon>", other.name())),
        None => Err("it has no <bndbox>".to_owned()),
    }
}

/// The corners of a polygon, `x0, y0, x1, y1, ...`; none where it is empty, as Roboflow writes it for a box.
fn outline(polygon: &Element) -> Result<Vec<f64>, String> {
    let mut outline = Vec::new();
    for point in polygon.children().iter().filter(|child| child.name() == "pt") {
        outline.extend([point.number_of("x")?, point.number_of("y")?]);
    }
    if outline.is_empty() {
        outline = numbered_corners(polygon)?;
    }
    if (1..6).contains(&outline.len()) {
        return Err(format!("its polygon has {} points, not three or more", outline.len() / 2));
    }
    Ok(outline)
}

/// Corners as `x1`, `y1`, `x2`, `y2`, ..., in whichever order they stand.
fn numbered_corners(polygon: &Element) -> Result<Vec<f64>, String> {
    let mut corners: BTreeMap<u32, [Option<f64>; 2]> = BTreeMap::new();
    for child in polygon.children() {
        let axis = ["x", "y"].iter().position(|axis| child.name().starts_with(axis));
        let number = child.name().get(1..).and_then(|number| number.parse().ok());
        let place = axis.zip(number).map(|(axis, number)| (axis, corners.entry(number).or_default()));
        if let Some((axis, corner)) = place
            && let Some(known) = corner.get_mut(axis)
        {
            *known = Some(child.text_number()?);
        }
    }
    let mut outline = Vec::with_capacity(2 * corners.len());
    for (number, corner) in corners {
        let [Some(x), Some(y)] = corner else {
            return Err(format!("its polygon has one of <x{number}> and <y{number}> alone"));
        };
        outline.extend([x, y]);
    }
    Ok(outline)
}

/// Whether an attribute says that the box is turned.
fn is_turned(object: &Element) -> bool {
    let attributes = object.child("attributes").map(Element::children).unwrap_or_default();
    attributes.iter().any(|attribute| {
        let is_none =
            attribute.child("value").is_none_or(|value| value.text_number().is_ok_and(|degrees| degrees == 0.0));
        attribute.text_of("name") == "rotation" && !is_none
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Voc;
    use crate::list::{AnnotationFormat, Probe};
    use crate::reading::{Hints, Reading};

    fn read(inside: &str) -> Reading {
        let text = format!("<annotation><filename>old.jpg</filename>{inside}</annotation>");
        let probe = Probe::new("a.xml", text.as_bytes());
        assert!(Voc.recognises(&probe));
        Voc.read(&probe, &Hints::default()).unwrap()
    }

    fn messages(reading: &Reading) -> Vec<&str> {
        reading.problems.iter().map(|problem| problem.message.as_str()).collect()
    }

    #[test]
    fn boxes_are_the_corners_that_stand_there() {
        let mut reading = read(
            "<size><width>20</width><height>10</height><depth>3</depth></size>\
             <object><name>WBC</name><difficult>1</difficult>\
             <bndbox><ymin>2</ymin><xmin>1</xmin><xmax>5.5</xmax><ymax>7</ymax></bndbox></object>",
        );
        assert_eq!(reading.images[0].size, Some((20, 10)));
        assert_eq!(
            messages(&reading),
            ["a.xml: 1 objects are marked as difficult; they are read as crowds, which are never missed"]
        );
        let truth = reading.take_truths("a.xml").remove(0).unwrap();
        assert_eq!(truth.regions[0].region.bounding_box.to_xywh(), [1.0, 2.0, 4.5, 5.0]);
        assert!(truth.regions[0].crowd);
    }

    #[test]
    fn untidy_objects_cost_themselves_alone() {
        let mut reading = read(
            "<size><width>0</width><height>10</height></size>\
             <object><name>a</name><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object>\
             <object><name>a</name><bndbox><xmin>x</xmin><ymin>5</ymin><xmax>5</xmax><ymax>5</ymax></bndbox></object>\
             <object><name></name></object><object><name>a</name></object>\
             <object><name>a</name><robndbox/></object>\
             <object><name>p</name><polygon><pt><x>1</x><y>1</y></pt><pt><x>4</x><y>1</y></pt><pt><x>4</x><y>4</y></pt>\
             </polygon></object>",
        );
        assert_eq!(
            messages(&reading),
            [
                "a.xml: its size says \"0\" x \"10\", which is none; the image's own is used",
                "a.xml: object[1] is left out: <xmin> holds \"x\", where a number should be",
                "a.xml: object[2] is left out: it has no <name>",
                "a.xml: object[3] is left out: it has no <bndbox>",
                "a.xml: object[4] is left out: <robndbox> is not read, only <bndbox> and <polygon>",
            ]
        );
        reading.images[0].size = Some((20, 10));
        let truth = reading.take_truths("a.xml").remove(0).unwrap();
        assert_eq!(truth.regions.len(), 1);
        assert_eq!(messages(&reading).last(), Some(&"a.xml: object[0] is left out: its box [5, 5, 0, 0] has no area"));
    }

    #[test]
    fn another_annotation_is_refused() {
        let error = Voc.read(&Probe::new("a.xml", b"<annotation><x/></annotation>"), &Hints::default()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.xml is not a Pascal VOC file (XML): it has neither <object>, <size> nor <filename>"
        );
    }

    #[test]
    fn a_polygon_beside_the_box_is_its_mask() {
        let object = |more: &str| {
            let mut reading = read(&format!(
                "<size><width>20</width><height>10</height></size><object><name>a</name><bndbox><xmin>1</xmin>\
                 <ymin>2</ymin><xmax>11</xmax><ymax>8</ymax></bndbox>{more}</object>"
            ));
            let regions = reading.take_truths("a.xml").remove(0).unwrap().regions;
            let read = regions.first().map(|region| {
                let region = &region.region;
                (region.bounding_box.to_xywh(), region.mask.as_ref().map(groundglass_types::Mask::area))
            });
            (read, messages(&reading).into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        let edges = [1.0, 2.0, 10.0, 6.0];
        let square = "<x1>2</x1><y1>3</y1><x2>6</x2><y2>3</y2><x10>2</x10><y10>7</y10><x3>6</x3><y3>7</y3>";
        assert_eq!(object(&format!("<polygon>{square}</polygon>")), (Some((edges, Some(16))), Vec::new()));
        assert_eq!(object("<polygon/>"), (Some((edges, None)), Vec::new()));
        assert_eq!(
            object("<polygon><x1>2</x1><y1>3</y1><x2>4</x2></polygon>"),
            (
                Some((edges, None)),
                vec![
                    "a.xml: object[0] is read without its outline: its polygon has one of <x2> and <y2> alone"
                        .to_owned()
                ]
            )
        );
        let turned = |degrees: &str| {
            format!("<attributes><attribute><name>rotation</name><value>{degrees}</value></attribute></attributes>")
        };
        assert_eq!(object(&turned("0.0")), (Some((edges, None)), Vec::new()));
        assert_eq!(
            object(&turned("30.0")),
            (
                Some((edges, None)),
                vec![
                    "a.xml: 1 objects have a rotation, which is not applied: their boxes are read as they stand"
                        .to_owned()
                ]
            )
        );
    }
}
