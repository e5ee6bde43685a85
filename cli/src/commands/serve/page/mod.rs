//! The page to try the operation at `/`, with the sandboxes' own state beside what the service says. It exists only with `--sandbox`;
//! the components never serve it.
//!
//! What it shows of people, roles and outcomes it gets from the service, as any client does. Under `/sandbox` is what no client has:
//! the providers' true state, and the signature of an approver whose key lives as long as this process.

mod reference;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use host::service::Service;
use serde::Deserialize;
use serde_json::{Value, json};
use unassign_role::approval::{Shown, Terms, sign};

use crate::commands::sandbox::{ACCOUNTS, APPROVER, Sandboxes, TOKEN};

/// The page's own files.
const FILES: [(&str, &str, &str); 6] = [
    ("/", HTML, include_str!("index.html")),
    ("/reference", HTML, include_str!("reference.html")),
    ("/page/style.css", "text/css; charset=utf-8", include_str!("style.css")),
    ("/page/app.js", SCRIPT, include_str!("app.js")),
    ("/page/reference.js", SCRIPT, include_str!("reference.js")),
    ("/page/icon.svg", "image/svg+xml", include_str!("icon.svg")),
];

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Nothing from elsewhere, and no script in the page's text. The API reference sets styles of its own and has its icons in its text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// How long an approval of the page is valid.
const LIFETIME: Duration = Duration::from_mins(10);

/// The page, and everything else from the service.
pub fn router(sandboxes: Arc<Sandboxes>, service: Service, address: SocketAddr) -> Router {
    let mut page = Router::new()
        .route("/sandbox/state", get(state))
        .route("/sandbox/approve", post(approve))
        .with_state(sandboxes);
    for (path, kind, text) in FILES {
        page = page.route(path, get(move || async move { ([(header::CONTENT_TYPE, kind)], text) }));
    }
    for (path, kind, name) in reference::FILES {
        page = page.route(path, get(move || async move { reference::file(name, kind) }));
    }
    page.layer(middleware::from_fn(move |request, next| {
        guarded(address, request, next)
    }))
    .fallback(move |request: Request| {
        let service = service.clone();
        async move { service.answer(request, address).await.map(axum::body::Body::new) }
    })
}

/// Refuses what another site may have made a browser ask for under a name of its own, and says what the page may load.
async fn guarded(address: SocketAddr, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let is_ours = host.is_none_or(|host| {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        name == "localhost" || name == address.ip().to_string() || name == format!("[{}]", address.ip())
    });
    if !is_ours {
        let why = "the page answers only to the address that it is served on, or to localhost";
        return refusal(StatusCode::MISDIRECTED_REQUEST, why);
    }
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// The accounts, their people, and what the provider itself has.
async fn state(State(sandboxes): State<Arc<Sandboxes>>) -> Json<Value> {
    let accounts = ACCOUNTS.map(|id| {
        json!({
            "id": id,
            "people": Sandboxes::users(id),
            "holds": sandboxes.holdings(id),
        })
    });
    Json(json!({"token": TOKEN, "accounts": accounts}))
}

/// A plan to be signed.
#[derive(Deserialize)]
struct ToApprove {
    plan: String,
}

async fn approve(State(sandboxes): State<Arc<Sandboxes>>, Json(ToApprove { plan }): Json<ToApprove>) -> Response {
    let shown = match Shown::of(&plan) {
        Ok(shown) => shown,
        Err(why) => return refusal(StatusCode::BAD_REQUEST, &why),
    };
    let mut nonce = [0; 16];
    if getrandom::fill(&mut nonce).is_err() {
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, "the system gives no random numbers");
    }
    let terms = Terms {
        reference: String::from("try-it page"),
        issued_at: sandboxes.demo.clock.unix(),
        lifetime: LIFETIME,
        nonce,
    };
    match sign(&shown, &sandboxes.approver(), &terms) {
        Ok(approval) => Json(json!({"approval": approval, "approver": APPROVER})).into_response(),
        Err(why) => refusal(StatusCode::BAD_REQUEST, &why),
    }
}

fn refusal(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"message": message}))).into_response()
}
