//! The npm package: eight WebAssembly modules out of one crate, each with its JavaScript face and its types.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use clap::ValueEnum;
use wasm_bindgen_cli_support::Bindgen;

use crate::setup::WASM;
use crate::shell;
use crate::stamp::{Inputs, Stamp};
use crate::workspace::Workspace;

const CRATE: &str = "groundglass-web";

const MANIFEST: &str = r#"{
  "name": "groundglass",
  "version": "VERSION",
  "description": "Reading, running and measuring grounded medical-image predictions on one's own device",
  "license": "MIT OR Apache-2.0",
  "type": "module",
  "sideEffects": false,
  "exports": {
EXPORTS
    "./package.json": "./package.json"
  },
  "files": ["desk", "intake", "evaluation", "words", "cpu", "grounder_cpu", "gpu", "grounder_gpu",
            "LICENSE", "LICENSE-MIT", "LICENSE-APACHE"]
}
"#;

/// One module, built from the feature of the same name.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Module {
    /// Files, decoding, phantoms, metrics at the thresholds and exports; no burn
    Desk,
    /// The desk with every format, for the user's own files
    Intake,
    /// Every metric, intervals, groups and comparisons
    Evaluation,
    /// Tokens, prompts and answers of models that are asked in words
    Words,
    /// Inference on the CPU
    Cpu,
    /// Inference on the CPU, with models that are asked in words
    #[value(name = "grounder_cpu")]
    GrounderCpu,
    /// Inference on WebGPU, and on the CPU
    Gpu,
    /// The same with models that are asked in words
    #[value(name = "grounder_gpu")]
    GrounderGpu,
}

impl Module {
    /// Every module, those without burn first.
    pub const ALL: [Self; 8] = [
        Self::Desk,
        Self::Intake,
        Self::Evaluation,
        Self::Words,
        Self::Cpu,
        Self::GrounderCpu,
        Self::Gpu,
        Self::GrounderGpu,
    ];

    /// Every module, or all but WebGPU's, which take longest to compile and without which the page uses the CPU.
    pub fn selected(without_gpu: bool) -> &'static [Self] {
        match Self::ALL.split_last_chunk::<2>() {
            Some((others, _)) if without_gpu => others,
            _ => &Self::ALL,
        }
    }

    /// The feature's name, which is also the folder's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Intake => "intake",
            Self::Evaluation => "evaluation",
            Self::Words => "words",
            Self::Cpu => "cpu",
            Self::GrounderCpu => "grounder_cpu",
            Self::Gpu => "gpu",
            Self::GrounderGpu => "grounder_gpu",
        }
    }

    /// The arguments that make cargo see the web crate as this module.
    pub fn cargo_arguments(self) -> [&'static str; 7] {
        ["--package", CRATE, "--no-default-features", "--features", self.name(), "--target", WASM]
    }
}

/// How much time the compiler may take.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Optimised, no link-time optimisation: for working and for tests
    Quick,
    /// As published: small and fast, slow to build
    Site,
}

impl Profile {
    /// The name of cargo's profile.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Site => "site",
        }
    }
}

/// Builds these modules and the package around them. What else was in the package stays.
pub fn build(workspace: &Workspace, profile: Profile, modules: &[Module]) -> Result<()> {
    for &module in modules {
        build_module(workspace, profile, module)?;
    }
    write_manifest(workspace)
}

/// Takes modules out of the package that are not among these.
pub fn keep_only(workspace: &Workspace, modules: &[Module]) -> Result<()> {
    for module in Module::ALL.into_iter().filter(|module| !modules.contains(module)) {
        let folder = workspace.path("pkg").join(module.name());
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
        }
    }
    Ok(())
}

/// Each profile's modules are kept apart, so that going from one profile to the other and back only copies.
fn build_module(workspace: &Workspace, profile: Profile, module: Module) -> Result<()> {
    let name = module.name();
    let made = workspace.cache("pkg")?.join(profile.name()).join(name);
    let stamp = stamp(workspace, profile, module)?;
    if stamp.is_current(&made) {
        shell::say(&format!("the {name} module is up to date ({} profile)", profile.name()));
    } else {
        compile(workspace, profile, module, &made)?;
        stamp.keep(&made)?;
    }
    let published = workspace.path("pkg").join(name);
    if !stamp.is_current(&published) {
        copy_folder(&made, &published)?;
    }
    Ok(())
}

