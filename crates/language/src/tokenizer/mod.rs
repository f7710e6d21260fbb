//! Text to the ids of Florence-2's tokens and back: byte-level BPE, with the tokens that it adds to BART's.

mod bytes;
mod file;
mod specials;
mod stream;
mod transcript;

use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, TokenizerImpl};

use crate::LanguageError;
use bytes::Alphabet;
use file::TokenizerFile;

pub use specials::LOCATIONS;
pub use stream::TextStream;
pub use transcript::Transcript;

/// The longest text that is made into tokens, in bytes. The network reads 1024 tokens with the image's among them.
const LONGEST: usize = 64 << 10;

/// The id of `<image>` that a checkpoint's `config.json` names, where it does: native ones alone have such a token.
pub fn image_token(config: &[u8]) -> Option<u32> {
    let config: serde_json::Value = serde_json::from_slice(config).ok()?;
    config.get("image_token_id")?.as_u64().and_then(|id| u32::try_from(id).ok())
}

/// The tokenizer of one checkpoint.
pub struct Tokenizer {
    model: TokenizerImpl<BPE, NormalizerWrapper, ByteLevel, ByteLevel, ByteLevel>,
    /// The bytes of every token, one after the other.
    bytes: Vec<u8>,
    /// Where each token's bytes end; the place is the id.
    ends: Vec<usize>,
    begin: u32,
    end: u32,
    padding: u32,
    first_location: u32,
    image: Option<u32>,
}

impl Tokenizer {
    /// Reads the bytes of a `tokenizer.json` called `name`.
    ///
    /// The tokens that Florence-2 adds (`<od>` to `<and>`, 1024 of them) follow the file's own vocabulary, in their order,
    /// from 50265 on in the published ones. Where the file has them their ids are checked; where it lacks them, as that of
    /// AG-KD, they are added. `image` is the id of `<image>` that the checkpoint's configuration names, if it does
    /// (`image_token_id`, 51289 in native checkpoints): then that token must be there, or is added.
    ///
    /// # Errors
    ///
    /// [`LanguageError::Syntax`] where the bytes are no such JSON, [`LanguageError::TooLarge`] above 32 MiB, and
    /// [`LanguageError::Unexpected`] where a part is not what Florence-2's tokenizer has, or a token has another id.
    pub fn from_json(name: &str, bytes: &[u8], image: Option<u32>) -> Result<Self, LanguageError> {
        let mut file = TokenizerFile::read(name, bytes)?;
        let merges = file.model.take_merges(name)?;
        let base = file.model.vocab.len();
        let vocab: Vocab = std::mem::take(&mut file.model.vocab).into_iter().collect();
        let bpe = BPE::builder().vocab_and_merges(vocab, merges).build();
        let bpe =
            bpe.map_err(|error| LanguageError::unexpected(name, "\"model\"", error.to_string(), "a BPE model"))?;
        let mut model = TokenizerImpl::new(bpe);
        // Offsets are not asked for, so they need no trimming.
        model.with_pre_tokenizer(Some(ByteLevel::new(false, false, true)));
        add_entries(&mut model, name, file.added_tokens)?;
        let last = add_specials(&mut model, name, base, image)?;
        let known = |token: &str| {
            let missing =
                || LanguageError::unexpected(name, format!("the token {token}"), "missing", "in the vocabulary");
            model.token_to_id(token).ok_or_else(missing)
        };
        let (begin, end, padding) = (known("<s>")?, known("</s>")?, known("<pad>")?);
        let first_location = known("<loc_0>")?;
        let image = model.token_to_id(specials::IMAGE);
        let (bytes, ends) = written(&model, last);
        Ok(Self { model, bytes, ends, begin, end, padding, first_location, image })
    }

    /// The ids of a prompt, with `<s>` before and `</s>` behind. Tokens that are spelled out in it, as `<loc_7>`, are
    /// those tokens.
    ///
    /// # Errors
    ///
    /// [`LanguageError::TooLarge`] above 64 KiB, and [`LanguageError::Encode`] where the tokenizer refuses the text.
    pub fn encode(&self, prompt: &str) -> Result<Vec<u32>, LanguageError> {
        let length = prompt.len();
        if length > LONGEST {
            let what = "the prompt".to_owned();
            return Err(LanguageError::TooLarge { what, found: length, limit: LONGEST, unit: "bytes" });
        }
        let refused = |error: tokenizers::Error| LanguageError::Encode { length, detail: error.to_string() };
        let encoding = self.model.encode(prompt, false).map_err(refused)?;
        let mut ids = Vec::with_capacity(encoding.len() + 2);
        ids.push(self.begin);
        ids.extend_from_slice(encoding.get_ids());
        ids.push(self.end);
        Ok(ids)
    }

