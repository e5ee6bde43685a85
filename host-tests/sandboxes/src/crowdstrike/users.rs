//! Reading users.

use serde_json::{Map, Value, json};

use super::{
    fql,
    http::{Call, Handled, Reply, listed, page, refusal},
    state::{State, User},
    token::View,
};

/// `POST users/GET/v1`: unknown ids are left out.
pub fn by_id(state: &State, view: &View, call: &Call) -> Handled {
    call.parameters([])?;
    let ids = call.ids()?;
    let users: Vec<Value> = seen(state, view)
        .filter(|user| ids.contains(&user.uuid))
        .map(document)
        .collect();
    Ok(Reply {
        status: 200,
        document: json!({ "resources": users }),
    })
}

/// `GET queries/users/v1`. Logins are compared in lower case: the filter has to be in lower case already.
pub fn query(state: &State, view: &View, call: &Call) -> Handled {
    call.no_body()?;
    let [filter, limit, offset] = call.parameters(["filter", "limit", "offset"])?;
    let (limit, offset) = page(limit.as_deref(), offset.as_deref())?;
    let malformed = || refusal(400, "invalid filter expression supplied");
    let wanted = match filter {
        None => None,
        Some(filter) => Some(fql::equals(&filter, &["uid"]).ok_or_else(malformed)?.1),
    };
    let matches = |user: &&User| wanted.as_ref().is_none_or(|wanted| user.uid.to_lowercase() == *wanted);
    let uuids: Vec<Value> = seen(state, view).filter(matches).map(|user| json!(user.uuid)).collect();
    Ok(listed(&uuids, limit, offset))
}

/// The user of a call that needs one.
pub fn known<'a>(state: &'a State, view: &View, uuid: &str) -> Result<&'a User, Reply> {
    seen(state, view)
        .find(|user| user.uuid == uuid)
        .ok_or_else(|| refusal(400, &format!("invalid user uuid='{uuid}' specified")))
}

fn seen<'a>(state: &'a State, view: &View) -> impl Iterator<Item = &'a User> {
    state.users.iter().filter(|user| view.sees(&user.cid))
}

fn document(user: &User) -> Value {
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
    if !user.factors.is_empty() {
        fields.insert(String::from("factors"), json!(user.factors));
    }
    Value::Object(fields)
}
