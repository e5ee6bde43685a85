//! Documents that are not as documented: never absence, and never the end of a call.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::{
    contract::types::Mode,
    fake::{FakeTransport, Reaction},
};

use super::{USER, World, at, id, in_group, name, told};

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
        (
            "deployment",
            deployment(json!({"organization_id": "other", "all": true})),
        ),
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
fn what_is_null_where_no_list_must_be_stands_for_nothing() {
    let world = World::holding(json!({
        "platform": null, "cloud_connected_resource": null, "project": {"vector": null},
        "organization": [{"organization_id": null, "role_id": "billing-admin", "application_roles": null, "all": null}],
    }));
    let success = world
        .ask(&[id("deployment-viewer"), id("security-viewer"), name("alpha")])
        .unwrap();
    assert_eq!(success.user.roles.len(), 1);
    assert_eq!(world.outcomes(&[id("deployment-viewer")]), ["already_absent"]);
    assert_eq!(
        World::holding(json!({})).outcomes(&[id("billing-admin")]),
        ["already_absent"]
    );
}

#[test]
fn a_list_that_is_not_shown_may_have_the_role() {
    let asked = [
        id("billing-admin"),
        id("deployment-viewer"),
        id("security-viewer"),
        in_group(id("elasticsearch-admin"), "elasticsearch"),
        name("alpha"),
    ];
    let [no, may] = ["already_absent", "unknown not_visible"];
    for (assignments, expected) in [
        (json!(null), [may; 5]),
        (json!({"organization": null}), [may; 5]),
        (json!({"deployment": null}), [no, may, no, no, may]),
        (json!({"organization": [null]}), [may; 5]),
        (json!({"project": null}), [no, no, may, may, may]),
        (json!({"project": {"security": null}}), [no, no, may, no, may]),
    ] {
        let world = World::holding(assignments.clone());
        assert_eq!(world.outcomes(&asked), expected, "{assignments}");
        let failure = world.ask(&asked).unwrap_err();
        let user = failure.user.unwrap();
        assert_eq!((user.roles.len(), user.truncated), (0, vec![String::from("roles")]));
    }
}

#[test]
fn a_list_that_goes_with_its_last_role_is_none_that_hides_something() {
    let world = World::holding(json!({
        "organization": [serde_json::from_str::<Value>(BILLING).unwrap()],
        "deployment": [{"organization_id": "org", "role_id": "deployment-viewer", "all": true}],
    }))
    .with(|organization| organization.empties_to_null = true);
    let success = world.ask(&[id("billing-admin")]).unwrap();
    assert_eq!(world.held()["organization"], json!(null));
    assert_eq!(success.user.roles.len(), 1);
    assert!(world.transport.elapsed() >= std::time::Duration::from_secs(10));
}

