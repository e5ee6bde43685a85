//! The same sources in another folder make the same bytes.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{
    artifact::Artifact,
    checksums,
    workspace::{Workspace, run},
};

/// Builds the component of a copy of the sources, with an empty target folder.
pub fn compare(workspace: &Workspace, artifact: &Artifact, dist: &Path) -> Result<()> {
    let shipped = dist.join(artifact.file());
    let expected =
        fs::read(&shipped).with_context(|| format!("{} is not there: run `make dist`", shipped.display()))?;
    let built_of = fs::read_to_string(dist.join("BUILD.txt")).unwrap_or_default();
    // The copy is of the last commit, and a component says of which one it is.
    match &workspace.revision {
        None => bail!("the sources are changed, or are no git repository: commit, run `make dist`, and compare then"),
        Some(revision) if !built_of.contains(revision) => {
            bail!(
                "{} is of another revision than the sources: run `make dist` first",
                dist.display()
            )
        }
        Some(_) => {}
    }
    let folder = std::env::temp_dir().join(format!("unassign-role reproduced {}", std::process::id()));
    let result = build_copy(workspace, artifact, &folder);
    let _ = fs::remove_dir_all(&folder);
    let built = result?;
    let (first, second) = (checksums::sha256(&expected), checksums::sha256(&built));
    if first != second {
        bail!(
            "{} differs: {first} in {}, {second} from another folder",
            artifact.file(),
            dist.display()
        );
    }
    println!("{} is the same from two folders: {first}", artifact.file());
    Ok(())
}

fn build_copy(workspace: &Workspace, artifact: &Artifact, folder: &Path) -> Result<Vec<u8>> {
    run(Command::new("git")
        .args(["clone", "--quiet", "--no-hardlinks"])
        .arg(&workspace.root)
        .arg(folder)
        .stdin(Stdio::null()))?;
    run(Command::new(std::env::current_exe()?)
        .arg("--sources")
        .arg(folder)
        .args(["dist", "--only", &artifact.name(), "--out", "dist"])
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .current_dir(folder))?;
    let built = folder.join("dist").join(artifact.file());
    fs::read(&built).with_context(|| format!("reading {}", built.display()))
}
