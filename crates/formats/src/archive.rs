//! Archives: a zip or a tar, packed or not, as the files within it.

use std::collections::BTreeSet;
use std::io::{BufReader, Read, Seek, SeekFrom};

use flate2::read::MultiGzDecoder;
use groundglass_imaging::Source;

use crate::FormatError;
use crate::paths::{extension, normalised};
use crate::plan::ARCHIVE_EXTENSIONS;
use crate::problem::{Problem, ProblemList};

/// What is refused of an archive, whatever it says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundleLimits {
    /// Most bytes of all files within, whatever the archive's length.
    pub total: u64,
    /// Most bytes of all files within for each byte of the archive. Images pack to a tenth, label maps to a hundredth;
    /// deflate's most is 1032.
    pub growth: u64,
    /// Bytes that the files within may have whatever their growth.
    pub free: u64,
    /// Most files.
    pub files: usize,
}

impl Default for BundleLimits {
    /// 200 times the archive's length or 1 GiB if that is more, 64 GiB in all, a million files.
    fn default() -> Self {
        Self { total: 64 << 30, growth: 200, free: 1 << 30, files: 1_000_000 }
    }
}

/// Takes each file of an archive: its path within, and its bytes in the order in which they stand. `false` ends the
/// unpacking; a fault leaves the file out, and what was taken of it is to be forgotten.
pub type EachFile<'a> = dyn FnMut(String, &mut dyn Read) -> std::io::Result<bool> + 'a;

const UNREADABLE: &str = "files within archives that cannot be read";
const LEFT_OUT: &str = "files within archives that are left out";
const TWICE: &str = "names that an archive holds more than once";

/// Unpacks an archive file by file, and hands each on as it is unpacked, so that none of them need be held. What cannot be
/// read of it comes back; the rest goes on.
///
/// # Errors
/// [`FormatError`] where it is no archive that is read here, or breaks off.
pub fn unpack(
    file: &str,
    mut source: Box<dyn Source + '_>,
    limits: BundleLimits,
    each: &mut EachFile<'_>,
) -> Result<Vec<Problem>, FormatError> {
    let failed = |error: std::io::Error| corrupt(file, &error);
    let mut head = [0; 4];
    let read = source.read(&mut head).map_err(failed)?;
    let length = source.seek(SeekFrom::End(0)).map_err(failed)?;
    source.seek(SeekFrom::Start(0)).map_err(failed)?;
    let left = limits.total.min(limits.free.max(length.saturating_mul(limits.growth)));
    let mut unpacking =
        Unpacking { file, limits, left, seen: BTreeSet::new(), files: 0, problems: ProblemList::default(), each };
    match head.get(..read).unwrap_or_default() {
        [] => return Err(FormatError::Empty { file: file.to_owned() }),
        [b'P', b'K', ..] => unpacking.zip(source)?,
        [0x1f, 0x8b, ..] => unpacking.tar(MultiGzDecoder::new(BufReader::new(source)))?,
        _ => unpacking.tar(source)?,
    }
    if unpacking.files == 0 {
        unpacking.problems.push(LEFT_OUT, file, format!("{file} is an archive without a file in it"));
    }
    Ok(unpacking.problems.into_problems())
}

fn corrupt(file: &str, error: &dyn std::fmt::Display) -> FormatError {
    FormatError::NotArchive { file: file.to_owned(), detail: error.to_string() }
}

struct Unpacking<'a, 'e> {
    file: &'a str,
    limits: BundleLimits,
    left: u64,
    /// The paths of the files that were met.
    seen: BTreeSet<String>,
    files: usize,
    problems: ProblemList,
    each: &'e mut EachFile<'e>,
}

