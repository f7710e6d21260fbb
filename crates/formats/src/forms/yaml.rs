//! What YOLO's `data.yaml` needs of YAML: the value of a key at the left edge, as a list, a map or a few numbers, with plain,
//! single-quoted and double-quoted scalars (<https://yaml.org/spec/1.2.2/#73-flow-scalar-styles>).
//!
//! Anchors, tags and documents within the file are not looked at.

/// An entry of a list, or of a map with its key.
pub type Entry = (Option<String>, String);

/// The entries of the value of `key`; `None` where the file has no such key.
pub fn entries(text: &str, key: &str) -> Option<Vec<Entry>> {
    let value = value_of(text, key)?;
    let first = value.trim_start_matches([' ', '\t']);
    let mut read = Scalars { rest: first };
    Some(match first.chars().next() {
        Some('[' | '{') => read.flow(),
        _ => block(value),
    })
}

/// Whether a line of the file begins with the key.
pub fn has_key(text: &str, key: &str) -> bool {
    value_of(text, key).is_some()
}

/// What stands behind `key:` at the left edge, to the end of the file.
fn value_of<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let mut rest = text;
    loop {
        let bare =
            ['"', '\''].into_iter().find_map(|quote| rest.strip_prefix(quote)?.strip_prefix(key)?.strip_prefix(quote));
        if let Some(value) =
            bare.or_else(|| rest.strip_prefix(key)).and_then(|rest| rest.trim_start_matches(' ').strip_prefix(':'))
        {
            return Some(value);
        }
        rest = rest.split_once('\n')?.1;
    }
}

/// A list of `- a`, or a map of `0: a`, line by line.
fn block(value: &str) -> Vec<Entry> {
    // Behind the key there is a comment, a tag or nothing.
    let Some((_, mut rest)) = value.split_once('\n') else { return Vec::new() };
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let line = rest.lines().next().unwrap_or_default();
        let trimmed = line.trim();
        let after_line = rest.split_once('\n').map_or("", |(_, rest)| rest);
        if trimmed.is_empty() || trimmed.starts_with('#') {
            rest = after_line;
            continue;
        }
        if !line.starts_with([' ', '\t', '-']) || trimmed == "---" {
            break;
        }
        let start = rest.trim_start_matches([' ', '\t']);
        let mut read = Scalars { rest: start };
        let item = start.strip_prefix('-').filter(|item| item.starts_with([' ', '\t', '\n', '\r']));
        let entry = match item {
            Some(item) => {
                read.rest = item;
                Some((None, read.scalar(&['\n'])))
            }
            None => read.keyed(&['\n']),
        };
        entries.extend(entry);
        // What stands behind a scalar on its line is a comment.
        rest = read.rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    entries
}

/// One scalar after another.
struct Scalars<'t> {
    rest: &'t str,
}

impl Scalars<'_> {
    /// `[a, b]` or `{0: a, 1: b}`, over as many lines as it takes.
    fn flow(&mut self) -> Vec<Entry> {
        let is_map = self.rest.starts_with('{');
        self.skip(1);
        let mut entries = Vec::new();
        loop {
            self.skip_space();
            match self.rest.chars().next() {
                None | Some(']' | '}') => return entries,
                Some(',') => self.skip(1),
                Some(_) if is_map => {
                    let before = self.rest.len();
                    entries.extend(self.keyed(&[',', '}', ']', '\n']));
                    if self.rest.len() == before {
                        return entries;
                    }
                }
                Some(_) => {
                    let before = self.rest.len();
                    let entry = self.scalar(&[',', ']', '}', '\n']);
                    if self.rest.len() == before {
                        return entries;
                    }
                    entries.push((None, entry));
                }
            }
        }
    }

    /// `key: value`; `None` where there is no colon, and then what stands there is passed over.
    fn keyed(&mut self, ends: &[char]) -> Option<Entry> {
        let key = if self.rest.starts_with(['"', '\'']) {
            self.scalar(ends)
        } else {
            let end = self.rest.find(|sign: char| sign == ':' || ends.contains(&sign)).unwrap_or(self.rest.len());
            let key = self.rest.get(..end).unwrap_or_default().trim().to_owned();
            self.skip(end);
            key
        };
        self.rest = self.rest.trim_start_matches([' ', '\t']);
        if !self.rest.starts_with(':') {
            let end = self.rest.find(ends).unwrap_or(self.rest.len());
            self.skip(end);
            return None;
        }
        self.skip(1);
        Some((Some(key), self.scalar(ends)))
    }

    /// A scalar up to one of `ends`, a comment or its closing quotation mark.
    fn scalar(&mut self, ends: &[char]) -> String {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
        match self.rest.chars().next() {
            Some('"') => self.double_quoted(),
            Some('\'') => self.single_quoted(),
            _ => {
                let end = self.rest.find(ends).unwrap_or(self.rest.len());
                let text = self.rest.get(..end).unwrap_or_default();
                self.skip(end);
                let comment = if text.starts_with('#') { Some(0) } else { text.find(" #") };
                text.get(..comment.unwrap_or(text.len())).unwrap_or_default().trim().to_owned()
            }
        }
    }

    /// Two marks in a row stand for one.
    fn single_quoted(&mut self) -> String {
        self.skip(1);
        let mut text = String::new();
        while let Some(end) = self.rest.find('\'') {
            text.push_str(self.rest.get(..end).unwrap_or_default());
            self.skip(end + 1);
            if !self.rest.starts_with('\'') {
                return folded(&text);
            }
            text.push('\'');
            self.skip(1);
        }
        // It is never closed: its line is all that is taken.
        text.push_str(self.line());
        folded(&text)
    }

    fn double_quoted(&mut self) -> String {
        self.skip(1);
        let mut text = String::new();
        // Lines of a scalar are folded into one: white space around their ends is a space.
        let mut at_line_start = false;
        let mut signs = self.rest.char_indices();
        while let Some((at, sign)) = signs.next() {
            if at_line_start && [' ', '\t'].contains(&sign) {
                continue;
            }
            at_line_start = sign == '\n';
            match sign {
                '"' => {
                    self.skip(at + 1);
                    return text;
                }
                '\\' => text.extend(escaped(&mut signs)),
                '\r' => {}
                '\n' => {
                    text.truncate(text.trim_end().len());
                    text.push(' ');
                }
                sign => text.push(sign),
            }
        }
        let line = self.line();
        line.to_owned()
    }

    /// The rest of the line, taken.
    fn line(&mut self) -> &str {
        let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        self.rest = rest;
        line.trim()
    }

    /// White space, line ends and comments.
    fn skip_space(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                return;
            }
            self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }
}

