//! What is measured.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use host::{
    engine,
    guests::Artifact,
    output::Output,
    service::{Lifetime, Service},
    state::Setup,
    typed::{self, types},
};
use sandboxes::crowdstrike::{DEMO_HOME_CID as HOME, User};
use serde_json::json;

use crate::commands::sandbox::{CROWDSTRIKE, Component, Sandboxes, TOKEN};

use super::native;

/// The ways to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The crate without a component or a host.
    Native,
    /// A component that answers, and does nothing else.
    Hello,
    /// A component that makes as many calls as a removal does, and nothing else.
    Floor,
    /// The HTTP face, instances reused.
    Http(Component),
    /// The typed call, a fresh instance each.
    Typed,
}

/// Calls with a token in hand: the user, the grants, the revoke and the read-back.
const CALLS: usize = 5;

/// The role that goes each time.
const ROLE: &str = "help_desk";

impl Subject {
    pub const ALL: [Self; 6] = [
        Self::Native,
        Self::Hello,
        Self::Floor,
        Self::Http(Component::Wasi),
        Self::Http(Component::Spin),
        Self::Typed,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "the crate, natively",
            Self::Hello => "hello: no call, no work",
            Self::Floor => "floor: the calls and no work",
            Self::Http(Component::Wasi) => "HTTP, WASI 0.2, reused",
            Self::Http(Component::Spin) => "HTTP, Spin, reused",
            Self::Typed => "typed call, a fresh instance each",
        }
    }

    /// How many calls of the provider one call makes.
    ///
    /// # Errors
    /// Its component is not built.
    pub fn calls_out(self) -> Result<usize> {
        match self {
            Self::Hello => floor().map(|_| 0),
            Self::Floor => floor().map(|_| CALLS),
            // Each instance gets a token of its own.
            Self::Typed => Ok(CALLS + 1),
            Self::Native | Self::Http(_) => Ok(CALLS),
        }
    }
}

/// A subject, and a tenant with a user for each caller.
pub struct Caller {
    subject: Subject,
    sandboxes: Sandboxes,
    service: Option<Service>,
    native: native::Operation,
}

impl Caller {
    pub fn new(subject: Subject, users: usize) -> Result<Self> {
        let sandboxes = Sandboxes::start();
        for number in 0..users {
            sandboxes.crowdstrike.add_user(User {
                uuid: user(number),
                uid: format!("bench{number}@example.com"),
                cid: HOME.to_owned(),
                first_name: None,
                last_name: None,
                status: None,
                factors: Vec::new(),
                created_at: None,
                updated_at: None,
                last_login_at: None,
                user_type: None,
            });
        }
        let service = match subject {
            Subject::Native | Subject::Typed => None,
            Subject::Http(component) => Some(sandboxes.service(component, false)?),
            Subject::Hello | Subject::Floor => Some(Service::of_component(
                &engine::prepare(&floor()?)?,
                Setup::new(&sandboxes.network, Output::nowhere()),
                Lifetime::default(),
            )?),
        };
        let native = native::Operation::new(&sandboxes);
        Ok(Self {
            subject,
            sandboxes,
            service,
            native,
        })
    }

    /// One call, and how long it took.
    ///
    /// # Errors
    /// It did not do what it should.
    pub async fn call(&self, number: usize) -> Result<Duration> {
        let user = user(number);
        if !matches!(self.subject, Subject::Hello | Subject::Floor) {
            self.sandboxes.crowdstrike.grant(&user, HOME, ROLE);
        }
        // A journal of every request would be what is measured in the end.
        self.sandboxes.network.forget_calls();
        let started = Instant::now();
        match (self.subject, &self.service) {
            (Subject::Native, _) => self.native.remove(&user, ROLE).await?,
            (Subject::Typed, _) => self.typed(&user).await?,
            (Subject::Hello, Some(service)) => send(service, get("/")?).await?,
            (Subject::Floor, Some(service)) => {
                let target = format!("/?calls={CALLS}&authority=api.crowdstrike.com&path=/nothing");
                send(service, get(&target)?).await?;
            }
            (_, Some(service)) => send(service, removal(&user)?).await?,
            (_, None) => {}
        }
        Ok(started.elapsed())
    }

    async fn typed(&self, user: &str) -> Result<()> {
        let role = types::Role {
            id: Some(ROLE.to_owned()),
            name: None,
            group: None,
            organization: None,
            workspace: None,
        };
        let (request, options) = (typed::request(user, &[role]), typed::options());
        let (network, clock) = (&self.sandboxes.network, self.sandboxes.clock);
        let answer = typed::call(network, clock, &Sandboxes::typed_account(), &request, &options).await?;
        ensure!(answer.is_ok(), "a removal failed: {answer:?}");
        Ok(())
    }
}

fn user(number: usize) -> String {
    format!("7b000000-0000-4000-8000-{number:012}")
}

fn get(target: &str) -> Result<http::Request<Bytes>> {
    Ok(http::Request::get(format!("http://127.0.0.1:3000{target}"))
        .header("host", "127.0.0.1:3000")
        .body(Bytes::new())?)
}

fn removal(user: &str) -> Result<http::Request<Bytes>> {
    let target = format!("/unified/user-directory/users/unassign-role?integrated_account_id={CROWDSTRIKE}");
    let body = json!({"id": user, "roles": [{"id": ROLE}]});
    Ok(http::Request::post(format!("http://127.0.0.1:3000{target}"))
        .header("host", "127.0.0.1:3000")
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", "application/json")
        .body(Bytes::from(body.to_string()))?)
}

async fn send(service: &Service, request: http::Request<Bytes>) -> Result<()> {
    let answer = service.send(request).await?;
    ensure!(answer.status() == 200, "a call ended with {}", answer.status());
    Ok(())
}

/// The component of `bench/floor`.
pub fn floor() -> Result<Vec<u8>> {
    let path = floor_path();
    std::fs::read(&path).with_context(|| format!("{} is not built: run `make bench`", path.display()))
}

fn floor_path() -> PathBuf {
    let guests = Artifact::Wasi.path();
    let target = guests.ancestors().nth(3).unwrap_or(Path::new("target"));
    target.join("bench/wasm32-wasip2/release/unassign_role_floor.wasm")
}
