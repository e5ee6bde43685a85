//! Who may do what: tokens, accounts, and what is open to everybody.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use host::{
    guests::Artifact,
    service::{Builder, Service},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::{
    fixture::{ACCOUNT, ANN, Post, TOKEN, World, account, tokens},
    on_both,
};
use unassign_role::http_api::token_digest;

fn good() -> Value {
    json!({"id": ANN, "roles": [{"id": "event_viewer"}]})
}

fn token(name: &str, secret: &str, may: &[&str]) -> Value {
    json!({"name": name, "sha256": token_digest(secret), "accounts": [ACCOUNT], "may": may})
}

fn bare(world: &World, artifact: Artifact) -> Builder {
    Service::builder(artifact, &world.network, world.clock)
        .account(ACCOUNT, account())
        .secret("crowdstrike", "demo-secret")
}

on_both! {
    async fn without_tokens_the_message_names_what_is_unset(artifact) {
        let world = World::new();
        let answer = Post::json(&good()).to(&bare(&world, artifact).start().unwrap()).await;
        assert_eq!(answer.status, 401);
        let name = if artifact == Artifact::Spin { "variable api_tokens" } else { "UNASSIGN_ROLE_API_TOKENS" };
        assert!(answer.body["message"].as_str().unwrap().contains(name), "{answer:?}");
        assert!(world.network.calls().is_empty());
    }
}

on_both! {
    async fn a_malformed_configuration_is_for_the_log_and_says_nothing_to_callers(artifact) {
        let world = World::new();
        let mut list = json!([token("a", TOKEN, &["plan"]), token("b", "other", &["plan"])]);
        list[1]["sha256"] = json!("sesame-open");
        let service = bare(&world, artifact).tokens(&list).start().unwrap();
        let mut bodies = Vec::new();
        for authorization in [format!("Bearer {TOKEN}"), String::from("Bearer wrong"), String::new()] {
            let answer = Post::json(&good()).header("authorization", &authorization).to(&service).await;
            assert_eq!((answer.status, answer.header("x-error-code")), (500, "invalid_configuration"));
            let line: Value = serde_json::from_str(service.log().last().unwrap()).unwrap();
            let message = line["message"].as_str().unwrap();
            assert!(message.contains("token `b`: sha256") && !message.contains("sesame"), "{message}");
            assert_eq!(line["request_id"], answer.header("x-request-id"), "the caller's answer leads to it");
            bodies.push(answer.body);
        }
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
        assert!(!bodies[0].to_string().contains("sha256") && !bodies[0].to_string().contains('`'), "{bodies:?}");

        // The envelope's is told to callers who are known, and to nobody else.
        let service = bare(&world, artifact).tokens(&tokens()).envelope("data").start().unwrap();
        let known = Post::json(&good()).to(&service).await;
        assert_eq!((known.status, known.header("x-error-code")), (500, "invalid_configuration"));
        let unknown = Post::json(&good()).header("authorization", "Bearer wrong").to(&service).await;
        assert_eq!(unknown.status, 401);
        assert!(world.network.calls().is_empty());
    }
}

