//! `serve`: for operators with files, and with sandboxes.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    program::{Folder, program, run, text},
    service::{Service, http, tokens},
    tenant::Tenants,
};

#[test]
fn the_service_removes_at_a_tenant_follows_its_files_and_stops_cleanly() {
    let tenants = Tenants::start();
    let tokens = tokens(tenants.folder(), &["crowdstrike", "slack"]);
    let key = tenants.folder().write("receipt.jwk", &run(["keys", "new"]).ends(0).out);
    let mut service = Service::start(&[
        "--accounts",
        &tenants.accounts(),
        "--tokens",
        &tokens,
        "--ca",
        &tenants.authority(),
        "--receipt-key",
        text(&key),
    ]);
    let post = "POST /unified/user-directory/users/unassign-role?integrated_account_id=crowdstrike";
    let body = json!({"id": "ann.lee@example.com", "roles": [{"id": "event_viewer"}]}).to_string();
    let answer = http(&service.address, post, &body);
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.contains(r#""outcome":"removed""#),
        "{answer}"
    );
    assert!(answer.contains(r#""receipt":""#), "{answer}");
    assert!(http(&service.address, "GET /readyz", "").starts_with("HTTP/1.1 200 "));
    let metrics = http(&service.metrics, "GET /metrics", "");
    assert!(
        metrics.contains(r#"unassign_role_outcomes_total{provider="crowdstrike",outcome="removed"} 1"#),
        "{metrics}"
    );

    // A broken file is not taken, and says why; the old accounts stay.
    let good = fs::read_to_string(tenants.accounts()).unwrap();
    fs::write(
        tenants.accounts(),
        good.replace("client_credentials", "client_credentails"),
    )
    .unwrap();
    service.signal("-HUP");
    let refused = service.event("reload_refused");
    assert!(
        refused["reason"]
            .as_str()
            .unwrap()
            .contains("credentials.type: must be one of client_credentials"),
        "{refused}"
    );
    let ready = http(&service.metrics, "GET /readyz", "");
    assert!(
        ready.starts_with("HTTP/1.1 503 ") && ready.contains("credentials.type"),
        "{ready}"
    );
    assert!(http(&service.address, post, &body).contains("already_absent"));
    fs::write(tenants.accounts(), good).unwrap();
    service.event("reloaded");
    assert!(http(&service.address, "GET /readyz", "").starts_with("HTTP/1.1 200 "));

    service.signal("-TERM");
    service.event("stopped");
    let started = Instant::now();
    assert_eq!(service.child.wait().unwrap().code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_configuration_that_is_broken_does_not_start() {
    let folder = Folder::new();
    let accounts = folder.write("accounts.json", r#"{"acme": {"provider": "okta"}}"#);
    let tokens = tokens(&folder, &["acme", "elsewhere"]);
    let listen = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--metrics",
        "127.0.0.1:0",
        "--accounts",
        text(&accounts),
    ];
    run([&listen[..], &["--tokens", &tokens]].concat())
        .ends(3)
        .says("account acme: provider: must be one of")
        .says("token demo: accounts: there is no account `elsewhere`");
    run(listen).ends(2).says("--tokens");
    run([&listen[..], &["--tokens", &tokens, "--tls-cert", "x"]].concat()).ends(2);
}

#[test]
fn the_sandboxes_service_says_where_everything_is() {
    let mut child = program()
        .args(["serve", "--sandbox", "--port", "0", "--sandbox-port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("curl -i") {
        assert!(out.read_line(&mut said).unwrap() > 0, "{said}");
    }
    let address = said
        .split("http://")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    let answer = http(&address, "GET /healthz", "");
    Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    let status = child.wait().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(status.code(), Some(0));
    for text in [
        "demo-token",
        "demo-crowdstrike",
        "ann.lee@example.com",
        "help_desk",
        "demo-teamviewer",
    ] {
        assert!(said.contains(text), "{text}\n{said}");
    }
    assert!(said.matches("http://127.0.0.1:").count() >= 7, "{said}");
}
