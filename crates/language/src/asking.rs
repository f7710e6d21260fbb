//! What is asked of a model, and what it said: the way from a person's wish to findings that the command and the page share.

use groundglass_types::Finding;
use serde::{Deserialize, Serialize};

use crate::answer::{Found, Reading};
use crate::task::class_name;
use crate::{
    Finder, Findings, Flavour, Knowledge, LanguageError, Naming, Prompt, PromptStyle, Scoring, Span, Task, Tokenizer,
    read_answer,
};

/// What a person wants to know of an image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(default)]
pub struct Wish {
    /// The task; phrase grounding unless given.
    pub task: Option<Task>,
    /// Whose way of putting the question; unless given AG-KD's for phrase grounding with knowledge, else that of `transformers`.
    pub style: Option<PromptStyle>,
    /// Phrases to ask for, one after the other. Not asked where there is knowledge.
    pub phrases: Vec<String>,
    /// Labels with their definitions to ask for; answers are named after these labels.
    pub knowledge: Option<Knowledge>,
    /// Ask for the labels alone, without their definitions.
    pub bare: bool,
    /// What a finding's score is.
    pub scoring: Scoring,
}

/// One question, ready for the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Question {
    /// The task.
    pub task: Task,
    /// The sentence.
    pub prompt: Prompt,
    /// Its tokens.
    pub tokens: Vec<u32>,
    /// What is asked for: the label of an answer without words.
    pub label: String,
}

/// All questions, and how their answers are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Questions {
    /// In the order in which they are asked.
    pub list: Vec<Question>,
    /// The classes after which answers are named; empty where they keep the names that they are given.
    pub classes: Vec<String>,
    /// Whose reading.
    pub flavour: Flavour,
    /// The scores.
    pub scoring: Scoring,
}

/// What a network wrote.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Generated {
    /// The tokens, the decoder's start first.
    pub tokens: Vec<u32>,
    /// The log-probability of each token after the start; 0 for one that was forced.
    pub log_probabilities: Vec<f32>,
    /// AG-KD's confidence: `exp` of the mean log-probability of the tokens that were not forced.
    pub probability: f64,
}

/// The image that was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Asked {
    /// Its columns and rows.
    pub size: [u32; 2],
    /// Where it lies in what the network saw, in parts of its sides: left, top, width, height.
    pub placement: [f64; 4],
}

/// One question's answer, as people and programs are told of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Told {
    /// The sentence that was asked.
    pub prompt: String,
    /// What was generated, every token written out.
    pub text: String,
    /// The generated tokens, the decoder's start first.
    pub tokens: Vec<u32>,
    /// AG-KD's confidence in the whole answer.
    pub probability: f64,
    /// The answer of a task that is answered in words alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub words: Option<String>,
    /// What was found, in the order of the answer.
    pub found: Vec<Grounded>,
    /// What could not be read or was left out: sentences.
    pub notes: Vec<String>,
}

/// A finding, and the words that it grounds.
// The TypeScript form is written out, because the declarations cannot flatten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "tsify",
    derive(tsify::Tsify),
    tsify(
        type = "Finding & {\n    /** As they were generated. */\n    words: string;\n    /** The bytes of the prompt in which they stand, where they do. */\n    phrase?: Span;\n}"
    )
)]
pub struct Grounded {
    /// The finding, in pixels of the image.
    #[serde(flatten)]
    pub finding: Finding,
    /// The words, as they were generated.
    pub words: String,
    /// The bytes of the prompt in which they stand, where they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phrase: Option<Span>,
}

impl Questions {
    /// Puts a wish into questions.
    ///
    /// # Errors
    /// [`LanguageError::Input`] where the task needs words and there are none, or takes none and is given some, and what
    /// [`Tokenizer::encode`] refuses.
    pub fn new(wish: &Wish, tokenizer: &Tokenizer) -> Result<Self, LanguageError> {
        let task = wish.task.unwrap_or(Task::CaptionToPhraseGrounding);
        let style = wish.style.unwrap_or(match wish.knowledge {
            Some(_) if task == Task::CaptionToPhraseGrounding => PromptStyle::DoubledWithFullStop,
            _ => PromptStyle::Native,
        });
        let mut questions = Self {
            list: Vec::new(),
            classes: Vec::new(),
            // Only the reading of transformers cuts positions to whole pixels.
            flavour: if style == PromptStyle::Native { Flavour::Native } else { Flavour::Microsoft },
            scoring: wish.scoring,
        };
        let mut ask = |label: &str, input: Option<&str>, definition: Option<&str>| -> Result<(), LanguageError> {
            let prompt = task.prompt(style, input, definition)?;
            let tokens = tokenizer.encode(&prompt.text)?;
            questions.list.push(Question { task, prompt, tokens, label: label.to_owned() });
            Ok(())
        };
        match &wish.knowledge {
            Some(knowledge) => {
                for entry in &knowledge.entries {
                    let label = class_name(&entry.label);
                    let definition = (!wish.bare && !entry.definition.is_empty()).then_some(entry.definition.as_str());
                    ask(&label, Some(&label), definition)?;
                }
                questions.classes = knowledge.entries.iter().map(|entry| class_name(&entry.label)).collect();
            }
            None if wish.phrases.is_empty() => ask(task.named().name, None, None)?,
            None => {
                for phrase in &wish.phrases {
                    ask(phrase, Some(phrase), None)?;
                }
            }
        }
        Ok(questions)
    }

    /// What was answered to one of them.
    pub fn read(&self, question: &Question, generated: &Generated, asked: Asked, tokenizer: &Tokenizer) -> Told {
        let naming = match self.classes.as_slice() {
            [] => Naming::AsWritten { otherwise: &question.label },
            classes => Naming::Repaired(classes),
        };
        let finder = Finder { size: asked.size, placement: asked.placement, scoring: self.scoring, naming };
        // The decoder's start is no part of the answer.
        let transcript = tokenizer.decode(generated.tokens.get(1..).unwrap_or_default());
        let reading = Reading {
            flavour: self.flavour,
            prompt: Some(&question.prompt),
            ..Reading::new(question.task, finder.seen())
        };
        let said = read_answer(&transcript, &reading);
        let Findings { findings, places, notes } = finder.find(&said, &generated.log_probabilities);
        let grounded = |(finding, place): (Finding, usize)| {
            let found: Option<&Found> = said.found.get(place);
            let words = found.and_then(|found| transcript.text.get(found.words.range())).unwrap_or_default().to_owned();
            Grounded { finding, words, phrase: found.and_then(|found| found.phrase) }
        };
        Told {
            prompt: question.prompt.text.clone(),
            tokens: generated.tokens.clone(),
            probability: generated.probability,
            found: findings.into_iter().zip(places).map(grounded).collect(),
            notes: said.notes.iter().cloned().chain(notes).collect(),
            words: said.words.clone(),
            text: transcript.text,
        }
    }
}
