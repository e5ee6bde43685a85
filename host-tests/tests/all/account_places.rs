//! Accounts in a variable or a file of their own: one environment variable holds no more than a few hundred accounts.

use std::{fs, path::PathBuf};

use host::{
    guests::Artifact,
    service::{Builder, Service},
};
use serde_json::{Value, json};
use unassign_role::http_api::token_digest;

use crate::fixture::{ANN, Answer, Post, TOKEN, World, account};

const IDS: [&str; 5] = ["acme.prod", "acme-prod", "acme", "beta", "../beta"];

/// The folder of a test, which ends with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("unassign-role-{}-{name}", std::process::id()));
        fs::create_dir_all(path.join("within")).unwrap();
        Self(path)
    }

    fn write(&self, file: &str, account: &str) {
        fs::write(self.0.join("within").join(file), account).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn builder(world: &World) -> Builder {
    let tokens = json!([{"name": "tests", "sha256": token_digest(TOKEN), "accounts": IDS, "may": ["read", "plan"]}]);
    Service::builder(Artifact::Wasi, &world.network, world.clock).tokens(&tokens)
}

fn of(id: &str, secret: &str) -> Value {
    let mut account = account();
    account["id"] = json!(id);
    account["credentials"]["client_secret"] = json!({"secret": secret});
    account
}

async fn read(service: &Service, account: &str) -> Answer {
    let mut call = Post::json(&Value::Null);
    call.method = "GET";
    let account = account.replace('/', "%2F");
    call.path = format!("/unified/user-directory/users/{ANN}?integrated_account_id={account}");
    call.body.clear();
    call.to(service).await
}

fn fault(service: &Service) -> Value {
    serde_json::from_str(service.log().last().unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_account_stands_in_a_variable_of_its_own() {
    let world = World::new();
    let service = builder(&world)
        .setting("account_acme_prod", &of("acme-prod", "acme-prod_secret").to_string())
        .secret("acme-prod_secret", "demo-secret")
        .start()
        .unwrap();
    assert_eq!(read(&service, "acme-prod").await.status, 200);
    let calls = world.network.calls().len();
    // It shares the variable.
    let other = read(&service, "acme.prod").await;
    assert_eq!((other.status, other.header("x-error-code")), (500, "invalid_account"));
    let line = fault(&service);
    assert_eq!(
        (&line["variable"], &line["field"]),
        (&json!("UNASSIGN_ROLE_ACCOUNT_ACME_PROD"), &json!("id"))
    );
    // A token names it, and it is nowhere.
    assert_eq!(read(&service, "beta").await.status, 404);
    assert_eq!(world.network.calls().len(), calls);
}

#[tokio::test(start_paused = true)]
async fn an_account_in_two_places_is_an_error() {
    let world = World::new();
    let folder = Folder::new("two-places");
    let own = of("acme", "acme_secret");
    let start = |builder: Builder| builder.secret("acme_secret", "demo-secret").start().unwrap();
    let listed = || builder(&world).account("acme", of("acme", "acme_secret"));
    let variable = |builder: Builder| builder.setting("account_acme", &own.to_string());
    let file = |builder: Builder| {
        builder
            .setting("accounts_dir", "/accounts/within")
            .folder(&folder.0, "/accounts")
    };
    folder.write("acme.json", &own.to_string());
    for service in [
        start(variable(listed())),
        start(file(listed())),
        start(file(variable(builder(&world)))),
    ] {
        let answer = read(&service, "acme").await;
        assert_eq!(
            (answer.status, answer.header("x-error-code")),
            (500, "invalid_configuration")
        );
        let message = fault(&service)["message"].to_string();
        assert!(
            message.contains("stands in") && message.contains(" and in "),
            "{message}"
        );
    }
    assert!(world.network.calls().is_empty());
    assert_eq!(read(&start(listed()), "acme").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_account_stands_in_a_file_that_may_change_without_a_restart() {
    let world = World::new();
    let folder = Folder::new("file");
    let service = builder(&world)
        .setting("accounts_dir", "/accounts/within")
        .folder(&folder.0, "/accounts")
        .account("beta", account())
        .secret("crowdstrike", "demo-secret")
        .secret("acme_secret", "demo-secret")
        .start()
        .unwrap();
    assert_eq!(read(&service, "acme").await.status, 404);
    folder.write("acme.json", &of("acme", "acme_secret").to_string());
    assert_eq!(read(&service, "acme").await.status, 200);
    let long = format!("{}{}", of("acme", "acme_secret"), " ".repeat(128 * 1024));
    let copied = of("beta", "acme_secret").to_string();
    let without_id = account().to_string();
    for broken in ["{", "", copied.as_str(), without_id.as_str(), long.as_str()] {
        folder.write("acme.json", broken);
        assert_eq!(read(&service, "acme").await.status, 500, "{broken:.80}");
        // It is the fault of this account only.
        assert_eq!(read(&service, "beta").await.status, 200);
    }
    fs::remove_file(folder.0.join("within/acme.json")).unwrap();
    assert_eq!(read(&service, "acme").await.status, 404);
    // No id is a path.
    fs::write(folder.0.join("beta.json"), of("../beta", "acme_secret").to_string()).unwrap();
    assert_eq!(read(&service, "../beta").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_the_host_does_not_give_is_an_error_and_not_an_absent_account() {
    let world = World::new();
    let service = builder(&world).setting("accounts_dir", "/elsewhere").start().unwrap();
    let answer = read(&service, "acme").await;
    assert_eq!(
        (answer.status, answer.header("x-error-code")),
        (500, "invalid_configuration")
    );
    assert!(fault(&service)["message"].to_string().contains("/elsewhere"));
}

#[tokio::test(start_paused = true)]
async fn an_account_of_its_own_place_names_only_its_own_secrets_and_the_shared_ones() {
    let world = World::new();
    let service = |secret: &str, shared: &str| {
        builder(&world)
            .setting("account_acme", &of("acme", secret).to_string())
            .setting("shared_secrets", shared)
            .secret(secret, "demo-secret")
            .start()
            .unwrap()
    };
    for (secret, shared, status) in [
        ("acme_secret", "", 200),
        ("acme", "", 200),
        ("acme2_secret", "", 500),
        ("beta_secret", "", 500),
        ("beta_secret", "beta", 500),
        ("ACME_secret", "", 500),
        ("tenant_secret", "other, tenant_secret", 200),
    ] {
        assert_eq!(
            read(&service(secret, shared), "acme").await.status,
            status,
            "{secret} {shared}"
        );
    }
}
