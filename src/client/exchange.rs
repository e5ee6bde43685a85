//! One HTTP exchange with a provider: time-outs, bounded body, and re-sending where that is safe.

use std::{
    cell::{Cell, RefCell},
    fmt,
    pin::pin,
    rc::Rc,
    time::Duration,
};

use futures_util::future::{Either, select};

use crate::{
    error::{FaultKind, ProviderFault},
    passage::Passage,
    secret::Secret,
    transport::{Body, Method, Request, Response, Timeouts, Transport, TransportError},
};

use super::{ANSWER_BODY_LIMIT, Answer, Backoff, Deadline, Quota, Splitter, USER_AGENT, mask::Mask, retry_after};

/// Whether a request may be sent again when it is not known what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Reads, and writes that subtract from a set: twice is the same as once.
    Replay,
    /// Never re-sent: the engine goes back to the read first.
    Reread,
}

/// A call as a provider's code describes it. Its headers and body may hold credentials: `Debug` shows neither.
#[derive(Clone)]
pub struct Call {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Vec<u8>>,
    pub repeat: Repeat,
    /// It changes something at the provider.
    pub write: bool,
    /// An attempt at it may have been carried out without an answer, whatever a later attempt was answered. Clones share it.
    pub may_have_landed: Rc<Cell<bool>>,
}

/// The HTTP client of one operation.
pub struct Client<'a> {
    transport: &'a dyn Transport,
    deadline: Deadline,
    mask: Mask,
    /// Provider's own way to say how long to wait, before the standard header.
    pacing: Pacing,
    retries_left: Cell<u32>,
    /// Writes that may have reached the provider.
    writes: Cell<u32>,
    quota: RefCell<Option<Quota>>,
}

/// A provider's own ways to limit the rate.
#[derive(Clone, Copy)]
pub struct Pacing {
    /// How long an answer asks to wait, by a header of the provider's own; it is given Unix time now.
    pub wait: fn(&Answer, Duration) -> Option<Duration>,
    /// Whether an answer is a rate limit.
    pub is_limited: fn(&Answer) -> bool,
}

impl Default for Pacing {
    /// 429 and the standard header.
    fn default() -> Self {
        Self {
            wait: |_, _| None,
            is_limited: |answer| answer.status == 429,
        }
    }
}

/// Re-sends of one whole operation.
const RETRY_BUDGET: u32 = 12;
/// Attempts of one call.
const MOST_ATTEMPTS: u32 = 4;

const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    first_byte: Duration::from_secs(10),
    between_bytes: Duration::from_secs(5),
};

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("path", &path_of(&self.url))
            .field("body_bytes", &self.body.as_ref().map(Vec::len))
            .field("repeat", &self.repeat)
            .field("write", &self.write)
            .finish_non_exhaustive()
    }
}

impl Call {
    /// A read.
    pub fn get(url: impl Into<String>) -> Self {
        Self::read(Method::Get, url, None)
    }

