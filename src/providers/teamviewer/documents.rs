//! The documents of TeamViewer's Web API. The casing differs by endpoint and the server itself does not care about case, so both
//! spellings are taken. Source: TeamViewer's own Swagger document.
//!
//! A list that may be null must still be there (`deserialize_with`): a document without it is another one, and says nothing.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Of `GET /account`.
#[derive(Clone, Debug, Deserialize)]
pub struct Owner {
    pub userid: Option<String>,
    pub email: Option<String>,
}

/// `GET /users/{id}`.
#[derive(Clone, Debug, Deserialize)]
pub struct User {
    pub id: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub active: Option<bool>,
    pub tfa_enabled: Option<bool>,
    pub last_access_date: Option<String>,
    pub activated_license_id: Option<String>,
    pub activated_license_name: Option<String>,
    pub activated_meeting_license_key: Option<String>,
}

/// `GET /users`.
#[derive(Deserialize)]
pub struct Users {
    pub users: Vec<User>,
}

/// `GET /users/{id}/userroles`.
#[derive(Deserialize)]
pub struct RolesOfUser {
    #[serde(
        alias = "AssignedRoleIds",
        rename = "assignedRoleIds",
        deserialize_with = "Option::deserialize"
    )]
    pub role_ids: Option<Vec<String>>,
    #[serde(alias = "NextPaginationToken", rename = "nextPaginationToken")]
    pub next: Option<String>,
}

/// `GET /userroles`.
#[derive(Deserialize)]
pub struct Roles {
    #[serde(alias = "roles", rename = "Roles")]
    pub roles: Vec<Role>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Role {
    #[serde(alias = "id", rename = "Id")]
    pub id: String,
    #[serde(alias = "name", rename = "Name")]
    pub name: Option<String>,
}

/// `GET /userroles/assignments/account`.
#[derive(Deserialize)]
pub struct UsersOfRole {
    #[serde(
        alias = "assignedToUsers",
        rename = "AssignedToUsers",
        deserialize_with = "Option::deserialize"
    )]
    pub users: Option<Vec<String>>,
    #[serde(alias = "continuationToken", rename = "ContinuationToken")]
    pub next: Option<String>,
}

/// `GET /userroles/assignments/usergroups`.
#[derive(Deserialize)]
pub struct GroupsOfRole {
    #[serde(
        alias = "assignedToGroups",
        rename = "AssignedToGroups",
        deserialize_with = "Option::deserialize"
    )]
    pub groups: Option<Vec<u64>>,
    #[serde(alias = "continuationToken", rename = "ContinuationToken")]
    pub next: Option<String>,
}

/// `GET /usergroups` and `GET /usergroups/{id}/members`.
#[derive(Deserialize)]
pub struct Page<T> {
    #[serde(alias = "Resources")]
    pub resources: Vec<T>,
    #[serde(alias = "NextPaginationToken", rename = "nextPaginationToken")]
    pub next: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct UserGroup {
    pub id: u64,
    pub name: Option<String>,
    /// 1 API, 2 console, 3 SCIM.
    #[serde(alias = "CreationSourceType", rename = "creationSourceType")]
    pub creation_source: Option<u8>,
}

#[derive(Deserialize)]
pub struct Member {
    #[serde(alias = "AccountId", rename = "accountId")]
    pub account: u64,
}

/// `GET /usergroups/{id}/userroles`: a user group has at most one role.
#[derive(Deserialize)]
pub struct RoleOfGroup {
    #[serde(
        alias = "AssignedRoleId",
        rename = "assignedRoleId",
        deserialize_with = "Option::deserialize"
    )]
    pub role_id: Option<String>,
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
pub struct ErrorBody {
    pub error: Option<String>,
    pub error_description: Option<String>,
}

/// The user's document as it came.
pub type Raw = Box<RawValue>;
