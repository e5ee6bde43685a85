//! The WIT package: as text, and as the binary that registries take, with its documentation.

use std::path::Path;

use anyhow::{Context, Result};
use wit_component::DecodedWasm;
use wit_parser::Resolve;

use crate::workspace::{Workspace, copy, write};

pub fn write_package(workspace: &Workspace, out: &Path) -> Result<()> {
    let source = workspace.root.join("wit");
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_dir(&source)
        .with_context(|| format!("reading {}", source.display()))?;
    let bytes = wit_component::encode(&resolve, package).context("encoding the WIT package")?;
    check(&bytes)?;
    write(&out.join("unified-user-directory.wasm"), &bytes)?;
    copy(&source.join("user-directory.wit"), &out.join("user-directory.wit"))
}

fn check(bytes: &[u8]) -> Result<()> {
    let decoded = wit_component::decode(bytes)?;
    let DecodedWasm::WitPackage(resolve, package) = decoded else {
        anyhow::bail!("the encoded contract is no WIT package");
    };
    let is_documented = resolve.packages[package]
        .interfaces
        .values()
        .all(|&interface| resolve.interfaces[interface].docs.contents.is_some());
    anyhow::ensure!(is_documented, "the encoded contract has lost its documentation");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoded_contract_keeps_its_documentation() {
        let workspace = Workspace::own().unwrap();
        let out = std::env::temp_dir().join(format!("unassign-role-contract-{}", std::process::id()));
        std::fs::create_dir_all(&out).unwrap();
        write_package(&workspace, &out).unwrap();
        let bytes = std::fs::read(out.join("unified-user-directory.wasm")).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("Takes the roles away, verifies that they are gone"));
        std::fs::remove_dir_all(out).unwrap();
    }
}
