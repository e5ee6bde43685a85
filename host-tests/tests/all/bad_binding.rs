//! Plans and approvals that are not what they should be: each is a clear refusal, and nothing is sent.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use host::service::Service;
use sandboxes::crowdstrike::DEMO_HOME_CID;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use unassign_role::{
    keys::{PrivateKey, PublicKey},
    receipt,
};

use crate::{
    fixture::{ACCOUNT, ANN, Answer, Post, START, World, account},
    on_both,
    story::{alice, approve, approved, bound, get, plan, receipt_key, service, service_of, with_a_wrong_clock},
};

const ALICE: [u8; 32] = [7; 32];
const BOB: [u8; 32] = [8; 32];

fn part(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// A compact JWS of these texts, signed by whoever.
fn jws(header: &str, payload: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let input = format!("{}.{}", part(header), part(payload));
    let signature = sign(input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn by(seed: [u8; 32]) -> impl Fn(&[u8]) -> Vec<u8> {
    move |input| SigningKey::from_bytes(&seed).sign(input).to_bytes().to_vec()
}

fn hmac(key: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> + use<> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    move |input| {
        let inner = Sha256::new()
            .chain_update(block.map(|byte| byte ^ 0x36))
            .chain_update(input);
        let outer = Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c));
        outer.chain_update(inner.finalize()).finalize().to_vec()
    }
}

fn kid(seed: [u8; 32]) -> String {
    PrivateKey::of_seed(&seed).public().kid()
}

fn header(more: &Value) -> String {
    let mut header = json!({"alg": "EdDSA", "kid": kid(ALICE), "typ": "unassign-role-approval+jwt"});
    header
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    header.to_string()
}

fn digest(plan: &str) -> String {
    unassign_role::http_api::token_digest(plan)
}

fn payload(plan: &str, more: &Value) -> String {
    let now = START.as_secs();
    let mut payload = json!({
        "account": ACCOUNT, "exp": now + 600, "iat": now, "jti": "1", "plan_digest": digest(plan), "reference": "CHG-1042",
    });
    payload
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    payload.to_string()
}

async fn send(service: &Service, plan: &str, approval: &str) -> Answer {
    Post::json(&bound(plan, Some(approval))).to(service).await
}

fn nothing_was_sent(world: &World) {
    assert!(world.demo.holds(ANN, DEMO_HOME_CID, "event_viewer"));
    assert!(world.demo.revocations().is_empty());
}

on_both! {
    async fn an_approval_that_is_not_exactly_one_is_refused(artifact) {
        let world = World::new();
        let service = service(artifact, &world);
        let plan = plan(&service).await;
        let good = payload(&plan, &json!({}));
        let alices = header(&json!({}));
        let public = alice().public();
        let raw_public = SigningKey::from_bytes(&ALICE).verifying_key().to_bytes();
        let twice = good.replacen('{', r#"{"account":"other","#, 1);
        let late = START.as_secs() - 7_200;
        for (name, token) in [
            ("alg none, unsigned", jws(&header(&json!({"alg": "none"})), &good, |_| Vec::new())),
            ("alg none, signed", jws(&header(&json!({"alg": "none"})), &good, by(ALICE))),
            ("RS256", jws(&header(&json!({"alg": "RS256"})), &good, by(ALICE))),
            ("an HMAC with the public key", jws(&header(&json!({"alg": "HS256"})), &good, hmac(&raw_public))),
            ("an HMAC called EdDSA", jws(&alices, &good, hmac(&raw_public))),
            ("a crit that nobody knows", jws(&header(&json!({"crit": ["b64"], "b64": false})), &good, by(ALICE))),
            ("a key in the header", jws(&header(&json!({"jwk": public.to_jwk()})), &good, by(ALICE))),
            ("its own key in the header", jws(&header(&json!({"jwk": PrivateKey::of_seed(&BOB).public().to_jwk(), "kid": kid(BOB)})), &good, by(BOB))),
            ("a key that is not the account's", jws(&header(&json!({"kid": kid(BOB)})), &good, by(BOB))),
            ("alice's name over bob's signature", jws(&alices, &good, by(BOB))),
            ("a payload with a key twice", jws(&alices, &twice, by(ALICE))),
            ("a payload with a name in it", jws(&alices, &payload(&plan, &json!({"approver": "bob"})), by(ALICE))),
            ("expired", jws(&alices, &payload(&plan, &json!({"iat": late, "exp": late + 600})), by(ALICE))),
            ("valid for longer than the account allows", jws(&alices, &payload(&plan, &json!({"exp": START.as_secs() + 3_601})), by(ALICE))),
            ("of another account", jws(&alices, &payload(&plan, &json!({"account": "other"})), by(ALICE))),
            ("of another plan", jws(&alices, &payload("{}", &json!({})), by(ALICE))),
            ("padded", format!("{}=", jws(&alices, &good, by(ALICE)))),
            ("longer than 8 KiB", jws(&alices, &payload(&plan, &json!({"reference": "x".repeat(8_192)})), by(ALICE))),
        ] {
            let answer = send(&service, &plan, &token).await;
            assert_eq!((answer.status, answer.header("x-error-code")), (403, "approval_refused"), "{name}: {answer:?}");
            nothing_was_sent(&world);
        }
        // The same by hand, and nothing wrong with it.
        let answer = send(&service, &plan, &jws(&alices, &good, by(ALICE))).await;
        assert_eq!((answer.status, answer.outcomes()), (200, vec!["removed"]), "{answer:?}");
    }
}

on_both! {
    async fn a_plan_is_of_one_account_and_one_tenant(artifact) {
        let world = World::new();
        let plan = plan(&service(artifact, &world)).await;
        let approval = approve(&plan, &alice(), START);
        let mut elsewhere = account();
        elsewhere["base_url"] = json!("https://api.crowdstrike.com");
        elsewhere["settings"] = json!({});
        let mut other_client = account();
        other_client["credentials"]["client_id"] = json!("other-client");
        world.demo.add_client("other-client", "demo-secret", DEMO_HOME_CID);
        for account in [elsewhere, other_client] {
            let service = service_of(artifact, &world, ACCOUNT, account);
            let answer = send(&service, &plan, &approval).await;
            assert_eq!((answer.status, answer.header("x-error-code")), (422, "plan_changed"), "{answer:?}");
            nothing_was_sent(&world);
        }
        // The same tenant under another id.
        let service = service_of(artifact, &world, "other", account());
        let mut post = Post::json(&bound(&plan, Some(&approval)));
        post.path = post.path.replace(ACCOUNT, "other");
        let answer = post.to(&service).await;
        assert_eq!((answer.status, answer.header("x-error-code")), (403, "approval_refused"), "{answer:?}");
        nothing_was_sent(&world);
    }
}

on_both! {
    async fn what_changed_since_the_approval_is_not_sent(artifact) {
        let world = World::new();
        let service = service(artifact, &world);
        let plan = plan(&service).await;
        let approval = approve(&plan, &alice(), START);
        let mut data = bound(&plan, Some(&approval));
        data["remote_data"] = json!({"note": "x"});
        let mut more = bound(&plan, Some(&approval));
        more["roles"].as_array_mut().unwrap().push(json!({"id": "dashboard_admin"}));
        let mut other = bound(&plan, Some(&approval));
        other["roles"] = json!([{"id": "dashboard_admin"}]);
        for (name, body) in [("remote_data", data), ("one more role", more), ("another role", other)] {
            let answer = Post::json(&body).to(&service).await;
            assert_eq!((answer.status, answer.header("x-error-code")), (422, "plan_changed"), "{name}: {answer:?}");
            assert!(answer.body["plan"].is_string() && answer.body["sent"] == json!(false), "{name}: {answer:?}");
            nothing_was_sent(&world);
        }
    }
}

on_both! {
    async fn a_plan_that_grew_or_was_touched_is_refused(artifact) {
        let world = World::new();
        let service = service(artifact, &world);
        let plan = plan(&service).await;
        let approval = approve(&plan, &alice(), START);
        let mut grown: Value = serde_json::from_str(&plan).unwrap();
        let mut target = grown["targets"][0].clone();
        target["role_id"] = json!("zz_more");
        grown["targets"].as_array_mut().unwrap().push(target);
        let mut pretty: Value = serde_json::from_str(&plan).unwrap();
        pretty.sort_all_objects();
        let pretty = serde_json::to_string_pretty(&pretty).unwrap();
        let twice = plan.replacen('{', r#"{"account":"other","#, 1);
        for (name, plan, status) in [
            ("grown by one role", grown.to_string(), 403),
            ("pretty", pretty, 400),
            ("a key twice", twice, 400),
            ("a lone surrogate", plan.replacen(ACCOUNT, "\\ud800", 1), 400),
            ("an escape that is not needed", plan.replacen("event_viewer", "\\u0065vent_viewer", 1), 400),
        ] {
            let answer = send(&service, &plan, &approval).await;
            assert_eq!(answer.status, status, "{name}: {answer:?}");
            nothing_was_sent(&world);
        }
    }
}

on_both! {
    async fn a_role_granted_after_the_approval_of_everything_stays(artifact) {
        let world = World::new();
        let service = service(artifact, &world);
        let everything = json!({"id": ANN, "everything": true});
        let planned = Post::json(&everything).query("&mode=plan").to(&service).await;
        let plan = planned.body["plan"].as_str().unwrap();
        let approval = approve(plan, &alice(), START);
        world.demo.grant(ANN, DEMO_HOME_CID, "falcon_console_guest");
        let mut body = everything.clone();
        body["options"] = json!({"binding": {"plan": plan, "approval": approval}});
        let answer = Post::json(&body).to(&service).await;
        assert_eq!((answer.status, answer.header("x-error-code")), (422, "plan_changed"), "{answer:?}");
        assert!(answer.body["plan"].as_str().unwrap().contains("falcon_console_guest"), "{answer:?}");
        nothing_was_sent(&world);
    }
}

on_both! {
    async fn a_receipt_is_no_approval_and_one_byte_makes_it_none(artifact) {
        let world = World::new();
        // The receipt's key is an approver's, too: the kind alone tells the tokens apart.
        let mut both = account();
        both["settings"]["approvers"] = json!([{"name": "alice", "key": alice().public().to_jwk()}, {"name": "service", "key": receipt_key().public().to_jwk()}]);
        let service = service_of(artifact, &world, ACCOUNT, both);
        let plan = plan(&service).await;
        let verified = Post::json(&json!({"id": ANN, "roles": [{"id": "event_viewer"}]})).query("&mode=verify").to(&service).await;
        let token = verified.body["receipt"].as_str().unwrap().to_owned();
        let answer = send(&service, &plan, &token).await;
        assert_eq!((answer.status, answer.header("x-error-code")), (403, "approval_refused"), "{answer:?}");
        nothing_was_sent(&world);

        let keys = get("/.well-known/jwks.json").to(&service).await;
        let keys = PublicKey::parse_set(&keys.body.to_string()).unwrap();
        assert!(receipt::verify(&token, &keys).is_ok());
        for at in (0..token.len()).step_by(token.len() / 40) {
            let old = token.as_bytes()[at];
            let new = if old == b'A' { 'B' } else { 'A' };
            let changed = format!("{}{new}{}", &token[..at], &token[at + 1..]);
            assert!(receipt::verify(&changed, &keys).is_err(), "{at}");
        }
        assert!(receipt::verify(&token[..token.len() - 1], &keys).is_err());
        // An approval is no receipt either.
        let mut keys = keys;
        keys.push(alice().public());
        assert!(receipt::verify(&approve(&plan, &alice(), START), &keys).is_err());
    }
}

on_both! {
    async fn clocks_that_differ_are_refused(artifact) {
        let answer = with_a_wrong_clock(artifact).await;
        assert_eq!((answer.status, answer.header("x-error-code")), (500, "clock_wrong"), "{answer:?}");
    }
}

on_both! {
    async fn an_approval_ends_and_until_then_holds(artifact) {
        let world = World::new();
        let service = service(artifact, &world);
        assert_eq!(approved(&service).await.status, 200);
        let plan_of_gone = plan(&service).await;
        let approval = approve(&plan_of_gone, &alice(), START);
        tokio::time::sleep(Duration::from_secs(601)).await;
        let answer = send(&service, &plan_of_gone, &approval).await;
        assert_eq!((answer.status, answer.header("x-error-code")), (403, "approval_refused"), "{answer:?}");
        assert!(answer.body["message"].as_str().unwrap().contains("expired"), "{answer:?}");
    }
}
