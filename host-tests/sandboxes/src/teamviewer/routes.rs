//! The calls that exist, and nothing else.

use serde_json::{Value, json};

use super::{
    http::{Call, Handled, Reply, no_content, ok, refusal},
    paging::page,
    state::State,
};

pub fn dispatch(state: &mut State, call: &Call) -> Handled {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    let wants_body = matches!(call.method.as_str(), "POST" | "PUT");
    if wants_body && !call.content_type.starts_with("application/json") {
        return Err(refusal(415, "invalid_request", "the body must be JSON"));
    }
    if !wants_body && !call.body.is_empty() {
        return Err(refusal(400, "invalid_request", "unexpected body"));
    }
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["account"]) => match &state.owner {
            Some((userid, email)) => {
                ok(json!({"userid": userid, "email": email, "company_name": "Acme", "email_validated": true}))
            }
            None => Err(refusal(403, "invalid_permission", "the token may not see its account")),
        },
        ("GET", ["users"]) => users(state, call),
        ("GET", ["users", id]) => user(state, call, id),
        ("GET", ["users", id, "userroles"]) => roles_of_user(state, call, id),
        ("GET", ["userroles"]) => roles(state, call),
        ("GET", ["userroles", "assignments", "account"]) => users_of_role(state, call),
        ("GET", ["userroles", "assignments", "usergroups"]) => groups_of_role(state, call),
        ("POST", ["userroles", "unassign", "account"]) => unassign(state, call),
        ("POST", ["userroles", "unassign", "usergroup"]) => unassign_group(state, call),
        ("GET", ["usergroups"]) => groups(state, call),
        ("GET", ["usergroups", id, "members"]) => members(state, call, id),
        ("GET", ["usergroups", id, "userroles"]) => role_of_group(state, call, id),
        ("DELETE", ["usergroups", id, "members", account]) => leave(state, call, id, account),
        _ => Err(refusal(404, "not_found", "no such resource")),
    }
}

/// Only these query parameters, each once.
fn only(call: &Call, names: &[&str]) -> Result<(), Reply> {
    for (index, (name, _)) in call.query.iter().enumerate() {
        if !names.contains(&name.as_str()) || call.query[..index].iter().any(|(other, _)| other == name) {
            return Err(refusal(400, "invalid_request", &format!("unexpected parameter {name}")));
        }
    }
    Ok(())
}

fn parameter<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    call.query
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

/// Exactly this one key.
fn body(call: &Call, keys: &[&str]) -> Result<Value, Reply> {
    let document: Value =
        serde_json::from_slice(&call.body).map_err(|_| refusal(400, "invalid_request", "the body is not JSON"))?;
    let fields = document
        .as_object()
        .ok_or_else(|| refusal(400, "invalid_request", "the body is no object"))?;
    if fields.len() == keys.len() && keys.iter().all(|key| fields.contains_key(*key)) {
        Ok(document)
    } else {
        Err(refusal(
            400,
            "invalid_request",
            "the body has other fields than documented",
        ))
    }
}

fn known(state: &State, id: &str) -> bool {
    state.users.iter().any(|(known, ..)| known == id)
}

fn document(user: &(String, String, String)) -> Value {
    let (id, name, email) = user;
    json!({
        "id": id, "name": name, "email": email, "active": true, "online_state": "offline",
        "last_access_date": "2026-01-01T10:20:30Z", "tfa_enabled": true, "tfa_enforcement": false, "sso_status": 1,
        "activated_license_id": "00000000-0000-0000-0000-00000000aaaa", "activated_license_name": "Tensor",
        "activated_meeting_license_key": null, "userRoleId": null, "permissions": "ManageUsers",
    })
}

fn users(state: &State, call: &Call) -> Handled {
    only(call, &["email", "name", "full_list"])?;
    let emails: Option<Vec<&str>> = parameter(call, "email").map(|list| list.split(',').collect());
    let users: Vec<Value> = state
        .users
        .iter()
        .filter(|(_, _, email)| {
            emails
                .as_ref()
                .is_none_or(|list| list.iter().any(|wanted| wanted.eq_ignore_ascii_case(email)))
        })
        .map(document)
        .collect();
    ok(json!({ "users": users }))
}

fn user(state: &State, call: &Call, id: &str) -> Handled {
    only(call, &[])?;
    match state.users.iter().find(|(known, ..)| known == id) {
        Some(user) => ok(document(user)),
        None => Err(refusal(404, "not_found", "no such user")),
    }
}

/// Null if there are none, and for an unknown user, who is no error.
fn roles_of_user(state: &mut State, call: &Call, id: &str) -> Handled {
    only(call, &["paginationToken"])?;
    let listed: Vec<Value> = state.listed(id).into_iter().map(Value::from).collect();
    if listed.is_empty() {
        return ok(json!({"currentPaginationToken": null, "nextPaginationToken": null, "assignedRoleIds": null}));
    }
    let (rows, next) = page(state, call, "paginationToken", listed)?;
    ok(json!({"currentPaginationToken": null, "nextPaginationToken": next, "assignedRoleIds": rows}))
}

fn roles(state: &State, call: &Call) -> Handled {
    only(call, &[])?;
    let roles: Vec<Value> = state
        .roles
        .iter()
        .map(|(id, name)| json!({"Id": id, "Name": name, "Permissions": {"ManageUsers": true}}))
        .collect();
    ok(json!({ "Roles": roles }))
}

