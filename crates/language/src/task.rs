//! What Florence-2 can be asked, and how the question is put.
//!
//! A task's token never reaches the network: the processor puts a sentence in its place. Sources: `transformers` 4.57.1,
//! `processing_florence2.py`; for AG-KD <https://github.com/LijunRio/AG-KD>, `simple_use/simple_example.py` and
//! `src/dataset.py`.

use serde::{Deserialize, Serialize};

use crate::answer::{is_space, trimmed};
use crate::{LanguageError, Span};

/// What Florence-2 can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// The boxes of the phrases of a caption.
    CaptionToPhraseGrounding,
    /// The boxes or outlines of what is named.
    OpenVocabularyDetection,
    /// The boxes of all objects, with their categories.
    ObjectDetection,
    /// The boxes of all objects, each with a description.
    DenseRegionCaption,
    /// Boxes in which something is, without words.
    RegionProposal,
    /// The outline of what an expression refers to.
    ReferringExpressionSegmentation,
    /// The outline of what is in a box.
    RegionToSegmentation,
    /// The category of what is in a box.
    RegionToCategory,
    /// A description of what is in a box.
    RegionToDescription,
    /// The text in a box.
    RegionToOcr,
    /// A sentence about the image.
    Caption,
    /// Some sentences about the image.
    DetailedCaption,
    /// A paragraph about the image.
    MoreDetailedCaption,
    /// The text in the image.
    Ocr,
    /// The text in the image, each piece with the four corners around it.
    OcrWithRegion,
}

/// What an answer is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// Words alone.
    Text,
    /// Boxes of the phrases of a caption; words that name nothing, as "it", are left out.
    Phrases,
    /// Boxes, each with what was said of it.
    Boxes,
    /// Outlines where the answer has `<poly>`, boxes where it has not.
    BoxesOrPolygons,
    /// Outlines.
    Polygons,
    /// Boxes without words.
    Proposals,
    /// Four corners around each piece of text.
    Quads,
}

/// A task with what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedTask {
    /// The task.
    pub task: Task,
    /// A name for people.
    pub name: &'static str,
    /// The token by which programs name it.
    pub token: &'static str,
    /// The sentence before the input.
    pub before: &'static str,
    /// The sentence after the input; `None` where the task takes no input and `before` is the whole sentence.
    pub after: Option<&'static str>,
    /// What its answer is made of.
    pub answer: AnswerKind,
}

const fn plain(
    task: Task,
    name: &'static str,
    token: &'static str,
    sentence: &'static str,
    answer: AnswerKind,
) -> NamedTask {
    NamedTask { task, name, token, before: sentence, after: None, answer }
}

