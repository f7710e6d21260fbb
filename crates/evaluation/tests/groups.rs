//! Grouping by an attribute that no case has is told, not answered with one group of everything.
#![allow(clippy::unwrap_used)]

use groundglass_evaluation::{EvaluateRequest, Evaluating, EvaluationError, File, Sources};
use groundglass_formats::Content;
use groundglass_metrics::TestFamily;

const TRUTH: &str = "case,label\na,x\nb,y\nc,x\n";
const SCORES: &str = "case,x,y\na,0.9,0.1\nb,0.2,0.8\nc,0.6,0.4\n";
const ATTRIBUTES: &str = "case,site,sex\na,P,f\nb,P,m\nc,Q,f\n";

fn grouped(attributes: Option<&str>, group: &str) -> Result<Evaluating, EvaluationError> {
    let (truth, scores) = (TRUTH.into(), SCORES.into());
    let attributes = attributes.map(Content::from);
    let sources = Sources {
        truth: vec![File { name: "truth.csv", content: &truth }],
        predictions: vec![vec![File { name: "scores.csv", content: &scores }]],
        attributes: attributes.as_ref().map(|content| File { name: "attributes.csv", content }),
    };
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

/// Twenty cases at two sites, and two models of which one errs more often at the second site.
fn many() -> [String; 4] {
    let mut files = ["case,label\n", "case,x,y\n", "case,x,y\n", "case,site\n"].map(str::to_owned);
    for case in 0..20 {
        let (label, site) = (["x", "y"][case % 2], ["P", "Q"][case / 10]);
        let right = |wrong: bool| if (case % 2 == 0) == wrong { "0.2,0.8" } else { "0.9,0.1" };
        files[0] += &format!("{case},{label}\n");
        files[1] += &format!("{case},{}\n", right(case % 5 == 0 && case >= 10));
        files[2] += &format!("{case},{}\n", right(case % 3 == 0));
        files[3] += &format!("{case},{site}\n");
    }
    files
}

#[test]
fn the_gap_has_its_interval_wherever_a_report_is_read() {
    let [truth, first, second, attributes] = many();
    let [truth, first, second, attributes] = [&truth, &first, &second, &attributes].map(|text| text.as_str().into());
    let sources = Sources {
        truth: vec![File { name: "truth.csv", content: &truth }],
        predictions: vec![
            vec![File { name: "first.csv", content: &first }],
            vec![File { name: "second.csv", content: &second }],
        ],
        attributes: Some(File { name: "attributes.csv", content: &attributes }),
    };
    let request = EvaluateRequest { group: Some("site".to_owned()), bootstrap: 60, ..EvaluateRequest::default() };
    let report = Evaluating::of_files(&sources, &request).unwrap().finish();
    let gap = report.report.groups.iter().find(|gap| gap.id == "accuracy" && gap.class.is_none()).unwrap();
    let [low, high] = gap.interval.unwrap();
    assert!(low <= gap.gap && gap.gap <= high && gap.interval_method.as_deref() == Some("percentile"));
    let shown = format!("[{low:.4}, {high:.4}]");
    let (table, html) = (groundglass_evaluation::table(&report), groundglass_evaluation::html(&report));
    let line = table.lines().skip_while(|line| !line.contains(" gap ")).find(|line| line.starts_with("accuracy "));
    assert!(line.unwrap().contains(&shown), "{table}");
    let gaps = html.split("Gaps between groups").nth(1).unwrap();
    assert!(gaps.contains("Interval</th>") && gaps.contains(&shown), "{gaps}");
    assert!(report.json().unwrap().contains("\"interval_method\": \"percentile\""));
    // Of which lines the p-values are adjusted together is said, too.
    let comparison = report.comparison.as_ref().unwrap();
    let said = format!("p-values of the {} lines over all classes", comparison.adjusted);
    assert!(comparison.adjusted > 0 && table.contains(&said) && html.contains(&said));
    assert_eq!(comparison.family, TestFamily::Overall);
    assert!(comparison.lines.iter().all(|line| line.class.is_none() || line.p_holm.is_none()));
    // Asked for, it is every line that has a p-value, those of single classes among them.
    let every = EvaluateRequest { adjust: TestFamily::All, ..request };
    let report = Evaluating::of_files(&sources, &every).unwrap().finish();
    let wider = report.comparison.as_ref().unwrap();
    assert!(wider.family == TestFamily::All && wider.adjusted > comparison.adjusted);
    for (line, before) in wider.lines.iter().zip(&comparison.lines) {
        assert_eq!(line.p_permutation, before.p_permutation);
        assert_eq!(line.p_holm.is_some(), line.p_permutation.is_some(), "{}", line.id);
    }
    let adjusted = wider.lines.iter().filter(|line| line.p_holm.is_some());
    assert_eq!(adjusted.clone().count(), wider.adjusted);
    assert!(adjusted.filter(|line| line.class.is_some()).count() > 0);
    assert!(!groundglass_evaluation::table(&report).contains("lines of single classes are left as they are"));
}
