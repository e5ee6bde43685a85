//! The calls that exist, and nothing else.

use axum::{body::Body, extract::Request, response::Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{
    DEMO_ORGANIZATION, JumpCloud,
    demo::CLIENT_HEADER,
    state::{Administrator, Due, State, SystemUser},
};

/// The fields of the administrator's PUT besides the one that removes roles.
const PUBLISHED: [&str; 8] = [
    "email",
    "firstname",
    "lastname",
    "enableMultiFactor",
    "apiKeyAllowed",
    "roleName",
    "growthData",
    "lastWhatsNewChecked",
];

struct Call {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    body: Vec<u8>,
}

type Reply = (u16, Value);

pub async fn answer(sandbox: JumpCloud, request: Request) -> Response {
    let (head, call) = taken_apart(request).await;
    let header = |name: &str| value_of(&head, name);
    let mut state = sandbox.state();
    state.settle();
    let (status, document) = if state.limited > 0 {
        state.limited -= 1;
        refusal(429, "Too Many Requests")
    } else if !is_authorized(&state, header("x-api-key"), header("authorization")) {
        (
            401,
            json!({"error": "Unauthorized", "message": "Unauthorized: api key user not found"}),
        )
    } else if let Some(refusal) = misplaced_organization(&state, &call, header("x-org-id").as_deref()) {
        refusal
    } else if header("content-type").as_deref() != Some("application/json") {
        refusal(415, "Unsupported Media Type")
    } else {
        dispatch(&mut state, &call)
    };
    drop(state);
    reply(status, &document)
}

/// `POST /oauth2/token`: client id and secret in the header, grant type and scope in the form.
pub async fn token(sandbox: JumpCloud, request: Request) -> Response {
    let (head, call) = taken_apart(request).await;
    let mut state = sandbox.state();
    let form: Vec<(String, String)> = form_urlencoded::parse(&call.body).into_owned().collect();
    let field = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let is_form = value_of(&head, "content-type").as_deref() == Some("application/x-www-form-urlencoded");
    let (status, document) = if (call.method.as_str(), call.path.as_str()) != ("POST", "/oauth2/token") {
        refusal(404, "Not Found")
    } else if !is_form || field("grant_type") != Some("client_credentials") {
        refusal(400, "Bad Request")
    } else if !state.takes_client || value_of(&head, "authorization").as_deref() != Some(CLIENT_HEADER) {
        (401, json!({"error": "invalid_client"}))
    } else if field("scope") != Some("api") {
        (403, json!({"error": "invalid_scope"}))
    } else {
        let token = format!("demo-access-token-{}", state.tokens.len());
        state.tokens.push(token.clone());
        (
            200,
            json!({"access_token": token, "token_type": "bearer", "expires_in": 3_600}),
        )
    };
    drop(state);
    reply(status, &document)
}

async fn taken_apart(request: Request) -> (http::request::Parts, Call) {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(|body| body.to_bytes().to_vec())
        .unwrap_or_default();
    let call = Call {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
        body,
    };
    (head, call)
}

fn value_of(head: &http::request::Parts, name: &str) -> Option<String> {
    head.headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}

fn is_authorized(state: &State, key: Option<String>, authorization: Option<String>) -> bool {
    let token = authorization
        .as_deref()
        .and_then(|authorization| authorization.strip_prefix("Bearer "));
    (key.is_some() && key == state.key) || token.is_some_and(|token| state.tokens.iter().any(|known| known == token))
}

/// What is wrong with the `x-org-id`: the calls about several organizations do not take it, and all the others need it if there are
/// several.
fn misplaced_organization(state: &State, call: &Call, given: Option<&str>) -> Option<Reply> {
    let segments: Vec<&str> = call.path.split('/').skip(1).collect();
    let is_about_several = matches!(
        segments.as_slice(),
        ["api", "organizations", ..] | ["api", "v2", "administrators" | "organizations", ..]
    );
    let own = state.organization.as_deref().unwrap_or(DEMO_ORGANIZATION);
    match given {
        Some(_) if is_about_several => Some(refusal(403, "Forbidden")),
        Some(id) if id.len() != 24 => Some(refusal(400, "Bad Request")),
        Some(id) if id != own => Some(refusal(404, "Not Found")),
        None if state.organization.is_some() && !is_about_several => {
            Some(refusal(401, "Unauthorized: no organization selected"))
        }
        _ => None,
    }
}

fn reply(status: u16, document: &Value) -> Response {
    let body = if document.is_null() {
        Body::empty()
    } else {
        Body::from(document.to_string())
    };
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(body)
        .unwrap_or_default()
}

fn refusal(status: u16, message: &str) -> Reply {
    (status, json!({"code": status, "message": message}))
}

fn dispatch(state: &mut State, call: &Call) -> Reply {
    let segments: Vec<&str> = call.path.split('/').skip(1).collect();
    if call.method == "GET" && !call.body.is_empty() {
        return refusal(400, "Bad Request");
    }
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["api", "systemusers"]) => {
            results(state.users.iter().map(|user| system_user(state, user)).collect(), call)
        }
        ("GET", ["api", "systemusers", id]) => match state.users.iter().find(|user| user.id == *id) {
            Some(user) => (200, system_user(state, user)),
            None => refusal(404, "Not Found"),
        },
        ("GET", ["api", "users"]) => results(
            state
                .administrators
                .iter()
                .map(|known| administrator(state, known))
                .collect(),
            call,
        ),
        ("GET", ["api", "users", id]) => match state.read(id) {
            Some(known) => (200, administrator(state, &known)),
            None => refusal(404, "Not Found"),
        },
        ("PUT", ["api", "users", id]) => put(state, call, id),
        ("DELETE", ["api", "users", id]) => {
            if !state.administrators.iter().any(|known| known.id == *id) {
                return refusal(404, "Not Found");
            }
            state.replace(id, None);
            (200, json!({"_id": id}))
        }
        ("GET", ["api", "organizations"]) => results(
            state
                .organizations
                .iter()
                .map(|(id, name)| json!({"_id": id, "displayName": name}))
                .collect(),
            call,
        ),
        ("GET", ["api", "v2", "roles"]) => results(
            state
                .roles
                .iter()
                .map(|(id, name)| json!({"id": id, "name": name, "description": "", "scopes": []}))
                .collect(),
            call,
        ),
        ("GET", ["api", "v2", "administrators", id, "organizationlinks"]) => {
            if !state.administrators.iter().any(|known| known.id == *id) {
                return refusal(404, "Not Found");
            }
            let rows = state
                .links
                .iter()
                .filter(|(known, _)| known == id)
                .map(|(known, organization)| json!({"administrator": known, "organization": organization}));
            array(rows.collect(), call)
        }
        ("GET", ["api", "v2", "organizations", id, "administratorlinks"]) => {
            if !state.organizations.iter().any(|(known, _)| known == id) {
                return refusal(404, "Not Found");
            }
            let rows = state
                .links
                .iter()
                .filter(|(_, organization)| organization == id)
                .map(|(known, organization)| json!({"administrator": known, "organization": organization}));
            array(rows.collect(), call)
        }
        ("DELETE", ["api", "v2", "administrators", id, "organizationlinks", organization]) => {
            let link = ((*id).to_owned(), (*organization).to_owned());
            if !state.links.contains(&link) {
                return refusal(404, "Not Found");
            }
            state.take(organization, Due::Unlink(link.0, link.1));
            (204, Value::Null)
        }
        ("GET", ["api", "v2", "usergroups"]) => {
            let wanted = call
                .query
                .iter()
                .find(|(key, _)| key == "filter")
                .and_then(|(_, filter)| filter.strip_prefix("name:eq:"));
            let rows = state
                .groups
                .iter()
                .filter(|(_, name, _)| wanted.is_none_or(|wanted| name == wanted))
                .map(group);
            array(rows.collect(), call)
        }
        ("GET", ["api", "v2", "usergroups", id]) => match state.groups.iter().find(|(known, ..)| known == id) {
            Some(known) => (200, group(known)),
            None => refusal(404, "Not Found"),
        },
        ("GET", ["api", "v2", "users", id, "memberof"]) => {
            if !state.users.iter().any(|user| user.id == *id) {
                return refusal(404, "Not Found");
            }
            let rows = state
                .groups
                .iter()
                .filter(|(_, _, members)| members.iter().any(|member| member == id));
            array(
                rows.map(|(group, ..)| json!({"id": group, "type": "user_group", "paths": []}))
                    .collect(),
                call,
            )
        }
        ("GET", ["api", "v2", "usergroups", id, "membership"]) => {
            let Some((_, _, members)) = state.groups.iter().find(|(known, ..)| known == id) else {
                return refusal(404, "Not Found");
            };
            let wanted = call
                .query
                .iter()
                .find(|(key, _)| key == "filter")
                .and_then(|(_, filter)| filter.strip_prefix("object_id:eq:"));
            let rows = members
                .iter()
                .filter(|member| wanted.is_none_or(|wanted| *member == wanted))
                .map(|member| json!({"id": member, "type": "user", "paths": []}));
            array(rows.collect(), call)
        }
        ("POST", ["api", "v2", "usergroups", id, "members"]) => leave(state, call, id),
        _ => refusal(404, "Not Found"),
    }
}

