//! For every provider: every outbound call of the sequence × every fault, once and from then on, through the typed export. After
//! each run the sandbox's true state is compared with what was said.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use host::{
    network::{Call, Fault, Rule},
    typed::types::{Failure, Outcome, Success},
};

use crate::{
    scenarios::subjects::{Subject, on_every_provider},
    tally::Tally,
};

pub fn faults() -> Vec<Fault> {
    let json = || vec![("content-type", String::from("application/json"))];
    let answer = |status: u16, body: &str| Fault::Answer(status, json(), body.to_owned());
    let error = |status: u16| answer(status, r#"{"message": "injected", "errors": []}"#);
    let limited = {
        let mut headers = json();
        headers.push(("retry-after", String::from("1")));
        Fault::Answer(429, headers, String::from("{}"))
    };
    vec![
        Fault::Refused,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::Silence { reaches: false },
        Fault::Silence { reaches: true },
        error(400),
        error(401),
        error(403),
        error(404),
        error(409),
        error(429),
        limited,
        error(500),
        error(503),
        answer(200, ""),
        answer(200, "{}"),
        answer(200, "[]"),
        answer(200, "null"),
        answer(200, r#"{"ok": true}"#),
        answer(200, r#"{"resources": [], "errors": []}"#),
        answer(200, r#"{"ok": false, "error": "fatal_error"}"#),
        answer(200, r#"{"ok": false, "error": "internal_error"}"#),
        answer(204, ""),
        Fault::Answer(
            302,
            vec![("location", String::from("https://evil.example/"))],
            String::new(),
        ),
        Fault::Body("text/html", Bytes::from_static(b"<html>maintenance</html>")),
        Fault::Body("application/json", Bytes::from_static(b"{\"resources\": [")),
        Fault::CutOff,
        Fault::Stalls,
        Fault::Endless,
        Fault::Drip(Duration::from_millis(2)),
    ]
}

/// What is said of a role must be so, and nothing else may be gone.
pub fn check(subject: &Subject, before: usize, answer: &Result<Success, Failure>, what: &str) {
    let held = [(subject.is_held)(0), (subject.is_held)(1)];
    let gone = held.iter().filter(|&&held| !held).count();
    assert_eq!(
        (subject.holdings)().len() + gone,
        before,
        "{what}: something else changed: {answer:?}"
    );
    let outcomes = match answer {
        Ok(success) => {
            assert_eq!(held, [false, false], "{what}: {answer:?}");
            &success.outcomes
        }
        Err(failure) => {
            if !failure.sent {
                assert_eq!(held, [true, true], "{what}: {answer:?}");
            }
            &failure.outcomes
        }
    };
    for (entry, held) in outcomes.iter().zip(held) {
        match entry.outcome {
            Outcome::Removed | Outcome::AlreadyAbsent => assert!(!held, "{what}: {answer:?}"),
            Outcome::NotAttempted
            | Outcome::Refused
            | Outcome::Failed
            | Outcome::NotFound
            | Outcome::Inherited
            | Outcome::Held => {
                assert!(held, "{what}: {answer:?}");
            }
            Outcome::Unverified | Outcome::Unknown | Outcome::Planned => {}
        }
    }
    // A role that the user in the answer no longer shows must be gone.
    let user = match answer {
        Ok(success) => Some(&success.user),
        Err(failure) => failure.user.as_ref(),
    };
    // A list of roles that is not whole is left out, and says so.
    if let Some(user) = user.filter(|user| !user.truncated.iter().any(|name| name == "roles")) {
        for (role, held) in subject.held.iter().zip(held) {
            // One that is shown by its name alone may be it.
            let is_shown = user.roles.iter().any(|shown| {
                let is_same = |id: &String| role.id.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(id));
                shown.id.as_ref().is_none_or(is_same)
            });
            assert!(is_shown || !held, "{what}: {role:?} is held, and not shown: {answer:?}");
        }
    }
}

/// The fault for the call with this number, or for it and all that follow.
pub fn rule(fault: &Fault, number: usize, lasting: bool) -> Rule {
    Rule {
        fits: Arc::new(|_| true),
        skip: number,
        times: if lasting { usize::MAX } else { 1 },
        fault: fault.clone(),
    }
}

async fn matrix(make: fn() -> Subject, tally: &mut Tally) {
    let clean = make();
    let answer = clean.call(&clean.held).await;
    assert!(answer.is_ok(), "{}: {answer:?}", clean.name);
    let calls = clean.network.calls();
    for (number, call) in calls.iter().enumerate() {
        for fault in faults() {
            for lasting in [false, true] {
                let subject = make();
                let what = format!(
                    "{}: {fault:.60?} at call {number} ({} {}), lasting: {lasting}",
                    subject.name, call.method, call.path_and_query
                );
                let before = (subject.holdings)().len();
                subject.network.inject(rule(&fault, number, lasting));
                tally.case(&what, judge(&subject, before, &what)).await;
            }
        }
    }
}

/// Calls while the faults last, and repeats the call once they are over, which finishes the work. Returns true if the first call
/// succeeded.
async fn judge(subject: &Subject, before: usize, what: &str) -> bool {
    let answer = subject.call(&subject.held).await;
    check(subject, before, &answer, what);
    subject.network.heal();
    let again = subject.call(&subject.held).await;
    assert!(again.is_ok(), "{what}, repeated: {again:?}");
    check(subject, before, &again, what);
    answer.is_ok()
}

/// A request that is carried out or not, without an answer, and sent again meets a clear no: that no says nothing about the first.
async fn pairs(make: fn() -> Subject, tally: &mut Tally) {
    let clean = make();
    let answer = clean.call(&clean.held).await;
    assert!(answer.is_ok(), "{}: {answer:?}", clean.name);
    let calls = clean.network.calls();
    let refusal = |status: u16| Fault::Answer(status, vec![("retry-after", String::from("90"))], String::from("{}"));
    let unclear = [
        Fault::ResetAfter,
        Fault::ResetBefore,
        Fault::Body("text/html", Bytes::from_static(b"<html>")),
        refusal(503),
    ];
    let clear = [
        refusal(429),
        refusal(401),
        refusal(403),
        refusal(400),
        refusal(404),
        Fault::Refused,
    ];
    for (number, call) in calls.iter().enumerate().filter(|(_, call)| call.method != "GET") {
        let is_same = |other: &&Call| (&other.method, &other.path_and_query) == (&call.method, &call.path_and_query);
        let earlier = calls[..number].iter().filter(is_same).count();
        for (first, then) in unclear
            .iter()
            .flat_map(|first| clear.iter().map(move |then| (first, then)))
        {
            let subject = make();
            let what = format!(
                "{}: {first:.40?}, then {then:.40?} at call {number} ({} {})",
                subject.name, call.method, call.path_and_query
            );
            let before = (subject.holdings)().len();
            subject.network.inject(rule(first, number, false));
            let (method, path) = (call.method.clone(), call.path_and_query.clone());
            subject.network.inject(Rule {
                fits: Arc::new(move |call| call.method == method && call.path_and_query == path),
                ..rule(then, earlier, true)
            });
            tally.case(&what, judge(&subject, before, &what)).await;
        }
    }
}

async fn faults_and_pairs(make: fn() -> Subject) {
    let mut tally = Tally::new(make().name, "fault");
    matrix(make, &mut tally).await;
    pairs(make, &mut tally).await;
    tally.finish();
}

on_every_provider!(faults_and_pairs);
