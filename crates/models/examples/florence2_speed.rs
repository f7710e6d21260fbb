//! How long the published configuration of Florence-2 takes on this machine's CPU, with weights that look random.
//!
//! `cargo run --release -p groundglass-models --example florence2_speed [side]`
#![allow(clippy::print_stdout, clippy::expect_used)]

use std::collections::BTreeMap;
use std::time::Instant;

use burn::tensor::Device;
use groundglass_models::florence2::{Florence2Config, Florence2Model, Generation, PixelValues, Plan, expected};
use groundglass_models::tensor_files::{ByteSource, TensorFiles};
use pollster::block_on;

/// A weights file that is made as it is read.
struct Noise {
    header: Vec<u8>,
    /// By the first byte: the scale of the numbers, and what is added to them.
    scales: BTreeMap<u64, (f32, f32)>,
    length: u64,
}

impl Noise {
    fn new(config: &Florence2Config) -> Self {
        let (mut fields, mut scales, mut offset) = (serde_json::Map::new(), BTreeMap::new(), 0);
        for tensor in expected(config) {
            let end = offset + 4 * tensor.numbers();
            let field = serde_json::json!({ "dtype": "F32", "shape": tensor.shape, "data_offsets": [offset, end] });
            let inputs: usize = tensor.shape.iter().skip(1).product();
            let norm = tensor.shape.len() == 1 && tensor.name.ends_with("weight");
            let scale = if norm { (0.1, 1.0) } else { ((3.0 / inputs as f64).sqrt() as f32, 0.0) };
            scales.insert(offset, scale);
            fields.insert(format!("model.{}", tensor.name), field);
            offset = end;
        }
        let json = serde_json::Value::Object(fields).to_string();
        let mut header = (json.len() as u64).to_le_bytes().to_vec();
        header.extend(json.bytes());
        let begin = header.len() as u64;
        Self {
            scales: scales.into_iter().map(|(at, scale)| (at + begin, scale)).collect(),
            length: begin + offset,
            header,
        }
    }
}

impl ByteSource for Noise {
    fn length(&self) -> u64 {
        self.length
    }

    async fn read(&mut self, offset: u64, count: usize) -> Result<Vec<u8>, String> {
        if offset < self.header.len() as u64 {
            return self.header.get(offset as usize..offset as usize + count).map(<[u8]>::to_vec).ok_or("end".into());
        }
        let (_, &(scale, shift)) = self.scales.range(..=offset).next_back().ok_or("no tensor")?;
        let mut state = offset as u32 | 1;
        Ok((0..count / 4)
            .flat_map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let value = (state >> 8) as f32 / 8_388_608.0 - 1.0;
                (value * scale + shift).to_le_bytes()
            })
            .collect())
    }
}

fn main() {
    let side: usize = std::env::args().nth(1).and_then(|side| side.parse().ok()).unwrap_or(768);
    let config = Florence2Config::base();
    let timed = |what: &str, clock: Instant, parts: usize| {
        println!("{what}: {:.3} s", clock.elapsed().as_secs_f64() / parts.max(1) as f64);
    };
    let clock = Instant::now();
    let mut files = block_on(TensorFiles::open(vec![("noise".to_owned(), Noise::new(&config))], None)).expect("files");
    let model =
        block_on(Florence2Model::load(&mut files, &config, &Plan::default(), &Device::flex())).expect("weights");
    timed("load", clock, 1);
    let values = (0..3 * side * side).map(|index| (index % 251) as f32 / 125.0 - 1.0).collect();
    let pixels = PixelValues { values, height: side, width: side };
    let mut last = Instant::now();
    let clock = Instant::now();
    let features = block_on(model.encode_image(&pixels, async |done, total| {
        println!("  block {done} of {total}: {:.3} s", last.elapsed().as_secs_f64());
        last = Instant::now();
        true
    }))
    .expect("features");
    timed("image", clock, 1);
    let clock = Instant::now();
    let prompt: Vec<u32> = (0..35).map(|token| token * 100).collect();
    let prepared = model.prompt(&features, &prompt).expect("prompt");
    timed("prompt", clock, 1);
    for beams in [1, 3] {
        let generation = Generation { beams, new_tokens: 30, ends: Vec::new(), ..Generation::default() };
        let clock = Instant::now();
        let answer = block_on(model.generate(&prepared, &generation, async |_| true)).expect("answer");
        timed(&format!("token of {beams} beams"), clock, answer.tokens.len() - 1);
    }
}
