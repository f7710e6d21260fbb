//! Knowing what is up to date: a file in a result's folder holds the digest of what the result was made from.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

/// A SHA-256 digest as lower-case hexadecimal digits.
pub fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of a file's bytes, or `None` where there is no such file.
pub fn file_digest(path: &Path) -> Option<String> {
    fs::read(path).ok().map(|bytes| hexadecimal(&Sha256::digest(bytes)))
}

/// Gathers all that a result depends on.
#[derive(Default)]
pub struct Inputs(Sha256);

impl Inputs {
    /// Adds words, such as a profile's name.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.0.update(text.len().to_le_bytes());
        self.0.update(text);
        self
    }

    /// Adds a file, or every file below a folder, by name and content.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn files(&mut self, path: &Path) -> Result<&mut Self> {
        for entry in WalkDir::new(path).sort_by_file_name() {
            let entry = entry.with_context(|| format!("cannot list {}", path.display()))?;
            if entry.file_type().is_file() {
                let name = entry.path().strip_prefix(path).unwrap_or(entry.path());
                let bytes =
                    fs::read(entry.path()).with_context(|| format!("cannot read {}", entry.path().display()))?;
                self.text(&name.to_string_lossy());
                self.0.update(bytes.len().to_le_bytes());
                self.0.update(bytes);
            }
        }
        Ok(self)
    }

    /// The stamp these inputs leave in the folder of their result.
    pub fn stamp(&mut self) -> Stamp {
        Stamp(hexadecimal(&self.0.clone().finalize()))
    }
}

/// The digest of a result's inputs.
pub struct Stamp(String);

impl Stamp {
    const FILE: &str = ".made-from";

    /// Whether the result in this folder was made from exactly these inputs.
    pub fn is_current(&self, folder: &Path) -> bool {
        fs::read_to_string(folder.join(Self::FILE)).is_ok_and(|kept| kept == self.0)
    }

    /// Remembers these inputs, once the result is made.
    ///
    /// # Errors
    /// When the stamp cannot be written.
    pub fn keep(&self, folder: &Path) -> Result<()> {
        fs::write(folder.join(Self::FILE), &self.0).with_context(|| format!("cannot write in {}", folder.display()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_current_until_an_input_changes() {
        let folder = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        let sources = folder.join("sources");
        fs::create_dir_all(&sources).unwrap();
        fs::write(sources.join("one"), "1").unwrap();
        let stamp = || Inputs::default().text("quick").files(&sources).unwrap().stamp();
        assert!(!stamp().is_current(&folder));
        stamp().keep(&folder).unwrap();
        assert!(stamp().is_current(&folder));
        fs::write(sources.join("one"), "2").unwrap();
        assert!(!stamp().is_current(&folder));
        stamp().keep(&folder).unwrap();
        fs::rename(sources.join("one"), sources.join("two")).unwrap();
        assert!(!stamp().is_current(&folder));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn words_do_not_run_together() {
        let stamp = |words: [&str; 2]| Inputs::default().text(words[0]).text(words[1]).stamp().0;
        assert_ne!(stamp(["ab", "c"]), stamp(["a", "bc"]));
    }
}
