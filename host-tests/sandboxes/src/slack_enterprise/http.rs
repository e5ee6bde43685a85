//! The methods that exist, their arguments, and `ok: false` for everything else.

use axum::{body::Body, extract::Request, response::Response};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};

use super::{
    Slack,
    documents::{scim, user},
    state::{Kind, State},
    writes,
};

pub type Handled = Result<Value, Value>;

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

pub fn error(error: &str) -> Value {
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
        "admin.roles.removeAssignments" => writes::remove(state, &fields),
        "admin.users.setRegular" => writes::set_regular(state, &fields),
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

pub fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn info(state: &State, fields: &Map<String, Value>) -> Handled {
    match state.users.iter().find(|user| user.id == text(fields, "user")) {
        Some(known) => Ok(json!({"ok": true, "user": user(state, known)})),
        None => Err(error("user_not_found")),
    }
}

fn by_email(state: &State, fields: &Map<String, Value>) -> Handled {
    match state
        .users
        .iter()
        .find(|user| user.email.eq_ignore_ascii_case(text(fields, "email")))
    {
        Some(known) => Ok(json!({"ok": true, "user": user(state, known)})),
        None => Err(error("users_not_found")),
    }
}

fn assignments(state: &mut State, fields: &Map<String, Value>) -> Handled {
    let list = |name: &str| -> Vec<String> {
        let ids = text(fields, name).split(',').filter(|id| !id.is_empty());
        ids.map(str::to_owned).collect()
    };
    let (roles, entities) = (list("role_ids"), list("entity_ids"));
    if !roles.iter().all(|role| state.knows(role)) {
        return Err(error("invalid_role_id"));
    }
    let fits = |wanted: &[String], shown: &String| wanted.is_empty() || wanted.contains(shown);
    let is_first_page = !fields.contains_key("cursor");
    let shown = state.shown(is_first_page).into_iter();
    let rows: Vec<Value> = shown
        .filter(|(role, entity, _)| fits(&roles, role) && fits(&entities, entity))
        .map(|(role, entity, user)| {
            json!({"role_id": role, "entity_id": entity, "user_id": state.id_in_rows(&user), "date_create": 1_666_624_374})
        })
        .collect();
    let page = page(fields, &rows, 200, 200)?;
    Ok(listed(state, "role_assignments", &page))
}

fn holders(state: &State, query: &[(String, String)], key: &str, kinds: &[Kind]) -> Handled {
    let fields = arguments(query, &["team_id", "limit", "cursor"])?;
    let team = text(&fields, "team_id");
    if let Some((_, refusal)) = state.hidden_teams.iter().find(|(hidden, _)| hidden == team) {
        return Err(error(refusal));
    }
    if !state.has_team(team) {
        return Err(error("team_not_found"));
    }
    let ids: Vec<Value> = state
        .users
        .iter()
        .filter(|user| kinds.contains(&state.kind(&user.id, team)))
        .map(|user| json!(state.id_in_rows(&user.id)))
        .collect();
    let page = page(&fields, &ids, 100, 1_000)?;
    Ok(listed(state, key, &page))
}

/// Some rows, and where the next ones begin.
struct Page<'a> {
    rows: &'a [Value],
    next: String,
}

fn page<'a>(fields: &Map<String, Value>, rows: &'a [Value], default: usize, most: usize) -> Result<Page<'a>, Value> {
    let limit: usize = fields
        .get("limit")
        .map_or(Some(default), |_| text(fields, "limit").parse().ok())
        .unwrap_or(0);
    if !(1..=most).contains(&limit) {
        return Err(error("invalid_arguments"));
    }
    let start: usize = match fields.get("cursor") {
        None => 0,
        Some(_) => text(fields, "cursor")
            .strip_prefix("c=")
            .and_then(|at| at.parse().ok())
            .filter(|start| *start < rows.len())
            .ok_or_else(|| error("invalid_cursor"))?,
    };
    let end = rows.len().min(start + limit);
    Ok(Page {
        rows: &rows[start..end],
        next: if end < rows.len() {
            format!("c={end}")
        } else {
            String::new()
        },
    })
}

/// The examples have the cursor in `response_metadata`, one schema has it at the top.
fn listed(state: &State, key: &str, page: &Page<'_>) -> Value {
    let mut document = json!({"ok": true});
    document[key] = json!(page.rows);
    if state.cursor_at_the_top {
        document["next_cursor"] = json!(page.next);
    } else {
        document["response_metadata"] = json!({"next_cursor": page.next});
    }
    document
}
