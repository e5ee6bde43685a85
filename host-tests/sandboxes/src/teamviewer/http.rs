//! The API's edge: token, base path, and the shape of every error.

use axum::{body::Body, extract::Request, response::Response};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{TeamViewer, oauth, routes};

/// A request, read whole.
pub struct Call {
    pub method: String,
    /// Behind the base path, without empty segments.
    pub segments: Vec<String>,
    pub query: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub content_type: String,
}

/// Status and document; `Null`: no body.
pub struct Reply {
    pub status: u16,
    pub document: Value,
}

pub type Handled = Result<Reply, Reply>;

pub async fn answer(sandbox: TeamViewer, request: Request) -> Response {
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
    let mut state = sandbox.state();
    state.settle();
    let handled = match head.uri.path().strip_prefix("/api/v1/") {
        None => Err(refusal(404, "not_found", "no such resource")),
        Some(_) if state.limited > 0 => {
            state.limited -= 1;
            Err(refusal(
                403,
                "rate_limit_reached",
                "too many calls to a single function",
            ))
        }
        Some("oauth2/token") => oauth::issue(&mut state, head.method.as_str(), &header("content-type"), &body),
        Some(_) if !state.admits(&header("authorization")) => {
            Err(refusal(401, "invalid_token", "the token is invalid"))
        }
        Some(path) => {
            let call = Call {
                method: head.method.to_string(),
                segments: path.split('/').map(decode).collect(),
                query: form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
                    .into_owned()
                    .collect(),
                body,
                content_type: header("content-type"),
            };
            routes::dispatch(&mut state, &call)
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
        .header("content-type", "application/json")
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
