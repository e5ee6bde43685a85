//! The network that a component under test can reach: sandboxes by authority, and faults on the way to them.

mod fault;
mod gate;
mod mutation;
mod record;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::Router;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use tokio::sync::Semaphore;
use tower::ServiceExt;
use wasmtime_wasi_http::{Error, WasiBody};

use self::gate::Gate;
pub use self::{
    fault::{Fault, Rule},
    mutation::Mutation,
};
use crate::{egress::Sent, wire};

/// Shared by everything that is set up with a clone of it.
#[derive(Clone, Default)]
pub struct Network {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    routes: BTreeMap<String, Router>,
    calls: Vec<Call>,
    /// How many calls were forgotten: a call that is under way meanwhile must not leave its status on another one.
    forgotten: usize,
    keeps_no_calls: bool,
    rules: Vec<Rule>,
    gate: Option<Gate>,
    latency: Duration,
    /// The one place, if requests go one after another.
    queue: Option<Arc<Semaphore>>,
    loopback: bool,
    /// Of each real connection.
    writes: Vec<Arc<AtomicUsize>>,
    under_way: usize,
    most_under_way: usize,
}

/// A request as it left the component.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub authority: String,
    pub path_and_query: String,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// `None` while it is under way, and if it was not answered.
    pub status: Option<u16>,
    /// The answer's body, if it was answered.
    pub answer: Bytes,
}

impl Network {
    /// Makes a sandbox reachable under `host[:port]`.
    pub fn route(&self, authority: &str, router: Router) {
        self.shared().routes.insert(authority.to_owned(), router);
    }

    /// Makes everything reachable that is reachable through another network.
    pub fn join(&self, other: &Self) {
        let routes = other.shared().routes.clone();
        self.shared().routes.extend(routes);
    }

    /// Lets requests to loopback addresses out over real sockets; everything else that has no route stays unreachable.
    pub fn allow_loopback(&self) {
        self.shared().loopback = true;
    }

    /// How many writes each request over a real socket took, so far.
    pub fn writes(&self) -> Vec<usize> {
        let shared = self.shared();
        shared
            .writes
            .iter()
            .map(|writes| writes.load(Ordering::Relaxed))
            .collect()
    }

    /// Every request so far.
    pub fn calls(&self) -> Vec<Call> {
        self.shared().calls.clone()
    }

    /// Starts the journal anew.
    pub fn forget_calls(&self) {
        let mut shared = self.shared();
        shared.forgotten += shared.calls.len();
        shared.calls.clear();
    }

    /// Keeps no journal from now on: the answers of a long run would fill the memory.
    pub fn keep_no_calls(&self) {
        self.forget_calls();
        self.shared().keeps_no_calls = true;
    }

    /// From now on requests that fit the rule meet its fault.
    pub fn inject(&self, rule: Rule) {
        self.shared().rules.push(rule);
    }

    /// Takes all rules back.
    pub fn heal(&self) {
        self.shared().rules.clear();
    }

    /// Holds back every answer to a request that fits, until `count` of them have arrived.
    pub fn hold_until(&self, count: usize, fits: impl Fn(&Call) -> bool + Send + Sync + 'static) {
        self.shared().gate = Some(Gate::new(count, Arc::new(fits)));
    }

    /// How long every exchange takes.
    pub fn latency(&self, latency: Duration) {
        self.shared().latency = latency;
    }

    /// From now on a request waits until the one before it is answered.
    pub fn one_after_another(&self) {
        self.shared().queue = Some(Arc::new(Semaphore::new(1)));
    }

    /// The most requests that were under way at once.
    pub fn most_under_way(&self) -> usize {
        self.shared().most_under_way
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn send(self, request: http::Request<WasiBody>) -> Result<Sent, Error> {
        let under_way = UnderWay::new(&self);
        let (head, body) = request.into_parts();
        let authority = head.uri.authority().map(ToString::to_string).unwrap_or_default();
        let (router, loopback, latency, queue) = {
            let shared = self.shared();
            let router = shared.routes.get(&authority).cloned();
            (router, shared.loopback, shared.latency, shared.queue.clone())
        };
        if router.is_none() && loopback {
            drop(under_way);
            let connected = |writes| self.shared().writes.push(writes);
            return wire::send(http::Request::from_parts(head, body), connected).await;
        }
        let body = body.collect().await?.to_bytes();
        // It is never closed; without one, requests go at once.
        let _place = match &queue {
            Some(queue) => queue.acquire().await.ok(),
            None => None,
        };
        let call = Call {
            method: head.method.to_string(),
            authority,
            path_and_query: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            headers: head
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect(),
            body: body.clone(),
            status: None,
            answer: Bytes::new(),
        };
        record::write(&call);
        let (index, fault, gate) = {
            let mut shared = self.shared();
            if shared.keeps_no_calls {
                shared.forgotten += 1;
            } else {
                shared.calls.push(call.clone());
            }
            let fault = fault::meet(&mut shared.rules, &call);
            (shared.forgotten + shared.calls.len() - 1, fault, shared.gate.clone())
        };
        // A sleep of nothing would still take a millisecond.
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let Some(router) = router else {
            return Err(Error::ConnectionRefused);
        };
        if let Some(gate) = gate {
            gate.pass(&call).await;
        }
        let reach = || async move {
            let request = http::Request::from_parts(head, axum::body::Body::from(body));
            router.oneshot(request).await.unwrap_or_else(|never| match never {})
        };
        let is_good = fault.is_none();
        let response = match fault {
            None => whole(reach().await).await?,
            Some(fault) => fault.play(reach).await?,
        };
        let (response, answer) = kept(response, is_good).await?;
        let mut shared = self.shared();
        let index = index.checked_sub(shared.forgotten);
        if let Some(call) = index.and_then(|index| shared.calls.get_mut(index)) {
            call.status = Some(response.status().as_u16());
            call.answer = answer;
        }
        drop(shared);
        Ok((response, Box::new(async { Ok(()) })))
    }
}

/// The sandbox's answer as the guest gets it.
async fn whole(response: http::Response<axum::body::Body>) -> Result<http::Response<WasiBody>, Error> {
    let (head, body) = response.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|error| Error::InternalError(Some(error.to_string())))?;
    Ok(http::Response::from_parts(head, bytes_body(body.to_bytes())))
}

/// A good answer with a copy of its body for the journal; a faulty one may have no end.
async fn kept(response: http::Response<WasiBody>, is_good: bool) -> Result<(http::Response<WasiBody>, Bytes), Error> {
    if !is_good {
        return Ok((response, Bytes::new()));
    }
    let (head, body) = response.into_parts();
    let bytes = body.collect().await?.to_bytes();
    Ok((http::Response::from_parts(head, bytes_body(bytes.clone())), bytes))
}

fn bytes_body(bytes: Bytes) -> WasiBody {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// Counts the requests under way.
struct UnderWay(Network);

impl UnderWay {
    fn new(network: &Network) -> Self {
        let mut shared = network.shared();
        shared.under_way += 1;
        shared.most_under_way = shared.most_under_way.max(shared.under_way);
        drop(shared);
        Self(network.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.shared().under_way -= 1;
    }
}
