//! The role directory.

use serde_json::{Value, json};

use super::{
    http::{Call, Handled, Reply},
    state::{Role, State},
    token::View,
};

/// `GET queries/roles/v1`: the roles that exist, without paging. With a user it would be those available to the user, which
/// are not those that are held.
pub fn ids(state: &State, view: &View, call: &Call) -> Handled {
    call.no_body()?;
    let [cid, _user, _action] = call.parameters(["cid", "user_uuid", "action"])?;
    let cid = view.choose(cid.as_deref())?;
    let ids: Vec<&str> = of_cid(state, &cid).map(|role| role.id.as_str()).collect();
    Ok(Reply {
        status: 200,
        document: json!({ "resources": ids }),
    })
}

/// `POST roles/GET/v2`.
pub fn by_id(state: &State, view: &View, call: &Call) -> Handled {
    let [cid] = call.parameters(["cid"])?;
    let cid = view.choose(cid.as_deref())?;
    let ids = call.ids()?;
    let roles: Vec<Value> = of_cid(state, &cid)
        .filter(|role| ids.contains(&role.id))
        .map(|role| {
            json!({
                "id": role.id,
                "display_name": role.display_name,
                "description": "",
                "is_global": role.cid.is_none(),
                "type": if role.cid.is_none() { "default" } else { "custom" },
                "cid": cid,
            })
        })
        .collect();
    Ok(Reply {
        status: 200,
        document: json!({ "resources": roles }),
    })
}

fn of_cid<'a>(state: &'a State, cid: &'a str) -> impl Iterator<Item = &'a Role> {
    state
        .roles
        .iter()
        .filter(move |role| role.cid.as_deref().is_none_or(|owner| owner == cid))
}
