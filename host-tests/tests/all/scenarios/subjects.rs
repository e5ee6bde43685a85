//! The six providers as the scenarios see them.

// Each closure has its own handle of the sandbox.
#![allow(clippy::many_single_char_names)]

use std::{collections::BTreeSet, time::Duration};

use host::{
    network::{Call, Fault, Network, Rule},
    typed::{
        self,
        types::{Account, Credentials, Failure, Options, Provider, Request, Role, RoleDirectory, Success, UserReading},
    },
};
use sandboxes::{
    Clock,
    blackline::{self, BlackLine},
    crowdstrike::{self, CrowdStrike},
    elastic_cloud::{self, ElasticCloud},
    jumpcloud::{self, JumpCloud},
    slack_enterprise::{self, Slack},
    teamviewer::{self, TeamViewer},
};

use super::Scoped;
use crate::{
    fixture::{by_id, by_name, in_organization, in_workspace, options, request},
    typed_world::World,
};

/// A provider, freshly seeded. The user holds `held` directly, and at least one role more.
pub struct Subject {
    pub name: &'static str,
    clock: Clock,
    pub network: Network,
    pub account: Account,
    pub user: String,
    pub nobody: String,
    pub held: [Role; 2],
    /// Of the first one.
    pub by_name: Role,
    pub absent: Role,
    pub unknown: Role,
    pub scoped: Option<Scoped>,
    pub inherited: Option<(String, Role)>,
    pub ambiguous: Option<(Box<dyn Fn()>, Role)>,
    /// The true state of `held`.
    pub is_held: Box<dyn Fn(usize) -> bool>,
    /// All that anybody holds there.
    pub holdings: Box<dyn Fn() -> BTreeSet<String>>,
    /// Removals of the first one are acknowledged, and …
    pub keep: Box<dyn Fn()>,
    pub late: Box<dyn Fn(Duration)>,
    pub limit: Box<dyn Fn(usize)>,
    /// Whether a request would remove the first one, alone or among others.
    pub takes_first: fn(&Call) -> bool,
}

pub const ALL: [fn() -> Subject; 6] = [black_line, crowd_strike, elastic, jump_cloud, slack, team_viewer];

/// The same test for every provider, named as its module: `on_every_provider!(matrix);`.
macro_rules! on_every_provider {
    ($test:ident) => {
        $crate::scenarios::subjects::on_every_provider! { $test;
            blackline: black_line,
            crowdstrike: crowd_strike,
            elastic_cloud: elastic,
            jumpcloud: jump_cloud,
            slack_enterprise: slack,
            teamviewer: team_viewer,
        }
    };
    ($test:ident; $($provider:ident: $subject:ident,)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $provider() {
            $test($crate::scenarios::subjects::$subject).await;
        }
    )*};
}
pub(crate) use on_every_provider;

#[tokio::test]
async fn every_provider_has_a_subject() {
    let subjects: Vec<&str> = ALL.iter().map(|make| make().name).collect();
    let providers: Vec<String> = unassign_role::providers().into_iter().map(|row| row.name).collect();
    assert_eq!(subjects, providers);
}

impl Subject {
    pub async fn call(&self, roles: &[Role]) -> Result<Success, Failure> {
        self.call_as(&self.user, roles, options()).await
    }

    pub async fn call_as(&self, user: &str, roles: &[Role], options: Options) -> Result<Success, Failure> {
        self.call_at(&self.account, user, roles, options).await
    }

    pub async fn call_at(
        &self,
        account: &Account,
        user: &str,
        roles: &[Role],
        options: Options,
    ) -> Result<Success, Failure> {
        let request = request(user, roles);
        typed::call(&self.network, self.clock, account, &request, &options)
            .await
            .unwrap()
    }

    /// A call with any request and options.
    pub async fn ask(&self, request: &Request, options: &Options) -> Result<Success, Failure> {
        typed::call(&self.network, self.clock, &self.account, request, options)
            .await
            .unwrap()
    }

    /// Everything that the user holds, as the typed contract reads it.
    pub async fn read_user(&self) -> Result<UserReading, Failure> {
        typed::read_user(&self.network, self.clock, &self.account, &self.user)
            .await
            .unwrap()
    }

