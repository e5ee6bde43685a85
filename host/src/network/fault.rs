//! What can go wrong on the way to a provider.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use wasmtime_wasi_http::{Error, WasiBody};

use super::{Call, Mutation, bytes_body, whole};

/// A fault for some requests.
#[derive(Clone)]
pub struct Rule {
    pub fits: Arc<dyn Fn(&Call) -> bool + Send + Sync>,
    /// Fitting requests that pass first.
    pub skip: usize,
    /// Fitting requests that then meet the fault.
    pub times: usize,
    pub fault: Fault,
}

/// What happens instead of a good exchange.
#[derive(Clone, Debug)]
pub enum Fault {
    /// No connection.
    Refused,
    /// The host does not let the component out to there.
    Denied,
    /// The host fails in itself, and says so at length.
    HostFails(String),
    /// Reset; the provider never saw the request.
    ResetBefore,
    /// Reset; the provider acted on the request.
    ResetAfter,
    /// No answer, ever.
    Silence { reaches: bool },
    /// This answer instead of the provider's.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// The provider acts; this body instead of its own.
    Body(&'static str, Bytes),
    /// The provider acts; its document comes with one change.
    Mutated(Mutation),
    /// The provider acts; its answer breaks off half-way.
    CutOff,
    /// The provider acts; its answer stops half-way without an end.
    Stalls,
    /// The provider acts; its answer is followed by blanks without end.
    Endless,
    /// The provider acts; its answer is a JSON document of so many bytes, or breaks off after them.
    Long { bytes: usize, ends: bool },
    /// The provider acts; its answer comes byte by byte with this pause.
    Drip(Duration),
}

impl Rule {
    /// The fault for every request whose path begins like this.
    pub fn always(path: &'static str, fault: Fault) -> Self {
        Self {
            fits: Arc::new(move |call| call.path_and_query.starts_with(path)),
            skip: 0,
            times: usize::MAX,
            fault,
        }
    }

    /// The fault for the next such request.
    pub fn once(path: &'static str, fault: Fault) -> Self {
        Self {
            times: 1,
            ..Self::always(path, fault)
        }
    }

    /// Lets some pass first.
    #[must_use]
    pub fn after(self, skip: usize) -> Self {
        Self { skip, ..self }
    }
}

/// The fault that this request meets, if any.
pub fn meet(rules: &mut [Rule], call: &Call) -> Option<Fault> {
    for rule in rules {
        if !(rule.fits)(call) {
            continue;
        }
        if rule.skip > 0 {
            rule.skip -= 1;
        } else if rule.times > 0 {
            rule.times -= 1;
            return Some(rule.fault.clone());
        }
    }
    None
}

impl Fault {
    pub async fn play<R>(self, reach: impl FnOnce() -> R) -> Result<http::Response<WasiBody>, Error>
    where
        R: Future<Output = http::Response<axum::body::Body>>,
    {
        match self {
            Self::Refused => Err(Error::ConnectionRefused),
            Self::Denied => Err(Error::HttpRequestDenied),
            Self::HostFails(text) => Err(Error::InternalError(Some(text))),
            Self::ResetBefore => Err(Error::ConnectionTerminated),
            Self::ResetAfter => {
                reach().await;
                Err(Error::ConnectionTerminated)
            }
            Self::Silence { reaches } => {
                if reaches {
                    reach().await;
                }
                std::future::pending().await
            }
            Self::Answer(status, headers, body) => {
                let mut response = http::Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                response
                    .body(bytes_body(Bytes::from(body)))
                    .map_err(|error| Error::InternalError(Some(error.to_string())))
            }
            Self::Body(content_type, bytes) => {
                let (mut head, _) = reach().await.into_parts();
                head.headers
                    .insert("content-type", http::HeaderValue::from_static(content_type));
                head.headers.remove("content-length");
                Ok(http::Response::from_parts(head, bytes_body(bytes)))
            }
            Self::Mutated(mutation) => {
                reshape(reach().await, |bytes| {
                    let document = serde_json::from_slice(&bytes).ok();
                    let changed = document.and_then(|document| mutation.apply(&document));
                    bytes_body(changed.map_or(bytes, |changed| Bytes::from(changed.to_string())))
                })
                .await
            }
            Self::CutOff => {
                reshape(reach().await, |bytes| {
                    let half = bytes.slice(..bytes.len() / 2);
                    boxed(stream::iter([Ok(half), Err(Error::ConnectionTerminated)]))
                })
                .await
            }
            Self::Stalls => {
                reshape(reach().await, |bytes| {
                    let half = bytes.slice(..bytes.len() / 2);
                    boxed(stream::iter([Ok(half)]).chain(stream::pending()))
                })
                .await
            }
            Self::Endless => {
                reshape(reach().await, |bytes| {
                    let blanks = Bytes::from(vec![b' '; 64 * 1024]);
                    boxed(stream::iter([Ok(bytes)]).chain(stream::repeat_with(move || Ok(blanks.clone()))))
                })
                .await
            }
            Self::Long { bytes, ends } => {
                reshape(reach().await, |_| {
                    let piece = Bytes::from(vec![b'x'; 64 * 1024]);
                    let filler = bytes - b"{\"bio\":\"\"}".len();
                    let pieces = filler.div_ceil(piece.len());
                    let middle = (0..pieces).map(move |n| Ok(piece.slice(..piece.len().min(filler - n * piece.len()))));
                    let begin = std::iter::once(Ok(Bytes::from_static(b"{\"bio\":\"")));
                    let end = std::iter::once(if ends {
                        Ok(Bytes::from_static(b"\"}"))
                    } else {
                        Err(Error::ConnectionTerminated)
                    });
                    boxed(stream::iter(begin.chain(middle).chain(end)))
                })
                .await
            }
            Self::Drip(pause) => {
                reshape(reach().await, |bytes| {
                    boxed(stream::iter(bytes).then(move |byte| async move {
                        tokio::time::sleep(pause).await;
                        Ok(Bytes::copy_from_slice(&[byte]))
                    }))
                })
                .await
            }
        }
    }
}

async fn reshape(
    response: http::Response<axum::body::Body>,
    body: impl FnOnce(Bytes) -> WasiBody,
) -> Result<http::Response<WasiBody>, Error> {
    let (mut head, old) = whole(response).await?.into_parts();
    head.headers.remove("content-length");
    Ok(http::Response::from_parts(head, body(old.collect().await?.to_bytes())))
}

fn boxed(pieces: impl stream::Stream<Item = Result<Bytes, Error>> + Send + 'static) -> WasiBody {
    StreamBody::new(pieces.map(|piece| piece.map(Frame::data))).boxed_unsync()
}
