//! What a user holds, before and after: reading, verifying, everything, and the roles that there are.

use serde_json::{Value, json};

use crate::contract::types::{
    GrantKind, GrantSelector, HeldGrant, Mode, Outcome, Removable, Role, ScopeKind, SideEffect,
};

use super::{World, at, elasticsearch, entries, id, in_group, project, told};

/// Every kind and scope: with and without application roles, at one place, at several, at all of them.
fn everywhere() -> Value {
    json!({
        "organization": [
            {"organization_id": "org", "role_id": "billing-admin"},
            {"organization_id": "org", "role_id": "auditor", "application_roles": ["elasticsearch-viewer"]},
        ],
        "deployment": [
            {"organization_id": "org", "role_id": "deployment-editor", "deployment_ids": ["d1", "d2"]},
            {"organization_id": "org", "role_id": "deployment-editor", "deployment_ids": ["d1"], "application_roles": ["kibana_user"]},
            {"organization_id": "org", "role_id": "deployment-viewer", "all": true},
            {"organization_id": "org", "role_id": "deployment-viewer", "deployment_ids": ["d1"]},
        ],
        "project": {
            "elasticsearch": [
                project("elasticsearch-viewer", "p1", &[]),
                project("elasticsearch-viewer", "p1", &["alpha"]),
                project("elasticsearch-viewer", "p1", &["alpha", "beta"]),
                project("elasticsearch-viewer", "p1", &["admin"]),
                project("elasticsearch-admin", "p1", &[]),
            ],
            "observability": [project("made_later", "p2", &[])],
            "security": [project("t1_analyst", "p3", &[])],
        },
    })
}

fn selected(grant: &HeldGrant) -> Role {
    match grant.selector.clone() {
        Some(GrantSelector::Role(role)) => role.into(),
        other => panic!("{}: {other:?}", grant.role_id),
    }
}

#[test]
fn a_full_reading_shows_every_assignment_at_every_place() {
    let world = World::holding(everywhere());
    let reading = world.read_user();
    assert!(reading.whole && reading.unread.is_empty(), "{:?}", reading.unread);
    let mut shown: Vec<(String, String, String)> = reading
        .grants
        .iter()
        .map(|grant| {
            assert!(grant.direct && grant.kind == GrantKind::Role);
            assert_eq!(grant.removable, Removable::Yes, "{}", grant.role_id);
            assert_eq!(grant.scope.organization.as_deref(), Some("org"));
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            (
                text(&grant.scope.group),
                text(&grant.scope.workspace),
                grant.role_id.clone(),
            )
        })
        .collect();
    shown.sort();
    let shown: Vec<[&str; 3]> = shown
        .iter()
        .map(|(group, place, role)| [group.as_str(), place, role])
        .collect();
    assert_eq!(
        shown,
        [
            ["", "", "auditor+elasticsearch-viewer"],
            ["", "", "billing-admin"],
            ["", "*", "deployment-viewer"],
            ["", "d1", "deployment-editor"],
            ["", "d1", "deployment-editor+kibana_user"],
            ["", "d1", "deployment-viewer"],
            ["", "d2", "deployment-editor"],
            ["elasticsearch", "p1", "elasticsearch-admin"],
            ["elasticsearch", "p1", "elasticsearch-viewer"],
            ["elasticsearch", "p1", "elasticsearch-viewer+admin"],
            ["elasticsearch", "p1", "elasticsearch-viewer+alpha"],
            ["elasticsearch", "p1", "elasticsearch-viewer+alpha+beta"],
            ["observability", "p2", "observability-made-later"],
            ["security", "p3", "security-t1-analyst"],
        ]
    );
    assert_eq!(world.writes(), 0);
}

