//! A read as the engine holds it: what is shown, bound to the provider's steps that build on it. Each provider's own data keep their
//! type behind the object.

use std::ops::Deref;

use crate::{
    contract::{
        reason::Reason,
        types::{Scope, User},
    },
    error::{Error, ProviderFault},
    provider::{
        Absence, Consequence, Context, Directory, Grant, Planned, Principal, Snapshot, Verdict, Write,
        backend::{Backend, Step},
    },
    request::{Selector, ValidatedRequest},
    transport::Task,
};

/// What a provider shows of a user at one moment, and the steps that need it.
pub struct Reading<'p> {
    snapshot: Snapshot,
    steps: Box<dyn Steps + 'p>,
}

/// The object-safe twin of those methods of [`Backend`] that take its detail; each gets the snapshot that it was read with.
trait Steps {
    fn resolve(&self, selector: &Selector) -> Selector;
    fn failed_read(&self, selector: &Selector) -> Option<ProviderFault>;
    fn blocked_by(&self, selector: &Selector) -> Option<(Reason, String)>;
    fn directory<'a>(
        &'a self,
        cx: &'a Context<'a>,
        selector: &'a Selector,
        snapshot: &'a Snapshot,
    ) -> Task<'a, Result<Directory, Error>>;
    fn absence<'a>(
        &'a self,
        cx: &'a Context<'a>,
        selector: &'a Selector,
        snapshot: &'a Snapshot,
    ) -> Task<'a, Result<Absence, Error>>;
    fn nothing_held(&self) -> Absence;
    fn gaps(&self, snapshot: &Snapshot) -> Vec<String>;
    fn may_lack_roles(&self) -> bool;
    fn consequences<'a>(
        &'a self,
        cx: &'a Context<'a>,
        snapshot: &'a Snapshot,
        targets: &'a [Grant],
    ) -> Task<'a, Result<Vec<Consequence>, Error>>;
    fn credential_owner<'a>(
        &'a self,
        cx: &'a Context<'a>,
        snapshot: &'a Snapshot,
    ) -> Task<'a, Result<Principal, Error>>;
    fn plan(&self, ask: &ValidatedRequest, user: &str, targets: &[Planned<'_>]) -> Vec<Write>;
    fn send<'a>(&'a self, cx: &'a Context<'a>, write: &'a Write, grants: &'a [&'a Grant]) -> Task<'a, Vec<Verdict>>;
    fn unify(&self, snapshot: &Snapshot) -> User;
}

/// A backend with what it kept of one read.
struct Bound<'p, B: Backend> {
    backend: &'p B,
    detail: B::Detail,
}

impl Deref for Reading<'_> {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.snapshot
    }
}

impl<'p> Reading<'p> {
    pub fn new<B: Backend>(backend: &'p B, snapshot: Snapshot, detail: B::Detail) -> Self {
        Self {
            snapshot,
            steps: Box::new(Bound { backend, detail }),
        }
    }

    /// An entry's selector in the spelling of the reading's scopes, where only a read can tell it: a group's name becomes its id.
    pub fn resolve(&self, selector: &Selector) -> Selector {
        self.steps.resolve(selector)
    }

    /// Why part of an entry can be neither removed nor ruled out, whatever else the entry selects. That part is then refused or not
    /// visible, for this reason.
    pub fn blocked_by(&self, selector: &Selector) -> Option<(Reason, String)> {
        self.steps.blocked_by(selector)
    }

    /// Why an entry of which nothing is shown must wait for another call: a read failed that it needs, and others may not.
    pub fn failed_read(&self, selector: &Selector) -> Option<ProviderFault> {
        self.steps.failed_read(selector)
    }

    /// The roles (or, for a link, organizations) that the provider lists at the places that a selector admits.
    ///
    /// # Errors
    /// What the provider's read gave.
    pub async fn directory(&self, cx: &Context<'_>, selector: &Selector) -> Result<Directory, Error> {
        self.steps.directory(cx, selector, &self.snapshot).await
    }

    /// What it means that no grant is shown for the selector, which names one organization at most.
    ///
    /// # Errors
    /// What the provider's read gave.
    pub async fn absence(&self, cx: &Context<'_>, selector: &Selector) -> Result<Absence, Error> {
        self.steps.absence(cx, selector, &self.snapshot).await
    }

    /// What it means that nothing is shown at all.
    pub fn nothing_held(&self) -> Absence {
        self.steps.nothing_held()
    }

