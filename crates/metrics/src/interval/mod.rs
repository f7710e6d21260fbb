//! How sure a number is.

mod normal;
mod wilson;

pub use normal::{normal_distribution, normal_quantile};
pub use wilson::wilson;
