//! Where the outbound requests of a component go.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
pub use wasmtime_wasi_http::Error;
use wasmtime_wasi_http::{RequestOptions, WasiBody, WasiHttpHooks};

use crate::network::Network;
#[cfg(feature = "outbound")]
use crate::outbound::Outbound;

/// What comes back: the answer, and what is still to be done for the request.
pub type Sent = (
    http::Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

/// All that a component can reach.
#[derive(Clone)]
pub enum Egress {
    /// Sandboxes, in memory.
    Sandboxes(Network),
    /// The allowed origins, over the real network.
    #[cfg(feature = "outbound")]
    Origins(Outbound),
    /// The same, with somebody who sees every exchange whole.
    Watched(Box<Self>, Arc<dyn Watch>),
}

/// The component reads at most so many bytes of an answer whole. Whoever watches sees as much, and the component gets the rest as it comes.
const SEEN: usize = 8 << 20;

/// Sees every exchange: credentials are in it. For diagnostics of reads; bodies are held in memory.
pub trait Watch: Send + Sync {
    /// An exchange is over. A very long answer is cut here, and not for the component.
    fn exchanged(&self, request: &http::Request<Bytes>, answer: Result<&http::Response<Bytes>, &Error>);
}

impl Egress {
    /// The same way out, watched.
    #[must_use]
    pub fn watched_by(self, watch: Arc<dyn Watch>) -> Self {
        Self::Watched(Box::new(self), watch)
    }

    /// One request of a program that is no component, and its answer read whole.
    ///
    /// # Errors
    /// As a component is told of it.
    pub async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, Error> {
        let processed = Box::new(async { Ok(()) });
        let sent = self.clone().send_request(request.map(whole), None, processed);
        let (answer, _) = Box::into_pin(sent).await?;
        let (head, body) = answer.into_parts();
        Ok(http::Response::from_parts(head, body.collect().await?.to_bytes()))
    }
}

impl From<Network> for Egress {
    fn from(network: Network) -> Self {
        Self::Sandboxes(network)
    }
}

impl From<&Network> for Egress {
    fn from(network: &Network) -> Self {
        Self::Sandboxes(network.clone())
    }
}

#[cfg(feature = "outbound")]
impl From<Outbound> for Egress {
    fn from(outbound: Outbound) -> Self {
        Self::Origins(outbound)
    }
}

impl WasiHttpHooks for Egress {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        // `processed` tells how the component got on with the answer's body, which neither of the first two wants to know.
        match self {
            Self::Sandboxes(network) => Box::new(network.clone().send(request)),
            #[cfg(feature = "outbound")]
            Self::Origins(outbound) => Box::new(outbound.clone().send(request, options)),
            Self::Watched(inner, watch) => {
                let (inner, watch) = ((**inner).clone(), Arc::clone(watch));
                Box::new(watched(inner, watch, request, options, processed))
            }
        }
    }
}

async fn watched(
    mut inner: Egress,
    watch: Arc<dyn Watch>,
    request: http::Request<WasiBody>,
    options: Option<RequestOptions>,
    processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
) -> Result<Sent, Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let seen = http::Request::from_parts(head.clone(), body.clone());
    let request = http::Request::from_parts(head, whole(body));
    let answer = Box::into_pin(inner.send_request(request, options, processed)).await;
    let (answer, rest) = match answer {
        Ok(answer) => answer,
        Err(error) => {
            watch.exchanged(&seen, Err(&error));
            return Err(error);
        }
    };
    let (head, body) = answer.into_parts();
    let (body, more) = beginning(body).await?;
    let answer = http::Response::from_parts(head, body);
    watch.exchanged(&seen, Ok(&answer));
    let answer = answer.map(|body| match more {
        None => whole(body),
        Some(more) => Continued {
            beginning: Some(body),
            more,
        }
        .boxed_unsync(),
    });
    Ok((answer, rest))
}

/// The first bytes of a body, [`SEEN`] or a piece more; and what follows, unless that was all.
async fn beginning(mut body: WasiBody) -> Result<(Bytes, Option<WasiBody>), Error> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
        if bytes.len() > SEEN {
            return Ok((bytes.freeze(), Some(body)));
        }
    }
    Ok((bytes.freeze(), None))
}

/// A body whose beginning was read before.
struct Continued {
    beginning: Option<Bytes>,
    more: WasiBody,
}

impl Body for Continued {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.beginning.take() {
            Some(beginning) => Poll::Ready(Some(Ok(Frame::data(beginning)))),
            None => Pin::new(&mut self.more).poll_frame(context),
        }
    }
}

fn whole(body: Bytes) -> WasiBody {
    Full::new(body).map_err(|never| match never {}).boxed_unsync()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Lengths(Mutex<Vec<usize>>);

    impl Watch for Lengths {
        fn exchanged(&self, _: &http::Request<Bytes>, answer: Result<&http::Response<Bytes>, &Error>) {
            self.0.lock().unwrap().push(answer.unwrap().body().len());
        }
    }

    /// Gives pieces of a MiB, so many or without an end.
    struct Pieces(Option<usize>);

    impl Body for Pieces {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
            match &mut self.0 {
                Some(0) => return Poll::Ready(None),
                Some(left) => *left -= 1,
                None => {}
            }
            Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![b'x'; 1 << 20])))))
        }
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_not_held() {
        let (seen, more) = beginning(Pieces(None).boxed_unsync()).await.unwrap();
        assert!(seen.len() <= SEEN + (1 << 20) && more.is_some());
        // One that is only long reaches the component whole.
        let (seen, more) = beginning(Pieces(Some(12)).boxed_unsync()).await.unwrap();
        let beginning = Some(seen);
        let more = more.unwrap();
        let whole = Continued { beginning, more }.collect().await.unwrap();
        assert_eq!(whole.to_bytes().len(), 12 << 20);
    }

    #[tokio::test]
    async fn who_watches_sees_an_ordinary_answer_whole() {
        let network = Network::default();
        network.route("h", axum::Router::new().fallback(|| async { "answer" }));
        let watch = Arc::new(Lengths::default());
        let request = http::Request::get("https://h/").body(Bytes::new()).unwrap();
        let egress = Egress::from(network).watched_by(watch.clone());
        assert_eq!(egress.send(request).await.unwrap().body(), "answer");
        assert_eq!(*watch.0.lock().unwrap(), [6]);
    }
}
