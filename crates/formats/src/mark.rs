//! One mark of a file: what it says is there, before the size of its image is known.

use groundglass_types::{BoundingBox, Finding, Mask, Region, TruthRegion};

use crate::JsonId;
use crate::budget::Budget;
use crate::coco_polygon::rasterise_polygons;
use crate::frame::Frame;
use crate::problem::ProblemList;

pub(crate) const UNREADABLE: &str = "annotations that cannot be read";
/// What is told where a mark keeps its box and loses its pixels.
pub(crate) const LOST_PIXELS: &str = "segmentations that cannot be read";
const OUTSIDE: &str = "boxes outside their image";
const REACHING: &str = "boxes that reach over their image's edge";
const WITHOUT_AREA: &str = "annotations without an area";
const WITHOUT_FRAME: &str = "boxes whose coordinate frame is not known";

/// How far, in pixels, a box may reach over the edge before it is told: tools that count from 1 or round outwards do so
/// everywhere.
const TOLERATED: f64 = 1.0;

/// The longest outlines of one mark in pixels: drawing takes time and memory by their length, and a vertex of a few bytes
/// may lie a whole image away from the next. The contour of an object that fills 4000 x 4000 pixels has some 16,000.
const LONGEST: f64 = 4_000_000.0;

/// The steps from vertex to vertex along the longer axis, as drawing takes them.
fn outline_length(outline: &[f64]) -> f64 {
    let vertices = || outline.chunks_exact(2);
    let step = |(one, next): (&[f64], &[f64])| match (one, next) {
        ([x0, y0], [x1, y1]) => (x1 - x0).abs().max((y1 - y0).abs()),
        _ => 0.0,
    };
    vertices().zip(vertices().cycle().skip(1)).map(step).sum()
}

/// How often outlines go over the middle of a column of pixels, at most: what drawing takes in time, and its result in runs.
fn crossings(outlines: &[Vec<f64>], width: usize) -> usize {
    let across = |x: f64| x.clamp(0.0, width as f64);
    let of_outline = |outline: &Vec<f64>| -> f64 {
        let ends = || outline.chunks_exact(2).filter_map(|vertex| vertex.first());
        let columns = |(one, next): (&f64, &f64)| (across(*next) - across(*one)).abs().ceil();
        ends().zip(ends().cycle().skip(1)).map(columns).sum()
    };
    outlines.iter().map(of_outline).sum::<f64>() as usize
}

/// On what the marks of a file are placed.
pub(crate) struct Canvas<'a> {
    /// The file, for messages.
    pub file: &'a str,
    /// What the file calls the image, for messages.
    pub image: &'a str,
    /// Columns and rows.
    pub size: (usize, usize),
    /// What is left for the masks of the file.
    pub budget: &'a mut Budget,
    /// What cannot be placed is told here.
    pub problems: &'a mut ProblemList,
}

/// A box as it stands in a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edges {
    /// The four numbers.
    pub numbers: [f64; 4],
    /// What they mean; `None` where the file does not say, and the user has to.
    pub frame: Option<Frame>,
}

impl Edges {
    /// A box in pixels.
    pub const fn pixels(edges: BoundingBox) -> Self {
        let numbers = [edges.x_min, edges.y_min, edges.x_max, edges.y_max];
        Self { numbers, frame: Some(Frame::PIXEL_CORNERS) }
    }
}

/// Pixels as they stand in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawn {
    /// Outlines, each as `x0, y0, x1, y1, ...` in `frame` (of which only unit, offset and origin count). Filled by COCO's
    /// rule ([`rasterise_polygons`]).
    Outlines {
        /// Each outline by itself.
        outlines: Vec<Vec<f64>>,
        /// What lies within any of the outlines (COCO), or within an odd number of them, so that an inner ring is a hole.
        fill: Fill,
        /// How numbers become pixels.
        frame: Frame,
    },
    /// Run lengths down the columns, beginning with background, of a grid of `size` (columns, rows).
    Runs {
        /// Columns and rows.
        size: (usize, usize),
        /// The lengths.
        counts: Vec<u32>,
    },
    /// Runs down the columns of whichever size the image has, each by its first pixel, from 0, and its length.
    Starts(Vec<[u32; 2]>),
    /// The pixels themselves.
    Mask(Mask),
    /// What lies within any of several drawings.
    Parts(Vec<Self>),
    /// A mask in a file beside, which gives its pixels when it comes.
    Beside {
        /// What the file is called, where that is said.
        name: Option<String>,
        /// Which mask of its image and side it is, from 1.
        number: usize,
    },
}

