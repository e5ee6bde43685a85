//! Removes roles from a user at a `SaaS` provider, and verifies the removal by reading back.
//!
//! This crate is the operation itself and imports no WASI: [`unassign_role`] is the typed call, [`http_api`] the HTTP face.
//! A host provides a [`transport::Transport`]. The records are those of `wit/` ([`contract::types`]).

// The documentation is for people who read the code: `make doc` includes what is private.
#![allow(rustdoc::private_intra_doc_links)]
// Nothing that arrives from outside may end the component.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

mod account;
pub mod client;
pub mod contract;
mod engine;
mod error;
pub mod http_api;
#[cfg(test)]
mod layers;
mod naming;
mod provider;
mod providers;
mod request;
pub mod transport;

#[cfg(test)]
use crate::client::fake;
use crate::{
    client::{Caches, body_sink::BodySink},
    contract::{bounded, redact, types},
    engine::{Audit, NoAudit},
    transport::Transport,
};

/// Removes the roles, verifies that they are gone, and answers with the user as it is now.
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
    bounded::answer(operate(transport, caches, account, request, options, &NoAudit, None).await)
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
    audit: &dyn Audit,
    sink: Option<&mut dyn BodySink>,
) -> Result<types::Success, types::Failure> {
    let rejected = |error: error::Error| engine::failure_of(&error, false);
    let providers::Opened {
        provider,
        general,
        secrets,
        rate_limit,
    } = providers::open(account).map_err(rejected)?;
    let ask = request::ValidatedRequest::validate(request, options, &general, provider.as_ref()).map_err(rejected)?;
    let cx = engine::context(transport, caches, &ask, secrets, rate_limit);
    let result = redact::messages(&cx.client, engine::run(provider.as_ref(), &cx, &general, audit).await);
    if let Some(quota) = cx.client.quota() {
        audit.step(engine::AuditEvent::Quota(quota));
    }
    if let (Ok(success), Some(sink)) = (&result, sink)
        && !success.dry_run
        && let Some((call, token)) = provider.document(&cx, &success.user.id)
    {
        let mut begin = |sink: &mut dyn BodySink| sink.begin(success);
        // A document that cannot be streamed is in the success as it was read.
        let _ = cx
            .client
            .pass_on(&call, ("authorization", "Bearer", &token), &mut begin, sink)
            .await;
    }
    result
}
