//! `packaging dist` fills `dist/`; `packaging reproduce` builds one component a second time, in another folder, and compares.

mod artifact;
mod checksums;
mod command;
mod compile;
mod component;
mod contract;
mod inventory;
mod licenses;
mod optimize;
mod page;
mod pins;
mod reproduce;
mod sbom;
mod sizes;
mod workspace;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{artifact::Artifact, page::Page, pins::Measured, workspace::Workspace};

#[derive(Parser)]
#[command(about = "Makes what a release consists of")]
struct Arguments {
    /// The folder of the sources.
    #[arg(long, default_value = ".")]
    sources: PathBuf,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Builds everything into a folder, with its sums.
    Dist {
        /// The folder; what was in it is replaced.
        #[arg(long, default_value = "dist")]
        out: PathBuf,
        /// Only these components, by name: `wasi`, `spin`, `wasi-crowdstrike`. Nothing else is built then.
        #[arg(long)]
        only: Vec<String>,
        /// Leaves out the command, whose compilation takes longest.
        #[arg(long)]
        without_command: bool,
    },
    /// Builds a component in a copy of the sources in another folder, and compares it with the one in `dist/`.
    Reproduce {
        #[arg(long, default_value = "dist")]
        dist: PathBuf,
        #[arg(default_value = "wasi-crowdstrike")]
        name: String,
    },
    /// The sizes of what is in `dist/`, as a table.
    Sizes {
        #[arg(long, default_value = "dist")]
        dist: PathBuf,
    },
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let workspace = Workspace::open(&arguments.sources)?;
    match arguments.verb {
        Verb::Dist {
            out,
            only,
            without_command,
        } => dist(&workspace, &workspace.root.join(out), &only, without_command),
        Verb::Reproduce { dist, name } => {
            let artifact = Artifact::named(&workspace, &name)?;
            reproduce::compare(&workspace, &artifact, &workspace.root.join(dist))
        }
        Verb::Sizes { dist } => {
            print!("{}", sizes::table(&workspace.root.join(dist))?);
            Ok(())
        }
    }
}

fn dist(workspace: &Workspace, out: &std::path::Path, only: &[String], without_command: bool) -> Result<()> {
    let artifacts = if only.is_empty() {
        Artifact::all(workspace)
    } else {
        only.iter()
            .map(|name| Artifact::named(workspace, name))
            .collect::<Result<Vec<_>>>()?
    };
    workspace::empty(out)?;
    let tools = compile::Tools::find(workspace)?;
    let mut notes = tools.notes();
    let mut page = None;
    let mut shipped = Vec::new();
    let mut measured = Vec::new();
    for artifact in &artifacts {
        let component::Built { bytes, imports } = component::build(workspace, &tools, artifact)?;
        workspace::write(&out.join(artifact.file()), &bytes)?;
        let contents = inventory::of_component(workspace, artifact)?;
        workspace::write(
            &out.join(artifact.file()).with_extension("cdx.json"),
            sbom::of(workspace, &tools, &contents, None, &artifact.file(), &bytes)?.as_bytes(),
        )?;
        println!("{}: {} bytes", artifact.file(), bytes.len());
        measured.push(Measured {
            kind: artifact.kind,
            file: artifact.file(),
            size: bytes.len(),
            imports,
        });
        shipped.push(contents);
    }
    pins::hold(workspace, &tools, &measured, only.is_empty())?;
    if only.is_empty() {
        contract::write_package(workspace, out)?;
        if !without_command {
            page = Page::find(workspace);
            notes.push(page::note(page.as_ref()));
            let contents = inventory::of_command(workspace, page.as_ref())?;
            let bytes = command::build(workspace, &tools, page.as_ref(), out)?;
            workspace::write(
                &out.join("unassign-role.cdx.json"),
                sbom::of(workspace, &tools, &contents, page.as_ref(), "unassign-role", &bytes)?.as_bytes(),
            )?;
            println!("unassign-role: {} bytes", bytes.len());
            shipped.push(contents);
        }
    }
    workspace::write(
        &out.join("THIRD-PARTY-LICENSES"),
        licenses::of(&tools, &shipped, page.as_ref())?.as_bytes(),
    )?;
    workspace::copy(&workspace.root.join("LICENSE"), &out.join("LICENSE"))?;
    workspace::write(&out.join("BUILD.txt"), tools.told(workspace, &notes).as_bytes())?;
    checksums::write_sums(out)?;
    println!("{} is filled; {}", out.display(), notes.join("; "));
    Ok(())
}
