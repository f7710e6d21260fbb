//! What identifies a file.

use std::io::{Read, Seek, SeekFrom};

use sha2::{Digest, Sha256};

/// SHA-256 of `bytes` in 64 hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of all that a source holds, read in pieces; it then stands at its beginning again.
pub(crate) fn sha256_of<S: Read + Seek + ?Sized>(source: &mut S) -> std::io::Result<String> {
    let mut digest = Sha256::new();
    let mut piece = vec![0; 1 << 18];
    source.seek(SeekFrom::Start(0))?;
    loop {
        match source.read(&mut piece)? {
            0 => break,
            read => digest.update(piece.get(..read).unwrap_or_default()),
        }
    }
    source.seek(SeekFrom::Start(0))?;
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::sha256_hex;

    #[test]
    fn the_digest_of_abc_is_that_of_the_standard() {
        // FIPS 180-4, example of the one-block message.
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
