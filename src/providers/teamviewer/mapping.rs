//! From TeamViewer's documents to the unified user.

use crate::{
    client::lenient::Text,
    contract::{
        types::{self, Email, Group, License, Role},
        user::blank_user,
    },
    provider::{Grant, GrantKind, Held},
};

use super::{documents::User, read::Detail};

/// The unified user. Roles are those of the grants; a group's own role is not one of the user's.
pub fn user(detail: &Detail, grants: &[Grant]) -> types::User {
    let user = &detail.user;
    let name = user.name.as_str().map(str::to_owned);
    let email = user.email.as_str().map(str::to_owned);
    let (first, last) = match name.as_deref().and_then(|name| name.trim().split_once(' ')) {
        // TeamViewer's own SCIM rule: the first space parts them.
        Some((first, last)) => (Some(first.to_owned()), Some(last.trim().to_owned())),
        None => (None, None),
    };
    types::User {
        name,
        first_name: first,
        last_name: last,
        username: email.clone(),
        emails: email
            .map(|email| Email {
                email: Some(email),
                type_: None,
                is_primary: Some(true),
            })
            .into_iter()
            .collect(),
        status: user
            .active
            .as_bool()
            .map(|active| String::from(if active { "active" } else { "inactive" })),
        is_two_factor_enabled: user.tfa_enabled.as_bool(),
        roles: grants
            .iter()
            .filter(|grant| grant.kind == GrantKind::Role)
            .map(role)
            .collect(),
        licenses: licenses(user),
        groups: groups(grants),
        last_active_at: text(&user.last_access_date),
        ..blank_user(detail.id.clone())
    }
}

/// Without the group that it is held through, which stands in `groups`: in a request, a role with a group is the group's own.
fn role(grant: &Grant) -> Role {
    Role {
        id: Some(grant.role_id.clone()),
        name: grant.role_name.clone(),
        group: None,
        organization: None,
        workspace: None,
    }
}

fn licenses(user: &User) -> Vec<License> {
    let license = |id: Option<String>, name: Option<String>| {
        (id.is_some() || name.is_some()).then_some(License {
            id,
            name,
            organization: None,
            last_active_at: None,
        })
    };
    let account = license(text(&user.activated_license_id), text(&user.activated_license_name));
    let meeting = license(text(&user.activated_meeting_license_key), None);
    account.into_iter().chain(meeting).collect()
}

fn text(text: &Text) -> Option<String> {
    text.as_str().map(str::to_owned)
}

/// The groups that a role is held through: the only ones that were read.
fn groups(grants: &[Grant]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for grant in grants {
        if let Held::Through(via) = &grant.held {
            for via in via {
                let group = Group {
                    id: via.id.clone(),
                    name: via.name.clone(),
                    organization: None,
                };
                if !groups.contains(&group) {
                    groups.push(group);
                }
            }
        }
    }
    groups
}
