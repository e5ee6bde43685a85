//! The success body.

use serde_json::{Map, Value};

use crate::{contract::types::Success, json, timestamp};

use super::{Envelope, Format, outcome_counts};

/// Status, headers and body.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// Fields of the schema that `normalized` shows as null where the provider has none …
const SCALARS: &[&str] = &[
    "external_id",
    "identifiers",
    "first_name",
    "last_name",
    "title",
    "name",
    "username",
    "status",
    "is_email_verified",
    "is_2fa_enabled",
    "user_type",
    "avatar",
    "timezone",
    "bio",
    "created_at",
    "updated_at",
    "last_active_at",
    "last_login_at",
    "status_changed_at",
    "activated_at",
];

/// … and as an empty list.
const LISTS: &[&str] = &[
    "emails",
    "phones",
    "roles",
    "organizations",
    "licenses",
    "groups",
    "workspaces",
    "languages",
    "urls",
];

/// The answer to an operation that succeeded.
pub fn of_success(
    success: Success,
    format: Format,
    exclude: &[String],
    ignore_remote_data: bool,
    envelope: Envelope,
) -> Answer {
    let Success {
        user,
        outcomes,
        dry_run,
        planned_requests,
    } = success;
    let headers = vec![("x-role-outcomes", outcome_counts(&outcomes))];
    if !dry_run && matches!(format, Format::Raw | Format::Stream) {
        let document = user
            .remote_data
            .as_deref()
            .and_then(user_document)
            .unwrap_or(Value::Null);
        return Answer {
            status: 200,
            headers,
            body: document.to_string().into_bytes(),
        };
    }
    let mut body = match json::user(user) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    if format == Format::Normalized {
        body = normalized(body);
    }
    if ignore_remote_data {
        body.shift_remove("remote_data");
    }
    for field in exclude {
        body.shift_remove(field);
    }
    // Added last: no parameter can drop what was done.
    let outcomes = outcomes.into_iter().map(json::role_outcome).collect();
    body.insert(String::from("role_outcomes"), Value::Array(outcomes));
    if dry_run {
        body.insert(String::from("dry_run"), Value::Bool(true));
        let requests = planned_requests.into_iter().map(json::planned_request).collect();
        body.insert(String::from("planned_requests"), Value::Array(requests));
    }
    let body = match envelope {
        Envelope::Bare => Value::Object(body),
        Envelope::Result => serde_json::json!({"result": body}),
    };
    Answer {
        status: 200,
        headers,
        body: body.to_string().into_bytes(),
    }
}

/// The provider's own document of the user.
fn user_document(remote_data: &str) -> Option<Value> {
    serde_json::from_str::<Map<String, Value>>(remote_data)
        .ok()?
        .shift_remove("user")
}

/// Every field of the schema, timestamps in UTC, no provider documents.
fn normalized(mut fields: Map<String, Value>) -> Map<String, Value> {
    fields.shift_remove("remote_data");
    for (name, value) in &mut fields {
        if let (true, Value::String(text)) = (name.ends_with("_at"), &mut *value) {
            *text = timestamp::normalised(text);
        }
    }
    for name in SCALARS {
        fields.entry(*name).or_insert(Value::Null);
    }
    for name in LISTS {
        fields.entry(*name).or_insert_with(|| Value::Array(Vec::new()));
    }
    fields
}
