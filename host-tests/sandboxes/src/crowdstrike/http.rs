//! The API's edge: which paths there are, what a request must look like, and the shape of every answer.

use axum::{body::Body, extract::Request, response::Response};
use bytes::Bytes;
use http::{HeaderMap, request::Parts};
use http_body_util::{BodyExt, Limited};
use serde_json::{Map, Value, json};

use super::{CrowdStrike, ErrorsField, behaviour::EpochUnit, grants, roles, state::State, token, users};

const TOKEN: &str = "/oauth2/token";
pub const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Five thousand ids fit well; more is no request of this API.
const LARGEST_BODY: usize = 1_048_576;

/// A request, read whole.
pub struct Call {
    pub query: Vec<(String, String)>,
    pub body: Bytes,
    pub content_type: String,
}

/// An answer's status and document.
pub struct Reply {
    pub status: u16,
    pub document: Value,
}

/// `Err` is a refusal; both are answers.
pub type Handled = Result<Reply, Reply>;

pub async fn answer(sandbox: CrowdStrike, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await;
    let mut state = sandbox.state();
    state.settle();
    state.calls += 1;
    let trace = format!("trace-{:04}", state.calls);
    let mut limited = None;
    let handled = if let Some((wait, unit)) = state.behaviour.limits() {
        let at = state.clock.unix() + wait;
        limited = Some(match unit {
            EpochUnit::Seconds => at.as_secs().to_string(),
            EpochUnit::Millis => at.as_millis().to_string(),
        });
        Err(refusal(429, "API rate limit exceeded"))
    } else if let Ok(body) = body {
        let call = Call {
            query: form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect(),
            body: body.to_bytes(),
            content_type: single(&head.headers, "content-type").to_owned(),
        };
        dispatch(&mut state, &head, &call)
    } else {
        Err(refusal(400, "request body could not be read or is too large"))
    };
    let errors_field = state.behaviour.errors_field;
    drop(state);
    let Reply { status, document } = handled.unwrap_or_else(|refusal| refusal);
    let powered_by = if head.uri.path() == TOKEN {
        "csam"
    } else {
        "cs.flightcontrolapi"
    };
    let mut response = Response::builder()
        .status(status)
        .header("content-type", JSON)
        .header("x-cs-region", "us-1")
        .header("x-cs-traceid", &trace)
        .header("x-ratelimit-limit", "6000")
        .header("x-ratelimit-remaining", if limited.is_some() { "0" } else { "5999" });
    if let Some(epoch) = limited {
        response = response.header("x-ratelimit-retryafter", epoch);
    }
    response
        .body(Body::from(
            complete(document, powered_by, &trace, errors_field).to_string(),
        ))
        .unwrap_or_default()
}

/// What is not listed does not exist; that includes the deprecated calls.
fn dispatch(state: &mut State, head: &Parts, call: &Call) -> Handled {
    let (method, path) = (head.method.as_str(), head.uri.path());
    if (method, path) == ("POST", TOKEN) {
        return token::issue(state, call);
    }
    let view = token::view(state, single(&head.headers, "authorization"))?;
    // Required even where there is no body.
    if !is_media_type(&call.content_type, JSON) {
        return Err(refusal(400, &format!("content type must be {JSON}")));
    }
    match (method, path) {
        ("POST", "/user-management/entities/users/GET/v1") => users::by_id(state, &view, call),
        ("GET", "/user-management/queries/users/v1") => users::query(state, &view, call),
        ("GET", "/user-management/combined/user-roles/v2") => grants::list(state, &view, call),
        ("POST", "/user-management/entities/user-role-actions/v1") => grants::act(state, &view, call),
        ("GET", "/user-management/queries/roles/v1") => roles::ids(state, &view, call),
        ("POST", "/user-management/entities/roles/GET/v2") => roles::by_id(state, &view, call),
        _ => Err(refusal(404, "404: Page Not Found")),
    }
}

/// A header's value; one that is sent twice, or is not text, counts as missing.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().unwrap_or_default(),
        _ => "",
    }
}

/// Whether a `Content-Type` names that type, whatever its parameters.
pub fn is_media_type(content_type: &str, wanted: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(wanted)
}

impl Call {
    /// The query's values for these names; any other name, and any name twice, is refused.
    pub fn parameters<const N: usize>(&self, names: [&str; N]) -> Result<[Option<String>; N], Reply> {
        pick(&self.query, names, "query parameter")
    }

    /// The same for a form.
    pub fn form<const N: usize>(&self, names: [&str; N]) -> Result<[Option<String>; N], Reply> {
        let fields: Vec<(String, String)> = form_urlencoded::parse(&self.body).into_owned().collect();
        pick(&fields, names, "form field")
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
fn complete(mut document: Value, powered_by: &str, trace: &str, errors_field: ErrorsField) -> Value {
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
    if !fields.contains_key("errors") {
        match errors_field {
            ErrorsField::Empty => fields.insert(String::from("errors"), json!([])),
            ErrorsField::Null => fields.insert(String::from("errors"), Value::Null),
            ErrorsField::Absent => None,
        };
    }
    document
}
