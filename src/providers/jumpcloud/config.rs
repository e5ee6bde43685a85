//! Credentials and settings of a JumpCloud account.

use std::time::Duration;

use crate::{
    client::{AccountKey, BaseUrl},
    contract::types::{ClientCredentials, Credentials},
    error::Error,
    secret::Secret,
    settings::{General, Settings},
};

/// A JumpCloud account: one organization.
#[derive(Debug)]
pub struct Config {
    pub base: BaseUrl,
    pub access: Access,
    /// Sent as `x-org-id`: required for administrators of several organizations.
    pub org_id: Option<String>,
    pub staleness_window: Duration,
}

/// How the account authenticates.
#[derive(Debug)]
pub enum Access {
    /// `x-api-key` of an administrator or a service account.
    Key(Secret),
    /// A service account with a client secret.
    Client {
        id: String,
        secret: Secret,
        token_url: BaseUrl,
    },
}

/// Source: `TheJumpCloud/jcapi-powershell` (`SwaggerSpecs`), `TheJumpCloud/support` (`Connect-JCOnline`).
const US: &str = "https://console.jumpcloud.com";
const EU: &str = "https://console.eu.jumpcloud.com";
/// Source: `TheJumpCloud/jc-cli` (`internal/api/oauth.go`). That of the EU is not confirmed, hence the setting.
const TOKEN_URL: &str = "https://admin-oauth.id.jumpcloud.com/oauth2/token";
const STALENESS_WINDOW: Duration = Duration::from_secs(10);

impl Config {
    pub fn new(
        base_url: Option<&str>,
        credentials: Credentials,
        mut settings: Settings,
        general: &General,
    ) -> Result<Self, Error> {
        let region: Option<String> = settings.take("region")?;
        let org_id: Option<String> = settings.take("org_id")?;
        let token_url: Option<String> = settings.take("token_url")?;
        settings.finish()?;
        if let Some(id) = &org_id
            && !is_object_id(id)
        {
            return Err(Error::account(
                "settings.org_id",
                "settings.org_id must be 24 hexadecimal digits",
            ));
        }
        let base = match (base_url, region.as_deref()) {
            (Some(url), None) => url,
            (None, None | Some("us")) => US,
            (None, Some("eu")) => EU,
            _ => {
                return Err(Error::account(
                    "settings.region",
                    "settings.region must be us or eu, and not beside base_url",
                ));
            }
        };
        let parse =
            |field: &str, url: &str| BaseUrl::parse(url).map_err(|why| Error::account(field, format!("{field} {why}")));
        let access = match credentials {
            Credentials::ApiKey(key) => Access::Key(Secret::new(key)),
            Credentials::ClientCredentials(ClientCredentials {
                client_id,
                client_secret,
                member_cid: None,
            }) => Access::Client {
                id: client_id,
                secret: Secret::new(client_secret),
                token_url: parse("settings.token_url", token_url.as_deref().unwrap_or(TOKEN_URL))?,
            },
            _ => {
                return Err(Error::account(
                    "credentials",
                    "JumpCloud takes api_key or client_credentials",
                ));
            }
        };
        Ok(Self {
            base: parse("base_url", base)?,
            access,
            org_id,
            staleness_window: general.staleness_window.unwrap_or(STALENESS_WINDOW),
        })
    }

    /// The key of this account's token.
    pub fn key(&self) -> AccountKey {
        let parts = match &self.access {
            Access::Key(key) => ["key", key.expose(), "", ""],
            Access::Client { id, secret, token_url } => ["client", id, secret.expose(), token_url.as_str()],
        };
        let organization = self.org_id.as_deref().unwrap_or_default();
        AccountKey::of(["jumpcloud", self.base.as_str(), organization].into_iter().chain(parts))
    }

    pub fn secrets(&self) -> Vec<Secret> {
        match &self.access {
            Access::Key(secret) | Access::Client { secret, .. } => vec![secret.clone()],
        }
    }
}

/// The form of every JumpCloud id.
pub fn is_object_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
