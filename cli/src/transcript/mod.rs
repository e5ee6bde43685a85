//! What an administrator can send in where a provider behaves unlike its page: the shape of every exchange, by allow-list. Names that
//! the operation itself reads stay; every other name is numbered, and every value becomes its type and length.

mod known;
mod shape;

use std::{
    io::Write,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use host::egress::{Error, Watch};
use serde_json::{Map, Value, json};

use self::{
    known::{HEADERS, MEDIA_TYPES, is_known_origin, is_path_word},
    shape::{Names, of_json, of_text},
};

/// Writes one JSON line an exchange.
pub struct Transcript<W> {
    inner: Mutex<Inner<W>>,
    provider: String,
}

struct Inner<W> {
    output: W,
    names: Names,
    count: usize,
    failed: Option<std::io::Error>,
}

impl<W: Write + Send> Transcript<W> {
    /// An empty transcript of exchanges with this provider.
    pub fn new(output: W, provider: &str) -> Self {
        Self {
            inner: Mutex::new(Inner {
                output,
                names: Names::default(),
                count: 0,
                failed: None,
            }),
            provider: provider.to_owned(),
        }
    }

    /// How many exchanges were written, or why not all of them.
    pub fn end(&self) -> std::io::Result<usize> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        match inner.failed.take() {
            Some(error) => Err(error),
            None => Ok(inner.count),
        }
    }
}

impl<W: Write + Send> Watch for Transcript<W> {
    fn exchanged(&self, request: &http::Request<Bytes>, answer: Result<&http::Response<Bytes>, &Error>) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = &mut *inner;
        inner.count += 1;
        let line = json!({
            "n": inner.count,
            "provider": self.provider,
            "request": of_request(request, &mut inner.names),
            "answer": match answer {
                Ok(answer) => of_answer(answer, &mut inner.names),
                Err(error) => json!({"failed": kind_of(error)}),
            },
        });
        if let Err(error) = writeln!(inner.output, "{line}").and_then(|()| inner.output.flush()) {
            inner.failed.get_or_insert(error);
        }
    }
}

fn of_request(request: &http::Request<Bytes>, names: &mut Names) -> Value {
    let uri = request.uri();
    let origin = format!(
        "{}://{}",
        uri.scheme_str().unwrap_or_default(),
        uri.authority().map_or("", |authority| authority.as_str())
    );
    let path: Vec<&str> = uri
        .path()
        .split('/')
        .map(|word| if is_path_word(word) { word } else { "{}" })
        .collect();
    let query: Vec<Value> = uri.query().map(|query| of_pairs(query, names)).unwrap_or_default();
    json!({
        "method": request.method().as_str(),
        "origin": if is_known_origin(&origin) { origin.as_str() } else { "of its own" },
        "path": path.join("/"),
        "query": query,
        "headers": of_headers(request.headers()),
        "body": of_body(request.headers(), request.body(), names),
    })
}

fn of_answer(answer: &http::Response<Bytes>, names: &mut Names) -> Value {
    json!({
        "status": answer.status().as_u16(),
        "headers": of_headers(answer.headers()),
        "body": of_body(answer.headers(), answer.body(), names),
    })
}

/// Names of the allow-list only, with the type of their values.
fn of_headers(headers: &http::HeaderMap) -> Value {
    let mut shown = Map::new();
    for name in HEADERS {
        if let Some(value) = headers.get(name) {
            let value = value.to_str().unwrap_or_default();
            let value = if name == "content-type" {
                media_type(value).to_owned()
            } else {
                of_text(value)
            };
            shown.insert(name.to_owned(), Value::String(value));
        }
    }
    Value::Object(shown)
}

fn media_type(value: &str) -> &'static str {
    let value = value.split(';').next().unwrap_or_default().trim();
    MEDIA_TYPES
        .iter()
        .find(|known| known.eq_ignore_ascii_case(value))
        .copied()
        .unwrap_or("another one")
}

