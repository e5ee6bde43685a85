//! Who is meant, in whichever way the user is named, and how the user is shown.

use host::{
    network::{Fault, Rule},
    typed::types::{self, Outcome, SideEffect},
};
use sandboxes::jumpcloud::{Administrator, DEMO_ORGANIZATION, DEMO_ORGANIZATIONS, DEMO_ROLES, DEMO_USERS};

use super::{ANN, ANN_ADMIN, KIM, KIM_ADMIN, OWNER, SAM, SAM_ADMIN, World, group, reads, reason};
use crate::fixture::{allowing, by_name, options, outcomes, says};

#[tokio::test(start_paused = true)]
async fn the_administrator_is_found_by_link_by_email_and_by_its_own_id() {
    for user in [KIM, KIM_ADMIN, "Kim.Park@example.com"] {
        let world = World::new();
        assert!(world.call(user, &[by_name("Manager")]).await.is_ok(), "{user}");
        assert_eq!(world.roles(KIM_ADMIN), ["Read Only"]);
    }
    let world = World::new();
    let own = allowing(&[SideEffect::RemoveOwnAccess]);
    assert!(
        world
            .call_with("root@example.com", &[by_name("Manager")], own)
            .await
            .is_ok()
    );
    assert_eq!(world.roles(OWNER), ["Administrator With Billing"]);
    for user in ["nobody@example.com", "5f00000000000000000000ff"] {
        assert_eq!(
            world.call(user, &[by_name("Manager")]).await.unwrap_err().status,
            404,
            "{user}"
        );
    }
    world.demo.add_administrator(Administrator {
        id: String::from("5e00000000000000000000aa"),
        email: String::from("KIM.PARK@example.com"),
        roles: vec![String::from("Manager")],
    });
    assert_eq!(
        world.call(KIM, &[by_name("Manager")]).await.unwrap_err().status,
        422,
        "two with one e-mail address"
    );
}

#[tokio::test(start_paused = true)]
async fn the_list_of_administrators_is_read_to_its_end() {
    let world = World::new();
    for n in 0..250 {
        world.demo.add_administrator(Administrator {
            id: format!("5a{n:022}"),
            email: format!("a{n}@example.com"),
            roles: vec![String::from("Read Only")],
        });
    }
    world.demo.add_administrator(Administrator {
        id: String::from("5a9999999999999999999999"),
        email: String::from("late@example.com"),
        roles: vec![String::from("Read Only"), String::from("Manager")],
    });
    assert!(world.call("late@example.com", &[by_name("Manager")]).await.is_ok());
    assert_eq!(world.roles("5a9999999999999999999999"), ["Read Only"]);
}

