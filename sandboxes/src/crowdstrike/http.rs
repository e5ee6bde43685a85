//! The API's edge: which paths there are, what a request must look like, and the shape of every answer.

use axum::{body::Body, extract::Request, response::Response};
use serde_json::{Map, Value, json};

use crate::request::Received;

use super::{
    CrowdStrike, grants,
    quirks::{EpochUnit, ErrorsField, Quirks},
    roles,
    state::State,
    token,
    users::{self, Audience},
};

const TOKEN: &str = "/oauth2/token";
const REVOKE_TOKEN: &str = "/oauth2/revoke";

/// An answer's status and document.
pub struct Reply {
    pub status: u16,
    pub document: Value,
}

/// `Err` is a refusal; both are answers.
pub type Handled = Result<Reply, Reply>;

pub async fn answer(sandbox: CrowdStrike, request: Request) -> Response {
    let call = Received::read(request).await;
    let mut state = sandbox.settled();
    state.calls += 1;
    let trace = format!("trace-{:04}", state.calls);
    let mut limited = None;
    let handled = if let Some((wait, unit)) = state.quirks.limits() {
        let at = state.clock.unix() + wait;
        limited = Some(match unit {
            EpochUnit::Seconds => at.as_secs().to_string(),
            EpochUnit::Millis => at.as_millis().to_string(),
        });
        Err(refusal(429, "API rate limit exceeded"))
    } else if call.is_whole {
        dispatch(&mut state, &call)
    } else {
        Err(refusal(400, "request body could not be read or is too large"))
    };
    let Reply { status, document } = handled.unwrap_or_else(|refusal| refusal);
    let powered_by = if [TOKEN, REVOKE_TOKEN].contains(&call.path.as_str()) {
        "csam"
    } else {
        "cs.flightcontrolapi"
    };
    let document = complete(document, powered_by, &trace, &state.quirks);
    drop(state);
    let mut response = Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("x-cs-region", "us-1")
        .header("x-cs-traceid", &trace)
        .header("x-ratelimit-limit", "6000")
        .header("x-ratelimit-remaining", if limited.is_some() { "0" } else { "5999" });
    if let Some(epoch) = limited {
        response = response.header("x-ratelimit-retryafter", epoch);
    }
    response.body(Body::from(document.to_string())).unwrap_or_default()
}

/// What is not listed does not exist; that includes the deprecated calls.
fn dispatch(state: &mut State, call: &Received) -> Handled {
    let (method, path) = (call.method.as_str(), call.path.as_str());
    match (method, path) {
        ("POST", TOKEN) => return token::issue(state, call),
        ("POST", REVOKE_TOKEN) => return token::revoke(state, call),
        _ => {}
    }
    let view = token::view(state, call)?;
    // Recorded reads have no content type, and some clients send one; a body needs one.
    if method != "GET" && !call.is_json() {
        return Err(refusal(400, "content type must be application/json"));
    }
    if let Some(code) = state.quirks.error_inside(path) {
        let error = json!({"code": code, "message": "the request could not be processed"});
        return Ok(Reply {
            status: 200,
            document: json!({"resources": [], "errors": [error]}),
        });
    }
    match (method, path) {
        ("POST", "/user-management/entities/users/GET/v1") => users::by_id(state, &view, call, Audience::Internal),
        ("POST", "/user-management/entities/users/GET/v2") => users::by_id(state, &view, call, Audience::All),
        ("GET", "/user-management/queries/users/v1") => users::query(state, &view, call, Audience::Internal),
        ("GET", "/user-management/queries/users/v2") => users::query(state, &view, call, Audience::All),
        ("GET", "/user-management/combined/user-roles/v2") => grants::list(state, &view, call, Audience::Internal),
        ("GET", "/user-management/combined/user-roles/v3") => grants::list(state, &view, call, Audience::All),
        ("POST", "/user-management/entities/user-role-actions/v1") => {
            grants::act(state, &view, call, Audience::Internal)
        }
        ("POST", "/user-management/entities/user-role-actions/v2") => grants::act(state, &view, call, Audience::All),
        ("GET", "/user-management/queries/roles/v1") => roles::ids(state, &view, call),
        ("GET", "/user-management/entities/roles/v1") => roles::by_query(state, &view, call),
        ("POST", "/user-management/entities/roles/GET/v2") => roles::by_id(state, &view, call),
        _ => Err(refusal(404, "404: Page Not Found")),
    }
}

/// The query's values for these names; any other name, and any name twice, is refused.
pub fn parameters<const N: usize>(call: &Received, names: [&str; N]) -> Result<[Option<String>; N], Reply> {
    pick(&call.query, names, "query parameter")
}

