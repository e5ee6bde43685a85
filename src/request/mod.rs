//! The validated request: what of it is malformed never gets past here.

mod entry;
mod field;
pub mod pass_through;
pub mod requested;

use std::time::Duration;

use serde_json::{Map, Value};

use crate::{
    account::settings::General,
    client::Deadline,
    contract::{
        timestamp,
        types::{self, Binding, EmailAndUsername, Expectation, Mode, SideEffect, StrictScope, UnknownRole},
    },
    error::Error,
    provider::{Field, Provider},
};

pub use self::{
    entry::{Entry, Selector, organization_selector, role_selector},
    field::is_placeholder,
};

use self::{
    entry::{MOST_ENTRIES, entries},
    field::{field, label, plain},
};

/// What is to be done, well-formed and in the provider's own spelling.
#[derive(Debug)]
pub struct ValidatedRequest {
    pub user: String,
    pub entries: Vec<Entry>,
    /// Allowed by request and account both.
    pub allow: Vec<SideEffect>,
    pub mode: Mode,
    /// Everything that is held directly; `entries` is then empty.
    pub everything: bool,
    pub strict_scope: bool,
    pub unknown_role: UnknownRole,
    /// Unix time of an earlier acknowledgement.
    pub acknowledged_at: Option<Duration>,
    pub expect: Option<Expected>,
    pub accept_unverified: bool,
    pub binding: Binding,
    /// For the whole operation.
    pub total: Duration,
    /// Query parameters added to the revoking request.
    pub remote_query: Vec<(String, String)>,
    /// Fields merged into the revoking request's body.
    pub remote_data: Map<String, Value>,
}

/// Who the user must turn out to be: one of the two at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub email: Option<String>,
    pub username: Option<String>,
}

/// The shortest deadline that leaves time for anything.
pub const SHORTEST_DEADLINE: Duration = Duration::from_secs(1);

impl ValidatedRequest {
    /// A request that only reads everything of a user, or nothing of one.
    ///
    /// # Errors
    /// [`Error::Request`], naming the field at fault.
    pub fn reading(id: Option<&str>, options: types::ReadOptions, provider: &dyn Provider) -> Result<Self, Error> {
        Ok(Self {
            user: match id {
                Some(id) => field(provider, Field::User, "id", id)?,
                None => String::new(),
            },
            entries: Vec::new(),
            allow: Vec::new(),
            mode: Mode::Verify,
            everything: true,
            strict_scope: false,
            unknown_role: UnknownRole::NotFound,
            acknowledged_at: None,
            expect: None,
            accept_unverified: false,
            binding: Binding::None,
            total: total(options.deadline, "deadline_ms")?,
            remote_query: Vec::new(),
            remote_data: Map::new(),
        })
    }

    /// Nothing is written.
    pub fn is_read_only(&self) -> bool {
        self.mode != Mode::Revoke
    }

    /// No entry narrows what is meant: everything that is held is to be read.
    pub const fn reads_everything(&self) -> bool {
        self.entries.is_empty()
    }

    /// # Errors
    /// [`Error::Request`], naming the field at fault.
    pub fn validate(
        request: types::Request,
        options: types::Options,
        general: &General,
        provider: &dyn Provider,
    ) -> Result<Self, Error> {
        let types::Request {
            id,
            everything,
            roles,
            organizations,
            workspace_id,
            remote_query,
            remote_data,
        } = request;
        let types::Options {
            mode,
            allow,
            deadline,
            strict_scope,
            unknown_role,
            acknowledged_at,
            expect,
            accept_unverified,
            binding,
            reference,
        } = options;
        let capability = provider.capability();
        let user = field(provider, Field::User, "id", &id)?;
        // It goes into the record as it is.
        if let Some(reference) = &reference {
            label("options.reference", reference)?;
        }
        let has_entries = !roles.is_empty() || !organizations.is_empty();
        if everything {
            let is_narrowed = has_entries || workspace_id != types::Narrowing::Anywhere;
            everything_alone(is_narrowed, mode, &binding, &expect)?;
        } else if !has_entries {
            return Err(Error::request(
                "roles",
                "roles is required: name at least one role (an empty list never means all), or everything",
            ));
        }
        if mode != Mode::Revoke && binding != Binding::None {
            return Err(Error::request(
                "options.binding",
                "options.binding binds a revoke; leave it out of a plan or a verify",
            ));
        }
        if roles.len().saturating_add(organizations.len()) > MOST_ENTRIES {
            return Err(Error::request(
                "roles",
                format!("at most {MOST_ENTRIES} entries in one call"),
            ));
        }
        let entries = entries(provider, roles, organizations, workspace_id)?;
        Ok(Self {
            user,
            entries,
            allow: allow
                .into_iter()
                .filter(|effect| general.allow.as_ref().is_none_or(|list| list.contains(effect)))
                .collect(),
            mode,
            everything,
            strict_scope: match strict_scope {
                StrictScope::AccountDefault => general.strict_scope,
                StrictScope::Strict => true,
                StrictScope::Lenient => false,
            },
            unknown_role,
            acknowledged_at: acknowledged_at
                .map(|text| {
                    timestamp::parse(&text).ok_or_else(|| {
                        Error::request(
                            "options.acknowledged_at",
                            "options.acknowledged_at must be an RFC 3339 timestamp",
                        )
                    })
                })
                .transpose()?,
            expect: expected(expect)?,
            accept_unverified,
            binding,
            total: total(deadline, "options.deadline_ms")?,
            remote_query: pass_through::query(remote_query.as_deref(), general, capability)?,
            remote_data: pass_through::data(remote_data.as_deref(), general, capability)?,
        })
    }
}

/// Everything is asked for as a whole, and a revoke of it says who is meant or what was planned.
fn everything_alone(is_narrowed: bool, mode: Mode, binding: &Binding, expect: &Expectation) -> Result<(), Error> {
    if is_narrowed {
        return Err(Error::request(
            "everything",
            "everything leaves out roles, organizations and workspace_id: it cannot be narrowed",
        ));
    }
    if mode == Mode::Revoke && *binding == Binding::None && *expect == Expectation::Anyone {
        return Err(Error::request(
            "everything",
            "a revoke of everything needs options.binding (the plan of an earlier answer) or options.expect (who the user is)",
        ));
    }
    Ok(())
}

fn expected(expectation: Expectation) -> Result<Option<Expected>, Error> {
    let (email, username) = match expectation {
        Expectation::Anyone => return Ok(None),
        Expectation::Email(email) => (Some(email), None),
        Expectation::Username(username) => (None, Some(username)),
        Expectation::EmailAndUsername(EmailAndUsername { email, username }) => (Some(email), Some(username)),
    };
    for (at, value) in [("options.expect.email", &email), ("options.expect.username", &username)] {
        if let Some(value) = value {
            plain(at, value)?;
        }
    }
    Ok(Some(Expected { email, username }))
}

fn total(deadline: Option<u32>, at: &str) -> Result<Duration, Error> {
    let Some(milliseconds) = deadline else {
        return Ok(Deadline::DEFAULT);
    };
    let total = Duration::from_millis(milliseconds.into());
    if total < SHORTEST_DEADLINE || total > Deadline::LONGEST {
        let (shortest, longest) = (SHORTEST_DEADLINE.as_millis(), Deadline::LONGEST.as_millis());
        return Err(Error::request(
            at,
            format!("{at} must be between {shortest} and {longest}"),
        ));
    }
    Ok(total)
}