#[test]
fn what_names_something_must_be_a_text_and_nothing_that_looks_like_another_name() {
    let billing = |change: Value| {
        let mut row: Value = serde_json::from_str(BILLING).unwrap();
        row.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        World::holding(json!({"organization": [row]}))
    };
    for change in [
        json!({"role_id": 7}),
        json!({"role_id": ""}),
        json!({"role_id": " \u{a0}"}),
        json!({"role_id": "billing-\u{fffd}dmin"}),
        json!({"role_id": "billing-\u{430}dmin"}),
        json!({"role_id": "billing admin"}),
        json!({"role_id": true}),
        json!({"organization_id": 7}),
        json!({"organization_id": "ORG"}),
        json!({"organization_id": "other"}),
        json!({"application_roles": [7]}),
    ] {
        let world = billing(change.clone());
        assert_eq!(
            world.outcomes(&[id("billing-admin")]),
            ["unknown not_visible"],
            "{change}"
        );
        assert_eq!(world.writes(), 0, "{change}");
        let user = world.ask(&[id("billing-admin")]).unwrap_err().user.unwrap();
        assert_eq!(
            (user.roles.len(), user.truncated),
            (0, vec![String::from("roles")]),
            "{change}"
        );
    }
    // The provider does not know its own id in another spelling, which the read-back shows.
    for spelling in ["BILLING-ADMIN", " billing-admin  ", "billing_admin"] {
        let world = billing(json!({"role_id": spelling}));
        assert_eq!(world.outcomes(&[id("billing-admin")]), ["removed"], "{spelling}");
    }
    let world = World::holding(json!({"deployment": [
        {"organization_id": "org", "role_id": "deployment-viewer", "all": "false", "deployment_ids": [7, "d1"], "since": {"x": [1]}},
    ]}));
    assert_eq!(
        world.outcomes(&[at(id("deployment-viewer"), "7")]),
        ["unknown not_visible"]
    );
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
fn only_a_document_of_the_provider_without_an_error_acknowledges() {
    for (answer, is_acknowledged) in [
        ("{}", true),
        ("", true),
        (r#"{"errors": null}"#, true),
        ("<html>ok</html>", false),
        ("[]", false),
        (r#"{"errors": "no"}"#, false),
        (r#"{"errors": [null]}"#, false),
        (r#"{"errors": [{"code": "x.y", "message": "no"}]}"#, false),
        (r#"{"error": "no"}"#, false),
        (r#"{"code": 403}"#, false),
    ] {
        let world = World::holding(json!({"organization": [serde_json::from_str::<Value>(BILLING).unwrap()]}))
            .with(|organization| organization.acknowledgement = answer);
        let success = world.ask(&[id("billing-admin")]).unwrap();
        assert_eq!(success.outcomes[0].grants[0].acknowledged, is_acknowledged, "{answer}");
    }
}

#[test]
fn an_error_in_a_success_has_the_meaning_of_its_word() {
    for (answer, status, reason) in [
        (
            r#"{"errors": [{"code": "root.invalid_authentication"}]}"#,
            401,
            "credentials_rejected",
        ),
        (r#"{"errors": [{"code": "root.permission_denied"}]}"#, 403, "forbidden"),
        (r#"{"code": 403}"#, 403, "forbidden"),
        (r#"{"errors": [{"code": "429"}]}"#, 429, "rate_limited"),
        (
            r#"{"errors": [{"code": "role_assignments.invalid_config"}]}"#,
            422,
            "provider_refused",
        ),
        (
            r#"{"errors": [{"code": "x.y", "message": "no"}]}"#,
            422,
            "provider_refused",
        ),
    ] {
        let world = World::holding(json!({"organization": [serde_json::from_str::<Value>(BILLING).unwrap()]})).with(
            |organization| {
                organization.acknowledgement = answer;
                organization.keeps = true;
            },
        );
        let failure = world.ask(&[id("billing-admin")]).unwrap_err();
        let outcome = &failure.outcomes[0];
        assert_eq!(
            (failure.status, outcome.reason.as_deref()),
            (status, Some(reason)),
            "{failure:?}"
        );
        assert!(failure.answer.is_some(), "{answer}: {failure:?}");
    }
}

#[test]
fn one_assignment_that_the_key_may_not_touch_keeps_no_other_also_inside_a_success() {
    let word = r#"{"errors": [{"code": "role_assignments.unauthorized_role_assignments"}]}"#;
    let viewer = json!({"organization_id": "org", "role_id": "deployment-viewer", "deployment_ids": ["d1"]});
    let held = json!({"organization": [serde_json::from_str::<Value>(BILLING).unwrap()], "deployment": [viewer]});
    let world = World::holding(held).with(|organization| {
        organization.keeps = true;
        organization.acknowledgement = word;
    });
    let failure = world.ask(&[id("billing-admin"), id("deployment-viewer")]).unwrap_err();
    // Together, and then each by itself.
    assert_eq!(world.writes(), 3, "{failure:?}");
    assert_eq!(failure.status, 403, "{failure:?}");
}

#[test]
fn an_error_inside_the_list_of_organizations_is_a_failed_read() {
    for (error, status, requests) in [
        (r#""errors": [{"code": "x.y", "message": "no"}]"#, 502, 1),
        (r#""errors": [{"code": "root.unauthorized"}]"#, 401, 1),
        (r#""errors": [{"code": "root.permission_denied"}]"#, 403, 1),
        (r#""code": 403"#, 403, 1),
        (r#""code": 503"#, 502, 4),
    ] {
        let body = format!(r#"{{"organizations": [{{"id": "org"}}], {error}}}"#);
        let world = World {
            transport: FakeTransport::new(move |_| Reaction::Answer(200, Vec::new(), body.clone())),
            settings: json!({}),
            ..World::holding(json!({}))
        };
        let failure = world.ask(&[id("billing-admin")]).unwrap_err();
        let sent = world.transport.seen.borrow().len();
        assert_eq!((failure.status, sent), (status, requests), "{error}: {failure:?}");
    }
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
fn a_user_found_by_address_holds_what_any_element_of_the_id_shows() {
    let billing = || json!({"organization": [serde_json::from_str::<Value>(BILLING).unwrap()]});
    for (own, other) in [(json!({}), billing()), (billing(), json!({}))] {
        for address in [json!(null), json!("ann.before@example.com")] {
            for comes_first in [true, false] {
                let mut world = World::holding(own.clone()).with(|organization| {
                    let (other, address) = (other.clone(), address.clone());
                    organization.mutation = Some(Box::new(move |_, mut document| {
                        let members = document["members"].as_array_mut().unwrap();
                        let element = json!({"user_id": USER, "email": address, "role_assignments": other});
                        members.insert(if comes_first { 0 } else { members.len() }, element);
                        document
                    }));
                });
                world.user = "ann.lee@example.com";
                let answer = world.call(Some(&[id("billing-admin")]), Mode::Verify, &[]);
                assert_eq!(told(&answer), ["held"], "{own} {address} {comes_first}: {answer:?}");
            }
        }
    }
    // Nothing is read twice for a user who stands in the list once.
    let mut world = World::holding(billing());
    world.user = "ann.lee@example.com";
    assert_eq!(
        told(&world.call(Some(&[id("billing-admin")]), Mode::Verify, &[])),
        ["held"]
    );
    assert_eq!(world.requests("GET", "/members"), 1);
}

#[test]
fn who_administers_another_organization_is_no_control_for_this_one() {
    let other = json!({
        "user_id": "1009", "email": "root@example.com",
        "role_assignments": {"organization": [{"organization_id": "other", "role_id": "organization-admin"}]},
    });
    let world = World::holding(json!({})).with(|organization| organization.members = vec![other.clone()]);
    assert_eq!(world.outcomes(&[id("billing-admin")]), ["unknown not_visible"]);
    let own = json!({"organization": [{"organization_id": "org", "role_id": "organization-admin"}]});
    let world = World::holding(own).with(|organization| organization.members = vec![other]);
    assert_eq!(
        world.outcomes(&[id("organization-admin")]),
        ["refused side_effect_not_allowed"]
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

#[test]
fn broken_bytes_in_one_member_end_no_call_for_another() {
    let mut world = World::holding(json!({"organization": [serde_json::from_str::<Value>(BILLING).unwrap()]})).with(
        |organization| {
            organization
                .members
                .push(json!({"user_id": "7", "name": "J#r#me", "email": "j#@example.com"}));
        },
    );
    let organization = Rc::clone(&world.organization);
    world.transport = FakeTransport::new(move |seen| match organization.borrow_mut().answer(seen) {
        Reaction::Answer(status, _, body) if body.contains('#') => {
            let broken = body.bytes().map(|byte| if byte == b'#' { 0xe9 } else { byte });
            Reaction::CutOff(status, vec![broken.collect()])
        }
        reaction => reaction,
    });
    let roles = [id("billing-admin"), id("deployment-viewer")];
    assert_eq!(world.outcomes(&roles), ["removed", "already_absent"]);
}

#[test]
fn an_element_with_a_key_twice_may_be_the_users() {
    let billing = || json!({"organization": [serde_json::from_str::<Value>(BILLING).unwrap()]});
    for element in [
        json!({"user_id": USER, "other_id": USER, "role_assignments": billing()}),
        json!({"user_id": "7", "other_id": USER, "role_assignments": billing()}),
        json!({"other_id": 7, "user_id": [], "email": "ann.lee@example.com", "role_assignments": billing()}),
    ] {
        for user in [USER, "ann.lee@example.com"] {
            let mut world = World::holding(json!({})).with(|organization| {
                organization.members.push(element.clone());
                organization.written_as = Some(("other_id", "user_id"));
            });
            world.user = user;
            assert_eq!(
                world.outcomes(&[id("billing-admin")]),
                ["unknown not_visible"],
                "{user}: {element}"
            );
        }
    }
    let other = json!({"user_id": "7", "other_id": "7", "role_assignments": billing()});
    let world = World::holding(json!({})).with(|organization| {
        organization.members.push(other);
        organization.written_as = Some(("other_id", "user_id"));
    });
    assert_eq!(world.outcomes(&[id("billing-admin")]), ["already_absent"]);
}

#[test]
fn an_error_beside_the_members_is_a_failed_read() {
    for beside in [
        json!({"errors": [{"code": "root.internal_server_error", "message": "try again"}]}),
        json!({"error": "internal"}),
        json!({"code": 500}),
    ] {
        for members in [true, false] {
            let beside = beside.clone();
            let what = format!("{beside} {members}");
            let world = World::holding(json!({})).with(|organization| {
                organization.mutation = Some(Box::new(move |_, mut document| {
                    let fields = document.as_object_mut().unwrap();
                    fields.extend(beside.as_object().unwrap().clone());
                    if !members {
                        fields.insert(String::from("members"), json!([]));
                    }
                    document
                }));
            });
            let failure = world.ask(&[id("billing-admin")]).unwrap_err();
            assert!(
                failure.outcomes.is_empty() && failure.status == 502,
                "{what}: {failure:?}"
            );
        }
    }
    // What may pass is asked for again.
    let world = World::holding(json!({})).with(|organization| {
        organization.mutation = Some(Box::new(|read, mut document| {
            if read == 0 {
                document["error"] = json!({"code": 503});
            }
            document
        }));
    });
    assert_eq!(world.outcomes(&[id("billing-admin")]), ["already_absent"]);
    assert_eq!(world.requests("GET", "/members"), 2);
}
