//! What the engine needs to know about a provider, as a trait of small steps. The engine owns their sequence.

mod addresses;
pub mod backend;
pub mod capability;
mod grant;
mod opening;
pub mod reading;
mod revoke_answers;
pub mod role_index;
mod write;

pub use self::{
    addresses::{Addresses, Draft},
    grant::{Grant, GrantKey, GrantKind, Held, Identity, KnownAs},
    opening::{OpenAccount, Opening},
    revoke_answers::RevokeAnswers,
    write::{Planned, Verdict, Write},
};

use std::{cell::RefCell, time::Duration};

use serde_json::value::RawValue;

use crate::{
    account::secret::Secret,
    client::{Caches, Call, Client, RateLimitPolicy, lenient::cut},
    contract::{
        reason::Reason,
        types::{ListedRole, RequestedRole, Scope, SideEffect},
    },
    error::{Error, ProviderFault},
    provider::{capability::Capability, reading::Reading},
    request::{Selector, ValidatedRequest},
    transport::Task,
};

/// A provider and one account at it.
pub trait Provider {
    /// What of the contract it understands.
    fn capability(&self) -> &'static Capability;

    /// How it limits the rate of requests.
    fn rate_limit(&self) -> RateLimitPolicy;

    /// How its reads behave after a write.
    fn verification(&self) -> Verification;

    /// The well-formed, normalized value of a field of the request.
    ///
    /// # Errors
    /// A sentence that says what the field must look like.
    fn normalize(&self, field: Field, value: &str) -> Result<String, String>;

    /// Takes apart what a provider packs into one field.
    ///
    /// # Errors
    /// A sentence that says what contradicts what.
    fn refine(&self, selector: &mut Selector) -> Result<(), String>;

    /// Finds the one user that is meant. Writes use only the id that comes back.
    fn find_user<'a>(&'a self, cx: &'a Context<'a>) -> Task<'a, Result<String, Error>>;

    /// A fresh and complete read of the user and of everything that is held.
    fn read<'p: 'a, 'a>(&'p self, cx: &'a Context<'a>, user: &'a str) -> Task<'a, Result<Reading<'p>, Error>>;

    /// Whether the provider takes two spellings of a role id for one. What it takes for one must look alike
    /// ([`crate::naming::look_alike`]), or stand in [`Grant::known_as`].
    fn is_same_id(&self, one: &str, other: &str) -> bool;

    /// Whether a text has the form of a role id, which no name has.
    fn is_role_id(&self, text: &str) -> bool;

    /// Roles that go when this grant goes, beside the one that it is: guards look at them, too.
    fn companions(&self, grant: &Grant) -> Vec<Grant>;

    /// What every call of the account carries besides, as a dry run shows it: names, and values without secrets.
    fn call_headers(&self) -> Vec<(&'static str, String)>;

    /// The roles of the tenant, for whoever writes a request. No user is read.
    fn list_roles<'a>(&'a self, cx: &'a Context<'a>) -> Task<'a, Result<RoleList, Error>>;

    /// The entry that selects a grant, where the grant's own id and scope do not spell it.
    fn selector(&self, grant: &Grant) -> Option<RequestedRole>;

    /// A read whose answer's body is the user's document and nothing else, and which holds no secrets, with the access token for it:
    /// it can be passed on as it arrives. `None` where the document stands inside of another one, or has to be filtered.
    fn document(&self, cx: &Context<'_>, user: &str) -> Option<OwnDocument>;
}

/// The read of the user's own document.
pub struct OwnDocument {
    pub call: Call,
    pub token: Secret,
    /// Whether a document is that of a user.
    pub is_of: fn(&RawValue, &str) -> bool,
}

/// A field of the request whose form a provider knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    User,
    Role,
    Group,
    Organization,
    Workspace,
}

/// Whose credentials an account uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The user with this id.
    User(String),
    /// Nobody who could be the user in question.
    NoUser,
    /// It cannot be told here: every target carries the warning `own_access_not_checked`.
    Unknown,
}