#[test]
fn each_selector_sent_back_plans_its_grant_and_nothing_else() {
    let world = World::holding(everywhere());
    for grant in world.read_user().grants {
        let answer = world.call(Some(&[selected(&grant)]), Mode::Plan, &[]);
        let planned: Vec<_> = entries(&answer)
            .iter()
            .flat_map(|entry| &entry.grants)
            .filter(|planned| planned.outcome == Outcome::Planned)
            .map(|planned| (planned.role_id.as_str(), &planned.scope))
            .collect();
        assert_eq!(planned, [(grant.role_id.as_str(), &grant.scope)], "{answer:?}");
    }
    assert_eq!(world.writes(), 0);
}

#[test]
fn each_selector_takes_its_assignment_and_leaves_the_rest() {
    let all = World::holding(everywhere()).read_user().grants;
    for grant in &all {
        let world = World::holding(everywhere());
        let answer = world.ask(&[selected(grant)]);
        let left = world.read_user().grants;
        let expected: Vec<_> = all
            .iter()
            .filter(|other| *other != grant)
            .map(|other| (&other.role_id, &other.scope))
            .collect();
        let left: Vec<_> = left.iter().map(|other| (&other.role_id, &other.scope)).collect();
        assert_eq!(left, expected, "{answer:?}");
    }
}

#[test]
fn the_id_of_the_bare_assignment_is_held_only_where_no_application_role_goes_with_it() {
    let bare = |world: &World| world.outcomes(&[id("deployment-editor+")]);
    let held = |roles: &[&str]| {
        World::holding(json!({"deployment": [
            {"organization_id": "org", "role_id": "deployment-editor", "deployment_ids": ["d"], "application_roles": roles},
        ]}))
    };
    assert_eq!(bare(&held(&[])), ["removed"]);
    assert_eq!(bare(&held(&["kibana_user"])), ["refused would_widen"]);
    assert_eq!(bare(&World::holding(json!({}))), ["already_absent"]);
    // An assignment of another role gives it.
    let given = World::holding(elasticsearch(&[project("elasticsearch-viewer", "p", &["admin"])]));
    assert_eq!(given.outcomes(&[id("elasticsearch-admin+")]), ["refused ambiguous"]);
    // A row that cannot be read may be it.
    let unread = World::holding(json!({"deployment": [{"organization_id": "org", "role_id": "deployment-editor"}]}));
    assert_eq!(bare(&unread), ["unknown not_visible"]);
    assert_eq!(given.writes() + unread.writes(), 0);
}

#[test]
fn the_last_owner_needs_to_be_allowed_and_is_no_gap() {
    let owner = json!({"organization": [{"organization_id": "org", "role_id": "organization-admin"}]});
    let world = World::holding(owner).with(|organization| organization.members.clear());
    let reading = world.read_user();
    assert!(reading.whole, "{:?}", reading.unread);
    let removable: Vec<_> = reading.grants.iter().map(|grant| grant.removable.clone()).collect();
    assert_eq!(removable, [Removable::NeedsAllow(vec![SideEffect::LastAdministrator])]);
    let answer = world.call(None, Mode::Revoke, &[]);
    assert_eq!(told(&answer), ["refused side_effect_not_allowed"]);
    assert_eq!(world.writes(), 0);
}

#[test]
fn everything_is_taken_in_one_request_and_then_nothing_is_held() {
    let world = World::holding(everywhere());
    let answer = world.call(None, Mode::Revoke, &[]);
    assert_eq!(answer.as_ref().unwrap().outcomes.len(), 14, "{answer:?}");
    assert!(told(&answer).iter().all(|outcome| outcome == "removed"), "{answer:?}");
    assert_eq!(world.writes(), 1);
    assert!(world.read_user().grants.is_empty());
    for mode in [Mode::Revoke, Mode::Verify] {
        let answer = world.call(None, mode, &[]);
        assert_eq!(told(&answer), ["already_absent"]);
        assert!(answer.is_ok(), "{answer:?}");
    }
    assert_eq!(world.writes(), 1);
}

