//! Names as programs of the web write them into annotations, and what they may stand for.

/// The names that a name stands for where no image is called as it stands: with percent signs decoded, the path that an address
/// asks for in place of the address (`/data/local-files/?d=images/a.png`), and without the eight hexadecimal digits that Label
/// Studio puts in front of what it is given (`2f3c9a1b-a.png`). Empty where it is no such name.
pub fn meanings(name: &str) -> Vec<String> {
    let asked = match name.split_once('?') {
        Some((path, query)) => query.split('&').find_map(|pair| pair.strip_prefix("d=")).unwrap_or(path),
        None => name,
    };
    let decoded = decoded(asked).unwrap_or_else(|| asked.to_owned());
    let (folders, base) = decoded.split_at(decoded.rfind(['/', '\\']).map_or(0, |slash| slash + 1));
    let bare = without_prefix(base).map(|bare| format!("{folders}{bare}"));
    let all = [Some(decoded), bare].into_iter().flatten();
    all.filter(|meaning| meaning != name && !meaning.is_empty()).collect()
}

/// A name without Label Studio's prefix.
fn without_prefix(base: &str) -> Option<&str> {
    let (prefix, rest) = base.split_once('-')?;
    let is_prefix = prefix.len() == 8 && prefix.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_prefix && !rest.is_empty()).then_some(rest)
}

/// A text with `%20` and the like decoded; `None` where it has none, or they are no UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    (bytes.len() < text.len()).then(|| String::from_utf8(bytes).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::meanings;

    #[test]
    fn names_of_the_web_are_decoded() {
        assert_eq!(meanings("my%20image.png"), ["my image.png"]);
        assert_eq!(meanings("%C3%A4.png"), ["\u{e4}.png"]);
        assert_eq!(meanings("/data/upload/1/2f3c9a1b-my_image.png"), ["/data/upload/1/my_image.png"]);
        assert_eq!(
            meanings("/data/local-files/?d=images/2f3c9a1b-a%20b.png"),
            ["images/2f3c9a1b-a b.png", "images/a b.png"]
        );
        assert_eq!(meanings("https://host/a.png?token=1%2F2"), ["https://host/a.png"]);
        for plain in ["a.png", "100%.png", "50%zz.png", "%ff.png", "cafe-a.png", "2f3c9a1b-", "x/2f3c9a1-a.png"] {
            assert!(meanings(plain).is_empty(), "{plain}");
        }
    }
}
