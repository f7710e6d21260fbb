//! What names say: whether a file is a label map, and which image it is of.

use crate::paths::{folders, normalised, stem};

/// Words that make a part of a name one of label maps.
const LABEL_WORDS: [&str; 11] = [
    "labels",
    "label",
    "masks",
    "mask",
    "annotations",
    "annotation",
    "groundtruth",
    "ground_truth",
    "gt",
    "seg",
    "segmentation",
];

/// Words that say no more than that a file is an image.
const IMAGE_WORDS: [&str; 6] = ["images", "image", "imgs", "img", "imaging", "volume"];

/// Folders of label maps, in lower case and without what parts their words: Pascal VOC, the Medical Segmentation Decathlon
/// and nnU-Net among them.
const LABEL_FOLDERS: [&str; 23] = [
    "labels",
    "label",
    "masks",
    "mask",
    "annotations",
    "annotation",
    "groundtruth",
    "groundtruths",
    "gt",
    "gts",
    "seg",
    "segs",
    "segmentation",
    "segmentations",
    "segmentationclass",
    "segmentationobject",
    "labelstr",
    "labelsts",
    "labelsval",
    "manualmask",
    "manualmasks",
    "maskstr",
    "masksts",
];

/// Folders of images.
const IMAGE_FOLDERS: [&str; 8] = ["images", "image", "imgs", "img", "jpegimages", "imagestr", "imagests", "imagesval"];

/// Folders that say no more than on which side their files are.
const SIDE_FOLDERS: [&str; 7] = ["truth", "truths", "predictions", "prediction", "preds", "pred", "detections"];

/// Words within a folder's name that make it one of label maps where another folder has images of the same names.
const LIKELY_WORDS: [&str; 11] = [
    "labels",
    "label",
    "masks",
    "mask",
    "annotations",
    "annotation",
    "truth",
    "gt",
    "seg",
    "segmentation",
    "segmentations",
];

/// Whether a folder is one of label maps by its name alone.
pub(crate) fn is_label_folder(folder: &str) -> bool {
    LABEL_FOLDERS.contains(&joined(folder).as_str())
}

/// Whether a file's own name says that it is a label map.
pub(crate) fn is_named_label_map(path: &str) -> bool {
    without_words(stem(path), &LABEL_WORDS).is_some()
}

/// Whether a word in the name of a file's folder makes it likely that it is a label map (`lung masks/a.png`).
pub(crate) fn is_in_likely_folder(path: &str) -> bool {
    let path = normalised(path);
    let Some(folder) = folders(&path).last() else { return false };
    let mut words = vec![String::new()];
    let mut before = ' ';
    for sign in folder.chars() {
        let begins = !sign.is_alphabetic() || before.is_lowercase() && sign.is_uppercase();
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| sign.is_alphabetic()) {
            word.extend(sign.to_lowercase());
        }
        before = sign;
    }
    words.iter().any(|word| LIKELY_WORDS.contains(&word.as_str()))
}

/// A folder's name in lower case, without what parts its words.
fn joined(folder: &str) -> String {
    folder.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a file with this extension is never a label map.
pub(crate) fn is_never_map(extension: &str) -> bool {
    let is_nameless = extension.is_empty() || extension.bytes().all(|byte| byte.is_ascii_digit());
    is_nameless
        || ["jpg", "jpeg", "jfif", "jpe", "webp", "dcm", "dicom", "dic", "ima", "img", "mr", "ct"].contains(&extension)
}

/// Whether a file with this extension may have other values than were written, so that it is a label map only beside an
/// image of its name. WebP may have, and JPEG has.
pub(crate) fn may_have_changed(extension: &str) -> bool {
    cfg!(feature = "full") && ["jpg", "jpeg", "jfif", "jpe", "webp"].contains(&extension)
}

/// The folders in front of a file's name, as one path.
pub(crate) fn folder_of(path: &str) -> String {
    let path = normalised(path);
    path.rsplit_once('/').map(|(folder, _)| folder.to_owned()).unwrap_or_default()
}

/// Of a mask in a folder that has the name of an image and a word of label maps (`seg_a/left lung.nii.gz`): the image's name,
/// and the structure, which is the file's.
pub(crate) fn structure(path: &str) -> Option<(String, String)> {
    let path = normalised(path);
    let folder = folders(&path).last()?;
    let key = without_words(folder, &LABEL_WORDS).filter(|key| !key.is_empty())?;
    Some((key, stem(&path).to_owned()))
}

/// How many of the last folders are the same.
pub(crate) fn alike(one: &str, other: &str) -> usize {
    fn last_first(path: &str) -> impl Iterator<Item = &str> {
        path.rsplit('/').filter(|folder| !folder.is_empty())
    }
    last_first(one).zip(last_first(other)).take_while(|(one, other)| one == other).count()
}

/// Text with small letters, and each letter and its marks as one sign (Unicode's form C): a Mac's names have them apart.
pub(crate) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let small = text.chars().flat_map(char::to_lowercase);
    #[cfg(feature = "full")]
    return unicode_normalization::UnicodeNormalization::nfc(small).collect();
    #[cfg(not(feature = "full"))]
    small.collect()
}

