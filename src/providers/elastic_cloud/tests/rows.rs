//! Documents that are not as documented: never absence, and never the end of a call.

use serde_json::{Value, json};

use super::{World, at, id, in_group, name};

const BILLING: &str = r#"{"organization_id": "org", "role_id": "billing-admin"}"#;

/// The user's assignments beside the billing administrator's.
fn beside_billing(kind: &str, value: Value) -> World {
    let mut assignments = json!({"organization": [serde_json::from_str::<Value>(BILLING).unwrap()]});
    match (kind, assignments.get_mut(kind).and_then(Value::as_array_mut)) {
        (_, Some(list)) => list.extend(value.as_array().unwrap().clone()),
        _ => assignments[kind] = value,
    }
    World::holding(assignments)
}

#[test]
fn an_assignment_that_cannot_be_read_is_no_absence_and_what_can_be_read_goes() {
    let deployment = |rest: Value| {
        let mut item = json!({"organization_id": "org", "role_id": "deployment-viewer"});
        item.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        json!([item])
    };
    for (kind, value) in [
        ("organization", json!([null])),
        ("organization", json!([7])),
        ("organization", json!([{"organization_id": "org"}])),
        (
            "organization",
            json!([{"organization_id": "org", "role_id": ["deployment-viewer"]}]),
        ),
        ("deployment", json!({})),
        ("deployment", json!("none")),
        ("deployment", json!([null])),
        ("deployment", json!([["deployment-viewer"]])),
        ("deployment", deployment(json!({}))),
        ("deployment", deployment(json!({"all": false}))),
        (
            "deployment",
            deployment(json!({"all": "perhaps", "deployment_ids": ["d"]})),
        ),
        ("deployment", deployment(json!({"all": false, "project_ids": ["p"]}))),
        ("deployment", deployment(json!({"all": true, "deployment_ids": ["d"]}))),
        ("deployment", deployment(json!({"deployment_ids": ["*"]}))),
        ("deployment", deployment(json!({"deployment_ids": [""]}))),
        ("deployment", deployment(json!({"deployment_ids": [null]}))),
        ("deployment", deployment(json!({"deployment_ids": "d"}))),
        ("deployment", deployment(json!({"deployment_ids": []}))),
        (
            "deployment",
            deployment(json!({"deployment_ids": ["d"], "application_roles": ["alpha", null]})),
        ),
        (
            "deployment",
            deployment(json!({"deployment_ids": ["d"], "application_roles": "alpha"})),
        ),
        ("project", json!([])),
        ("project", json!("none")),
        ("project", json!({"vector": {"id": 7}})),
        ("stack", json!({"x": 1})),
        ("stack", json!([{"role_id": "deployment-viewer"}])),
    ] {
        let world = beside_billing(kind, value.clone());
        let roles = [
            id("billing-admin"),
            id("deployment-viewer"),
            at(id("deployment-viewer"), "d"),
        ];
        let outcomes = world.outcomes(&roles);
        let what = format!("{kind}: {value}");
        assert!(
            outcomes[0].starts_with("removed") || outcomes[0].starts_with("unknown"),
            "{what}: {outcomes:?}"
        );
        assert!(!world.held().to_string().contains("billing-admin"), "{what}");
        assert_eq!(outcomes[1..], ["unknown not_visible"; 2], "{what}");
    }
    assert_eq!(
        World::holding(json!([])).outcomes(&[id("billing-admin"), name("alpha")]),
        ["unknown not_visible"; 2]
    );
}

#[test]
fn what_a_row_shows_rules_out_what_it_is_not() {
    let nowhere = json!({"organization_id": "org", "role_id": "deployment-viewer", "application_roles": ["alpha"]});
    let world = World::holding(json!({"deployment": [nowhere]}));
    let roles = [
        id("deployment-editor"),
        in_group(id("security-viewer"), "security"),
        name("Billing admin"),
        name("gamma"),
        id("deployment-viewer"),
        at(name("alpha"), "d"),
        name("Alpha"),
        id("deployment_viewer+alpha"),
    ];
    let absent = ["already_absent"; 4].into_iter();
    let unclear = ["unknown not_visible"; 4];
    assert_eq!(world.outcomes(&roles), absent.chain(unclear).collect::<Vec<_>>());
    // A role that is not published may have any name.
    let world = World::holding(json!({"cloud_connected_resource": [{"role_id": "linked", "all": true}]}));
    assert_eq!(
        world.outcomes(&[
            id("linked"),
            name("Fleet manager"),
            id("billing-admin"),
            at(name("Editor"), "d1")
        ]),
        [
            "unknown not_visible",
            "unknown not_visible",
            "already_absent",
            "already_absent"
        ]
    );
}

