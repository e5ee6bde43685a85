//! The project's own packages, where they are, and which revision they are of.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use cargo_metadata::{Metadata, MetadataCommand, Package};

pub struct Workspace {
    pub root: PathBuf,
    pub target: PathBuf,
    pub metadata: Metadata,
    /// The commit, if this is a git repository and nothing of it is changed.
    pub revision: Option<String>,
    /// RFC 3339, of the commit.
    pub committed: Option<String>,
}

impl Workspace {
    /// The sources that this program was built from.
    #[cfg(test)]
    pub fn own() -> Result<Self> {
        Self::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
    }

    pub fn open(sources: &Path) -> Result<Self> {
        let metadata = MetadataCommand::new()
            .manifest_path(sources.join("Cargo.toml"))
            .other_options(vec![String::from("--locked")])
            .exec()
            .context("reading the packages with `cargo metadata`")?;
        let root = metadata.workspace_root.clone().into_std_path_buf();
        Ok(Self {
            target: metadata.target_directory.clone().into_std_path_buf(),
            revision: revision(&root),
            committed: git(&root, &["show", "-s", "--format=%cI", "HEAD"]),
            root,
            metadata,
        })
    }

    pub fn package(&self, name: &str) -> Result<&Package> {
        self.metadata
            .workspace_packages()
            .into_iter()
            .find(|package| package.name == name)
            .with_context(|| format!("the workspace has no package {name}"))
    }
}

/// With changes that are not committed the sources are those of no revision.
fn revision(root: &Path) -> Option<String> {
    let changes = git(root, &["status", "--porcelain", "--untracked-files=no"])?;
    let revision = git(root, &["rev-parse", "HEAD"])?;
    if changes.is_empty() { Some(revision) } else { None }
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| said.trim().to_owned())
}

/// Runs a command to its end, with its output where this program's is.
pub fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} cannot be run"))?;
    if !status.success() {
        bail!("{name} failed: {status}");
    }
    Ok(())
}

/// What a command prints.
pub fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("{name} cannot be run"))?;
    if !output.status.success() {
        bail!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Makes the folder, or empties it. One that is not ours is left alone.
pub fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        if !is_ours(folder)? {
            bail!(
                "{} has something else in it than the files of an earlier run: move it away or choose another folder with --out",
                folder.display()
            );
        }
        fs::remove_dir_all(folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    // A run that is broken off leaves a folder that the next one may empty.
    write(&folder.join("SHA256SUMS"), b"")?;
    write(&folder.join("BUILD.txt"), b"revision: none: the run did not end\n")
}

/// An earlier run made it, or there is nothing in it. Sums alone may be another project's, and a run makes no folders.
fn is_ours(folder: &Path) -> Result<bool> {
    let mut is_empty = true;
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        if entry?.file_type()?.is_dir() {
            return Ok(false);
        }
        is_empty = false;
    }
    let built = fs::read(folder.join("BUILD.txt")).unwrap_or_default();
    Ok(is_empty || (folder.join("SHA256SUMS").exists() && built.starts_with(b"revision: ")))
}

pub fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(file, bytes).with_context(|| format!("writing {}", file.display()))
}

pub fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("copying {}", from.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_of_an_earlier_run_is_emptied() {
        let folder = std::env::temp_dir().join(format!("unassign-role-dist-{}", std::process::id()));
        empty(&folder).unwrap();
        // It was broken off.
        write(&folder.join("half.wasm"), b"\0asm").unwrap();
        empty(&folder).unwrap();
        assert!(!folder.join("half.wasm").exists());
        // Somebody keeps more in it.
        fs::create_dir(folder.join("notes")).unwrap();
        assert!(empty(&folder).is_err());
        fs::remove_dir_all(&folder).unwrap();
        // Sums of another project.
        fs::create_dir(&folder).unwrap();
        write(&folder.join("SHA256SUMS"), b"").unwrap();
        write(&folder.join("other.tar.gz"), b"").unwrap();
        assert!(empty(&folder).unwrap_err().to_string().contains("--out"));
        assert!(folder.join("other.tar.gz").exists());
        fs::remove_dir_all(&folder).unwrap();
    }
}