/// What several outlines mean together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Inside is what lies within any of them.
    Union,
    /// Inside is what lies within an odd number of them.
    EvenOdd,
}

/// What a file says is there, or was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mark {
    /// Where in the file it stands, for messages: `annotations[3] (id 7)`, `line 4`.
    pub place: String,
    /// The class; empty where `category` says it.
    pub label: String,
    /// The class's number where another file has its name, as in COCO results.
    pub category: Option<JsonId>,
    /// The box.
    pub edges: Option<Edges>,
    /// The pixels.
    pub drawn: Option<Drawn>,
    /// Confidence, where it is a prediction.
    pub score: Option<f64>,
    /// Who marked it, where the file has several readers.
    pub reader: Option<String>,
    /// COCO's `iscrowd`.
    pub crowd: bool,
    /// Area in square pixels as annotated.
    pub area: Option<f64>,
}

impl Mark {
    /// A box with a label.
    pub fn of_box(place: String, label: String, edges: Edges) -> Self {
        Self { place, label, edges: Some(edges), ..Self::default() }
    }

    /// The region on an image; a problem and `None` where there is none.
    pub(crate) fn into_truth(self, canvas: &mut Canvas<'_>) -> Option<TruthRegion> {
        let (crowd, area, label) = (self.crowd, self.area, self.label.clone());
        let region = self.region(canvas)?;
        Some(TruthRegion { label, region, crowd, area })
    }

    /// The finding on an image, with score 1 where the file has none.
    pub(crate) fn into_finding(self, canvas: &mut Canvas<'_>) -> Option<Finding> {
        let (score, label) = (self.score.unwrap_or(1.0), self.label.clone());
        let region = self.region(canvas)?;
        Some(Finding { label, score, region })
    }

    fn region(self, canvas: &mut Canvas<'_>) -> Option<Region> {
        let place = self.place;
        let Canvas { file, image, size, budget, problems } = canvas;
        let (file, size) = (*file, *size);
        let left_out = |problems: &mut ProblemList, kind, fault: &str| {
            problems.push(kind, file, format!("{file}: {place} is left out: {fault}"));
            None
        };
        let edges = match self.edges {
            None => None,
            Some(Edges { numbers, frame: Some(frame) }) => Some(frame.to_pixels(numbers, size)),
            Some(Edges { numbers, frame: None }) => {
                let fault =
                    format!("what the numbers {numbers:?} of its box mean is not said; name the coordinate frame");
                return left_out(problems, WITHOUT_FRAME, &fault);
            }
        };
        let is_boxed = edges.as_ref().is_some_and(BoundingBox::is_proper);
        let mask = match self.drawn.map(|drawn| drawn.into_mask(size, budget)).transpose() {
            Err(fault) if is_boxed => {
                problems.push(LOST_PIXELS, file, format!("{file}: {place}: {}", lost_pixels(&fault)));
                None
            }
            Err(fault) => return left_out(problems, UNREADABLE, &fault),
            Ok(mask) => mask,
        };
        let region = match region(edges, mask) {
            Ok(region) => region,
            Err(fault) => return left_out(problems, WITHOUT_AREA, &fault),
        };
        let (width, height) = size;
        let edges = region.bounding_box;
        let [x, y, box_width, box_height] = edges.to_xywh();
        // Written for the few that are at fault alone: numbers take longer to write than to check.
        let said = || format!("its box [{x}, {y}, {box_width}, {box_height}]");
        if edges.intersection_area(&BoundingBox::new(0.0, 0.0, width as f64, height as f64)) <= 0.0 {
            return left_out(
                problems,
                OUTSIDE,
                &format!("{} lies outside \"{image}\" of {width} x {height} pixels", said()),
            );
        }
        let clipped = edges.clipped(width as f64 + TOLERATED, height as f64 + TOLERATED);
        if clipped != edges
            && (edges.x_min < -TOLERATED
                || edges.y_min < -TOLERATED
                || clipped.x_max < edges.x_max
                || clipped.y_max < edges.y_max)
        {
            let fault = format!("{} reaches over the edge of \"{image}\" of {width} x {height} pixels", said());
            problems.push(REACHING, file, format!("{file}: {place}: {fault}; it is used as annotated"));
        }
        Some(region)
    }
}

