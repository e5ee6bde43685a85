//! What it means that a reading shows no grant, and what of an entry cannot be told.

use crate::{
    client::QueryBuilder,
    contract::{reason::Reason, warning::Warning},
    error::ProviderFault,
    provider::{Absence, Context, Grant, Snapshot, backend::Step},
    request::Selector,
};

use super::{
    account_types::{self, Workspace},
    assignments::{self, Extent},
    config::Config,
    core,
    documents::Page,
    find::{Home, Member},
    ids,
    read::Detail,
};

/// What it means that no grant is shown for a selector, which names one organization at most.
pub async fn of(config: &Config, step: Step<'_, Detail>, selector: &Selector) -> Absence {
    let Step { cx, snapshot, detail } = step;
    let meant = ids::meant(selector);
    if meant.is_empty() {
        return Absence::Unclear {
            reason: Reason::NotSupported,
            message: format!(
                "Slack publishes no role called `{}`, and a custom role is known only by its id (Rl…); the known names are {}",
                selector.label(),
                ids::names().join(", ")
            ),
        };
    }
    let own = &detail.member.enterprise;
    if let Some(other) = selector.organizations.iter().find(|named| *named != own) {
        return not_visible(format!(
            "the token belongs to the organization {own}, and shows nothing of {other}"
        ));
    }
    let mut inside = Vec::new();
    for id in meant {
        let absence = if ids::is_account_type(id) {
            of_account_type(id, selector, snapshot, detail)
        } else {
            of_assigned(config, cx, id, detail).await
        };
        if absence != Absence::Proven {
            return absence;
        }
        inside.extend(
            of_role(snapshot, id)
                .filter(|grant| is_inside(selector, grant))
                .filter_map(|grant| assignments::entity(&grant.scope))
                .map(|entity| Warning::HeldAt.about(entity)),
        );
    }
    if inside.is_empty() {
        Absence::Proven
    } else {
        Absence::ProvenExcept { warnings: inside }
    }
}

/// Returns true for an assignment inside the place that a selector names: anything in the organization, or a channel that may be in
/// the workspace. It is another assignment than the one that is meant.
fn is_inside(selector: &Selector, grant: &Grant) -> bool {
    selector.is_outermost || (selector.workspace.is_some() && grant.scope.group.is_some())
}

/// The part of an entry that can be neither removed nor ruled out, whatever else of it is held. A workspace that the token may not
/// see is left out, with a warning.
pub fn blocked_by(selector: &Selector, detail: &Detail) -> Option<(Reason, String)> {
    let id = selector.id.as_deref().filter(|id| ids::is_account_type(id))?;
    let why = match (selector.workspace.as_ref(), type_above(&detail.member)) {
        (_, Err(why)) => why,
        (Some(workspace), Ok(())) => gap(detail, workspace, false)?.to_owned(),
        (None, Ok(())) if !ids::is_of_workspace(id) && detail.member.may_be_guest && detail.member.is_above() => {
            String::from("the user's document gives a guest, and an account type in the organization")
        }
        (None, Ok(())) if !ids::is_of_workspace(id) => return None,
        (None, Ok(())) => match all_teams(&detail.member) {
            Err(why) => why,
            Ok(teams) => match teams.iter().find_map(|team| gap(detail, team, false)) {
                Some(why) => why.to_owned(),
                None => {
                    let fault = failed_read(selector, detail)?;
                    return Some((fault.reason_of_gap(), fault.into_details().message));
                }
            },
        },
    };
    Some((Reason::NotVisible, why))
}

/// The fault of the lists of a workspace that a selector means.
pub fn failed_read(selector: &Selector, detail: &Detail) -> Option<ProviderFault> {
    if !ids::meant(selector).into_iter().any(ids::is_of_workspace) {
        return None;
    }
    let meant = match &selector.workspace {
        Some(workspace) => std::slice::from_ref(workspace),
        None => detail.member.teams.as_slice(),
    };
    let workspaces = meant.iter().filter_map(|id| detail.workspaces.get(id));
    account_types::failed_read(workspaces).cloned()
}

/// The proof is a list of assignments that was read to its end.
async fn of_assigned(config: &Config, cx: &Context<'_>, id: &str, detail: &Detail) -> Absence {
    let is_unknown = match &detail.assignments.extent {
        Extent::Whole => ids::is_custom(id) && !detail.assignments.exists(id) && is_unknown(config, cx, id).await,
        Extent::Begun { pages } => return not_visible(cut_off(*pages)),
        Extent::Roles { read, unknown, .. } if !unknown.contains(id) && !read.contains(id) => {
            return not_visible(format!("the assignments of the role `{id}` were not read"));
        }
        Extent::Roles { has_control: false, .. } => {
            return not_visible(String::from(
                "Slack shows no assignment of anybody, so that a list without the user proves nothing",
            ));
        }
        // A published role exists, whoever has it.
        Extent::Roles { unknown, .. }
            if unknown.contains(id) && (!ids::is_custom(id) || detail.assignments.exists(id)) =>
        {
            return not_visible(format!(
                "Slack shows an assignment of the role `{id}`, and refuses to list its assignments"
            ));
        }
        Extent::Roles { unknown, .. } => ids::is_custom(id) && unknown.contains(id),
    };
    if is_unknown {
        Absence::NotFound(format!("Slack knows no role with the id `{id}`"))
    } else {
        Absence::Proven
    }
}

