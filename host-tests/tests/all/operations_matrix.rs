//! What stands beside the removal of named roles, for every provider: reading a user, mode verify, everything, and a revoke that is
//! bound to a plan; each × every fault at every call, and × every mutation of every document. `MATRIX=full` runs every case, otherwise
//! every 23rd.

use std::{collections::BTreeSet, sync::Arc};

use host::{
    network::{Call, Fault, Mutation, Rule},
    typed::types::{
        Binding, Expectation, Failure, FailureKind, GrantSelector, HeldGrant, Mode, Options, Outcome, Removable,
        Request, Role, Success, UserReading,
    },
};
use serde_json::Value;

use crate::{
    fault_matrix::{faults, rule},
    fixture::{options, request},
    scenarios::subjects::{Subject, on_every_provider},
    tally::Tally,
};

/// Of how many cases a short run takes one.
const STRIDE: usize = 23;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    ReadUser,
    Verify,
    Everything,
    Bound,
}

const OPERATIONS: [Operation; 4] = [
    Operation::ReadUser,
    Operation::Verify,
    Operation::Everything,
    Operation::Bound,
];

/// What is injected where.
struct Case {
    operation: Operation,
    fault: Fault,
    number: usize,
    path: String,
    lasting: bool,
}

fn verifying() -> Options {
    Options {
        mode: Mode::Verify,
        ..options()
    }
}

/// Everything of whoever has the address that the clean run showed.
fn everything(subject: &Subject) -> Request {
    Request {
        everything: true,
        ..request(&subject.user, &[])
    }
}

fn leaver(email: &str) -> Options {
    Options {
        expect: Expectation::Email(email.to_owned()),
        ..options()
    }
}

async fn email(make: fn() -> Subject) -> String {
    let user = make().read_user().await.unwrap().user;
    user.emails.into_iter().find_map(|email| email.email).unwrap()
}

/// The plan for both roles, made before anything is injected.
async fn plan(subject: &Subject) -> String {
    let planning = Options {
        mode: Mode::Plan,
        ..options()
    };
    let success = subject
        .ask(&request(&subject.user, &subject.held), &planning)
        .await
        .unwrap();
    success.plan.unwrap()
}

async fn calls(make: fn() -> Subject, operation: Operation, email: &str) -> Vec<Call> {
    let subject = make();
    match operation {
        Operation::ReadUser => assert!(subject.read_user().await.is_ok()),
        Operation::Verify => {
            let _ = subject.ask(&request(&subject.user, &subject.held), &verifying()).await;
        }
        Operation::Everything => {
            let _ = subject.ask(&everything(&subject), &leaver(email)).await;
        }
        Operation::Bound => {
            let plan = plan(&subject).await;
            let before = subject.network.calls().len();
            let bound = Options {
                binding: Binding::Plan(plan),
                ..options()
            };
            assert!(
                subject
                    .ask(&request(&subject.user, &subject.held), &bound)
                    .await
                    .is_ok()
            );
            return subject.network.calls().split_off(before);
        }
    }
    subject.network.calls()
}

async fn cases(make: fn() -> Subject, email: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for operation in OPERATIONS {
        for (number, call) in calls(make, operation, email).await.into_iter().enumerate() {
            let document = serde_json::from_slice::<Value>(&call.answer);
            let mutations = document.map(|document| Mutation::all(&document)).unwrap_or_default();
            let mutations = mutations
                .into_iter()
                .filter(|mutation| !crate::mutation_matrix::is_left_out_when_empty(make().name, mutation))
                .map(Fault::Mutated);
            for fault in faults().into_iter().chain(mutations) {
                for lasting in [false, true] {
                    cases.push(Case {
                        operation,
                        fault: fault.clone(),
                        number,
                        path: call.path_and_query.clone(),
                        lasting,
                    });
                }
            }
        }
    }
    cases
}

