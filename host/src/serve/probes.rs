//! `/livez`, `/readyz` and `/metrics`.

use std::sync::Arc;

use http::{Method, Response, StatusCode};
use serde_json::json;
use wasmtime_wasi_http::WasiBody;

use super::{answer, server::Shared};

/// The answer of a probe on the callers' address, which tells nobody what is wrong with the accounts; `None` for anything else.
pub fn public(shared: &Shared, method: &Method, path: &str) -> Option<Response<WasiBody>> {
    match (path, is_read(method)) {
        ("/livez", true) => Some(alive()),
        ("/readyz", true) => Some(ready(shared, false)),
        _ => None,
    }
}

/// The answer on the address of the metrics.
pub fn private(shared: &Arc<Shared>, method: &Method, path: &str) -> Response<WasiBody> {
    match (path, is_read(method)) {
        ("/livez", true) => alive(),
        ("/readyz", true) => ready(shared, true),
        ("/metrics", true) => answer::text(
            StatusCode::OK,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            shared.metrics.text(),
        ),
        _ => answer::error(
            StatusCode::NOT_FOUND,
            "unknown_path",
            "the path is not GET /metrics (nor /livez or /readyz)",
            answer::Fate::default(),
        ),
    }
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn alive() -> Response<WasiBody> {
    answer::text(StatusCode::OK, "application/json", r#"{"alive":true}"#)
}

fn ready(shared: &Shared, with_details: bool) -> Response<WasiBody> {
    let problems = shared.problems();
    if problems.is_empty() {
        return answer::text(StatusCode::OK, "application/json", r#"{"ready":true}"#);
    }
    let mut body = json!({"ready": false, "reasons": problems.iter().map(|(kind, _)| kind).collect::<Vec<_>>()});
    if with_details {
        body["details"] = problems
            .into_iter()
            .map(|(kind, detail)| (kind.to_owned(), serde_json::Value::from(detail)))
            .collect::<serde_json::Map<_, _>>()
            .into();
    }
    answer::text(StatusCode::SERVICE_UNAVAILABLE, "application/json", body.to_string())
}
