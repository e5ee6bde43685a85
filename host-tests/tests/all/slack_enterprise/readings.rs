//! Workspaces, pages and rows, and the roles of the user.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_rejected_user_is_settled_by_the_read_back_alone() {
    for (processes, outcome) in [(true, Outcome::Removed), (false, Outcome::Failed)] {
        let world = World::new();
        world
            .demo
            .reject_users("user_is_not_member_in_all_channels_passed", processes);
        let answer = world.call(ANN, &[by_id("Rl0C")]).await;
        assert_eq!(outcomes(&answer), [outcome], "{answer:?}");
        assert_eq!(world.demo.is_assigned(ANN, "Rl0C", NORTH), !processes);
        let entries = match answer {
            Ok(success) => success.outcomes,
            Err(failure) => failure.outcomes,
        };
        assert!(entries[0].grants.iter().all(|grant| !grant.acknowledged));
        // With an entity rejected besides.
        let world = World::new();
        world.demo.reject_users("invalid_auth", processes);
        world.demo.reject(ORG, "cannot_modify_role_admin");
        let failure = world.call(ANN, &[by_id("Rl0C")]).await.unwrap_err();
        let grants: Vec<_> = failure.outcomes[0].grants.iter().map(|grant| grant.outcome).collect();
        assert_eq!(grants, [outcome, Outcome::Refused]);
    }
}

