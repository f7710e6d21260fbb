//! Which column of a table holds what.

use std::collections::BTreeMap;

use crate::frame::Layout;
use crate::reading::Hints;

/// Roles with the names, small letters and digits alone, under which tables have them. The earlier name wins.
const ROLES: [(&str, &[&str]); 17] = [
    ("x_min", &["xmin", "x1", "xtl", "minx", "x0", "bboxxmin", "boxxmin", "bboxx1", "bboxleft", "boxleft", "left"]),
    ("y_min", &["ymin", "y1", "ytl", "miny", "y0", "bboxymin", "boxymin", "bboxy1", "bboxtop", "boxtop", "top"]),
    ("x_max", &["xmax", "x2", "xbr", "maxx", "bboxxmax", "boxxmax", "bboxx2", "bboxright", "boxright", "right"]),
    ("y_max", &["ymax", "y2", "ybr", "maxy", "bboxymax", "boxymax", "bboxy2", "bboxbottom", "boxbottom", "bottom"]),
    ("x_centre", &["xcentre", "xcenter", "cx", "centrex", "centerx", "bboxcx", "xc"]),
    ("y_centre", &["ycentre", "ycenter", "cy", "centrey", "centery", "bboxcy", "yc"]),
    ("width", &["w", "bboxw", "bboxwidth", "boxwidth", "boxw", "width"]),
    ("height", &["h", "bboxh", "bboxheight", "boxheight", "boxh", "height"]),
    ("image_width", &["imagewidth", "imgwidth", "originalwidth", "imagew", "imgw", "imwidth", "columns", "cols"]),
    ("image_height", &["imageheight", "imgheight", "originalheight", "imageh", "imgh", "imheight", "rows"]),
    ("box", &["bbox", "box", "boundingbox", "bboxes", "boxes", "boundingboxes"]),
    (
        "label",
        &[
            "label",
            "classname",
            "class",
            "labelname",
            "categoryname",
            "category",
            "findinglabel",
            "finding",
            "findingname",
            "findingcategories",
            "pathology",
            "disease",
            "diagnosis",
            "lesiontype",
            "object",
            "target",
        ],
    ),
    ("class_id", &["classid", "categoryid", "labelid"]),
    ("score", &["score", "confidence", "conf", "probability", "prob", "radscore"]),
    (
        "reader",
        &["reader", "readerid", "radid", "rater", "raterid", "annotator", "annotatorid", "grader", "radiologist"],
    ),
    ("crowd", &["iscrowd", "crowd", "difficult", "isdifficult", "isgroupof"]),
    ("area", &["area"]),
];

/// Names of the column of images; apart, because it is looked for where no other role has taken the column.
const IMAGE: [&str; 24] = [
    "image",
    "imageid",
    "filename",
    "file",
    "imagepath",
    "imagename",
    "imageindex",
    "imagefile",
    "filepath",
    "path",
    "img",
    "imgid",
    "imgpath",
    "imgname",
    "dicomid",
    "dicom",
    "sopinstanceuid",
    "case",
    "caseid",
    "id",
    "name",
    "uid",
    "frame",
    "patientid",
];

/// The place of the column of images by its name alone.
pub fn image_column(columns: &[String]) -> Option<usize> {
    IMAGE.iter().find_map(|known| columns.iter().position(|column| plain(column) == *known))
}

/// The columns of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoxColumns {
    /// Four columns, and what they mean.
    Four([usize; 4], Layout),
    /// One column with four numbers in each cell.
    One(usize),
}

/// Roles and their columns.
#[derive(Debug, Default)]
pub struct Roles {
    columns: BTreeMap<&'static str, usize>,
}