/// The image's base name in lower case and the number, from 1, of a slice that a file is named after
/// (`labels/scan.nii.gz#3.png`).
pub(crate) fn slice_of(path: &str) -> Option<(String, usize)> {
    let name = key_of(&normalised(path)).0;
    let (image, number) = name.rsplit_once('#')?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    Some((image.to_owned(), number))
}

/// Whether the name of one of several masks says what it shows (`liver`), and is no number or hash.
pub(crate) fn is_structure_name(stem: &str) -> bool {
    let is_hash = stem.len() >= 8 && stem.chars().all(|sign| sign.is_ascii_hexdigit() || sign == '-');
    !is_hash && stem.chars().any(char::is_alphabetic)
}

/// Whether a label word stands before the number at a name's end.
pub(crate) fn has_word_and_number(path: &str) -> bool {
    let path = normalised(path);
    let head = stem(&path).trim_end_matches(|sign: char| sign.is_ascii_digit());
    let bare = head.trim_end_matches(['_', '-', '.', ' ']);
    without_words(bare, &LABEL_WORDS)
        .is_some_and(|rest| !rest.is_empty() && !bare.to_ascii_lowercase().ends_with(&rest))
}

/// By what an image and its label map are the same: the name and the folders, without the words that tell
/// them apart.
pub(crate) fn key_of(path: &str) -> (String, String) {
    let stem = folded(stem(path));
    let name = without_words(&stem, &LABEL_WORDS).unwrap_or(stem);
    let name = without_words(&name, &IMAGE_WORDS).unwrap_or(name);
    let is_word = |folder: &str| {
        let folder = joined(folder);
        [&LABEL_FOLDERS[..], &IMAGE_FOLDERS, &SIDE_FOLDERS].iter().any(|words| words.contains(&folder.as_str()))
    };
    let folder = folders(path).filter(|folder| !is_word(folder)).map(str::to_ascii_lowercase).collect::<Vec<_>>();
    (name, folder.join("/"))
}

/// The name of [`key_of`] with large and small letters as they are, by which images are told apart that are the same else.
pub(crate) fn exact_name(path: &str) -> String {
    let path = normalised(path);
    let name = bare(stem(&path), &LABEL_WORDS).unwrap_or(stem(&path));
    bare(name, &IMAGE_WORDS).unwrap_or(name).to_owned()
}

/// The image's name and the number of a file that is one of several of an image: `a_2.png`, `a_seg2.png`, `a_mask_2.nii`,
/// `a_2_mask.png`. `None` where there is no number, or nothing parts it from the name.
pub(crate) fn numbered(path: &str) -> Option<(String, usize)> {
    const SEPARATORS: [char; 4] = ['_', '-', '.', ' '];
    let path = normalised(path);
    let name = key_of(&path).0;
    let head = name.trim_end_matches(|sign: char| sign.is_ascii_digit());
    let number = name.get(head.len()..)?.parse().ok()?;
    let bare = head.trim_end_matches(SEPARATORS);
    let without = without_words(bare, &LABEL_WORDS);
    let is_parted = bare.len() < head.len() || without.is_some();
    let key = without.unwrap_or_else(|| bare.to_owned());
    (is_parted && !key.is_empty()).then_some((key, number))
}

/// `stem` in lower case without a word of `words` at its beginning or end; `None` where there is none. In
/// front a separator, a digit or nothing must follow, so that `masked.png` stays whole; behind, a
/// separator or nothing must stand before.
fn without_words(stem: &str, words: &[&str]) -> Option<String> {
    bare(stem, words).map(str::to_ascii_lowercase)
}

/// As [`without_words`], with letters as they are.
fn bare<'a>(stem: &'a str, words: &[&str]) -> Option<&'a str> {
    const SEPARATORS: [char; 4] = ['_', '-', '.', ' '];
    // Bytes stay where they are.
    let small = stem.to_ascii_lowercase();
    for word in words {
        if let Some(rest) = small.strip_suffix(word)
            && (rest.is_empty() || rest.ends_with(SEPARATORS))
        {
            return stem.get(..rest.trim_end_matches(SEPARATORS).len());
        }
        if let Some(rest) = small.strip_prefix(word)
            && rest.starts_with(|next: char| SEPARATORS.contains(&next) || next.is_ascii_digit())
        {
            return stem.get(stem.len() - rest.trim_start_matches(SEPARATORS).len()..);
        }
    }
    None
}
