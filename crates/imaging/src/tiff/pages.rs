//! The pages of a TIFF file, walked without decoding any (TIFF 6.0, section 2; BigTIFF by its specification of 2004).

use std::collections::HashSet;
use std::io::{Read, Result, Seek, SeekFrom};

use crate::error::DecodeError;
use crate::open::{Source, read_at};
use crate::orientation::Orientation;

/// A file of more pages is a film that no one looks through here.
const MOST_PAGES: usize = 100_000;
/// A directory of more fields is none: TIFF counts them in 16 bits.
const MOST_FIELDS: u64 = 65_535;

const SUBFILE: u16 = 254;
const WIDTH: u16 = 256;
const HEIGHT: u16 = 257;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const STRIP_OFFSETS: u16 = 273;
const ORIENTATION: u16 = 274;
const SAMPLES: u16 = 277;
const STRIP_LENGTHS: u16 = 279;
const TILE_OFFSETS: u16 = 324;
const TILE_LENGTHS: u16 = 325;

/// What the first word of a file says of all others.
#[derive(Clone, Copy)]
pub struct Words {
    big_endian: bool,
    /// Whether offsets have 64 bits.
    big: bool,
}

/// A page, by the fields of its directory that fit into their entries.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Where its directory is.
    pub offset: u64,
    /// Where the directory says where the next one is.
    pub next: u64,
    pub width: u64,
    pub height: u64,
    pub compression: u64,
    /// 0 where white is, 1 where black is, 2 for RGB, 3 for a palette, 6 for YCbCr.
    pub photometric: u64,
    /// Where that stands in the file.
    pub photometric_place: u64,
    pub orientation: u64,
    /// Bits that say what the page is to others: 1 a smaller copy, 4 a mask of what is to be seen.
    pub subfile: u64,
    pub samples: u64,
    /// Whether the file ends before the directory does.
    pub is_cut: bool,
    /// Where its last strip or tile ends, as the directory says; 0 where it does not.
    pub end: u64,
    /// Whether it is to be read as if 0 were black, though it says white.
    pub is_turned: bool,
    /// A field that has more values than the whole file could hold, and how many it says. The decoder takes memory for
    /// them before it looks.
    pub boasting: Option<(u64, u64)>,
}

pub struct Pages {
    pub pages: Vec<Page>,
    /// What is wrong with the chain of pages, in a sentence.
    pub note: Option<String>,
}

impl Pages {
    /// Leaves out smaller copies of pages, and masks of what is to be seen of them, where there is anything else.
    fn leave_out_copies(&mut self) {
        const COPY_OR_MASK: u64 = 1 | 4;
        let is_own = |page: &Page| page.subfile & COPY_OR_MASK == 0;
        let own = self.pages.iter().filter(|page| is_own(page)).count();
        let others = self.pages.len() - own;
        if own > 0 && others > 0 {
            self.pages.retain(is_own);
            let of_others = format!("{others} of its pages are smaller copies or masks of others, and are left out");
            self.note = Some(match self.note.take() {
                Some(note) => format!("{note}; {of_others}"),
                None => of_others,
            });
        }
    }
}

impl Page {
    /// Whether it says that 0 is white.
    pub const fn is_white_zero(&self) -> bool {
        self.photometric_place > 0 && self.photometric == 0
    }

    /// Width and height once it is turned upright.
    pub fn size(&self) -> (u32, u32) {
        let side = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        Orientation::of_number(self.orientation).size((side(self.width), side(self.height)))
    }

    /// The same page with its values as they stand.
    pub fn with_black_as_zero(self) -> Self {
        Self { is_turned: true, ..self }
    }
}

impl Words {
    pub fn of(head: &[u8]) -> Option<Self> {
        let big_endian = head.starts_with(b"MM");
        let version = head.get(2..4)?;
        Some(Self { big_endian, big: version.contains(&43) })
    }

    fn number(self, bytes: &[u8]) -> u64 {
        let place = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        if self.big_endian { bytes.iter().fold(0, place) } else { bytes.iter().rev().fold(0, place) }
    }

    /// Where the header says where the first page is.
    pub const fn first(self) -> u64 {
        if self.big { 8 } else { 4 }
    }

    /// An offset as it stands in the file.
    pub fn offset(self, offset: u64) -> Vec<u8> {
        match (self.big, self.big_endian) {
            (true, true) => offset.to_be_bytes().to_vec(),
            (true, false) => offset.to_le_bytes().to_vec(),
            (false, true) => (offset as u32).to_be_bytes().to_vec(),
            (false, false) => (offset as u32).to_le_bytes().to_vec(),
        }
    }

    /// How a file with offsets of 32 bits begins.
    pub const fn signature(self) -> [u8; 4] {
        if self.big_endian { *b"MM\0\x2a" } else { *b"II\x2a\0" }
    }

    /// A field of 32 bits as it stands in the file.
    pub const fn long(self, value: u32) -> [u8; 4] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    /// A field of 16 bits as it stands in the file.
    pub fn short(self, value: u16) -> [u8; 2] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }
}

