//! Reading and revoking grants.

use serde_json::{Map, Value, json};

use super::{
    http::{Call, Handled, Reply, listed, page, refusal, strings},
    state::{Grant, Revocation, State},
    token::View,
};

/// `GET combined/user-roles/v2`.
pub fn list(state: &mut State, view: &View, call: &Call) -> Handled {
    call.no_body()?;
    let [user, cid, direct_only, limit, offset, sort] =
        call.parameters(["user_uuid", "cid", "direct_only", "limit", "offset", "sort"])?;
    let uuid = user.unwrap_or_default();
    let cid = view.choose(cid.as_deref())?;
    let (limit, offset) = page(limit.as_deref(), offset.as_deref())?;
    if sort.is_some_and(|sort| !sort.starts_with("role_name")) {
        return Err(refusal(400, "this tenant sorts by role_name alone"));
    }
    known_user(state, &uuid)?;
    let direct_only = direct_only.as_deref() == Some("true");
    let mut shown: Vec<Grant> = state.shown(&uuid, &cid);
    shown.retain(|grant| !direct_only || grant.is_direct());
    let mut rows: Vec<(String, Value)> = shown.iter().map(|grant| row(state, grant)).collect();
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    let rows: Vec<Value> = rows.into_iter().map(|(_, row)| row).collect();
    Ok(listed(&rows, limit, offset))
}

/// `POST user-role-actions/v1`: all or nothing.
pub fn act(state: &mut State, view: &View, call: &Call) -> Handled {
    call.parameters([])?;
    let fields = call.object(&["action", "cid", "uuid", "role_ids", "expires_at"])?;
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("action") {
        "revoke" => {}
        "grant" => return Err(refusal(403, "access denied, authorization failed")),
        _ => return Err(refusal(400, "action must be grant or revoke")),
    }
    if fields.contains_key("expires_at") {
        return Err(refusal(400, "expires_at is for grants"));
    }
    if text("cid").is_empty() {
        return Err(refusal(400, "cid is required"));
    }
    let cid = view.choose(Some(text("cid")))?;
    let uuid = text("uuid").to_owned();
    known_user(state, &uuid)?;
    let roles = strings(fields.get("role_ids"))
        .filter(|roles| !roles.is_empty())
        .ok_or_else(|| refusal(400, "role_ids is required"))?;
    for role in &roles {
        if state.role(role, &cid).is_none() {
            return Err(refusal(400, &format!("invalid roleID='{role}' specified")));
        }
    }
    let held = |role: &String| {
        let same = |grant: &&Grant| grant.uuid == uuid && grant.cid == cid && grant.role == *role && grant.is_direct();
        state.grants.iter().find(same).cloned()
    };
    let targets: Vec<Option<Grant>> = roles.iter().map(held).collect();
    if state.behaviour.refuse_absent && targets.iter().any(Option::is_none) {
        return Err(refusal(400, "role is not granted to the user"));
    }
    if state.behaviour.success_with_errors > 0 {
        state.behaviour.success_with_errors -= 1;
        return Ok(Reply {
            status: 200,
            document: json!({"errors": [{"code": 500, "message": "internal failure while revoking"}]}),
        });
    }
    for grant in targets.iter().flatten() {
        state.revoke(grant);
    }
    state.revocations.push(Revocation { uuid, cid, roles });
    Ok(Reply {
        status: 200,
        document: json!({"meta": {"writes": {"resources_affected": 1}}}),
    })
}

fn known_user(state: &State, uuid: &str) -> Result<(), Reply> {
    if state.users.iter().any(|user| user.uuid == uuid) {
        Ok(())
    } else {
        Err(refusal(400, &format!("invalid user uuid='{uuid}' specified")))
    }
}

/// The name to sort by, and the row.
fn row(state: &State, grant: &Grant) -> (String, Value) {
    let name = state
        .role(&grant.role, &grant.cid)
        .map(|role| role.display_name.clone())
        .unwrap_or_default();
    let mut fields = Map::new();
    let mut put = |key: &str, value: &str| fields.insert(key.to_owned(), json!(value));
    put("role_id", &grant.role);
    put("role_name", &name);
    if let Some((id, group)) = &grant.group {
        put("user_group_id", id);
        put("user_group_name", group);
    }
    if let Some((id, group)) = &grant.cid_group {
        put("cid_group_id", id);
        put("cid_group_name", group);
    }
    if !state.behaviour.bare_rows {
        put("uuid", &grant.uuid);
        put("cid", &grant.cid);
        put("grant_type", if grant.is_direct() { "direct" } else { "indirect" });
    }
    (name, Value::Object(fields))
}
