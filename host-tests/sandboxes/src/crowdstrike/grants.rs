//! Reading, granting and revoking roles.

use serde_json::{Map, Value, json};

use super::{
    fql,
    http::{Call, Handled, Reply, listed, page, refusal, strings},
    roles,
    state::{Grant, Revocation, State},
    token::View,
    users,
};

/// `GET combined/user-roles/v2`: the grants in one CID, the one in view if none is named.
pub fn list(state: &mut State, view: &View, call: &Call) -> Handled {
    call.no_body()?;
    let [user, cid, direct_only, filter, limit, offset, sort] =
        call.parameters(["user_uuid", "cid", "direct_only", "filter", "limit", "offset", "sort"])?;
    let uuid = user.unwrap_or_default();
    let cid = view.choose(cid.as_deref())?;
    let (limit, offset) = page(limit.as_deref(), offset.as_deref())?;
    let direct_only = match direct_only.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(refusal(400, "direct_only must be true or false")),
    };
    let (key, descends) = order(sort.as_deref().unwrap_or("role_name|asc"))?;
    let malformed = || refusal(400, "invalid filter expression supplied");
    let wanted = match filter {
        None => None,
        Some(filter) => Some(fql::equals(&filter, &["role_id", "role_name"]).ok_or_else(malformed)?),
    };
    users::known(state, view, &uuid)?;
    let mut rows: Vec<Map<String, Value>> = state
        .shown(&uuid, &cid)
        .iter()
        .filter(|grant| !direct_only || grant.is_direct())
        .map(|grant| row(state, grant))
        .filter(|row| {
            let equals = |(property, value): &(&str, String)| row.get(*property) == Some(&json!(value));
            wanted.as_ref().is_none_or(equals)
        })
        .collect();
    rows.sort_by_cached_key(|row| [key, "role_name", "role_id"].map(|name| text(row, name).to_owned()));
    if descends {
        rows.reverse();
    }
    let bare = state.behaviour.bare_rows;
    let rows: Vec<Value> = rows.into_iter().map(|row| finish(row, bare)).collect();
    Ok(listed(&rows, limit, offset))
}

/// `POST user-role-actions/v1`: all or nothing.
pub fn act(state: &mut State, view: &View, call: &Call) -> Handled {
    call.parameters([])?;
    let fields = call.object(&["action", "cid", "uuid", "role_ids", "expires_at"])?;
    let revokes = match text(&fields, "action") {
        "revoke" => true,
        "grant" => false,
        _ => return Err(refusal(400, "action must be grant or revoke")),
    };
    if fields.contains_key("expires_at") {
        return Err(refusal(
            400,
            "expires_at is for temporary grants, which this tenant does not have",
        ));
    }
    if text(&fields, "cid").is_empty() {
        return Err(refusal(400, "cid is required"));
    }
    view.require_write()?;
    let cid = view.choose(Some(text(&fields, "cid")))?;
    let user = users::known(state, view, text(&fields, "uuid"))?;
    let role_ids = strings(fields.get("role_ids"))
        .filter(|roles| !roles.is_empty())
        .ok_or_else(|| refusal(400, "role_ids must be an array of one string or more"))?;
    for id in &role_ids {
        // A grant has to fit the user as well.
        let fits = |home| {
            state
                .role(id, &cid)
                .is_some_and(|role| revokes || roles::is_available(role, home))
        };
        if !fits(&user.cid) {
            return Err(refusal(400, &format!("invalid roleID='{id}' specified")));
        }
    }
    let uuid = user.uuid.clone();
    let targets: Vec<Grant> = role_ids.iter().map(|id| Grant::direct(&uuid, &cid, id)).collect();
    if !revokes {
        for grant in targets {
            state.add(grant);
        }
        return Ok(written());
    }
    if state.behaviour.refuse_absent && targets.iter().any(|target| !state.grants.contains(target)) {
        return Err(refusal(400, "role is not granted to the user"));
    }
    let fails_inside = role_ids.iter().any(|id| state.behaviour.fails_inside.contains(id));
    if fails_inside || state.behaviour.success_with_errors > 0 {
        state.behaviour.success_with_errors = state.behaviour.success_with_errors.saturating_sub(1);
        return Ok(Reply {
            status: 200,
            document: json!({"errors": [{"code": 500, "message": "internal failure while revoking"}]}),
        });
    }
    // Revoking what is not held is acknowledged all the same.
    for target in &targets {
        if state.grants.contains(target) {
            state.revoke(target);
        }
    }
    let at = state.clock.unix();
    state.revocations.push(Revocation {
        user: uuid,
        cid,
        roles: role_ids,
        at,
    });
    Ok(written())
}

/// The request counts as one resource, however many roles it names.
fn written() -> Reply {
    Reply {
        status: 200,
        document: json!({"meta": {"writes": {"resources_affected": 1}}}),
    }
}

/// The key that a `sort` means, and whether it descends.
fn order(sort: &str) -> Result<(&'static str, bool), Reply> {
    let invalid = || refusal(400, &format!("invalid sort='{sort}' specified"));
    let (key, direction) = sort.split_once('|').ok_or_else(invalid)?;
    let key = match key {
        "cid" => "cid",
        "expires_at" => "expires_at",
        "role_name" => "role_name",
        "type" => "grant_type",
        "user_uuid" => "uuid",
        _ => return Err(invalid()),
    };
    match direction {
        "asc" => Ok((key, false)),
        "desc" => Ok((key, true)),
        _ => Err(invalid()),
    }
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn row(state: &State, grant: &Grant) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |key: &str, value: &str| fields.insert(key.to_owned(), json!(value));
    put("role_id", &grant.role);
    if let Some(role) = state.role(&grant.role, &grant.cid) {
        put("role_name", &role.display_name);
    }
    put("uuid", &grant.uuid);
    put("cid", &grant.cid);
    // Of the values only `direct` has been published.
    put("grant_type", if grant.is_direct() { "direct" } else { "indirect" });
    if let Some((id, name)) = &grant.group {
        put("user_group_id", id);
        put("user_group_name", name);
    }
    if let Some((id, name)) = &grant.cid_group {
        put("cid_group_id", id);
        put("cid_group_name", name);
    }
    fields
}

/// The row as it is sent; a bare one says neither whose it is nor of which kind.
fn finish(mut row: Map<String, Value>, bare: bool) -> Value {
    if bare {
        for key in ["uuid", "cid", "grant_type"] {
            row.remove(key);
        }
    }
    Value::Object(row)
}
