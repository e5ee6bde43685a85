//! A provider as its author writes it: typed, and with plain `async fn`s. The engine sees its object-safe twin,
//! [`Provider`], so that it is compiled once and not once for each provider.

use crate::{
    account::secret::MASK,
    client::RateLimitPolicy,
    contract::{
        reason::Reason,
        types::{RequestedRole, User},
    },
    error::{Error, ProviderFault},
    provider::{
        Absence, Consequence, Context, Directory, Field, Grant, OwnDocument, Planned, Principal, Provider, RoleList,
        Snapshot, Verdict, Verification, Write, capability::Capability, reading::Reading,
    },
    request::{Selector, ValidatedRequest},
    transport::Task,
};

/// What a step works with that comes after a read.
pub struct Step<'a, D> {
    pub cx: &'a Context<'a>,
    /// What the read shows.
    pub snapshot: &'a Snapshot,
    /// What of it only the provider's own steps need.
    pub detail: &'a D,
}

/// A provider and one account at it.
pub trait Backend {
    /// What of a reading only the provider's own steps need.
    type Detail: 'static;

    const CAPABILITY: &'static Capability;

    fn rate_limit(&self) -> RateLimitPolicy {
        RateLimitPolicy::default()
    }
    fn verification(&self) -> Verification {
        Verification::in_rounds(1)
    }
    fn normalize(&self, _field: Field, value: &str) -> Result<String, String> {
        Ok(value.to_owned())
    }
    fn refine(&self, _selector: &mut Selector) -> Result<(), String> {
        Ok(())
    }
    fn resolve(&self, selector: &Selector, _detail: &Self::Detail) -> Selector {
        selector.clone()
    }
    async fn find_user(&self, cx: &Context<'_>) -> Result<String, Error>;
    /// What the provider shows of the user now, and beside it what only this provider's later steps need.
    async fn read(&self, cx: &Context<'_>, user: &str) -> Result<(Snapshot, Self::Detail), Error>;
    /// What of an entry can be neither taken nor ruled out, whatever else of it is held.
    fn blocked_by(&self, _selector: &Selector, _detail: &Self::Detail) -> Option<(Reason, String)> {
        None
    }
    /// A read that failed and that an entry needs of which nothing is shown. It ends that entry; those that do without it go on.
    fn failed_read(&self, _selector: &Selector, _detail: &Self::Detail) -> Option<ProviderFault> {
        None
    }
    async fn absence(&self, step: Step<'_, Self::Detail>, selector: &Selector) -> Result<Absence, Error>;
    fn is_same_id(&self, one: &str, other: &str) -> bool {
        one == other
    }
    fn is_role_id(&self, _text: &str) -> bool {
        false
    }
    fn companions(&self, _grant: &Grant) -> Vec<Grant> {
        Vec::new()
    }
    async fn directory(&self, _step: Step<'_, Self::Detail>, _selector: &Selector) -> Result<Directory, Error> {
        Ok(Directory::none("the provider has no list of its roles"))
    }
    async fn consequences(&self, _step: Step<'_, Self::Detail>, _targets: &[Grant]) -> Result<Vec<Consequence>, Error> {
        Ok(Vec::new())
    }
    async fn credential_owner(&self, _step: Step<'_, Self::Detail>) -> Result<Principal, Error> {
        Ok(Principal::NoUser)
    }
    fn plan(&self, ask: &ValidatedRequest, user: &str, detail: &Self::Detail, targets: &[Planned<'_>]) -> Vec<Write>;
    async fn list_roles(&self, cx: &Context<'_>) -> Result<RoleList, Error>;
    /// What it means that the reading shows no grant at all, and nothing that could not be read.
    fn nothing_held(&self, detail: &Self::Detail) -> Absence;
    /// Where something may be held that the reading does not show, beside unread rows and unreadable places: for people.
    fn gaps(&self, reading: &Snapshot, detail: &Self::Detail) -> Vec<String>;
    /// Whether a role may be in a gap of a reading that has one, and not only a link or a membership.
    fn may_lack_roles(&self, _detail: &Self::Detail) -> bool {
        true
    }
    fn selector(&self, _grant: &Grant) -> Option<RequestedRole> {
        None
    }
    fn call_headers(&self) -> Vec<(&'static str, String)> {
        vec![("authorization", MASK.to_owned())]
    }
    async fn send(&self, cx: &Context<'_>, write: &Write, grants: &[&Grant], detail: &Self::Detail) -> Vec<Verdict>;
    fn document(&self, _cx: &Context<'_>, _user: &str) -> Option<OwnDocument> {
        None
    }
    fn unify(&self, reading: &Snapshot, detail: &Self::Detail) -> User;
}

impl<B: Backend> Provider for B {
    fn capability(&self) -> &'static Capability {
        B::CAPABILITY
    }

    fn rate_limit(&self) -> RateLimitPolicy {
        Backend::rate_limit(self)
    }

    fn verification(&self) -> Verification {
        Backend::verification(self)
    }

    fn normalize(&self, field: Field, value: &str) -> Result<String, String> {
        Backend::normalize(self, field, value)
    }

    fn refine(&self, selector: &mut Selector) -> Result<(), String> {
        Backend::refine(self, selector)
    }

    fn find_user<'a>(&'a self, cx: &'a Context<'a>) -> Task<'a, Result<String, Error>> {
        Box::pin(Backend::find_user(self, cx))
    }

    fn read<'p: 'a, 'a>(&'p self, cx: &'a Context<'a>, user: &'a str) -> Task<'a, Result<Reading<'p>, Error>> {
        Box::pin(async move {
            let (snapshot, detail) = Backend::read(self, cx, user).await?;
            Ok(Reading::new(self, snapshot, detail))
        })
    }

    fn is_same_id(&self, one: &str, other: &str) -> bool {
        Backend::is_same_id(self, one, other)
    }

    fn is_role_id(&self, text: &str) -> bool {
        Backend::is_role_id(self, text)
    }

    fn companions(&self, grant: &Grant) -> Vec<Grant> {
        Backend::companions(self, grant)
    }

    fn call_headers(&self) -> Vec<(&'static str, String)> {
        Backend::call_headers(self)
    }

    fn list_roles<'a>(&'a self, cx: &'a Context<'a>) -> Task<'a, Result<RoleList, Error>> {
        Box::pin(Backend::list_roles(self, cx))
    }

    fn selector(&self, grant: &Grant) -> Option<RequestedRole> {
        Backend::selector(self, grant)
    }

    fn document(&self, cx: &Context<'_>, user: &str) -> Option<OwnDocument> {
        Backend::document(self, cx, user)
    }
}
