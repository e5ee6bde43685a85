//! What the answer to a write says of it: a status of success is not enough.

use serde_json::value::RawValue;

use super::{
    Answer,
    lenient::{Fields, FromJson, Number, elements},
};

/// What an answer with a status of success says of the write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledgement {
    /// It is empty, or a document without an error.
    Given,
    /// It holds an error, with the status that the error's code means, if there is one.
    Denied(Option<u16>),
    /// It is not JSON: the page of a proxy.
    NoDocument,
}

impl Answer {
    /// For an answer with a status of success. Providers say what went wrong under `error` or `errors`, or with a code.
    pub fn acknowledgement(&self) -> Acknowledgement {
        let text = self.text();
        if text.trim().is_empty() {
            return Acknowledgement::Given;
        }
        let Ok(document) = serde_json::from_str::<&RawValue>(&text) else {
            return Acknowledgement::NoDocument;
        };
        let Ok(fields) = Fields::of(document.get()) else {
            return Acknowledgement::Given;
        };
        let (mut code, mut has_error) = (None, false);
        for (key, value) in fields.iter() {
            match key {
                "code" | "error_code" | "status" | "statusCode" => code = code.or_else(|| error_status(value)),
                "error" | "errors" => has_error |= !is_blank(value),
                _ => {}
            }
        }
        if has_error || code.is_some() {
            Acknowledgement::Denied(code)
        } else {
            Acknowledgement::Given
        }
    }
}

/// The status of an error that a code is. Other numbers are a provider's own.
fn error_status(value: &RawValue) -> Option<u16> {
    let code = Number::from_json(value).ok()?.as_u64()?;
    u16::try_from(code).ok().filter(|code| (400..600).contains(code))
}

fn is_blank(value: &RawValue) -> bool {
    let text = value.get();
    matches!(text, "null" | "false" | "\"\"" | "0")
        || elements(text).is_ok_and(|rows| rows.is_empty())
        || Fields::of(text).is_ok_and(|fields| fields.iter().next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Acknowledgement {
        let answer = Answer {
            body: body.as_bytes().to_vec(),
            ..Answer::of_headers(Vec::new())
        };
        answer.acknowledgement()
    }

    #[test]
    fn an_error_in_a_success_acknowledges_nothing() {
        for body in [
            "",
            " \r\n",
            "null",
            "[]",
            "{}",
            r#"{"_id": "5e", "roleNames": ["Help Desk"]}"#,
            r#"{"error": null, "errors": [ ], "code": 200, "status": "active"}"#,
            r#"{"errors": {}, "error": "", "error_code": 0}"#,
        ] {
            assert_eq!(of(body), Acknowledgement::Given, "{body}");
        }
        for (body, code) in [
            (r#"{"code": 403, "message": "no"}"#, Some(403)),
            (r#"{"error": "rate_limit_reached"}"#, None),
            (r#"{"error": "x", "error_code": 1}"#, None),
            (r#"{"error": "x", "statusCode": "429"}"#, Some(429)),
            (r#"{"errors": [{}]}"#, None),
        ] {
            assert_eq!(of(body), Acknowledgement::Denied(code), "{body}");
        }
        for body in ["<html>Sign in</html>", "{", "OK"] {
            assert_eq!(of(body), Acknowledgement::NoDocument, "{body}");
        }
    }
}
