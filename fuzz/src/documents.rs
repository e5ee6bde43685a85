//! The removal of two roles at a provider whose documents a fuzz input has edited.

use std::collections::BTreeSet;

use sandboxes::Clock;
use serde_json::{Value, json};

use crate::{
    edits::Edits,
    face::{Answer, Face},
    paused,
    subjects::Subject,
    transport::{FarEnd, START},
};

/// The first byte chooses whether the first role is asked for by name; the rest is the edits.
///
/// # Panics
/// If the answer lies, loses the report, shows a secret, or a role went that nobody asked for.
pub fn run(subject: fn(Clock) -> Subject, data: &[u8]) {
    let (first, edits) = data.split_first().unwrap_or((&0, &[]));
    let edits = Edits::of(edits);
    let is_clean = edits.is_empty();
    let what = format!("{edits:?}");
    paused::run(async {
        let clock = Clock::starting_at(START);
        let subject = subject(clock);
        let far_end = FarEnd::sandbox(subject.router.clone(), clock, edits);
        let face = Face::new(&far_end, subject.account.to_string());
        let before = (subject.holdings)();
        let [one, other] = &subject.held;
        let one = if first % 2 == 0 { one } else { &subject.by_name };
        let request = json!({"id": subject.user, "roles": [one, other]});
        let (answer, report) = face.post("", request.to_string().into_bytes()).await;
        let text = String::from_utf8_lossy(&answer.body);
        for secret in subject.secrets {
            assert!(!text.contains(secret), "{what}: a secret in {text}");
        }
        if is_clean {
            assert_eq!(answer.status, 200, "the clean run: {text}");
        }
        check_report(&answer, &report, &what);
        if far_end.was_careful() {
            check_truth(&subject, &before, &answer, &report, &what);
        }
    });
}

/// Once anything was sent, every role has an outcome, and the status is none that clients repeat at once.
fn check_report(answer: &Answer, report: &Value, what: &str) {
    let is_acknowledged = report["role_outcomes"].as_array().into_iter().flatten().any(|entry| {
        let grants = entry["grants"].as_array();
        grants.into_iter().flatten().any(|grant| grant["acknowledged"] == true)
    });
    if is_acknowledged {
        assert!([200, 422, 500].contains(&answer.status), "{what}: {report}");
    }
    if answer.status == 200 || report["sent"] == true {
        assert_eq!(
            report["role_outcomes"].as_array().map(Vec::len),
            Some(2),
            "{what}: {report}"
        );
    }
}

/// What the answer says of the two roles is so, and nothing else is gone.
fn check_truth(subject: &Subject, before: &BTreeSet<String>, answer: &Answer, report: &Value, what: &str) {
    let held = [(subject.is_held)(0), (subject.is_held)(1)];
    let gone = held.iter().filter(|held| !**held).count();
    assert_eq!(
        (subject.holdings)().len() + gone,
        before.len(),
        "{what}: something else is gone: {report}"
    );
    if answer.status == 200 {
        assert_eq!(held, [false, false], "{what}: {report}");
    }
    if report["sent"] == false {
        assert_eq!(held, [true, true], "{what}: {report}");
    }
    for (entry, held) in report["role_outcomes"].as_array().into_iter().flatten().zip(held) {
        match entry["outcome"].as_str() {
            Some("removed" | "already_absent") => assert!(!held, "{what}: {report}"),
            Some("unverified" | "unknown") => {}
            _ => assert!(held, "{what}: {report}"),
        }
    }
}
