//! Credentials and settings of a BlackLine account.
//!
//! No official document is public: paths, pointers, statuses and the way to authenticate are settings. The best-evidenced values are
//! the defaults.

use std::cell::OnceCell;

use crate::{
    account::{secret::Secret, settings::Settings},
    client::{AccountKey, BaseUrl},
    contract::types::{Credentials, PasswordCredentials},
    error::Error,
    provider::{Addresses, Opening},
};

use super::{capability::CAPABILITY, paths::Paths};

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
    pub codes: Codes,
    /// The rows of a page, asked for with every list. `None`: with the list of users only.
    pub page_size: Option<usize>,
    /// The codes of every product of the installation, if the account names them: no call lists them.
    pub products: Option<Vec<String>>,
    token_key: OnceCell<AccountKey>,
}

/// The OAuth 2 grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GrantType {
    #[default]
    Password,
    ClientCredentials,
}

/// How the client authenticates at the token endpoint. Integrators use both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    #[default]
    Basic,
    Form,
}

/// How pairs are removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// `DELETE` with the pair in the query.
    #[default]
    DeletePair,
    /// `POST` of the pairs that remain. It is not confirmed that this replaces the set: the read-back decides.
    ReplaceSet,
}

/// JSON pointers, tried in order.
#[derive(Clone, Debug)]
pub struct Fields {
    pub list: String,
    pub next: Vec<String>,
    /// The number of rows of the whole list.
    pub total: Vec<String>,
    pub role_id: Vec<String>,
    pub role_name: Vec<String>,
    pub product_id: Vec<String>,
    pub product_name: Vec<String>,
    /// The code of an error. An answer of 2xx that has one acknowledges nothing.
    pub error_code: Vec<String>,
    pub error_message: Vec<String>,
}

/// The meaning of the statuses that a removal is answered with.
#[derive(Clone, Debug)]
pub struct Codes {
    /// They acknowledge it.
    pub success: Vec<u16>,
    /// Refusals that may mean that the pair is gone already: the read-back decides.
    pub settled: Vec<u16>,
}

impl GrantType {
    const CHOICES: [(&str, Self); 2] = [
        ("password", Self::Password),
        ("client_credentials", Self::ClientCredentials),
    ];
}

impl ClientAuth {
    const CHOICES: [(&str, Self); 2] = [("basic", Self::Basic), ("form", Self::Form)];
}

impl Strategy {
    const CHOICES: [(&str, Self); 2] = [("delete_pair", Self::DeletePair), ("replace_set", Self::ReplaceSet)];
}

impl Codes {
    fn take(mut settings: Settings) -> Result<Self, Error> {
        let mut codes = |name, defaults: &[u16]| {
            let taken = settings.take(name)?;
            Ok::<Vec<u16>, Error>(taken.unwrap_or_else(|| defaults.to_vec()))
        };
        let codes = Self {
            success: codes("success", &[200, 201, 202, 204])?,
            settled: codes("settled", &[400, 404, 409, 410])?,
        };
        settings.finish()?;
        codes.check()?;
        Ok(codes)
    }

    fn check(&self) -> Result<(), Error> {
        for (field, codes, range) in [
            ("success", &self.success, 200..=299),
            ("settled", &self.settled, 400..=499),
        ] {
            if codes.is_empty() && field == "success" || codes.iter().any(|code| !range.contains(code)) {
                let field = format!("settings.codes.{field}");
                let message = format!("{field} must be statuses from {} to {}", range.start(), range.end());
                return Err(Error::account(field, message));
            }
        }
        Ok(())
    }
}

impl Fields {
    fn take(mut settings: Settings) -> Result<Self, Error> {
        let list = settings.take_text("list", "/items")?;
        let mut pointers = |name, defaults| settings.take_texts(name, defaults);
        let fields = Self {
            list,
            next: pointers("next", &["/nextLink", "/@odata.nextLink"])?,
            total: pointers("total", &["/totalCount", "/@odata.count"])?,
            role_id: pointers("role_id", &["/role/id", "/roleId"])?,
            role_name: pointers("role_name", &["/role/name", "/roleName"])?,
            product_id: pointers("product_id", &["/product/id", "/productId"])?,
            product_name: pointers("product_name", &["/product/name", "/productName"])?,
            error_code: pointers("error_code", &["/errorCode", "/code"])?,
            error_message: pointers(
                "error_message",
                &[
                    "/message",
                    "/errorMessage",
                    "/error_description",
                    "/detail",
                    "/title",
                    "/error",
                ],
            )?,
        };
        settings.finish()?;
        fields.check()?;
        Ok(fields)
    }

    /// # Errors
    /// [`Error::Account`], naming the pointer that leads nowhere: it would switch off later pages, counts or errors.
    fn check(&self) -> Result<(), Error> {
        // The rows may be the whole document.
        if !self.list.is_empty() {
            check_pointer("list", &self.list)?;
        }
        for (field, pointers, may_be_empty) in [
            ("next", &self.next, false),
            ("total", &self.total, false),
            ("role_id", &self.role_id, false),
            ("role_name", &self.role_name, true),
            ("product_id", &self.product_id, false),
            ("product_name", &self.product_name, true),
            ("error_code", &self.error_code, false),
            ("error_message", &self.error_message, true),
        ] {
            if pointers.is_empty() && !may_be_empty {
                return Err(not_a_pointer(field, "must not be empty"));
            }
            for (index, pointer) in pointers.iter().enumerate() {
                check_pointer(&format!("{field}[{index}]"), pointer)?;
            }
        }
        Ok(())
    }
}

