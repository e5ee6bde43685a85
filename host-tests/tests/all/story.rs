//! The whole story over HTTP: who holds what, a plan, its approval, the revoke, the receipt; and every way in which it is refused.

use std::time::Duration;

use host::{
    guests::Artifact,
    network::{Fault, Rule},
    service::Service,
};
use sandboxes::crowdstrike::DEMO_HOME_CID;
use serde_json::{Value, json};
use unassign_role::{
    approval::{Shown, Terms, sign},
    keys::{PrivateKey, PublicKey},
    receipt,
};

use crate::{
    fixture::{ACCOUNT, ANN, Answer, Post, START, World, account, tokens},
    on_both,
};

pub fn alice() -> PrivateKey {
    PrivateKey::of_seed(&[7; 32])
}

pub fn receipt_key() -> PrivateKey {
    PrivateKey::of_seed(&[9; 32])
}

/// A service whose account takes only what Alice approves.
pub fn service(artifact: Artifact, world: &World) -> Service {
    service_of(artifact, world, ACCOUNT, account())
}

/// The same with another account.
pub fn service_of(artifact: Artifact, world: &World, id: &str, mut account: Value) -> Service {
    let settings = &mut account["settings"];
    if settings["approvers"].is_null() {
        settings["approvers"] = json!([{"name": "alice", "key": alice().public().to_jwk()}]);
    }
    settings["approval_required"] = json!(true);
    Service::builder(artifact, &world.network, world.clock)
        .tokens(&tokens())
        .account(id, account)
        .secret("crowdstrike", "demo-secret")
        .setting("receipt_key", &receipt_key().to_jwk().to_string())
        .start()
        .unwrap()
}

fn good() -> Value {
    json!({"id": ANN, "roles": [{"id": "event_viewer"}]})
}

pub fn get(path: &str) -> Post {
    Post {
        method: "GET",
        path: path.to_owned(),
        body: String::new(),
        ..Post::json(&json!({}))
    }
}

pub async fn plan(service: &Service) -> String {
    let answer = Post::json(&good()).query("&mode=plan").to(service).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["plan"].as_str().unwrap().to_owned()
}

pub fn approve(plan: &str, key: &PrivateKey, at: Duration) -> String {
    let terms = Terms {
        reference: String::from("CHG-1042"),
        issued_at: at,
        lifetime: Duration::from_secs(600),
        nonce: [1; 16],
    };
    sign(&Shown::of(plan).unwrap(), key, &terms).unwrap()
}

pub fn bound(plan: &str, approval: Option<&str>) -> Value {
    let mut body = good();
    body["options"] = json!({"binding": {"plan": plan, "approval": approval}});
    body
}

pub async fn approved(service: &Service) -> Answer {
    let plan = plan(service).await;
    let approval = approve(&plan, &alice(), START);
    Post::json(&bound(&plan, Some(&approval))).to(service).await
}

on_both! {
    async fn know_plan_approve_revoke_and_prove(artifact) {
        let world = World::new();
        let service = service(artifact, &world);
        let shown = get(&format!("/unified/user-directory/users/{ANN}?integrated_account_id={ACCOUNT}")).to(&service).await;
        assert_eq!((shown.status, &shown.body["whole"]), (200, &json!(true)), "{shown:?}");
        assert_eq!(shown.header("cache-control"), "no-store");
        let grants = shown.body["role_grants"].as_array().unwrap();
        let viewer = grants.iter().find(|grant| grant["role_id"] == "event_viewer").unwrap();
        assert_eq!((&viewer["removable"], &viewer["selector"]["role"]["id"]), (&json!("yes"), &json!("event_viewer")));
        let listed = get(&format!("/unified/user-directory/roles?integrated_account_id={ACCOUNT}")).to(&service).await;
        assert_eq!(listed.status, 200, "{listed:?}");
        assert!(listed.body["roles"].as_array().unwrap().iter().any(|role| role["id"] == "event_viewer"), "{listed:?}");

        let answer = approved(&service).await;
        assert_eq!((answer.status, answer.outcomes()), (200, vec!["removed"]), "{answer:?}");
        assert!(!world.demo.holds(ANN, DEMO_HOME_CID, "event_viewer"));

        let keys = get("/.well-known/jwks.json").to(&service).await;
        let keys = PublicKey::parse_set(&keys.body.to_string()).unwrap();
        let claims = receipt::verify(answer.body["receipt"].as_str().unwrap(), &keys).unwrap();
        let approval = claims.approval.clone().unwrap();
        assert_eq!((approval.approver.as_str(), approval.reference.as_str()), ("alice", "CHG-1042"));
        assert_eq!(claims.before.len(), 1);
        assert_eq!(claims.after, Some(Vec::new()));
        assert_eq!(receipt::restore_list(&claims).gone, claims.before);

        let verified = Post::json(&good()).query("&mode=verify").to(&service).await;
        assert_eq!((verified.status, verified.outcomes()), (200, vec!["already_absent"]), "{verified:?}");
        assert!(receipt::verify(verified.body["receipt"].as_str().unwrap(), &keys).is_ok());
    }
}

