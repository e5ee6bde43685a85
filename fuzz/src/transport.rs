//! Outbound HTTP into a sandbox's router, on tokio's paused clock, so that every wait costs no real time.

use std::{cell::RefCell, time::Duration};

use axum::Router;
use http_body_util::BodyExt;
use sandboxes::Clock;
use tower::ServiceExt;
use unassign_role::transport::{Body, Request, Response, Task, Transport, TransportError};

use crate::edits::Edits;

/// 2026-01-31T09:30:00Z.
pub const START: Duration = Duration::from_secs(1_769_851_800);

/// A sandbox whose answers are edited on their way back, or a far end that refuses every connection.
pub struct FarEnd {
    router: Option<Router>,
    clock: Clock,
    edits: RefCell<Edits>,
}

impl FarEnd {
    pub fn sandbox(router: Router, clock: Clock, edits: Edits) -> Self {
        Self {
            router: Some(router),
            clock,
            edits: RefCell::new(edits),
        }
    }

    pub fn unreachable() -> Self {
        Self {
            router: None,
            clock: Clock::starting_at(START),
            edits: RefCell::default(),
        }
    }

    /// Returns true if a careful reader still saw everything that is held.
    pub fn was_careful(&self) -> bool {
        self.edits.borrow().were_careful()
    }

    /// How many requests were sent.
    pub fn calls(&self) -> usize {
        self.edits.borrow().calls()
    }
}

impl Transport for FarEnd {
    fn send<'a>(&'a self, request: &'a Request) -> Task<'a, Result<Response<'a>, TransportError>> {
        Box::pin(async move {
            let number = self.edits.borrow_mut().next_call();
            let Some(router) = &self.router else {
                return Err(TransportError::NotSent(String::from("refused")));
            };
            let intercepted = self.edits.borrow().intercepted(number);
            if let Some(status) = intercepted {
                return Ok(Response {
                    status,
                    headers: vec![(String::from("content-type"), String::from("application/json"))],
                    body: Box::new(Whole(Some(b"{}".to_vec()))),
                });
            }
            let mut outbound = http::Request::builder()
                .method(request.method.as_str())
                .uri(&request.url);
            for (name, value) in &request.headers {
                outbound = outbound.header(*name, value);
            }
            let body = axum::body::Body::from(request.body.clone().unwrap_or_default());
            let outbound = outbound.body(body).expect("the component sends valid requests");
            let answer = router
                .clone()
                .oneshot(outbound)
                .await
                .unwrap_or_else(|never| match never {});
            let (head, body) = answer.into_parts();
            let body = body.collect().await.expect("sandboxes answer from memory").to_bytes();
            let body = self.edits.borrow_mut().apply(number, &body);
            let headers = head
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect();
            Ok(Response {
                status: head.status.as_u16(),
                headers,
                body: Box::new(Whole(Some(body))),
            })
        })
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    fn wall_clock(&self) -> Duration {
        self.clock.unix()
    }

    fn sleep(&self, duration: Duration) -> Task<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn random(&self) -> u64 {
        u64::MAX
    }
}

/// A body in one piece.
struct Whole(Option<Vec<u8>>);

impl Body for Whole {
    fn chunk(&mut self) -> Task<'_, Result<Option<Vec<u8>>, TransportError>> {
        Box::pin(async { Ok(self.0.take().filter(|piece| !piece.is_empty())) })
    }
}
