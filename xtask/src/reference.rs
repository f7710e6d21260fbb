//! Golden files: what other implementations answer, made by Python scripts that are never part of the tests.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell;
use crate::stamp::Inputs;
use crate::workspace::Workspace;

const FOLDER: &str = "tests/reference";

/// Runs every golden script `tests/reference/**/make_*.py`, or those whose path contains `only`.
pub fn make(workspace: &Workspace, only: Option<&str>) -> Result<()> {
    let python = environment(workspace)?;
    let scripts: Vec<PathBuf> = scripts(&workspace.path(FOLDER))?
        .into_iter()
        .filter(|script| only.is_none_or(|only| script.to_string_lossy().contains(only)))
        .collect();
    if scripts.is_empty() {
        bail!(
            "no script {FOLDER}/**/make_*.py{}",
            only.map(|only| format!(" has `{only}` in its path")).unwrap_or_default()
        );
    }
    for script in scripts {
        shell::say(&format!("running {}", script.display()));
        shell::run(Command::new(&python).arg(&script).current_dir(&workspace.root))?;
    }
    Ok(())
}

/// The Python of a virtual environment with the pinned packages, made or renewed where needed.
pub fn environment(workspace: &Workspace) -> Result<PathBuf> {
    let requirements = workspace.path(FOLDER).join("requirements.txt");
    let folder = workspace.cache("reference")?;
    let stamp = Inputs::default().files(&requirements)?.stamp();
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if stamp.is_current(&folder) && python.is_file() {
        return Ok(python);
    }
    shell::say("making a virtual environment for the golden scripts");
    shell::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--disable-pip-version-check", "--requirement"]).arg(&requirements);
    shell::run(&mut install)?;
    stamp.keep(&folder)?;
    Ok(python)
}

fn scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.into_path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("make_") && name.ends_with(".py") {
            found.push(path);
        }
    }
    Ok(found)
}
