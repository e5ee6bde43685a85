//! Outbound HTTP, clocks and randomness of WASI 0.2.

use std::time::Duration;

use unassign_role::transport::{
    Body, Method, Request, Response, Task, Timeouts, Transport, TransportError, headers, nanoseconds,
};
use wasip2::{
    clocks::{monotonic_clock, wall_clock},
    http::{
        outgoing_handler,
        types::{
            self, ErrorCode, Fields, IncomingBody, IncomingResponse, OutgoingBody, OutgoingRequest, RequestOptions,
            Scheme,
        },
    },
    io::streams::InputStream,
    random::random,
};

use crate::{executor::ready, io};

/// The host's own transport.
pub struct WasiTransport;

impl Transport for WasiTransport {
    fn send<'a>(&'a self, request: &'a Request) -> Task<'a, Result<Response<'a>, TransportError>> {
        Box::pin(send(request))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(monotonic_clock::now())
    }

    fn wall_clock(&self) -> Duration {
        let now = wall_clock::now();
        Duration::new(now.seconds, now.nanoseconds)
    }

    fn sleep(&self, duration: Duration) -> Task<'_, ()> {
        Box::pin(ready(monotonic_clock::subscribe_duration(nanoseconds(duration))))
    }

    fn random(&self) -> u64 {
        random::get_random_u64()
    }
}

async fn send(request: &Request) -> Result<Response<'_>, TransportError> {
    let outgoing = outgoing(request)?;
    let body = match &request.body {
        Some(bytes) => Some((
            bytes,
            outgoing
                .body()
                .map_err(|()| not_sent("the request has no body to write"))?,
        )),
        // The body is never opened, so that the request is framed as one without a body.
        None => None,
    };
    let answer = outgoing_handler::handle(outgoing, Some(options(request.timeouts))).map_err(|code| error(&code))?;
    if let Some((bytes, body)) = body {
        // The far end may answer without reading everything: its answer decides.
        let _ = write(body, bytes).await;
    }
    ready(answer.subscribe()).await;
    let response = match answer.get() {
        Some(Ok(Ok(response))) => response,
        Some(Ok(Err(code))) => return Err(error(&code)),
        Some(Err(())) | None => return Err(TransportError::NoAnswer(String::from("the host gave no answer"))),
    };
    read(&response)
}

fn outgoing(request: &Request) -> Result<OutgoingRequest, TransportError> {
    let headers = Fields::new();
    let append = |name: &str, value: &str| {
        headers
            .append(name, value.as_bytes())
            .map_err(|why| not_sent(format!("the header {name} was refused: {why:?}")))
    };
    for (name, value) in &request.headers {
        append(name, value)?;
    }
    if let Some(body) = &request.body {
        // Without it the body would be sent in chunks, which some servers refuse.
        append("content-length", &body.len().to_string())?;
    }
    let target = request.target()?;
    let scheme = if target.is_https { Scheme::Https } else { Scheme::Http };
    let outgoing = OutgoingRequest::new(headers);
    outgoing
        .set_method(&method(request.method))
        .and_then(|()| outgoing.set_scheme(Some(&scheme)))
        .and_then(|()| outgoing.set_authority(Some(target.authority)))
        .and_then(|()| outgoing.set_path_with_query(Some(&target.path_with_query)))
        .map_err(|()| not_sent("the URL is malformed"))?;
    Ok(outgoing)
}

const fn method(method: Method) -> types::Method {
    match method {
        Method::Get => types::Method::Get,
        Method::Post => types::Method::Post,
        Method::Put => types::Method::Put,
        Method::Patch => types::Method::Patch,
        Method::Delete => types::Method::Delete,
    }
}

/// The host's own time-outs, besides those of the client. A host may not have them.
fn options(timeouts: Timeouts) -> RequestOptions {
    let options = RequestOptions::new();
    let _ = options.set_connect_timeout(Some(nanoseconds(timeouts.connect)));
    let _ = options.set_first_byte_timeout(Some(nanoseconds(timeouts.first_byte)));
    let _ = options.set_between_bytes_timeout(Some(nanoseconds(timeouts.between_bytes)));
    options
}

async fn write(body: OutgoingBody, bytes: &[u8]) -> Result<(), String> {
    {
        let stream = body.write().map_err(|()| String::from("the body was opened twice"))?;
        io::write(&stream, bytes).await?;
    }
    OutgoingBody::finish(body, None).map_err(|code| format!("{code:?}"))
}

fn read(response: &IncomingResponse) -> Result<Response<'static>, TransportError> {
    let body = response
        .consume()
        .map_err(|()| cut_off("the answer has no body to read"))?;
    let stream = body
        .stream()
        .map_err(|()| cut_off("the answer's body was opened twice"))?;
    Ok(Response {
        status: response.status(),
        headers: headers(response.headers().entries()),
        body: Box::new(Incoming { stream, _body: body }),
    })
}

/// The stream is a child of the body and is declared, and so dropped, before it.
struct Incoming {
    stream: InputStream,
    _body: IncomingBody,
}

impl Body for Incoming {
    fn chunk(&mut self) -> Task<'_, Result<Option<Vec<u8>>, TransportError>> {
        Box::pin(async { io::read(&self.stream).await.map_err(cut_off) })
    }
}

/// Only what proves that the request did not reach the provider counts as not sent.
fn error(code: &ErrorCode) -> TransportError {
    let why = format!("{code:?}");
    match code {
        ErrorCode::DnsTimeout
        | ErrorCode::DnsError(_)
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpProhibited
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionLimitReached
        | ErrorCode::TlsCertificateError
        | ErrorCode::HttpRequestMethodInvalid
        | ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestUriTooLong
        | ErrorCode::LoopDetected
        | ErrorCode::ConfigurationError => TransportError::NotSent(why),
        ErrorCode::HttpRequestDenied => TransportError::NotAllowed,
        _ => TransportError::NoAnswer(why),
    }
}

fn not_sent(why: impl Into<String>) -> TransportError {
    TransportError::NotSent(why.into())
}

fn cut_off(why: impl Into<String>) -> TransportError {
    TransportError::CutOff(why.into())
}
