//! What an account protects: in every spelling, and together with what it is assigned with.

use serde_json::{Value, json};

use super::{World, both, elasticsearch, id, name, project};

fn protecting(role: &str, assignments: Value) -> World {
    let mut world = World::holding(assignments);
    world.settings = json!({"organization_id": "org", "protected_roles": [role]});
    world
}

#[test]
fn a_protected_role_is_found_under_every_id_and_name_and_with_every_application_role() {
    let deployment = json!({"deployment": [{
        "organization_id": "org", "role_id": "deployment-admin", "deployment_ids": ["d"], "application_roles": ["kibana_user"],
    }]});
    for text in [
        "deployment-admin",
        "deployment_admin",
        "DEPLOYMENT-ADMIN",
        "admin",
        "Admin",
        " Admin ",
        "kibana_user",
        "Kibana-User",
        "deployment-admin+kibana_user",
    ] {
        let world = protecting(text, deployment.clone());
        assert_eq!(
            world.outcomes(&[id("deployment-admin")]),
            ["refused protected_role"],
            "{text}"
        );
        assert_eq!(world.writes(), 0);
    }
    let carried = elasticsearch(&[project("elasticsearch-viewer", "p", &["alpha", "admin"])]);
    for text in [
        "alpha",
        "Viewer",
        "viewer",
        "elasticsearch-viewer",
        "elasticsearch-viewer+admin+alpha",
        "elasticsearch-viewer+alpha+admin",
        "admin",
        "Admin",
        "elasticsearch-admin",
        "elasticsearch_admin",
    ] {
        let world = protecting(text, carried.clone());
        assert_eq!(
            world.outcomes(&[id("elasticsearch-viewer+alpha+admin")]),
            ["refused protected_role"],
            "{text}"
        );
    }
    for text in ["deployment-viewer", "Editor", "gamma", "security-t1-analyst"] {
        let world = protecting(text, carried.clone());
        assert_eq!(
            world.outcomes(&[id("elasticsearch-viewer+alpha+admin")]),
            ["removed"],
            "{text}"
        );
    }
}

#[test]
fn a_protected_role_that_is_not_published_is_found_in_every_spelling() {
    let held = json!({"project": {"security": [project("made_later", "p", &[])]}});
    for text in [
        "made_later",
        "made-later",
        "security-made-later",
        "Made later",
        "security_made_later",
    ] {
        let world = protecting(text, held.clone());
        assert_eq!(
            world.outcomes(&[id("security-made-later")]),
            ["refused protected_role"],
            "{text}"
        );
    }
}

#[test]
fn a_name_beside_an_id_must_be_the_roles() {
    let world = World::holding(elasticsearch(&[project("elasticsearch-viewer", "p", &["alpha"])]));
    assert_eq!(
        world.outcomes(&[both("elasticsearch-viewer+alpha", "beta")]),
        ["refused name_mismatch"]
    );
    assert_eq!(
        world.outcomes(&[both("elasticsearch-viewer+alpha", "alpha")]),
        ["removed"]
    );
    let billing = json!({"organization": [{"organization_id": "org", "role_id": "billing-admin"}]});
    let world = World::holding(billing);
    assert_eq!(
        world.outcomes(&[both("deployment-viewer", "Billing admin")]),
        ["refused name_mismatch"]
    );
    assert_eq!(
        world.outcomes(&[both("deployment-viewer", "viewer")]),
        ["already_absent"]
    );
}

#[test]
fn the_last_owner_is_counted_without_elements_that_cannot_be_read() {
    let owner = json!({"organization": [{"organization_id": "org", "role_id": "organization-admin", "application_roles": ["ops"]}]});
    let world = World::holding(owner.clone());
    assert_eq!(world.outcomes(&[id("organization-admin")]), ["removed"]);
    let world = World::holding(owner).with(|organization| {
        organization.members = vec![
            json!(null),
            json!({"role_assignments": {"organization": [{"role_id": "organization-admin"}]}}),
        ];
    });
    assert_eq!(
        world.outcomes(&[id("organization-admin"), name("ops")]),
        ["refused side_effect_not_allowed", "refused would_widen"]
    );
}

#[test]
fn nobody_is_unknown_to_a_list_that_shows_no_owner() {
    let viewer = json!({"user_id": "1002", "email": "kim@example.com", "role_assignments": {"organization": []}});
    for members in [vec![], vec![viewer]] {
        for user in ["1999", "nobody@example.com"] {
            let mut world = World::holding(json!({})).with(|organization| {
                organization.members = members.clone();
                organization.mutation = Some(Box::new(|_, mut document| {
                    let members = document["members"].as_array_mut().unwrap();
                    members.retain(|member| member["user_id"] != "1001");
                    document
                }));
            });
            world.user = user;
            let failure = world.ask(&[id("deployment-admin")]).unwrap_err();
            assert_ne!(failure.status, 404, "{user} {members:?}: {failure:?}");
        }
    }
    let mut world = World::holding(json!({}));
    world.user = "1999";
    assert_eq!(world.ask(&[id("deployment-admin")]).unwrap_err().status, 404);
}

#[test]
fn an_element_that_may_be_the_users_protects_by_its_address() {
    let held =
        json!({"deployment": [{"organization_id": "org", "role_id": "deployment-viewer", "deployment_ids": ["d"]}]});
    for (stray, is_refused) in [
        (
            json!({"user_id": "1001", "user_ID": "1001", "email": "ceo@example.com"}),
            true,
        ),
        (json!({"user_id": "1001", "email": {"x": 1}}), true),
        (json!({"user_id": "1001", "user_ID": "1001", "email": {"x": 1}}), true),
        (json!({"user_id": "1003", "email": "ceo@example.com"}), false),
    ] {
        let mut world = World::holding(held.clone()).with(|organization| {
            organization.members.push(stray.clone());
            organization.written_as = Some(("user_ID", "user_id"));
        });
        world.settings = json!({"organization_id": "org", "protected_users": ["ceo@example.com"]});
        let answer = world.ask(&[id("deployment-viewer")]);
        let is_protected = super::told(&answer)[0].ends_with("protected_user");
        assert_eq!(
            (is_protected, world.writes() == 0),
            (is_refused, is_refused),
            "{stray}: {answer:?}"
        );
    }
}

#[test]
fn the_last_owner_is_one_by_an_application_role_too() {
    let world = World::holding(json!({"organization": [
        {"organization_id": "org", "role_id": "billing-admin", "application_roles": ["organization-admin"]},
    ]}))
    .with(|organization| organization.members.clear());
    let roles = world.read_user();
    assert_eq!(roles.grants.len(), 1, "{roles:?}");
    let answer = world.ask(&[id("billing-admin+organization-admin")]);
    assert!(answer.is_err() && world.writes() == 0, "{answer:?}");
}