/// How a provider's reads behave after a write.
#[derive(Clone, Copy, Debug)]
pub struct Verification {
    /// A read sooner than this after the write proves nothing. If it is not zero, one is made at once all the same: a role that
    /// it shows gone and a later one shows again was brought back by somebody else's write.
    pub earliest: Duration,
    /// How often the sequence may start over, after a write without an answer that may not be re-sent, or after a role came
    /// back. At least 1.
    pub rounds: u32,
    /// A write replaces the whole set of roles, so that two at once would undo each other.
    pub replaces_set: bool,
    /// A batch that was refused inside a success is taken apart like one that was refused: one grant can have it refused as a whole.
    pub takes_apart_open_refusals: bool,
}

impl Verification {
    /// A write takes away what it names. The sequence may run so often.
    pub const fn in_rounds(rounds: u32) -> Self {
        Self {
            earliest: Duration::ZERO,
            rounds,
            replaces_set: false,
            takes_apart_open_refusals: false,
        }
    }

    /// A set that is replaced can be replaced by somebody else at the same time.
    pub const REPLACES_SET: Self = Self {
        earliest: Duration::from_secs(2),
        rounds: 3,
        replaces_set: true,
        takes_apart_open_refusals: false,
    };
}

/// A place where something may be held, of which something could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The organization, workspace, group or list.
    pub place: String,
    /// What of it, where it has several parts that are read one by one: one that could not be read before does not stand for another
    /// one that cannot be read now. Empty: all of it.
    pub part: String,
    /// It may hide any grant of this kind, one that was shown before too: a read-back with it proves nothing about such a grant,
    /// whatever the first read lacked.
    pub hides: Option<GrantKind>,
}

impl Gap {
    /// Nothing of a place could be read.
    pub fn at(place: impl Into<String>) -> Self {
        Self::of("", place)
    }

    /// A part of a place could not be read.
    pub fn of(part: impl Into<String>, place: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            part: part.into(),
            hides: None,
        }
    }

    /// The list of all grants of a kind was read, and cannot be relied on.
    pub fn unreliable(kind: GrantKind, place: impl Into<String>) -> Self {
        Self {
            hides: Some(kind),
            ..Self::at(place)
        }
    }
}

/// A row that may be a grant and could not be read. It proves nothing, and it is never absence.
#[derive(Clone, Debug, PartialEq)]
pub struct UnreadRow {
    /// The row as it came, cut: rows of two readings are held against each other by it.
    pub raw: String,
    /// What can be told of its scope.
    pub scope: Scope,
    /// It may be an access to an organization and no role.
    pub is_link: bool,
    /// Every id and name that stands in it. Empty: it may be any role.
    pub ids: Vec<String>,
    pub names: Vec<String>,
}

/// The roles that a provider lists.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    pub roles: Vec<KnownRole>,
    pub coverage: Coverage,
}

/// One role of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRole {
    pub id: String,
    pub name: Option<String>,
}

/// How much of the provider's roles a directory has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Coverage {
    /// Every role, by the provider's own count or the end of its list.
    #[default]
    Whole,
    /// Only some of them: why, for people.
    Partial(String),
}

impl UnreadRow {
    /// A row of which nothing can be told.
    pub fn new(raw: &str) -> Self {
        Self {
            raw: cut(raw),
            scope: Scope {
                group: None,
                organization: None,
                workspace: None,
            },
            is_link: false,
            ids: Vec::new(),
            names: Vec::new(),
        }
    }
}

impl Directory {
    /// No role is known: why, for people.
    pub fn none(why: impl Into<String>) -> Self {
        Self {
            roles: Vec::new(),
            coverage: Coverage::Partial(why.into()),
        }
    }
}

/// Another person whom a removal concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affected {
    /// Every id, address and login that is known of them.
    pub names: Vec<String>,
    /// One of the names is an e-mail address, or the provider has none for them.
    pub shows_email: bool,
}

