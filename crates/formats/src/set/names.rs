//! Which image a file means by a name.

use std::collections::HashMap;

#[cfg(feature = "full")]
use super::encoded::meanings;
use crate::paths::{base_name, folders, normalised, stem};
use crate::words::{alike, exact_name, folded, folder_of, key_of};

/// The names of a set's images.
#[derive(Debug, Default)]
pub struct Names {
    known: Vec<Known>,
    by_path: HashMap<String, usize>,
    /// By the stem, letters small and composed.
    by_stem: HashMap<String, Vec<usize>>,
    /// By what an image and the files about it have in common.
    by_key: HashMap<String, Vec<usize>>,
    /// By the last folders and the stem, joined by `_`.
    by_joined: HashMap<String, Vec<usize>>,
}

/// An image's path and what is told by it.
#[derive(Debug)]
struct Known {
    /// As it was given.
    path: String,
    normalised: String,
    /// The folders, without those whose names only say that they hold images.
    folder: String,
}

/// The last one or two folders of a path with its stem, joined by `_`: CheXlocalize and DeepLesion name images so.
pub fn joined_parts(path: &str) -> impl Iterator<Item = String> {
    let path = normalised(path);
    let parts: Vec<&str> = folders(&path).chain([stem(&path)]).collect();
    let names: Vec<String> =
        (2..=3).filter_map(|count| Some(parts.get(parts.len().checked_sub(count)?..)?.join("_"))).collect();
    names.into_iter()
}

/// How many of the last folders two paths have in common, whatever their files are called.
pub(super) fn shared_folders(one: &str, other: &str) -> usize {
    let folder = |path: &str| path.len() - base_name(path).len();
    alike(one.get(..folder(one)).unwrap_or_default(), other.get(..folder(other)).unwrap_or_default())
}

/// What a name fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match<'a> {
    None,
    One(&'a str),
    Several(&'a str, &'a str),
}

type Tier<'t> = &'t dyn Fn(&Known) -> bool;

impl Names {
    pub fn know(&mut self, path: &str) {
        let normalised = normalised(path);
        let is_new = !self.by_path.contains_key(path);
        let place = *self.by_path.entry(path.to_owned()).or_insert_with(|| {
            let folder = key_of(&normalised).1;
            self.known.push(Known { path: path.to_owned(), normalised: normalised.clone(), folder });
            self.known.len() - 1
        });
        for places in [
            self.by_stem.entry(folded(stem(&normalised))).or_default(),
            self.by_key.entry(key_of(&normalised).0).or_default(),
        ] {
            if is_new || !places.contains(&place) {
                places.push(place);
            }
        }
        for joined in joined_parts(path) {
            let places = self.by_joined.entry(joined).or_default();
            if is_new || !places.contains(&place) {
                places.push(place);
            }
        }
    }

    pub fn forget(&mut self, path: &str) {
        let Some(place) = self.by_path.get(path) else { return };
        let normalised = normalised(path);
        let lists = [self.by_stem.get_mut(&folded(stem(&normalised))), self.by_key.get_mut(&key_of(&normalised).0)];
        for places in lists.into_iter().flatten() {
            places.retain(|known| known != place);
        }
        for joined in joined_parts(path) {
            self.by_joined.entry(joined).and_modify(|places| places.retain(|known| known != place));
        }
    }