fn of_body(headers: &http::HeaderMap, body: &Bytes, names: &mut Names) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    if let Ok(document) = serde_json::from_slice::<Value>(body) {
        return of_json(&document, names);
    }
    let text = String::from_utf8_lossy(body);
    let kind = headers
        .get("content-type")
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    if media_type(kind) == "application/x-www-form-urlencoded" {
        return Value::Array(of_pairs(&text, names));
    }
    Value::String(of_text(&text))
}

fn of_pairs(text: &str, names: &mut Names) -> Vec<Value> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            json!([names.shown(name), of_text(value)])
        })
        .collect()
}

/// The kind of a failure, without what it says.
fn kind_of(error: &Error) -> String {
    let text = format!("{error:?}");
    text.chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(request: http::Request<&'static str>, answer: http::Response<&'static str>) -> (String, Value) {
        let transcript = Transcript::new(Vec::new(), "crowdstrike");
        let request = request.map(|body| Bytes::from_static(body.as_bytes()));
        let answer = answer.map(|body| Bytes::from_static(body.as_bytes()));
        transcript.exchanged(&request, Ok(&answer));
        assert_eq!(transcript.end().unwrap(), 1);
        let text = String::from_utf8(transcript.inner.into_inner().unwrap().output).unwrap();
        let value = serde_json::from_str(&text).unwrap();
        (text, value)
    }

    #[test]
    fn only_known_names_stay_and_no_value_does() {
        let request = http::Request::post(
            "https://sesame.example:8443/user-management/entities/users/sesame/v1?cid=sesame&sesame=sesame",
        )
        .header("authorization", "Bearer sesame")
        .header("x-sesame", "sesame")
        .header("content-type", "application/json; sesame=1")
        .body(r#"{"role_id": "sesame", "sesame": {"uid": "sesame", "sesame": 7}}"#)
        .unwrap();
        let answer = http::Response::builder()
            .status(403)
            .header("content-type", "text/sesame")
            .header("x-ratelimit-remaining", "17")
            .body(r#"{"errors": [{"message": "sesame", "code": 403}, {"message": "sesame again", "code": 404}], "resources": null}"#)
            .unwrap();
        let (text, value) = written(request, answer);
        assert!(!text.contains("sesame"), "{text}");
        assert_eq!(value["request"]["path"], "/user-management/entities/users/{}/v1");
        assert_eq!(
            value["request"]["query"],
            json!([["cid", "text of 1 to 8"], ["key_1", "text of 1 to 8"]])
        );
        assert_eq!(
            value["request"]["body"],
            json!({"role_id": "text of 1 to 8", "key_1": {"uid": "text of 1 to 8", "key_1": "number"}}),
            "one name, one number"
        );
        assert_eq!(
            value["answer"]["headers"],
            json!({"content-type": "another one", "x-ratelimit-remaining": "number"})
        );
        assert_eq!(
            value["answer"]["body"]["errors"],
            json!(["list of 1 to 8", {"message": "text of 1 to 8", "code": "number"}, {"message": "text of 9 to 32", "code": "number"}])
        );
    }

    #[test]
    fn documented_error_codes_stay_and_other_texts_in_their_place_do_not() {
        let answer = |body: &'static str| {
            let request = http::Request::post("https://slack.com/api/admin.roles.listAssignments")
                .header("content-type", "application/x-www-form-urlencoded")
                .body("team_id=sesame&sesame=1")
                .unwrap();
            written(request, http::Response::new(body)).1
        };
        let known = answer(r#"{"ok": false, "error": "missing_scope", "needed": "admin.roles:read"}"#);
        assert_eq!(
            known["answer"]["body"],
            json!({"ok": "true or false", "error": "missing_scope", "needed": "text of 9 to 32"})
        );
        assert_eq!(known["request"]["origin"], "https://slack.com");
        assert_eq!(known["request"]["path"], "/api/admin.roles.listAssignments");
        assert_eq!(
            known["request"]["body"],
            json!([["team_id", "text of 1 to 8"], ["key_1", "number"]])
        );
        assert_eq!(
            answer(r#"{"error": "sesame"}"#)["answer"]["body"],
            json!({"error": "text of 1 to 8"})
        );
        assert_eq!(answer("<html>sesame</html>")["answer"]["body"], "text of 9 to 32");
    }
}