    /// The text of generated ids, added tokens as they are written, with the bytes that each token made. An id without a
    /// token has no text. Bytes that are no UTF-8 become U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> Transcript {
        Transcript::new(ids.iter().map(|&id| self.token(id)))
    }

    /// Follows a text while its tokens are generated.
    pub fn stream(&self) -> TextStream<'_> {
        TextStream::new(self)
    }

    /// The bytes of a token; none for an id that has no token.
    pub fn token(&self, id: u32) -> &[u8] {
        let Ok(id) = usize::try_from(id) else { return &[] };
        let start = id.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let range = start.zip(self.ends.get(id).copied());
        range.and_then(|(start, end)| self.bytes.get(start..end)).unwrap_or_default()
    }

    /// How many ids there are, added tokens included: 51289, or 51290 with `<image>`. The network's may have more rows.
    pub fn vocabulary(&self) -> usize {
        self.ends.len()
    }

    /// The id of `<s>`.
    pub const fn begin(&self) -> u32 {
        self.begin
    }

    /// The id of `</s>`, which ends an answer and also starts the decoder.
    pub const fn end(&self) -> u32 {
        self.end
    }

    /// The id of `<pad>`.
    pub const fn padding(&self) -> u32 {
        self.padding
    }

    /// The id of `<image>`, where the checkpoint has it.
    pub const fn image(&self) -> Option<u32> {
        self.image
    }

    /// The id of `<loc_BIN>`; `None` above 999.
    pub fn location(&self, bin: u16) -> Option<u32> {
        (usize::from(bin) < LOCATIONS).then(|| self.first_location + u32::from(bin))
    }

    /// The bin that an id stands for, where it is a location.
    pub fn bin(&self, id: u32) -> Option<u16> {
        let bin = u16::try_from(id.checked_sub(self.first_location)?).ok()?;
        (usize::from(bin) < LOCATIONS).then_some(bin)
    }
}

type Model = TokenizerImpl<BPE, NormalizerWrapper, ByteLevel, ByteLevel, ByteLevel>;

/// Adds the tokens that the file lists, by their ids.
fn add_entries(model: &mut Model, name: &str, mut entries: Vec<file::AddedEntry>) -> Result<(), LanguageError> {
    entries.sort_by_key(|entry| entry.id);
    let mut tokens = Vec::with_capacity(entries.len());
    for entry in &entries {
        if entry.content.is_empty() {
            let place = format!("the added token with id {}", entry.id);
            return Err(LanguageError::unexpected(name, place, "empty", "a text"));
        }
        let token = AddedToken::from(entry.content.clone(), entry.special);
        let token = token.single_word(entry.single_word).lstrip(entry.lstrip).rstrip(entry.rstrip);
        tokens.push(token.normalized(entry.normalized));
    }
    // Together, for the search for them is built anew with every call.
    model.add_tokens(&tokens);
    entries.iter().try_for_each(|entry| expect_id(model, name, &entry.content, entry.id))
}

/// Adds Florence-2's own tokens where they lack, and says how many ids there are.
fn add_specials(model: &mut Model, name: &str, base: usize, image: Option<u32>) -> Result<usize, LanguageError> {
    let mut tokens: Vec<AddedToken> = specials::all().map(|token| AddedToken::from(token, true)).collect();
    if image.is_some() || model.token_to_id(specials::IMAGE).is_some() {
        tokens.push(AddedToken::from(specials::IMAGE, true));
    }
    let lacking: Vec<AddedToken> =
        tokens.iter().filter(|token| model.token_to_id(&token.content).is_none()).cloned().collect();
    model.add_special_tokens(&lacking);
    for (id, token) in (base..).zip(&tokens) {
        let id = if token.content == specials::IMAGE { image.map_or(id, |image| image as usize) } else { id };
        expect_id(model, name, &token.content, u32::try_from(id).unwrap_or(u32::MAX))?;
    }
    // A foreign token behind them is kept, with the ids that it and they have.
    Ok(model.get_vocab_size(true))
}

fn expect_id(model: &Model, name: &str, token: &str, expected: u32) -> Result<(), LanguageError> {
    let found = model.token_to_id(token);
    if found == Some(expected) {
        return Ok(());
    }
    let found = found.map_or_else(|| "missing".to_owned(), |id| id.to_string());
    let place = format!("the id of the added token {}", file::cut(token));
    Err(LanguageError::unexpected(name, place, found, expected.to_string()))
}

/// The bytes of all tokens, and where each one's end.
fn written(model: &Model, count: usize) -> (Vec<u8>, Vec<usize>) {
    let alphabet = Alphabet::new();
    let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(count));
    for id in 0..u32::try_from(count).unwrap_or(u32::MAX) {
        bytes.extend(model.id_to_token(id).map(|token| alphabet.bytes(&token)).unwrap_or_default());
        ends.push(bytes.len());
    }
    (bytes, ends)
}
