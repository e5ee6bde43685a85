//! Reading users.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::request::Received;

use super::{
    fql,
    http::{Handled, Reply, ids, listed, no_body, order, page, parameters, refusal},
    state::{State, User},
    token::View,
};

/// Whom a call knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The older calls: users that are homed in the CIDs of the client.
    Internal,
    /// The newer calls: users of partner CIDs as well, once they were invited.
    All,
}

/// What a filter can compare; `associated_cids` with the newer call only.
const FILTERS: [&str; 9] = [
    "uid",
    "uuid",
    "cid",
    "status",
    "first_name",
    "last_name",
    "name",
    "assigned_cids",
    "associated_cids",
];
const ORDERS: [&str; 10] = [
    "uid",
    "cid_name",
    "created_at",
    "first_name",
    "has_temporary_roles",
    "last_login_at",
    "last_name",
    "name",
    "status",
    "temporarily_assigned_cids",
];

/// `POST users/GET/v1` and `v2`: unknown ids are left out.
pub fn by_id(state: &State, view: &View, call: &Received, audience: Audience) -> Handled {
    parameters(call, [])?;
    let ids = ids(call)?;
    let users: Vec<Value> = seen(state, view, audience)
        .filter(|user| ids.contains(&user.uuid))
        .map(|user| document(user, view, audience))
        .collect();
    Ok(Reply {
        status: 200,
        document: json!({ "resources": users }),
    })
}

/// `GET queries/users/v1` and `v2`. Logins are compared in lower case: the filter has to be in lower case already. Of the users of
/// partner CIDs, `v2` lists those that have a role in a CID in view.
pub fn query(state: &State, view: &View, call: &Received, audience: Audience) -> Handled {
    no_body(call)?;
    let [filter, limit, offset, sort, user_type] =
        parameters(call, ["filter", "limit", "offset", "sort", "user_type"])?;
    if audience == Audience::Internal && user_type.is_some() {
        return Err(refusal(400, "unexpected query parameter 'user_type'"));
    }
    let wanted_type = match user_type.as_deref() {
        None => None,
        Some("internal") => Some(false),
        Some("external") => Some(true),
        Some(_) => return Err(refusal(400, "user_type must be internal or external")),
    };
    let (limit, offset) = page(limit.as_deref(), offset.as_deref())?;
    let (key, descends) = order(sort.as_deref().unwrap_or("uid|asc"), &ORDERS)?;
    let malformed = || refusal(400, "invalid filter expression supplied");
    let filters = if audience == Audience::All {
        &FILTERS[..]
    } else {
        &FILTERS[..8]
    };
    let wanted = match filter {
        None => None,
        Some(filter) => Some(fql::equals(&filter, filters).ok_or_else(malformed)?),
    };
    let mut users: Vec<&User> = seen(state, view, audience)
        .filter(|user| view.sees(&user.cid) || !assigned_cids(state, view, user).is_empty())
        .filter(|user| wanted_type.is_none_or(|external| external != view.sees(&user.cid)))
        .filter(|user| {
            let holds = |(property, value): &(&str, String)| values(state, view, user, property).contains(value);
            wanted.as_ref().is_none_or(holds)
        })
        .collect();
    users.sort_by_cached_key(|user| values(state, view, user, key));
    if descends {
        users.reverse();
    }
    let uuids: Vec<Value> = users.iter().map(|user| json!(user.uuid)).collect();
    Ok(listed(&uuids, limit, offset))
}

/// The user of a call that needs one.
pub fn known<'a>(state: &'a State, view: &View, uuid: &str, audience: Audience) -> Result<&'a User, Reply> {
    seen(state, view, audience)
        .find(|user| user.uuid == uuid)
        .ok_or_else(|| refusal(400, &format!("invalid user uuid='{uuid}' specified")))
}

fn seen<'a>(state: &'a State, view: &View, audience: Audience) -> impl Iterator<Item = &'a User> {
    let is_invited = move |user: &User| {
        let mut invitations = state.invited.iter().filter(|(invited, _)| *invited == user.uuid);
        audience == Audience::All && invitations.any(|(_, cid)| view.sees(cid))
    };
    let is_seen = move |user: &&User| view.sees(&user.cid) || is_invited(user);
    state.users.iter().filter(is_seen)
}

/// The CIDs in view in which the user has a role.
fn assigned_cids(state: &State, view: &View, user: &User) -> BTreeSet<String> {
    let of_user = state.grants.held().iter().filter(|grant| grant.uuid == user.uuid);
    of_user
        .map(|grant| grant.cid.clone())
        .filter(|cid| view.sees(cid))
        .collect()
}

/// What a user has under a name of a filter or of an order.
fn values(state: &State, view: &View, user: &User, name: &str) -> BTreeSet<String> {
    let text = |text: Option<&String>| text.cloned().into_iter().collect();
    match name {
        "uid" => BTreeSet::from([user.uid.to_lowercase()]),
        "uuid" => BTreeSet::from([user.uuid.clone()]),
        "cid" | "cid_name" => BTreeSet::from([user.cid.clone()]),
        "status" => text(user.status.as_ref()),
        "first_name" => text(user.first_name.as_ref()),
        "last_name" => text(user.last_name.as_ref()),
        "created_at" => text(user.created_at.as_ref()),
        "last_login_at" => text(user.last_login_at.as_ref()),
        "name" => {
            let names = [&user.first_name, &user.last_name];
            let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
            BTreeSet::from([names.join(" ")])
        }
        _ => assigned_cids(state, view, user),
    }
}

/// The newer call says whether the user is external; under which name has not been published, and `user_type` is the record's own
/// field with the words of the query parameter.
fn document(user: &User, view: &View, audience: Audience) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Option<&String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            fields.insert(name.to_owned(), json!(value));
        }
    };
    put("uuid", Some(&user.uuid));
    put("cid", Some(&user.cid));
    put("uid", Some(&user.uid));
    put("status", user.status.as_ref());
    put("first_name", user.first_name.as_ref());
    put("last_name", user.last_name.as_ref());
    put("last_login_at", user.last_login_at.as_ref());
    put("created_at", user.created_at.as_ref());
    put("updated_at", user.updated_at.as_ref());
    put("user_type", user.user_type.as_ref());
    if audience == Audience::All {
        let user_type = if view.sees(&user.cid) { "internal" } else { "external" };
        fields.insert(String::from("user_type"), json!(user_type));
    }
    if !user.factors.is_empty() {
        fields.insert(String::from("factors"), json!(user.factors));
    }
    Value::Object(fields)
}
