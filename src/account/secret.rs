//! Text that must not be printed.

use std::fmt;

use crate::error::Error;

/// A credential. `Debug` masks it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// What stands where a secret would stand.
pub const MASK: &str = "[REDACTED]";

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A credential of an account; `field` is its JSON field.
    ///
    /// # Errors
    /// [`Error::Account`] if it is blank, or holds what no header can carry. The value is never quoted.
    pub fn parse(field: &str, text: String) -> Result<Self, Error> {
        if text.trim().is_empty() {
            return Err(Error::account(field, format!("{field} must not be empty")));
        }
        if text.chars().any(char::is_control) {
            return Err(Error::account(
                field,
                format!("{field} must not hold line breaks or other control characters"),
            ));
        }
        Ok(Self(text))
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
    }
}
