//! Records for tests.

use super::{
    json,
    types::{
        Binding, Expectation, Failure, Mode, Narrowing, Options, Request, Role, RoleOutcome, StrictScope, Success,
        UnknownRole,
    },
};

/// A removal with nothing allowed, and with the defaults of the account.
pub const fn options() -> Options {
    Options {
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
    }
}

/// Asks for the removal of these roles of a user, and passes nothing on.
pub fn request(user: &str, roles: &[Role]) -> Request {
    Request {
        everything: false,
        id: user.to_owned(),
        roles: roles.iter().cloned().map(Into::into).collect(),
        organizations: Vec::new(),
        workspace_id: Narrowing::Anywhere,
        remote_query: None,
        remote_data: None,
    }
}

/// Asks for the removal of everything that a user holds.
pub fn everything(user: &str) -> Request {
    Request {
        everything: true,
        ..request(user, &[])
    }
}

/// Names neither a role nor a scope.
pub const fn unnamed() -> Role {
    Role {
        id: None,
        name: None,
        group: None,
        organization: None,
        workspace: None,
    }
}

/// A role wherever it is held.
pub fn by_id(id: &str) -> Role {
    Role {
        id: Some(id.to_owned()),
        ..unnamed()
    }
}

/// A role wherever it is held.
pub fn by_name(name: &str) -> Role {
    Role {
        name: Some(name.to_owned()),
        ..unnamed()
    }
}

/// The entries of either answer.
pub fn entries(answer: &Result<Success, Failure>) -> &[RoleOutcome] {
    match answer {
        Ok(success) => &success.outcomes,
        Err(failure) => &failure.outcomes,
    }
}

/// The outcomes of either answer, as names.
pub fn outcomes(answer: &Result<Success, Failure>) -> Vec<&'static str> {
    let names = entries(answer).iter().map(|entry| json::outcome_name(entry.outcome));
    names.collect()
}
