//! What it means that a reading shows no grant.

use crate::{
    contract::reason::Reason,
    error::ProviderFault,
    hashed::HashSet,
    naming::{canonical, same},
    provider::{Absence, Context, Grant, GrantKind, Identity, Snapshot, backend::Step},
    request::Selector,
};

use super::{
    config::Config,
    core::{List, visible},
    documents::{Administrator, OrganizationLink, Role},
    find::Administration,
    groups::{self, Named},
    ids::{self, RoleDirectory},
    organizations::{self, Own},
    read::Detail,
};

/// For a selector of one organization at most, which means nothing of what is held.
///
/// # Errors
/// The directory of roles, or what confirms the absence, could not be read this time.
pub async fn of(config: &Config, step: Step<'_, Detail>, selector: &Selector) -> Result<Absence, ProviderFault> {
    let Step { cx, snapshot, detail } = step;
    if selector.is_link {
        return of_link(config, cx, selector, detail).await;
    }
    if let Own::Contradicted(why) = &detail.basis.organization {
        return Ok(not_visible(why));
    }
    if !is_own(selector, detail) {
        return Ok(not_visible(
            "the account reads another organization, or does not say which (settings.org_id)",
        ));
    }
    match &selector.group {
        Some(text) => of_membership(config, cx, text, detail).await,
        None => of_role(selector, snapshot, detail),
    }
}

/// Only the roles and groups of one organization are read.
fn is_own(selector: &Selector, detail: &Detail) -> bool {
    let own = detail.basis.organization.id();
    selector
        .organizations
        .iter()
        .all(|named| own.is_some_and(|own| ids::is_same(own, named)))
}

/// The record names every role that is held; the directory tells whether there is such a role.
fn of_role(selector: &Selector, reading: &Snapshot, detail: &Detail) -> Result<Absence, ProviderFault> {
    if let RoleDirectory::Failed(fault) = &detail.basis.directory {
        return Err(fault.clone());
    }
    if let Some(unclear) = unclear_administrator(detail) {
        return Ok(unclear);
    }
    let is_nobody = matches!(detail.person.administrator, Administration::None);
    let directory = &detail.basis.directory;
    let called: Vec<&Role> = directory
        .roles()
        .iter()
        .filter(|role| is_named(selector, &role.id, role.name.as_deref()))
        .collect();
    let is_certain = || is_nobody || are_listed(reading, directory.roles());
    Ok(match (called.as_slice(), directory.gap()) {
        ([], None) => Absence::NotFound(format!("JumpCloud has no role `{}`", selector.label())),
        ([_], None) if selector.id.is_none() || is_certain() => Absence::Proven,
        ([_], None) => not_visible(
            "JumpCloud's directory lacks a role that is held: whether it has the id that is asked for cannot be told",
        ),
        // Who is no administrator has no role, whatever roles there are; the reading's own warning says what is not shown.
        ([], Some(_)) if is_nobody => Absence::Proven,
        // Of an administrator's roles, one that the directory does not show may be the very one.
        ([_], Some(_)) if is_certain() => Absence::Proven,
        ([] | [_], Some(gap)) => not_visible(&format!("it cannot be told which role is meant: {gap}")),
        (several, _) => ambiguous(selector, "role", several.iter().map(|role| role.id.as_str())),
    })
}

/// Whether the directory has every role that is held, by its id or at least by its name.
fn are_listed(reading: &Snapshot, directory: &[Role]) -> bool {
    let ids: HashSet<&str> = directory.iter().map(|role| role.id.as_str()).collect();
    let names: HashSet<String> = directory
        .iter()
        .filter_map(|role| role.name.as_deref().map(canonical))
        .collect();
    let is_listed = |grant: &Grant| match grant.known_as.identity {
        Identity::NameOnly => names.contains(&canonical(&grant.role_id)),
        Identity::Id | Identity::NameIsId => ids.contains(grant.role_id.as_str()),
    };
    let mut roles = reading.grants.iter().filter(|grant| grant.kind == GrantKind::Role);
    roles.all(is_listed)
}