#[tokio::test(start_paused = true)]
async fn a_protected_user_is_protected_whichever_id_is_used() {
    let mut world = World::new();
    for protected in [ANN, ANN_ADMIN, "ANN", "Ann.Lee@example.com"] {
        world.account.settings = serde_json::json!({"protected_users": [protected]}).to_string();
        for user in [ANN, ANN_ADMIN, DEMO_USERS[0].1] {
            let failure = world.call(user, &[by_name("Help Desk")]).await.unwrap_err();
            assert_eq!(
                reason(&failure, 0),
                (Outcome::Refused, "protected_user"),
                "{protected} as {user}"
            );
        }
    }
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_administrator_that_is_named_and_not_shown_is_not_gone() {
    let hidden = || says(404, serde_json::json!({"message": "Not Found"}));
    let world = World::new();
    world.network.inject(reads("/api/users/", 0, hidden()));
    // One is linked, the other one listed.
    for user in [ANN, KIM] {
        let failure = world.call(user, &[by_name("Manager")]).await.unwrap_err();
        assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"), "{user}");
    }
    // Hidden from the read-back on: the write is acknowledged, and nothing proves it.
    for (user, admin) in [(SAM, SAM_ADMIN), (OWNER, OWNER)] {
        let world = World::new();
        for role in ["Help Desk", "Administrator With Billing", "Manager"] {
            world.demo.acknowledge_but_keep(role);
        }
        // The first read, whose key it is, and the read directly before the write.
        world.network.inject(reads("/api/users/", 3, hidden()));
        let roles: Vec<_> = world.roles(admin).iter().map(|role| by_name(role)).collect();
        let allowed = types::Options {
            allow: vec![
                SideEffect::DeleteAdministrator,
                SideEffect::LastAdministrator,
                SideEffect::RemoveOwnAccess,
            ],
            ..options()
        };
        let failure = world.call_with(user, &roles, allowed).await.unwrap_err();
        assert!(
            failure
                .outcomes
                .iter()
                .all(|entry| entry.outcome == Outcome::Unverified),
            "{failure:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_of_administrators_without_its_count_proves_nothing() {
    let row = serde_json::json!({"_id": OWNER, "email": "root@example.com", "roleName": "Manager"});
    for list in [serde_json::json!({"results": [row]}), serde_json::json!([row])] {
        let world = World::new();
        world.network.inject(reads("/api/users?", 0, says(200, &list)));
        let failure = world
            .call(KIM, &[by_name("Administrator With Billing")])
            .await
            .unwrap_err();
        assert_eq!((failure.status, failure.sent), (502, false), "{failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_document_of_somebody_else_is_no_answer() {
    for body in [
        serde_json::json!({}),
        serde_json::json!({"_id": SAM, "email": "sam.hill@example.com"}),
    ] {
        let world = World::new();
        world.network.inject(reads("/api/systemusers/", 0, says(200, &body)));
        let failure = world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err();
        assert_eq!((failure.status, failure.sent), (502, false), "{failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_administrator_without_a_system_user_is_deleted_and_read_back() {
    let world = World::new();
    let leo = "5e00000000000000000000cc";
    world.demo.add_administrator(Administrator {
        id: leo.to_owned(),
        email: String::from("leo@example.com"),
        roles: vec![String::from("Manager")],
    });
    let answer = world
        .call_with(
            "leo@example.com",
            &[by_name("Manager")],
            allowing(&[SideEffect::DeleteAdministrator]),
        )
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(
        (world.demo.roles_of(leo), answer.unwrap().user.id.as_str()),
        (None, leo)
    );
}

#[tokio::test(start_paused = true)]
async fn another_administrator_does_not_take_the_place_of_the_one_that_was_read() {
    let world = World::new();
    world.demo.acknowledge_but_keep("Manager");
    let elsewhere = serde_json::json!({"_id": ANN, "email": "ann.lee@example.com", "admin": {"id": KIM_ADMIN}});
    world
        .network
        .inject(reads("/api/systemusers/", 1, says(200, &elsewhere)));
    let failure = world.call(ANN, &[by_name("Manager")]).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Unverified, "not_settled"), "{failure:?}");
    assert!(world.roles(ANN_ADMIN).contains(&String::from("Manager")));
}

#[tokio::test(start_paused = true)]
async fn the_whole_user_is_mapped_and_secrets_are_not() {
    let world = World::new();
    let success = world
        .call(ANN, &[by_name("Help Desk"), by_name("Read Only"), by_name("Manager")])
        .await
        .unwrap();
    let user = &success.user;
    assert_eq!((user.id.as_str(), user.username.as_deref()), (ANN, Some("ann")));
    assert_eq!(
        (
            user.name.as_deref(),
            user.first_name.as_deref(),
            user.last_name.as_deref()
        ),
        (Some("Ann Lee"), Some("Ann"), Some("Lee"))
    );
    assert_eq!(
        (user.title.as_deref(), user.user_type.as_deref(), user.bio.as_deref()),
        (Some("Engineer"), Some("employee"), Some("On call"))
    );
    assert_eq!(
        (user.status.as_deref(), user.is_two_factor_enabled),
        (Some("active"), Some(true))
    );
    assert_eq!(
        (user.timezone.as_deref(), user.created_at.as_deref()),
        (Some("Europe/Berlin"), Some("2025-02-03T04:05:06Z"))
    );
    let emails: Vec<_> = user
        .emails
        .iter()
        .map(|email| (email.email.as_deref().unwrap(), email.is_primary.unwrap()))
        .collect();
    assert_eq!(emails, [("ann.lee@example.com", true), ("alt@example.com", false)]);
    assert_eq!(user.phones[0].number.as_deref(), Some("+1 555 0101"));
    assert_eq!(user.organizations[0].id.as_deref(), Some("5c3536e9e0a6840001872799"));
    let identifiers: serde_json::Value = serde_json::from_str(user.identifiers.as_deref().unwrap()).unwrap();
    assert_eq!(
        identifiers,
        serde_json::json!({"employee_identifier": "E-17", "username": "ann", "admin_id": ANN_ADMIN})
    );
    let roles: Vec<_> = user
        .roles
        .iter()
        .map(|role| (role.id.as_deref(), role.name.as_deref()))
        .collect();
    assert_eq!(roles, [(Some(DEMO_ROLES[4].0), Some("Command Runner"))]);
    let shown = format!("{success:?}");
    assert!(!shown.contains("SECRETKEY") && !shown.contains("SECRETHASH"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_to_the_write_is_filtered_before_it_is_cut() {
    let world = World::new();
    let long = serde_json::json!({"_id": ANN_ADMIN, "apiKeyHash": {"prefix": "SECRETHASH"}, "growthData": "x".repeat(100_000)});
    world.network.inject(Rule {
        fits: std::sync::Arc::new(|call| call.method == "PUT"),
        skip: 0,
        times: 1,
        fault: Fault::Body("application/json", long.to_string().into_bytes().into()),
    });
    let answer = world.call(ANN, &[by_name("Help Desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed]);
    assert!(!format!("{answer:?}").contains("SECRETHASH"));
}

#[tokio::test(start_paused = true)]
async fn who_was_found_by_email_alone_is_said_and_groups_and_organizations_are_named() {
    let world = World::new();
    let warned = |answer: &types::Success| {
        let warnings = &answer.outcomes[0].warnings;
        warnings.iter().any(|warning| warning == "administrator_found_by_email")
    };
    assert!(warned(&world.call(KIM, &[by_name("Manager")]).await.unwrap()));
    assert!(!warned(&world.call(ANN, &[by_name("Manager")]).await.unwrap()));
    world.demo.add_group("5c00000000000000000000aa", "Nights", &[ANN]);
    let answer = world
        .call_with(ANN, &[group("On Call")], allowing(&[SideEffect::LeaveGroup]))
        .await
        .unwrap();
    let groups: Vec<_> = answer.user.groups.iter().map(|group| group.name.as_deref()).collect();
    assert_eq!(groups, [Some("Nights")]);
    let [(north, _), (south, name)] = DEMO_ORGANIZATIONS;
    let world = World::at(north);
    world.demo.add_organization(DEMO_ORGANIZATION, "Home");
    let answer = world
        .call_with(ANN, &[], allowing(&[SideEffect::RemoveOrganizationAccess]))
        .await
        .unwrap();
    let organizations: Vec<_> = answer
        .user
        .organizations
        .iter()
        .map(|organization| (organization.id.as_deref().unwrap(), organization.name.as_deref()))
        .collect();
    assert_eq!(organizations, [(DEMO_ORGANIZATION, Some("Home")), (south, Some(name))]);
}