impl Unpacking<'_, '_> {
    fn zip(&mut self, source: Box<dyn Source + '_>) -> Result<(), FormatError> {
        let mut archive = zip::ZipArchive::new(source).map_err(|error| corrupt(self.file, &error))?;
        for index in 0..archive.len() {
            let mut entry = match archive.by_index(index) {
                Ok(entry) => entry,
                Err(error) => {
                    let message = format!("{}: file {} within it cannot be read: {error}", self.file, index + 1);
                    self.problems.push(UNREADABLE, self.file, message);
                    continue;
                }
            };
            if entry.is_dir() {
                continue;
            }
            let (path, size) = (String::from_utf8_lossy(entry.name_raw()).into_owned(), entry.size());
            if !self.take(path, size, &mut entry)? {
                break;
            }
        }
        if archive.has_duplicate_names() {
            let start = archive.central_directory_start();
            // The directory was read before; should it fail now, the names stay unsaid.
            let twice = listed_twice(archive.into_inner(), start).unwrap_or_default();
            let names =
                if twice.is_empty() { "a name".to_owned() } else { twice.into_iter().collect::<Vec<_>>().join(", ") };
            let message = format!("{}: more than one file within it is called {names}; the last is kept", self.file);
            self.problems.push(TWICE, self.file, message);
        }
        Ok(())
    }

    fn tar(&mut self, reader: impl Read) -> Result<(), FormatError> {
        let mut archive = tar::Archive::new(reader);
        let file = self.file.to_owned();
        for entry in archive.entries().map_err(|error| corrupt(&file, &error))? {
            let mut entry = entry.map_err(|error| corrupt(&file, &error))?;
            let kind = entry.header().entry_type();
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            if kind.is_hard_link() || kind.is_symlink() {
                let message = format!("{file}: {path} within it is left out: it is a link to another file");
                self.problems.push(LEFT_OUT, &file, message);
            }
            if !kind.is_file() {
                continue;
            }
            let size = entry.size();
            if !self.take(path, size, &mut entry)? {
                break;
            }
        }
        Ok(())
    }

    /// Hands one file within on, unless it is too large. `false` where no more are wanted.
    fn take(&mut self, path: String, said: u64, reader: &mut dyn Read) -> Result<bool, FormatError> {
        self.files += 1;
        if ARCHIVE_EXTENSIONS.contains(&extension(&normalised(&path)).as_str()) {
            let message = format!("{}: {path} within it is left out: it is an archive itself", self.file);
            self.problems.push(LEFT_OUT, self.file, message);
            return Ok(true);
        }
        if !self.seen.insert(normalised(&path)) {
            let message = format!("{}: more than one file within it is called {path}; the first is kept", self.file);
            self.problems.push(TWICE, self.file, message);
            return Ok(true);
        }
        if self.files > self.limits.files {
            return Err(corrupt(self.file, &format!("it holds more than {} files", self.limits.files)));
        }
        let most = self.left;
        let mut too_large = |bytes: &str| {
            let message = format!(
                "{}: {path} within it is left out: it unpacks to {bytes} bytes, more than the {most} that are left",
                self.file
            );
            self.problems.push("files within archives that are too large", self.file, message);
        };
        if said > most {
            too_large(&said.to_string());
            return Ok(true);
        }
        // What an archive says of its sizes may be wrong, so the bytes are counted as they come.
        let mut counted = Counted { reader, left: most, is_beyond: false };
        match (self.each)(path.clone(), &mut counted) {
            Ok(goes_on) => {
                self.left = counted.left;
                Ok(goes_on)
            }
            Err(_) if counted.is_beyond => {
                too_large("more");
                Ok(true)
            }
            Err(error) => {
                let message = format!("{}: {path} within it cannot be read: {error}", self.file);
                self.problems.push(UNREADABLE, self.file, message);
                Ok(true)
            }
        }
    }
}

