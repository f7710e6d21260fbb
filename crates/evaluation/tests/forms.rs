//! What is evaluated is the same whichever form it comes in: rankings as lists alone, answers in JSON Lines.
#![allow(clippy::unwrap_used)]

use groundglass_evaluation::{EvaluateRequest, Evaluating, File, Sources};
use groundglass_formats::Content;
use groundglass_metrics::Task;

/// Every value of the evaluation, as text, with how many problems there were.
fn values(truth: &[(&str, &str)], predictions: (&str, &str), task: Option<Task>) -> (Vec<String>, Vec<String>) {
    let truths: Vec<(&str, Content<'_>)> = truth.iter().map(|(name, text)| (*name, (*text).into())).collect();
    let (name, content) = (predictions.0, predictions.1.into());
    let sources = Sources {
        truth: truths.iter().map(|(name, content)| File { name, content }).collect(),
        predictions: vec![vec![File { name, content: &content }]],
        attributes: None,
    };
    assert!(sources.are_plain(task));
    let report =
        Evaluating::of_files(&sources, &EvaluateRequest { task, ..EvaluateRequest::default() }).unwrap().finish();
    let values = report.report.values.iter().map(|value| format!("{value:?}")).collect();
    (values, report.report.problems)
}

const LISTS: &str = "[[[[0, 3], [2]], [[1], [0]]], [[[2], [0, 1]]], [[[1]]]]";
const OWN: &str =
    r#"{"cases": {"0": {"0": [[0, 3], [2]], "1": [[1], [0]]}, "1": {"0": [[2], [0, 1]]}, "2": {"0": [[1]]}}}"#;
const SCORES: &str = "case,0,1,2,3\n0,.4,.3,.2,.1\n1,.1,.1,.7,.1\n2,.1,.6,.2,.1\n";

#[test]
fn rankings_as_lists_alone_are_those_of_cases_and_readers_by_their_places() {
    let lists = values(&[("selectors.json", LISTS)], ("p.csv", SCORES), None);
    assert!(!lists.0.is_empty());
    assert_eq!(lists, values(&[("own.json", OWN)], ("p.csv", SCORES), None));
    // The same with names for the numbers, by which the columns are called.
    let named = SCORES.replace("case,0,1,2,3", "case,a,b,c,d");
    let names = values(&[("selectors.json", LISTS), ("conditions.txt", "a\nb\nc\nd\n")], ("p.csv", &named), None);
    assert_eq!(names.0.len(), lists.0.len());
}

const ANSWERS: &str = "{\"image\": \"a.png\", \"question\": \"q?\", \"response\": \"C\", \"gt\": \"C\"}\n\
    {\"image\": \"b.png\", \"question\": \"q?\", \"response\": \"The answer is B.\", \"gt\": \"A\"}\n";

#[test]
fn answers_that_choose_letters_are_classes() {
    let truth = ("truth.csv", "image,truth\na.png,C\nb.png,A\n");
    let of_tables = values(&[truth], ("p.csv", "image,prediction\na.png,C\nb.png,B\n"), Some(Task::Classes));
    assert!(!of_tables.0.is_empty());
    assert_eq!(values(&[truth], ("p.jsonl", ANSWERS), Some(Task::Classes)), of_tables);
    assert_eq!(values(&[("p.jsonl", ANSWERS)], ("p.jsonl", ANSWERS), None), of_tables);
}

#[test]
fn questions_without_a_letter_that_is_right_are_told() {
    let more = format!(
        "{ANSWERS}{{\"image\": \"c.png\", \"question\": \"q?\", \"response\": \"C\", \"gt\": \"pneumonia\"}}\n"
    );
    let (_, problems) = values(&[("p.jsonl", &more)], ("p.jsonl", &more), None);
    assert_eq!(problems, ["p.jsonl: 1 questions are left out: what is right of them is no letter"]);
}