fn inject(subject: &Subject, case: &Case) {
    // What was called before the operation itself does not count.
    let number = case.number + subject.network.calls().len();
    let path = case.path.clone();
    subject
        .network
        .inject(if case.lasting && matches!(case.fault, Fault::Mutated(_)) {
            Rule {
                fits: Arc::new(move |call| call.path_and_query == path),
                ..rule(&case.fault, 0, true)
            }
        } else {
            rule(
                &case.fault,
                number.saturating_sub(subject.network.calls().len()),
                case.lasting,
            )
        });
}

fn entries(answer: &Result<Success, Failure>) -> &[host::typed::types::RoleOutcome] {
    match answer {
        Ok(success) => &success.outcomes,
        Err(failure) => &failure.outcomes,
    }
}

/// Whether a grant that is shown may be this role.
fn may_be(grant: &HeldGrant, role: &Role, subject: &Subject) -> bool {
    let name = subject.by_name.name.as_deref().unwrap_or_default();
    role.id.as_ref().is_some_and(|id| id.starts_with(&grant.role_id))
        || grant
            .role_name
            .as_deref()
            .is_some_and(|own| own.eq_ignore_ascii_case(name))
        || grant.role_name.is_some()
            && role.id.as_deref() != Some(grant.role_id.as_str())
            && grant.role_id == *grant.role_name.as_ref().unwrap()
}

fn check_reading(subject: &Subject, reading: &UserReading, what: &str) {
    if !reading.whole {
        return;
    }
    for role in &subject.held {
        assert!(
            reading.grants.iter().any(|grant| may_be(grant, role, subject)),
            "{what}: {role:?} is held, and a whole reading does not show it: {reading:?}"
        );
    }
}

async fn run(make: fn() -> Subject, case: &Case, email: &str, what: &str) -> bool {
    let subject = make();
    let before = (subject.holdings)();
    match case.operation {
        Operation::ReadUser => {
            inject(&subject, case);
            let reading = subject.read_user().await;
            assert_eq!((subject.holdings)(), before, "{what}: a reading wrote");
            if let Ok(reading) = &reading {
                check_reading(&subject, reading, what);
            }
            reading.is_ok()
        }
        Operation::Verify => {
            inject(&subject, case);
            let answer = subject.ask(&request(&subject.user, &subject.held), &verifying()).await;
            assert_eq!((subject.holdings)(), before, "{what}: a verify wrote");
            assert!(answer.is_err(), "{what}: both are held: {answer:?}");
            for entry in entries(&answer) {
                assert!(
                    !matches!(entry.outcome, Outcome::AlreadyAbsent | Outcome::Removed),
                    "{what}: it is held: {answer:?}"
                );
            }
            false
        }
        Operation::Everything => {
            inject(&subject, case);
            let answer = subject.ask(&everything(&subject), &leaver(email)).await;
            check_everything(&subject, &before, &answer, what);
            answer.is_ok()
        }
        Operation::Bound => {
            let plan = plan(&subject).await;
            inject(&subject, case);
            let bound = Options {
                binding: Binding::Plan(plan),
                ..options()
            };
            let wanted = request(&subject.user, &subject.held);
            let answer = subject.ask(&wanted, &bound).await;
            crate::fault_matrix::check(&subject, before.len(), &answer, what);
            if let Err(failure) = &answer
                && failure.kind == FailureKind::PlanChanged
            {
                assert!(!failure.sent && failure.plan.is_some(), "{what}: {failure:?}");
            }
            subject.network.heal();
            let again = subject.ask(&wanted, &bound).await;
            assert!(again.is_ok(), "{what}, repeated under the same plan: {again:?}");
            crate::fault_matrix::check(&subject, before.len(), &again, what);
            answer.is_ok()
        }
    }
}

