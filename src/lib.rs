//! Takes roles away from a user at a `SaaS` provider, and proves it by reading back.
//!
//! This crate is the operation itself, without any WASI in it: [`unassign_role`] is the typed call, [`http_api`] the HTTP face.
//! A host gives it a [`transport::Transport`]. The records are those of `wit/` ([`contract::types`]).

// Nothing that arrives from outside may end the component.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod account;
mod ask;
mod backend;
mod capability;
pub mod client;
pub mod contract;
mod engine;
mod error;
pub mod http_api;
pub mod json;
mod naming;
mod pass_through;
mod passage;
mod provider;
mod providers;
mod reason;
mod redact;
mod secret;
mod settings;
mod timestamp;
pub mod transport;
mod unified;
mod warning;

#[cfg(test)]
use crate::client::fake;
use crate::{
    client::Caches,
    contract::types,
    engine::{NoTrail, Trail},
    passage::Passage,
    transport::Transport,
};

/// Takes the roles away, verifies that they are gone, and answers with the user as it is now.
///
/// # Errors
/// The failure names the cause, and says entry by entry what was done.
pub async fn unassign_role(
    transport: &dyn Transport,
    caches: &Caches,
    account: types::Account,
    request: types::Request,
    options: types::Options,
) -> Result<types::Success, types::Failure> {
    operate(transport, caches, account, request, options, &NoTrail, None).await
}

/// The provider matrix: one row for each provider.
pub fn providers() -> Vec<types::Profile> {
    providers::matrix()
        .map(|(provider, capability)| capability.profile(provider))
        .collect()
}

pub(crate) async fn operate(
    transport: &dyn Transport,
    caches: &Caches,
    account: types::Account,
    request: types::Request,
    options: types::Options,
    trail: &dyn Trail,
    passage: Option<&mut dyn Passage>,
) -> Result<types::Success, types::Failure> {
    let rejected = |error: error::Error| engine::failure_of(&error, false);
    let providers::Opened {
        provider,
        general,
        secrets,
        rate_limit,
    } = providers::open(account).map_err(rejected)?;
    let ask = ask::Ask::validate(request, options, &general, provider.as_ref()).map_err(rejected)?;
    let cx = engine::context(transport, caches, &ask, secrets, rate_limit);
    let result = redact::messages(&cx.client, engine::run(provider.as_ref(), &cx, &general, trail).await);
    if let Some(quota) = cx.client.quota() {
        trail.step(engine::TrailStep::Quota(quota));
    }
    if let (Ok(success), Some(passage)) = (&result, passage)
        && !success.dry_run
        && let Some((call, token)) = provider.document(&cx, &success.user.id)
    {
        let mut begin = |passage: &mut dyn Passage| passage.begin(success);
        // What cannot be passed on is in the success as far as it was read.
        let _ = cx
            .client
            .pass_on(&call, ("authorization", "Bearer", &token), &mut begin, passage)
            .await;
    }
    result
}
