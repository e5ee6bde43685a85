//! The calls by account id: accounts, secrets and what the caller may do come from the component's own environment.

use std::time::Duration;

use host::{
    by_account::Operation,
    typed::{
        types::{self, Binding, FailureKind, Mode, SideEffect},
        types_by_account::Caller,
    },
};
use sandboxes::crowdstrike::DEMO_HOME_CID;
use serde_json::{Value, json};
use unassign_role::{
    approval::{Shown, Terms, sign},
    keys::{PrivateKey, PublicKey},
    receipt,
};

use crate::{
    fixture::{ACCOUNT, ANN, START, World, account, by_id, options, outcomes, request},
    record,
};

fn caller() -> Caller {
    Caller {
        actor: Some(String::from("workflow 7")),
    }
}

fn viewer() -> types::Request {
    request(ANN, &[by_id("event_viewer")])
}

fn in_mode(mode: Mode) -> types::Options {
    types::Options { mode, ..options() }
}

fn environment(accounts: &Value, caller: Option<&Value>) -> Vec<(String, String)> {
    let mut variables = vec![
        (String::from("UNASSIGN_ROLE_ACCOUNTS"), accounts.to_string()),
        (
            String::from("UNASSIGN_ROLE_SECRET_CROWDSTRIKE"),
            String::from("demo-secret"),
        ),
    ];
    variables.extend(caller.map(|caller| (String::from("UNASSIGN_ROLE_CALLER"), caller.to_string())));
    variables
}

async fn with(world: &World, variables: Vec<(String, String)>) -> Operation {
    Operation::start(&world.network, world.clock, variables).await.unwrap()
}

async fn permitted(world: &World, caller: Value) -> Operation {
    with(world, environment(&json!({ACCOUNT: account()}), Some(&caller))).await
}

