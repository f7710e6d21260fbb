//! How the cells of a table are parted, and how its numbers are written.

use csv::{ByteRecord, ReaderBuilder, Trim};

use crate::content::Content;

/// What parts the cells of a table, and where its header begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Separator {
    /// The sign between two cells.
    pub sign: u8,
    /// Bytes of the line `sep=;` with which Excel says it; 0 where there is none.
    pub said: usize,
}

impl Separator {
    /// What a line `sep=;` says; else that of tab, semicolon and comma which the header holds most of.
    pub fn of(content: &Content<'_>) -> Self {
        let head = content.head();
        let first = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let bare = first.trim_ascii().trim_ascii_start();
        let bare = bare.strip_prefix(b"\"").and_then(|bare| bare.strip_suffix(b"\"")).unwrap_or(bare);
        let sign = bare.strip_prefix(b"sep=").or_else(|| bare.strip_prefix(b"SEP="));
        // Trimming takes a tab that is the sign itself.
        let sign = sign.map(|sign| sign.first().copied().unwrap_or(b'\t'));
        if let Some(sign) = sign.filter(|sign| sign.is_ascii() && !sign.is_ascii_alphanumeric()) {
            return Self { sign, said: (first.len() + 1).min(head.len()) };
        }
        let header = head.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
        let count = |sign: u8| header.iter().filter(|&&byte| byte == sign).count();
        let sign = [b'\t', b';', b','].into_iter().max_by_key(|&sign| count(sign)).unwrap_or(b',');
        Self { sign, said: 0 }
    }

    /// Which columns hold numbers with a decimal comma: where commas part no cells, all numbers of the column are whole or
    /// have one, and one of the table cannot be thousands (`1,100`).
    ///
    /// What cannot be read of the table is passed over.
    pub fn decimal_commas(self, content: &Content<'_>) -> Vec<bool> {
        if self.sign == b',' {
            return Vec::new();
        }
        let mut builder = ReaderBuilder::new();
        let builder = builder.delimiter(self.sign).has_headers(false).flexible(true).trim(Trim::All);
        let mut reader = builder.from_reader(content.reader());
        let (mut columns, mut record) = (Vec::<Numbers>::new(), ByteRecord::new());
        let mut rows = 0;
        while reader.read_byte_record(&mut record).is_ok_and(|is_row| is_row) {
            rows += 1;
            // The line of the separator and the header.
            if rows <= 1 + usize::from(self.said > 0) {
                columns.resize(record.len(), Numbers::default());
                continue;
            }
            for (column, cell) in columns.iter_mut().zip(&record) {
                column.take(cell);
            }
        }
        let have: Vec<bool> = columns.iter().map(|column| column.commas && !column.others).collect();
        let is_decimal = columns.iter().zip(&have).any(|(column, have)| *have && column.decimals);
        if is_decimal { have } else { Vec::new() }
    }
}

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    /// Whether some have a comma.
    commas: bool,
    /// Whether some have one that parts no thousands.
    decimals: bool,
    /// Whether some are numbers that are written in another way.
    others: bool,
}

impl Numbers {
    fn take(&mut self, cell: &[u8]) {
        match comma_of(cell) {
            Some((whole, fraction)) => {
                self.commas = true;
                self.decimals |= fraction.len() != 3 || whole.len() > 3 || whole.starts_with(b"0");
            }
            None => {
                self.others |=
                    !cell.iter().all(|byte| byte.is_ascii_digit() || b"+-".contains(byte)) && is_numeric(cell)
            }
        }
    }
}

/// Whether a cell has nothing but what numbers are written with.
fn is_numeric(cell: &[u8]) -> bool {
    cell.iter().any(u8::is_ascii_digit) && cell.iter().all(|byte| byte.is_ascii_digit() || b"+-.,eE".contains(byte))
}

/// The digits before and behind the comma of a number that has one.
fn comma_of(cell: &[u8]) -> Option<(&[u8], &[u8])> {
    let cell = cell.strip_prefix(b"-").or_else(|| cell.strip_prefix(b"+")).unwrap_or(cell);
    let (whole, fraction) = cell.split_at(cell.iter().position(|&byte| byte == b',')?);
    let fraction = fraction.get(1..)?;
    let are_digits = |digits: &[u8]| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    (are_digits(whole) && are_digits(fraction)).then_some((whole, fraction))
}

/// A number with a decimal point where it has a comma; other cells as they are.
pub fn with_point(cell: &str) -> String {
    if comma_of(cell.as_bytes()).is_some() { cell.replacen(',', ".", 1) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{Separator, with_point};
    use crate::content::Content;

    #[test]
    fn separators_are_said_or_counted() {
        let of = |text: &str| {
            let separator = Separator::of(&Content::from(text));
            (separator.sign, separator.said)
        };
        assert_eq!(of("a;b,c;d\n"), (b';', 0));
        assert_eq!(of("sep=;\r\na,b,c\n"), (b';', 7));
        assert_eq!(of("\"sep=,\"\na;b;c\n"), (b',', 8));
        assert_eq!(of("sep=\t\na,b"), (b'\t', 6));
        assert_eq!(of("sep=x\na,b"), (b',', 0));
        assert_eq!(of("sep=|"), (b'|', 5));
    }

    #[test]
    fn commas_are_decimal_where_every_number_has_them() {
        let of = |text: &str| {
            let content = Content::from(text);
            Separator::of(&content).decimal_commas(&content)
        };
        assert_eq!(of("a;b;c\nx, y;1,5;2\ny;-3;2.5\nz;;NA\nz;high;NA\n"), [false, true, false]);
        assert_eq!([with_point("-1,5"), with_point("a, b"), with_point("1,2,3")], ["-1.5", "a, b", "1,2,3"]);
        assert_eq!(of("sep=;\na;b\nx;0,125\n"), [false, true]);
        // Thousands, a number with a point, and no number.
        assert!(of("a;b\nx;1,100\n").is_empty());
        assert!(of("a;b\nx;1,5\ny;1.5\n").is_empty());
        assert!(of("a;b\nx;1,2,3\n").is_empty());
        assert!(of("a,b\n\"1,5\",2\n").is_empty());
    }
}
