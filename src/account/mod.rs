//! An integrated account as JSON, for the HTTP faces.
//!
//! ```json
//! {"provider": "crowdstrike",
//!  "credentials": {"type": "client_credentials", "client_id": "5f0c", "client_secret": {"secret": "crowdstrike_client_secret"}},
//!  "settings": {"region": "us-2"}}
//! ```

mod approvers;
pub mod secret;
pub mod settings;

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    account::secret::MASK,
    contract::{
        json::{self, unique},
        types::{Account, ClientCredentials, Credentials, Endpoint, PasswordCredentials, Provider, RefreshCredentials},
    },
    error::Error,
    transport::Task,
};

/// Where secrets that accounts refer to come from.
pub trait Secrets {
    /// The secret that an account refers to by name (`{"secret": "name"}`); `None` if it is not set.
    fn secret<'a>(&'a self, name: &'a str) -> Task<'a, Result<Option<String>, String>>;
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    id: Option<String>,
    provider: String,
    base_url: Option<String>,
    credentials: Map<String, Value>,
    settings: Option<Map<String, Value>>,
    status: Option<String>,
    #[serde(default)]
    is_blocked: bool,
    #[serde(default)]
    is_sandbox: bool,
}

/// An account whose status is known and whose secrets have not been looked up yet.
pub struct Integrated {
    /// The id, where the account repeats it.
    pub id: Option<String>,
    pub status: Status,
    pub provider: Provider,
    base_url: Option<String>,
    credentials: Map<String, Value>,
    settings: Option<Map<String, Value>>,
}

/// The state of an integrated account, in the words of the original.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Active,
    Connecting,
    NeedsReauth,
    ValidationError,
    PostInstallError,
    /// Whatever its status: the operator has blocked it.
    Blocked,
    /// Whatever its status: nothing is ever written with it.
    Sandbox,
}

impl Status {
    /// Its name in the words of the original.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Connecting => "connecting",
            Self::NeedsReauth => "needs_reauth",
            Self::ValidationError => "validation_error",
            Self::PostInstallError => "post_install_error",
            Self::Blocked => "blocked",
            Self::Sandbox => "sandbox",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "active" => Self::Active,
            "connecting" => Self::Connecting,
            "needs_reauth" => Self::NeedsReauth,
            "validation_error" => Self::ValidationError,
            "post_install_error" => Self::PostInstallError,
            _ => return None,
        })
    }
}

impl Integrated {
    /// The account, its secrets looked up at the host.
    ///
    /// # Errors
    /// [`Error::Account`], naming the field; values are never in the message.
    pub async fn account(self, secrets: &dyn Secrets) -> Result<Account, Error> {
        Ok(Account {
            provider: self.provider,
            base_url: self.base_url.map_or(Endpoint::ProviderDefault, Endpoint::Url),
            credentials: credentials(self.credentials, secrets).await?,
            settings: Value::Object(self.settings.unwrap_or_default()).to_string(),
        })
    }
}

/// Hides the credentials, which may be part of the account, and anything else that was pasted into it.
impl fmt::Debug for Integrated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Integrated")
            .field("status", &self.status)
            .field("provider", &self.provider)
            .field("credentials", &MASK)
            .finish_non_exhaustive()
    }
}

/// The account of a JSON text.
///
/// # Errors
/// [`Error::Account`], naming the field; values are never in the message.
pub fn parse(text: &str) -> Result<Integrated, Error> {
    let document: Document = unique::parse_configuration(text)
        .map_err(|why| Error::account("account", format!("the account is malformed: {why}")))?;
    let provider = json::provider(&document.provider).ok_or_else(|| {
        Error::account(
            "provider",
            format!("the account's provider must be {}", json::provider_names().join(", ")),
        )
    })?;
    let status = match document.status.as_deref().map(Status::parse) {
        Some(None) => {
            return Err(Error::account(
                "status",
                "status must be active, connecting, needs_reauth, validation_error or post_install_error",
            ));
        }
        _ if document.is_blocked => Status::Blocked,
        Some(Some(status)) if status != Status::Active => status,
        _ if document.is_sandbox => Status::Sandbox,
        _ => Status::Active,
    };
    Ok(Integrated {
        id: document.id,
        status,
        provider,
        base_url: document.base_url,
        credentials: document.credentials,
        settings: document.settings,
    })
}

