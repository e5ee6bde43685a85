//! The unified user before a provider's mapping fills it.

use crate::contract::types::User;

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