/// Nothing went that the answer does not show, and what it says to be gone is.
fn check_everything(subject: &Subject, before: &BTreeSet<String>, answer: &Result<Success, Failure>, what: &str) {
    let after = (subject.holdings)();
    let gone = before.difference(&after).count();
    // A lower account type takes the place of a higher one.
    let came = after.difference(before).count();
    assert!(came <= gone, "{what}: {came} came, {gone} gone: {answer:?}");
    let listed = entries(answer)
        .iter()
        .flat_map(|entry| &entry.grants)
        .filter(|grant| {
            !matches!(
                grant.outcome,
                Outcome::Refused | Outcome::NotAttempted | Outcome::Inherited | Outcome::NotFound
            )
        })
        .count();
    assert!(gone <= listed, "{what}: {gone} gone, {listed} listed: {answer:?}");
    let held = [(subject.is_held)(0), (subject.is_held)(1)];
    if answer.is_ok() {
        assert_eq!(held, [false, false], "{what}: {answer:?}");
    }
    if let Err(failure) = answer
        && !failure.sent
    {
        assert_eq!(gone, 0, "{what}: {failure:?}");
    }
}

async fn matrix(make: fn() -> Subject) {
    let is_full = std::env::var("MATRIX").is_ok_and(|size| size == "full");
    let stride = if is_full { 1 } else { STRIDE };
    let email = email(make).await;
    let mut tally = Tally::new(
        make().name,
        format!("reading, verify, everything and bound (one in {stride})"),
    );
    for case in cases(make, &email).await.iter().step_by(stride) {
        let what = format!(
            "{}: {:?}, {:.60?} in {} (call {}, lasting: {})",
            make().name,
            case.operation,
            case.fault,
            case.path,
            case.number,
            case.lasting
        );
        tally.case(&what, run(make, case, &email, &what)).await;
    }
    tally.finish();
}

on_every_provider!(matrix);

/// Each selector of a clean reading, sent back to every provider, means its grant and nothing else.
mod selectors {
    use super::*;

    async fn sent_back(make: fn() -> Subject) {
        let subject = make();
        let reading = subject.read_user().await.unwrap();
        assert!(!reading.grants.is_empty());
        let planning = |grant: &HeldGrant| Options {
            mode: Mode::Plan,
            allow: match &grant.removable {
                Removable::NeedsAllow(effects) => effects.clone(),
                Removable::Yes | Removable::No(_) => Vec::new(),
            },
            ..options()
        };
        for grant in &reading.grants {
            let what = format!("{}: {grant:?}", subject.name);
            let Some(selector) = &grant.selector else {
                assert!(matches!(grant.removable, Removable::No(_)), "{what}");
                continue;
            };
            let mut wanted = request(&subject.user, &[]);
            match selector {
                GrantSelector::Role(role) => wanted.roles.push(role.clone()),
                GrantSelector::Organization(organization) => wanted.organizations.push(organization.clone()),
            }
            let success = subject
                .ask(&wanted, &planning(grant))
                .await
                .unwrap_or_else(|failure| panic!("{what}: {failure:?}"));
            let [entry] = success.outcomes.as_slice() else {
                panic!("{what}: {success:?}")
            };
            let [only] = entry.grants.as_slice() else {
                panic!("{what}: {entry:?}")
            };
            assert_eq!(entry.outcome, Outcome::Planned, "{what}: {entry:?}");
            let scope = |scope: &host::typed::types::Scope| {
                [scope.group.clone(), scope.organization.clone(), scope.workspace.clone()]
            };
            assert_eq!(
                (&only.role_id, scope(&only.scope)),
                (&grant.role_id, scope(&grant.scope)),
                "{what}"
            );
        }
    }

    on_every_provider!(sent_back);
}

/// The roles that can be named.
mod roles {
    use super::*;

    async fn listed(make: fn() -> Subject) {
        let subject = make();
        let before = (subject.holdings)();
        let directory = subject.list_roles().await.unwrap();
        assert!(directory.roles.iter().any(|role| role.removable), "{directory:?}");
        assert!(
            directory
                .roles
                .iter()
                .all(|role| role.id.is_some() || role.name.is_some())
        );
        assert_eq!((subject.holdings)(), before);
    }

    on_every_provider!(listed);
}
