//! A CrowdStrike tenant behind a network, and the two ways to call: typed, and over HTTP.

use std::time::Duration;

use bytes::Bytes;
use host::{
    guests::Artifact,
    network::Network,
    service::Service,
    typed::{self, types},
};
use sandboxes::{
    Clock,
    crowdstrike::{CrowdStrike, DEMO_USERS},
};
use serde_json::{Value, json};
use unassign_role::http_api::token_digest;

use crate::record;

pub use host::typed::{options, request};

pub const AUTHORITY: &str = "api.crowdstrike.com";
pub const ANN: &str = DEMO_USERS[0].0;
pub const SAM: &str = DEMO_USERS[1].0;
pub const KIM: &str = DEMO_USERS[2].0;
pub const TOKEN: &str = "test-token";
pub const ACCOUNT: &str = "acme-crowdstrike";
/// 2026-01-31T09:30:00Z.
pub const START: Duration = Duration::from_secs(1_769_851_800);

/// A tenant that is reachable.
pub struct World {
    pub clock: Clock,
    pub network: Network,
    pub tenant: CrowdStrike,
}

/// An answer of the HTTP face.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Value,
}

impl World {
    pub fn new() -> Self {
        let clock = Clock::starting_at(START);
        let tenant = CrowdStrike::demo(clock);
        let network = Network::default();
        network.route(AUTHORITY, tenant.router());
        Self { clock, network, tenant }
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

    /// The typed call.
    pub async fn call(&self, user: &str, roles: &[types::Role]) -> Result<types::Success, types::Failure> {
        self.call_with(user, roles, options()).await
    }

    pub async fn call_with(
        &self,
        user: &str,
        roles: &[types::Role],
        options: types::Options,
    ) -> Result<types::Success, types::Failure> {
        let request = request(user, roles);
        typed::call(&self.network, self.clock, &typed_account(), &request, &options)
            .await
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
    types::Account {
        provider: types::Provider::Crowdstrike,
        base_url: types::Endpoint::ProviderDefault,
        credentials: types::Credentials::ClientCredentials(types::ClientCredentials {
            client_id: String::from("demo-client"),
            client_secret: String::from("demo-secret"),
            member_cid: types::Narrowing::Anywhere,
        }),
        settings: String::from(r#"{"region": "us-1"}"#),
    }
}

pub fn tokens() -> Value {
    json!([{"name": "tests", "sha256": token_digest(TOKEN), "accounts": [ACCOUNT, "other"], "may": ["read", "plan", "revoke", "revoke_everything", "raw"]}])
}

pub fn by_id(id: &str) -> types::Role {
    types::Role {
        id: Some(id.to_owned()),
        name: None,
        group: None,
        organization: None,
        workspace: None,
    }
}

pub fn by_name(name: &str) -> types::Role {
    types::Role {
        id: None,
        name: Some(name.to_owned()),
        ..by_id("")
    }
}

pub fn in_organization(id: &str, organization: &str) -> types::Role {
    types::Role {
        organization: Some(organization.to_owned()),
        ..by_id(id)
    }
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
