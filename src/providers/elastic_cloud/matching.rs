//! Which assignments a selector means: by the id of a role, by its display name, or by the name of a custom role.

use crate::{ask::Selector, naming::same, provider::Grant, reason::Reason};

use super::{
    assignments::{ALL, Assignments, Unread},
    key::Key,
    places::Places,
    roles,
};

/// How far a selector means a grant.
#[derive(Debug, PartialEq, Eq)]
pub enum Fit {
    No,
    Whole,
    /// It means a custom role that cannot go without something else: why.
    Part(String),
}

/// How far the role of a grant is the one that is meant, at whatever place.
pub fn fit(selector: &Selector, grant: &Grant) -> Fit {
    match (&selector.id, &selector.name) {
        // With its display name, the id of a role that carries custom roles means it without them.
        (Some(id), Some(name)) if is_without_custom_roles(id, name) && carries(grant) => Fit::No,
        // An id decides alone.
        (Some(id), _) => by_id(id, selector.group.as_deref(), grant),
        (None, Some(name)) => by_name(name, grant),
        _ => Fit::No,
    }
}

/// Whether an id and a name are a role's own, and no custom role's.
fn is_without_custom_roles(id: &str, name: &str) -> bool {
    let wanted = Key::parse(id);
    wanted.custom.is_empty()
        && roles::by_id(&wanted.role, None)
            .iter()
            .any(|role| same(role.name, name))
}

/// Whether a grant is of custom roles alone.
pub fn carries(grant: &Grant) -> bool {
    only_carries(grant.scope.group.as_deref(), &Key::parse(&grant.role_id))
}

/// The same for a role in a kind of project.
pub fn only_carries(project: Option<&str>, held: &Key) -> bool {
    !held.custom.is_empty() && is_carrier(project, &held.role)
}

/// Whether a selector means a grant at its place.
pub fn means(selector: &Selector, grant: &Grant) -> bool {
    // What a wider grant gives at a place is meant only by who names the place.
    let names_place = grant.is_direct() || selector.workspace.is_some();
    names_place && selector.admits(&grant.scope) && fit(selector, grant) == Fit::Whole
}

/// What of the selector can be neither taken nor ruled out.
pub fn obstacle(selector: &Selector, organization: &str, assignments: &Assignments) -> Option<(Reason, String)> {
    let names_other = !selector.organizations.is_empty()
        && !selector
            .organizations
            .iter()
            .any(|named| named.as_str() == organization);
    if names_other {
        return None;
    }
    let label = selector.label();
    if let Some(id) = &selector.id {
        let role = Key::parse(id).role;
        let several = roles::by_id(&role, selector.group.as_deref());
        if several.len() > 1 {
            let ids: Vec<&str> = several.iter().map(|role| role.id).collect();
            return Some((
                Reason::Ambiguous,
                format!("`{label}` is short for several ids: {}", ids.join(", ")),
            ));
        }
        if roles::spelled(&role).starts_with(roles::CONNECTED) {
            return Some((
                Reason::NotVisible,
                format!("`{label}` is a role for connected clusters, whose assignments are not read here"),
            ));
        }
    }
    let unread = assignments
        .unread
        .iter()
        .find(|unread| may_hold(selector, unread, &assignments.places));
    if let Some(unread) = unread {
        return Some((
            Reason::NotVisible,
            format!(
                "the user has assignments of the kind `{}` that are not read here and may give `{label}`",
                unread.kind()
            ),
        ));
    }
    let anywhere = Selector {
        workspace: None,
        ..selector.clone()
    };
    // A grant gives a role at every narrower place too.
    let reaches = |grant: &Grant| {
        let place = grant.scope.workspace.as_deref();
        anywhere.admits(&grant.scope)
            && (selector.workspace.is_none() || is_all(place) || place == selector.workspace.as_deref())
    };
    let within_reach = || assignments.held.iter().filter(|known| reaches(&known.grant));
    // The whole id of an assignment that is held means that one: what else gives its custom roles has another id.
    if selector.id.is_some() && within_reach().any(|known| fit(selector, &known.grant) == Fit::Whole) {
        return None;
    }
    within_reach().find_map(|known| match fit(selector, &known.grant) {
        Fit::Part(why) => Some((Reason::WouldWiden, why)),
        Fit::No | Fit::Whole => None,
    })
}