/// What a provider shows of a user at one moment.
pub struct Snapshot {
    pub grants: Vec<Grant>,
    /// Rows that may be grants and could not be read.
    pub unread: Vec<UnreadRow>,
    /// E-mail addresses, lower-case: for `expect` and `protected_users`.
    pub emails: Vec<String>,
    pub username: Option<String>,
    /// Other ids of the same person at the provider: for `protected_users`.
    pub other_ids: Vec<String>,
    /// Why the user may go by an id or address that is not shown and that the account protects; for people.
    pub may_be_protected: Option<String>,
    /// The provider's documents as JSON text: the `remote_data` of the answer.
    pub documents: Vec<(&'static str, String)>,
    /// What could not be read: nothing about it is proven, and a read-back that misses more than the first read is not settled.
    pub unreadable: Vec<Gap>,
    /// It lacks a part that may be left out where nothing is in it. A read-back like that proves absence only once the staleness
    /// window is over.
    pub is_sparse: bool,
    /// Hold for every grant of this reading.
    pub warnings: Vec<String>,
}

/// The roles that a tenant has, as far as they could be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoleList {
    pub roles: Vec<ListedRole>,
    /// What could not be read, for people. Empty: every role is here.
    pub unread: Vec<String>,
}

/// What it means that no grant is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Absence {
    /// The reading proves it.
    Proven,
    /// The reading shows nothing, and something that the request names could not be looked up: the warnings say what.
    ProvenExcept { warnings: Vec<String> },
    /// The role exists, and only revoking it proves it: these grants are revoked, each in a request of its own.
    Probe(Vec<Grant>),
    /// The provider knows no such role.
    NotFound(String),
    /// The same for a plan: a revoke proves it with these grants, which the plan lists.
    Unlisted { grants: Vec<Grant>, message: String },
    /// Refused or unknown, with a reason.
    Unclear { reason: Reason, message: String },
}

/// A side effect that a target has.
#[derive(Clone, Debug, PartialEq)]
pub struct Consequence {
    /// Index into the targets.
    pub target: usize,
    pub effect: SideEffect,
    /// What else goes, for people.
    pub lists: Vec<String>,
    /// What of the reading goes with it.
    pub takes: Vec<Grant>,
    /// More may go with it than can be listed. What may be protected of it stands in `takes`.
    pub takes_unknown: bool,
    /// Who else loses something by it.
    pub affects: Affects,
}

/// Who else loses something by a removal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Affects {
    #[default]
    Nobody,
    /// These people, all of them.
    People(Vec<Affected>),
    /// It cannot be told who: why, for people. A protected user may be among them.
    Unknown(String),
}

/// What tells one account from another in a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountIdentity {
    /// Empty if the call came with credentials.
    pub id: String,
    /// SHA-256 over origin, tenant settings and public client id.
    pub sha256: String,
}

/// What the steps of one operation share.
pub struct Context<'a> {
    pub client: Client<'a>,
    pub caches: &'a Caches,
    pub request: &'a ValidatedRequest,
    pub account: AccountIdentity,
    /// The provider's answers to the revoke.
    pub revoke_answers: RefCell<RevokeAnswers>,
    /// How long the provider asked to wait, the longest so far.
    pub retry_after: RefCell<Option<Duration>>,
}

impl Snapshot {
    /// Whether it shows a grant with the same key.
    pub fn shows(&self, grant: &Grant) -> bool {
        self.grants.iter().any(|held| held.same_key(grant))
    }
}

impl Context<'_> {
    /// Keeps what the failure of a write leaves behind for the answer, and gives its verdict.
    pub fn fault(&self, fault: &ProviderFault) -> Verdict {
        self.note(fault);
        Verdict::of_fault(fault)
    }

    /// The verdict of an error inside a success. Its code says what it means, and not that nothing happened: the read-back decides,
    /// also after a rate limit.
    pub fn denied(&self, fault: &ProviderFault) -> Verdict {
        self.fault(fault).left_open()
    }

    /// Keeps what a failure leaves behind for the answer.
    pub fn note(&self, fault: &ProviderFault) {
        self.note_wait(fault);
        if let Some(answer) = fault.answer.clone() {
            self.revoke_answers.borrow_mut().push(answer);
        }
    }

    /// Keeps how long a failure asks to wait, and gives it.
    pub fn note_wait(&self, fault: &ProviderFault) -> Duration {
        let mut longest = self.retry_after.borrow_mut();
        *longest = fault.retry_after.max(*longest);
        fault.retry_after.unwrap_or_default()
    }
}
