//! A body that keeps something alive.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use wasmtime_wasi_http::{Error, WasiBody};

/// An answer's body with what it takes up, like a place in a pool, until it is dropped.
pub struct Kept<T> {
    body: WasiBody,
    _taken: T,
}

impl<T> Kept<T> {
    pub fn new(body: WasiBody, taken: T) -> Self {
        Self { body, _taken: taken }
    }
}

impl<T: Unpin> Body for Kept<T> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
