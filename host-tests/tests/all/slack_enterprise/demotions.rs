//! Account types: who is demoted, and from what.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_admin_becomes_a_member_and_nobody_else_changes() {
    let world = World::new();
    let answer = world.call(ANN, &[in_workspace(by_name("admin"), NORTH)]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(
        (world.demo.kind(ANN, NORTH), world.demo.kind(SAM, NORTH)),
        (Kind::Member, Kind::Owner)
    );
    assert!(world.demo.is_assigned(ANN, "Rl0C", NORTH));
}

#[tokio::test(start_paused = true)]
async fn an_owner_is_not_demoted_by_asking_for_admin() {
    let world = World::new();
    let failure = world
        .call(SAM, &[in_workspace(by_id("admin"), NORTH)])
        .await
        .unwrap_err();
    let grant = &failure.outcomes[0].grants[0];
    assert_eq!(
        (grant.outcome, grant.via[0].kind),
        (Outcome::Inherited, ViaKind::HigherRole)
    );
    assert_eq!(
        (failure.status, world.demo.writes(), world.demo.kind(SAM, NORTH)),
        (422, 0, Kind::Owner)
    );
}

#[tokio::test(start_paused = true)]
async fn an_owner_is_demoted_only_if_allowed() {
    let world = World::new();
    let failure = world
        .call(SAM, &[in_workspace(by_id("owner"), NORTH)])
        .await
        .unwrap_err();
    assert!(failure.message.contains("demote-owner"), "{}", failure.message);
    assert_eq!(world.demo.kind(SAM, NORTH), Kind::Owner);
    let answer = demote_sam(&world).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(world.demo.kind(SAM, NORTH), Kind::Member);
}

#[tokio::test(start_paused = true)]
async fn a_guest_is_never_promoted() {
    let world = World::new();
    let answer = world
        .call(
            KIM,
            &[in_workspace(by_id("admin"), NORTH), in_workspace(by_id("owner"), NORTH)],
        )
        .await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent; 2]);
    assert_eq!((world.demo.writes(), world.demo.kind(KIM, NORTH)), (0, Kind::Guest));
}

#[tokio::test(start_paused = true)]
async fn a_demotion_in_the_organization_lists_what_else_goes_and_needs_to_be_allowed() {
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Owner);
    let both = allowing(&[SideEffect::DemoteOwner, SideEffect::DemoteOwnerEverywhere]);
    let failure = world
        .call_with(SAM, &[by_id("org_owner")], allowing(&[SideEffect::DemoteOwner]))
        .await
        .unwrap_err();
    assert!(
        failure.message.contains("demote-owner-everywhere"),
        "{}",
        failure.message
    );
    assert_eq!(
        failure.outcomes[0].grants[0].side_effects,
        [format!("ownership of workspace {NORTH}")]
    );
    let answer = world.call_with(SAM, &[by_id("org_owner")], both).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(
        (world.demo.kind(SAM, ORG), world.demo.kind(SAM, NORTH)),
        (Kind::Member, Kind::Member)
    );
    let failure = world.call(ROOT, &[by_id("org_primary_owner")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Inherited);
    assert_eq!(world.demo.kind(ROOT, ORG), Kind::PrimaryOwner);
}

