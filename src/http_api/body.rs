//! The request's body: content type, size, JSON.

use serde_json::{Map, Value};

use crate::{contract::json::unique::Unique, transport::brief};

use super::{Checked, InboundBody, envelope::Rejection};

/// Parses the body as a JSON object. An absent body is an empty object, because all parameters can be in the query.
pub fn read(headers: &[(String, String)], body: InboundBody) -> Checked<Map<String, Value>> {
    let bytes = match body {
        InboundBody::Whole(bytes) => bytes,
        InboundBody::TooLarge => {
            return Err(Rejection::new(
                413,
                "body_too_large",
                format!("the body is longer than {} bytes", super::BODY_LIMIT),
            ));
        }
        InboundBody::Broken(why) => {
            return Err(Rejection::field(
                "body",
                format!("the body could not be read: {}", brief(&why)),
            ));
        }
    };
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    let content_type = headers
        .iter()
        .find(|(name, _)| name == "content-type")
        .map_or("", |(_, value)| value);
    if !is_json(content_type) {
        return Err(Rejection::new(
            415,
            "unsupported_media_type",
            "the content type must be application/json",
        ));
    }
    match serde_json::from_slice(&bytes).map(|Unique(value)| value) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Rejection::field("body", "the body must be a JSON object")),
        // This message is this crate's own and contains no value.
        Err(error) if error.is_data() => Err(Rejection::field("body", format!("the body is ambiguous: {error}"))),
        Err(error) => Err(Rejection::field(
            "body",
            format!(
                "the body is not JSON (line {}, column {})",
                error.line(),
                error.column()
            ),
        )),
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}
