//! The whole face, from a request to the bytes of its answer, in front of a provider that cannot be reached.

use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    client::fake::{FakeTransport, Reaction},
    http_api::{ClientGone, Inbound, InboundBody, Responder, handle},
    service::fake::FakeHost as Face,
    transport::{Task, Transport, TransportError},
};

const ACCOUNT: &str = r#"{"provider": "elastic_cloud", "credentials": {"type": "api_key", "api_key": "sesame-key"}}"#;

impl Face {
    fn failing(error: TransportError) -> Self {
        let digest = Sha256::digest(b"test-token")
            .iter()
            .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        Self {
            tokens: json!([{"name": "t", "sha256": digest, "accounts": ["acme"], "may": ["plan", "revoke", "read"]}])
                .to_string(),
            account: String::from(ACCOUNT),
            ..Self::new(FakeTransport::new(move |_| Reaction::Fail(error.clone())))
        }
    }

    fn unreachable() -> Self {
        Self::failing(TransportError::NotSent(String::from("refused")))
    }

    fn post(&self, query: &str, body: &[u8]) -> Sent {
        self.exchange("POST", &format!("{OPERATION}{query}"), &[JSON], body)
    }

    fn send(&self, method: &str, target: &str) -> Sent {
        self.exchange(method, target, &[], b"")
    }

    fn exchange(&self, method: &str, target: &str, more: &[(&str, &str)], body: &[u8]) -> Sent {
        let whole = body.to_vec();
        let header = |(name, value): &(&str, &str)| ((*name).to_owned(), value.as_bytes().to_vec());
        let headers = [("Authorization", "Bearer test-token")];
        let inbound = Inbound::new(
            &self.transport,
            method.to_owned(),
            Some(target.to_owned()),
            headers.iter().chain(more).map(header).collect(),
            async move { InboundBody::Whole(whole) },
        );
        let mut sent = Sent::default();
        self.transport.run(handle(self, inbound, &mut sent));
        assert!(sent.is_finished);
        sent
    }