on_both! {
    async fn a_key_twice_in_a_configuration_is_refused(artifact) {
        let world = World::new();
        let list = tokens().to_string();
        let twice = list.replace(r#""may":["#, r#""may":["plan"],"may":["#);
        assert_ne!(list, twice);
        let service = bare(&world, artifact).tokens_text(&twice).start().unwrap();
        assert_eq!(Post::json(&good()).to(&service).await.header("x-error-code"), "invalid_configuration");
        assert!(service.log().last().unwrap().contains("a key twice"), "{:?}", service.log());
        assert!(world.network.calls().is_empty());
    }
}

on_both! {
    async fn a_token_may_what_its_entry_says_and_nothing_else(artifact) {
        let world = World::new();
        let list = json!([
            token("planner", "p", &["plan"]),
            token("revoker", "r", &["revoke"]),
            token("reader", "d", &["plan", "revoke", "raw"]),
        ]);
        let service = bare(&world, artifact).tokens(&list).start().unwrap();
        let asked = async |secret: &str, query: &str| {
            let post = Post::json(&good()).query(query).header("authorization", &format!("Bearer {secret}"));
            post.to(&service).await
        };
        for (secret, query, status) in [
            ("p", "", 403),
            ("r", "&dry_run=true", 403),
            ("r", "&truto_response_format=raw", 403),
            ("r", "&truto_response_format=stream", 403),
            ("p", "&dry_run=true", 200),
        ] {
            let answer = asked(secret, query).await;
            assert_eq!(answer.status, status, "{secret} {query}: {answer:?}");
            if status == 403 {
                assert_eq!(answer.header("x-error-code"), "not_permitted");
                assert!(answer.body.get("truto_is_remote_error").is_none());
            }
        }
        assert!(world.demo.holds(ANN, sandboxes::crowdstrike::DEMO_HOME_CID, "event_viewer"));
        let answer = asked("r", "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.body.get("remote_data").is_none(), "raw is not in its may");
        assert!(asked("d", "").await.body["remote_data"].is_object());
    }
}

on_both! {
    async fn what_is_not_permitted_is_said_before_the_status_and_that_before_the_credentials(artifact) {
        let world = World::new();
        let mut broken = account();
        broken["credentials"]["client_secret"] = json!({"secret": "xoxp-pasted-by-mistake"});
        let mut blocked = broken.clone();
        blocked["is_blocked"] = json!(true);
        let list = json!([token("planner", "p", &["plan"]), token("revoker", "r", &["revoke"])]);
        for (account, secret, status) in [(&blocked, "p", 403), (&blocked, "r", 503), (&broken, "p", 403), (&broken, "r", 500)] {
            let service = bare(&world, artifact).account(ACCOUNT, account.clone()).tokens(&list).start().unwrap();
            let answer = Post::json(&good()).header("authorization", &format!("Bearer {secret}")).to(&service).await;
            assert_eq!(answer.status, status, "{answer:?}");
            assert!(!format!("{answer:?}{:?}", service.log()).contains("pasted"), "{answer:?}");
        }
        assert!(world.network.calls().is_empty());
    }
}

/// A body that never ends, and whether anybody asked for it.
#[derive(Clone, Default)]
struct Unread(Arc<AtomicBool>);

impl http_body::Body for Unread {
    type Data = bytes::Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<bytes::Bytes>, Self::Error>>> {
        self.0.store(true, Ordering::Relaxed);
        Poll::Pending
    }
}

on_both! {
    async fn who_is_refused_is_refused_before_the_body_is_read(artifact) {
        let world = World::new();
        let service = bare(&world, artifact).tokens(&tokens()).start().unwrap();
        let path = "/unified/user-directory/users/unassign-role";
        for (method, path, bearer, status, is_read) in [
            ("POST", path, "wrong", 401, false),
            ("POST", "/nowhere", TOKEN, 404, false),
            ("PUT", path, TOKEN, 405, false),
            ("GET", "/healthz", "wrong", 200, false),
            ("POST", path, TOKEN, 400, true),
        ] {
            let body = Unread::default();
            let request = http::Request::builder()
                .method(method)
                .uri(format!("http://127.0.0.1{path}"))
                .header("authorization", format!("Bearer {bearer}"))
                .header("content-type", "application/json")
                .body(body.clone().map_err(|never| match never {}).boxed_unsync())
                .unwrap();
            let answer = service.handle(request).await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{method} {path} {bearer}");
            assert_eq!(body.0.load(Ordering::Relaxed), is_read, "{method} {path} {bearer}");
        }
    }
}

on_both! {
    async fn a_token_ends_when_it_says_and_two_are_valid_at_once(artifact) {
        let world = World::new();
        let mut old = token("offboarding", "old", &["plan"]);
        // The clock of the tests begins at 2026-01-31T09:30:00Z.
        old["expires_at"] = json!("2026-01-31T10:30:00+01:00");
        let mut current = token("offboarding", "current", &["plan"]);
        current["expires_at"] = json!("2026-02-28T00:00:00Z");
        let list = json!([old, current, token("offboarding", "next", &["plan"])]);
        let service = bare(&world, artifact).tokens(&list).start().unwrap();
        for (secret, status) in [("old", 401), ("current", 200), ("next", 200)] {
            let post = Post::json(&good()).query("&dry_run=true").header("authorization", &format!("Bearer {secret}"));
            let answer = post.to(&service).await;
            assert_eq!(answer.status, status, "{secret}");
            if status == 401 {
                assert!(answer.body["message"].as_str().unwrap().contains("expired"));
            }
        }
    }
}

on_both! {
    async fn an_unknown_account_looks_like_one_of_somebody_else(artifact) {
        let world = World::new();
        let service = bare(&world, artifact).account("foreign", account()).tokens(&tokens()).start().unwrap();
        let mut bodies = Vec::new();
        for id in ["foreign", "nowhere", "other"] {
            let mut post = Post::json(&good());
            post.path = post.path.replace(ACCOUNT, id);
            let answer = post.to(&service).await;
            assert_eq!(answer.status, 404);
            bodies.push(answer.body);
        }
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
        assert!(world.network.calls().is_empty());
    }
}

on_both! {
    async fn an_account_that_is_not_active_is_not_used(artifact) {
        let world = World::new();
        for (change, dry, status) in [
            (json!({"status": "needs_reauth"}), "", 401),
            (json!({"status": "connecting"}), "", 422),
            (json!({"status": "validation_error"}), "", 422),
            (json!({"status": "post_install_error"}), "&dry_run=true", 422),
            (json!({"status": "active", "is_blocked": true}), "", 503),
            (json!({"status": "active", "is_sandbox": true}), "", 405),
            (json!({"status": "paused"}), "", 500),
        ] {
            let mut account = account();
            account.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let service = bare(&world, artifact).account(ACCOUNT, account).tokens(&tokens()).start().unwrap();
            let answer = Post::json(&good()).query(dry).to(&service).await;
            assert_eq!(answer.status, status, "{change}: {answer:?}");
            assert!(answer.body.get("truto_is_remote_error").is_none());
        }
        assert!(world.network.calls().is_empty());
        let mut sandbox = account();
        sandbox["is_sandbox"] = json!(true);
        let service = bare(&world, artifact).account(ACCOUNT, sandbox).tokens(&tokens()).start().unwrap();
        assert_eq!(Post::json(&good()).query("&dry_run=true").to(&service).await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn spin_takes_accounts_from_its_variable_too() {
    let world = World::new();
    let service = bare(&world, Artifact::Spin)
        .accounts_in_variable()
        .tokens(&tokens())
        .start()
        .unwrap();
    assert_eq!(Post::json(&good()).to(&service).await.status, 200);
}

on_both! {
    async fn discovery_is_open_and_calls_no_provider(artifact) {
        let world = World::new();
        let service = bare(&world, artifact).start().unwrap();
        let get = async |path: &str| {
            let get = Post { method: "GET", path: path.to_owned(), headers: Vec::new(), body: String::new() };
            get.to(&service).await
        };
        let health = get("/healthz").await;
        assert_eq!((health.status, &health.body["status"]), (200, &json!("ok")));
        let openapi = get("/openapi.json").await;
        assert_eq!((openapi.status, &openapi.body["openapi"]), (200, &json!("3.1.0")));
        let meta = get("/unified/user-directory/users/meta/unassign-role").await;
        assert_eq!(meta.status, 200);
        assert_eq!(meta.body["providers"]["slack_enterprise"]["scopes"]["workspace"], json!("`T…`"));
        assert!(meta.body["request_body_schema"]["components"]["schemas"]["Request"].is_object());
        assert!(!format!("{health:?}{openapi:?}{meta:?}").contains("demo-secret"));
        assert!(world.network.calls().is_empty());
    }
}
