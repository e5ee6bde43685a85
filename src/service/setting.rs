//! The texts that configure the service, and what each host calls them.

use crate::keys::{PrivateKey, PublicKey};

/// Characters of the shortest key under which the record names e-mail addresses: a shorter one can be guessed.
const SHORTEST_RECORD_KEY: usize = 32;

/// A text that configures the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// JSON: the list of tokens.
    ApiTokens,
    /// JSON: one object, account id to account.
    Accounts,
    /// The folder of accounts that have a file each. Where the host has no files, it is never set.
    AccountsFolder,
    /// The names of the secrets that accounts in places of their own may share, separated by commas or spaces.
    SharedSecrets,
    /// JSON: what a caller by account id may do.
    Caller,
    /// `result`, or nothing.
    ResponseEnvelope,
    /// JSON: the private key that signs receipts.
    ReceiptKey,
    /// JSON: the public keys of receipts that are no longer signed with.
    ReceiptKeysRetired,
    /// The key under which the record names e-mail addresses.
    RecordKey,
}

impl Setting {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::ApiTokens,
        Self::Accounts,
        Self::AccountsFolder,
        Self::SharedSecrets,
        Self::Caller,
        Self::ResponseEnvelope,
        Self::ReceiptKey,
        Self::ReceiptKeysRetired,
        Self::RecordKey,
    ];

    /// The environment variable.
    pub const fn environment_variable(self) -> &'static str {
        match self {
            Self::ApiTokens => "UNASSIGN_ROLE_API_TOKENS",
            Self::Accounts => "UNASSIGN_ROLE_ACCOUNTS",
            Self::AccountsFolder => "UNASSIGN_ROLE_ACCOUNTS_DIR",
            Self::SharedSecrets => "UNASSIGN_ROLE_SHARED_SECRETS",
            Self::Caller => "UNASSIGN_ROLE_CALLER",
            Self::ResponseEnvelope => "UNASSIGN_ROLE_RESPONSE_ENVELOPE",
            Self::ReceiptKey => "UNASSIGN_ROLE_RECEIPT_KEY",
            Self::ReceiptKeysRetired => "UNASSIGN_ROLE_RECEIPT_KEYS_RETIRED",
            Self::RecordKey => "UNASSIGN_ROLE_RECORD_KEY",
        }
    }

    /// Whether a text can be the setting, as far as that shows without any account.
    ///
    /// # Errors
    /// Says what is wrong with it, without any value.
    pub fn check(self, text: &str) -> Result<(), String> {
        match self {
            Self::ReceiptKey => PrivateKey::parse(text).map(drop),
            Self::ReceiptKeysRetired => PublicKey::parse_set(text).map(drop),
            Self::RecordKey if text.trim().len() < SHORTEST_RECORD_KEY => {
                Err(format!("it must have at least {SHORTEST_RECORD_KEY} characters"))
            }
            Self::ResponseEnvelope if text.trim() != "result" => Err(String::from("it must be `result`, or not set")),
            _ => Ok(()),
        }
    }

    /// The Spin variable.
    pub const fn spin_variable(self) -> &'static str {
        match self {
            Self::ApiTokens => "api_tokens",
            Self::Accounts => "accounts",
            Self::AccountsFolder => "accounts_dir",
            Self::SharedSecrets => "shared_secrets",
            Self::Caller => "caller",
            Self::ResponseEnvelope => "response_envelope",
            Self::ReceiptKey => "receipt_key",
            Self::ReceiptKeysRetired => "receipt_keys_retired",
            Self::RecordKey => "record_key",
        }
    }
}
