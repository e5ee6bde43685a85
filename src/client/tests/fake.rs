//! A transport for unit tests: scripted answers on virtual time.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::{Pin, pin},
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use crate::transport::{Body, Request, Response, Task, Timeouts, Transport, TransportError};

/// 2026-01-31T09:30:00Z.
pub const START: Duration = Duration::from_secs(1_769_851_800);

/// What the far end does with one request.
pub enum Reaction {
    Answer(u16, Vec<(&'static str, String)>, String),
    /// The head and these pieces, then an error.
    CutOff(u16, Vec<Vec<u8>>),
    /// 200 with these headers and pieces; an error follows if it says so.
    Pieces(Vec<(&'static str, String)>, Vec<Vec<u8>>, bool),
    Fail(TransportError),
    /// Never answers.
    Silence,
    /// The reaction, later.
    After(Duration, Box<Reaction>),
}

/// A request as the far end sees it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: &'static str,
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// Unix time.
    pub at: Duration,
    pub timeouts: Timeouts,
}

type Script = Box<dyn FnMut(&Seen) -> Reaction>;

/// Scripted far end, virtual clock.
pub struct FakeTransport {
    clock: Rc<Clock>,
    script: RefCell<Script>,
    pub seen: RefCell<Vec<Seen>>,
    /// After so much virtual time the wall clock is set forward by so much.
    pub clock_is_set: Cell<Option<(Duration, Duration)>>,
}

#[derive(Default)]
struct Clock {
    now: Cell<Duration>,
    timers: RefCell<Vec<(Duration, Waker)>>,
}

impl FakeTransport {
    pub fn new(script: impl FnMut(&Seen) -> Reaction + 'static) -> Self {
        Self {
            clock: Rc::default(),
            script: RefCell::new(Box::new(script)),
            seen: RefCell::default(),
            clock_is_set: Cell::default(),
        }
    }

    /// Runs a future to its end; whenever nothing can go on, time jumps to the next timer.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        let waker = Waker::from(Arc::new(Still));
        let mut context = Context::from_waker(&waker);
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                return value;
            }
            let mut timers = self.clock.timers.borrow_mut();
            let next = timers
                .iter()
                .map(|(at, _)| *at)
                .min()
                .expect("the future waits for nothing");
            self.clock.now.set(self.clock.now.get().max(next));
            let due: Vec<Waker> = timers
                .extract_if(.., |(at, _)| *at <= next)
                .map(|(_, waker)| waker)
                .collect();
            drop(timers);
            due.iter().for_each(Waker::wake_by_ref);
        }
    }

    /// How much virtual time has passed.
    pub fn elapsed(&self) -> Duration {
        self.clock.now.get()
    }

    fn wait(&self, duration: Duration) -> Timer {
        Timer {
            clock: Rc::clone(&self.clock),
            at: self.clock.now.get() + duration,
        }
    }
}

impl Transport for FakeTransport {
    fn send<'a>(&'a self, request: &'a Request) -> Task<'a, Result<Response<'a>, TransportError>> {
        Box::pin(async move {
            let seen = Seen {
                method: request.method.as_str(),
                url: request.url.clone(),
                headers: request.headers.clone(),
                body: String::from_utf8(request.body.clone().unwrap_or_default()).expect("bodies are text"),
                at: self.wall_clock(),
                timeouts: request.timeouts,
            };
            self.seen.borrow_mut().push(seen.clone());
            let mut reaction = (self.script.borrow_mut())(&seen);
            loop {
                let (status, headers, pieces, cut) = match reaction {
                    Reaction::Answer(status, headers, body) => (status, headers, vec![body.into_bytes()], false),
                    Reaction::CutOff(status, pieces) => (status, Vec::new(), pieces, true),
                    Reaction::Pieces(headers, pieces, cut) => (200, headers, pieces, cut),
                    Reaction::Fail(error) => return Err(error),
                    Reaction::Silence => std::future::pending().await,
                    Reaction::After(wait, then) => {
                        self.wait(wait).await;
                        reaction = *then;
                        continue;
                    }
                };
                return Ok(Response {
                    status,
                    headers: headers
                        .into_iter()
                        .map(|(name, value)| (name.to_owned(), value))
                        .collect(),
                    body: Box::new(Pieces { pieces, cut }),
                });
            }
        })
    }

    fn monotonic(&self) -> Duration {
        self.clock.now.get()
    }

    fn wall_clock(&self) -> Duration {
        let now = self.clock.now.get();
        let forward = self.clock_is_set.get().filter(|(at, _)| now >= *at);
        START + now + forward.map_or(Duration::ZERO, |(_, by)| by)
    }

    fn sleep(&self, duration: Duration) -> Task<'_, ()> {
        Box::pin(self.wait(duration))
    }

    fn random(&self) -> u64 {
        u64::MAX
    }
}

struct Pieces {
    pieces: Vec<Vec<u8>>,
    cut: bool,
}

impl Body for Pieces {
    fn chunk(&mut self) -> Task<'_, Result<Option<Vec<u8>>, TransportError>> {
        Box::pin(async {
            self.pieces.retain(|piece| !piece.is_empty());
            if !self.pieces.is_empty() {
                return Ok(Some(self.pieces.remove(0)));
            }
            if self.cut {
                return Err(TransportError::CutOff(String::from("reset")));
            }
            Ok(None)
        })
    }
}

struct Timer {
    clock: Rc<Clock>,
    at: Duration,
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.clock.now.get() >= self.at {
            return Poll::Ready(());
        }
        self.clock.timers.borrow_mut().push((self.at, context.waker().clone()));
        Poll::Pending
    }
}

/// The root future is polled after every jump; its waker has nothing to do.
struct Still;

impl Wake for Still {
    fn wake(self: Arc<Self>) {}
}
