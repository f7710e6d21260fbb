//! The command `groundglass`: what the page does, natively, on the same crates.
//!
//! Exit status: 0 where it was done, 1 where it could not be (one line says why), 2 for wrong usage.

mod convert;
mod evaluate;
mod ground;
mod inspect;
mod intake;
mod metrics;
mod models;
mod occurrences;
mod phantom;
mod run;
mod sides;
mod table;
mod unpacked;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs models over images and says how good their findings are. For evaluation and teaching, not for diagnosis.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs a model over images; with a truth, evaluates its findings.
    Run(run::RunArguments),
    /// Says how good predictions made elsewhere are, with intervals, groups and comparisons.
    Evaluate(evaluate::EvaluateArguments),
    /// Says what was understood of files: cases, classes, readers, boxes, masks, spacing, and every problem.
    Inspect(inspect::InspectArguments),
    /// Writes annotations or predictions in another form.
    Convert(convert::ConvertArguments),
    /// Lists every metric with its definition and source.
    Metrics(metrics::MetricsArguments),
    /// Writes synthetic images with their exact truth.
    Phantom(phantom::PhantomArguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Convert(arguments) => convert::run(&arguments),
        Command::Metrics(arguments) => metrics::list(&arguments),
        Command::Phantom(arguments) => phantom::write(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("groundglass: {error:#}");
            ExitCode::FAILURE
        }
    }
}
