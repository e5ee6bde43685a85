//! The provider matrix: what each provider takes and understands, as data. Validation reads it, the typed contract lists it, and
//! the tables of the documentation are tested against it.

#[cfg(test)]
use std::fmt::Write;
use std::time::Duration;

use crate::{
    contract::{
        json,
        types::{Credentials, Profile, Provider, SideEffect},
    },
    error::Error,
};

/// One row of the matrix.
#[derive(Clone, Copy, Debug)]
pub struct Capability {
    /// For messages, e.g. `"CrowdStrike"`.
    pub name: &'static str,
    /// A row has a name of its own for its role, which the directory may spell otherwise: a protected name is then not ruled out by the row.
    pub rows_have_own_names: bool,
    /// Kinds of credentials by their JSON names, e.g. `"client_credentials"`.
    pub credentials: &'static [&'static str],
    /// What the credentials must be allowed to do.
    pub permissions: &'static [&'static str],
    /// What `id` can be.
    pub user_ids: &'static [&'static str],
    /// What selects a role.
    pub role_ids: &'static [&'static str],
    /// What `role.group` names; `None`: it is refused.
    pub group: Option<&'static str>,
    /// What `role.organization` names; `None`: it is refused.
    pub organization: Option<&'static str>,
    /// What `role.workspace` and `workspace_id` name; `None`: they are refused.
    pub workspace: Option<&'static str>,
    /// `organizations` alone can be removed.
    pub organization_links: bool,
    /// The revoking request has a body that `remote_data` can be merged into.
    pub remote_data: bool,
    /// Side effects that can come up, each refused unless allowed.
    pub side_effects: &'static [SideEffect],
    /// Side effects that could come up and that the provider does not let us see.
    pub not_guarded: &'static [SideEffect],
    /// Grants in one revoking request; `None`: no limit is known.
    pub grants_per_request: Option<u32>,
    /// How long reads may be stale after a write, unless the account says otherwise.
    pub staleness_window: Duration,
    /// Names of everything the published schema of the revoking call has, and everything the adapter sets in it.
    pub reserved: &'static [&'static str],
}

impl Capability {
    /// Whether the provider takes credentials of this kind.
    pub fn takes(&self, credentials: &Credentials) -> bool {
        self.credentials.contains(&json::credentials_kind(credentials))
    }

    /// What to say to credentials of another kind.
    pub fn wrong_credentials(&self) -> Error {
        let kinds = self.credentials.join(" or ");
        Error::account("credentials", format!("{} takes {kinds} credentials", self.name))
    }

    /// The row as the typed contract lists it.
    pub fn profile(&self, provider: Provider) -> Profile {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Profile {
            provider,
            name: self.name.to_owned(),
            credentials: texts(self.credentials),
            permissions: texts(self.permissions),
            user_ids: texts(self.user_ids),
            role_ids: texts(self.role_ids),
            group: self.group.map(str::to_owned),
            organization: self.organization.map(str::to_owned),
            workspace: self.workspace.map(str::to_owned),
            organization_links: self.organization_links,
            remote_data: self.remote_data,
            side_effects: self.side_effects.to_vec(),
            not_guarded: self.not_guarded.to_vec(),
            grants_per_request: self.grants_per_request,
            staleness_window: u32::try_from(self.staleness_window.as_millis()).unwrap_or(u32::MAX),
        }
    }

