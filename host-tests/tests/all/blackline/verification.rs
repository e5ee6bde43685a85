//! Read-backs, tokens, plans and the unified user.

use super::*;

#[tokio::test(start_paused = true)]
async fn acknowledged_kept_late_and_stale() {
    let world = World::new();
    world.demo.acknowledge_but_keep(5);
    let failure = world.call(ANN, &[by_id("5:A")]).await.unwrap_err();
    assert_eq!(
        (failure.outcomes[0].reason.as_deref(), failure.status),
        (Some("still_held"), 422)
    );
    assert!(world.demo.holds(ANN, 5, "A"));
    assert!(
        world.call(KIM, &[by_id("4")]).await.is_ok(),
        "applied late, and waited for"
    );
    assert!(!world.demo.holds(KIM, 4, "B"));
    let world = World::new();
    world.demo.stale_reads(Duration::from_secs(5));
    assert!(world.call(ANN, &[by_id("9")]).await.is_ok());
    assert!(world.clock.unix() >= START + Duration::from_secs(5));
    let world = World::new();
    world.demo.acknowledge_but_keep(5);
    for role in [3, 5] {
        world.demo.omit_from_reads(role, 1, 50);
    }
    let failure = world.call(ANN, &[by_id("5:A")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("not_settled"));
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_goes_meanwhile_is_settled_by_the_read_back() {
    let world = World::new();
    world
        .network
        .inject(Rule::once("/v1/users/301/roles-products?roleId", Fault::ResetAfter));
    let answer = world.call(ANN, &[by_id("5:A")]).await;
    // The first request took it, the second is answered with 404.
    assert_eq!(outcomes(&answer), [Outcome::Removed]);
    assert!(!answer.unwrap().outcomes[0].grants[0].acknowledged);
}

#[tokio::test(start_paused = true)]
async fn tokens_limits_and_credentials() {
    let world = World::new();
    world.demo.rate_limit_next(2);
    assert!(world.call(ANN, &[by_id("5")]).await.is_ok());
    world.demo.uncertain(|uncertain| uncertain.client_auth = "form");
    let failure = world.call(ANN, &[by_id("9")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (401, false));
    assert!(!format!("{failure:?}").contains("demo-secret"));
    assert_eq!(world.demo.tokens_issued(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_the_requests_and_changes_nothing() {
    let world = World::new();
    let success = world.call_with(ANN, &[by_id("5")], dry()).await.unwrap();
    let urls: Vec<&str> = success
        .planned_requests
        .iter()
        .map(|planned| planned.url.as_str())
        .collect();
    assert_eq!(
        urls,
        [
            "https://us2.api.blackline.com/v1/users/301/roles-products?roleId=5&productId=A",
            "https://us2.api.blackline.com/v1/users/301/roles-products?roleId=5&productId=J",
        ]
    );
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_whole_user_is_mapped() {
    let world = World::new();
    let user = world
        .call(ANN, &[by_id("5"), by_id("9"), by_id("3")])
        .await
        .unwrap()
        .user;
    assert_eq!((user.id.as_str(), user.name.as_deref()), ("301", Some("Ann Lee")));
    assert_eq!(
        (user.first_name.as_deref(), user.last_name.as_deref()),
        (Some("Ann"), Some("Lee"))
    );
    assert_eq!(
        (user.username.as_deref(), user.title.as_deref()),
        (Some("ann.lee@example.com"), Some("Accountant"))
    );
    assert_eq!(
        (user.status.as_deref(), user.updated_at.as_deref()),
        (Some("active"), Some("2026-01-05T08:00:00Z"))
    );
    assert_eq!(user.phones[0].number.as_deref(), Some("+1 555 0100"));
    assert_eq!(user.emails[0].email.as_deref(), Some("ann.lee@example.com"));
    let roles: Vec<_> = user
        .roles
        .iter()
        .map(|role| (role.id.as_deref(), role.name.as_deref(), role.workspace.as_deref()))
        .collect();
    assert_eq!(
        (user.groups[0].id.as_deref(), user.groups[0].name.as_deref()),
        (Some("71"), Some("Close team"))
    );
    assert_eq!(
        (
            user.organizations[0].id.as_deref(),
            user.organizations[0].name.as_deref()
        ),
        (Some("901"), Some("Acme GmbH"))
    );
    assert_eq!(roles, [(Some("4:A"), Some("Approver"), Some("A"))]);
}

#[tokio::test(start_paused = true)]
async fn the_roles_of_an_answer_are_what_a_request_may_ask_for() {
    let world = World::new();
    let shown = world.call_with(ANN, &[by_id("5")], dry()).await.unwrap().user.roles;
    assert_eq!(shown.len(), 5);
    let answer = world.call(ANN, &shown).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 5], "{answer:?}");
    assert!(world.demo.pairs(ANN).is_empty());
}

#[tokio::test(start_paused = true)]
async fn teams_and_entities_that_cannot_be_read_change_nothing_else() {
    let world = World::new();
    for path in ["/v1/users/301/teams", "/v1/users/301/entities"] {
        world
            .network
            .inject(Rule::always(path, Fault::Answer(403, Vec::new(), String::from("{}"))));
    }
    let user = world.call(ANN, &[by_id("5")]).await.unwrap().user;
    assert!(user.groups.is_empty() && user.organizations.is_empty());
    let world = World::new().with(r#"{"paths": {"user_teams": "", "user_entities": ""}}"#);
    assert!(world.call(ANN, &[by_id("5")]).await.is_ok());
    let calls = world.network.calls();
    assert!(
        !calls
            .iter()
            .any(|call| call.path_and_query.ends_with("teams") || call.path_and_query.ends_with("entities"))
    );
}

#[tokio::test(start_paused = true)]
async fn teams_and_entities_are_neither_waited_for_nor_asked_for_again() {
    let busy = || {
        let wait = vec![("retry-after", String::from("16"))];
        Fault::Answer(503, wait, String::from("{}"))
    };
    for fault in [
        busy(),
        Fault::Answer(401, Vec::new(), String::from("{}")),
        Fault::Answer(500, Vec::new(), String::from("{}")),
        Fault::ResetBefore,
        Fault::Silence { reaches: false },
    ] {
        let world = World::new();
        for path in ["/v1/users/301/teams", "/v1/users/301/entities"] {
            world.network.inject(Rule::always(path, fault.clone()));
        }
        assert!(world.call(ANN, &[by_id("5")]).await.is_ok(), "{fault:?}");
        assert!(world.clock.unix() <= START + Duration::from_secs(1), "{fault:?}");
        let calls = world.network.calls();
        let ends_with = |end: &str| {
            let calls = calls.iter();
            calls.filter(|call| call.path_and_query.ends_with(end)).count()
        };
        assert_eq!((ends_with("teams"), ends_with("entities")), (1, 1), "{fault:?}");
        assert_eq!(world.demo.tokens_issued(), 1, "{fault:?}");
    }
}
