//! Pascal VOC: one XML file an image (<http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html>).
//!
//! * `bndbox` is read as the corners that stand there, in pixels. VOC itself counts pixels from 1 and includes the last
//!   one, others count from 0, and no file says which: the two differ by one pixel at the left and the top.
//! * `difficult` becomes COCO's crowd: such an object is never missed, as in VOC's own scoring.
//! * The image is the one of the XML's own name. `filename` and `path` are not looked at: tools leave them behind when
//!   files are renamed.
//! * LabelMe's older XML has the same root; its polygons are read too.

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
        let mut lost = 0;
        xml::children(probe, |child| {
            known += usize::from(["size", "imagesize", "object", "filename", "folder"].contains(&child.name()));
            match child.name() {
                "size" => size = size_of(&child, ["width", "height"], file, &mut problems),
                "imagesize" => size = size_of(&child, ["ncols", "nrows"], file, &mut problems),
                "segmented" => segmented = child.text() == "1",
                "object" => {
                    let place = format!("object[{objects}]");
                    objects += 1;
                    parts += child.children().iter().filter(|child| child.name() == "part").count();
                    match mark(&child, place.clone()) {
                        Ok(None) => {}
                        Ok(Some(mark)) => {
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
        if parts > 0 {
            let message = format!("{file}: the {parts} parts of objects are not read, only the objects");
            problems.push("parts of objects", file, message);
        }
        if segmented {
            let message = format!("{file}: it says that pixels are marked in another file; of this one boxes are read");
            problems.push("segmentations in other files", file, message);
        }
        let images = vec![AnnotatedImage { size, lost, ..AnnotatedImage::new(ImageName::LikeTheFile, marks) }];
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

fn mark(object: &Element, place: String) -> Result<Option<Mark>, String> {
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
        return Ok(Some(Mark { crowd, ..Mark::of_box(place, label, Edges::pixels(edges)) }));
    }
    if let Some(polygon) = object.child("polygon") {
        let mut outline = Vec::new();
        for point in polygon.children().iter().filter(|child| child.name() == "pt") {
            outline.extend([point.number_of("x")?, point.number_of("y")?]);
        }
        if outline.len() < 6 {
            return Err(format!("its polygon has {} points, not three or more", outline.len() / 2));
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
}
