//! Owners and admins: of the organization by the user's own document, of a workspace by its lists.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};

use crate::{
    client::lenient::{Id, Row},
    contract::types::{Scope, SideEffect, Via, ViaKind},
    error::{FaultKind, ProviderFault},
    hashed::HashMap,
    provider::{Context, Grant, GrantKind, Held},
    sorted::Set,
};

use super::{
    config::Config,
    core::{self, Fault, Pages},
    documents::Raw,
    find::Member,
    ids,
};

/// Reads under way at once.
const CONCURRENT_READS: usize = 8;
/// Workspaces whose owners are read before a demotion in the organization, and whose lists a full reading reads.
pub const MOST_WORKSPACES: usize = 50;

/// The user's account type in one workspace.
#[derive(Clone, Debug, PartialEq)]
pub enum Workspace {
    Read {
        is_owner: bool,
        is_admin: bool,
    },
    /// The token does not see it: why, for people.
    Refused(String),
    /// Its lists cannot be read, or contradict the user's document: why, for people.
    Unclear(String),
    /// Its lists could not be read now.
    Failed(ProviderFault),
}

/// The workspaces whose ownership goes with a demotion in the organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ownerships {
    pub workspaces: Set<String>,
    /// Workspaces whose owners cannot be read.
    pub unclear: Set<String>,
    /// Every workspace of the user is in one of the two.
    pub covers_all: bool,
}

/// Lists of owners and admins, as they came: each is read once, and whose ids they hold is told when the user is known.
#[derive(Default)]
pub struct Lists(HashMap<ListOf, Result<Vec<Row<Raw>>, Fault>>);

/// A list of one workspace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListOf {
    Owners(String),
    Admins(String),
}

/// Whether a list has the user.
enum Listed {
    Yes,
    No,
    /// A row cannot be read, or may be the user's.
    Unclear,
}

impl Workspace {
    /// Why nothing is known of it.
    pub fn gap(&self) -> Option<&str> {
        match self {
            Self::Read { .. } => None,
            Self::Refused(why) | Self::Unclear(why) => Some(why),
            Self::Failed(fault) => Some(&fault.message),
        }
    }

    /// Returns true if both were read and the other one shows every account type of this one.
    pub const fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Read { is_owner, is_admin },
                Self::Read {
                    is_owner: was_owner,
                    is_admin: was_admin,
                },
            ) => (!*is_owner || *was_owner) && (!*is_admin || *was_admin),
            _ => false,
        }
    }
}

impl Ownerships {
    pub fn is_complete(&self) -> bool {
        self.covers_all && self.unclear.is_empty()
    }

    /// Returns true if the others contain every workspace of these.
    pub fn is_within(&self, others: &Self) -> bool {
        self.workspaces.is_subset(&others.workspaces) && self.unclear.is_subset(&others.unclear)
    }
}

/// The user's account types in the organization. A higher type gives the lower one, which is then inherited.
pub fn of_organization(member: &Member) -> Vec<Grant> {
    let scope = scope(member, None);
    let lower = |ids: &[&str], via: &Via| -> Vec<Grant> {
        ids.iter()
            .map(|id| grant(id, &scope, Held::Through(vec![via.clone()]), Vec::new()))
            .collect()
    };
    match &highest(member) {
        // The primary owner can only hand it over: no call takes it away.
        Some((ids::ORG_PRIMARY_OWNER, via)) => lower(
            &[
                ids::ORG_PRIMARY_OWNER,
                ids::ORG_OWNER,
                ids::ORG_ADMIN,
                ids::PRIMARY_OWNER,
            ],
            via,
        ),
        // A guest is none: one of the two is out of date, and a demotion would make a guest a full member.
        Some((ids::ORG_OWNER, via)) if member.may_be_guest => lower(&[ids::ORG_OWNER, ids::ORG_ADMIN], via),
        Some((id, via)) if member.may_be_guest => lower(&[id], via),
        Some((id, via)) => {
            let mut effects = vec![SideEffect::DemoteOwnerEverywhere];
            if *id == ids::ORG_OWNER {
                effects.insert(0, SideEffect::DemoteOwner);
            }
            let mut grants = vec![grant(id, &scope, Held::Direct, effects)];
            if *id == ids::ORG_OWNER {
                grants.extend(lower(&[ids::ORG_ADMIN], via));
            }
            grants
        }
        None => Vec::new(),
    }
}

