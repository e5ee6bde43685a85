//! What is not held, and how CrowdStrike proves it.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_role_that_is_not_held_is_proven_by_a_revoke_of_its_own() {
    let world = World::new();
    let success = world
        .call(ANN, &[by_id("quarantine_manager"), by_id("event_viewer")])
        .await
        .unwrap();
    assert_eq!(success.outcomes[0].outcome, Outcome::AlreadyAbsent);
    let grant = &success.outcomes[0].grants[0];
    assert!(grant.acknowledged);
    assert_eq!(
        grant.scope.organization.as_deref(),
        Some(HOME),
        "the CID in view is named"
    );
    assert_eq!(world.demo.revocations().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_role_by_name_that_is_not_held_is_looked_up_in_the_directory() {
    let world = World::new();
    let answer = world
        .call(ANN, &[by_name("Quarantine Manager"), by_name("No Such Role")])
        .await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent, Outcome::NotFound]);
}

#[tokio::test(start_paused = true)]
async fn a_name_of_two_roles_is_ambiguous_held_or_not() {
    let world = World::new();
    for id in ["11111111111111111111111111111111", "22222222222222222222222222222222"] {
        world.demo.add_role(Role {
            id: id.to_owned(),
            display_name: String::from("Twins"),
            cid: Some(HOME.to_owned()),
        });
    }
    let failure = world.call(ANN, &[by_name("twins")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("ambiguous"));
    world.demo.grant(ANN, HOME, "11111111111111111111111111111111");
    world.demo.grant(ANN, HOME, "22222222222222222222222222222222");
    let failure = world.call(ANN, &[by_name("twins")]).await.unwrap_err();
    assert_eq!((failure.status, failure.outcomes[0].outcome), (422, Outcome::Refused));
    assert!(world.demo.revocations().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_role_is_not_found_and_does_not_block_the_others() {
    let world = World::new();
    let answer = world
        .call(ANN, &[by_id("no_such_role"), by_id("event_viewer"), by_id("help_desk")])
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::NotFound, Outcome::Removed, Outcome::Removed]
    );
    assert_eq!(answer.unwrap_err().status, 422);
    assert!(!world.demo.holds(ANN, HOME, "event_viewer"));
}

#[tokio::test(start_paused = true)]
async fn an_inherited_role_is_reported_with_its_groups_and_not_claimed() {
    let world = World::new();
    let failure = world.call(SAM, &[by_id("vulnerability_manager")]).await.unwrap_err();
    let grant = &failure.outcomes[0].grants[0];
    assert_eq!(
        (failure.status, grant.outcome, failure.sent),
        (422, Outcome::Inherited, false)
    );
    let via: Vec<_> = grant
        .via
        .iter()
        .map(|via| (via.kind, via.name.as_deref().unwrap()))
        .collect();
    assert_eq!(via, [(ViaKind::Group, "Blue Team"), (ViaKind::CidGroup, "All Tenants")]);
    assert!(world.demo.revocations().is_empty());
    assert_eq!(world.demo.grants(SAM).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_direct_grant_goes_and_the_inherited_one_of_the_same_role_is_reported() {
    let world = World::new();
    world.demo.grant(SAM, HOME, "vulnerability_manager");
    let failure = world.call(SAM, &[by_id("vulnerability_manager")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Inherited);
    assert!(failure.outcomes[0].grants.iter().any(|grant| grant.changed));
    assert!(!world.demo.holds(SAM, HOME, "vulnerability_manager"));
}

#[tokio::test(start_paused = true)]
async fn a_cid_is_taken_with_checksum_and_in_any_case_and_only_that_cid_loses_the_role() {
    let world = World::new();
    let cid = format!("{}-A1", CHILD.to_uppercase());
    assert!(world.call(ANN, &[in_organization("help_desk", &cid)]).await.is_ok());
    assert!(!world.demo.holds(ANN, CHILD, "help_desk") && world.demo.holds(ANN, HOME, "help_desk"));
    let failure = world
        .call(ANN, &[in_organization("help_desk", "not-a-cid")])
        .await
        .unwrap_err();
    assert_eq!(
        (failure.status, failure.field.as_deref()),
        (400, Some("roles[0].organization"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_cid_out_of_sight_blocks_only_its_own_entry() {
    let world = World::new();
    let foreign = "00000000000000000000000000000000";
    let answer = world
        .call(ANN, &[in_organization("help_desk", foreign), by_id("event_viewer")])
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Unknown, Outcome::Removed]);
    assert!(world.demo.holds(ANN, HOME, "help_desk"));
}

#[tokio::test(start_paused = true)]
async fn a_cid_that_does_not_know_the_user_blocks_only_its_own_entry() {
    let world = World::new();
    let unknown = r#"{"errors": [{"code": 400, "message": "invalid user uuid='6f1e' specified"}]}"#;
    world.network.inject(Rule {
        fits: Arc::new(|call| call.path_and_query.contains(&format!("&cid={CHILD}"))),
        ..Rule::always("", Fault::Answer(400, Vec::new(), unknown.to_owned()))
    });
    let answer = world
        .call(ANN, &[in_organization("help_desk", CHILD), by_id("event_viewer")])
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Unknown, Outcome::Removed], "{answer:?}");
    assert!(world.demo.holds(ANN, CHILD, "help_desk"));
}

#[tokio::test(start_paused = true)]
async fn a_token_locked_to_a_child_acts_there() {
    let world = World::new();
    let answer = locked_to_the_child(&world, ANN, &[by_id("help_desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed]);
    assert!(!world.demo.holds(ANN, CHILD, "help_desk") && world.demo.holds(ANN, HOME, "help_desk"));
}
