//! Somebody who may be the person, as far as JumpCloud shows it.

use serde_json::Value;

use super::super::documents::{Administrator, address_of, further_addresses_of, id_of};

/// Another record that may be the person's. The guards count it, and nothing is read from it.
pub struct Candidate {
    pub id: String,
    /// Its e-mail addresses, lower-case; `None` is one that cannot be read.
    pub addresses: Vec<Option<String>>,
    /// A list says that it is the person, and the documents do not show it.
    pub is_joined: bool,
}

impl Candidate {
    /// A row of the list of administrators.
    pub fn listed(row: &Administrator) -> Self {
        Self {
            id: row.id.clone(),
            addresses: vec![row.email.as_ref().map(|email| email.to_lowercase())],
            is_joined: false,
        }
    }

    /// A record that a list joins to the person.
    pub fn joined(document: &Value) -> Option<Self> {
        let own = address_of(document).map(str::to_lowercase);
        Some(Self {
            id: id_of(document)?,
            addresses: std::iter::once(own).chain(further_addresses_of(document)).collect(),
            is_joined: true,
        })
    }
}
