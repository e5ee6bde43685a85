//! The calls that integrators use, and nothing else.

use axum::{body::Body, extract::Request, response::Response};
use serde_json::{Value, json};

use crate::request::{Received, value_of};

use super::{BlackLine, state::State};

type Reply = (u16, Value);

pub async fn answer(sandbox: BlackLine, request: Request) -> Response {
    let call = Received::read(request).await;
    let mut state = sandbox.settled();
    let (status, document) = dispatch(&mut state, &call);
    drop(state);
    let body = if document.is_null() {
        Body::empty()
    } else {
        Body::from(document.to_string())
    };
    let mut response = Response::builder()
        .status(status)
        .header("content-type", "application/json; charset=utf-8");
    if status == 429 {
        response = response.header("retry-after", "2");
    }
    response.body(body).unwrap_or_default()
}

fn refusal(status: u16, message: &str) -> Reply {
    (status, json!({"errorCode": status, "message": message}))
}

fn dispatch(state: &mut State, call: &Received) -> Reply {
    if call.path == state.uncertain.token_path {
        return token(state, call);
    }
    if state.behaviour.is_limited() {
        return refusal(429, "too many requests");
    }
    let now = state.clock.unix();
    let bearer = call.credentials("Bearer").unwrap_or_default();
    if !state
        .tokens
        .iter()
        .any(|(token, until)| token == bearer && *until > now)
    {
        return if state.uncertain.expiry_is_400 {
            refusal(400, "Authentication failed")
        } else {
            refusal(401, "the token is not valid")
        };
    }
    let segments = call.segments();
    let path = state.uncertain.path;
    if call.method == "GET" && state.uncertain.failing_read.is_some_and(|end| call.path.ends_with(end)) {
        return (200, json!({"errorCode": "BL-500", "message": "try later", "items": []}));
    }
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["v1", "users"]) => users(state, call),
        ("GET", ["v1", "users", id]) => match (state.uncertain.no_single_user, find(state, id)) {
            (Some(status), _) => refusal(status, "no such resource"),
            (None, Some(user)) => (200, document(state, user)),
            (None, None) => refusal(404, "no such user"),
        },
        ("GET", ["v1", "roles"]) => {
            let rows = state
                .roles
                .iter()
                .map(|(id, name)| json!({"id": id, "name": name}))
                .collect();
            list(state, call, rows)
        }
        ("GET", ["v1", "teams"]) => everywhere(state, call, &state.teams),
        ("GET", ["v1", "mdm", "entities"]) => everywhere(state, call, &state.entities),
        ("GET", ["v1", "users", id, what @ ("teams" | "entities")]) => {
            let rows = belongings(state, what)
                .iter()
                .filter(|(user, ..)| user.to_string() == *id)
                .map(|(_, id, name)| json!({"id": id, "name": name}))
                .collect();
            list(state, call, rows)
        }
        ("POST", ["v1", "users", id, what @ ("teams" | "entities")]) => join(state, call, id, what),
        ("DELETE", ["v1", "users", id, what @ ("teams" | "entities"), item]) => {
            let held = belongings(state, what);
            let before = held.len();
            held.retain(|(user, known, _)| user.to_string() != *id || known.to_string() != *item);
            if held.len() == before {
                return refusal(404, "no such assignment");
            }
            (204, Value::Null)
        }
        ("GET", ["v1", "users", id, spelling]) if *spelling == path => pairs(state, call, id),
        ("DELETE", ["v1", "users", id, spelling]) if *spelling == path => delete(state, call, id),
        ("POST", ["v1", "users", id, spelling]) if *spelling == path => replace(state, call, id),
        _ => refusal(404, "no such resource"),
    }
}