impl ListOf {
    /// Both lists of these workspaces.
    pub fn both(workspaces: &Set<String>) -> Set<Self> {
        let both = |id: &String| [Self::Owners(id.clone()), Self::Admins(id.clone())];
        workspaces.iter().flat_map(both).collect()
    }

    /// The lists of the owners whose ownership goes with a demotion in the organization.
    /// `also`: workspaces that an earlier read looked at.
    pub fn owners(member: &Member, also: &Set<String>) -> Set<Self> {
        let teams = member.teams.iter().take(MOST_WORKSPACES).chain(also.iter());
        teams.cloned().map(Self::Owners).collect()
    }
}

impl Lists {
    /// Reads those of these lists that were not read yet. A list that cannot be read affects no other.
    pub async fn read(&mut self, config: &Config, cx: &Context<'_>, wanted: Set<ListOf>) {
        let missing: Vec<ListOf> = wanted.into_iter().filter(|list| !self.0.contains_key(list)).collect();
        let read: Vec<(ListOf, Result<Vec<Row<Raw>>, Fault>)> = stream::iter(missing)
            .map(|list| async {
                let rows = rows(config, cx, &list).await;
                (list, rows)
            })
            .buffered(CONCURRENT_READS)
            .collect()
            .await;
        self.0.extend(read);
    }

    /// Whether one of them has the user.
    fn has(&self, list: &ListOf, member: &Member) -> Result<Listed, Fault> {
        let rows = match self.0.get(list) {
            Some(Ok(rows)) => rows,
            Some(Err(fault)) => return Err(fault.clone()),
            None => return Ok(Listed::Unclear),
        };
        let mut listed = Listed::No;
        for row in rows {
            let id: Id = row.parse().unwrap_or_default();
            match id.as_str() {
                Some(id) if member.is(id) => return Ok(Listed::Yes),
                Some(id) if !member.may_be(id) => {}
                _ => listed = Listed::Unclear,
            }
        }
        Ok(listed)
    }
}

async fn rows(config: &Config, cx: &Context<'_>, list: &ListOf) -> Result<Vec<Row<Raw>>, Fault> {
    let (list, workspace) = match list {
        ListOf::Owners(workspace) => (core::OWNERS, workspace),
        ListOf::Admins(workspace) => (core::ADMINS, workspace),
    };
    let mut pages = Pages::new(config, cx, list, [("team_id", workspace.clone())]);
    let mut rows = Vec::new();
    while let Some(page) = pages.next().await? {
        rows.extend(page);
    }
    Ok(rows)
}

/// The user's account types in these workspaces, of which both lists were read. A workspace that cannot be read affects no other.
pub fn of_workspaces(lists: &Lists, member: &Member, workspaces: Set<String>) -> BTreeMap<String, Workspace> {
    let mut read = BTreeMap::new();
    for id in workspaces {
        let workspace = workspace(lists, member, &id);
        read.insert(id, workspace);
    }
    check_against_document(lists, member, &mut read);
    read
}

/// The lists that tell which workspace an account type of the document is about, where the document names no home workspace and the
/// lists of a workspace that is meant show less: those of all workspaces of the user.
pub fn to_explain(lists: &Lists, member: &Member, meant: &Set<String>) -> Set<ListOf> {
    let is_unexplained = |id: &String| is_less(member, &workspace(lists, member, id));
    if member.is_above() || member.home.workspace().is_some() || !meant.iter().any(is_unexplained) {
        return Set::default();
    }
    let teams = member.teams.iter().take(MOST_WORKSPACES);
    ListOf::both(&teams.cloned().collect())
}

/// The first failed read of these workspaces.
pub fn failed_read<'a>(workspaces: impl IntoIterator<Item = &'a Workspace>) -> Option<&'a ProviderFault> {
    workspaces.into_iter().find_map(|workspace| match workspace {
        Workspace::Failed(fault) => Some(fault),
        Workspace::Read { .. } | Workspace::Refused(_) | Workspace::Unclear(_) => None,
    })
}

/// The grants that these workspaces give.
pub fn grants(member: &Member, workspaces: &BTreeMap<String, Workspace>) -> Vec<Grant> {
    let read = workspaces.iter().filter_map(|(id, workspace)| match workspace {
        Workspace::Read { is_owner, is_admin } => Some(of_workspace(member, id, *is_owner, *is_admin)),
        Workspace::Refused(_) | Workspace::Unclear(_) | Workspace::Failed(_) => None,
    });
    read.flatten().collect()
}