on_both! {
    async fn what_is_not_approved_as_it_is_is_not_sent(artifact) {
        let world = World::new();
        let service = service(artifact, &world);
        let plan = plan(&service).await;
        let late = START - Duration::from_secs(7_200);
        let good_token = approve(&plan, &alice(), START);
        let other = plan.replace("event_viewer", "dashboard_admin");
        for (body, status, code) in [
            (good(), 403, "approval_required"),
            (bound(&plan, None), 403, "approval_required"),
            (bound(&plan, Some(&approve(&plan, &receipt_key(), START))), 403, "approval_refused"),
            (bound(&plan, Some(&approve(&plan, &alice(), late))), 403, "approval_refused"),
            (bound(&other, Some(&good_token)), 403, "approval_refused"),
            (bound(&plan, Some("eyJhbGciOiJub25lIn0.e30.")), 403, "approval_refused"),
            (bound(&format!("{plan} "), Some(&good_token)), 400, "invalid_request"),
        ] {
            let answer = Post::json(&body).to(&service).await;
            assert_eq!((answer.status, answer.header("x-error-code")), (status, code), "{answer:?}");
            assert!(world.demo.holds(ANN, DEMO_HOME_CID, "event_viewer"));
        }
    }
}

/// The answer where the provider's clock is an hour behind.
pub async fn with_a_wrong_clock(artifact: Artifact) -> Answer {
    let world = World::new();
    let service = service(artifact, &world);
    let plan = plan(&service).await;
    let date = ("date", String::from("Sat, 31 Jan 2026 08:30:00 GMT"));
    let limited = Fault::Answer(429, vec![("retry-after", String::from("1")), date], String::from("{}"));
    world.network.inject(Rule {
        times: 1,
        ..Rule::always("/user-management/", limited)
    });
    let approval = approve(&plan, &alice(), START);
    let answer = Post::json(&bound(&plan, Some(&approval))).to(&service).await;
    assert!(world.demo.holds(ANN, DEMO_HOME_CID, "event_viewer"));
    answer
}

on_both! {
    async fn everything_goes_only_with_the_token_for_it_and_a_person_in_mind(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        let everything = |options: Value| json!({"id": ANN, "everything": true, "options": options});
        let unbound = Post::json(&everything(json!({}))).to(&service).await;
        assert_eq!((unbound.status, &unbound.body["field"]), (400, &json!("everything")), "{unbound:?}");
        let named = json!({"id": ANN, "everything": true, "roles": [{"id": "event_viewer"}]});
        assert_eq!(Post::json(&named).to(&service).await.status, 400);
        let before = world.demo.grants(ANN);
        let wrong = everything(json!({"expect": {"email": "nobody@example.com"}}));
        assert_eq!(Post::json(&wrong).to(&service).await.status, 422);
        assert_eq!(world.demo.grants(ANN), before);
        let answer = Post::json(&everything(json!({"expect": {"email": "ann.lee@example.com"}}))).to(&service).await;
        assert!(answer.outcomes().iter().all(|outcome| *outcome == "removed"), "{answer:?}");
        assert!(!world.demo.holds(ANN, DEMO_HOME_CID, "event_viewer"));
    }
}
