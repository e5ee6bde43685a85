//! Hosts, credentials, organizations of the account, and what passes through.

use host::{
    network::Network,
    typed::types::{self, Outcome, SideEffect},
};
use sandboxes::jumpcloud::{DEMO_CLIENT, DEMO_ORGANIZATION, DEMO_ORGANIZATIONS};

use super::{ANN, ANN_ADMIN, World, group, take_the_last_role};
use crate::fixture::{allowing, by_name, dry, outcomes};

#[tokio::test(start_paused = true)]
async fn the_organization_goes_with_every_call() {
    let mut world = World::new();
    world.demo.require_organization(DEMO_ORGANIZATION);
    assert_eq!(world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err().status, 401);
    world.account.settings = format!(r#"{{"org_id": "{DEMO_ORGANIZATION}"}}"#);
    assert!(world.call(ANN, &[by_name("Help Desk")]).await.is_ok());
    let elsewhere = types::Role {
        organization: Some(String::from("5b0000000000000000000001")),
        ..by_name("Manager")
    };
    let failure = world.call(ANN, &[elsewhere]).await.unwrap_err();
    assert_eq!((failure.outcomes[0].outcome, failure.status), (Outcome::Unknown, 403));
}

#[tokio::test(start_paused = true)]
async fn limits_and_credentials() {
    let world = World::new();
    world.demo.rate_limit_next(2);
    assert!(world.call(ANN, &[by_name("Help Desk")]).await.is_ok());
    world.demo.refuse_key();
    let failure = world.call(ANN, &[by_name("Manager")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (401, false));
}

#[tokio::test(start_paused = true)]
async fn the_region_eu_has_its_own_host() {
    let mut world = World::new();
    world.network = Network::default();
    world.network.route("console.eu.jumpcloud.com", world.demo.router());
    world.account.settings = String::from(r#"{"region": "eu"}"#);
    let answer = world.call(ANN, &[by_name("Help Desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_service_account_gets_a_token_and_another_one_when_it_is_refused() {
    let mut world = World::new();
    world.demo.take_client();
    world
        .network
        .route("admin-oauth.id.jumpcloud.com", world.demo.token_router());
    let client = |secret: &str| {
        types::Credentials::ClientCredentials(types::ClientCredentials {
            client_id: DEMO_CLIENT.0.to_owned(),
            client_secret: secret.to_owned(),
            member_cid: types::Narrowing::Anywhere,
        })
    };
    world.account.credentials = client("wrong-secret");
    let failure = world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (401, false));
    world.account.credentials = client(DEMO_CLIENT.1);
    let answer = world.call(ANN, &[by_name("Help Desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    let calls = world.network.calls();
    let api = calls.iter().filter(|call| call.authority == "console.jumpcloud.com");
    for call in api {
        let header = |name: &str| call.headers.iter().any(|(known, _)| known == name);
        assert!(header("authorization") && !header("x-api-key"), "{call:?}");
    }
    assert!(!format!("{answer:?}").contains("demo-access-token"));
    world.account.settings = String::from(r#"{"region": "eu"}"#);
    let failure = world.call(ANN, &[by_name("Manager")]).await.unwrap_err();
    assert_eq!(failure.field.as_deref(), Some("settings.token_url"), "{failure:?}");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_the_organization_that_goes_with_the_request() {
    let mut world = World::new();
    world.account.settings = format!(r#"{{"org_id": "{DEMO_ORGANIZATION}"}}"#);
    let success = world.call_with(ANN, &[by_name("Help Desk")], dry()).await.unwrap();
    let header = (String::from("x-org-id"), DEMO_ORGANIZATION.to_owned());
    let headers = &success.planned_requests[0].headers;
    assert!(headers.contains(&header), "{headers:?}");
    assert!(
        headers.contains(&(String::from("x-api-key"), String::from("[REDACTED]"))),
        "{headers:?}"
    );
    assert!(headers.iter().all(|(name, _)| name != "authorization"), "{headers:?}");
}

#[tokio::test(start_paused = true)]
async fn remote_data_goes_into_the_body_and_is_refused_where_there_is_none() {
    let mut world = World::new();
    world.remote_data = Some(String::from(r#"{"note": "leaver"}"#));
    assert!(world.call(ANN, &[by_name("Help Desk")]).await.is_ok());
    let leave = allowing(&[SideEffect::LeaveGroup]);
    assert!(world.call_with(ANN, &[group("On Call")], leave).await.is_ok());
    let calls = world.network.calls();
    for method in ["PUT", "POST"] {
        let body = &calls.iter().find(|call| call.method == method).unwrap().body;
        let body: serde_json::Value = serde_json::from_slice(body).unwrap();
        assert_eq!(body["note"], "leaver", "{method} {body}");
    }
    let failure = take_the_last_role(&world).await.unwrap_err();
    assert_eq!((failure.status, failure.field.as_deref()), (400, Some("remote_data")));
    world.organizations = World::at(DEMO_ORGANIZATIONS[0].0).organizations;
    let failure = world
        .call_with(ANN, &[], allowing(&[SideEffect::RemoveOrganizationAccess]))
        .await
        .unwrap_err();
    assert_eq!((failure.status, failure.field.as_deref()), (400, Some("remote_data")));
    assert!(world.demo.is_linked(ANN_ADMIN, DEMO_ORGANIZATIONS[0].0));
    world.remote_data = Some(String::from(r#"{"attributes": {}}"#));
    assert_eq!(world.call(ANN, &[]).await.unwrap_err().status, 400);
}