/// What is told of a mark whose box is kept and whose pixels are not.
pub(crate) fn lost_pixels(fault: &str) -> String {
    format!("its segmentation is left out, and its box is used: {fault}")
}

/// The region of a box, of pixels, or of both.
pub(crate) fn region(edges: Option<BoundingBox>, mask: Option<Mask>) -> Result<Region, String> {
    match (edges.filter(BoundingBox::is_proper), mask) {
        (Some(bounding_box), mask) => Ok(Region { bounding_box, mask }),
        (None, mask) => mask.and_then(Region::from_mask).ok_or_else(|| match edges.map(BoundingBox::to_xywh) {
            Some([x, y, width, height]) => format!("its box [{x}, {y}, {width}, {height}] has no area"),
            None => "its segmentation covers no pixel".to_owned(),
        }),
    }
}

impl Drawn {
    /// The pixels on an image of `size` (columns, rows). What drawing outlines takes is taken from `budget`.
    pub(crate) fn into_mask(self, size: (usize, usize), budget: &mut Budget) -> Result<Mask, String> {
        self.into_mask_after(size, &mut 0.0, budget)
    }

    /// The mask, where outlines of `length` pixels of the same mark were drawn before.
    fn into_mask_after(
        self,
        (width, height): (usize, usize),
        length: &mut f64,
        budget: &mut Budget,
    ) -> Result<Mask, String> {
        match self {
            Self::Parts(parts) => {
                let masks = parts.into_iter().map(|part| part.into_mask_after((width, height), length, budget));
                united(width, height, &masks.collect::<Result<Vec<_>, _>>()?).map_err(|error| error.to_string())
            }
            Self::Outlines { outlines, fill, frame } => {
                let mut outlines = outlines;
                if frame.unit.is_some() || frame.from_below || frame.padded {
                    for vertex in outlines.iter_mut().flat_map(|outline| outline.chunks_exact_mut(2)) {
                        let [x, y] = frame.point([vertex[0], vertex[1]], (width, height));
                        (vertex[0], vertex[1]) = (x, y);
                    }
                }
                // Walking an outline takes time by its length, so what is nowhere near the image is refused.
                let far = 10.0 * (width.max(height) as f64 + 100.0);
                if let Some(vertex) = outlines.iter().flatten().find(|number| number.is_nan() || number.abs() > far) {
                    return Err(format!("a polygon has a vertex at {vertex}, far outside the image"));
                }
                for (place, outline) in outlines.iter().enumerate() {
                    *length += outline_length(outline);
                    if *length > LONGEST {
                        return Err(format!(
                            "its polygon {} brings the length of its outlines to {length:.0} pixels, more than the \
                             {LONGEST} that are drawn",
                            place + 1
                        ));
                    }
                }
                budget.take_crossings(crossings(&outlines, width))?;
                match fill {
                    Fill::Union => rasterise_polygons(width, height, &outlines),
                    Fill::EvenOdd => {
                        let rings =
                            outlines.iter().map(|ring| rasterise_polygons(width, height, std::slice::from_ref(ring)));
                        rings.collect::<Result<Vec<_>, _>>().and_then(|rings| odd(width, height, &rings))
                    }
                }
                .map_err(|error| error.to_string())
            }
            Self::Runs { size, counts } if size == (width, height) => {
                Mask::from_counts(width, height, &counts).map_err(|error| error.to_string())
            }
            Self::Runs { size, .. } => {
                Err(format!("its run lengths are of {} x {} pixels, the image has {width} x {height}", size.0, size.1))
            }
            Self::Starts(runs) => of_starts(&runs, (width, height)),
            Self::Beside { .. } => Err("its mask lies in a file beside, which was not given".to_owned()),
            Self::Mask(mask) if mask.width() == width && mask.height() == height => Ok(mask),
            Self::Mask(mask) => Err(format!(
                "its mask has {} x {} pixels, the image has {width} x {height}",
                mask.width(),
                mask.height()
            )),
        }
    }
}

