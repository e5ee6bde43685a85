//! Products, names and sets that change meanwhile.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_product_that_nothing_confirms_is_said_to_be_unchecked_or_refused() {
    let world = World::new();
    let success = world.call(ANN, &[by_id("5:AA")]).await.unwrap();
    assert_eq!(success.outcomes[0].outcome, Outcome::AlreadyAbsent);
    assert_eq!(success.outcomes[0].warnings, ["product_not_checked:AA"]);
    // A product that the user holds otherwise is a product.
    let success = world.call(ANN, &[by_id("4:J")]).await.unwrap();
    assert!(success.outcomes[0].warnings.is_empty());

    let world = World::new().with(r#"{"products": ["A", "B", "J", "K"]}"#);
    let answer = world.call(ANN, &[by_id("5:K"), by_id("5:AA")]).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent, Outcome::Refused]);
    let failure = answer.unwrap_err();
    assert_eq!(failure.outcomes[1].reason.as_deref(), Some("ambiguous"));
    assert!(failure.outcomes[0].warnings.is_empty());

    // Without names, `AA` may be what the product is called that the role is held in.
    let world = World::new();
    world
        .demo
        .uncertain(|uncertain| uncertain.product_names_in_rows = false);
    let answer = world.call(ANN, &[by_id("5:AA"), by_id("22:AA")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Refused, Outcome::AlreadyAbsent]);
    assert_eq!(world.demo.pairs(ANN).len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_number_is_the_same_in_every_spelling() {
    let world = World::new();
    assert!(world.call("00301", &[by_id("005:A")]).await.is_ok());
    assert!(!world.demo.holds(ANN, 5, "A") && world.demo.holds(ANN, 5, "J"));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_two_roles_share_is_ambiguous_even_if_one_is_held() {
    let world = World::new();
    world.demo.add_role(77, "reviewer");
    let failure = world.call(ANN, &[by_name("Reviewer")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("ambiguous"));
    assert!(failure.message.contains("77"), "{}", failure.message);
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_says_it_has_more_is_no_proof_of_absence() {
    for change in [
        (|uncertain: &mut Uncertain| uncertain.rows_kept_back = Some(1)) as fn(&mut Uncertain),
        |uncertain| uncertain.next_is_no_text = true,
    ] {
        let world = World::new();
        world.demo.uncertain(change);
        let failure = world.call(ANN, &[by_id("22")]).await.unwrap_err();
        assert_eq!((failure.status, failure.sent), (502, false));
    }
}

#[tokio::test(start_paused = true)]
async fn a_set_that_changes_between_read_and_post_is_not_overwritten() {
    let world = World::new().with(r#"{"strategy": "replace_set"}"#);
    world.demo.uncertain(|uncertain| uncertain.post_replaces = true);
    world.demo.granted_after(0, ANN, 3, "A");
    assert!(world.call(ANN, &[by_id("5")]).await.is_ok());
    assert!(world.demo.holds(ANN, 3, "A"), "what somebody else granted stays");
    assert!(!world.demo.holds(ANN, 5, "A"));
}

#[tokio::test(start_paused = true)]
async fn an_error_inside_a_200_is_no_acknowledgement() {
    let world = World::new();
    world.demo.uncertain(|uncertain| uncertain.errors_in_200 = true);
    let failure = world.call(ANN, &[by_id("5:A")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Failed);
    assert!(!failure.outcomes[0].grants[0].acknowledged);
    assert!(world.demo.holds(ANN, 5, "A"));
    assert!(format!("{failure:?}").contains("the role is locked"), "{failure:?}");
}

#[tokio::test(start_paused = true)]
async fn an_error_inside_a_200_is_no_list_and_no_user() {
    for (read, role) in [
        ("/roles-products", by_id("22")),
        ("/v1/users/301", by_id("22")),
        ("/v1/roles", by_id("22")),
    ] {
        let world = World::new();
        world.demo.uncertain(|uncertain| uncertain.failing_read = Some(read));
        let failure = world.call(ANN, &[role]).await.unwrap_err();
        assert!(
            !failure.sent && format!("{failure:?}").contains("try later"),
            "{read}: {failure:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_locked_role_does_not_keep_the_others_of_its_batch() {
    let world = World::new().with(r#"{"strategy": "replace_set"}"#);
    world.demo.uncertain(|uncertain| uncertain.post_replaces = true);
    world.demo.lock(9);
    let failure = world
        .call(ANN, &[by_id("5"), by_id("9"), by_id("3")])
        .await
        .unwrap_err();
    let outcomes: Vec<Outcome> = failure.outcomes.iter().map(|entry| entry.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Removed, Outcome::Refused, Outcome::Removed],
        "{failure:?}"
    );
    assert_eq!(failure.outcomes[1].reason.as_deref(), Some("provider_refused"));
    assert_eq!(world.demo.pairs(ANN), [(4, String::from("A")), (9, String::from("A"))]);
}

#[tokio::test(start_paused = true)]
async fn a_stale_read_does_not_bring_back_what_was_taken_one_by_one() {
    let world = World::new().with(r#"{"strategy": "replace_set"}"#);
    world.demo.uncertain(|uncertain| uncertain.post_replaces = true);
    world.demo.lock(9);
    world.demo.stale_reads(Duration::from_secs(5));
    let answer = world.call(ANN, &[by_id("5:A"), by_id("9"), by_id("3")]).await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed, Outcome::Refused, Outcome::Removed],
        "{answer:?}"
    );
    assert_eq!(world.demo.writes(), 2);
    assert_eq!(
        world.demo.pairs(ANN),
        [(5, String::from("J")), (4, String::from("A")), (9, String::from("A"))]
    );
}

#[tokio::test(start_paused = true)]
async fn a_locked_role_does_not_keep_the_others_after_a_round_without_an_answer_either() {
    let world = World::new().with(r#"{"strategy": "replace_set"}"#);
    world.demo.uncertain(|uncertain| uncertain.post_replaces = true);
    world.demo.lock(9);
    world.network.inject(Rule {
        fits: std::sync::Arc::new(|call| call.method == "POST" && call.path_and_query.contains("roles-products")),
        ..Rule::once("", Fault::ResetBefore)
    });
    let answer = world.call(ANN, &[by_id("5"), by_id("9"), by_id("3")]).await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed, Outcome::Failed, Outcome::Removed],
        "{answer:?}"
    );
    assert_eq!(world.demo.pairs(ANN), [(4, String::from("A")), (9, String::from("A"))]);
}

#[tokio::test(start_paused = true)]
async fn what_is_granted_between_read_and_post_stays_and_is_said() {
    let world = World::new().with(r#"{"strategy": "replace_set"}"#);
    world.demo.uncertain(|uncertain| uncertain.post_replaces = true);
    world.demo.granted_after(0, ANN, 5, "B");
    let failure = world.call(ANN, &[by_id("5")]).await.unwrap_err();
    let grants: Vec<_> = failure.outcomes[0]
        .grants
        .iter()
        .map(|grant| (grant.scope.workspace.as_deref(), grant.outcome, grant.reason.as_deref()))
        .collect();
    assert_eq!(
        grants,
        [
            (Some("A"), Outcome::Removed, None),
            (Some("J"), Outcome::Removed, None),
            (Some("B"), Outcome::NotAttempted, Some("appeared_after_read")),
        ]
    );
    assert!(world.demo.holds(ANN, 5, "B"));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_the_directory_calls_otherwise_is_a_mismatch_although_it_is_not_held() {
    let world = World::new();
    let named = |name: &str| types::Role {
        name: Some(name.to_owned()),
        ..by_id("22")
    };
    let failure = world.call(ANN, &[named("Reviewer")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Refused);
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("name_mismatch"));
    let answer = world.call(ANN, &[named("system administrator")]).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_acts_for_itself_is_nobody_and_without_a_login_nobody_can_tell() {
    let warnings = |success: types::Success| success.outcomes[0].grants[0].warnings.clone();
    let world = World::new().with(r#"{"grant_type": "client_credentials"}"#);
    world
        .demo
        .uncertain(|uncertain| uncertain.grant_type = "client_credentials");
    world.demo.add_user(400, "Api", "User", "demo-api");
    world.demo.grant(400, 22, "A");
    assert!(warnings(world.call(400, &[by_id("22")]).await.unwrap()).is_empty());

    let world = World::new();
    assert!(warnings(world.call(ANN, &[by_id("9")]).await.unwrap()).is_empty());
    world.demo.uncertain(|uncertain| uncertain.logins = false);
    assert_eq!(
        warnings(world.call(ANN, &[by_id("3")]).await.unwrap()),
        ["own_access_not_checked"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_api_user_keeps_its_own_access_unless_that_is_allowed() {
    let world = World::new();
    world.demo.add_user(400, "Api", "User", "demo-api");
    world.demo.grant(400, 22, "A");
    let failure = world.call(400, &[by_id("22")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("side_effect_not_allowed"));
    assert!(world.demo.holds(400, 22, "A"));
    let allowed = types::Options {
        allow: vec![types::SideEffect::RemoveOwnAccess],
        ..options()
    };
    assert!(world.call_with(400, &[by_id("22")], allowed).await.is_ok());
}
