//! Every row of the table of errors, through both components; the table has no other rows, and no row is missing in it.

use std::{collections::BTreeSet, time::Duration};

use host::{
    guests::Artifact,
    network::{self, Rule},
    service::Service,
};
use serde_json::{Value, json};

use crate::{
    fixture::{ACCOUNT, ANN, Answer, Post, TOKEN, World, account, tokens},
    on_both, story,
};
use unassign_role::http_api::token_digest;

/// Status, code, and whether the provider is the cause.
type Row = (u16, String, bool);

/// The rows of the table of the documentation.
fn documented() -> BTreeSet<Row> {
    include_str!("../../../docs/errors.md")
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let status = cells.get(1)?.parse().ok()?;
            Some((status, cells[2].trim_matches('`').to_owned(), cells[3] == "yes"))
        })
        .collect()
}

fn good() -> Value {
    json!({"id": ANN, "roles": [{"id": "event_viewer"}]})
}

/// Who is at fault, as the test has set it up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The request, the configuration, or a guard of this service.
    Ours,
    /// The provider, or the way to it.
    Providers,
}

fn row(answer: &Answer, fault: Fault) -> Row {
    let body = &answer.body;
    assert_eq!(body["statusCode"], json!(answer.status), "{answer:?}");
    assert_eq!(body["error_code"], json!(answer.header("x-error-code")), "{answer:?}");
    assert!(body["error"].is_string() && !answer.header("x-request-id").is_empty());
    assert!(
        body["message"].as_str().is_some_and(|message| !message.is_empty()),
        "{answer:?}"
    );
    let is_remote = fault == Fault::Providers;
    let flag = is_remote.then_some(&json!(true)).cloned();
    assert_eq!(body.get("truto_is_remote_error"), flag.as_ref(), "{answer:?}");
    let insight = body["truto_error_insight"]["remote_error"]["description"].as_str();
    assert_eq!(insight.is_some_and(|text| !text.is_empty()), is_remote, "{answer:?}");
    assert!(is_remote || body.get("raw_response").is_none(), "{answer:?}");
    (answer.status, answer.header("x-error-code").to_owned(), is_remote)
}

fn with(artifact: Artifact, world: &World, account: Value, tokens: &Value) -> Service {
    Service::builder(artifact, &world.network, world.clock)
        .tokens(tokens)
        .account(ACCOUNT, account)
        .secret("crowdstrike", "demo-secret")
        .start()
        .unwrap()
}

/// A good request, to a service with the account changed.
async fn account_with(artifact: Artifact, name: &str, value: Value) -> Row {
    let world = World::new();
    let mut account = account();
    account[name] = value;
    let answer = Post::json(&good())
        .to(&with(artifact, &world, account, &tokens()))
        .await;
    row(&answer, Fault::Ours)
}

/// A good request, while the provider has a fault.
async fn provider_with(artifact: Artifact, fault: impl FnOnce(&World)) -> Answer {
    let world = World::new();
    fault(&world);
    Post::json(&good()).to(&world.service(artifact)).await
}

async fn asked(artifact: Artifact, post: Post) -> Row {
    let world = World::new();
    let row = row(&post.to(&world.service(artifact)).await, Fault::Ours);
    assert!(world.network.calls().is_empty());
    row
}

