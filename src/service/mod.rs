//! What the HTTP face and the calls by account id share: the host's configuration, what a caller may do, accounts and their secrets,
//! the record, and receipts.

mod access;
mod check;
mod host;
mod receipt;
mod record;
mod refusal;
mod secret_name;
mod setting;
mod table;
mod token;

pub use self::{
    access::{Operation, known, open},
    check::{Checkup, check_accounts, check_caller, check_tokens},
    host::Host,
    receipt::{public_keys, signing_key},
    record::{
        Actor, Denial, Described, Record, denied, held_back_denials, invalid_configuration, random_request_id,
        trace_parent,
    },
    refusal::{Refusal, RefusalKind},
    secret_name::{environment_variable, spin_variable},
    setting::Setting,
    table::{account_of, ids_of},
    token::{Entitlement, Token, caller, token_digest, tokens},
};
