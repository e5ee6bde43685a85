//! One request of a client, from its head to the end of its answer.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use http::{Request, Response, StatusCode, Uri, header::HOST};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::json;
use tokio::{
    sync::{OwnedSemaphorePermit, TryAcquireError},
    time::Instant,
};
use wasmtime_wasi_http::{Error, WasiBody};

use super::{
    answer::{self, Fate},
    generation::Face,
    metrics::Metrics,
    probes, route,
    server::Shared,
};
use crate::body::{Kept, Timed};

/// Answers a request on the callers' address.
pub async fn answer(
    shared: Arc<Shared>,
    address: SocketAddr,
    is_https: bool,
    request: Request<Incoming>,
) -> Result<Response<WasiBody>, Infallible> {
    if let Some(answer) = probes::public(&shared, request.method(), request.uri().path()) {
        return Ok(answer);
    }
    let started = Instant::now();
    let method = request.method().to_string();
    let route = route::template(request.uri().path());
    let request_id = answer::request_id(request.headers());
    let answer = answer::identify(called(&shared, address, is_https, request).await, request_id);
    let status = answer.status().as_u16();
    shared.metrics.answered(status, started.elapsed());
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let request_id = answer.headers().get("x-request-id").and_then(|id| id.to_str().ok());
    let fields = json!({
        "method": method, "route": route, "status": status, "milliseconds": milliseconds, "request_id": request_id,
    });
    shared.log.event("request", fields);
    Ok(answer)
}

async fn called(
    shared: &Arc<Shared>,
    address: SocketAddr,
    is_https: bool,
    request: Request<Incoming>,
) -> Response<WasiBody> {
    if shared.is_stopping() {
        return stopping(shared);
    }
    let place = match Arc::clone(&shared.calls).try_acquire_owned() {
        Ok(place) => place,
        // The stop came between the two looks.
        Err(TryAcquireError::Closed) => return stopping(shared),
        Err(TryAcquireError::NoPermits) => {
            shared.metrics.refused("busy");
            return answer::unavailable("busy", "too many calls are under way: send it again in a second");
        }
    };
    let Some(request) = absolute(request, address, is_https) else {
        return answer::error(
            StatusCode::BAD_REQUEST,
            "malformed_address",
            "the address is malformed",
            Fate::default(),
        );
    };
    let request = request.map(|body| Timed::whole(body.map_err(Error::Hyper), shared.limits.body).boxed_unsync());
    let under_way = UnderWay::new(shared.current(), place, Arc::clone(&shared.metrics));
    // A client that leaves must not cut a removal off: a task of its own goes on, and a stop waits for it.
    let answer = tokio::spawn(async move {
        let answer = under_way.face.call(request).await?;
        anyhow::Ok(answer.map(|body| Kept::new(body, under_way).boxed_unsync()))
    });
    match answer.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => failed(shared, &format!("{error:#}")),
        Err(error) => failed(shared, &error.to_string()),
    }
}

fn stopping(shared: &Shared) -> Response<WasiBody> {
    shared.metrics.refused("stopping");
    answer::last(answer::unavailable(
        "stopping",
        "the service is stopping: send the call again, to another instance",
    ))
}

/// Nobody knows how far the call came. So it is 500, which no client repeats by itself.
fn failed(shared: &Shared, why: &str) -> Response<WasiBody> {
    shared.log.event("call_failed", json!({"reason": why}));
    answer::error(
        StatusCode::INTERNAL_SERVER_ERROR,
        "component_failed",
        "the call ended without a report, and roles may have been removed: send it again to learn what is left",
        Fate {
            retryable: true,
            sent: true,
        },
    )
}

/// The request with its whole address, which a component is told by every host.
fn absolute(request: Request<Incoming>, address: SocketAddr, is_https: bool) -> Option<Request<Incoming>> {
    let (mut head, body) = request.into_parts();
    let authority = match head.headers.get(HOST) {
        Some(host) => host.to_str().ok()?.to_owned(),
        None => address.to_string(),
    };
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    head.uri = Uri::builder()
        .scheme(if is_https { "https" } else { "http" })
        .authority(authority)
        .path_and_query(path)
        .build()
        .ok()?;
    Some(Request::from_parts(head, body))
}

/// A call that has its place. Its generation lives as long as it.
struct UnderWay {
    face: Arc<dyn Face>,
    _place: OwnedSemaphorePermit,
    metrics: Arc<Metrics>,
}

impl UnderWay {
    fn new(face: Arc<dyn Face>, place: OwnedSemaphorePermit, metrics: Arc<Metrics>) -> Self {
        metrics.calls().inc();
        Self {
            face,
            _place: place,
            metrics,
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.metrics.calls().dec();
    }
}
