//! Where a reader looked: tables of fixations, one row each.
//!
//! The columns of the place are told by their names: `x` and `y`, EGD-CXR's `X_ORIGINAL` and `Y_ORIGINAL` (pixels of the
//! image), REFLACX's `x_position` and `y_position`, or by a person ([`Hints::columns`]: `x`, `y`, `image`, `duration`,
//! `reader`). An eye tracker's own shares of the screen (`FPOGX`, `FPOGY`) say nothing of the image, and are asked for.
//! Without a column that names the image, all are on the image of the file's own name.

use csv::StringRecord;

use super::table::load::Rows;
use super::table::roles::{Roles, plain};
use crate::FormatError;
use crate::frame::Frame;
use crate::list::{AnnotationFormat, Probe};
use crate::paths::{base_name, normalised};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Fixation, Hints, ImageName, Question, Reading};

/// Tables of fixations.
pub struct Gaze;

const UNREADABLE: &str = "fixations that cannot be read";
/// Names of the place that say pixels of the image, and shares of it.
const PIXELS: [[&str; 2]; 3] = [["xoriginal", "yoriginal"], ["xpixel", "ypixel"], ["xpx", "ypx"]];
const SHARES: [[&str; 2]; 4] =
    [["xrelative", "yrelative"], ["xnorm", "ynorm"], ["xnormalized", "ynormalized"], ["xnormalised", "ynormalised"]];
/// Names that say neither.
const PLACES: [[&str; 2]; 6] = [
    ["fixationx", "fixationy"],
    ["xposition", "yposition"],
    ["gazex", "gazey"],
    ["xfixation", "yfixation"],
    ["fixx", "fixy"],
    ["x", "y"],
];
/// Shares of the screen (Gazepoint).
const SCREEN: [[&str; 2]; 2] = [["fpogx", "fpogy"], ["bpogx", "bpogy"]];
const DURATIONS: [&str; 6] = ["duration", "fixationduration", "fpogd", "dwelltime", "durationms", "durations"];
/// Beginning and end of a fixation, whose difference is the duration.
const TIMES: [[&str; 2]; 3] =
    [["timestampstartfixation", "timestampendfixation"], ["start", "end"], ["starttime", "endtime"]];
/// No share of an image is larger.
const LARGEST_SHARE: f64 = 2.0;
const THOUSAND: f64 = 1000.0;
const EXAMPLES: usize = 4;

/// What the columns are.
struct Columns {
    place: Option<[usize; 2]>,
    /// What the numbers mean by the names of their columns.
    frame: Option<Frame>,
    duration: Option<usize>,
    times: Option<[usize; 2]>,
    /// Whether the tracker calls the fixation valid.
    valid: Option<usize>,
    is_screen: bool,
}

impl Columns {
    fn of(columns: &[String], hints: &Hints) -> Self {
        let names: Vec<String> = columns.iter().map(|column| plain(column)).collect();
        let find = |known: &str| names.iter().position(|name| name == known);
        let pair = |[x, y]: [&str; 2]| Some([find(x)?, find(y)?]);
        let said = |role: &str| {
            let wanted = hints.columns.get(role)?;
            columns.iter().position(|column| column == wanted)
        };
        let named = || {
            let of = |list: &[[&str; 2]], frame| list.iter().find_map(|names| pair(*names)).map(|at| (at, frame));
            of(&PIXELS, Some(Frame::PIXEL_CORNERS))
                .or_else(|| of(&SHARES, Some(Frame::UNIT_CORNERS)))
                .or_else(|| of(&PLACES, None))
        };
        let (place, frame) = match said("x").zip(said("y")) {
            Some((x, y)) => (Some([x, y]), None),
            None => named().map_or((None, None), |(at, frame)| (Some(at), frame)),
        };
        Self {
            place,
            frame,
            duration: said("duration").or_else(|| DURATIONS.iter().find_map(|name| find(name))),
            times: TIMES.iter().find_map(|names| pair(*names)),
            valid: find("fpogv"),
            is_screen: SCREEN.iter().any(|names| pair(*names).is_some()),
        }
    }

    fn duration(&self, record: &StringRecord) -> Option<f64> {
        let number = |at: usize| record.get(at)?.parse::<f64>().ok().filter(|number| number.is_finite());
        let between = || self.times.and_then(|[start, end]| Some(number(end)? - number(start)?));
        self.duration.and_then(number).or_else(between).filter(|duration| *duration >= 0.0)
    }
}

