//! A host in memory: one token list, one account, no secrets, and a record that tests read.

use std::{cell::RefCell, rc::Rc};

use crate::{
    account::Secrets,
    client::{Caches, fake::FakeTransport},
    transport::{Task, Transport},
};

use super::{AccountPlace, AccountText, Host, Parsed, Setting};

/// The host. Its provider is what its transport does.
pub struct FakeHost {
    pub transport: FakeTransport,
    pub caches: Caches,
    pub parsed: Parsed,
    /// JSON: the list of tokens; empty if it is not set.
    pub tokens: String,
    /// JSON: the account `acme`.
    pub account: String,
    /// The lines of the record.
    pub record: RefCell<Vec<String>>,
}

impl FakeHost {
    /// Without tokens, and with an account that is no JSON.
    pub fn new(transport: FakeTransport) -> Self {
        Self {
            transport,
            caches: Caches::default(),
            parsed: Parsed::default(),
            tokens: String::new(),
            account: String::new(),
            record: RefCell::default(),
        }
    }
}

impl Host for FakeHost {
    fn transport(&self) -> &dyn Transport {
        &self.transport
    }

    fn caches(&self) -> &Caches {
        &self.caches
    }

    fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    fn setting(&self, setting: Setting) -> Task<'_, Result<Option<Rc<str>>, String>> {
        let is_set = setting == Setting::ApiTokens && !self.tokens.is_empty();
        let text = is_set.then(|| Rc::from(self.tokens.as_str()));
        Box::pin(async { Ok(text) })
    }

    fn setting_name(&self, _setting: Setting) -> &'static str {
        "the setting"
    }

    fn account<'a>(&'a self, id: &'a str) -> Task<'a, Result<Option<AccountText>, String>> {
        let text = (id == "acme").then(|| AccountText {
            text: self.account.clone(),
            place: AccountPlace::Listed,
        });
        Box::pin(async { Ok(text) })
    }

    fn record(&self, line: &str) {
        self.record.borrow_mut().push(line.to_owned());
    }
}

impl Secrets for FakeHost {
    fn secret<'a>(&'a self, _name: &'a str) -> Task<'a, Result<Option<String>, String>> {
        Box::pin(async { Ok(None) })
    }
}