    fn lines(&self) -> Vec<Value> {
        let record = self.record.borrow();
        record.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn calls(&self) -> usize {
        self.transport.seen.borrow().len()
    }
}

/// What the client has received.
#[derive(Default)]
struct Sent {
    status: u16,
    body: Vec<u8>,
    is_finished: bool,
}

impl Sent {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Responder for Sent {
    fn start(&mut self, status: u16, _headers: Vec<(&'static str, String)>) {
        assert_eq!(self.status, 0, "an answer has one head");
        self.status = status;
    }

    fn write<'a>(&'a mut self, piece: &'a [u8]) -> Task<'a, Result<(), ClientGone>> {
        self.body.extend_from_slice(piece);
        Box::pin(async { Ok(()) })
    }

    fn finish(&mut self) -> Task<'_, Result<(), ClientGone>> {
        self.is_finished = true;
        Box::pin(async { Ok(()) })
    }
}

const OPERATION: &str = "/unified/user-directory/users/unassign-role?integrated_account_id=acme";

const JSON: (&str, &str) = ("Content-Type", "application/json");

const USER: &str = "/unified/user-directory/users/4711?integrated_account_id=acme";

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn a_head_has_the_status_and_no_body() {
    let face = Face::unreachable();
    for (target, status) in [
        ("/healthz", 200),
        ("/openapi.json", 200),
        ("/unified/user-directory/users/unassign-role", 405),
        ("/unified/user-directory/roles", 400),
        ("/nowhere", 404),
        (USER, 502),
    ] {
        let answer = face.send("HEAD", target);
        assert_eq!((answer.status, answer.body.len()), (status, 0), "{target}");
        assert!(!face.send("GET", target).body.is_empty(), "{target}");
    }
}

#[test]
fn the_line_of_every_call_that_only_reads_says_what_it_cost() {
    for (target, status) in [
        (USER, 502),
        // Some of its roles are published.
        ("/unified/user-directory/roles?integrated_account_id=acme", 200),
    ] {
        let face = Face::unreachable();
        assert_eq!(face.send("GET", target).status, status, "{target}");
        let lines = face.lines();
        assert!(lines[0]["provider_calls"].is_u64(), "{target}: {}", lines[0]);
    }
}

#[test]
fn a_trace_goes_to_the_provider_only_if_the_account_says_so() {
    let with = ACCOUNT.replacen('{', r#"{"settings": {"forward_traceparent": true}, "#, 1);
    let without = ACCOUNT.replacen('{', r#"{"settings": {"forward_traceparent": false}, "#, 1);
    for (account, header, expected) in [
        (with.as_str(), TRACE, Some(TRACE)),
        (&with, "00-sesame", None),
        (&without, TRACE, None),
        (ACCOUNT, TRACE, None),
    ] {
        for (method, target, body) in [("GET", USER, b"".as_slice()), ("POST", OPERATION, GOOD)] {
            let face = Face {
                account: account.to_owned(),
                ..Face::unreachable()
            };
            face.exchange(method, target, &[JSON, ("Traceparent", header)], body);
            assert!(face.calls() > 0, "{target}");
            for seen in face.transport.seen.borrow().iter() {
                let sent = seen.headers.iter().find(|(name, _)| *name == "traceparent");
                assert_eq!(sent.map(|(_, value)| value.as_str()), expected, "{account} {target}");
            }
        }
    }
}

#[test]
fn a_refusal_says_what_was_asked_for_and_accounts_that_are_not_active_are_refusals() {
    let roles = "/unified/user-directory/roles?integrated_account_id=";
    for (status, target, code, mode) in [
        ("active", format!("{roles}other"), 404, "list_roles"),
        ("active", format!("{roles}%20"), 400, "list_roles"),
        ("active", format!("{USER}&cid=A"), 400, "read_user"),
        ("needs_reauth", format!("{roles}acme"), 401, "list_roles"),
        ("connecting", USER.to_owned(), 422, "read_user"),
    ] {
        let account = ACCOUNT.replacen('{', &format!(r#"{{"status": "{status}", "#), 1);
        let face = Face {
            account,
            ..Face::unreachable()
        };
        assert_eq!(face.send("GET", &target).status, code, "{target}");
        let lines = face.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(
            (&lines[0]["event"], &lines[0]["mode"], &lines[0]["status"]),
            (&json!("denied"), &json!(mode), &json!(code))
        );
    }
    for (flag, query, code, mode) in [
        ("is_blocked", "", 503, "revoke"),
        ("is_blocked", "&dry_run=true", 503, "plan"),
        ("is_sandbox", "", 405, "revoke"),
    ] {
        let face = Face {
            account: ACCOUNT.replacen('{', &format!(r#"{{"{flag}": true, "#), 1),
            ..Face::unreachable()
        };
        assert_eq!(face.post(query, GOOD).status, code, "{flag}");
        let lines = face.lines();
        assert_eq!(
            (&lines[0]["event"], &lines[0]["mode"], &lines[0]["error_code"]),
            (&json!("denied"), &json!(mode), &json!("account_not_active"))
        );
    }
    // What is no route, or no method of one, is nobody's refusal.
    let face = Face::unreachable();
    assert_eq!(face.send("GET", "/nowhere").status, 404);
    assert_eq!(face.send("DELETE", USER).status, 405);
    assert!(face.lines().is_empty());
}

#[test]
fn what_is_held_back_is_counted_at_the_next_call_whatever_it_is() {
    let face = Face::unreachable();
    let denied = "/unified/user-directory/roles?integrated_account_id=other";
    for _ in 0..25 {
        assert_eq!(face.send("GET", denied).status, 404);
    }
    assert_eq!(face.lines().len(), 10);
    face.transport
        .run(face.transport.sleep(std::time::Duration::from_secs(2)));
    assert_eq!(face.send("GET", "/healthz").status, 200);
    let lines = face.lines();
    assert_eq!((lines.len(), &lines[10]["count"]), (11, &json!(15)));
    assert_eq!(face.send("GET", "/healthz").status, 200);
    assert_eq!(face.lines().len(), 11, "it is told once");
}

#[test]
fn no_line_has_an_address() {
    let face = Face::unreachable();
    let user = USER.replace("4711", "ann%40example.com");
    assert_eq!(face.send("GET", &user).status, 502);
    let denied = user.replace("acme", "ann%40example.com");
    assert_eq!(face.send("GET", &denied).status, 404);
    assert_eq!(face.send("GET", &format!("{USER}&ann%40example.com=1")).status, 400);
    let body = json!({
        "id": "ann@example.com", "roles": [{"id": "ann@example.com", "group": "ann@example.com"}],
        "workspace_id": "ann@example.com", "remote_data": {"ann@example.com": "ann@example.com"},
    });
    assert_eq!(face.post("", body.to_string().as_bytes()).status, 400);
    let record = face.record.borrow().concat();
    assert!(face.lines().len() == 4 && !record.contains("ann"), "{record}");
}

const GOOD: &[u8] = br#"{"id": "4711", "roles": [{"id": "billing-admin"}]}"#;

#[test]
fn what_nobody_knows_is_refused_before_anything_is_sent() {
    for (query, field) in [
        ("&amp;workspace_id=A", "amp;workspace_id"),
        ("&workspaces[]=A", "workspaces"),
        ("&params={\"workspace_id\":\"A\"}", "params"),
        ("&scope=A", "scope"),
        ("&cid=A", "cid"),
        ("&dry_rnu=true", "dry_rnu"),
        ("&dry%2drun=true", "dry-run"),
        ("&roles%255B0%255D%255Bid%255D=x", "roles%5B0%5D%5Bid%5D"),
        ("&truto_skip_api_call=true", "truto_skip_api_call"),
        ("&workspace_id=undefined", "workspace_id"),
        ("&remote_query[dry_run]=true", "remote_query.dry_run"),
    ] {
        let face = Face::unreachable();
        let answer = face.post(query, GOOD);
        assert_eq!(
            (answer.status, answer.json()["field"].as_str()),
            (400, Some(field)),
            "{query}"
        );
        assert_eq!(face.calls(), 0, "{query}");
    }
    for body in [
        json!({"id": "u", "roles": [{"id": "r"}], "simulate": true}),
        json!({"id": "u", "roles": [{"id": "r"}], "option": {"dry_run": true}}),
        json!({"id": "u", "roles": [{"id": "r", "project": "p"}]}),
        json!({"id": "u", "roles": [{"id": "r", "workspace": "None"}]}),
        json!({"id": "u", "roles": [{"id": "r"}], "organizations": [{"id": "A", "x": 1}]}),
        json!({"id": "u", "roles": [{"id": "r"}], "options": {"strict-scope": true}}),
        json!({"id": "u", "roles": [{"id": "r"}], "options": {"expect": {}}}),
        json!({"id": "u", "roles": [{"id": "r"}], "options": {"expect": {"email": null}}}),
    ] {
        let face = Face::unreachable();
        assert_eq!(face.post("", body.to_string().as_bytes()).status, 400, "{body}");
        assert_eq!(face.calls(), 0, "{body}");
    }
    let face = Face::unreachable();
    assert_eq!(face.post("&truto_key_by=id", GOOD).status, 502);
    assert!(face.calls() > 0, "the same request without any of it is sent");
}

#[test]
fn a_host_that_is_not_allowed_is_named_and_the_provider_is_not_blamed() {
    let face = Face::failing(TransportError::NotAllowed);
    let answer = face.post("", GOOD);
    let body = answer.json();
    assert_eq!((answer.status, &body["error_code"]), (500, &json!("host_not_allowed")));
    assert_eq!((&body["retryable"], &body["sent"]), (&json!(false), &json!(false)));
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .contains("https://api.elastic-cloud.com"),
        "{body}"
    );
    assert!(body.get("truto_is_remote_error").is_none(), "{body}");
    assert_eq!(face.calls(), 1, "it is not tried again");
}

#[test]
fn a_hosts_backtrace_reaches_neither_the_answer_nor_the_record() {
    let face = Face::failing(TransportError::NoAnswer("it broke\n   0: frame\n".repeat(5_000)));
    let answer = face.post("", GOOD);
    let text = String::from_utf8(answer.body).unwrap();
    assert!(
        text.contains("it broke") && !text.contains("frame") && text.len() < 2_048,
        "{text}"
    );
    assert!(!face.record.borrow().concat().contains("frame"));
}

#[test]
fn a_key_twice_in_the_configuration_lets_nobody_in() {
    let mut face = Face::unreachable();
    face.tokens = face.tokens.replace(r#""may":"#, r#""may":["plan"],"may":"#);
    let answer = face.post("", GOOD);
    assert_eq!(
        (answer.status, &answer.json()["error_code"]),
        (500, &json!("invalid_configuration"))
    );
    assert!(face.record.borrow().concat().contains("a key twice"));

    for (twice, field) in [
        (
            ACCOUNT.replace(
                r#""api_key": "sesame-key""#,
                r#""api_key": "x", "api_key": "sesame-key""#,
            ),
            "account",
        ),
        (
            ACCOUNT.replacen(
                '{',
                r#"{"settings": {"protected_users": ["root"], "protected_users": []}, "#,
                1,
            ),
            "account",
        ),
    ] {
        let face = Face {
            account: twice,
            ..Face::unreachable()
        };
        let answer = face.post("", GOOD);
        let body = answer.json();
        assert_eq!((answer.status, body["field"].as_str()), (500, Some(field)), "{body}");
        assert!(!body.to_string().contains("sesame") && face.calls() == 0, "{body}");
    }
}

proptest! {
    #[test]
    fn no_request_is_too_strange_to_be_answered(
        query in r"(&?(id|roles|organizations|workspace_id|dry_run|remote_query|truto_[a-z_]{0,12}|[ -~]{0,6})[\[\].=a-z0-9%&+;]{0,12}){0,4}",
        body in r#"\{("(id|roles|options|x|remote_data)": ?("[ -~]{0,4}"|\[\]|\{\}|null|true|1e9|\[\{"id": "r"\}\]),?){0,4}\}?|[ -~]{0,12}"#,
    ) {
        let face = Face::unreachable();
        let answer = face.post(&query, body.as_bytes());
        prop_assert!([400, 404, 502].contains(&answer.status), "{}", answer.status);
        prop_assert_eq!(answer.status == 502, face.calls() > 0);
        prop_assert_eq!(&answer.json()["statusCode"], answer.status);
    }
}
