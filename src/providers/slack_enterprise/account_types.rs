//! Owners and admins: of the organization by the user's own document, of a workspace by its lists.

use futures_util::{StreamExt, TryStreamExt, future, stream};
use serde_json::Value;

use crate::{
    contract::types::{Scope, SideEffect, Via, ViaKind},
    error::ProviderFault,
    provider::{Context, Grant, GrantKind, Held, KnownAs},
};

use super::{config::Config, core, member::Member, roles};

/// Reads under way at once.
const CONCURRENT_READS: usize = 8;

/// What the lists of some workspaces say.
#[derive(Default)]
pub struct Workspaces {
    pub grants: Vec<Grant>,
    /// Workspaces whose lists were read.
    pub read: Vec<String>,
    /// Workspaces of which nothing is proven, and why.
    pub blind: Vec<(String, String)>,
}

/// One workspace's lists.
enum Lists {
    Read { is_owner: bool, is_admin: bool },
    Blind(String),
}

/// What the user is in the organization. A higher type gives the lower one, which is not held by itself then.
pub fn of_organization(member: &Member) -> Vec<Grant> {
    let scope = scope(member, None);
    let lower = |ids: &[&str], via: &Via| -> Vec<Grant> {
        ids.iter()
            .map(|id| grant(id, &scope, Held::Through(vec![via.clone()]), Vec::new()))
            .collect()
    };
    match &highest(member) {
        // The primary owner can only hand it over: no call takes it away.
        Some((roles::ORG_PRIMARY_OWNER, via)) => lower(
            &[
                roles::ORG_PRIMARY_OWNER,
                roles::ORG_OWNER,
                roles::ORG_ADMIN,
                roles::PRIMARY_OWNER,
            ],
            via,
        ),
        Some((id, via)) => {
            let mut effects = vec![SideEffect::DemoteOwnerEverywhere];
            if *id == roles::ORG_OWNER {
                effects.insert(0, SideEffect::DemoteOwner);
            }
            let mut grants = vec![grant(id, &scope, Held::Direct, effects)];
            if *id == roles::ORG_OWNER {
                grants.extend(lower(&[roles::ORG_ADMIN], via));
            }
            grants
        }
        None => Vec::new(),
    }
}

/// What the user is in these workspaces; a workspace that cannot be read says nothing, and does not keep the others.
pub async fn of_workspaces(
    config: &Config,
    cx: &Context<'_>,
    member: &Member,
    workspaces: &[String],
) -> Result<Workspaces, ProviderFault> {
    let lists: Vec<Lists> = stream::iter(workspaces)
        .map(|workspace| lists(config, cx, member, workspace))
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    let mut all = Workspaces::default();
    for (workspace, lists) in workspaces.iter().zip(lists) {
        match lists {
            Lists::Blind(why) => all.blind.push((workspace.clone(), why)),
            Lists::Read { is_owner, is_admin } => {
                all.grants.extend(of_workspace(member, workspace, is_owner, is_admin));
                if member.is_more_at_home(workspace, is_owner, is_admin) {
                    let why = format!(
                        "the user's document gives a higher account type than the lists of workspace {workspace}"
                    );
                    all.blind.push((workspace.clone(), why));
                }
                all.read.push(workspace.clone());
            }
        }
    }
    Ok(all)
}

/// Owner and admin everywhere in the organization, by being one of the whole of it: for somebody in no workspace.
pub fn everywhere(member: &Member) -> Vec<Grant> {
    highest(member)
        .map(|(_, via)| {
            [roles::OWNER, roles::ADMIN]
                .map(|id| grant(id, &scope(member, None), Held::Through(vec![via.clone()]), Vec::new()))
                .to_vec()
        })
        .unwrap_or_default()
}

/// The ownerships of these workspaces, and whether all of them could be read.
pub async fn owned(config: &Config, cx: &Context<'_>, member: &Member, workspaces: &[String]) -> (Vec<Grant>, bool) {
    let lists: Vec<Result<bool, ProviderFault>> = stream::iter(workspaces)
        .map(|workspace| is_in(config, cx, member, workspace, OWNERS))
        .buffered(CONCURRENT_READS)
        .collect()
        .await;
    let complete = lists.iter().all(Result::is_ok);
    let grants = workspaces
        .iter()
        .zip(lists)
        .filter(|(_, list)| matches!(list, Ok(true)))
        .map(|(workspace, _)| ownership(member, Some(workspace)))
        .collect();
    (grants, complete)
}