fn lines(operation: &Operation) -> Vec<Value> {
    let lines = operation.lines();
    for line in &lines {
        record::fits_its_schema(line);
    }
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_configuration_at_fault_is_in_the_record_where_a_list_has_no_place_for_it() {
    let world = World::new();
    let mut broken = account();
    broken["provider"] = json!("sesame");
    let accounts = json!({ACCOUNT: account(), "broken": broken});
    let caller_may = json!({"accounts": [ACCOUNT, "broken"], "may": ["read"]});
    let mut operation = with(&world, environment(&accounts, Some(&caller_may))).await;
    assert_eq!(operation.list_accounts().await.unwrap().len(), 1);
    let found = lines(&operation);
    assert_eq!(
        (&found[0]["event"], &found[0]["account"], &found[0]["field"]),
        (&json!("invalid_configuration"), &json!("broken"), &json!("provider"))
    );
    let mut operation = permitted(&world, json!({"accounts": [ACCOUNT], "may": ["sesame"]})).await;
    assert!(operation.list_accounts().await.unwrap().is_empty());
    let found = lines(&operation);
    assert_eq!(found[0]["variable"], "UNASSIGN_ROLE_CALLER");
    assert!(!found[0].to_string().contains("sesame"), "{found:?}");
}

/// How each call ends: none, or the kind of its failure.
async fn all(operation: &mut Operation, account: &str) -> Vec<(&'static str, Option<FailureKind>)> {
    let caller = caller();
    let user = operation.read_user(account, ANN, &caller).await.unwrap();
    let roles = operation.list_roles(account, &caller).await.unwrap();
    let mut ends = vec![
        ("read_user", user.err().map(|failure| failure.kind)),
        ("list_roles", roles.err().map(|failure| failure.kind)),
    ];
    for (name, mode) in [("plan", Mode::Plan), ("revoke", Mode::Revoke), ("verify", Mode::Verify)] {
        let answer = operation
            .unassign_role(account, &viewer(), &in_mode(mode), &caller)
            .await
            .unwrap();
        ends.push((name, answer.err().map(|failure| failure.kind)));
    }
    ends
}

#[tokio::test(start_paused = true)]
async fn not_configured_every_call_is_refused_and_there_are_no_accounts() {
    let world = World::new();
    let mut operation = with(&world, environment(&json!({ACCOUNT: account()}), None)).await;
    assert!(operation.list_accounts().await.unwrap().is_empty());
    for (name, end) in all(&mut operation, ACCOUNT).await {
        assert_eq!(end, Some(FailureKind::NotPermitted), "{name}");
    }
    let answer = operation
        .unassign_role(ACCOUNT, &viewer(), &options(), &caller())
        .await
        .unwrap();
    let failure = answer.unwrap_err();
    assert!(
        failure.message.contains("UNASSIGN_ROLE_CALLER") && !failure.sent,
        "{failure:?}"
    );
    assert!(world.network.calls().is_empty());
    let lines = lines(&operation);
    assert_eq!(lines.len(), 6);
    for (line, mode) in lines
        .iter()
        .zip(["read_user", "list_roles", "plan", "revoke", "verify", "revoke"])
    {
        assert_eq!((&line["event"], &line["mode"]), (&json!("denied"), &json!(mode)));
        assert_eq!(
            (&line["claimed_actor"], &line["token"]),
            (&json!("workflow 7"), &Value::Null)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_sees_its_accounts_and_uses_no_other() {
    let world = World::new();
    let mut blocked = account();
    blocked["is_blocked"] = json!(true);
    let accounts = json!({ACCOUNT: account(), "blocked": blocked, "hidden": account()});
    let caller_may = json!({"accounts": [ACCOUNT, "blocked", "missing"], "may": ["read", "plan", "revoke"]});
    let mut operation = with(&world, environment(&accounts, Some(&caller_may))).await;
    let listed: Vec<(String, String)> = operation
        .list_accounts()
        .await
        .unwrap()
        .into_iter()
        .map(|account| (account.id, account.status))
        .collect();
    let pair = |id: &str, status: &str| (id.to_owned(), status.to_owned());
    assert_eq!(listed, [pair(ACCOUNT, "active"), pair("blocked", "blocked")]);
    for (account, kind) in [
        ("hidden", FailureKind::UnknownAccount),
        ("missing", FailureKind::UnknownAccount),
        ("acme/../acme", FailureKind::UnknownAccount),
        ("", FailureKind::UnknownAccount),
        ("blocked", FailureKind::AccountNotActive),
    ] {
        for (name, end) in all(&mut operation, account).await {
            assert_eq!(end, Some(kind), "{name} {account}");
        }
    }
    assert!(world.network.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn each_call_needs_its_own_word() {
    let world = World::new();
    for (may, refused) in [
        (json!([]), vec!["read_user", "list_roles", "plan", "revoke", "verify"]),
        (json!(["read"]), vec!["plan", "revoke"]),
        (json!(["read", "plan"]), vec!["revoke"]),
    ] {
        let mut operation = permitted(&world, json!({"accounts": [ACCOUNT], "may": may})).await;
        let ends = all(&mut operation, ACCOUNT).await;
        let not_permitted = ends.iter().filter(|(_, end)| *end == Some(FailureKind::NotPermitted));
        assert_eq!(
            not_permitted.map(|(name, _)| *name).collect::<Vec<_>>(),
            refused,
            "{may}"
        );
    }
    assert!(world.demo.holds(ANN, DEMO_HOME_CID, "event_viewer"));

    let mut operation = permitted(
        &world,
        json!({"accounts": [ACCOUNT], "may": ["read", "plan", "revoke"]}),
    )
    .await;
    let everything = types::Request {
        everything: true,
        roles: Vec::new(),
        ..viewer()
    };
    let options = types::Options {
        expect: types::Expectation::Email(String::from("ann.lee@example.com")),
        ..options()
    };
    let answer = operation
        .unassign_role(ACCOUNT, &everything, &options, &caller())
        .await
        .unwrap();
    let failure = answer.unwrap_err();
    assert!(
        failure.kind == FailureKind::NotPermitted && failure.message.contains("revoke_everything"),
        "{failure:?}"
    );
    assert!(world.demo.holds(ANN, DEMO_HOME_CID, "event_viewer"));
}

#[tokio::test(start_paused = true)]
async fn what_is_allowed_is_what_caller_and_request_allow() {
    let world = World::new();
    for (allow, expected) in [(json!([]), json!([])), (json!(["leave-group"]), json!(["leave_group"]))] {
        let mut operation = permitted(&world, json!({"accounts": [ACCOUNT], "may": ["plan"], "allow": allow})).await;
        let options = types::Options {
            allow: vec![SideEffect::LeaveGroup, SideEffect::StripGroup],
            ..in_mode(Mode::Plan)
        };
        let answer = operation
            .unassign_role(ACCOUNT, &viewer(), &options, &caller())
            .await
            .unwrap();
        let plan: Value = serde_json::from_str(answer.unwrap().plan.as_deref().unwrap()).unwrap();
        let normal = |value: &Value| value.to_string().replace('-', "_");
        assert_eq!(normal(&plan["allow"]), expected.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_is_recorded_under_a_claimed_actor_and_gives_a_receipt() {
    let world = World::new();
    let key = PrivateKey::of_seed(&[9; 32]);
    let caller_may = json!({"accounts": [ACCOUNT], "may": ["read", "revoke"]});
    let mut variables = environment(&json!({ACCOUNT: account()}), Some(&caller_may));
    variables.push((String::from("UNASSIGN_ROLE_RECEIPT_KEY"), key.to_jwk().to_string()));
    let mut operation = with(&world, variables).await;
    let answer = operation
        .unassign_role(ACCOUNT, &viewer(), &options(), &caller())
        .await
        .unwrap();
    assert_eq!(outcomes(&answer), [types::Outcome::Removed]);
    assert!(!world.demo.holds(ANN, DEMO_HOME_CID, "event_viewer"));
    let success = answer.unwrap();
    let claims = receipt::verify(success.receipt.as_deref().unwrap(), &[key.public()]).unwrap();
    assert_eq!(claims.actor, receipt::Actor::Caller(Some(String::from("workflow 7"))));
    assert_eq!(claims.before.len(), 1);
    // The provider's own documents need `raw`.
    assert_eq!(success.user.remote_data, None);
    let lines = lines(&operation);
    let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["intent", "result"]);
    for line in &lines {
        assert_eq!(
            (&line["claimed_actor"], &line["token"]),
            (&json!("workflow 7"), &Value::Null)
        );
        assert_eq!(line["request_id"], lines[0]["request_id"]);
    }

    let verified = operation
        .unassign_role(ACCOUNT, &viewer(), &in_mode(Mode::Verify), &caller())
        .await
        .unwrap();
    assert_eq!(outcomes(&verified), [types::Outcome::AlreadyAbsent]);
    assert!(PublicKey::parse_set(&json!({"keys": [key.public().to_jwk()]}).to_string()).is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_actor_is_short_and_printable() {
    let world = World::new();
    let mut operation = permitted(&world, json!({"accounts": [ACCOUNT], "may": ["read", "revoke"]})).await;
    for actor in ["", "a\nb", "a\u{202e}b", &"x".repeat(129)] {
        let caller = Caller {
            actor: Some(actor.to_owned()),
        };
        let answer = operation
            .unassign_role(ACCOUNT, &viewer(), &options(), &caller)
            .await
            .unwrap();
        let failure = answer.unwrap_err();
        assert_eq!(
            (failure.status, failure.field.as_deref()),
            (400, Some("caller.actor")),
            "{actor:?}"
        );
    }
    assert!(world.network.calls().is_empty());
    assert!(lines(&operation).iter().all(|line| line["claimed_actor"].is_null()));
    let longest = Caller {
        actor: Some("x".repeat(128)),
    };
    assert!(operation.read_user(ACCOUNT, ANN, &longest).await.unwrap().is_ok());
    let nobody = Caller { actor: None };
    assert!(operation.read_user(ACCOUNT, ANN, &nobody).await.unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_id_is_taken_as_it_is() {
    let world = World::new();
    let mut operation = permitted(&world, json!({"accounts": [ACCOUNT], "may": ["read"]})).await;
    for id in [
        "a/b",
        "a%2Fb",
        "%",
        "..",
        "a?b=c",
        "a\u{0}b",
        &ANN.replace('-', "_"),
        &"x".repeat(10_000),
    ] {
        let failure = operation.read_user(ACCOUNT, id, &caller()).await.unwrap().unwrap_err();
        assert!([400, 404].contains(&failure.status), "{id:?}: {failure:?}");
        assert!(!failure.sent);
    }
}

#[tokio::test(start_paused = true)]
async fn what_needs_an_approval_needs_it_by_account_id_too() {
    let world = World::new();
    let alice = PrivateKey::of_seed(&[7; 32]);
    let mut account = account();
    account["settings"]["approvers"] = json!([{"name": "alice", "key": alice.public().to_jwk()}]);
    account["settings"]["approval_required"] = json!(true);
    let caller_may = json!({"accounts": [ACCOUNT], "may": ["plan", "revoke"]});
    let mut operation = with(&world, environment(&json!({ACCOUNT: account}), Some(&caller_may))).await;
    let planned = operation
        .unassign_role(ACCOUNT, &viewer(), &in_mode(Mode::Plan), &caller())
        .await
        .unwrap();
    let plan = planned.unwrap().plan.unwrap();
    for binding in [Binding::None, Binding::Plan(plan.clone())] {
        let options = types::Options { binding, ..options() };
        let answer = operation
            .unassign_role(ACCOUNT, &viewer(), &options, &caller())
            .await
            .unwrap();
        let failure = answer.unwrap_err();
        assert_eq!((failure.kind, failure.status), (FailureKind::ApprovalRequired, 403));
    }
    assert!(world.demo.holds(ANN, DEMO_HOME_CID, "event_viewer"));
    let terms = Terms {
        reference: String::from("CHG-1042"),
        issued_at: START,
        lifetime: Duration::from_secs(600),
        nonce: [1; 16],
    };
    let approval = sign(&Shown::of(&plan).unwrap(), &alice, &terms).unwrap();
    let options = types::Options {
        binding: Binding::Approval(types::ApprovedPlan { plan, approval }),
        ..options()
    };
    let answer = operation
        .unassign_role(ACCOUNT, &viewer(), &options, &caller())
        .await
        .unwrap();
    assert_eq!(outcomes(&answer), [types::Outcome::Removed]);
    let lines = lines(&operation);
    let result = lines.last().unwrap();
    assert_eq!(
        (&result["approval"]["approver"], &result["claimed_actor"]),
        (&json!("alice"), &json!("workflow 7"))
    );
}