/// The pixels that lie in any of the masks.
fn united(width: usize, height: usize, masks: &[Mask]) -> Result<Mask, groundglass_types::MaskError> {
    let mut runs: Vec<(u64, u64)> = masks.iter().flat_map(Mask::runs).collect();
    runs.sort_unstable();
    let (mut counts, mut at) = (Vec::new(), 0);
    for (start, end) in runs {
        if start > at || counts.is_empty() {
            counts.extend([(start - at) as u32, (end - start) as u32]);
        } else if let Some(last) = counts.last_mut() {
            *last += end.saturating_sub(at) as u32;
        }
        at = at.max(end);
    }
    counts.push(((width * height) as u64).saturating_sub(at) as u32);
    Mask::from_counts(width, height, &counts)
}

/// The mask of runs that follow each other.
fn of_starts(runs: &[[u32; 2]], (width, height): (usize, usize)) -> Result<Mask, String> {
    let pixels = (width as u64).saturating_mul(height as u64);
    let mut counts: Vec<u32> = Vec::with_capacity(2 * runs.len() + 1);
    let mut at = 0_u64;
    for &[start, length] in runs.iter().filter(|[_, length]| *length > 0) {
        let (first, end) = (u64::from(start), u64::from(start) + u64::from(length));
        if first < at || end > pixels {
            return Err(format!(
                "its run of {length} pixels from pixel {} on does not lie behind the one before and within the {width} x \
                 {height} pixels of its image",
                first + 1
            ));
        }
        match counts.last_mut().filter(|_| first == at) {
            Some(last) => *last = last.saturating_add(length),
            None => counts.extend([(first - at) as u32, length]),
        }
        at = end;
    }
    counts.extend(u32::try_from(pixels - at));
    Mask::from_counts(width, height, &counts).map_err(|error| error.to_string())
}

