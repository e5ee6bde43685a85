//! An integrated account as JSON, for the HTTP faces.
//!
//! ```json
//! {"provider": "crowdstrike",
//!  "credentials": {"type": "client_credentials", "client_id": "5f0c", "client_secret": {"secret": "crowdstrike_client_secret"}},
//!  "settings": {"region": "us-2"}}
//! ```

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    contract::types::{Account, ClientCredentials, Credentials, PasswordCredentials, RefreshCredentials},
    error::Error,
    http_api::Secrets,
    json,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
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

/// An account and whether it can be used.
#[derive(Debug)]
pub struct Integrated {
    pub account: Account,
    pub status: Status,
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

/// The account of a JSON text, its secrets looked up at the host.
///
/// # Errors
/// [`Error::Account`], naming the field; values are never in the message.
pub async fn parse(text: &str, secrets: &dyn Secrets) -> Result<Integrated, Error> {
    let document: Document = serde_json::from_str(text).map_err(|error| {
        Error::account(
            "account",
            format!(
                "the account is not a well-formed JSON object: {}",
                without_values(&error)
            ),
        )
    })?;
    let provider = json::provider(&document.provider).ok_or_else(|| {
        Error::account(
            "provider",
            format!("the account's provider `{}` is unknown", document.provider),
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
        account: Account {
            provider,
            base_url: document.base_url,
            credentials: credentials(document.credentials, secrets).await?,
            settings: document.settings.map(|settings| Value::Object(settings).to_string()),
        },
        status,
    })
}

/// serde's message quotes the offending value, which may be a credential.
fn without_values(error: &serde_json::Error) -> String {
    format!(
        "{:?} error at line {}, column {}",
        error.classify(),
        error.line(),
        error.column()
    )
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
            member_cid: texts.optional("member_cid"),
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

/// The text fields of the credentials while they are being taken apart.
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

/// A text, or the secret that `{"secret": "name"}` refers to.
async fn resolve(name: &str, value: Value, secrets: &dyn Secrets) -> Result<Value, Error> {
    let at = format!("credentials.{name}");
    match value {
        Value::String(_) => Ok(value),
        Value::Object(reference) => match (reference.get("secret"), reference.len()) {
            (Some(Value::String(secret)), 1) => match secrets.secret(secret).await {
                Ok(Some(text)) => Ok(Value::String(text)),
                Ok(None) => Err(Error::account(&at, format!("the secret `{secret}` of {at} is not set"))),
                Err(why) => Err(Error::account(
                    &at,
                    format!("the secret `{secret}` of {at} cannot be read: {why}"),
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
