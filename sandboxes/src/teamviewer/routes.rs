//! The calls that exist, and nothing else.

use serde_json::{Map, Value, json};

use crate::request::Received;

use super::{
    http::{Handled, Reply, no_content, ok, refusal},
    paging::page,
    state::{Group, State},
};

/// The fields of `PUT /users/{id}`, in lower case.
const USER_FIELDS: [&str; 14] = [
    "email",
    "name",
    "permissions",
    "assignuserroleids",
    "unassignuserroleids",
    "password",
    "active",
    "log_sessions",
    "show_comment_window",
    "custom_quicksupport_id",
    "custom_quickjoin_id",
    "license_key",
    "sso_customer_id",
    "tfa_enforcement",
];

pub fn dispatch(state: &mut State, call: &Received, segments: &[&str]) -> Handled {
    // A body needs its type; one where none is documented is not looked at.
    let wants_body = matches!(call.method.as_str(), "POST" | "PUT");
    if wants_body && !call.is_json() {
        return Err(refusal(415, "invalid_request", "the body must be JSON"));
    }
    match (call.method.as_str(), segments) {
        ("GET", ["account"]) => match &state.owner {
            Some((userid, email)) => {
                ok(json!({"userid": userid, "email": email, "company_name": "Acme", "email_validated": true}))
            }
            None => Err(refusal(403, "invalid_permission", "the token may not see its account")),
        },
        ("GET", ["users"]) => users(state, call),
        ("GET", ["users", id]) => user(state, call, id),
        ("PUT", ["users", id]) => change_user(state, call, id),
        ("GET", ["users", id, "userroles"]) => roles_of_user(state, call, id),
        ("GET", ["userroles"]) => roles(state, call),
        ("GET", ["userroles", "predefined"]) => ok(json!({"PredefinedUserRoleId": null})),
        ("GET", ["userroles", "assignments", "account"]) => users_of_role(state, call),
        ("GET", ["userroles", "assignments", "usergroups"]) => groups_of_role(state, call),
        ("POST", ["userroles", "assign", "account"]) => assign(state, call),
        ("POST", ["userroles", "assign", "usergroup"]) => assign_group(state, call),
        ("POST", ["userroles", "unassign", "account"]) => unassign(state, call),
        ("POST", ["userroles", "unassign", "usergroup"]) => unassign_group(state, call),
        ("GET", ["usergroups"]) => groups(state, call),
        ("GET", ["usergroups", id]) => {
            only(call, &[])?;
            ok(group(&state.groups[find(state, id)?]))
        }
        ("GET", ["usergroups", id, "members"]) => members(state, call, id),
        ("GET", ["usergroups", id, "userroles"]) => role_of_group(state, call, id),
        ("DELETE", ["usergroups", id, "members"]) => leave_many(state, call, id),
        ("DELETE", ["usergroups", id, "members", account]) => leave(state, call, id, account),
        _ => Err(refusal(404, "not_found", "no such resource")),
    }
}

/// Only these query parameters, each once: the manual has 400 for an unknown one.
fn only(call: &Received, names: &[&str]) -> Result<(), Reply> {
    for (index, (name, _)) in call.query.iter().enumerate() {
        if !names.contains(&name.as_str()) || call.query[..index].iter().any(|(other, _)| other == name) {
            return Err(refusal(400, "invalid_request", &format!("unexpected parameter {name}")));
        }
    }
    Ok(())
}

/// The body's fields by their names in lower case, as the server does not regard the case of names; any other name is refused.
fn body(call: &Received, names: &[&str]) -> Result<Map<String, Value>, Reply> {
    let invalid = |description: &str| refusal(400, "invalid_request", description);
    let Ok(Value::Object(fields)) = serde_json::from_slice(&call.body) else {
        return Err(invalid("the body is no JSON object"));
    };
    let fields: Map<String, Value> = fields
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_lowercase(), value))
        .collect();
    match fields.keys().find(|name| !names.contains(&name.as_str())) {
        Some(name) => Err(invalid(&format!("unexpected field {name}"))),
        None => Ok(fields),
    }
}

