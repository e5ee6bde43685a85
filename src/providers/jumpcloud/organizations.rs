//! Organizations: the account's own, and those that an administrator is linked to.

use serde_json::Value;

use crate::{
    client::path_segment,
    contract::types::{Scope, SideEffect},
    error::{Error, FaultKind, ProviderFault},
    provider::{Context, Grant, GrantKind, Held, KnownAs, UnreadRow},
    request::Entry,
};

use super::{
    config::Config,
    core::{self, Count, Extent, List},
    documents::{Organization, OrganizationLink},
    find::Person,
    ids::is_object_id,
};

/// The organization whose roles and groups are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Own {
    Known(String),
    /// Nothing says it: the key is of one organization.
    NotSaid,
    /// Two things contradict each other: what is not shown may be held in the other one. Why, for people.
    Contradicted(String),
}

impl Own {
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Known(id) => Some(id),
            Self::NotSaid | Self::Contradicted(_) => None,
        }
    }
}

/// The organization that the two records and the account's setting name.
pub fn own(config: &Config, person: &Person) -> Own {
    let stated = |document: Option<&Value>| {
        document?
            .get("organization")?
            .as_str()
            .filter(|id| is_object_id(id))
            .map(str::to_ascii_lowercase)
    };
    let named = [
        ("the administrator's record", stated(person.administrator_document())),
        ("the user's record", stated(person.system_user.as_ref())),
        ("settings.org_id", config.org_id.as_deref().map(str::to_ascii_lowercase)),
    ];
    let mut named = named.into_iter().filter_map(|(by, id)| Some((by, id?)));
    let Some((by, id)) = named.next() else {
        return Own::NotSaid;
    };
    match named.find(|(_, other)| *other != id) {
        Some((other_by, other)) => Own::Contradicted(format!(
            "{by} names the organization {id}, and {other_by} names {other}: what is held in one of them may not be shown (settings.org_id)"
        )),
        None => Own::Known(id),
    }
}

/// Whether JumpCloud knows no organization of the account's id: it then has not even the list of users, which every organization has.
pub async fn is_unknown(config: &Config, cx: &Context<'_>) -> bool {
    if config.org_id.is_none() {
        return false;
    }
    let call = core::get(config, "/api/systemusers?limit=1&skip=0");
    core::send(config, cx, &call)
        .await
        .is_ok_and(|answer| answer.meaning() == 404)
}

/// The setting names no organization of JumpCloud's.
pub fn unknown(config: &Config) -> Error {
    let id = config.org_id.as_deref().unwrap_or_default();
    let message = format!("JumpCloud knows no organization `{id}`, or the credentials do not belong to it");
    Error::account("settings.org_id", message)
}

/// Whether the request may mean links: it names an organization alone, or nothing.
pub fn are_asked(cx: &Context<'_>) -> bool {
    let is_link = |entry: &Entry| matches!(entry, Entry::Organization { .. });
    cx.request.reads_everything() || cx.request.entries.iter().any(is_link)
}

/// The organizations that the account knows, for their names.
pub async fn all(config: &Config, cx: &Context<'_>) -> Result<List<Organization>, ProviderFault> {
    core::list(config, cx, "/api/organizations", Count::Always, "organizations").await
}

/// The organizations that the administrator is linked to.
pub async fn links(
    config: &Config,
    cx: &Context<'_>,
    administrator: &str,
) -> Result<List<OrganizationLink>, ProviderFault> {
    let path = format!(
        "/api/v2/administrators/{}/organizationlinks",
        path_segment(administrator)
    );
    let list = core::list(config, cx, &path, Count::Perhaps, "the organization links").await?;
    Ok(only(list, |link: &OrganizationLink| {
        link.administrator.eq_ignore_ascii_case(administrator)
    }))
}

/// What is left of the links of an administrator who is certainly gone: none if JumpCloud knows no such administrator.
pub async fn links_left(
    config: &Config,
    cx: &Context<'_>,
    administrator: &str,
) -> Result<List<OrganizationLink>, ProviderFault> {
    match links(config, cx, administrator).await {
        Err(fault) if fault.kind == FaultKind::NotFound => Ok(List {
            rows: Vec::new(),
            contradicted: Vec::new(),
            unread: Vec::new(),
            extent: Extent::Whole,
        }),
        links => links,
    }
}

/// The organization's own list of links: what an administrator's list lacks is confirmed by it.
pub async fn administrators(
    config: &Config,
    cx: &Context<'_>,
    organization: &str,
) -> Result<List<OrganizationLink>, ProviderFault> {
    let path = format!(
        "/api/v2/organizations/{}/administratorlinks",
        path_segment(organization)
    );
    let list = core::list(config, cx, &path, Count::Perhaps, "the organization's links").await?;
    Ok(only(list, |link: &OrganizationLink| {
        link.organization.eq_ignore_ascii_case(organization)
    }))
}

/// A row of somebody else's list says nothing that can be relied on.
fn only(list: List<OrganizationLink>, is_own: impl Fn(&OrganizationLink) -> bool) -> List<OrganizationLink> {
    let (rows, foreign): (Vec<_>, Vec<_>) = list.rows.into_iter().partition(is_own);
    let foreign = foreign
        .into_iter()
        .map(|link| format!("{} {}", link.administrator, link.organization));
    List {
        rows,
        unread: list.unread.into_iter().chain(foreign).collect(),
        ..list
    }
}

/// A link has no name; the list of organizations has it.
pub fn link_grant(link: &OrganizationLink) -> Grant {
    Grant {
        known_as: KnownAs::default(),
        kind: GrantKind::OrganizationLink,
        role_id: link.organization.clone(),
        role_name: None,
        scope: Scope {
            group: None,
            organization: None,
            workspace: None,
        },
        held: Held::Direct,
        effects: vec![SideEffect::RemoveOrganizationAccess],
        warnings: Vec::new(),
    }
}

/// A row that may be a link to any organization.
pub fn unread_link(raw: &str) -> UnreadRow {
    UnreadRow {
        is_link: true,
        ..UnreadRow::new(raw)
    }
}
