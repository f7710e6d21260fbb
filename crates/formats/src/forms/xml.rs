//! XML, child by child of its root element, within bounds.
//!
//! Entities that a file declares itself are never expanded: their names stay as they stand. A file is read as UTF-8, or in
//! the encodings of [`crate::encoding`].

use quick_xml::Reader;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::FormatError;
use crate::coco::not_empty;
use crate::encoding::declared;
use crate::list::Probe;

/// Elements within elements; annotation files have six.
const DEEPEST: usize = 64;

/// Elements within one child of the root, some 100 bytes each: a track of a film has a few for each frame.
const MOST_ELEMENTS: usize = 500_000;

/// An element with what is in it.
#[derive(Debug, Default)]
pub struct Element {
    name: Box<str>,
    attributes: Vec<(Box<str>, Box<str>)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// The element's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its text without the spaces around it.
    pub fn text(&self) -> &str {
        self.text.trim()
    }

    /// The attribute of a name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| **known == *name).map(|(_, value)| &**value)
    }

    /// What is in it.
    pub fn children(&self) -> &[Self] {
        &self.children
    }

    /// The first child of a name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| *child.name == *name)
    }

    /// The text of the first child of a name; empty where there is none.
    pub fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", Self::text)
    }

    /// The text of the child as a finite number.
    pub fn number_of(&self, name: &str) -> Result<f64, String> {
        self.child(name).ok_or_else(|| format!("it has no <{name}>"))?.text_number()
    }

    /// The text as a finite number.
    pub fn text_number(&self) -> Result<f64, String> {
        number(self.text())
            .ok_or_else(|| format!("<{}> holds \"{}\", where a number should be", self.name, self.text()))
    }

    /// The attribute as a finite number.
    pub fn number(&self, name: &str) -> Result<f64, String> {
        let value = self.attribute(name).ok_or_else(|| format!("it has no {name}"))?;
        number(value).ok_or_else(|| format!("its {name} is \"{value}\", where a number should be"))
    }

    fn of(start: &BytesStart<'_>) -> Self {
        let attribute = |attribute: Attribute<'_>| {
            let name = String::from_utf8_lossy(attribute.key.as_ref()).into();
            let value = attribute.unescape_value();
            let value = value.unwrap_or_else(|_| String::from_utf8_lossy(&attribute.value).into_owned().into());
            (name, value.into())
        };
        // Looking for attributes given twice takes the square of their number.
        let attributes = start.attributes().with_checks(false).flatten().map(attribute).collect();
        let name = String::from_utf8_lossy(start.name().as_ref()).into();
        Self { name, attributes, ..Self::default() }
    }
}

/// A count of pixels, at least 1.
pub fn length(text: &str) -> Option<usize> {
    number(text).filter(|number| (1.0..=f64::from(u32::MAX)).contains(number)).map(|number| number as usize)
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite())
}

/// The name of the root element, where the file looks like XML.
pub fn root(probe: &Probe<'_>) -> Option<String> {
    if probe.first() != Some(b'<') {
        return None;
    }
    let mut reader = Reader::from_reader(probe.content().head());
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) => return Some(Element::of(&start).name.into()),
            Ok(Event::Eof) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

/// Reads the file and gives each child of its root element to `visit`, one after another.
///
/// # Errors
/// [`FormatError::Xml`] for what is no XML or is beyond the bounds, with its place.
pub fn children(probe: &Probe<'_>, mut visit: impl FnMut(Element)) -> Result<(), FormatError> {
    let (file, content) = (probe.path(), probe.content());
    let unreadable =
        |error: &dyn std::fmt::Display| FormatError::Unreadable { file: file.to_owned(), detail: error.to_string() };
    let fault = |detail: String, at: u64| match content.line_of(at) {
        Ok((line, column)) => FormatError::Xml { file: file.to_owned(), detail, line, column },
        Err(error) => unreadable(&error),
    };
    not_empty(file, content)?;
    if let Some(at) = content.not_text().map_err(|error| unreadable(&error))? {
        let said = content.encoding().or_else(|| declared(content.head()));
        let detail = said.map_or_else(
            || "it is not UTF-8 text".to_owned(),
            |said| format!("it is not UTF-8 text, and {said}, as it says, is not read here"),
        );
        return Err(fault(detail, at));
    }
    let mut reader = Reader::from_reader(content.reader());
    let mut piece = Vec::new();
    let (mut open, mut elements, mut roots) = (Vec::<Element>::new(), 0_usize, 0_usize);
    let mut close = |element: Element, open: &mut Vec<Element>, elements: &mut usize| match open.len() {
        0 => {}
        1 => {
            *elements = 0;
            visit(element);
        }
        _ => {
            if let Some(parent) = open.last_mut() {
                parent.children.push(element);
            }
        }
    };
    loop {
        piece.clear();
        let event = reader.read_event_into(&mut piece).map_err(|error| match error {
            quick_xml::Error::Io(error) => unreadable(&error),
            other => fault(other.to_string(), reader.error_position()),
        })?;
        let at = reader.buffer_position();
        let is_empty = matches!(event, Event::Empty(_));
        match event {
            Event::Start(start) | Event::Empty(start) => {
                roots += usize::from(open.is_empty());
                elements += 1;
                if roots > 1 {
                    return Err(fault("it has a second root element".to_owned(), at));
                }
                if open.len() >= DEEPEST {
                    return Err(fault(format!("elements stand within each other more than {DEEPEST} deep"), at));
                }
                if elements > MOST_ELEMENTS {
                    return Err(fault(format!("one part of it has more than {MOST_ELEMENTS} elements"), at));
                }
                let element = Element::of(&start);
                if is_empty { close(element, &mut open, &mut elements) } else { open.push(element) }
            }
            Event::End(_) => {
                if let Some(element) = open.pop() {
                    close(element, &mut open, &mut elements);
                }
            }
            Event::Text(text) => append(&mut open, &String::from_utf8_lossy(&text)),
            Event::CData(text) => append(&mut open, &String::from_utf8_lossy(&text)),
            Event::GeneralRef(reference) => append(&mut open, &resolved(&reference)),
            Event::Eof => {
                return match open.last() {
                    Some(element) => Err(fault(format!("it ends inside <{}>", element.name), at)),
                    None if roots == 0 => Err(fault("it has no element".to_owned(), at)),
                    None => Ok(()),
                };
            }
            _ => {}
        }
    }
}