fn compile(workspace: &Workspace, profile: Profile, module: Module, folder: &Path) -> Result<()> {
    let name = module.name();
    shell::say(&format!("compiling the {name} module ({} profile)", profile.name()));
    let mut command = Command::new(shell::cargo());
    command.args(["build", "--lib", "--profile", profile.name()]).args(module.cargo_arguments());
    shell::run(command.current_dir(&workspace.root))?;

    let waiting = shell::wait(&format!("writing the {name} module's JavaScript and types"));
    let wasm = workspace.target.join(WASM).join(profile.name()).join("groundglass_web.wasm");
    empty_folder(folder)?;
    Bindgen::new()
        .input_path(&wasm)
        .out_name(&format!("groundglass_{name}"))
        .web(true)?
        .typescript(true)
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)
        .with_context(|| format!("wasm-bindgen cannot translate {}", wasm.display()))?;
    waiting.finish_and_clear();
    Ok(())
}

fn empty_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    empty_folder(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))? {
        let path = entry.with_context(|| format!("cannot list {}", from.display()))?.path();
        if let (true, Some(name)) = (path.is_file(), path.file_name()) {
            fs::copy(&path, to.join(name)).with_context(|| format!("cannot copy {}", path.display()))?;
        }
    }
    Ok(())
}

/// A module depends on the sources of the workspace's crates it is made of, on the versions of all others, and on
/// the compiler. Cargo would know as well, but it keeps one copy of the web crate's output for all modules
/// and would link again at every change from one to the next.
fn stamp(workspace: &Workspace, profile: Profile, module: Module) -> Result<Stamp> {
    let mut tree = Command::new(shell::cargo());
    tree.args(["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p} {f}"]);
    let tree = shell::output(tree.args(module.cargo_arguments()).current_dir(&workspace.root))?;
    let compiler = shell::output(Command::new("rustc").arg("-vV"))?;
    let root = workspace.root.to_string_lossy();

    let mut inputs = Inputs::default();
    // How modules are made counts as well.
    inputs.text(include_str!("pkg.rs"));
    inputs.text(profile.name()).text(&compiler).text(&tree.replace(root.as_ref(), ""));
    inputs.text(&std::env::var("RUSTFLAGS").unwrap_or_default());
    for file in ["Cargo.toml", ".cargo/config.toml"] {
        inputs.files(&workspace.path(file))?;
    }
    for source in local_crates(&tree, &workspace.root) {
        inputs.files(&source)?;
    }
    Ok(inputs.stamp())
}

/// The folders of the workspace's own crates among the lines of `cargo tree`: `name v0.1.0 (/folder)`.
fn local_crates(tree: &str, root: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = tree
        .lines()
        .filter_map(|line| line.split_once('(')?.1.split_once(')').map(|(folder, _)| PathBuf::from(folder)))
        .filter(|folder| folder.starts_with(root))
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

/// Writes pkg/package.json and the licences beside it.
pub fn write_manifest(workspace: &Workspace) -> Result<()> {
    let pkg = workspace.path("pkg");
    fs::create_dir_all(&pkg).with_context(|| format!("cannot make {}", pkg.display()))?;
    // By hand and not through a JSON map, which would sort the keys: `types` must stand before `default`.
    let exports = Module::ALL.map(|module| {
        let name = module.name();
        let face = format!("./{name}/groundglass_{name}");
        format!(
            "    \"./{name}\": {{ \"types\": \"{face}.d.ts\", \"default\": \"{face}.js\" }},\n    \"./{name}/wasm\": \"{face}_bg.wasm\","
        )
    });
    let text = MANIFEST.replace("VERSION", &workspace.version).replace("EXPORTS", &exports.join("\n"));
    let path = pkg.join("package.json");
    // Written only when it changes, so that tools which watch it stay quiet.
    if fs::read_to_string(&path).ok().as_deref() != Some(&text) {
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    for licence in ["LICENSE", "LICENSE-MIT", "LICENSE-APACHE"] {
        fs::copy(workspace.path(licence), pkg.join(licence)).with_context(|| format!("cannot copy {licence}"))?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn own_crates_are_told_from_those_of_the_registry() {
        let tree = "groundglass-web v0.1.0 (/house/crates/web) desk\n\
                    groundglass-types v0.1.0 (/house/crates/types) default,tsify\n\
                    serde v1.0.0 default,std\n\
                    serde_derive v1.0.0 (proc-macro) default\n\
                    groundglass-types v0.1.0 (/house/crates/types) default,tsify (*)\n";
        let folders = local_crates(tree, Path::new("/house"));
        assert_eq!(folders, [PathBuf::from("/house/crates/types"), PathBuf::from("/house/crates/web")]);
    }
}
