//! Outbound HTTP, clocks and randomness of WASI 0.2.

use std::time::Duration;

use unassign_role::transport::{Body, Request, Response, Task, Transport, TransportError, headers};
use wasip2::{
    http::{
        outgoing_handler,
        types::{IncomingBody, IncomingResponse, OutgoingBody, OutgoingRequest},
    },
    io::streams::InputStream,
    random::random,
};

use crate::{
    clock,
    executor::{ready, sleep_until},
    http, io,
};

/// The host's own transport.
pub struct WasiTransport;

impl Transport for WasiTransport {
    fn send<'a>(&'a self, request: &'a Request) -> Task<'a, Result<Response<'a>, TransportError>> {
        Box::pin(send(request))
    }

    fn monotonic(&self) -> Duration {
        clock::monotonic()
    }

    fn wall_clock(&self) -> Duration {
        clock::wall()
    }

    fn sleep(&self, duration: Duration) -> Task<'_, ()> {
        // A sleep that nothing has to wait for costs no call of the host.
        Box::pin(async move { sleep_until(clock::monotonic().saturating_add(duration)).await })
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
    let answer = outgoing_handler::handle(outgoing, Some(http::options(request.timeouts)))
        .map_err(|code| http::transport_error(&code))?;
    if let Some((bytes, body)) = body {
        // The far end may answer without reading everything: its answer decides.
        let _ = write(body, bytes).await;
    }
    ready(answer.subscribe()).await;
    let response = match answer.get() {
        Some(Ok(Ok(response))) => response,
        Some(Ok(Err(code))) => return Err(http::transport_error(&code)),
        Some(Err(())) | None => return Err(TransportError::NoAnswer(String::from("the host gave no answer"))),
    };
    read(&response)
}

fn outgoing(request: &Request) -> Result<OutgoingRequest, TransportError> {
    // Without a length the body would be sent in chunks, which some servers refuse.
    let length = request.body.as_ref().map(Vec::len);
    let outgoing = OutgoingRequest::new(http::fields(request, length)?);
    http::address(&outgoing, request)?;
    Ok(outgoing)
}

async fn write(body: OutgoingBody, bytes: &[u8]) -> Result<(), String> {
    {
        let stream = body.write().map_err(|()| String::from("the body was opened twice"))?;
        io::write(&stream, bytes).await?;
    }
    OutgoingBody::finish(body, None).map_err(|code| http::error_text(&code))
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

fn not_sent(why: impl Into<String>) -> TransportError {
    TransportError::NotSent(why.into())
}

fn cut_off(why: impl Into<String>) -> TransportError {
    TransportError::CutOff(why.into())
}
