//! `wasi:http/handler`: from the host's request to the HTTP face and back.
//!
//! The argument is taken as WASI's own request: a conversion to another type would answer a malformed URI by itself, outside of
//! the error envelope.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    rc::Rc,
};

use futures_channel::oneshot;
use spin_sdk::wasip3::{
    exports::http::handler::Guest,
    http::types::{ErrorCode, Request, Response, Trailers},
    spawn,
    wit_bindgen::{FutureWriter, StreamResult, StreamWriter},
    wit_future, wit_stream,
};
use unassign_role::{
    http_api::{self, BodyBuffer, ClientGone, Inbound, InboundBody, Responder},
    transport::Task,
};

use crate::{
    Component, HOST, http,
    transport::{PIECE, SpinTransport},
};

impl Guest for Component {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let (head, started) = oneshot::channel();
        // The answer's head is returned as soon as it is certain; its body goes on behind it.
        spawn(async move {
            let host = HOST.with(Rc::clone);
            let inbound = inbound(request);
            let mut answer = Answer {
                head: Some(head),
                response: None,
                body: None,
                trailers: None,
            };
            http_api::handle(&*host, inbound, &mut answer).await;
        });
        started.await.map_err(|_| ErrorCode::InternalError(None))
    }
}

fn inbound(request: Request) -> Inbound<'static> {
    Inbound::new(
        &SpinTransport,
        http::method_name(request.get_method()),
        request.get_path_with_query(),
        request.get_headers().copy_all(),
        body(request),
    )
}

async fn body(request: Request) -> InboundBody {
    let (_processed, processed_reader) = wit_future::new::<Result<(), ErrorCode>>(|| Ok(()));
    let (mut stream, trailers) = Request::consume_body(request, processed_reader);
    let mut whole = BodyBuffer::default();
    loop {
        let (result, piece) = stream.read(Vec::with_capacity(PIECE)).await;
        if !whole.take(&piece) {
            return InboundBody::TooLarge;
        }
        if !matches!(result, StreamResult::Complete(_)) {
            break;
        }
    }
    match trailers.await {
        Ok(_) => whole.end(),
        Err(code) => InboundBody::Broken(http::error_text(&code)),
    }
}

/// An answer under way. Its trailers end in an error unless the body is finished, so that a cut-off answer shows as one.
struct Answer {
    head: Option<oneshot::Sender<Response>>,
    /// The head, until there is something to go with it.
    response: Option<Response>,
    body: Option<StreamWriter<u8>>,
    trailers: Option<FutureWriter<Result<Option<Trailers>, ErrorCode>>>,
}

fn send(head: &mut Option<oneshot::Sender<Response>>, response: &mut Option<Response>) {
    if let Some(response) = response.take()
        && let Some(head) = head.take()
    {
        let _ = head.send(response);
    }
}

impl Responder for Answer {
    fn start(&mut self, status: u16, headers: Vec<(&'static str, String)>) {
        if self.response.is_some() || self.head.is_none() {
            return;
        }
        let (writer, reader) = wit_stream::new::<u8>();
        let (trailers, trailers_reader) =
            wit_future::new::<Result<Option<Trailers>, ErrorCode>>(|| Err(ErrorCode::HttpResponseIncomplete));
        let (response, _) = Response::new(http::response_fields(headers), Some(reader), trailers_reader);
        let _ = response.set_status_code(status);
        self.body = Some(writer);
        self.trailers = Some(trailers);
        self.response = Some(response);
    }

    fn write<'a>(&'a mut self, piece: &'a [u8]) -> Task<'a, Result<(), ClientGone>> {
        Box::pin(async move {
            let Self {
                head, response, body, ..
            } = self;
            let body = body.as_mut().ok_or(ClientGone)?;
            let mut writing = pin!(body.write_all(piece.to_vec()));
            // The body is under way before the head is: the host can then put both into one segment.
            let left = poll_fn(|context| {
                let written = writing.as_mut().poll(context);
                send(head, response);
                written
            })
            .await;
            if left.is_empty() { Ok(()) } else { Err(ClientGone) }
        })
    }

    fn finish(&mut self) -> Task<'_, Result<(), ClientGone>> {
        send(&mut self.head, &mut self.response);
        self.body = None;
        let trailers = self.trailers.take();
        Box::pin(async move {
            let trailers = trailers.ok_or(ClientGone)?;
            trailers.write(Ok(None)).await.map_err(|_| ClientGone)
        })
    }
}
