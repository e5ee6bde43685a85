//! The directory of roles: which id a held name has.

use host::{
    network::Network,
    typed::types::{Outcome, SideEffect},
};
use sandboxes::jumpcloud::{Administrator, DEMO_GROUP, DEMO_KEY, DEMO_ROLES, JumpCloud, SystemUser};

use super::{ANN, ANN_ADMIN, SAM_ADMIN, World, group, reads, reason, take_the_last_role};
use crate::fixture::{allowing, by_id, by_name, outcomes, says};

#[tokio::test(start_paused = true)]
async fn a_list_that_shows_nobody_and_a_directory_that_lacks_a_held_role_prove_nothing() {
    let mut world = World::new();
    let empty = JumpCloud::new(world.clock, DEMO_KEY);
    empty.add_role(DEMO_ROLES[1].0, DEMO_ROLES[1].1);
    empty.add_user(SystemUser {
        id: ANN.to_owned(),
        email: String::from("ann.lee@example.com"),
        ..Default::default()
    });
    world.network = Network::default();
    world.network.route("console.jumpcloud.com", empty.router());
    let failure = world.call(ANN, &[by_name("Manager")]).await.unwrap_err();
    assert_eq!((failure.outcomes[0].outcome, failure.status), (Outcome::Unknown, 403));

    let world = World::new();
    world.demo.add_administrator(Administrator {
        id: String::from("5e00000000000000000000cc"),
        email: String::from("odd@example.com"),
        roles: vec![String::from("Unlisted"), String::from("Manager")],
    });
    let failure = world
        .call("odd@example.com", &[by_id(DEMO_ROLES[3].0)])
        .await
        .unwrap_err();
    assert_eq!((failure.outcomes[0].outcome, failure.status), (Outcome::Unknown, 403));
}

#[tokio::test(start_paused = true)]
async fn ids_of_roles_that_are_called_alike_are_never_taken_for_one_another() {
    let twins = ["5d00000000000000000000aa", "5d00000000000000000000bb"];
    let leo = "5e00000000000000000000cc";
    let world = || {
        let world = World::new();
        world.demo.add_role(twins[0], "Twins");
        world.demo.add_role(twins[1], "twins");
        world.demo.add_administrator(Administrator {
            id: leo.to_owned(),
            email: String::from("leo@example.com"),
            roles: vec![String::from("twins"), String::from("Manager")],
        });
        world
    };
    let with_ids = world();
    let answer = with_ids.call(leo, &[by_id(twins[0])]).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent], "{answer:?}");
    let failure = with_ids.call(leo, &[by_name("TWINS")]).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Refused, "ambiguous"));
    assert!(with_ids.call(leo, &[by_id(twins[1])]).await.is_ok());
    assert_eq!(with_ids.roles(leo), ["Manager"]);
    // Without ids on the record a name in another case could be either of them.
    let without_ids = world();
    let record = serde_json::json!({"_id": leo, "roleNames": ["TWINS", "Manager"]});
    without_ids.network.inject(reads("/api/users/", 0, says(200, &record)));
    for role in [by_id(twins[0]), by_id(twins[1]), by_name("twins")] {
        let failure = without_ids.call(leo, &[role]).await.unwrap_err();
        assert_eq!(reason(&failure, 0), (Outcome::Refused, "ambiguous"));
    }
    assert_eq!(without_ids.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_contradicts_itself_is_not_taken_for_the_last_role() {
    let world = World::new();
    let record =
        serde_json::json!({"_id": SAM_ADMIN, "roleNames": ["Help Desk"], "roles": [DEMO_ROLES[1].0, DEMO_ROLES[2].0]});
    world.network.inject(reads("/api/users/", 0, says(200, &record)));
    let failure = take_the_last_role(&world).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"));
    assert_eq!(world.roles(SAM_ADMIN), ["Help Desk"]);
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_is_not_shown_in_the_read_back_makes_no_role_look_gone() {
    let world = World::new();
    world.demo.acknowledge_but_keep("Help Desk");
    let refused = says(403, serde_json::json!({"message": "Forbidden"}));
    for path in ["/api/v2/roles", "/api/v2/usergroups"] {
        world.network.inject(reads(path, 1, refused.clone()));
    }
    let failure = world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Failed, "still_held"));
    world.demo.show_organization(false, false);
    world.demo.acknowledge_but_keep(DEMO_GROUP.0);
    let failure = world
        .call_with(ANN, &[group("On Call")], allowing(&[SideEffect::LeaveGroup]))
        .await
        .unwrap_err();
    assert_ne!(failure.outcomes[0].outcome, Outcome::Removed);
    assert!(world.demo.is_member(DEMO_GROUP.0, ANN));
}

