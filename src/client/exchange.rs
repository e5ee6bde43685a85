//! One HTTP exchange with a provider: time-outs, bounded body, and re-sending where that is safe.

use std::{
    cell::{Cell, OnceCell, RefCell},
    pin::pin,
    time::Duration,
};

use futures_util::future::{Either, select};

use crate::{
    account::secret::Secret,
    error::{FaultKind, ProviderFault},
    transport::{Body, Request, Response, Transport, TransportError},
};

use super::{
    ANSWER_BODY_LIMIT, Answer, Authorization, Call, Deadline, Quota, RateLimitPolicy, Repeat, WRITE_ANSWER_LIMIT,
    answer::short,
    budget::{Budget, Permit},
    call::TIMEOUTS,
    mask::Mask,
    rate_limit::Pauses,
    retry_after,
};

/// The HTTP client of one operation.
pub struct Client<'a> {
    transport: &'a dyn Transport,
    deadline: Deadline,
    mask: RefCell<Mask>,
    /// The caller's, sent with every request.
    traceparent: Option<String>,
    rate_limit: RateLimitPolicy,
    budget: Budget,
    retries_left: Cell<u32>,
    /// Writes that may have reached the provider.
    writes: Cell<u32>,
    /// Requests that were begun.
    calls: Cell<u32>,
    quota: RefCell<Option<Quota>>,
    /// Unix time from which no write is sent any more.
    writes_end: Cell<Option<Duration>>,
    /// A token that is refused to a write of [`Repeat::Reread`] may be renewed.
    renews_token: Cell<bool>,
    /// What the provider's answers gave as the time, each once. Few ask for it: it is not parsed before.
    dates: RefCell<Vec<String>>,
}

/// The attempts at one call.
pub(super) struct Attempts {
    pauses: Pauses,
    made: u32,
}

/// Re-sends of one whole operation.
const RETRY_BUDGET: u32 = 12;
/// Attempts of one call.
const MOST_ATTEMPTS: u32 = 4;
/// A date has 29 bytes, and with comments or many digits more. What is longer is not kept.
const LONGEST_DATE: usize = 1_024;
/// Time for the answer to an attempt that follows a wait.
const ANSWER_TIME: Duration = Duration::from_secs(1);

impl<'a> Client<'a> {
    pub fn new(
        transport: &'a dyn Transport,
        deadline: Deadline,
        secrets: impl IntoIterator<Item = Secret>,
        rate_limit: RateLimitPolicy,
    ) -> Self {
        Self {
            transport,
            deadline,
            mask: RefCell::new(Mask::new(secrets)),
            traceparent: None,
            rate_limit,
            budget: Budget::default(),
            retries_left: Cell::new(RETRY_BUDGET),
            writes: Cell::new(0),
            calls: Cell::default(),
            writes_end: Cell::default(),
            renews_token: Cell::new(true),
            quota: RefCell::default(),
            dates: RefCell::default(),
        }
    }

    /// From this Unix time on no write is sent, nor sent again: what permits them is over.
    pub fn end_writes_at(&self, end: Duration) {
        self.writes_end.set(Some(end));
    }

    /// Whether a write of [`Repeat::Reread`] that a kept token is refused for may be planned afresh with a new one.
    pub const fn may_renew_token(&self) -> bool {
        self.renews_token.get()
    }

    /// From now on a refused token is a refusal of such a write: planning it afresh was tried.
    pub fn stop_renewing_token(&self) {
        self.renews_token.set(false);
    }

    /// Sends a `traceparent` with every request from now on.
    pub fn forward(&mut self, traceparent: Option<&str>) {
        self.traceparent = traceparent.map(str::to_owned);
    }

