//! The API reference's own files. `make page` gets them from npm's registry, with its checksum, into `target/page`; they are not part
//! of this project.

use std::{
    fs,
    path::{Path, PathBuf},
};

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

/// Path, content type and name.
pub const FILES: [(&str, &str, &str); 2] = [
    (
        "/page/swagger-ui-bundle.js",
        "text/javascript; charset=utf-8",
        "swagger-ui-bundle.js",
    ),
    ("/page/swagger-ui.css", "text/css; charset=utf-8", "swagger-ui.css"),
];

/// Stands in for the script where it was not fetched.
const MISSING: &str = "document.getElementById('reference').textContent = \
    'The API reference is not here: run `make page` and reload. /openapi.json has the document itself.'; \
    window.SwaggerUIBundle = () => ({ preauthorizeApiKey() {} });";

/// One of the files.
pub fn file(name: &str, kind: &'static str) -> Response {
    match fs::read(folder().join(name)) {
        Ok(bytes) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        Err(_) if Path::new(name).extension().is_some_and(|kind| kind == "js") => {
            ([(header::CONTENT_TYPE, kind)], MISSING).into_response()
        }
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `UNASSIGN_ROLE_PAGE`, or where `make page` puts them.
fn folder() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = || std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    std::env::var_os("UNASSIGN_ROLE_PAGE").map_or_else(|| workspace.join(target()).join("page"), PathBuf::from)
}