#[tokio::test(start_paused = true)]
async fn without_the_directory_names_go_and_ids_are_neither_guessed_nor_unprotected() {
    let refused = says(403, serde_json::json!({"message": "Forbidden"}));
    for directory in [refused, says(200, serde_json::json!({"results": [], "totalCount": 0}))] {
        let mut world = World::new();
        world.network.inject(reads("/api/v2/roles", 0, directory));
        let failure = world
            .call(ANN, &[by_name("Help Desk"), by_id(DEMO_ROLES[3].0)])
            .await
            .unwrap_err();
        let said: Vec<_> = failure.outcomes.iter().map(|entry| entry.outcome).collect();
        assert_eq!(said, [Outcome::Removed, Outcome::Unknown], "{failure:?}");
        assert_eq!(reason(&failure, 1), (Outcome::Unknown, "not_visible"));
        assert_eq!(world.roles(ANN_ADMIN), ["Manager", "Read Only", "Command Runner"]);
        // Which role the protected id means is not to be seen: it could be any of them.
        world.account.settings = serde_json::json!({"protected_roles": [DEMO_ROLES[1].0]}).to_string();
        let failure = world.call(ANN, &[by_name("Manager")]).await.unwrap_err();
        assert_eq!(reason(&failure, 0), (Outcome::Refused, "protected_role"));
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_no_administrator_has_no_role_whatever_the_directory_shows() {
    let world = World::new();
    let nora = "5f00000000000000000000ee";
    world.demo.add_user(SystemUser {
        id: nora.to_owned(),
        email: String::from("nora@example.com"),
        ..SystemUser::default()
    });
    for status in [401, 403, 404] {
        world.network.heal();
        let refused = says(status, serde_json::json!({"message": "no"}));
        world.network.inject(reads("/api/v2/roles", 0, refused));
        let success = world
            .call(nora, &[by_name("Manager"), by_id(DEMO_ROLES[2].0)])
            .await
            .unwrap();
        for entry in success.outcomes {
            assert_eq!(entry.outcome, Outcome::AlreadyAbsent, "{status}");
            assert_eq!(entry.warnings, ["role_directory_not_readable"]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_fails_keeps_the_entries_that_need_it_and_no_others() {
    let world = World::new();
    let fails = says(500, serde_json::json!({}));
    world.network.inject(reads("/api/v2/roles", 0, fails));
    let failure = world
        .call_with(
            ANN,
            &[group("On Call"), by_name("Help Desk"), by_id(DEMO_ROLES[3].0)],
            allowing(&[SideEffect::LeaveGroup]),
        )
        .await
        .unwrap_err();
    let said: Vec<_> = failure.outcomes.iter().map(|entry| entry.outcome).collect();
    assert_eq!(
        said,
        [Outcome::Removed, Outcome::NotAttempted, Outcome::NotAttempted],
        "{failure:?}"
    );
    assert!(failure.retryable);
    let world = World::new();
    world
        .network
        .inject(reads("/api/v2/roles", 0, says(500, serde_json::json!({}))));
    let answer = world
        .call_with(ANN, &[group("On Call")], allowing(&[SideEffect::LeaveGroup]))
        .await
        .unwrap();
    assert_eq!(answer.outcomes[0].outcome, Outcome::Removed);
    assert!(
        !answer.outcomes[0].grants[0]
            .warnings
            .contains(&String::from("role_directory_not_readable"))
    );
}
