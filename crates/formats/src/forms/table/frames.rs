//! What the numbers of a table's boxes mean.
//!
//! Which corners or lengths they are the columns say, also where a person names the frame: of that the unit and the origin
//! count, and where it contradicts the columns, that is told. `x` and `y` beside a width and a height do not say whether
//! they are a corner or the middle, so there the frame does. By name, Open Images' columns are shares of the image, and
//! DeepLesion's one column holds corners in pixels, as do the tables that are written here. Otherwise numbers above 2 are pixels (which is told where they could also be thousandths), and
//! where no number is, the person is asked. One column with four numbers says nothing of corners and lengths, and is
//! always asked for.

use super::roles::{BoxColumns, plain};
use crate::frame::{Frame, Layout};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Hints, Question};

/// No share of an image is larger, even where a box reaches far over the edge.
const LARGEST_SHARE: f64 = 2.0;
const THOUSAND: f64 = 1000.0;
const EXAMPLES: usize = 4;
const OPEN_IMAGES: [&str; 6] = ["ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax"];
const DEEP_LESION: [&str; 3] = ["File_name", "Key_slice_index", "Bounding_boxes"];

/// Names of `x` that do not say of what.
const BARE: [&str; 3] = ["x", "bboxx", "boxx"];

/// Whether a table is Open Images' by its columns.
pub fn is_open_images(names: &[String]) -> bool {
    OPEN_IMAGES.iter().all(|known| names.iter().any(|name| name == known))
}

/// Gives every box its frame, or asks for it.
pub fn settle(
    file: &str,
    names: &[String],
    columns: BoxColumns,
    hints: &Hints,
    images: &mut [AnnotatedImage],
    problems: &mut ProblemList,
) -> Vec<Question> {
    let numbers = || {
        let marks = images.iter().filter_map(|image| image.marks.as_ref()).flatten();
        marks.filter_map(|mark| mark.edges).flat_map(|edges| edges.numbers)
    };
    let largest = numbers().fold(f64::NEG_INFINITY, f64::max);
    let smallest = numbers().fold(f64::INFINITY, f64::min);
    let is_deep_lesion = DEEP_LESION.iter().all(|known| names.iter().any(|name| name == known));
    let is_own = names == crate::writers::TABLE_COLUMNS;
    let is_bare = match columns {
        BoxColumns::Four([x, ..], Layout::CornerAndSize) => {
            names.get(x).is_some_and(|name| BARE.contains(&plain(name).as_str()))
        }
        _ => false,
    };
    let frame = match (hints.frame, columns) {
        _ if largest == f64::NEG_INFINITY => return Vec::new(),
        (Some(frame), BoxColumns::One(_)) => Some(frame),
        (Some(frame), BoxColumns::Four(_, _)) if is_bare && frame.layout == Layout::CentreAndSize => Some(frame),
        (Some(frame), BoxColumns::Four(_, layout)) => {
            if frame.layout != layout {
                let message = format!(
                    "{file}: its columns say {}, the frame that was named says {}; the columns count, and of the frame \
                     the unit and the origin",
                    said(layout),
                    said(frame.layout)
                );
                problems.push("frames that contradict their columns", file, message);
            }
            Some(Frame { layout, ..frame })
        }
        (None, BoxColumns::Four(_, Layout::Corners)) if is_open_images(names) => Some(Frame::UNIT_CORNERS),
        (None, BoxColumns::Four(..)) if is_own => Some(Frame::PIXEL_CORNERS),
        (None, BoxColumns::One(_)) if is_deep_lesion => Some(Frame::PIXEL_CORNERS),
        (None, BoxColumns::Four(_, layout)) if largest > LARGEST_SHARE => {
            Some(Frame { layout, ..Frame::PIXEL_CORNERS })
        }
        (None, _) => None,
    };
    if let Some(frame) = frame {
        let marks = images.iter_mut().filter_map(|image| image.marks.as_mut()).flatten();
        marks.filter_map(|mark| mark.edges.as_mut()).for_each(|edges| edges.frame = Some(frame));
        let has_sizes = images.iter().any(|image| image.size.is_some());
        if hints.frame.is_none()
            && !is_deep_lesion
            && frame.unit.is_none()
            && largest <= THOUSAND
            && smallest >= 0.0
            && !has_sizes
        {
            let message = format!(
                "{file}: its boxes are taken as pixels; going up to {largest}, they could also be thousandths of the \
                 image, which then has to be said"
            );
            problems.push("frames that could be others", file, message);
        }
        return Vec::new();
    }
    let candidates = candidates(columns, is_bare, largest).into_iter().map(str::to_owned).collect();
    let mut examples = Vec::new();
    for image in images.iter() {
        let first = image.marks.iter().flatten().find_map(|mark| mark.edges);
        examples.extend(first.map(|edges| (image.said_name(), edges.numbers)));
        if examples.len() == EXAMPLES {
            break;
        }
    }
    vec![Question::Frame { file: file.to_owned(), candidates, examples }]
}

const fn said(layout: Layout) -> &'static str {
    match layout {
        Layout::Corners => "left, top, right, bottom",
        Layout::CornerAndSize => "left, top, width, height",
        Layout::CentreAndSize => "centre, width, height",
    }
}

fn candidates(columns: BoxColumns, is_bare: bool, largest: f64) -> Vec<&'static str> {
    let fits = |frame: Frame| match columns {
        BoxColumns::Four(..) if is_bare => frame.layout != Layout::Corners,
        BoxColumns::Four(_, layout) => frame.layout == layout,
        BoxColumns::One(_) => true,
    };
    let within = |frame: Frame| {
        frame.unit.is_none_or(|unit| largest <= unit * LARGEST_SHARE && (unit == 1.0 || largest > LARGEST_SHARE))
    };
    Frame::ALL.iter().filter(|known| fits(known.frame) && within(known.frame)).map(|known| known.name).collect()
}
