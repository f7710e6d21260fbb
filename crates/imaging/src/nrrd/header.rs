//! The fields of an NRRD header.

use crate::decode::Format;
use crate::error::DecodeError;
use crate::sample::SampleType;

/// The format allows any number of axes; Teem, which it comes from, has at most 16.
const MOST_AXES: usize = 16;

/// What is wrong with a header, before the file is named.
pub enum Fault {
    /// It breaks the rules of the format.
    Corrupt(String),
    /// It is of a kind that is not read.
    Unsupported(String),
}

impl Fault {
    pub fn of(self, file: &str) -> DecodeError {
        let (file, format) = (file.to_owned(), Format::Nrrd);
        match self {
            Self::Corrupt(detail) => DecodeError::Corrupt { file, format, detail },
            Self::Unsupported(detail) => DecodeError::Unsupported { file, format, detail },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Raw,
    Gzip,
    Text,
}

pub struct Header {
    pub sample: SampleType,
    pub big_endian: bool,
    /// Whether it does not say in which order the bytes of a number stand, though that matters.
    pub is_order_assumed: bool,
    pub encoding: Encoding,
    /// Bytes between the header and the data; -1 where the data end the file.
    pub byte_skip: i64,
    /// The fastest axis first.
    pub sizes: Vec<usize>,
    /// One for each axis, where the file has them.
    pub kinds: Vec<String>,
    /// From one voxel to the next along each axis, where the file says so.
    pub spacings: Vec<Option<f64>>,
    pub units: Vec<String>,
    /// The name of the space that directions speak of, in lower case.
    pub space: Option<String>,
    /// For each axis a vector of that space, or nothing for an axis outside of it.
    pub directions: Option<Vec<Option<Vec<f64>>>>,
    pub origin: Option<Vec<f64>>,
    pub space_units: Vec<String>,
}

/// The header without the empty line that ends it, and where the data begin.
pub fn split(head: &[u8]) -> Option<(&[u8], usize)> {
    let mut start = 0;
    loop {
        let line = head.get(start..)?;
        let length = line.iter().position(|&byte| byte == b'\n')?;
        if matches!(line.get(..length), Some(b"" | b"\r")) {
            return Some((head.get(..start)?, start + length + 1));
        }
        start += length + 1;
    }
}

impl Header {
    pub fn read(text: &[u8]) -> Result<Self, Fault> {
        let text = String::from_utf8_lossy(text);
        let mut fields = Vec::new();
        for (number, line) in text.lines().enumerate().skip(1) {
            // Comments, and pairs of a key and a value that mean nothing here.
            if line.starts_with('#') || line.contains(":=") {
                continue;
            }
            let (name, value) = line
                .split_once(": ")
                .or_else(|| line.strip_suffix(':').map(|name| (name, "")))
                .ok_or_else(|| Fault::Corrupt(format!("line {} of its header is no field: {line:?}", number + 1)))?;
            fields.push((name.trim().to_ascii_lowercase().replace(' ', ""), value.trim()));
        }
        let find = |names: &[&str]| fields.iter().find(|(name, _)| names.contains(&name.as_str())).map(|field| field.1);
        let need =
            |name: &str| find(&[name]).ok_or_else(|| Fault::Corrupt(format!("its header has no field {name:?}")));
        if find(&["datafile"]).is_some() {
            let detail = "its header stands alone and its data are in another file; save both as one .nrrd";
            return Err(Fault::Unsupported(detail.to_owned()));
        }
        if find(&["lineskip"]).is_some_and(|lines| lines != "0") {
            return Err(Fault::Unsupported("its header asks for lines to be skipped".to_owned()));
        }
        let sample = sample_type(need("type")?)?;
        let big_endian = match find(&["endian"]) {
            None | Some("little") => false,
            Some("big") => true,
            Some(other) => return Err(Fault::Corrupt(format!("its endian is {other:?}, not little or big"))),
        };
        let encoding = match need("encoding")?.to_ascii_lowercase().as_str() {
            "raw" => Encoding::Raw,
            "gz" | "gzip" => Encoding::Gzip,
            "txt" | "text" | "ascii" => Encoding::Text,
            other => return Err(Fault::Unsupported(format!("its encoding is {other:?}, not raw, gzip or text"))),
        };
        let is_order_assumed = find(&["endian"]).is_none() && sample.size() > 1 && encoding != Encoding::Text;
        let byte_skip = match find(&["byteskip"]) {
            None => 0,
            Some(text) => text.parse().map_err(|_| Fault::Corrupt(format!("its byte skip is {text:?}")))?,
        };
        let sizes = sizes(need("dimension")?, need("sizes")?)?;
        let spacings = find(&["spacings"]).unwrap_or_default().split_whitespace();
        let spacings = spacings.map(|word| word.parse::<f64>().ok().map(f64::abs).filter(|size| size.is_normal()));
        let directions = find(&["spacedirections"]).map(directions).transpose()?;
        if directions.as_ref().is_some_and(|directions| directions.len() != sizes.len()) {
            return Err(Fault::Corrupt(format!("it has {} axes and not as many space directions", sizes.len())));
        }
        let words = |text: Option<&str>| text.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        Ok(Self {
            sample,
            big_endian,
            is_order_assumed,
            encoding,
            byte_skip,
            kinds: words(find(&["kinds"])),
            spacings: spacings.collect(),
            units: quoted(find(&["units"]).unwrap_or_default()),
            space: find(&["space"]).map(str::to_ascii_lowercase),
            directions,
            origin: find(&["spaceorigin"]).map(vector).transpose()?.flatten(),
            space_units: quoted(find(&["spaceunits"]).unwrap_or_default()),
            sizes,
        })
    }
}

fn sizes(dimension: &str, sizes: &str) -> Result<Vec<usize>, Fault> {
    let count = dimension.parse().ok().filter(|count| (1..=MOST_AXES).contains(count));
    let count = count.ok_or_else(|| Fault::Corrupt(format!("its dimension is {dimension:?}, not 1 to {MOST_AXES}")))?;
    let sizes: Option<Vec<usize>> =
        sizes.split_whitespace().map(|word| word.parse().ok().filter(|&size| size > 0)).collect();
    sizes
        .filter(|sizes| sizes.len() == count)
        .ok_or_else(|| Fault::Corrupt(format!("its sizes are not {count} whole numbers above 0")))
}

fn sample_type(name: &str) -> Result<SampleType, Fault> {
    Ok(match name {
        "signed char" | "int8" | "int8_t" => SampleType::I8,
        "uchar" | "unsigned char" | "uint8" | "uint8_t" => SampleType::U8,
        "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => SampleType::I16,
        "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => SampleType::U16,
        "int" | "signed int" | "int32" | "int32_t" => SampleType::I32,
        "uint" | "unsigned int" | "uint32" | "uint32_t" => SampleType::U32,
        "longlong"
        | "long long"
        | "long long int"
        | "signed long long"
        | "signed long long int"
        | "int64"
        | "int64_t" => SampleType::I64,
        "ulonglong" | "unsigned long long" | "unsigned long long int" | "uint64" | "uint64_t" => SampleType::U64,
        "float" => SampleType::F32,
        "double" => SampleType::F64,
        other => return Err(Fault::Unsupported(format!("its samples are of the type {other:?}"))),
    })
}

/// `(1,0,0) none (0,1,0)`: a vector for each axis, or nothing.
fn directions(text: &str) -> Result<Vec<Option<Vec<f64>>>, Fault> {
    let mut directions = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = if rest.starts_with('(') {
            rest.find(')').map(|end| end + 1)
        } else {
            Some(rest.find([' ', '(', '\t']).unwrap_or(rest.len()))
        };
        let (word, after) = end.and_then(|end| rest.split_at_checked(end)).unwrap_or((rest, ""));
        directions.push(vector(word)?);
        rest = after.trim_start();
        if directions.len() > MOST_AXES {
            break;
        }
    }
    Ok(directions)
}

/// `(1,0,0)`, or nothing where it is `none`.
fn vector(word: &str) -> Result<Option<Vec<f64>>, Fault> {
    if word.trim() == "none" {
        return Ok(None);
    }
    let inner = word.trim().strip_prefix('(').and_then(|word| word.strip_suffix(')'));
    let numbers = inner.map(|inner| inner.split(',').map(|number| number.trim().parse().ok()).collect());
    let numbers: Option<Vec<f64>> = numbers.flatten();
    numbers.map(Some).ok_or_else(|| Fault::Corrupt(format!("{word:?} in its header is no vector such as (1,0,0)")))
}

/// `"mm" "mm"`, or bare words.
fn quoted(text: &str) -> Vec<String> {
    text.split_whitespace().map(|word| word.trim_matches('"').to_owned()).collect()
}
