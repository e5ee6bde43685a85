//! For every provider: every document of a clean run × every mutation of it, for one answer and for every answer of that call. After
//! each run the sandbox's true state is compared with what was said; once more with a provider that acknowledges the removal of the
//! first role and keeps it. `MATRIX=full` runs every case, otherwise every 13th.

use std::sync::Arc;

use host::network::{Fault, Mutation, Rule};
use serde_json::Value;

use crate::{
    fault_matrix::{check, rule},
    scenarios::subjects::{Subject, on_every_provider},
    tally::Tally,
};

/// Of how many cases a short run takes one.
const STRIDE: usize = 13;

/// What is made of one document: the mutation, and where in the run it happens.
struct Case {
    mutation: Mutation,
    number: usize,
    path: String,
    lasting: bool,
    keeps: bool,
}

/// A list that the provider leaves out where nothing is in it: without it nothing is visible, to any reader. Elastic's own
/// fixtures show members without some of the kinds of assignments.
fn is_left_out_when_empty(provider: &str, mutation: &Mutation) -> bool {
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
            for (lasting, keeps) in [(false, false), (true, false), (false, true), (true, true)] {
                cases.push(Case {
                    mutation: mutation.clone(),
                    number,
                    path: call.path_and_query.clone(),
                    lasting,
                    keeps,
                });
            }
        }
    }
    cases
}

async fn matrix(make: fn() -> Subject) {
    let is_full = std::env::var("MATRIX").is_ok_and(|size| size == "full");
    let stride = if is_full { 1 } else { STRIDE };
    let cases = cases(make).await;
    let mut tally = Tally::new(make().name, format!("mutation (one in {stride})"));
    for case in cases.iter().step_by(stride) {
        let subject = make();
        let what = format!(
            "{}: {:?} in {} (call {}, lasting: {}, keeps: {})",
            subject.name, case.mutation, case.path, case.number, case.lasting, case.keeps
        );
        if case.keeps {
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
            let answer = subject.call(&subject.held).await;
            check(&subject, before, &answer, &what);
            answer.is_ok()
        };
        tally.case(&what, run).await;
    }
    tally.finish();
}

on_every_provider!(matrix);
