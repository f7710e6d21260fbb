//! `groundglass run` with a model that is asked in words.

mod model;
mod questions;
mod trace;

use anyhow::Context;
use groundglass_language::{Asked, Generated, Grounded, Questions, Told};
use groundglass_models::florence2::Answer;
use groundglass_types::{Image, ModelRecord, Report};
use pollster::block_on;
use serde::Serialize;

pub use questions::WordArguments;

use crate::run::{RunArguments, run_set};
use crate::table;

/// Everything that was asked and answered; `groundglass.answers/1`.
#[derive(Serialize)]
struct Answers<'a> {
    format: &'static str,
    model: &'a ModelRecord,
    answers: &'a [CaseAnswer],
    /// Where the truth of any case is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<&'a Report>,
}

/// One question about one case, and its answer.
#[derive(Serialize)]
struct CaseAnswer {
    case: String,
    #[serde(flatten)]
    told: Told,
}

/// Asks every question of every image, and prints the answers and how good they are.
pub fn run(arguments: &RunArguments) -> anyhow::Result<()> {
    let words = &arguments.words;
    let device = arguments.device.open()?;
    let (grounder, tokenizer) = model::load(arguments.model.as_ref(), &device, words)?;
    let questions = Questions::new(&words.wish()?, &tokenizer)?;
    let mut answers = Vec::new();
    let mut trace = words.trace();
    let mut find = |case: &str, image: &Image| {
        let seen = block_on(grounder.look(image, async |_, _| true))?;
        let mut findings = Vec::new();
        for question in &questions.list {
            let asked = grounder.ask(&seen, &question.tokens)?;
            let answer = block_on(grounder.answer(&asked, &grounder.settings().generation, async |_| true))?;
            if let Some(file) = trace.take() {
                let numbers = block_on(grounder.trace(&seen, &asked))?;
                trace::write(file, &numbers, question, &answer)
                    .with_context(|| format!("{} cannot be written", file.display()))?;
            }
            let size = [image.width(), image.height()].map(|length| u32::try_from(length).unwrap_or(u32::MAX));
            let asked = Asked { size, placement: seen.placement };
            let Answer { tokens, log_probabilities, probability, .. } = answer;
            let generated = Generated { tokens, log_probabilities, probability };
            let told = questions.read(question, &generated, asked, &tokenizer);
            findings.extend(told.found.iter().map(|grounded| grounded.finding.clone()));
            answers.push(CaseAnswer { case: case.to_owned(), told });
        }
        Ok(findings)
    };
    let judged = run_set(arguments, &mut find, 0.0)?;
    let has_truth = judged.has_truth();
    let (report, cases) = judged.finish(arguments, grounder.record(), grounder.device())?;
    if arguments.json {
        let report = has_truth.then_some(&report);
        let all = Answers { format: "groundglass.answers/1", model: grounder.record(), answers: &answers, report };
        table::print(&serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    for answer in &answers {
        table::print(&lines(answer));
    }
    if has_truth {
        table::print(&table::report(&report, cases));
    }
    Ok(())
}

/// An answer for people.
fn lines(CaseAnswer { case, told: answer }: &CaseAnswer) -> String {
    let mut lines = vec![format!("{case}: {}", answer.prompt)];
    if let Some(words) = &answer.words {
        lines.push(format!("  {words}"));
    }
    for Grounded { finding, .. } in &answer.found {
        let [x, y, width, height] = finding.region.bounding_box.to_xywh();
        let what = if finding.region.mask.is_some() { "outline" } else { "box" };
        lines.push(format!(
            "  {} {:.3}  {what} at {x:.0}, {y:.0}, {width:.0} x {height:.0}",
            finding.label, finding.score
        ));
    }
    if answer.words.is_none() && answer.found.is_empty() {
        lines.push(format!("  nothing was found; the answer was {:?}", answer.text));
    }
    lines.extend(answer.notes.iter().map(|note| format!("  {note}")));
    lines.join("\n")
}