    /// Where something may be held that is not shown: for people. Empty: the reading is whole.
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = self.steps.gaps(&self.snapshot);
        gaps.extend(self.unreadable_places());
        if !self.snapshot.unread.is_empty() {
            gaps.push(format!("rows that cannot be read: {}", self.snapshot.unread.len()));
        }
        let is_not_read = |grant: &&Grant| grant.directness().is_none();
        let not_read = self.snapshot.grants.iter().filter(is_not_read).count();
        if not_read > 0 {
            gaps.push(format!("roles of which it was not read how they are held: {not_read}"));
        }
        gaps
    }

    /// The places of which something could not be read, each once.
    fn unreadable_places(&self) -> impl Iterator<Item = String> {
        let mut places: Vec<String> = self.snapshot.unreadable.iter().map(|gap| gap.place.clone()).collect();
        places.dedup();
        places.into_iter()
    }

    /// Whether something of a place could not be read.
    pub fn is_unreadable(&self, place: &str) -> bool {
        self.snapshot.unreadable.iter().any(|gap| gap.place == place)
    }

    /// Whether a role may be in a gap, and not only a link or a membership.
    pub fn may_lack_roles(&self) -> bool {
        self.steps.may_lack_roles()
    }

    /// Whether something may be held at the organization of a scope that is not shown. A gap elsewhere says nothing about that place.
    pub fn has_gap_at(&self, scope: &Scope) -> bool {
        let Some(organization) = &scope.organization else {
            return !self.gaps().is_empty();
        };
        let is_there = |scope: &Scope| scope.organization.as_ref().is_none_or(|held| held == organization);
        let is_not_read = |grant: &Grant| grant.directness().is_none() && is_there(&grant.scope);
        self.is_unreadable(organization)
            || self.snapshot.unread.iter().any(|row| is_there(&row.scope))
            || self.snapshot.grants.iter().any(is_not_read)
    }

    /// What else the removal of these grants together would take, beyond what each grant's own `effects` say.
    ///
    /// # Errors
    /// A guard that cannot see ends the call.
    pub async fn consequences(&self, cx: &Context<'_>, targets: &[Grant]) -> Result<Vec<Consequence>, Error> {
        self.steps.consequences(cx, &self.snapshot, targets).await
    }

    /// Whose credentials the account uses.
    ///
    /// # Errors
    /// A guard that cannot see ends the call.
    pub async fn credential_owner(&self, cx: &Context<'_>) -> Result<Principal, Error> {
        self.steps.credential_owner(cx, &self.snapshot).await
    }

    /// The requests that remove these grants. Pure: a dry run prints them.
    pub fn plan(&self, ask: &ValidatedRequest, user: &str, targets: &[Planned<'_>]) -> Vec<Write> {
        self.steps.plan(ask, user, targets)
    }

    /// Sends one planned write, which removes these grants; one verdict for each of them, in their order.
    pub async fn send(&self, cx: &Context<'_>, write: &Write, grants: &[&Grant]) -> Vec<Verdict> {
        self.steps.send(cx, write, grants).await
    }

    /// The unified user, without `remote_data`.
    pub fn unify(&self) -> User {
        self.steps.unify(&self.snapshot)
    }
}

impl<B: Backend> Bound<'_, B> {
    const fn step<'a>(&'a self, cx: &'a Context<'a>, snapshot: &'a Snapshot) -> Step<'a, B::Detail> {
        Step {
            cx,
            snapshot,
            detail: &self.detail,
        }
    }
}

impl<B: Backend> Steps for Bound<'_, B> {
    fn resolve(&self, selector: &Selector) -> Selector {
        self.backend.resolve(selector, &self.detail)
    }

    fn blocked_by(&self, selector: &Selector) -> Option<(Reason, String)> {
        self.backend.blocked_by(selector, &self.detail)
    }

    fn failed_read(&self, selector: &Selector) -> Option<ProviderFault> {
        self.backend.failed_read(selector, &self.detail)
    }

    fn directory<'a>(
        &'a self,
        cx: &'a Context<'a>,
        selector: &'a Selector,
        snapshot: &'a Snapshot,
    ) -> Task<'a, Result<Directory, Error>> {
        Box::pin(self.backend.directory(self.step(cx, snapshot), selector))
    }

    fn absence<'a>(
        &'a self,
        cx: &'a Context<'a>,
        selector: &'a Selector,
        snapshot: &'a Snapshot,
    ) -> Task<'a, Result<Absence, Error>> {
        Box::pin(self.backend.absence(self.step(cx, snapshot), selector))
    }

    fn nothing_held(&self) -> Absence {
        self.backend.nothing_held(&self.detail)
    }

    fn gaps(&self, snapshot: &Snapshot) -> Vec<String> {
        self.backend.gaps(snapshot, &self.detail)
    }

    fn may_lack_roles(&self) -> bool {
        self.backend.may_lack_roles(&self.detail)
    }

    fn consequences<'a>(
        &'a self,
        cx: &'a Context<'a>,
        snapshot: &'a Snapshot,
        targets: &'a [Grant],
    ) -> Task<'a, Result<Vec<Consequence>, Error>> {
        Box::pin(self.backend.consequences(self.step(cx, snapshot), targets))
    }

    fn credential_owner<'a>(
        &'a self,
        cx: &'a Context<'a>,
        snapshot: &'a Snapshot,
    ) -> Task<'a, Result<Principal, Error>> {
        Box::pin(self.backend.credential_owner(self.step(cx, snapshot)))
    }

    fn plan(&self, ask: &ValidatedRequest, user: &str, targets: &[Planned<'_>]) -> Vec<Write> {
        self.backend.plan(ask, user, &self.detail, targets)
    }

    fn send<'a>(&'a self, cx: &'a Context<'a>, write: &'a Write, grants: &'a [&'a Grant]) -> Task<'a, Vec<Verdict>> {
        Box::pin(self.backend.send(cx, write, grants, &self.detail))
    }

    fn unify(&self, snapshot: &Snapshot) -> User {
        self.backend.unify(snapshot, &self.detail)
    }
}
