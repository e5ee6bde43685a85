//! The calls that exist, and nothing else. Parameters and fields that are not published are not looked at.

use serde_json::{Map, Value, json};

use crate::request::Received;

use super::{
    documents::{administrator, group, system_user},
    http::{Reply, no_content, ok, refusal},
    lists::{array, results, wanted},
    state::{Due, State},
};

/// The fields of the administrator's PUT besides those about roles.
const FIELDS: [&str; 7] = [
    "email",
    "firstname",
    "lastname",
    "enableMultiFactor",
    "apiKeyAllowed",
    "growthData",
    "lastWhatsNewChecked",
];

pub fn dispatch(state: &mut State, call: &Received) -> Reply {
    match (call.method.as_str(), call.segments().as_slice()) {
        ("GET", ["api", "systemusers"]) => {
            let email = wanted(state, call, "email:$eq:");
            let users = state
                .users
                .iter()
                .filter(|user| email.is_none_or(|email| user.email == email));
            results(state, users.collect(), |user| system_user(state, user), call)
        }
        ("GET", ["api", "systemusers", id]) => match state.users.iter().find(|user| user.id == *id) {
            Some(user) => ok(system_user(state, user)),
            None => refusal(404, "Not Found"),
        },
        ("GET", ["api", "users"]) => {
            let email = wanted(state, call, "email:$eq:");
            let all = state.administrators.iter();
            let found = all.filter(|known| email.is_none_or(|email| known.email == email));
            results(state, found.collect(), |known| administrator(state, known), call)
        }
        // Whose key it is. A service account is nobody.
        ("GET", ["api", "users", "getSelf"]) => {
            let owner = state.key_owner.as_ref().filter(|_| call.header("x-api-key").is_some());
            match owner.and_then(|id| state.administrators.iter().find(|known| known.id == *id)) {
                Some(known) => ok(administrator(state, known)),
                None => refusal(404, "Not Found"),
            }
        }
        ("GET", ["api", "users", id]) => match state.read(id) {
            Some(known) => ok(administrator(state, &known)),
            None => refusal(404, "Not Found"),
        },
        ("PUT", ["api", "users", id]) => put(state, call, id),
        ("DELETE", ["api", "users", id]) => {
            if !state.administrators.iter().any(|known| known.id == *id) {
                return refusal(404, "Not Found");
            }
            state.replace(id, None);
            ok(json!({"_id": id}))
        }
        ("GET", ["api", "organizations"]) => {
            let all = state.organizations.iter().collect();
            results(state, all, |(id, name)| json!({"_id": id, "displayName": name}), call)
        }
        ("GET", ["api", "v2", "roles"]) => {
            let row = |(id, name): &(String, String)| json!({"id": id, "name": name, "description": "", "scopes": []});
            results(state, state.roles.iter().collect(), row, call)
        }
        ("GET", ["api", "v2", "administrators", id, "organizationlinks"]) => {
            if !state.administrators.iter().any(|known| known.id == *id) {
                return refusal(404, "Not Found");
            }
            links(state, call, |(known, _)| known == id)
        }
        ("POST", ["api", "v2", "administrators", id, "organizationlinks"]) => link(state, call, id),
        ("GET", ["api", "v2", "organizations", id, "administratorlinks"]) => {
            if !state.organizations.iter().any(|(known, _)| known == id) {
                return refusal(404, "Not Found");
            }
            links(state, call, |(_, organization)| organization == id)
        }
        ("DELETE", ["api", "v2", "administrators", id, "organizationlinks", organization]) => {
            let link = ((*id).to_owned(), (*organization).to_owned());
            if !state.links.contains(&link) {
                return refusal(404, "Not Found");
            }
            state.take(organization, Due::Unlink(link.0, link.1));
            no_content()
        }
        ("GET", ["api", "v2", "usergroups"]) => {
            let name = wanted(state, call, "name:eq:");
            let groups = state.groups.iter();
            let named = groups.filter(|(_, known, _)| name.is_none_or(|name| known == name));
            array(state, named.collect(), group, call)
        }
        ("GET", ["api", "v2", "usergroups", id]) => match state.groups.iter().find(|(known, ..)| known == id) {
            Some(known) => ok(group(known)),
            None => refusal(404, "Not Found"),
        },
        ("GET", ["api", "v2", "users", id, "memberof"]) => {
            if !state.users.iter().any(|user| user.id == *id) {
                return refusal(404, "Not Found");
            }
            let groups = state.groups.iter();
            let joined = groups.filter(|(_, _, members)| members.iter().any(|member| member == id));
            let row =
                |(group, ..): &(String, String, Vec<String>)| json!({"id": group, "type": "user_group", "paths": []});
            array(state, joined.collect(), row, call)
        }
        ("GET", ["api", "v2", "usergroups", id, "membership"]) => {
            let Some((_, _, members)) = state.groups.iter().find(|(known, ..)| known == id) else {
                return refusal(404, "Not Found");
            };
            let user = wanted(state, call, "object_id:eq:");
            let shown = members.iter().filter(|member| user.is_none_or(|user| *member == user));
            let row = |member: &String| json!({"id": member, "type": "user", "paths": []});
            array(state, shown.collect(), row, call)
        }
        ("GET", ["api", "v2", "usergroups", id, "members"]) => {
            let Some((group, _, members)) = state.groups.iter().find(|(known, ..)| known == id) else {
                return refusal(404, "Not Found");
            };
            let row = |member: &String| json!({"from": {"id": group, "type": "user_group"}, "to": {"id": member, "type": "user"}});
            array(state, members.iter().collect(), row, call)
        }
        ("POST", ["api", "v2", "usergroups", id, "members"]) => change_member(state, call, id),
        _ => refusal(404, "Not Found"),
    }
}

