//! A provider as its author writes it: typed, and with plain `async fn`s. The engine sees its object-safe twin,
//! [`Provider`], so that it is compiled once and not once for each provider.

use crate::{
    ask::{Ask, Selector},
    capability::Capability,
    client::Call,
    contract::types::User,
    error::{Error, FaultKind, ProviderFault},
    provider::{
        Absence, Consequence, Context, Directory, Field, Grant, Planned, Principal, Provider, Reading, Verdict,
        Verification, Write,
    },
    reason::Reason,
    secret::{MASK, Secret},
    transport::Task,
    unified::blank_user,
};

/// A provider and one account at it.
pub trait Backend {
    /// What of a reading only the provider's own steps need.
    type Detail: 'static;

    fn capability(&self) -> &'static Capability;
    fn verification(&self) -> Verification;
    fn normalise(&self, _field: Field, value: &str) -> Result<String, String> {
        Ok(value.to_owned())
    }
    fn refine(&self, _selector: &mut Selector) -> Result<(), String> {
        Ok(())
    }
    fn resolve(&self, selector: &Selector, _detail: &Self::Detail) -> Selector {
        selector.clone()
    }
    async fn find_user(&self, cx: &Context<'_>) -> Result<String, Error>;
    /// The reading is given back without its detail, and that beside it.
    async fn read(&self, cx: &Context<'_>, user: &str) -> Result<(Reading, Self::Detail), Error>;
    /// What of an entry can be neither taken nor ruled out, whatever else of it is held.
    fn obstacle(&self, _selector: &Selector, _reading: &Reading, _detail: &Self::Detail) -> Option<(Reason, String)> {
        None
    }
    async fn absence(
        &self,
        cx: &Context<'_>,
        selector: &Selector,
        reading: &Reading,
        detail: &Self::Detail,
    ) -> Result<Absence, Error>;
    fn is_same_id(&self, one: &str, other: &str) -> bool {
        one == other
    }
    fn is_role_id(&self, _text: &str) -> bool {
        false
    }
    fn companions(&self, _grant: &Grant) -> Vec<Grant> {
        Vec::new()
    }
    async fn directory(
        &self,
        _cx: &Context<'_>,
        _selector: &Selector,
        _reading: &Reading,
        _detail: &Self::Detail,
    ) -> Result<Directory, Error> {
        Ok(Directory::none("the provider has no list of its roles"))
    }
    async fn consequences(
        &self,
        _cx: &Context<'_>,
        _reading: &Reading,
        _detail: &Self::Detail,
        _targets: &[Grant],
    ) -> Result<Vec<Consequence>, Error> {
        Ok(Vec::new())
    }
    async fn own_principal(
        &self,
        _cx: &Context<'_>,
        _reading: &Reading,
        _detail: &Self::Detail,
    ) -> Result<Principal, Error> {
        Ok(Principal::NoUser)
    }
    fn plan(&self, ask: &Ask, user: &str, detail: &Self::Detail, targets: &[Planned<'_>]) -> Vec<Write>;
    fn call_headers(&self) -> Vec<(&'static str, String)> {
        vec![("authorization", MASK.to_owned())]
    }
    async fn send(&self, cx: &Context<'_>, write: &Write, grants: &[&Grant], detail: &Self::Detail) -> Vec<Verdict>;
    fn document(&self, _cx: &Context<'_>, _user: &str) -> Option<(Call, Secret)> {
        None
    }
    fn unify(&self, reading: &Reading, detail: &Self::Detail) -> User;
}

/// The one place where a reading's detail gets its type back; a reading of another provider would be a fault of the engine.
fn detail<B: Backend>(reading: &Reading) -> Result<&B::Detail, ProviderFault> {
    let fault = || ProviderFault::new(FaultKind::BadAnswer, "nothing was read");
    reading.detail.downcast_ref().ok_or_else(fault)
}

impl<B: Backend> Provider for B {
    fn capability(&self) -> &'static Capability {
        Backend::capability(self)
    }

    fn verification(&self) -> Verification {
        Backend::verification(self)
    }

    fn normalise(&self, field: Field, value: &str) -> Result<String, String> {
        Backend::normalise(self, field, value)
    }

    fn refine(&self, selector: &mut Selector) -> Result<(), String> {
        Backend::refine(self, selector)
    }

    fn resolve(&self, selector: &Selector, reading: &Reading) -> Selector {
        detail::<B>(reading).map_or_else(|_| selector.clone(), |detail| Backend::resolve(self, selector, detail))
    }

    fn find_user<'a>(&'a self, cx: &'a Context<'a>) -> Task<'a, Result<String, Error>> {
        Box::pin(Backend::find_user(self, cx))
    }

    fn read<'a>(&'a self, cx: &'a Context<'a>, user: &'a str) -> Task<'a, Result<Reading, Error>> {
        Box::pin(async move {
            let (reading, detail) = Backend::read(self, cx, user).await?;
            Ok(Reading {
                detail: Box::new(detail),
                ..reading
            })
        })
    }

    fn obstacle(&self, selector: &Selector, reading: &Reading) -> Option<(Reason, String)> {
        Backend::obstacle(self, selector, reading, detail::<B>(reading).ok()?)
    }

    fn absence<'a>(
        &'a self,
        cx: &'a Context<'a>,
        selector: &'a Selector,
        reading: &'a Reading,
    ) -> Task<'a, Result<Absence, Error>> {
        Box::pin(async move { Backend::absence(self, cx, selector, reading, detail::<B>(reading)?).await })
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

    fn directory<'a>(
        &'a self,
        cx: &'a Context<'a>,
        selector: &'a Selector,
        reading: &'a Reading,
    ) -> Task<'a, Result<Directory, Error>> {
        Box::pin(async move { Backend::directory(self, cx, selector, reading, detail::<B>(reading)?).await })
    }

    fn consequences<'a>(
        &'a self,
        cx: &'a Context<'a>,
        reading: &'a Reading,
        targets: &'a [Grant],
    ) -> Task<'a, Result<Vec<Consequence>, Error>> {
        Box::pin(async move { Backend::consequences(self, cx, reading, detail::<B>(reading)?, targets).await })
    }

    fn own_principal<'a>(&'a self, cx: &'a Context<'a>, reading: &'a Reading) -> Task<'a, Result<Principal, Error>> {
        Box::pin(async move { Backend::own_principal(self, cx, reading, detail::<B>(reading)?).await })
    }

    fn plan(&self, ask: &Ask, user: &str, reading: &Reading, targets: &[Planned<'_>]) -> Vec<Write> {
        detail::<B>(reading).map_or_else(|_| Vec::new(), |detail| Backend::plan(self, ask, user, detail, targets))
    }

    fn call_headers(&self) -> Vec<(&'static str, String)> {
        Backend::call_headers(self)
    }

    fn send<'a>(
        &'a self,
        cx: &'a Context<'a>,
        write: &'a Write,
        grants: &'a [&'a Grant],
        reading: &'a Reading,
    ) -> Task<'a, Vec<Verdict>> {
        Box::pin(async move {
            match detail::<B>(reading) {
                Ok(detail) => Backend::send(self, cx, write, grants, detail).await,
                Err(fault) => vec![Verdict::of_fault(&fault); grants.len()],
            }
        })
    }

    fn document(&self, cx: &Context<'_>, user: &str) -> Option<(Call, Secret)> {
        Backend::document(self, cx, user)
    }

    fn unify(&self, reading: &Reading) -> User {
        detail::<B>(reading).map_or_else(|_| blank_user(""), |detail| Backend::unify(self, reading, detail))
    }
}
