//! Golden files: what other implementations answer, made by Python scripts that are never part of the tests.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use walkdir::WalkDir;

use crate::shell;
use crate::stamp::Inputs;
use crate::workspace::Workspace;

const FOLDER: &str = "tests/reference";

/// How a script says, in a line of its own, that it needs something which no registry of packages has.
const NEED: &str = "# needs: ";

/// Runs every golden script `tests/reference/**/make_*.py`, or those whose path contains `only`, each in an
/// environment with the packages of the `requirements.txt` beside it. `given` are the arguments of the one script that is
/// asked for; paths among them may be relative to where the command runs. Without them a script with a line
/// `# needs: WHAT` is skipped.
pub fn make(workspace: &Workspace, only: Option<&str>, given: &[String]) -> Result<()> {
    let scripts: Vec<PathBuf> = scripts(&workspace.path(FOLDER))?
        .into_iter()
        .filter(|script| only.is_none_or(|only| script.to_string_lossy().contains(only)))
        .collect();
    if scripts.is_empty() {
        bail!("no golden script {FOLDER}/**/make_*.py with `{}` in its path", only.unwrap_or_default());
    }
    if !given.is_empty() && scripts.len() > 1 {
        bail!("arguments are for one script, but {} are asked for", scripts.len());
    }
    let given = given.iter().map(|one| absolute(one)).collect::<Result<Vec<_>>>()?;
    let mut skipped = Vec::new();
    for script in scripts {
        if let Some(need) = need(&script)?.filter(|_| given.is_empty()) {
            skipped.push(format!("skipped {}: it needs {need}", script.display()));
            continue;
        }
        let folder = script.parent().context("a script lies in no folder")?;
        let python = environment(workspace, folder)?;
        shell::say(&format!("running {}", script.display()));
        shell::run(Command::new(&python).arg(&script).args(&given).current_dir(folder))?;
    }
    for line in skipped {
        shell::say(&line);
    }
    Ok(())
}

/// An argument, as a whole path where it is one: scripts run in their own folders.
fn absolute(argument: &str) -> Result<OsString> {
    let path = Path::new(argument);
    if !path.exists() {
        return Ok(argument.into());
    }
    Ok(path.canonicalize().with_context(|| format!("cannot find {argument}"))?.into())
}

/// What a script needs besides packages, if it says so.
fn need(script: &Path) -> Result<Option<String>> {
    let text = fs::read_to_string(script).with_context(|| format!("cannot read {}", script.display()))?;
    Ok(text.lines().find_map(|line| line.strip_prefix(NEED)).map(str::to_owned))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_that_take_a_place_from_the_command_line_say_what_they_need() -> Result<()> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(FOLDER);
        let mut needy = 0;
        for script in scripts(&folder)? {
            let asks = fs::read_to_string(&script)?.contains("sys.argv[1]");
            assert_eq!(need(&script)?.is_some(), asks, "{}", script.display());
            needy += usize::from(asks);
        }
        assert_eq!(needy, 2);
        Ok(())
    }
}