#[test]
fn what_single_sign_on_gives_is_said_where_nothing_is_held() {
    let world = World::holding(json!({})).with(|organization| {
        organization.mappings = json!([{"enabled": true, "role_assignments": {
            "organization": [{"organization_id": "org", "role_id": "billing-admin"}],
        }}]);
    });
    let answer = world.call(None, Mode::Verify, &[]);
    assert_eq!(told(&answer), ["already_absent"]);
    assert_eq!(entries(&answer)[0].warnings, ["may_return_at_sso_login"]);
}

#[test]
fn what_may_hide_more_is_not_whole_and_no_success() {
    let billing = json!({"organization": [{"organization_id": "org", "role_id": "billing-admin"}]});
    let with = |kind: &str, value: Value| {
        let mut assignments = billing.clone();
        assignments[kind] = value;
        World::holding(assignments)
    };
    let worlds = [
        with("deployment", Value::Null),
        with("deployment", json!([null])),
        with(
            "cloud_connected_resource",
            json!([{"role_id": "cloud-connected-admin", "all": true}]),
        ),
        World::holding(billing.clone()).with(|organization| organization.members.clear()),
    ];
    for world in worlds {
        let reading = world.read_user();
        assert!(!reading.whole && !reading.unread.is_empty());
        let not_whole = reading.warnings.iter().filter(|warning| *warning == "roles_not_whole");
        assert_eq!(not_whole.count(), 1, "{:?}", reading.warnings);
        let answer = world.call(None, Mode::Revoke, &[]);
        assert_eq!(told(&answer), ["removed", "unknown not_visible"]);
        assert_eq!(world.held()["organization"], json!([]), "what is shown goes");
        assert!(answer.is_err(), "{answer:?}");
    }
    // Nothing is shown, and nothing proves it.
    for assignments in [json!(null), json!({"project": null})] {
        let world = World::holding(assignments);
        let answer = world.call(None, Mode::Verify, &[]);
        assert_eq!(told(&answer), ["unknown not_visible"]);
        assert_eq!(answer.unwrap_err().status, 500);
    }
}

#[test]
fn verify_says_what_is_held_and_writes_nothing() {
    let world = World::holding(json!({
        "organization": [{"organization_id": "org", "role_id": "billing-admin"}],
        "deployment": [{"organization_id": "org", "role_id": "deployment-viewer", "all": true}],
    }));
    let asked = [
        id("billing-admin"),
        at(id("deployment-viewer"), "d1"),
        in_group(id("security-t1-analyst"), "security"),
        id("no-such-role"),
        id("cloud-connected-admin"),
    ];
    let answer = world.call(Some(&asked), Mode::Verify, &[]);
    assert_eq!(
        told(&answer),
        [
            "held",
            "inherited inherited",
            "already_absent",
            "not_found unknown_role",
            "unknown not_visible",
        ]
    );
    assert!(answer.is_err());
    assert_eq!(told(&world.call(None, Mode::Verify, &[])), ["held", "held"]);
    assert_eq!(world.writes(), 0);
}

#[test]
fn the_published_roles_are_listed_without_a_call() {
    let world = World::holding(json!({}));
    let directory = world.list_roles();
    assert_eq!(directory.roles.len(), 26);
    assert!(
        !directory.whole && directory.unread.len() == 1,
        "custom roles are in no list"
    );
    let listed = |id: &str| {
        let mut roles = directory.roles.iter();
        roles.find(|role| role.id.as_deref() == Some(id)).unwrap()
    };
    let analyst = listed("security-t1-analyst");
    assert_eq!(analyst.name.as_deref(), Some("Tier 1 analyst"));
    assert_eq!(
        (analyst.scopes.as_slice(), analyst.removable),
        (&[ScopeKind::Workspace] as &[_], true)
    );
    assert_eq!(analyst.scope.group.as_deref(), Some("security"));
    assert_eq!(listed("billing-admin").scopes, [ScopeKind::Organization]);
    assert!(!listed("cloud-connected-admin").removable);
    assert!(world.transport.seen.borrow().is_empty());
}
