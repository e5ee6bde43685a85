//! Credentials, their owner, their limits, and whom the account protects.

use host::{
    network::{Fault, Rule},
    typed::types::{self, Outcome},
};
use sandboxes::teamviewer::DEMO_TOKEN;

use super::{ANN, DEVICES, HELP, UNASSIGN, World, reason};
use crate::fixture::{by_id, options, outcomes, says};

/// A company whose account is an OAuth app.
fn with_app(secret: &str, refresh_token: &str) -> World {
    let mut world = World::new();
    world.account.credentials = types::Credentials::RefreshToken(types::RefreshCredentials {
        client_id: String::from("demo-app"),
        client_secret: secret.to_owned(),
        refresh_token: refresh_token.to_owned(),
    });
    world.demo.add_app("demo-app", "demo-app-secret", "demo-refresh-token");
    world
}

#[tokio::test(start_paused = true)]
async fn an_app_gets_its_access_token_once_and_again_when_it_is_refused() {
    let world = with_app("demo-app-secret", "demo-refresh-token");
    assert!(world.call(ANN, &[by_id(HELP)]).await.is_ok());
    assert_eq!(world.demo.tokens_issued(), 1);
    let world = with_app("demo-app-secret", "demo-refresh-token");
    world
        .network
        .inject(Rule::once(UNASSIGN, says(401, r#"{"error": "token_expired"}"#)));
    assert!(world.call(ANN, &[by_id(HELP)]).await.is_ok());
    assert_eq!((world.demo.tokens_issued(), world.demo.writes()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn an_app_that_gets_no_access_token_is_401_and_its_secrets_are_not_shown() {
    for (secret, refresh_token) in [
        ("another-app-secret", "demo-refresh-token"),
        ("demo-app-secret", "another-refresh-token"),
    ] {
        let world = with_app(secret, refresh_token);
        let failure = world.call(ANN, &[by_id(HELP)]).await.unwrap_err();
        assert_eq!((failure.status, failure.sent), (401, false), "{failure:?}");
        let shown = format!("{failure:?}");
        assert!(!shown.contains(secret) && !shown.contains(refresh_token), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_rate_limit_comes_as_403_and_is_waited_for() {
    let world = World::new();
    world.demo.rate_limit_next(2);
    assert!(world.call(ANN, &[by_id(HELP)]).await.is_ok());
    world.demo.rate_limit_next(500);
    let failure = world.call(ANN, &[by_id(DEVICES)]).await.unwrap_err();
    assert_eq!((failure.status, failure.kind), (429, types::FailureKind::RateLimited));
    assert!(world.demo.has(ANN, DEVICES));
}

#[tokio::test(start_paused = true)]
async fn the_rate_limit_of_a_write_is_a_rate_limit_and_no_refusal() {
    let world = World::new();
    let limit = says(
        403,
        r#"{"error": "rate_limit_reached", "error_description": "too many calls to a single function"}"#,
    );
    world.network.inject(Rule::always(UNASSIGN, limit));
    let failure = world.call(ANN, &[by_id(HELP)]).await.unwrap_err();
    assert_eq!(
        (failure.outcomes[0].outcome, reason(&failure)),
        (Outcome::NotAttempted, Some("rate_limited"))
    );
    assert_eq!(
        (failure.status, failure.kind, failure.retryable),
        (429, types::FailureKind::RateLimited, true)
    );
    assert!(world.demo.is_assigned(ANN, HELP));
    world.network.heal();
    assert_eq!(outcomes(&world.call(ANN, &[by_id(HELP)]).await), [Outcome::Removed]);
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_are_401() {
    let world = World::new();
    world.demo.refuse_tokens();
    let failure = world.call(ANN, &[by_id(HELP)]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (401, false));
    assert!(!format!("{failure:?}").contains(DEMO_TOKEN));
}

#[tokio::test(start_paused = true)]
async fn the_owner_of_the_token_keeps_its_roles_unless_allowed() {
    for (owner, keeps) in [
        (Some((Some(ANN), "someone@example.com")), true),
        (Some((None, "Ann.Lee@example.com")), true),
        (Some((Some("u900"), "root@example.com")), false),
        // A token that may not ask.
        (None, false),
    ] {
        let world = World::new();
        world.demo.set_owner(owner);
        let answer = world.call(ANN, &[by_id(HELP)]).await;
        assert_eq!(world.demo.is_assigned(ANN, HELP), keeps, "{owner:?}: {answer:?}");
        if let Ok(success) = &answer {
            let warnings = &success.outcomes[0].grants[0].warnings;
            let is_warned = warnings.iter().any(|one| one == "own_access_not_checked");
            assert_eq!(is_warned, owner.is_none(), "{owner:?}");
        }
        if keeps {
            let failure = answer.unwrap_err();
            assert_eq!(failure.outcomes[0].reason.as_deref(), Some("side_effect_not_allowed"));
            let allowed = types::Options {
                allow: vec![types::SideEffect::RemoveOwnAccess],
                ..options()
            };
            assert!(world.call_with(ANN, &[by_id(HELP)], allowed).await.is_ok());
        }
    }
    let world = World::new();
    world.network.inject(Rule::always("/api/v1/account", Fault::Refused));
    let failure = world.call(ANN, &[by_id(HELP)]).await.unwrap_err();
    assert!(
        !failure.sent && world.demo.is_assigned(ANN, HELP),
        "a guard that cannot see refuses"
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_without_an_account_page_leaves_its_owner_unknown() {
    let world = World::new();
    world.network.inject(Rule::always("/api/v1/account", says(404, "{}")));
    let success = world.call(ANN, &[by_id(HELP)]).await.unwrap();
    let warnings = &success.outcomes[0].grants[0].warnings;
    assert!(
        warnings.iter().any(|one| one == "own_access_not_checked"),
        "{warnings:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_protected_user_is_known_by_every_spelling_of_its_id() {
    for spelling in ["201", "u201", "Ann.Lee@example.com"] {
        let world = World::new().with(&format!(r#"{{"protected_users": ["{spelling}"]}}"#));
        let failure = world.call(ANN, &[by_id(HELP)]).await.unwrap_err();
        assert_eq!(reason(&failure), Some("protected_user"), "{spelling}");
        assert!(!failure.sent && world.demo.is_assigned(ANN, HELP));
    }
}
