//! What it means that a member's element shows no assignment of a role.

use crate::{
    ask::Selector,
    contract::types::UnknownRole,
    naming::same,
    provider::{Absence, Grant},
    reason::Reason,
    warning::Warning,
};

use super::{
    assignments::{ALL, Assignments},
    key::Key,
    matching::{self, Fit},
    roles::{self, Published},
};

/// What is known of the organization and the user.
pub struct Known<'a> {
    pub organization: &'a str,
    pub assignments: &'a Assignments,
    /// Members who may administer the organization.
    pub admins: usize,
    pub mappings: Option<&'a [Grant]>,
    pub unknown_role: UnknownRole,
}

/// What a selector's id or name can be.
enum Named {
    Published,
    Several(Vec<&'static Published>),
    /// Published, and not for that kind of project.
    OtherKind(&'static Published),
    /// What is given as a name is an id.
    AnId(&'static Published),
    /// No directory knows custom roles.
    Custom,
    Nothing,
}

pub fn of(selector: &Selector, known: &Known<'_>) -> Absence {
    if let Some(other) = selector
        .organizations
        .iter()
        .find(|named| named.as_str() != known.organization)
    {
        return not_visible(format!("the account reads another organization than `{other}`"));
    }
    // A key with fewer rights sees fewer assignments: an owner in the list shows that it sees them all.
    if known.admins == 0 {
        return not_visible(String::from(
            "the members list shows nobody who may administer the organization, so that it may not show everything",
        ));
    }
    if let Some((reason, message)) = matching::obstacle(selector, known.organization, known.assignments) {
        return Absence::Unclear { reason, message };
    }
    if let Some(held) = with_custom_roles(selector, known.assignments) {
        return ambiguous(format!(
            "`{}` is held with custom roles alone, as `{held}`: send that id, or the id of the role without a name",
            selector.label()
        ));
    }
    let label = selector.label();
    let group = selector.group.as_deref().unwrap_or_default();
    let mut warnings = Vec::new();
    match named(selector) {
        Named::Published => {}
        Named::Custom => warnings.push(Warning::CustomRoleNotChecked.about(label)),
        Named::Several(several) => {
            let ids: Vec<&str> = several.iter().map(|role| role.id).collect();
            return ambiguous(format!("several roles are called `{label}`: {}", ids.join(", ")));
        }
        Named::OtherKind(role) => {
            return ambiguous(format!(
                "`{label}` is a role of the kind {}, and none of {group} projects",
                role.kind
            ));
        }
        Named::AnId(role) => return ambiguous(format!("`{label}` is no name; the id `{}` is sent as id", role.id)),
        Named::Nothing => return unknown(selector, known),
    }
    if let Err(unclear) = check_place(selector, known.assignments, &mut warnings) {
        return unclear;
    }
    if is_mapped(selector, known.mappings) {
        warnings.push(Warning::MayReturnAtSsoLogin.text());
    }
    if warnings.is_empty() {
        Absence::Proven
    } else {
        Absence::ProvenExcept { warnings }
    }
}

/// What is held of the id, where the name beside it means the role without custom roles.
fn with_custom_roles<'a>(selector: &Selector, assignments: &'a Assignments) -> Option<&'a str> {
    let by_id = Selector {
        name: None,
        ..selector.clone()
    };
    selector.name.as_ref()?;
    let mut held = assignments.held.iter().map(|held| &held.grant);
    held.find(|grant| matching::means(&by_id, grant))
        .map(|grant| grant.role_id.as_str())
}

fn named(selector: &Selector) -> Named {
    let group = selector.group.as_deref();
    if let Some(id) = &selector.id {
        let key = Key::parse(id);
        return match (
            roles::by_id(&key.role, group).first(),
            roles::by_id(&key.role, None).first(),
        ) {
            (Some(_), _) if key.custom.is_empty() => Named::Published,
            (Some(_), _) => Named::Custom,
            (None, Some(role)) => Named::OtherKind(role),
            (None, None) => Named::Nothing,
        };
    }
    let Some(name) = &selector.name else {
        return Named::Nothing;
    };
    let called = roles::called(name, group);
    match called.as_slice() {
        [_] => Named::Published,
        // One place is of one kind: whichever it is, the role of that kind is not held there.
        [_, ..] if selector.workspace.as_deref().is_some_and(|place| place != ALL) => Named::Published,
        [] => match (roles::called(name, None).first(), roles::by_id(name, None).first()) {
            (Some(role), _) => Named::OtherKind(role),
            (None, Some(role)) => Named::AnId(role),
            (None, None) if matching::is_custom_name(name) => Named::Custom,
            (None, None) => Named::Nothing,
        },
        _ => Named::Several(called),
    }
}

/// No role is known by that id or name.
fn unknown(selector: &Selector, known: &Known<'_>) -> Absence {
    let label = selector.label();
    let Some(id) = &selector.id else {
        return Absence::NotFound(if selector.name.is_some() {
            format!("Elastic Cloud publishes no role called `{label}`, and the user holds no custom role of that name")
        } else {
            String::from("a kind of project alone is no role")
        });
    };
    let by_name = Selector {
        id: None,
        name: Some(id.clone()),
        ..selector.clone()
    };
    let is_held = known
        .assignments
        .held
        .iter()
        .any(|held| matching::fit(&by_name, &held.grant) != Fit::No);
    let message = if is_held || !roles::called(id, None).is_empty() {
        format!("Elastic Cloud publishes no role with the id `{label}`; it is a name: send it as name")
    } else {
        format!("Elastic Cloud publishes no role with the id `{label}`")
    };
    // What counts as absent for being unknown must not be held under that name.
    if is_held && known.unknown_role == UnknownRole::Absent {
        return ambiguous(message);
    }
    Absence::NotFound(message)
}

/// No call here reads the names of deployments and projects: a place that nothing confirms may be a name, or a slip, and the role
/// is held there under the place's id.
fn check_place(selector: &Selector, assignments: &Assignments, warnings: &mut Vec<String>) -> Result<(), Absence> {
    let Some(place) = &selector.workspace else {
        return Ok(());
    };
    let anywhere = Selector {
        workspace: None,
        ..selector.clone()
    };
    let held_at: Vec<&str> = assignments
        .held
        .iter()
        .filter(|held| anywhere.admits(&held.grant.scope) && matching::fit(selector, &held.grant) != Fit::No)
        .filter_map(|held| held.grant.scope.workspace.as_deref())
        .collect();
    if held_at.is_empty() {
        return Ok(());
    }
    if let Some(id) = held_at.iter().find(|id| same(id, place)) {
        return Err(ambiguous(format!(
            "`{place}` is not the id of a deployment or project; did you mean `{id}`?"
        )));
    }
    if place == ALL {
        warnings.push(Warning::HeldAtSinglePlaces.text());
    } else if is_place_id(place) {
        warnings.push(Warning::WorkspaceNotChecked.about(place));
    } else {
        return Err(ambiguous(format!(
            "`{place}` does not look like the id of a deployment or project, and the role is held at {}",
            held_at.join(", ")
        )));
    }
    Ok(())
}

fn is_mapped(selector: &Selector, mappings: Option<&[Grant]>) -> bool {
    let anywhere = Selector {
        workspace: None,
        ..selector.clone()
    };
    mappings.unwrap_or_default().iter().any(|mapped| {
        anywhere.admits(&mapped.scope)
            && matching::fit(selector, mapped) != Fit::No
            && matching::overlaps(mapped.scope.workspace.as_deref(), selector.workspace.as_deref())
    })
}

fn is_place_id(place: &str) -> bool {
    place
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-'))
}

const fn not_visible(message: String) -> Absence {
    Absence::Unclear {
        reason: Reason::NotVisible,
        message,
    }
}

const fn ambiguous(message: String) -> Absence {
    Absence::Unclear {
        reason: Reason::Ambiguous,
        message,
    }
}
