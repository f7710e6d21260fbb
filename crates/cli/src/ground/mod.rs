//! `groundglass run` with a model that is asked in words.

mod model;
mod questions;
mod trace;

use anyhow::Context;
use groundglass_language::answer::Reading;
use groundglass_language::{Finder, Findings, Found, Naming, Span, Tokenizer, read_answer};
use groundglass_types::{Finding, Image, ModelRecord, Report};
use pollster::block_on;
use serde::Serialize;

pub use questions::WordArguments;

use crate::run::{RunArguments, run_set};
use crate::table;
use questions::{Question, Questions};

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
    prompt: String,
    /// What was generated, every token written out.
    text: String,
    /// The generated tokens, the decoder's start first.
    tokens: Vec<u32>,
    /// AG-KD's confidence: `exp` of the mean log-probability of the tokens that were not forced.
    probability: f64,
    /// The answer of a task that is answered in words alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    found: Vec<AnsweredFinding>,
    notes: Vec<String>,
}

/// A finding, and the words that it grounds.
#[derive(Serialize)]
struct AnsweredFinding {
    #[serde(flatten)]
    finding: Finding,
    /// As they were generated.
    words: String,
    /// The bytes of the prompt in which they stand, where they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    phrase: Option<Span>,
}

/// Asks every question of every image, and prints the answers and how good they are.
pub fn run(arguments: &RunArguments) -> anyhow::Result<()> {
    let words = &arguments.words;
    let device = arguments.device.open()?;
    let (grounder, tokenizer) = model::load(arguments.model.as_ref(), &device, words)?;
    let questions = words.questions(&tokenizer)?;
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
            let (told, found) = read(&questions, question, &tokenizer, (image, seen.placement), &answer);
            findings.extend(found);
            answers.push(CaseAnswer { case: case.to_owned(), ..told });
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

/// An answer to a question about an image that lies at `placement` in what the model saw.
fn read(
    questions: &Questions,
    question: &Question,
    tokenizer: &Tokenizer,
    (image, placement): (&Image, [f64; 4]),
    answer: &groundglass_models::florence2::Answer,
) -> (CaseAnswer, Vec<Finding>) {
    let size = [image.width(), image.height()].map(|length| u32::try_from(length).unwrap_or(u32::MAX));
    let naming = match questions.classes.as_slice() {
        [] => Naming::AsWritten { otherwise: &question.label },
        classes => Naming::Repaired(classes),
    };
    let finder = Finder { size, placement, scoring: questions.scoring, naming };
    // The decoder's start is no part of the answer.
    let transcript = tokenizer.decode(answer.tokens.get(1..).unwrap_or_default());
    let reading = Reading {
        flavour: questions.flavour,
        prompt: Some(&question.prompt),
        ..Reading::new(question.task, finder.seen())
    };
    let said = read_answer(&transcript, &reading);
    let Findings { findings, places, notes } = finder.find(&said, &answer.log_probabilities);
    let piece = |(finding, place): (&Finding, &usize)| {
        let found: Option<&Found> = said.found.get(*place);
        let words = found.and_then(|found| transcript.text.get(found.words.range())).unwrap_or_default().to_owned();
        AnsweredFinding { finding: finding.clone(), words, phrase: found.and_then(|found| found.phrase) }
    };
    let told = CaseAnswer {
        case: String::new(),
        prompt: question.prompt.text.clone(),
        tokens: answer.tokens.clone(),
        probability: answer.probability,
        words: said.words.clone(),
        found: findings.iter().zip(&places).map(piece).collect(),
        notes: said.notes.iter().cloned().chain(notes).collect(),
        text: transcript.text.clone(),
    };
    (told, findings)
}

/// An answer for people.
fn lines(answer: &CaseAnswer) -> String {
    let mut lines = vec![format!("{}: {}", answer.case, answer.prompt)];
    if let Some(words) = &answer.words {
        lines.push(format!("  {words}"));
    }
    for AnsweredFinding { finding, .. } in &answer.found {
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