/// `skip` and `limit`; any other parameter must be known.
fn paging(call: &Call) -> Option<(usize, usize)> {
    let known = ["skip", "limit", "sort", "filter"];
    if call.query.iter().any(|(name, _)| !known.contains(&name.as_str())) {
        return None;
    }
    let number = |name: &str, default: usize| match call.query.iter().find(|(key, _)| key == name) {
        None => Some(default),
        Some((_, text)) => text.parse().ok(),
    };
    Some((number("skip", 0)?, number("limit", 10)?)).filter(|(_, limit)| (1..=100).contains(limit))
}

/// A V1 list, filtered by `email:$eq:`. A filter regards case, as that of V2 is documented to.
fn results(rows: Vec<Value>, call: &Call) -> Reply {
    let Some((skip, limit)) = paging(call) else {
        return refusal(400, "Bad Request");
    };
    let email = call
        .query
        .iter()
        .find(|(key, _)| key == "filter")
        .and_then(|(_, filter)| filter.strip_prefix("email:$eq:"));
    let rows: Vec<Value> = rows
        .into_iter()
        .filter(|row| email.is_none_or(|email| row["email"].as_str() == Some(email)))
        .collect();
    let page: Vec<&Value> = rows.iter().skip(skip).take(limit).collect();
    (200, json!({"results": page, "totalCount": rows.len()}))
}

