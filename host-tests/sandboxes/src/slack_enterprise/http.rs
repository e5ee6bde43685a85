//! The methods that exist, their arguments, and `ok: false` for everything else.

use axum::{body::Body, extract::Request, response::Response};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};

use super::{
    Slack,
    state::{Kind, State, User},
};

type Handled = Result<Value, Value>;

const ROLES: [&str; 17] = [
    "Rl01",
    "Rl02",
    "Rl03",
    "Rl04",
    "Rl05",
    "Rl09",
    "Rl0A",
    "Rl0B",
    "Rl0C",
    "Rl0D",
    "Rl0E",
    "Rl0F",
    "Rl0G",
    "Rl0J",
    "Rl0K",
    "Rl0L",
    "RlCUSTOM1",
];

pub async fn answer(sandbox: Slack, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(|body| body.to_bytes().to_vec())
        .unwrap_or_default();
    let header = |name: &str| {
        head.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let mut state = sandbox.state();
    state.settle();
    let token = header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
    let mut status = 200;
    let handled = if state.limited.0 > 0 {
        state.limited.0 -= 1;
        status = state.limited.1;
        Err(error("ratelimited"))
    } else if token.is_none() {
        Err(error("not_authed"))
    } else if token != state.token {
        Err(error("invalid_auth"))
    } else {
        let query: Vec<(String, String)> = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
        let is_json = header("content-type").as_deref() == Some("application/json; charset=utf-8");
        dispatch(
            &mut state,
            head.method.as_str(),
            head.uri.path(),
            &query,
            &body,
            is_json,
        )
    };
    drop(state);
    let document = handled.unwrap_or_else(|refusal| refusal);
    let mut response = Response::builder()
        .status(status)
        .header("content-type", "application/json");
    if status == 429 {
        response = response.header("retry-after", "2");
    }
    response.body(Body::from(document.to_string())).unwrap_or_default()
}

fn error(error: &str) -> Value {
    json!({"ok": false, "error": error})
}

fn dispatch(
    state: &mut State,
    method: &str,
    path: &str,
    query: &[(String, String)],
    body: &[u8],
    is_json: bool,
) -> Handled {
    if let Some(id) = path.strip_prefix("/scim/v2/Users/") {
        return scim(state, id);
    }
    let name = path.strip_prefix("/api/").ok_or_else(|| error("unknown_method"))?;
    if method == "GET" && body.is_empty() {
        return match name {
            "users.info" => info(state, &arguments(query, &["user", "include_locale"])?),
            "users.lookupByEmail" => by_email(state, &arguments(query, &["email"])?),
            "auth.test" => {
                arguments(query, &[])?;
                Ok(
                    json!({"ok": true, "enterprise_id": state.enterprise, "team_id": state.enterprise, "user_id": state.installer, "is_enterprise_install": true}),
                )
            }
            "admin.roles.listAssignments" => assignments(
                state,
                &arguments(query, &["role_ids", "entity_ids", "limit", "cursor", "sort_dir"])?,
            ),
            "admin.teams.owners.list" => holders(state, query, "owner_ids", &[Kind::PrimaryOwner, Kind::Owner]),
            "admin.teams.admins.list" => holders(state, query, "admin_ids", &[Kind::Admin]),
            _ => Err(error("unknown_method")),
        };
    }
    // Arguments stand in the JSON body; what the method does not know is ignored.
    let known = ["role_id", "entity_ids", "user_ids", "team_id", "user_id"];
    let has_arguments = query.iter().any(|(name, _)| known.contains(&name.as_str()));
    if method != "POST" || has_arguments || !is_json {
        return Err(error("invalid_post_type"));
    }
    let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
        return Err(error("invalid_json"));
    };
    match name {
        "admin.roles.removeAssignments" => remove(state, &fields),
        "admin.users.setRegular" => set_regular(state, &fields),
        _ => Err(error("unknown_method")),
    }
}

