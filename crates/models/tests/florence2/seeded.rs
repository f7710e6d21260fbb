//! The numbers of `tests/reference/florence2/seeded.py`, and weights files made of them.

use std::collections::BTreeMap;

use groundglass_models::florence2::{Florence2Config, expected};
use groundglass_models::tensor_files::{ByteSource, TensorFiles};
use pollster::block_on;

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

fn key(name: &str, seed: u64) -> u64 {
    let hash = name
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |value, byte| (value ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3));
    hash.wrapping_add(seed.wrapping_mul(GOLDEN))
}

fn number(key: u64, index: usize) -> f32 {
    let mut z = key.wrapping_add((index as u64 + 1).wrapping_mul(GOLDEN));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    ((z >> 40) as f32 - 8_388_608.0) * (1.0 / 8_388_608.0)
}

/// `count` numbers of [-1, 1).
pub fn uniform(name: &str, count: usize, seed: u64) -> Vec<f32> {
    let key = key(name, seed);
    (0..count).map(|index| number(key, index)).collect()
}

/// Numbers `first` to `first + count` of a tensor by its native name.
pub fn weights(name: &str, shape: &[usize], seed: u64, first: usize, count: usize) -> Vec<f32> {
    let key = key(name, seed);
    let scaled: Box<dyn Fn(f32) -> f32> = if shape.len() > 1 {
        let gain = if name.contains("embed") || name.contains("shared") { 3.0 } else { 1.5 };
        let inputs: usize = shape[1..].iter().product();
        let scale = (gain * (3.0 / inputs as f64).sqrt()) as f32;
        Box::new(move |value| value * scale)
    } else if name.ends_with("bias") {
        Box::new(|value| value * 0.1)
    } else {
        Box::new(|value| 1.0 + value * 0.2)
    };
    (first..first + count).map(|index| scaled(number(key, index))).collect()
}

/// Shapes and numbers by name.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Every tensor of a network by its native name, without `model.`.
pub fn tensors(config: &Florence2Config, seed: u64) -> Tensors {
    let make = |tensor: groundglass_models::florence2::ExpectedTensor| {
        let values = weights(&tensor.name, &tensor.shape, seed, 0, tensor.shape.iter().product());
        (tensor.name, (tensor.shape, values))
    };
    expected(config).into_iter().map(make).collect()
}

/// How numbers are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    F32,
    F16,
    Bf16,
}

impl Kind {
    /// The number that is read again.
    pub fn rounded(self, value: f32) -> f32 {
        match self {
            Self::F32 => value,
            Self::F16 => half::f16::from_f32(value).to_f32(),
            Self::Bf16 => half::bf16::from_f32(value).to_f32(),
        }
    }
}

/// A safetensors file.
pub fn file(tensors: &Tensors, kind: Kind) -> Vec<u8> {
    use safetensors::Dtype;
    let bytes: Vec<Vec<u8>> = tensors
        .values()
        .map(|(_, values)| match kind {
            Kind::F32 => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Kind::F16 => values.iter().flat_map(|&value| half::f16::from_f32(value).to_le_bytes()).collect(),
            Kind::Bf16 => values.iter().flat_map(|&value| half::bf16::from_f32(value).to_le_bytes()).collect(),
        })
        .collect();
    let dtype = match kind {
        Kind::F32 => Dtype::F32,
        Kind::F16 => Dtype::F16,
        Kind::Bf16 => Dtype::BF16,
    };
    let views = tensors.iter().zip(&bytes).map(|((name, (shape, _)), bytes)| {
        (name.clone(), safetensors::tensor::TensorView::new(dtype, shape.clone(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

/// A file of seeded weights in the native layout that is made as it is read: nothing of it is kept.
pub struct SeededFile {
    header: Vec<u8>,
    /// By the first byte: name, shape.
    places: BTreeMap<u64, (String, Vec<usize>)>,
    length: u64,
    seed: u64,
}

impl SeededFile {
    pub fn new(config: &Florence2Config, seed: u64) -> Self {
        let (mut fields, mut places, mut offset) = (serde_json::Map::new(), BTreeMap::new(), 0_u64);
        for tensor in expected(config) {
            let end = offset + 4 * tensor.numbers();
            let field = serde_json::json!({ "dtype": "F32", "shape": tensor.shape, "data_offsets": [offset, end] });
            fields.insert(format!("model.{}", tensor.name), field);
            places.insert(offset, (tensor.name, tensor.shape));
            offset = end;
        }
        let json = serde_json::to_vec(&fields).unwrap();
        let mut header = (json.len() as u64).to_le_bytes().to_vec();
        header.extend(json);
        let begin = header.len() as u64;
        let places = places.into_iter().map(|(place, tensor)| (begin + place, tensor)).collect();
        Self { header, places, length: begin + offset, seed }
    }

    pub fn open(config: &Florence2Config, seed: u64) -> TensorFiles<Self> {
        let files = vec![("model.safetensors".to_owned(), Self::new(config, seed))];
        block_on(TensorFiles::open(files, None)).unwrap()
    }
}

impl ByteSource for SeededFile {
    fn length(&self) -> u64 {
        self.length
    }

    async fn read(&mut self, offset: u64, count: usize) -> Result<Vec<u8>, String> {
        if offset < self.header.len() as u64 {
            return Ok(self.header[offset as usize..offset as usize + count].to_vec());
        }
        let (begin, (name, shape)) = self.places.range(..=offset).next_back().ok_or("no tensor")?;
        let first = ((offset - begin) / 4) as usize;
        let values = weights(name, shape, self.seed, first, count / 4);
        Ok(values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }
}