fn of_account_type(id: &str, selector: &Selector, reading: &Snapshot, detail: &Detail) -> Absence {
    let member = &detail.member;
    if let Err(why) = type_above(member) {
        return not_visible(why);
    }
    if !ids::is_of_workspace(id) {
        return Absence::Proven;
    }
    let workspaces = match &selector.workspace {
        Some(workspace) => std::slice::from_ref(workspace),
        None => match all_teams(member) {
            Ok(teams) => teams,
            Err(why) => return not_visible(why),
        },
    };
    if let Some(why) = workspaces.iter().find_map(|workspace| gap(detail, workspace, true)) {
        return not_visible(why.to_owned());
    }
    if workspaces.is_empty()
        && let Some(why) = unplaced_type(member)
    {
        return not_visible(why);
    }
    if id == ids::PRIMARY_OWNER {
        return of_primary_owner(workspaces, reading, member);
    }
    Absence::Proven
}

/// Why an account type may be held although there is no workspace where it could be.
fn unplaced_type(member: &Member) -> Option<String> {
    let has_type = member.is_primary_owner == Some(true) || member.is_owner || member.is_admin;
    (has_type && !member.is_above())
        .then(|| String::from("Slack's user document gives an account type, and no workspace in which it is held"))
}

/// The user's document shows only whether the user is the primary owner of the home workspace.
fn of_primary_owner(workspaces: &[String], reading: &Snapshot, member: &Member) -> Absence {
    let is_told = |workspace: &str| member.is_home(workspace) && member.is_primary_owner.is_some();
    let is_meant = |grant: &&Grant| {
        let workspace = grant.scope.workspace.as_ref();
        workspace.is_some_and(|workspace| workspaces.contains(workspace) && !is_told(workspace))
    };
    if let Some(owner) = of_role(reading, ids::OWNER).find(is_meant) {
        return not_visible(format!(
            "Slack does not show which owner of workspace {} is its primary owner",
            owner.scope.workspace.as_deref().unwrap_or_default()
        ));
    }
    let is_home_meant = member
        .home
        .workspace()
        .is_some_and(|home| workspaces.iter().any(|id| id == home));
    primary_ownership(member, is_home_meant).map_or_else(not_visible, |()| Absence::Proven)
}

/// Whether the document says of which workspace the user is the primary owner, if of any.
fn primary_ownership(member: &Member, is_home_meant: bool) -> Result<(), String> {
    match member.is_primary_owner {
        Some(true) if member.home.workspace().is_none() => Err(String::from(
            "Slack's user document does not say of which workspace the user is the primary owner",
        )),
        None if is_home_meant || member.home == Home::Unknown => Err(String::from(
            "Slack's user document does not say whether the user is a primary owner",
        )),
        _ => Ok(()),
    }
}

/// What it means that nothing at all is shown.
pub fn of_everything(detail: &Detail) -> Absence {
    gaps(detail).into_iter().next().map_or(Absence::Proven, not_visible)
}

/// Where something may be held that a full reading does not show.
pub fn gaps(detail: &Detail) -> Vec<String> {
    let member = &detail.member;
    let mut gaps = match &detail.assignments.extent {
        Extent::Whole => Vec::new(),
        Extent::Begun { pages } => vec![cut_off(*pages)],
        Extent::Roles { .. } => vec![String::from("only the assignments of some roles were read")],
    };
    gaps.extend(type_above(member).err());
    gaps.extend(all_teams(member).err());
    gaps.extend(unplaced_type(member).filter(|_| member.teams.is_empty()));
    gaps.extend(primary_ownership(member, member.home.workspace().is_some()).err());
    let unread = member
        .teams
        .iter()
        .filter(|team| !detail.workspaces.contains_key(*team))
        .count();
    if unread > 0 {
        gaps.push(format!(
            "the user is in {} workspaces, and who owns and administers {unread} of them was not read",
            member.teams.len()
        ));
    }
    gaps.extend(
        detail
            .workspaces
            .values()
            .filter_map(|workspace| workspace.gap().map(str::to_owned)),
    );
    gaps
}

/// A list of assignments that is too long for one call.
fn cut_off(pages: usize) -> String {
    format!(
        "Slack's list of role assignments cannot be narrowed to a user, and is longer than the {pages} pages that were read"
    )
}

/// A type in the organization also gives the types of its workspaces, so absence needs it.
fn type_above(member: &Member) -> Result<(), String> {
    match member.above {
        Some(_) => Ok(()),
        None => Err(String::from(
            "Slack's user document does not say what the user is in the organization",
        )),
    }
}

fn all_teams(member: &Member) -> Result<&[String], String> {
    if member.has_teams {
        Ok(&member.teams)
    } else {
        Err(String::from(
            "Slack's user document has no list of the user's workspaces: name one",
        ))
    }
}

/// Why nothing is known of a workspace. `with_refused`: also if the token may not see it.
fn gap<'a>(detail: &'a Detail, workspace: &str, with_refused: bool) -> Option<&'a str> {
    match detail.workspaces.get(workspace)? {
        Workspace::Refused(_) if !with_refused => None,
        other => other.gap(),
    }
}

fn of_role<'a>(reading: &'a Snapshot, id: &'a str) -> impl Iterator<Item = &'a Grant> {
    reading.grants.iter().filter(move |grant| grant.role_id == id)
}

/// There is no directory of custom roles. A list of the assignments of one that does not exist is refused.
async fn is_unknown(config: &Config, cx: &Context<'_>, id: &str) -> bool {
    let query = QueryBuilder::new().pair("role_ids", id).pair("limit", "1");
    core::read::<Page>(config, cx, core::ASSIGNMENTS.method, query)
        .await
        .is_err_and(|fault| fault.is(&[core::UNKNOWN_ROLE]))
}

const fn not_visible(message: String) -> Absence {
    Absence::Unclear {
        reason: Reason::NotVisible,
        message,
    }
}
