//! Knowledge as YAML that any reader takes for the same.

use std::fmt::Write;

use super::Knowledge;

/// Words that are no text without quotes.
const NO_TEXT: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

pub fn yaml(knowledge: &Knowledge) -> String {
    let mut text = String::new();
    if knowledge.entries.is_empty() {
        return "[]\n".to_owned();
    }
    let plain = knowledge.entries.iter().all(|entry| entry.attributes.is_empty());
    for entry in &knowledge.entries {
        let definition = quoted(&entry.definition);
        // Writing to a text does not fail.
        let _ = if plain {
            writeln!(text, "{}: {definition}", key(&entry.label))
        } else {
            writeln!(text, "- label: {}\n  definition: {definition}", quoted(&entry.label))
        };
        if !entry.attributes.is_empty() {
            text.push_str("  attributes:\n");
        }
        for attribute in &entry.attributes {
            let (name, value) = (quoted(&attribute.name), quoted(&attribute.value));
            let _ = writeln!(text, "  - name: {name}\n    value: {value}");
        }
    }
    text
}

/// A label as a key: without quotes where it is plain words. A key on one line may have 1024 signs, a label has 400 bytes.
fn key(label: &str) -> String {
    let plain = label.starts_with(|first: char| first.is_ascii_lowercase())
        && label.ends_with(|last: char| last.is_ascii_lowercase())
        && label.chars().all(|symbol| symbol.is_ascii_lowercase() || symbol == ' ')
        && !NO_TEXT.contains(&label);
    if plain { label.to_owned() } else { quoted(label) }
}

/// A text in double quotes; what does not print, or breaks lines somewhere, is escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for symbol in text.chars() {
        match symbol {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            _ if symbol.is_control()
                || matches!(symbol, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') =>
            {
                let _ = write!(quoted, "\\u{:04X}", u32::from(symbol));
            }
            _ => quoted.push(symbol),
        }
    }
    quoted.push('"');
    quoted
}
