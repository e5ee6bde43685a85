//! The components of a release: each kind with all providers, and with one.

use anyhow::{Context, Result};

use crate::workspace::Workspace;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Wasi,
    Spin,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wasi => "wasi",
            Self::Spin => "spin",
        }
    }

    pub fn package(self) -> String {
        format!("unassign-role-{}", self.name())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    pub kind: Kind,
    /// Its feature; all of them if absent.
    pub provider: Option<String>,
}

impl Artifact {
    pub fn all(workspace: &Workspace) -> Vec<Self> {
        let mut all = Vec::new();
        for kind in [Kind::Wasi, Kind::Spin] {
            all.push(Self { kind, provider: None });
            let providers = providers(workspace, kind);
            all.extend(providers.into_iter().map(|provider| Self {
                kind,
                provider: Some(provider),
            }));
        }
        all
    }

    /// By the name that the command line takes.
    pub fn named(workspace: &Workspace, name: &str) -> Result<Self> {
        let all = Self::all(workspace);
        let names: Vec<String> = all.iter().map(Self::name).collect();
        all.into_iter()
            .find(|artifact| artifact.name() == name)
            .with_context(|| format!("there is no component {name}: take one of {}", names.join(", ")))
    }

    pub fn name(&self) -> String {
        match &self.provider {
            Some(provider) => format!("{}-{}", self.kind.name(), provider.replace('_', "-")),
            None => self.kind.name().to_owned(),
        }
    }

    pub fn file(&self) -> String {
        format!("unassign_role_{}.wasm", self.name().replace('-', "_"))
    }

    /// What cargo is told.
    pub fn features(&self) -> Vec<String> {
        let mut told = vec![String::from("--package"), self.kind.package()];
        if let Some(provider) = &self.provider {
            told.extend(["--no-default-features", "--features", provider].map(String::from));
        }
        told
    }
}

/// The default features of a component are its providers.
fn providers(workspace: &Workspace, kind: Kind) -> Vec<String> {
    workspace
        .package(&kind.package())
        .ok()
        .and_then(|package| package.features.get("default").cloned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_comes_with_all_providers_and_with_each() {
        let workspace = Workspace::own().unwrap();
        let files: Vec<String> = Artifact::all(&workspace).iter().map(Artifact::file).collect();
        assert_eq!(files.len(), 14, "{files:?}");
        for file in [
            "unassign_role_wasi.wasm",
            "unassign_role_spin.wasm",
            "unassign_role_wasi_slack_enterprise.wasm",
        ] {
            assert!(files.iter().any(|it| it == file), "{files:?}");
        }
    }

    #[test]
    fn a_name_that_there_is_not_is_answered_with_those_that_there_are() {
        let workspace = Workspace::own().unwrap();
        let error = Artifact::named(&workspace, "wasi-okta").unwrap_err().to_string();
        assert!(error.contains("wasi-crowdstrike"), "{error}");
    }
}