#[test]
fn the_places_of_a_row_that_can_be_read_are_held() {
    let world = World::holding(json!({"deployment": [
        {"organization_id": "org", "role_id": "deployment-viewer", "deployment_ids": [null, "d1"]},
    ]}));
    assert_eq!(
        world.outcomes(&[at(id("deployment-viewer"), "d2")]),
        ["unknown not_visible"]
    );
    let failure = world.ask(&[at(id("deployment-viewer"), "d1")]).unwrap_err();
    assert!(failure.sent, "d1 is certain");
}

#[test]
fn null_stands_for_nothing() {
    let world = World::holding(json!({
        "platform": null, "cloud_connected_resource": null, "deployment": null, "project": {"security": null, "vector": null},
        "organization": [{"organization_id": "org", "role_id": "billing-admin", "application_roles": null, "all": null}],
    }));
    assert_eq!(
        world.outcomes(&[id("billing-admin"), id("deployment-viewer"), id("security-viewer")]),
        ["removed", "already_absent", "already_absent"]
    );
    for nothing in [json!(null), json!({}), json!({"organization": null, "project": null})] {
        let world = World::holding(nothing.clone());
        assert_eq!(world.outcomes(&[id("billing-admin")]), ["already_absent"], "{nothing}");
    }
}

#[test]
fn numbers_flags_and_unknown_keys_are_read_with_care() {
    let world = World::holding(json!({"deployment": [
        {"organization_id": "org", "role_id": "deployment-viewer", "all": "false", "deployment_ids": [7], "since": {"x": [1]}},
    ]}));
    assert_eq!(world.outcomes(&[at(id("deployment-viewer"), "8")]), ["already_absent"]);
    assert_eq!(
        world.outcomes(&[at(id("deployment-viewer"), "7")]),
        ["failed still_held"],
        "7 is sent as a text"
    );
    let seen = world.transport.seen.borrow();
    let write = seen.iter().find(|seen| seen.method == "DELETE").unwrap();
    assert!(write.body.contains(r#""deployment_ids":["7"]"#), "{}", write.body);
}

#[test]
fn a_content_type_with_a_charset_is_json() {
    let world = World::holding(json!({"organization": [serde_json::from_str::<Value>(BILLING).unwrap()]}))
        .with(|organization| organization.content_type = "application/json; charset=utf-8");
    assert_eq!(world.outcomes(&[id("billing-admin")]), ["removed"]);
}

#[test]
fn a_request_whose_body_is_dropped_on_the_way_is_seen() {
    let world = World::holding(json!({"organization": [serde_json::from_str::<Value>(BILLING).unwrap()]}))
        .with(|organization| organization.drops_bodies = true);
    assert_eq!(world.outcomes(&[id("billing-admin")]), ["failed still_held"]);
}

#[test]
fn absence_needs_the_user_and_an_administrator_in_the_list() {
    let without = |members: Vec<Value>| World::holding(json!({})).with(|organization| organization.members = members);
    for members in [
        vec![],
        vec![json!({"user_id": "1", "role_assignments": {}})],
        vec![json!({"role_assignments": {"organization": [{"role_id": "organization-admin"}]}})],
        vec![json!({"user_id": "1", "role_assignments": [{"role_id": "organization-admin"}]})],
    ] {
        let world = without(members.clone());
        assert_eq!(
            world.outcomes(&[id("billing-admin")]),
            ["unknown not_visible"],
            "{members:?}"
        );
    }
}

#[test]
fn a_member_that_stands_twice_in_the_list_holds_what_either_shows() {
    let twice = json!({"user_id": 1001, "role_assignments": {"deployment": [
        {"organization_id": "org", "role_id": "deployment-viewer", "all": true},
    ]}});
    let world = World::holding(json!({"organization": [serde_json::from_str::<Value>(BILLING).unwrap()]}))
        .with(|organization| organization.members.push(twice));
    let roles = [id("billing-admin"), id("deployment-viewer"), id("deployment-editor")];
    assert_eq!(
        world.outcomes(&roles),
        ["removed", "failed still_held", "already_absent"]
    );
}

#[test]
fn elements_without_a_user_id_concern_whom_they_may_be() {
    let with = |member: Value| World::holding(json!({})).with(|organization| organization.members.push(member));
    assert_eq!(with(json!(null)).outcomes(&[id("billing-admin")]), ["already_absent"]);
    let other = json!({"email": "kim@example.com"});
    assert_eq!(with(other).outcomes(&[id("billing-admin")]), ["already_absent"]);
    let own = json!({"email": "Ann.Lee@example.com", "user_id": null});
    assert_eq!(with(own).outcomes(&[id("billing-admin")]), ["unknown not_visible"]);
}
