//! Text that must not be printed.

use std::fmt;

use crate::{contract::types::Credentials, error::Error};

/// A credential. `Debug` masks it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// The longest credential in bytes. Hosts allow some 128 KiB for all headers of a request.
const LONGEST: usize = 16 * 1024;

/// What stands where a secret would stand.
pub const MASK: &str = "[REDACTED]";

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A credential of an account; `field` is its JSON field.
    ///
    /// # Errors
    /// [`Error::Account`] if it is none. The value is never quoted.
    pub fn parse(field: &str, text: String) -> Result<Self, Error> {
        Self::credential(text).map_err(|why| Error::account(field, format!("{field} must not {why}")))
    }

    /// What of credentials must not be printed, whoever takes them.
    pub fn all_of(credentials: &Credentials) -> Vec<Self> {
        let texts: &[&str] = match credentials {
            Credentials::ClientCredentials(client) => &[&client.client_secret],
            Credentials::Password(user) => &[&user.password, &user.client_secret],
            Credentials::ApiKey(secret) | Credentials::BearerToken(secret) => &[secret],
            Credentials::RefreshToken(client) => &[&client.client_secret, &client.refresh_token],
        };
        texts.iter().copied().map(Self::new).collect()
    }

    /// A text that a header can carry.
    ///
    /// # Errors
    /// What it must not be, without the text: blank, too long, or with a line break, which hosts refuse or trap on.
    pub fn credential(text: String) -> Result<Self, &'static str> {
        if text.trim().is_empty() {
            Err("be empty")
        } else if text.chars().any(char::is_control) {
            Err("hold line breaks or other control characters")
        } else if text.len() > LONGEST {
            Err("be longer than 16 KiB")
        } else {
            Ok(Self(text))
        }
    }

    /// The secret itself: for the request that needs it, and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_only_the_mask() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some([REDACTED])");
    }

    #[test]
    fn a_blank_or_broken_credential_is_refused_without_being_said() {
        for text in ["", "  ", "hunter2\n", "hun\tter2"] {
            let error = Secret::parse("credentials.key", text.to_owned()).unwrap_err();
            let said = format!("{error} {error:?}");
            assert!(said.contains("credentials.key") && !said.contains("hun"), "{said}");
        }
        assert!(Secret::parse("credentials.key", String::from("hunter2 with spaces")).is_ok());
        assert!(Secret::credential("k".repeat(LONGEST)).is_ok());
        assert!(Secret::credential("k".repeat(LONGEST + 1)).is_err());
    }
}