async fn credentials(mut fields: Map<String, Value>, secrets: &dyn Secrets) -> Result<Credentials, Error> {
    let Some(Value::String(kind)) = fields.shift_remove("type") else {
        return Err(Error::account("credentials.type", "credentials.type is required"));
    };
    let mut texts = Texts { fields: Map::new() };
    for (name, value) in fields {
        let value = resolve(&name, value, secrets).await?;
        texts.fields.insert(name, value);
    }
    let credentials = match kind.as_str() {
        "client_credentials" => Credentials::ClientCredentials(ClientCredentials {
            client_id: texts.required("client_id")?,
            client_secret: texts.required("client_secret")?,
            member_cid: texts.optional("member_cid").into(),
        }),
        "password" => Credentials::Password(PasswordCredentials {
            username: texts.required("username")?,
            password: texts.required("password")?,
            client_id: texts.required("client_id")?,
            client_secret: texts.required("client_secret")?,
            scope: texts.required("scope")?,
        }),
        "api_key" => Credentials::ApiKey(texts.required("api_key")?),
        "bearer_token" => Credentials::BearerToken(texts.required("token")?),
        "refresh_token" => Credentials::RefreshToken(RefreshCredentials {
            client_id: texts.required("client_id")?,
            client_secret: texts.required("client_secret")?,
            refresh_token: texts.required("refresh_token")?,
        }),
        _ => {
            return Err(Error::account(
                "credentials.type",
                "credentials.type must be client_credentials, password, api_key, bearer_token or refresh_token",
            ));
        }
    };
    match texts.fields.keys().next() {
        None => Ok(credentials),
        Some(name) => Err(Error::account(
            format!("credentials.{name}"),
            format!("credentials.{name} is not a field of {kind}"),
        )),
    }
}

/// The text fields of the credentials while they are being parsed.
struct Texts {
    fields: Map<String, Value>,
}

impl Texts {
    fn optional(&mut self, name: &str) -> Option<String> {
        match self.fields.shift_remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    fn required(&mut self, name: &str) -> Result<String, Error> {
        self.optional(name)
            .ok_or_else(|| Error::account(format!("credentials.{name}"), format!("credentials.{name} is required")))
    }
}

/// A text, or the secret that `{"secret": "name"}` refers to. No message repeats the name: it may be the secret itself, pasted by
/// mistake.
async fn resolve(name: &str, value: Value, secrets: &dyn Secrets) -> Result<Value, Error> {
    let at = format!("credentials.{name}");
    match value {
        Value::String(_) => Ok(value),
        Value::Object(reference) => match (reference.get("secret"), reference.len()) {
            (Some(Value::String(secret)), 1) => match secrets.secret(secret).await {
                Ok(Some(text)) => Ok(Value::String(text)),
                Ok(None) => Err(Error::account(
                    &at,
                    format!("the secret that {at} refers to is not set"),
                )),
                Err(_) => Err(Error::account(
                    &at,
                    format!("the secret that {at} refers to cannot be read"),
                )),
            },
            _ => Err(Error::account(
                &at,
                format!("{at} must be a text or {{\"secret\": \"name\"}}"),
            )),
        },
        _ => Err(Error::account(
            &at,
            format!("{at} must be a text or {{\"secret\": \"name\"}}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    /// Sets nothing, or cannot be read and quotes what it was asked for.
    struct Store(bool);

    impl Secrets for Store {
        fn secret<'a>(&'a self, name: &'a str) -> Task<'a, Result<Option<String>, String>> {
            Box::pin(async move { if self.0 { Err(name.to_owned()) } else { Ok(None) } })
        }
    }

    const BEARER: &str = r#"{"provider": "teamviewer", "credentials": {"type": "bearer_token", "token": VALUE}}"#;

    #[test]
    fn formatting_an_account_shows_no_secret() {
        let account = parse(&BEARER.replace("VALUE", "\"sesame\"")).unwrap();
        let shown = format!("{account:?} {account:#?}");
        assert!(shown.contains("Teamviewer") && !shown.contains("sesame"), "{shown}");
    }

    #[test]
    fn a_reference_that_leads_nowhere_is_named_by_its_field_only() {
        for store in [Store(true), Store(false)] {
            let account = parse(&BEARER.replace("VALUE", r#"{"secret": "sesame"}"#)).unwrap();
            let error = account.account(&store).now_or_never().unwrap().unwrap_err();
            let message = error.to_string();
            assert!(
                message.contains("credentials.token") && !message.contains("sesame"),
                "{message}"
            );
        }
    }

    #[test]
    fn no_value_of_a_malformed_account_is_in_the_message() {
        for text in [
            r#"{"provider": "sesame", "credentials": {}}"#,
            r#"{"provider": "teamviewer", "credentials": "sesame"}"#,
            r#"{"provider": "teamviewer", "credentials": {}, "status": "sesame"}"#,
            r#"{"provider": "teamviewer", "credentials": {}, "is_blocked": "sesame"}"#,
            r#"{"provider": "teamviewer", "credentials": {"type": "bearer_token", "token": "a", "token": "sesame"}}"#,
            r#"{"provider": "teamviewer", "credentials": {}, "settings": {"allow": [], "allow": ["sesame"]}}"#,
        ] {
            let message = parse(text).unwrap_err().to_string();
            assert!(!message.contains("sesame"), "{message}");
        }
    }
}
