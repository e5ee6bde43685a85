//! Which crates an artifact contains. `cargo tree` resolves its very features, and leaves out what only runs during the build.

use std::{collections::BTreeMap, process::Command};

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Package, PackageId};

use crate::{
    artifact::Artifact,
    command,
    compile::TARGET,
    page::Page,
    workspace::{Workspace, output},
};

pub struct Contents<'a> {
    pub root: &'a Package,
    /// The root included, by name and version.
    pub packages: Vec<&'a Package>,
    /// The direct dependencies of each, by the names that [`reference()`] gives.
    pub dependencies: BTreeMap<String, Vec<String>>,
}

pub fn of_component<'a>(workspace: &'a Workspace, artifact: &Artifact) -> Result<Contents<'a>> {
    let mut arguments = artifact.features();
    arguments.extend(["--target", TARGET].map(String::from));
    resolve(workspace, workspace.package(&artifact.kind.package())?, &arguments)
}

pub fn of_command<'a>(workspace: &'a Workspace, page: Option<&Page>) -> Result<Contents<'a>> {
    let package = workspace.package("unassign-role-cli")?;
    let arguments = [
        "--package",
        package.name.as_str(),
        "--features",
        command::features(page),
    ]
    .map(String::from);
    resolve(workspace, package, &arguments)
}

fn resolve<'a>(workspace: &'a Workspace, root: &'a Package, arguments: &[String]) -> Result<Contents<'a>> {
    let mut tree = Command::new("cargo");
    tree.args([
        "tree",
        "--locked",
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
    ])
    .args(["--format", "{p}"])
    .args(arguments)
    .current_dir(&workspace.root);
    let mut packages: Vec<&Package> = output(&mut tree)?
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| named(workspace, line))
        .collect::<Result<_>>()?;
    packages.sort_by(|a, b| (&a.name, &a.version, &a.id).cmp(&(&b.name, &b.version, &b.id)));
    packages.dedup_by(|a, b| a.id == b.id);
    let dependencies = dependencies(workspace, &packages);
    Ok(Contents {
        root,
        packages,
        dependencies,
    })
}

/// A line like `base64 v0.22.1` or `unassign-role v0.2.0 (/folder)`, with ` (*)` behind it if it stood above.
fn named<'a>(workspace: &'a Workspace, line: &str) -> Result<&'a Package> {
    let mut words = line.split_whitespace();
    let (name, version) = words
        .next()
        .zip(words.next().and_then(|word| word.strip_prefix('v')))
        .with_context(|| format!("cargo tree printed {line:?}"))?;
    workspace
        .metadata
        .packages
        .iter()
        .find(|package| package.name == name && package.version.to_string() == version)
        .with_context(|| format!("cargo metadata knows no {name} {version}"))
}

/// The same on every machine, unlike cargo's own id of a package that has a path.
pub fn reference(package: &Package) -> String {
    format!("{}@{}", package.name, package.version)
}

fn dependencies(workspace: &Workspace, packages: &[&Package]) -> BTreeMap<String, Vec<String>> {
    let contained = |id: &PackageId| {
        packages
            .iter()
            .find(|package| package.id == *id)
            .map(|it| reference(it))
    };
    workspace
        .metadata
        .resolve
        .iter()
        .flat_map(|resolve| &resolve.nodes)
        .filter_map(|node| {
            let linked = node
                .deps
                .iter()
                .filter(|dependency| dependency.dep_kinds.iter().any(|it| it.kind == DependencyKind::Normal));
            let mut on: Vec<String> = linked.filter_map(|dependency| contained(&dependency.pkg)).collect();
            on.sort_unstable();
            on.dedup();
            Some((contained(&node.id)?, on))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(name: &str) -> Vec<String> {
        let workspace = Workspace::own().unwrap();
        let artifact = Artifact::named(&workspace, name).unwrap();
        let contents = of_component(&workspace, &artifact).unwrap();
        contents
            .packages
            .iter()
            .map(|package| package.name.to_string())
            .collect()
    }

    #[test]
    fn a_component_contains_what_is_linked_into_it_and_nothing_that_only_builds_it() {
        let names = names("wasi");
        for name in [
            "unassign-role-wasi",
            "unassign-role",
            "wasip2",
            "serde_json",
            "ed25519-dalek",
        ] {
            assert!(names.iter().any(|it| it == name), "{name} is not in {names:?}");
        }
        for name in [
            "syn",
            "serde_derive",
            "wasmtime",
            "spin-sdk",
            "proptest",
            "unassign-role-cli",
        ] {
            assert!(!names.iter().any(|it| it == name), "{name} is in {names:?}");
        }
    }
}
