//! A request as every sandbox reads it: whole, with its query decoded.

use axum::extract::Request;
use bytes::Bytes;
use http::HeaderMap;
use http_body_util::{BodyExt, Limited};

/// No call of any of these providers needs more.
const LARGEST_BODY: usize = 1_048_576;

/// A request, read whole.
pub struct Received {
    pub method: String,
    pub path: String,
    /// `https://api.example.com`, as the request named it.
    pub origin: String,
    pub query: Vec<(String, String)>,
    headers: HeaderMap,
    /// Empty if it could not be read or is larger than a mebibyte; see [`Received::is_whole`].
    pub body: Bytes,
    pub is_whole: bool,
}

impl Received {
    pub async fn read(request: Request) -> Self {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, LARGEST_BODY).collect().await;
        // Over a socket the authority stands in a header, and the scheme nowhere.
        let host = head.headers.get("host").and_then(|host| host.to_str().ok());
        let authority = head.uri.authority().map(ToString::to_string);
        Self {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            origin: format!(
                "{}://{}",
                head.uri.scheme_str().unwrap_or("http"),
                authority.as_deref().or(host).unwrap_or_default()
            ),
            query: pairs(head.uri.query().unwrap_or_default().as_bytes()),
            headers: head.headers,
            is_whole: body.is_ok(),
            body: body.map(http_body_util::Collected::to_bytes).unwrap_or_default(),
        }
    }

    /// A header's value; one that is sent twice, or is not text, counts as missing.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        }
    }

    /// What follows the scheme in `Authorization`; schemes are compared without regard to case (RFC 9110, section 11.1).
    pub fn credentials(&self, scheme: &str) -> Option<&str> {
        let (given, credentials) = self.header("authorization")?.split_once(' ')?;
        given.eq_ignore_ascii_case(scheme).then_some(credentials)
    }

    /// Whether the body is JSON by its type, whatever the type's parameters.
    pub fn is_json(&self) -> bool {
        self.is_of_type("application/json")
    }

    /// Whether the body is a form by its type, whatever the type's parameters.
    pub fn is_form(&self) -> bool {
        self.is_of_type("application/x-www-form-urlencoded")
    }

    /// The fields of a form.
    pub fn form(&self) -> Vec<(String, String)> {
        pairs(&self.body)
    }

    /// The first value of a query parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        value_of(&self.query, name)
    }

    /// The parts of the path, not decoded.
    pub fn segments(&self) -> Vec<&str> {
        self.path.split('/').skip(1).collect()
    }

    fn is_of_type(&self, wanted: &str) -> bool {
        let given = self.header("content-type").unwrap_or_default();
        let essence = given.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case(wanted)
    }
}

/// The first value of that name.
pub fn value_of<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    async fn received(content_type: &str, body: &str) -> Received {
        let request = Request::builder()
            .uri("https://api.example.com/a/b?x=1&x=2&y=%2B")
            .header("content-type", content_type)
            .header("authorization", "bearer abc")
            .header("twice", "1")
            .header("twice", "2")
            .body(Body::from(body.to_owned()))
            .unwrap();
        Received::read(request).await
    }

    #[tokio::test]
    async fn a_media_type_is_read_without_its_parameters() {
        for (content_type, is_json, is_form) in [
            ("application/json", true, false),
            ("application/json;charset=utf-8", true, false),
            ("Application/JSON ; charset=UTF-8", true, false),
            ("application/x-www-form-urlencoded; charset=utf-8", false, true),
            ("application/jsonlines", false, false),
            ("", false, false),
        ] {
            let request = received(content_type, "").await;
            assert_eq!(
                (request.is_json(), request.is_form()),
                (is_json, is_form),
                "{content_type}"
            );
        }
    }

    #[tokio::test]
    async fn a_request_is_taken_apart() {
        let request = received("", "a=1&b=x+y").await;
        assert_eq!(request.origin, "https://api.example.com");
        assert_eq!(request.segments(), ["a", "b"]);
        assert_eq!((request.parameter("x"), request.parameter("y")), (Some("1"), Some("+")));
        assert_eq!(request.parameter("z"), None);
        assert_eq!(request.header("twice"), None);
        assert_eq!(request.credentials("Bearer"), Some("abc"));
        assert_eq!(request.credentials("Basic"), None);
        assert_eq!(value_of(&request.form(), "b"), Some("x y"));
        assert!(request.is_whole && !received("", &"x".repeat(LARGEST_BODY + 1)).await.is_whole);
    }
}
