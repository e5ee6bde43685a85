//! The service's own answers. Its errors have the fields and headers that every error of the component has.

use std::hash::{BuildHasher, Hasher, RandomState};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
};
use http_body_util::{BodyExt, Full};
use serde_json::json;
use wasmtime_wasi_http::WasiBody;

/// A text.
pub fn text(status: StatusCode, content_type: &'static str, text: impl Into<Bytes>) -> Response<WasiBody> {
    let body = Full::new(text.into()).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// What a caller has to know of a call that failed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fate {
    /// The same call can succeed, in a second.
    pub retryable: bool,
    /// A request that writes may have reached a provider.
    pub sent: bool,
}

/// An error. Its request id is added by [`identify`].
pub fn error(status: StatusCode, code: &'static str, message: &str, fate: Fate) -> Response<WasiBody> {
    let body = json!({
        "statusCode": status.as_u16(), "error": status.canonical_reason(), "message": message, "error_code": code,
        "retryable": fate.retryable, "sent": fate.sent,
    });
    let mut response = text(status, "application/json; charset=utf-8", body.to_string());
    let headers = response.headers_mut();
    headers.insert(ERROR_CODE, HeaderValue::from_static(code));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if fate.retryable {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// A call that was not begun.
pub fn unavailable(code: &'static str, message: &str) -> Response<WasiBody> {
    let fate = Fate {
        retryable: true,
        sent: false,
    };
    error(StatusCode::SERVICE_UNAVAILABLE, code, message, fate)
}

/// The request id of a caller, if it is harmless, or one of our own.
pub fn request_id(headers: &HeaderMap) -> HeaderValue {
    let is_harmless = |id: &HeaderValue| {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        (1..=64).contains(&id.len()) && id.as_bytes().iter().all(is_plain)
    };
    match headers.get(REQUEST_ID).filter(|id| is_harmless(id)) {
        Some(id) => id.clone(),
        // The standard library seeds each of these anew. It names a line of the log, and guards nothing.
        None => HeaderValue::from(RandomState::new().build_hasher().finish()),
    }
}

/// Names the request in an answer that does not yet.
pub fn identify(mut response: Response<WasiBody>, request_id: HeaderValue) -> Response<WasiBody> {
    response.headers_mut().entry(REQUEST_ID).or_insert(request_id);
    response
}

const ERROR_CODE: HeaderName = HeaderName::from_static("x-error-code");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The connection ends with this answer.
pub fn last(mut response: Response<WasiBody>) -> Response<WasiBody> {
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_error_has_what_every_error_of_the_component_has() {
        let fate = Fate {
            retryable: true,
            sent: true,
        };
        let failed = error(StatusCode::INTERNAL_SERVER_ERROR, "component_failed", "why", fate);
        let (head, body) = identify(failed, request_id(&HeaderMap::new())).into_parts();
        let body: serde_json::Value = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
        assert_eq!(
            body,
            json!({"statusCode": 500, "error": "Internal Server Error", "message": "why", "error_code": "component_failed",
                   "retryable": true, "sent": true})
        );
        for (name, value) in [
            ("x-error-code", "component_failed"),
            ("retry-after", "1"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(head.headers[name], value);
        }
        assert!(!head.headers["x-request-id"].is_empty());
        let final_one = error(StatusCode::BAD_REQUEST, "malformed_address", "why", Fate::default());
        assert!(final_one.headers().get("retry-after").is_none());
    }

    #[test]
    fn a_callers_request_id_is_kept_if_it_is_harmless() {
        let id = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_bytes(text.as_bytes()).unwrap());
            request_id(&headers)
        };
        assert_eq!(id("job-7.a_b"), "job-7.a_b");
        for odd in ["a b", "", "a\u{e9}", &"a".repeat(65)] {
            assert_ne!(id(odd), odd);
        }
        assert_ne!(request_id(&HeaderMap::new()), request_id(&HeaderMap::new()));
    }
}