    /// The row as the table of the provider's page.
    #[cfg(test)]
    pub fn markdown(&self) -> String {
        let list = |items: &[&str]| items.join("; ");
        let effects = |effects: &[SideEffect]| {
            if effects.is_empty() {
                return String::from("none");
            }
            let names: Vec<String> = effects
                .iter()
                .map(|effect| format!("`{}`", json::side_effect_name(*effect)))
                .collect();
            names.join(", ")
        };
        let scope = |scope: Option<&str>| scope.unwrap_or("no such scope: 400").to_owned();
        let kinds: Vec<String> = self.credentials.iter().map(|kind| format!("`{kind}`")).collect();
        let rows = [
            ("credentials", kinds.join(", ")),
            ("permissions", list(self.permissions)),
            ("`id`", list(self.user_ids)),
            ("`roles[].id`, `roles[].name`", list(self.role_ids)),
            ("`roles[].group`", scope(self.group)),
            ("`roles[].organization`", scope(self.organization)),
            ("`roles[].workspace`, `workspace_id`", scope(self.workspace)),
            (
                "`organizations` alone",
                String::from(if self.organization_links {
                    "the links to them go"
                } else {
                    "refused: there is no link to remove"
                }),
            ),
            (
                "`remote_data`",
                String::from(if self.remote_data {
                    "merged into the revoking request"
                } else {
                    "400: the revoking request has no body for it"
                }),
            ),
            ("side effects that need to be allowed", effects(self.side_effects)),
            ("not visible, so not guarded", effects(self.not_guarded)),
            (
                "grants in one request",
                self.grants_per_request
                    .map_or_else(|| String::from("no known limit"), |most| most.to_string()),
            ),
            (
                "reads may be stale for",
                format!("{} s (`staleness_window_ms`)", self.staleness_window.as_secs()),
            ),
        ];
        let mut table = String::from("| of the contract | here |\n|---|---|\n");
        for (name, value) in rows {
            // Writing into a text cannot fail.
            let _ = writeln!(table, "| {name} | {value} |");
        }
        table
    }

    /// The row of the README's table, without the link to the page.
    #[cfg(test)]
    pub fn summary(&self) -> String {
        let scopes = [
            ("organization", self.organization),
            ("workspace", self.workspace),
            ("group", self.group),
        ];
        let narrowed: Vec<&str> = scopes
            .iter()
            .filter(|(_, meaning)| meaning.is_some())
            .map(|(name, _)| *name)
            .collect();
        let effects: Vec<String> = self
            .side_effects
            .iter()
            .map(|effect| format!("`{}`", json::side_effect_name(*effect)))
            .collect();
        let kinds: Vec<String> = self.credentials.iter().map(|kind| format!("`{kind}`")).collect();
        format!(
            "| {} | {} | {} | {} | {} |",
            self.name,
            kinds.join(", "),
            self.user_ids.join("; "),
            narrowed.join(", "),
            effects.join(", ")
        )
    }

    /// A row for tests.
    #[cfg(test)]
    pub const EXAMPLE: Self = Self {
        name: "Example",
        credentials: &["api_key"],
        permissions: &[],
        user_ids: &["id"],
        role_ids: &["id"],
        group: None,
        organization: None,
        workspace: None,
        organization_links: false,
        remote_data: true,
        side_effects: &[],
        not_guarded: &[],
        grants_per_request: None,
        staleness_window: Duration::from_secs(10),
        reserved: &[],
        rows_have_own_names: false,
    };
}

#[cfg(test)]
mod tests {
    use crate::providers;

    #[test]
    fn every_page_has_the_table_of_its_provider() {
        for &(provider, page) in providers::PAGES {
            let capability = providers::capability(provider).unwrap();
            let table = capability.markdown();
            assert!(
                page.contains(&table),
                "the page of {} must have this table:\n\n{table}",
                capability.name
            );
        }
    }

    #[test]
    fn the_readme_has_a_row_for_every_provider() {
        let readme = include_str!("../../README.md");
        for (_, capability) in providers::matrix() {
            let row = capability.summary();
            assert!(readme.contains(&row), "the README must have this row:\n\n{row}");
        }
    }

    #[test]
    fn no_side_effect_is_both_guarded_and_not() {
        for (_, capability) in providers::matrix() {
            assert!(
                !capability
                    .side_effects
                    .iter()
                    .any(|effect| capability.not_guarded.contains(effect)),
                "{}",
                capability.name
            );
        }
    }
}
