//! Where tensors live.

use burn::tensor::Device;
use groundglass_models::florence2::DeviceLimits;

use crate::EngineError;

/// The kinds of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// burn-flex: SIMD on the processor.
    Cpu,
    /// burn-wgpu: WebGPU in a browser, the platform's own interface natively.
    Gpu,
}

impl DeviceKind {
    /// `cpu` or `gpu`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
        }
    }
}

/// A device that is ready.
#[derive(Debug)]
pub struct OpenDevice {
    kind: DeviceKind,
    adapter: String,
    device: Device,
    limits: DeviceLimits,
}

impl OpenDevice {
    /// Opens a device. Each kind is opened once a process; the GPU's runtime cannot be opened twice.
    ///
    /// # Errors
    /// [`EngineError::NoAdapter`] where there is no GPU, or this build cannot speak to one.
    pub async fn open(kind: DeviceKind) -> Result<Self, EngineError> {
        match kind {
            DeviceKind::Cpu => Ok(Self {
                kind,
                adapter: instruction_set().to_owned(),
                device: Device::flex(),
                limits: DeviceLimits { memory: HEAP, ..DeviceLimits::default() },
            }),
            DeviceKind::Gpu => open_gpu().await,
        }
    }

    /// Its kind.
    pub const fn kind(&self) -> DeviceKind {
        self.kind
    }

    /// The adapter's own name, or the instruction set of the CPU.
    pub fn adapter(&self) -> &str {
        &self.adapter
    }

    /// What it can do, as far as it tells.
    pub const fn limits(&self) -> DeviceLimits {
        self.limits
    }

    pub(crate) const fn device(&self) -> &Device {
        &self.device
    }
}

/// What a network may use of the CPU's memory: WebAssembly has addresses for 4 GiB, of which an eighth is left to images and
/// all else.
const HEAP: Option<u64> = if cfg!(target_arch = "wasm32") { Some(7 << 29) } else { None };

const fn instruction_set() -> &'static str {
    if cfg!(target_feature = "simd128") {
        "WebAssembly SIMD, 128 bits"
    } else if cfg!(target_arch = "x86_64") {
        "x86-64"
    } else if cfg!(target_arch = "aarch64") {
        "64-bit Arm"
    } else {
        "CPU"
    }
}

#[cfg(feature = "gpu")]
async fn open_gpu() -> Result<OpenDevice, EngineError> {
    let (device, setup) = Device::wgpu_options()
        .init_with_setup_async()
        .await
        .map_err(|error| EngineError::NoAdapter { reason: error.to_string() })?;
    let info = setup.adapter.get_info();
    // Browsers leave the name empty to protect their users.
    let adapter = [info.name, info.driver_info, format!("{:?}", setup.backend)]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or_default();
    let limits = DeviceLimits {
        largest_binding: Some(setup.device.limits().max_storage_buffer_binding_size),
        ..DeviceLimits::default()
    };
    Ok(OpenDevice { kind: DeviceKind::Gpu, adapter, device, limits })
}

#[cfg(not(feature = "gpu"))]
async fn open_gpu() -> Result<OpenDevice, EngineError> {
    Err(EngineError::NoAdapter { reason: "this build has no GPU support (feature `gpu`)".to_owned() })
}
