//! The role directory.

use serde_json::{Value, json};

use crate::request::Received;

use super::{
    http::{self, Handled, Reply, no_body, parameters, refusal},
    state::{Role, State},
    token::{View, cid_of},
    users::{self, Audience},
};

/// `GET queries/roles/v1`: the roles that exist, without paging. With `user_uuid` those that the user could be granted,
/// which are not those that are held (PSFalcon took the one for the other).
pub fn ids(state: &State, view: &View, call: &Received) -> Handled {
    no_body(call)?;
    let [cid, user, action] = parameters(call, ["cid", "user_uuid", "action"])?;
    let cid = cid_of(state, view, cid.as_deref())?;
    if action.is_some_and(|action| action != "grant") {
        return Err(refusal(400, "action must be grant"));
    }
    let home = match user {
        None => None,
        Some(uuid) => Some(users::known(state, view, &uuid, Audience::Internal)?.cid.clone()),
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
pub fn by_id(state: &State, view: &View, call: &Received) -> Handled {
    let [cid] = parameters(call, ["cid"])?;
    let cid = cid_of(state, view, cid.as_deref())?;
    Ok(described(state, &cid, &http::ids(call)?))
}

/// `GET roles/v1`: the same, with a parameter `ids` for each.
pub fn by_query(state: &State, view: &View, call: &Received) -> Handled {
    no_body(call)?;
    let (ids, others): (Vec<_>, Vec<_>) = call.query.iter().partition(|(name, _)| name == "ids");
    let cid = match others.as_slice() {
        [] => None,
        [(name, cid)] if name == "cid" => Some(cid.as_str()),
        _ => return Err(refusal(400, "unexpected query parameter")),
    };
    let cid = cid_of(state, view, cid)?;
    if ids.is_empty() {
        return Err(refusal(400, "ids is required"));
    }
    let ids: Vec<String> = ids.into_iter().map(|(_, id)| id.clone()).collect();
    Ok(described(state, &cid, &ids))
}

fn described(state: &State, cid: &str, ids: &[String]) -> Reply {
    let roles: Vec<Value> = state
        .roles_of(cid)
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
    Reply {
        status: 200,
        document: json!({ "resources": roles }),
    }
}

/// Custom roles go only to users at home in their CID.
pub fn is_available(role: &Role, home: &str) -> bool {
    role.cid.as_deref().is_none_or(|owner| owner == home)
}