/// The names that the directory of a zip, which begins at `start`, holds more than once (APPNOTE.TXT, 4.3.12).
fn listed_twice(source: impl Read + Seek, start: u64) -> std::io::Result<BTreeSet<String>> {
    let mut source = BufReader::new(source);
    source.seek(SeekFrom::Start(start))?;
    let (mut seen, mut twice) = (BTreeSet::new(), BTreeSet::new());
    let (mut signature, mut header) = ([0; 4], [0; 42]);
    loop {
        source.read_exact(&mut signature)?;
        if signature != *b"PK\x01\x02" {
            return Ok(twice);
        }
        source.read_exact(&mut header)?;
        let [name, extra, comment] = [24, 26, 28].map(|at| u16::from_le_bytes([header[at], header[at + 1]]));
        let mut path = vec![0; usize::from(name)];
        source.read_exact(&mut path)?;
        source.seek_relative(i64::from(extra) + i64::from(comment))?;
        let path = String::from_utf8_lossy(&path).into_owned();
        if !seen.insert(path.clone()) {
            twice.insert(path);
        }
    }
}

/// A file within, of which no more than `left` bytes may come.
struct Counted<'r> {
    reader: &'r mut dyn Read,
    left: u64,
    is_beyond: bool,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(into)? as u64;
        self.is_beyond |= read > self.left;
        if self.is_beyond {
            return Err(std::io::Error::other("it is too large"));
        }
        self.left -= read;
        Ok(read as usize)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::{Cursor, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::{BundleLimits, unpack};

    fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (path, bytes) in files {
            writer.start_file(*path, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_cksum();
            builder.append_data(&mut header, path, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    type Files = Vec<(String, Vec<u8>)>;

    fn unpacked(bytes: &[u8], limits: BundleLimits) -> (Files, Vec<String>) {
        let mut files = Vec::new();
        let problems = unpack("b.zip", Box::new(Cursor::new(bytes)), limits, &mut |path, reader| {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes)?;
            files.push((path, bytes));
            Ok(true)
        });
        (files, problems.unwrap().into_iter().map(|problem| problem.message).collect())
    }

    const FILES: [(&str, &[u8]); 2] = [("a/1.png", b"one"), ("truth.json", b"{}")];

    #[test]
    fn every_form_of_archive_gives_its_files() {
        for bytes in [zip_of(&FILES), tar_of(&FILES), gz(&tar_of(&FILES))] {
            let (files, problems) = unpacked(&bytes, BundleLimits::default());
            let expected: Files = FILES.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect();
            assert_eq!((files, problems), (expected, Vec::<String>::new()));
        }
    }

    #[test]
    fn a_bomb_is_left_out_and_the_rest_is_read() {
        let zeros = vec![0; 100_000];
        let limits = BundleLimits { total: 1000, files: 10, ..BundleLimits::default() };
        let files: [(&str, &[u8]); 2] = [("bomb.png", &zeros), ("a.json", b"{}")];
        for bytes in [zip_of(&files), tar_of(&files), gz(&tar_of(&files))] {
            let (files, problems) = unpacked(&bytes, limits);
            assert_eq!(files, [("a.json".to_owned(), b"{}".to_vec())]);
            let expected =
                "b.zip: bomb.png within it is left out: it unpacks to 100000 bytes, more than the 1000 that are left";
            assert_eq!(problems, [expected]);
        }
    }

    #[test]
    fn what_may_come_out_grows_with_the_archive() {
        let zeros = vec![0; 100_000];
        let bytes = zip_of(&[("zeros.npy", &zeros), ("a.json", b"{}")]);
        let length = bytes.len() as u64;
        let limits = |growth| BundleLimits { free: 1000, growth, ..BundleLimits::default() };
        // Deflate makes some 300 bytes of it, and the zip adds two names.
        assert!((300..600).contains(&length), "{length}");
        assert_eq!(unpacked(&bytes, limits(400)).0.len(), 2);
        let (files, problems) = unpacked(&bytes, limits(20));
        assert_eq!(files, [("a.json".to_owned(), b"{}".to_vec())]);
        assert!(problems[0].ends_with(&format!("more than the {} that are left", 20 * length)), "{problems:?}");
    }

    #[test]
    fn a_file_that_is_longer_than_its_archive_says_is_left_out() {
        // A tar's entry cannot lie of its length, but a zip's can: the length in both headers is made smaller.
        let zeros = vec![0; 5000];
        let mut bytes = zip_of(&[("zeros.npy", &zeros), ("a.json", b"{}")]);
        for place in 0..bytes.len() - 4 {
            if bytes[place..place + 4] == 5000_u32.to_le_bytes() {
                bytes[place..place + 4].copy_from_slice(&10_u32.to_le_bytes());
            }
        }
        let limits = BundleLimits { total: 100, ..BundleLimits::default() };
        let (files, problems) = unpacked(&bytes, limits);
        assert_eq!((files.len(), files[0].0.as_str(), problems.len()), (1, "a.json", 1), "{problems:?}");
    }

    #[test]
    fn what_is_passed_over_is_told() {
        let inner = zip_of(&FILES);
        for bytes in [zip_of(&[("a.png", b"x"), ("in.zip", &inner)]), tar_of(&[("a.png", b"x"), ("in.zip", &inner)])] {
            let (files, problems) = unpacked(&bytes, BundleLimits::default());
            assert_eq!(files, [("a.png".to_owned(), b"x".to_vec())]);
            assert_eq!(problems, ["b.zip: in.zip within it is left out: it is an archive itself"]);
        }
        let mut linked = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        linked.append_link(&mut header, "l.png", "a.png").unwrap();
        let (files, problems) = unpacked(&linked.into_inner().unwrap(), BundleLimits::default());
        assert!(files.is_empty());
        let told = ["b.zip: l.png within it is left out: it is a link to another file"];
        assert_eq!(problems, [told[0], "b.zip is an archive without a file in it"]);
        assert_eq!(unpacked(&zip_of(&[]), BundleLimits::default()).1, ["b.zip is an archive without a file in it"]);
    }

    #[test]
    fn a_name_that_stands_twice_is_told_with_the_file_that_is_kept() {
        // The crate writes no name twice, so the second is renamed in the bytes, where it stands and in the directory.
        let mut zip = zip_of(&[("a.png", b"old"), ("b.png", b"new"), ("c.png", b"x")]);
        for place in 0..zip.len() - 5 {
            if &zip[place..place + 5] == b"b.png" {
                zip[place] = b'a';
            }
        }
        let (files, problems) = unpacked(&zip, BundleLimits::default());
        assert_eq!(files, [("a.png".to_owned(), b"new".to_vec()), ("c.png".to_owned(), b"x".to_vec())]);
        assert_eq!(problems, ["b.zip: more than one file within it is called a.png; the last is kept"]);

        let tar = tar_of(&[("a.png", b"old"), ("./a.png", b"new"), ("c.png", b"x")]);
        for bytes in [gz(&tar), tar] {
            let (files, problems) = unpacked(&bytes, BundleLimits::default());
            assert_eq!((files.len(), &files[0].1[..]), (2, &b"old"[..]));
            assert_eq!(problems.len(), 1);
            assert!(problems[0].ends_with("a.png; the first is kept"), "{problems:?}");
        }
    }

    #[test]
    fn what_is_no_archive_is_refused_with_a_sentence() {
        let refused = |bytes: &[u8]| {
            unpack("b.zip", Box::new(Cursor::new(bytes)), BundleLimits::default(), &mut |_, _| Ok(true))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(refused(b""), "b.zip is empty (0 bytes)");
        assert!(refused(b"PK\x03\x04 and no more").starts_with("b.zip cannot be read as an archive: "));
    }

    proptest! {
        #[test]
        fn mutated_archives_never_panic(at in 0_usize..2000, value in any::<u8>(), which in 0_usize..3) {
            let mut bytes = [zip_of(&FILES), tar_of(&FILES), gz(&tar_of(&FILES))][which].clone();
            let length = bytes.len();
            bytes[at % length] = value;
            let limits = BundleLimits { total: 20_000, files: 10, ..BundleLimits::default() };
            let _ = unpack("b.zip", Box::new(Cursor::new(&bytes)), limits, &mut |_, _| Ok(true));
        }
    }
}
