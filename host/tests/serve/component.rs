//! The real component behind the service, with a provider over TLS.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use host::{
    guests::Artifact,
    outbound::{Origin, Settings},
    serve::{Configuration, Load, Loaded, Log, Server, Stop},
};
use sandboxes::{
    Clock,
    crowdstrike::{CrowdStrike, DEMO_USERS},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use crate::{authority::Authority, running::get};

/// SHA-256 of `demo-token`.
const TOKEN_DIGEST: &str = "7c43ef5ae21d43ce2743f770c68e24def1a43ee2f416d2438410c8af7af2ff2c";

async fn post(address: SocketAddr, account: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /unified/user-directory/users/unassign-role?integrated_account_id={account} HTTP/1.1\r\nhost: localhost\r\n\
         connection: close\r\nauthorization: Bearer demo-token\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_removal_goes_over_tls_to_the_allowed_provider_and_is_recorded_and_counted() {
    let authority = Authority::new();
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let sandbox = CrowdStrike::demo(Clock::starting_at(unix));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let provider = format!("https://{}", listener.local_addr().unwrap());
    let encrypted = authority.encrypted(listener, &["127.0.0.1"]);
    let router = sandbox.router();
    tokio::spawn(async move { axum::serve(encrypted, router).await });

    let origin: Origin = provider.parse().unwrap();
    let load = Load::new(move || {
        let account = |base_url: &str| {
            json!({
                "provider": "crowdstrike",
                "base_url": base_url,
                "credentials": {"type": "client_credentials", "client_id": "demo-client", "client_secret": {"secret": "acme"}},
            })
        };
        let accounts = json!({"acme": account(&provider), "elsewhere": account("https://127.0.0.1:9")});
        let tokens = json!([{"name": "demo", "sha256": TOKEN_DIGEST, "accounts": ["acme", "elsewhere"], "may": ["plan", "revoke"]}]);
        let variable = |name: &str, value: String| (format!("UNASSIGN_ROLE_{name}"), value);
        Ok(Loaded {
            environment: vec![
                variable("ACCOUNTS", accounts.to_string()),
                variable("API_TOKENS", tokens.to_string()),
                variable("SECRET_ACME", String::from("demo-secret")),
            ],
            origins: [(origin.clone(), "crowdstrike")].into_iter().collect(),
            files: Vec::new(),
        })
    });
    let log: Arc<Mutex<Vec<String>>> = Arc::default();
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut configuration = Configuration::new(Artifact::Wasi.bytes().unwrap(), anywhere, load);
    configuration.metrics = Some(anywhere);
    configuration.outbound = Settings {
        extra_ca: Some(authority.file()),
        ..Settings::default()
    };
    configuration.log = Log::new({
        let log = Arc::clone(&log);
        move |line| {
            log.lock().unwrap().push(String::from_utf8(line.to_vec()).unwrap());
            Ok(())
        }
    });
    let server = Server::bind(configuration).await.unwrap();
    let (address, metrics) = (server.address().unwrap(), server.metrics_address().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(Stop::when(async {
        let _ = stopped.await;
    })));

    let body = json!({"id": DEMO_USERS[0].0, "roles": [{"id": "event_viewer"}]}).to_string();
    let answer = post(address, "acme", &body).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains(r#""outcome":"removed""#), "{answer}");
    let text = get(metrics, "/metrics").await;
    for line in [
        r#"unassign_role_operations_total{provider="crowdstrike",status="200"} 1"#,
        r#"unassign_role_outcomes_total{provider="crowdstrike",outcome="removed"} 1"#,
        r#"unassign_role_provider_requests_total{provider="crowdstrike",status="200"}"#,
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("acme") && !text.contains("event_viewer"), "{text}");

    let answer = post(address, "elsewhere", &body).await;
    assert!(
        answer.starts_with("HTTP/1.1 500 ") && answer.contains("host_not_allowed"),
        "{answer}"
    );

    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(10), running)
        .await
        .unwrap()
        .unwrap();
    let log = log.lock().unwrap();
    let denied = r#""origin":"https://127.0.0.1:9""#;
    assert!(
        log.iter()
            .any(|line| line.contains("provider_request_denied") && line.contains(denied)),
        "{log:#?}"
    );
    let events: Vec<&str> = log
        .iter()
        .filter(|line| !line.contains("elsewhere"))
        .filter_map(|line| {
            ["\"intent\"", "\"result\"", "\"request\""]
                .into_iter()
                .find(|event| line.contains(event))
        })
        .collect();
    assert_eq!(events[..3], ["\"intent\"", "\"result\"", "\"request\""], "{log:#?}");
    // Whole lines of JSON, with nothing before them.
    let is_event =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).is_ok_and(|line| line["event"].is_string());
    assert!(
        log.iter()
            .all(|line| line.starts_with('{') && is_event(line) && !line.contains("demo-secret")),
        "{log:#?}"
    );
}
