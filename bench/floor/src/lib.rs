//! Answers `GET /?calls=<number>&scheme=<http or https>&authority=<host>&path=<path>` after so many outbound GETs, one after another, whose
//! bodies are read to their end. Without calls it is the smallest service there is.

use wasip2::{
    exports::http::incoming_handler::Guest,
    http::{
        outgoing_handler,
        types::{
            Fields, IncomingRequest, IncomingResponse, OutgoingBody, OutgoingRequest, OutgoingResponse,
            ResponseOutparam, Scheme,
        },
    },
    io::streams::StreamError,
};

struct Component;

impl Guest for Component {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let target = request.path_with_query().unwrap_or_default();
        let parameter = |name: &str| {
            let query = target.split_once('?').map_or("", |(_, query)| query);
            query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
        };
        let calls: u32 = parameter("calls").and_then(|calls| calls.parse().ok()).unwrap_or(0);
        let (authority, path) = (parameter("authority").unwrap_or_default(), parameter("path").unwrap_or("/"));
        let scheme = if parameter("scheme") == Some("http") { Scheme::Http } else { Scheme::Https };
        let is_done = (0..calls).all(|_| get(&scheme, authority, path).is_some());
        answer(out, if is_done { 200 } else { 502 });
    }
}

/// One outbound GET; `None` if there is no whole answer.
fn get(scheme: &Scheme, authority: &str, path: &str) -> Option<u16> {
    let request = OutgoingRequest::new(Fields::new());
    request.set_scheme(Some(scheme)).ok()?;
    request.set_authority(Some(authority)).ok()?;
    request.set_path_with_query(Some(path)).ok()?;
    let future = outgoing_handler::handle(request, None).ok()?;
    future.subscribe().block();
    let response = future.get()?.ok()?.ok()?;
    read(&response)?;
    Some(response.status())
}

fn read(response: &IncomingResponse) -> Option<()> {
    let body = response.consume().ok()?;
    let stream = body.stream().ok()?;
    loop {
        match stream.blocking_read(64 * 1024) {
            Ok(_) => {}
            Err(StreamError::Closed) => return Some(()),
            Err(StreamError::LastOperationFailed(_)) => return None,
        }
    }
}

fn answer(out: ResponseOutparam, status: u16) {
    let response = OutgoingResponse::new(Fields::new());
    let _ = response.set_status_code(status);
    let body = response.body();
    ResponseOutparam::set(out, Ok(response));
    if let Ok(body) = body {
        if let Ok(stream) = body.write() {
            let _ = stream.blocking_write_and_flush(b"done\n");
        }
        let _ = OutgoingBody::finish(body, None);
    }
}

wasip2::http::proxy::export!(Component);
