//! The role directory.

use serde_json::{Value, json};

use super::{
    http::{Call, Handled, Reply, refusal},
    state::{Role, State},
    token::View,
    users,
};

/// `GET queries/roles/v1`: the roles that exist, without paging. With `user_uuid` those that the user could be granted,
/// which are not those that are held (PSFalcon took the one for the other).
pub fn ids(state: &State, view: &View, call: &Call) -> Handled {
    call.no_body()?;
    let [cid, user, action] = call.parameters(["cid", "user_uuid", "action"])?;
    let cid = view.choose(cid.as_deref())?;
    if action.is_some_and(|action| action != "grant") {
        return Err(refusal(400, "action must be grant"));
    }
    let home = match user {
        None => None,
        Some(uuid) => Some(users::known(state, view, &uuid)?.cid.clone()),
    };
    let available = |role: &&Role| home.as_ref().is_none_or(|home| is_available(role, home));
    let ids: Vec<&str> = state
        .roles_of(&cid)
        .filter(available)
        .map(|role| role.id.as_str())
        .collect();
    Ok(Reply {
        status: 200,
        document: json!({ "resources": ids }),
    })
}

/// `POST roles/GET/v2`: unknown ids are left out.
pub fn by_id(state: &State, view: &View, call: &Call) -> Handled {
    let [cid] = call.parameters(["cid"])?;
    let cid = view.choose(cid.as_deref())?;
    let ids = call.ids()?;
    let roles: Vec<Value> = state
        .roles_of(&cid)
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

/// Custom roles go to users at home in their CID alone.
pub fn is_available(role: &Role, home: &str) -> bool {
    role.cid.as_deref().is_none_or(|owner| owner == home)
}
