//! Read-backs, limits, plans and the unified user.

use super::*;

#[tokio::test(start_paused = true)]
async fn acknowledged_kept_late_stale_and_omitted() {
    let world = World::new();
    world.demo.acknowledge_but_keep("Rl0C");
    let failure = world
        .call(ANN, &[in_workspace(by_id("Rl0C"), NORTH)])
        .await
        .unwrap_err();
    assert_eq!(
        (failure.outcomes[0].reason.as_deref(), failure.status),
        (Some("still_held"), 422)
    );
    assert!(
        world.call(KIM, &[by_id("Rl0L")]).await.is_ok(),
        "applied late, and waited for"
    );
    assert!(!world.demo.is_assigned(KIM, "Rl0L", ORG));
    let world = World::new();
    world.demo.stale_reads(Duration::from_secs(5));
    assert!(world.call(ANN, &[by_id("Rl01")]).await.is_ok());
    assert!(world.clock.unix() >= START + Duration::from_secs(5));
    let world = World::new();
    world.demo.acknowledge_but_keep("Rl01");
    for role in ["Rl01", "Rl0C"] {
        world.demo.omit_from_reads(role, 1, 90);
    }
    let failure = world.call(ANN, &[by_id("Rl01")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("not_settled"));
}

#[tokio::test(start_paused = true)]
async fn limits_in_both_forms_and_credentials() {
    for status in [429, 200] {
        let world = World::new();
        world.demo.rate_limit_next(2, status);
        assert!(world.call(ANN, &[by_id("Rl01")]).await.is_ok(), "{status}");
    }
    let world = World::new();
    world.demo.revoke_token();
    let failure = world.call(ANN, &[by_id("Rl01")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (401, false));
    assert!(!format!("{failure:?}").contains(DEMO_TOKEN));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_the_requests_and_changes_nothing() {
    let world = World::new();
    let success = world
        .call_with(ANN, &[by_id("Rl0C"), in_workspace(by_id("admin"), NORTH)], dry())
        .await
        .unwrap();
    let bodies: Vec<_> = success
        .planned_requests
        .iter()
        .map(|planned| planned.body.as_deref().unwrap())
        .collect();
    assert_eq!(
        bodies,
        [
            r#"{"team_id":"T0NORTH","user_id":"U0ANN"}"#,
            r#"{"role_id":"Rl0C","entity_ids":["T0NORTH","E0ACME"],"user_ids":["U0ANN"]}"#,
        ]
    );
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_whole_user_is_mapped() {
    let world = World::new();
    let user = world.call(KIM, &[by_id("Rl0L")]).await.unwrap().user;
    assert_eq!(
        (user.id.as_str(), user.name.as_deref(), user.username.as_deref()),
        (KIM, Some("Kim Park"), Some("kim"))
    );
    assert_eq!(
        (
            user.first_name.as_deref(),
            user.last_name.as_deref(),
            user.title.as_deref()
        ),
        (Some("Kim"), Some("Park"), Some("Engineer"))
    );
    assert_eq!(
        (user.status.as_deref(), user.user_type.as_deref()),
        (Some("active"), Some("multi_channel_guest"))
    );
    assert_eq!(
        (user.is_email_verified, user.is_two_factor_enabled),
        (Some(true), Some(true))
    );
    assert_eq!(
        (user.timezone.as_deref(), user.languages.as_slice()),
        (Some("Europe/Berlin"), &[String::from("en-US")][..])
    );
    assert_eq!(
        (user.avatar.as_deref(), user.updated_at.as_deref()),
        (Some("https://example.com/a.jpg"), Some("2025-06-15T15:06:40Z"))
    );
    assert_eq!(
        (
            user.organizations[0].id.as_deref(),
            user.organizations[0].name.as_deref()
        ),
        (Some(ORG), Some("Acme"))
    );
    assert_eq!(
        (user.workspaces.len(), user.phones[0].number.as_deref()),
        (2, Some("+1 555 0102"))
    );
    let roles: Vec<_> = user
        .roles
        .iter()
        .map(|role| (role.id.as_deref(), role.name.as_deref(), role.workspace.as_deref()))
        .collect();
    assert_eq!(roles, [(Some("Rl01"), Some("Channel Admin"), Some(NORTH))]);
}

#[tokio::test(start_paused = true)]
async fn scim_adds_to_the_user_where_it_is_wanted_and_decides_nothing() {
    let mut world = World::new();
    let plain = world.call(ANN, &[by_id("Rl01")]).await.unwrap().user;
    assert!(plain.external_id.is_none() && plain.groups.is_empty());
    assert!(world.network.calls().iter().all(|call| call.authority == "slack.com"));
    world.account.settings = String::from(r#"{"scim": true}"#);
    // The host is not reachable: the user has less in it, and the removal is what it is.
    let without = world.call(ANN, &[by_id("RlCUSTOM1")]).await.unwrap().user;
    assert!(without.external_id.is_none());
    world.network.route("api.slack.com", world.demo.router());
    let user = world.call(KIM, &[by_id("Rl01")]).await.unwrap().user;
    assert_eq!(
        (user.external_id.as_deref(), user.created_at.as_deref()),
        (Some("hr-kim"), Some("2024-02-01T08:00:00Z"))
    );
    assert_eq!(
        (
            user.groups[0].id.as_deref(),
            user.groups[0].name.as_deref(),
            user.groups[0].organization.as_deref()
        ),
        (Some("S0STAFF"), Some("Staff"), Some(ORG))
    );
    let emails: Vec<_> = user
        .emails
        .iter()
        .map(|email| email.email.as_deref().unwrap())
        .collect();
    assert_eq!(emails, ["kim.park@example.com", "kim@home.example.com"]);
    let phones: Vec<_> = user
        .phones
        .iter()
        .map(|phone| phone.number.as_deref().unwrap())
        .collect();
    assert_eq!(phones, ["+1 555 0102", "+1 555 0199"]);
    assert_eq!(user.urls[0].url.as_deref(), Some("https://acme.slack.com/team/U0KIM"));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_among_good_answers_is_the_answer_that_is_shown_and_names_the_missing_scopes() {
    let world = World::new();
    let refused = String::from(
        r#"{"ok": false, "error": "missing_scope", "needed": "admin.roles:write, admin.users:write", "provided": "users:read"}"#,
    );
    let is_first = |call: &host::network::Call| String::from_utf8_lossy(&call.body).contains("Rl01");
    world.network.inject(Rule {
        fits: std::sync::Arc::new(is_first),
        ..Rule::always("", Fault::Answer(200, Vec::new(), refused))
    });
    let answer = world.call(ANN, &[by_id("Rl01"), by_id("RlCUSTOM1")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Refused, Outcome::Removed]);
    let shown = answer.unwrap_err().answer.unwrap();
    assert_eq!(shown.missing_scopes, ["admin.roles:write", "admin.users:write"]);
    assert!(shown.body.contains("missing_scope"), "{shown:?}");
    assert!(!world.demo.is_assigned(ANN, "RlCUSTOM1", ORG) && world.demo.is_assigned(ANN, "Rl01", SOUTH));
}
