//! The roles of an organization: the published ones, and the custom roles that somebody has.

use std::collections::BTreeMap;

use crate::{
    client::lenient::FromJson,
    contract::types::{ListedRole, Scope, ScopeKind},
    error::Error,
    provider::{Context, RoleList},
};

use super::super::{
    assignments::PAGES_OF_A_FULL_READING,
    config::Config,
    core::{self, Pages},
    documents::Assignment,
    ids,
};

/// The kinds of places at which a custom role is held.
#[derive(Default)]
struct Places {
    organization: bool,
    workspace: bool,
    channel: bool,
}

/// Slack has no call for it. Custom roles are found in the assignments, as far as these can be read in one call.
///
/// # Errors
/// A failed read.
pub async fn list(config: &Config, cx: &Context<'_>) -> Result<RoleList, Error> {
    let mut custom: BTreeMap<String, Places> = BTreeMap::new();
    let mut pages = Pages::new(config, cx, core::ASSIGNMENTS, []);
    let mut read = 0_usize;
    while read < PAGES_OF_A_FULL_READING
        && let Some(rows) = pages.next().await?
    {
        read = read.saturating_add(1);
        for row in rows.iter().filter_map(|row| row.read()) {
            let row = Assignment::from_json(row).unwrap_or_default();
            let Some(role) = row.role_id.as_str().filter(|role| ids::is_custom(role)) else {
                continue;
            };
            let places = custom.entry(role.to_owned()).or_default();
            match row.entity_id.as_str() {
                Some(entity) if ids::is_organization(entity) => places.organization = true,
                Some(entity) if ids::is_workspace(entity) => places.workspace = true,
                Some(_) => places.channel = true,
                None => {}
            }
        }
    }
    let mut unread = String::from("Slack has no list of custom roles: shown are those that somebody has");
    if !pages.is_over() {
        unread = format!("{unread}, by the first {read} pages of a longer list of assignments");
    }
    let published = ids::published().map(|role| ListedRole {
        id: Some(role.id.to_owned()),
        name: role.names.first().map(|&name| name.to_owned()),
        scopes: ids::scopes_of(role.id),
        scope: TENANT,
        removable: !matches!(role.id, ids::PRIMARY_OWNER | ids::ORG_PRIMARY_OWNER),
    });
    let custom = custom.into_iter().map(|(id, places)| ListedRole {
        id: Some(id),
        name: None,
        scopes: places.kinds(),
        scope: TENANT,
        removable: true,
    });
    Ok(RoleList {
        roles: published.chain(custom).collect(),
        unread: vec![unread],
    })
}

const TENANT: Scope = Scope {
    group: None,
    organization: None,
    workspace: None,
};

impl Places {
    fn kinds(&self) -> Vec<ScopeKind> {
        [
            (self.organization, ScopeKind::Organization),
            (self.workspace, ScopeKind::Workspace),
            (self.channel, ScopeKind::Group),
        ]
        .into_iter()
        .filter_map(|(is, kind)| is.then_some(kind))
        .collect()
    }
}
