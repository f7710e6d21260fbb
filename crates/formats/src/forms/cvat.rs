//! CVAT's XML 1.1, of images and of films (<https://docs.cvat.ai/docs/manual/advanced/xml_format/>).
//!
//! Boxes, polygons, ellipses and masks are read; a turned box or ellipse becomes an outline. Tags become attributes.
//! Points, lines, cuboids and skeletons are left out with a word. Of a film's tracks every shape that is listed and not
//! `outside` is read, on the image called `frame_000012` as CVAT itself names it; between listed frames nothing is
//! computed, and frames without any shape are not spoken of.

use std::collections::BTreeMap;

use groundglass_types::{BoundingBox, Mask};

use super::shapes::{around, drawn, ellipse, turned};
use super::xml::{self, Element};
use crate::budget::Budget;
use crate::list::{AnnotationFormat, Probe};
use crate::mark::{Drawn, Edges, Mark, UNREADABLE};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Class, Hints, ImageName, Reading};
use crate::{FormatError, JsonId};

/// CVAT.
pub struct Cvat;

const NOT_READ: [&str; 4] = ["points", "polyline", "cuboid", "skeleton"];

impl AnnotationFormat for Cvat {
    fn id(&self) -> &'static str {
        "cvat"
    }

    fn name(&self) -> &'static str {
        "CVAT for images or video (XML 1.1)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        xml::root(probe).as_deref() == Some("annotations")
    }

    fn read(&self, probe: &Probe<'_>, _: &Hints) -> Result<Reading, FormatError> {
        let mut reader = CvatReader::new(probe);
        xml::children(probe, |child| match child.name() {
            "meta" => reader.meta(&child),
            "image" => reader.image(&child),
            "track" => reader.track(&child),
            _ => {}
        })?;
        if reader.known == 0 {
            return Err(FormatError::NotOfForm {
                file: probe.path().to_owned(),
                form: "a CVAT file (XML)",
                detail: "it has neither <meta>, <image> nor <track>".to_owned(),
            });
        }
        let mut images = reader.images;
        for (frame, marks) in reader.frames {
            let image = AnnotatedImage::new(ImageName::Named(format!("frame_{frame:06}")), marks);
            images.push(AnnotatedImage { size: reader.film, id: Some(JsonId::Number(frame)), ..image });
        }
        let problems = reader.problems.into_problems();
        Ok(Reading { images, classes: reader.classes, problems, ..Reading::default() })
    }
}

struct CvatReader<'a> {
    file: &'a str,
    images: Vec<AnnotatedImage>,
    frames: BTreeMap<i64, Vec<Mark>>,
    film: Option<(usize, usize)>,
    classes: Vec<Class>,
    problems: ProblemList,
    known: usize,
    tracks: usize,
    budget: Budget,
}

impl<'a> CvatReader<'a> {
    fn new(probe: &Probe<'a>) -> Self {
        Self {
            file: probe.path(),
            images: Vec::new(),
            frames: BTreeMap::new(),
            film: None,
            classes: Vec::new(),
            problems: ProblemList::default(),
            known: 0,
            tracks: 0,
            budget: Budget::of(probe.content().len()),
        }
    }

    /// The classes and a film's size, wherever in the task's description they stand.
    fn meta(&mut self, element: &Element) {
        self.known += 1;
        for child in element.children() {
            match child.name() {
                "original_size" => {
                    self.film = xml::length(child.text_of("width")).zip(xml::length(child.text_of("height")));
                }
                "labels" => {
                    let names = child.children().iter().map(|label| label.text_of("name"));
                    for name in names.filter(|name| !name.is_empty()) {
                        if !self.classes.iter().any(|known| known.name == name) {
                            self.classes.push(Class { id: None, name: name.to_owned() });
                        }
                    }
                }
                "task" | "job" | "project" => self.meta(child),
                _ => {}
            }
        }
    }

    fn image(&mut self, element: &Element) {
        self.known += 1;
        let Some(name) = element.attribute("name").filter(|name| !name.is_empty()) else {
            let message = format!("{}: an <image> without a name is left out", self.file);
            return self.problems.push("images at fault", self.file, message);
        };
        let length = |name| element.attribute(name).and_then(xml::length);
        let size = length("width").zip(length("height"));
        let mut image = AnnotatedImage { size, ..AnnotatedImage::new(ImageName::Named(name.to_owned()), Vec::new()) };
        image.id = element.attribute("id").and_then(|id| id.parse().ok()).map(JsonId::Number);
        let mut marks = Vec::new();
        for (index, child) in element.children().iter().enumerate() {
            if child.name() == "tag" {
                let label = child.attribute("label").unwrap_or_default();
                image.attributes.insert(label.to_owned(), "true".to_owned());
                for attribute in child.children() {
                    let name = attribute.attribute("name").unwrap_or_default();
                    image.attributes.insert(format!("{label}: {name}"), attribute.text().to_owned());
                }
                continue;
            }
            let place = format!("image \"{name}\", {}[{index}]", child.name());
            let label = child.attribute("label").unwrap_or_default().to_owned();
            let shape = self.shape(child, place, label, size);
            image.lost += usize::from(shape.is_none());
            marks.extend(shape);
        }
        image.marks = Some(marks);
        self.images.push(image);
    }

