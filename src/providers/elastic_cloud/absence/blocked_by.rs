//! What can be neither taken nor ruled out, whatever else of an entry is held.

use crate::{contract::reason::Reason, naming::Skeleton, request::Selector};

use super::{
    super::{
        assignments::{Assigned, Assignments, Given},
        ids::{self, Key},
        read::Detail,
    },
    anywhere, is_all,
};

/// What of the selector can be neither taken nor ruled out.
pub fn of(selector: &Selector, detail: &Detail) -> Option<(Reason, String)> {
    let names_other = !selector.organizations.is_empty() && !selector.organizations.contains(&detail.organization);
    if names_other {
        return None;
    }
    if let Some(id) = &selector.id
        && let Some(blocked_by) = obstacle_of_id(&Key::parse(id).role, selector)
    {
        return Some(blocked_by);
    }
    let assignments = &detail.assignments;
    let reach = Reach::of(selector);
    let wanted = selector.id.as_deref().map_or_else(|| Key::new("", &[]), Key::parse);
    if wanted.custom.is_empty() {
        return apart(selector, assignments, &reach).or_else(|| nameless(selector, assignments, &reach));
    }
    match together(selector, &wanted, assignments, &reach) {
        Together::WithMore(reason, message) => Some((reason, message)),
        // The role may still be given by another one's assignment.
        Together::None if wanted.is_bare() => {
            let role = Selector {
                id: Some(wanted.role),
                ..selector.clone()
            };
            apart(&role, assignments, &reach).or_else(|| elsewhere(selector, &role, assignments, &reach))
        }
        Together::Held | Together::None => None,
    }
}

/// An id that is short for several, or that no call here reads.
fn obstacle_of_id(role: &str, selector: &Selector) -> Option<(Reason, String)> {
    let label = selector.label();
    let several = ids::by_id(role, selector.group.as_deref());
    if several.len() > 1 {
        let ids: Vec<&str> = several.iter().map(|role| role.id).collect();
        let message = format!("`{label}` is short for several ids: {}", ids.join(", "));
        return Some((Reason::Ambiguous, message));
    }
    let is_connected = ids::spelled(role).starts_with("cloud-connected-");
    is_connected.then(|| {
        let message = format!("`{label}` is a role for connected clusters, whose assignments are not read here");
        (Reason::NotVisible, message)
    })
}

/// A role that an assignment gives, and that does not go without the rest of it.
fn apart(selector: &Selector, assignments: &Assignments, reach: &Reach) -> Option<(Reason, String)> {
    let label = selector.label();
    let within_reach = assignments
        .elements(label)
        .filter_map(|(held, part)| Some((held.iter().find(|held| reach.has(held))?, part?)));
    for (held, part) in within_reach {
        match part.is_meant(selector) {
            Some(true) => return Some((Reason::WouldWiden, why_not_alone(label, part, held))),
            Some(false) => {
                let message = format!(
                    "`{label}` may mean `{}`, which is assigned as `{}`",
                    part.id, held.grant.role_id
                );
                return Some((Reason::Ambiguous, message));
            }
            None => {}
        }
    }
    None
}

/// A role that is not assigned by itself, and that another one's assignment is known by.
fn elsewhere(
    selector: &Selector,
    role: &Selector,
    assignments: &Assignments,
    reach: &Reach<'_>,
) -> Option<(Reason, String)> {
    let held = assignments
        .elements(role.label())
        .filter(|(_, part)| part.is_none())
        .find_map(|(held, _)| held.iter().find(|held| reach.has(held)))?;
    let message = format!(
        "`{}` is not held, and the user has the role by `{}`: send that id",
        selector.label(),
        held.grant.role_id
    );
    Some((Reason::Ambiguous, message))
}

/// How the whole id of an assignment is held.
enum Together {
    Held,
    /// Only where more is assigned with it.
    WithMore(Reason, String),
    None,
}

