//! The unified user before a provider's mapping fills it, and what several mappings fill in alike.

use crate::contract::types::{Email, User};

/// A user of whom nothing is known but the id.
pub fn blank_user(id: impl Into<String>) -> User {
    User {
        id: id.into(),
        external_id: None,
        identifiers: None,
        first_name: None,
        last_name: None,
        title: None,
        name: None,
        username: None,
        emails: Vec::new(),
        phones: Vec::new(),
        status: None,
        is_email_verified: None,
        is_two_factor_enabled: None,
        roles: Vec::new(),
        organizations: Vec::new(),
        user_type: None,
        licenses: Vec::new(),
        groups: Vec::new(),
        workspaces: Vec::new(),
        avatar: None,
        timezone: None,
        languages: Vec::new(),
        bio: None,
        created_at: None,
        updated_at: None,
        last_active_at: None,
        last_login_at: None,
        status_changed_at: None,
        activated_at: None,
        urls: Vec::new(),
        remote_data: None,
        truncated: Vec::new(),
    }
}

/// The one address that a provider shows.
pub fn primary_email(address: Option<String>) -> Vec<Email> {
    let email = address.map(|address| Email {
        email: Some(address),
        type_: None,
        is_primary: Some(true),
    });
    email.into_iter().collect()
}

/// First and last name of a full name: the first space parts them.
pub fn first_and_last(name: Option<&str>) -> (Option<String>, Option<String>) {
    match name.and_then(|name| name.trim().split_once(' ')) {
        Some((first, last)) => (Some(first.to_owned()), Some(last.trim().to_owned())),
        None => (None, None),
    }
}

/// The status of a user of whom only this is said.
pub fn status_of(is_active: bool) -> String {
    String::from(if is_active { "active" } else { "inactive" })
}