/// All pages of a file of `length` bytes: the chain is followed to its end, to a page that the file does not hold any more,
/// or to where it comes back to a page that it has passed.
pub fn walk(file: &str, source: &mut dyn Source, words: Words, length: u64) -> std::result::Result<Pages, DecodeError> {
    let mut pages = Pages { pages: Vec::new(), note: None };
    let width = if words.big { 8 } else { 4 };
    let mut offset = words.number(&read_at(file, source, words.first(), width)?);
    let (mut passed, mut spent) = (HashSet::new(), 0_u64);
    while offset != 0 || pages.pages.is_empty() {
        if !passed.insert(offset) {
            pages.note = Some(format!("its chain of pages runs in a circle after {} of them", pages.pages.len()));
            break;
        }
        if pages.pages.len() == MOST_PAGES {
            pages.note = Some(format!("only its first {MOST_PAGES} pages are read"));
            break;
        }
        // Directories that lie over one another would be read many times.
        if spent > length {
            pages.note = Some(format!("its pages overlap, and only the first {} are read", pages.pages.len()));
            break;
        }
        let page = read_page(file, source, words, offset, length)?;
        spent = spent.saturating_add(page.next.saturating_sub(page.offset));
        let next = read_at(file, source, page.next, width)?;
        offset = if page.is_cut || next.len() < width { 0 } else { words.number(&next) };
        pages.pages.push(page);
    }
    pages.leave_out_copies();
    Ok(pages)
}

fn read_page(
    file: &str,
    source: &mut dyn Source,
    words: Words,
    offset: u64,
    length: u64,
) -> std::result::Result<Page, DecodeError> {
    let (count_width, entry_width, value_at) = if words.big { (8, 20, 12) } else { (2, 12, 8) };
    // What TIFF says of fields that are not there.
    let (mut last_start, mut last_length) = (None, None);
    let mut page = Page { offset, compression: 1, orientation: 1, samples: 1, ..Page::default() };
    let head = read_at(file, source, offset, count_width)?;
    let count = words.number(&head);
    if head.len() < count_width || count > MOST_FIELDS {
        return Ok(Page { is_cut: true, ..page });
    }
    let fields = offset.saturating_add(count_width as u64);
    let entries = read_at(file, source, fields, count as usize * entry_width)?;
    page.is_cut = entries.len() < count as usize * entry_width;
    page.next = fields.saturating_add(count.saturating_mul(entry_width as u64));
    for (index, entry) in entries.chunks_exact(entry_width).enumerate() {
        let (tag, kind) = (words.number(&entry[..2]), words.number(&entry[2..4]));
        // Every value has a byte at least.
        let values = words.number(entry.get(4..value_at).unwrap_or_default());
        if values > length {
            page.boasting = Some((tag, values));
        }
        let width = match kind {
            1 => 1,
            3 => 2,
            4 => 4,
            16 if words.big => 8,
            _ => continue,
        };
        let value = words.number(entry.get(value_at..value_at + width).unwrap_or_default());
        let last = Last { entry: fields.saturating_add((index * entry_width + value_at) as u64), values, width };
        match u16::try_from(tag) {
            Ok(STRIP_OFFSETS | TILE_OFFSETS) => last_start = Some(last),
            Ok(STRIP_LENGTHS | TILE_LENGTHS) => last_length = Some(last),
            Ok(SUBFILE) => page.subfile = value,
            Ok(WIDTH) => page.width = value,
            Ok(HEIGHT) => page.height = value,
            Ok(COMPRESSION) => page.compression = value,
            Ok(ORIENTATION) => page.orientation = value,
            Ok(SAMPLES) => page.samples = value,
            Ok(PHOTOMETRIC) if width == 2 => {
                page.photometric = value;
                page.photometric_place = fields.saturating_add((index * entry_width + value_at) as u64);
            }
            _ => {}
        }
    }
    let mut number = |last: Option<Last>| last.map_or(Ok(None), |last| last.read(file, source, words));
    if let (Some(start), Some(length)) = (number(last_start)?, number(last_length)?) {
        page.end = start.saturating_add(length);
    }
    Ok(page)
}

/// Where the last of a field's values stands.
struct Last {
    /// The value of the entry: the values themselves where they fit into it, else where they are.
    entry: u64,
    values: u64,
    /// Bytes of each.
    width: usize,
}

impl Last {
    /// The value; `None` where there is none, or the file does not hold it.
    fn read(self, file: &str, source: &mut dyn Source, words: Words) -> std::result::Result<Option<u64>, DecodeError> {
        let Some(before) = self.values.checked_sub(1) else { return Ok(None) };
        let offset = if words.big { 8 } else { 4 };
        let width = self.width as u64;
        let first = if self.values.saturating_mul(width) <= offset {
            self.entry
        } else {
            words.number(&read_at(file, source, self.entry, offset as usize)?)
        };
        let bytes = read_at(file, source, first.saturating_add(before.saturating_mul(width)), self.width)?;
        Ok((bytes.len() == self.width).then(|| words.number(&bytes)))
    }
}

