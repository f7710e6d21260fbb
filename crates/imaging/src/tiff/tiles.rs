//! Pages that are stored in tiles.
//!
//! The crate reads a tile row by row and cuts off at once what hangs over the edge of the page; of LZW it then takes a
//! tile for cut short, and of planes that lie apart it takes the wrong tiles for the ones at the edge. Here every tile is
//! shown to it as the one strip of a page of its own, of the tile's whole width, and is laid on its place afterwards.

use std::io::{Cursor, Read, Seek};

use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;
use tiff::{TiffError, TiffFormatError};

use super::pages::Words;

const SHORT: u16 = 3;
const LONG: u16 = 4;
const UNDEFINED: u16 = 7;
const HEADER: usize = 8;

/// How the pixels of a page are cut into tiles, and what each of them needs to be decoded.
pub struct Tiles {
    /// In whose byte order the numbers stand.
    pub words: Words,
    /// Width and height of the page.
    pub size: (u32, u32),
    /// Channels of a pixel as they are decoded.
    pub channels: usize,
    pub bits: u8,
    /// How the decoder is to take the values: what stands in the file, or as grey that is left as it is.
    pub photometric: u16,
    pub limits: Limits,
    /// How many bytes the file has.
    pub length: u64,
}

impl Tiles {
    /// All tiles of the page, and how many planes they make.
    pub fn read<R: Read + Seek>(&self, decoder: &mut Decoder<R>) -> Result<(DecodingResult, usize), TiffError> {
        let layout = decoder.image_buffer_layout()?;
        let (tile_width, tile_height) = decoder.chunk_dimensions();
        let (across, down) = (self.size.0.div_ceil(tile_width), self.size.1.div_ceil(tile_height));
        let starts = decoder.get_tag_u64_vec(Tag::TileOffsets)?;
        let lengths = decoder.get_tag_u64_vec(Tag::TileByteCounts)?;
        // Tiles may lie over one another, but not so that the same bytes are read for ever.
        let total = lengths.iter().fold(0_u64, |sum, &count| sum.saturating_add(count));
        if total > self.length.max(self.limits.decoding_buffer_size as u64) {
            return Err(TiffFormatError::InconsistentSizesEncountered.into());
        }
        let fields = self.fields(decoder, layout.planes > 1)?;
        let channels = if layout.planes > 1 { 1 } else { self.channels };
        let bits = u64::from(self.bits) * channels as u64;
        let row_bytes = |width: u32| usize::try_from((u64::from(width) * bits).div_ceil(8));
        let (tile_row, page_row) = (row_bytes(tile_width)?, row_bytes(self.size.0)?);
        let mut result = DecodingResult::U8(Vec::new());
        result.resize_to(&layout, &self.limits)?;
        let mut buffer = result.as_buffer(0);
        let page = buffer.as_bytes_mut();
        let plane_bytes = page.len() / layout.planes.max(1);
        let places = (0..layout.planes).flat_map(|plane| (0..down).map(move |row| (plane, row)));
        let places = places.flat_map(|(plane, row)| (0..across).map(move |column| (plane, row, column)));
        for ((plane, row, column), (start, count)) in places.zip(starts.into_iter().zip(lengths)) {
            let top = row.saturating_mul(tile_height);
            let rows = tile_height.min(self.size.1.saturating_sub(top));
            let tile_bytes = tile_row.checked_mul(rows as usize);
            let tile_bytes = tile_bytes
                .filter(|&bytes| bytes <= self.limits.decoding_buffer_size)
                .ok_or(TiffError::LimitsExceeded)?;
            let bytes = self.piece(decoder, start, count)?;
            let mut tile = vec![0; tile_bytes];
            let strip = fields.file((tile_width, rows), &bytes);
            Decoder::new(Cursor::new(strip))?.with_limits(self.limits.clone()).read_image_bytes(&mut tile)?;
            // Tiles are of whole bytes across: their width is a multiple of 16.
            let left = usize::try_from(u64::from(column) * u64::from(tile_width) * bits / 8)?;
            let used = tile_row.min(page_row.saturating_sub(left));
            for (inside, from) in tile.chunks_exact(tile_row.max(1)).enumerate() {
                let to = plane * plane_bytes + (top as usize + inside) * page_row + left;
                if let (Some(to), Some(from)) = (page.get_mut(to..to + used), from.get(..used)) {
                    to.copy_from_slice(from);
                }
            }
        }
        Ok((result, layout.planes))
    }

