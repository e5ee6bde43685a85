//! For every provider: every document of a clean run × every mutation of it, for one answer and for every answer of that call. After
//! each run the sandbox's true state is compared with what was said. The roles are asked for by id and by name, of a provider
//! that removes them and of one that only says so, and with one of them protected. `MATRIX=full` runs every case, otherwise every 23rd.

use std::sync::Arc;

use host::{
    network::{Fault, Mutation, Rule},
    typed::types::{Account, Failure, Outcome, Success},
};
use serde_json::{Value, json};

use crate::{
    fault_matrix::{check, rule},
    fixture::options,
    scenarios::subjects::{Subject, on_every_provider},
    tally::Tally,
};

/// Of how many cases a short run takes one.
const STRIDE: usize = 23;

/// What is made of one document: the mutation, and where in the run it happens.
struct Case {
    mutation: Mutation,
    number: usize,
    path: String,
    lasting: bool,
    variant: Variant,
}

/// What is asked for, and of whom.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Variant {
    /// Both roles by id.
    ById,
    /// The same, at a provider that acknowledges the removal of the first one and keeps it.
    Kept,
    /// The first role by its name.
    ByName,
    /// Both roles by id, of which the account protects the first one by its name.
    Protected,
}

const VARIANTS: [Variant; 4] = [Variant::ById, Variant::Kept, Variant::ByName, Variant::Protected];

/// A list that the provider leaves out where nothing is in it: without it nothing is visible, to any reader. Elastic's own
/// fixtures show members without some of the kinds of assignments.
pub fn is_left_out_when_empty(provider: &str, mutation: &Mutation) -> bool {
    let what = format!("{mutation:?}");
    let list = what
        .split_once("/role_assignments/")
        .and_then(|(_, rest)| rest.strip_suffix(" Removed"));
    provider == "Elastic Cloud" && list.is_some_and(|list| !list.contains(|c: char| c.is_ascii_digit()))
}

async fn cases(make: fn() -> Subject) -> Vec<Case> {
    let clean = make();
    let answer = clean.call(&clean.held).await;
    assert!(answer.is_ok(), "{}: {answer:?}", clean.name);
    let mut cases = Vec::new();
    for (number, call) in clean.network.calls().into_iter().enumerate() {
        let Ok(document) = serde_json::from_slice::<Value>(&call.answer) else {
            continue;
        };
        let visible = Mutation::all(&document);
        let visible = visible
            .into_iter()
            .filter(|mutation| !is_left_out_when_empty(clean.name, mutation));
        for mutation in visible {
            for lasting in [false, true] {
                cases.extend(VARIANTS.map(|variant| Case {
                    mutation: mutation.clone(),
                    number,
                    path: call.path_and_query.clone(),
                    lasting,
                    variant,
                }));
            }
        }
    }
    cases
}

/// Whether the answer says that the role of an entry is gone.
fn is_said_gone(answer: &Result<Success, Failure>, entry: usize) -> bool {
    let outcomes = match answer {
        Ok(success) => &success.outcomes,
        Err(failure) => &failure.outcomes,
    };
    outcomes
        .get(entry)
        .is_some_and(|entry| matches!(entry.outcome, Outcome::Removed | Outcome::AlreadyAbsent))
}

/// The account, which protects the first role by its name.
fn protecting(subject: &Subject) -> Account {
    let mut settings: Value = serde_json::from_str(&subject.account.settings).unwrap_or_else(|_| json!({}));
    settings["protected_roles"] = json!([subject.by_name.name]);
    Account {
        settings: settings.to_string(),
        ..subject.account.clone()
    }
}

async fn matrix(make: fn() -> Subject) {
    let is_full = std::env::var("MATRIX").is_ok_and(|size| size == "full");
    let stride = if is_full { 1 } else { STRIDE };
    let cases = cases(make).await;
    let mut tally = Tally::new(make().name, format!("mutation (one in {stride})"));
    for case in cases.iter().step_by(stride) {
        let subject = make();
        let what = format!(
            "{}: {:?} in {} (call {}, lasting: {}, {:?})",
            subject.name, case.mutation, case.path, case.number, case.lasting, case.variant
        );
        if case.variant == Variant::Kept {
            (subject.keep)();
        }
        let before = (subject.holdings)().len();
        let fault = Fault::Mutated(case.mutation.clone());
        let path = case.path.clone();
        subject.network.inject(if case.lasting {
            Rule {
                fits: Arc::new(move |call| call.path_and_query == path),
                ..rule(&fault, 0, true)
            }
        } else {
            rule(&fault, case.number, false)
        });
        let run = async {
            let answer = match case.variant {
                Variant::ById | Variant::Kept => {
                    let answer = subject.call(&subject.held).await;
                    check(&subject, before, &answer, &what);
                    answer
                }
                Variant::ByName => {
                    let answer = subject.call(std::slice::from_ref(&subject.by_name)).await;
                    assert!((subject.is_held)(1), "{what}: another role went: {answer:?}");
                    assert!(!(subject.is_held)(0) || !is_said_gone(&answer, 0), "{what}: {answer:?}");
                    answer
                }
                Variant::Protected => {
                    let account = protecting(&subject);
                    let answer = subject.call_at(&account, &subject.user, &subject.held, options()).await;
                    assert!((subject.is_held)(0), "{what}: a protected role went: {answer:?}");
                    assert!(!is_said_gone(&answer, 0), "{what}: {answer:?}");
                    assert!(!(subject.is_held)(1) || !is_said_gone(&answer, 1), "{what}: {answer:?}");
                    answer
                }
            };
            answer.is_ok()
        };
        tally.case(&what, run).await;
    }
    tally.finish();
}

on_every_provider!(matrix);
