//! What the record and the receipt are told.

use std::{cell::RefCell, time::Duration};

use crate::{
    account::secret::Secret,
    client::{Client, Deadline, RateLimitPolicy},
    contract::types::{Mode, Role},
    engine::{Audit, AuditEvent, Masked},
    fake::{FakeTransport, Reaction},
    provider::{GrantKey, GrantKind, Held},
};

use super::{
    fake::WINDOW,
    world::{Case, Read, World, entries, outcomes},
};

/// The keys of each outcome's grants, and how many grants a read after the write showed.
#[derive(Default)]
struct Notes(RefCell<Option<(Vec<Vec<GrantKey>>, Option<usize>)>>);

impl Audit for Notes {
    fn step(&self, step: AuditEvent<'_>) {
        if let AuditEvent::Result { keys, grants_after, .. } = step {
            *self.0.borrow_mut() = Some((keys.to_vec(), grants_after.map(<[_]>::len)));
        }
    }
}

fn role(id: &str, organization: Option<&str>) -> Role {
    Role {
        id: Some(id.to_owned()),
        name: None,
        group: None,
        organization: organization.map(str::to_owned),
        workspace: None,
    }
}

/// Asks for role `a`; the grants that a read after the write showed.
fn shown_after(case: &Case) -> Option<usize> {
    let notes = Notes::default();
    let _ = case.ask_audited(vec![role("a", None)], &notes);
    notes.0.into_inner().unwrap().1
}

/// Every text that is taken note of.
#[derive(Default)]
struct Texts(RefCell<Vec<String>>);

impl Audit for Texts {
    fn step(&self, step: AuditEvent<'_>) {
        let mut texts = self.0.borrow_mut();
        match step {
            AuditEvent::Read { grants, .. } => texts.push(format!("read {grants:?}")),
            AuditEvent::Intent { targets } => texts.push(format!("intent {targets:?}")),
            AuditEvent::Result {
                outcomes,
                keys,
                grants_after,
                traces,
            } => texts.push(format!("result {outcomes:?} {keys:?} {grants_after:?} {traces:?}")),
            _ => {}
        }
    }
}

#[test]
fn a_secret_in_a_name_reaches_neither_record_nor_receipt() {
    let transport = FakeTransport::new(|_| Reaction::Silence);
    let deadline = Deadline::starting_now(&transport, Duration::from_secs(25));
    let secret = Secret::parse("credentials.token", String::from("sesame-open-now")).unwrap();
    let client = Client::new(&transport, deadline, [secret], RateLimitPolicy::default());
    let grant = |role_id: &str| {
        let mut grant = crate::provider::Grant {
            kind: GrantKind::Role,
            role_id: role_id.to_owned(),
            role_name: Some(format!("name of {role_id}")),
            scope: crate::contract::types::Scope {
                group: Some(role_id.to_owned()),
                organization: None,
                workspace: None,
            },
            held: Held::Direct,
            known_as: crate::provider::KnownAs::default(),
            effects: Vec::new(),
            warnings: Vec::new(),
        };
        grant.warnings.push(format!("may_return:{role_id}"));
        grant
    };
    let (good, bad) = (grant("viewer"), grant("x sesame-open-now y"));
    let notes = Texts::default();
    let masked = Masked {
        client: &client,
        audit: &notes,
    };
    let grants = [good.clone(), bad.clone()];
    masked.step(AuditEvent::Read {
        user: "u",
        grants: &grants,
    });
    masked.step(AuditEvent::Intent {
        targets: &[&good, &bad],
    });
    masked.step(AuditEvent::Result {
        outcomes: &[],
        keys: &[vec![good.key(), bad.key()]],
        grants_after: Some(&grants),
        traces: vec![String::from("trace sesame-open-now")],
    });
    let texts = notes.0.into_inner();
    assert_eq!(texts.len(), 3);
    for text in texts {
        assert!(
            text.contains("viewer") && text.contains("x [REDACTED] y") && !text.contains("sesame"),
            "{text}"
        );
    }
}

#[test]
fn grants_after_are_those_of_a_read_that_proves_what_is_gone() {
    assert_eq!(shown_after(&Case::holding(&["a@o1", "b@o1"])), Some(1));

    let fails = |world: &mut World| {
        world.reads = vec![Read::Good];
        let failing = || Read::Instead(Reaction::Answer(403, Vec::new(), String::from("{}")));
        world.reads.extend((0..20).map(|_| failing()));
    };
    let case = Case::holding(&["a@o1", "b@o1"]).with(fails);
    assert_eq!(shown_after(&case), None, "the read-back failed");
    assert_eq!(case.held(), ["b@o1"]);

    let case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
        world.reads = vec![Read::Good];
        world.reads.extend((0..100).map(|_| Read::Without("b@o1")));
    });
    assert_eq!(shown_after(&case), None, "the read-back lacks what should remain");
}

#[test]
fn a_call_that_wrote_nothing_has_no_grants_after() {
    for mode in [Mode::Plan, Mode::Verify] {
        let mut case = Case::holding(&["a@o1", "b@o1"]);
        case.options.mode = mode;
        assert_eq!(shown_after(&case), None);
    }
    let mut protected = Case::holding(&["a@o1", "b@o1"]);
    protected.general.protected_roles = vec![String::from("a")];
    assert_eq!(shown_after(&protected), None);
    assert_eq!(shown_after(&Case::holding(&["b@o1"])), None, "nothing to remove");
}

#[test]
fn the_grants_of_an_outcome_are_told_whole_and_in_order() {
    let place = "o".repeat(300);
    let case = Case::holding(&[&format!("a@{place}"), "a@o1", "b@o1", "b@o2/g"]);
    case.world.borrow_mut().appears = vec![(WINDOW / 100, String::from("b@o3"))];
    let notes = Notes::default();
    let answer = case.ask_audited(vec![role("a", None), role("a", None), role("b", None)], &notes);
    let (keys, _) = notes.0.into_inner().unwrap();
    assert_eq!(keys.len(), outcomes(&answer).len());
    for (entry, keys) in entries(&answer).iter().zip(&keys) {
        assert_eq!(entry.grants.len(), keys.len());
        for (grant, key) in entry.grants.iter().zip(keys) {
            let organization = key.scope().organization.unwrap();
            assert_eq!(grant.role_id, key.role_id());
            assert!(organization.starts_with(grant.scope.organization.as_deref().unwrap()));
        }
    }
    let whole = |key: &GrantKey| key.scope().organization.as_deref() == Some(&place);
    assert!(keys[0].iter().any(whole) && keys[1].is_empty());
}