    /// The image that the file at `from` means by `name`, among those that share most of the name's last folders: the one at
    /// that place beside the file, else the one whose path it is, else those whose path ends with it, else those with its base name, else those with its stem, and only then those
    /// of which letters are large instead of small, or composed in another way, or whose last folders and stem it joins by `_`.
    /// Of several that fit alike it is the one
    /// whose folder is that of the file, but for such words as `labels` and `images`, or is named at the end of the file's
    /// name (`instances_val.json` and `val/`). Where it fits none, what a program of the web may have made of a name is
    /// undone ([`meanings`]).
    pub fn resolve(&self, name: &str, from: &str) -> Match<'_> {
        self.or_meant(name, |name| self.resolve_as_written(name, from))
    }

    /// What a name fits as it stands, else what it may stand for.
    fn or_meant<'a>(&'a self, name: &str, fits: impl Fn(&str) -> Match<'a>) -> Match<'a> {
        let found = fits(name);
        #[cfg(feature = "full")]
        if found == Match::None {
            let mut meant = meanings(name).into_iter().map(|name| fits(&name));
            return meant.find(|found| *found != Match::None).unwrap_or(Match::None);
        }
        found
    }

    fn resolve_as_written(&self, name: &str, from: &str) -> Match<'_> {
        let (name, from) = (normalised(name), normalised(from));
        let base = base_name(&name);
        // An image's number or a name with a dot in it may come without any extension.
        let of_stem = |stem: &str| self.by_stem.get(&folded(stem)).filter(|places| !places.is_empty());
        let of_joined = |joined: &str| self.by_joined.get(joined).filter(|places| !places.is_empty());
        let stems = [stem(&name), base];
        let all = || stems.into_iter().find_map(of_stem).or_else(|| stems.into_iter().find_map(of_joined));
        let known_at = |places: &Vec<usize>| places.iter().filter_map(|place| self.known.get(*place)).collect();
        let mut known = self.in_folders_of(&name, stems).or_else(|| all().map(known_at)).unwrap_or_default();
        let shared = |image: &Known| shared_folders(&name, &image.normalised);
        let most = known.iter().map(|image| shared(image)).max().unwrap_or_default();
        known.retain(|image| shared(image) == most);
        let folder = key_of(&from).1;
        let ending = format!("/{name}");
        let beside = match folder_of(&from) {
            own if own.is_empty() => name.clone(),
            own => format!("{own}{ending}"),
        };
        let is_near = |image: &Known| image.folder == folder;
        let split = stem(&from).to_owned();
        let is_of_split = |image: &Known| is_split(&split, &folder_of(&image.normalised));
        let is_end = |image: &Known| image.normalised == name || image.normalised.ends_with(&ending);
        let is_base = |image: &Known| base_name(&image.normalised) == base;
        let is_stem = |image: &Known| [stem(&name), base].contains(&stem(&image.normalised));
        let is_folded = |image: &Known| folded(base_name(&image.normalised)) == folded(base);
        let exact: [Tier<'_>; 2] = [&|image| image.normalised == beside, &|image| image.normalised == name];
        let fits: [Tier<'_>; 5] = [&is_end, &is_base, &is_stem, &is_folded, &|_| true];
        Self::first(&known, exact).unwrap_or_else(|| {
            let near: [Tier<'_>; 2] = [&is_near, &is_of_split];
            fits.iter().find_map(|fit| Self::nearest(&known, fit, &near)).unwrap_or(Match::None)
        })
    }

    /// The images of one of these stems that share the last folders of a name, if only one of them: of thousands of
    /// `view1_frontal.jpg` they are few.
    fn in_folders_of(&self, name: &str, stems: [&str; 2]) -> Option<Vec<&Known>> {
        let parts: Vec<&str> = folders(name).collect();
        let sharing = |(count, stem): (usize, &str)| {
            let last = parts.get(parts.len().checked_sub(count)?..)?;
            let joined: Vec<&str> = last.iter().copied().chain([stem]).collect();
            let known = self.by_joined.get(&joined.join("_"))?.iter().filter_map(|place| self.known.get(*place));
            let known: Vec<&Known> = known.filter(|image| shared_folders(name, &image.normalised) >= count).collect();
            (!known.is_empty()).then_some(known)
        };
        [2, 1].into_iter().flat_map(|count| stems.map(|stem| (count, stem))).find_map(sharing)
    }

    /// The image that is called as the file at `path` is: in its own folder, else in one whose name differs by such
    /// words as `labels` and `images`, else in one whose last folders are the same, else anywhere.
    pub fn like(&self, path: &str) -> Match<'_> {
        self.or_meant(path, |path| self.like_as_written(path))
    }

    fn like_as_written(&self, path: &str) -> Match<'_> {
        let path = normalised(path);
        let (name, folder) = key_of(&path);
        let own = stem(&path);
        let places = self.by_key.get(&name).into_iter().flatten();
        let known: Vec<&Known> = places.filter_map(|place| self.known.get(*place)).collect();
        let own_folder = folder_of(&path);
        let is_own = |image: &Known| stem(&image.normalised) == own;
        let closest = known.iter().map(|image| alike(&image.folder, &folder)).max().unwrap_or_default();
        let is_close = |image: &Known| closest > 0 && alike(&image.folder, &folder) == closest;
        let exact = exact_name(&path);
        let is_written = |image: &Known| exact_name(&image.normalised) == exact;
        let tiers: [Tier<'_>; 9] = [
            &|image| is_own(image) && folder_of(&image.normalised) == own_folder,
            &|image| is_own(image) && image.folder == folder,
            &|image| is_written(image) && image.folder == folder,
            &|image| image.folder == folder,
            &|image| is_own(image) && is_close(image),
            &|image| is_written(image) && is_close(image),
            &is_close,
            &is_written,
            &|_| true,
        ];
        Self::first(&known, tiers).unwrap_or(Match::None)
    }

    /// Those that the first tier fits that fits any.
    fn first<'a, 't>(known: &[&'a Known], tiers: impl IntoIterator<Item = Tier<'t>>) -> Option<Match<'a>> {
        tiers.into_iter().find_map(|tier| {
            let mut fitting = known.iter().filter(|image| tier(image));
            match (fitting.next(), fitting.next()) {
                (Some(first), Some(second)) => Some(Match::Several(&first.path, &second.path)),
                (Some(only), None) => Some(Match::One(&only.path)),
                (None, _) => None,
            }
        })
    }

    /// Of those that fit, the first tier of `near` that any is in.
    fn nearest<'a>(known: &[&'a Known], fits: Tier<'_>, near: &[Tier<'_>]) -> Option<Match<'a>> {
        let fitting: Vec<&Known> = known.iter().copied().filter(|image| fits(image)).collect();
        Self::first(&fitting, near.iter().copied()).or_else(|| Self::first(&fitting, [&(|_: &Known| true) as Tier<'_>]))
    }
}

/// Whether a file's stem ends with the name of an image's own folder.
fn is_split(stem: &str, folder: &str) -> bool {
    let own = base_name(folder);
    let rest = if own.is_empty() { None } else { stem.strip_suffix(own) };
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(['_', '-', '.', ' ']))
}

