use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    binding::{
        approval::{self, ApprovalPolicy, Approver, Shown, Terms},
        plan::examples,
    },
    contract::types::Outcome,
    provider::{GrantKind, Held, KnownAs},
};

fn key() -> PrivateKey {
    PrivateKey::of_seed(&[5; 32])
}

fn scope(organization: &str) -> Scope {
    Scope {
        group: None,
        organization: Some(organization.to_owned()),
        workspace: None,
    }
}

fn held(role_id: &str, organization: &str, held: Held) -> Grant {
    Grant {
        kind: GrantKind::Role,
        role_id: role_id.to_owned(),
        role_name: Some(format!("Role {role_id}\u{202e}")),
        scope: scope(organization),
        held,
        known_as: KnownAs::default(),
        effects: Vec::new(),
        warnings: Vec::new(),
    }
}

fn became(role_id: &str, organization: &str, outcome: Outcome) -> GrantOutcome {
    GrantOutcome {
        role_id: role_id.to_owned(),
        role_name: None,
        scope: scope(organization),
        direct: outcome != Outcome::Inherited,
        outcome,
        reason: None,
        message: Some(String::from("what the provider wrote")),
        acknowledged: outcome == Outcome::Removed,
        via: Vec::new(),
        changed: false,
        warnings: Vec::new(),
        side_effects: vec![format!("with {role_id}")],
        needs_allow: Vec::new(),
        acknowledged_at: Some(String::from("2027-01-15T08:00:00Z")),
        verify_after: None,
        verified_at: Some(String::from("2027-01-15T08:00:02Z")),
    }
}

fn claims(mode: &str) -> Claims {
    let entry = RoleOutcome {
        role: Some(Role {
            id: Some(String::from("viewer")),
            name: None,
            group: None,
            organization: Some(String::from("north")),
            workspace: None,
        }),
        organization: None,
        outcome: Outcome::Unknown,
        reason: Some(String::from("no_answer")),
        message: Some(String::from("what the provider wrote")),
        warnings: vec![String::from("held_at:south")],
        verify_after: None,
        grants: vec![
            became("viewer", "north", Outcome::Removed),
            became("viewer", "south", Outcome::Failed),
            became("writer", "north", Outcome::Unknown),
            became("reader", "north", Outcome::Unverified),
            became("absent", "north", Outcome::Removed),
            became("through", "north", Outcome::Inherited),
        ],
        same_as: None,
    };
    let reading = [
        held("viewer", "north", Held::Direct),
        held("viewer", "south", Held::Direct),
        held("writer", "north", Held::Direct),
        held("reader", "north", Held::Direct),
        held("through", "north", Held::Through(Vec::new())),
        held("other", "north", Held::Direct),
    ];
    let keys = [reading[..5].iter().map(Grant::key).collect::<Vec<_>>()];
    let outcomes = outcomes(&[entry], &[]);
    Claims {
        v: VERSION.to_owned(),
        request_id: String::from("r1"),
        iat: 1_800_000_000,
        mode: mode.to_owned(),
        provider: String::from("crowdstrike"),
        account: String::from("acme"),
        user: Some(String::from("user-1")),
        actor: Actor::Token(String::from("offboarding")),
        plan_digest: Some("0".repeat(64)),
        approval: None,
        reference: None,
        before: selected(&reading, &keys),
        after: Some(selected(&reading[1..], &keys)),
        outcomes,
        status: 500,
        traces: vec![String::from("t1")],
        version: String::from("0.2.0"),
    }
}

fn keys() -> [PublicKey; 2] {
    [PrivateKey::of_seed(&[6; 32]).public(), key().public()]
}

