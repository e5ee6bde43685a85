//! What only the wire shows: how requests are framed, and bodies that come after their heads. Real sockets, real time.

use std::{net::SocketAddr, sync::atomic::Ordering, time::Duration};

use host::{
    guests::Artifact,
    network::Network,
    service::Service,
    wire::{Counted, Recorder, Script},
};
use sandboxes::Clock;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::fixture::{ACCOUNT, Answer, Post, TOKEN, tokens};

const USER: &str = "6f1e2a30-0000-4000-8000-00000000a001";
const CID: &str = "0123456789abcdef0123456789abcdef";

/// A tenant of one user with one role, as text on a socket; the answers' bodies come later than their heads.
fn script(request: &str) -> Script {
    let line = request.lines().next().unwrap_or_default();
    let body = if line.contains("/oauth2/token") {
        json!({"access_token": "wire-token-text", "token_type": "bearer", "expires_in": 1799})
    } else if line.contains("user-roles/v2") {
        let row =
            json!({"role_id": "kept_role", "role_name": "Kept", "uuid": USER, "cid": CID, "grant_type": "direct"});
        json!({"meta": {"pagination": {"limit": 500, "offset": 0, "total": 1}}, "resources": [row], "errors": []})
    } else if line.contains("users/GET/v1") {
        json!({"resources": [{"uuid": USER, "uid": "ann@example.com", "cid": CID}], "errors": []})
    } else {
        json!({"meta": {"writes": {"resources_affected": 1}}, "errors": []})
    };
    Script {
        pause: Duration::from_millis(50),
        ..Script::json(&body.to_string())
    }
}

/// An instance of one user with one role, whose removal is a DELETE without a body. It is never gone.
fn delete_script(request: &str) -> Script {
    let line = request.lines().next().unwrap_or_default();
    let body = if line.contains("/token") {
        json!({"access_token": "wire-token-text", "expires_in": 3600})
    } else if line.contains("roles-products") {
        json!({"items": [{"role": {"id": 5, "name": "Reviewer"}, "product": {"id": "A"}}]})
    } else {
        json!({"id": 301, "email": "ann@example.com"})
    };
    Script::json(&body.to_string())
}

async fn post(artifact: Artifact, account: Value, body: &Value) -> Answer {
    let network = Network::default();
    Post::json(body).to(&service(artifact, account, &network)).await
}

/// The HTTP face in front of a server on loopback.
fn service(artifact: Artifact, account: Value, network: &Network) -> Service {
    network.allow_loopback();
    let clock = Clock::starting_at(Duration::from_secs(1_769_851_800));
    Service::builder(artifact, network, clock)
        .tokens(&tokens())
        .account(ACCOUNT, account)
        .start()
        .unwrap()
}

fn crowdstrike(recorder: &Recorder) -> Value {
    json!({
        "provider": "crowdstrike",
        "base_url": format!("http://{}", recorder.address),
        "credentials": {"type": "client_credentials", "client_id": "x", "client_secret": "wire-secret"},
    })
}

async fn deletes_of(artifact: Artifact) -> Vec<String> {
    let mut recorder = Recorder::start(delete_script).await.unwrap();
    let account = json!({
        "provider": "blackline",
        "base_url": format!("http://{}", recorder.address),
        "credentials": {"type": "password", "username": "u", "password": "wire-pass", "client_id": "x", "client_secret": "wire-secret", "scope": "s"},
    });
    let body = json!({"id": "301", "roles": [{"id": "5"}], "options": {"deadline_ms": 1_500}});
    let answer = post(artifact, account, &body).await;
    assert_eq!(
        (answer.status, answer.outcomes()),
        (500, vec!["unverified"]),
        "{answer:?}"
    );
    recorder
        .requests()
        .into_iter()
        .filter(|request| request.starts_with("DELETE "))
        .collect()
}

async fn requests_of(artifact: Artifact) -> Vec<String> {
    let mut recorder = Recorder::start(script).await.unwrap();
    let answer = post(
        artifact,
        crowdstrike(&recorder),
        &json!({"id": USER, "roles": [{"id": "absent_role"}]}),
    )
    .await;
    assert_eq!(
        (answer.status, answer.outcomes()),
        (200, vec!["already_absent"]),
        "{answer:?}"
    );
    recorder.requests()
}

fn check(requests: &[String]) {
    assert!(requests.len() >= 5, "{requests:#?}");
    for request in requests {
        let head = request
            .split("\r\n\r\n")
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        assert!(!head.contains("transfer-encoding"), "{request}");
        assert!(head.contains("\r\nuser-agent: unassign-role/"), "{request}");
        let body = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        if head.starts_with("get ") {
            assert!(body.is_empty() && !head.contains("content-length"), "{request}");
        } else {
            assert!(
                head.contains(&format!("\r\ncontent-length: {}", body.len())),
                "{request}"
            );
        }
    }
}

#[tokio::test]
async fn wasi_frames_its_requests_and_waits_for_late_bodies() {
    check(&requests_of(Artifact::Wasi).await);
}

#[tokio::test]
async fn spin_frames_its_requests_and_waits_for_late_bodies() {
    check(&requests_of(Artifact::Spin).await);
}

#[tokio::test]
async fn a_delete_without_a_body_is_framed_as_one() {
    for artifact in [Artifact::Wasi, Artifact::Spin] {
        let deletes = deletes_of(artifact).await;
        assert_eq!(deletes.len(), 1, "{artifact:?}");
        let (head, body) = deletes[0].split_once("\r\n\r\n").unwrap();
        let head = head.to_ascii_lowercase();
        assert!(
            body.is_empty() && !head.contains("transfer-encoding"),
            "{artifact:?}: {head}"
        );
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        assert!(matches!(length, None | Some("0")), "{artifact:?}: {head}");
    }
}

/// Head and body that leave in two writes can be held back for 40 ms each time, by Nagle's algorithm and the far end's delayed
/// acknowledgement.
#[tokio::test]
async fn head_and_body_leave_in_one_write_in_requests_and_in_the_answer() {
    for artifact in [Artifact::Wasi, Artifact::Spin] {
        let mut recorder = Recorder::start(script).await.unwrap();
        let network = Network::default();
        let service = service(artifact, crowdstrike(&recorder), &network);
        let (mut client, server) = tokio::io::duplex(1 << 20);
        let (server, answered_in) = Counted::new(server);
        let address = SocketAddr::from(([127, 0, 0, 1], 3000));
        let serving = tokio::spawn(async move { service.serve_connection(server, address).await });

        let body = json!({"id": USER, "roles": [{"id": "absent_role"}]}).to_string();
        let request = format!(
            "POST /unified/user-directory/users/unassign-role?integrated_account_id={ACCOUNT} HTTP/1.1\r\nhost: x\r\n\
             authorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        serving.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert_eq!(answered_in.load(Ordering::Relaxed), 1, "{artifact:?}");

        let requests = recorder.requests();
        assert!(
            requests.iter().any(|request| !request.ends_with("\r\n\r\n")),
            "{requests:#?}"
        );
        assert_eq!(network.writes(), vec![1; requests.len()], "{artifact:?}");
    }
}
