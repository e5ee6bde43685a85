//! A component's core module, with the settings that make it smallest.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{
    artifact::Artifact,
    optimize::Optimizer,
    workspace::{Workspace, output, run},
};

pub const TARGET: &str = "wasm32-wasip2";

/// What the machine has for the job.
pub struct Tools {
    /// `rustc --version`.
    pub rustc: String,
    /// Where the toolchain is.
    pub sysroot: PathBuf,
    /// The sources of the standard library, which is then compiled for size and without its panic messages.
    pub has_sources: bool,
    pub optimizer: Option<Optimizer>,
}

impl Tools {
    pub fn find(workspace: &Workspace) -> Result<Self> {
        // Adds the target where it is missing, or says how.
        run(&mut Command::new(workspace.root.join("scripts/wasm-target.sh")))?;
        let sysroot = output(rustc(workspace).args(["--print", "sysroot"]))?;
        let sysroot = PathBuf::from(sysroot.trim());
        Ok(Self {
            rustc: output(rustc(workspace).arg("--version"))?.trim().to_owned(),
            has_sources: has_sources(workspace, &sysroot),
            sysroot,
            optimizer: Optimizer::find(workspace),
        })
    }

    /// What decides on the bytes of a component, in a line.
    pub fn toolchain(&self) -> String {
        let std = if self.has_sources {
            "compiled with it"
        } else {
            "prebuilt"
        };
        let optimizer = self
            .optimizer
            .as_ref()
            .map_or("none", |optimizer| optimizer.version.as_str());
        format!("{}, standard library {std}, optimizer {optimizer}", self.rustc)
    }

    /// What was left out, and how to have it.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.has_sources {
            notes.push(String::from(
                "components: the standard library is the prebuilt one, because its sources are missing: `rustup component add rust-src` makes the \
                 components smaller",
            ));
        }
        match &self.optimizer {
            Some(optimizer) => notes.push(format!("components: optimized by {}", optimizer.version)),
            None => notes.push(String::from(
                "components: not optimized by wasm-opt, because npm could not install it: with Node 20 and a network the components get smaller",
            )),
        }
        notes
    }

    /// The file that tells how the rest was made.
    pub fn told(&self, workspace: &Workspace, notes: &[String]) -> String {
        let revision = workspace
            .revision
            .as_deref()
            .unwrap_or("none: the sources were changed, or are no git repository");
        let mut lines = vec![format!("revision: {revision}"), format!("compiler: {}", self.rustc)];
        lines.extend_from_slice(notes);
        lines.join("\n") + "\n"
    }
}

fn rustc(workspace: &Workspace) -> Command {
    let mut command = Command::new("rustc");
    command.current_dir(&workspace.root);
    command
}

fn has_sources(workspace: &Workspace, sysroot: &Path) -> bool {
    let there = || sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml").exists();
    there()
        || Command::new("rustup")
            .args(["component", "add", "rust-src"])
            .current_dir(&workspace.root)
            .status()
            .is_ok_and(|status| status.success() && there())
}

/// The core module, with the descriptions of its world.
pub fn module(workspace: &Workspace, tools: &Tools, artifact: &Artifact) -> Result<Vec<u8>> {
    // Of its own: the flags differ from those of `make guests`, and the two would undo each other's work.
    let target = workspace.target.join("packaging");
    run(&mut build(workspace, tools, artifact, &target))?;
    let file = target
        .join(TARGET)
        .join("guest")
        .join(format!("{}.wasm", artifact.kind.package().replace('-', "_")));
    fs::read(&file).with_context(|| format!("reading {}", file.display()))
}

fn build(workspace: &Workspace, tools: &Tools, artifact: &Artifact, target: &Path) -> Command {
    let mut command = Command::new(workspace.root.join("scripts/wasm-target.sh"));
    command
        .args(["build", "--quiet", "--locked", "--profile", "guest", "--target", TARGET])
        .args(artifact.features())
        .arg("--target-dir")
        .arg(target)
        // The optimizer needs to know which features of WebAssembly are in use, and takes out the names itself.
        .args([
            "--config",
            &format!(
                "profile.guest.strip={:?}",
                if tools.optimizer.is_some() {
                    "debuginfo"
                } else {
                    "symbols"
                }
            ),
        ])
        .current_dir(&workspace.root)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    let mut flags = vec![String::from("-Clink-arg=--skip-wit-component")];
    flags.extend(remapped(workspace, tools));
    if tools.has_sources {
        command
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
        flags.extend(["-Zunstable-options", "-Cpanic=immediate-abort"].map(String::from));
    }
    let flags: Vec<String> = flags.iter().map(|flag| format!("{flag:?}")).collect();
    command.args(["--config", &format!("target.{TARGET}.rustflags=[{}]", flags.join(","))]);
    command
}

/// The folders of this machine, under names that are the same everywhere.
pub fn remapped(workspace: &Workspace, tools: &Tools) -> Vec<String> {
    let mut folders = vec![(workspace.root.clone(), "/unassign-role")];
    if let Some(cargo) = cargo_home() {
        folders.push((cargo, "/cargo"));
    }
    folders.push((tools.sysroot.clone(), "/rust"));
    folders
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect()
}

fn cargo_home() -> Option<PathBuf> {
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
}