/// A JSON pointer (RFC 6901) into a document.
fn check_pointer(field: &str, pointer: &str) -> Result<(), Error> {
    let mut escapes = pointer.split('~').skip(1);
    if pointer.starts_with('/') && escapes.all(|rest| rest.starts_with(['0', '1'])) {
        return Ok(());
    }
    Err(not_a_pointer(
        field,
        "must be a JSON pointer: it begins with a slash, and ~ stands only in ~0 and ~1",
    ))
}

fn not_a_pointer(field: &str, rule: &str) -> Error {
    let field = format!("settings.fields.{field}");
    let message = format!("{field} {rule}");
    Error::account(field, message)
}

#[cfg(test)]
impl Default for Fields {
    fn default() -> Self {
        Self::take(Settings::parse(None).unwrap()).unwrap()
    }
}

/// Every account names its own.
pub const ADDRESSES: Addresses = Addresses {
    regions: &[],
    others: &[],
    needed: |account| account.base_url().into_iter().collect(),
};

impl Config {
    pub fn new(account: Opening<'_>) -> Result<Self, Error> {
        let mut settings = account.settings;
        let paths = Paths::take(settings.take_group("paths")?)?;
        let fields = Fields::take(settings.take_group("fields")?)?;
        let grant = settings
            .take_choice("grant_type", &GrantType::CHOICES)?
            .unwrap_or_default();
        let client_auth = settings
            .take_choice("client_auth", &ClientAuth::CHOICES)?
            .unwrap_or_default();
        let strategy = settings
            .take_choice("strategy", &Strategy::CHOICES)?
            .unwrap_or_default();
        let codes = Codes::take(settings.take_group("codes")?)?;
        let page_size = settings.take("page_size")?;
        let products = settings.take("products")?;
        settings.finish()?;
        if page_size == Some(0) {
            return Err(Error::account(
                "settings.page_size",
                "settings.page_size must be a number of rows",
            ));
        }
        let Credentials::Password(PasswordCredentials {
            username,
            password,
            client_id,
            client_secret,
            scope,
        }) = account.credentials
        else {
            return Err(CAPABILITY.wrong_credentials());
        };
        let base = account.base_url.ok_or_else(|| {
            Error::account(
                "base_url",
                "a BlackLine account needs base_url, e.g. https://us2.api.blackline.com",
            )
        })?;
        Ok(Self {
            base: BaseUrl::of_account("base_url", base)?,
            username,
            password: Secret::parse("credentials.password", password)?,
            client_id,
            client_secret: Secret::parse("credentials.client_secret", client_secret)?,
            scope,
            grant,
            client_auth,
            paths,
            fields,
            strategy,
            codes,
            page_size,
            products,
            token_key: OnceCell::new(),
        })
    }

    /// The key of this account's token.
    pub fn key(&self) -> AccountKey {
        *self.token_key.get_or_init(|| {
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
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::settings::General;

    fn open(settings: &str) -> Result<Config, Error> {
        let credentials = Credentials::Password(PasswordCredentials {
            username: String::from("api"),
            password: String::from("api-key"),
            client_id: String::from("client"),
            client_secret: String::from("client-secret"),
            scope: String::from("bl.users"),
        });
        Config::new(Opening {
            base_url: Some("https://us2.api.blackline.com"),
            credentials,
            settings: Settings::parse(Some(settings)).unwrap(),
            general: &General::default(),
        })
    }

    #[test]
    fn the_other_ways_are_settings_and_malformed_ones_are_refused() {
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
            r#"{"paths": {"usr": "/x"}}"#,
            r#"{"client_auth": "magic"}"#,
            r#"{"page_size": 0}"#,
            r#"{"codes": {"success": [404]}}"#,
            r#"{"codes": {"success": []}}"#,
            r#"{"codes": {"settled": [500]}}"#,
        ] {
            assert!(matches!(open(bad), Err(Error::Account { .. })), "{bad}");
        }
    }

    #[test]
    fn a_pointer_that_leads_nowhere_is_refused_by_its_name() {
        for (fields, named) in [
            (r#"{"list": "items"}"#, "list"),
            (r#"{"list": "$.items"}"#, "list"),
            (r#"{"next": ["/nextLink", "nextLink"]}"#, "next[1]"),
            (r#"{"next": []}"#, "next"),
            (r#"{"total": ["totalCount"]}"#, "total[0]"),
            (r#"{"role_id": [""]}"#, "role_id[0]"),
            (r#"{"role_id": []}"#, "role_id"),
            (r#"{"role_name": ["name"]}"#, "role_name[0]"),
            (r#"{"product_id": ["/a~b"]}"#, "product_id[0]"),
            (r#"{"product_id": []}"#, "product_id"),
            (r#"{"product_name": ["/a~"]}"#, "product_name[0]"),
            (r#"{"error_code": ["/a~2", "/code"]}"#, "error_code[0]"),
            (r#"{"error_message": [" /message"]}"#, "error_message[0]"),
        ] {
            match open(&format!(r#"{{"fields": {fields}}}"#)) {
                Err(Error::Account { field, .. }) => assert_eq!(field, format!("settings.fields.{named}")),
                other => panic!("{fields}: {other:?}"),
            }
        }
        for fields in [
            r#"{"list": "", "role_name": [], "product_name": [], "error_message": []}"#,
            r#"{"list": "/a~1b/0", "next": ["/~0", "/"], "total": ["/page/total"]}"#,
        ] {
            assert!(open(&format!(r#"{{"fields": {fields}}}"#)).is_ok(), "{fields}");
        }
    }
}
