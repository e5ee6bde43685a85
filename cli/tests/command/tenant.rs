//! Accounts of one's own, at providers over real sockets with TLS that a test authority has certified.

use std::{
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{Router, extract::Request, middleware};
use sandboxes::{
    Clock, blackline::BlackLine, crowdstrike::CrowdStrike, elastic_cloud::ElasticCloud, jumpcloud::JumpCloud,
    slack_enterprise::Slack, teamviewer::TeamViewer,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, runtime::Runtime, sync::watch};

use crate::program::{Folder, Said, program, run, text};

#[path = "../../../host/tests/authority/mod.rs"]
mod authority;

use authority::Authority;

/// Six providers, and the accounts at them.
pub struct Tenants {
    _runtime: Runtime,
    authority: Authority,
    folder: Folder,
    /// Methods and paths of what arrived.
    seen: Arc<Mutex<Vec<String>>>,
    /// Whether CrowdStrike lets writes wait.
    writes_wait: watch::Sender<bool>,
    pub crowdstrike: CrowdStrike,
}

impl Tenants {
    pub fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let authority = Authority::new();
        let folder = Folder::new();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let writes_wait = watch::Sender::new(false);
        let serve = |router: Router| {
            let (seen, waits) = (Arc::clone(&seen), writes_wait.clone());
            let router = router.layer(middleware::from_fn(move |request: Request, next: middleware::Next| {
                let call = format!("{} {}", request.method(), request.uri().path());
                let mut waits = call.contains("/user-role-actions/").then(|| waits.subscribe());
                seen.lock().unwrap().push(call);
                async move {
                    if let Some(waits) = &mut waits {
                        waits.wait_for(|waits| !waits).await.unwrap();
                    }
                    next.run(request).await
                }
            }));
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let url = format!("https://{}", listener.local_addr().unwrap());
                let encrypted = authority.encrypted(listener, &["127.0.0.1"]);
                tokio::spawn(async move { axum::serve(encrypted, router).await });
                url
            })
        };
        let guard = runtime.enter();
        let clock = Clock::starting_at(SystemTime::now().duration_since(UNIX_EPOCH).unwrap());
        let crowdstrike = CrowdStrike::demo(clock);
        let urls = [
            serve(BlackLine::demo(clock).router()),
            serve(crowdstrike.router()),
            serve(ElasticCloud::demo(clock).router()),
            serve(JumpCloud::demo(clock).router()),
            serve(Slack::demo(clock).router()),
            serve(TeamViewer::demo(clock).router()),
        ];
        drop(guard);
        folder.write("slack-token", &format!("{}\n", sandboxes::slack_enterprise::DEMO_TOKEN));
        let [blackline, falcon, elastic, jumpcloud, slack, teamviewer] = urls;
        let accounts = json!({
            "blackline": {"provider": "blackline", "base_url": blackline, "credentials": {
                "type": "password", "username": "demo-api", "password": {"secret": "key"}, "client_id": "demo-client",
                "client_secret": {"command": ["echo", "demo-secret"]}, "scope": "bl.users instance_0f8c"}},
            "crowdstrike": {"provider": "crowdstrike", "base_url": falcon, "tags": ["production"], "credentials": {
                "type": "client_credentials", "client_id": "demo-client", "client_secret": {"command": ["echo", "demo-secret"]}}},
            "elastic": {"provider": "elastic_cloud", "base_url": format!("{elastic}/api/v1"), "credentials": {
                "type": "api_key", "api_key": sandboxes::elastic_cloud::DEMO_KEY}},
            "jumpcloud": {"provider": "jumpcloud", "base_url": jumpcloud, "credentials": {
                "type": "api_key", "api_key": sandboxes::jumpcloud::DEMO_KEY}},
            "slack": {"provider": "slack_enterprise", "base_url": slack, "credentials": {
                "type": "bearer_token", "token": {"file": "slack-token"}}},
            "teamviewer": {"provider": "teamviewer", "base_url": format!("{teamviewer}/api/v1"), "credentials": {
                "type": "bearer_token", "token": sandboxes::teamviewer::DEMO_TOKEN}},
            "wrong": {"provider": "crowdstrike", "base_url": falcon, "credentials": {
                "type": "client_credentials", "client_id": "demo-client", "client_secret": "another"}},
            "closed": {"provider": "crowdstrike", "base_url": "https://127.0.0.1:9", "credentials": {
                "type": "client_credentials", "client_id": "demo-client", "client_secret": "demo-secret"}},
        });
        folder.write("accounts.json", &accounts.to_string());
        Self {
            _runtime: runtime,
            authority,
            folder,
            seen,
            writes_wait,
            crowdstrike,
        }
    }

    pub fn accounts(&self) -> String {
        text(&self.folder.path("accounts.json")).to_owned()
    }

    pub fn authority(&self) -> String {
        text(&self.authority.file()).to_owned()
    }

    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Lets writes at CrowdStrike wait, or go on.
    pub fn hold_writes(&self, wait: bool) {
        self.writes_wait.send_replace(wait);
    }

    /// Whether this method and path arrived.
    pub fn has_seen(&self, call: &str) -> bool {
        self.seen.lock().unwrap().iter().any(|seen| seen == call)
    }

    fn run(&self, account: &str, arguments: &[&str]) -> Said {
        let said = program()
            .args(arguments)
            .args([
                "--accounts",
                &self.accounts(),
                "--account",
                account,
                "--ca",
                &self.authority(),
            ])
            .env("UNASSIGN_ROLE_SECRET_KEY", "demo-key")
            .output()
            .unwrap();
        Said::of(said)
    }

    /// What arrived, and is forgotten now.
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

