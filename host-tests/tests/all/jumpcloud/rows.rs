//! Rows that are hidden or null, records that contradict themselves, and whose key it is.

use host::typed::types::{self, Outcome, SideEffect};
use sandboxes::jumpcloud::{DEMO_GROUP, DEMO_ORGANIZATIONS, DEMO_ROLES};

use super::{ANN, ANN_ADMIN, KIM, KIM_ADMIN, OWNER, SAM, SAM_ADMIN, World, group, reads, reason};
use crate::fixture::{allowing, by_id, by_name, outcomes, says};

const NIGHTS: &str = "5c00000000000000000000ff";

/// The user is in more groups than a page has, and one of the first page is not shown.
fn in_many_groups() -> World {
    let world = World::new();
    for n in 0..120 {
        world
            .demo
            .add_group(&format!("6c{n:022}"), &format!("Group {n}"), &[ANN]);
    }
    world.demo.add_group(NIGHTS, "Nights", &[ANN]);
    world.demo.skip_rows(&format!("6c{:022}", 7));
    world
}

#[tokio::test(start_paused = true)]
async fn a_membership_behind_a_short_page_is_found_and_left() {
    let world = in_many_groups();
    let answer = world
        .call_with(ANN, &[group(NIGHTS)], allowing(&[SideEffect::LeaveGroup]))
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(!world.demo.is_member(NIGHTS, ANN));
    // The hidden one may have the same name.
    let failure = world
        .call_with(ANN, &[group("Group 9")], allowing(&[SideEffect::LeaveGroup]))
        .await
        .unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"));
}

#[tokio::test(start_paused = true)]
async fn a_second_group_of_the_name_on_the_next_page_makes_it_ambiguous() {
    let world = World::new();
    for n in 0..120 {
        world.demo.add_group(&format!("6c{n:022}"), &format!("Group {n}"), &[]);
    }
    world.demo.add_group(NIGHTS, "ON CALL", &[]);
    let failure = world
        .call_with(ANN, &[group("On Call")], allowing(&[SideEffect::LeaveGroup]))
        .await
        .unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Refused, "ambiguous"));
    assert!(world.demo.is_member(DEMO_GROUP.0, ANN));
}

#[tokio::test(start_paused = true)]
async fn null_rows_end_no_call_and_are_no_absence() {
    let [(north, _), (south, _)] = DEMO_ORGANIZATIONS;
    for null in [DEMO_ROLES[3].0, DEMO_GROUP.0, north, OWNER] {
        let world = World::new();
        world.demo.null_rows(null);
        let answer = world.call(ANN, &[by_id(DEMO_ROLES[2].0)]).await;
        assert_eq!(outcomes(&answer), [Outcome::Removed], "{null}: {answer:?}");
    }
    let world = World::new();
    world.demo.null_rows(DEMO_GROUP.0);
    let failure = world
        .call_with(ANN, &[group("On Call")], allowing(&[SideEffect::LeaveGroup]))
        .await
        .unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"));
    let world = World::at(north);
    world.demo.null_rows(north);
    let allowed = allowing(&[SideEffect::RemoveOrganizationAccess]);
    let failure = world.call_with(ANN, &[], allowed).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"));
    assert!(world.demo.is_linked(ANN_ADMIN, north) && world.demo.is_linked(ANN_ADMIN, south));
    // Nobody is linked to this user, and the one with the e-mail address stands in a row that cannot be read.
    let world = World::new();
    world.demo.null_rows(KIM_ADMIN);
    let failure = world.call(KIM, &[by_name("Manager")]).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_contradicts_itself_leaves_the_entry_unclear() {
    let world = World::new();
    world.demo.contradict(ANN_ADMIN, "Administrator With Billing");
    for role in ["Administrator With Billing", "Help Desk", "Read Only"] {
        let failure = world.call(ANN, &[by_name(role)]).await.unwrap_err();
        assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"), "{role}");
    }
    assert_eq!(world.demo.writes(), 0);
    // A role that stays behind in `roleName` after the PUT.
    let world = World::new();
    world.demo.contradict(KIM_ADMIN, "Manager");
    let failure = world.call(KIM, &[by_name("Manager")]).await.unwrap_err();
    assert_ne!(failure.outcomes[0].outcome, Outcome::AlreadyAbsent, "{failure:?}");
    assert!(!failure.outcomes.iter().any(|entry| entry.outcome == Outcome::Removed));
}

#[tokio::test(start_paused = true)]
async fn the_owner_of_the_key_keeps_the_own_roles_unless_allowed() {
    for owner in [Some(SAM_ADMIN), Some(OWNER), None] {
        let world = World::new();
        world.demo.set_key_owner(owner);
        let deletes = || allowing(&[SideEffect::DeleteAdministrator]);
        let answer = world.call_with(SAM, &[by_name("Help Desk")], deletes()).await;
        if owner == Some(SAM_ADMIN) {
            let failure = answer.unwrap_err();
            assert!(failure.message.contains("remove-own-access"), "{failure:?}");
            assert_eq!(world.roles(SAM_ADMIN), ["Help Desk"]);
            continue;
        }
        let answer = answer.unwrap();
        assert_eq!(answer.outcomes[0].outcome, Outcome::Removed);
        let warnings = &answer.outcomes[0].grants[0].warnings;
        let warned = warnings.iter().any(|warning| warning == "own_access_not_checked");
        assert_eq!(warned, owner.is_none(), "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_that_the_record_spells_otherwise_is_removed_by_the_directorys_name() {
    let world = World::new();
    let leo = "5e00000000000000000000cc";
    world.demo.add_administrator(sandboxes::jumpcloud::Administrator {
        id: leo.to_owned(),
        email: String::from("leo@example.com"),
        roles: vec![String::from("Manager"), String::from("Read Only")],
    });
    // The record has the directory's id, and a name of its own.
    let record = serde_json::json!({
        "_id": leo, "email": "leo@example.com", "roleNames": ["ReadOnly", "Manager"],
        "roles": [DEMO_ROLES[3].0, DEMO_ROLES[1].0],
    });
    world.network.inject(reads("/api/users/5e", 0, says(200, &record)));
    let planned = types::Options {
        mode: types::Mode::Plan,
        ..crate::fixture::options()
    };
    let answer = world.call_with(leo, &[by_name("Read Only")], planned).await;
    assert_eq!(outcomes(&answer), [Outcome::Planned], "{answer:?}");
    let answer = answer.unwrap();
    let body = answer.planned_requests[0].body.as_deref();
    assert_eq!(body, Some(r#"{"roleNames":["Manager"]}"#));
    // Without ids it may be the role, and is not said to be gone.
    let world = World::new();
    let record = serde_json::json!({"_id": ANN_ADMIN, "roleNames": ["ReadOnly", "Manager"]});
    world.network.inject(reads("/api/users/5e", 0, says(200, &record)));
    let failure = world.call(ANN_ADMIN, &[by_name("Read Only")]).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Refused, "ambiguous"));
}
