//! The trained weights on the site and the index of them that the page reads.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::samples::write_json;
use crate::workspace::Workspace;

/// Copies models/*.safetensors to the site and lists them.
pub fn prepare(workspace: &Workspace) -> Result<()> {
    let site = workspace.path("www/public/models");
    fs::create_dir_all(&site).with_context(|| format!("cannot make {}", site.display()))?;
    let source = workspace.path("models");
    let names = names(&source)?;
    for entry in fs::read_dir(&site).with_context(|| format!("cannot list {}", site.display()))?.flatten() {
        let is_known = weights_name(&entry.file_name().to_string_lossy()).is_none_or(|name| names.contains(&name));
        if !is_known {
            fs::remove_file(entry.path()).with_context(|| format!("cannot remove {}", entry.path().display()))?;
        }
    }
    let mut index = Vec::new();
    for name in names {
        let file = format!("{name}.safetensors");
        let bytes = fs::read(source.join(&file)).with_context(|| format!("cannot read {file}"))?;
        let target = site.join(&file);
        if fs::read(&target).ok().as_deref() != Some(&bytes) {
            fs::write(&target, &bytes).with_context(|| format!("cannot write {}", target.display()))?;
        }
        let labels = labels(&bytes).with_context(|| format!("models/{file} does not say which labels it knows"))?;
        let card = fs::read_to_string(source.join(format!("{name}.md"))).unwrap_or_default();
        let title = title(&card).unwrap_or(&name);
        index.push(json!({ "name": name, "title": title, "file": file, "bytes": bytes.len(), "labels": labels }));
    }
    write_json(&site.join("index.json"), &Value::Array(index))
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut names: Vec<String> =
        entries.flatten().filter_map(|entry| weights_name(&entry.file_name().to_string_lossy())).collect();
    names.sort();
    Ok(names)
}

fn weights_name(file: &str) -> Option<String> {
    file.strip_suffix(".safetensors").map(str::to_owned)
}

/// The first heading of a model card.
fn title(card: &str) -> Option<&str> {
    card.lines().find_map(|line| line.strip_prefix("# ")).map(str::trim)
}

/// The labels in a weights file's configuration: safetensors begin with eight bytes of length and a JSON header,
/// whose metadata holds the configuration as JSON within a string.
fn labels(bytes: &[u8]) -> Option<Value> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let header = rest.get(..usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let header: Value = serde_json::from_slice(header).ok()?;
    let config = header.get("__metadata__")?.get("groundglass.config")?.as_str()?;
    serde_json::from_str::<Value>(config).ok()?.get("labels").cloned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_from_a_header_and_refused_from_a_truncated_one() {
        let header = br#"{"__metadata__":{"groundglass.config":"{\"labels\":[\"nucleus\"]}"}}"#;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header);
        assert_eq!(labels(&bytes).unwrap(), json!(["nucleus"]));
        assert!(labels(&bytes[..bytes.len() - 1]).is_none());
        assert!(labels(&u64::MAX.to_le_bytes()).is_none());
    }

    #[test]
    fn a_card_gives_its_first_heading() {
        assert_eq!(title("<!-- note -->\n# Nuclei \n\n## Data\n"), Some("Nuclei"));
        assert_eq!(title("no heading\n"), None);
    }
}
