//! The operation without a component: the crate, called by this process behind an HTTP server of one thread, with the outbound
//! connections of our own host. It does all that the component's HTTP face does.

use std::{
    cell::RefCell,
    convert::Infallible,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use bytes::Bytes;
use host::egress::Egress;
use http::{Request as HttpRequest, Response as HttpResponse};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::LocalSet};
use unassign_role::{
    client::Caches,
    http_api::{
        self, AccountPlace, AccountText, ClientGone, Host, Inbound, InboundBody, Parsed, Responder, Secrets, Setting,
        environment_variable,
    },
    transport::{Body, Request, Response, Task, Transport, TransportError},
};

/// Serves until it is ended.
///
/// # Errors
/// The address cannot be used.
pub fn serve(address: SocketAddr, egress: Egress) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let host = Rc::new(Native::new(egress));
    LocalSet::new().block_on(&runtime, async move {
        let listener = TcpListener::bind(address).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let host = Rc::clone(&host);
            tokio::task::spawn_local(async move {
                let answer = service_fn(move |request| answer(Rc::clone(&host), request));
                let _ = http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), answer)
                    .await;
            });
        }
    })
}

async fn answer(host: Rc<Native>, request: HttpRequest<Incoming>) -> Result<HttpResponse<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let fields = head.headers.iter();
    let inbound = Inbound::new(
        &host.far_end,
        head.method.to_string(),
        head.uri.path_and_query().map(ToString::to_string),
        fields
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect(),
        async {
            match body.collect().await {
                Ok(body) => InboundBody::Whole(body.to_bytes().to_vec()),
                Err(error) => InboundBody::Broken(error.to_string()),
            }
        },
    );
    let mut answer = Answer::default();
    http_api::handle(&*host, inbound, &mut answer).await;
    let mut response = HttpResponse::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(*name, value);
    }
    Ok(response.body(Full::from(answer.body)).unwrap_or_default())
}

/// Configured by the variables of the component.
struct Native {
    far_end: FarEnd,
    caches: Caches,
    parsed: Parsed,
    settings: RefCell<Vec<(&'static str, Rc<str>)>>,
}

impl Native {
    fn new(egress: Egress) -> Self {
        Self {
            far_end: FarEnd {
                egress,
                started: Instant::now(),
            },
            caches: Caches::default(),
            parsed: Parsed::default(),
            settings: RefCell::default(),
        }
    }

    /// Read once, as an instance does.
    fn setting_text(&self, setting: Setting) -> Option<Rc<str>> {
        let name = setting.environment_variable();
        if let Some((_, text)) = self.settings.borrow().iter().find(|(known, _)| *known == name) {
            return Some(Rc::clone(text));
        }
        let text: Rc<str> = Rc::from(std::env::var(name).ok()?);
        self.settings.borrow_mut().push((name, Rc::clone(&text)));
        Some(text)
    }
}

impl Host for Native {
    fn transport(&self) -> &dyn Transport {
        &self.far_end
    }

    fn caches(&self) -> &Caches {
        &self.caches
    }

    fn parsed(&self) -> &Parsed {
        &self.parsed
    }

    fn setting(&self, setting: Setting) -> Task<'_, Result<Option<Rc<str>>, String>> {
        Box::pin(async move { Ok(self.setting_text(setting)) })
    }

    fn setting_name(&self, setting: Setting) -> &'static str {
        setting.environment_variable()
    }

    fn account<'a>(&'a self, id: &'a str) -> Task<'a, Result<Option<AccountText>, String>> {
        Box::pin(async move {
            let Some(accounts) = self.setting_text(Setting::Accounts) else {
                return Ok(None);
            };
            let text = self.parsed.account_of(&accounts, id)?;
            Ok(text.map(|text| AccountText {
                text,
                place: AccountPlace::Listed,
            }))
        })
    }
}

impl Secrets for Native {
    fn secret<'a>(&'a self, name: &'a str) -> Task<'a, Result<Option<String>, String>> {
        Box::pin(async move { Ok(std::env::var(environment_variable(name)).ok()) })
    }
}

/// Outbound HTTP as our own host does it.
struct FarEnd {
    egress: Egress,
    started: Instant,
}

impl Transport for FarEnd {
    fn send<'a>(&'a self, request: &'a Request) -> Task<'a, Result<Response<'a>, TransportError>> {
        Box::pin(async move {
            let mut outbound = HttpRequest::builder().method(request.method.as_str()).uri(&request.url);
            for (name, value) in &request.headers {
                outbound = outbound.header(*name, value);
            }
            let body = Bytes::from(request.body.clone().unwrap_or_default());
            let outbound = outbound.body(body);
            let outbound = outbound.map_err(|error| TransportError::NotSent(error.to_string()))?;
            let answer = self.egress.send(outbound).await;
            let (head, body) = answer
                .map_err(|error| TransportError::NoAnswer(error.to_string()))?
                .into_parts();
            let headers = head
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect();
            Ok(Response {
                status: head.status.as_u16(),
                headers,
                body: Box::new(Whole(Some(body.to_vec()))),
            })
        })
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn wall_clock(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn sleep(&self, duration: Duration) -> Task<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        let _ = getrandom::fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// A body in one piece.
struct Whole(Option<Vec<u8>>);

impl Body for Whole {
    fn chunk(&mut self) -> Task<'_, Result<Option<Vec<u8>>, TransportError>> {
        Box::pin(async { Ok(self.0.take().filter(|piece| !piece.is_empty())) })
    }
}

/// An answer, kept until it is whole.
#[derive(Default)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Responder for Answer {
    fn start(&mut self, status: u16, headers: Vec<(&'static str, String)>) {
        (self.status, self.headers) = (status, headers);
    }

    fn write<'a>(&'a mut self, piece: &'a [u8]) -> Task<'a, Result<(), ClientGone>> {
        self.body.extend_from_slice(piece);
        Box::pin(async { Ok(()) })
    }

    fn finish(&mut self) -> Task<'_, Result<(), ClientGone>> {
        Box::pin(async { Ok(()) })
    }
}
