//! `groundglass inspect`.

use std::path::PathBuf;

use clap::Args;
use groundglass_formats::{Question, Understood, UnderstoodRankings};

use crate::intake::{HintArguments, Intake};
use crate::table;

#[derive(Debug, Args)]
pub struct InspectArguments {
    /// Images, annotations, predictions, archives, and folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    hints: HintArguments,
    /// Print all that was understood as JSON.
    #[arg(long)]
    json: bool,
}

/// Says what was understood of files: cases, classes, readers, boxes, masks, attributes, spacing, and every problem.
pub fn run(arguments: &InspectArguments) -> anyhow::Result<()> {
    let mut intake = Intake::read(&arguments.paths, &arguments.hints.hints()?)?;
    intake.add_headers()?;
    arguments.hints.told_of_unmet(&mut intake)?;
    let understood = intake.set.understood(intake.problems);
    if arguments.json {
        table::print(&serde_json::to_string_pretty(&understood)?);
    } else {
        table::print(&readable(&understood));
    }
    Ok(())
}

fn readable(of: &Understood) -> String {
    let mut lines = vec![of.sentence.clone(), String::new()];
    let mut row = |name: &str, value: String| lines.push(format!("{name:<18} {value}"));
    row("cases", of.cases.to_string());
    if of.stacks > 0 {
        row("stacks", format!("{} with {} slices", of.stacks, of.slices));
    }
    row("with truth", of.with_truth.to_string());
    row("with predictions", of.with_predictions.to_string());
    row("with spacing", of.with_spacing.to_string());
    row("boxes", of.boxes.to_string());
    row("masks", of.masks.to_string());
    for (name, count) in [("sentences", of.sentences), ("fixations", of.fixations)] {
        if count > 0 {
            row(name, count.to_string());
        }
    }
    if !of.readers.is_empty() {
        row("readers", of.readers.join(", "));
    }
    for class in &of.classes {
        row("class", format!("{}: {} true, {} predicted", class.name, class.truths, class.predictions));
    }
    for (name, values) in &of.attributes {
        row("attribute", format!("{name}: {values} different"));
    }
    for (file, columns) in &of.tables {
        row("table", format!("{file}: {}", columns.join(", ")));
    }
    for of_file in &of.rankings {
        let UnderstoodRankings { file, cases, readers, classes } = of_file;
        row("rankings", format!("{file}: {cases} cases, {readers} readers, {classes} classes"));
    }
    for question in &of.questions {
        row("question", asked(question));
    }
    for problem in &of.problems {
        row("problem", problem.message.clone());
    }
    lines.join("\n")
}

pub fn asked(question: &Question) -> String {
    match question {
        Question::Frame { file, candidates, examples } => {
            let example = examples.first().map(|(_, numbers)| format!(" such as {numbers:?}")).unwrap_or_default();
            format!(
                "{file} does not say what the numbers of its boxes{example} mean: --frame {}",
                candidates.join(" or ")
            )
        }
        Question::Columns { file, columns, missing, .. } => format!(
            "{file} has the columns {}; which holds the {}? --column {}=...",
            columns.join(", "),
            missing.join(", the "),
            missing.first().map_or("image", String::as_str)
        ),
    }
}