/// A file in which some bytes are others: so one page is shown as if it were the only one.
pub struct Overlay<S> {
    source: S,
    position: u64,
    /// Where, and which bytes.
    patches: Vec<(u64, Vec<u8>)>,
}

impl<S: Read + Seek> Overlay<S> {
    pub fn new(mut source: S, patches: Vec<(u64, Vec<u8>)>) -> Result<Self> {
        source.seek(SeekFrom::Start(0))?;
        Ok(Self { source, position: 0, patches })
    }
}

impl<S: Read> Read for Overlay<S> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.source.read(buffer)?;
        for (place, bytes) in &self.patches {
            for (place, byte) in (*place..).zip(bytes) {
                let inside = place.checked_sub(self.position).filter(|&inside| inside < count as u64);
                if let Some(target) = inside.and_then(|inside| buffer.get_mut(inside as usize)) {
                    *target = *byte;
                }
            }
        }
        self.position = self.position.saturating_add(count as u64);
        Ok(count)
    }
}

impl<S: Seek> Seek for Overlay<S> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.position = self.source.seek(to)?;
        Ok(self.position)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Cursor;

    use tiff::encoder::{TiffEncoder, colortype};
    use tiff::tags::Tag;

    use crate::{Limits, open};

    /// Pages of other sizes, each with the number that says what it is to the others.
    fn tiff(kinds: &[u32]) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut file).unwrap();
        for (width, &kind) in (4_u32..).zip(kinds) {
            let mut image = encoder.new_image::<colortype::Gray8>(width, 2).unwrap();
            image.encoder().write_tag(Tag::NewSubfileType, kind).unwrap();
            image.write_data(&vec![7; width as usize * 2]).unwrap();
        }
        file.into_inner()
    }

    #[test]
    fn every_page_has_its_own_size_before_it_is_decoded() {
        let file = tiff(&[0, 0, 0]);
        let opened = open("a.tif", Box::new(Cursor::new(&file)), Limits::default()).unwrap();
        assert_eq!([0, 1, 2].map(|index| opened.size_of(index)), [(4, 2), (5, 2), (6, 2)]);
        assert_eq!(opened.facts().notes, Vec::<String>::new());
    }

    #[test]
    fn a_page_that_is_cut_short_is_told_by_its_directory() {
        // Directories come first, as many writers have it: one strip each, of 4 x 2 and 6 x 3 pixels.
        let mut file = b"II\x2a\0\x08\0\0\0".to_vec();
        let entry = |tag: u16, value: u32| [&tag.to_le_bytes()[..], &[4, 0, 1, 0, 0, 0], &value.to_le_bytes()].concat();
        for (place, next, (width, height), start) in [(8, 86, (4, 2), 164), (86, 0, (6, 3), 172)] {
            assert_eq!(file.len(), place);
            file.extend([6, 0]);
            let fields = [(256, width), (257, height), (258, 8), (262, 1), (273, start), (279, width * height)];
            fields.iter().for_each(|&(tag, value)| file.extend(entry(tag, value)));
            file.extend(u32::to_le_bytes(next));
        }
        assert_eq!(file.len(), 164);
        file.extend([7; 26]);
        let notes = |length: usize| {
            let opened = open("a.tif", Box::new(Cursor::new(&file[..length])), Limits::default()).unwrap();
            assert_eq!(opened.count(), 2);
            opened.facts().notes.clone()
        };
        assert_eq!(notes(190), Vec::<String>::new());
        let second = "it is cut short: the pixels of its page 2 go to byte 190, and it has 189 bytes";
        assert_eq!(notes(189), [second]);
        assert_eq!(notes(171)[0], "it is cut short: the pixels of its page 1 go to byte 172, and it has 171 bytes");
        assert_eq!(notes(164).len(), 2);
        // A directory that the file does not hold any more, and one of which it holds the size.
        assert!(
            notes(130).contains(&"it is cut short: it ends at byte 130, within the directory of its page 2".to_owned())
        );
        let [note] = &notes(100)[1..] else { panic!() };
        assert_eq!(
            note,
            "its page 2 cannot be read: a.tif is cut short: the TIFF data end at byte 100, before the image is complete"
        );
    }

    #[test]
    fn smaller_copies_and_masks_are_no_slices() {
        let opened = |kinds: &[u32]| {
            let mut opened = open("a.tif", Box::new(Cursor::new(tiff(kinds))), Limits::default()).unwrap();
            let widths = (0..opened.count()).map(|index| opened.frame(index).unwrap().width()).collect::<Vec<_>>();
            (widths, opened.facts().notes.clone())
        };
        let left_out = "2 of its pages are smaller copies or masks of others, and are left out".to_owned();
        assert_eq!(opened(&[0, 1, 4]), (vec![4], vec![left_out]));
        assert_eq!(opened(&[0, 2, 0]), (vec![4, 5, 6], Vec::new()));
        // A file of nothing else is read.
        assert_eq!(opened(&[1, 1]), (vec![4, 5], Vec::new()));
    }
}
