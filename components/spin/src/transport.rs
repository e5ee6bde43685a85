//! Outbound HTTP, clocks and randomness of WASI 0.3.

use std::{
    future::{poll_fn, ready},
    pin::{Pin, pin},
    time::Duration,
};

use spin_sdk::wasip3::{
    clocks::{monotonic_clock, system_clock},
    http::{
        client,
        types::{self, ErrorCode, Trailers},
    },
    random::random,
    spawn,
    wit_bindgen::{FutureReader, FutureWriter, StreamReader, StreamResult},
    wit_future, wit_stream,
};
use unassign_role::transport::{
    Body, Method, Request, Response, Task, Transport, TransportError, brief, headers, nanoseconds,
};

use crate::http;

/// The host's own transport.
pub struct SpinTransport;

/// The most that is read at once.
pub const PIECE: usize = 64 * 1024;

impl Transport for SpinTransport {
    fn send<'a>(&'a self, request: &'a Request) -> Task<'a, Result<Response<'a>, TransportError>> {
        Box::pin(send(request))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(monotonic_clock::now())
    }

    fn wall_clock(&self) -> Duration {
        let now = system_clock::now();
        Duration::new(u64::try_from(now.seconds).unwrap_or_default(), now.nanoseconds)
    }

    fn sleep(&self, duration: Duration) -> Task<'_, ()> {
        Box::pin(monotonic_clock::wait_for(nanoseconds(duration)))
    }

    fn random(&self) -> u64 {
        random::get_random_u64()
    }
}

async fn send(request: &Request) -> Result<Response<'_>, TransportError> {
    let (outgoing, transmitted, mut writing) = outgoing(request)?;
    let mut sending = pin!(client::send(outgoing));
    let mut is_written = false;
    // The body is under way before the head is sent, so that the host can put both into one segment: otherwise Nagle's algorithm
    // holds the body until the head is acknowledged, some 40 ms.
    let response = poll_fn(|context| {
        is_written = is_written || writing.as_mut().poll(context).is_ready();
        sending.as_mut().poll(context)
    })
    .await;
    if !is_written {
        // The far end has answered without having read everything; what it does not read is dropped with its end of the stream.
        spawn(writing);
    }
    let response = response.map_err(|code| http::transport_error(&code))?;
    let status = response.get_status_code();
    let headers = headers(response.get_headers().copy_all());
    let (processed, processed_reader) = wit_future::new::<Result<(), ErrorCode>>(|| Ok(()));
    let (stream, trailers) = types::Response::consume_body(response, processed_reader);
    Ok(Response {
        status,
        headers,
        body: Box::new(Incoming {
            stream,
            trailers: Some(trailers),
            _processed: processed,
            _transmitted: transmitted,
        }),
    })
}

type Transmitted = FutureReader<Result<(), ErrorCode>>;

/// Writes a request's body.
type Writing = Pin<Box<dyn Future<Output = ()>>>;

fn outgoing(request: &Request) -> Result<(types::Request, Transmitted, Writing), TransportError> {
    let length = match (&request.body, request.method) {
        (Some(body), _) => Some(body.len()),
        (None, Method::Get) => None,
        // Without it a request without a body is sent with an empty chunked one, which some servers refuse.
        (None, _) => Some(0),
    };
    let headers = http::fields(request, length)?;
    let mut writing: Writing = Box::pin(ready(()));
    let contents = request.body.clone().map(|bytes| {
        let (mut writer, reader) = wit_stream::new::<u8>();
        writing = Box::pin(async move {
            writer.write_all(bytes).await;
        });
        reader
    });
    let (trailers, trailers_reader) = wit_future::new::<Result<Option<Trailers>, ErrorCode>>(|| Ok(None));
    drop(trailers);
    let (outgoing, transmitted) = types::Request::new(
        headers,
        contents,
        trailers_reader,
        Some(http::options(request.timeouts)),
    );
    http::address(&outgoing, request)?;
    Ok((outgoing, transmitted, writing))
}

/// The body of an answer. Some hosts end it early, without an error, once the request's transmit future is dropped: so that is
/// kept until the body has been read.
struct Incoming {
    stream: StreamReader<u8>,
    trailers: Option<FutureReader<Result<Option<Trailers>, ErrorCode>>>,
    _processed: FutureWriter<Result<(), ErrorCode>>,
    _transmitted: Transmitted,
}

impl Body for Incoming {
    fn chunk(&mut self) -> Task<'_, Result<Option<Vec<u8>>, TransportError>> {
        Box::pin(async {
            loop {
                let (result, piece) = self.stream.read(Vec::with_capacity(PIECE)).await;
                if !piece.is_empty() {
                    return Ok(Some(piece));
                }
                if !matches!(result, StreamResult::Complete(_)) {
                    break;
                }
            }
            // How a body ended stands in its trailers: a cut-off one looks like an end until here.
            match self.trailers.take() {
                None => Ok(None),
                Some(trailers) => match trailers.await {
                    Ok(_) => Ok(None),
                    Err(code) => Err(TransportError::CutOff(brief(&http::error_text(&code)))),
                },
            }
        })
    }
}
