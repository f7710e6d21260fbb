//! Florence-2 in burn beside the same network in onnxruntime-web, in one Chromium page.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::json;

use crate::pkg::{Module, Profile};
use crate::stamp::Inputs;
use crate::workspace::Workspace;
use crate::{browser, pkg, reference, setup, shell};

const SCRIPTS: &str = "tests/reference/florence2";

/// How long to measure, and on what.
pub struct Options {
    /// Modules as published, or built quickly.
    pub profile: Profile,
    /// A small network of `make_goldens.py`, in place of the published configuration.
    pub twin: Option<String>,
    /// Rounds that count.
    pub rounds: usize,
    /// Tokens of an answer.
    pub tokens: usize,
    /// Whether WebGPU is measured where there is a real adapter.
    pub gpu: bool,
}

/// Builds the modules, writes seeded weights and their network as ONNX, and prints medians and their ratios.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    setup::everything(workspace)?;
    setup::npm_packages_in(&workspace.path("bench/web"))?;
    let modules = if options.gpu { &[Module::GrounderCpu, Module::GrounderGpu][..] } else { &[Module::GrounderCpu] };
    pkg::build(workspace, options.profile, modules)?;
    let folder = network(workspace, options.twin.as_deref())?;

    let task = json!({
        "folder": folder, "warmups": 1, "rounds": options.rounds, "tokens": options.tokens, "gpu": options.gpu,
    });
    let waiting = shell::wait("measuring");
    let mut driver = Command::new("node");
    driver.arg(workspace.path("bench/florence2/measure.js")).arg(task.to_string()).current_dir(&workspace.root);
    if let Some(path) = browser::find_or_install(workspace)? {
        driver.env(browser::VARIABLE, path);
    }
    let report = shell::output(&mut driver)?;
    waiting.finish_and_clear();
    shell::print(report.trim_end())
}

/// The folder with weights and ONNX, written where the scripts have changed since: 2 GB for the published configuration.
fn network(workspace: &Workspace, twin: Option<&str>) -> Result<PathBuf> {
    let scripts = workspace.path(SCRIPTS);
    let folder = workspace.cache("bench")?.join(format!("florence2-{}", twin.unwrap_or("full")));
    let mut inputs = Inputs::default();
    for script in ["export_onnx.py", "make_goldens.py", "seeded.py", "requirements.txt"] {
        inputs.files(&scripts.join(script))?;
    }
    let stamp = inputs.stamp();
    if stamp.is_current(&folder) {
        return Ok(folder);
    }
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    export(workspace, &scripts, &folder, twin)?;
    stamp.keep(&folder)?;
    Ok(folder)
}

fn export(workspace: &Workspace, scripts: &Path, folder: &Path, twin: Option<&str>) -> Result<()> {
    let python = reference::environment(workspace, scripts)?;
    shell::say("writing seeded weights, and their network as ONNX");
    let mut export = Command::new(python);
    export.arg(scripts.join("export_onnx.py")).arg(folder);
    if let Some(twin) = twin {
        export.args(["--twin", twin]);
    }
    shell::run(export.current_dir(&workspace.root)).context("the network could not be exported")
}