impl AnnotationFormat for Gaze {
    fn id(&self) -> &'static str {
        "gaze"
    }

    fn name(&self) -> &'static str {
        "table of gaze fixations (CSV, TSV)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        if !["csv", "tsv"].contains(&probe.extension().as_str()) {
            return false;
        }
        let Ok(rows) = Rows::open(probe) else { return false };
        let columns = Columns::of(&rows.columns, &Hints::default());
        if !matches!(Roles::of(&rows.columns, &Hints::default()).boxes(), Ok(None)) {
            return false;
        }
        let name = base_name(&normalised(probe.path())).to_ascii_lowercase();
        let is_called = ["fixation", "gaze", "eye_track", "eyetrack"].iter().any(|word| name.contains(word));
        let is_timed = columns.duration.is_some() || columns.times.is_some();
        columns.is_screen || (columns.place.is_some() && (is_called || is_timed))
    }

    fn read(&self, probe: &Probe<'_>, hints: &Hints) -> Result<Reading, FormatError> {
        let file = probe.path();
        let mut problems = ProblemList::default();
        let mut rows = Rows::open(probe)?;
        let (columns, roles) = (Columns::of(&rows.columns, hints), Roles::of(&rows.columns, hints));
        let Some([x, y]) = columns.place else {
            let question = Question::Columns {
                file: file.to_owned(),
                columns: rows.columns,
                guessed: std::collections::BTreeMap::new(),
                missing: ["x", "y"].map(str::to_owned).to_vec(),
            };
            return Ok(Reading { questions: vec![question], ..Reading::default() });
        };
        let image = roles.get("image").filter(|at| ![x, y].contains(at));
        let mut images: Vec<AnnotatedImage> = Vec::new();
        let mut places = std::collections::HashMap::new();
        while let Some(record) = rows.next(&mut problems) {
            let line = format!("{file}: line {}", record.position().map_or(0, csv::Position::line));
            let cell = |at: usize| record.get(at).unwrap_or_default();
            if columns.valid.is_some_and(|at| cell(at) == "0") {
                let message = format!("{line} is left out: the tracker calls it invalid");
                problems.push("fixations that are not valid", file, message);
                continue;
            }
            let number = |at: usize| cell(at).parse::<f64>().ok().filter(|number| number.is_finite());
            let (Some(x), Some(y)) = (number(x), number(y)) else {
                let message =
                    format!("{line} is left out: its place is \"{}\", \"{}\", not two numbers", cell(x), cell(y));
                problems.push(UNREADABLE, file, message);
                continue;
            };
            let name = match image.map(cell) {
                Some("") => {
                    problems.push(UNREADABLE, file, format!("{line} is left out: it names no image"));
                    continue;
                }
                Some(name) => ImageName::Named(name.to_owned()),
                None => ImageName::LikeTheFile,
            };
            let key = image.map(cell).unwrap_or_default().to_owned();
            let at = *places.entry(key).or_insert_with(|| {
                images.push(AnnotatedImage { marks: None, ..AnnotatedImage::new(name, Vec::new()) });
                images.len() - 1
            });
            let reader = roles.get("reader").map(cell).filter(|reader| !reader.is_empty()).map(str::to_owned);
            let fixation = Fixation { numbers: [x, y], frame: None, duration: columns.duration(&record), reader };
            if let Some(image) = images.get_mut(at) {
                image.fixations.push(fixation);
            }
        }
        let questions = settle(file, hints.frame.or(columns.frame), &mut images, &mut problems);
        Ok(Reading { images, questions, problems: problems.into_problems(), ..Reading::default() })
    }
}