    fn track(&mut self, element: &Element) {
        self.known += 1;
        let label = element.attribute("label").unwrap_or_default();
        let track = element.attribute("id").map_or_else(|| self.tracks.to_string(), str::to_owned);
        self.tracks += 1;
        for (index, child) in element.children().iter().enumerate() {
            if child.attribute("outside") == Some("1") {
                continue;
            }
            let place = format!("track {track}, {}[{index}]", child.name());
            let Some(frame) = child.attribute("frame").and_then(|frame| frame.parse().ok()) else {
                let message = format!("{}: {place} is left out: it has no frame", self.file);
                self.problems.push(UNREADABLE, self.file, message);
                continue;
            };
            if let Some(mark) = self.shape(child, place, label.to_owned(), self.film) {
                self.frames.entry(frame).or_default().push(mark);
            }
        }
    }

    fn shape(&mut self, shape: &Element, place: String, label: String, size: Option<(usize, usize)>) -> Option<Mark> {
        if NOT_READ.contains(&shape.name()) {
            let message =
                format!("{}: {place} is left out: only boxes, polygons, ellipses and masks are read", self.file);
            self.problems.push("points, lines, cuboids and skeletons", self.file, message);
            return None;
        }
        let mark = match label.is_empty() {
            true => Err("it has no label".to_owned()),
            false => mark(shape, place.clone(), label, size, &mut self.budget),
        };
        mark.map_err(|fault| {
            let message = format!("{}: {place} is left out: {fault}", self.file);
            self.problems.push(UNREADABLE, self.file, message);
        })
        .ok()
    }
}

fn mark(
    shape: &Element,
    place: String,
    label: String,
    size: Option<(usize, usize)>,
    budget: &mut Budget,
) -> Result<Mark, String> {
    let number = |name| shape.number(name);
    let rotation = shape.attribute("rotation").map_or(Ok(0.0), |_| shape.number("rotation"))?;
    let mut mark = Mark { place, label, ..Mark::default() };
    match shape.name() {
        "box" => {
            let edges = BoundingBox::new(number("xtl")?, number("ytl")?, number("xbr")?, number("ybr")?);
            if rotation == 0.0 {
                mark.edges = Some(Edges::pixels(edges));
            } else {
                mark.drawn = Some(drawn(vec![turned(edges, rotation)]));
            }
        }
        "polygon" => {
            let outline = points(shape.attribute("points").unwrap_or_default())?;
            mark.drawn = Some(drawn(vec![outline]));
        }
        "ellipse" => {
            let (centre, radii) = ([number("cx")?, number("cy")?], [number("rx")?, number("ry")?]);
            if rotation == 0.0 {
                mark.edges = Some(Edges::pixels(around(centre, radii)));
            }
            mark.drawn = Some(drawn(vec![ellipse(centre, radii, rotation.to_radians())]));
        }
        "mask" => mark.drawn = Some(mask(shape, size, budget)?),
        other => return Err(format!("<{other}> is no shape that is read")),
    }
    Ok(mark)
}

/// `x,y;x,y;...`.
fn points(text: &str) -> Result<Vec<f64>, String> {
    let mut outline = Vec::new();
    for point in text.split(';').filter(|point| !point.trim().is_empty()) {
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
        let pair = point.split_once(',').and_then(|(x, y)| number(x).zip(number(y)));
        let (x, y) = pair.ok_or_else(|| format!("its point \"{point}\" is no pair of numbers"))?;
        outline.extend([x, y]);
    }
    if outline.len() < 6 {
        return Err(format!("it has {} points, not three or more", outline.len() / 2));
    }
    Ok(outline)
}

