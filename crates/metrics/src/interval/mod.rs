//! How sure a number is.

pub(crate) mod bootstrap;
pub(crate) mod clusters;
pub(crate) mod missing;
mod normal;
mod quantile;
mod resampling;
mod wilson;

pub use bootstrap::{Bootstrap, LineInterval};
pub use missing::NoInterval;
pub use normal::{normal_distribution, normal_quantile};
pub use quantile::{bca_interval, percentile_interval, quantile};
pub use resampling::{BootstrapMethod, Resampling, ResamplingUnit};
pub use wilson::wilson;
