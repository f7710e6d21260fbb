//! The trained weights on the site and the index of them that the page reads.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::samples::write_json;
use crate::stamp::file_digest;
use crate::workspace::Workspace;

/// The files of a model that is asked in words; what else lies in its folder is not for the site.
const PARTS: [&str; 5] = [
    "config.json",
    "generation_config.json",
    "model.safetensors.index.json",
    "preprocessor_config.json",
    "tokenizer.json",
];
/// In the folder of such a model that is not beside the site: `{"title", "address", "files": [{"name", "bytes", "sha256"}]}`.
/// The page asks before it goes there, and its policy names the origin.
const ADDRESS: &str = "address.json";

/// Copies models/*.safetensors and models/*/ to the site and lists them.
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
    for name in folders(&source)? {
        index.push(offer(&source, &site, &name)?);
    }
    for name in folders(&site)? {
        if !source.join(&name).is_dir() {
            let gone = site.join(&name);
            fs::remove_dir_all(&gone).with_context(|| format!("cannot remove {}", gone.display()))?;
        }
    }
    write_json(&site.join("index.json"), &Value::Array(index))
}

/// Puts a model that is asked in words beside the site, or names where it is to be had.
fn offer(source: &Path, site: &Path, name: &str) -> Result<Value> {
    let folder = source.join(name);
    if let Ok(text) = fs::read_to_string(folder.join(ADDRESS)) {
        let place = format!("models/{name}/{ADDRESS}");
        let mut offered: Value = serde_json::from_str(&text).with_context(|| format!("{place} is no JSON"))?;
        let address = offered.get("address").and_then(Value::as_str).unwrap_or_default();
        ensure!(address.starts_with("https://"), "{place}: \"address\" is {address:?}, not an address with https://");
        ensure!(offered.get("files").is_some_and(Value::is_array), "{place} has no list of \"files\"");
        offered["name"] = json!(name);
        return Ok(offered);
    }
    let target = site.join(name);
    fs::create_dir_all(&target).with_context(|| format!("cannot make {}", target.display()))?;
    let mut files = Vec::new();
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut found: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    found.sort();
    for file in found {
        if !PARTS.contains(&file.as_str()) && weights_name(&file).is_none() {
            continue;
        }
        let (from, to) = (folder.join(&file), target.join(&file));
        let digest = file_digest(&from).with_context(|| format!("cannot read {}", from.display()))?;
        if file_digest(&to).as_ref() != Some(&digest) {
            fs::copy(&from, &to).with_context(|| format!("cannot write {}", to.display()))?;
        }
        let bytes = fs::metadata(&from).with_context(|| format!("cannot read {}", from.display()))?.len();
        files.push(json!({ "name": file, "bytes": bytes, "sha256": digest }));
    }
    let card = fs::read_to_string(source.join(format!("{name}.md"))).unwrap_or_default();
    Ok(
        json!({ "name": name, "title": title(&card).unwrap_or(name), "address": format!("./models/{name}/"), "files": files }),
    )
}

fn folders(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let folders = entries.flatten().filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
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
    fn a_folder_is_a_model_that_is_asked_in_words() {
        let place = tempfile::tempdir().unwrap();
        let (source, site) = (place.path().join("models"), place.path().join("site"));
        fs::create_dir_all(source.join("words")).unwrap();
        fs::create_dir_all(&site).unwrap();
        for file in ["config.json", "tokenizer.json", "model.safetensors", "README.txt"] {
            fs::write(source.join("words").join(file), file).unwrap();
        }
        let offered = offer(&source, &site, "words").unwrap();
        let names: Vec<&str> =
            offered["files"].as_array().unwrap().iter().filter_map(|file| file["name"].as_str()).collect();
        assert_eq!(names, ["config.json", "model.safetensors", "tokenizer.json"]);
        assert_eq!(offered["address"], "./models/words/");
        assert_eq!(offered["files"][1]["bytes"], 17);
        assert_eq!(fs::read(site.join("words/model.safetensors")).unwrap(), b"model.safetensors");

        let address = |text: &str| {
            fs::write(source.join("words").join(ADDRESS), text).unwrap();
            offer(&source, &site, "words")
        };
        let named = address(r#"{"title": "T", "address": "https://models.example/words/", "files": []}"#).unwrap();
        assert_eq!((&named["name"], &named["title"]), (&json!("words"), &json!("T")));
        assert!(address(r#"{"address": "http://models.example/", "files": []}"#).is_err());
        assert!(address(r#"{"address": "https://models.example/"}"#).is_err());
    }

    #[test]
    fn a_card_gives_its_first_heading() {
        assert_eq!(title("<!-- note -->\n# Nuclei \n\n## Data\n"), Some("Nuclei"));
        assert_eq!(title("no heading\n"), None);
    }
}
