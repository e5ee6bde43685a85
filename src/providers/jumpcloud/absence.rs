//! What it means that a reading shows no grant.

use crate::{
    ask::Selector,
    error::ProviderFault,
    provider::{Absence, Context},
    reason::Reason,
};

use super::{
    config::Config,
    documents::Role,
    groups::{self, Named},
    organizations,
    people::{self, Behind},
    reading::{Detail, visible},
    roles::Directory,
};

/// For a selector of one organization at most.
///
/// # Errors
/// The directory of roles, or what confirms the absence, could not be read this time.
pub async fn of(
    config: &Config,
    cx: &Context<'_>,
    selector: &Selector,
    detail: &Detail,
) -> Result<Absence, ProviderFault> {
    if selector.is_link {
        return of_link(config, cx, selector, detail).await;
    }
    if !is_own(selector, detail) {
        return Ok(not_visible(
            "the account reads another organization, or does not say which (settings.org_id)",
        ));
    }
    match (&selector.group, &detail.basis.directory) {
        (Some(text), _) => of_membership(config, cx, text, detail).await,
        (None, Directory::Known(directory)) => Ok(of_role(selector, detail, directory)),
        (None, Directory::NotShown(why)) => Ok(of_role_not_listed(detail, why)),
        (None, Directory::Failed(fault)) => Err(fault.clone()),
    }
}

/// Only the roles and groups of one organization are read.
fn is_own(selector: &Selector, detail: &Detail) -> bool {
    selector
        .organizations
        .iter()
        .all(|named| detail.basis.organization.as_deref() == Some(named))
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
    let known = detail.basis.organizations.as_deref();
    let ids: Vec<&str> = match (&selector.id, known) {
        (Some(id), _) => vec![id],
        (None, None) => {
            return Ok(not_visible(
                "JumpCloud does not show the organizations, so that their names cannot be told",
            ));
        }
        (None, Some(known)) => known
            .iter()
            .filter(|known| selector.names(&known.id, known.name.as_deref()))
            .map(|known| known.id.as_str())
            .collect(),
    };
    let Some(administrator) = detail.person.known() else {
        return of_nobodys_link(config, cx, &ids, selector, detail).await;
    };
    let Some(links) = &detail.links else {
        return Ok(not_visible(
            "JumpCloud does not show the administrator's organization links",
        ));
    };
    let is_named = |id: &str| {
        let mut known = known.into_iter().flatten();
        known.any(|known| known.id.eq_ignore_ascii_case(id) && known.name.is_some())
    };
    if selector.id.is_none()
        && let Some(unnamed) = links.iter().find(|link| !is_named(link))
    {
        return Ok(not_visible(&format!(
            "JumpCloud does not show the name of the linked organization {unnamed}"
        )));
    }
    if let [id] = ids.as_slice() {
        match visible(organizations::administrators(config, cx, id).await)? {
            Some(linked) if has(&linked, &administrator.record.id) => {
                return Ok(not_visible(
                    "JumpCloud's two lists of the organization's links contradict each other",
                ));
            }
            Some(_) => {}
            None => return Ok(not_visible(LINKS_NOT_SHOWN)),
        }
    }
    Ok(one_of(&ids, selector, "organization"))
}

/// The list of administrators is that of one organization, and lacks those who enter it from outside: that nobody in it is the user
/// says something about this organization alone, and only if it has everybody who is linked to it.
async fn of_nobodys_link(
    config: &Config,
    cx: &Context<'_>,
    ids: &[&str],
    selector: &Selector,
    detail: &Detail,
) -> Result<Absence, ProviderFault> {
    let own = match ids {
        [id] if detail.basis.organization.as_deref() == Some(id) => *id,
        [] | [_] => {
            return Ok(not_visible(
                "no administrator of the organization that is read is the user; who is one of another organization is not shown",
            ));
        }
        _ => return Ok(one_of(ids, selector, "organization")),
    };
    let Some(linked) = visible(organizations::administrators(config, cx, own).await)? else {
        return Ok(not_visible(LINKS_NOT_SHOWN));
    };
    let shown = people::administrators(config, cx).await?;
    let is_shown = |id: &String| shown.iter().any(|known| known.id.eq_ignore_ascii_case(id));
    Ok(match linked.iter().find(|id| !is_shown(id)) {
        Some(id) => not_visible(&format!(
            "the administrator {id} is linked to the organization and not shown, and may be the user"
        )),
        None => Absence::Proven,
    })
}

