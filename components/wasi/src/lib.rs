//! The operation as one component for any WASI 0.2 host: the typed exports `unified:user-directory/users` and `/accounts`, and the HTTP
//! face as `wasi:http/incoming-handler`.

// The export macros generate `extern` functions.
#![allow(unsafe_code)]
// Nothing that arrives from outside may end the component.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects
    )
)]

mod executor;
mod host;
mod http;
mod incoming;
mod io;
mod transport;

use unassign_role::{
    by_account,
    client::Caches,
    contract::{types, types_by_account},
};

use crate::{host::Environment, transport::WasiTransport};

struct Component;

thread_local! {
    /// They outlive a request where the host reuses the instance; losing them costs a token request.
    static CACHES: Caches = Caches::default();
}

impl types::Guest for Component {
    fn providers() -> Vec<types::Profile> {
        unassign_role::providers()
    }

    fn read_user(
        account: types::Account,
        id: String,
        options: types::ReadOptions,
    ) -> Result<types::UserReading, types::Failure> {
        CACHES
            .with(|caches| executor::block_on(unassign_role::read_user(&WasiTransport, caches, account, &id, options)))
    }

    fn list_roles(
        account: types::Account,
        options: types::ReadOptions,
    ) -> Result<types::RoleDirectory, types::Failure> {
        CACHES.with(|caches| executor::block_on(unassign_role::list_roles(&WasiTransport, caches, account, options)))
    }

    fn unassign_role(
        account: types::Account,
        request: types::Request,
        options: types::Options,
    ) -> Result<types::Success, types::Failure> {
        CACHES.with(|caches| {
            let operation = unassign_role::unassign_role(&WasiTransport, caches, account, request, options);
            executor::block_on(operation)
        })
    }
}

impl types_by_account::Guest for Component {
    fn list_accounts() -> Vec<types_by_account::AccountSummary> {
        CACHES.with(|caches| executor::block_on(by_account::list_accounts(&Environment { caches })))
    }

    fn unassign_role(
        account: String,
        request: types::Request,
        options: types::Options,
        caller: types_by_account::Caller,
    ) -> Result<types::Success, types::Failure> {
        CACHES.with(|caches| {
            let host = Environment { caches };
            executor::block_on(by_account::unassign_role(&host, &account, request, options, caller))
        })
    }

    fn read_user(
        account: String,
        id: String,
        options: types::ReadOptions,
        caller: types_by_account::Caller,
    ) -> Result<types::UserReading, types::Failure> {
        CACHES.with(|caches| {
            let host = Environment { caches };
            executor::block_on(by_account::read_user(&host, &account, &id, options, caller))
        })
    }

    fn list_roles(
        account: String,
        options: types::ReadOptions,
        caller: types_by_account::Caller,
    ) -> Result<types::RoleDirectory, types::Failure> {
        CACHES.with(|caches| {
            let host = Environment { caches };
            executor::block_on(by_account::list_roles(&host, &account, options, caller))
        })
    }
}

unassign_role::contract::export_users!(Component with_types_in unassign_role::contract);
wasip2::http::proxy::export!(Component);
