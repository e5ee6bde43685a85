//! From a core module to a component that says what it is.

use std::{borrow::Cow, collections::BTreeSet};

use anyhow::{Context, Result, bail};
use serde_json::json;
use wasm_encoder::{ComponentSection, CustomSection};
use wasm_metadata::{AddMetadata, AddMetadataField, Description, Licenses, Revision, Source, Version};
use wit_component::{ComponentEncoder, DecodedWasm};

use crate::{
    artifact::{Artifact, Kind},
    compile::{self, Tools},
    workspace::Workspace,
};

pub struct Built {
    pub bytes: Vec<u8>,
    /// The interfaces that it needs from its host.
    pub imports: BTreeSet<String>,
}

pub fn build(workspace: &Workspace, tools: &Tools, artifact: &Artifact) -> Result<Built> {
    let mut module = compile::module(workspace, tools, artifact)?;
    if let Some(optimizer) = &tools.optimizer {
        module = optimizer.run(&module)?;
    }
    let encoded = ComponentEncoder::default()
        .validate(true)
        .debug_names(false)
        .module(&module)
        .and_then(|encoder| encoder.merge_imports_based_on_semver(true).encode())
        .with_context(|| format!("making a component of {}", artifact.name()))?;
    let described = metadata(workspace, tools, artifact)?
        .to_wasm(&encoded)
        .with_context(|| format!("describing {}", artifact.name()))?;
    let bytes = documented(described, artifact)?;
    let imports = check(&bytes, artifact)?;
    Ok(Built { bytes, imports })
}

fn metadata(workspace: &Workspace, tools: &Tools, artifact: &Artifact) -> Result<AddMetadata> {
    let package = workspace.package(&artifact.kind.package())?;
    let mut metadata = AddMetadata::default();
    metadata.name = AddMetadataField::Set(format!("unassign-role-{}", artifact.name()));
    metadata.version = AddMetadataField::Set(Version::new(package.version.to_string()));
    metadata.description = AddMetadataField::Set(Description::new(described(artifact)));
    if let Some(license) = &package.license {
        metadata.licenses = AddMetadataField::Set(Licenses::new(license)?);
    }
    if let Some(repository) = &package.repository {
        metadata.source = AddMetadataField::Set(Source::new(repository)?);
    }
    if let Some(revision) = &workspace.revision {
        metadata.revision = AddMetadataField::Set(Revision::new(revision.clone()));
    }
    let version = tools.rustc.split_whitespace().nth(1).unwrap_or_default();
    metadata.language = vec![(String::from("Rust"), String::new())];
    metadata.processed_by = vec![(String::from("rustc"), version.to_owned())];
    Ok(metadata)
}

fn described(artifact: &Artifact) -> String {
    let providers = match &artifact.provider {
        Some(provider) => format!("at {}", proper_name(provider)),
        None => String::from("at any of the supported providers"),
    };
    let host = match artifact.kind {
        Kind::Wasi => "for any WASI 0.2 host, as a typed call and over HTTP",
        Kind::Spin => "over HTTP, for Spin 4.1 and later",
    };
    format!("Removes roles from a user {providers} and verifies the removal by reading back; {host}")
}

/// As the provider writes itself. A feature that has no name here fails a test.
fn proper_name(feature: &str) -> &str {
    match feature {
        "blackline" => "BlackLine",
        "crowdstrike" => "CrowdStrike",
        "elastic_cloud" => "Elastic Cloud",
        "jumpcloud" => "JumpCloud",
        "slack_enterprise" => "Slack Enterprise",
        "teamviewer" => "TeamViewer",
        other => other,
    }
}

/// A component can carry the documentation of its own world alone. That of the interfaces is in the WIT package.
fn documented(mut component: Vec<u8>, artifact: &Artifact) -> Result<Vec<u8>> {
    let mut text = described(artifact);
    if artifact.kind == Kind::Wasi {
        text.push_str(".\n\nThe package `unified:user-directory` documents the functions and records: see unified-user-directory.wasm or user-directory.wit.");
    }
    let mut data = vec![1];
    serde_json::to_writer(&mut data, &json!({"worlds": {"root": {"docs": text}}}))?;
    CustomSection {
        name: Cow::Borrowed("package-docs"),
        data: Cow::Owned(data),
    }
    .append_to_component(&mut component);
    Ok(component)
}

/// Nothing leaves here that its consumers' tools could not read, or that asks a host for more than it should.
fn check(component: &[u8], artifact: &Artifact) -> Result<BTreeSet<String>> {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(component)? else {
        bail!("{} is no component", artifact.name());
    };
    let world = &resolve.worlds[world];
    if world.docs.contents.is_none() {
        bail!("{} has lost its documentation", artifact.name());
    }
    let imports: BTreeSet<String> = world.imports.keys().map(|key| resolve.name_world_key(key)).collect();
    for name in &imports {
        let is_known = name.starts_with("wasi:") || (artifact.kind == Kind::Spin && name.starts_with("spin:"));
        if !is_known {
            bail!("{} imports {name}", artifact.name());
        }
    }
    Ok(imports)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_names_its_provider_as_the_readme_does() {
        let readme = include_str!("../../README.md");
        for artifact in Artifact::all(&Workspace::own().unwrap()) {
            if let Some(provider) = &artifact.provider {
                let name = proper_name(provider);
                assert!(readme.contains(&format!("\n| {name} | ")), "{provider} is {name}");
                assert!(
                    described(&artifact).contains(&format!(" at {name} ")),
                    "{}",
                    described(&artifact)
                );
            }
        }
    }
}