/// Whether a role as an account's `protected_roles` spells it is the role of a grant, or a custom role that goes with it.
pub fn is_role(text: &str, grant: &Grant) -> bool {
    let key = Key::parse(&grant.role_id);
    let wanted = Key::parse(text);
    let id = roles::spelled(&wanted.role);
    let is_id = id == key.role || roles::bare(kind(grant), &key.role) == Some(id.as_str());
    is_id && (wanted.custom.is_empty() || wanted.custom == key.custom)
        || roles::display_name(&key.role).is_some_and(|name| same(name, text))
        || key.custom.iter().any(|custom| same(custom, text))
        || grant.role_name.as_deref().is_some_and(|name| same(name, text))
}

/// What the prefix of a role's id is called where it is held.
fn kind(grant: &Grant) -> &str {
    grant.scope.group.as_deref().unwrap_or("deployment")
}

fn by_id(id: &str, group: Option<&str>, grant: &Grant) -> Fit {
    let held = Key::parse(&grant.role_id);
    let wanted = Key::parse(id);
    let short = roles::short(&wanted.role);
    let is_role = roles::spelled(&wanted.role) == held.role
        // An id without its kind, if it can mean no other role.
        || roles::bare(kind(grant), &held.role) == Some(short.as_str()) && roles::by_id(&short, group).len() <= 1;
    if !is_role {
        return Fit::No;
    }
    if wanted.custom.is_empty() || wanted.custom == held.custom {
        return Fit::Whole;
    }
    // What is meant is given there too, and more with it.
    if wanted.custom.iter().all(|custom| held.custom.contains(custom)) {
        return together(id, grant);
    }
    Fit::No
}

fn by_name(name: &str, grant: &Grant) -> Fit {
    let held = Key::parse(&grant.role_id);
    // The name of the role that only carries custom roles is not theirs.
    let display = roles::display_name(&held.role).filter(|_| !carries(grant));
    let is_called = |display: &str| same(display, name);
    if display.is_some_and(is_called) || grant.role_name.as_deref().is_some_and(is_called) {
        return Fit::Whole;
    }
    if !held.custom.iter().any(|custom| same(custom, name)) {
        return Fit::No;
    }
    if held.custom.len() > 1 {
        return together(name, grant);
    }
    if is_carrier(grant.scope.group.as_deref(), &held.role) {
        Fit::Whole
    } else {
        Fit::Part(format!(
            "`{name}` is assigned with the role `{}`, which would go with it",
            held.role
        ))
    }
}

fn together(label: &str, grant: &Grant) -> Fit {
    Fit::Part(format!(
        "`{label}` is assigned together with others as `{}`: only all of them can go at once",
        grant.role_id
    ))
}

/// Whether a role is the one that only carries custom roles: a project's viewer.
pub fn is_carrier(project: Option<&str>, role: &str) -> bool {
    project.is_some_and(|project| roles::bare(project, role) == Some("viewer"))
}

/// Whether an assignment that is not read may give what is meant.
fn may_hold(selector: &Selector, unread: &Unread, places: &Places) -> bool {
    let kind = selector
        .group
        .as_deref()
        .or_else(|| places.kind(selector.workspace.as_deref()));
    if kind.is_some_and(|kind| unread.kind() != kind) {
        return false;
    }
    match unread {
        Unread::Role {
            kind, role_id, custom, ..
        } => match (&selector.id, &selector.name) {
            (Some(id), _) => roles::canonical(kind, &Key::parse(id).role) == roles::canonical(kind, role_id),
            (None, Some(name)) => {
                let is_called = match roles::display_name(&roles::canonical(kind, role_id)) {
                    Some(display) => same(display, name),
                    None => may_be_called(role_id, name),
                };
                is_called || custom.iter().any(|custom| same(custom, name))
            }
            (None, None) => false,
        },
        // It may be any role, but for those of the kinds that are read.
        Unread::Shape { .. } => match (&selector.id, &selector.name) {
            (Some(id), _) => roles::by_id(&Key::parse(id).role, None).is_empty(),
            (None, Some(name)) => roles::called(name, None).is_empty(),
            (None, None) => false,
        },
    }
}

/// Whether a role that is not published may have that display name: its id says it, or the name can be no custom role's and is of no
/// published role.
fn may_be_called(role_id: &str, name: &str) -> bool {
    let (id, words) = (roles::spelled(role_id), roles::spelled(name).replace(' ', "-"));
    let is_of_id = id == words || id.strip_suffix(&words).is_some_and(|rest| rest.ends_with('-'));
    is_of_id || (roles::called(name, None).is_empty() && !is_custom_name(name))
}

