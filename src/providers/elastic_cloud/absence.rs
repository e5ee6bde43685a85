//! What it means that nothing is held.

pub mod blocked_by;

use std::collections::BTreeSet;

use crate::{
    contract::{reason::Reason, warning::Warning},
    naming::Skeleton,
    provider::{Absence, Grant},
    request::Selector,
};

use super::{
    assignments::{ALL, Assignments},
    find::NO_CONTROL,
    ids::{self, Key, Published},
    read::{Detail, EVERYTHING, mentioned},
};

use self::blocked_by::Reach;

/// Places that a message names at most.
const MOST_SHOWN: usize = 8;

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

/// What it means that the reading shows nothing that the selector can mean.
pub fn of(selector: &Selector, detail: &Detail) -> Absence {
    if let Some(other) = selector
        .organizations
        .iter()
        .find(|named| **named != detail.organization)
    {
        return not_visible(format!("the account reads another organization than `{other}`"));
    }
    if let Some(why) = missing_control(detail) {
        return not_visible(why);
    }
    if let Some((reason, message)) = blocked_by::of(selector, detail) {
        return Absence::Unclear { reason, message };
    }
    if let Some(kind) = detail.hidden.iter().find(|kind| may_hold(kind, selector)) {
        return not_visible(format!("{}, where the role may stand", missing_list(kind)));
    }
    if let Some(held) = carrier(selector, &detail.assignments) {
        return ambiguous(format!(
            "`{}` is held with application roles only, as `{held}`: send that id, or the id of the role without a name",
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
        Named::Nothing => return unknown(selector),
    }
    if let Err(unclear) = check_place(selector, &detail.assignments, &mut warnings) {
        return unclear;
    }
    if detail
        .mappings
        .as_ref()
        .is_some_and(|mappings| is_mapped(selector, &mappings.given))
    {
        warnings.push(Warning::MayReturnAtSsoLogin.text());
    }
    if warnings.is_empty() {
        Absence::Proven
    } else {
        Absence::ProvenExcept { warnings }
    }
}

/// What it means that the reading shows nothing at all.
pub fn of_everything(detail: &Detail) -> Absence {
    if let Some(gap) = gaps(detail).into_iter().next() {
        return not_visible(gap);
    }
    let returns = detail
        .mappings
        .as_ref()
        .is_some_and(|mappings| !mappings.given.held.is_empty());
    if returns {
        Absence::ProvenExcept {
            warnings: vec![Warning::MayReturnAtSsoLogin.text()],
        }
    } else {
        Absence::Proven
    }
}

/// Where something may be held that the reading does not show.
pub fn gaps(detail: &Detail) -> Vec<String> {
    let lists = detail.hidden.iter().map(|kind| missing_list(kind));
    missing_control(detail).into_iter().chain(lists).collect()
}

fn missing_control(detail: &Detail) -> Option<String> {
    (detail.admins == 0).then(|| String::from(NO_CONTROL))
}

fn missing_list(kind: &str) -> String {
    format!("the user's element shows no list of `{kind}`")
}

/// Whether a list that is not shown may have what a selector means. Application roles of the organization's are for every project.
fn may_hold(kind: &str, selector: &Selector) -> bool {
    if matches!(kind, EVERYTHING | "organization") {
        return true;
    }
    let group = selector.group.as_deref();
    let roles = match (&selector.id, &selector.name) {
        (Some(id), _) => ids::by_id(&Key::parse(id).role, group),
        (None, Some(name)) => ids::called(name, group),
        (None, None) => Vec::new(),
    };
    let is_of_kind = roles.is_empty() || roles.iter().any(|role| role.kind == kind);
    is_of_kind && group.is_none_or(|group| group == kind)
}

/// An assignment of the role that a display name means without application roles, held with some.
fn carrier<'a>(selector: &Selector, assignments: &'a Assignments) -> Option<&'a str> {
    let (None, Some(name)) = (&selector.id, &selector.name) else {
        return None;
    };
    let reach = Reach::of(selector);
    ids::called(name, selector.group.as_deref())
        .into_iter()
        .filter(|role| ids::is_carrier(role.kind, role.id))
        .flat_map(|role| assignments.mentions(role.id))
        .map(|(held, _)| held)
        .find(|held| !held.application_roles.is_empty() && reach.has(held))
        .map(|held| held.grant.role_id.as_str())
}