/// Several lines as one.
fn folded(text: &str) -> String {
    if !text.contains('\n') {
        return text.to_owned();
    }
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// The character behind a backslash.
fn escaped(signs: &mut std::str::CharIndices<'_>) -> Option<char> {
    match signs.next()?.1 {
        'x' => Some(hexadecimal(signs, 2)),
        'u' => Some(hexadecimal(signs, 4)),
        'U' => Some(hexadecimal(signs, 8)),
        '0' => Some('\0'),
        'a' => Some('\u{7}'),
        'b' => Some('\u{8}'),
        't' => Some('\t'),
        'n' => Some('\n'),
        'v' => Some('\u{b}'),
        'f' => Some('\u{c}'),
        'r' => Some('\r'),
        'e' => Some('\u{1b}'),
        'N' => Some('\u{85}'),
        '_' => Some('\u{a0}'),
        'L' => Some('\u{2028}'),
        'P' => Some('\u{2029}'),
        // A line that goes on without a space.
        '\n' | '\r' => None,
        sign => Some(sign),
    }
}

/// A character by its number; the replacement character where it has none.
fn hexadecimal(signs: &mut std::str::CharIndices<'_>, digits: usize) -> char {
    let code = signs.by_ref().take(digits).try_fold(0_u32, |code, (_, sign)| Some(code * 16 + sign.to_digit(16)?));
    code.and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::entries;

    fn values(text: &str) -> Vec<String> {
        entries(text, "names").unwrap().into_iter().map(|(_, value)| value).collect()
    }

    #[test]
    fn quotation_marks_are_those_of_yaml() {
        let expected = ["Crohn's disease", "Crohn's, like", "L\u{e4}sion \"x\"\u{1f600}", "it's"];
        for text in [
            "names: ['Crohn''s disease', 'Crohn''s, like', \"L\\xE4sion \\\"x\\\"\\U0001F600\", it's]\n",
            "a: 1\nnames: [ # all\n  'Crohn''s disease',\n  'Crohn''s, like', # so\n  \"L\\u00e4sion \\\"x\\\"\\U0001F600\",\n  it's,\n]\nb: 2",
            "names:\n- 'Crohn''s disease'\n- 'Crohn''s,\n   like' # so\n- \"L\\xe4sion\n  \\\"x\\\"\\U0001F600\"\n- it's # so\nb: 2",
            "'names' :\n  0: 'Crohn''s disease'\n\n  # so\n  '1': 'Crohn''s, like'\n  2: \"L\\xe4sion \\\"x\\\"\\U0001F600\"\n  3: it's\r\nb: 2",
            "names: {0: 'Crohn''s disease', 1: 'Crohn''s, like', \"2\": \"L\\xe4sion \\\"x\\\"\\U0001F600\",\n 3: it's}",
        ] {
            assert_eq!(values(text), expected, "{text}");
        }
        let keys = entries("names: {0: a, '1': b}", "names").unwrap();
        assert_eq!(keys[1], (Some("1".to_owned()), "b".to_owned()));
        assert_eq!(values("names: !!python/tuple\n  - zero\n  - one: a\n"), ["zero", "one: a"]);
        assert_eq!(values("names: [2, 3]\nx: 4"), ["2", "3"]);
        assert!(entries("surnames: [a]\n names: [b]", "names").is_none());
    }

    #[test]
    fn long_white_space_takes_little_time() {
        let spaces = " ".repeat(1_000_000);
        assert_eq!(values(&format!("names: [\"a\n{spaces}b\"]")), ["a b"]);
        assert_eq!(values(&format!("names: [\"a{spaces}b\"]"))[0].len(), 1_000_002);
    }

    #[test]
    fn what_is_never_closed_ends() {
        assert_eq!(values("names: [a, 'b\nc: d"), ["a", "b", "c: d"]);
        assert_eq!(values("names: {0: \"b\n"), ["b"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in "[-\\[\\]{}:,'\"\\\\#ab0 \n]{0,60}") {
            let text = format!("names:{text}");
            prop_assert!(entries(&text, "names").unwrap().len() <= text.len());
        }

        #[test]
        fn every_name_comes_back_from_quotation_marks(name in "[^\\p{C}\n]{0,20}") {
            let single = format!("names: ['{}']", name.replace('\'', "''"));
            let double = format!("names:\n- \"{}\"\n", name.replace('\\', "\\\\").replace('"', "\\\""));
            prop_assert_eq!(values(&single), [name.clone()]);
            prop_assert_eq!(values(&double), [name]);
        }
    }
}
