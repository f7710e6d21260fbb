//! Lists of knowledge: the shapes that are read, the faults that are told, and what is written back.
#![allow(clippy::unwrap_used)]

use groundglass_language::knowledge::{Attribute, EXAMPLE};
use groundglass_language::{Entry, Knowledge};
use proptest::prelude::*;

fn read(text: &str) -> (Vec<Entry>, Vec<String>) {
    let (knowledge, problems) = Knowledge::read("k.yaml", text.as_bytes()).unwrap();
    (knowledge.entries, problems.into_iter().map(|problem| problem.message).collect())
}

fn entry(label: &str, definition: &str, attributes: &[(&str, &str)]) -> Entry {
    let attribute = |(name, value): &(&str, &str)| Attribute { name: (*name).to_owned(), value: (*value).to_owned() };
    Entry {
        label: label.to_owned(),
        definition: definition.to_owned(),
        attributes: attributes.iter().map(attribute).collect(),
    }
}

fn refused(text: &str) -> String {
    Knowledge::read("k.yaml", text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn three_shapes_are_one_list() {
    let expected = (vec![entry("cyst", "A sac.", &[]), entry("mass", "A lump.", &[])], Vec::new());
    assert_eq!(read("cyst: A sac.\nmass: A lump.\n"), expected);
    assert_eq!(read("cyst: {definition: A sac.}\nmass:\n  description: A lump.\n"), expected);
    assert_eq!(read("- label: cyst\n  definition: A sac.\n- {name: mass, description: A lump.}\n"), expected);
    assert_eq!(read(r#"{"cyst": "A sac.", "mass": {"definition": "A lump."}}"#), expected);
    assert_eq!(
        read(r#"[{"label": "cyst", "definition": "A sac."}, {"name": "mass", "description": "A lump."}]"#),
        expected
    );
    assert_eq!(read("- cyst\n- mass\n").0, [entry("cyst", "", &[]), entry("mass", "", &[])]);
    let attributes = [("shape", "round"), ("colour", "grey, white")];
    let expected = (vec![entry("cyst", "A sac.", &attributes)], Vec::new());
    assert_eq!(read("cyst:\n  definition: A sac.\n  shape: round\n  colour: [grey, white]\n"), expected);
    assert_eq!(read("cyst:\n  definition: A sac.\n  attributes: {shape: round, colour: [grey, white]}\n"), expected);
    let listed = "- label: cyst\n  definition: A sac.\n  attributes:\n  - shape: round\n  - name: colour\n    value: grey, white\n";
    assert_eq!(read(listed), expected);
}

#[test]
fn one_fault_costs_one_entry() {
    let (entries, problems) = read("a: x\n[1]: y\nb: [1]\nc: {definition: [1], shape: {a: b}}\na: z\n\"\": w\n");
    assert_eq!(entries, [entry("a", "z", &[]), entry("c", "", &[])]);
    assert_eq!(
        problems,
        [
            "k.yaml, line 2: a label is a list, not a text; its entry is left out",
            "k.yaml, line 3: an entry is a list, not a definition or a mapping, and is left out",
            "k.yaml, line 4: \"definition\" is a list, not a text; it is left out",
            "k.yaml, line 4: an attribute is a mapping, not a name with a text; it is left out",
            "k.yaml, line 5: \"a\" stands there again; the later one counts",
            "k.yaml, line 6: an entry has no label (\"label\" or \"name\"), and is left out",
        ]
    );
    let (entries, problems) = read(r#"[{"definition": "x"}, {"label": "a"}, 3, null]"#);
    assert_eq!(entries, [entry("a", "", &[]), entry("3", "", &[])]);
    assert_eq!(problems.len(), 2);
    assert!(problems[0].starts_with("k.yaml, entry 1: an entry has no label"));
    let many: String = (0..100).map(|place| format!("k{place}: [1]\n")).collect();
    let (_, problems) = read(&many);
    assert_eq!((problems.len(), problems[32].as_str()), (33, "k.yaml: 68 more faults in entries"));
}

#[test]
fn what_is_no_list_is_refused_with_its_place() {
    assert_eq!(
        refused("just words"),
        "k.yaml: the whole of it is a text, not labels with their definitions, or a list of entries"
    );
    assert_eq!(refused(" \n"), "k.yaml: the file is empty, not a list of labels and definitions");
    assert_eq!(refused("# only a comment\n"), "k.yaml: the file is empty, not a list of labels and definitions");
    assert_eq!(refused("a: &x y\nb: *x\n"), "k.yaml: line 2, column 4 is an alias, not a value of its own");
    assert_eq!(refused("a: b\n---\nc: d\n"), "k.yaml: line 2, column 1 is a second document, not the end of the file");
    let broken = refused("a: b\nc: \"d\n");
    assert!(broken.starts_with("k.yaml is not valid YAML: ") && broken.contains("at line "), "{broken}");
    for deep in [format!("a: {}", "[".repeat(20)), format!("a:\n {}", "- ".repeat(5000))] {
        assert!(refused(&deep).contains("is a value inside eight others, not a list of labels"), "{}", refused(&deep));
    }
    // The parser has a limit of its own, which it meets before.
    assert!(refused(&format!("a: {}", "[".repeat(5000))).contains("recursion limit exceeded"));
    let bytes = Knowledge::read("k.yaml", b"a: \xff").unwrap_err().to_string();
    assert_eq!(bytes, "k.yaml: byte 3 is no UTF-8, not a text in UTF-8");
    let json = Knowledge::read("k.json", b"a: b").unwrap_err();
    assert_eq!(json.to_string(), "k.json is not valid JSON: expected value at line 1, column 1");
    let many: String = (0..10_001).map(|place| format!("k{place}: a\n")).collect();
    assert_eq!(refused(&many), "k.yaml has 10001 entries; at most 10000 are read");
    let large = Knowledge::read("k.yaml", &vec![b'a'; (4 << 20) + 1]).unwrap_err();
    assert_eq!(large.to_string(), "k.yaml has 4194305 bytes; at most 4194304 are read");
}

#[test]
fn aliases_cannot_grow() {
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, before) in ('b'..='i').zip('a'..) {
        bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(",")));
    }
    assert_eq!(refused(&bomb), "k.yaml: line 2, column 8 is an alias, not a value of its own");
}

#[test]
fn the_example_is_read_without_a_word() {
    let (knowledge, problems) = Knowledge::read("example.yaml", EXAMPLE.as_bytes()).unwrap();
    assert_eq!((knowledge.entries.len(), problems), (12, Vec::new()));
    assert!(knowledge.entries.iter().all(|entry| entry.definition.ends_with('.')));
    assert_eq!(knowledge.entry(" Coin ").unwrap().label, "coin");
    // As it is written, so it stands there: without the comment.
    assert_eq!(knowledge.to_yaml(), EXAMPLE.split_once('\n').unwrap().1);
}

fn words() -> impl Strategy<Value = String> {
    // What stands in files, and what needs an escape.
    let odd = prop::sample::select(vec![
        "yes",
        "~",
        "null",
        "- a",
        "a: b",
        "#",
        "\"",
        "\\",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{0}",
        "a\nb",
        "\t",
        "'",
        "{",
        "1",
        "\u{1F600}",
        "*a",
        "&a",
        "<<",
        "|",
        ">",
    ]);
    prop_oneof!["[a-z]{1,8}", "\\PC{1,12}", odd.prop_map(str::to_owned), ".{1,6}"]
}

fn kept(text: String) -> String {
    text.trim().to_owned()
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        entries in prop::collection::vec((words(), words(), prop::collection::vec((words(), words()), 0..3)), 0..6),
    ) {
        let mut seen = std::collections::HashSet::new();
        let entries: Vec<Entry> = entries
            .into_iter()
            .map(|(label, definition, attributes)| Entry {
                label: kept(label),
                definition: kept(definition),
                attributes: attributes
                    .into_iter()
                    .map(|(name, value)| Attribute { name: kept(name), value: kept(value) })
                    .filter(|attribute| !attribute.name.is_empty())
                    .collect(),
            })
            .filter(|entry| !entry.label.is_empty() && seen.insert(entry.label.clone()))
            .collect();
        let knowledge = Knowledge { entries };
        let again = |name: &str, text: &str| Knowledge::read(name, text.as_bytes());
        let (yaml, json) = (knowledge.to_yaml(), knowledge.to_json());
        prop_assert_eq!(again("k.yaml", &yaml).map(|(read, problems)| (read, problems.len())), Ok((knowledge.clone(), 0)), "{}", yaml);
        prop_assert_eq!(again("k.json", &json).map(|(read, problems)| (read, problems.len())), Ok((knowledge.clone(), 0)));
    }
}
