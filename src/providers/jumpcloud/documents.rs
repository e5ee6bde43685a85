//! The documents of JumpCloud's console API. Source: `TheJumpCloud/jcapi-powershell` (`SwaggerSpecs`).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An administrator: `GET /api/users/{id}`.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Administrator {
    /// `_id` or `id`.
    #[serde(skip)]
    pub id: String,
    pub email: Option<String>,
    /// The id of the role, where there is one.
    pub role: Option<String>,
    /// Ids; whether they are in the order of the names is not documented.
    #[serde(rename = "roles")]
    pub role_ids: Option<Vec<String>>,
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

/// `GET /api/v2/administrators/{id}/organizationlinks` and `GET /api/v2/organizations/{id}/administratorlinks`.
#[derive(Deserialize)]
pub struct OrganizationLink {
    pub administrator: String,
    pub organization: String,
}

/// `GET /api/organizations`.
#[derive(Clone, Debug)]
pub struct Organization {
    pub id: String,
    pub name: Option<String>,
}

/// `GET /api/v2/usergroups`.
#[derive(Clone, Debug, Deserialize)]
pub struct UserGroup {
    pub id: String,
    pub name: Option<String>,
    #[serde(rename = "membershipMethod")]
    pub method: Option<String>,
}

/// `GET /api/v2/users/{id}/memberof`: a group; `GET /api/v2/usergroups/{id}/membership`: a user.
#[derive(Deserialize)]
pub struct GraphObject {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
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
    /// `None` if the document is none of an administrator.
    pub fn of(document: &Value) -> Option<Self> {
        Some(Self {
            id: id_of(document)?,
            ..serde_json::from_value(document.clone()).ok()?
        })
    }

    /// The names of the roles that are held, exactly as JumpCloud spells them.
    ///
    /// # Errors
    /// Why the record does not tell them: what it misses could be taken for a role that is not held, or the rest for the last one.
    pub fn names(&self) -> Result<Vec<String>, &'static str> {
        let names = self.shown_names();
        let is_repeated = |(at, name): (usize, &String)| names.iter().skip(at + 1).any(|other| other == name);
        if names.is_empty() {
            return Err("the administrator's record names no role");
        }
        if self.role_ids().is_some_and(|ids| ids.len() != names.len()) {
            return Err("the administrator's record does not have as many ids of roles as names");
        }
        if names.iter().enumerate().any(is_repeated) {
            return Err("the administrator's record names one role twice");
        }
        Ok(names)
    }

    /// The names that the record shows, whatever they are worth.
    pub fn shown_names(&self) -> Vec<String> {
        match &self.role_names {
            Some(names) if !names.is_empty() => names.clone(),
            _ => self.role_name.iter().filter(|name| !name.is_empty()).cloned().collect(),
        }
    }

    /// The ids of the roles, where the record has them.
    pub fn role_ids(&self) -> Option<&[String]> {
        self.role_ids.as_deref().filter(|ids| !ids.is_empty())
    }
}

impl Organization {
    /// `None` if the document is none of an organization.
    pub fn of(document: &Value) -> Option<Self> {
        Some(Self {
            id: id_of(document)?,
            name: document.get("displayName").and_then(Value::as_str).map(str::to_owned),
        })
    }
}

/// `_id` or `id`.
pub fn id_of(document: &Value) -> Option<String> {
    ["_id", "id"]
        .iter()
        .find_map(|key| document.get(*key)?.as_str())
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(document: &Value) -> Result<Vec<String>, &'static str> {
        Administrator::of(document).unwrap().names()
    }

    #[test]
    fn a_record_of_either_age_tells_its_roles() {
        let newer = json!({"_id": "a", "id": "a", "roleName": "One", "roleNames": ["One", "Two"], "roles": ["2", "1"]});
        assert_eq!(names(&newer).unwrap(), ["One", "Two"]);
        let older = json!({"id": "a", "roleName": "One", "roleNames": [], "roles": null});
        assert_eq!(names(&older).unwrap(), ["One"]);
        assert!(Administrator::of(&json!({"roleName": "One"})).is_none());
    }

    #[test]
    fn a_record_that_contradicts_itself_tells_no_roles() {
        for document in [
            json!({"_id": "a"}),
            json!({"_id": "a", "roleName": "", "roleNames": []}),
            json!({"_id": "a", "roleName": "One", "roles": ["1", "2"]}),
            json!({"_id": "a", "roleNames": ["One"], "roles": ["1", "2"]}),
            json!({"_id": "a", "roleNames": ["One", "Two"], "roles": ["1"]}),
            json!({"_id": "a", "roleNames": ["One", "One"]}),
        ] {
            assert!(names(&document).is_err(), "{document}");
        }
    }
}