#[test]
fn a_receipt_reads_back_and_holds_what_was_asked_and_no_text_of_the_provider() {
    for actor in [
        Actor::Token(String::from("offboarding")),
        Actor::Caller(None),
        Actor::Caller(Some(String::from("hr-agent"))),
    ] {
        let claims = Claims {
            actor,
            ..claims("revoke")
        };
        let token = sign(&key(), &claims);
        assert_eq!(verify(&format!("{token}\n"), &keys()).unwrap(), claims);
    }
    let claims = claims("revoke");
    let shown: Vec<&str> = claims.before.iter().map(|held| held.role_id.as_str()).collect();
    assert_eq!(shown, ["viewer", "viewer", "writer", "reader", "through"]);
    let text = serde_json::to_string(&claims).unwrap();
    assert!(!text.contains("provider wrote"), "{text}");
    assert!(text.contains(r#""warnings":["held_at:south"],"grants""#), "{text}");
}

#[test]
fn what_is_gone_and_what_may_be_are_listed_for_whoever_grants_it_again() {
    let restoration = restore_list(&claims("revoke"));
    let ids = |grants: &[HeldGrant]| -> Vec<String> {
        grants
            .iter()
            .map(|held| format!("{}@{}", held.role_id, held.scope.organization.as_deref().unwrap()))
            .collect()
    };
    assert_eq!(ids(&restoration.gone), ["viewer@north"]);
    assert_eq!(ids(&restoration.uncertain), ["writer@north", "reader@north"]);
    assert_eq!(restoration.besides.len(), 3);
    let text = restoration.to_string();
    assert!(
        text.contains(r#"role "viewer" (named "Role viewer\u{202e}") in organization "north""#),
        "{text}"
    );
    assert!(restore_list(&claims("verify")).uncertain.is_empty());
}

#[test]
fn ids_that_an_answer_cuts_are_whole_in_a_receipt() {
    let long = |end: &str| format!("{}{end}", "r".repeat(300));
    let reading = [
        held(&long("1"), "north", Held::Direct),
        held(&long("2"), "north", Held::Direct),
        held(&long("3"), &long("place"), Held::Direct),
    ];
    let cut = "r".repeat(256);
    let entry = RoleOutcome {
        role: None,
        organization: None,
        outcome: Outcome::Failed,
        reason: None,
        message: None,
        warnings: Vec::new(),
        verify_after: None,
        grants: vec![
            became(&cut, "north", Outcome::Removed),
            became(&cut, "north", Outcome::Failed),
            became(&cut, &cut, Outcome::Removed),
        ],
        same_as: None,
    };
    let keys = [reading.iter().map(Grant::key).collect::<Vec<_>>()];
    let claims = Claims {
        before: selected(&reading, &keys),
        after: Some(selected(&reading[1..2], &keys)),
        outcomes: outcomes(&[entry], &keys),
        ..claims("revoke")
    };
    let ids: Vec<&str> = claims.outcomes[0]
        .grants
        .iter()
        .map(|grant| grant.role_id.as_str())
        .collect();
    assert_eq!(ids, [long("1"), long("2"), long("3")]);
    assert_eq!(claims.outcomes[0].grants[2].scope.organization, Some(long("place")));
    let restoration = restore_list(&claims);
    let gone: Vec<&str> = restoration.gone.iter().map(|held| held.role_id.as_str()).collect();
    assert_eq!(gone, [long("1"), long("3")]);
    assert!(restoration.uncertain.is_empty());
}

#[test]
fn what_the_read_afterwards_does_not_show_is_gone_whatever_its_outcome_once() {
    let mut claims = claims("revoke");
    claims.outcomes.clear();
    claims.before.push(claims.before[0].clone());
    let gone = restore_list(&claims).gone;
    assert_eq!(gone, claims.before[..1]);
    claims.after = None;
    assert!(restore_list(&claims).gone.is_empty(), "nothing tells");
}

#[test]
fn a_receipt_of_another_key_kind_or_version_is_refused() {
    let token = sign(&key(), &claims("revoke"));
    assert!(verify(&token, &keys()[..1]).unwrap_err().contains("not among"));
    assert!(verify(&token, &[]).is_err());

    // Both by one key: only the kind tells them apart.
    let shown = Shown::of(&examples::plan().to_text()).unwrap();
    let now = Duration::from_secs(1_800_000_000);
    let terms = Terms {
        reference: String::from("CHG-1"),
        issued_at: now,
        lifetime: Duration::from_secs(60),
        nonce: [0; 16],
    };
    let approval = approval::sign(&shown, &key(), &terms).unwrap();
    assert!(
        verify(&approval, &keys())
            .unwrap_err()
            .contains("unassign-role-receipt+jwt")
    );
    let policy = ApprovalPolicy {
        approvers: vec![Approver {
            name: String::from("alice"),
            key: key().public(),
        }],
        ..ApprovalPolicy::default()
    };
    assert!(approval::verify(&approval, shown.digest(), "acme", &policy, now).is_ok());
    let short = Claims {
        outcomes: Vec::new(),
        before: Vec::new(),
        after: None,
        ..claims("revoke")
    };
    let receipt = sign(&key(), &short);
    assert!(verify(&receipt, &keys()).is_ok());
    let refused = approval::verify(&receipt, shown.digest(), "acme", &policy, now).unwrap_err();
    assert!(refused.contains("unassign-role-approval+jwt"), "{refused}");

    let next = Claims {
        v: String::from("unassign-role/receipt/2"),
        ..claims("revoke")
    };
    assert!(verify(&sign(&key(), &next), &keys()).unwrap_err().contains("version"));
}

#[test]
fn unknown_and_repeated_fields_are_refused() {
    let mut more = serde_json::to_value(claims("revoke")).unwrap();
    more["more"] = json!(1);
    let text = serde_json::to_string(&claims("revoke")).unwrap();
    let twice = text.replacen("\"status\":500", "\"status\":200,\"status\":500", 1);
    assert_ne!(text, twice);
    let mut list = serde_json::to_value(claims("revoke")).unwrap();
    list["before"][0]["scope"] = json!([null, "north", null]);
    for payload in [more.to_string(), twice, Value::Null.to_string(), list.to_string()] {
        let token = jws::sign(&KIND, &key(), &payload);
        assert!(verify(&token, &keys()).is_err(), "{payload}");
    }
}

#[test]
fn a_part_of_a_receipt_is_none_and_no_text_breaks_one() {
    let mut strange = claims("revoke");
    strange.user = Some(String::from("a\u{1}\"\\\n\u{202e}\u{fffd}"));
    let token = sign(&key(), &strange);
    assert_eq!(verify(&token, &keys()).unwrap().user, strange.user);
    for length in 0..token.len() {
        assert!(verify(&token[..length], &keys()).is_err(), "{length}");
    }
    assert!(verify(&format!("{token}."), &keys()).is_err());
}

proptest! {
    #[test]
    fn one_byte_changed_anywhere_is_refused(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.=-]") {
        let token = sign(&key(), &claims("revoke"));
        let at = at.index(token.len());
        let changed = format!("{}{to}{}", &token[..at], &token[at + 1..]);
        prop_assert_eq!(verify(&changed, &keys()).is_ok(), changed == token);
    }
}
