//! The request's body: content type, size, JSON.

use serde_json::{Map, Value};

use crate::{contract::json::unique::Unique, transport::brief};

use super::{Checked, InboundBody, envelope::Rejection, inbound::LIMIT_BESIDE_PLAN};

/// Parses the body as a JSON object. An absent body is an empty object, because all parameters can be in the query.
pub fn read(headers: &[(String, String)], body: InboundBody) -> Checked<Map<String, Value>> {
    let bytes = match body {
        InboundBody::Whole(bytes) if length_beside_plan(&bytes) <= LIMIT_BESIDE_PLAN => bytes,
        InboundBody::Whole(_) | InboundBody::TooLarge => {
            return Err(Rejection::new(
                413,
                "body_too_large",
                format!("the body is longer than {LIMIT_BESIDE_PLAN} bytes, without a plan that it sends back"),
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
    let text = str::from_utf8(&bytes).map_err(|_| Rejection::field("body", "the body is not JSON: it is not UTF-8"))?;
    match serde_json::from_str(text).map(|Unique(value)| value) {
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

/// Within a text, the closing quote would have a backslash before it.
const NAME: &[u8] = b"\"plan\"";

/// Bytes of a body without the text of `plan`, if it has one.
fn length_beside_plan(body: &[u8]) -> usize {
    if body.len() <= LIMIT_BESIDE_PLAN {
        return body.len();
    }
    let windows = body.windows(NAME.len()).enumerate();
    let named = windows.filter(|(_, bytes)| *bytes == NAME);
    let texts = named.filter_map(|(at, _)| {
        let rest = body.get(at.saturating_add(NAME.len())..)?;
        let value = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
        value.strip_prefix(b"\"")
    });
    body.len()
        .saturating_sub(texts.map(length_of_text).max().unwrap_or_default())
}

/// Bytes up to the quote that ends a JSON text.
fn length_of_text(text: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = text.iter().position(|byte| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    });
    end.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(body: String) -> u16 {
        let headers = [(String::from("content-type"), String::from("application/json"))];
        let read = read(&headers, InboundBody::Whole(body.into_bytes()));
        read.err().map_or(200, |rejection| rejection.status())
    }

    #[test]
    fn only_the_text_of_a_plan_makes_a_body_longer() {
        let long = "\\\"".repeat(LIMIT_BESIDE_PLAN / 2);
        let plan =
            |beside: usize| json!({"options": {"binding": {"plan": long}}, "id": "x".repeat(beside)}).to_string();
        assert_eq!(status(plan(1)), 200);
        assert_eq!(status(plan(1).replace(r#""plan":""#, "\"plan\" :\n \"")), 200);
        assert_eq!(
            status(format!(
                r#"{{"id": "plan", {}"#,
                &plan(1)[1..].replace("\"id\"", "\"of\"")
            )),
            200
        );
        assert_eq!(status(plan(LIMIT_BESIDE_PLAN)), 413);
        assert_eq!(status(json!({"planned": long}).to_string()), 413);
        assert_eq!(status(json!({"id": format!("\"plan\":\"{long}")}).to_string()), 413);
        assert_eq!(status(json!({"plan": [long]}).to_string()), 413);
    }
}