async fn of_membership(
    config: &Config,
    cx: &Context<'_>,
    text: &str,
    detail: &Detail,
) -> Result<Absence, ProviderFault> {
    let Some(user) = &detail.basis.system_user else {
        return Ok(not_visible(NO_SYSTEM_USER));
    };
    let Some(memberships) = &detail.memberships else {
        return Ok(not_visible(NO_MEMBERSHIPS));
    };
    let Some(known) = &detail.basis.groups else {
        return Ok(not_visible("JumpCloud does not show the user groups"));
    };
    Ok(match known.named(text) {
        // The user's list may lack a row. The group's own list, read whole, decides.
        Named::One(group) => match visible(groups::has_member(config, cx, &group.id, user).await)? {
            Some(Some(false)) => Absence::Proven,
            Some(Some(true)) => not_visible("JumpCloud's two lists of the group's members contradict each other"),
            Some(None) => not_visible("JumpCloud's list of the group's members is not whole"),
            None => not_visible("JumpCloud does not show the group's members"),
        },
        Named::Unclear(reason, message) => Absence::Unclear { reason, message },
        // A list that lacks a group of the user's does not have them all.
        Named::None if memberships.rows.iter().any(|row| known.with_id(&row.id).is_none()) => {
            not_visible("JumpCloud does not show all user groups")
        }
        Named::None => match memberships.gap("the user's groups") {
            Some(gap) => not_visible(&gap),
            None => Absence::NotFound(format!("JumpCloud has no user group `{text}`")),
        },
    })
}

/// The links are the proof, of both sides where the organization is shown at all. The directory of roles has no say in it.
async fn of_link(
    config: &Config,
    cx: &Context<'_>,
    selector: &Selector,
    detail: &Detail,
) -> Result<Absence, ProviderFault> {
    if let Some(unclear) = unclear_administrator(detail) {
        return Ok(unclear);
    }
    let ids: Vec<&str> = match (&selector.id, &detail.basis.organizations) {
        (Some(id), _) => vec![id],
        (None, None) => {
            return Ok(not_visible(
                "JumpCloud does not show the organizations, so that their names cannot be told",
            ));
        }
        (None, Some(known)) => {
            if let Some(gap) = known.gap("organizations") {
                return Ok(not_visible(&gap));
            }
            known
                .rows
                .iter()
                .filter(|known| is_named(selector, &known.id, known.name.as_deref()))
                .map(|known| known.id.as_str())
                .collect()
        }
    };
    let id = match ids.as_slice() {
        [id] => *id,
        [] if detail.person.known().is_none() => return Ok(not_visible(NO_ADMINISTRATOR)),
        [] => {
            return Ok(Absence::NotFound(format!(
                "JumpCloud has no organization `{}`",
                selector.label()
            )));
        }
        several => return Ok(ambiguous(selector, "organization", several.iter().copied())),
    };
    let Some(administrator) = detail.person.known() else {
        return of_nobodys_link(config, cx, id, detail).await;
    };
    if detail.links.is_none() {
        return Ok(not_visible(
            "JumpCloud does not show the administrator's organization links",
        ));
    }
    // The administrator's list may lack a row. The organization's own list, read whole, decides.
    let linked = match linked_administrators(config, cx, id).await? {
        Ok(linked) => linked,
        Err(why) => return Ok(not_visible(&why)),
    };
    let own = &administrator.record.id;
    if linked
        .rows
        .iter()
        .any(|link| link.administrator.eq_ignore_ascii_case(own))
    {
        return Ok(not_visible(
            "JumpCloud's two lists of the organization's links contradict each other",
        ));
    }
    Ok(Absence::Proven)
}

/// The list of administrators is that of one organization, and lacks those who enter it from outside: that nobody in it is the user
/// says something about this organization only, and only if it has everybody who is linked to it.
async fn of_nobodys_link(
    config: &Config,
    cx: &Context<'_>,
    id: &str,
    detail: &Detail,
) -> Result<Absence, ProviderFault> {
    let own = detail.basis.organization.id();
    if !own.is_some_and(|own| ids::is_same(own, id)) {
        return Ok(not_visible(NO_ADMINISTRATOR));
    }
    let shown = detail.administrators(config, cx).await?;
    Ok(match stranger(config, cx, own, Some(&shown)).await? {
        Some(why) => not_visible(&why),
        None => Absence::Proven,
    })
}

