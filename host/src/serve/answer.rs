//! The service's own answers.

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER},
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

/// An error with the fields that every error of the component has.
pub fn error(status: StatusCode, code: &'static str, message: &str) -> Response<WasiBody> {
    let body = json!({"statusCode": status.as_u16(), "error": code, "message": message});
    let mut response = text(status, "application/json", body.to_string());
    response
        .headers_mut()
        .insert("x-error-code", HeaderValue::from_static(code));
    response
}

/// A call that was not begun: another one may be, in a second.
pub fn unavailable(code: &'static str, message: &str) -> Response<WasiBody> {
    let mut response = error(StatusCode::SERVICE_UNAVAILABLE, code, message);
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// The connection ends with this answer.
pub fn last(mut response: Response<WasiBody>) -> Response<WasiBody> {
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
