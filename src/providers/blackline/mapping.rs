//! From BlackLine's documents to grants and to the unified user.

use serde_json::Value;

use crate::{
    contract::types::{self, Email, Phone, Role, Scope},
    provider::{Grant, GrantKind, Held, KnownAs},
    unified::blank_user,
};

use super::core::{Pair, text};

/// A pair as a grant: the role in the product, which is the contract's workspace.
pub fn grant(pair: &Pair) -> Grant {
    Grant {
        known_as: KnownAs::default(),
        kind: GrantKind::Role,
        role_id: pair.role_id.clone(),
        role_name: pair.role_name.clone(),
        scope: Scope {
            group: None,
            organization: None,
            workspace: Some(pair.product_id.clone()),
        },
        held: Held::Direct,
        effects: Vec::new(),
        warnings: Vec::new(),
    }
}

/// What the user belongs to besides: id and name; `None` where it was not read.
#[derive(Clone, Debug, Default)]
pub struct Belongs {
    pub teams: Option<Vec<(String, Option<String>)>>,
    pub entities: Option<Vec<(String, Option<String>)>>,
}

/// The unified user.
pub fn user(document: &Value, pairs: &[Pair], belongs: &Belongs) -> types::User {
    let field = |name: &str| text(document.get(name));
    types::User {
        first_name: field("firstName"),
        last_name: field("lastName"),
        name: field("fullName"),
        username: field("loginId"),
        title: field("jobTitle"),
        emails: field("email")
            .map(|email| Email {
                email: Some(email),
                type_: None,
                is_primary: Some(true),
            })
            .into_iter()
            .collect(),
        phones: field("phoneNumber")
            .map(|number| Phone {
                number: Some(number),
                extension: None,
                type_: None,
            })
            .into_iter()
            .collect(),
        status: document
            .get("isActive")
            .and_then(Value::as_bool)
            .map(|active| String::from(if active { "active" } else { "inactive" })),
        roles: pairs.iter().map(role).collect(),
        groups: belongs
            .teams
            .iter()
            .flatten()
            .map(|(id, name)| types::Group {
                id: Some(id.clone()),
                name: name.clone(),
                organization: None,
            })
            .collect(),
        organizations: belongs
            .entities
            .iter()
            .flatten()
            .map(|(id, name)| types::Organization {
                id: Some(id.clone()),
                name: name.clone(),
            })
            .collect(),
        updated_at: field("lastUpdated"),
        ..blank_user(field("id").unwrap_or_default())
    }
}

/// In the words of a request: the product by its code. Its name stands in the rows of `remote_data`.
fn role(pair: &Pair) -> Role {
    Role {
        id: Some(format!("{}:{}", pair.role_id, pair.product_id)),
        name: pair.role_name.clone(),
        group: None,
        organization: None,
        workspace: Some(pair.product_id.clone()),
    }
}
