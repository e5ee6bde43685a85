//! Where an account's JSON text stands: among all accounts, or in a variable or file of its own. A place of its own is named by the
//! account's id, and what it may say is narrower: many hands write such places, each for one account.

use std::rc::Rc;

use crate::{
    account::{Integrated, Secrets},
    error::Error,
    transport::Task,
};

use super::{Host, Refusal, Setting};

/// An account's JSON text.
pub struct AccountText {
    pub text: String,
    pub place: AccountPlace,
}

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountPlace {
    /// Among all accounts, or where only the operator of the service writes.
    Listed,
    /// In a variable or file of its own, which is called so in messages. It has to repeat the id, and may name only its own secrets
    /// and the shared ones.
    Own(String),
}

/// The longest id that a variable or file of its own is named by.
const LONGEST_ID: usize = 128;

/// The environment variable of an account that has its own, `UNASSIGN_ROLE_ACCOUNT_ACME_PROD`; `None` if the id cannot name one.
pub fn account_variable(id: &str) -> Option<String> {
    let upper = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    let suffix: String = is_name(id).then(|| id.chars().map(upper).collect())?;
    Some(format!("UNASSIGN_ROLE_ACCOUNT_{suffix}"))
}

/// The file of an account that has its own, `acme.prod.json`; `None` if the id cannot name one.
pub fn account_file(id: &str) -> Option<String> {
    is_name(id).then(|| format!("{id}.json"))
}

/// `[A-Za-z0-9._-]{1,128}` without a leading dot: neither a path nor a hidden file.
fn is_name(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len())
        && !id.starts_with('.')
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

impl AccountPlace {
    /// Refuses an account that is another one than its place says. Two ids can share a variable, and a file can be a copy.
    ///
    /// # Errors
    /// [`Error::Account`] for the field `id`.
    pub fn check(&self, account: &Integrated, id: &str) -> Result<(), Error> {
        match (self, account.id.as_deref()) {
            (_, Some(own)) if own == id => Ok(()),
            (Self::Listed, None) => Ok(()),
            (Self::Own(_), None) => Err(Error::account(
                "id",
                "an account in a place of its own must repeat its `id`",
            )),
            (_, Some(_)) => Err(Error::account(
                "id",
                "the `id` is not that of the account that was asked for",
            )),
        }
    }

    /// What messages call it.
    pub fn name<'a>(&'a self, host: &dyn Host) -> &'a str {
        match self {
            Self::Listed => host.setting_name(Setting::Accounts),
            Self::Own(name) => name,
        }
    }

    /// The secrets that an account there may name.
    ///
    /// # Errors
    /// The list of shared secrets cannot be read.
    pub async fn secrets<'a>(&self, host: &'a dyn Host, id: &'a str) -> Result<Permitted<'a>, Refusal> {
        if *self == Self::Listed {
            return Ok(Permitted { host, only: None });
        }
        let shared = host.setting(Setting::SharedSecrets).await;
        let shared = shared.map_err(|why| Refusal::setting(host, Setting::SharedSecrets, &why))?;
        Ok(Permitted {
            host,
            only: Some((id, shared)),
        })
    }
}

/// The secrets of the host, or only those of one account and the shared ones.
pub struct Permitted<'a> {
    host: &'a dyn Host,
    /// The account's id, and the names of the shared secrets, separated by commas or spaces.
    only: Option<(&'a str, Option<Rc<str>>)>,
}

impl Permitted<'_> {
    fn permits(&self, name: &str) -> bool {
        let Some((id, shared)) = &self.only else {
            return true;
        };
        let is_own = name
            .strip_prefix(id)
            // `acme2_token` belongs to `acme2`.
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()));
        let mut shared = shared.iter().flat_map(|names| names.split([',', ' ', '\n']));
        is_own || shared.any(|shared| shared == name)
    }
}

impl Secrets for Permitted<'_> {
    fn secret<'a>(&'a self, name: &'a str) -> Task<'a, Result<Option<String>, String>> {
        if self.permits(name) {
            return self.host.secret(name);
        }
        // As if it were not set: who writes an account does not learn which secrets there are.
        Box::pin(async { Ok(None) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_ids_name_a_variable_or_a_file() {
        assert_eq!(
            account_variable("acme.Prod-1").unwrap(),
            "UNASSIGN_ROLE_ACCOUNT_ACME_PROD_1"
        );
        assert_eq!(account_file("acme.Prod-1").unwrap(), "acme.Prod-1.json");
        let longest = "a".repeat(129);
        for id in [
            "",
            ".",
            "..",
            ".acme",
            "a/b",
            "../acme",
            "a\\b",
            "a b",
            "a\0",
            "acmé",
            "a%2fb",
            longest.as_str(),
        ] {
            assert_eq!((account_variable(id), account_file(id)), (None, None), "{id:?}");
        }
    }
}
