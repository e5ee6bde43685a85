//! What both programs share: the bindings, a request for one role, and what a caller does with an answer.

#[allow(clippy::all)]
mod bindings {
    wit_bindgen::generate!({ world: "example", path: "wit", generate_all });
}

use std::process::ExitCode;

pub use bindings::unified::user_directory::{accounts, users};
use users::{
    Binding, Expectation, Failure, Mode, Narrowing, Options, Request, RequestedRole, RoleOutcome, RoleSelector,
    StrictScope, Success, UnknownRole,
};

/// The request and the options for one role. Each of these fields has to be given: none has a default that takes away more.
pub fn one_role(user: String, role: String) -> (Request, Options) {
    let request = Request {
        id: user,
        everything: false,
        roles: vec![RequestedRole {
            role: RoleSelector::Id(role),
            group: Narrowing::Anywhere,
            organization: Narrowing::Anywhere,
            workspace: Narrowing::Anywhere,
        }],
        organizations: Vec::new(),
        workspace_id: Narrowing::Anywhere,
        remote_query: None,
        remote_data: None,
    };
    let options = Options {
        mode: Mode::Revoke,
        allow: Vec::new(),
        deadline: None,
        strict_scope: StrictScope::AccountDefault,
        unknown_role: UnknownRole::NotFound,
        acknowledged_at: None,
        expect: Expectation::Anyone,
        accept_unverified: false,
        binding: Binding::None,
        reference: None,
    };
    (request, options)
}

/// Prints what became of every role. It is a success only if the call says that all of them are gone.
pub fn tell(answer: Result<Success, Failure>) -> ExitCode {
    match answer {
        Ok(success) => {
            for entry in &success.outcomes {
                println!("{}", told(entry));
            }
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{:?}: {}", failure.kind, failure.message);
            for entry in &failure.outcomes {
                eprintln!("{}", told(entry));
            }
            if failure.sent {
                eprintln!("a request that writes may have reached the provider");
            }
            if failure.retryable {
                eprintln!(
                    "repeating the call can help, after {} s",
                    failure.retry_after.unwrap_or(1)
                );
            }
            ExitCode::FAILURE
        }
    }
}

/// One entry of the answer in words.
fn told(entry: &RoleOutcome) -> String {
    let role = entry.role.as_ref();
    let what = role.and_then(|role| role.id.as_deref().or(role.name.as_deref()).or(role.group.as_deref()));
    let what = what.unwrap_or("an entry");
    match &entry.reason {
        Some(reason) => format!("{what}: {:?} ({reason})", entry.outcome),
        None => format!("{what}: {:?}", entry.outcome),
    }
}
