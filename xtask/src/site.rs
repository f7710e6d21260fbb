//! The static site in dist/: the page, the modules, samples and models, and a compressed copy beside each file.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, Result, anyhow};
use brotli::CompressorWriter;
use brotli::enc::BrotliEncoderParams;

use crate::pkg::{Module, Profile};
use crate::stamp::file_digest;
use crate::workspace::Workspace;
use crate::{pkg, setup, shell};

/// Files of these kinds are compressed; pictures already are.
const COMPRESSED: [&str; 10] = ["html", "js", "css", "wasm", "json", "svg", "txt", "tif", "safetensors", "webmanifest"];

/// Builds dist/ and all that it is made of.
pub fn build(workspace: &Workspace, profile: Profile, modules: &[Module]) -> Result<()> {
    setup::everything(workspace)?;
    pkg::build(workspace, profile, modules)?;
    pkg::keep_only(workspace, modules)?;
    page(workspace, profile)
}

/// Builds the page around the modules as they are in pkg/.
pub fn page(workspace: &Workspace, profile: Profile) -> Result<()> {
    shell::say("building the page");
    let mut vite = Command::new(shell::npm());
    vite.args(["run", "--silent", "build"]).current_dir(&workspace.root);
    shell::run(&mut vite)?;
    compress(workspace, &assets(workspace)?, profile)
}

/// Every file of the site, relative to dist/, as the page's build lists them.
pub fn assets(workspace: &Workspace) -> Result<Vec<String>> {
    let path = workspace.path("dist/assets.json");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not a list of paths", path.display()))
}

/// Brotli's quality, 0 to 11.
pub fn quality(profile: Profile) -> i32 {
    match profile {
        Profile::Quick => 5,
        Profile::Site => 11,
    }
}

/// Writes `FILE.br` beside each file that it makes smaller. Compressed copies are kept by content between builds.
fn compress(workspace: &Workspace, assets: &[String], profile: Profile) -> Result<()> {
    let quality = quality(profile);
    let cache = workspace.cache(&format!("brotli-{quality}"))?;
    let files: Vec<PathBuf> =
        assets.iter().map(|asset| workspace.path("dist").join(asset)).filter(|path| is_compressed(path)).collect();
    let bar = shell::progress("compressing", files.len() as u64);
    let waiting = Mutex::new(files.into_iter());
    let next = || waiting.lock().ok().and_then(|mut files| files.next());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    while let Some(path) = next() {
                        compress_file(&path, quality, &cache)?;
                        bar.inc(1);
                    }
                    anyhow::Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| anyhow!("a compressing thread died"))?)
    })?;
    bar.finish_and_clear();
    Ok(())
}

fn is_compressed(path: &Path) -> bool {
    path.extension().and_then(|end| end.to_str()).is_some_and(|end| COMPRESSED.contains(&end))
}

/// Where the compressed copy of a file lies.
pub fn compressed_copy(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".br");
    PathBuf::from(name)
}

fn compress_file(path: &Path, quality: i32, cache: &Path) -> Result<()> {
    let digest = file_digest(path).with_context(|| format!("cannot read {}", path.display()))?;
    let kept = cache.join(digest);
    if !kept.is_file() {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        fs::write(&kept, brotli(&bytes, quality)?).with_context(|| format!("cannot write {}", kept.display()))?;
    }
    let is_smaller = fs::metadata(&kept)?.len() < fs::metadata(path)?.len();
    if is_smaller {
        fs::copy(&kept, compressed_copy(path)).with_context(|| format!("cannot copy {}", kept.display()))?;
    }
    Ok(())
}

fn brotli(bytes: &[u8], quality: i32) -> Result<Vec<u8>> {
    // A window of 16 MiB (2^24), the largest that every browser accepts, so that a large module is seen whole.
    let parameters = BrotliEncoderParams { quality, lgwin: 24, size_hint: bytes.len(), ..Default::default() };
    let mut writer = CompressorWriter::with_params(Vec::new(), 1 << 16, &parameters);
    writer.write_all(bytes).context("brotli failed")?;
    Ok(writer.into_inner())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_compressed_copy_holds_the_same_bytes() {
        let bytes: Vec<u8> = (0..100_000_u32).flat_map(|number| (number / 7).to_le_bytes()).collect();
        let packed = brotli(&bytes, 5).unwrap();
        let mut unpacked = Vec::new();
        brotli::Decompressor::new(packed.as_slice(), 4096).read_to_end(&mut unpacked).unwrap();
        assert!(packed.len() < bytes.len());
        assert_eq!(unpacked, bytes);
    }

    #[test]
    fn copies_lie_beside_their_files() {
        assert_eq!(compressed_copy(Path::new("dist/page.js")), Path::new("dist/page.js.br"));
        assert!(is_compressed(Path::new("a/b.wasm")));
        assert!(!is_compressed(Path::new("a/b.png")));
    }
}
