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
    people::Behind,
    reading::{Detail, visible},
};

/// For a selector of one organization at most.
///
/// # Errors
/// The directory of roles, or what confirms the absence, could not be read.
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
        (None, Ok(directory)) => Ok(of_role(selector, detail, directory)),
        (None, Err(fault)) => Err(fault.clone()),
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
    // Nobody is linked to nothing.
    let links = match (&detail.person.administrator, &detail.links) {
        (Behind::Nobody, _) => &[],
        (_, Some(links)) => links.as_slice(),
        (_, None) => {
            return Ok(not_visible(
                "JumpCloud does not show the administrator's organization links",
            ));
        }
    };
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
    if let ([id], Some(administrator)) = (ids.as_slice(), detail.person.known()) {
        let other_side = organizations::has_administrator(config, cx, id, &administrator.record.id).await;
        if visible(other_side)? == Some(true) {
            return Ok(not_visible(
                "JumpCloud's two lists of the organization's links contradict each other",
            ));
        }
    }
    Ok(one_of(&ids, selector, "organization"))
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
