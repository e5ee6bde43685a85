//! `wasi:http/incoming-handler`: from the host's request to the HTTP face and back.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};
use unassign_role::{
    http_api::{self, BODY_LIMIT, ClientGone, Inbound, InboundBody, Responder},
    transport::{Task, Transport},
};
use wasip2::{
    exports::http::incoming_handler::Guest,
    http::types::{Fields, IncomingRequest, Method, OutgoingBody, OutgoingResponse, ResponseOutparam},
    io::streams::OutputStream,
};

use crate::{CACHES, Component, executor, host::Environment, io, transport::WasiTransport};

/// A client must have sent its body by then, from when it is asked for.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

impl Guest for Component {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        CACHES.with(|caches| {
            executor::block_on(async {
                let inbound = inbound(&request);
                let mut answer = Answer {
                    out: Some(out),
                    stream: None,
                    body: None,
                };
                http_api::handle(&Environment { caches }, inbound, &mut answer).await;
            });
        });
    }
}

fn inbound(request: &IncomingRequest) -> Inbound<'_> {
    Inbound {
        method: method(request.method()),
        target: request.path_with_query().unwrap_or_default(),
        headers: request
            .headers()
            .entries()
            .into_iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), String::from_utf8_lossy(&value).into_owned()))
            .collect(),
        body: Box::pin(async move {
            match select(pin!(body(request)), WasiTransport.sleep(BODY_TIMEOUT)).await {
                Either::Left((body, _)) => body,
                Either::Right(_) => InboundBody::Broken(String::from("it did not arrive in time")),
            }
        }),
    }
}

async fn body(request: &IncomingRequest) -> InboundBody {
    let Ok(body) = request.consume() else {
        return InboundBody::Broken(String::from("the host gave no body"));
    };
    let Ok(stream) = body.stream() else {
        return InboundBody::Broken(String::from("the host gave no stream"));
    };
    let mut whole = Vec::new();
    loop {
        match io::read(&stream).await {
            Ok(None) => return InboundBody::Whole(whole),
            Ok(Some(piece)) if whole.len() + piece.len() > BODY_LIMIT => return InboundBody::TooLarge,
            Ok(Some(piece)) => whole.extend_from_slice(&piece),
            Err(why) => return InboundBody::Broken(why),
        }
    }
}

fn method(method: Method) -> String {
    let name = match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(name) => return name,
    };
    name.to_owned()
}

/// The stream is a child of the body and is declared, and so dropped, before it. A body that is dropped without having been
/// finished is a cut-off answer for the client.
struct Answer {
    out: Option<ResponseOutparam>,
    stream: Option<OutputStream>,
    body: Option<OutgoingBody>,
}

impl Responder for Answer {
    fn start(&mut self, status: u16, headers: Vec<(&'static str, String)>) {
        let Some(out) = self.out.take() else {
            return;
        };
        let fields = Fields::new();
        for (name, value) in headers {
            // A header that the host refuses is not worth losing the answer for.
            let _ = fields.append(name, value.as_bytes());
        }
        let response = OutgoingResponse::new(fields);
        let _ = response.set_status_code(status);
        self.body = response.body().ok();
        self.stream = self.body.as_ref().and_then(|body| body.write().ok());
        ResponseOutparam::set(out, Ok(response));
    }

    fn write<'a>(&'a mut self, piece: &'a [u8]) -> Task<'a, Result<(), ClientGone>> {
        Box::pin(async move {
            let stream = self.stream.as_ref().ok_or(ClientGone)?;
            io::write(stream, piece).await.map_err(|_| ClientGone)
        })
    }

    fn finish(&mut self) -> Task<'_, Result<(), ClientGone>> {
        self.stream = None;
        let finished = self.body.take().map(|body| OutgoingBody::finish(body, None));
        Box::pin(async move {
            match finished {
                Some(Ok(())) => Ok(()),
                _ => Err(ClientGone),
            }
        })
    }
}