#[tokio::test(start_paused = true)]
async fn a_demotion_in_the_organization_comes_before_those_in_its_workspaces() {
    let allowed = || allowing(&[SideEffect::DemoteOwner, SideEffect::DemoteOwnerEverywhere]);
    let roles = [in_workspace(by_id("owner"), NORTH), by_id("org_owner"), by_id("Rl03")];
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Owner);
    let answer = world.call_with(SAM, &roles, allowed()).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 3], "{answer:?}");
    assert_eq!(world.demo.writes(), 2, "the ownership goes with the demotion");

    // An admin of a workspace does not go with it: it is asked for once that is possible.
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Admin);
    world.demo.set_kind(SAM, SOUTH, Kind::Admin);
    let roles = [
        in_workspace(by_id("admin"), SOUTH),
        in_workspace(by_id("owner"), NORTH),
        by_id("org_admin"),
    ];
    let answer = world.call_with(SAM, &roles, allowed()).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 3], "{answer:?}");
    let kinds = [ORG, NORTH, SOUTH].map(|place| world.demo.kind(SAM, place));
    assert_eq!((kinds, world.demo.writes()), ([Kind::Member; 3], 2));

    // Where the organization's is refused, so are the others: nothing is gone.
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Admin);
    let refusal = Fault::Answer(
        200,
        Vec::new(),
        String::from(r#"{"ok": false, "error": "failed_to_set_user_to_regular"}"#),
    );
    world
        .network
        .inject(Rule::always("/api/admin.users.setRegular", refusal));
    let roles = [in_workspace(by_id("owner"), NORTH), by_id("org_admin")];
    let answer = world.call_with(SAM, &roles, allowed()).await;
    assert_eq!(outcomes(&answer), [Outcome::Refused; 2], "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_demotion_that_misses_workspaces_is_asked_for_once_more_and_never_called_whole() {
    let allowed = || allowing(&[SideEffect::DemoteOwnerEverywhere]);
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Admin);
    world.demo.fail_on_workspaces(1);
    let answer = world.call_with(SAM, &[by_id("org_admin")], allowed()).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    let kinds = |world: &World| (world.demo.kind(SAM, ORG), world.demo.kind(SAM, NORTH));
    assert_eq!(kinds(&world), (Kind::Member, Kind::Member));

    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Admin);
    world.demo.fail_on_workspaces(2);
    let answer = world.call_with(SAM, &[by_id("org_admin")], allowed()).await;
    assert_eq!(outcomes(&answer), [Outcome::Failed], "{answer:?}");
    assert_eq!(kinds(&world), (Kind::Member, Kind::Owner));
    let failure = answer.unwrap_err();
    assert!(failure.message.contains("`owner` at `T0NORTH`"), "{}", failure.message);
    assert_eq!(world.demo.writes(), 2);

    // The same, and the answer is lost.
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Admin);
    world.demo.fail_on_workspaces(1);
    world
        .network
        .inject(Rule::always("/api/admin.users.setRegular", Fault::ResetAfter));
    let answer = world.call_with(SAM, &[by_id("org_admin")], allowed()).await;
    assert_eq!(outcomes(&answer), [Outcome::Failed], "{answer:?}");
    assert_eq!(kinds(&world), (Kind::Member, Kind::Owner));
}

#[tokio::test(start_paused = true)]
async fn rejected_entities_are_refused_and_the_rest_is_removed() {
    // An error of one entity is about that entity, and never about the token.
    for error in ["cannot_modify_role_admin", "invalid_auth"] {
        let world = World::new();
        world.demo.reject(ORG, error);
        let failure = world.call(ANN, &[by_id("Rl0C"), by_id("Rl01")]).await.unwrap_err();
        let grants: Vec<_> = failure.outcomes[0]
            .grants
            .iter()
            .map(|grant| (grant.outcome, grant.acknowledged))
            .collect();
        assert_eq!(grants, [(Outcome::Removed, true), (Outcome::Refused, false)]);
        assert_eq!(failure.outcomes[1].outcome, Outcome::Removed);
        assert!(world.demo.is_assigned(ANN, "Rl0C", ORG) && !world.demo.is_assigned(ANN, "Rl0C", NORTH));
        assert_eq!(failure.status, 422, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_tokens_own_user_keeps_its_roles_unless_allowed() {
    let world = World::new();
    let failure = world.call(ROOT, &[by_id("Rl02")]).await.unwrap_err();
    assert!(failure.message.contains("remove-own-access"), "{}", failure.message);
    assert!(
        world
            .call_with(ROOT, &[by_id("Rl02")], allowing(&[SideEffect::RemoveOwnAccess]))
            .await
            .is_ok()
    );
}
