//! A tenant at each provider with somebody who holds so many roles: for what a removal costs in rounds, in work and in time.

use std::time::Duration;

use axum::Router;
use sandboxes::{
    Clock,
    blackline::{self, BlackLine},
    crowdstrike::{self, CrowdStrike},
    elastic_cloud::{self, Assignment, ElasticCloud},
    jumpcloud::{Administrator, JumpCloud, SystemUser},
    slack_enterprise::{self, Slack},
    teamviewer::{self, TeamViewer},
};

use crate::{
    demo,
    network::Network,
    typed::{
        by_id, by_name,
        types::{Account, Provider, Role},
    },
};

/// 2026-01-31T09:30:00Z.
const START: Duration = Duration::from_secs(1_769_851_800);

/// A user with so many roles, all of which are to go.
pub struct Tenant {
    pub clock: Clock,
    pub network: Network,
    pub account: Account,
    pub user: String,
    pub roles: Vec<Role>,
}

/// Makes a tenant with so many roles to be removed, and so many others in its directory: roles, or other people's assignments,
/// whichever the provider lists.
pub type Make = fn(usize, usize) -> Tenant;

/// Every provider.
pub const fn tenants() -> [(&'static str, Make); 6] {
    [
        ("BlackLine", blackline),
        ("CrowdStrike", crowdstrike),
        ("Elastic Cloud", elastic),
        ("JumpCloud", jumpcloud),
        ("Slack Enterprise", slack),
        ("TeamViewer", teamviewer),
    ]
}

impl Tenant {
    fn of(provider: Provider, clock: Clock, router: Router, user: impl ToString, roles: Vec<Role>) -> Self {
        let network = Network::default();
        network.route(demo::authority(provider), router);
        Self {
            clock,
            network,
            account: demo::account(provider),
            user: user.to_string(),
            roles,
        }
    }
}

fn crowdstrike(count: usize, others: usize) -> Tenant {
    let clock = Clock::starting_at(START);
    let demo = CrowdStrike::demo(clock);
    let user = crowdstrike::DEMO_USERS[1].0;
    let ids: Vec<String> = (0..count).map(|n| format!("custom_{n:03}")).collect();
    for id in &ids {
        demo.add_role(crowdstrike::Role {
            id: id.clone(),
            display_name: id.clone(),
            cid: None,
        });
        demo.grant(user, crowdstrike::DEMO_HOME_CID, id);
    }
    for n in 0..others {
        demo.add_role(crowdstrike::Role {
            id: format!("other_{n:05}"),
            display_name: format!("Other {n:05}"),
            cid: None,
        });
    }
    let roles = ids.iter().map(|id| by_id(id)).collect();
    Tenant::of(Provider::Crowdstrike, clock, demo.router(), user, roles)
}

fn elastic(count: usize, others: usize) -> Tenant {
    let clock = Clock::starting_at(START);
    let demo = ElasticCloud::demo(clock);
    let user = elastic_cloud::DEMO_USERS[2].0;
    let places: Vec<String> = (0..count).map(|n| format!("d{n:03}")).collect();
    for place in &places {
        demo.assign(user, Assignment::new("deployment", "deployment-editor", Some(place)));
    }
    for n in 0..others {
        let other = format!("other{n:05}");
        demo.add_member(&other, &other, &format!("{other}@example.com"));
        demo.assign(&other, Assignment::new("organization", "billing-admin", None));
    }
    let at = |place: &String| Role {
        workspace: Some(place.clone()),
        ..by_id("deployment-editor")
    };
    let roles = places.iter().map(at).collect();
    Tenant::of(Provider::ElasticCloud, clock, demo.router(), user, roles)
}

fn blackline(count: usize, others: usize) -> Tenant {
    let clock = Clock::starting_at(START);
    let demo = BlackLine::demo(clock);
    let user = blackline::DEMO_USERS[1].0;
    let products: Vec<String> = (0..count).map(|n| format!("P{n:03}")).collect();
    for product in &products {
        demo.grant(user, 5, product);
    }
    for n in 0..others as u64 {
        demo.add_role(10_000 + n, &format!("Other {n:05}"));
    }
    let roles = products.iter().map(|product| by_id(&format!("5:{product}"))).collect();
    Tenant::of(Provider::Blackline, clock, demo.router(), user, roles)
}

fn jumpcloud(count: usize, others: usize) -> Tenant {
    let clock = Clock::starting_at(START);
    let demo = JumpCloud::demo(clock);
    let (user, email) = ("5f0000000000000000000077", "max@example.com");
    demo.add_user(SystemUser {
        id: user.to_owned(),
        username: String::from("max"),
        first: String::from("Max"),
        last: String::from("Berg"),
        email: email.to_owned(),
        administrator: Some(String::from("5e0000000000000000000077")),
    });
    let names: Vec<String> = (0..count).map(|n| format!("Custom {n:03}")).collect();
    for (n, name) in names.iter().enumerate() {
        demo.add_role(&format!("5d1000000000000000000{n:03}"), name);
    }
    for n in 0..others {
        demo.add_role(&format!("5d20000000000000000{n:05}"), &format!("Other {n:05}"));
    }
    let mut roles = vec![String::from("Read Only")];
    roles.extend(names.iter().cloned());
    demo.add_administrator(Administrator {
        id: String::from("5e0000000000000000000077"),
        email: email.to_owned(),
        roles,
    });
    let roles = names.iter().map(|name| by_name(name)).collect();
    Tenant::of(Provider::Jumpcloud, clock, demo.router(), user, roles)
}

fn slack(count: usize, others: usize) -> Tenant {
    let clock = Clock::starting_at(START);
    let demo = Slack::demo(clock);
    let user = slack_enterprise::DEMO_USERS[2].0;
    let ids: Vec<String> = (0..count).map(|n| format!("RlMORE{n:03}")).collect();
    for id in &ids {
        demo.assign(user, id, slack_enterprise::DEMO_ENTERPRISE);
    }
    for n in 0..others {
        demo.assign(&format!("UOTHER{n:05}"), "Rl0A", slack_enterprise::DEMO_ENTERPRISE);
    }
    let roles = ids.iter().map(|id| by_id(id)).collect();
    Tenant::of(Provider::SlackEnterprise, clock, demo.router(), user, roles)
}

fn teamviewer(count: usize, others: usize) -> Tenant {
    let clock = Clock::starting_at(START);
    let demo = TeamViewer::demo(clock);
    let user = teamviewer::DEMO_USERS[0].0;
    let ids: Vec<String> = (0..count)
        .map(|n| format!("b0000000-0000-4000-8000-000000000{n:03}"))
        .collect();
    for id in &ids {
        demo.add_role(id, id);
        demo.assign(user, id);
    }
    for n in 0..others {
        demo.add_role(
            &format!("c0000000-0000-4000-8000-0000000{n:05}"),
            &format!("Other {n:05}"),
        );
    }
    let roles = ids.iter().map(|id| by_id(id)).collect();
    Tenant::of(Provider::Teamviewer, clock, demo.router(), user, roles)
}