/// The texts of a list; none if it is missing, and `None` if it is no list of texts.
fn texts(fields: &Map<String, Value>, name: &str) -> Option<Vec<String>> {
    fields.get(name).map_or(Some(Vec::new()), |list| {
        let texts = list.as_array()?.iter();
        texts.map(|text| text.as_str().map(str::to_owned)).collect()
    })
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

fn users(state: &State, call: &Received) -> Handled {
    only(call, &["email", "name", "permissions", "full_list"])?;
    let emails: Option<Vec<&str>> = call.parameter("email").map(|list| list.split(',').collect());
    let users: Vec<Value> = state
        .users
        .iter()
        .filter(|(_, name, _)| call.parameter("name").is_none_or(|wanted| name.contains(wanted)))
        .filter(|(_, _, email)| {
            emails
                .as_ref()
                .is_none_or(|list| list.iter().any(|wanted| wanted.eq_ignore_ascii_case(email)))
        })
        .map(document)
        .collect();
    ok(json!({ "users": users }))
}

fn user(state: &State, call: &Received, id: &str) -> Handled {
    only(call, &[])?;
    match state.users.iter().find(|(known, ..)| known == id) {
        Some(user) => ok(document(user)),
        None => Err(refusal(404, "not_found", "no such user")),
    }
}

/// Null if there are none, and for an unknown user, who is no error.
fn roles_of_user(state: &mut State, call: &Received, id: &str) -> Handled {
    only(call, &["paginationToken"])?;
    let listed: Vec<Value> = state.listed(id).into_iter().map(Value::from).collect();
    if listed.is_empty() {
        return ok(json!({"currentPaginationToken": null, "nextPaginationToken": null, "assignedRoleIds": null}));
    }
    let (rows, next) = page(state, call, "paginationToken", listed)?;
    ok(json!({"currentPaginationToken": null, "nextPaginationToken": next, "assignedRoleIds": rows}))
}

fn roles(state: &State, call: &Received) -> Handled {
    only(call, &[])?;
    let roles: Vec<Value> = state
        .roles
        .iter()
        .filter(|(id, _)| !state.hidden_roles.contains(id))
        .map(|(id, name)| json!({"Id": id, "Name": name, "Permissions": {"ManageUsers": true}}))
        .collect();
    ok(json!({ "Roles": roles }))
}

fn users_of_role(state: &State, call: &Received) -> Handled {
    only(call, &["userRoleId", "continuationToken"])?;
    let role = call
        .parameter("userRoleId")
        .ok_or_else(|| refusal(400, "invalid_request", "userRoleId is required"))?;
    let spelled = |user: &String| {
        let spelling = state.spellings.iter().find(|(known, _)| known == user);
        spelling.map_or_else(|| json!(user), |(_, row)| row.clone())
    };
    let rows = state
        .assignments
        .held()
        .iter()
        .filter(|(_, assigned)| assigned == role && !state.behaviour.would_omit(role))
        .map(|(user, _)| spelled(user))
        .collect();
    let (rows, next) = page(state, call, "continuationToken", rows)?;
    ok(json!({"ContinuationToken": next, "AssignedToUsers": rows}))
}

fn groups_of_role(state: &State, call: &Received) -> Handled {
    only(call, &["userRoleId", "continuationToken"])?;
    let role = call
        .parameter("userRoleId")
        .ok_or_else(|| refusal(400, "invalid_request", "userRoleId is required"))?;
    let rows = state
        .groups
        .iter()
        .filter(|group| group.role.as_deref() == Some(role))
        .map(|group| {
            if state.group_ids_as_text {
                json!(group.id.to_string())
            } else {
                json!(group.id)
            }
        })
        .collect();
    let (rows, next) = page(state, call, "continuationToken", rows)?;
    ok(json!({"ContinuationToken": next, "AssignedToGroups": rows}))
}

/// The users and the role of a call that assigns or unassigns.
fn accounts(state: &State, call: &Received) -> Result<(Vec<String>, String), Reply> {
    only(call, &[])?;
    let fields = body(call, &["userids", "userroleid"])?;
    let users = texts(&fields, "userids").unwrap_or_default();
    if users.is_empty() || users.len() > 100 || !users.iter().all(|user| known(state, user)) {
        return Err(refusal(400, "invalid_request", "UserIds is invalid"));
    }
    let role = fields.get("userroleid").and_then(Value::as_str).unwrap_or_default();
    Ok((users, known_role(state, role)?))
}

/// The id of a role as the company has it.
fn known_role(state: &State, role: &str) -> Result<String, Reply> {
    let known = state.roles.iter().find(|(id, _)| id.eq_ignore_ascii_case(role));
    known
        .map(|(id, _)| id.clone())
        .ok_or_else(|| refusal(400, "invalid_request", "UserRoleId is invalid"))
}

fn assign(state: &mut State, call: &Received) -> Handled {
    let (users, role) = accounts(state, call)?;
    for user in users {
        state.assign(&user, &role);
    }
    no_content()
}

fn unassign(state: &mut State, call: &Received) -> Handled {
    let (users, role) = accounts(state, call)?;
    take_away(state, &users, &[role])
}

/// Takes these roles from these users, or refuses what is not held.
fn take_away(state: &mut State, users: &[String], roles: &[String]) -> Handled {
    let mut pairs = Vec::new();
    for user in users {
        pairs.extend(roles.iter().map(|role| (user.clone(), role.clone())));
    }
    if std::mem::take(&mut state.overtakes) {
        let now = state.clock.unix();
        for pair in &pairs {
            state.assignments.remove(pair, now);
        }
    }
    if state.refuses_what_is_not_held && !pairs.iter().all(|pair| state.assignments.holds(pair)) {
        return Err(refusal(400, "invalid_request", "the role is not assigned"));
    }
    for (user, role) in pairs {
        state.unassign(&user, &role);
    }
    no_content()
}

/// The fields that give and take roles; the others are documented, and none of them matters here.
fn change_user(state: &mut State, call: &Received, id: &str) -> Handled {
    only(call, &[])?;
    let fields = body(call, &USER_FIELDS)?;
    if !known(state, id) {
        return Err(refusal(404, "not_found", "no such user"));
    }
    let roles = |name: &str| -> Result<Vec<String>, Reply> {
        let ids = texts(&fields, name).ok_or_else(|| refusal(400, "invalid_request", "role ids are texts"))?;
        ids.iter().map(|role| known_role(state, role)).collect()
    };
    let (given, taken) = (roles("assignuserroleids")?, roles("unassignuserroleids")?);
    for role in given {
        state.assign(id, &role);
    }
    take_away(state, &[id.to_owned()], &taken)
}

/// The position of the group that a body names.
fn named_group(state: &State, fields: &Map<String, Value>) -> Result<usize, Reply> {
    let id = fields.get("usergroupid").and_then(Value::as_u64);
    let group = state.groups.iter().position(|group| Some(group.id) == id);
    group.ok_or_else(|| refusal(400, "invalid_request", "UserGroupId is invalid"))
}

fn assign_group(state: &mut State, call: &Received) -> Handled {
    only(call, &[])?;
    let fields = body(call, &["usergroupid", "userroleid"])?;
    let index = named_group(state, &fields)?;
    let role = fields.get("userroleid").and_then(Value::as_str).unwrap_or_default();
    state.groups[index].role = Some(known_role(state, role)?);
    state.writes += 1;
    no_content()
}

fn unassign_group(state: &mut State, call: &Received) -> Handled {
    only(call, &[])?;
    let fields = body(call, &["usergroupid"])?;
    let overtaken = std::mem::take(&mut state.overtakes);
    let index = named_group(state, &fields)?;
    let held = state.groups[index].role.take();
    if state.refuses_what_is_not_held && (overtaken || held.is_none()) {
        return Err(refusal(400, "invalid_request", "the group has no role"));
    }
    state.writes += 1;
    no_content()
}

fn group(group: &Group) -> Value {
    json!({"id": group.id, "name": group.name, "creationSourceType": group.source})
}

fn groups(state: &State, call: &Received) -> Handled {
    only(call, &["paginationToken", "limit"])?;
    let rows = state.groups.iter().map(group).collect();
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

fn members(state: &State, call: &Received, id: &str) -> Handled {
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

fn role_of_group(state: &mut State, call: &Received, id: &str) -> Handled {
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

fn leave(state: &mut State, call: &Received, id: &str, account: &str) -> Handled {
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

/// The body is a list of account ids, without their `u`.
fn leave_many(state: &mut State, call: &Received, id: &str) -> Handled {
    only(call, &[])?;
    let index = find(state, id)?;
    let invalid = || refusal(400, "invalid_request", "between 1 and 100 account ids are required");
    let accounts: Option<Vec<u64>> = serde_json::from_slice::<Value>(&call.body)
        .ok()
        .and_then(|body| body.as_array()?.iter().map(Value::as_u64).collect());
    let accounts = accounts
        .filter(|accounts| call.is_json() && (1..=100).contains(&accounts.len()))
        .ok_or_else(invalid)?;
    for account in accounts {
        let user = format!("u{account}");
        state.groups[index].members.retain(|member| *member != user);
    }
    state.writes += 1;
    no_content()
}
