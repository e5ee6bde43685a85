//! An answer's body as the component reads it.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, Sleep, sleep},
};
use wasmtime_wasi_http::Error;

use super::failure;

/// Ends with an error if the provider pauses too long. Its place in the pool is taken until it is dropped.
pub struct Answer {
    body: Incoming,
    pause: Duration,
    timer: Pin<Box<Sleep>>,
    is_waiting: bool,
    _place: OwnedSemaphorePermit,
}

impl Answer {
    pub fn new(body: Incoming, pause: Duration, place: OwnedSemaphorePermit) -> Self {
        Self {
            body,
            pause,
            timer: Box::pin(sleep(pause)),
            is_waiting: false,
            _place: place,
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.is_waiting = false;
            return Poll::Ready(frame.map(|frame| frame.map_err(|error| failure::of_body(&error))));
        }
        // The provider's pause begins where the component waits, not where it last read.
        if !this.is_waiting {
            this.is_waiting = true;
            this.timer.as_mut().reset(Instant::now() + this.pause);
        }
        this.timer
            .as_mut()
            .poll(context)
            .map(|()| Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
