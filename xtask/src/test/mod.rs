//! All tests, behind one command: every step sets up what it needs, says how long it took, and is counted.

mod count;

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;

use self::count::{Counts, Runner};
use crate::pkg::{Module, Profile};
use crate::workspace::Workspace;
use crate::{browser, lint, pkg, setup, shell, site};

/// One step. The order is that of running: what fails fastest comes first.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Step {
    /// The wasm target, the npm packages, the samples
    Setup,
    /// rustfmt and Biome
    Format,
    /// Rust unit, property and documentation tests
    Rust,
    /// Clippy for this machine
    Clippy,
    /// Clippy for the page's three modules
    ClippyWasm,
    /// Building the three modules
    Pkg,
    /// The modules' tests in Node
    Wasm,
    /// Types of the page
    Types,
    /// Unit tests of the page
    Page,
    /// The built page in a real Chromium
    E2e,
}

impl Step {
    fn title(self) -> &'static str {
        match self {
            Self::Setup => "set-up",
            Self::Format => "formatting",
            Self::Rust => "Rust tests",
            Self::Clippy => "clippy, native",
            Self::ClippyWasm => "clippy, wasm",
            Self::Pkg => "building the modules",
            Self::Wasm => "module tests in Node",
            Self::Types => "types of the page",
            Self::Page => "page unit tests",
            Self::E2e => "end-to-end tests",
        }
    }

    /// The steps without which this one cannot run.
    fn needs(self) -> &'static [Self] {
        match self {
            Self::Setup | Self::Rust | Self::Clippy => &[],
            Self::Format | Self::ClippyWasm | Self::Pkg => &[Self::Setup],
            Self::Wasm | Self::Types | Self::Page | Self::E2e => &[Self::Setup, Self::Pkg],
        }
    }

    fn run(self, workspace: &Workspace) -> (Result<()>, Counts) {
        let whole = |result| (result, Counts::default());
        match self {
            Self::Setup => whole(setup::everything(workspace)),
            Self::Format => whole(lint::format(workspace, false).and_then(|()| lint::page(workspace, false))),
            Self::Clippy => whole(lint::clippy_native(workspace, false)),
            Self::ClippyWasm => whole(lint::clippy_wasm(workspace)),
            Self::Pkg => whole(pkg::build(workspace, Profile::Quick, &Module::ALL)),
            Self::Types => whole(npm(workspace, &["run", "--silent", "check"], Runner::None).0),
            Self::Rust => rust(workspace),
            Self::Wasm => {
                let mut node = Command::new("node");
                node.args(["--test", "--test-reporter=spec", "tests/wasm/"]).current_dir(&workspace.root);
                counted(&mut node, Runner::Node)
            }
            Self::Page => npm(workspace, &["run", "--silent", "test"], Runner::Vitest),
            Self::E2e => end_to_end(workspace),
        }
    }
}

struct Outcome {
    step: Step,
    time: Duration,
    counts: Counts,
    fault: Option<String>,
}

/// Runs the steps in `only` (all of them where it is empty) but for those in `skip`.
///
/// # Errors
/// When a step fails; the others that can still run do so first.
pub fn run(workspace: &Workspace, only: &[Step], skip: &[Step]) -> Result<()> {
    let mut outcomes: Vec<Outcome> = Vec::new();
    for &step in Step::value_variants() {
        if (!only.is_empty() && !only.contains(&step)) || skip.contains(&step) {
            continue;
        }
        let missing = outcomes.iter().find(|outcome| outcome.fault.is_some() && step.needs().contains(&outcome.step));
        if let Some(missing) = missing {
            let fault = format!("not run, because this failed: {}", missing.step.title());
            outcomes.push(Outcome { step, time: Duration::ZERO, counts: Counts::default(), fault: Some(fault) });
            continue;
        }
        shell::print(&format!("\n=== {} ===", step.title()))?;
        let start = Instant::now();
        let (result, counts) = step.run(workspace);
        let fault = result.err().map(|error| format!("{error:#}"));
        let time = start.elapsed();
        let end = if fault.is_some() { "failed" } else { "passed" };
        shell::print(&format!("=== {}: {end} after {:.0} s ===", step.title(), time.as_secs_f64()))?;
        outcomes.push(Outcome { step, time, counts, fault });
    }
    summary(&outcomes)
}

fn summary(outcomes: &[Outcome]) -> Result<()> {
    shell::print("")?;
    let mut total = Counts::default();
    for outcome in outcomes {
        let counts = outcome.counts.of_step(outcome.fault.is_none());
        let time = outcome.time.as_secs_f64();
        shell::print(&format!("{:<22} {time:>6.0} s   {counts}", outcome.step.title()))?;
        if let Some(fault) = &outcome.fault {
            shell::print(&format!("    {fault}"))?;
        }
        total.add(counts);
    }
    let time: Duration = outcomes.iter().map(|outcome| outcome.time).sum();
    shell::print(&format!("{:<22} {:>6.0} s\n", "all", time.as_secs_f64()))?;
    // A plain line of its own, for programs that read this output.
    shell::print(&total.to_string())?;
    if outcomes.iter().any(|outcome| outcome.fault.is_some()) {
        bail!("some tests failed");
    }
    Ok(())
}

/// Runs a test runner and adds up what it says it counted.
fn counted(command: &mut Command, runner: Runner) -> (Result<()>, Counts) {
    let mut counts = Counts::default();
    let result = shell::run_reading(command, |line| counts.add(runner.count(line)));
    let result = result.and_then(|()| {
        if runner != Runner::None && counts == Counts::default() {
            bail!("the test runner ran no test");
        }
        Ok(())
    });
    (result, counts)
}

/// These commands' own tests run apart: cargo settles features by what is built together, so that they would
/// otherwise be compiled a second time with all that they depend on.
fn rust(workspace: &Workspace) -> (Result<()>, Counts) {
    let selections: [&[&str]; 2] = [&["--package", "xtask"], &["--workspace", "--exclude", "xtask"]];
    let mut total = Counts::default();
    let mut results = Vec::new();
    for selection in selections {
        let mut cargo = Command::new(shell::cargo());
        cargo.args(["test", "--no-fail-fast"]).args(selection).current_dir(&workspace.root);
        let (result, counts) = counted(&mut cargo, Runner::Cargo);
        total.add(counts);
        results.push(result);
    }
    (results.into_iter().collect(), total)
}

fn npm(workspace: &Workspace, arguments: &[&str], runner: Runner) -> (Result<()>, Counts) {
    let mut command = Command::new(shell::npm());
    counted(command.args(arguments).current_dir(&workspace.root), runner)
}

fn end_to_end(workspace: &Workspace) -> (Result<()>, Counts) {
    let chromium = match site::page(workspace, Profile::Quick).and_then(|()| browser::find_or_install(workspace)) {
        Ok(chromium) => chromium,
        Err(error) => return (Err(error), Counts::default()),
    };
    let mut command = Command::new(shell::npx());
    command.args(["--no-install", "playwright", "test", "--reporter=list"]).current_dir(&workspace.root);
    if let Some(path) = chromium {
        command.env(browser::VARIABLE, path);
    }
    counted(&mut command, Runner::Playwright)
}
