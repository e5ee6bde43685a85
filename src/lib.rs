//! Removes roles from a user at a `SaaS` provider, and verifies the removal by reading back.
//!
//! This crate is the operation itself and imports no WASI: [`unassign_role`] is the typed call, [`http_api`] the HTTP face.
//! A host provides a [`transport::Transport`]. The records are those of `wit/` ([`contract::types`]).
//! Approvals of plans and receipts of what was done are signed and checked offline: [`keys`], [`approval`], [`receipt`].

// The documentation is for people who read the code: `make doc` includes what is private.
#![allow(rustdoc::private_intra_doc_links)]
// What only a provider uses that is left out.
#![cfg_attr(
    not(all(
        feature = "blackline",
        feature = "crowdstrike",
        feature = "elastic_cloud",
        feature = "jumpcloud",
        feature = "slack_enterprise",
        feature = "teamviewer"
    )),
    allow(dead_code, unused_imports)
)]
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
mod binding;
pub mod by_account;
pub mod client;
pub mod contract;
mod digest;
mod engine;
mod error;
pub mod hashed;
pub mod http_api;
#[cfg(test)]
mod layers;
mod naming;
pub mod origins;
mod provider;
mod providers;
pub mod receipt;
mod request;
pub mod service;
pub mod sorted;
pub mod transport;

pub use crate::binding::{approval, jwk as keys};

use serde_json::value::RawValue;

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
    let call = Call {
        account_id: "",
        account,
        request,
        options,
        traceparent: None,
        audit: &NoAudit,
    };
    bounded::answer(operate(transport, caches, call, None).await)
}

/// The provider matrix: one row for each provider.
pub fn providers() -> Vec<types::Profile> {
    providers::matrix()
        .map(|(provider, capability)| capability.profile(provider))
        .collect()
}

/// Reads a user and everything that it holds. Nothing is written.
///
/// # Errors
/// The failure names the cause.
pub async fn read_user(
    transport: &dyn Transport,
    caches: &Caches,
    account: types::Account,
    id: &str,
    options: types::ReadOptions,
) -> Result<types::UserReading, types::Failure> {
    observe_user(transport, caches, account, id, options, None, &NoAudit).await
}

/// Lists the roles of a tenant. Nothing is written.
///
/// # Errors
/// The failure names the cause.
pub async fn list_roles(
    transport: &dyn Transport,
    caches: &Caches,
    account: types::Account,
    options: types::ReadOptions,
) -> Result<types::RoleDirectory, types::Failure> {
    observe_roles(transport, caches, account, options, None, &NoAudit).await
}

pub(crate) async fn observe_roles(
    transport: &dyn Transport,
    caches: &Caches,
    account: types::Account,
    options: types::ReadOptions,
    traceparent: Option<&str>,
    audit: &dyn Audit,
) -> Result<types::RoleDirectory, types::Failure> {
    let opened = providers::open(account).map_err(rejected)?;
    let request = request::ValidatedRequest::reading(None, options, opened.provider.as_ref()).map_err(rejected)?;
    let mut cx = engine::context(transport, caches, &request, opened.provider.as_ref(), opened.secrets);
    cx.client
        .forward(traceparent.filter(|_| opened.general.forward_traceparent));
    let directory = engine::list_roles(opened.provider.as_ref(), &cx).await;
    note_usage(&cx, audit);
    redact::secrets(&cx.client, directory).map(bounded::directory)
}

pub(crate) async fn observe_user(
    transport: &dyn Transport,
    caches: &Caches,
    account: types::Account,
    id: &str,
    options: types::ReadOptions,
    traceparent: Option<&str>,
    audit: &dyn Audit,
) -> Result<types::UserReading, types::Failure> {
    let opened = providers::open(account).map_err(rejected)?;
    let provider = opened.provider.as_ref();
    let request = request::ValidatedRequest::reading(Some(id), options, provider).map_err(rejected)?;
    let mut cx = engine::context(transport, caches, &request, opened.provider.as_ref(), opened.secrets);
    cx.client
        .forward(traceparent.filter(|_| opened.general.forward_traceparent));
    let masked = engine::Masked {
        client: &cx.client,
        audit,
    };
    let reading = engine::read_user(provider, &cx, &opened.general, &masked).await;
    note_usage(&cx, audit);
    redact::secrets(&cx.client, reading).map(bounded::reading)
}

/// What was sent so far, and what the provider says is left of its quota.
fn note_usage(cx: &provider::Context<'_>, audit: &dyn Audit) {
    audit.step(engine::AuditEvent::Calls(cx.client.calls()));
    if let Some(quota) = cx.client.quota() {
        audit.step(engine::AuditEvent::Quota(quota));
    }
}

fn rejected(error: error::Error) -> types::Failure {
    engine::failure_of(&error, false)
}

/// One call of the operation: with which account, and who takes note.
pub(crate) struct Call<'a> {
    /// The account's id; empty if the call came with credentials.
    pub account_id: &'a str,
    pub account: types::Account,
    pub request: types::Request,
    pub options: types::Options,
    /// The caller's, for accounts that pass it on.
    pub traceparent: Option<&'a str>,
    pub audit: &'a dyn Audit,
}

pub(crate) async fn operate(
    transport: &dyn Transport,
    caches: &Caches,
    call: Call<'_>,
    sink: Option<&mut dyn BodySink>,
) -> Result<types::Success, types::Failure> {
    let Call {
        account_id,
        account,
        request,
        options,
        traceparent,
        audit,
    } = call;
    // Before the credentials go to the provider: nobody else keeps them.
    let identity = providers::identity(account_id, &account);
    let providers::Opened {
        provider,
        general,
        secrets,
    } = providers::open(account).map_err(rejected)?;
    let ask = request::ValidatedRequest::validate(request, options, &general, provider.as_ref()).map_err(rejected)?;
    let mut cx = engine::context(transport, caches, &ask, provider.as_ref(), secrets);
    cx.client.forward(traceparent.filter(|_| general.forward_traceparent));
    cx.account = identity;
    let masked = engine::Masked {
        client: &cx.client,
        audit,
    };
    let result = engine::run(provider.as_ref(), &cx, &general, &masked).await;
    // A document with a secret in it is filtered, and cannot go to the client as it arrives.
    let document = result
        .as_ref()
        .ok()
        .and_then(|success| success.user.remote_data.as_ref());
    let sink = sink.filter(|_| !document.is_some_and(|text| cx.client.shows_secret(text)));
    let result = redact::secrets(&cx.client, result);
    note_usage(&cx, audit);
    if let (Ok(success), Some(sink)) = (&result, sink)
        && !success.dry_run
        && let Some(own) = provider.document(&cx, &success.user.id)
    {
        // Once it has begun, the record is written.
        let mut begin = |sink: &mut dyn BodySink| {
            note_usage(&cx, audit);
            sink.begin(success);
        };
        let is_wanted = |document: &RawValue| (own.is_of)(document, &success.user.id);
        let bearer = ("authorization", "Bearer", &own.token);
        // A document that cannot be streamed is in the success as it was read.
        let _ = cx.client.pass_on(&own.call, bearer, &is_wanted, &mut begin, sink).await;
        note_usage(&cx, audit);
    }
    result
}
