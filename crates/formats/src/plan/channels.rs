//! Images that are the channels of one case, of which one label map says what is there: nnU-Net's numbers, and the sequences
//! of MR beside each other (BraTS).

use std::collections::{BTreeMap, BTreeSet};

use super::SetPlan;
use crate::paths::{extension, normalised, stem};
use crate::words::{folded, folder_of, key_of};

/// Ends of the names of volumes that say which sequence, or which modality, one is.
const SEQUENCES: [&str; 27] = [
    "flair", "t1", "t1w", "t1n", "t1c", "t1ce", "t1gd", "t1post", "t1km", "t2", "t2w", "t2f", "t2star", "pd", "pdw",
    "dwi", "adc", "hbv", "swi", "cbf", "cbv", "mtt", "tmax", "ct", "ctres", "pet", "suv",
];

/// The name of the case of which an image is a channel by its name, as it is written: `c1` of `c1_0001.nii.gz`, and as
/// [`case_of_sequence`].
pub(crate) fn case_name(path: &str) -> Option<String> {
    // nnU-Net has four digits, and no case has a hundred channels.
    let is_number =
        |end: &str| end.len() == 4 && end.starts_with("00") && end.bytes().all(|byte| byte.is_ascii_digit());
    let path = normalised(path);
    let numbered = stem(&path).rsplit_once('_').filter(|(name, end)| !name.is_empty() && is_number(end));
    numbered.map(|(name, _)| name.to_owned()).or_else(|| case_of_sequence(&path))
}

/// The name of the case of which a volume is a sequence: `BraTS20_001` of `BraTS20_001_t1ce.nii.gz`; empty of `t1ce.nii.gz`,
/// which is of the case that its folder is called after.
pub(super) fn case_of_sequence(path: &str) -> Option<String> {
    const SEPARATORS: [char; 2] = ['_', '-'];
    let path = normalised(path);
    let stem = stem(&path);
    let is_volume = ["nii", "nii.gz", "nrrd"].contains(&extension(&path).as_str());
    if is_volume && SEQUENCES.contains(&stem.to_ascii_lowercase().as_str()) && !folder_of(&path).is_empty() {
        return Some(String::new());
    }
    let (name, end) = stem.rsplit_once(SEPARATORS).filter(|(name, _)| !name.is_empty())?;
    (is_volume && SEQUENCES.contains(&end.to_ascii_lowercase().as_str())).then(|| name.to_owned())
}

/// The channels that share label maps.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    /// The images besides its own that a label map is of, by its path.
    pub others: BTreeMap<String, Vec<String>>,
    /// The case of an image that shares one: its folders and its name.
    pub cases: BTreeMap<String, String>,
}

impl Channels {
    /// What the label maps of a plan share: of all channels of a case in one folder that have no map of their own.
    pub fn of(plan: &SetPlan) -> Self {
        let mut channels: BTreeMap<(String, String), Vec<&String>> = BTreeMap::new();
        for image in &plan.images {
            if let Some(name) = case_name(image) {
                channels.entry((folder_of(image), folded(&name))).or_default().push(image);
            }
        }
        let drawn: BTreeSet<&String> = plan.label_maps.iter().map(|map| &map.image).collect();
        let mut found = Self::default();
        for map in &plan.label_maps {
            let Some(name) = case_name(&map.image) else { continue };
            let own = key_of(&normalised(&map.path)).0;
            if own != folded(&name) {
                continue;
            }
            let all = channels.get(&(folder_of(&map.image), folded(&name))).into_iter().flatten();
            let others: Vec<String> =
                all.filter(|image| !drawn.contains(*image)).map(|image| (*image).clone()).collect();
            if others.is_empty() {
                continue;
            }
            let case = match (folder_of(&map.image), name) {
                (folder, name) if folder.is_empty() => name,
                (folder, name) if name.is_empty() => folder,
                (folder, name) => format!("{folder}/{name}"),
            };
            let images = others.iter().chain([&map.image]);
            found.cases.extend(images.map(|image| (image.clone(), case.clone())));
            found.others.insert(map.path.clone(), others);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::case_name;

    #[test]
    fn a_channel_is_told_by_the_end_of_its_name() {
        let name = |path: &str| case_name(path).unwrap_or_else(|| "none".to_owned());
        assert_eq!(name("imagesTr/c1_0001.nii.gz"), "c1");
        assert_eq!(name("a/BraTS20_001_t1ce.nii.gz"), "BraTS20_001");
        assert_eq!(name("a/BraTS-GLI-00001-000-t2w.nii.gz"), "BraTS-GLI-00001-000");
        assert_eq!(name("patient 1/SUV.nii.gz"), "");
        for other in ["t1.nii.gz", "a_t1.png", "a_1234.png", "scan_12.nii.gz", "a/BraTS20_001.nii.gz", "x/_t1.nii"] {
            assert_eq!(name(other), "none", "{other}");
        }
    }
}
