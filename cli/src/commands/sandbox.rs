//! The sandboxed providers and their accounts.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use axum::Router;
use clap::ValueEnum;
use host::{
    demo::Providers,
    guests::Artifact,
    output::Output,
    service::{Lifetime, Service},
    state::Setup,
    typed::types::Provider,
};
use sandboxes::{blackline, crowdstrike, elastic_cloud, jumpcloud, slack_enterprise, teamviewer};
use serde_json::{Value, json};
use unassign_role::{
    http_api::{Setting, token_digest},
    keys::PrivateKey,
};

use crate::{
    accounts::{Account, environment},
    tenants,
};

/// The name of the approver whose key this process has.
pub const APPROVER: &str = "demo-approver";
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

/// The component that serves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Component {
    /// The WASI 0.2 component
    #[default]
    Wasi,
    /// The Spin component
    Spin,
}

/// Running sandboxes, on real time.
pub struct Sandboxes {
    pub demo: Providers,
    seed: [u8; 32],
}

impl Sandboxes {
    pub fn start() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let mut seed = [0; 32];
        let _ = getrandom::fill(&mut seed);
        Self {
            demo: Providers::starting_at(unix),
            seed,
        }
    }

    /// The providers themselves, by their accounts.
    pub fn routers(&self) -> [(&'static str, Router); 6] {
        self.demo.routers().map(|(provider, router)| (id(provider), router))
    }

    /// The people of an account, as they can be asked for.
    pub fn users(account: &str) -> Vec<String> {
        let texts = |users: &[(&str, &str)]| users.iter().map(|(_, login)| (*login).to_owned()).collect();
        match account {
            BLACKLINE => blackline::DEMO_USERS.map(|(_, login)| login.to_owned()).into(),
            CROWDSTRIKE => texts(&crowdstrike::DEMO_USERS),
            ELASTIC => texts(&elastic_cloud::DEMO_USERS),
            JUMPCLOUD => texts(&jumpcloud::DEMO_USERS),
            SLACK => texts(&slack_enterprise::DEMO_USERS),
            _ => texts(&teamviewer::DEMO_USERS),
        }
    }

    /// What the provider of an account has, as it is: a line each.
    pub fn holdings(&self, account: &str) -> BTreeSet<String> {
        match account {
            BLACKLINE => self.demo.blackline.holdings(),
            CROWDSTRIKE => self.demo.crowdstrike.holdings(),
            ELASTIC => self.demo.elastic.holdings(),
            JUMPCLOUD => self.demo.jumpcloud.holdings(),
            SLACK => self.demo.slack.holdings(),
            _ => self.demo.teamviewer.holdings(),
        }
    }

    /// Signs approvals that every sandbox account takes.
    pub fn approver(&self) -> PrivateKey {
        PrivateKey::of_seed(&self.seed.map(|byte| !byte))
    }

    /// The accounts, which take this process's approvals.
    fn approvable(&self) -> Vec<Account> {
        let approvers = json!([{"name": APPROVER, "key": self.approver().public().to_jwk()}]);
        let mut accounts = Self::accounts();
        for account in &mut accounts {
            let settings = account.document.entry("settings").or_insert_with(|| json!({}));
            settings["approvers"] = approvers.clone();
        }
        accounts
    }

    /// The HTTP face with the sandbox accounts. With `is_recorded`, the record goes to standard error.
    pub fn service(&self, component: Component, is_recorded: bool) -> Result<Service> {
        let tokens = json!([{"name": "demo", "sha256": token_digest(TOKEN), "accounts": ACCOUNTS, "may": ["read", "plan", "revoke", "revoke_everything", "raw"]}]);
        match component {
            Component::Wasi => self.wasi(&tokens, is_recorded),
            Component::Spin => {
                let builder = Service::builder(Artifact::Spin, &self.demo.network, self.demo.clock)
                    .tokens(&tokens)
                    .setting("receipt_key", &self.receipt_key());
                let builder = if is_recorded { builder.inherit_output() } else { builder };
                let builder = self.approvable().into_iter().fold(builder, |builder, account| {
                    let secrets = account.secrets.iter();
                    secrets
                        .fold(builder, |builder, (name, value)| builder.secret(name, value))
                        .account(&account.id, Value::Object(account.document))
                });
                builder.start()
            }
        }
    }

    /// The component that this program carries, where it carries one.
    fn wasi(&self, tokens: &Value, is_recorded: bool) -> Result<Service> {
        let accounts = self.approvable();
        let mut environment = environment(&accounts.iter().collect::<Vec<_>>(), tokens.to_string());
        environment.push((
            Setting::ReceiptKey.environment_variable().to_owned(),
            self.receipt_key(),
        ));
        let output = if is_recorded {
            Output::Inherited
        } else {
            Output::nowhere()
        };
        let setup = Setup {
            clock: Some(self.demo.clock),
            environment,
            ..Setup::new(&self.demo.network, output)
        };
        Service::of_component(&tenants::component()?, setup, Lifetime::default())
    }

    /// The accounts, ready for the component.
    pub fn accounts() -> Vec<Account> {
        let account = |id: &str| {
            let document = account(id).as_object().cloned().unwrap_or_default();
            let secrets = secrets(id)
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()));
            Account {
                secrets: secrets.collect(),
                ..Account::of_document(id, document)
            }
        };
        ACCOUNTS.map(account).into()
    }

    /// A key of this process alone: what it signs is a demonstration.
    pub fn receipt_key(&self) -> String {
        PrivateKey::of_seed(&self.seed).to_jwk().to_string()
    }
}

/// The account at a provider.
const fn id(provider: Provider) -> &'static str {
    match provider {
        Provider::Blackline => BLACKLINE,
        Provider::Crowdstrike => CROWDSTRIKE,
        Provider::ElasticCloud => ELASTIC,
        Provider::Jumpcloud => JUMPCLOUD,
        Provider::SlackEnterprise => SLACK,
        Provider::Teamviewer => TEAMVIEWER,
    }
}

/// The secrets that an account refers to.
fn secrets(id: &str) -> &'static [(&'static str, &'static str)] {
    match id {
        CROWDSTRIKE => &[("crowdstrike", "demo-secret")],
        BLACKLINE => &[("blackline_key", "demo-key"), ("blackline_client", "demo-secret")],
        ELASTIC => &[("elastic", elastic_cloud::DEMO_KEY)],
        JUMPCLOUD => &[("jumpcloud", jumpcloud::DEMO_KEY)],
        SLACK => &[("slack", slack_enterprise::DEMO_TOKEN)],
        _ => &[("teamviewer", teamviewer::DEMO_TOKEN)],
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
