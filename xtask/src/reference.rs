//! Golden files: what other implementations answer, made by Python scripts that are never part of the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use walkdir::WalkDir;

use crate::shell;
use crate::stamp::Inputs;
use crate::workspace::Workspace;

const FOLDER: &str = "tests/reference";

/// Runs every golden script `tests/reference/**/make_*.py`, or those whose path contains `only`, each in an
/// environment with the packages of the `requirements.txt` beside it.
pub fn make(workspace: &Workspace, only: Option<&str>) -> Result<()> {
    let scripts: Vec<PathBuf> = scripts(&workspace.path(FOLDER))?
        .into_iter()
        .filter(|script| only.is_none_or(|only| script.to_string_lossy().contains(only)))
        .collect();
    if scripts.is_empty() {
        bail!("no golden script {FOLDER}/**/make_*.py with `{}` in its path", only.unwrap_or_default());
    }
    for script in scripts {
        let folder = script.parent().context("a script lies in no folder")?;
        let python = environment(workspace, folder)?;
        shell::say(&format!("running {}", script.display()));
        shell::run(Command::new(&python).arg(&script).current_dir(folder))?;
    }
    Ok(())
}

/// The Python of a virtual environment with the packages of `folder/requirements.txt`, made or renewed where needed.
pub fn environment(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let requirements = folder.join("requirements.txt");
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let home = workspace.cache("python")?.join(name.as_ref());
    let stamp = Inputs::default().files(&requirements)?.stamp();
    let python = home.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if stamp.is_current(&home) && python.is_file() {
        return Ok(python);
    }
    shell::say(&format!("making a Python environment from {}", requirements.display()));
    fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
    shell::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--disable-pip-version-check", "--requirement"]).arg(&requirements);
    shell::run(&mut install)?;
    stamp.keep(&home)?;
    Ok(python)
}

fn scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.into_path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("make_") && name.ends_with(".py") {
            found.push(path);
        }
    }
    Ok(found)
}
