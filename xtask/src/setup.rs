//! What must be on the machine before anything is built: the wasm target, the npm packages, the samples.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::stamp::Inputs;
use crate::workspace::Workspace;
use crate::{models, pkg, samples, shell};

/// The one target the page is built for.
pub const WASM: &str = "wasm32-unknown-unknown";

/// Everything the other commands need.
pub fn everything(workspace: &Workspace) -> Result<()> {
    wasm_target()?;
    npm_packages(workspace)?;
    samples::prepare(workspace)?;
    models::prepare(workspace)
}

/// Adds the wasm target to the toolchain in use where it is missing.
pub fn wasm_target() -> Result<()> {
    let sysroot = shell::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib").join(WASM);
    if library.is_dir() {
        return Ok(());
    }
    if !shell::exists("rustup") {
        bail!("the Rust toolchain at {} lacks the target {WASM}, and there is no rustup to add it", sysroot.trim());
    }
    shell::say(&format!("adding the target {WASM} to the Rust toolchain"));
    shell::run(Command::new("rustup").args(["target", "add", WASM]))
}

/// Installs the npm packages where package-lock.json is not the one last installed from.
pub fn npm_packages(workspace: &Workspace) -> Result<()> {
    // package.json may link to pkg/, which must then be a package before npm looks at it.
    pkg::write_manifest(workspace)?;
    npm_packages_in(&workspace.root)
}

/// Installs the npm packages of the package.json in `folder`.
pub fn npm_packages_in(folder: &Path) -> Result<()> {
    let modules = folder.join("node_modules");
    let stamp =
        Inputs::default().files(&folder.join("package.json"))?.files(&folder.join("package-lock.json"))?.stamp();
    if stamp.is_current(&modules) {
        return Ok(());
    }
    if !shell::exists(shell::npm()) {
        bail!("npm is needed to build the page; install Node.js 20 or newer");
    }
    shell::say("installing the npm packages");
    let mut command = Command::new(shell::npm());
    command.args(["ci", "--no-audit", "--no-fund"]).current_dir(folder);
    shell::run(&mut command).context("the npm packages could not be installed")?;
    stamp.keep(&modules)
}
