//! One implementation behind both interfaces, so that the code that lifts and lowers is compiled for one.

use std::{cell::Cell, marker::PhantomData};

use crate::contract::generated::exports::unified::user_directory::{
    accounts::{self, Caller},
    users::{
        Account, Endpoint, Failure, Guest, Options, Profile, ReadOptions, Request, RoleDirectory, Success, UserReading,
    },
};

/// The functions of `users`. Those of `accounts` are called through them, too.
pub struct Both<T>(PhantomData<T>);

thread_local! {
    static IS_BY_ACCOUNT: Cell<bool> = const { Cell::new(false) };
}

/// The next call is one of `accounts`: its account carries an id as its settings, and the caller as its address.
pub fn announce_account() {
    IS_BY_ACCOUNT.set(true);
}

/// The id and the caller, if the call was announced as one of `accounts`.
fn by_account(account: Account) -> Result<(String, Caller), Account> {
    if !IS_BY_ACCOUNT.take() {
        return Err(account);
    }
    let actor = match account.base_url {
        Endpoint::ProviderDefault => None,
        Endpoint::Url(actor) => Some(actor),
    };
    Ok((account.settings, Caller { actor }))
}

impl<T: Guest + accounts::Guest> Guest for Both<T> {
    fn providers() -> Vec<Profile> {
        T::providers()
    }

    fn unassign_role(account: Account, request: Request, options: Options) -> Result<Success, Failure> {
        match by_account(account) {
            Ok((id, caller)) => <T as accounts::Guest>::unassign_role(id, request, options, caller),
            Err(account) => <T as Guest>::unassign_role(account, request, options),
        }
    }

    fn read_user(account: Account, id: String, options: ReadOptions) -> Result<UserReading, Failure> {
        match by_account(account) {
            Ok((account, caller)) => <T as accounts::Guest>::read_user(account, id, options, caller),
            Err(account) => <T as Guest>::read_user(account, id, options),
        }
    }

    fn list_roles(account: Account, options: ReadOptions) -> Result<RoleDirectory, Failure> {
        match by_account(account) {
            Ok((id, caller)) => <T as accounts::Guest>::list_roles(id, options, caller),
            Err(account) => <T as Guest>::list_roles(account, options),
        }
    }
}