/// Gives every fixation its frame: what a person or the columns say, else pixels where a number is too large for a share
/// of the image, else a question.
fn settle(file: &str, said: Option<Frame>, images: &mut [AnnotatedImage], problems: &mut ProblemList) -> Vec<Question> {
    let numbers = || images.iter().flat_map(|image| &image.fixations).flat_map(|fixation| fixation.numbers);
    let largest = numbers().fold(f64::NEG_INFINITY, f64::max);
    let frame = said.or((largest > LARGEST_SHARE).then_some(Frame::PIXEL_CORNERS));
    let Some(frame) = frame else {
        let candidates = ["pixel_corners", "unit_corners", "lower_left"].map(str::to_owned).to_vec();
        let example = |image: &AnnotatedImage| {
            let [x, y] = image.fixations.first()?.numbers;
            Some((image.said_name(), [x, y, x, y]))
        };
        let examples: Vec<_> = images.iter().filter_map(example).take(EXAMPLES).collect();
        return if examples.is_empty() {
            Vec::new()
        } else {
            vec![Question::Frame { file: file.to_owned(), candidates, examples }]
        };
    };
    images.iter_mut().flat_map(|image| &mut image.fixations).for_each(|fixation| fixation.frame = Some(frame));
    if said.is_none() && largest <= THOUSAND {
        let message = format!(
            "{file}: its fixations are taken as pixels; going up to {largest}, they could also be thousandths of the \
             image, which then has to be said"
        );
        problems.push("frames that could be others", file, message);
    }
    Vec::new()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Gaze;
    use crate::frame::Frame;
    use crate::list::{AnnotationFormat, Probe, format_of};
    use crate::reading::{Hints, ImageName, Question, Reading};

    fn read(name: &str, text: &str, hints: &Hints) -> Reading {
        let probe = Probe::new(name, text.as_bytes());
        assert_eq!(format_of(&probe).unwrap().id(), "gaze", "{text}");
        Gaze.read(&probe, hints).unwrap()
    }

    fn first(reading: &Reading) -> ([f64; 2], Option<Frame>, Option<f64>) {
        let fixation = &reading.images[0].fixations[0];
        (fixation.numbers, fixation.frame, fixation.duration)
    }

    #[test]
    fn columns_are_told_by_the_names_that_data_sets_use() {
        let none = Hints::default();
        let egd =
            "DICOM_ID,FPOGX,FPOGY,FPOGD,FPOGV,X_ORIGINAL,Y_ORIGINAL\na,0.4,0.5,0.25,1,1200,900\na,0.4,0.5,0.25,0,1,1\n";
        let reading = read("e.csv", egd, &none);
        assert_eq!(first(&reading), ([1200.0, 900.0], Some(Frame::PIXEL_CORNERS), Some(0.25)));
        assert_eq!((reading.images[0].fixations.len(), reading.problems.len()), (1, 1));
        let reflacx = "timestamp_start_fixation,timestamp_end_fixation,x_position,y_position\n1.5,1.75,1500,20\n";
        let reading = read("a_fixations.csv", reflacx, &none);
        assert_eq!(first(&reading), ([1500.0, 20.0], Some(Frame::PIXEL_CORNERS), Some(0.25)));
        assert_eq!(reading.images[0].name, ImageName::LikeTheFile);
        assert_eq!(
            first(&read("r.csv", "image,x_norm,y_norm,duration\na,0.5,0.25,1\n", &none)).1,
            Some(Frame::UNIT_CORNERS)
        );
    }

    #[test]
    fn the_frame_is_asked_where_nothing_says_it() {
        let small = "image,x,y,duration,reader\na,0.5,0.25,1,r1\nb,1,0,2,r2\n";
        let reading = read("f.csv", small, &Hints::default());
        let [Question::Frame { candidates, examples, .. }] = &reading.questions[..] else { panic!() };
        assert_eq!((candidates[1].as_str(), examples[0].1), ("unit_corners", [0.5, 0.25, 0.5, 0.25]));
        assert_eq!(first(&reading).1, None);
        let hints = Hints { frame: Some(Frame::LOWER_LEFT), ..Hints::default() };
        assert_eq!(first(&read("f.csv", small, &hints)).1, Some(Frame::LOWER_LEFT));
        let pixels = read("f.csv", "image,x,y,duration\na,10,200,1\n,1,2,3\na,u,2,3\n", &Hints::default());
        let messages: Vec<_> = pixels.problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "f.csv: line 3 is left out: it names no image",
                "f.csv: line 4 is left out: its place is \"u\", \"2\", not two numbers",
                "f.csv: its fixations are taken as pixels; going up to 200, they could also be thousandths of the image, which then has to be said",
            ]
        );
        // Places on the screen are none on the image, until a person says that they are.
        let screen = "image,FPOGX,FPOGY,FPOGD\na,0.5,0.5,1\n";
        assert!(
            matches!(&read("s.csv", screen, &Hints::default()).questions[..], [Question::Columns { missing, .. }] if missing == &["x", "y"])
        );
        let columns = [("x", "FPOGX"), ("y", "FPOGY")].map(|(role, name)| (role.to_owned(), name.to_owned())).into();
        let hints = Hints { columns, frame: Some(Frame::UNIT_CORNERS), ..Hints::default() };
        assert_eq!(first(&read("s.csv", screen, &hints)), ([0.5, 0.5], Some(Frame::UNIT_CORNERS), Some(1.0)));
    }
}
