//! Formatting and linting of everything: Rust for this machine and for the page, and the page's own sources.

use std::process::Command;

use anyhow::Result;

use crate::pkg::Module;
use crate::workspace::Workspace;
use crate::{setup, shell};

/// Checks everything, or mends what can be mended.
pub fn everything(workspace: &Workspace, fix: bool) -> Result<()> {
    setup::wasm_target()?;
    setup::npm_packages(workspace)?;
    format(workspace, fix)?;
    clippy_native(workspace, fix)?;
    clippy_wasm(workspace)?;
    page(workspace, fix)
}

/// rustfmt.
pub fn format(workspace: &Workspace, fix: bool) -> Result<()> {
    let mut command = Command::new(shell::cargo());
    command.args(["fmt", "--all"]).current_dir(&workspace.root);
    if !fix {
        command.arg("--check");
    }
    shell::run(&mut command)
}

/// Clippy for this machine, tests included; a warning is an error.
pub fn clippy_native(workspace: &Workspace, fix: bool) -> Result<()> {
    let mut command = Command::new(shell::cargo());
    command.args(["clippy", "--workspace", "--all-targets"]).current_dir(&workspace.root);
    if fix {
        command.args(["--fix", "--allow-dirty", "--allow-staged"]);
    }
    shell::run(command.args(["--", "-D", "warnings"]))
}

/// Clippy for the page's modules; a warning is an error. The `grounder_gpu` module has all that the other engines have, but for
/// the few lines without a GPU, which are checked for this machine.
pub fn clippy_wasm(workspace: &Workspace) -> Result<()> {
    for module in [Module::Desk, Module::Intake, Module::Evaluation, Module::Words, Module::GrounderGpu] {
        let mut command = Command::new(shell::cargo());
        command.args(["clippy", "--lib"]).args(module.cargo_arguments()).args(["--", "-D", "warnings"]);
        shell::run(command.current_dir(&workspace.root))?;
    }
    Ok(())
}

/// Biome over TypeScript, Svelte, CSS and JSON.
pub fn page(workspace: &Workspace, fix: bool) -> Result<()> {
    let mut command = Command::new(shell::npm());
    command.args(["run", "--silent", if fix { "format" } else { "lint" }]).current_dir(&workspace.root);
    shell::run(&mut command)
}
