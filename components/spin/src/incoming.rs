//! `wasi:http/handler`: from the host's request to the HTTP face and back.
//!
//! The argument is taken as WASI's own request: a conversion to another type would answer a malformed URI by itself, outside of
//! the error envelope.

use std::{pin::pin, rc::Rc, time::Duration};

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use spin_sdk::wasip3::{
    exports::http::handler::Guest,
    http::types::{ErrorCode, Fields, Method, Request, Response, Trailers},
    spawn,
    wit_bindgen::{FutureWriter, StreamResult, StreamWriter},
    wit_future, wit_stream,
};
use unassign_role::{
    http_api::{self, BODY_LIMIT, ClientGone, Inbound, InboundBody, Responder},
    transport::{Task, Transport},
};

use crate::{
    CACHES, Component,
    host::Spin,
    transport::{PIECE, SpinTransport},
};

/// A client must have sent its body by then, from when it is asked for.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

impl Guest for Component {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let (head, started) = oneshot::channel();
        // The answer's head is returned as soon as it is certain; its body goes on behind it.
        spawn(async move {
            let host = Spin {
                caches: CACHES.with(Rc::clone),
            };
            let inbound = inbound(request);
            let mut answer = Answer {
                head: Some(head),
                body: None,
                trailers: None,
            };
            http_api::handle(&host, inbound, &mut answer).await;
        });
        started.await.map_err(|_| ErrorCode::InternalError(None))
    }
}

fn inbound(request: Request) -> Inbound<'static> {
    Inbound {
        method: method(request.get_method()),
        target: request.get_path_with_query().unwrap_or_default(),
        headers: request
            .get_headers()
            .copy_all()
            .into_iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), String::from_utf8_lossy(&value).into_owned()))
            .collect(),
        body: Box::pin(async move {
            match select(pin!(body(request)), SpinTransport.sleep(BODY_TIMEOUT)).await {
                Either::Left((body, _)) => body,
                Either::Right(_) => InboundBody::Broken(String::from("it did not arrive in time")),
            }
        }),
    }
}

async fn body(request: Request) -> InboundBody {
    let (_processed, processed_reader) = wit_future::new::<Result<(), ErrorCode>>(|| Ok(()));
    let (mut stream, trailers) = Request::consume_body(request, processed_reader);
    let mut whole = Vec::new();
    loop {
        let (result, piece) = stream.read(Vec::with_capacity(PIECE)).await;
        if whole.len() + piece.len() > BODY_LIMIT {
            return InboundBody::TooLarge;
        }
        whole.extend_from_slice(&piece);
        if !matches!(result, StreamResult::Complete(_)) {
            break;
        }
    }
    match trailers.await {
        Ok(_) => InboundBody::Whole(whole),
        Err(code) => InboundBody::Broken(format!("{code:?}")),
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

/// An answer under way. Its trailers end in an error unless the body is finished, so that a cut-off answer shows as one.
struct Answer {
    head: Option<oneshot::Sender<Response>>,
    body: Option<StreamWriter<u8>>,
    trailers: Option<FutureWriter<Result<Option<Trailers>, ErrorCode>>>,
}

impl Responder for Answer {
    fn start(&mut self, status: u16, headers: Vec<(&'static str, String)>) {
        let Some(head) = self.head.take() else {
            return;
        };
        let fields = Fields::new();
        for (name, value) in headers {
            // A header that the host refuses is not worth losing the answer for.
            let _ = fields.append(name, value.as_bytes());
        }
        let (writer, reader) = wit_stream::new::<u8>();
        let (trailers, trailers_reader) =
            wit_future::new::<Result<Option<Trailers>, ErrorCode>>(|| Err(ErrorCode::HttpResponseIncomplete));
        let (response, _) = Response::new(fields, Some(reader), trailers_reader);
        let _ = response.set_status_code(status);
        self.body = Some(writer);
        self.trailers = Some(trailers);
        let _ = head.send(response);
    }

    fn write<'a>(&'a mut self, piece: &'a [u8]) -> Task<'a, Result<(), ClientGone>> {
        Box::pin(async move {
            let body = self.body.as_mut().ok_or(ClientGone)?;
            let left = body.write_all(piece.to_vec()).await;
            if left.is_empty() { Ok(()) } else { Err(ClientGone) }
        })
    }

    fn finish(&mut self) -> Task<'_, Result<(), ClientGone>> {
        self.body = None;
        let trailers = self.trailers.take();
        Box::pin(async move {
            let trailers = trailers.ok_or(ClientGone)?;
            trailers.write(Ok(None)).await.map_err(|_| ClientGone)
        })
    }
}
