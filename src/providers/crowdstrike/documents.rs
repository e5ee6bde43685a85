//! The documents of CrowdStrike's user management API. Source: `CrowdStrike/gofalcon` (`falcon/models`), `CrowdStrike/falconpy`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};

use crate::client::lenient::Number;

/// Every answer: what was asked for, and errors, which a 200 can carry too.
#[derive(Deserialize)]
pub struct Envelope {
    pub meta: Option<Meta>,
    /// Each resource as it came.
    pub resources: Option<Vec<Box<RawValue>>>,
    pub errors: Option<Vec<ApiError>>,
}

#[derive(Deserialize)]
pub struct Meta {
    pub pagination: Option<Pagination>,
}

#[derive(Deserialize)]
pub struct Pagination {
    pub total: Option<u64>,
}

/// Only the errors of an answer.
#[derive(Deserialize)]
pub struct Errors {
    pub errors: Option<Vec<ErrorCode>>,
}

#[derive(Deserialize)]
pub struct ErrorCode {
    #[serde(default)]
    pub code: Number,
}

#[derive(Deserialize)]
pub struct ApiError {
    pub message: Option<String>,
}

/// `domain.User`; a key is absent when it is empty.
#[derive(Clone, Debug, Deserialize)]
pub struct User {
    pub uuid: String,
    /// The login, normally the e-mail address.
    pub uid: Option<String>,
    /// The home CID.
    pub cid: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub status: Option<String>,
    pub factors: Option<Vec<Value>>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
    pub last_login_at: Option<String>,
    pub user_type: Option<String>,
}

/// A row of `GET /user-management/combined/user-roles/v2`; only `role_id` is certain.
#[derive(Clone, Debug, Deserialize)]
pub struct GrantRow {
    pub role_id: String,
    pub role_name: Option<String>,
    pub uuid: Option<String>,
    pub cid: Option<String>,
    pub grant_type: Option<String>,
    pub cid_group_id: Option<String>,
    pub cid_group_name: Option<String>,
    pub user_group_id: Option<String>,
    pub user_group_name: Option<String>,
    pub user_type: Option<String>,
}

/// A row of `POST /user-management/entities/roles/GET/v2`.
#[derive(Clone, Debug, Deserialize)]
pub struct Role {
    pub id: String,
    pub display_name: Option<String>,
}

/// The body of `POST /user-management/entities/user-role-actions/v1`.
#[derive(Serialize)]
pub struct RoleAction<'a> {
    pub action: &'static str,
    pub cid: &'a str,
    pub uuid: &'a str,
    pub role_ids: Vec<&'a str>,
    /// What the caller passes through.
    #[serde(flatten)]
    pub rest: &'a Map<String, Value>,
}

/// The body of the reads that are POSTs.
#[derive(Serialize)]
pub struct Ids<'a> {
    pub ids: &'a [&'a str],
}

impl GrantRow {
    /// The only value of `grant_type` that is documented by example is `direct`; anything else, or a group, is held through something.
    pub fn is_direct(&self) -> bool {
        let is_set = |field: &Option<String>| field.as_deref().is_some_and(|value| !value.is_empty());
        self.grant_type
            .as_deref()
            .is_none_or(|kind| kind.is_empty() || kind == "direct")
            && !is_set(&self.user_group_id)
            && !is_set(&self.cid_group_id)
    }
}
