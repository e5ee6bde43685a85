//! The sandboxed providers and their accounts.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use clap::ValueEnum;
use harness::{
    guests::Artifact,
    network::Network,
    service::{Builder, Service, token_digest},
    typed::types,
};
use sandboxes::{Clock, crowdstrike::CrowdStrike};
use serde_json::{Value, json};

/// The bearer token of the demo.
pub const TOKEN: &str = "demo-token";
/// The sandbox account.
pub const CROWDSTRIKE: &str = "demo-crowdstrike";

/// Which component serves.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Component {
    /// The WASI 0.2 component
    #[default]
    Wasi,
    /// The Spin component
    Spin,
}

/// Running sandboxes, on real time.
pub struct Sandboxes {
    pub clock: Clock,
    pub network: Network,
    pub crowdstrike: CrowdStrike,
}

impl From<Component> for Artifact {
    fn from(component: Component) -> Self {
        match component {
            Component::Wasi => Self::Wasi,
            Component::Spin => Self::Spin,
        }
    }
}

impl Sandboxes {
    pub fn start() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let clock = Clock::starting_at(unix);
        let network = Network::default();
        let crowdstrike = CrowdStrike::demo(clock);
        network.route("api.crowdstrike.com", crowdstrike.router());
        Self {
            clock,
            network,
            crowdstrike,
        }
    }

    /// The HTTP face with the sandbox accounts.
    pub fn service(&self, component: Component) -> Builder {
        let digest = token_digest(TOKEN);
        Service::builder(component.into(), &self.network, self.clock)
            .config(&json!({"tokens": [{"name": "demo", "sha256": digest, "accounts": [CROWDSTRIKE]}]}))
            .account(CROWDSTRIKE, crowdstrike_account())
            .secret("crowdstrike", "demo-secret")
    }

    /// The account for the typed call.
    pub fn typed_account(id: &str) -> Result<types::Account> {
        anyhow::ensure!(
            id == CROWDSTRIKE,
            "there is no sandbox account `{id}`; there is {CROWDSTRIKE}"
        );
        Ok(types::Account {
            provider: types::Provider::Crowdstrike,
            base_url: None,
            credentials: types::Credentials::ClientCredentials(types::ClientCredentials {
                client_id: String::from("demo-client"),
                client_secret: String::from("demo-secret"),
                member_cid: None,
            }),
            settings: Some(json!({"region": "us-1"}).to_string()),
        })
    }
}

fn crowdstrike_account() -> Value {
    json!({
        "provider": "crowdstrike",
        "credentials": {"type": "client_credentials", "client_id": "demo-client", "client_secret": {"secret": "crowdstrike"}},
        "settings": {"region": "us-1"},
    })
}