fn token(state: &mut State, call: &Received) -> Reply {
    let form = call.form();
    let field = |name: &str| value_of(&form, name);
    let client = match state.uncertain.client_auth {
        // demo-client:demo-secret
        "basic" => {
            call.credentials("Basic") == Some("ZGVtby1jbGllbnQ6ZGVtby1zZWNyZXQ=") && field("client_id").is_none()
        }
        _ => field("client_id") == Some("demo-client") && field("client_secret") == Some("demo-secret"),
    };
    let grant = state.uncertain.grant_type;
    let principal = match grant {
        "password" => field("username") == Some("demo-api") && field("password") == Some("demo-key"),
        _ => field("username").is_none() && field("password").is_none(),
    };
    let user = principal && field("grant_type") == Some(grant) && field("scope") == Some("bl.users instance_0f8c");
    if call.method != "POST" || !call.is_form() || !client || !user {
        return (
            400,
            json!({"error": "invalid_grant", "error_description": "Authentication failed"}),
        );
    }
    state.issued += 1;
    let token = format!("blackline-token-{}", state.issued);
    let until = state.clock.unix() + std::time::Duration::from_secs(3_600);
    state.tokens.push((token.clone(), until));
    (
        200,
        json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600}),
    )
}

/// What users belong to: teams or entities.
fn belongings<'a>(state: &'a mut State, what: &str) -> &'a mut Vec<(u64, u64, String)> {
    if what == "teams" {
        &mut state.teams
    } else {
        &mut state.entities
    }
}

/// All teams, or all entities, that somebody belongs to.
fn everywhere(state: &State, call: &Received, held: &[(u64, u64, String)]) -> Reply {
    let mut known: Vec<(u64, &str)> = held.iter().map(|(_, id, name)| (*id, name.as_str())).collect();
    known.sort_unstable();
    known.dedup();
    let rows = known
        .into_iter()
        .map(|(id, name)| json!({"id": id, "name": name, "uniqueCode": name}));
    list(state, call, rows.collect())
}

/// The body is a list of ids.
fn join(state: &mut State, call: &Received, id: &str, what: &str) -> Reply {
    let Some(user) = find(state, id).map(|user| user.0) else {
        return refusal(404, "no such user");
    };
    let ids: Option<Vec<u64>> = serde_json::from_slice::<Value>(&call.body)
        .ok()
        .and_then(|body| body.as_array()?.iter().map(Value::as_u64).collect());
    let Some(ids) = ids else {
        return refusal(400, "an array of ids is required");
    };
    let held = belongings(state, what);
    for id in ids {
        let name = held
            .iter()
            .find(|(_, known, _)| *known == id)
            .map(|(.., name)| name.clone());
        let Some(name) = name else {
            return refusal(404, "no such team or entity");
        };
        if !held.iter().any(|(holder, known, _)| (*holder, *known) == (user, id)) {
            held.push((user, id, name));
        }
    }
    (200, json!({}))
}

fn find<'a>(state: &'a State, id: &str) -> Option<&'a (u64, String, String, String)> {
    let number: u64 = id.parse().ok().filter(|number: &u64| number.to_string() == id)?;
    state.users.iter().find(|(known, ..)| *known == number)
}

fn document(state: &State, (id, first, last, email): &(u64, String, String, String)) -> Value {
    let login = state.uncertain.logins.then_some(email);
    json!({
        "id": id, "loginId": login, "firstName": first, "lastName": last, "fullName": format!("{first} {last}"),
        "email": email, "isActive": true, "jobTitle": "Accountant", "phoneNumber": "+1 555 0100", "supervisor": null,
        "timeZoneId": 6, "lastUpdated": "2026-01-05T08:00:00Z",
    })
}

fn users(state: &State, call: &Received) -> Reply {
    let filter = call.parameter("filter");
    if state.uncertain.refuses_id_filter && filter.is_some_and(|filter| filter.starts_with("id ")) {
        return refusal(400, "id cannot be filtered by");
    }
    let fits = |user: &&(u64, String, String, String)| {
        let (id, _, _, email) = user;
        let quoted = email.replace('\'', "''");
        state.uncertain.ignores_filters
            || filter.is_none_or(|filter| {
                filter == "isActive eq true"
                    || filter == format!("id eq {id}")
                    || filter == format!("email eq '{quoted}'")
                    || filter == format!("loginId eq '{quoted}'")
            })
    };
    let rows = state
        .users
        .iter()
        .filter(fits)
        .map(|user| document(state, user))
        .collect();
    list(state, call, rows)
}

