//! The methods that exist, and `ok: false` for everything else.

use std::collections::BTreeSet;

use axum::{body::Body, extract::Request, response::Response};
use serde_json::{Value, json};

use crate::request::Received;

use super::{
    Slack,
    arguments::Arguments,
    documents::{self, scim, user},
    state::{Assignment, Kind, State, User},
    writes,
};

pub type Handled = Result<Value, Value>;

/// The methods that change something: they take POST only.
const WRITES: [&str; 5] = [
    "admin.roles.addAssignments",
    "admin.roles.removeAssignments",
    "admin.users.setAdmin",
    "admin.users.setOwner",
    "admin.users.setRegular",
];

pub async fn answer(sandbox: Slack, request: Request) -> Response {
    let call = Received::read(request).await;
    let mut state = sandbox.settled();
    let (status, handled) = if state.limited.0 > 0 {
        state.limited.0 -= 1;
        (state.limited.1, Err(error("ratelimited")))
    } else {
        dispatch(&mut state, &call)
    };
    drop(state);
    let document = handled.unwrap_or_else(|refusal| refusal);
    let mut response = Response::builder()
        .status(status)
        .header("content-type", "application/json; charset=utf-8");
    if status == 429 {
        response = response.header("retry-after", "2");
    }
    response.body(Body::from(document.to_string())).unwrap_or_default()
}

pub fn error(error: &str) -> Value {
    json!({"ok": false, "error": error})
}

fn dispatch(state: &mut State, call: &Received) -> (u16, Handled) {
    let method = call.path.strip_prefix("/api/").unwrap_or_default();
    let arguments = Arguments::read(call, method);
    // The token stands in the header, or among the arguments of a form.
    let argument = arguments.as_ref().map_or("", |arguments| arguments.text("token"));
    let token = call.credentials("Bearer").unwrap_or(argument);
    if token.is_empty() {
        return (200, Err(error("not_authed")));
    }
    if state.token.as_deref() != Some(token) {
        return (200, Err(error("invalid_auth")));
    }
    if let Some(id) = call.path.strip_prefix("/scim/v2/Users/") {
        return (200, scim(state, id));
    }
    if state.exceeds_tier(method) {
        return (429, Err(error("ratelimited")));
    }
    (
        200,
        arguments.and_then(|arguments| carry_out(state, call, method, &arguments)),
    )
}

fn carry_out(state: &mut State, call: &Received, method: &str, arguments: &Arguments) -> Handled {
    let is_post = call.method == "POST";
    if !is_post && (call.method != "GET" || WRITES.contains(&method)) {
        return Err(error("unknown_method"));
    }
    match method {
        "auth.test" => Ok(json!({
            "ok": true, "enterprise_id": state.enterprise, "team_id": state.enterprise, "user_id": state.installer,
            "is_enterprise_install": true,
        })),
        "users.info" => {
            let found = state.user(arguments.text("user")).map(|known| user(state, known));
            state.finish_read_of_kinds();
            found.map_or_else(
                || Err(error("user_not_found")),
                |user| Ok(json!({"ok": true, "user": user})),
            )
        }
        "users.lookupByEmail" => by_email(state, arguments.text("email")),
        "auth.teams.list" | "admin.teams.list" => {
            let row = |team| json!({"id": team, "name": team});
            listed(state, "teams", arguments, state.teams(), row, Limits::of(100, 1_000))
        }
        "admin.users.list" => members(state, arguments),
        "admin.roles.listAssignments" => assignments(state, arguments),
        "admin.teams.owners.list" => holders(state, arguments, "owner_ids", &[Kind::PrimaryOwner, Kind::Owner]),
        "admin.teams.admins.list" => holders(state, arguments, "admin_ids", &[Kind::Admin]),
        "admin.roles.addAssignments" => writes::add(state, arguments),
        "admin.roles.removeAssignments" => writes::remove(state, arguments),
        "admin.users.setRegular" => writes::set_regular(state, arguments),
        "admin.users.setAdmin" => writes::promote(state, arguments, Kind::Admin),
        "admin.users.setOwner" => writes::promote(state, arguments, Kind::Owner),
        _ => Err(error("unknown_method")),
    }
}

fn by_email(state: &State, email: &str) -> Handled {
    match state.users.iter().find(|user| user.email.eq_ignore_ascii_case(email)) {
        Some(known) if !email.is_empty() => Ok(json!({"ok": true, "user": user(state, known)})),
        _ => Err(error("users_not_found")),
    }
}

