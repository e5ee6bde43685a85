//! Owners and admins: of the organization by the user's own document, of a workspace by its lists.

use futures_util::{StreamExt, TryStreamExt, future, stream};
use serde_json::Value;

use crate::{
    client::QueryBuilder,
    contract::types::{Scope, SideEffect, Via, ViaKind},
    error::ProviderFault,
    provider::{Context, Grant, GrantKind, Held},
};

use super::{config::Config, core, roles};

/// Reads under way at once.
const CONCURRENT_READS: usize = 8;

/// What the user is in the organization. A higher type gives the lower one, which is not held by itself then.
pub fn of_organization(user: &Value, enterprise: &str) -> Vec<Grant> {
    let is = |flag: &str| {
        user.pointer(&format!("/enterprise_user/{flag}"))
            .and_then(Value::as_bool)
            == Some(true)
    };
    let scope = Scope {
        group: None,
        organization: Some(enterprise.to_owned()),
        workspace: None,
    };
    let everywhere = vec![SideEffect::DemoteOwner, SideEffect::DemoteOwnerEverywhere];
    let mut grants = Vec::new();
    if is("is_primary_owner") {
        // The primary owner can only hand it over: no call takes it away.
        for id in [roles::ORG_PRIMARY_OWNER, roles::ORG_OWNER, roles::ORG_ADMIN] {
            grants.push(grant(
                id,
                &scope,
                through("the organization's primary owner"),
                Vec::new(),
            ));
        }
    } else if is("is_owner") {
        grants.push(grant(roles::ORG_OWNER, &scope, Held::Direct, everywhere));
        grants.push(grant(
            roles::ORG_ADMIN,
            &scope,
            through("an organization owner"),
            Vec::new(),
        ));
    } else if is("is_admin") {
        grants.push(grant(
            roles::ORG_ADMIN,
            &scope,
            Held::Direct,
            vec![SideEffect::DemoteOwnerEverywhere],
        ));
    }
    grants
}

/// What the user is in these workspaces.
pub async fn of_workspaces(
    config: &Config,
    cx: &Context<'_>,
    user: &str,
    workspaces: &[String],
) -> Result<Vec<Grant>, ProviderFault> {
    let grants: Vec<Vec<Grant>> = stream::iter(workspaces)
        .map(|workspace| of_workspace(config, cx, user, workspace))
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    Ok(grants.concat())
}

/// The workspaces of these where the user is an owner: an organization-level demotion takes that too.
pub async fn owned(
    config: &Config,
    cx: &Context<'_>,
    user: &str,
    workspaces: &[String],
) -> Result<Vec<String>, ProviderFault> {
    let grants = of_workspaces(config, cx, user, workspaces).await?;
    Ok(grants
        .into_iter()
        .filter(|grant| grant.role_id == roles::OWNER)
        .filter_map(|grant| grant.scope.workspace)
        .collect())
}

async fn of_workspace(
    config: &Config,
    cx: &Context<'_>,
    user: &str,
    workspace: &str,
) -> Result<Vec<Grant>, ProviderFault> {
    let query = || QueryBuilder::new().pair("team_id", workspace).pair("limit", "1000");
    let (owners, admins) = future::try_join(
        core::list(config, cx, "admin.teams.owners.list", query, "owner_ids"),
        core::list(config, cx, "admin.teams.admins.list", query, "admin_ids"),
    )
    .await?;
    let is_in = |ids: &[Value]| ids.iter().any(|id| id.as_str() == Some(user));
    let scope = Scope {
        group: None,
        organization: None,
        workspace: Some(workspace.to_owned()),
    };
    // Whether the list of admins holds the owners too is not confirmed: an owner is an owner first.
    Ok(if is_in(&owners) {
        vec![
            grant(roles::OWNER, &scope, Held::Direct, vec![SideEffect::DemoteOwner]),
            grant(roles::ADMIN, &scope, through("a workspace owner"), Vec::new()),
        ]
    } else if is_in(&admins) {
        vec![grant(roles::ADMIN, &scope, Held::Direct, Vec::new())]
    } else {
        Vec::new()
    })
}

fn grant(id: &str, scope: &Scope, held: Held, effects: Vec<SideEffect>) -> Grant {
    Grant {
        kind: GrantKind::Role,
        role_id: id.to_owned(),
        role_name: roles::name_of(id).map(str::to_owned),
        scope: scope.clone(),
        held,
        effects,
        warnings: Vec::new(),
    }
}

fn through(name: &str) -> Held {
    Held::Through(vec![Via {
        kind: ViaKind::HigherRole,
        id: None,
        name: Some(name.to_owned()),
    }])
}