/// Why one of those who are linked to the organization may be a user whom its list of administrators does not show.
///
/// # Errors
/// The links could not be read this time.
pub async fn stranger(
    config: &Config,
    cx: &Context<'_>,
    own: Option<&str>,
    shown: Option<&List<Administrator>>,
) -> Result<Option<String>, ProviderFault> {
    let (Some(own), Some(shown)) = (own, shown) else {
        return Ok(Some(String::from(
            "which organization the account reads, and who is linked to it, cannot be told (settings.org_id)",
        )));
    };
    let linked = match linked_administrators(config, cx, own).await? {
        Ok(linked) => linked,
        Err(why) => return Ok(Some(why)),
    };
    if let Some(gap) = shown.gap("administrators") {
        return Ok(Some(gap));
    }
    let shown: HashSet<String> = shown.rows.iter().map(|known| known.id.to_ascii_lowercase()).collect();
    let hidden = linked.rows.iter().find(|link| !shown.contains(&link.administrator));
    Ok(hidden.map(|link| {
        format!(
            "the administrator {} is linked to the organization and not shown, and may be the user",
            link.administrator
        )
    }))
}

/// What it means that nothing is held: no role, no link and no group.
pub fn of_everything(detail: &Detail) -> Absence {
    if let Some(unclear) = unclear_administrator(detail) {
        return unclear;
    }
    let groups = match &detail.memberships {
        Some(memberships) => memberships.gap("the user's groups"),
        None => Some(NO_MEMBERSHIPS.to_owned()),
    };
    match gaps(detail).into_iter().chain(groups).next() {
        Some(gap) => not_visible(&gap),
        None if detail.person.known().is_some() => not_visible("the administrator's record names no role"),
        None => Absence::Proven,
    }
}

/// Where something may be held that no list shows.
pub fn gaps(detail: &Detail) -> Vec<String> {
    let lacks_user = detail.basis.system_user.is_none();
    let user = lacks_user.then(|| NO_SYSTEM_USER.to_owned());
    let contradiction = match &detail.basis.organization {
        Own::Contradicted(why) => Some(why.clone()),
        Own::Known(_) | Own::NotSaid => None,
    };
    user.into_iter()
        .chain(contradiction)
        .chain(detail.stranger.clone())
        .collect()
}

/// Whether a role may be held that the administrator's record does not show.
pub fn may_lack_roles(detail: &Detail) -> bool {
    let is_contradicted = matches!(detail.basis.organization, Own::Contradicted(_));
    is_contradicted || detail.stranger.is_some() || unclear_administrator(detail).is_some()
}

/// The organization's own list of links, or why it was not read whole.
async fn linked_administrators(
    config: &Config,
    cx: &Context<'_>,
    id: &str,
) -> Result<Result<List<OrganizationLink>, String>, ProviderFault> {
    Ok(match visible(organizations::administrators(config, cx, id).await)? {
        None => Err(String::from("JumpCloud does not show the organization's links")),
        Some(linked) => match linked.gap("the organization's links") {
            Some(gap) => Err(gap),
            None => Ok(linked),
        },
    })
}

const NO_SYSTEM_USER: &str =
    "the system user behind the administrator cannot be told, nor its groups; use the system user's id";
const NO_MEMBERSHIPS: &str = "JumpCloud does not show the user's groups";
const NO_ADMINISTRATOR: &str =
    "no administrator of the organization that is read is the user; who is one of another organization is not shown";

/// Whether a listed role or organization is the one that an entry names.
fn is_named(selector: &Selector, id: &str, name: Option<&str>) -> bool {
    match &selector.id {
        Some(wanted) => ids::is_same(wanted, id),
        None => selector
            .name
            .as_deref()
            .zip(name)
            .is_some_and(|(wanted, name)| same(wanted, name)),
    }
}

/// A read of the administrator that says nothing proves nothing.
fn unclear_administrator(detail: &Detail) -> Option<Absence> {
    match &detail.person.administrator {
        Administration::Unclear(unclear) => Some(Absence::Unclear {
            reason: unclear.reason.unwrap_or(Reason::NotVisible),
            message: unclear.message.clone(),
        }),
        Administration::None | Administration::Known(_) => None,
    }
}

fn ambiguous<'a>(selector: &Selector, what: &str, ids: impl Iterator<Item = &'a str>) -> Absence {
    Absence::Unclear {
        reason: Reason::Ambiguous,
        message: format!(
            "the name `{}` matches several {what}s ({}): use an id instead",
            selector.label(),
            ids.collect::<Vec<_>>().join(", ")
        ),
    }
}

fn not_visible(message: &str) -> Absence {
    Absence::Unclear {
        reason: Reason::NotVisible,
        message: message.to_owned(),
    }
}