/// The pixels that lie in an odd number of masks.
fn odd(width: usize, height: usize, masks: &[Mask]) -> Result<Mask, groundglass_types::MaskError> {
    // Every end of a run turns the side, whichever mask it is of.
    let mut turns: Vec<u64> = masks.iter().flat_map(Mask::runs).flat_map(|(start, end)| [start, end]).collect();
    turns.sort_unstable();
    let mut counts = Vec::new();
    let mut last = 0;
    for group in turns.chunk_by(|one, next| one == next).filter(|group| group.len() % 2 == 1) {
        counts.push((group[0] - last) as u32);
        last = group[0];
    }
    counts.push(((width * height) as u64).saturating_sub(last) as u32);
    Mask::from_counts(width, height, &counts)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Canvas, Drawn, Edges, Fill, Mark, crossings};
    use crate::budget::Budget;
    use crate::coco_polygon::rasterise_polygons;
    use crate::frame::Frame;
    use crate::problem::ProblemList;

    fn plenty() -> Budget {
        Budget::of(1 << 20)
    }

    fn square(low: f64, high: f64) -> Vec<f64> {
        vec![low, low, high, low, high, high, low, high]
    }

    #[test]
    fn an_inner_ring_is_a_hole_or_not() {
        let area = |fill| {
            let outlines = vec![square(0.0, 6.0), square(2.0, 4.0)];
            Drawn::Outlines { outlines, fill, frame: Frame::PIXEL_CORNERS }
                .into_mask((8, 8), &mut plenty())
                .unwrap()
                .area()
        };
        assert_eq!((area(Fill::Union), area(Fill::EvenOdd)), (36, 32));
    }

    #[test]
    fn parts_that_overlap_are_one_and_keep_their_holes() {
        let part = |outlines| Drawn::Outlines { outlines, fill: Fill::EvenOdd, frame: Frame::PIXEL_CORNERS };
        let area = |parts| Drawn::Parts(parts).into_mask((12, 12), &mut plenty()).unwrap().area();
        let ring = || part(vec![square(0.0, 6.0), square(2.0, 4.0)]);
        assert_eq!(area(vec![ring()]), 32);
        assert_eq!(area(vec![ring(), part(vec![square(3.0, 8.0)])]), 32 + 25 - 8);
        assert_eq!(area(vec![part(vec![square(0.0, 12.0)]), ring(), ring()]), 144);
        assert_eq!(area(Vec::new()), 0);
    }

    #[test]
    fn an_outline_that_runs_to_and_fro_without_end_is_refused_by_name() {
        let zigzag: Vec<f64> =
            (0..3000).flat_map(|place| [f64::from(place % 2) * 1999.0, f64::from(place) * 0.5]).collect();
        let drawn = |outlines| Drawn::Outlines { outlines, fill: Fill::Union, frame: Frame::PIXEL_CORNERS };
        let fault = drawn(vec![square(0.0, 6.0), zigzag.clone()]).into_mask((2000, 2000), &mut plenty()).unwrap_err();
        assert!(fault.starts_with("its polygon 2 brings the length of its outlines to 59"), "{fault}");
        // What is as long as real contours are is drawn.
        assert!(drawn(vec![zigzag[..2000].to_vec()]).into_mask((2000, 2000), &mut plenty()).unwrap().area() > 0);
    }

    #[test]
    fn the_outlines_of_a_file_share_its_budget() {
        let zigzag: Vec<f64> =
            (0..1000).flat_map(|place| [f64::from(place % 2) * 1999.0, f64::from(place) * 2.0]).collect();
        let mut budget = Budget::of(0);
        let mut draw = || {
            let drawn =
                Drawn::Outlines { outlines: vec![zigzag.clone()], fill: Fill::Union, frame: Frame::PIXEL_CORNERS };
            drawn.into_mask((2000, 2000), &mut budget)
        };
        // Each takes some two of its 33 million crossings.
        let drawn = (0..40).filter(|_| draw().is_ok()).count();
        assert_eq!(drawn, 16);
        assert!(draw().unwrap_err().starts_with("the masks of the file are larger"));
    }

    #[test]
    fn a_mask_has_no_more_runs_than_its_outlines_have_crossings() {
        let outlines = vec![square(-3.0, 6.0), square(2.2, 400.0), vec![1.0, 0.0, 1.4, 90.0, 1.6, 3.0, 7.0, 8.0]];
        let mask = rasterise_polygons(90, 80, &outlines).unwrap();
        assert!(mask.counts().len() <= crossings(&outlines, 90) + 1);
        assert!(crossings(&outlines, 90) < 2 * (7 + 89 + 9));
    }

    #[test]
    fn relative_outlines_grow_with_the_image() {
        let outlines = vec![square(0.0, 0.5)];
        let drawn = Drawn::Outlines { outlines, fill: Fill::Union, frame: Frame::UNIT_CORNERS };
        assert_eq!(drawn.into_mask((20, 10), &mut plenty()).unwrap().area(), 50);
    }

    #[test]
    fn runs_lie_down_the_columns_of_the_image() {
        let mask = |runs: &[[u32; 2]], size| Drawn::Starts(runs.to_vec()).into_mask(size, &mut plenty());
        // Two columns of three: the lower pixel of the first, and all of the second in two runs.
        let read = mask(&[[2, 1], [3, 1], [4, 2]], (2, 3)).unwrap();
        assert_eq!((read.counts().to_vec(), read.area()), (vec![2, 4], 4));
        assert_eq!(mask(&[], (2, 3)).unwrap().area(), 0);
        assert_eq!(mask(&[[0, 6]], (2, 3)).unwrap().area(), 6);
        for runs in [&[[4, 3]][..], &[[3, 1], [2, 1]], &[[u32::MAX, u32::MAX]]] {
            assert!(mask(runs, (2, 3)).unwrap_err().contains("does not lie behind the one before"), "{runs:?}");
        }
    }

    #[test]
    fn a_box_without_a_frame_is_asked_for() {
        let mut problems = ProblemList::default();
        let edges = Edges { numbers: [1.0, 2.0, 3.0, 4.0], frame: None };
        let mark = Mark::of_box("line 2".to_owned(), "a".to_owned(), edges);
        let mut budget = plenty();
        let mut canvas =
            Canvas { file: "f.csv", image: "i.png", size: (10, 10), budget: &mut budget, problems: &mut problems };
        assert!(mark.into_finding(&mut canvas).is_none());
        assert_eq!(
            problems.into_problems()[0].message,
            "f.csv: line 2 is left out: what the numbers [1.0, 2.0, 3.0, 4.0] of its box mean is not said; name the coordinate frame"
        );
    }
}
