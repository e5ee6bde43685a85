//! Credentials and settings of a JumpCloud account.

use std::cell::OnceCell;

use crate::{
    account::secret::Secret,
    client::{AccountKey, BaseUrl},
    contract::types::{ClientCredentials, Credentials, Narrowing},
    error::Error,
    provider::{Addresses, Draft, Opening},
};

use super::ids::is_object_id;

/// A JumpCloud account: one organization.
#[derive(Debug)]
pub struct Config {
    pub base: BaseUrl,
    pub access: Access,
    /// Sent as `x-org-id`: required for administrators of several organizations.
    pub org_id: Option<String>,
    /// Protected users that the account spells by an id.
    pub protected_ids: Vec<String>,
    /// The account protects somebody by an e-mail address.
    pub protects_addresses: bool,
    token_key: OnceCell<AccountKey>,
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
/// Source: `TheJumpCloud/jc-cli` (`internal/api/oauth.go`). That of the EU is not confirmed: an account there must set it.
const TOKEN_URL: &str = "https://admin-oauth.id.jumpcloud.com/oauth2/token";

pub const ADDRESSES: Addresses = Addresses {
    regions: &[("us", US), ("eu", EU)],
    others: &[TOKEN_URL],
    needed,
};

impl Config {
    pub fn new(account: Opening<'_>) -> Result<Self, Error> {
        let mut settings = account.settings;
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
        let base = match (account.base_url, region.as_deref()) {
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
        let access = match account.credentials {
            Credentials::ApiKey(key) => Access::Key(Secret::parse("credentials.api_key", key)?),
            Credentials::ClientCredentials(ClientCredentials {
                client_id,
                client_secret,
                member_cid: Narrowing::Anywhere,
            }) => {
                let token_url = token_address(base, token_url.as_deref()).ok_or_else(|| {
                    Error::account(
                        "settings.token_url",
                        "settings.token_url is required for client_credentials anywhere but in the region us",
                    )
                })?;
                Access::Client {
                    id: client_id,
                    secret: Secret::parse("credentials.client_secret", client_secret)?,
                    token_url: BaseUrl::of_account("settings.token_url", token_url)?,
                }
            }
            _ => {
                return Err(Error::account(
                    "credentials",
                    "JumpCloud takes api_key or client_credentials",
                ));
            }
        };
        Ok(Self {
            base: BaseUrl::of_account("base_url", base)?,
            access,
            org_id,
            protects_addresses: account.general.protects_addresses(),
            protected_ids: account.general.protected_ids(is_object_id),
            token_key: OnceCell::new(),
        })
    }

    /// The key of this account's token.
    pub fn key(&self) -> AccountKey {
        *self.token_key.get_or_init(|| {
            let parts = match &self.access {
                Access::Key(key) => ["key", key.expose(), "", ""],
                Access::Client { id, secret, token_url } => ["client", id, secret.expose(), token_url.as_str()],
            };
            let organization = self.org_id.as_deref().unwrap_or_default();
            AccountKey::of(["jumpcloud", self.base.as_str(), organization].into_iter().chain(parts))
        })
    }
}

/// Where the secret goes. That of an account elsewhere must not go to the token host of the US.
fn token_address<'a>(base: &str, setting: Option<&'a str>) -> Option<&'a str> {
    setting.or((base == US).then_some(TOKEN_URL))
}

fn needed(account: Draft<'_>) -> Vec<&str> {
    let of_region = if account.text("region") == Some("eu") { EU } else { US };
    let base = account.base_url().unwrap_or(of_region);
    let is_client = account.credentials() == Some("client_credentials");
    let token = is_client.then(|| token_address(base, account.text("token_url")));
    [base].into_iter().chain(token.flatten()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::settings::{General, Settings};

    fn config(base_url: Option<&str>, settings: &str, credentials: Credentials) -> Result<Config, Error> {
        Config::new(Opening {
            base_url,
            credentials,
            settings: Settings::parse(Some(settings)).unwrap(),
            general: &General::default(),
        })
    }

    fn client() -> Credentials {
        Credentials::ClientCredentials(ClientCredentials {
            client_id: String::from("id"),
            client_secret: String::from("secret"),
            member_cid: Narrowing::Anywhere,
        })
    }

    fn token_url(config: &Config) -> &str {
        match &config.access {
            Access::Client { token_url, .. } => token_url.as_str(),
            Access::Key(_) => "",
        }
    }

    #[test]
    fn the_secret_goes_to_the_token_host_of_the_us_from_the_us_alone() {
        assert_eq!(token_url(&config(None, "{}", client()).unwrap()), TOKEN_URL);
        for (base_url, settings) in [
            (None, r#"{"region": "eu"}"#),
            (Some("https://console.eu.jumpcloud.com"), "{}"),
        ] {
            let error = config(base_url, settings, client()).unwrap_err();
            assert!(
                matches!(&error, Error::Account { field, .. } if field == "settings.token_url"),
                "{error:?}"
            );
        }
        let settings = r#"{"region": "eu", "token_url": "https://tokens.example/oauth2/token"}"#;
        let eu = config(None, settings, client()).unwrap();
        assert_eq!(
            (eu.base.as_str(), token_url(&eu)),
            (EU, "https://tokens.example/oauth2/token")
        );
    }

    #[test]
    fn the_region_decides_the_host() {
        let key = || Credentials::ApiKey(String::from("key"));
        for (settings, host) in [("{}", US), (r#"{"region": "us"}"#, US), (r#"{"region": "eu"}"#, EU)] {
            assert_eq!(config(None, settings, key()).unwrap().base.as_str(), host);
        }
        assert!(config(None, r#"{"region": "mars"}"#, key()).is_err());
        assert!(config(Some(EU), r#"{"region": "eu"}"#, key()).is_err());
        assert!(config(None, r#"{"org_id": "North"}"#, key()).is_err());
    }
}
