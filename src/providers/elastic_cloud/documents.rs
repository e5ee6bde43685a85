//! Elastic Cloud's documents, as far as they are read. Nothing in them ends a call: what cannot be read is kept as it came.
//!
//! Source: `elastic/cloud-sdk-go` (`api/apidocs-user.json`: `OrganizationMembership`, `RoleAssignments`, `OrganizationInvitation`).

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    client::lenient::{Flag, Id, Row, Rows, Text, document},
    naming::is_broken,
};

/// An element of the members list.
#[derive(Clone, Debug)]
pub struct Member {
    pub user_id: Id,
    pub name: Text,
    pub email: Text,
    pub member_since: Text,
    pub role_assignments: Option<Box<RawValue>>,
}

document! { Member: user_id, name, email, member_since, role_assignments }

/// One element of a list of assignments. `all` stands for every deployment or project, and the ids are absent then. What names
/// something must be a text: another type is another name than the one that is held.
#[derive(Clone, Debug)]
pub struct Item {
    pub organization_id: Row<String>,
    pub role_id: Row<String>,
    pub all: Flag,
    pub deployment_ids: Rows<String>,
    pub project_ids: Rows<String>,
    pub resource_ids: Rows<String>,
    pub application_roles: Rows<String>,
}

document! { Item: organization_id, role_id, all, deployment_ids, project_ids, resource_ids, application_roles }

/// One element of a list of assignments, as it is sent to be removed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RemovedItem {
    pub organization_id: Option<String>,
    pub role_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub application_roles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deployment_ids: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub project_ids: Vec<String>,
}

/// An element of the role mappings of single sign-on.
#[derive(Debug)]
pub struct Mapping {
    pub enabled: Flag,
    pub role_assignments: Option<Box<RawValue>>,
}

document! { Mapping: enabled, role_assignments }

/// An element of the invitations. It holds a secret token, which is not read.
#[derive(Debug)]
pub struct Invitation {
    pub email: Text,
    pub accepted_at: Option<Box<RawValue>>,
    pub expired: Flag,
}

document! { Invitation: email, accepted_at, expired }

#[derive(Debug)]
pub struct Organizations {
    pub organizations: Rows<Organization>,
    pub next_page: Text,
}

document! { Organizations: organizations, next_page }

#[derive(Clone, Debug)]
pub struct Organization {
    pub id: Id,
}

document! { Organization: id }

#[derive(Default, Debug)]
pub struct Errors {
    pub errors: Rows<ErrorItem>,
}

document! { Errors: errors }

#[derive(Clone, Debug)]
pub struct ErrorItem {
    pub code: Text,
    pub message: Text,
}

document! { ErrorItem: code, message }

/// A text as it came, unless it is missing, blank or broken.
pub fn text(row: &Row<String>) -> Option<&str> {
    let text = row.read()?;
    let is_readable = !text.trim_start().is_empty() && !is_broken(text);
    is_readable.then_some(text)
}

/// Whether the key is missing or `null`.
pub fn is_missing(row: &Row<String>) -> bool {
    matches!(row, Row::Unread(raw) if raw.is_empty() || raw == "null")
}

/// Whether an assignment is for this organization: it names it, or none.
pub fn is_at(item: &Item, organization: &str) -> bool {
    is_missing(&item.organization_id) || text(&item.organization_id) == Some(organization)
}

/// The texts of a list. `None` if one of them, or the list, cannot be read; a list that is missing or `null` is empty.
pub fn texts(rows: &Rows<String>) -> Option<Vec<String>> {
    match rows {
        Rows::Absent | Rows::Null => Some(Vec::new()),
        Rows::Unread(_) => None,
        Rows::List(rows) => rows.iter().map(|row| text(row).map(str::to_owned)).collect(),
    }
}