/// Run lengths along the rows of a window, beginning with background.
fn mask(shape: &Element, size: Option<(usize, usize)>, budget: &mut Budget) -> Result<Drawn, String> {
    let size = size.ok_or("the file does not say how large the image is, within which its mask lies")?;
    let whole = |name| {
        let number = shape.number(name)?;
        let is_whole = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
        if is_whole { Ok(number as usize) } else { Err(format!("its {name} is {number}, not a count of pixels")) }
    };
    let (left, top, width, height) = (whole("left")?, whole("top")?, whole("width")?, whole("height")?);
    let fits = |start: usize, length: usize, whole: usize| start.checked_add(length).is_some_and(|end| end <= whole);
    if !fits(left, width, size.0) || !fits(top, height, size.1) {
        return Err(format!("its mask of {width} x {height} pixels at {left}, {top} reaches out of the image"));
    }
    let area = width.saturating_mul(height);
    budget.take_pixels(area)?;
    let mut pixels = vec![0_u8; area];
    let (mut at, mut inside) = (0_usize, 0_u8);
    for word in shape.attribute("rle").unwrap_or_default().split(',') {
        let run: u32 = word.trim().parse().map_err(|_| format!("\"{word}\" in its rle is no run length"))?;
        let end = at.saturating_add(run as usize);
        let run = pixels.get_mut(at..end);
        run.ok_or_else(|| format!("the run lengths of its rle go beyond its {width} x {height} pixels"))?.fill(inside);
        (at, inside) = (end, 1 - inside);
    }
    if at != area {
        return Err(format!("the run lengths of its rle sum to {at}, its mask has {width} x {height} pixels"));
    }
    let mask = Mask::from_window(size, (left, top), width, &pixels).map_err(|error| error.to_string())?;
    budget.take_runs(mask.counts().len())?;
    Ok(Drawn::Mask(mask))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Cvat;
    use crate::list::{AnnotationFormat, Probe};
    use crate::reading::{Hints, Reading};

    fn read(inside: &str) -> Reading {
        let text = format!("<?xml version=\"1.0\"?><annotations><version>1.1</version>{inside}</annotations>");
        let probe = Probe::new("a.xml", text.as_bytes());
        assert!(Cvat.recognises(&probe));
        Cvat.read(&probe, &Hints::default()).unwrap()
    }

    #[test]
    fn shapes_of_images() {
        let mut reading = read(
            "<meta><task><labels><label><name>cell</name></label></labels></task></meta>\
             <image id='4' name='x/a.png' width='12' height='10'>\
             <box label='cell' xtl='1' ytl='2' xbr='5' ybr='6'/>\
             <box label='cell' xtl='0' ytl='2' xbr='8' ybr='4' rotation='90.0'/>\
             <polygon label='cell' points='1,1;4,1;4,4;1,4'/>\
             <mask label='cell' rle='1,2,3' left='2' top='3' width='3' height='2'/>\
             <polyline label='cell' points='1,1;2,2'/><tag label='blurred'><attribute name='how'>much</attribute></tag>\
             <box label='cell' xtl='1' ytl='x' xbr='5' ybr='6'/>\
             <mask label='cell' rle='9' left='2' top='3' width='3' height='2'/></image>\
             <image id='5' name='b.png' width='9' height='9'/>",
        );
        assert_eq!(reading.classes[0].name, "cell");
        assert_eq!(reading.images[0].attributes["blurred: how"], "much");
        let truths = reading.take_truths("a.xml");
        assert_eq!(truths[1].as_ref().unwrap().regions.len(), 0);
        let regions = &truths[0].as_ref().unwrap().regions;
        let boxes = regions.iter().map(|region| region.region.bounding_box.to_xywh()).collect::<Vec<_>>();
        assert_eq!(boxes, [[1.0, 2.0, 4.0, 4.0], [3.0, 0.0, 2.0, 7.0], [1.0, 1.0, 3.0, 3.0], [3.0, 3.0, 2.0, 1.0]]);
        let messages = reading.problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>();
        assert_eq!(
            messages,
            [
                "a.xml: image \"x/a.png\", polyline[4] is left out: only boxes, polygons, ellipses and masks are read",
                "a.xml: image \"x/a.png\", box[6] is left out: its ytl is \"x\", where a number should be",
                "a.xml: image \"x/a.png\", mask[7] is left out: the run lengths of its rle go beyond its 3 x 2 pixels",
            ]
        );
    }

    #[test]
    fn tracks_speak_of_numbered_frames() {
        let reading = read(
            "<meta><task><original_size><width>20</width><height>10</height></original_size></task></meta>\
             <track id='0' label='tool'><box frame='3' outside='0' xtl='1' ytl='1' xbr='5' ybr='5' keyframe='1'/>\
             <box frame='7' outside='1' xtl='1' ytl='1' xbr='5' ybr='5' keyframe='1'/></track>",
        );
        assert_eq!(reading.images.len(), 1);
        assert_eq!((reading.images[0].said_name(), reading.images[0].size), ("frame_000003".into(), Some((20, 10))));
    }
}