/// Adds to the text of the innermost element below the root.
fn append(open: &mut [Element], text: &str) {
    if let [_, .., element] = open {
        element.text.push_str(text);
    }
}

/// A character, one of XML's five entities, or the reference as it stands.
fn resolved(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    match &**reference {
        b"lt" => "<".to_owned(),
        b"gt" => ">".to_owned(),
        b"amp" => "&".to_owned(),
        b"apos" => "'".to_owned(),
        b"quot" => "\"".to_owned(),
        other => format!("&{};", String::from_utf8_lossy(other)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Element, children};
    use crate::list::Probe;

    fn read(text: &str) -> Result<Vec<Element>, String> {
        let mut elements = Vec::new();
        children(&Probe::new("a.xml", text.as_bytes()), |element| elements.push(element))
            .map(|()| elements)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn children_come_with_text_and_attributes() {
        let read =
            read("<?xml version='1.0'?><a><!-- c --><b k='1 &lt; 2'> x &amp; <![CDATA[<y>]]> &#65;</b><c><d/></c></a>");
        let [b, c] = &read.unwrap()[..] else { panic!() };
        assert_eq!((b.name(), b.attribute("k"), b.text()), ("b", Some("1 < 2"), "x & <y> A"));
        assert_eq!(c.children()[0].name(), "d");
    }

    #[test]
    fn an_entity_bomb_stays_small() {
        let mut bomb = "<!DOCTYPE a [<!ENTITY l0 \"lol\">".to_owned();
        for level in 1..20 {
            bomb += &format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10));
        }
        bomb += "<!ENTITY file SYSTEM \"file:///etc/passwd\">]><a><name k='&l19;'>&l19;&file;</name></a>";
        let read = read(&bomb).unwrap();
        assert_eq!((read[0].text(), read[0].attribute("k")), ("&l19;&file;", Some("&l19;")));
    }

    #[test]
    fn faults_are_told_with_their_place() {
        let fault = |text: &str| read(text).unwrap_err();
        assert!(fault(&"<a>".repeat(100_000)).contains("more than 64 deep"));
        assert_eq!(fault("<a>\n<b>"), "a.xml is not valid XML: it ends inside <b> at line 2, column 4");
        assert!(fault("<a></b>").starts_with("a.xml is not valid XML: "), "{}", fault("<a></b>"));
        assert!(fault("<a/><a/>").contains("second root"));
        assert!(fault("<!-- nothing -->").contains("no element"));
        assert!(fault(&format!("<a><b>{}</b></a>", "<c/>".repeat(500_001))).contains("more than 500000 elements"));
        let error = children(&Probe::new("a.xml", b"<a>\xff</a>"), |_| {}).unwrap_err();
        assert_eq!(error.to_string(), "a.xml is not valid XML: it is not UTF-8 text at line 1, column 4");
    }

    #[test]
    fn the_declared_encoding_counts() {
        let declared = |name: &str| format!("<?xml version='1.0' encoding=\"{name}\"?><a><b>L\u{e4}sion</b></a>");
        let latin = |name: &str| declared(name).chars().map(|sign| sign as u8).collect::<Vec<_>>();
        let utf16 = |order: fn(u16) -> [u8; 2]| declared("UTF-16").encode_utf16().flat_map(order).collect::<Vec<_>>();
        let with_mark = |mark: [u8; 2], bytes: Vec<u8>| [mark.to_vec(), bytes].concat();
        for bytes in [
            latin("ISO-8859-1"),
            latin("windows-1252"),
            with_mark([0xff, 0xfe], utf16(u16::to_le_bytes)),
            with_mark([0xfe, 0xff], utf16(u16::to_be_bytes)),
            // A string of .NET's that was written as UTF-8 says UTF-16.
            declared("utf-16").into_bytes(),
        ] {
            let mut elements = Vec::new();
            children(&Probe::new("a.xml", &bytes), |element| elements.push(element)).unwrap();
            assert_eq!(elements[0].text(), "L\u{e4}sion");
        }
        let error = children(&Probe::new("a.xml", latin("GB2312")), |_| {}).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a.xml is not valid XML: it is not UTF-8 text, and GB2312, as it says, is not read here at line 1, column 47"
        );
    }
}