/// The options that select a grant, as `show` names them.
fn selector(grant: &Value) -> Vec<String> {
    let role = &grant["selector"]["role"];
    let mut options = Vec::new();
    for (option, value) in [
        ("--role", &role["id"]),
        ("--group", &role["group"]),
        ("--organization", &role["organization"]),
        ("--workspace", &role["workspace"]),
    ] {
        if let Some(value) = value.as_str() {
            options.extend([option.to_owned(), value.to_owned()]);
        }
    }
    options
}

#[test]
fn every_provider_is_shown_planned_removed_and_verified_over_tls() {
    let tenants = Tenants::start();
    for (account, user) in [
        ("blackline", "301"),
        ("crowdstrike", "ann.lee@example.com"),
        ("elastic", "ann.lee@example.com"),
        ("jumpcloud", "ann.lee@example.com"),
        ("slack", "ann.lee@example.com"),
        ("teamviewer", "ann.lee@example.com"),
    ] {
        let held = |said: Said| said.ends(0).json()["role_grants"].as_array().unwrap().clone();
        let before = held(tenants.run(account, &["show", user, "--json"]));
        let grant = before
            .iter()
            .find(|grant| {
                grant["removable"] == "yes" && grant["kind"] == "role" && !grant["selector"]["role"]["id"].is_null()
            })
            .unwrap_or_else(|| panic!("{account}: {before:?}"));
        let selector = selector(grant);
        let with = |verb: &'static str, more: &[&'static str]| -> Vec<String> {
            let words = [verb, user].into_iter().chain(more.iter().copied()).map(str::to_owned);
            words.chain(selector.iter().cloned()).collect()
        };
        let call = |words: Vec<String>| tenants.run(account, &words.iter().map(String::as_str).collect::<Vec<_>>());
        tenants.seen();
        call(with("plan", &[])).ends(0).says("planned");
        let sent = tenants.seen();
        assert!(
            !sent
                .iter()
                .any(|call| call.starts_with("DELETE") || call.starts_with("PUT")),
            "{account}: {sent:?}"
        );
        call(with("verify", &[])).ends(1).says("held");
        call(with("revoke", &["--yes"])).ends(0).says("1 removed");
        let after = held(tenants.run(account, &["show", user, "--json"]));
        assert_eq!(after.len(), before.len() - 1, "{account}: {before:?} {after:?}");
        let verified = call(with("verify", &["--json"]));
        assert!(
            matches!(verified.code, Some(0 | 4)),
            "{account}: {}{}",
            verified.out,
            verified.err
        );
        // CrowdStrike proves absence only by a revoke.
        let outcome = verified.json()["role_outcomes"][0]["outcome"].clone();
        assert!(
            outcome == "already_absent" || outcome == "unknown",
            "{account}: {outcome}"
        );
    }
    let ann = sandboxes::crowdstrike::DEMO_USERS[0].0;
    assert_eq!(
        tenants.crowdstrike.grants(ann).len(),
        6,
        "one of seven is gone at the provider itself"
    );
}

#[test]
fn a_provider_that_refuses_or_cannot_be_reached_is_exit_code_4() {
    let tenants = Tenants::start();
    let user = "ann.lee@example.com";
    tenants.run("wrong", &["show", user]).ends(4).says("rotate them");
    tenants
        .run(
            "closed",
            &["revoke", user, "--role", "event_viewer", "--yes", "--deadline", "3s"],
        )
        .ends(4);
    tenants
        .run("wrong", &["accounts", "probe"])
        .ends(4)
        .says("missing  credentials  CrowdStrike refuses them");
    // A certificate that nobody has told it to trust.
    tenants.seen();
    let accounts = tenants.accounts();
    run([
        "show",
        user,
        "--accounts",
        &accounts,
        "--account",
        "crowdstrike",
        "--deadline",
        "3s",
    ])
    .ends(2);
    run(["show", user, "--accounts", &accounts, "--account", "crowdstrike"]).ends(4);
    assert_eq!(
        tenants.seen(),
        [] as [String; 0],
        "nothing is sent over a connection that is not trusted"
    );
}

