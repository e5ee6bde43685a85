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

mod clock;
mod executor;
mod folder;
mod host;
mod http;
mod incoming;
mod io;
mod transport;

use unassign_role::{
    by_account,
    contract::{types, types_by_account},
};

// It is this component's allocator.
use unassign_role_allocator as _;

use crate::{host::Environment, transport::WasiTransport};

struct Component;

thread_local! {
    static HOST: Environment = Environment::default();
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
        HOST.with(|host| {
            let reading = unassign_role::read_user(&WasiTransport, &host.caches, account, &id, options);
            executor::block_on(reading)
        })
    }

    fn list_roles(
        account: types::Account,
        options: types::ReadOptions,
    ) -> Result<types::RoleDirectory, types::Failure> {
        HOST.with(|host| {
            let list = unassign_role::list_roles(&WasiTransport, &host.caches, account, options);
            executor::block_on(list)
        })
    }

    fn unassign_role(
        account: types::Account,
        request: types::Request,
        options: types::Options,
    ) -> Result<types::Success, types::Failure> {
        HOST.with(|host| {
            let operation = unassign_role::unassign_role(&WasiTransport, &host.caches, account, request, options);
            executor::block_on(operation)
        })
    }
}

impl types_by_account::Guest for Component {
    fn list_accounts() -> Vec<types_by_account::AccountSummary> {
        HOST.with(|host| executor::block_on(by_account::list_accounts(host)))
    }

    fn unassign_role(
        account: String,
        request: types::Request,
        options: types::Options,
        caller: types_by_account::Caller,
    ) -> Result<types::Success, types::Failure> {
        HOST.with(|host| executor::block_on(by_account::unassign_role(host, &account, request, options, caller)))
    }

    fn read_user(
        account: String,
        id: String,
        options: types::ReadOptions,
        caller: types_by_account::Caller,
    ) -> Result<types::UserReading, types::Failure> {
        HOST.with(|host| executor::block_on(by_account::read_user(host, &account, &id, options, caller)))
    }

    fn list_roles(
        account: String,
        options: types::ReadOptions,
        caller: types_by_account::Caller,
    ) -> Result<types::RoleDirectory, types::Failure> {
        HOST.with(|host| executor::block_on(by_account::list_roles(host, &account, options, caller)))
    }
}

unassign_role::contract::export_users!(Component with_types_in unassign_role::contract);
wasip2::http::proxy::export!(Component);