/// Owner of a workspace; `None`: of one that cannot be told.
pub fn ownership(member: &Member, workspace: Option<&str>) -> Grant {
    grant(
        roles::OWNER,
        &scope(member, workspace),
        Held::Direct,
        vec![SideEffect::DemoteOwner],
    )
}

type List = (&'static str, &'static str);
const OWNERS: List = ("admin.teams.owners.list", "owner_ids");
const ADMINS: List = ("admin.teams.admins.list", "admin_ids");

async fn lists(config: &Config, cx: &Context<'_>, member: &Member, workspace: &str) -> Result<Lists, ProviderFault> {
    let both = future::try_join(
        is_in(config, cx, member, workspace, OWNERS),
        is_in(config, cx, member, workspace, ADMINS),
    );
    match both.await {
        Ok((is_owner, is_admin)) => Ok(Lists::Read { is_owner, is_admin }),
        Err(fault) if is_about_the_workspace(&fault) => Ok(Lists::Blind(format!(
            "who owns and administers workspace {workspace} cannot be read: {}",
            fault.message
        ))),
        Err(fault) => Err(fault),
    }
}

async fn is_in(
    config: &Config,
    cx: &Context<'_>,
    member: &Member,
    workspace: &str,
    (method, key): List,
) -> Result<bool, ProviderFault> {
    let ids = core::list(config, cx, method, &[("team_id", workspace)], 1_000, key).await?;
    Ok(ids.iter().filter_map(Value::as_str).any(|id| member.is(id)))
}

/// A no for this workspace's sake; any other one is true of all of them.
fn is_about_the_workspace(fault: &ProviderFault) -> bool {
    [
        "team_not_found",
        "team_access_not_granted",
        "access_denied",
        "no_permission",
        "not_an_admin",
    ]
    .iter()
    .any(|error| fault.message.ends_with(error))
}

/// Whether the list of admins holds the owners too is not confirmed: an owner is an owner first.
fn of_workspace(member: &Member, workspace: &str, is_owner: bool, is_admin: bool) -> Vec<Grant> {
    let scope = scope(member, Some(workspace));
    let is_primary = member.is_home(workspace) && member.is_primary_owner;
    let above: Vec<Via> = highest(member).map(|(_, via)| via).into_iter().collect();
    let own = is_primary.then(|| via("the workspace's primary owner"));
    let owner = (is_owner || is_primary).then(|| via("a workspace owner"));
    let mut grants = Vec::new();
    let mut inherited = |id: &str, through: Vec<Via>| {
        if !through.is_empty() {
            grants.push(grant(id, &scope, Held::Through(through), Vec::new()));
        }
    };
    inherited(roles::PRIMARY_OWNER, own.iter().cloned().collect());
    inherited(roles::OWNER, own.iter().chain(&above).cloned().collect());
    inherited(roles::ADMIN, owner.iter().chain(&above).cloned().collect());
    if is_owner && !is_primary {
        grants.insert(0, ownership(member, Some(workspace)));
    } else if is_admin && !is_owner && !is_primary {
        grants.insert(0, grant(roles::ADMIN, &scope, Held::Direct, Vec::new()));
    }
    grants
}

/// The highest account type in the organization, as what is held through it names it.
fn highest(member: &Member) -> Option<(&'static str, Via)> {
    let above = member.above?;
    let is = [
        (
            above.is_primary_owner,
            roles::ORG_PRIMARY_OWNER,
            "the organization's primary owner",
        ),
        (above.is_owner, roles::ORG_OWNER, "an organization owner"),
        (above.is_admin, roles::ORG_ADMIN, "an organization admin"),
    ];
    is.into_iter().find(|(is, ..)| *is).map(|(_, id, name)| (id, via(name)))
}

fn scope(member: &Member, workspace: Option<&str>) -> Scope {
    Scope {
        group: None,
        organization: Some(member.enterprise.clone()),
        workspace: workspace.map(str::to_owned),
    }
}

fn grant(id: &str, scope: &Scope, held: Held, effects: Vec<SideEffect>) -> Grant {
    Grant {
        known_as: KnownAs::default(),
        kind: GrantKind::Role,
        role_id: id.to_owned(),
        role_name: roles::name_of(id).map(str::to_owned),
        scope: scope.clone(),
        held,
        effects,
        warnings: Vec::new(),
    }
}

fn via(name: &str) -> Via {
    Via {
        kind: ViaKind::HigherRole,
        id: None,
        name: Some(name.to_owned()),
    }
}
