//! What a first visit downloads.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::pkg::{Module, Profile};
use crate::workspace::Workspace;
use crate::{shell, site};

/// The sample and the model that the page opens with.
const DEFAULT: &str = "nuclei";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Page,
    Wasm,
    Model,
    Sample,
}

impl Part {
    const ALL: [Self; 4] = [Self::Page, Self::Wasm, Self::Model, Self::Sample];

    fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Wasm => "wasm",
            Self::Model => "model",
            Self::Sample => "sample",
        }
    }
}

/// Prints, for each device, the bytes of all files that the page loads before it shows its first result.
pub fn run(workspace: &Workspace, profile: Profile) -> Result<()> {
    site::build(workspace, profile, &Module::ALL)?;
    let assets = site::assets(workspace)?;
    let mut devices = serde_json::Map::new();
    for device in ["cpu", "gpu"] {
        devices.insert(device.to_owned(), visit(&workspace.path("dist"), &assets, device)?);
    }
    let report = json!({ "profile": profile.name(), "brotli_quality": site::quality(profile), "devices": devices });
    shell::print(&serde_json::to_string_pretty(&report)?)
}

fn visit(dist: &Path, assets: &[String], device: &str) -> Result<Value> {
    let mut parts = serde_json::Map::new();
    let mut total = (0, 0);
    for part in Part::ALL {
        let mut sum = (0, 0);
        for asset in assets.iter().filter(|asset| part_of(asset, device) == Some(part)) {
            let file = dist.join(asset);
            let raw = size(&file)?;
            sum = (sum.0 + raw, sum.1 + size(&site::compressed_copy(&file)).unwrap_or(raw));
        }
        parts.insert(part.name().to_owned(), json!({ "raw": sum.0, "brotli": sum.1 }));
        total = (total.0 + sum.0, total.1 + sum.1);
    }
    parts.insert("total".to_owned(), json!({ "raw": total.0, "brotli": total.1 }));
    Ok(Value::Object(parts))
}

fn size(file: &Path) -> Result<u64> {
    Ok(fs::metadata(file).with_context(|| format!("cannot measure {}", file.display()))?.len())
}

/// Which part of a first visit on this device an asset is; `None` where it is not downloaded.
fn part_of(asset: &str, device: &str) -> Option<Part> {
    let other = if device == "cpu" { "groundglass_gpu" } else { "groundglass_cpu" };
    let is_listed = asset.ends_with("index.json");
    if asset == "assets.json" || asset.contains(other) || asset.contains("groundglass_evaluation") {
        None
    } else if asset.ends_with(".wasm") {
        Some(Part::Wasm)
    } else if let Some(file) = asset.strip_prefix("models/") {
        (is_listed || file.starts_with(DEFAULT)).then_some(Part::Model)
    } else if let Some(file) = asset.strip_prefix("samples/") {
        let is_default = file.starts_with(&format!("{DEFAULT}/")) && !file.ends_with(".txt");
        (is_listed || is_default).then_some(Part::Sample)
    } else {
        Some(Part::Page)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_counts_what_its_device_downloads() {
        assert_eq!(part_of("index.html", "cpu"), Some(Part::Page));
        assert_eq!(part_of("assets/groundglass_cpu_bg-1a2b.wasm", "cpu"), Some(Part::Wasm));
        assert_eq!(part_of("assets/groundglass_cpu_bg-1a2b.wasm", "gpu"), None);
        assert_eq!(part_of("assets/groundglass_gpu-1a2b.js", "gpu"), Some(Part::Page));
        assert_eq!(part_of("assets/groundglass_desk_bg-1a2b.wasm", "gpu"), Some(Part::Wasm));
        assert_eq!(part_of("models/nuclei.safetensors", "cpu"), Some(Part::Model));
        assert_eq!(part_of("models/donuts.safetensors", "cpu"), None);
        assert_eq!(part_of("samples/nuclei/image.tif", "cpu"), Some(Part::Sample));
        assert_eq!(part_of("samples/nuclei/LICENSE.txt", "cpu"), None);
        assert_eq!(part_of("assets.json", "cpu"), None);
    }
}
