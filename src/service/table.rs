//! Accounts as one JSON object, id to account.

use std::ops::Range;

use crate::{contract::json::unique, sorted::Map};

/// Where each account stands in the text of all accounts.
pub struct Table(Map<String, Range<usize>>);

impl Table {
    /// # Errors
    /// The text is no JSON object, or has an id twice. The message has no value in it: it may be a credential.
    pub fn parse(text: &str) -> Result<Self, String> {
        let members = unique::parse_members(text)?;
        let places = members.into_iter().map(|(id, account)| {
            let account = account.get();
            // A member is a piece of the text that it was parsed from.
            let start = account.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
            (id, start..start.wrapping_add(account.len()))
        });
        Ok(Self(places.collect()))
    }

    /// One account's JSON text, of the text that was parsed.
    pub fn account<'a>(&self, text: &'a str, id: &str) -> Option<&'a str> {
        text.get(self.0.get(id)?.clone())
    }
}
