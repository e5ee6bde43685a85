//! A body that ends with an error if it takes too long.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};
use wasmtime_wasi_http::Error;

/// A body whose sender has so much time: for all of it, or for each pause.
pub struct Timed<B> {
    body: B,
    timer: Pin<Box<Sleep>>,
    pause: Option<Duration>,
    is_waiting: bool,
}

impl<B> Timed<B> {
    /// The whole body has so much time to arrive.
    #[cfg(feature = "serve")]
    pub fn whole(body: B, time: Duration) -> Self {
        Self {
            body,
            timer: Box::pin(sleep(time)),
            pause: None,
            is_waiting: false,
        }
    }

    /// Its sender may not pause for longer than this.
    pub fn pausing_at_most(body: B, longest: Duration) -> Self {
        Self {
            body,
            timer: Box::pin(sleep(longest)),
            pause: Some(longest),
            is_waiting: false,
        }
    }
}

impl<B: Body<Error = Error> + Unpin> Body for Timed<B> {
    type Data = B::Data;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.is_waiting = false;
            return Poll::Ready(frame);
        }
        // The sender's pause begins where somebody waits for it, not where it was last read.
        if let Some(pause) = this.pause
            && !this.is_waiting
        {
            this.is_waiting = true;
            this.timer.as_mut().reset(Instant::now() + pause);
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
