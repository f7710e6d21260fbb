//! Grouping by an attribute that no case has is told, not answered with one group of everything.
#![allow(clippy::unwrap_used)]

use groundglass_evaluation::{EvaluateRequest, Evaluating, EvaluationError, File, Sources};

const TRUTH: File<'_> = File { name: "truth.csv", bytes: b"case,label\na,x\nb,y\nc,x\n" };
const SCORES: File<'_> = File { name: "scores.csv", bytes: b"case,x,y\na,0.9,0.1\nb,0.2,0.8\nc,0.6,0.4\n" };
const ATTRIBUTES: File<'_> = File { name: "attributes.csv", bytes: b"case,site,sex\na,P,f\nb,P,m\nc,Q,f\n" };

fn grouped(attributes: Option<File<'static>>, group: &str) -> Result<Evaluating, EvaluationError> {
    let sources = Sources { truth: vec![TRUTH], predictions: vec![vec![SCORES]], attributes };
    Evaluating::of_files(&sources, &EvaluateRequest { group: Some(group.to_owned()), ..EvaluateRequest::default() })
}

#[test]
fn an_attribute_that_no_case_has_is_told_with_those_that_there_are() {
    let error = grouped(Some(ATTRIBUTES), "sit").err().unwrap();
    assert_eq!(error.to_string(), "no case has the attribute \"sit\" by which to group; there are: sex, site");
    let error = grouped(None, "site").err().unwrap();
    assert_eq!(error.to_string(), "no case has the attribute \"site\" by which to group; no case has any");
}

#[test]
fn an_attribute_that_some_case_has_groups() {
    let report = grouped(Some(ATTRIBUTES), "site").unwrap().finish();
    assert!(report.report.values.iter().any(|value| value.group.as_deref() == Some("Q")));
}
