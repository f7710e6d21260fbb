//! Images that one file speaks of by the same name in several folders, where the set has fewer of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::CaseSet;
use super::names::{Match, shared_folders};
use crate::paths::{base_name, normalised};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, ImageName};

const CONTESTED: &str = "names of several images that fit one";

impl CaseSet {
    /// The places among `images` of those that are not meant: a table of a whole dataset calls thousands of images
    /// `view1_frontal.jpg`, each in its patient's folder, and of those one was given. What shares the most folders with the
    /// image is of it; where several do alike, none is, for nothing says which.
    pub(super) fn contested(
        &self,
        file: &str,
        images: &[AnnotatedImage],
        problems: &mut ProblemList,
    ) -> HashSet<usize> {
        let mut by_base: HashMap<String, BTreeMap<String, Vec<usize>>> = HashMap::new();
        for (place, image) in images.iter().enumerate() {
            if let ImageName::Named(name) = &image.name {
                let name = normalised(name);
                by_base.entry(base_name(&name).to_owned()).or_default().entry(name).or_default().push(place);
            }
        }
        let mut left = Vec::new();
        for names in by_base.values().filter(|names| names.len() > 1) {
            let mut claims: BTreeMap<&str, Vec<(&String, &Vec<usize>)>> = BTreeMap::new();
            for claim in names {
                if let Match::One(path) = self.names.resolve(claim.0, file) {
                    claims.entry(path).or_default().push(claim);
                }
            }
            for (path, claims) in claims.into_iter().filter(|(_, claims)| claims.len() > 1) {
                let path = normalised(path);
                // A name that is the end of the path says all of itself in it.
                let fit =
                    |name: &str| (shared_folders(name, &path), path == name || path.ends_with(&format!("/{name}")));
                let best = claims.iter().map(|(name, _)| fit(name)).max();
                let mut fitting = claims.iter().filter(|(name, _)| Some(fit(name)) == best);
                let meant = fitting.next().filter(|_| fitting.next().is_none()).map(|(name, _)| name.as_str());
                let lost = claims.into_iter().filter(|(name, _)| Some(name.as_str()) != meant);
                left.extend(lost.map(|(name, places)| (places, name, path.clone(), meant)));
            }
        }
        left.sort_unstable();
        for (_, name, path, meant) in &left {
            let message = match meant {
                Some(meant) => format!(
                    "{file} speaks of {name:?} and of {meant:?}, which is rather {path}; what it says of the first is not used"
                ),
                None => format!(
                    "{file} speaks of {name:?} and of others of this name in other folders, any of which could be {path}; none is used"
                ),
            };
            problems.push(CONTESTED, file, message);
        }
        left.into_iter().flat_map(|(places, ..)| places).copied().collect()
    }
}
