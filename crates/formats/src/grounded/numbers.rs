//! Numbers in text, alone and in brackets.

/// A number and where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// The number; finite.
    pub value: f64,
    /// Whether it is written with a point.
    pub decimal: bool,
    /// Its first byte in the text.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

/// Every number as `-?\d+\.?\d*` finds it, with an exponent where one follows (`1e-3`). Digits inside a word (`T12`) count,
/// as they do there.
pub fn numbers(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let digits_from = |at: usize| at + bytes.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if !byte.is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = if at > 0 && bytes.get(at - 1) == Some(&b'-') { at - 1 } else { at };
        let mut end = digits_from(at);
        let decimal = bytes.get(end) == Some(&b'.');
        if decimal {
            end = digits_from(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
            let exponent = digits_from(end + 1 + sign);
            if exponent > end + 1 + sign {
                end = exponent;
            }
        }
        // `1.` is a number to Rust as it is to Python.
        let value = text.get(start..end).and_then(|digits| digits.parse::<f64>().ok());
        if let Some(value) = value.filter(|value| value.is_finite()) {
            found.push(Found { value, decimal, start, end });
        }
        at = end;
    }
    found
}

/// The numbers of each innermost pair of brackets, square or round. Numbers outside of all brackets are a group of their
/// own where there are no brackets at all. An open bracket that the text does not close is a group that is `cut`.
pub fn groups(text: &str) -> Groups {
    let mut groups = Groups::default();
    let mut opened: Option<usize> = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'[' | b'(' => opened = Some(at + 1),
            b']' | b')' => {
                if let Some(inner) = opened.take().and_then(|start| text.get(start..at)) {
                    groups.whole.push(values(inner));
                }
            }
            _ => {}
        }
    }
    let rest = opened.and_then(|start| text.get(start..)).map(values).unwrap_or_default();
    if !rest.is_empty() {
        groups.cut = true;
    }
    if opened.is_none() && groups.whole.is_empty() {
        let loose = values(text);
        if !loose.is_empty() {
            groups.whole.push(loose);
        }
    }
    groups
}

/// Numbers in brackets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Groups {
    /// The closed ones.
    pub whole: Vec<Vec<f64>>,
    /// Whether the text ends within one that has numbers.
    pub cut: bool,
}

impl Groups {
    /// The groups as boxes: four numbers, or twice two in brackets of their own. What is neither is told by its count of
    /// numbers; empty brackets are no box and no fault.
    pub fn boxes(&self) -> (Vec<[f64; 4]>, Vec<usize>) {
        let (mut boxes, mut faults) = (Vec::new(), Vec::new());
        let mut corner: Option<[f64; 2]> = None;
        for group in &self.whole {
            match (corner.take(), &group[..]) {
                (None, &[x, y]) => corner = Some([x, y]),
                (Some([left, top]), &[x, y]) => boxes.push([left, top, x, y]),
                (open, group) => {
                    faults.extend(open.map(|_| 2));
                    match group {
                        &[a, b, c, d] => boxes.push([a, b, c, d]),
                        [] => {}
                        other => faults.push(other.len()),
                    }
                }
            }
        }
        faults.extend(corner.map(|_| 2));
        (boxes, faults)
    }
}

fn values(text: &str) -> Vec<f64> {
    numbers(text).into_iter().map(|found| found.value).collect()
}

#[cfg(test)]
mod tests {
    use super::{groups, numbers};

    #[test]
    fn numbers_are_found_wherever_they_stand() {
        let said = |text: &str| numbers(text).into_iter().map(|found| found.value).collect::<Vec<_>>();
        assert_eq!(said("a 0.5,-1.25 T12 3. .5 1e-3 2e"), [0.5, -1.25, 12.0, 3.0, 5.0, 1e-3, 2.0]);
        assert_eq!(said("9e999 4"), [4.0]);
    }

    #[test]
    fn brackets_make_boxes() {
        let boxes = |text: &str| groups(text).boxes();
        assert_eq!(boxes("[[1, 2, 3, 4], [5 6 7 8]]").0, [[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]);
        assert_eq!(boxes("(1,2),(3,4)").0, [[1.0, 2.0, 3.0, 4.0]]);
        assert_eq!(boxes("1, 2, 3, 4").0, [[1.0, 2.0, 3.0, 4.0]]);
        assert_eq!(boxes("[[1,2,3]]"), (vec![], vec![3]));
        assert_eq!(boxes("[[1,2],[3,4,5,6]]"), (vec![[3.0, 4.0, 5.0, 6.0]], vec![2]));
        assert_eq!(boxes("[]"), (vec![], vec![]));
        assert!(groups("[[1,2,3,4],[5,6").cut);
        assert!(!groups("[[1,2,3,4],").cut);
    }
}
