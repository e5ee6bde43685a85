//! What was parsed of the configuration's texts. It is used again as long as the bytes of the text are the same: hundreds of accounts
//! are not parsed for every request.

use std::{cell::RefCell, rc::Rc};

use crate::binding::jwk::PrivateKey;

use super::{
    table::Table,
    token::{Entitlement, Token},
};

/// The parsed texts of one instance. Losing them costs one more parsing each.
#[derive(Default)]
pub struct Parsed {
    pub(super) tokens: Kept<Vec<Token>>,
    pub(super) caller: Kept<Entitlement>,
    pub(super) receipt_key: Kept<PrivateKey>,
    accounts: Kept<Table>,
}

impl Parsed {
    /// One account's JSON text, of the JSON object of all accounts. The message of an error has no value in it: it may be a
    /// credential.
    ///
    /// # Errors
    /// The text is no JSON object, or has an id twice.
    pub fn account_of(&self, accounts: &Rc<str>, id: &str) -> Result<Option<String>, String> {
        let table = self.accounts.get(accounts, Table::parse)?;
        Ok(table.account(accounts, id).map(str::to_owned))
    }
}

/// A text, and what it was parsed to.
pub(super) struct Kept<T>(RefCell<Option<(Rc<str>, Rc<T>)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(RefCell::new(None))
    }
}

impl<T> Kept<T> {
    /// What the text says; parsed if it is another one than last time. A text that cannot be parsed is not kept.
    pub fn get(&self, text: &Rc<str>, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<Rc<T>, String> {
        if let Some((known, value)) = &*self.0.borrow()
            && (Rc::ptr_eq(known, text) || known == text)
        {
            return Ok(Rc::clone(value));
        }
        let value = Rc::new(parse(text)?);
        *self.0.borrow_mut() = Some((Rc::clone(text), Rc::clone(&value)));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parsed_again_only_if_its_bytes_changed() {
        let kept = Kept::default();
        let times = RefCell::new(0);
        let parse = |text: &str| {
            *times.borrow_mut() += 1;
            text.parse::<u32>().map_err(|error| error.to_string())
        };
        let get = |text: &str| kept.get(&Rc::from(text), parse).map(|value| *value);
        assert_eq!((get("1"), get("1"), *times.borrow()), (Ok(1), Ok(1), 1));
        assert_eq!((get("2"), *times.borrow()), (Ok(2), 2));
        assert!(get("x").is_err() && get("x").is_err());
        assert_eq!(
            (get("2"), *times.borrow()),
            (Ok(2), 4),
            "a text that cannot be parsed replaces nothing"
        );
    }

    #[test]
    fn an_account_is_found_in_the_text_that_it_stands_in() {
        let parsed = Parsed::default();
        let text: Rc<str> = Rc::from(r#"{"a": {"provider": "x"}, "b\u0062": [1, 2]}"#);
        assert_eq!(
            parsed.account_of(&text, "a").unwrap().as_deref(),
            Some(r#"{"provider": "x"}"#)
        );
        assert_eq!(parsed.account_of(&text, "bb").unwrap().as_deref(), Some("[1, 2]"));
        assert_eq!(parsed.account_of(&text, "c").unwrap(), None);
        let changed: Rc<str> = Rc::from(r#"{"c": 1}"#);
        assert_eq!(parsed.account_of(&changed, "c").unwrap().as_deref(), Some("1"));
        assert_eq!(parsed.account_of(&changed, "a").unwrap(), None);
        assert!(parsed.account_of(&Rc::from(r#"{"a": 1, "a": 2}"#), "a").is_err());
    }
}
