//! The documents of TeamViewer's Web API. The casing differs by endpoint and the server itself does not care about case, so both
//! spellings are taken. What cannot be read is kept as unread. Source: TeamViewer's own Swagger document.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::client::lenient::{Flag, FromJson, Id, Number, Rows, Text, Word, document};

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
#[derive(Clone, Debug)]
pub struct Owner {
    pub userid: Id,
    pub email: Word,
}

document! { Owner: userid, email }

/// `GET /users/{id}`.
#[derive(Clone, Debug)]
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

document! {
    User:
        id, name, email, active, tfa_enabled, last_access_date, activated_license_id, activated_license_name,
        activated_meeting_license_key,
}

/// `GET /users`.
pub struct Users {
    pub users: Rows<User>,
}

document! { Users: users }

/// `GET /users/{id}/userroles`.
pub struct RolesOfUser {
    pub role_ids: Rows<Id>,
    pub next: Nullable,
}

document! { RolesOfUser: role_ids = "assignedRoleIds" | "AssignedRoleIds", next = "nextPaginationToken" | "NextPaginationToken" }

/// `GET /userroles`.
pub struct Roles {
    pub roles: Rows<Role>,
}

document! { Roles: roles = "Roles" | "roles" }

pub struct Role {
    pub id: Id,
    pub name: Word,
}

document! { Role: id = "Id" | "id", name = "Name" | "name" }

/// `GET /userroles/assignments/account`.
pub struct UsersOfRole {
    pub users: Rows<Id>,
    pub next: Nullable,
}

document! { UsersOfRole: users = "AssignedToUsers" | "assignedToUsers", next = "ContinuationToken" | "continuationToken" }

/// `GET /userroles/assignments/usergroups`. Published as numbers; the vendor's own test data has texts.
pub struct GroupsOfRole {
    pub groups: Rows<Id>,
    pub next: Nullable,
}

document! { GroupsOfRole: groups = "AssignedToGroups" | "assignedToGroups", next = "ContinuationToken" | "continuationToken" }

/// `GET /usergroups`.
pub struct UserGroups {
    pub resources: Rows<GroupRow>,
    pub next: Nullable,
}

document! { UserGroups: resources = "resources" | "Resources", next = "nextPaginationToken" | "NextPaginationToken" }

pub struct GroupRow {
    pub id: Id,
    pub name: Word,
    /// 1 API, 2 console, 3 SCIM.
    pub creation_source: Number,
}

document! { GroupRow: id = "id" | "Id", name = "name" | "Name", creation_source = "creationSourceType" | "CreationSourceType" }

/// `GET /usergroups/{id}/members`.
pub struct Members {
    pub resources: Rows<Member>,
    pub next: Nullable,
}

document! { Members: resources = "resources" | "Resources", next = "nextPaginationToken" | "NextPaginationToken" }

pub struct Member {
    pub account: Id,
}

document! { Member: account = "accountId" | "AccountId" }

/// `GET /usergroups/{id}/userroles`: a user group has at most one role.
pub struct RoleOfGroup {
    pub role_id: Nullable,
}

document! { RoleOfGroup: role_id = "assignedRoleId" | "AssignedRoleId" }

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
#[derive(Default)]
pub struct ErrorBody {
    pub error: Word,
    pub error_description: Text,
}

document! { ErrorBody: error, error_description }

impl FromJson for Nullable {
    fn from_json(raw: &RawValue) -> Result<Self, serde_json::Error> {
        Ok(match Option::<String>::from_json(raw) {
            Ok(None) => Self::Null,
            Ok(Some(text)) if text.is_empty() => Self::Null,
            Ok(Some(text)) => Self::Text(text),
            Err(_) => Self::Unread,
        })
    }

    fn missing() -> Option<Self> {
        Some(Self::Missing)
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
            let page = UsersOfRole::from_text(document).unwrap();
            assert_eq!(page.next, next, "{document}");
        }
    }
}