    /// The roles of the tenant.
    pub async fn list_roles(&self) -> Result<RoleDirectory, Failure> {
        typed::list_roles(&self.network, self.clock, &self.account)
            .await
            .unwrap()
    }

    /// The provider refuses every request that would remove the first one, whole.
    pub fn refuse_first(&self) {
        let is_slack = self.account.provider == Provider::SlackEnterprise;
        let answer = if is_slack {
            Fault::Answer(
                200,
                Vec::new(),
                String::from(r#"{"ok": false, "error": "restricted_action"}"#),
            )
        } else {
            Fault::Answer(422, Vec::new(), String::from("{}"))
        };
        self.network.inject(Rule {
            fits: std::sync::Arc::new(self.takes_first),
            ..Rule::always("", answer)
        });
    }

    pub fn with_wrong_credentials(&self) -> Account {
        let mut account = self.account.clone();
        match &mut account.credentials {
            Credentials::ClientCredentials(credentials) => credentials.client_secret = String::from("wrong"),
            Credentials::Password(credentials) => credentials.password = String::from("wrong"),
            Credentials::ApiKey(secret) | Credentials::BearerToken(secret) => *secret = String::from("wrong"),
            Credentials::RefreshToken(credentials) => credentials.refresh_token = String::from("wrong"),
        }
        account
    }
}

fn has(call: &Call, text: &str) -> bool {
    String::from_utf8_lossy(&call.body).contains(text)
}

/// A demo tenant with its clock, its network and its account.
fn tenant<D>(provider: Provider, demo: fn(Clock) -> D, router: fn(&D) -> axum::Router) -> (Clock, Network, Account, D) {
    let world = World::of(provider, demo, router);
    (world.clock, world.network, world.account, world.demo)
}

pub fn black_line() -> Subject {
    let (clock, network, account, demo) = tenant(Provider::Blackline, BlackLine::demo, BlackLine::router);
    let ann = blackline::DEMO_USERS[0].0;
    let [a, b, c, d, e, f, g] = std::array::from_fn(|_| demo.clone());
    Subject {
        name: "BlackLine",
        clock,
        network,
        account,
        user: ann.to_string(),
        nobody: String::from("999"),
        takes_first: |call| call.method == "DELETE" && call.path_and_query.contains("roleId=9&"),
        held: [by_id("9:A"), by_id("3:B")],
        by_name: by_name("auditor"),
        absent: by_id("22"),
        unknown: by_name("No Such Role"),
        scoped: Some(Scoped {
            role: by_id("5:A"),
            here: Box::new(move || a.holds(ann, 5, "A")),
            elsewhere: Box::new(move || b.holds(ann, 5, "J")),
        }),
        inherited: None,
        ambiguous: Some((
            Box::new(move || {
                c.add_role(77, "AUDITOR");
                c.grant(ann, 77, "A");
            }),
            by_name("auditor"),
        )),
        is_held: Box::new(move |index| [d.holds(ann, 9, "A"), d.holds(ann, 3, "B")][index]),
        holdings: Box::new(move || g.holdings()),
        keep: Box::new(move || e.acknowledge_but_keep(9)),
        late: Box::new(move |delay| f.apply_after(9, delay)),
        limit: Box::new(move |times| demo.rate_limit_next(times)),
    }
}

pub fn crowd_strike() -> Subject {
    let (clock, network, account, demo) = tenant(Provider::Crowdstrike, CrowdStrike::demo, CrowdStrike::router);
    let (home, child) = (crowdstrike::DEMO_HOME_CID, crowdstrike::DEMO_CHILD_CID);
    let [(ann, _), (sam, _), ..] = crowdstrike::DEMO_USERS;
    let [a, b, c, d, e, f, g] = std::array::from_fn(|_| demo.clone());
    let twin = |id: &str| crowdstrike::Role {
        id: id.to_owned(),
        display_name: String::from("Twins"),
        cid: Some(home.to_owned()),
    };
    let twins = [
        twin("11111111111111111111111111111111"),
        twin("22222222222222222222222222222222"),
    ];
    Subject {
        name: "CrowdStrike",
        clock,
        network,
        account,
        user: ann.to_owned(),
        nobody: String::from("6f1e2a30-0000-4000-8000-ffffffffffff"),
        takes_first: |call| call.path_and_query.contains("user-role-actions") && has(call, "event_viewer"),
        held: [by_id("event_viewer"), by_id("dashboard_admin")],
        by_name: by_name("event VIEWER"),
        absent: by_id("quarantine_manager"),
        unknown: by_name("No Such Role"),
        scoped: Some(Scoped {
            role: in_organization("help_desk", child),
            here: Box::new(move || a.holds(ann, child, "help_desk")),
            elsewhere: Box::new(move || b.holds(ann, home, "help_desk")),
        }),
        inherited: Some((sam.to_owned(), by_id("vulnerability_manager"))),
        ambiguous: Some((
            Box::new(move || {
                for twin in &twins {
                    c.add_role(twin.clone());
                    c.grant(ann, home, &twin.id);
                }
            }),
            by_name("twins"),
        )),
        is_held: Box::new(move |index| d.holds(ann, home, ["event_viewer", "dashboard_admin"][index])),
        holdings: Box::new(move || g.holdings()),
        keep: Box::new(move || e.acknowledge_but_keep("event_viewer")),
        late: Box::new(move |delay| f.apply_after("event_viewer", delay)),
        limit: Box::new(move |times| {
            demo.rate_limit_next(
                times,
                Duration::from_secs(if times > 1 { 60 } else { 2 }),
                crowdstrike::EpochUnit::Seconds,
            );
        }),
    }
}

pub fn elastic() -> Subject {
    let (clock, network, account, demo) = tenant(Provider::ElasticCloud, ElasticCloud::demo, ElasticCloud::router);
    let [(ann, _), (sam, _), ..] = elastic_cloud::DEMO_USERS;
    let [a, b, c, d, e, f, g] = std::array::from_fn(|_| demo.clone());
    Subject {
        name: "Elastic Cloud",
        clock,
        network,
        account,
        user: ann.to_owned(),
        nobody: String::from("4711"),
        takes_first: |call| call.method == "DELETE" && has(call, "billing-admin"),
        held: [by_id("billing-admin"), by_id("security-t1-analyst")],
        by_name: by_name("billing ADMIN"),
        absent: by_id("observability-admin"),
        unknown: by_name("No Such Role"),
        scoped: Some(Scoped {
            role: in_workspace(by_id("deployment-editor"), "d1"),
            here: Box::new(move || a.holds(ann, "deployment-editor", Some("d1"))),
            elsewhere: Box::new(move || b.holds(ann, "deployment-editor", Some("d2"))),
        }),
        inherited: Some((sam.to_owned(), in_workspace(by_id("deployment-admin"), "d1"))),
        ambiguous: Some((
            Box::new(move || {
                c.assign(
                    ann,
                    elastic_cloud::Assignment::new("security", "security-editor", Some("p7")),
                );
            }),
            by_name("Editor"),
        )),
        is_held: Box::new(move |index| {
            [
                d.holds(ann, "billing-admin", None),
                d.holds(ann, "security-t1-analyst", Some("p2")),
            ][index]
        }),
        holdings: Box::new(move || g.holdings()),
        keep: Box::new(move || e.acknowledge_but_keep("billing-admin")),
        late: Box::new(move |delay| f.apply_after("billing-admin", delay)),
        limit: Box::new(move |times| demo.rate_limit_next(times)),
    }
}

pub fn jump_cloud() -> Subject {
    let (clock, network, account, demo) = tenant(Provider::Jumpcloud, JumpCloud::demo, JumpCloud::router);
    let (ann, admin) = (jumpcloud::DEMO_USERS[0].0, jumpcloud::DEMO_ADMINS[0]);
    let [c, d, e, f, g] = std::array::from_fn(|_| demo.clone());
    let roles = jumpcloud::DEMO_ROLES;
    Subject {
        name: "JumpCloud",
        clock,
        network,
        account,
        user: ann.to_owned(),
        nobody: String::from("5f00000000000000000000ff"),
        takes_first: |call| call.method == "PUT" && !has(call, "Help Desk"),
        held: [by_id(roles[2].0), by_id(roles[3].0)],
        by_name: by_name("help DESK"),
        absent: by_id(roles[0].0),
        unknown: by_name("No Such Role"),
        scoped: None,
        inherited: None,
        ambiguous: Some((
            Box::new(move || {
                c.add_role("5d00000000000000000000aa", "Twins");
                c.add_role("5d00000000000000000000bb", "twins");
            }),
            by_name("TWINS"),
        )),
        is_held: Box::new(move |index| {
            d.roles_of(admin)
                .unwrap_or_default()
                .iter()
                .any(|held| held == ["Help Desk", "Read Only"][index])
        }),
        holdings: Box::new(move || g.holdings()),
        keep: Box::new(move || e.acknowledge_but_keep("Help Desk")),
        late: Box::new(move |delay| f.apply_after("Help Desk", delay)),
        limit: Box::new(move |times| demo.rate_limit_next(times)),
    }
}

pub fn slack() -> Subject {
    let (clock, network, account, demo) = tenant(Provider::SlackEnterprise, Slack::demo, Slack::router);
    let [(ann, _), (sam, _), ..] = slack_enterprise::DEMO_USERS;
    let [north, south] = slack_enterprise::DEMO_TEAMS;
    let org = slack_enterprise::DEMO_ENTERPRISE;
    let [a, b, d, e, f, g] = std::array::from_fn(|_| demo.clone());
    Subject {
        name: "Slack Enterprise",
        clock,
        network,
        account,
        user: ann.to_owned(),
        nobody: String::from("U0NOBODY"),
        takes_first: |call| call.path_and_query.contains("removeAssignments") && has(call, "Rl01"),
        held: [by_id("Rl01"), by_id("Rl0A")],
        by_name: by_name("channels admin"),
        absent: by_id("Rl0J"),
        unknown: by_id("RlNOSUCH"),
        scoped: Some(Scoped {
            role: in_workspace(by_id("Rl0C"), north),
            here: Box::new(move || a.is_assigned(ann, "Rl0C", north)),
            elsewhere: Box::new(move || b.is_assigned(ann, "Rl0C", org)),
        }),
        inherited: Some((sam.to_owned(), in_workspace(by_id("admin"), north))),
        ambiguous: None,
        is_held: Box::new(move |index| {
            [
                d.is_assigned(ann, "Rl01", south),
                d.is_assigned(ann, "Rl0A", "C0GENERAL"),
            ][index]
        }),
        holdings: Box::new(move || g.holdings()),
        keep: Box::new(move || e.acknowledge_but_keep("Rl01")),
        late: Box::new(move |delay| f.apply_after("Rl01", delay)),
        limit: Box::new(move |times| demo.rate_limit_next(times, 429)),
    }
}

pub fn team_viewer() -> Subject {
    let (clock, network, account, demo) = tenant(Provider::Teamviewer, TeamViewer::demo, TeamViewer::router);
    let [(ann, _), (sam, _), ..] = teamviewer::DEMO_USERS;
    let roles = teamviewer::DEMO_ROLES.map(|(id, _)| id);
    let [c, d, e, f, g] = std::array::from_fn(|_| demo.clone());
    Subject {
        name: "TeamViewer",
        clock,
        network,
        account,
        user: ann.to_owned(),
        nobody: String::from("u999"),
        takes_first: |call| {
            call.path_and_query.contains("unassign/account") && has(call, "a0000000-0000-4000-8000-000000000002")
        },
        held: [by_id(roles[1]), by_id(roles[3])],
        by_name: by_name("help DESK"),
        absent: by_id(roles[5]),
        unknown: by_name("No Such Role"),
        scoped: None,
        inherited: Some((sam.to_owned(), by_id(roles[2]))),
        ambiguous: Some((
            Box::new(move || {
                c.add_role("a0000000-0000-4000-8000-0000000000aa", "Twins");
                c.add_role("a0000000-0000-4000-8000-0000000000bb", "twins");
            }),
            by_name("TWINS"),
        )),
        is_held: Box::new(move |index| d.has(ann, [roles[1], roles[3]][index])),
        holdings: Box::new(move || g.holdings()),
        keep: Box::new(move || e.acknowledge_but_keep(roles[1])),
        late: Box::new(move |delay| f.apply_after(roles[1], delay)),
        limit: Box::new(move |times| demo.rate_limit_next(times)),
    }
}