fn named(selector: &Selector) -> Named {
    let group = selector.group.as_deref();
    if let Some(id) = &selector.id {
        let key = Key::parse(id);
        return match (
            ids::by_id(&key.role, group).first(),
            ids::by_id(&key.role, None).first(),
        ) {
            (Some(_), _) if key.custom.is_empty() || key.is_bare() => Named::Published,
            (Some(_), _) => Named::Custom,
            (None, Some(role)) => Named::OtherKind(role),
            (None, None) => Named::Nothing,
        };
    }
    let Some(name) = &selector.name else {
        return Named::Nothing;
    };
    let called = ids::called(name, group);
    match called.as_slice() {
        [_] => Named::Published,
        // One place is of one kind: whichever it is, the role of that kind is not held there.
        [_, ..] if selector.workspace.as_deref().is_some_and(|place| place != ALL) => Named::Published,
        [] => match (ids::called(name, None).first(), ids::by_id(name, None).first()) {
            (Some(role), _) => Named::OtherKind(role),
            (None, Some(role)) => Named::AnId(role),
            (None, None) if ids::is_custom_name(name) => Named::Custom,
            (None, None) => Named::Nothing,
        },
        _ => Named::Several(called),
    }
}

/// No role is known by that id or name.
fn unknown(selector: &Selector) -> Absence {
    let label = selector.label();
    let message = match (&selector.id, &selector.name) {
        (Some(id), _) if !ids::called(id, None).is_empty() => {
            format!("Elastic Cloud publishes no role with the id `{label}`; it is a name: send it as name")
        }
        (Some(_), _) => format!("Elastic Cloud publishes no role with the id `{label}`"),
        (None, Some(_)) => {
            format!("Elastic Cloud publishes no role called `{label}`, and the user holds no custom role of that name")
        }
        (None, None) => String::from("a kind of project is no role: name one"),
    };
    Absence::NotFound(message)
}

/// No call here reads the names of deployments and projects: a place that nothing confirms may be a name, or a slip, and the role
/// is held there under the place's id.
fn check_place(selector: &Selector, assignments: &Assignments, warnings: &mut Vec<String>) -> Result<(), Absence> {
    let Some(place) = &selector.workspace else {
        return Ok(());
    };
    let anywhere = anywhere(selector);
    let skeleton = Skeleton::of(place);
    let mut held_at: BTreeSet<&str> = BTreeSet::new();
    for held in mentioned(assignments, selector).filter(|held| anywhere.admits(&held.grant.scope)) {
        let Some(id) = held.grant.scope.workspace.as_deref() else {
            continue;
        };
        if held_at.len() < MOST_SHOWN {
            held_at.insert(id);
        }
        if skeleton.is_like(id) {
            return Err(ambiguous(format!(
                "`{place}` is not the id of a deployment or project; did you mean `{id}`?"
            )));
        }
    }
    if held_at.is_empty() {
        return Ok(());
    }
    if place == ALL {
        warnings.push(Warning::HeldAtSinglePlaces.text());
    } else if is_place_id(place) {
        warnings.push(Warning::WorkspaceNotChecked.about(place));
    } else {
        return Err(ambiguous(format!(
            "`{place}` does not look like the id of a deployment or project, and the role is held at {}",
            held_at.into_iter().collect::<Vec<_>>().join(", ")
        )));
    }
    Ok(())
}

fn is_mapped(selector: &Selector, mapped: &Assignments) -> bool {
    let anywhere = anywhere(selector);
    let overlaps = |grant: &Grant| {
        let place = grant.scope.workspace.as_deref();
        is_all(place) || is_all(selector.workspace.as_deref()) || place == selector.workspace.as_deref()
    };
    mentioned(mapped, selector).any(|held| anywhere.admits(&held.grant.scope) && overlaps(&held.grant))
}

fn anywhere(selector: &Selector) -> Selector {
    Selector {
        workspace: None,
        ..selector.clone()
    }
}

/// Whether a place is the organization, or every deployment or project.
fn is_all(place: Option<&str>) -> bool {
    place.is_none_or(|place| place == ALL)
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