/// A page, and a link to the next.
fn list(state: &State, call: &Received, rows: Vec<Value>) -> Reply {
    let number = |name: &str| call.parameter(name)?.parse::<usize>().ok();
    let start = number("skip").unwrap_or(0);
    let heeds_size = state.uncertain.page_size_everywhere || call.path == "/v1/users";
    let page = number("pageSize")
        .filter(|_| heeds_size)
        .unwrap_or(state.uncertain.page);
    let mut document = json!({"items": rows.iter().skip(start).take(page).collect::<Vec<_>>()});
    if state.uncertain.links && start + page < rows.len() {
        let origin = state.uncertain.next_host.map(|host| format!("https://{host}"));
        let origin = origin.as_ref().unwrap_or(&call.origin);
        let kept = call.query.iter().filter(|(name, _)| name != "skip");
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .append_pair("skip", &(start + page).to_string())
            .finish();
        document["nextLink"] = json!(format!("{origin}{}?{query}", call.path));
    }
    if let Some(kept_back) = state.uncertain.rows_kept_back {
        document["totalCount"] = json!(rows.len() + kept_back);
    }
    if state.uncertain.next_is_no_text {
        document["nextLink"] = json!({"href": "/v1/users"});
    }
    (200, document)
}

fn pairs(state: &mut State, call: &Received, id: &str) -> Reply {
    let Some(user) = find(state, id).map(|user| user.0) else {
        return refusal(404, "no such user");
    };
    let rows = state
        .shown(user)
        .into_iter()
        .map(|(_, role, product)| {
            let name = state.name_in_row(role).filter(|_| state.uncertain.names_in_rows);
            if state.uncertain.flat_rows {
                json!({"assignedRole": role, "assignedProduct": product})
            } else {
                let mut row = json!({"role": {"id": role, "name": name}, "product": {"id": product}});
                if state.uncertain.product_names_in_rows {
                    row["product"]["name"] = json!(format!("Product {product}"));
                }
                row
            }
        })
        .collect();
    list(state, call, rows)
}

fn delete(state: &mut State, call: &Received, id: &str) -> Reply {
    let (Some(role), Some(product), 2) = (call.parameter("roleId"), call.parameter("productId"), call.query.len())
    else {
        return refusal(400, "roleId and productId are required, and nothing else");
    };
    let Some(user) = find(state, id).map(|user| user.0) else {
        return refusal(404, "no such user");
    };
    let pair = (user, role.parse().unwrap_or_default(), product.to_owned());
    if state.uncertain.errors_in_200 {
        return (200, json!({"errorCode": "BL-403", "message": "the role is locked"}));
    }
    if !state.pairs.holds(&pair) {
        return refusal(404, "no such assignment");
    }
    if state.locked.contains(&pair.1) {
        return refusal(409, "the role is locked");
    }
    state.writes += 1;
    state.take(&pair);
    (204, Value::Null)
}

fn replace(state: &mut State, call: &Received, id: &str) -> Reply {
    let Some(user) = find(state, id).map(|user| user.0) else {
        return refusal(404, "no such user");
    };
    let Ok(Value::Array(rows)) = serde_json::from_slice(&call.body) else {
        return refusal(400, "an array is required");
    };
    let named: Option<Vec<(u64, u64, String)>> = rows
        .iter()
        .map(|row| Some((user, row["roleId"].as_u64()?, row["productId"].as_str()?.to_owned())))
        .collect();
    let Some(named) = named else {
        return refusal(400, "roleId must be a number and productId a text");
    };
    let left_out = |pair: &&(u64, u64, String)| pair.0 == user && !named.contains(pair);
    let gone: Vec<_> = state.pairs.held().iter().filter(left_out).cloned().collect();
    if gone.iter().any(|pair| state.locked.contains(&pair.1)) {
        return refusal(409, "a role is locked");
    }
    state.writes += 1;
    if state.uncertain.post_replaces {
        for pair in gone {
            state.take(&pair);
        }
    }
    for pair in named {
        state.give(pair);
    }
    (200, json!({}))
}
