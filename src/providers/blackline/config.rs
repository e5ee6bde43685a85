//! Credentials and settings of a BlackLine account.
//!
//! No official document is public, so that whatever is uncertain (paths, pointers, the way to authenticate) is a setting, with the
//! best-evidenced value as its default.

use std::time::Duration;

use serde::Deserialize;

use crate::{
    client::{AccountKey, BaseUrl},
    contract::types::{Credentials, PasswordCredentials},
    error::Error,
    secret::Secret,
    settings::{General, Settings},
};

use super::capability::CAPABILITY;

/// A BlackLine account.
#[derive(Debug)]
pub struct Config {
    pub base: BaseUrl,
    pub username: String,
    pub password: Secret,
    pub client_id: String,
    pub client_secret: Secret,
    pub scope: String,
    pub grant: GrantType,
    pub client_auth: ClientAuth,
    pub paths: Paths,
    pub fields: Fields,
    pub strategy: Strategy,
    /// A list of exactly this many rows without a next page may have been cut off.
    pub page_size: usize,
    /// Codes of every product of the installation, where they are told: no call lists them.
    pub products: Option<Vec<String>>,
    pub staleness_window: Duration,
}

/// The OAuth 2 grant.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    #[default]
    Password,
    ClientCredentials,
}

/// How the client authenticates at the token endpoint: integrators do either.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    #[default]
    Basic,
    Form,
}

/// How pairs are removed.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// `DELETE` with the pair in the query.
    #[default]
    DeletePair,
    /// `POST` of the pairs that remain; whether it replaces is not confirmed, the read-back decides.
    ReplaceSet,
}

/// Paths under the base address. `{user_id}` and `{filter}` are replaced, encoded.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Paths {
    pub token: String,
    pub user: String,
    pub user_search: String,
    pub roles: String,
    /// Spellings, tried in order on the read; the one that answers is used for the write.
    pub user_roles: Vec<String>,
    /// The teams of the user, for the unified groups; empty: they are not read.
    pub user_teams: String,
    /// The entities of the user, for the unified organizations; empty: they are not read.
    pub user_entities: String,
}

/// JSON pointers, tried in order.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fields {
    pub list: String,
    pub next: Vec<String>,
    /// How many rows the whole list has.
    pub total: Vec<String>,
    pub role_id: Vec<String>,
    pub role_name: Vec<String>,
    pub product_id: Vec<String>,
    pub product_name: Vec<String>,
    /// The code of an error; in an answer of 2xx, it is no acknowledgement.
    pub error_code: Vec<String>,
    pub error_message: Vec<String>,
}

const PAGE_SIZE: usize = 100;

impl Default for Paths {
    fn default() -> Self {
        Self {
            token: String::from("/authorize/connect/token"),
            user: String::from("/v1/users/{user_id}"),
            user_search: String::from("/v1/users?filter={filter}"),
            roles: String::from("/v1/roles"),
            user_roles: vec![
                String::from("/v1/users/{user_id}/roles-products"),
                String::from("/v1/users/{user_id}/role-products"),
            ],
            user_teams: String::from("/v1/users/{user_id}/teams"),
            user_entities: String::from("/v1/users/{user_id}/entities"),
        }
    }
}

impl Default for Fields {
    fn default() -> Self {
        let list = |pointers: &[&str]| pointers.iter().map(|&pointer| pointer.to_owned()).collect();
        Self {
            list: String::from("/items"),
            next: list(&["/nextLink", "/@odata.nextLink"]),
            total: list(&["/totalCount", "/@odata.count"]),
            role_id: list(&["/role/id", "/roleId"]),
            role_name: list(&["/role/name", "/roleName"]),
            product_id: list(&["/product/id", "/productId"]),
            product_name: list(&["/product/name", "/productName"]),
            error_code: list(&["/errorCode", "/code"]),
            error_message: list(&[
                "/message",
                "/errorMessage",
                "/error_description",
                "/detail",
                "/title",
                "/error",
            ]),
        }
    }
}

