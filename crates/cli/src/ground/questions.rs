//! What is asked.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::{Args, ValueEnum};
use groundglass_language::{Knowledge, PromptStyle, Scoring, Task, Wish};
use groundglass_models::florence2::{Fit, Generation, Preprocessing};

/// How a Florence-2 is asked.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Words, for a Florence-2")]
pub struct WordArguments {
    /// What to look for; several are asked one after the other.
    #[arg(long, value_name = "TEXT")]
    phrase: Vec<String>,
    /// A list of labels with their definitions (YAML or JSON); each is asked for, and answers are named after its labels.
    #[arg(long, value_name = "FILE", conflicts_with = "phrase")]
    knowledge: Option<PathBuf>,
    /// Ask for the labels alone, without their definitions.
    #[arg(long, requires = "knowledge")]
    bare: bool,
    /// The task; phrase grounding unless given. One of CAPTION_TO_PHRASE_GROUNDING, OPEN_VOCABULARY_DETECTION, OD,
    /// DENSE_REGION_CAPTION, REGION_PROPOSAL, REFERRING_EXPRESSION_SEGMENTATION, CAPTION, DETAILED_CAPTION,
    /// MORE_DETAILED_CAPTION, OCR, OCR_WITH_REGION and the tasks of a region.
    #[arg(long, value_name = "NAME")]
    task: Option<String>,
    /// Whose way of putting the question; with --knowledge, agkd unless given.
    #[arg(long, value_enum)]
    style: Option<StyleArgument>,
    /// Beams; 1 is greedy. Unless given, what generation_config.json says.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=32))]
    beams: Option<u8>,
    /// Tokens of an answer at most.
    #[arg(long)]
    new_tokens: Option<usize>,
    /// Side of the square that the model sees, in pixels. Unless given, what preprocessor_config.json says.
    #[arg(long)]
    side: Option<usize>,
    /// Put the image, resized to so many pixels, into a black square first, as AG-KD's demonstration does with 512.
    #[arg(long, value_name = "PIXELS")]
    pad: Option<usize>,
    /// What a finding's score is.
    #[arg(long, value_enum, default_value = "probability")]
    scoring: ScoringArgument,
    /// Write the numbers on the way to the first answer as safetensors.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StyleArgument {
    /// As transformers.
    Native,
    /// As Microsoft's processor.
    Microsoft,
    /// As AG-KD's demonstration: the sentence twice.
    AgkdDemo,
    /// As AG-KD's training and evaluation: the sentence twice, and one full stop more.
    Agkd,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum ScoringArgument {
    /// The probability of the tokens that wrote it.
    #[default]
    Probability,
    /// 1 for all, as AG-KD's evaluation has it.
    One,
}

impl WordArguments {
    /// Whether nothing is asked.
    pub fn are_none(&self) -> bool {
        self.phrase.is_empty() && self.knowledge.is_none() && self.task.is_none() && self.trace.is_none()
    }

    /// Where the trace goes.
    pub fn trace(&self) -> Option<&Path> {
        self.trace.as_deref()
    }

    pub fn preprocessing(&self, published: Preprocessing) -> Preprocessing {
        let side = self.side.map_or(published, |side| Preprocessing { height: side, width: side, ..published });
        Preprocessing { fit: self.pad.map_or(side.fit, Fit::Pad), ..side }
    }

    pub fn generation(&self, published: Generation) -> anyhow::Result<Generation> {
        ensure!(self.new_tokens != Some(0), "an answer has at least one token; --new-tokens 0 leaves none");
        Ok(Generation {
            beams: self.beams.map_or(published.beams, usize::from),
            new_tokens: self.new_tokens.unwrap_or(published.new_tokens),
            ..published
        })
    }

    /// What is asked.
    ///
    /// # Errors
    /// Where it is nothing, the task is unknown, or the list cannot be read.
    pub fn wish(&self) -> anyhow::Result<Wish> {
        let task = self.task.as_ref().map(|name| {
            Task::of(name).with_context(|| {
                let all: Vec<&str> = Task::ALL.iter().map(|named| named.token.trim_matches(['<', '>'])).collect();
                format!("there is no task \"{name}\"; there are {}", all.join(", "))
            })
        });
        let task = task.transpose()?;
        let style = self.style.map(|style| match style {
            StyleArgument::Native => PromptStyle::Native,
            StyleArgument::Microsoft => PromptStyle::Microsoft,
            StyleArgument::AgkdDemo => PromptStyle::Doubled,
            StyleArgument::Agkd => PromptStyle::DoubledWithFullStop,
        });
        let scoring = match self.scoring {
            ScoringArgument::Probability => Scoring::Probability,
            ScoringArgument::One => Scoring::One,
        };
        if self.knowledge.is_none() && self.phrase.is_empty() && task.is_none() {
            bail!("nothing is asked; give --phrase, --knowledge or --task");
        }
        let knowledge = self.knowledge.as_deref().map(read_knowledge).transpose()?;
        Ok(Wish { task, style, phrases: self.phrase.clone(), knowledge, bare: self.bare, scoring })
    }
}

fn read_knowledge(path: &Path) -> anyhow::Result<Knowledge> {
    let file = path.display().to_string();
    let bytes = std::fs::read(path).with_context(|| format!("{file} cannot be read"))?;
    let (knowledge, problems) = Knowledge::read(&file, &bytes)?;
    for problem in problems {
        eprintln!("{}", problem.message);
    }
    ensure!(!knowledge.entries.is_empty(), "{file} has no label to ask for");
    Ok(knowledge)
}
