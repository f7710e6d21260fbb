//! Paths as names: forward slashes, no file system.

/// `path` with forward slashes and without `./` in front, as all comparisons want it.
pub fn normalised(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut rest = path.as_str();
    while let Some(shorter) = rest.strip_prefix("./").or_else(|| rest.strip_prefix('/')) {
        rest = shorter;
    }
    rest.to_owned()
}

/// What stands behind the last slash.
pub fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The base name without its last extension; without two where the last one says how the file is packed
/// (`scan.nii.gz`).
pub fn stem(path: &str) -> &str {
    let base = base_name(path);
    base.get(..base.len() - extension_length(base)).unwrap_or(base)
}

/// The last extension in lower case, without its dot; two of them where the last one says how the file is packed
/// (`nii.gz`); empty where there is none.
pub fn extension(path: &str) -> String {
    let base = base_name(path);
    base.get(base.len() - extension_length(base)..).unwrap_or_default().trim_start_matches('.').to_ascii_lowercase()
}

/// Bytes of the extension with its dot.
fn extension_length(base: &str) -> usize {
    match base.rsplit_once('.') {
        // A slice of a stack has the stack's name and its number behind it: `scan.nii.gz#3`.
        Some((_, extension)) if extension.contains('#') => 0,
        Some((stem, extension)) if !stem.is_empty() => {
            let packed = extension.eq_ignore_ascii_case("gz") && stem.contains('.');
            let inner = if packed { stem.rsplit_once('.').filter(|(name, _)| !name.is_empty()) } else { None };
            extension.len() + 1 + inner.map_or(0, |(_, inner)| inner.len() + 1)
        }
        _ => 0,
    }
}

/// The folders in front of the base name.
pub fn folders(path: &str) -> impl Iterator<Item = &str> {
    let end = path.len() - base_name(path).len();
    path.get(..end).unwrap_or_default().split('/').filter(|folder| !folder.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{base_name, extension, folders, normalised, stem};

    #[test]
    fn parts_of_a_path() {
        assert_eq!(normalised(".\\a\\b.PNG"), "a/b.PNG");
        assert_eq!((base_name("a/b.c.tif"), stem("a/b.c.tif")), ("b.c.tif", "b.c"));
        assert_eq!(
            (extension("a/b.TIF"), extension("a.d/b"), extension(".png")),
            ("tif".into(), String::new(), String::new())
        );
        assert_eq!((stem("x/scan.nii.gz"), extension("x/scan.NII.gz")), ("scan", "nii.gz".to_owned()));
        assert_eq!((stem("x/scan.nii.gz#3"), stem("x/scan.nii.gz#3.xml")), ("scan.nii.gz#3", "scan.nii.gz#3"));
        assert_eq!((stem("v1.2.gz"), extension(".tar.gz")), ("v1", "gz".to_owned()));
        assert_eq!(folders("a/b/c.png").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(folders("c.png").count(), 0);
    }
}
