//! Any bytes as an archive, a bundle's manifest or an object that is dropped: whatever comes out goes to a set as the product
//! gives it, in both orders, and the set is written as a bundle and read again.
#![no_main]

use std::io::Cursor;

use groundglass_formats::{BundleLimits, CaseSet, Hints, OpenFile, unpack};
use groundglass_imaging::{Limits, open};
use libfuzzer_sys::fuzz_target;

/// Small, so that what is kept of an archive shows against the memory limit of a run.
const LIMITS: BundleLimits = BundleLimits { total: 1 << 19, growth: 200, free: 1 << 19, files: 64 };
/// What a set decodes of images is decided by `Limits::default`, so only small ones are given to it here.
const SMALL: Limits = Limits { pixels: 1 << 20, bytes: 16 << 20 };
const MANIFEST: &str = "groundglass-bundle.json";
/// Frames that are decoded, and pixels on which a set is written again.
const FRAMES: usize = 4;
const WRITTEN: usize = 1 << 22;

fuzz_target!(|bytes: &[u8]| {
    let mut files = Vec::new();
    let _ = unpack("dropped.zip", Box::new(Cursor::new(bytes)), LIMITS, &mut |path, reader| {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        files.push((path, bytes));
        Ok(true)
    });
    if files.is_empty() {
        files.push((MANIFEST.to_owned(), bytes.to_vec()));
        files.push(("object.dcm".to_owned(), bytes.to_vec()));
    }
    for images_first in [false, true] {
        let set = gathered(&files, images_first);
        let _ = set.finish();
        let _ = set.understood(Vec::new());
        if set.cases().all(|case| case.width.saturating_mul(case.height) <= WRITTEN) {
            written_and_read(&set);
        }
    }
});

fn gathered(files: &[(String, Vec<u8>)], images_first: bool) -> CaseSet {
    let mut set = CaseSet::new();
    let paths: Vec<String> = files.iter().map(|(path, _)| path.clone()).collect();
    let plan = set.plan(&paths);
    let bytes_of = |path: &String| files.iter().find(|(known, _)| known == path).map_or(&[][..], |(_, bytes)| bytes);
    if images_first {
        plan.images.iter().for_each(|path| add_image(&mut set, path, bytes_of(path)));
    }
    for path in &plan.annotations {
        let _ = set.add_annotations(path, bytes_of(path), &Hints::default());
    }
    for map in &plan.label_maps {
        let bytes = bytes_of(&map.path);
        if open(&map.path, Box::new(Cursor::new(bytes)), SMALL).is_ok_and(|map| map.count() <= FRAMES) {
            let _ = set.add_label_map(&map.image, &map.path, bytes);
        }
    }
    for path in &plan.label_volumes {
        let bytes = bytes_of(path);
        if open(path, Box::new(Cursor::new(bytes)), SMALL).is_ok_and(|map| map.count() <= FRAMES) {
            let _ = set.add_label_volume(path, bytes);
        }
    }
    if !images_first {
        plan.images.iter().for_each(|path| add_image(&mut set, path, bytes_of(path)));
    }
    set.add_unseen();
    set.settle_series();
    set
}

fn add_image(set: &mut CaseSet, path: &str, bytes: &[u8]) {
    if !matches!(set.add_object(path, &mut || Ok(Box::new(Cursor::new(bytes)))), Ok(None)) {
        return;
    }
    if open(path, Box::new(Cursor::new(bytes)), SMALL).is_err() {
        return;
    }
    let Ok(mut file) = OpenFile::new(path, Box::new(Cursor::new(bytes))) else { return };
    if file.count() > FRAMES {
        return set.add_header(&file);
    }
    for index in 0..file.count() {
        let _ = set.add_frame(&mut file, index);
    }
}

/// What was written must open, with as many cases, and the same gaze and sentences.
fn written_and_read(set: &CaseSet) {
    let mut zip = Cursor::new(Vec::new());
    if set.write_bundle(&mut zip, None, None, None).is_err() {
        return;
    }
    let mut again = CaseSet::new();
    let read = unpack("again.zip", Box::new(Cursor::new(zip.get_ref())), BundleLimits::default(), &mut |path, reader| {
        if path == MANIFEST {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes)?;
            let problems = again.add_annotations(&path, &bytes, &Hints::default());
            assert!(problems.as_ref().is_ok_and(Vec::is_empty), "{problems:?}");
        }
        Ok(true)
    });
    assert!(read.is_ok_and(|problems| problems.is_empty()));
    assert!(again.cases().map(|case| &case.name).eq(set.cases().map(|case| &case.name)));
    assert!(set.cases().all(|case| again.fixations(&case.name) == set.fixations(&case.name)));
    assert_eq!(again.understood(Vec::new()).sentences, set.understood(Vec::new()).sentences);
}