#[cfg(test)]
mod tests {
    use super::{Match, Names};

    fn names(paths: &[&str]) -> Names {
        let mut names = Names::default();
        paths.iter().for_each(|path| names.know(path));
        names
    }

    #[test]
    fn a_name_is_looked_for_beside_the_file_first() {
        let names = names(&["train/a.png", "valid/a.png", "a.png", "valid/b.png"]);
        assert_eq!(names.resolve("a.png", "train/_annotations.coco.json"), Match::One("train/a.png"));
        assert_eq!(names.resolve("a.png", "valid/_annotations.coco.json"), Match::One("valid/a.png"));
        assert_eq!(names.resolve("a.png", "truth.json"), Match::One("a.png"));
        assert_eq!(names.resolve("train/a.png", "valid/x.json"), Match::One("train/a.png"));
        assert_eq!(names.resolve("b.png", "train/x.json"), Match::One("valid/b.png"));
        assert_eq!(names.resolve("c.png", "train/x.json"), Match::None);
    }

    #[test]
    fn folders_of_a_name_decide_though_it_begins_elsewhere() {
        let names = names(&["train/p1/s1/view.jpg", "train/p2/s1/view.jpg", "valid/p1/s1/view.jpg", "view.jpg"]);
        let resolve = |name: &str| names.resolve(name, "train.csv");
        assert_eq!(resolve("CheXpert/train/p2/s1/view.jpg"), Match::One("train/p2/s1/view.jpg"));
        assert_eq!(resolve("CheXpert/valid/p1/s1/view"), Match::One("valid/p1/s1/view.jpg"));
        assert_eq!(resolve("C:\\data\\train\\p1\\s1\\view.png"), Match::One("train/p1/s1/view.jpg"));
        assert_eq!(resolve("p1/s1/view.jpg"), Match::Several("train/p1/s1/view.jpg", "valid/p1/s1/view.jpg"));
        assert_eq!(resolve("s2/view.jpg"), Match::One("view.jpg"));
        assert_eq!(resolve("view.jpg"), Match::One("view.jpg"));
    }