const LINKS_NOT_SHOWN: &str = "JumpCloud does not show the organization's links";

fn has(ids: &[String], id: &str) -> bool {
    ids.iter().any(|known| known.eq_ignore_ascii_case(id))
}

async fn of_membership(
    config: &Config,
    cx: &Context<'_>,
    text: &str,
    detail: &Detail,
) -> Result<Absence, ProviderFault> {
    let (Some(user), Some(members)) = (&detail.basis.system_user, &detail.memberships) else {
        return Ok(not_visible(if detail.basis.system_user.is_some() {
            "JumpCloud does not show the user's groups"
        } else {
            "the system user behind the administrator cannot be told, nor its groups; use the system user's id"
        }));
    };
    let Some(known) = &detail.basis.groups else {
        return Ok(not_visible("JumpCloud does not show the user groups"));
    };
    Ok(match groups::named(known, text) {
        Named::One(group) => match visible(groups::has_member(config, cx, &group.id, user).await)? {
            Some(false) => Absence::Proven,
            Some(true) => not_visible("JumpCloud's two lists of the group's members contradict each other"),
            None => not_visible("JumpCloud does not show the group's members"),
        },
        Named::Several(ids) => Absence::Unclear {
            reason: Reason::Ambiguous,
            message: format!("several user groups are called `{text}`: {}", ids.join(", ")),
        },
        // A list that lacks a group of the user's does not have them all.
        Named::None if members.iter().any(|id| !known.iter().any(|group| group.id == *id)) => {
            not_visible("JumpCloud does not show all user groups")
        }
        Named::None => Absence::NotFound(format!("JumpCloud has no user group `{text}`")),
    })
}

fn of_role(selector: &Selector, detail: &Detail, directory: &[Role]) -> Absence {
    if let Some(unclear) = unclear_administrator(detail) {
        return unclear;
    }
    if let Some(id) = &selector.id {
        if let Some(held) = detail.roles.iter().find(|held| held.may_be(id)) {
            return Absence::Unclear {
                reason: Reason::Ambiguous,
                message: format!(
                    "the held role `{}` may be any of these: {}",
                    held.name,
                    held.candidates.join(", ")
                ),
            };
        }
        // A held role that the directory lacks could be the very one that is asked for by its id.
        if let Some(held) = detail.roles.iter().find(|held| held.id.is_none()) {
            return not_visible(&format!(
                "the held role `{}` is not in JumpCloud's directory, so that its id cannot be told",
                held.name
            ));
        }
    }
    let called: Vec<&str> = directory
        .iter()
        .filter(|role| selector.names(&role.id, Some(&role.name)))
        .map(|role| role.id.as_str())
        .collect();
    one_of(&called, selector, "role")
}

/// Who is no administrator has no role, whatever roles there are; the reading's own warning says what is not shown. Which role of
/// an administrator's is meant cannot be told.
fn of_role_not_listed(detail: &Detail, why: &str) -> Absence {
    match &detail.person.administrator {
        Behind::Nobody => Absence::Proven,
        Behind::Unclear { .. } | Behind::One(_) => unclear_administrator(detail)
            .unwrap_or_else(|| not_visible(&format!("it cannot be told which role is meant: {why}"))),
    }
}

/// A read of the administrator that says nothing proves nothing.
fn unclear_administrator(detail: &Detail) -> Option<Absence> {
    match &detail.person.administrator {
        Behind::Unclear { reason, message, .. } => Some(Absence::Unclear {
            reason: *reason,
            message: message.clone(),
        }),
        Behind::Nobody | Behind::One(_) => None,
    }
}

fn one_of(ids: &[&str], selector: &Selector, what: &str) -> Absence {
    let label = selector.label();
    match ids {
        [] => Absence::NotFound(format!("JumpCloud has no {what} `{label}`")),
        [_] => Absence::Proven,
        several => Absence::Unclear {
            reason: Reason::Ambiguous,
            message: format!("several {what}s are called `{label}`: {}", several.join(", ")),
        },
    }
}

fn not_visible(message: &str) -> Absence {
    Absence::Unclear {
        reason: Reason::NotVisible,
        message: message.to_owned(),
    }
}
