//! Credentials and settings of a TeamViewer account.

use std::cell::OnceCell;

use crate::{
    account::secret::Secret,
    client::{AccountKey, BaseUrl},
    contract::types::{Credentials, RefreshCredentials},
    error::Error,
    provider::{Addresses, Opening},
};

use super::capability::CAPABILITY;

/// A TeamViewer account: one company.
#[derive(Debug)]
pub struct Config {
    pub base: BaseUrl,
    pub access: Access,
    /// The account protects a user by e-mail address.
    pub protects_addresses: bool,
    token_key: OnceCell<AccountKey>,
}

/// How the account gets its bearer token.
#[derive(Debug)]
pub enum Access {
    /// A script token of the management console; long-lived.
    Script(Secret),
    /// An OAuth app's refresh token.
    Refresh {
        client_id: String,
        client_secret: Secret,
        refresh_token: Secret,
    },
}

/// Source: TeamViewer's own Swagger document (`servers`).
const BASE: &str = "https://webapi.teamviewer.com/api/v1";

pub const ADDRESSES: Addresses = Addresses {
    regions: &[],
    others: &[BASE],
    needed: |account| vec![account.base_url().unwrap_or(BASE)],
};

impl Config {
    pub fn new(account: Opening<'_>) -> Result<Self, Error> {
        account.settings.finish()?;
        let access = match account.credentials {
            Credentials::BearerToken(token) => Access::Script(Secret::parse("credentials.token", token)?),
            Credentials::RefreshToken(RefreshCredentials {
                client_id,
                client_secret,
                refresh_token,
            }) => Access::Refresh {
                client_id,
                client_secret: Secret::parse("credentials.client_secret", client_secret)?,
                refresh_token: Secret::parse("credentials.refresh_token", refresh_token)?,
            },
            _ => return Err(CAPABILITY.wrong_credentials()),
        };
        Ok(Self {
            base: BaseUrl::of_account("base_url", account.base_url.unwrap_or(BASE))?,
            access,
            protects_addresses: account.general.protects_addresses(),
            token_key: OnceCell::new(),
        })
    }

    /// The key of this account's token.
    pub fn key(&self) -> AccountKey {
        *self.token_key.get_or_init(|| {
            let parts = match &self.access {
                Access::Script(token) => ["script", token.expose(), "", ""],
                Access::Refresh {
                    client_id,
                    client_secret,
                    refresh_token,
                } => ["refresh", client_id, client_secret.expose(), refresh_token.expose()],
            };
            AccountKey::of(["teamviewer", self.base.as_str()].into_iter().chain(parts))
        })
    }
}
