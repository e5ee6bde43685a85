//! Scopes, ids and documents that do not say all.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_organization_narrows_and_a_scope_that_no_grant_can_have_is_400() {
    let mut world = World::new();
    let answer = world.call(ANN, &[in_organization("admin", ORG)]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(world.demo.kind(ANN, NORTH), Kind::Member);
    let answer = world.call(ANN, &[in_organization("Rl0C", ORG)]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(
        world.demo.is_assigned(ANN, "Rl0C", NORTH),
        "an assignment at a workspace is another one"
    );
    let answer = world.call(ANN, &[in_organization("Rl0C", ORG)]).await.unwrap();
    assert_eq!(answer.outcomes[0].outcome, Outcome::AlreadyAbsent);
    assert!(answer.outcomes[0].warnings.contains(&String::from("held_at:T0NORTH")));
    // What the whole request is narrowed to covers what is inside of it.
    world.organizations = vec![types::OrganizationSelector::Id(ORG.to_owned())];
    let answer = world.call(ANN, &[by_id("Rl01")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(!world.demo.is_assigned(ANN, "Rl01", SOUTH));
    let answer = world.call(ANN, &[in_workspace(by_id("Rl0C"), NORTH)]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(!world.demo.is_assigned(ANN, "Rl0C", NORTH));

    world.organizations = Vec::new();
    let answer = world
        .call(
            ANN,
            &[
                in_organization("Rl01", "E0OTHER"),
                in_organization("admin", "E0OTHER"),
                by_id("Rl0A"),
            ],
        )
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Unknown, Outcome::Unknown, Outcome::Removed]
    );
    world.network.forget_calls();
    let in_channel = |id: &str| types::Role {
        group: Some(String::from("C0GENERAL")),
        ..by_id(id)
    };
    for role in [
        in_workspace(by_id("org_owner"), NORTH),
        in_workspace(by_id("org_admin"), NORTH),
        in_channel("admin"),
        in_channel("org_owner"),
        in_workspace(in_channel("Rl0A"), NORTH),
        types::Role {
            id: None,
            ..in_channel("")
        },
    ] {
        let failure = world.call(ANN, &[role]).await.unwrap_err();
        assert_eq!((failure.status, failure.field.as_deref()), (400, Some("roles[0].id")));
    }
    assert!(world.network.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_comes_from_above_is_inherited_whatever_the_lists_show() {
    for kind in [Kind::Owner, Kind::Admin, Kind::PrimaryOwner] {
        let world = World::new();
        world.demo.set_kind(KIM, ORG, kind);
        for role in [
            by_id("admin"),
            by_id("owner"),
            in_workspace(by_id("admin"), SOUTH),
            in_organization("admin", ORG),
        ] {
            let answer = world.call(KIM, &[role]).await;
            assert_eq!(outcomes(&answer), [Outcome::Inherited], "{kind:?}: {answer:?}");
        }
    }
    let world = World::new();
    world.demo.add_user(User {
        id: String::from("U0EVE"),
        ..User::default()
    });
    world.demo.set_kind("U0EVE", ORG, Kind::Admin);
    let answer = world.call("U0EVE", &[by_id("admin")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Inherited], "in no workspace: {answer:?}");
    world.demo.set_kind(KIM, NORTH, Kind::PrimaryOwner);
    for role in ["primary_owner", "owner", "admin"] {
        let answer = world.call(KIM, &[in_workspace(by_id(role), NORTH)]).await;
        assert_eq!(outcomes(&answer), [Outcome::Inherited], "{role}: {answer:?}");
    }
    // Which owner of another workspace is its primary owner is not shown.
    world.demo.set_kind(ANN, SOUTH, Kind::Owner);
    let answer = world
        .call(
            ANN,
            &[
                in_workspace(by_id("primary_owner"), SOUTH),
                in_workspace(by_id("primary_owner"), NORTH),
            ],
        )
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Unknown, Outcome::AlreadyAbsent]);
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_workspace_role_of_an_owner_of_the_organization_is_refused_by_slack() {
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Owner);
    let answer = demote_sam(&world).await;
    assert_eq!(outcomes(&answer), [Outcome::Refused], "{answer:?}");
    assert_eq!(world.demo.kind(SAM, NORTH), Kind::Owner);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_not_published_may_be_a_custom_role_and_is_never_absent() {
    let lenient = || types::Options {
        unknown_role: types::UnknownRole::Absent,
        ..options()
    };
    // A custom role is held, which may be called so, or none is.
    for (user, expected) in [
        (ANN, (Outcome::Unknown, Some("not_visible"))),
        (SAM, (Outcome::Refused, Some("not_supported"))),
    ] {
        let world = World::new();
        let failure = world
            .call_with(user, &[by_name("Night Shift"), by_id("RlNOSUCH")], lenient())
            .await
            .unwrap_err();
        let shown: Vec<_> = failure
            .outcomes
            .iter()
            .map(|entry| (entry.outcome, entry.reason.as_deref()))
            .collect();
        assert_eq!(
            shown,
            [expected, (Outcome::AlreadyAbsent, Some("unknown_role"))],
            "{user}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_custom_role_is_protected_by_any_name_and_a_person_by_an_address_that_is_not_shown() {
    let mut world = World::new();
    world.account.settings = String::from(r#"{"protected_roles": ["Night Shift"]}"#);
    let failure = world.call(ANN, &[by_id("RlCUSTOM1"), by_id("Rl01")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("protected_role"));
    assert_eq!(failure.outcomes[1].outcome, Outcome::Removed);
    let mut world = World::new();
    world.demo.leave_out("profile/email");
    world.account.settings = String::from(r#"{"protected_users": ["boss@example.com"]}"#);
    let failure = world.call(ANN, &[by_id("Rl01")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("protected_user"));
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn somebody_who_becomes_an_owner_meanwhile_is_not_demoted() {
    for reads in 3..=5 {
        let world = World::new();
        world.demo.set_kind_after_reads(reads, ANN, NORTH, Kind::Owner);
        let answer = world.call(ANN, &[in_workspace(by_id("admin"), NORTH)]).await;
        assert!(answer.is_err(), "{reads}: {answer:?}");
        assert_eq!(
            (world.demo.kind(ANN, NORTH), world.demo.writes()),
            (Kind::Owner, 0),
            "{reads}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_organization_with_many_assignments_is_read_by_role() {
    let world = World::new();
    world.demo.assign_to_crowd("Rl05", 12_000);
    let success = world.call(ANN, &[by_id("Rl0C"), by_id("Rl0J")]).await.unwrap();
    let shown: Vec<_> = success.outcomes.iter().map(|entry| entry.outcome).collect();
    assert_eq!(shown, [Outcome::Removed, Outcome::AlreadyAbsent]);
    assert!(
        success
            .outcomes
            .iter()
            .all(|entry| entry.warnings.contains(&String::from("roles_not_whole")))
    );
    assert!(success.user.roles.is_empty());
    assert_eq!(success.user.truncated, ["roles"]);
    assert!(!world.demo.is_assigned(ANN, "Rl0C", NORTH) && world.demo.is_assigned(ANN, "Rl01", SOUTH));
}

#[tokio::test(start_paused = true)]
async fn a_person_is_found_by_either_id() {
    let world = World::new();
    world.demo.show_enterprise_users();
    add_eve(&world);
    let answer = world.call("U0EVE", &[by_id("Rl05")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(!world.demo.is_assigned("U0EVE", "Rl05", ORG));
}

#[tokio::test(start_paused = true)]
async fn a_document_that_does_not_say_all_proves_no_absence() {
    let world = World::new();
    world.demo.leave_out("enterprise_user/teams");
    let answer = world
        .call(
            KIM,
            &[by_id("admin"), in_workspace(by_id("admin"), SOUTH), by_id("org_owner")],
        )
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Unknown, Outcome::AlreadyAbsent, Outcome::AlreadyAbsent]
    );
    let world = World::new();
    world.demo.leave_out("enterprise_user");
    let answer = world
        .call(
            KIM,
            &[by_id("org_owner"), in_workspace(by_id("admin"), SOUTH), by_id("Rl01")],
        )
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Unknown, Outcome::Unknown, Outcome::Removed],
        "{answer:?}"
    );
    // The lists and the document contradict each other.
    let world = World::new();
    let none = String::from(r#"{"ok": true, "admin_ids": []}"#);
    world.network.inject(Rule::always(
        "/api/admin.teams.admins.list",
        Fault::Answer(200, Vec::new(), none),
    ));
    let answer = world.call(ANN, &[in_workspace(by_id("admin"), NORTH)]).await;
    assert_eq!(outcomes(&answer), [Outcome::Unknown], "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_document_that_still_shows_the_account_type_is_waited_for() {
    let world = World::new();
    let stale = format!(
        r#"{{"ok": true, "user": {{"id": "{ANN}", "team_id": "{NORTH}", "is_admin": true, "enterprise_user": {{
            "enterprise_id": "{ORG}", "teams": ["{NORTH}", "{SOUTH}"],
            "is_admin": false, "is_owner": false, "is_primary_owner": false}}}}}}"#
    );
    world.network.inject(Rule {
        times: 2,
        ..Rule::always("/api/users.info", Fault::Answer(200, Vec::new(), stale.clone())).after(1)
    });
    let roles = [in_workspace(by_id("admin"), NORTH)];
    assert!(world.call(ANN, &roles).await.is_ok());
    world.demo.set_kind(ANN, NORTH, Kind::Admin);
    world.network.heal();
    world
        .network
        .inject(Rule::always("/api/users.info", Fault::Answer(200, Vec::new(), stale)).after(1));
    let failure = world.call(ANN, &roles).await.unwrap_err();
    assert_eq!(
        (failure.outcomes[0].outcome, failure.outcomes[0].reason.as_deref()),
        (Outcome::Unverified, Some("not_settled"))
    );
}
