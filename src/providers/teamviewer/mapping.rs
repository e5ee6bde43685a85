//! From TeamViewer's documents to the unified user.

use crate::{
    client::lenient::Text,
    contract::{
        types::{self, Group, License, ListedRole, Role, Scope, ScopeKind},
        user::{blank_user, first_and_last, primary_email, status_of},
    },
    hashed::HashSet,
    provider::{Coverage, Directory, Grant, GrantKind, Held, RoleList},
};

use super::{documents::User, read::Detail};

/// The unified user. Roles are those of the grants; a group's own role is not one of the user's.
pub fn user(detail: &Detail, grants: &[Grant]) -> types::User {
    let user = &detail.user;
    let name = user.name.as_str().map(str::to_owned);
    let email = user.email.as_str().map(str::to_owned);
    // TeamViewer's own SCIM rule.
    let (first, last) = first_and_last(name.as_deref());
    types::User {
        name,
        first_name: first,
        last_name: last,
        username: email.clone(),
        emails: primary_email(email),
        status: user.active.as_bool().map(status_of),
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

/// The company's roles. A user has one in the company, and a user group has at most one.
pub fn role_list(directory: Directory) -> RoleList {
    let roles = directory.roles.into_iter().map(|role| ListedRole {
        id: Some(role.id),
        name: role.name,
        scopes: vec![ScopeKind::Tenant, ScopeKind::Group],
        scope: Scope {
            group: None,
            organization: None,
            workspace: None,
        },
        removable: true,
    });
    RoleList {
        roles: roles.collect(),
        unread: match directory.coverage {
            Coverage::Whole => Vec::new(),
            Coverage::Partial(why) => vec![why],
        },
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

/// The groups that the user is seen in: by a membership that was read, or because a role is held through one.
fn groups(grants: &[Grant]) -> Vec<Group> {
    let memberships = grants.iter().filter(|grant| grant.kind == GrantKind::Membership);
    let memberships = memberships.map(|grant| (Some(&grant.role_id), &grant.role_name));
    let through = grants.iter().filter_map(|grant| match &grant.held {
        Held::Through(via) => Some(via),
        Held::Direct | Held::NotRead => None,
    });
    let through = through.flatten().map(|via| (via.id.as_ref(), &via.name));
    let mut seen = HashSet::new();
    through
        .chain(memberships)
        .filter(|(id, _)| seen.insert(*id))
        .map(|(id, name)| Group {
            id: id.cloned(),
            name: name.clone(),
            organization: None,
        })
        .collect()
}