const fn about(
    task: Task,
    name: &'static str,
    token: &'static str,
    [before, after]: [&'static str; 2],
    answer: AnswerKind,
) -> NamedTask {
    NamedTask { task, name, token, before, after: Some(after), answer }
}

impl Task {
    /// Every task.
    pub const ALL: [NamedTask; 15] = [
        about(
            Self::CaptionToPhraseGrounding,
            "Caption to phrase grounding",
            "<CAPTION_TO_PHRASE_GROUNDING>",
            ["Locate the phrases in the caption: ", ""],
            AnswerKind::Phrases,
        ),
        about(
            Self::OpenVocabularyDetection,
            "Open-vocabulary detection",
            "<OPEN_VOCABULARY_DETECTION>",
            ["Locate ", " in the image."],
            AnswerKind::BoxesOrPolygons,
        ),
        plain(
            Self::ObjectDetection,
            "Object detection",
            "<OD>",
            "Locate the objects with category name in the image.",
            AnswerKind::Boxes,
        ),
        plain(
            Self::DenseRegionCaption,
            "Dense region caption",
            "<DENSE_REGION_CAPTION>",
            "Locate the objects in the image, with their descriptions.",
            AnswerKind::Boxes,
        ),
        plain(
            Self::RegionProposal,
            "Region proposal",
            "<REGION_PROPOSAL>",
            "Locate the region proposals in the image.",
            AnswerKind::Proposals,
        ),
        about(
            Self::ReferringExpressionSegmentation,
            "Referring segmentation",
            "<REFERRING_EXPRESSION_SEGMENTATION>",
            ["Locate ", " in the image with mask"],
            AnswerKind::Polygons,
        ),
        about(
            Self::RegionToSegmentation,
            "Segmentation of a region",
            "<REGION_TO_SEGMENTATION>",
            ["What is the polygon mask of region ", ""],
            AnswerKind::Polygons,
        ),
        about(
            Self::RegionToCategory,
            "Category of a region",
            "<REGION_TO_CATEGORY>",
            ["What is the region ", "?"],
            AnswerKind::Text,
        ),
        about(
            Self::RegionToDescription,
            "Description of a region",
            "<REGION_TO_DESCRIPTION>",
            ["What does the region ", " describe?"],
            AnswerKind::Text,
        ),
        about(
            Self::RegionToOcr,
            "Text in a region",
            "<REGION_TO_OCR>",
            ["What text is in the region ", "?"],
            AnswerKind::Text,
        ),
        plain(Self::Caption, "Caption", "<CAPTION>", "What does the image describe?", AnswerKind::Text),
        plain(
            Self::DetailedCaption,
            "Detailed caption",
            "<DETAILED_CAPTION>",
            "Describe in detail what is shown in the image.",
            AnswerKind::Text,
        ),
        plain(
            Self::MoreDetailedCaption,
            "More detailed caption",
            "<MORE_DETAILED_CAPTION>",
            "Describe with a paragraph what is shown in the image.",
            AnswerKind::Text,
        ),
        plain(Self::Ocr, "Text in the image", "<OCR>", "What is the text in the image?", AnswerKind::Text),
        plain(
            Self::OcrWithRegion,
            "Text in the image, with regions",
            "<OCR_WITH_REGION>",
            "What is the text in the image, with regions?",
            AnswerKind::Quads,
        ),
    ];

    /// The task with what belongs to it.
    pub const fn named(self) -> &'static NamedTask {
        // The list is in the order of the tasks, which a test holds.
        const ALL: [NamedTask; 15] = Task::ALL;
        &ALL[self as usize]
    }

    /// The task of a token, or of its name without the brackets in any case: `<OD>`, `caption_to_phrase_grounding`.
    pub fn of(name: &str) -> Option<Self> {
        let bare = |token: &str| token.trim_matches(['<', '>']).to_ascii_lowercase();
        Self::ALL.iter().find(|named| bare(named.token) == bare(name.trim())).map(|named| named.task)
    }

    /// Whether it is asked about a box, which [`region`] writes, and not in words.
    pub const fn takes_region(self) -> bool {
        matches!(
            self,
            Self::RegionToSegmentation | Self::RegionToCategory | Self::RegionToDescription | Self::RegionToOcr
        )
    }

    /// The sentence that is put to the network, before `<s>` and `</s>`.
    ///
    /// `input` is the caption, the expression, the label, or the box as [`region`] writes it. A `definition` makes
    /// `{input} means {definition}.` of it, whatever the style, and keeps its own full stop.
    ///
    /// # Errors
    ///
    /// [`LanguageError::Input`] where an input lacks or is too much, or the doubled sentence is asked of another task than
    /// phrase grounding.
    pub fn prompt(
        self,
        style: PromptStyle,
        input: Option<&str>,
        definition: Option<&str>,
    ) -> Result<Prompt, LanguageError> {
        let named = self.named();
        let refuse = |found, expected| Err(LanguageError::Input { task: named.token, found, expected });
        let mut prompt = Prompt { text: named.before.to_owned(), input: None, definition: None };
        let input = input.filter(|input| !trimmed(input).is_empty());
        let (after, input) = match (named.after, input) {
            (None, None) => return Ok(prompt),
            (None, Some(_)) => return refuse("an input", "none: its sentence is whole"),
            (Some(_), None) => return refuse("no input", "words or a region to ask about"),
            (Some(after), Some(input)) => (after, input),
        };
        let doubled = matches!(style, PromptStyle::Doubled | PromptStyle::DoubledWithFullStop);
        if doubled && self != Self::CaptionToPhraseGrounding {
            return refuse("the doubled sentence of AG-KD", "a sentence of its own: only phrase grounding is doubled");
        }
        if doubled {
            prompt.text.push_str(named.before);
        }
        // The reference strips what it is given as a whole. What stands inside the doubled sentence has no ends.
        let input = match (style, definition) {
            (PromptStyle::Native, None) => trimmed(input),
            (PromptStyle::Native, Some(_)) => input.trim_start_matches(is_space),
            _ => input,
        };
        prompt.input = Some(prompt.push(input));
        if let Some(definition) = definition {
            prompt.text.push_str(" means ");
            prompt.definition = Some(prompt.push(definition));
        }
        if definition.is_some() || doubled {
            prompt.text.push('.');
        }
        if definition.is_some() && style == PromptStyle::DoubledWithFullStop {
            prompt.text.push('.');
        }
        prompt.text.push_str(after);
        Ok(prompt)
    }
}

/// Whose way of putting the question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum PromptStyle {
    /// As `transformers` does: white space around the input goes.
    #[default]
    Native,
    /// As Microsoft's processor does: the input stays as it is.
    Microsoft,
    /// As AG-KD's demo does: the sentence of phrase grounding twice, for the caller wrote it and the processor puts it in
    /// front again. With a definition that ends in a full stop, as theirs do, the prompt ends in two.
    Doubled,
    /// As AG-KD's training and evaluation do: one full stop more behind a definition, so three.
    DoubledWithFullStop,
}

impl PromptStyle {
    /// Every style with its name for people.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Native, "transformers"),
        (Self::Microsoft, "Microsoft"),
        (Self::Doubled, "AG-KD demo (two full stops)"),
        (Self::DoubledWithFullStop, "AG-KD evaluation (three full stops)"),
    ];
}

