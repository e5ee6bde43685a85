//! The operation without a component: the crate, called by this process, with the sandbox as its far end.

use std::time::Duration;

use anyhow::{Result, anyhow};
use axum::{
    Router,
    body::{Body as AxumBody, to_bytes},
};
use sandboxes::Clock;
use tower::ServiceExt;
use unassign_role::{
    client::Caches,
    contract::types,
    transport::{Body, Request, Response, Task, Transport, TransportError},
};

use crate::commands::sandbox::Sandboxes;

/// The operation at the CrowdStrike sandbox.
pub struct Operation {
    far_end: FarEnd,
    caches: Caches,
}

impl Operation {
    pub fn new(sandboxes: &Sandboxes) -> Self {
        Self {
            far_end: FarEnd {
                router: sandboxes.crowdstrike.router(),
                clock: sandboxes.clock,
            },
            caches: Caches::default(),
        }
    }

    /// One verified removal.
    ///
    /// # Errors
    /// The role is not gone.
    pub async fn remove(&self, user: &str, role: &str) -> Result<()> {
        let account = types::Account {
            provider: types::Provider::Crowdstrike,
            base_url: types::Endpoint::ProviderDefault,
            credentials: types::Credentials::ClientCredentials(types::ClientCredentials {
                client_id: String::from("demo-client"),
                client_secret: String::from("demo-secret"),
                member_cid: types::Narrowing::Anywhere,
            }),
            settings: String::from(r#"{"region": "us-1"}"#),
        };
        let anywhere = || types::Narrowing::Anywhere;
        let request = types::Request {
            id: user.to_owned(),
            everything: false,
            roles: vec![types::RequestedRole {
                role: types::RoleSelector::Id(role.to_owned()),
                group: anywhere(),
                organization: anywhere(),
                workspace: anywhere(),
            }],
            organizations: Vec::new(),
            workspace_id: anywhere(),
            remote_query: None,
            remote_data: None,
        };
        let options = types::Options {
            mode: types::Mode::Revoke,
            allow: Vec::new(),
            deadline: None,
            strict_scope: types::StrictScope::AccountDefault,
            unknown_role: types::UnknownRole::NotFound,
            acknowledged_at: None,
            expect: types::Expectation::Anyone,
            accept_unverified: false,
            binding: types::Binding::None,
            reference: None,
        };
        let answer = unassign_role::unassign_role(&self.far_end, &self.caches, account, request, options).await;
        answer
            .map(drop)
            .map_err(|failure| anyhow!("a removal failed: {}", failure.message))
    }
}

/// Outbound HTTP into a sandbox's router.
struct FarEnd {
    router: Router,
    clock: Clock,
}

impl Transport for FarEnd {
    fn send<'a>(&'a self, request: &'a Request) -> Task<'a, Result<Response<'a>, TransportError>> {
        Box::pin(async move {
            let mut outbound = http::Request::builder()
                .method(request.method.as_str())
                .uri(&request.url);
            for (name, value) in &request.headers {
                outbound = outbound.header(*name, value);
            }
            let body = AxumBody::from(request.body.clone().unwrap_or_default());
            let outbound = outbound
                .body(body)
                .map_err(|error| TransportError::NotSent(error.to_string()))?;
            let answer = self.router.clone().oneshot(outbound).await;
            let (head, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
            let body = to_bytes(body, usize::MAX).await;
            let body = body.map_err(|error| TransportError::CutOff(error.to_string()))?;
            let headers = head
                .headers
                .iter()
                .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect();
            Ok(Response {
                status: head.status.as_u16(),
                headers,
                body: Box::new(Whole(Some(body.to_vec()))),
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
        let mut bytes = [0; 8];
        let _ = getrandom::fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// A body in one piece.
struct Whole(Option<Vec<u8>>);

impl Body for Whole {
    fn chunk(&mut self) -> Task<'_, Result<Option<Vec<u8>>, TransportError>> {
        Box::pin(async { Ok(self.0.take().filter(|piece| !piece.is_empty())) })
    }
}