fn links(state: &State, call: &Received, is_meant: impl Fn(&(String, String)) -> bool) -> Reply {
    let links = state.links.iter().filter(|link| is_meant(link));
    let row = |(known, organization): &(String, String)| json!({"administrator": known, "organization": organization});
    array(state, links.collect(), row, call)
}

fn link(state: &mut State, call: &Received, administrator: &str) -> Reply {
    let Some(fields) = body(call) else {
        return refusal(400, "Bad Request");
    };
    let organization = fields.get("organization").and_then(Value::as_str).unwrap_or_default();
    if !state.organizations.iter().any(|(known, _)| known == organization) {
        return refusal(400, "Bad Request");
    }
    let link = (administrator.to_owned(), organization.to_owned());
    if !state.links.contains(&link) {
        state.links.push(link);
    }
    state.writes += 1;
    ok(json!({"administrator": administrator, "organization": organization}))
}

/// The body's fields; one that is null counts as absent.
fn body(call: &Received) -> Option<Map<String, Value>> {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(&call.body) else {
        return None;
    };
    fields.retain(|_, value| !value.is_null());
    Some(fields)
}

/// A partial body changes what it names. `roleNames` replaces the set, and so does `roleName` with a set of one.
fn put(state: &mut State, call: &Received, id: &str) -> Reply {
    let Some(fields) = body(call) else {
        return refusal(400, "Bad Request");
    };
    let Ok(roles) = roles_of(&fields) else {
        return refusal(400, "Bad Request");
    };
    let is_known = |name: &String| state.roles.iter().any(|(_, role)| role == name);
    // That an administrator has no role is not documented.
    if roles
        .as_ref()
        .is_some_and(|names| names.is_empty() || !names.iter().all(is_known))
    {
        return refusal(400, "Bad Request");
    }
    let email = fields.get("email");
    if email.is_some_and(|email| !email.as_str().is_some_and(|text| text.contains('@'))) {
        return refusal(400, "Bad Request");
    }
    if !state.administrators.iter().any(|known| known.id == id) {
        return refusal(404, "Not Found");
    }
    for field in FIELDS {
        if let Some(value) = fields.get(field) {
            let change = (id.to_owned(), field.to_owned(), value.clone());
            state.changed_fields.push(change);
        }
    }
    if roles.is_some() {
        state.replace(id, roles);
    }
    let found = state.administrators.iter().find(|known| known.id == id).cloned();
    ok(administrator(state, &found.unwrap_or_default()))
}

/// The roles that a PUT sets; none if it says nothing about roles, and an error if it says something else than names.
fn roles_of(fields: &Map<String, Value>) -> Result<Option<Vec<String>>, ()> {
    let text = |name: &Value| name.as_str().map(str::to_owned).ok_or(());
    match (fields.get("roleNames"), fields.get("roleName")) {
        (Some(names), _) => names
            .as_array()
            .ok_or(())?
            .iter()
            .map(text)
            .collect::<Result<_, _>>()
            .map(Some),
        (None, Some(name)) => Ok(Some(vec![text(name)?])),
        (None, None) => Ok(None),
    }
}

fn change_member(state: &mut State, call: &Received, id: &str) -> Reply {
    let Some(fields) = body(call) else {
        return refusal(400, "Bad Request");
    };
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let user = text("id").to_owned();
    if text("type") != "user" || user.is_empty() {
        return refusal(400, "Bad Request");
    }
    let Some((_, _, members)) = state.groups.iter_mut().find(|(known, ..)| known == id) else {
        return refusal(404, "Not Found");
    };
    match (text("op"), members.contains(&user)) {
        ("remove", true) => {
            state.take(id, Due::Leave(id.to_owned(), user));
            no_content()
        }
        ("remove", false) => refusal(404, "Not Found"),
        ("add", true) => refusal(409, "Already Exists"),
        ("add", false) => {
            members.push(user);
            state.writes += 1;
            no_content()
        }
        ("update", true) => no_content(),
        _ => refusal(400, "Bad Request"),
    }
}
