//! The sandboxed providers and their accounts.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use clap::ValueEnum;
use host::{
    guests::Artifact,
    network::Network,
    service::{Builder, Service},
    typed::types,
};
use sandboxes::{
    Clock,
    blackline::{self, BlackLine},
    crowdstrike::CrowdStrike,
    elastic_cloud::{self, ElasticCloud},
    jumpcloud::{self, JumpCloud},
    slack_enterprise::{self, Slack},
    teamviewer::{self, TeamViewer},
};
use serde_json::{Value, json};
use unassign_role::http_api::token_digest;

/// The bearer token of the demo.
pub const TOKEN: &str = "demo-token";
/// The sandbox accounts.
pub const CROWDSTRIKE: &str = "demo-crowdstrike";
pub const BLACKLINE: &str = "demo-blackline";
pub const ELASTIC: &str = "demo-elastic-cloud";
pub const JUMPCLOUD: &str = "demo-jumpcloud";
pub const SLACK: &str = "demo-slack-enterprise";
pub const TEAMVIEWER: &str = "demo-teamviewer";

/// All of them.
pub const ACCOUNTS: [&str; 6] = [BLACKLINE, CROWDSTRIKE, ELASTIC, JUMPCLOUD, SLACK, TEAMVIEWER];

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
    pub blackline: BlackLine,
    pub crowdstrike: CrowdStrike,
    pub elastic: ElasticCloud,
    pub jumpcloud: JumpCloud,
    pub slack: Slack,
    pub teamviewer: TeamViewer,
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
        let sandboxes = Self {
            clock,
            network: Network::default(),
            blackline: BlackLine::demo(clock),
            crowdstrike: CrowdStrike::demo(clock),
            elastic: ElasticCloud::demo(clock),
            jumpcloud: JumpCloud::demo(clock),
            slack: Slack::demo(clock),
            teamviewer: TeamViewer::demo(clock),
        };
        let network = &sandboxes.network;
        network.route(blackline::DEMO_AUTHORITY, sandboxes.blackline.router());
        network.route("api.crowdstrike.com", sandboxes.crowdstrike.router());
        network.route("api.elastic-cloud.com", sandboxes.elastic.router());
        network.route("console.jumpcloud.com", sandboxes.jumpcloud.router());
        network.route("slack.com", sandboxes.slack.router());
        network.route("webapi.teamviewer.com", sandboxes.teamviewer.router());
        sandboxes
    }

    /// The HTTP face with the sandbox accounts.
    pub fn service(&self, component: Component) -> Builder {
        // Of this process alone: what it signs is a demonstration.
        let mut seed = [0; 32];
        let _ = getrandom::fill(&mut seed);
        let receipt_key = unassign_role::keys::PrivateKey::of_seed(&seed).to_jwk().to_string();
        let tokens = json!([{"name": "demo", "sha256": token_digest(TOKEN), "accounts": ACCOUNTS, "may": ["read", "plan", "revoke", "revoke_everything", "raw"]}]);
        let builder = Service::builder(component.into(), &self.network, self.clock)
            .tokens(&tokens)
            .setting("receipt_key", &receipt_key)
            .secret("crowdstrike", "demo-secret")
            .secret("blackline_key", "demo-key")
            .secret("blackline_client", "demo-secret")
            .secret("elastic", elastic_cloud::DEMO_KEY)
            .secret("jumpcloud", jumpcloud::DEMO_KEY)
            .secret("slack", slack_enterprise::DEMO_TOKEN)
            .secret("teamviewer", teamviewer::DEMO_TOKEN);
        ACCOUNTS
            .iter()
            .fold(builder, |builder, id| builder.account(id, account(id)))
    }

    /// The account for the typed call.
    pub fn typed_account(id: &str) -> Result<types::Account> {
        use types::{Credentials, Provider};
        let text = |text: &str| text.to_owned();
        let none = text("{}");
        let (provider, credentials, settings) = match id {
            CROWDSTRIKE => {
                let credentials = types::ClientCredentials {
                    client_id: text("demo-client"),
                    client_secret: text("demo-secret"),
                    member_cid: types::Narrowing::Anywhere,
                };
                let settings = json!({"region": "us-1"}).to_string();
                (
                    Provider::Crowdstrike,
                    Credentials::ClientCredentials(credentials),
                    settings,
                )
            }
            BLACKLINE => {
                let credentials = types::PasswordCredentials {
                    username: text("demo-api"),
                    password: text("demo-key"),
                    client_id: text("demo-client"),
                    client_secret: text("demo-secret"),
                    scope: text("bl.users instance_0f8c"),
                };
                (Provider::Blackline, Credentials::Password(credentials), none)
            }
            ELASTIC => (
                Provider::ElasticCloud,
                Credentials::ApiKey(text(elastic_cloud::DEMO_KEY)),
                none,
            ),
            JUMPCLOUD => (
                Provider::Jumpcloud,
                Credentials::ApiKey(text(jumpcloud::DEMO_KEY)),
                none,
            ),
            SLACK => (
                Provider::SlackEnterprise,
                Credentials::BearerToken(text(slack_enterprise::DEMO_TOKEN)),
                none,
            ),
            TEAMVIEWER => (
                Provider::Teamviewer,
                Credentials::BearerToken(text(teamviewer::DEMO_TOKEN)),
                none,
            ),
            _ => anyhow::bail!("there is no sandbox account `{id}`; there are {}", ACCOUNTS.join(", ")),
        };
        Ok(types::Account {
            provider,
            base_url: if id == BLACKLINE {
                types::Endpoint::Url(format!("https://{}", blackline::DEMO_AUTHORITY))
            } else {
                types::Endpoint::ProviderDefault
            },
            credentials,
            settings,
        })
    }
}

/// An account as the HTTP faces are configured with it.
fn account(id: &str) -> Value {
    match id {
        CROWDSTRIKE => json!({
            "provider": "crowdstrike",
            "credentials": {"type": "client_credentials", "client_id": "demo-client", "client_secret": {"secret": "crowdstrike"}},
            "settings": {"region": "us-1"},
        }),
        BLACKLINE => json!({
            "provider": "blackline",
            "base_url": format!("https://{}", blackline::DEMO_AUTHORITY),
            "credentials": {
                "type": "password", "username": "demo-api", "password": {"secret": "blackline_key"},
                "client_id": "demo-client", "client_secret": {"secret": "blackline_client"}, "scope": "bl.users instance_0f8c",
            },
        }),
        ELASTIC => {
            json!({"provider": "elastic_cloud", "credentials": {"type": "api_key", "api_key": {"secret": "elastic"}}})
        }
        JUMPCLOUD => {
            json!({"provider": "jumpcloud", "credentials": {"type": "api_key", "api_key": {"secret": "jumpcloud"}}})
        }
        SLACK => {
            json!({"provider": "slack_enterprise", "credentials": {"type": "bearer_token", "token": {"secret": "slack"}}})
        }
        _ => {
            json!({"provider": "teamviewer", "credentials": {"type": "bearer_token", "token": {"secret": "teamviewer"}}})
        }
    }
}
