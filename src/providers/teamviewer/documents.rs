//! The documents of TeamViewer's Web API. The casing differs by endpoint and the server itself does not care about case, so both
//! spellings are taken. What cannot be read is kept as unread. Source: TeamViewer's own Swagger document.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::client::lenient::{Flag, Id, Number, Rows, Text, Word};

/// The user's document as it came.
pub type Raw = Box<RawValue>;

/// A text that may be null, of a key that may be missing: null is a statement, a missing key is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Nullable {
    #[default]
    Missing,
    /// `null`, or an empty text.
    Null,
    Text(String),
    Unread,
}

/// Of `GET /account`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Owner {
    pub userid: Id,
    pub email: Word,
}

/// `GET /users/{id}`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct User {
    pub id: Id,
    pub name: Word,
    pub email: Word,
    pub active: Flag,
    pub tfa_enabled: Flag,
    pub last_access_date: Text,
    pub activated_license_id: Text,
    pub activated_license_name: Text,
    pub activated_meeting_license_key: Text,
}

/// `GET /users`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Users {
    pub users: Rows<User>,
}

/// `GET /users/{id}/userroles`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct RolesOfUser {
    #[serde(alias = "AssignedRoleIds", rename = "assignedRoleIds")]
    pub role_ids: Rows<Id>,
    #[serde(alias = "NextPaginationToken", rename = "nextPaginationToken")]
    pub next: Nullable,
}

/// `GET /userroles`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Roles {
    #[serde(alias = "roles", rename = "Roles")]
    pub roles: Rows<Role>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Role {
    #[serde(alias = "id", rename = "Id")]
    pub id: Id,
    #[serde(alias = "name", rename = "Name")]
    pub name: Word,
}

/// `GET /userroles/assignments/account`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct UsersOfRole {
    #[serde(alias = "assignedToUsers", rename = "AssignedToUsers")]
    pub users: Rows<Id>,
    #[serde(alias = "continuationToken", rename = "ContinuationToken")]
    pub next: Nullable,
}

/// `GET /userroles/assignments/usergroups`. Published as numbers; the vendor's own test data has texts.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct GroupsOfRole {
    #[serde(alias = "assignedToGroups", rename = "AssignedToGroups")]
    pub groups: Rows<Id>,
    #[serde(alias = "continuationToken", rename = "ContinuationToken")]
    pub next: Nullable,
}

/// `GET /usergroups`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct UserGroups {
    #[serde(alias = "Resources")]
    pub resources: Rows<GroupRow>,
    #[serde(alias = "NextPaginationToken", rename = "nextPaginationToken")]
    pub next: Nullable,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct GroupRow {
    #[serde(alias = "Id")]
    pub id: Id,
    #[serde(alias = "Name")]
    pub name: Word,
    /// 1 API, 2 console, 3 SCIM.
    #[serde(alias = "CreationSourceType", rename = "creationSourceType")]
    pub creation_source: Number,
}

/// `GET /usergroups/{id}/members`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Members {
    #[serde(alias = "Resources")]
    pub resources: Rows<Member>,
    #[serde(alias = "NextPaginationToken", rename = "nextPaginationToken")]
    pub next: Nullable,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Member {
    #[serde(alias = "AccountId", rename = "accountId")]
    pub account: Id,
}

/// `GET /usergroups/{id}/userroles`: a user group has at most one role.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct RoleOfGroup {
    #[serde(alias = "AssignedRoleId", rename = "assignedRoleId")]
    pub role_id: Nullable,
}

/// `POST /userroles/unassign/account`: one role, many users.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Unassign<'a> {
    pub user_ids: [&'a str; 1],
    pub user_role_id: &'a str,
}

/// `POST /userroles/unassign/usergroup`: the model has no role id, so that it takes whatever role the group has.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UnassignGroup {
    pub user_group_id: u64,
}

/// The body of an error; it may also be no JSON at all.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct ErrorBody {
    pub error: Word,
    pub error_description: Text,
}

impl<'de> Deserialize<'de> for Nullable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        Ok(match serde_json::from_str(raw.get()) {
            Ok(None) => Self::Null,
            Ok(Some(text)) if String::is_empty(&text) => Self::Null,
            Ok(Some(text)) => Self::Text(text),
            Err(_) => Self::Unread,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_key_is_not_null() {
        for (document, next) in [
            ("{}", Nullable::Missing),
            (r#"{"ContinuationToken": null}"#, Nullable::Null),
            (r#"{"continuationToken": ""}"#, Nullable::Null),
            (
                r#"{"ContinuationToken": "a+b/c="}"#,
                Nullable::Text(String::from("a+b/c=")),
            ),
            (r#"{"ContinuationToken": 7}"#, Nullable::Unread),
        ] {
            let page: UsersOfRole = serde_json::from_str(document).unwrap();
            assert_eq!(page.next, next, "{document}");
        }
    }
}
