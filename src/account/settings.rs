//! The settings of an integrated account: the general ones, and a provider's own.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    binding::approval::ApprovalPolicy,
    contract::{
        json::{self, objects, unique},
        types::SideEffect,
    },
    error::Error,
};

use super::approvers;

/// The settings that every account can have.
#[derive(Clone, Debug, Default)]
pub struct General {
    /// User ids, e-mail addresses or usernames that are always refused; compared without regard to case.
    pub protected_users: Vec<String>,
    /// Role ids or names that are always refused; compared without regard to case.
    pub protected_roles: Vec<String>,
    /// The side effects that requests may allow. `None`: all of them.
    pub allow: Option<Vec<SideEffect>>,
    /// Refuse a role that is held at more than one scope, unless the request says otherwise.
    pub strict_scope: bool,
    /// How long reads may be stale after a write. `None`: the provider's default.
    pub staleness_window: Option<Duration>,
    /// The only keys that pass through to the provider, within the general rule. `None`: only the general rule.
    pub pass_through: Option<Vec<String>>,
    /// The provider gets the caller's `traceparent`.
    pub forward_traceparent: bool,
    /// Who approves revokes.
    pub approvals: ApprovalPolicy,
}

impl General {
    /// Whether it protects somebody by an e-mail address.
    pub fn protects_addresses(&self) -> bool {
        self.protected_users.iter().any(|user| user.contains('@'))
    }

    /// The protected users that are ids, trimmed.
    pub fn protected_ids(&self, is_id: impl Fn(&str) -> bool) -> Vec<String> {
        let users = self.protected_users.iter().map(|user| user.trim());
        users.filter(|user| is_id(user)).map(str::to_owned).collect()
    }
}

/// The settings object while it is being parsed. A setting that nobody takes is an error.
#[derive(Debug)]
pub struct Settings {
    /// The settings above, each with a dot: empty, or `codes.`.
    path: String,
    left: Map<String, Value>,
}

impl Settings {
    /// # Errors
    /// If the text is no JSON object.
    pub fn parse(text: Option<&str>) -> Result<Self, Error> {
        let left = match text {
            None => Map::new(),
            Some(text) => unique::parse_configuration(text)
                .map_err(|why| Error::account("settings", format!("the account's settings are malformed: {why}")))?,
        };
        Ok(Self {
            path: String::new(),
            left,
        })
    }

    /// Takes one setting; JSON null is absent.
    ///
    /// # Errors
    /// If it has another shape than `T`.
    pub fn take<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, Error> {
        match self.left.shift_remove(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => objects::from_value(value).map(Some).map_err(|error| {
                // The rest of the message quotes the value, which may be a credential in the wrong place.
                let expected = match error.to_string().rsplit_once(", expected ") {
                    Some((_, expected)) => format!(": expected {expected}"),
                    None => String::new(),
                };
                self.malformed(key, &expected)
            }),
        }
    }

    /// Takes one of the values that are listed by name.
    ///
    /// # Errors
    /// If it is none of them.
    pub fn take_choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Result<Option<T>, Error> {
        let Some(name) = self.take::<String>(key)? else {
            return Ok(None);
        };
        match choices.iter().find(|(known, _)| *known == name) {
            Some((_, choice)) => Ok(Some(*choice)),
            None => {
                let names: Vec<&str> = choices.iter().map(|(known, _)| *known).collect();
                Err(self.malformed(key, &format!(": expected one of {}", names.join(", "))))
            }
        }
    }

    /// Takes a text.
    ///
    /// # Errors
    /// If it is something else.
    pub fn take_text(&mut self, key: &str, default: &str) -> Result<String, Error> {
        let taken = self.take(key)?;
        Ok(taken.unwrap_or_else(|| default.to_owned()))
    }

    /// Takes a list of texts.
    ///
    /// # Errors
    /// If it is something else.
    pub fn take_texts(&mut self, key: &str, defaults: &[&str]) -> Result<Vec<String>, Error> {
        let taken = self.take(key)?;
        Ok(taken.unwrap_or_else(|| defaults.iter().map(|&text| text.to_owned()).collect()))
    }

