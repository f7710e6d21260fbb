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
    let request = EvaluateRequest { task, ..EvaluateRequest::default() };
    assert!(sources.are_plain(&request));
    let report = Evaluating::of_files(&sources, &request).unwrap().finish();
    let values = report.report.values.iter().map(|value| format!("{value:?}")).collect();
    (values, report.report.problems)
}

fn error(truth: (&str, &str), predictions: (&str, &str)) -> String {
    let contents = [truth.1, predictions.1].map(Content::from);
    let sources = Sources {
        truth: vec![File { name: truth.0, content: &contents[0] }],
        predictions: vec![vec![File { name: predictions.0, content: &contents[1] }]],
        attributes: None,
    };
    Evaluating::of_files(&sources, &EvaluateRequest::default()).err().unwrap().to_string()
}

#[test]
fn files_that_are_read_with_their_images_say_so() {
    let voc = ("a.xml", "<annotation><filename>a.png</filename><object><name>x</name></object></annotation>");
    let said = error(voc, ("p.csv", "case,score\na,1\n"));
    assert!(said.starts_with("a.xml: this is Pascal VOC"), "{said}");
    assert!(said.contains("--images"), "{said}");
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

const NAMED: &str = "image,truth,sex\na.png,nevus,f\nb.png,melanoma,m\nc.png,nevus,f\nd.png,melanoma,m\n";
const SCORED: &str = "image,nevus,melanoma\na.png,.9,.1\nb.png,.6,.4\nc.png,.3,.7\nd.png,.2,.8\n";

#[test]
fn a_column_for_each_class_says_what_one_column_says() {
    let of_names = values(&[("t.csv", NAMED)], ("p.csv", SCORED), None);
    assert!(!of_names.0.is_empty());
    assert_eq!(of_names.1, Vec::<String>::new());
    let each = "image,nevus,melanoma,sex\na.png,1.0,0.0,f\nb.png,0,1,m\nc.png,1,0,f\nd.png,0,1,m\n";
    assert_eq!(values(&[("t.csv", each)], ("p.csv", SCORED), None), of_names);
    // Predictions that name classes need no scores, and a column of two numbers about something else is no class.
    let named = "image,prediction\na.png,nevus\nb.png,nevus\nc.png,melanoma\nd.png,melanoma\n";
    let both = [NAMED, each].map(|truth| values(&[("t.csv", truth)], ("p.csv", named), None));
    assert!(!both[0].0.is_empty());
    assert_eq!(both[0], both[1]);
}

#[test]
fn several_true_classes_are_a_set_and_rows_that_are_not_known_are_told() {
    let bars = "Image Index,Finding Labels\na.png,Edema|Effusion\nb.png,Effusion\nc.png,\nd.png,Edema\n";
    let scores = "image,Edema,Effusion\na.png,.9,.6\nb.png,.6,.4\nc.png,.3,.1\nd.png,.2,.8\n";
    let expected = values(&[("t.csv", bars)], ("p.csv", scores), None);
    assert!(!expected.0.is_empty());
    // CheXpert's table: a path, attributes, nothing where a report is silent, and -1 where it is unsure.
    let each = "Path,Sex,Edema,Effusion\nSet/valid/a.png,F,1.0,1.0\nSet/valid/b.png,M,0.0,1.0\nSet/valid/c.png,F,0.0,0.0\n\
        Set/valid/d.png,M,1.0,0.0\nSet/valid/e.png,M,-1.0,0.0\nSet/valid/f.png,M,,1.0\n";
    let paths = scores.replace("\n", "\nvalid/").trim_end_matches("valid/").to_owned();
    let (values, problems) = values(&[("t.csv", each)], ("p.csv", &paths), None);
    assert_eq!(values, expected.0);
    assert_eq!(
        problems,
        ["t.csv: 2 rows are left out: of some class they say neither yes (1) nor no (0), but nothing or -1"]
    );
}

#[test]
fn cases_meet_by_the_ends_of_their_names_and_what_meets_none_is_told() {
    let (expected, _) = values(&[("t.csv", NAMED)], ("p.csv", SCORED), None);
    let stems = SCORED.replace(".png", "");
    assert_eq!(values(&[("t.csv", NAMED)], ("p.csv", &stems), None), (expected, Vec::new()));
    let others = stems.replace("\nd,", "\nx,");
    assert_eq!(
        values(&[("t.csv", NAMED)], ("p.csv", &others), None).1,
        [
            "p.csv says nothing of cases of t.csv: 1 of them, such as \"d.png\"",
            "p.csv speaks of cases that are not in t.csv: 1 of them, such as \"x\"",
        ]
    );
    // Two patients' images of one name are not both the one that is spoken of.
    let twice = "image,truth\np1/v.png,nevus\np2/v.png,melanoma\nw.png,nevus\n";
    let (_, problems) = values(&[("t.csv", twice)], ("p.csv", "image,prediction\nv.png,nevus\nw.png,nevus\n"), None);
    assert_eq!(problems[0], "p.csv says nothing of cases of t.csv: 2 of them, such as \"p1/v.png\"");
}

#[test]
fn tables_of_other_cases_are_no_pair() {
    let error = error(("t.csv", NAMED), ("p.csv", "image,prediction\nx.png,nevus\n"));
    assert_eq!(error, "p.csv: none of its cases, such as \"x.png\", is one of t.csv, such as \"a.png\"");
    let error = self::error(("t.csv", "image,smoker\na.png,1\n"), ("p.csv", "image,prediction\na.png,nevus\n"));
    assert!(error.starts_with("t.csv: no column holds the true class: one of truth, label"), "{error}");
    assert!(error.ends_with("or a column of 1 and 0 for each class, called as the columns of scores are"), "{error}");
}