#[tokio::test(start_paused = true)]
async fn protected_roles_hold_in_every_spelling_and_for_what_goes_along() {
    let mut world = World::new();
    world.account.settings = String::from(r#"{"protected_roles": ["Roles Admin", "owner"]}"#);
    let own = allowing(&[SideEffect::RemoveOwnAccess]);
    let everything = allowing(&[SideEffect::DemoteOwner, SideEffect::DemoteOwnerEverywhere]);
    let answer = world.call_with(ROOT, &[by_id("Rl02")], own).await;
    assert_eq!(
        answer.unwrap_err().outcomes[0].reason.as_deref(),
        Some("protected_role")
    );
    world.demo.set_kind(SAM, ORG, Kind::Owner);
    let answer = world.call_with(SAM, &[by_id("organization_owner")], everything).await;
    assert_eq!(
        answer.unwrap_err().outcomes[0].reason.as_deref(),
        Some("protected_role")
    );
    assert_eq!((world.demo.kind(SAM, ORG), world.demo.writes()), (Kind::Owner, 0));
}

#[tokio::test(start_paused = true)]
async fn a_workspace_out_of_sight_concerns_its_own_entry() {
    for error in [
        "team_not_found",
        "team_access_not_granted",
        "invalid_auth",
        "feature_not_enabled",
    ] {
        let world = World::new();
        world.demo.hide_team(SOUTH, error);
        let answer = world
            .call(
                ANN,
                &[
                    in_workspace(by_id("admin"), SOUTH),
                    by_id("Rl01"),
                    in_workspace(by_id("admin"), NORTH),
                ],
            )
            .await;
        assert_eq!(
            outcomes(&answer),
            [Outcome::Unknown, Outcome::Removed, Outcome::Removed],
            "{answer:?}"
        );
        let answer = world.call(ANN, &[by_id("owner")]).await;
        assert_eq!(outcomes(&answer), [Outcome::Unknown], "{answer:?}");
        world.demo.set_kind(SAM, ORG, Kind::Owner);
        let dry = types::Options {
            mode: types::Mode::Plan,
            ..allowing(&[SideEffect::DemoteOwner, SideEffect::DemoteOwnerEverywhere])
        };
        let success = world.call_with(SAM, &[by_id("org_owner")], dry).await.unwrap();
        assert_eq!(
            success.outcomes[0].grants[0].side_effects,
            ["ownership of workspace T0NORTH", "complete: false"]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn every_page_is_read_wherever_its_cursor_stands() {
    for at_the_top in [false, true] {
        let world = World::new();
        if at_the_top {
            world.demo.cursor_at_the_top();
        }
        for n in 0..1_100 {
            let id = format!("U9{n:04}");
            world.demo.add_user(User {
                id: id.clone(),
                ..User::default()
            });
            world.demo.set_kind(&id, NORTH, Kind::Owner);
            world.demo.assign(&id, "Rl05", ORG);
        }
        world.demo.add_user(User {
            id: String::from("U0LAST"),
            teams: vec![NORTH.to_owned()],
            ..User::default()
        });
        world.demo.set_kind("U0LAST", NORTH, Kind::Owner);
        world.demo.assign("U0LAST", "Rl05", ORG);
        let answer = world
            .call_with(
                "U0LAST",
                &[by_id("owner"), by_id("Rl05")],
                allowing(&[SideEffect::DemoteOwner]),
            )
            .await;
        assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
        assert_eq!(world.demo.kind("U0LAST", NORTH), Kind::Member);
    }
}

#[tokio::test(start_paused = true)]
async fn rows_with_the_users_id_in_the_organization_are_the_users() {
    let mut world = World::new();
    world.demo.list_by_enterprise_user();
    add_eve(&world);
    world.demo.assign("U0EVE", "Rl05", NORTH);
    world.demo.set_kind("U0EVE", NORTH, Kind::Admin);
    world.account.settings = String::from(r#"{"protected_users": ["W0EVE"]}"#);
    let answer = world.call("U0EVE", &[by_id("Rl05")]).await;
    assert_eq!(
        answer.unwrap_err().outcomes[0].reason.as_deref(),
        Some("protected_user")
    );
    world.account.settings = String::from("{}");
    let answer = world.call("U0EVE", &[by_id("Rl05"), by_id("admin")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
    assert!(!world.demo.is_assigned("U0EVE", "Rl05", ORG) && !world.demo.is_assigned("U0EVE", "Rl05", NORTH));
    assert_eq!(world.demo.kind("U0EVE", NORTH), Kind::Member);
}

#[tokio::test(start_paused = true)]
async fn the_user_shows_the_highest_account_type_even_where_it_cannot_be_removed() {
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Owner);
    let allowed = || allowing(&[SideEffect::RemoveOwnAccess]);
    for (user, role, shown) in [
        (ROOT, "Rl02", vec![("org_primary_owner", None)]),
        (SAM, "Rl03", vec![("org_owner", None), ("owner", Some(NORTH))]),
        (KIM, "Rl01", vec![("Rl0L", None)]),
    ] {
        let user = world.call_with(user, &[by_id(role)], allowed()).await.unwrap().user;
        let roles: Vec<_> = user
            .roles
            .iter()
            .map(|role| (role.id.as_deref().unwrap(), role.workspace.as_deref()))
            .collect();
        assert_eq!(roles, shown);
    }
}

#[tokio::test(start_paused = true)]
async fn the_roles_of_the_user_can_be_sent_back() {
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Owner);
    let dry = || types::Options {
        mode: types::Mode::Plan,
        ..allowing(&[
            SideEffect::DemoteOwner,
            SideEffect::DemoteOwnerEverywhere,
            SideEffect::RemoveOwnAccess,
        ])
    };
    for (user, role, count) in [(ANN, "Rl01", 6), (SAM, "Rl03", 3), (KIM, "Rl01", 2), (ROOT, "Rl02", 2)] {
        let shown = world.call_with(user, &[by_id(role)], dry()).await.unwrap().user.roles;
        assert_eq!(shown.len(), count, "{shown:?}");
        let answer = world.call_with(user, &shown, dry()).await;
        let expected = |role: &types::Role| match role.id.as_deref() {
            // By a plan alone an owner of the organization is one everywhere.
            Some("org_primary_owner" | "owner") => Outcome::Inherited,
            _ => Outcome::Planned,
        };
        assert_eq!(
            outcomes(&answer),
            shown.iter().map(expected).collect::<Vec<_>>(),
            "{answer:?}"
        );
    }
}

/// Account types are set and not subtracted: never sent twice, and never to a guest.
#[tokio::test(start_paused = true)]
async fn whatever_happens_to_a_demotion_what_is_said_is_so() {
    let json = |status: u16, body: &str| Fault::Answer(status, Vec::new(), body.to_owned());
    let faults = [
        Fault::Refused,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::Silence { reaches: true },
        Fault::CutOff,
        json(200, "{}"),
        json(200, r#"{"ok": true}"#),
        json(200, r#"{"ok": false, "error": "fatal_error"}"#),
        json(200, r#"{"ok": false, "error": "team_not_found"}"#),
        json(200, r#"{"ok": false, "error": "failed_to_set_regular_on_workspaces"}"#),
        json(403, r#"{"ok": false, "error": "missing_scope"}"#),
        json(429, r#"{"ok": false, "error": "ratelimited"}"#),
        json(500, "<html>"),
    ];
    let roles = [in_workspace(by_id("admin"), NORTH), by_id("Rl01")];
    let clean = World::new();
    assert!(clean.call(ANN, &roles).await.is_ok());
    let calls = clean.network.calls().len();
    for number in 0..calls {
        for fault in &faults {
            for times in [1, usize::MAX] {
                let world = World::new();
                let guests = |world: &World| world.demo.kind(KIM, NORTH);
                world.network.inject(Rule {
                    times,
                    ..Rule::always("", fault.clone()).after(number)
                });
                let answer = world.call(ANN, &roles).await;
                let what = format!("{fault:.60?} at call {number}, {times} times: {answer:?}");
                let is_admin = world.demo.kind(ANN, NORTH) == Kind::Admin;
                match outcomes(&answer).first() {
                    Some(Outcome::Removed | Outcome::AlreadyAbsent) => assert!(!is_admin, "{what}"),
                    Some(Outcome::Unverified | Outcome::Unknown) => {}
                    Some(_) => assert!(is_admin, "{what}"),
                    None => assert!(answer.is_err(), "{what}"),
                }
                assert_eq!(guests(&world), Kind::Guest, "{what}");
                world.network.heal();
                let again = world.call(ANN, &roles).await;
                assert!(again.is_ok(), "{what}, repeated: {again:?}");
                assert_eq!(world.demo.kind(ANN, NORTH), Kind::Member, "{what}");
            }
        }
    }
}
