//! Answers that are not held: split into elements as they arrive, or passed on.

use crate::{client::body_sink::BodySink, error::ProviderFault, transport::Response};

use super::{Answer, Authorization, Call, Client, Splitter, call::TIMEOUTS, redirect};

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
                return redirect::refuse(call, result).map(Elements::Refused);
            }
        }
    }

    /// One attempt: an answer that is no success is read whole and given back.
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
        if !(200..300).contains(&status) {
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
        splitter.finish().map_err(describe)?;
        Ok(None)
    }

    /// Sends a read and passes its body on as it arrives; says whether anything was. An answer that is no success, or no document,
    /// is left alone. The deadline holds until the first piece, and from then on the time-out between two pieces.
    ///
    /// # Errors
    /// The exchange broke off: before anything was passed on, or in the middle.
    pub async fn pass_on(
        &self,
        call: &Call,
        authorization: Authorization<'_>,
        begin: &mut dyn FnMut(&mut dyn BodySink),
        sink: &mut dyn BodySink,
    ) -> Result<bool, ProviderFault> {
        let request = self.request(call, Some(authorization));
        let end = self.end(call);
        let Response {
            status,
            headers,
            mut body,
        } = self.head(call, &request, end).await?;
        let content_type = headers
            .iter()
            .find(|(name, _)| name == "content-type")
            .map_or("", |(_, value)| value.as_str());
        if status != 200 || !content_type.to_ascii_lowercase().starts_with("application/json") {
            return Ok(false);
        }
        let mut next = self.within(body.chunk(), TIMEOUTS.first_byte, end).await?;
        if next.is_none() {
            return Ok(false);
        }
        begin(sink);
        while let Some(piece) = next {
            if !sink.write(&piece).await {
                return Ok(true);
            }
            drop(piece);
            let soon = self.transport().monotonic().saturating_add(TIMEOUTS.between_bytes);
            next = self.within(body.chunk(), TIMEOUTS.between_bytes, soon).await?;
        }
        sink.finish().await;
        Ok(true)
    }
}
