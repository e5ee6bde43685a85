//! Answers that are not held: split into elements as they arrive, or passed on.

use serde_json::value::RawValue;

use crate::{
    client::body_sink::BodySink,
    error::ProviderFault,
    transport::{self, Response},
};

use super::{Answer, Authorization, Call, Client, Splitter, call::TIMEOUTS, read_status};

/// The longest document in bytes that is judged before any of it is passed on.
const LONGEST_JUDGED: usize = 64 * 1024;

/// What became of a list that was asked for.
#[derive(Debug)]
pub enum Elements<T> {
    /// It was read to its end.
    Whole(T),
    /// The answer is no success.
    Refused(Answer),
}

impl Client<'_> {
    /// Sends a read and folds the elements of a long array into a value, without ever holding the array. A list that breaks off is
    /// asked for again and folded afresh.
    ///
    /// # Errors
    /// As [`Client::send`], and what `each` gives.
    pub async fn fold_elements<T: Default>(
        &self,
        call: &Call,
        authorization: Authorization<'_>,
        key: &'static str,
        mut each: impl FnMut(&mut T, &[u8]) -> Result<(), ProviderFault>,
    ) -> Result<Elements<T>, ProviderFault> {
        let mut attempts = self.attempts();
        loop {
            let mut folded = T::default();
            let mut fold = |element: &[u8]| each(&mut folded, element);
            let result = match self.split(call, authorization, key, &mut fold).await {
                Ok(None) => return Ok(Elements::Whole(folded)),
                Ok(Some(answer)) => Ok(answer),
                Err(fault) => Err(fault),
            };
            if !self.may_pass(&result) || !self.pause(call, &mut attempts, &result).await {
                return self.judged(call, result).map(Elements::Refused);
            }
        }
    }

    /// One attempt: an answer that is no success is read whole and given back, and so is an error beside the array.
    async fn split(
        &self,
        call: &Call,
        authorization: Authorization<'_>,
        key: &'static str,
        each: &mut dyn FnMut(&[u8]) -> Result<(), ProviderFault>,
    ) -> Result<Option<Answer>, ProviderFault> {
        let request = self.request(call, Some(authorization));
        let _permit = self.begin(call).await?;
        let end = self.end(call);
        let describe = |fault| self.describe(call, fault);
        let Response {
            status,
            headers,
            mut body,
        } = self.head(call, &request, end).await?;
        self.note_clock(&headers);
        if !read_status::is_whole(status) {
            let body = self.read_whole(call, body, end).await.map_err(describe)?;
            return Ok(Some(self.answer(status, headers, body)));
        }
        let mut splitter = Splitter::new(key);
        while let Some(piece) = self
            .within(body.chunk(), TIMEOUTS.between_bytes, end)
            .await
            .map_err(describe)?
        {
            let room = if call.is_aside {
                self.budget().set_aside(piece.len())
            } else {
                self.budget().receive(piece.len())
            };
            room.map_err(describe)?;
            splitter.feed(&piece, each).map_err(describe)?;
            if splitter.is_whole() {
                break;
            }
        }
        let beside = self.answer(status, headers, splitter.finish().map_err(describe)?);
        Ok((!beside.is_given()).then_some(beside))
    }

    /// Sends a read and passes its body on as it arrives; says whether anything was. An answer that is no success, or no document,
    /// is left alone, and so is a short one in which `is_wanted` finds something else. A document with a secret in it is not ended.
    /// The deadline holds until the first bytes, and from then on the time-out between two pieces.
    ///
    /// # Errors
    /// The exchange broke off: before anything was passed on, or in the middle.
    pub async fn pass_on(
        &self,
        call: &Call,
        authorization: Authorization<'_>,
        is_wanted: &dyn Fn(&RawValue) -> bool,
        begin: &mut dyn FnMut(&mut dyn BodySink),
        sink: &mut dyn BodySink,
    ) -> Result<bool, ProviderFault> {
        let request = self.request(call, Some(authorization));
        let _permit = self.begin(call).await?;
        let end = self.end(call);
        let Response {
            status,
            headers,
            mut body,
        } = self.head(call, &request, end).await?;
        let mut answer = self.answer(status, headers, Vec::new());
        let is_json = |text: &str| text.to_ascii_lowercase().starts_with("application/json");
        let is_encoded = answer.header("content-encoding").is_some();
        if status != 200 || is_encoded || !answer.header("content-type").is_some_and(is_json) {
            return Ok(false);
        }
        // A short document is judged whole, as any read. Of a long one only the beginning would be known.
        let mut next;
        loop {
            next = self.within(body.chunk(), TIMEOUTS.first_byte, end).await?;
            let Some(piece) = &next else { break };
            answer.body.extend_from_slice(piece);
            if answer.body.len() > LONGEST_JUDGED {
                break;
            }
        }
        if next.is_none() {
            let document: Option<Box<RawValue>> = answer.json("the user").ok();
            let is_document = self.status_of(&answer) == 200 && answer.is_given();
            if !is_document || !document.is_some_and(|document| is_wanted(&document)) {
                return Ok(false);
            }
        }
        let mut window = std::mem::take(&mut answer.body);
        let longest = answer.mask.longest();
        let mut has_begun = false;
        loop {
            let is_over = next.is_none();
            // Looked through in large parts: the work stays linear, however small the pieces are.
            if is_over || window.len() > longest.saturating_mul(2) {
                if answer.mask.is_in(&transport::text(&window)) {
                    return Ok(has_begun);
                }
                if !has_begun {
                    begin(sink);
                    has_begun = true;
                }
                // What may be the beginning of a secret is kept back until it is known what follows.
                let kept = if is_over { 0 } else { longest };
                let clear: Vec<u8> = window.drain(..window.len().saturating_sub(kept)).collect();
                if !clear.is_empty() && !sink.write(&clear).await {
                    return Ok(true);
                }
            }
            if is_over {
                break;
            }
            let soon = self.transport().monotonic().saturating_add(TIMEOUTS.between_bytes);
            next = self.within(body.chunk(), TIMEOUTS.between_bytes, soon).await?;
            if let Some(piece) = &next {
                window.extend_from_slice(piece);
            }
        }
        sink.finish().await;
        Ok(true)
    }
}
