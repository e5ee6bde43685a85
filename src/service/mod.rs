//! What the HTTP face and the calls by account id share: the host's configuration, what a caller may do, accounts and their secrets,
//! the record, and receipts.

mod access;
mod account_text;
mod check;
#[cfg(test)]
pub mod fake;
mod host;
mod parsed;
mod receipt;
mod record;
mod refusal;
mod secret_name;
mod setting;
mod table;
mod token;

pub use self::{
    access::{Operation, known, open},
    account_text::{AccountPlace, AccountText, account_file, account_variable},
    check::{Checkup, account_sha256, check_accounts, check_caller, check_tokens},
    host::Host,
    parsed::Parsed,
    receipt::{public_keys, signing_key},
    record::{
        Actor, Denial, Described, Record, denied, held_back_denials, invalid_configuration, random_request_id,
        trace_parent,
    },
    refusal::{Refusal, RefusalKind},
    secret_name::{environment_variable, spin_variable},
    setting::Setting,
    token::{Entitlement, Token, caller, configured_tokens, token_digest, tokens},
};
