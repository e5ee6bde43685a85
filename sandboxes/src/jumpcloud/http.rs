//! The API's edge: keys, organizations, and the shape of every answer.

use axum::{body::Body, extract::Request, response::Response};
use serde_json::{Value, json};

use crate::request::{Received, value_of};

use super::{DEMO_ORGANIZATION, JumpCloud, demo::CLIENT_HEADER, routes, state::State};

/// An answer's status and document.
pub struct Reply {
    pub status: u16,
    /// `Null`: no body.
    pub document: Value,
    /// How many rows a list has; a header says so.
    pub total: Option<usize>,
}

pub async fn answer(sandbox: JumpCloud, request: Request) -> Response {
    let call = Received::read(request).await;
    let mut state = sandbox.settled();
    let has_body = matches!(call.method.as_str(), "POST" | "PUT");
    let reply = if state.behaviour.is_limited() {
        refusal(429, "Too Many Requests")
    } else if !is_authorized(&state, &call) {
        let message = "Unauthorized: api key user not found";
        ok(json!({"error": "Unauthorized", "message": message})).with_status(401)
    } else if let Some(refusal) = misplaced_organization(&state, &call) {
        refusal
    } else if has_body && !call.is_json() {
        refusal(415, "Unsupported Media Type")
    } else {
        routes::dispatch(&mut state, &call)
    };
    drop(state);
    respond(&reply)
}

/// `POST /oauth2/token`: client id and secret in the header, grant type and scope in the form.
pub async fn token(sandbox: JumpCloud, request: Request) -> Response {
    let call = Received::read(request).await;
    let mut state = sandbox.state();
    let form = call.form();
    let field = |name: &str| value_of(&form, name);
    let reply = if (call.method.as_str(), call.path.as_str()) != ("POST", "/oauth2/token") {
        refusal(404, "Not Found")
    } else if !call.is_form() || field("grant_type") != Some("client_credentials") {
        refusal(400, "Bad Request")
    } else if !state.takes_client || call.header("authorization") != Some(CLIENT_HEADER) {
        ok(json!({"error": "invalid_client"})).with_status(401)
    } else if field("scope") != Some("api") {
        ok(json!({"error": "invalid_scope"})).with_status(403)
    } else {
        let token = format!("demo-access-token-{}", state.tokens.len());
        state.tokens.push(token.clone());
        ok(json!({"access_token": token, "token_type": "bearer", "expires_in": 3_600}))
    };
    drop(state);
    respond(&reply)
}

fn is_authorized(state: &State, call: &Received) -> bool {
    let (key, token) = (call.header("x-api-key"), call.credentials("Bearer"));
    (key.is_some() && key == state.key.as_deref())
        || token.is_some_and(|token| state.tokens.iter().any(|known| known == token))
}

/// What is wrong with the `x-org-id`: the calls about several organizations do not take it, and all the others need it if there are
/// several. An empty one counts as none.
fn misplaced_organization(state: &State, call: &Received) -> Option<Reply> {
    let given = call.header("x-org-id").filter(|given| !given.is_empty());
    let segments = call.segments();
    if segments == ["api", "users", "getSelf"] {
        return None;
    }
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

fn respond(reply: &Reply) -> Response {
    let body = if reply.document.is_null() {
        Body::empty()
    } else {
        Body::from(reply.document.to_string())
    };
    let mut response = Response::builder()
        .status(reply.status)
        .header("content-type", "application/json; charset=utf-8");
    if let Some(total) = reply.total {
        response = response.header("x-total-count", total);
    }
    response.body(body).unwrap_or_default()
}

pub fn ok(document: Value) -> Reply {
    Reply {
        status: 200,
        document,
        total: None,
    }
}

pub fn no_content() -> Reply {
    ok(Value::Null).with_status(204)
}

pub fn refusal(status: u16, message: &str) -> Reply {
    ok(json!({"code": status, "message": message})).with_status(status)
}

impl Reply {
    fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}
