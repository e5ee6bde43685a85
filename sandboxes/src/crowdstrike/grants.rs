//! Reading, granting and revoking roles.

use serde_json::{Map, Value, json};

use crate::request::Received;

use super::{
    fql,
    http::{Handled, Reply, listed, no_body, object, order, page, parameters, refusal, strings},
    roles,
    state::{Grant, Revocation, State},
    time,
    token::{View, cid_of},
    users::{self, Audience},
};

/// `GET combined/user-roles/v2` and `v3`: the grants in one CID, the one in view if none is named.
pub fn list(state: &mut State, view: &View, call: &Received, audience: Audience) -> Handled {
    no_body(call)?;
    let [user, cid, direct_only, filter, limit, offset, sort] = parameters(
        call,
        ["user_uuid", "cid", "direct_only", "filter", "limit", "offset", "sort"],
    )?;
    let uuid = user.unwrap_or_default();
    let cid = cid_of(state, view, cid.as_deref())?;
    let (limit, offset) = page(limit.as_deref(), offset.as_deref())?;
    let direct_only = match direct_only.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(refusal(400, "direct_only must be true or false")),
    };
    let (key, descends) = order(
        sort.as_deref().unwrap_or("role_name|asc"),
        &["cid", "expires_at", "role_name", "type", "user_uuid"],
    )?;
    let key = match key {
        "type" => "grant_type",
        "user_uuid" => "uuid",
        key => key,
    };
    let malformed = || refusal(400, "invalid filter expression supplied");
    let wanted = match filter {
        None => None,
        Some(filter) => Some(fql::equals(&filter, &["role_id", "role_name", "expires_at"]).ok_or_else(malformed)?),
    };
    users::known(state, view, &uuid, audience)?;
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
    let rows: Vec<Value> = rows.into_iter().map(|row| finish(row, state)).collect();
    let mut page = listed(&rows, limit, offset);
    page.document["meta"]["pagination"]["total"] =
        json!(rows.len().saturating_add_signed(state.quirks.rows_miscounted));
    state.finish_read();
    Ok(page)
}

/// `POST user-role-actions/v1` and `v2`: all or nothing. The newer one has a second word for each action.
pub fn act(state: &mut State, view: &View, call: &Received, audience: Audience) -> Handled {
    parameters(call, [])?;
    let fields = object(call, &["action", "cid", "uuid", "role_ids", "expires_at"])?;
    let revokes = match (text(&fields, "action"), audience) {
        ("revoke", _) | ("remove-role", Audience::All) => true,
        ("grant", _) | ("assign-role", Audience::All) => false,
        _ => return Err(refusal(400, "action must be grant or revoke")),
    };
    let expires_at = match fields.get("expires_at") {
        None => None,
        Some(_) if revokes => return Err(refusal(400, "expires_at is for temporary grants")),
        Some(time) => match time.as_str().filter(|text| time::unix(text).is_some()) {
            Some(text) => Some(text.to_owned()),
            None => return Err(refusal(400, "expires_at must be a time in RFC 3339")),
        },
    };
    if text(&fields, "cid").is_empty() {
        return Err(refusal(400, "cid is required"));
    }
    view.require_write()?;
    let cid = cid_of(state, view, Some(text(&fields, "cid")))?;
    let user = users::known(state, view, text(&fields, "uuid"), audience)?;
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
    if !revokes {
        for id in &role_ids {
            let expires_at = expires_at.clone();
            state.add(Grant {
                expires_at,
                ..Grant::direct(&uuid, &cid, id)
            });
        }
        return Ok(written());
    }
    let held: Vec<Vec<Grant>> = role_ids
        .iter()
        .map(|id| {
            let is_meant = |grant: &&Grant| grant.is_direct_for(&uuid, &cid, id);
            state.grants.held().iter().filter(is_meant).cloned().collect()
        })
        .collect();
    if state.quirks.refuse_absent && held.iter().any(Vec::is_empty) {
        return Err(refusal(400, "role is not granted to the user"));
    }
    let fails_inside = role_ids.iter().any(|id| state.quirks.fails_inside.contains(id));
    if fails_inside || state.quirks.success_with_errors > 0 {
        state.quirks.success_with_errors = state.quirks.success_with_errors.saturating_sub(1);
        return Ok(Reply {
            status: 200,
            document: json!({"errors": [{"code": 500, "message": "internal failure while revoking"}]}),
        });
    }
    // Revoking what is not held is acknowledged all the same.
    for grant in held.iter().flatten() {
        state.revoke(grant);
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
    if let Some(end) = &grant.expires_at {
        put("expires_at", end);
    }
    fields
}

/// The row as it is sent; a bare one says neither whose it is nor of which kind.
fn finish(mut row: Map<String, Value>, state: &State) -> Value {
    if state.quirks.empty_groups {
        for key in ["user_group_id", "user_group_name"] {
            row.entry(key).or_insert_with(|| json!(""));
        }
    }
    let bare: &[&str] = if state.quirks.bare_rows {
        &["uuid", "cid", "grant_type"]
    } else {
        &[]
    };
    let nameless: &[&str] = if state.quirks.nameless_rows {
        &["role_name"]
    } else {
        &[]
    };
    for key in bare.iter().chain(nameless) {
        row.remove(*key);
    }
    Value::Object(row)
}
