//! `wasm-opt`, which works on a core module and takes no component. Debian's is too old for what rustc emits; npm has a current one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use crate::workspace::{Workspace, output, run, write};

pub struct Optimizer {
    program: PathBuf,
    folder: PathBuf,
    pub version: String,
}

impl Optimizer {
    /// None, if there is no Node or npm cannot install it.
    pub fn find(workspace: &Workspace) -> Option<Self> {
        let folder = workspace.target.join("packaging/binaryen");
        let program = folder.join("node_modules/.bin/wasm-opt");
        let lock = workspace.root.join("packaging/package-lock.json");
        if !is_current(&lock, &folder) {
            install(workspace, &folder).ok()?;
        }
        let version = output(Command::new(&program).arg("--version")).ok()?;
        Some(Self {
            program,
            folder,
            version: version.trim().to_owned(),
        })
    }

    pub fn run(&self, module: &[u8]) -> Result<Vec<u8>> {
        let (before, after) = (self.folder.join("before.wasm"), self.folder.join("after.wasm"));
        write(&before, module)?;
        run(Command::new(&self.program)
            .args(["-Oz", "--strip-debug", "--strip-producers"])
            // rustc puts the stack first: nothing lies at the first kilobyte but the end of a stack that has run out.
            .arg("--low-memory-unused")
            .arg(&before)
            .arg("-o")
            .arg(&after))?;
        fs::read(&after).with_context(|| format!("reading {}", after.display()))
    }
}

fn is_current(lock: &Path, folder: &Path) -> bool {
    let installed = folder.join("package-lock.json");
    folder.join("installed").exists() && fs::read(lock).ok() == fs::read(installed).ok()
}

fn install(workspace: &Workspace, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(workspace.root.join("packaging").join(file), folder.join(file))?;
    }
    run(Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--loglevel", "error"])
        .current_dir(folder)
        .stdout(Stdio::null()))?;
    write(&folder.join("installed"), b"")
}
