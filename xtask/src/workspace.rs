//! Where things lie in this repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::shell;

/// The folders every command works in.
pub struct Workspace {
    /// The repository's top folder.
    pub root: PathBuf,
    /// Cargo's target folder, wherever the environment puts it.
    pub target: PathBuf,
    /// The version every crate of the workspace carries.
    pub version: String,
}

impl Workspace {
    /// Asks cargo for the folders.
    pub fn locate() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has no parent folder")?.to_path_buf();
        let text = shell::output(
            Command::new(shell::cargo()).args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(&root),
        )?;
        let metadata: Value = serde_json::from_str(&text).context("cargo metadata did not print JSON")?;
        let target = metadata.get("target_directory").and_then(Value::as_str).context("no target folder")?;
        Ok(Self { root, target: PathBuf::from(target), version: env!("CARGO_PKG_VERSION").to_owned() })
    }

    /// A path below the repository's top folder.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A folder for what these commands keep between runs; made if it is not there.
    pub fn cache(&self, name: &str) -> Result<PathBuf> {
        let folder = self.target.join("xtask").join(name);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }
}
