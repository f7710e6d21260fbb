//! The project's own commands: `cargo xtask --help` lists them.
//!
//! Each command does its own set-up, says what it is doing, and skips what is up to date.

mod bench;
mod browser;
mod lint;
mod models;
mod pkg;
mod reference;
mod samples;
mod serve;
mod setup;
mod shell;
mod site;
mod stamp;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};

use crate::pkg::{Module, Profile};
use crate::test::Step;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(
    name = "xtask",
    bin_name = "cargo xtask",
    about = "The project's own commands",
    disable_help_subcommand = true
)]
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
    /// Build the static site into dist/
    Build {
        /// site: as published; quick: for working
        #[arg(long, value_enum, default_value_t = Profile::Site)]
        profile: Profile,
        /// Leave WebGPU out, which takes longest to compile; the page then uses the CPU
        #[arg(long)]
        without_gpu: bool,
    },
    /// Build the site and show it on this machine
    Serve {
        /// Build as published instead of quickly
        #[arg(long)]
        release: bool,
        /// Leave WebGPU out, which takes longest to compile; the page then uses the CPU
        #[arg(long)]
        without_gpu: bool,
        /// The port, or the next free one after it
        #[arg(long, default_value_t = 8080)]
        port: u16,
    },
    /// Run all tests
    Test {
        /// Run these steps alone
        #[arg(long, value_enum, value_delimiter = ',')]
        only: Vec<Step>,
        /// Leave these steps out
        #[arg(long, value_enum, value_delimiter = ',')]
        skip: Vec<Step>,
    },
    /// Check the formatting and lint everything
    Lint {
        /// Mend what can be mended
        #[arg(long)]
        fix: bool,
    },
    /// Measure the page
    Bench {
        #[command(subcommand)]
        what: Benchmark,
    },
    /// Make the golden files of the tests anew, with other implementations in a Python environment
    Reference {
        /// Run only the scripts with this in their path; without it, all that need nothing but packages
        only: Option<String>,
        /// Arguments for the one script that is asked for, after `--`
        #[arg(last = true)]
        given: Vec<String>,
    },
}

#[derive(Subcommand)]
enum Benchmark {
    /// The evaluation of COCO-sized boxes natively and by the page's module in Chromium, as JSON
    Evaluation {
        /// site: as published; quick: for working
        #[arg(long, value_enum, default_value_t = Profile::Quick)]
        profile: Profile,
        /// Rounds of both
        #[arg(long, default_value_t = 7)]
        rounds: usize,
    },
    /// Reading images and annotations in the page beside dcmjs, the browser and JSON.parse, as JSON
    Formats {
        /// site: as published; quick: for working
        #[arg(long, value_enum, default_value_t = Profile::Site)]
        profile: Profile,
        /// Rounds that count
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Bytes that a first visit downloads on each device, raw and brotli, as JSON
    Size {
        /// site: as published; quick: for working
        #[arg(long, value_enum, default_value_t = Profile::Site)]
        profile: Profile,
    },
    /// A model in burn beside the same network in onnxruntime-web, as JSON
    Web {
        /// Which
        #[arg(long, value_enum, default_value_t = Network::Nuclei)]
        model: Network,
        /// site: as published; quick: for working
        #[arg(long, value_enum, default_value_t = Profile::Site)]
        profile: Profile,
        /// Side of the default model's square image in pixels
        #[arg(long, default_value_t = 256)]
        side: usize,
        /// Rounds that count; 11 of the default model, 3 of Florence-2, where one takes a minute
        #[arg(long)]
        rounds: Option<usize>,
        /// Florence-2: tokens of an answer
        #[arg(long, default_value_t = 20)]
        tokens: usize,
        /// Florence-2: a small network of the tests, to try the measurement itself
        #[arg(long)]
        twin: Option<String>,
        /// Florence-2: leave WebGPU out, which takes longest to compile
        #[arg(long)]
        without_gpu: bool,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Network {
    /// The default model, a Retina U-Net
    Nuclei,
    /// The published configuration of Florence-2, with seeded weights
    Florence2,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<()> {
    let workspace = Workspace::locate()?;
    match task {
        Task::Setup => setup::everything(&workspace),
        Task::Pkg { profile, only } => {
            setup::wasm_target()?;
            pkg::build(&workspace, *profile, only.as_ref().map_or(&Module::ALL, std::slice::from_ref))
        }
        Task::Samples => {
            samples::prepare(&workspace)?;
            models::prepare(&workspace)
        }
        Task::Build { profile, without_gpu } => site::build(&workspace, *profile, Module::selected(*without_gpu)),
        Task::Serve { release, without_gpu, port } => {
            let profile = if *release { Profile::Site } else { Profile::Quick };
            serve::serve(&workspace, profile, Module::selected(*without_gpu), *port)
        }
        Task::Test { only, skip } => test::run(&workspace, only, skip),
        Task::Lint { fix } => lint::everything(&workspace, *fix),
        Task::Bench { what: Benchmark::Evaluation { profile, rounds } } => {
            bench::evaluation::run(&workspace, *profile, *rounds)
        }
        Task::Bench { what: Benchmark::Formats { profile, rounds } } => {
            bench::formats::run(&workspace, *profile, *rounds)
        }
        Task::Bench { what: Benchmark::Size { profile } } => bench::size::run(&workspace, *profile),
        Task::Bench { what: Benchmark::Web { profile, model: Network::Nuclei, side, rounds, .. } } => {
            let rounds = rounds.unwrap_or(11);
            bench::web::run(&workspace, &bench::web::Options { profile: *profile, side: *side, rounds })
        }
        Task::Bench {
            what: Benchmark::Web { profile, model: Network::Florence2, rounds, tokens, twin, without_gpu, .. },
        } => {
            let options = bench::florence2::Options {
                profile: *profile,
                twin: twin.clone(),
                rounds: rounds.unwrap_or(3),
                tokens: *tokens,
                gpu: !without_gpu,
            };
            bench::florence2::run(&workspace, &options)
        }
        Task::Reference { only, given } => reference::make(&workspace, only.as_deref(), given),
    }
}