on_both! {
    async fn every_row_of_the_table_is_answered(artifact) {
        let mut seen = BTreeSet::new();
        let json = |body: Value| Post::json(&body);

        // The request
        seen.insert(asked(artifact, json(json!({"id": ANN}))).await);
        seen.insert(asked(artifact, json(good()).header("authorization", "")).await);
        seen.insert(asked(artifact, Post { path: String::from("/nowhere"), ..json(good()) }).await);
        seen.insert(asked(artifact, Post { path: json(good()).path.replace(ACCOUNT, "nope"), ..json(good()) }).await);
        seen.insert(asked(artifact, Post { method: "PUT", ..json(good()) }).await);
        seen.insert(asked(artifact, Post { body: "x".repeat((1 << 20) + 1), ..json(good()) }).await);
        seen.insert(asked(artifact, json(good()).header("content-type", "text/plain")).await);

        // The configuration
        for (name, value) in [
            ("status", json!("needs_reauth")),
            ("status", json!("connecting")),
            ("is_sandbox", json!(true)),
            ("is_blocked", json!(true)),
            ("provider", json!("okta")),
            ("settings", json!({"region": "us-1", "protected_roles": ["event_viewer"]})),
        ] {
            seen.insert(account_with(artifact, name, value).await);
        }
        let planner = json!([{"name": "p", "sha256": token_digest(TOKEN), "accounts": [ACCOUNT], "may": ["plan"]}]);
        for tokens in [planner, json!({})] {
            let world = World::new();
            seen.insert(row(&json(good()).to(&with(artifact, &world, account(), &tokens)).await, Fault::Ours));
        }

        // Approvals
        let world = World::new();
        let service = story::service(artifact, &world);
        seen.insert(row(&json(good()).to(&service).await, Fault::Ours));
        let plan = story::plan(&service).await;
        seen.insert(row(&json(story::bound(&plan, Some("a.b.c"))).to(&service).await, Fault::Ours));
        let plain = world.service(artifact);
        let mut other = story::bound(&story::plan(&plain).await, None);
        other["roles"] = json!([{"id": "dashboard_admin"}]);
        seen.insert(row(&json(other).to(&plain).await, Fault::Ours));
        seen.insert(row(&story::with_a_wrong_clock(artifact).await, Fault::Ours));

        // The deployment
        let denied = provider_with(artifact, |world| world.network.inject(Rule::always("/", network::Fault::Denied))).await;
        let message = denied.body["message"].as_str().unwrap();
        assert!(message.contains("requests to https://api.crowdstrike.com: add it"), "{message}");
        assert_eq!((&denied.body["retryable"], &denied.body["sent"]), (&json!(false), &json!(false)), "{denied:?}");
        seen.insert(row(&denied, Fault::Ours));

        // The provider
        let world = World::new();
        let service = world.service(artifact);
        let nobody = json!({"id": "99999999-9999-4999-8999-999999999999", "roles": [{"id": "event_viewer"}]});
        seen.insert(row(&json(nobody).to(&service).await, Fault::Providers));
        let world = World::new();
        world.demo.acknowledge_but_keep("event_viewer");
        let mut short = account();
        short["settings"]["staleness_window_ms"] = json!(1_000);
        seen.insert(row(&json(good()).to(&with(artifact, &world, short, &tokens())).await, Fault::Providers));
        let refused = network::Fault::Answer(403, Vec::new(), String::from(r#"{"errors": [{"code": 403, "message": "access denied"}]}"#));
        let forbidden = provider_with(artifact, |world| world.network.inject(Rule::always("/user-management/", refused))).await;
        assert!(forbidden.body["truto_error_insight"]["forbidden_error"].is_object(), "{forbidden:?}");
        let limit = network::Fault::Answer(429, vec![("retry-after", String::from("7"))], String::from("{}"));
        let limited = provider_with(artifact, |world| world.network.inject(Rule::always("/user-management/", limit))).await;
        assert!(limited.body["truto_error_insight"]["rate_limit_error"].is_object(), "{limited:?}");
        assert!(limited.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1));
        let credentials = network::Fault::Answer(401, Vec::new(), String::from(r#"{"errors": [{"code": 401, "message": "bad client"}]}"#));
        let unauthenticated = provider_with(artifact, |world| world.network.inject(Rule::always("/oauth2/token", credentials))).await;
        assert!(unauthenticated.body["raw_response"].is_object(), "{unauthenticated:?}");
        let nonsense = network::Fault::Body("application/json", bytes::Bytes::from_static(b"<html>"));
        let broken = provider_with(artifact, |world| world.network.inject(Rule::always("/user-management/", nonsense))).await;
        let silent = provider_with(artifact, |world| world.network.inject(Rule::always("/oauth2/token", network::Fault::Silence { reaches: false }))).await;
        let unsettled = provider_with(artifact, |world| world.demo.stale_reads(Duration::from_secs(80))).await;
        assert_eq!(unsettled.body["retryable"], json!(true), "{unsettled:?}");
        for answer in [forbidden, limited, unauthenticated, broken, silent, unsettled] {
            seen.insert(row(&answer, Fault::Providers));
        }

        let documented = documented();
        let missing: Vec<&Row> = documented.difference(&seen).collect();
        let unknown: Vec<&Row> = seen.difference(&documented).collect();
        assert!(missing.is_empty() && unknown.is_empty(), "not seen: {missing:?}; not documented: {unknown:?}");
    }
}

on_both! {
    async fn a_refused_read_is_the_providers_error_and_shows_what_it_said(artifact) {
        // A conflict may pass, as a server error does.
        for (status, codes) in [(400, &["not_removed"][..]), (404, &["not_removed", "not_found"]), (409, &["provider_error"])] {
            let refusal = String::from(r#"{"errors": [{"code": 400, "message": "not like this"}]}"#);
            let fault = network::Fault::Answer(status, Vec::new(), refusal);
            let answer = provider_with(artifact, |world| world.network.inject(Rule::always("/user-management/", fault))).await;
            let (_, code, _) = row(&answer, Fault::Providers);
            assert!(codes.contains(&code.as_str()), "{answer:?}");
            assert_eq!(answer.body["raw_response"]["errors"][0]["message"], "not like this", "{answer:?}");
        }
    }
}

on_both! {
    async fn a_guard_is_our_refusal_even_after_something_was_sent(artifact) {
        let world = World::new();
        let mut guarded = account();
        guarded["settings"]["protected_roles"] = json!(["help_desk"]);
        let body = json!({"id": ANN, "roles": [{"id": "event_viewer"}, {"id": "help_desk"}]});
        let answer = Post::json(&body).to(&with(artifact, &world, guarded, &tokens())).await;
        assert_eq!(row(&answer, Fault::Ours), (422, String::from("not_removed"), false));
        assert_eq!((answer.outcomes(), &answer.body["sent"]), (vec!["removed", "refused"], &json!(true)));
    }
}

on_both! {
    async fn a_token_without_raw_sees_a_refusal_and_no_document(artifact) {
        let list = json!([{"name": "t", "sha256": token_digest(TOKEN), "accounts": [ACCOUNT], "may": ["revoke"]}]);
        let document = r#"{"resources": "not a list", "email": "ann.lee@example.com"}"#;
        for (status, body, is_shown) in [(403, r#"{"errors": [{"code": 403, "message": "access denied"}]}"#, true), (200, document, false)] {
            let world = World::new();
            let fault = network::Fault::Answer(status, Vec::new(), body.to_owned());
            world.network.inject(Rule::always("/user-management/", fault));
            let answer = Post::json(&good()).to(&with(artifact, &world, account(), &list)).await;
            row(&answer, Fault::Providers);
            assert_eq!(answer.body.get("raw_response").is_some(), is_shown, "{answer:?}");
            assert!(!answer.body.to_string().contains("ann.lee"), "{answer:?}");
        }
    }
}

on_both! {
    async fn a_hosts_backtrace_does_not_reach_the_answer(artifact) {
        let backtrace = "connection broke\n   0: some::frame\n".repeat(4_000);
        let fault = network::Fault::HostFails(backtrace);
        let answer = provider_with(artifact, |world| world.network.inject(Rule::always("/", fault))).await;
        assert_eq!(answer.status, 502, "{answer:?}");
        let text = answer.body.to_string();
        assert!(text.contains("connection broke") && !text.contains("some::frame") && text.len() < 2_048, "{text}");
    }
}
