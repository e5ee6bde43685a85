//! The documents of JumpCloud's console API. Source: `TheJumpCloud/jcapi-powershell` (`SwaggerSpecs`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An administrator: `GET /api/users/{id}`. Ids come as `_id` or `id`.
#[derive(Clone, Debug, Deserialize)]
pub struct Administrator {
    #[serde(alias = "_id")]
    pub id: String,
    pub email: Option<String>,
    pub organization: Option<String>,
    /// The id of the role, where there is one.
    pub role: Option<String>,
    #[serde(rename = "roleName")]
    pub role_name: Option<String>,
    /// Older organizations have no such list.
    #[serde(rename = "roleNames")]
    pub role_names: Option<Vec<String>>,
    pub suspended: Option<bool>,
}

/// `results` and `totalCount`: the lists of V1, and some of V2.
#[derive(Deserialize)]
pub struct Results {
    pub results: Vec<Value>,
    #[serde(rename = "totalCount")]
    pub total: Option<u64>,
}

/// A role of the directory: `GET /api/v2/roles`.
#[derive(Clone, Debug, Deserialize)]
pub struct Role {
    pub id: String,
    pub name: String,
}

/// `GET /api/v2/administrators/{id}/organizationlinks`.
#[derive(Deserialize)]
pub struct OrganizationLink {
    pub organization: String,
}

/// `GET /api/v2/usergroups`.
#[derive(Clone, Debug, Deserialize)]
pub struct UserGroup {
    pub id: String,
    pub name: Option<String>,
    #[serde(rename = "membershipMethod")]
    pub method: Option<String>,
}

/// `PUT /api/users/{id}`: the whole list of names.
#[derive(Serialize)]
pub struct RoleNames<'a> {
    #[serde(rename = "roleNames")]
    pub names: Vec<&'a str>,
    /// What the caller passes through.
    #[serde(flatten)]
    pub rest: &'a Map<String, Value>,
}

impl Administrator {
    /// The names of the roles that are held, exactly as JumpCloud spells them.
    pub fn names(&self) -> Vec<String> {
        match &self.role_names {
            Some(names) if !names.is_empty() => names.clone(),
            _ => self.role_name.iter().filter(|name| !name.is_empty()).cloned().collect(),
        }
    }
}
