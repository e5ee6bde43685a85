//! BlackLine through the typed export: what is said is what the instance holds.

mod lists;
mod sets;
mod verification;

use std::time::Duration;

use host::{
    network::{Fault, Rule},
    typed::types::{self, Outcome, Provider},
};
use sandboxes::blackline::{BlackLine, DEMO_AUTHORITY, DEMO_USERS, Uncertain};

use crate::{
    fixture::{START, by_id, by_name, dry, in_workspace as in_product, options, outcomes},
    typed_world,
};

const ANN: u64 = DEMO_USERS[0].0;
const KIM: u64 = DEMO_USERS[2].0;

type World = typed_world::World<BlackLine>;

impl World {
    fn new() -> Self {
        Self::of(Provider::Blackline, BlackLine::demo, BlackLine::router)
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_goes_from_every_product_or_from_the_one_that_is_named() {
    let world = World::new();
    assert!(world.call(ANN, &[by_id("5:A")]).await.is_ok());
    assert!(!world.demo.holds(ANN, 5, "A") && world.demo.holds(ANN, 5, "J"));
    let world = World::new();
    assert!(world.call(ANN, &[in_product(by_name("reviewer"), "J")]).await.is_ok());
    assert!(world.demo.holds(ANN, 5, "A") && !world.demo.holds(ANN, 5, "J"));
    let world = World::new();
    let success = world.call(ANN, &[by_id("5"), by_id("9")]).await.unwrap();
    assert_eq!(success.outcomes[0].grants.len(), 2);
    assert_eq!(world.demo.pairs(ANN).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn strict_scope_refuses_a_role_of_several_products() {
    let world = World::new();
    let strict = types::Options {
        strict_scope: types::StrictScope::Strict,
        ..options()
    };
    let failure = world.call_with(ANN, &[by_id("5")], strict).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("ambiguous"));
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_user_by_email_exactly_and_unknown_ones() {
    let world = World::new();
    world.demo.add_user(304, "Pat", "O'Neil", "o'neil@example.com");
    world.demo.grant(304, 5, "A");
    assert!(world.call("O'Neil@example.com", &[by_id("5")]).await.is_ok());
    assert!(!world.demo.holds(304, 5, "A"));
    assert_eq!(
        world
            .call("nobody@example.com", &[by_id("5")])
            .await
            .unwrap_err()
            .status,
        404
    );
    assert_eq!(world.call(999, &[by_id("5")]).await.unwrap_err().status, 404);
}

#[tokio::test(start_paused = true)]
async fn malformed_ids_and_foreign_scopes_cost_no_call() {
    let world = World::new();
    let scoped = types::Role {
        organization: Some(String::from("x")),
        ..by_id("5")
    };
    for (user, role, field) in [
        ("301/../302", by_id("5"), "id"),
        ("301", by_id("Reviewer"), "roles[0].id"),
        ("301", by_id("5:"), "roles[0].id"),
        ("301", in_product(by_id("5:A"), "J"), "roles[0].id"),
        ("301", scoped, "roles[0].organization"),
    ] {
        let failure = world.call(user, &[role]).await.unwrap_err();
        assert_eq!((failure.status, failure.field.as_deref()), (400, Some(field)));
    }
    assert!(world.network.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn already_absent_unknown_ambiguous_and_misspelt() {
    let world = World::new();
    let answer = world
        .call(ANN, &[by_id("22"), by_id("4:J"), by_id("77"), by_name("Nothing")])
        .await;
    assert_eq!(
        outcomes(&answer),
        [
            Outcome::AlreadyAbsent,
            Outcome::AlreadyAbsent,
            Outcome::NotFound,
            Outcome::NotFound
        ]
    );
    let failure = world
        .call(ANN, &[in_product(by_id("5"), "product a")])
        .await
        .unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Refused);
    assert!(failure.message.contains("did you mean `A`"), "{}", failure.message);
    world.demo.add_role(77, "REVIEWER");
    world.demo.grant(ANN, 77, "A");
    let failure = world.call(ANN, &[by_name("Reviewer")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("ambiguous"));
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn either_spelling_of_the_path_is_found_by_the_read_and_used_for_the_write() {
    for path in ["roles-products", "role-products"] {
        let world = World::new();
        world.demo.uncertain(|uncertain| uncertain.path = path);
        assert!(world.call(ANN, &[by_id("5")]).await.is_ok(), "{path}");
        assert!(!world.demo.holds(ANN, 5, "A"));
    }
    let world = World::new();
    world.demo.uncertain(|uncertain| uncertain.path = "assigned-roles");
    let failure = world.call(ANN, &[by_id("5")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (502, false));
}

#[tokio::test(start_paused = true)]
async fn the_other_ways_are_settings() {
    let world = World::new().with(r#"{"paths": {"token": "/connect/token"}, "client_auth": "form"}"#);
    world.demo.uncertain(|uncertain| {
        uncertain.token_path = "/connect/token";
        uncertain.client_auth = "form";
    });
    assert!(world.call(ANN, &[by_id("5")]).await.is_ok());

    let pointers = r#"{"fields": {"role_id": ["/assignedRole"], "product_id": ["/assignedProduct"]}}"#;
    for settings in [None, Some(pointers)] {
        let world = World::new().with(settings.unwrap_or("{}"));
        world.demo.uncertain(|uncertain| uncertain.flat_rows = true);
        let answer = world.call(ANN, &[by_name("Reviewer")]).await;
        // Rows that cannot be read are no rows that are absent.
        assert_eq!(answer.is_ok(), settings.is_some());
        assert_eq!(world.demo.holds(ANN, 5, "A"), settings.is_none());
    }

    let world = World::new();
    world.demo.uncertain(|uncertain| uncertain.names_in_rows = false);
    assert!(world.call(ANN, &[by_name("Reviewer")]).await.is_ok());
    assert!(!world.demo.holds(ANN, 5, "A"));

    // 204 is the answer; a read-back proves what no longer is an acknowledgement.
    let world = World::new().with(r#"{"codes": {"success": [200]}}"#);
    let success = world.call(ANN, &[by_id("9")]).await.unwrap();
    assert!(!success.outcomes[0].grants[0].acknowledged);
    for (settings, outcome) in [
        ("{}", Outcome::Failed),
        (r#"{"codes": {"settled": [404]}}"#, Outcome::Refused),
    ] {
        let world = World::new().with(settings);
        world.demo.lock(9);
        let failure = world.call(ANN, &[by_id("9")]).await.unwrap_err();
        assert_eq!(failure.outcomes[0].outcome, outcome, "{settings}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_call_for_one_user_the_search_finds_the_one_with_the_id() {
    for status in [404, 405] {
        for ignores_filters in [false, true] {
            let world = World::new();
            world.demo.uncertain(|uncertain| {
                uncertain.no_single_user = Some(status);
                uncertain.ignores_filters = ignores_filters;
            });
            // Not the first of them.
            let success = world.call(KIM, &[by_id("3")]).await.unwrap();
            assert_eq!(success.user.id, KIM.to_string());
            assert!(!world.demo.holds(KIM, 3, "B"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_search_that_was_applied_says_that_there_is_no_such_user() {
    let refused = |uncertain: &mut Uncertain| uncertain.refuses_id_filter = true;
    let ignored = |uncertain: &mut Uncertain| uncertain.ignores_filters = true;
    for (user, change, status) in [
        ("999", None, 404),
        ("999", Some(refused as fn(&mut Uncertain)), 422),
        ("999", Some(ignored), 502),
        ("nobody@example.com", None, 404),
        ("nobody@example.com", Some(ignored), 502),
    ] {
        let world = World::new();
        if let Some(change) = change {
            world.demo.uncertain(change);
        }
        let failure = world.call(user, &[by_id("5")]).await.unwrap_err();
        assert_eq!((failure.status, failure.sent), (status, false), "{user}: {failure:?}");
    }
    for fault in [
        Fault::Answer(403, Vec::new(), String::from("{}")),
        Fault::Answer(503, Vec::new(), String::from("{}")),
        Fault::Silence { reaches: false },
    ] {
        let world = World::new();
        world.network.inject(Rule::always("/v1/users?", fault.clone()));
        let failure = world.call(999, &[by_id("5")]).await.unwrap_err();
        assert_ne!(failure.status, 404, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn replacing_the_set_is_believed_only_as_far_as_the_read_back_goes() {
    let settings = r#"{"strategy": "replace_set"}"#;
    let world = World::new().with(settings);
    world.demo.uncertain(|uncertain| uncertain.post_replaces = true);
    assert!(world.call(ANN, &[by_id("5")]).await.is_ok());
    assert_eq!(world.demo.pairs(ANN).len(), 3);
    let world = World::new().with(settings);
    let failure = world.call(ANN, &[by_id("5")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Failed);
    assert_eq!(world.demo.pairs(ANN).len(), 5);
}
