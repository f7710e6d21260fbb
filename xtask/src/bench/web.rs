//! The default model in burn beside the same network in onnxruntime-web, in one Chromium page.

use std::process::Command;

use anyhow::{Context, Result};
use serde_json::json;

use crate::pkg::{Module, Profile};
use crate::workspace::Workspace;
use crate::{browser, pkg, reference, setup, shell};

const MODEL: &str = "models/nuclei.safetensors";

/// How long to measure, and on what.
pub struct Options {
    /// Modules as published, or built quickly.
    pub profile: Profile,
    /// Side of the square image.
    pub side: usize,
    /// Rounds that count.
    pub rounds: usize,
}

/// Builds the modules, exports the network to ONNX, and prints medians and their ratio.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    setup::everything(workspace)?;
    let bench = workspace.path("bench/web");
    setup::npm_packages_in(&bench)?;
    pkg::build(workspace, options.profile, &Module::ALL)?;

    let scripts = workspace.path("tests/reference/retina_unet");
    let python = reference::environment(workspace, &scripts)?;
    let onnx = workspace.cache("bench")?.join(format!("nuclei-{}.onnx", options.side));
    shell::say("exporting the network to ONNX");
    let mut export = Command::new(python);
    export.arg(scripts.join("export_onnx.py")).arg(workspace.path(MODEL)).arg(&onnx);
    shell::run(export.args(["--side", &options.side.to_string()]).current_dir(&workspace.root))
        .context("the network could not be exported")?;

    let task = json!({ "onnx": onnx, "side": options.side, "warmups": 2, "rounds": options.rounds });
    let waiting = shell::wait("measuring");
    let mut driver = Command::new("node");
    driver.arg(bench.join("measure.js")).arg(task.to_string()).current_dir(&workspace.root);
    if let Some(path) = browser::find_or_install(workspace)? {
        driver.env(browser::VARIABLE, path);
    }
    let report = shell::output(&mut driver)?;
    waiting.finish_and_clear();
    shell::print(report.trim_end())
}
