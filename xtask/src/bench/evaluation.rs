//! The evaluation of COCO-sized boxes, natively and by the page's module.

use std::process::Command;

use anyhow::{Context, Result};

use crate::pkg::{self, Module, Profile};
use crate::workspace::Workspace;
use crate::{setup, shell};

/// Builds both, runs them in turn in Node, and prints medians and their ratio.
pub fn run(workspace: &Workspace, profile: Profile, rounds: usize) -> Result<()> {
    setup::wasm_target()?;
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
    let mut driver = Command::new("node");
    driver
        .arg(workspace.path("bench/metrics/page_bench.mjs"))
        .args([target.join("release/groundglass"), target.join("release/examples/bench_boxes"), workspace.path("pkg")])
        .arg(rounds.to_string());
    let report = shell::output(driver.current_dir(&workspace.root))?;
    waiting.finish_and_clear();
    shell::print(report.trim_end())
}
