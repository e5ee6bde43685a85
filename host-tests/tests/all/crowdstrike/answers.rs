//! Refusals, tokens and limits.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_success_with_errors_inside_is_no_success() {
    let world = World::new();
    // The code inside is 500: the client repeats the call, as for a status.
    world.demo.success_with_errors(100);
    let failure = world.call(ANN, &[by_id("event_viewer")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Failed);
    assert!(!failure.outcomes[0].grants[0].acknowledged);
    assert!(
        failure.message.contains("internal failure while revoking"),
        "{}",
        failure.message
    );
    assert_eq!((failure.status, failure.retryable), (502, true));
    assert!(world.demo.holds(ANN, HOME, "event_viewer"));
}

#[tokio::test(start_paused = true)]
async fn a_batch_with_errors_inside_is_taken_apart_and_bounded() {
    let world = World::new();
    world.demo.success_with_errors_for("help_desk");
    let ask = [
        by_id("event_viewer"),
        in_organization("help_desk", HOME),
        by_id("dashboard_admin"),
    ];
    let answer = world.call(ANN, &ask).await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed, Outcome::Failed, Outcome::Removed],
        "{answer:?}"
    );
    assert!(world.demo.holds(ANN, HOME, "help_desk"));
    let acknowledged: Vec<_> = answer
        .unwrap_err()
        .outcomes
        .iter()
        .map(|entry| entry.grants[0].acknowledged)
        .collect();
    assert_eq!(acknowledged, [true, false, true]);

    let world = World::new();
    world.demo.success_with_errors_for("custom_00");
    let ids: Vec<String> = (0..20).map(|n| format!("custom_{n:02}")).collect();
    for id in &ids {
        world.demo.add_role(Role {
            id: id.clone(),
            display_name: id.clone(),
            cid: None,
        });
        world.demo.grant(SAM, HOME, id);
    }
    let roles: Vec<types::Role> = ids.iter().map(|id| by_id(id)).collect();
    let answer = world.call(SAM, &roles).await;
    let said = outcomes(&answer);
    assert_eq!(
        (said[0], said[7], said[8]),
        (Outcome::Failed, Outcome::Removed, Outcome::Failed)
    );
    assert_eq!(world.demo.revocations().len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_refuses_to_revoke_what_is_not_held_is_tolerated() {
    let world = World::new();
    world.demo.refuse_absent();
    let answer = world
        .call(ANN, &[by_id("quarantine_manager"), by_id("event_viewer")])
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Refused, Outcome::Removed]);
}

// -- tokens and limits

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once() {
    use crate::fixture::Post;
    let world = World::new();
    let service = world.service(host::guests::Artifact::Wasi);
    let ask = |role: &str| Post::json(&serde_json::json!({"id": ANN, "roles": [{"id": role}]}));
    assert_eq!(ask("event_viewer").to(&service).await.status, 200);
    assert_eq!(world.demo.tokens_issued(), 1);
    assert_eq!(ask("help_desk").to(&service).await.status, 200);
    assert_eq!(world.demo.tokens_issued(), 1, "the token is kept by the instance");
    world.demo.expire_tokens();
    assert_eq!(ask("dashboard_admin").to(&service).await.status, 200);
    assert_eq!(world.demo.tokens_issued(), 2);
    tokio::time::sleep(Duration::from_secs(1_770)).await;
    assert_eq!(ask("falconhost_read_only").to(&service).await.status, 200);
    assert_eq!(world.demo.tokens_issued(), 3, "a token near its end is not used");
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_are_401_and_nothing_is_sent() {
    let world = World::new();
    let mut account = typed_account();
    if let types::Credentials::ClientCredentials(credentials) = &mut account.credentials {
        credentials.client_secret = String::from("wrong-secret-here");
    }
    let request = request(ANN, &[by_id("event_viewer")]);
    let failure = typed::call(&world.network, world.clock, &account, &request, &options())
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!((failure.status, failure.sent), (401, false));
    assert!(!format!("{failure:?}").contains("wrong-secret-here"));
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_in_either_unit_is_waited_for() {
    for unit in [EpochUnit::Seconds, EpochUnit::Milliseconds] {
        let world = World::new();
        world.demo.rate_limit_next(1, Duration::from_secs(3), unit);
        let before = world.clock.unix();
        assert!(world.call(ANN, &[by_id("event_viewer")]).await.is_ok(), "{unit:?}");
        assert!(world.clock.unix() >= before + Duration::from_secs(2), "{unit:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_that_outlasts_the_deadline_is_429_with_its_wait() {
    let world = World::new();
    world
        .demo
        .rate_limit_next(50, Duration::from_secs(60), EpochUnit::Seconds);
    let failure = world.call(ANN, &[by_id("event_viewer")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (429, false));
    assert!(
        failure.retry_after.is_some_and(|seconds| (58..=61).contains(&seconds)),
        "{:?}",
        failure.retry_after
    );
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_the_requests_and_changes_nothing() {
    let world = World::new();
    let before = world.demo.grants(ANN);
    let success = world
        .call_with(ANN, &[by_id("event_viewer"), by_id("help_desk")], dry())
        .await
        .unwrap();
    assert!(success.dry_run && success.outcomes.iter().all(|entry| entry.outcome == Outcome::Planned));
    let planned = &success.planned_requests[0];
    assert_eq!((success.planned_requests.len(), planned.method.as_str()), (1, "POST"));
    assert!(
        planned.url.ends_with("/user-management/entities/user-role-actions/v1"),
        "{}",
        planned.url
    );
    let body: serde_json::Value = serde_json::from_str(planned.body.as_deref().unwrap()).unwrap();
    assert_eq!(body["action"], "revoke");
    assert!(!format!("{success:?}").contains("falcon-token"), "no token is shown");
    assert_eq!(world.demo.grants(ANN), before);
    assert!(world.demo.revocations().is_empty());
}
