//! From a member's element to the unified user.

use crate::{
    contract::types::{self, Email, Organization, Role, Workspace},
    provider::{Grant, Reading, UnreadRow},
    unified::blank_user,
};

use super::{assignments::ALL, ids::PROJECTS, read::Detail};

/// The unified user. A member is active: the list has no status. What cannot be read is shown as a role without an id.
pub fn user(reading: &Reading, detail: &Detail) -> types::User {
    let Detail {
        member,
        organization,
        hidden,
        ..
    } = detail;
    let held: Vec<&Grant> = reading.grants.iter().filter(|grant| grant.is_direct()).collect();
    let roles = held.iter().map(|grant| role(grant));
    let unread = reading.unread.iter().map(|row| unread_role(row, organization));
    let hidden = hidden.iter().map(|kind| nameless_role(Some(kind), organization));
    let name = member.name.as_str().map(str::to_owned);
    let email = member.email.as_str().map(str::to_owned);
    let (first, last) = match name.as_deref().and_then(|name| name.trim().split_once(' ')) {
        Some((first, last)) => (Some(first.to_owned()), Some(last.trim().to_owned())),
        None => (None, None),
    };
    types::User {
        name: name.or_else(|| email.clone()),
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
        status: Some(String::from("active")),
        roles: roles.chain(unread).chain(hidden).collect(),
        organizations: vec![Organization {
            id: Some(organization.clone()),
            name: None,
        }],
        workspaces: workspaces(&held),
        created_at: member.member_since.as_str().map(str::to_owned),
        ..blank_user(member.user_id.as_str().unwrap_or_default())
    }
}

fn role(grant: &Grant) -> Role {
    let scope = grant.scope.clone();
    Role {
        id: Some(grant.role_id.clone()),
        name: grant.role_name.clone(),
        group: scope.group,
        organization: scope.organization,
        workspace: scope.workspace,
    }
}

fn unread_role(row: &UnreadRow, organization: &str) -> Role {
    Role {
        name: row.names.first().or(row.ids.first()).cloned(),
        workspace: row.scope.workspace.clone(),
        ..nameless_role(row.scope.group.as_deref(), organization)
    }
}

fn nameless_role(kind: Option<&str>, organization: &str) -> Role {
    Role {
        id: None,
        name: None,
        group: kind.filter(|kind| PROJECTS.contains(kind)).map(str::to_owned),
        organization: Some(organization.to_owned()),
        workspace: None,
    }
}

fn workspaces(held: &[&Grant]) -> Vec<Workspace> {
    let mut ids: Vec<&String> = held
        .iter()
        .filter_map(|grant| grant.scope.workspace.as_ref())
        .filter(|id| *id != ALL)
        .collect();
    ids.sort();
    ids.dedup();
    ids.into_iter()
        .map(|id| Workspace {
            id: Some(id.clone()),
            name: None,
        })
        .collect()
}
