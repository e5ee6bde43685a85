//! From a member's element to the unified user.

use crate::{
    contract::{
        types::{self, Organization, Workspace},
        user::{blank_user, first_and_last, primary_email},
    },
    provider::{Grant, Snapshot},
    sorted,
};

use super::{assignments::ALL, read::Detail};

/// The unified user. A member is active: the list has no status. Roles are never shown partly: where a list was not shown, they are
/// left out.
pub fn user(reading: &Snapshot, detail: &Detail) -> types::User {
    let Detail {
        member,
        organization,
        hidden,
        ..
    } = detail;
    let held: Vec<&Grant> = reading.grants.iter().filter(|grant| grant.is_direct()).collect();
    let is_whole = hidden.is_empty();
    let roles = held.iter().filter(|_| is_whole).map(|grant| grant.as_role());
    let name = member.name.as_str().map(str::to_owned);
    let email = member.email.as_str().map(str::to_owned);
    let (first, last) = first_and_last(name.as_deref());
    types::User {
        name: name.or_else(|| email.clone()),
        first_name: first,
        last_name: last,
        username: email.clone(),
        emails: primary_email(email),
        status: Some(String::from("active")),
        roles: roles.collect(),
        truncated: (!is_whole).then(|| String::from("roles")).into_iter().collect(),
        organizations: vec![Organization {
            id: Some(organization.clone()),
            name: None,
        }],
        workspaces: workspaces(&held),
        created_at: member.member_since.as_str().map(str::to_owned),
        ..blank_user(member.user_id.as_str().unwrap_or_default())
    }
}

fn workspaces(held: &[&Grant]) -> Vec<Workspace> {
    let mut ids: Vec<&String> = held
        .iter()
        .filter_map(|grant| grant.scope.workspace.as_ref())
        .filter(|id| *id != ALL)
        .collect();
    sorted::sort(&mut ids);
    ids.dedup();
    ids.into_iter()
        .map(|id| Workspace {
            id: Some(id.clone()),
            name: None,
        })
        .collect()
}
