//! The format `stream`: the provider's document goes to the client as it arrives.

use crate::{client::body_sink::BodySink, contract::types::Success, service::Record, transport::Task};

use super::{Responder, outcome_counts, with_common_headers};

/// An answer whose body is streamed.
pub struct StreamedAnswer<'a> {
    responder: &'a mut dyn Responder,
    record: &'a Record<'a>,
    request_id: &'a str,
    has_begun: bool,
}

impl<'a> StreamedAnswer<'a> {
    pub fn new(responder: &'a mut dyn Responder, record: &'a Record<'a>, request_id: &'a str) -> Self {
        Self {
            responder,
            record,
            request_id,
            has_begun: false,
        }
    }

    /// Whether the client has the head of the answer.
    pub const fn has_begun(&self) -> bool {
        self.has_begun
    }
}

impl BodySink for StreamedAnswer<'_> {
    fn begin<'a>(&'a mut self, success: &'a Success) {
        self.has_begun = true;
        // The operation is over, whatever becomes of its document.
        let _ = self.record.finished(Ok(success));
        let mut headers = vec![("x-role-outcomes", outcome_counts(&success.outcomes))];
        headers.extend(self.record.quota_headers());
        self.responder.start(200, with_common_headers(headers, self.request_id));
    }

    fn write<'a>(&'a mut self, piece: &'a [u8]) -> Task<'a, bool> {
        Box::pin(async move { self.responder.write(piece).await.is_ok() })
    }

    fn finish(&mut self) -> Task<'_, ()> {
        Box::pin(async {
            // If the client has disconnected, the record still has the answer.
            let _ = self.responder.finish().await;
        })
    }
}