/// A question as the network is asked it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Prompt {
    /// The sentence.
    pub text: String,
    /// The bytes of the sentence that are the input.
    pub input: Option<Span>,
    /// The bytes of the sentence that are the definition.
    pub definition: Option<Span>,
}

impl Prompt {
    /// A sentence that was written elsewhere; all of it counts as input.
    pub fn of_text(text: &str) -> Self {
        Self { text: text.to_owned(), input: Some((0..text.len()).into()), definition: None }
    }

    fn push(&mut self, part: &str) -> Span {
        let start = self.text.len();
        self.text.push_str(part);
        Span { start, end: self.text.len() }
    }

    /// Where a label stands in the input: its bytes in the sentence. Letters of ASCII may differ in case. A place where no
    /// letter or digit touches it goes before one inside a word, and an earlier before a later.
    pub fn find(&self, label: &str) -> Option<Span> {
        let within = self.input?;
        let text = self.text.get(within.range())?.to_ascii_lowercase();
        let label = trimmed(label).to_ascii_lowercase();
        if label.is_empty() {
            return None;
        }
        let alone = |at: usize| {
            let letter = |symbol: Option<char>| symbol.is_some_and(char::is_alphanumeric);
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text.get(at + label.len()..).and_then(|after| after.chars().next());
            !letter(before) && !letter(after)
        };
        let mut places = text.match_indices(&label).map(|(at, _)| at);
        let at = places.clone().find(|&at| alone(at)).or_else(|| places.next())?;
        Some((within.start + at..within.start + at + label.len()).into())
    }
}

/// A class's name as AG-KD's data has it: lower case, and `Nodule/Mass` as "nodule or mass".
pub fn class_name(name: &str) -> String {
    let name = name.to_lowercase();
    if name == "nodule/mass" { "nodule or mass".to_owned() } else { name }
}

/// The bins of a box as the input of a task about a region: `<loc_1><loc_2><loc_3><loc_4>`.
pub fn region(bins: [u16; 4]) -> String {
    bins.map(|bin| format!("<loc_{}>", bin.min(crate::quantise::LAST_BIN))).concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_the_order_of_the_tasks() {
        for named in &Task::ALL {
            assert_eq!(named.task.named(), named);
            assert_eq!(Task::of(named.token), Some(named.task));
        }
        assert_eq!(Task::of(" caption_to_phrase_grounding "), Some(Task::CaptionToPhraseGrounding));
        assert_eq!(Task::of("od"), Some(Task::ObjectDetection));
        assert_eq!(Task::of("detect"), None);
    }

    #[test]
    fn inputs_are_asked_for_and_refused() {
        let message = |task: Task, style, input| task.prompt(style, input, None).unwrap_err().to_string();
        assert_eq!(
            message(Task::Caption, PromptStyle::Native, Some("a cat")),
            "the task <CAPTION> was given an input, not none: its sentence is whole"
        );
        assert_eq!(
            message(Task::OpenVocabularyDetection, PromptStyle::Native, Some("  ")),
            "the task <OPEN_VOCABULARY_DETECTION> was given no input, not words or a region to ask about"
        );
        let doubled = Task::OpenVocabularyDetection.prompt(PromptStyle::Doubled, Some("a"), None);
        assert_eq!(doubled.unwrap_err().kind(), "task_input");
    }

    #[test]
    fn the_doubled_sentence_ends_in_two_or_three_full_stops() {
        let twice = "Locate the phrases in the caption: Locate the phrases in the caption: ";
        let ask =
            |style, definition| Task::CaptionToPhraseGrounding.prompt(style, Some("cyst"), definition).unwrap().text;
        assert_eq!(ask(PromptStyle::Doubled, Some("A sac.")), format!("{twice}cyst means A sac.."));
        assert_eq!(ask(PromptStyle::DoubledWithFullStop, Some("A sac.")), format!("{twice}cyst means A sac..."));
        assert_eq!(ask(PromptStyle::Doubled, None), format!("{twice}cyst."));
        assert_eq!(ask(PromptStyle::DoubledWithFullStop, None), format!("{twice}cyst."));
        assert_eq!(ask(PromptStyle::Native, Some("A sac.")), "Locate the phrases in the caption: cyst means A sac..");
    }

    #[test]
    fn a_label_is_found_where_it_stands_alone() {
        let prompt =
            Task::CaptionToPhraseGrounding.prompt(PromptStyle::Native, Some(" masses, a Mass, the mass"), None);
        let prompt = prompt.unwrap();
        let found = prompt.find("mass ").unwrap();
        assert_eq!(&prompt.text[found.range()], "Mass");
        assert_eq!(prompt.find("asse").map(|span| &prompt.text[span.range()]), Some("asse"));
        assert_eq!((prompt.find("Locate"), prompt.find(" "), prompt.find("tumour")), (None, None, None));
    }

    #[test]
    fn names_of_classes_are_in_lower_case() {
        assert_eq!(class_name("Nodule/Mass"), "nodule or mass");
        assert_eq!(class_name("ILD"), "ild");
        assert_eq!(region([1, 2, 3, 1000]), "<loc_1><loc_2><loc_3><loc_999>");
    }
}
