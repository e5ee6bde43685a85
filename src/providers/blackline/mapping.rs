//! From BlackLine's documents to grants and to the unified user.

use crate::{
    client::lenient::{Text, Word},
    contract::{
        types::{self, Phone, Role, Scope},
        user::{blank_user, primary_email, status_of},
    },
    hashed::HashMap,
    provider::{Grant, GrantKind, Held, KnownAs},
};

use super::{documents::Pair, read::Detail};

/// A pair as a grant: the role in the product, which is the contract's workspace. `names`, `product_names`: those that any row shows
/// for a role, and for a product. `name_of`: the name of a role whose row shows none.
pub fn grant(
    pair: &Pair,
    names: &HashMap<String, Vec<String>>,
    product_names: &HashMap<String, Vec<String>>,
    name_of: impl Fn(&str) -> Option<String>,
) -> Grant {
    Grant {
        known_as: KnownAs {
            names: names.get(&pair.role_id).cloned().unwrap_or_default(),
            workspaces: product_names.get(&pair.product_id).cloned().unwrap_or_default(),
            ..KnownAs::default()
        },
        kind: GrantKind::Role,
        role_id: pair.role_id.clone(),
        role_name: pair.role_name().cloned().or_else(|| name_of(&pair.role_id)),
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

/// The unified user. `name_of`: the name of a role whose row shows none.
pub fn user(detail: &Detail, name_of: impl Fn(&str) -> Option<String>) -> types::User {
    let user = &detail.user;
    let text = |text: &Text| text.as_str().map(str::to_owned);
    let word = |word: &Word| word.as_str().map(str::to_owned);
    // A list that may be cut off may lack some: roles are never shown partly.
    let lacks_roles = detail.doubt.is_some();
    types::User {
        truncated: lacks_roles.then(|| String::from("roles")).into_iter().collect(),
        first_name: word(&user.first_name),
        last_name: word(&user.last_name),
        name: word(&user.full_name),
        username: word(&user.login_id),
        title: text(&user.job_title),
        emails: primary_email(word(&user.email)),
        phones: text(&user.phone_number)
            .map(|number| Phone {
                number: Some(number),
                extension: None,
                type_: None,
            })
            .into_iter()
            .collect(),
        status: user.is_active.as_bool().map(status_of),
        roles: detail
            .pairs
            .iter()
            .filter(|_| !lacks_roles)
            .map(|pair| role(pair, &name_of))
            .collect(),
        groups: detail
            .memberships
            .teams
            .iter()
            .flatten()
            .map(|(id, name)| types::Group {
                id: Some(id.clone()),
                name: name.clone(),
                organization: None,
            })
            .collect(),
        organizations: detail
            .memberships
            .entities
            .iter()
            .flatten()
            .map(|(id, name)| types::Organization {
                id: Some(id.clone()),
                name: name.clone(),
            })
            .collect(),
        updated_at: text(&user.last_updated),
        ..blank_user(detail.id.clone())
    }
}

/// In the words of a request: the product by its code. Its name stands in the rows of `remote_data`.
fn role(pair: &Pair, name_of: impl Fn(&str) -> Option<String>) -> Role {
    Role {
        id: Some(format!("{}:{}", pair.role_id, pair.product_id)),
        name: pair.role_name().cloned().or_else(|| name_of(&pair.role_id)),
        group: None,
        organization: None,
        workspace: Some(pair.product_id.clone()),
    }
}