    #[test]
    fn of_several_the_folder_decides_or_the_files_name() {
        let names = names(&["d1/JPEGImages/a.jpg", "d2/JPEGImages/a.jpg", "train/b.png", "val/b.png"]);
        assert_eq!(names.resolve("a.jpg", "d2/Annotations/a.xml"), Match::One("d2/JPEGImages/a.jpg"));
        assert_eq!(names.like("d1/Annotations/a.xml"), Match::One("d1/JPEGImages/a.jpg"));
        assert_eq!(names.resolve("b.png", "annotations/instances_val.json"), Match::One("val/b.png"));
        assert_eq!(names.resolve("b.png", "annotations/retrieval.json"), Match::Several("train/b.png", "val/b.png"));
        assert_eq!(names.like("out/labels/train/b.txt"), Match::One("train/b.png"));
        assert_eq!(names.like("out/b.txt"), Match::Several("train/b.png", "val/b.png"));
    }

    #[test]
    fn letters_that_look_the_same_are_the_same_where_nothing_fits_better() {
        let names = names(&["M\u{fc}ller.png", "Scan.PNG", "x.png", "X.png"]);
        #[cfg(feature = "full")]
        assert_eq!(names.resolve("Mu\u{308}ller.png", "t.json"), Match::One("M\u{fc}ller.png"));
        assert_eq!(names.resolve("scan.png", "t.json"), Match::One("Scan.PNG"));
        assert_eq!(names.resolve("X.png", "t.json"), Match::One("X.png"));
        assert_eq!(names.resolve("x", "t.json"), Match::One("x.png"));
    }

    #[test]
    fn letters_of_a_name_decide_between_images_that_differ_by_them() {
        let names = names(&["A.jpg", "a.jpg"]);
        assert_eq!(names.like("labels/A.txt"), Match::One("A.jpg"));
        assert_eq!(names.like("masks/a_mask.png"), Match::One("a.jpg"));
        assert_eq!(names.like("A_mask.png"), Match::One("A.jpg"));
    }

    #[cfg(feature = "full")]
    #[test]
    fn names_of_the_web_are_decoded_where_nothing_fits_as_it_stands() {
        let names = names(&["set/images/my image.png", "a%20b.png", "a b.png", "2f3c9a1b-c.png", "c.png"]);
        assert_eq!(names.resolve("my%20image.png", "t.json"), Match::One("set/images/my image.png"));
        assert_eq!(
            names.resolve("/data/local-files/?d=images/my%20image.png", "t.json"),
            Match::One("set/images/my image.png")
        );
        assert_eq!(
            names.resolve("/data/upload/1/2f3c9a1b-my image.png", "t.json"),
            Match::One("set/images/my image.png")
        );
        assert_eq!(names.like("labels/2f3c9a1b-my%20image.txt"), Match::One("set/images/my image.png"));
        assert_eq!(names.resolve("a%20b.png", "t.json"), Match::One("a%20b.png"));
        assert_eq!(names.resolve("/data/upload/1/2f3c9a1b-c.png", "t.json"), Match::One("2f3c9a1b-c.png"));
        assert_eq!(names.resolve("deadbeef-c.png", "t.json"), Match::One("c.png"));
        assert_eq!(names.resolve("deadbeef-d.png", "t.json"), Match::None);
    }

    #[test]
    fn slices_have_whole_names() {
        let names = names(&["us.dcm#1", "us.dcm#2", "v.nii.gz#1", "v.nii.gz#2"]);
        assert_eq!(names.like("voc/us.dcm#2.xml"), Match::One("us.dcm#2"));
        assert_eq!(names.like("voc/v.nii.gz#1.txt"), Match::One("v.nii.gz#1"));
        assert_eq!(names.resolve("v.nii.gz#2", "t.json"), Match::One("v.nii.gz#2"));
    }
}
