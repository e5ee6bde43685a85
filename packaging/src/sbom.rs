//! The software bill of materials of one artifact: CycloneDX 1.6 as JSON.

use std::{collections::HashMap, fs, path::Path};

use anyhow::{Context, Result};
use cargo_metadata::Package;
use serde_json::{Value, json};

use crate::{
    checksums,
    compile::Tools,
    inventory::{Contents, reference},
    licenses,
    page::Page,
    workspace::Workspace,
};

pub fn of(
    workspace: &Workspace,
    tools: &Tools,
    contents: &Contents,
    page: Option<&Page>,
    file: &str,
    bytes: &[u8],
) -> Result<String> {
    let checksums = locked_checksums(workspace)?;
    let digest = checksums::sha256(bytes);
    let mut subject = component(contents.root, &checksums);
    subject["type"] = json!("application");
    subject["name"] = json!(file);
    subject["hashes"] = json!([{"alg": "SHA-256", "content": digest}]);
    let mut components: Vec<Value> = contents
        .packages
        .iter()
        .filter(|package| package.id != contents.root.id)
        .map(|package| component(package, &checksums))
        .collect();
    let rust = tools.rustc.split_whitespace().nth(1).unwrap_or_default();
    components.push(json!({
        "type": "library",
        "bom-ref": "rust-std",
        "name": "std",
        "version": rust,
        "description": "the Rust standard library",
        "licenses": [{"expression": "MIT OR Apache-2.0"}],
        "purl": format!("pkg:generic/rust-std@{rust}"),
    }));
    let is_component = Path::new(file).extension().is_some_and(|it| it == "wasm");
    if is_component {
        components.push(wasi_libc(rust));
    }
    if let Some(page) = page {
        components.push(page.component()?);
    }
    let mut dependencies: Vec<Value> = contents
        .dependencies
        .iter()
        .map(|(reference, on)| json!({"ref": reference, "dependsOn": on}))
        .collect();
    let of_std: &[&str] = if is_component { &["wasi-libc"] } else { &[] };
    dependencies.push(json!({"ref": "rust-std", "dependsOn": of_std}));
    let mut metadata = json!({
        "component": subject,
        "tools": {"components": [{"type": "application", "name": "rustc", "version": rust}]},
        "properties": [{"name": "unassign-role:compiler", "value": tools.rustc}],
    });
    if let Some(time) = &workspace.committed {
        metadata["timestamp"] = json!(time);
    }
    if let (Some(revision), Some(properties)) = (&workspace.revision, metadata["properties"].as_array_mut()) {
        properties.push(json!({"name": "unassign-role:revision", "value": revision}));
    }
    let bom = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial_number(&digest),
        "version": 1,
        "metadata": metadata,
        "components": components,
        "dependencies": dependencies,
    });
    Ok(serde_json::to_string_pretty(&bom)? + "\n")
}

fn component(package: &Package, checksums: &HashMap<(String, String), String>) -> Value {
    let version = package.version.to_string();
    let mut component = json!({
        "type": "library",
        "bom-ref": reference(package),
        "name": package.name,
        "version": version,
        "scope": "required",
    });
    // Our own crates are in no registry.
    if package.source.is_some() {
        component["purl"] = json!(format!("pkg:cargo/{}@{version}", package.name));
    }
    if let Some(license) = &package.license {
        // The old way of writing "or".
        component["licenses"] = json!([{"expression": license.replace('/', " OR ")}]);
    }
    if let Some(checksum) = checksums.get(&(package.name.to_string(), version)) {
        component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
    }
    if let Some(repository) = &package.repository {
        component["externalReferences"] = json!([{"type": "vcs", "url": repository}]);
    }
    component
}

/// The C library below the standard library. It comes with the toolchain, which does not tell its version.
fn wasi_libc(rust: &str) -> Value {
    json!({
        "type": "library",
        "bom-ref": "wasi-libc",
        "name": "wasi-libc",
        "description": format!("the C library of WASI, as Rust {rust} brings it"),
        "scope": "required",
        "licenses": [{"expression": licenses::WASI_LIBC_LICENSE}],
        "externalReferences": [{"type": "vcs", "url": "https://github.com/WebAssembly/wasi-libc"}],
    })
}

/// A UUID that follows from the artifact, so that the same artifact has the same bill.
fn serial_number(digest: &str) -> String {
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    // Version 8: the bits are the maker's.
    format!(
        "urn:uuid:{}-{}-8{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}

/// What `Cargo.lock` says of the packages of a registry.
fn locked_checksums(workspace: &Workspace) -> Result<HashMap<(String, String), String>> {
    let lock = fs::read_to_string(workspace.root.join("Cargo.lock")).context("reading Cargo.lock")?;
    let value = |block: &str, key: &str| {
        block.lines().find_map(|line| {
            line.strip_prefix(key)?
                .strip_prefix(" = \"")?
                .strip_suffix('"')
                .map(String::from)
        })
    };
    Ok(lock
        .split("[[package]]")
        .filter_map(|block| {
            Some((
                (value(block, "name")?, value(block, "version")?),
                value(block, "checksum")?,
            ))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{artifact::Artifact, inventory};

    /// The names in the bill of a file.
    fn named(file: &str) -> Vec<String> {
        let workspace = Workspace::own().unwrap();
        let tools = Tools {
            rustc: String::from("rustc 1.95.0"),
            sysroot: std::path::PathBuf::new(),
            has_sources: true,
            optimizer: None,
        };
        let contents = inventory::of_component(&workspace, &Artifact::named(&workspace, "wasi").unwrap()).unwrap();
        let bill: Value = serde_json::from_str(&of(&workspace, &tools, &contents, None, file, b"").unwrap()).unwrap();
        let components = bill["components"].as_array().unwrap();
        components
            .iter()
            .map(|component| component["name"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn a_component_contains_the_c_library_and_the_command_does_not() {
        let component = named("a.wasm");
        assert!(component.iter().any(|it| it == "std") && component.iter().any(|it| it == "wasi-libc"));
        let command = named("unassign-role");
        assert!(command.iter().any(|it| it == "std") && !command.iter().any(|it| it == "wasi-libc"));
    }
}