    /// Takes settings that stand in an object of their own. Whoever takes them finishes them, too.
    ///
    /// # Errors
    /// If it is no object.
    pub fn take_group(&mut self, key: &str) -> Result<Self, Error> {
        Ok(Self {
            path: format!("{}.", self.name(key)),
            left: self.take(key)?.unwrap_or_default(),
        })
    }

    fn malformed(&self, key: &str, expected: &str) -> Error {
        let name = self.name(key);
        Error::account(
            format!("settings.{name}"),
            format!("the account's setting `{name}` is malformed{expected}"),
        )
    }

    /// The name of a setting with those above it.
    fn name(&self, key: &str) -> String {
        format!("{}{key}", self.path)
    }

    /// Takes the general settings.
    pub fn take_general(&mut self) -> Result<General, Error> {
        let allow = match self.take::<Vec<String>>("allow")? {
            None => None,
            Some(names) => Some(
                names
                    .iter()
                    .map(|name| {
                        json::side_effect(name).ok_or_else(|| {
                            Error::account(
                                "settings.allow",
                                format!(
                                    "the account's setting `allow` is a list of {}",
                                    json::side_effect_names().join(", ")
                                ),
                            )
                        })
                    })
                    .collect::<Result<_, _>>()?,
            ),
        };
        Ok(General {
            protected_users: self.take("protected_users")?.unwrap_or_default(),
            protected_roles: self.take("protected_roles")?.unwrap_or_default(),
            allow,
            strict_scope: self.take("strict_scope")?.unwrap_or_default(),
            staleness_window: self.take("staleness_window_ms")?.map(Duration::from_millis),
            pass_through: self.take("pass_through")?,
            forward_traceparent: self.take("forward_traceparent")?.unwrap_or_default(),
            approvals: approvers::take(self)?,
        })
    }

    /// What is left, as JSON text with its keys in order.
    pub fn into_text(mut self) -> String {
        self.left.sort_keys();
        Value::Object(self.left).to_string()
    }

    /// # Errors
    /// An unknown setting is left: a typo must not switch off a guard.
    pub fn finish(self) -> Result<(), Error> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(key) => {
                let name = self.name(key);
                Err(Error::account(
                    format!("settings.{name}"),
                    format!("the account's provider has no setting `{name}`"),
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_and_malformed_settings_are_errors_that_name_them() {
        let mut settings = Settings::parse(Some(r#"{"strict_scope": true, "protected_rolls": []}"#)).unwrap();
        assert!(settings.take_general().unwrap().strict_scope);
        let Err(Error::Account { field, .. }) = settings.finish() else {
            panic!("a typo must be refused")
        };
        assert_eq!(field, "settings.protected_rolls");

        let mut settings = Settings::parse(Some(r#"{"allow": ["demote_everyone"]}"#)).unwrap();
        assert!(matches!(settings.take_general(), Err(Error::Account { field, .. }) if field == "settings.allow"));
        assert!(Settings::parse(Some("[]")).is_err());
        let twice = r#"{"protected_roles": ["falcon_admin"], "protected_roles": []}"#;
        assert!(Settings::parse(Some(twice)).is_err(), "one of the two would be dropped");
    }

    #[test]
    fn a_malformed_setting_is_named_with_what_is_expected_and_without_its_value() {
        let text = r#"{"strict_scope": "sesame", "protected_users": "sesame, expected", "staleness_window_ms": "sesame",
                       "allow": ["sesame"]}"#;
        let mut settings = Settings::parse(Some(text)).unwrap();
        for (message, expected) in [
            (
                settings.take::<bool>("strict_scope").unwrap_err().to_string(),
                "a boolean",
            ),
            (
                settings.take::<Vec<String>>("protected_users").unwrap_err().to_string(),
                "a sequence",
            ),
            (
                settings.take::<u64>("staleness_window_ms").unwrap_err().to_string(),
                "u64",
            ),
            (settings.take_general().unwrap_err().to_string(), "leave-group"),
        ] {
            assert!(message.contains(expected) && !message.contains("sesame"), "{message}");
        }
    }
}
