use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::binding::plan::examples;

const NOW: Duration = Duration::from_secs(1_800_000_000);

fn alice() -> PrivateKey {
    PrivateKey::of_seed(&[1; 32])
}

fn bob() -> PrivateKey {
    PrivateKey::of_seed(&[2; 32])
}

fn policy() -> ApprovalPolicy {
    let approver = |name: &str, key: &PrivateKey| Approver {
        name: name.to_owned(),
        key: key.public(),
    };
    ApprovalPolicy {
        approvers: vec![approver("alice", &alice()), approver("bob", &bob())],
        ..ApprovalPolicy::default()
    }
}

fn shown() -> Shown {
    Shown::of(&examples::plan().to_text()).unwrap()
}

fn terms() -> Terms {
    Terms {
        reference: String::from("CHG-1042"),
        issued_at: NOW,
        lifetime: Duration::from_secs(600),
        nonce: [9; 16],
    }
}

fn check(token: &str) -> Result<Approval, String> {
    verify(token, shown().digest(), "acme", &policy(), NOW)
}

/// An approval of alice's that says what `more` says.
fn with_claims(more: Value) -> String {
    let mut claims = json!({
        "account": "acme", "exp": NOW.as_secs() + 600, "iat": NOW.as_secs(), "jti": "1",
        "plan_digest": shown().digest(), "reference": "CHG-1042",
    });
    claims
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    jws::sign(&KIND, &alice(), &claims.to_string())
}

#[test]
fn claims_are_an_object_and_no_list() {
    let now = NOW.as_secs();
    let list = json!(["acme", now + 600, now, "1", shown().digest(), "CHG-1042"]);
    let message = check(&jws::sign(&KIND, &alice(), &list.to_string())).unwrap_err();
    assert!(message.contains("exactly"), "{message}");
}

#[test]
fn an_approval_of_what_was_shown_is_taken_and_its_approver_named_by_the_account() {
    let token = sign(&shown(), &alice(), &terms()).unwrap();
    let approval = check(&token).unwrap();
    assert_eq!(
        approval,
        Approval {
            approver: String::from("alice"),
            kid: alice().public().kid(),
            jti: encode(&[9; 16]),
            reference: String::from("CHG-1042"),
            issued_at: NOW,
            expires_at: NOW + Duration::from_secs(600),
        }
    );
    assert_eq!(
        check(&token).unwrap(),
        approval,
        "until it expires, it can be used again"
    );
}

#[test]
fn an_approval_holds_for_one_plan_one_account_and_one_time() {
    let token = sign(&shown(), &alice(), &terms()).unwrap();
    let mut grown = examples::plan();
    grown.targets.insert(examples::role("owner", "north"));
    let grown = Shown::of(&grown.to_text()).unwrap();
    let at = |seconds: i64| Duration::from_secs(NOW.as_secs().checked_add_signed(seconds).unwrap());
    for (result, why) in [
        (verify(&token, grown.digest(), "acme", &policy(), NOW), "another plan"),
        (
            verify(&token, shown().digest(), "other", &policy(), NOW),
            "another account",
        ),
        (verify(&token, shown().digest(), "", &policy(), NOW), "another account"),
        (verify(&token, shown().digest(), "acme", &policy(), at(600)), "expired"),
        (
            verify(&token, shown().digest(), "acme", &policy(), at(-301)),
            "in the future",
        ),
        (
            verify(&token, shown().digest(), "acme", &ApprovalPolicy::default(), NOW),
            "no approvers",
        ),
    ] {
        assert!(result.as_ref().unwrap_err().contains(why), "{result:?}");
    }
    for seconds in [-300, 0, 599] {
        assert!(verify(&token, shown().digest(), "acme", &policy(), at(seconds)).is_ok());
    }
}

#[test]
fn an_account_limits_how_long_an_approval_is_valid() {
    let for_seconds = |lifetime: u64| with_claims(json!({"exp": NOW.as_secs() + lifetime}));
    assert!(check(&for_seconds(3_600)).is_ok());
    assert!(
        check(&for_seconds(3_601))
            .unwrap_err()
            .contains("longer than the account allows")
    );
    let lax = ApprovalPolicy {
        lifetime: Duration::MAX,
        ..policy()
    };
    let checked = |lifetime| verify(&for_seconds(lifetime), shown().digest(), "acme", &lax, NOW);
    assert!(checked(86_400).is_ok());
    assert!(checked(86_401).is_err(), "a day at most, whatever an account says");
    for (iat, exp) in [
        (u64::MAX, u64::MAX),
        (0, u64::MAX),
        (NOW.as_secs() + 9, NOW.as_secs() + 5),
    ] {
        assert!(
            check(&with_claims(json!({"iat": iat, "exp": exp}))).is_err(),
            "{iat} {exp}"
        );
    }
}