/// What an owner or admin of the organization is in its workspaces, for a user who is in none of them.
pub fn everywhere(member: &Member) -> Vec<Grant> {
    highest(member)
        .map(|(_, via)| {
            [ids::OWNER, ids::ADMIN]
                .map(|id| grant(id, &scope(member, None), Held::Through(vec![via.clone()]), Vec::new()))
                .to_vec()
        })
        .unwrap_or_default()
}

/// The workspaces that the user owns, among the first 50, of which the list of owners was read.
/// `also`: workspaces that an earlier read looked at.
pub fn ownerships(lists: &Lists, member: &Member, also: &Set<String>) -> Ownerships {
    let (mut owned, mut unclear) = (Vec::new(), Vec::new());
    let teams = member.teams.iter().take(MOST_WORKSPACES).chain(also.iter());
    for workspace in teams.collect::<Set<&String>>() {
        match lists.has(&ListOf::Owners(workspace.clone()), member) {
            Ok(Listed::Yes) => owned.push(workspace.clone()),
            Ok(Listed::No) => {}
            Ok(Listed::Unclear) | Err(_) => unclear.push(workspace.clone()),
        }
    }
    Ownerships {
        workspaces: owned.into_iter().collect(),
        unclear: unclear.into_iter().collect(),
        covers_all: member.has_teams && member.teams.len() <= MOST_WORKSPACES,
    }
}

/// The lower type that goes with a higher one: there is no way back to it.
pub fn companions(grant: &Grant) -> Vec<Grant> {
    let lower = match grant.role_id.as_str() {
        ids::OWNER => ids::ADMIN,
        ids::ORG_OWNER => ids::ORG_ADMIN,
        _ => return Vec::new(),
    };
    let higher = via(grant.role_name.as_deref().unwrap_or(&grant.role_id));
    vec![self::grant(
        lower,
        &grant.scope,
        Held::Through(vec![higher]),
        Vec::new(),
    )]
}

/// The grant of an owner. `None`: of a workspace that is not known.
pub fn ownership(member: &Member, workspace: Option<&str>) -> Grant {
    grant(
        ids::OWNER,
        &scope(member, workspace),
        Held::Direct,
        vec![SideEffect::DemoteOwner],
    )
}

fn workspace(lists: &Lists, member: &Member, workspace: &str) -> Workspace {
    let owners = lists.has(&ListOf::Owners(workspace.to_owned()), member);
    let both = owners.and_then(|owner| Ok((owner, lists.has(&ListOf::Admins(workspace.to_owned()), member)?)));
    let why = |what: &str| format!("who owns and administers workspace {workspace} cannot be read: {what}");
    match both {
        // Whatever the list of admins shows, an owner is an owner.
        Ok((Listed::Yes, admin)) => Workspace::Read {
            is_owner: true,
            is_admin: matches!(admin, Listed::Yes),
        },
        Ok((Listed::Unclear, _) | (Listed::No, Listed::Unclear)) => {
            Workspace::Unclear(why("a row of its lists is not as documented"))
        }
        Ok((Listed::No, admin)) => Workspace::Read {
            is_owner: false,
            is_admin: matches!(admin, Listed::Yes),
        },
        Err(fault) if is_about_the_workspace(&fault) => Workspace::Refused(why(&fault.fault.message)),
        Err(fault) if fault.fault.kind == FaultKind::BadAnswer && fault.fault.answer.is_none() => {
            Workspace::Unclear(why(&fault.fault.message))
        }
        Err(fault) => Workspace::Failed(fault.fault),
    }
}

/// A refusal of this one workspace, by the errors of these methods and those of the common ones that are about what a request names:
/// `no_permission` is about the token. The same token has just read the user and the assignments, so that `invalid_auth` ("not
/// authorized for the requested team") is not. Source: docs.slack.dev.
fn is_about_the_workspace(fault: &Fault) -> bool {
    fault.is(&[
        "team_not_found",
        "team_access_not_granted",
        "access_denied",
        "not_an_admin",
        "invalid_auth",
        "feature_not_enabled",
    ])
}

