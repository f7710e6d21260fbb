//! The words of a model that is asked in words: prompts to token ids, ids to findings, lists of what is known of labels.

use groundglass_formats::Problem;
use groundglass_language::task::AnswerKind;
use groundglass_language::{
    Asked, Entry, Generated, Knowledge, LanguageError, PromptStyle, Question, Questions, Task, Tokenizer, Wish,
    image_token,
};
use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::error::Fault;
use crate::faults::to_js;

/// A task, for a menu.
#[derive(Clone, Debug, Serialize, Tsify)]
pub struct TaskEntry {
    /// The task.
    pub task: Task,
    /// A name for people.
    pub name: &'static str,
    /// Whether it is asked with words of the user's.
    pub takes_words: bool,
    /// Whether what it takes is a region, not words.
    pub takes_region: bool,
    /// What its answer is made of.
    pub answer: AnswerKind,
}

/// A way of putting a question, for a menu.
#[derive(Clone, Debug, Serialize, Tsify)]
pub struct StyleEntry {
    /// The style.
    pub style: PromptStyle,
    /// A name for people.
    pub name: &'static str,
}

/// A list that was read, and what of it was not.
#[derive(Clone, Debug, Serialize, Tsify)]
pub struct ReadKnowledge {
    /// The entries.
    pub entries: Vec<Entry>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// Everything that can be asked, in the order of a menu.
#[wasm_bindgen(unchecked_return_type = "TaskEntry[]")]
pub fn tasks() -> Result<JsValue, Fault> {
    let entry = |named: &groundglass_language::NamedTask| TaskEntry {
        task: named.task,
        name: named.name,
        takes_words: named.after.is_some() && !named.task.takes_region(),
        takes_region: named.task.takes_region(),
        answer: named.answer,
    };
    to_js(&Task::ALL.iter().map(entry).collect::<Vec<_>>())
}

/// Every way of putting a question.
#[wasm_bindgen(unchecked_return_type = "StyleEntry[]")]
pub fn prompt_styles() -> Result<JsValue, Fault> {
    to_js(&PromptStyle::ALL.map(|(style, name)| StyleEntry { style, name }))
}

/// A short list, to begin with and to see the shape.
#[wasm_bindgen(unchecked_return_type = "ReadKnowledge")]
pub fn example_knowledge() -> Result<JsValue, Fault> {
    read_knowledge("example.yaml", groundglass_language::knowledge::EXAMPLE.as_bytes())
}

/// Reads a list of labels and definitions, YAML or JSON.
#[wasm_bindgen(unchecked_return_type = "ReadKnowledge")]
pub fn read_knowledge(name: &str, bytes: &[u8]) -> Result<JsValue, Fault> {
    let (Knowledge { entries }, problems) = Knowledge::read(name, bytes)?;
    to_js(&ReadKnowledge { entries, problems })
}

/// Writes a list as YAML, or as JSON.
#[wasm_bindgen]
pub fn write_knowledge(
    #[wasm_bindgen(unchecked_param_type = "Knowledge")] knowledge: JsValue,
    json: bool,
) -> Result<String, Fault> {
    let knowledge: Knowledge = serde_wasm_bindgen::from_value(knowledge)?;
    Ok(if json { knowledge.to_json() } else { knowledge.to_yaml() })
}

/// The words of one checkpoint.
#[wasm_bindgen]
pub struct Words {
    tokenizer: Tokenizer,
}

#[wasm_bindgen]
impl Words {
    /// Reads `tokenizer.json`; `config` is the checkpoint's `config.json`.
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str, tokenizer: &[u8], config: &[u8]) -> Result<Words, Fault> {
        Ok(Self { tokenizer: Tokenizer::from_json(name, tokenizer, image_token(config))? })
    }

    /// The questions of a wish, with their tokens.
    #[wasm_bindgen(unchecked_return_type = "Questions")]
    pub fn questions(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Partial<Wish>")] wish: JsValue,
    ) -> Result<JsValue, Fault> {
        let wish: Wish = serde_wasm_bindgen::from_value(wish)?;
        to_js(&Questions::new(&wish, &self.tokenizer)?)
    }

    /// What was answered to question number `place`.
    #[wasm_bindgen(unchecked_return_type = "Told")]
    pub fn read(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Questions")] questions: JsValue,
        place: usize,
        #[wasm_bindgen(unchecked_param_type = "Generated")] generated: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Asked")] asked: JsValue,
    ) -> Result<JsValue, Fault> {
        let questions: Questions = serde_wasm_bindgen::from_value(questions)?;
        let generated: Generated = serde_wasm_bindgen::from_value(generated)?;
        let asked: Asked = serde_wasm_bindgen::from_value(asked)?;
        let question: Option<&Question> = questions.list.get(place);
        let question = question.ok_or_else(|| Fault::new("argument", format!("there is no question {place}")))?;
        to_js(&questions.read(question, &generated, asked, &self.tokenizer))
    }

    /// The text of generated tokens, added tokens as they are written.
    pub fn text(&self, tokens: &[u32]) -> String {
        self.tokenizer.decode(tokens).text
    }
}

impl From<LanguageError> for Fault {
    fn from(error: LanguageError) -> Self {
        Self::new(error.kind(), error)
    }
}