/// Whether a project could have a custom role of that name.
pub fn is_custom_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// Whether a role mapping names the role of a grant at a place that the grant is for.
pub fn gives_again(mapped: &Grant, grant: &Grant) -> bool {
    let (mapping, held) = (Key::parse(&mapped.role_id), Key::parse(&grant.role_id));
    let shares_custom = held.custom.is_empty()
        || mapping.custom.is_empty()
        || held.custom.iter().any(|name| mapping.custom.contains(name));
    mapping.role == held.role
        && mapped.scope.group == grant.scope.group
        && shares_custom
        && overlaps(mapped.scope.workspace.as_deref(), grant.scope.workspace.as_deref())
}

/// Whether two places have anything in common.
pub fn overlaps(one: Option<&str>, other: Option<&str>) -> bool {
    is_all(one) || is_all(other) || one == other
}

/// Whether a place is the organization, or every deployment or project.
fn is_all(place: Option<&str>) -> bool {
    place.is_none_or(|place| place == ALL)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Fit, fit, is_role, means, obstacle};
    use crate::{ask::Selector, provider::Grant, reason::Reason};

    use super::super::assignments::{self, Assignments};

    fn held() -> Assignments {
        let document = json!({
            "organization": [{"role_id": "organization-admin", "application_roles": ["ops"]}],
            "deployment": [{"role_id": "deployment-admin", "deployment_ids": ["d"], "application_roles": ["kibana_user"]}],
            "project": {
                "elasticsearch": [
                    {"role_id": "viewer", "project_ids": ["p3"], "application_roles": ["alpha"]},
                    {"role_id": "elasticsearch-viewer", "project_ids": ["p5"], "application_roles": ["beta", "alpha"]},
                ],
                "security": [{"role_id": "t1_analyst", "all": true}],
            },
        });
        assignments::read(Some(&document), "org").unwrap()
    }

    fn id(id: &str) -> Selector {
        Selector {
            id: Some(id.to_owned()),
            ..Selector::default()
        }
    }

    fn name(name: &str) -> Selector {
        Selector {
            name: Some(name.to_owned()),
            ..Selector::default()
        }
    }

    fn meant(selector: &Selector) -> Vec<String> {
        let grants: Vec<Grant> = held().held.into_iter().map(|known| known.grant).collect();
        let meant = grants.iter().filter(|grant| means(selector, grant));
        meant.map(|grant| grant.role_id.clone()).collect()
    }

    fn stands_against(selector: &Selector) -> Option<Reason> {
        obstacle(selector, "org", &held()).map(|(reason, _)| reason)
    }

    #[test]
    fn an_id_means_the_role_with_every_custom_role_that_it_carries() {
        let both = ["elasticsearch-viewer+alpha", "elasticsearch-viewer+alpha+beta"];
        assert_eq!(meant(&id("elasticsearch-viewer")), both);
        assert_eq!(meant(&id("ELASTICSEARCH_viewer")), both);
        assert_eq!(meant(&id("elasticsearch-viewer+beta+alpha")), [both[1]]);
        assert_eq!(meant(&id("elasticsearch-viewer+beta")), [""; 0]);
        assert_eq!(
            stands_against(&id("elasticsearch-viewer+beta")),
            Some(Reason::WouldWiden)
        );
        assert_eq!(stands_against(&id("elasticsearch-viewer+alpha+beta")), None);
        assert_eq!(meant(&id("elasticsearch-viewer+alpha")), [both[0]]);
        assert_eq!(stands_against(&id("elasticsearch-viewer+alpha")), None);
        assert_eq!(meant(&id("security-t1-analyst")), ["security-t1-analyst"]);
        assert_eq!(meant(&id("t1_analyst")), ["security-t1-analyst"]);
        assert_eq!(stands_against(&id("elasticsearch-viewer")), None);
    }

    #[test]
    fn an_id_that_is_short_for_several_is_refused_unless_the_group_tells() {
        assert_eq!(meant(&id("viewer")), [""; 0]);
        assert_eq!(stands_against(&id("viewer")), Some(Reason::Ambiguous));
        let grouped = Selector {
            group: Some(String::from("elasticsearch")),
            ..id("viewer")
        };
        assert_eq!(meant(&grouped).len(), 2);
        assert_eq!(stands_against(&grouped), None);
    }

    #[test]
    fn a_custom_role_that_cannot_go_alone_is_refused_where_it_cannot_and_goes_where_it_can() {
        assert_eq!(meant(&name("alpha")), ["elasticsearch-viewer+alpha"]);
        assert_eq!(stands_against(&name("alpha")), Some(Reason::WouldWiden));
        assert_eq!(meant(&name("alpha+beta")), ["elasticsearch-viewer+alpha+beta"]);
        for carried in ["kibana_user", "ops"] {
            assert_eq!(meant(&name(carried)), [""; 0]);
            assert_eq!(stands_against(&name(carried)), Some(Reason::WouldWiden));
        }
        let elsewhere = Selector {
            workspace: Some(String::from("p3")),
            ..name("alpha")
        };
        assert_eq!(stands_against(&elsewhere), None);
        let below_the_organization = Selector {
            workspace: Some(String::from("p3")),
            ..name("ops")
        };
        assert_eq!(stands_against(&below_the_organization), Some(Reason::WouldWiden));
    }

    #[test]
    fn a_protected_role_is_found_under_its_id_and_under_every_custom_role_with_it() {
        let read = held();
        let grant = |id: &str| &read.held.iter().find(|known| known.grant.role_id == id).unwrap().grant;
        for text in ["deployment-admin", "deployment_admin", "admin", "Admin", "kibana_user"] {
            assert!(is_role(text, grant("deployment-admin+kibana_user")), "{text}");
        }
        for text in [
            "alpha",
            "beta",
            "Viewer",
            "elasticsearch-viewer",
            "elasticsearch-viewer+beta+alpha",
        ] {
            assert!(is_role(text, grant("elasticsearch-viewer+alpha+beta")), "{text}");
        }
        for text in ["deployment-viewer", "elasticsearch-viewer+alpha", "gamma"] {
            assert!(!is_role(text, grant("elasticsearch-viewer+alpha+beta")), "{text}");
        }
    }

    #[test]
    fn what_is_not_read_may_be_what_is_meant() {
        let stands_against = |document: serde_json::Value, selector: &Selector| {
            obstacle(selector, "org", &assignments::read(Some(&document), "org").unwrap()).map(|(reason, _)| reason)
        };
        let connected = || json!({"cloud_connected_resource": [{"role_id": "linked", "all": true}]});
        assert_eq!(stands_against(connected(), &id("linked")), Some(Reason::NotVisible));
        assert_eq!(stands_against(connected(), &name("Linked")), Some(Reason::NotVisible));
        assert_eq!(stands_against(connected(), &id("billing-admin")), None);
        let odd = || json!({"stack": {"x": 1}});
        assert_eq!(stands_against(odd(), &id("linked")), Some(Reason::NotVisible));
        assert_eq!(stands_against(odd(), &name("Billing admin")), None);
        assert_eq!(
            stands_against(json!({}), &id("cloud-connected-viewer")),
            Some(Reason::NotVisible)
        );
        let nowhere = json!({"deployment": [{"role_id": "viewer", "deployment_ids": []}]});
        assert_eq!(
            stands_against(nowhere, &id("deployment-viewer")),
            Some(Reason::NotVisible)
        );
    }

    #[test]
    fn a_role_of_an_unread_kind_counts_for_the_names_that_it_may_have() {
        let document =
            json!({"cloud_connected_resource": [{"role_id": "cloud-connected-viewer", "application_roles": ["ops"]}]});
        let read = assignments::read(Some(&document), "org").unwrap();
        for (text, is_possible) in [
            ("Viewer", true),
            ("cloud connected viewer", true),
            ("Fleet manager", true),
            ("OPS", true),
            ("alpha", false),
            ("viewer-alpha", false),
            ("Editor", false),
        ] {
            assert_eq!(obstacle(&name(text), "org", &read).is_some(), is_possible, "{text}");
        }
    }

    #[test]
    fn the_name_of_a_role_that_only_carries_custom_roles_is_not_theirs() {
        assert_eq!(meant(&name("Viewer")), [""; 0]);
        let both = Selector {
            name: Some(String::from("Viewer")),
            ..id("elasticsearch-viewer")
        };
        assert_eq!(meant(&both), [""; 0]);
        assert_eq!(meant(&name("Admin")), ["deployment-admin+kibana_user"]);
    }

    #[test]
    fn a_name_fits_only_itself() {
        let read = held();
        assert!(
            read.held
                .iter()
                .all(|known| fit(&name("gamma"), &known.grant) == Fit::No)
        );
    }
}