/// A name as the lists above have it.
pub fn plain(name: &str) -> String {
    name.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Roles {
    /// What a person says of the columns, and for the rest what their names say.
    pub fn of(columns: &[String], hints: &Hints) -> Self {
        let mut roles = Self::default();
        let names = columns.iter().map(|column| plain(column)).collect::<Vec<_>>();
        // What is said of a column is said of the tables that have it.
        let mut hints = hints.clone();
        hints.columns.retain(|_, column| columns.contains(column));
        let hints = &hints;
        let all = || ROLES.iter().map(|(role, known)| (*role, *known)).chain([("image", &IMAGE[..])]);
        for (role, _) in all() {
            let wanted = hints.columns.get(role);
            let at = wanted.and_then(|wanted| columns.iter().position(|column| column == wanted));
            roles.columns.extend(at.map(|at| (role, at)));
        }
        for (role, known) in all().filter(|(role, _)| !hints.columns.contains_key(*role)) {
            let at = known.iter().find_map(|known| {
                let mut fitting = (0..names.len()).filter(|&at| names.get(at).is_some_and(|name| name == known));
                fitting.find(|&at| !roles.is_taken(at))
            });
            roles.columns.extend(at.map(|at| (role, at)));
        }
        roles.settle(&names, hints);
        roles
    }

    /// Settles what one name alone does not say: `x` and `y` are the left upper corner beside a width and a height, and
    /// `width` and `height` beside four corners are those of the image.
    fn settle(&mut self, names: &[String], hints: &Hints) {
        let find = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
        if self.get("width").is_some() && self.get("height").is_some() && self.get("x_max").is_none() {
            for (role, other, known) in
                [("x_min", "x_centre", ["x", "bboxx", "boxx"]), ("y_min", "y_centre", ["y", "bboxy", "boxy"])]
            {
                if self.get(role).is_none() && self.get(other).is_none() && !hints.columns.contains_key(role) {
                    self.columns.extend(find(&known).filter(|&at| !self.is_taken(at)).map(|at| (role, at)));
                }
            }
        }
        let corners = self.four(["x_min", "y_min", "x_max", "y_max"]).is_some();
        if corners || self.get("box").is_some() {
            for (role, size) in [("width", "image_width"), ("height", "image_height")] {
                if !hints.columns.contains_key(role)
                    && let Some(at) = self.columns.remove(role)
                {
                    self.columns.entry(size).or_insert(at);
                }
            }
        }
    }

    /// The column of a role.
    pub fn get(&self, role: &str) -> Option<usize> {
        self.columns.get(role).copied()
    }

    /// Whether a column has a role.
    pub fn is_taken(&self, column: usize) -> bool {
        self.columns.values().any(|&taken| taken == column)
    }

    /// Role to column, as a question tells it.
    pub fn said(&self, columns: &[String]) -> BTreeMap<String, String> {
        let said = self.columns.iter().filter_map(|(role, &at)| Some(((*role).to_owned(), columns.get(at)?.clone())));
        said.collect()
    }

    /// The name of the column of classes, where it is a `Target` of 1 and 0 (RSNA's pneumonia challenge).
    pub fn target(&self, columns: &[String]) -> Option<String> {
        let name = columns.get(self.get("label")?)?;
        (plain(name) == "target").then(|| name.clone())
    }

    fn four(&self, roles: [&str; 4]) -> Option<[usize; 4]> {
        let [a, b, c, d] = roles.map(|role| self.get(role));
        Some([a?, b?, c?, d?])
    }

    /// The columns of the box; `None` where the table has none.
    ///
    /// # Errors
    /// The roles that are missing where it has some of a box.
    pub fn boxes(&self) -> Result<Option<BoxColumns>, Vec<&'static str>> {
        const LAYOUTS: [([&str; 4], Layout); 3] = [
            (["x_min", "y_min", "x_max", "y_max"], Layout::Corners),
            (["x_centre", "y_centre", "width", "height"], Layout::CentreAndSize),
            (["x_min", "y_min", "width", "height"], Layout::CornerAndSize),
        ];
        for (roles, layout) in LAYOUTS {
            if let Some(columns) = self.four(roles) {
                return Ok(Some(BoxColumns::Four(columns, layout)));
            }
        }
        if let Some(column) = self.get("box") {
            return Ok(Some(BoxColumns::One(column)));
        }
        let missing = |roles: [&'static str; 4]| roles.into_iter().filter(|role| self.get(role).is_none()).collect();
        let missing: Vec<Vec<&'static str>> = LAYOUTS.iter().map(|(roles, _)| missing(*roles)).collect();
        match missing.into_iter().min_by_key(Vec::len) {
            Some(missing) if missing.len() < 3 && self.has_position() => Err(missing),
            _ => Ok(None),
        }
    }

    /// Whether something of where a box lies is known: a width and a height alone are those of an image.
    fn has_position(&self) -> bool {
        ["x_min", "y_min", "x_max", "y_max", "x_centre", "y_centre"].iter().any(|role| self.get(role).is_some())
    }
}