    pub const fn transport(&self) -> &'a dyn Transport {
        self.transport
    }

    pub const fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    /// What this operation may still read.
    pub const fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The text with this operation's secrets and tokens replaced.
    pub fn masked(&self, text: &str) -> String {
        self.mask.borrow().apply(text)
    }

    /// Whether one of this operation's secrets and tokens stands in the text.
    pub fn shows_secret(&self, text: &str) -> bool {
        self.mask.borrow().is_in(text)
    }

    /// Whether any write may have reached the provider.
    pub const fn wrote(&self) -> bool {
        self.writes.get() > 0
    }

    /// The provider's clock when it last answered, Unix time; `None` if no answer had a `Date`.
    pub fn provider_clock(&self) -> Option<Duration> {
        self.dates
            .borrow()
            .iter()
            .rev()
            .find_map(|date| retry_after::date(date))
    }

    /// Requests that were begun so far.
    pub const fn calls(&self) -> u32 {
        self.calls.get()
    }

    /// What the provider's last answers say of its rate limit.
    pub fn quota(&self) -> Option<Quota> {
        self.quota.borrow().clone()
    }

    /// How long the provider asks to wait: at least the provider's shortest wait. `None` if it does not say.
    pub fn retry_after(&self, answer: &Answer) -> Option<Duration> {
        self.rate_limit.wait(answer, self.transport.wall_clock())
    }

    /// The status that an answer means: that of an error inside a 200.
    pub fn status_of(&self, answer: &Answer) -> u16 {
        self.rate_limit.meaning(answer)
    }

    /// The fault of an answer that is a refusal, of the kind that its status means.
    pub fn refusal(&self, answer: &Answer, message: impl AsRef<str>) -> ProviderFault {
        self.fault(answer, FaultKind::of_status(self.status_of(answer)), message)
    }

    /// A fault with the provider's answer and how long it asks to wait.
    pub fn fault(&self, answer: &Answer, kind: FaultKind, message: impl AsRef<str>) -> ProviderFault {
        answer.fault(kind, message).with_wait(self.retry_after(answer))
    }

    /// Sends a call and reads the answer whole. Any status but a redirect is an answer; it is the caller who judges it.
    ///
    /// # Errors
    /// Where there is no whole answer, after the re-sends that [`Repeat`] allows.
    pub async fn send(&self, call: &Call) -> Result<Answer, ProviderFault> {
        self.send_with(call, None).await
    }

    /// [`Client::send`] with a credential in a header, which is masked in everything that comes back from now on.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn send_authorized(
        &self,
        call: &Call,
        authorization: Authorization<'_>,
    ) -> Result<Answer, ProviderFault> {
        self.send_with(call, Some(authorization)).await
    }

    async fn send_with(&self, call: &Call, authorization: Option<Authorization<'_>>) -> Result<Answer, ProviderFault> {
        let request = self.request(call, authorization);
        let mut attempts = self.attempts();
        loop {
            let result = self.attempt(call, &request).await;
            if call.repeat == Repeat::Reread || !self.may_pass(&result) {
                return self.judged(call, result);
            }
            if call.write && self.has_no_clear_answer(&result) {
                call.may_have_landed.set(true);
            }
            if !self.pause(call, &mut attempts, &result).await {
                return self.judged(call, result);
            }
        }
    }

    /// The request of a call. Its credential is masked from now on.
    pub(super) fn request(&self, call: &Call, authorization: Option<Authorization<'_>>) -> Request {
        if let Some((_, _, secret)) = authorization {
            let mask = self.mask.borrow().and(secret);
            *self.mask.borrow_mut() = mask;
        }
        let mut request = call.request(authorization);
        let traceparent = self.traceparent.iter().map(|text| ("traceparent", text.clone()));
        request.headers.extend(traceparent);
        request
    }

    pub(super) fn attempts(&self) -> Attempts {
        Attempts {
            pauses: self.rate_limit.pauses(),
            made: 1,
        }
    }

    /// Waits before another attempt. `false`: there is to be none. A wait that leaves no time for the answer is worse than saying
    /// so at once.
    pub(super) async fn pause(
        &self,
        call: &Call,
        attempts: &mut Attempts,
        result: &Result<Answer, ProviderFault>,
    ) -> bool {
        let asked = result.as_ref().ok().and_then(|answer| self.retry_after(answer));
        let is_limited = result.as_ref().is_ok_and(|answer| self.rate_limit.is_limited(answer));
        let wait = attempts.pauses.next(asked, is_limited, self.transport.random());
        let Some(left) = self.retries_left.get().checked_sub(1) else {
            return false;
        };
        if attempts.made >= MOST_ATTEMPTS
            || wait.saturating_add(ANSWER_TIME) > self.room(call)
            || (call.write && !self.deadline.allows_write_after(self.transport, wait))
        {
            return false;
        }
        self.retries_left.set(left);
        attempts.made = attempts.made.saturating_add(1);
        self.transport.sleep(wait).await;
        true
    }

    /// Whether another attempt may end differently.
    pub(super) fn may_pass(&self, result: &Result<Answer, ProviderFault>) -> bool {
        match result {
            Ok(answer) => matches!(
                FaultKind::of_status(self.status_of(answer)),
                FaultKind::RateLimited | FaultKind::ServerError
            ),
            Err(fault) => matches!(fault.kind, FaultKind::Unreachable | FaultKind::NoAnswer),
        }
    }

    /// Whether the provider may have acted on the request although it did not say so.
    fn has_no_clear_answer(&self, result: &Result<Answer, ProviderFault>) -> bool {
        match result {
            Ok(answer) => FaultKind::of_status(self.status_of(answer)) == FaultKind::ServerError,
            Err(fault) => !fault.certainly_without_effect() && fault.sent,
        }
    }

    async fn attempt(&self, call: &Call, request: &Request) -> Result<Answer, ProviderFault> {
        let _permit = self.begin(call).await?;
        // Set before it is sent: a call that is cancelled half-way counts as sent.
        self.count_writes(call, 1);
        let end = self.end(call);
        let head = self.head(call, request, end).await;
        if matches!(&head, Err(fault) if !fault.sent) {
            self.count_writes(call, -1);
        }
        let Response { status, headers, body } = head?;
        let body = self
            .read_whole(call, body, end)
            .await
            .map_err(|fault| self.describe(call, fault))?;
        self.note_clock(&headers);
        let answer = self.answer(status, headers, body);
        if let Some(quota) = Quota::of(&answer, &|| self.transport.wall_clock()) {
            *self.quota.borrow_mut() = Some(quota);
        }
        Ok(answer)
    }

    /// Notes the provider's clock, by the headers of any answer.
    pub(super) fn note_clock(&self, headers: &[(String, String)]) {
        let date = headers.iter().find(|(name, _)| name == "date");
        let mut dates = self.dates.borrow_mut();
        if let Some((_, date)) = date.filter(|(_, date)| date.len() <= LONGEST_DATE && dates.last() != Some(date)) {
            dates.push(date.clone());
        }
    }

    /// Whatever came between the decision to send and this moment, a wait or another read: a write that starts too late would take
    /// the time of the read-back.
    ///
    /// # Errors
    /// Nothing was sent: the deadline passed, or the operation has read too much.
    pub(super) async fn begin(&self, call: &Call) -> Result<Option<Permit<'_>>, ProviderFault> {
        let ends = self.writes_end.get().filter(|_| call.write);
        if ends.is_some_and(|end| self.transport.wall_clock() >= end) {
            return Err(ProviderFault::new(
                FaultKind::ApprovalExpired,
                "the approval expired before the request was sent: have the plan approved again",
            ));
        }
        let permit = if call.write {
            None
        } else {
            let permit = self.budget.begin_read(self.transport, self.end(call)).await;
            permit.map_err(ProviderFault::not_sent)?
        };
        let has_permit = call.write || permit.is_some();
        if !has_permit || self.room(call).is_zero() || (call.write && !self.deadline.allows_write(self.transport)) {
            return Err(
                ProviderFault::new(FaultKind::TimedOut, "the deadline passed before the request was sent").not_sent(),
            );
        }
        self.calls.set(self.calls.get().saturating_add(1));
        Ok(permit)
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn head<'r>(
        &'r self,
        call: &Call,
        request: &'r Request,
        end: Duration,
    ) -> Result<Response<'r>, ProviderFault> {
        self.within(self.transport.send(request), TIMEOUTS.first_byte, end)
            .await
            .map_err(|fault| self.describe(call, fault))
    }

    pub(super) fn answer(&self, status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Answer {
        Answer {
            status,
            headers,
            body,
            mask: self.mask.borrow().clone(),
            acknowledgement: OnceCell::new(),
            meaning: Cell::new(None),
        }
    }

    /// The fault with the call that it is about.
    pub(super) fn describe(&self, call: &Call, fault: ProviderFault) -> ProviderFault {
        let message = match fault.kind {
            FaultKind::NotAllowed => format!(
                "the runtime does not allow requests to {}: add it to the hosts that the component may reach",
                call.origin()
            ),
            _ => format!("{} {}: {}", call.method.as_str(), call.path(), fault.message),
        };
        fault.with_message(short(&self.mask.borrow(), &message))
    }

    /// Until when an exchange must be over, on the monotonic clock.
    pub(super) fn end(&self, call: &Call) -> Duration {
        self.transport.monotonic().saturating_add(self.room(call))
    }

    fn room(&self, call: &Call) -> Duration {
        if call.write {
            self.deadline.left_for_write(self.transport)
        } else {
            self.deadline.left(self.transport)
        }
    }

    /// Eight may be under way at once: each takes back its own.
    fn count_writes(&self, call: &Call, more: i32) {
        if call.write {
            self.writes.set(self.writes.get().saturating_add_signed(more));
        }
    }

    pub(super) async fn read_whole(
        &self,
        call: &Call,
        mut body: Box<dyn Body + '_>,
        end: Duration,
    ) -> Result<Vec<u8>, ProviderFault> {
        let limit = if call.write {
            WRITE_ANSWER_LIMIT
        } else {
            ANSWER_BODY_LIMIT
        };
        let mut whole = Vec::new();
        while let Some(piece) = self.within(body.chunk(), TIMEOUTS.between_bytes, end).await? {
            if whole.len().saturating_add(piece.len()) > limit {
                return Err(ProviderFault::new(
                    FaultKind::BadAnswer,
                    format!("the answer is longer than {limit} bytes"),
                ));
            }
            if call.is_aside {
                self.budget.set_aside(piece.len())?;
            } else if !call.write {
                // What a write did must be known, however much was read before it: its answer is shorter, and not counted.
                self.budget.hold(piece.len())?;
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }

    pub(super) async fn within<T>(
        &self,
        task: impl Future<Output = Result<T, TransportError>>,
        most: Duration,
        end: Duration,
    ) -> Result<T, ProviderFault> {
        let limit = Cell::new(most);
        // The clock is not looked at where the answer is there already.
        let timer = async {
            limit.set(most.min(end.saturating_sub(self.transport.monotonic())));
            self.transport.sleep(limit.get()).await;
        };
        match select(pin!(task), pin!(timer)).await {
            Either::Left((Ok(value), _)) => Ok(value),
            Either::Left((Err(error), _)) => Err(ProviderFault::new(
                match error {
                    TransportError::NotSent(_) => FaultKind::Unreachable,
                    TransportError::NotAllowed => FaultKind::NotAllowed,
                    TransportError::NoAnswer(_) | TransportError::CutOff(_) => FaultKind::NoAnswer,
                },
                error.to_string(),
            )),
            Either::Right(_) => Err(ProviderFault::new(
                FaultKind::TimedOut,
                format!("no answer within {} ms", limit.get().as_millis()),
            )),
        }
    }
}
