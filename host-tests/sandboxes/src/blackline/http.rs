//! The calls that integrators use, and nothing else.

use axum::{body::Body, extract::Request, response::Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{BlackLine, state::State};

struct Call {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    body: Vec<u8>,
    content_type: String,
    authorization: String,
    authority: String,
}

type Reply = (u16, Value);

pub async fn answer(sandbox: BlackLine, request: Request) -> Response {
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
            .unwrap_or_default()
            .to_owned()
    };
    let call = Call {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
        body,
        content_type: header("content-type"),
        authorization: header("authorization"),
        authority: head.uri.authority().map(ToString::to_string).unwrap_or_default(),
    };
    let mut state = sandbox.state();
    state.settle();
    let (status, document) = dispatch(&mut state, &call);
    drop(state);
    let body = if document.is_null() {
        Body::empty()
    } else {
        Body::from(document.to_string())
    };
    let mut response = Response::builder()
        .status(status)
        .header("content-type", "application/json");
    if status == 429 {
        response = response.header("retry-after", "2");
    }
    response.body(body).unwrap_or_default()
}

fn refusal(status: u16, message: &str) -> Reply {
    (status, json!({"errorCode": status, "message": message}))
}

fn dispatch(state: &mut State, call: &Call) -> Reply {
    if call.path == state.uncertain.token_path {
        return token(state, call);
    }
    if state.limited > 0 {
        state.limited -= 1;
        return refusal(429, "too many requests");
    }
    let now = state.clock.unix();
    let bearer = call.authorization.strip_prefix("Bearer ").unwrap_or_default();
    if !state
        .tokens
        .iter()
        .any(|(token, until)| token == bearer && *until > now)
    {
        return refusal(401, "the token is not valid");
    }
    let segments: Vec<&str> = call.path.split('/').skip(1).collect();
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
        ("GET", ["v1", "users", id, what @ ("teams" | "entities")]) => {
            let held = if *what == "teams" {
                &state.teams
            } else {
                &state.entities
            };
            let rows = held
                .iter()
                .filter(|(user, ..)| user.to_string() == *id)
                .map(|(_, id, name)| json!({"id": id, "name": name}))
                .collect();
            list(state, call, rows)
        }
        ("GET", ["v1", "users", id, spelling]) if *spelling == path => pairs(state, call, id),
        ("DELETE", ["v1", "users", id, spelling]) if *spelling == path => delete(state, call, id),
        ("POST", ["v1", "users", id, spelling]) if *spelling == path => replace(state, call, id),
        _ => refusal(404, "no such resource"),
    }
}

fn token(state: &mut State, call: &Call) -> Reply {
    let form: Vec<(String, String)> = form_urlencoded::parse(&call.body).into_owned().collect();
    let field = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let client = match state.uncertain.client_auth {
        // demo-client:demo-secret
        "basic" => call.authorization == "Basic ZGVtby1jbGllbnQ6ZGVtby1zZWNyZXQ=" && field("client_id").is_none(),
        _ => field("client_id") == Some("demo-client") && field("client_secret") == Some("demo-secret"),
    };
    let grant = state.uncertain.grant_type;
    let principal = match grant {
        "password" => field("username") == Some("demo-api") && field("password") == Some("demo-key"),
        _ => field("username").is_none() && field("password").is_none(),
    };
    let user = principal && field("grant_type") == Some(grant) && field("scope") == Some("bl.users instance_0f8c");
    if call.method != "POST" || call.content_type != "application/x-www-form-urlencoded" || !client || !user {
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

fn find<'a>(state: &'a State, id: &str) -> Option<&'a (u64, String, String, String)> {
    state.users.iter().find(|(known, ..)| known.to_string() == id)
}

fn document(state: &State, (id, first, last, email): &(u64, String, String, String)) -> Value {
    let login = state.uncertain.logins.then_some(email);
    json!({
        "id": id, "loginId": login, "firstName": first, "lastName": last, "fullName": format!("{first} {last}"),
        "email": email, "isActive": true, "jobTitle": "Accountant", "phoneNumber": "+1 555 0100", "supervisor": null,
        "timeZoneId": 6, "lastUpdated": "2026-01-05T08:00:00Z",
    })
}

fn users(state: &State, call: &Call) -> Reply {
    let Some((_, filter)) = call.query.iter().find(|(name, _)| name == "filter") else {
        return refusal(400, "a filter is required here");
    };
    if state.uncertain.refuses_id_filter && filter.starts_with("id ") {
        return refusal(400, "id cannot be filtered by");
    }
    let fits = |user: &&(u64, String, String, String)| {
        let (id, _, _, email) = user;
        state.uncertain.ignores_filters
            || *filter == format!("id eq {id}")
            || filter.eq_ignore_ascii_case(&format!("email eq '{}'", email.replace('\'', "''")))
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
fn list(state: &State, call: &Call, rows: Vec<Value>) -> Reply {
    let number = |wanted: &str| {
        let (_, text) = call.query.iter().find(|(name, _)| name == wanted)?;
        text.parse::<usize>().ok()
    };
    let start = number("skip").unwrap_or(0);
    let heeds_size = state.uncertain.page_size_everywhere || call.path == "/v1/users";
    let page = number("pageSize")
        .filter(|_| heeds_size)
        .unwrap_or(state.uncertain.page);
    let mut document = json!({"items": rows.iter().skip(start).take(page).collect::<Vec<_>>()});
    if state.uncertain.links && start + page < rows.len() {
        let host = state.uncertain.next_host.unwrap_or(&call.authority);
        let kept = call.query.iter().filter(|(name, _)| name != "skip");
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .append_pair("skip", &(start + page).to_string())
            .finish();
        document["nextLink"] = json!(format!("https://{host}{}?{query}", call.path));
    }
    if let Some(kept_back) = state.uncertain.rows_kept_back {
        document["totalCount"] = json!(rows.len() + kept_back);
    }
    if state.uncertain.next_is_no_text {
        document["nextLink"] = json!({"href": "/v1/users"});
    }
    (200, document)
}

fn pairs(state: &mut State, call: &Call, id: &str) -> Reply {
    let Some(user) = find(state, id).map(|user| user.0) else {
        return refusal(404, "no such user");
    };
    let rows = state
        .shown(user)
        .into_iter()
        .map(|(_, role, product)| {
            let name = state
                .roles
                .iter()
                .find(|(known, _)| *known == role)
                .map(|(_, name)| name.clone());
            let name = name.filter(|_| state.uncertain.names_in_rows);
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

fn delete(state: &mut State, call: &Call, id: &str) -> Reply {
    let query: Vec<&str> = call.query.iter().map(|(name, _)| name.as_str()).collect();
    if query != ["roleId", "productId"] || !call.body.is_empty() {
        return refusal(400, "roleId and productId are required, and nothing else");
    }
    let Some(user) = find(state, id).map(|user| user.0) else {
        return refusal(404, "no such user");
    };
    let pair = (
        user,
        call.query[0].1.parse().unwrap_or_default(),
        call.query[1].1.clone(),
    );
    if state.uncertain.errors_in_200 {
        return (200, json!({"errorCode": "BL-403", "message": "the role is locked"}));
    }
    if !state.pairs.contains(&pair) {
        return refusal(404, "no such assignment");
    }
    if state.locked.contains(&pair.1) {
        return refusal(409, "the role is locked");
    }
    state.writes += 1;
    state.take(&pair);
    (204, Value::Null)
}

fn replace(state: &mut State, call: &Call, id: &str) -> Reply {
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
    let gone: Vec<_> = state.pairs.iter().filter(left_out).cloned().collect();
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
