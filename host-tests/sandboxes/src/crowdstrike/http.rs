//! The API's edge: which paths there are, what a request must look like, and the shape of every answer.

use axum::{body::Body, extract::Request, response::Response};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};

use super::{CrowdStrike, ErrorsField, behaviour::EpochUnit, grants, roles, state::State, token, users};

/// A request, read whole.
pub struct Call {
    pub query: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub content_type: String,
}

/// An answer's status and document.
pub struct Reply {
    pub status: u16,
    pub document: Value,
}

pub type Handled = Result<Reply, Reply>;

pub async fn answer(sandbox: CrowdStrike, request: Request) -> Response {
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
        query: form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
        body,
        content_type: header("content-type"),
    };
    let mut state = sandbox.state();
    state.settle();
    state.calls += 1;
    let trace = format!("trace-{:04}", state.calls);
    let mut limited = None;
    let handled = if let Some((times, wait, unit)) = state.behaviour.rate_limit.filter(|(times, ..)| *times > 0) {
        state.behaviour.rate_limit = Some((times - 1, wait, unit));
        let at = state.clock.unix() + wait;
        limited = Some(match unit {
            EpochUnit::Seconds => at.as_secs().to_string(),
            EpochUnit::Milliseconds => at.as_millis().to_string(),
        });
        Err(refusal(429, "API rate limit exceeded"))
    } else {
        dispatch(
            &mut state,
            head.method.as_str(),
            head.uri.path(),
            &header("authorization"),
            &call,
        )
    };
    let errors_field = state.behaviour.errors_field;
    drop(state);
    let Reply { status, document } = handled.unwrap_or_else(|refusal| refusal);
    let mut response = Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("x-cs-region", "us-1")
        .header("x-cs-traceid", &trace)
        .header("x-ratelimit-limit", "6000")
        .header("x-ratelimit-remaining", "5999");
    if let Some(epoch) = limited {
        response = response.header("x-ratelimit-retryafter", epoch);
    }
    response
        .body(Body::from(complete(document, &trace, errors_field).to_string()))
        .unwrap_or_default()
}

fn dispatch(state: &mut State, method: &str, path: &str, authorization: &str, call: &Call) -> Handled {
    if (method, path) == ("POST", "/oauth2/token") {
        return token::issue(state, call);
    }
    let view = token::view(state, authorization)?;
    // Required even where there is no body.
    if call.content_type.split(';').next() != Some("application/json") {
        return Err(refusal(415, "content type must be application/json"));
    }
    match (method, path) {
        ("POST", "/user-management/entities/users/GET/v1") => users::by_id(state, call),
        ("GET", "/user-management/queries/users/v1") => users::query(state, call),
        ("GET", "/user-management/combined/user-roles/v2") => grants::list(state, &view, call),
        ("POST", "/user-management/entities/user-role-actions/v1") => grants::act(state, &view, call),
        ("GET", "/user-management/queries/roles/v1") => roles::ids(state, &view, call),
        ("POST", "/user-management/entities/roles/GET/v2") => roles::by_id(state, &view, call),
        _ => Err(refusal(404, "404: Page Not Found")),
    }
}

impl Call {
    /// The query's values for these names; any other name, and any name twice, is refused.
    pub fn parameters<const N: usize>(&self, names: [&str; N]) -> Result<[Option<String>; N], Reply> {
        let mut values = [const { None }; N];
        for (name, value) in &self.query {
            let at = names.iter().position(|known| known == name);
            match at {
                Some(at) if values[at].is_none() => values[at] = Some(value.clone()),
                _ => return Err(refusal(400, &format!("unexpected query parameter '{name}'"))),
            }
        }
        Ok(values)
    }

    /// The body as an object with these keys at most.
    pub fn object(&self, keys: &[&str]) -> Result<Map<String, Value>, Reply> {
        let Ok(Value::Object(fields)) = serde_json::from_slice(&self.body) else {
            return Err(refusal(400, "request body is not valid JSON"));
        };
        match fields.keys().find(|key| !keys.contains(&key.as_str())) {
            None => Ok(fields),
            Some(key) => Err(refusal(400, &format!("unknown field '{key}'"))),
        }
    }

    /// The `ids` of the reads that are POSTs.
    pub fn ids(&self) -> Result<Vec<String>, Reply> {
        let fields = self.object(&["ids"])?;
        let ids = strings(fields.get("ids")).ok_or_else(|| refusal(400, "ids must be an array of strings"))?;
        if ids.is_empty() || ids.len() > 5_000 {
            return Err(refusal(400, "between 1 and 5000 ids are required"));
        }
        Ok(ids)
    }

    pub fn no_body(&self) -> Result<(), Reply> {
        if self.body.is_empty() {
            Ok(())
        } else {
            Err(refusal(400, "unexpected request body"))
        }
    }
}

pub fn strings(value: Option<&Value>) -> Option<Vec<String>> {
    value?
        .as_array()?
        .iter()
        .map(|item| item.as_str().map(str::to_owned))
        .collect()
}

/// `limit` and `offset` of a page.
pub fn page(limit: Option<&str>, offset: Option<&str>) -> Result<(usize, usize), Reply> {
    let number = |text: Option<&str>, default: usize| match text {
        None => Ok(default),
        Some(text) => text
            .parse()
            .map_err(|_| refusal(400, "limit and offset must be numbers")),
    };
    let (limit, offset) = (number(limit, 100)?, number(offset, 0)?);
    if !(1..=500).contains(&limit) {
        return Err(refusal(400, "limit must be between 1 and 500"));
    }
    Ok((limit, offset))
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
fn complete(mut document: Value, trace: &str, errors_field: ErrorsField) -> Value {
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
        meta.insert(String::from("powered_by"), json!("cs.flightcontrolapi"));
        meta.insert(String::from("trace_id"), json!(trace));
    }
    if !fields.contains_key("errors") {
        match errors_field {
            ErrorsField::Empty => fields.insert(String::from("errors"), json!([])),
            ErrorsField::Null => fields.insert(String::from("errors"), Value::Null),
            ErrorsField::Absent => None,
        };
    }
    document
}
