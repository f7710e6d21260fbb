//! Paths to files, for programs that have a file system.

use std::io;
use std::path::{Path, PathBuf};

use crate::problem::{Problem, ProblemList};

/// The files below some paths.
#[derive(Debug, Default)]
pub struct FoundFiles {
    /// Each path as it was given, with the way to the file.
    pub files: Vec<String>,
    /// What stands in a folder and cannot be read.
    pub problems: Vec<Problem>,
}

const LEFT_OUT: &str = "files that are left out";

/// All files that `paths` name, folders with everything below them, each folder in the order of its names. What cannot be
/// read in a folder costs itself alone.
///
/// # Errors
/// The first of `paths` that cannot be read, named in the error's text.
pub fn list_files(paths: &[PathBuf]) -> io::Result<FoundFiles> {
    let mut search = Search::default();
    for path in paths {
        search
            .look_at(path)
            .map_err(|error| io::Error::new(error.kind(), format!("{} cannot be read: {error}", path.display())))?;
    }
    Ok(FoundFiles { files: search.files, problems: search.problems.into_problems() })
}

#[derive(Default)]
struct Search {
    files: Vec<String>,
    problems: ProblemList,
    /// The folders that are being looked through, with all links followed.
    open: Vec<PathBuf>,
}

impl Search {
    fn look_at(&mut self, path: &Path) -> io::Result<()> {
        let metadata = std::fs::metadata(path)?;
        if metadata.is_dir() {
            return self.look_through(path);
        }
        // Reading a pipe or a device could wait for ever.
        if !metadata.is_file() {
            return Err(io::Error::other("it is neither a file nor a folder"));
        }
        self.files.push(path.to_string_lossy().into_owned());
        Ok(())
    }

    fn look_through(&mut self, folder: &Path) -> io::Result<()> {
        let real = folder.canonicalize()?;
        if self.open.contains(&real) {
            return Err(io::Error::other("it is a link to a folder that it stands in"));
        }
        let mut entries = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        entries.sort();
        self.open.push(real);
        for entry in entries {
            if let Err(error) = self.look_at(&entry) {
                let path = entry.to_string_lossy();
                let link = if entry.is_symlink() && !entry.exists() { " (a link that leads nowhere)" } else { "" };
                self.problems.push(LEFT_OUT, &path, format!("{path} is left out: {error}{link}"));
            }
        }
        self.open.pop();
        Ok(())
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::list_files;

    #[test]
    fn what_cannot_be_read_costs_itself_alone() {
        let folder = std::env::temp_dir().join(format!("groundglass-folder-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("b")).unwrap();
        for name in ["a.png", "b/c.png"] {
            fs::write(folder.join(name), b"x").unwrap();
        }
        symlink(folder.join("nowhere"), folder.join("dead.png")).unwrap();
        symlink("loop", folder.join("loop")).unwrap();
        symlink(&folder, folder.join("b/up")).unwrap();
        symlink(folder.join("a.png"), folder.join("z.png")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.join("socket")).unwrap();

        let found = list_files(std::slice::from_ref(&folder)).unwrap();
        let below = |path: &str| path.trim_start_matches(folder.to_str().unwrap()).to_owned();
        let files: Vec<_> = found.files.iter().map(|path| below(path)).collect();
        let told: Vec<_> = found.problems.iter().map(|problem| below(&problem.message)).collect();
        let missing = list_files(&[folder.join("dead.png")]).unwrap_err().to_string();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(files, ["/a.png", "/b/c.png", "/z.png"]);
        assert_eq!(told.len(), 4, "{told:?}");
        assert_eq!(told[0], "/b/up is left out: it is a link to a folder that it stands in");
        assert!(told[1].starts_with("/dead.png is left out: ") && told[1].ends_with("(a link that leads nowhere)"));
        assert!(told[2].starts_with("/loop is left out: "), "{told:?}");
        assert_eq!(told[3], "/socket is left out: it is neither a file nor a folder");
        assert!(missing.contains("dead.png cannot be read: "), "{missing}");
    }
}
