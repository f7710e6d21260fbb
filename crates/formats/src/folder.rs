//! Paths to files, for programs that have a file system.

use std::io;
use std::path::{Path, PathBuf};

/// All files that `paths` name, folders with everything below them, each folder in the order of its names.
///
/// # Errors
/// The first path that cannot be read, named in the error's text.
pub fn list_files(paths: &[PathBuf]) -> io::Result<Vec<String>> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)
            .map_err(|error| io::Error::new(error.kind(), format!("{} cannot be read: {error}", path.display())))?;
    }
    Ok(files)
}

fn collect(path: &Path, files: &mut Vec<String>) -> io::Result<()> {
    if !std::fs::metadata(path)?.is_dir() {
        files.push(path.to_string_lossy().into_owned());
        return Ok(());
    }
    let mut entries = std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    entries.iter().try_for_each(|entry| collect(entry, files))
}
