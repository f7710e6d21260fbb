//! Any bytes as COCO results of a known set.
#![no_main]

use groundglass_formats::{CocoCategory, CocoIndex, JsonId, read_results};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let images = [1, 7, 42].map(|id| (Some(JsonId::Number(id)), format!("{id}.png"), (64, 48)));
    let categories = [1, 3].map(|id| CocoCategory { id: JsonId::Number(id), name: format!("class {id}") });
    let _ = read_results("file.json", bytes, &CocoIndex::new(images, categories.to_vec()));
});
