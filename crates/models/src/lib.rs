//! Networks in burn, one folder an architecture: `config` (its size, from the weights file),
//! `network` (tensors in, tensors out), `preprocess` (pixels to numbers) and `decode` (numbers to
//! findings). What architectures share stands beside the folders.

pub mod boxes;
pub mod florence2;
mod fold;
pub mod known_answer;
pub mod retina_unet;
pub mod tensor_files;
pub mod tiles;
pub mod weights;

pub use fold::fold_batch_norm;
