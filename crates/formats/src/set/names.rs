//! Which image a file means by a name.

use std::collections::HashMap;

use crate::paths::{base_name, folders, normalised, stem};
use crate::plan::key_of;

/// The names of a set's images, as they were given.
#[derive(Debug, Default)]
pub struct Names {
    by_stem: HashMap<String, Vec<String>>,
    /// By what an image and the files about it have in common.
    by_key: HashMap<String, Vec<String>>,
    /// By the last folders and the stem, joined by `_`.
    by_joined: HashMap<String, Vec<String>>,
}

/// The last one or two folders of a path with its stem, joined by `_`: CheXlocalize and DeepLesion name images so.
pub fn joined_parts(path: &str) -> impl Iterator<Item = String> {
    let path = normalised(path);
    let parts: Vec<&str> = folders(&path).chain([stem(&path)]).collect();
    let names: Vec<String> =
        (2..=3).filter_map(|count| Some(parts.get(parts.len().checked_sub(count)?..)?.join("_"))).collect();
    names.into_iter()
}

/// What a name fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match<'a> {
    None,
    One(&'a str),
    Several(&'a str, &'a str),
}

impl Names {
    pub fn know(&mut self, path: &str) {
        let path_normalised = normalised(path);
        for paths in [
            self.by_stem.entry(stem(&path_normalised).to_owned()).or_default(),
            self.by_key.entry(key_of(&path_normalised).0).or_default(),
        ] {
            if !paths.iter().any(|known| known == path) {
                paths.push(path.to_owned());
            }
        }
        for joined in joined_parts(path) {
            let paths = self.by_joined.entry(joined).or_default();
            if !paths.iter().any(|known| known == path) {
                paths.push(path.to_owned());
            }
        }
    }

    pub fn forget(&mut self, path: &str) {
        let path_normalised = normalised(path);
        for joined in joined_parts(path) {
            self.by_joined.entry(joined).and_modify(|paths| paths.retain(|known| known != path));
        }
        let lists = [self.by_stem.get_mut(stem(&path_normalised)), self.by_key.get_mut(&key_of(&path_normalised).0)];
        for paths in lists.into_iter().flatten() {
            paths.retain(|known| known != path);
        }
    }

    /// The image that a file means by `name`: the one whose path it is, else those whose path ends with it, else those
    /// with its base name, else those with its stem, else those whose last folders and stem it joins by `_`.
    pub fn resolve<'a>(&'a self, name: &str) -> Match<'a> {
        let name = normalised(name);
        // An image's number or a name with a dot in it may come without any extension.
        let candidates = [stem(&name), base_name(&name)];
        let of = |map: &'a HashMap<String, Vec<String>>| {
            candidates.iter().find_map(|key| map.get(*key).filter(|of| !of.is_empty()))
        };
        let paths: Vec<&String> = of(&self.by_stem).or_else(|| of(&self.by_joined)).into_iter().flatten().collect();
        let ending = format!("/{name}");
        let tiers: [&dyn Fn(&str) -> bool; 4] = [
            &|path| path == name,
            &|path| path.ends_with(&ending),
            &|path| base_name(path) == base_name(&name),
            &|_| true,
        ];
        Self::first_tier(&paths, &tiers)
    }

    /// The image that is called as the file at `path` is: in its own folder, else in one whose name differs by such
    /// words as `labels` and `images`, else anywhere.
    pub fn like(&self, path: &str) -> Match<'_> {
        let (name, folder) = key_of(&normalised(path));
        let own = stem(&normalised(path)).to_owned();
        let paths: Vec<&String> = self.by_key.get(&name).into_iter().flatten().collect();
        let folder_of = |image: &str| normalised(image).rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let own_folder = folder_of(path);
        let tiers: [&dyn Fn(&str) -> bool; 4] = [
            &|image| folder_of(image) == own_folder && stem(&normalised(image)) == own,
            &|image| key_of(&normalised(image)).1 == folder && stem(&normalised(image)) == own,
            &|image| key_of(&normalised(image)).1 == folder,
            &|_| true,
        ];
        Self::first_tier(&paths, &tiers)
    }

    fn first_tier<'a>(paths: &[&'a String], tiers: &[&dyn Fn(&str) -> bool]) -> Match<'a> {
        for tier in tiers {
            let mut fitting = paths.iter().filter(|path| tier(&normalised(path)) || tier(path));
            match (fitting.next(), fitting.next()) {
                (Some(first), Some(second)) => return Match::Several(first, second),
                (Some(only), None) => return Match::One(only),
                (None, _) => {}
            }
        }
        Match::None
    }
}
