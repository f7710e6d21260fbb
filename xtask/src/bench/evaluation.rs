//! The evaluation of COCO-sized boxes, natively and by the page's module in Chromium.

use std::process::Command;

use anyhow::{Context, Result};
use serde_json::json;

use crate::pkg::{self, Module, Profile};
use crate::workspace::Workspace;
use crate::{browser, setup, shell};

/// Builds both, runs them in turn, and prints medians and their ratio.
pub fn run(workspace: &Workspace, profile: Profile, rounds: usize) -> Result<()> {
    setup::wasm_target()?;
    setup::npm_packages(workspace)?;
    pkg::build(workspace, profile, &[Module::Evaluation])?;
    let target = workspace.target.clone();
    let build = |arguments: &[&str]| {
        let mut cargo = Command::new(shell::cargo());
        cargo.args(["build", "--release"]).args(arguments).current_dir(&workspace.root);
        shell::run(&mut cargo)
    };
    build(&["--package", "groundglass-cli"]).context("the command could not be built")?;
    build(&["--package", "groundglass-metrics", "--example", "bench_boxes"])
        .context("the program could not be built")?;
    let waiting = shell::wait("measuring");
    let options = json!({
        "program": target.join("release/examples/bench_boxes"),
        "command": target.join("release/groundglass"),
        "rounds": rounds,
    });
    let mut driver = Command::new("node");
    driver.arg(workspace.path("bench/metrics/measure.js")).arg(options.to_string());
    if let Some(path) = browser::find_or_install(workspace)? {
        driver.env(browser::VARIABLE, path);
    }
    let report = shell::output(driver.current_dir(&workspace.root))?;
    waiting.finish_and_clear();
    shell::print(report.trim_end())
}