/// The whole id of an assignment means that one. It is also given where more is assigned with it.
fn together(selector: &Selector, wanted: &Key, assignments: &Assignments, reach: &Reach) -> Together {
    let label = selector.label();
    let roles: &[String] = if wanted.is_bare() { &[] } else { &wanted.custom };
    let other_text = roles.first().unwrap_or(&wanted.role);
    let wanted_names: Vec<Skeleton> = roles.iter().map(|name| Skeleton::of(name)).collect();
    let is_within = |names: &[String]| -> bool {
        let names: Vec<Skeleton> = names.iter().map(|name| Skeleton::of(name)).collect();
        wanted_names
            .iter()
            .all(|wanted| names.iter().any(|name| name.meets(wanted)))
    };
    let mut more = None;
    for (held, _) in assignments.elements(label).chain(assignments.elements(other_text)) {
        let Some(held) = held.iter().find(|held| reach.has(held)) else {
            continue;
        };
        let key = Key::parse(&held.grant.role_id);
        if key.role != wanted.role {
            continue;
        }
        if key.custom == roles {
            return Together::Held;
        }
        if more.is_none() && is_within(&key.custom) {
            let is_exact = roles.iter().all(|name| key.custom.contains(name));
            more = Some((held, is_exact));
        }
    }
    let Some((held, is_exact)) = more else {
        return Together::None;
    };
    let role_id = &held.grant.role_id;
    if is_exact {
        let message =
            format!("`{label}` is assigned together with others as `{role_id}`: only all of them can go at once");
        Together::WithMore(Reason::WouldWiden, message)
    } else {
        let message = format!("`{label}` may mean a part of `{role_id}`, which is held");
        Together::WithMore(Reason::Ambiguous, message)
    }
}

fn why_not_alone(label: &str, part: &Given, held: &Assigned) -> String {
    let key = Key::parse(&held.grant.role_id);
    if key.custom.len() == 1 && part.id != key.role {
        format!(
            "`{label}` is assigned with the role `{}`, which would go with it",
            key.role
        )
    } else {
        format!(
            "`{label}` is assigned together with others as `{}`: only all of them can go at once",
            held.grant.role_id
        )
    }
}

/// A role that is not published has a display name that nothing shows. Display names begin with a capital letter.
fn nameless(selector: &Selector, assignments: &Assignments, reach: &Reach) -> Option<(Reason, String)> {
    let (None, Some(name)) = (&selector.id, &selector.name) else {
        return None;
    };
    let may_be_display = name.contains(char::is_uppercase) || name.contains(char::is_whitespace);
    let is_known = !ids::called(name, None).is_empty() || assignments.mentions(name).next().is_some();
    if is_known || !may_be_display {
        return None;
    }
    let held = assignments.unpublished().find(|held| reach.has(held))?;
    let message = format!(
        "the user holds `{}`, whose display name is not published: whether it is `{name}` cannot be told",
        held.grant.role_id
    );
    Some((Reason::NotVisible, message))
}

/// The assignments that are for the place of a selector: what is for more gives the role at every narrower place, too, and what is for
/// the organization at projects of every kind.
pub struct Reach<'a> {
    place: Option<&'a str>,
    of_kind: Selector,
    of_organization: Selector,
}

impl<'a> Reach<'a> {
    pub fn of(selector: &'a Selector) -> Self {
        let of_kind = anywhere(selector);
        Self {
            place: selector.workspace.as_deref(),
            of_organization: Selector {
                group: None,
                ..of_kind.clone()
            },
            of_kind,
        }
    }

    pub fn has(&self, held: &Assigned) -> bool {
        let selector = if held.kind == "organization" {
            &self.of_organization
        } else {
            &self.of_kind
        };
        let place = held.grant.scope.workspace.as_deref();
        selector.admits(&held.grant.scope) && (self.place.is_none() || is_all(place) || place == self.place)
    }
}
