//! The command for this machine, with the component and the API reference inside it.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result};

use crate::{
    compile::{Tools, remapped},
    page::Page,
    workspace::{Workspace, run},
};

/// What it is built with.
pub const fn features(page: Option<&Page>) -> &'static str {
    match page {
        Some(_) => "embedded,reference",
        None => "embedded",
    }
}

/// Takes the component that is in the folder already.
pub fn build(workspace: &Workspace, tools: &Tools, page: Option<&Page>, out: &Path) -> Result<Vec<u8>> {
    let target = workspace.target.join("packaging");
    let flags: Vec<String> = remapped(workspace, tools)
        .iter()
        .map(|flag| format!("{flag:?}"))
        .collect();
    let mut command = Command::new("cargo");
    if let Some(page) = page {
        command.env("UNASSIGN_ROLE_PAGE", &page.folder);
    }
    run(command
        .args([
            "build",
            "--quiet",
            "--locked",
            "--release",
            "--package",
            "unassign-role-cli",
        ])
        .args(["--features", features(page), "--config", "profile.release.strip=true"])
        .args(["--config", &format!("build.rustflags=[{}]", flags.join(","))])
        .arg("--target-dir")
        .arg(&target)
        .env("UNASSIGN_ROLE_COMPONENT", out.join("unassign_role_wasi.wasm"))
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .current_dir(&workspace.root))?;
    let built = target
        .join("release")
        .join(format!("unassign-role{}", std::env::consts::EXE_SUFFIX));
    let shipped = out.join(built.file_name().unwrap_or_default());
    // `copy` keeps the bit that makes it a program.
    fs::copy(&built, &shipped).with_context(|| format!("copying {}", built.display()))?;
    fs::read(&shipped).with_context(|| format!("reading {}", shipped.display()))
}