/// Only these arguments, each once and none empty.
fn arguments(query: &[(String, String)], known: &[&str]) -> Result<Map<String, Value>, Value> {
    let mut fields = Map::new();
    for (name, value) in query {
        if !known.contains(&name.as_str()) || value.is_empty() || fields.insert(name.clone(), json!(value)).is_some() {
            return Err(error("invalid_arguments"));
        }
    }
    Ok(fields)
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn info(state: &State, fields: &Map<String, Value>) -> Handled {
    match state.users.iter().find(|user| user.id == text(fields, "user")) {
        Some(user) => Ok(json!({"ok": true, "user": document(state, user)})),
        None => Err(error("user_not_found")),
    }
}

fn by_email(state: &State, fields: &Map<String, Value>) -> Handled {
    match state
        .users
        .iter()
        .find(|user| user.email.eq_ignore_ascii_case(text(fields, "email")))
    {
        Some(user) => Ok(json!({"ok": true, "user": document(state, user)})),
        None => Err(error("users_not_found")),
    }
}

fn document(state: &State, user: &User) -> Value {
    let home = user.teams.first().cloned().unwrap_or_default();
    let (here, above) = (state.kind(&user.id, &home), state.kind(&user.id, &state.enterprise));
    json!({
        "id": user.id, "team_id": home, "name": user.name, "deleted": false, "real_name": format!("{} {}", user.first, user.last),
        "tz": "Europe/Berlin", "locale": "en-US", "updated": 1_750_000_000, "has_2fa": true, "is_email_confirmed": true, "is_bot": false,
        "is_admin": here == Kind::Admin, "is_owner": here == Kind::Owner, "is_primary_owner": here == Kind::PrimaryOwner,
        "is_restricted": here == Kind::Guest, "is_ultra_restricted": false,
        "profile": {
            "first_name": user.first, "last_name": user.last, "email": user.email, "title": "Engineer", "phone": "+1 555 0102",
            "image_512": "https://example.com/a.jpg",
        },
        "enterprise_user": {
            "id": user.id, "enterprise_id": state.enterprise, "enterprise_name": "Acme", "teams": user.teams,
            "is_admin": above == Kind::Admin, "is_owner": above == Kind::Owner, "is_primary_owner": above == Kind::PrimaryOwner,
        },
    })
}

fn assignments(state: &mut State, fields: &Map<String, Value>) -> Handled {
    let limit: usize = fields
        .get("limit")
        .map_or(Some(200), |_| text(fields, "limit").parse().ok())
        .unwrap_or(0);
    let start: usize = match fields.get("cursor") {
        None => 0,
        Some(_) => text(fields, "cursor")
            .strip_prefix("c=")
            .and_then(|at| at.parse().ok())
            .ok_or_else(|| error("invalid_cursor"))?,
    };
    if !(1..=200).contains(&limit) {
        return Err(error("invalid_arguments"));
    }
    let rows: Vec<Value> = state
        .shown(start == 0)
        .into_iter()
        .map(|(role, entity, user)| json!({"role_id": role, "entity_id": entity, "user_id": user, "date_create": 1_666_624_374}))
        .collect();
    let next = if start + limit < rows.len() {
        format!("c={}", start + limit)
    } else {
        String::new()
    };
    let page: Vec<Value> = rows.into_iter().skip(start).take(limit).collect();
    Ok(json!({"ok": true, "role_assignments": page, "response_metadata": {"next_cursor": next}}))
}

fn holders(state: &State, query: &[(String, String)], key: &str, kinds: &[Kind]) -> Handled {
    let fields = arguments(query, &["team_id", "limit", "cursor"])?;
    let team = text(&fields, "team_id");
    if !state
        .users
        .iter()
        .any(|user| user.teams.iter().any(|known| known == team))
    {
        return Err(error("team_not_found"));
    }
    let ids: Vec<&str> = state
        .users
        .iter()
        .map(|user| user.id.as_str())
        .filter(|user| kinds.contains(&state.kind(user, team)))
        .collect();
    let mut document = json!({"ok": true});
    document[key] = json!(ids);
    Ok(document)
}

fn remove(state: &mut State, fields: &Map<String, Value>) -> Handled {
    let strings = |name: &str| -> Vec<String> {
        fields
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect()
    };
    if fields.len() != 3 {
        return Err(error("invalid_arguments"));
    }
    let (role, entities, users) = (
        text(fields, "role_id").to_owned(),
        strings("entity_ids"),
        strings("user_ids"),
    );
    // Custom roles: what somebody was given exists.
    if !ROLES.contains(&role.as_str()) && !state.assignments.iter().any(|(known, ..)| *known == role) {
        return Err(error("invalid_role_id"));
    }
    if entities.is_empty() {
        return Err(error("no_valid_entities"));
    }
    if entities.len() > 10 {
        return Err(error("too_many_entities"));
    }
    if users.len() != 1 || !state.users.iter().any(|user| user.id == users[0]) {
        return Err(error("no_valid_users"));
    }
    state.writes += 1;
    let mut rejected = Vec::new();
    for entity in entities {
        match state.rejected.iter().find(|(known, _)| *known == entity) {
            Some((_, why)) => rejected.push(json!({"id": entity, "error": why})),
            None => state.take(&(role.clone(), entity, users[0].clone())),
        }
    }
    if rejected.is_empty() {
        Ok(json!({"ok": true}))
    } else {
        Err(json!({"ok": false, "error": "failed_for_some_entities", "rejected_entities": rejected}))
    }
}

fn set_regular(state: &mut State, fields: &Map<String, Value>) -> Handled {
    let (team, user) = (text(fields, "team_id").to_owned(), text(fields, "user_id").to_owned());
    if fields.len() != 2 {
        return Err(error("invalid_arguments"));
    }
    let Some(known) = state.users.iter().find(|known| known.id == user).cloned() else {
        return Err(error("user_not_found"));
    };
    if state.kind(&user, &team) == Kind::PrimaryOwner {
        return Err(error("cannot_modify_primary_owner"));
    }
    state.writes += 1;
    let key = if state.kind(&user, &team) == Kind::Owner {
        "owner"
    } else {
        "admin"
    };
    if state.keeps.iter().any(|kept| kept == key) {
        return Ok(json!({"ok": true}));
    }
    // A guest would become a full member.
    state.kinds.insert((user.clone(), team.clone()), Kind::Member);
    if team == state.enterprise {
        if state.workspace_failures > 0 {
            state.workspace_failures -= 1;
            return Err(error("failed_to_set_regular_on_workspaces"));
        }
        for workspace in known.teams {
            if state.kind(&user, &workspace) == Kind::Owner {
                state.kinds.insert((user.clone(), workspace), Kind::Member);
            }
        }
    }
    Ok(json!({"ok": true}))
}

/// Source: Slack's SCIM reference.
fn scim(state: &State, id: &str) -> Handled {
    let user = state
        .users
        .iter()
        .find(|user| user.id == id)
        .ok_or_else(|| json!({"Errors": {"description": "user_not_found", "code": 404}}))?;
    Ok(json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": user.id, "externalId": format!("hr-{}", user.name),
        "userName": user.name, "active": true, "meta": {"created": "2024-02-01T08:00:00Z"},
        "groups": [{"value": "S0STAFF", "display": "Staff"}],
    }))
}
