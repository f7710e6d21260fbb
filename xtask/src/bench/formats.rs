//! Reading images and annotations in one Chromium page, beside what a page would use instead.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde_json::json;

use crate::pkg::{self, Module, Profile};
use crate::workspace::Workspace;
use crate::{browser, setup, shell};

/// Builds the module that reads every form, and prints medians and their ratios.
pub fn run(workspace: &Workspace, profile: Profile, rounds: usize) -> Result<()> {
    setup::everything(workspace)?;
    let bench = workspace.path("bench/formats");
    setup::npm_packages_in(&bench)?;
    bundle(workspace, &bench)?;
    pkg::build(workspace, profile, &[Module::Intake])?;
    let waiting = shell::wait("measuring");
    let mut driver = Command::new("node");
    driver.arg(bench.join("measure.js")).arg(json!({ "rounds": rounds }).to_string()).current_dir(&workspace.root);
    if let Some(path) = browser::find_or_install(workspace)? {
        driver.env(browser::VARIABLE, path);
    }
    let report = shell::output(&mut driver)?;
    waiting.finish_and_clear();
    shell::print(report.trim_end())
}

/// Makes of cornerstone's loader and its workers what a browser can load; the site's own bundler does it.
fn bundle(workspace: &Workspace, bench: &Path) -> Result<()> {
    shell::say("bundling cornerstone's loader");
    let mut vite = Command::new(shell::npx());
    vite.args(["--no-install", "vite", "build", "--config"]).arg(bench.join("vite.config.js"));
    shell::run(vite.current_dir(&workspace.root))
}
