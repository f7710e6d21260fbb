//! The project's own commands: `cargo xtask --help` lists them.
//!
//! Each command does its own set-up, says what it is doing, and skips what is up to date.

mod browser;
mod pkg;
mod samples;
mod setup;
mod shell;
mod stamp;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::pkg::{Module, Profile};
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what the other commands need: the wasm target, the npm packages, the samples and the model index
    Setup,
    /// Build the WebAssembly modules into pkg/
    Pkg {
        /// quick: optimised, no link-time optimisation; site: as published, slow to build
        #[arg(long, value_enum, default_value_t = Profile::Quick)]
        profile: Profile,
        /// Build this module alone
        #[arg(long, value_enum)]
        only: Option<Module>,
    },
    /// Fetch the bundled sample images and write the sample and model indexes the page reads
    Samples,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let workspace = Workspace::locate()?;
    match arguments.task {
        Task::Setup => setup::everything(&workspace),
        Task::Pkg { profile, only } => {
            setup::wasm_target()?;
            pkg::build(&workspace, profile, only)
        }
        Task::Samples => samples::prepare(&workspace),
    }
}