/// Whether a workspace's lists show less than the user's document.
fn is_less(member: &Member, workspace: &Workspace) -> bool {
    match workspace {
        Workspace::Read { is_owner, is_admin } => {
            let is_at_home = member.home.workspace().is_some();
            let lacks_owner = member.is_owner || (member.is_primary_owner == Some(true) && !is_at_home);
            (lacks_owner && !is_owner) || (member.is_admin && !is_admin && !is_owner)
        }
        Workspace::Refused(_) | Workspace::Unclear(_) | Workspace::Failed(_) => false,
    }
}

/// If the user's document and the lists contradict each other, one of them is wrong: nothing is known of the workspaces that the
/// document may mean. An owner or admin of the organization may have a higher type from there, and only the document shows a primary
/// owner at home.
fn check_against_document(lists: &Lists, member: &Member, workspaces: &mut BTreeMap<String, Workspace>) {
    let is_less = |workspace: &Workspace| is_less(member, workspace);
    let is_more = |workspace: &Workspace| match workspace {
        Workspace::Read { is_owner, is_admin } => member.may_be_guest && (*is_owner || *is_admin),
        Workspace::Refused(_) | Workspace::Unclear(_) | Workspace::Failed(_) => false,
    };
    let is_primary_at_home = member.is_primary_owner == Some(true) && member.home.workspace().is_some();
    // Without a home workspace, the document may mean any of the user's: one that fits is enough.
    let explains = |team: &String| {
        let read = workspace(lists, member, team);
        matches!(read, Workspace::Read { .. }) && !is_less(&read)
    };
    let is_explained = member.home.workspace().is_none() && member.teams.iter().take(MOST_WORKSPACES).any(explains);
    let is_meant = |id: &str| member.home.workspace().is_none_or(|home| home == id);
    for (id, workspace) in workspaces.iter_mut().filter(|(id, _)| is_meant(id)) {
        if is_more(workspace) {
            *workspace = Workspace::Unclear(format!(
                "the user's document gives a guest, or does not say, and the lists of workspace {id} an owner or admin"
            ));
        } else if !member.is_above() && !is_primary_at_home && !is_explained && is_less(workspace) {
            *workspace = Workspace::Unclear(format!(
                "the user's document gives a higher account type than the lists of workspace {id}"
            ));
        }
    }
}

/// Whether the list of admins includes owners is not confirmed, so the list of owners comes first.
fn of_workspace(member: &Member, workspace: &str, is_owner: bool, is_admin: bool) -> Vec<Grant> {
    let scope = scope(member, Some(workspace));
    let is_primary = member.is_home(workspace) && member.is_primary_owner == Some(true);
    let above: Vec<Via> = highest(member).map(|(_, via)| via).into_iter().collect();
    let own = is_primary.then(|| via("workspace primary owner"));
    let owner = (is_owner || is_primary).then(|| via("workspace owner"));
    let mut grants = Vec::new();
    let mut inherited = |id: &str, through: Vec<Via>| {
        if !through.is_empty() {
            grants.push(grant(id, &scope, Held::Through(through), Vec::new()));
        }
    };
    inherited(ids::PRIMARY_OWNER, own.iter().cloned().collect());
    inherited(ids::OWNER, own.iter().chain(&above).cloned().collect());
    inherited(ids::ADMIN, owner.iter().chain(&above).cloned().collect());
    // The organization's primary owner can only hand it over.
    let is_primary = is_primary || member.above.is_some_and(|above| above.is_primary_owner);
    if is_owner && !is_primary {
        grants.insert(0, ownership(member, Some(workspace)));
    } else if is_admin && !is_owner && !is_primary {
        grants.insert(0, grant(ids::ADMIN, &scope, Held::Direct, Vec::new()));
    }
    grants
}

/// The highest account type in the organization, and how inherited grants name it.
fn highest(member: &Member) -> Option<(&'static str, Via)> {
    let above = member.above?;
    let is = [
        (
            above.is_primary_owner,
            ids::ORG_PRIMARY_OWNER,
            "organization primary owner",
        ),
        (above.is_owner, ids::ORG_OWNER, "organization owner"),
        (above.is_admin, ids::ORG_ADMIN, "organization admin"),
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
        kind: GrantKind::Role,
        role_id: id.to_owned(),
        role_name: ids::name_of(id).map(str::to_owned),
        scope: scope.clone(),
        held,
        known_as: ids::known_as(id),
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
