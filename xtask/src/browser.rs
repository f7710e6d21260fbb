//! A real Chromium for the end-to-end tests and the benchmarks: the one that is there, or one installed now.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::shell;
use crate::workspace::Workspace;

/// The variable that names the browser, to this module and to the Playwright configuration.
pub const VARIABLE: &str = "CHROMIUM_PATH";

const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// The path of a Chromium; `None` where Playwright has just installed its own and knows where it is.
///
/// # Errors
/// When none is there and none can be installed; the message says what to do.
pub fn find_or_install(workspace: &Workspace) -> Result<Option<PathBuf>> {
    if let Some(path) = find() {
        return Ok(Some(path));
    }
    shell::say("no Chromium found: asking Playwright to install one");
    let mut playwright = Command::new(shell::npx());
    playwright.args(["--no-install", "playwright", "install", "chromium"]).current_dir(&workspace.root);
    if shell::run(&mut playwright).is_ok() {
        return Ok(None);
    }
    if Path::new("/etc/debian_version").exists() && is_root() {
        shell::say("installing Debian's Chromium");
        let quiet = |arguments: &[&str]| {
            let mut command = Command::new("apt-get");
            command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
            shell::run(&mut command)
        };
        let installed = quiet(&["update", "-qq"]).and_then(|()| quiet(&["install", "-y", "-qq", "chromium"]));
        if installed.is_ok()
            && let Some(path) = find()
        {
            return Ok(Some(path));
        }
    }
    bail!("a Chromium is needed here: install one, or name it in {VARIABLE}")
}

fn find() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(VARIABLE).map(PathBuf::from) {
        return path.is_file().then_some(path);
    }
    let folders = std::env::var_os("PATH")?;
    let on_path = std::env::split_paths(&folders).flat_map(|folder| NAMES.map(|name| folder.join(name)));
    let elsewhere = [
        PathBuf::from("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
        PathBuf::from("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    ];
    on_path.chain(elsewhere).find(|path| path.is_file())
}

fn is_root() -> bool {
    shell::output(Command::new("id").arg("-u")).is_ok_and(|user| user.trim() == "0")
}
