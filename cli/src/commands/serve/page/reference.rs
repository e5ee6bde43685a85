//! The API reference's own files, which are not part of this project. A released command carries them; otherwise `make page` gets them
//! from npm's registry, with their checksum, into `target/page`.

use std::{
    borrow::Cow,
    fs,
    path::{Path, PathBuf},
};

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

/// Path, content type and name.
pub const FILES: [(&str, &str, &str); 2] = [
    ("/page/swagger-ui-bundle.js", "text/javascript; charset=utf-8", SCRIPT),
    ("/page/swagger-ui.css", "text/css; charset=utf-8", STYLE),
];

const SCRIPT: &str = "swagger-ui-bundle.js";
const STYLE: &str = "swagger-ui.css";

/// The files inside this program, if it carries them.
#[cfg(feature = "reference")]
const CARRIED: &[(&str, &[u8])] = &[
    (
        SCRIPT,
        include_bytes!(concat!(env!("UNASSIGN_ROLE_PAGE"), "/swagger-ui-bundle.js")),
    ),
    (
        STYLE,
        include_bytes!(concat!(env!("UNASSIGN_ROLE_PAGE"), "/swagger-ui.css")),
    ),
];
#[cfg(not(feature = "reference"))]
const CARRIED: &[(&str, &[u8])] = &[];

/// One of the files: of the folder that `UNASSIGN_ROLE_PAGE` names, else the one that this program carries, else of `target/page`.
pub fn file(name: &str, kind: &'static str) -> Response {
    match bytes(
        name,
        std::env::var_os("UNASSIGN_ROLE_PAGE").map(PathBuf::from).as_deref(),
    ) {
        Some(bytes) => ([(header::CONTENT_TYPE, kind)], bytes.into_owned()).into_response(),
        None if name == SCRIPT => ([(header::CONTENT_TYPE, kind)], stand_in()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn bytes(name: &str, chosen: Option<&Path>) -> Option<Cow<'static, [u8]>> {
    if let Some(folder) = chosen {
        return fs::read(folder.join(name)).ok().map(Cow::Owned);
    }
    let carried = CARRIED.iter().find(|(carried, _)| *carried == name);
    match carried {
        Some((_, bytes)) => Some(Cow::Borrowed(bytes)),
        None => fs::read(built()?.join(name)).ok().map(Cow::Owned),
    }
}

/// Where `make page` puts them. A released command has no such place.
fn built() -> Option<PathBuf> {
    if cfg!(feature = "embedded") {
        return None;
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    Some(workspace.join(target).join("page"))
}

/// The script where there is none.
fn stand_in() -> String {
    let remedy = if cfg!(feature = "embedded") {
        "this command was built without it. Set UNASSIGN_ROLE_PAGE to the folder of swagger-ui-dist from npm"
    } else {
        "run `make page` and reload"
    };
    format!(
        "document.getElementById('reference').textContent = \
         'The API reference is not here: {remedy}. /openapi.json has the document itself.'; \
         window.SwaggerUIBundle = () => ({{ preauthorizeApiKey() {{}} }});"
    )
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[test]
    fn a_named_folder_comes_first_and_what_it_lacks_is_missing() {
        let folder = std::env::temp_dir().join(format!("unassign-role-reference-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(STYLE), "body {}").unwrap();
        assert_eq!(bytes(STYLE, Some(&folder)).as_deref(), Some(b"body {}".as_slice()));
        assert_eq!(bytes(SCRIPT, Some(&folder)), None);
        fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn a_page_without_the_reference_says_what_to_do() {
        let script = stand_in();
        assert!(
            script.contains("make page") || script.contains("UNASSIGN_ROLE_PAGE"),
            "{script}"
        );
        assert_eq!(script.matches('\'').count(), 4, "no quote ends a text early: {script}");
        if cfg!(feature = "reference") {
            let answer = file(SCRIPT, "text/javascript");
            let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            assert!(body.len() > 100_000, "{} bytes", body.len());
        }
    }
}