    /// The bytes of one tile as they stand in the file.
    fn piece<R: Read + Seek>(&self, decoder: &mut Decoder<R>, start: u64, count: u64) -> Result<Vec<u8>, TiffError> {
        let cut = || TiffError::IoError(std::io::ErrorKind::UnexpectedEof.into());
        start.checked_add(count).filter(|&end| end <= self.length).ok_or_else(cut)?;
        decoder.goto_offset_u64(start)?;
        let mut bytes = Vec::new();
        decoder.inner().by_ref().take(count).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The fields that every tile shares.
    fn fields<R: Read + Seek>(&self, decoder: &mut Decoder<R>, is_planar: bool) -> Result<Fields, TiffError> {
        let mut numbers = |tag: Tag| decoder.find_tag_unsigned_vec::<u16>(tag).map(Option::unwrap_or_default);
        let mut shorts = vec![
            (Tag::BitsPerSample, vec![u16::from(self.bits)]),
            (Tag::Compression, numbers(Tag::Compression)?),
            (Tag::PhotometricInterpretation, vec![if is_planar { super::BLACK_IS_ZERO } else { self.photometric }]),
            (Tag::Predictor, numbers(Tag::Predictor)?),
            (Tag::SampleFormat, numbers(Tag::SampleFormat)?.into_iter().take(1).collect()),
            (Tag::ChromaSubsampling, numbers(Tag::ChromaSubsampling)?),
        ];
        // A plane is a grey page of its own.
        if !is_planar {
            shorts.push((Tag::SamplesPerPixel, numbers(Tag::SamplesPerPixel)?));
            shorts.push((Tag::ExtraSamples, numbers(Tag::ExtraSamples)?));
        }
        let tables = decoder.find_tag(Tag::JPEGTables)?.map(|value| value.into_u8_vec()).transpose()?;
        Ok(Fields { words: self.words, shorts, tables: tables.unwrap_or_default() })
    }
}

struct Fields {
    words: Words,
    shorts: Vec<(Tag, Vec<u16>)>,
    /// What the JPEGs of the page share.
    tables: Vec<u8>,
}

impl Fields {
    /// A file of one page in one strip.
    fn file(&self, (width, height): (u32, u32), strip: &[u8]) -> Vec<u8> {
        let words = self.words;
        let mut fields: Vec<(u16, u16, usize, Vec<u8>)> = Vec::new();
        for (tag, values) in self.shorts.iter().filter(|(_, values)| !values.is_empty()) {
            let bytes = values.iter().flat_map(|&value| words.short(value)).collect();
            fields.push((tag.to_u16(), SHORT, values.len(), bytes));
        }
        if !self.tables.is_empty() {
            fields.push((Tag::JPEGTables.to_u16(), UNDEFINED, self.tables.len(), self.tables.clone()));
        }
        let mut long = |tag: Tag, value: u32| fields.push((tag.to_u16(), LONG, 1, words.long(value).to_vec()));
        long(Tag::ImageWidth, width);
        long(Tag::ImageLength, height);
        long(Tag::RowsPerStrip, height);
        long(Tag::StripByteCounts, strip.len() as u32);
        long(Tag::StripOffsets, 0);
        fields.sort_by_key(|field| field.0);
        // Behind the directory come the values that do not fit into it, and then the strip.
        let directory = HEADER + 2 + 12 * fields.len() + 4;
        let beyond: usize = fields.iter().map(|(.., bytes)| if bytes.len() > 4 { bytes.len() } else { 0 }).sum();
        let (mut entries, mut values) = (Vec::new(), Vec::new());
        for (tag, kind, count, mut bytes) in fields {
            if tag == Tag::StripOffsets.to_u16() {
                bytes = words.long((directory + beyond) as u32).to_vec();
            }
            entries.extend(words.short(tag).into_iter().chain(words.short(kind)).chain(words.long(count as u32)));
            if bytes.len() > 4 {
                entries.extend(words.long((directory + values.len()) as u32));
                values.extend(bytes);
            } else {
                bytes.resize(4, 0);
                entries.extend(bytes);
            }
        }
        let mut file = words.signature().to_vec();
        file.extend(words.long(HEADER as u32));
        file.extend(words.short((entries.len() / 12) as u16));
        file.extend(entries);
        file.extend(words.long(0));
        file.extend(values);
        file.extend(strip);
        file
    }
}