fn users_of_role(state: &State, call: &Call) -> Handled {
    only(call, &["userRoleId", "continuationToken"])?;
    let role =
        parameter(call, "userRoleId").ok_or_else(|| refusal(400, "invalid_request", "userRoleId is required"))?;
    let rows = state
        .assignments
        .iter()
        .filter(|(_, assigned)| assigned == role && !state.omits(role))
        .map(|(user, _)| Value::from(user.as_str()))
        .collect();
    let (rows, next) = page(state, call, "continuationToken", rows)?;
    ok(json!({"ContinuationToken": next, "AssignedToUsers": rows}))
}

fn groups_of_role(state: &State, call: &Call) -> Handled {
    only(call, &["userRoleId", "continuationToken"])?;
    let role =
        parameter(call, "userRoleId").ok_or_else(|| refusal(400, "invalid_request", "userRoleId is required"))?;
    let rows = state
        .groups
        .iter()
        .filter(|group| group.role.as_deref() == Some(role))
        .map(|group| Value::from(group.id))
        .collect();
    let (rows, next) = page(state, call, "continuationToken", rows)?;
    ok(json!({"ContinuationToken": next, "AssignedToGroups": rows}))
}

fn unassign(state: &mut State, call: &Call) -> Handled {
    only(call, &[])?;
    let document = body(call, &["UserIds", "UserRoleId"])?;
    let role = document["UserRoleId"].as_str().unwrap_or_default().to_owned();
    let users: Vec<String> = document["UserIds"]
        .as_array()
        .map(|users| {
            users
                .iter()
                .filter_map(|user| user.as_str().map(str::to_owned))
                .collect()
        })
        .unwrap_or_default();
    if users.is_empty() || users.len() > 100 || !users.iter().all(|user| known(state, user)) {
        return Err(refusal(400, "invalid_request", "UserIds is invalid"));
    }
    if !state.roles.iter().any(|(id, _)| *id == role) {
        return Err(refusal(400, "invalid_request", "UserRoleId is invalid"));
    }
    if std::mem::take(&mut state.overtakes) {
        let now = state.clock.unix();
        for user in &users {
            state.remove(&(user.clone(), role.clone()), now);
        }
    }
    let is_held = |user: &String| state.assignments.contains(&(user.clone(), role.clone()));
    if state.refuses_what_is_not_held && !users.iter().all(is_held) {
        return Err(refusal(400, "invalid_request", "the role is not assigned"));
    }
    for user in users {
        state.unassign(&user, &role);
    }
    no_content()
}

fn unassign_group(state: &mut State, call: &Call) -> Handled {
    only(call, &[])?;
    let id = body(call, &["UserGroupId"])?["UserGroupId"].as_u64();
    let overtaken = std::mem::take(&mut state.overtakes);
    let group = state.groups.iter_mut().find(|group| Some(group.id) == id);
    let group = group.ok_or_else(|| refusal(400, "invalid_request", "UserGroupId is invalid"))?;
    let held = group.role.take();
    if state.refuses_what_is_not_held && (overtaken || held.is_none()) {
        return Err(refusal(400, "invalid_request", "the group has no role"));
    }
    state.writes += 1;
    no_content()
}

fn groups(state: &State, call: &Call) -> Handled {
    only(call, &["paginationToken", "limit"])?;
    let rows = state
        .groups
        .iter()
        .map(|group| json!({"id": group.id, "name": group.name, "creationSourceType": group.source}))
        .collect();
    let (rows, next) = page(state, call, "paginationToken", rows)?;
    ok(json!({"currentPaginationToken": null, "nextPaginationToken": next, "resources": rows}))
}

fn find(state: &State, id: &str) -> Result<usize, Reply> {
    state
        .groups
        .iter()
        .position(|group| group.id.to_string() == id)
        .ok_or_else(|| refusal(404, "not_found", "no such user group"))
}

fn members(state: &State, call: &Call, id: &str) -> Handled {
    only(call, &["paginationToken", "limit"])?;
    let group = &state.groups[find(state, id)?];
    let rows = group
        .members
        .iter()
        .map(|member| json!({"accountId": member.trim_start_matches('u').parse::<u64>().unwrap_or_default(), "name": member}))
        .collect();
    let (rows, next) = page(state, call, "paginationToken", rows)?;
    ok(json!({"nextPaginationToken": next, "resources": rows}))
}

fn role_of_group(state: &mut State, call: &Call, id: &str) -> Handled {
    only(call, &[])?;
    let index = find(state, id)?;
    if let Some((group, reads, role)) = state.group_change.take() {
        if group == state.groups[index].id && reads == 0 {
            state.groups[index].role = Some(role);
        } else {
            let left = if group == state.groups[index].id {
                reads - 1
            } else {
                reads
            };
            state.group_change = Some((group, left, role));
        }
    }
    ok(json!({"assignedRoleId": state.groups[index].role}))
}

fn leave(state: &mut State, call: &Call, id: &str, account: &str) -> Handled {
    only(call, &[])?;
    let index = find(state, id)?;
    let user = format!("u{account}");
    if std::mem::take(&mut state.overtakes) {
        state.groups[index].members.retain(|member| *member != user);
    }
    if !state.groups[index].members.contains(&user) {
        return Err(refusal(404, "not_found", "no such member"));
    }
    state.groups[index].members.retain(|member| *member != user);
    state.writes += 1;
    no_content()
}
