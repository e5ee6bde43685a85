//! `wasi:http/handler`: from the host's request to the HTTP face and back.
//!
//! The argument is taken as WASI's own request: a conversion to another type would answer a malformed URI by itself, outside of
//! the error envelope.

use std::rc::Rc;

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
    CACHES, Component,
    host::Spin,
    http,
    transport::{PIECE, SpinTransport},
};

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
        Err(code) => InboundBody::Broken(format!("{code:?}")),
    }
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
        let (writer, reader) = wit_stream::new::<u8>();
        let (trailers, trailers_reader) =
            wit_future::new::<Result<Option<Trailers>, ErrorCode>>(|| Err(ErrorCode::HttpResponseIncomplete));
        let (response, _) = Response::new(http::response_fields(headers), Some(reader), trailers_reader);
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
