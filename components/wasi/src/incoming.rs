//! `wasi:http/incoming-handler`: from the host's request to the HTTP face and back.

use unassign_role::{
    http_api::{self, BodyBuffer, ClientGone, Inbound, InboundBody, Responder},
    transport::Task,
};
use wasip2::{
    exports::http::incoming_handler::Guest,
    http::types::{IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam},
    io::streams::OutputStream,
};

use crate::{Component, HOST, executor, http, io, transport::WasiTransport};

impl Guest for Component {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        HOST.with(|host| {
            executor::block_on(async {
                let inbound = inbound(&request);
                let mut answer = Answer {
                    out: Some(out),
                    stream: None,
                    body: None,
                };
                http_api::handle(host, inbound, &mut answer).await;
            });
        });
    }
}

fn inbound(request: &IncomingRequest) -> Inbound<'_> {
    Inbound::new(
        &WasiTransport,
        http::method_name(request.method()),
        request.path_with_query(),
        request.headers().entries(),
        body(request),
    )
}

async fn body(request: &IncomingRequest) -> InboundBody {
    let Ok(body) = request.consume() else {
        return InboundBody::Broken(String::from("the host gave no body"));
    };
    let Ok(stream) = body.stream() else {
        return InboundBody::Broken(String::from("the host gave no stream"));
    };
    let mut whole = BodyBuffer::default();
    loop {
        match io::read(&stream).await {
            Ok(None) => return whole.end(),
            Ok(Some(piece)) if !whole.take(&piece) => return InboundBody::TooLarge,
            Ok(Some(_)) => {}
            Err(why) => return InboundBody::Broken(why),
        }
    }
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
        let response = OutgoingResponse::new(http::response_fields(headers));
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
