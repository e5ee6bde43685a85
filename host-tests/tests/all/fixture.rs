//! A CrowdStrike tenant behind a network, and the two ways to call: typed, and over HTTP.

use std::time::Duration;

use bytes::Bytes;
use host::{
    demo,
    guests::Artifact,
    network::Fault,
    service::Service,
    typed::types::{self, Provider},
};
use sandboxes::crowdstrike::{CrowdStrike, DEMO_USERS};
use serde_json::{Value, json};
use unassign_role::http_api::token_digest;

use crate::{record, typed_world};

pub use host::typed::{by_id, by_name, options, request};

pub const AUTHORITY: &str = "api.crowdstrike.com";
pub const ANN: &str = DEMO_USERS[0].0;
pub const SAM: &str = DEMO_USERS[1].0;
pub const KIM: &str = DEMO_USERS[2].0;
pub const TOKEN: &str = "test-token";
pub const ACCOUNT: &str = "acme-crowdstrike";
/// 2026-01-31T09:30:00Z.
pub const START: Duration = Duration::from_secs(1_769_851_800);

/// The CrowdStrike tenant.
pub type World = typed_world::World<CrowdStrike>;

/// An answer of the HTTP face.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Value,
}

impl World {
    pub fn new() -> Self {
        Self::of(Provider::Crowdstrike, CrowdStrike::demo, CrowdStrike::router)
    }

    /// The HTTP face with one account and one token.
    pub fn service(&self, artifact: Artifact) -> Service {
        self.service_with(artifact, account())
    }

    pub fn service_with(&self, artifact: Artifact, account: Value) -> Service {
        Service::builder(artifact, &self.network, self.clock)
            .tokens(&tokens())
            .account(ACCOUNT, account)
            .secret("crowdstrike", "demo-secret")
            .start()
            .unwrap()
    }
}

/// The account as the HTTP faces are configured with it.
pub fn account() -> Value {
    json!({
        "provider": "crowdstrike",
        "credentials": {"type": "client_credentials", "client_id": "demo-client", "client_secret": {"secret": "crowdstrike"}},
        "settings": {"region": "us-1"},
    })
}

pub fn typed_account() -> types::Account {
    demo::account(Provider::Crowdstrike)
}

pub fn tokens() -> Value {
    json!([{"name": "tests", "sha256": token_digest(TOKEN), "accounts": [ACCOUNT, "other"], "may": ["read", "plan", "revoke", "revoke_everything", "raw"]}])
}

pub fn in_organization(id: &str, organization: &str) -> types::Role {
    types::Role {
        organization: Some(organization.to_owned()),
        ..by_id(id)
    }
}

pub fn in_workspace(role: types::Role, workspace: &str) -> types::Role {
    types::Role {
        workspace: Some(workspace.to_owned()),
        ..role
    }
}

/// A plan: nothing is to change.
pub fn dry() -> types::Options {
    types::Options {
        mode: types::Mode::Plan,
        ..options()
    }
}

pub fn allowing(effects: &[types::SideEffect]) -> types::Options {
    types::Options {
        allow: effects.to_vec(),
        ..options()
    }
}

/// A JSON answer in place of the provider's.
pub fn says(status: u16, body: impl ToString) -> Fault {
    let json = vec![("content-type", String::from("application/json"))];
    Fault::Answer(status, json, body.to_string())
}

/// A well-formed request to the HTTP face, to be changed by the test.
pub struct Post {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Post {
    pub fn json(body: &Value) -> Self {
        Self {
            method: "POST",
            path: format!("/unified/user-directory/users/unassign-role?integrated_account_id={ACCOUNT}"),
            headers: vec![
                ("authorization", format!("Bearer {TOKEN}")),
                ("content-type", String::from("application/json")),
            ],
            body: body.to_string(),
        }
    }

    pub fn query(mut self, more: &str) -> Self {
        self.path.push_str(more);
        self
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            self.headers.push((name, value.to_owned()));
        }
        self
    }

    pub async fn to(self, service: &Service) -> Answer {
        let mut request = http::Request::builder()
            .method(self.method)
            .uri(format!("http://127.0.0.1:3000{}", self.path))
            .header("host", "127.0.0.1:3000");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let (head, body) = service
            .send(request.body(Bytes::from(self.body)).unwrap())
            .await
            .unwrap()
            .into_parts();
        for line in service.log() {
            record::fits_its_schema(&line);
        }
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: serde_json::from_slice(&body)
                .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&body))),
        }
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    pub fn outcomes(&self) -> Vec<&str> {
        let entries = self.body["role_outcomes"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        entries.iter().filter_map(|entry| entry["outcome"].as_str()).collect()
    }
}

/// The outcomes of a typed answer.
pub fn outcomes(answer: &Result<types::Success, types::Failure>) -> Vec<types::Outcome> {
    let entries = match answer {
        Ok(success) => &success.outcomes,
        Err(failure) => &failure.outcomes,
    };
    entries.iter().map(|entry| entry.outcome).collect()
}