    /// A read that the provider wants as a POST.
    pub fn read(method: Method, url: impl Into<String>, body: Option<Vec<u8>>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body,
            repeat: Repeat::Replay,
            write: false,
            may_have_landed: Rc::default(),
        }
    }

    /// A write.
    pub fn write(method: Method, url: impl Into<String>, body: Option<Vec<u8>>, repeat: Repeat) -> Self {
        Self {
            repeat,
            write: true,
            ..Self::read(method, url, body)
        }
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl<'a> Client<'a> {
    pub fn new(
        transport: &'a dyn Transport,
        deadline: Deadline,
        secrets: impl IntoIterator<Item = Secret>,
        pacing: Pacing,
    ) -> Self {
        Self {
            transport,
            deadline,
            mask: Mask::new(secrets),
            pacing,
            retries_left: Cell::new(RETRY_BUDGET),
            writes: Cell::new(0),
            quota: RefCell::default(),
        }
    }

    pub const fn transport(&self) -> &'a dyn Transport {
        self.transport
    }

    pub const fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    /// The text with this operation's secrets replaced.
    pub fn masked(&self, text: &str) -> String {
        self.mask.apply(text)
    }

    /// Whether any write may have reached the provider.
    pub const fn wrote(&self) -> bool {
        self.writes.get() > 0
    }

    /// Sends a call and reads the answer whole. Any status but a redirect is an answer; it is the caller who judges it.
    ///
    /// # Errors
    /// Where there is no whole answer, after the re-sends that [`Repeat`] allows.
    pub async fn send(&self, call: &Call) -> Result<Answer, ProviderFault> {
        self.send_with(call, None).await
    }

    /// [`Client::send`] with a bearer token in `authorization`, which is masked in what comes back.
    pub async fn send_authorized(
        &self,
        call: &Call,
        authorization: (&'static str, &str, &Secret),
    ) -> Result<Answer, ProviderFault> {
        self.send_with(call, Some(authorization)).await
    }

    /// Sends a read and gives the elements of a long array one by one; an answer that is no success is read whole and given back.
    /// It is not sent again: what was given already would be given twice.
    pub async fn send_splitting(
        &self,
        call: &Call,
        authorization: (&'static str, &str, &Secret),
        key: &'static str,
        each: &mut dyn FnMut(&[u8]) -> Result<(), ProviderFault>,
    ) -> Result<Option<Answer>, ProviderFault> {
        let mask = self.mask.and(authorization.2);
        let request = request_of(call, Some(authorization));
        let end = self.transport.monotonic() + self.deadline.left(self.transport);
        let describe = |fault: ProviderFault| ProviderFault {
            message: mask.apply(&format!(
                "{} {}: {}",
                call.method.as_str(),
                path_of(&call.url),
                fault.message
            )),
            ..fault
        };
        let head = self
            .within(self.transport.send(&request), TIMEOUTS.first_byte, end)
            .await
            .map_err(describe)?;
        let Response {
            status,
            headers,
            mut body,
        } = head;
        if !(200..300).contains(&status) {
            let body = self.read_whole(body, end).await.map_err(describe)?;
            return refuse_redirect(Ok(Answer {
                status,
                headers,
                body,
                mask: mask.clone(),
            }))
            .map(Some);
        }
        let mut splitter = Splitter::new(key);
        while let Some(piece) = self
            .within(body.chunk(), TIMEOUTS.between_bytes, end)
            .await
            .map_err(describe)?
        {
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
        authorization: (&'static str, &str, &Secret),
        begin: &mut dyn FnMut(&mut dyn Passage),
        passage: &mut dyn Passage,
    ) -> Result<bool, ProviderFault> {
        let request = request_of(call, Some(authorization));
        let end = self.transport.monotonic() + self.deadline.left(self.transport);
        let Response {
            status,
            headers,
            mut body,
        } = self
            .within(self.transport.send(&request), TIMEOUTS.first_byte, end)
            .await?;
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
        begin(passage);
        while let Some(piece) = next {
            if !passage.piece(&piece).await {
                return Ok(true);
            }
            drop(piece);
            let soon = self.transport.monotonic() + TIMEOUTS.between_bytes;
            next = self.within(body.chunk(), TIMEOUTS.between_bytes, soon).await?;
        }
        passage.end().await;
        Ok(true)
    }

    async fn send_with(
        &self,
        call: &Call,
        authorization: Option<(&'static str, &str, &Secret)>,
    ) -> Result<Answer, ProviderFault> {
        let mask = match authorization {
            Some((_, _, secret)) => self.mask.and(secret),
            None => self.mask.clone(),
        };
        let request = request_of(call, authorization);
        let mut backoff = Backoff::new(Duration::from_millis(400), Duration::from_secs(4));
        let mut attempt = 1;
        loop {
            let result = self.attempt(call, &request, &mask).await;
            if !self.is_worth_repeating(&result, call.repeat) {
                return refuse_redirect(result);
            }
            let asked = result.as_ref().ok().and_then(|answer| self.retry_after(answer));
            let wait = asked.unwrap_or_else(|| backoff.wait(self.transport.random()));
            let room = if call.write {
                self.deadline.left_for_write(self.transport)
            } else {
                self.deadline.left(self.transport)
            };
            if call.write && has_no_clear_answer(&result) {
                call.may_have_landed.set(true);
            }
            // A wait that leaves no time for the answer is worse than saying so at once.
            if attempt >= MOST_ATTEMPTS
                || self.retries_left.get() == 0
                || wait.saturating_add(Duration::from_secs(1)) > room
                || (call.write && !self.deadline.allows_write_after(self.transport, wait))
            {
                return refuse_redirect(result);
            }
            self.retries_left.set(self.retries_left.get() - 1);
            attempt += 1;
            self.transport.sleep(wait).await;
        }
    }

    /// Whether another attempt is safe and may end differently.
    fn is_worth_repeating(&self, result: &Result<Answer, ProviderFault>, repeat: Repeat) -> bool {
        repeat == Repeat::Replay
            && match result {
                Ok(answer) => answer.status >= 500 || (self.pacing.is_limited)(answer),
                Err(fault) => matches!(fault.kind, FaultKind::Unreachable | FaultKind::NoAnswer),
            }
    }

    /// What the provider's last answers say of its rate limit.
    pub fn quota(&self) -> Option<Quota> {
        self.quota.borrow().clone()
    }

    /// How long the provider asks to wait.
    pub fn retry_after(&self, answer: &Answer) -> Option<Duration> {
        let now = self.transport.wall_clock();
        (self.pacing.wait)(answer, now).or_else(|| retry_after::standard(answer.header("retry-after")?, now))
    }

    async fn attempt(&self, call: &Call, request: &Request, mask: &Mask) -> Result<Answer, ProviderFault> {
        let left = if call.write {
            self.deadline.left_for_write(self.transport)
        } else {
            self.deadline.left(self.transport)
        };
        // Whatever came between the decision to write and this moment, a wait or another read: the rest belongs to the read-back.
        if left.is_zero() || (call.write && !self.deadline.allows_write(self.transport)) {
            let mut fault = ProviderFault::new(FaultKind::TimedOut, "the deadline passed before the request was sent");
            fault.sent = false;
            return Err(fault);
        }
        // Set before it is sent: a call that is cancelled half-way counts as sent.
        self.count_writes(call, 1);
        let end = self.transport.monotonic() + left;
        let describe = |fault: ProviderFault| ProviderFault {
            message: mask.apply(&format!(
                "{} {}: {}",
                call.method.as_str(),
                path_of(&call.url),
                fault.message
            )),
            ..fault
        };
        let head = self
            .within(self.transport.send(request), TIMEOUTS.first_byte, end)
            .await;
        if matches!(&head, Err(fault) if !fault.sent) {
            self.count_writes(call, -1);
        }
        let head = head.map_err(describe)?;
        let Response { status, headers, body } = head;
        let body = self.read_whole(body, end).await.map_err(describe)?;
        let answer = Answer {
            status,
            headers,
            body,
            mask: mask.clone(),
        };
        if let Some(quota) = Quota::of(&answer, self.transport.wall_clock()) {
            *self.quota.borrow_mut() = Some(quota);
        }
        Ok(answer)
    }

    /// Eight may be under way at once: each takes back its own.
    fn count_writes(&self, call: &Call, more: i32) {
        if call.write {
            self.writes.set(self.writes.get().saturating_add_signed(more));
        }
    }

    async fn read_whole(&self, mut body: Box<dyn Body + '_>, end: Duration) -> Result<Vec<u8>, ProviderFault> {
        let mut whole = Vec::new();
        while let Some(piece) = self.within(body.chunk(), TIMEOUTS.between_bytes, end).await? {
            if whole.len() + piece.len() > ANSWER_BODY_LIMIT {
                return Err(ProviderFault::new(
                    FaultKind::BadAnswer,
                    format!("the answer is longer than {ANSWER_BODY_LIMIT} bytes"),
                ));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }

    async fn within<T>(
        &self,
        task: impl Future<Output = Result<T, TransportError>>,
        most: Duration,
        end: Duration,
    ) -> Result<T, ProviderFault> {
        let most = most.min(end.saturating_sub(self.transport.monotonic()));
        match select(pin!(task), self.transport.sleep(most)).await {
            Either::Left((Ok(value), _)) => Ok(value),
            Either::Left((Err(error), _)) => Err(ProviderFault::new(
                match error {
                    TransportError::NotSent(_) => FaultKind::Unreachable,
                    TransportError::NotAllowed(_) => FaultKind::HostNotAllowed,
                    TransportError::NoAnswer(_) | TransportError::CutOff(_) => FaultKind::NoAnswer,
                },
                error.to_string(),
            )),
            Either::Right(_) => Err(ProviderFault::new(
                FaultKind::TimedOut,
                format!("no answer within {} ms", most.as_millis()),
            )),
        }
    }
}

/// Whether the provider may have acted on the request although it did not say so.
fn has_no_clear_answer(result: &Result<Answer, ProviderFault>) -> bool {
    match result {
        Ok(answer) => answer.status >= 500,
        Err(fault) => !fault.certainly_without_effect() && fault.sent,
    }
}

/// A redirect is no answer: it could lead the credentials to another host.
fn refuse_redirect(result: Result<Answer, ProviderFault>) -> Result<Answer, ProviderFault> {
    let answer = result?;
    if (300..400).contains(&answer.status) {
        return Err(answer.fault(
            FaultKind::BadAnswer,
            format!(
                "the provider answered with a redirect ({}), which is not followed",
                answer.status
            ),
        ));
    }
    Ok(answer)
}

fn request_of(call: &Call, authorization: Option<(&'static str, &str, &Secret)>) -> Request {
    let mut headers = call.headers.clone();
    headers.push(("user-agent", USER_AGENT.to_owned()));
    if !headers.iter().any(|(name, _)| *name == "accept") {
        headers.push(("accept", String::from("application/json")));
    }
    if let Some((header, scheme, secret)) = authorization {
        let value = if scheme.is_empty() {
            secret.expose().to_owned()
        } else {
            format!("{scheme} {}", secret.expose())
        };
        headers.push((header, value));
    }
    Request {
        method: call.method,
        url: call.url.clone(),
        headers,
        body: call.body.clone(),
        timeouts: TIMEOUTS,
    }
}

/// The path of a URL, for messages: a query may hold an e-mail address.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    path.split('?').next().unwrap_or(path)
}
