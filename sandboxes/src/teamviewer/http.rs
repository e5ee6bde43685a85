//! The API's edge: token, base path, and the shape of every error.

use axum::{body::Body, extract::Request, response::Response};
use serde_json::{Value, json};

use crate::request::Received;

use super::{TeamViewer, oauth, routes};

/// Status and document; `Null`: no body.
pub struct Reply {
    pub status: u16,
    pub document: Value,
}

pub type Handled = Result<Reply, Reply>;

pub async fn answer(sandbox: TeamViewer, request: Request) -> Response {
    let call = Received::read(request).await;
    let mut state = sandbox.settled();
    let handled = match call.path.strip_prefix("/api/v1/") {
        None => Err(refusal(404, "not_found", "no such resource")),
        Some(_) if state.refused.0 > 0 => {
            state.refused.0 -= 1;
            Err(refusal(403, &state.refused.1, "the call is refused"))
        }
        Some("oauth2/token") => oauth::issue(&mut state, &call),
        Some(path) => {
            let admitted = state.admits(call.credentials("Bearer").unwrap_or_default());
            match path {
                // It tells whether a token is valid, of any token.
                "ping" if call.method == "GET" => ok(json!({"token_valid": admitted})),
                _ if !admitted => Err(refusal(401, "invalid_token", "the token is invalid")),
                _ => {
                    let segments: Vec<String> = path.split('/').map(decode).collect();
                    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
                    routes::dispatch(&mut state, &call, &segments)
                }
            }
        }
    };
    drop(state);
    let Reply { status, document } = handled.unwrap_or_else(|refusal| refusal);
    let body = if document.is_null() {
        Body::empty()
    } else {
        Body::from(document.to_string())
    };
    Response::builder()
        .status(status)
        .header("content-type", "application/json; charset=utf-8")
        .body(body)
        .unwrap_or_default()
}

pub fn refusal(status: u16, error: &str, description: &str) -> Reply {
    Reply {
        status,
        document: json!({"error": error, "error_description": description, "error_code": 1}),
    }
}

pub const fn ok(document: Value) -> Handled {
    Ok(Reply { status: 200, document })
}

pub const fn no_content() -> Handled {
    Ok(Reply {
        status: 204,
        document: Value::Null,
    })
}

fn decode(segment: &str) -> String {
    // A plus is itself in a path.
    form_urlencoded::parse(segment.replace('+', "%2B").as_bytes())
        .map(|(text, _)| text.into_owned())
        .collect()
}
