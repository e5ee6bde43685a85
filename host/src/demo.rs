//! The sandboxes as a host reaches them: a demo tenant at each provider, its address, and the account that opens it.

use std::time::Duration;

use axum::Router;
use sandboxes::{
    Clock,
    blackline::{self, BlackLine},
    crowdstrike::CrowdStrike,
    elastic_cloud::{self, ElasticCloud},
    jumpcloud::{self, JumpCloud},
    slack_enterprise::{self, Slack},
    teamviewer::{self, TeamViewer},
};

use crate::{
    network::Network,
    typed::{
        self,
        types::{Account, ClientCredentials, Credentials, Endpoint, Narrowing, PasswordCredentials, Provider},
    },
};

/// A demo tenant at every provider, on one clock and behind one network.
pub struct Providers {
    pub clock: Clock,
    pub network: Network,
    pub blackline: BlackLine,
    pub crowdstrike: CrowdStrike,
    pub elastic: ElasticCloud,
    pub jumpcloud: JumpCloud,
    pub slack: Slack,
    pub teamviewer: TeamViewer,
}

impl Providers {
    pub fn starting_at(unix: Duration) -> Self {
        let clock = Clock::starting_at(unix);
        let providers = Self {
            clock,
            network: Network::default(),
            blackline: BlackLine::demo(clock),
            crowdstrike: CrowdStrike::demo(clock),
            elastic: ElasticCloud::demo(clock),
            jumpcloud: JumpCloud::demo(clock),
            slack: Slack::demo(clock),
            teamviewer: TeamViewer::demo(clock),
        };
        for (provider, router) in providers.routers() {
            providers.network.route(authority(provider), router);
        }
        providers
    }

    /// The providers themselves.
    pub fn routers(&self) -> [(Provider, Router); 6] {
        [
            (Provider::Blackline, self.blackline.router()),
            (Provider::Crowdstrike, self.crowdstrike.router()),
            (Provider::ElasticCloud, self.elastic.router()),
            (Provider::Jumpcloud, self.jumpcloud.router()),
            (Provider::SlackEnterprise, self.slack.router()),
            (Provider::Teamviewer, self.teamviewer.router()),
        ]
    }
}

/// Where the component looks for a provider's demo tenant.
pub const fn authority(provider: Provider) -> &'static str {
    match provider {
        Provider::Blackline => blackline::DEMO_AUTHORITY,
        Provider::Crowdstrike => "api.crowdstrike.com",
        Provider::ElasticCloud => "api.elastic-cloud.com",
        Provider::Jumpcloud => "console.jumpcloud.com",
        Provider::SlackEnterprise => "slack.com",
        Provider::Teamviewer => "webapi.teamviewer.com",
    }
}

/// The account that opens a provider's demo tenant, for a typed call.
pub fn account(provider: Provider) -> Account {
    let account = typed::account(provider, credentials(provider));
    match provider {
        Provider::Blackline => Account {
            base_url: Endpoint::Url(format!("https://{}", authority(provider))),
            ..account
        },
        Provider::Crowdstrike => Account {
            settings: String::from(r#"{"region": "us-1"}"#),
            ..account
        },
        _ => account,
    }
}

fn credentials(provider: Provider) -> Credentials {
    match provider {
        Provider::Blackline => Credentials::Password(PasswordCredentials {
            username: String::from("demo-api"),
            password: String::from("demo-key"),
            client_id: String::from("demo-client"),
            client_secret: String::from("demo-secret"),
            scope: String::from("bl.users instance_0f8c"),
        }),
        Provider::Crowdstrike => Credentials::ClientCredentials(ClientCredentials {
            client_id: String::from("demo-client"),
            client_secret: String::from("demo-secret"),
            member_cid: Narrowing::Anywhere,
        }),
        Provider::ElasticCloud => Credentials::ApiKey(String::from(elastic_cloud::DEMO_KEY)),
        Provider::Jumpcloud => Credentials::ApiKey(String::from(jumpcloud::DEMO_KEY)),
        Provider::SlackEnterprise => Credentials::BearerToken(String::from(slack_enterprise::DEMO_TOKEN)),
        Provider::Teamviewer => Credentials::BearerToken(String::from(teamviewer::DEMO_TOKEN)),
    }
}
