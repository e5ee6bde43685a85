//! Everything that each leaver holds at each account, taken away and told in one report.

#[allow(clippy::all)]
mod bindings {
    wit_bindgen::generate!({ world: "offboarding", path: "../wit", generate_all });
}

use bindings::{
    exports::unassign_role::offboarding::leavers::{Guest, Line, Report, Step, Verdict},
    unified::user_directory::{
        accounts::{Caller, unassign_role},
        users::{
            Binding, Expectation, Failure, FailureKind, Mode, Narrowing, Options, Request, RoleOutcome, StrictScope,
            Success, UnknownRole,
        },
    },
};

struct Component;

impl Guest for Component {
    // The accounts are named, and not those of `list_accounts`: that leaves out an account that is missing or broken.
    fn offboard(step: Step, leavers: Vec<String>, accounts: Vec<String>) -> Report {
        let lines: Vec<Line> = leavers
            .iter()
            .flat_map(|leaver| {
                accounts
                    .iter()
                    .map(move |account| take_everything(step, leaver, account))
            })
            .collect();
        // Without an account or a leaver nothing was looked at, and an unknown address may be a mistyped one: neither is "done".
        Report {
            is_complete: !lines.is_empty() && lines.iter().all(|line| matches!(line.verdict, Verdict::Gone)),
            lines,
        }
    }
}

fn take_everything(step: Step, leaver: &str, account: &str) -> Line {
    let request = Request {
        id: leaver.to_owned(),
        everything: true,
        roles: Vec::new(),
        organizations: Vec::new(),
        workspace_id: Narrowing::Anywhere,
        remote_query: None,
        remote_data: None,
    };
    let options = Options {
        mode: match step {
            Step::Plan => Mode::Plan,
            Step::Revoke => Mode::Revoke,
        },
        allow: Vec::new(),
        deadline: None,
        strict_scope: StrictScope::AccountDefault,
        unknown_role: UnknownRole::NotFound,
        acknowledged_at: None,
        // Whoever the address leads to must have that address.
        expect: Expectation::Email(leaver.to_owned()),
        accept_unverified: false,
        binding: Binding::None,
        reference: Some(String::from("offboarding example")),
    };
    let caller = Caller {
        actor: Some(String::from("offboarding")),
    };
    let (verdict, said) = match unassign_role(account, &request, &options, &caller) {
        Ok(success) => taken(step, &success),
        Err(failure) => not_taken(&failure),
    };
    Line {
        leaver: leaver.to_owned(),
        account: account.to_owned(),
        verdict,
        said,
    }
}

fn taken(step: Step, success: &Success) -> (Verdict, Vec<String>) {
    let verdict = match step {
        Step::Plan => Verdict::Planned,
        Step::Revoke => Verdict::Gone,
    };
    (verdict, success.outcomes.iter().map(told).collect())
}

fn not_taken(failure: &Failure) -> (Verdict, Vec<String>) {
    let mut said = vec![failure.message.clone()];
    said.extend(failure.outcomes.iter().map(told));
    if failure.sent {
        said.push(String::from("a request that writes may have reached the provider"));
    }
    if failure.retryable {
        said.push(format!("repeat the call after {} s", failure.retry_after.unwrap_or(1)));
    }
    let verdict = match failure.kind {
        // With entries it is a role that the provider does not know, and not the user.
        FailureKind::NotFound if failure.outcomes.is_empty() => Verdict::NoSuchUser,
        _ => Verdict::NotGone,
    };
    (verdict, said)
}

/// One entry of the answer in words.
fn told(entry: &RoleOutcome) -> String {
    let role = entry
        .role
        .as_ref()
        .and_then(|role| role.id.as_deref().or(role.name.as_deref()).or(role.group.as_deref()));
    let organization = entry
        .organization
        .as_ref()
        .and_then(|organization| organization.id.as_deref().or(organization.name.as_deref()));
    let what = role.or(organization).unwrap_or("an entry");
    match &entry.reason {
        Some(reason) => format!("{what}: {:?} ({reason})", entry.outcome),
        None => format!("{what}: {:?}", entry.outcome),
    }
}

bindings::export!(Component with_types_in bindings);