impl Config {
    pub fn new(
        base_url: Option<&str>,
        credentials: Credentials,
        mut settings: Settings,
        general: &General,
    ) -> Result<Self, Error> {
        let paths: Paths = settings.take("paths")?.unwrap_or_default();
        let fields = settings.take("fields")?.unwrap_or_default();
        let grant = settings.take("grant_type")?.unwrap_or_default();
        let client_auth = settings.take("client_auth")?.unwrap_or_default();
        let strategy = settings.take("strategy")?.unwrap_or_default();
        let page_size = settings.take("page_size")?.unwrap_or(PAGE_SIZE);
        let products = settings.take("products")?;
        settings.finish()?;
        check(&paths)?;
        let Credentials::Password(PasswordCredentials {
            username,
            password,
            client_id,
            client_secret,
            scope,
        }) = credentials
        else {
            return Err(Error::account("credentials", "BlackLine takes password credentials"));
        };
        let base = base_url.ok_or_else(|| {
            Error::account(
                "base_url",
                "a BlackLine account needs base_url, e.g. https://us2.api.blackline.com",
            )
        })?;
        Ok(Self {
            base: BaseUrl::parse(base).map_err(|why| Error::account("base_url", format!("base_url {why}")))?,
            username,
            password: Secret::new(password),
            client_id,
            client_secret: Secret::new(client_secret),
            scope,
            grant,
            client_auth,
            paths,
            fields,
            strategy,
            page_size,
            products,
            staleness_window: general.staleness_window.unwrap_or(CAPABILITY.staleness_window),
        })
    }

    /// The key of this account's token.
    pub fn key(&self) -> AccountKey {
        AccountKey::of([
            "blackline",
            self.base.as_str(),
            &self.paths.token,
            &self.username,
            self.password.expose(),
            &self.client_id,
            self.client_secret.expose(),
            &self.scope,
            // Another way to ask is another token.
            match (self.grant, self.client_auth) {
                (GrantType::Password, ClientAuth::Basic) => "password basic",
                (GrantType::Password, ClientAuth::Form) => "password form",
                (GrantType::ClientCredentials, ClientAuth::Basic) => "client_credentials basic",
                (GrantType::ClientCredentials, ClientAuth::Form) => "client_credentials form",
            },
        ])
    }

    pub fn secrets(&self) -> Vec<Secret> {
        vec![self.password.clone(), self.client_secret.clone()]
    }
}

/// Settings must not lead the token to another host.
fn check(paths: &Paths) -> Result<(), Error> {
    let all = [&paths.token, &paths.user, &paths.user_search, &paths.roles]
        .into_iter()
        .chain(&paths.user_roles)
        .chain(
            [&paths.user_teams, &paths.user_entities]
                .into_iter()
                .filter(|path| !path.is_empty()),
        );
    for path in all {
        if !path.starts_with('/') || path.starts_with("//") || path.contains(['\\', '#']) {
            return Err(Error::account(
                "settings.paths",
                format!("`{path}` in settings.paths must begin with one slash"),
            ));
        }
    }
    if paths.user_roles.is_empty() {
        return Err(Error::account(
            "settings.paths.user_roles",
            "settings.paths.user_roles must not be empty",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(settings: &str) -> Result<Config, Error> {
        let credentials = Credentials::Password(PasswordCredentials {
            username: String::from("api"),
            password: String::from("api-key"),
            client_id: String::from("client"),
            client_secret: String::from("client-secret"),
            scope: String::from("bl.users"),
        });
        let settings = Settings::parse(Some(settings)).unwrap();
        Config::new(
            Some("https://us2.api.blackline.com"),
            credentials,
            settings,
            &General::default(),
        )
    }

    #[test]
    fn every_uncertain_thing_is_a_setting_and_a_path_stays_on_the_host() {
        let config =
            open(r#"{"paths": {"token": "/connect/token"}, "client_auth": "form", "strategy": "replace_set"}"#)
                .unwrap();
        assert_eq!(
            (config.paths.token.as_str(), config.client_auth),
            ("/connect/token", ClientAuth::Form)
        );
        assert_eq!(config.paths.user, "/v1/users/{user_id}");
        for bad in [
            r#"{"paths": {"token": "https://evil.example/token"}}"#,
            r#"{"paths": {"user": "//evil.example"}}"#,
            r#"{"paths": {"usr": "/x"}}"#,
            r#"{"paths": {"user_roles": []}}"#,
            r#"{"client_auth": "magic"}"#,
        ] {
            assert!(matches!(open(bad), Err(Error::Account { .. })), "{bad}");
        }
    }
}