fn array(rows: Vec<Value>, call: &Call) -> Reply {
    match paging(call) {
        Some((skip, limit)) => (200, Value::Array(rows.into_iter().skip(skip).take(limit).collect())),
        None => refusal(400, "Bad Request"),
    }
}

fn system_user(state: &State, user: &SystemUser) -> Value {
    let linked = user
        .administrator
        .as_ref()
        .and_then(|id| state.administrators.iter().find(|known| known.id == *id));
    let mut document = json!({
        "_id": user.id, "username": user.username, "firstname": user.first, "lastname": user.last, "email": user.email,
        "displayname": format!("{} {}", user.first, user.last), "jobTitle": "Engineer", "employeeType": "employee",
        "employeeIdentifier": "E-17", "state": "ACTIVATED", "activated": true, "suspended": false, "account_locked": false,
        "created": "2025-02-03T04:05:06Z", "organization": DEMO_ORGANIZATION, "mfa": {"configured": true}, "totp_enabled": false,
        "phoneNumbers": [{"number": "+1 555 0101", "type": "work"}], "alternateEmail": "alt@example.com", "description": "On call",
        "ssh_keys": [{"public_key": "ssh-ed25519 SECRETKEY"}], "public_key": "SECRETKEY",
        "admin": linked.map(|known| json!({"id": known.id, "roleName": known.roles.first(), "roleNames": known.roles})),
    });
    if !state.shows_organization.1 {
        document["organization"] = Value::Null;
    }
    document
}

fn administrator(state: &State, known: &Administrator) -> Value {
    // A role that is not in the directory any more has its id all the same.
    let id_of = |name: &String| {
        let known = state.roles.iter().find(|(_, role)| role == name);
        known.map_or("5d00000000000000000000ff", |(id, _)| id.as_str())
    };
    // The organization of an administrator of several is empty.
    let organization = if state.shows_organization.0 {
        DEMO_ORGANIZATION
    } else {
        ""
    };
    json!({
        "_id": known.id, "email": known.email, "organization": organization, "suspended": false,
        "role": known.roles.first().map(id_of), "roleName": known.roles.first(), "roleNames": known.roles,
        "roles": known.roles.iter().map(id_of).collect::<Vec<_>>(), "totpEnrolled": true, "apiKeyAllowed": true,
        "apiKeySet": true, "apiKeyHash": {"prefix": "SECRETHASH"}, "created": "2025-02-03T04:05:06Z", "usersTimeZone": "Europe/Berlin",
    })
}

fn group((id, name, _): &(String, String, Vec<String>)) -> Value {
    json!({"id": id, "name": name, "type": "user_group", "membershipMethod": "STATIC"})
}

fn put(state: &mut State, call: &Call, id: &str) -> Reply {
    let Ok(Value::Object(fields)) = serde_json::from_slice(&call.body) else {
        return refusal(400, "Bad Request");
    };
    let names: Option<Vec<String>> = fields.get("roleNames").and_then(Value::as_array).map(|names| {
        names
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect()
    });
    let is_known = |name: &String| state.roles.iter().any(|(_, role)| role == name);
    // What else is published would change the administrator; what is not published is not looked at.
    let changes_more = PUBLISHED.iter().any(|field| fields.contains_key(*field));
    match names {
        Some(names) if !changes_more && !names.is_empty() && names.iter().all(is_known) => {
            if !state.administrators.iter().any(|known| known.id == id) {
                return refusal(404, "Not Found");
            }
            state.replace(id, Some(names));
            let known = state
                .administrators
                .iter()
                .find(|known| known.id == id)
                .cloned()
                .unwrap_or_default();
            (200, administrator(state, &known))
        }
        _ => refusal(400, "Bad Request"),
    }
}

fn leave(state: &mut State, call: &Call, id: &str) -> Reply {
    let Ok(Value::Object(fields)) = serde_json::from_slice(&call.body) else {
        return refusal(400, "Bad Request");
    };
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    if fields.contains_key("attributes") || text("op") != "remove" || text("type") != "user" {
        return refusal(400, "Bad Request");
    }
    let user = text("id").to_owned();
    match state.groups.iter().find(|(known, ..)| known == id) {
        Some((_, _, members)) if members.contains(&user) => {
            state.take(id, Due::Leave(id.to_owned(), user));
            (204, Value::Null)
        }
        _ => refusal(404, "Not Found"),
    }
}
