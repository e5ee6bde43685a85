//! Organizations: the account's own, and those that an administrator is linked to.

use serde_json::Value;

use crate::{
    client::path_segment,
    contract::types::{Scope, SideEffect},
    error::{FaultKind, ProviderFault},
    provider::{Context, Grant, GrantKind, Held, KnownAs},
};

use super::{
    config::{Config, is_object_id},
    core::{self, Whole},
    documents::{Organization, OrganizationLink},
    people::Person,
};

/// The organization whose roles and groups are read. An account with several of them gets records without it.
pub fn own(config: &Config, person: &Person) -> Option<String> {
    let told = |document: Option<&Value>| {
        document?
            .get("organization")?
            .as_str()
            .filter(|id| is_object_id(id))
            .map(str::to_ascii_lowercase)
    };
    told(person.administrator_document())
        .or_else(|| told(person.system_user.as_ref()))
        .or_else(|| config.org_id.clone())
}

/// The organizations that the account knows, for their names.
pub async fn all(config: &Config, cx: &Context<'_>) -> Result<Vec<Organization>, ProviderFault> {
    let rows: Vec<Value> = core::list(config, cx, "/api/organizations", Whole::Counted, "the organizations").await?;
    rows.iter()
        .map(|row| {
            Organization::of(row).ok_or_else(|| {
                ProviderFault::new(FaultKind::BadAnswer, "JumpCloud lists an organization without an id")
            })
        })
        .collect()
}

/// The ids of the organizations that the administrator is linked to.
pub async fn links(config: &Config, cx: &Context<'_>, administrator: &str) -> Result<Vec<String>, ProviderFault> {
    let path = format!(
        "/api/v2/administrators/{}/organizationlinks",
        path_segment(administrator)
    );
    let links: Vec<OrganizationLink> =
        core::list(config, cx, &path, Whole::CountedOrShort, "the organization links").await?;
    if links
        .iter()
        .any(|link| !link.administrator.eq_ignore_ascii_case(administrator))
    {
        return Err(ProviderFault::new(
            FaultKind::BadAnswer,
            "JumpCloud lists the links of another administrator",
        ));
    }
    Ok(links
        .into_iter()
        .map(|link| link.organization.to_ascii_lowercase())
        .collect())
}

/// The ids of the administrators in the organization's own list of links: what an administrator's list lacks is confirmed by it.
pub async fn administrators(
    config: &Config,
    cx: &Context<'_>,
    organization: &str,
) -> Result<Vec<String>, ProviderFault> {
    let path = format!(
        "/api/v2/organizations/{}/administratorlinks",
        path_segment(organization)
    );
    let links: Vec<OrganizationLink> =
        core::list(config, cx, &path, Whole::CountedOrShort, "the organization's links").await?;
    if links
        .iter()
        .any(|link| !link.organization.eq_ignore_ascii_case(organization))
    {
        return Err(ProviderFault::new(
            FaultKind::BadAnswer,
            "JumpCloud lists the links of another organization",
        ));
    }
    Ok(links.into_iter().map(|link| link.administrator).collect())
}

pub fn link_grant(organization: &str, known: &[Organization]) -> Grant {
    let named = known
        .iter()
        .find(|known| known.id.eq_ignore_ascii_case(organization))
        .and_then(|known| known.name.clone());
    Grant {
        known_as: KnownAs::default(),
        kind: GrantKind::OrganizationLink,
        role_id: organization.to_owned(),
        role_name: named,
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
