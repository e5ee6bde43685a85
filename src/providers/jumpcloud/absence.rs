//! What it means that a reading shows no grant.

use crate::{ask::Selector, error::ProviderFault, provider::Absence, reason::Reason};

use super::{
    documents::Role,
    groups::{self, Named},
    people::Behind,
    reading::Detail,
};

/// For a selector of one organization at most.
///
/// # Errors
/// The directory of roles could not be read.
pub fn of(selector: &Selector, detail: &Detail) -> Result<Absence, ProviderFault> {
    if selector.is_link {
        return Ok(of_link(selector, detail));
    }
    if !is_own(selector, detail) {
        return Ok(not_visible(
            "the account reads another organization, or does not say which (settings.org_id)",
        ));
    }
    match (&selector.group, &detail.basis.directory) {
        (Some(text), _) => Ok(of_membership(text, detail)),
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

/// The links themselves are the proof: whether the account can see the organization is another matter.
fn of_link(selector: &Selector, detail: &Detail) -> Absence {
    if let Some(unclear) = unclear_administrator(detail) {
        return unclear;
    }
    // Nobody is linked to nothing.
    let links = match (&detail.person.administrator, &detail.links) {
        (Behind::Nobody, _) => &[],
        (_, Some(links)) => links.as_slice(),
        (_, None) => return not_visible("JumpCloud does not show the administrator's organization links"),
    };
    if selector.id.is_some() {
        return Absence::Proven;
    }
    let Some(known) = &detail.basis.organizations else {
        return not_visible("JumpCloud does not show the organizations, so that their names cannot be told");
    };
    let named = |id: &str| {
        known
            .iter()
            .any(|known| known.id.eq_ignore_ascii_case(id) && known.name.is_some())
    };
    if let Some(unnamed) = links.iter().find(|link| !named(link)) {
        return not_visible(&format!(
            "JumpCloud does not show the name of the linked organization {unnamed}"
        ));
    }
    let called: Vec<&str> = known
        .iter()
        .filter(|known| selector.names(&known.id, known.name.as_deref()))
        .map(|known| known.id.as_str())
        .collect();
    one_of(&called, selector, "organization")
}

fn of_membership(text: &str, detail: &Detail) -> Absence {
    let Some(members) = &detail.memberships else {
        return not_visible(if detail.basis.system_user.is_some() {
            "JumpCloud does not show the user's groups"
        } else {
            "the system user behind the administrator cannot be told, nor its groups; use the system user's id"
        });
    };
    let Some(known) = &detail.basis.groups else {
        return not_visible("JumpCloud does not show the user groups");
    };
    match groups::named(known, text) {
        Named::One(_) => Absence::Proven,
        Named::Several(ids) => Absence::Unclear {
            reason: Reason::Ambiguous,
            message: format!("several user groups are called `{text}`: {}", ids.join(", ")),
        },
        // A list that lacks a group of the user's does not have them all.
        Named::None if members.iter().any(|id| !known.iter().any(|group| group.id == *id)) => {
            not_visible("JumpCloud does not show all user groups")
        }
        Named::None => Absence::NotFound(format!("JumpCloud has no user group `{text}`")),
    }
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