/// The same for a form.
pub fn form<const N: usize>(call: &Received, names: [&str; N]) -> Result<[Option<String>; N], Reply> {
    pick(&call.form(), names, "form field")
}

/// The body as an object with these keys at most. A key that is null is absent.
pub fn object(call: &Received, keys: &[&str]) -> Result<Map<String, Value>, Reply> {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(&call.body) else {
        return Err(refusal(400, "request body is not valid JSON"));
    };
    if let Some(key) = fields.keys().find(|key| !keys.contains(&key.as_str())) {
        return Err(refusal(400, &format!("unknown field '{key}'")));
    }
    fields.retain(|_, value| !value.is_null());
    Ok(fields)
}

/// The `ids` of the reads that are POSTs.
pub fn ids(call: &Received) -> Result<Vec<String>, Reply> {
    let fields = object(call, &["ids"])?;
    let ids = strings(fields.get("ids")).ok_or_else(|| refusal(400, "ids must be an array of strings"))?;
    if ids.is_empty() || ids.len() > 5_000 {
        return Err(refusal(400, "between 1 and 5000 ids are required"));
    }
    Ok(ids)
}

pub fn no_body(call: &Received) -> Result<(), Reply> {
    if call.body.is_empty() {
        Ok(())
    } else {
        Err(refusal(400, "unexpected request body"))
    }
}

fn pick<const N: usize>(
    pairs: &[(String, String)],
    names: [&str; N],
    what: &str,
) -> Result<[Option<String>; N], Reply> {
    let mut values = [const { None }; N];
    for (name, value) in pairs {
        match names.iter().position(|known| known == name) {
            Some(at) if values[at].is_none() => values[at] = Some(value.clone()),
            _ => return Err(refusal(400, &format!("unexpected {what} '{name}'"))),
        }
    }
    Ok(values)
}

/// An array of strings and of nothing else.
pub fn strings(value: Option<&Value>) -> Option<Vec<String>> {
    value?
        .as_array()?
        .iter()
        .map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// `limit` and `offset` of a page.
pub fn page(limit: Option<&str>, offset: Option<&str>) -> Result<(usize, usize), Reply> {
    let not_a_number = || refusal(400, "limit and offset must be numbers");
    let number = |text: Option<&str>, default: usize| match text {
        None => Ok(default),
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().map_err(|_| not_a_number()),
        Some(_) => Err(not_a_number()),
    };
    let (limit, offset) = (number(limit, 100)?, number(offset, 0)?);
    if !(1..=500).contains(&limit) {
        return Err(refusal(400, "limit must be between 1 and 500"));
    }
    Ok((limit, offset))
}

/// A sort expression: one of these keys, and perhaps a direction behind a bar.
pub fn order<'a>(sort: &str, keys: &[&'a str]) -> Result<(&'a str, bool), Reply> {
    let (key, direction) = sort.split_once('|').unwrap_or((sort, "asc"));
    let key = keys.iter().find(|known| **known == key);
    match (key, direction) {
        (Some(key), "asc") => Ok((key, false)),
        (Some(key), "desc") => Ok((key, true)),
        _ => Err(refusal(400, &format!("invalid sort='{sort}' specified"))),
    }
}

/// One page of a list.
pub fn listed(all: &[Value], limit: usize, offset: usize) -> Reply {
    let resources: Vec<&Value> = all.iter().skip(offset).take(limit).collect();
    Reply {
        status: 200,
        document: json!({
            "meta": {"pagination": {"limit": limit, "offset": offset, "total": all.len()}},
            "resources": resources,
        }),
    }
}

pub fn refusal(status: u16, message: &str) -> Reply {
    Reply {
        status,
        document: json!({"errors": [{"code": status, "message": message}]}),
    }
}

/// Adds what every answer has.
fn complete(mut document: Value, powered_by: &str, trace: &str, quirks: &Quirks) -> Value {
    let Value::Object(fields) = &mut document else {
        return document;
    };
    // The token document is the one that has no meta.
    if fields.contains_key("access_token") {
        return document;
    }
    let meta = fields.entry("meta").or_insert_with(|| json!({}));
    if let Value::Object(meta) = meta {
        meta.insert(String::from("query_time"), json!(0.05));
        meta.insert(String::from("powered_by"), json!(powered_by));
        meta.insert(String::from("trace_id"), json!(trace));
    }
    if quirks.null_lists && fields.get("resources") == Some(&json!([])) {
        fields.insert(String::from("resources"), Value::Null);
    }
    if !fields.contains_key("errors") {
        match quirks.errors_field {
            ErrorsField::Empty => fields.insert(String::from("errors"), json!([])),
            ErrorsField::Null => fields.insert(String::from("errors"), Value::Null),
            ErrorsField::Absent => None,
        };
    }
    document
}