#[test]
fn a_probe_reads_and_writes_nothing() {
    let tenants = Tenants::start();
    tenants
        .run("crowdstrike", &["accounts", "probe", "--user", "ann.lee@example.com"])
        .ends(0)
        .says("ok       clock")
        .says("rate limit");
    let seen = tenants.seen();
    let is_write = |call: &String| {
        !call.starts_with("GET ") && !call.contains("oauth2") && !call.contains("/GET/") && !call.contains("/queries/")
    };
    assert!(!seen.iter().any(is_write), "{seen:?}");
}

#[test]
fn an_account_with_approvers_takes_only_what_was_approved_and_the_receipt_says_so() {
    let tenants = Tenants::start();
    let folder = tenants.folder();
    let made = |name: &str| {
        let private = run(["keys", "new"]).ends(0).out;
        let file = folder.write(name, &private);
        let public = run(["keys", "public", text(&file)]).ends(0).out;
        (file, private, public)
    };
    let (alice, _, public) = made("alice.jwk");
    let (mallory, ..) = made("mallory.jwk");
    let (_, receipt_key, receipt_public) = made("receipt.jwk");
    let all: Value = serde_json::from_str(&folder.read("accounts.json")).unwrap();
    let mut slack = all["slack"].clone();
    let public: Value = serde_json::from_str(&public).unwrap();
    slack["settings"] = json!({"approvers": [{"name": "alice", "key": public}], "approval_required": true});
    let accounts = folder.write("approved.json", &json!({"slack": slack}).to_string());
    let call = |arguments: &[&str]| {
        let output = program()
            .args(arguments)
            .args(["--accounts", text(&accounts), "--ca", &tenants.authority()])
            .env("UNASSIGN_ROLE_RECEIPT_KEY", receipt_key.trim())
            .output()
            .unwrap();
        Said::of(output)
    };
    let ann = "ann.lee@example.com";
    tenants.seen();
    call(&["revoke", ann, "--role-name", "Channels Admin", "--yes"])
        .ends(1)
        .says("takes only approved removals");
    assert_eq!(tenants.seen(), [] as [String; 0]);

    let plan = folder.path("plan.json");
    call(&["plan", ann, "--role-name", "Channels Admin", "--out", text(&plan)])
        .ends(0)
        .says("approve");
    let approve = |key: &std::path::Path| {
        let approval = run([
            "approve",
            text(&plan),
            "--key",
            text(key),
            "--reference",
            "CHG-1",
            "--yes",
        ])
        .ends(0)
        .out;
        folder.write("approval.jwt", &approval)
    };
    let forged = approve(&mallory);
    call(&["revoke", "--plan", text(&plan), "--approval", text(&forged)])
        .ends(1)
        .says("approved again");
    call(&["revoke", "--plan", text(&plan)]).ends(1).says("approv");
    let approval = approve(&alice);
    let receipt = folder.path("receipt.jwt");
    call(&[
        "revoke",
        "--plan",
        text(&plan),
        "--approval",
        text(&approval),
        "--receipt",
        text(&receipt),
    ])
    .ends(0)
    .says("1 removed")
    .says("keep the receipt");
    let keys = folder.write("keys.jwk", &receipt_public);
    let claims = run(["receipt", "verify", text(&receipt), "--key", text(&keys), "--json"])
        .ends(0)
        .json();
    assert_eq!(claims["approval"]["approver"], "alice", "{claims}");
    run(["receipt", "restore-list", text(&receipt), "--key", text(&keys)])
        .ends(0)
        .says("Rl01");
}

#[test]
fn a_removal_that_would_have_no_receipt_is_not_begun_if_one_is_asked_for() {
    let tenants = Tenants::start();
    let receipt = tenants.folder().path("receipt.jwt");
    let mut revoke = vec![
        "revoke",
        "ann.lee@example.com",
        "--role-name",
        "Channels Admin",
        "--yes",
    ];
    revoke.extend(["--receipt", text(&receipt)]);
    let refused = tenants.run("slack", &revoke).ends(3);
    let refused = refused.says("UNASSIGN_ROLE_RECEIPT_KEY").says("nothing was sent");
    assert!(!refused.out.contains("removed"), "{}", refused.out);
    assert_eq!(tenants.seen(), [] as [String; 0]);
    assert!(!receipt.exists());
}