#[test]
fn the_payload_is_exactly_six_fields() {
    for more in [
        json!({"approver": "bob"}),
        json!({"nbf": 0}),
        json!({"iat": "1800000000"}),
        json!({"exp": 1_800_000_100.5}),
        json!({"exp": null}),
        json!({"reference": null}),
    ] {
        let message = check(&with_claims(more.clone())).unwrap_err();
        assert!(message.contains("exactly"), "{more}: {message}");
    }
    for more in [
        json!({"reference": ""}),
        json!({"reference": "a".repeat(129)}),
        json!({"reference": "a\u{202e}b"}),
        json!({"jti": "\n"}),
    ] {
        let message = check(&with_claims(more.clone())).unwrap_err();
        assert!(message.contains("printable"), "{more}: {message}");
    }
    let digest = shown();
    let twice = format!(
        r#"{{"account":"acme","exp":1800000600,"iat":1800000000,"jti":"1","plan_digest":"{0}","plan_digest":"{0}","reference":"r"}}"#,
        digest.digest()
    );
    assert!(
        check(&jws::sign(&KIND, &alice(), &twice))
            .unwrap_err()
            .contains("a key twice")
    );
    assert!(
        check(&jws::sign(&KIND, &alice(), "[]"))
            .unwrap_err()
            .contains("exactly")
    );
}

#[test]
fn a_key_that_is_not_the_accounts_and_one_approvers_key_under_anothers_are_refused() {
    let stranger = sign(&shown(), &PrivateKey::of_seed(&[3; 32]), &terms()).unwrap();
    assert!(check(&stranger).unwrap_err().contains("not among"));
    let by = |key: &PrivateKey| sign(&shown(), key, &terms()).unwrap();
    let token = by(&alice());
    let (input, _) = token.rsplit_once('.').unwrap();
    let forged = format!("{input}.{}", encode(&bob().sign(input.as_bytes())));
    assert!(check(&forged).unwrap_err().contains("another key than it names"));
}

#[test]
fn another_kind_of_token_is_no_approval() {
    let receipt = Kind {
        typ: "unassign-role-receipt+jwt",
        ..KIND
    };
    let token = jws::sign(&receipt, &alice(), "{}");
    assert!(check(&token).unwrap_err().contains("typ `unassign-role-approval+jwt`"));
}

#[test]
fn an_approval_that_no_account_would_take_is_not_signed() {
    for (terms, why) in [
        (
            Terms {
                reference: String::new(),
                ..terms()
            },
            "reference",
        ),
        (
            Terms {
                lifetime: Duration::ZERO,
                ..terms()
            },
            "24 hours",
        ),
        (
            Terms {
                lifetime: Duration::from_secs(86_401),
                ..terms()
            },
            "24 hours",
        ),
    ] {
        assert!(sign(&shown(), &alice(), &terms).unwrap_err().contains(why));
    }
    let mut plan = examples::plan();
    plan.account = "a".repeat(8_000);
    let shown = Shown::of(&plan.to_text()).unwrap();
    assert!(sign(&shown, &alice(), &terms()).unwrap_err().contains("8192 bytes"));
    let long = with_claims(json!({"account": "a".repeat(8_000)}));
    assert!(check(&long).unwrap_err().contains("8192 bytes"));
}

proptest! {
    #[test]
    fn any_changed_character_is_refused(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.=-]") {
        let token = sign(&shown(), &alice(), &terms()).unwrap();
        let at = at.index(token.len());
        let changed = format!("{}{to}{}", &token[..at], &token[at + 1..]);
        prop_assert_eq!(check(&changed).is_ok(), changed == token);
    }

    #[test]
    fn times_from_outside_are_total(iat: u64, exp: u64, now: u64) {
        let token = with_claims(json!({"iat": iat, "exp": exp}));
        let result = verify(&token, shown().digest(), "acme", &policy(), Duration::from_secs(now));
        if result.is_ok() {
            prop_assert!(iat <= now.saturating_add(300) && exp > now && exp - iat <= 3_600);
        }
    }
}
