//! What an answer says besides its status: a status of success is not enough.

use std::cell::OnceCell;

use serde_json::value::RawValue;

use super::{
    Answer,
    lenient::{Fields, FromJson, Number, elements},
};

/// What an answer with a status of success says of the call.
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
        *self.acknowledgement.get_or_init(|| self.read_acknowledgement())
    }

    fn read_acknowledgement(&self) -> Acknowledgement {
        let text = self.text();
        let Ok(fields) = Fields::of(&text) else {
            let is_document = text.trim().is_empty() || serde_json::from_str::<&RawValue>(&text).is_ok();
            return if is_document {
                Acknowledgement::Given
            } else {
                Acknowledgement::NoDocument
            };
        };
        let (mut code, mut has_error) = (code_of(&fields), false);
        for (key, value) in fields.iter() {
            if matches!(key, "error" | "errors" | "errorMessage") && !is_blank(value) {
                has_error = true;
                code = code.or_else(|| code_of_error(value));
            }
        }
        if has_error || code.is_some() {
            Acknowledgement::Denied(code)
        } else {
            Acknowledgement::Given
        }
    }

    /// Whether a read has what was asked for: a success without an error inside.
    pub fn is_given(&self) -> bool {
        self.is_success() && !matches!(self.acknowledgement(), Acknowledgement::Denied(_))
    }

    /// The error inside a success without the document beside it, which may be other people's. Any other answer as it is.
    #[must_use]
    pub fn error_only(&self) -> Self {
        if self.is_success() {
            self.without_document()
        } else {
            self.clone()
        }
    }

    /// The error in an object and nothing beside it. A success that is no object says nothing of an error.
    #[must_use]
    pub(super) fn without_document(&self) -> Self {
        let mut shown = self.clone();
        shown.body = match Fields::of(&self.text()) {
            Ok(fields) => {
                let errors = fields.iter().filter(|(key, _)| is_code(key) || is_error(key));
                let errors: Vec<String> = errors
                    .map(|(key, value)| format!("\"{key}\":{}", value.get()))
                    .collect();
                format!("{{{}}}", errors.join(",")).into_bytes()
            }
            Err(_) if self.is_success() => Vec::new(),
            Err(_) => return shown,
        };
        shown.acknowledgement = OnceCell::new();
        shown.meaning.set(None);
        shown
    }

    /// The status that it means: that of an error's code inside a success.
    pub fn meaning(&self) -> u16 {
        match self.is_success().then(|| self.acknowledgement()) {
            Some(Acknowledgement::Denied(Some(code))) => code,
            _ => self.status,
        }
    }
}

fn is_code(key: &str) -> bool {
    matches!(key, "code" | "errorCode" | "error_code" | "status" | "statusCode")
}

/// What an error is written with, besides its code: Slack's has what is needed and what the token has.
fn is_error(key: &str) -> bool {
    matches!(
        key,
        "ok" | "error" | "errors" | "errorMessage" | "error_description" | "message" | "needed" | "provided"
    )
}

/// The status that an object names as a code.
fn code_of(fields: &Fields<'_>) -> Option<u16> {
    let mut codes = fields.iter().filter(|(key, _)| is_code(key));
    codes.find_map(|(_, value)| error_status(value))
}

/// The status that an error names: it is the code, or has one, or one of several errors has.
fn code_of_error(error: &RawValue) -> Option<u16> {
    let of_one = |error: &RawValue| error_status(error).or_else(|| code_of(&Fields::of(error.get()).ok()?));
    let several = elements(error.get()).unwrap_or_default();
    of_one(error).or_else(|| several.into_iter().find_map(of_one))
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
            (r#"{"errors": [{}, {"code": 503}]}"#, Some(503)),
            (r#"{"error": {"code": "404", "message": "no"}}"#, Some(404)),
            (r#"{"results": [], "error": 500}"#, Some(500)),
            (r#"{"errorMessage": "no", "errorCode": "E7"}"#, None),
            (r#"{"code": 200, "code": 500}"#, Some(500)),
        ] {
            assert_eq!(of(body), Acknowledgement::Denied(code), "{body}");
        }
        for body in ["<html>Sign in</html>", "{", "OK"] {
            assert_eq!(of(body), Acknowledgement::NoDocument, "{body}");
        }
    }

    #[test]
    fn only_an_error_inside_a_success_changes_what_a_status_means() {
        for (status, body, meaning, is_given) in [
            (200, r#"{"results": []}"#, 200, true),
            (200, r#"{"results": [], "code": 404}"#, 404, false),
            (200, r#"{"results": [], "error": "internal"}"#, 200, false),
            (404, r#"{"code": 500}"#, 404, false),
        ] {
            let answer = Answer {
                status,
                body: body.as_bytes().to_vec(),
                ..Answer::of_headers(Vec::new())
            };
            assert_eq!((answer.meaning(), answer.is_given()), (meaning, is_given), "{body}");
        }
    }

    #[test]
    fn an_error_is_shown_without_the_document_beside_it() {
        let body = r#"{"results": [{"email": "root@example.com"}], "code": 500, "message": "no"}"#;
        let shown = |status| {
            let answer = Answer {
                status,
                body: body.as_bytes().to_vec(),
                ..Answer::of_headers(Vec::new())
            };
            String::from_utf8(answer.error_only().body).unwrap()
        };
        assert_eq!(shown(200), r#"{"code":500,"message":"no"}"#);
        assert_eq!(shown(500), body);
        let slack = Answer {
            body: br#"{"ok": false, "error": "users_not_found", "needed": "a:b", "user": {"id": "U2"}}"#.to_vec(),
            ..Answer::of_headers(Vec::new())
        };
        let shown = String::from_utf8(slack.error_only().body).unwrap();
        assert_eq!(shown, r#"{"ok":false,"error":"users_not_found","needed":"a:b"}"#);
    }
}