/// With a workspace its members, and what they are there; without, those of the organization.
fn members(state: &mut State, arguments: &Arguments) -> Handled {
    let team = arguments.text("team_id");
    if !team.is_empty() && team != state.enterprise && !state.has_team(team) {
        return Err(error("team_not_found"));
    }
    let is_whole = team.is_empty() || team == state.enterprise;
    let place = if is_whole { state.enterprise.as_str() } else { team };
    let rows: Vec<&User> = state
        .users
        .iter()
        .filter(|user| is_whole || user.teams.iter().any(|known| known == team))
        .filter(|user| !arguments.is_set("only_guests") || state.kind(&user.id, place) == Kind::Guest)
        .collect();
    let row = |user| documents::member(state, user, place);
    let page = listed(state, "users", arguments, rows, row, Limits::of(100, 100));
    state.finish_read_of_kinds();
    page
}

fn assignments(state: &mut State, arguments: &Arguments) -> Handled {
    let (roles, entities) = (arguments.list("role_ids"), arguments.list("entity_ids"));
    if !roles.iter().all(|role| state.knows(role)) {
        return Err(error("invalid_role_id"));
    }
    let order = arguments.text("sort_dir");
    if !["", "asc", "desc"].contains(&order.to_lowercase().as_str()) {
        return Err(error("invalid_sort"));
    }
    let fits = |wanted: &[String], shown: &String| wanted.is_empty() || wanted.contains(shown);
    let shown = state.shown(!arguments.has("cursor")).into_iter();
    let rows = shown.filter(|(role, entity, _)| fits(&roles, role) && fits(&entities, entity));
    let row = |(role, entity, user): Assignment| {
        json!({
            "role_id": role, "entity_id": entity, "user_id": state.id_in_rows(&user), "date_create": 1_666_624_374,
        })
    };
    listed(
        state,
        "role_assignments",
        arguments,
        rows.collect(),
        row,
        Limits::of(200, 200),
    )
}

fn holders(state: &mut State, arguments: &Arguments, key: &str, kinds: &[Kind]) -> Handled {
    let team = arguments.text("team_id");
    if let Some((_, refusal)) = state.hidden_teams.iter().find(|(hidden, _)| hidden == team) {
        return Err(error(refusal));
    }
    if !state.has_team(team) {
        return Err(error("team_not_found"));
    }
    let of_team = state
        .kinds
        .iter()
        .filter(|((_, known), kind)| known == team && kinds.contains(kind));
    let holders: BTreeSet<&str> = of_team.map(|((user, _), _)| user.as_str()).collect();
    let users = state.users.iter().filter(|user| holders.contains(user.id.as_str()));
    let row = |user: &User| json!(state.id_in_rows(&user.id));
    let page = listed(state, key, arguments, users.collect(), row, Limits::of(100, 1_000));
    state.finish_read_of_kinds();
    page
}

/// How many rows a page has.
struct Limits {
    usual: usize,
    most: usize,
}

impl Limits {
    const fn of(usual: usize, most: usize) -> Self {
        Self { usual, most }
    }
}

/// A page of a list, whose rows become documents. The examples have the cursor in `response_metadata`, one schema has it at the top.
fn listed<T>(
    state: &State,
    key: &str,
    arguments: &Arguments,
    rows: Vec<T>,
    document: impl Fn(T) -> Value,
    limits: Limits,
) -> Handled {
    let limit = if arguments.has("limit") {
        arguments.number("limit").unwrap_or(0)
    } else {
        limits.usual
    };
    if !(1..=limits.most).contains(&limit) {
        return Err(error("invalid_arguments"));
    }
    let start: usize = match arguments.text("cursor") {
        // An empty cursor must not be sent.
        "" if arguments.has("cursor") => return Err(error("invalid_cursor")),
        "" => 0,
        cursor => cursor
            .strip_prefix("c=")
            .and_then(|at| at.parse().ok())
            .filter(|start| *start < rows.len())
            .ok_or_else(|| error("invalid_cursor"))?,
    };
    let end = rows.len().min(start + limit);
    let next = if end < rows.len() {
        format!("c={end}")
    } else {
        String::new()
    };
    let page: Vec<Value> = rows.into_iter().skip(start).take(limit).map(document).collect();
    let mut answer = json!({"ok": true});
    answer[key] = Value::Array(page);
    if state.cursor_at_the_top {
        answer["next_cursor"] = json!(next);
    } else {
        answer["response_metadata"] = json!({"next_cursor": next});
    }
    Ok(answer)
}
