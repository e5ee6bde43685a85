//! Sequential round trips: every exchange takes a second of virtual time, so that the seconds that pass are the rounds.

use std::time::Duration;

use host::{
    network::Network,
    typed::{
        self,
        types::{Account, Credentials, Endpoint, Options, PasswordCredentials, Provider, Role},
    },
};
use sandboxes::{
    Clock,
    blackline::{self, BlackLine},
    crowdstrike::{DEMO_HOME_CID, Role as CrowdStrikeRole},
    elastic_cloud::{self, Assignment, ElasticCloud},
    jumpcloud::{self, Administrator, JumpCloud, SystemUser},
    slack_enterprise::{self, Slack},
    teamviewer::{self, TeamViewer},
};

use crate::fixture::{SAM, START, World, by_id, by_name, options, request};

const SECOND: Duration = Duration::from_secs(1);

/// The rounds of one call that removes these roles.
async fn rounds(clock: Clock, network: &Network, account: &Account, user: &str, roles: Vec<Role>) -> u64 {
    network.latency(SECOND);
    let request = request(user, &roles);
    let before = clock.unix();
    let patient = Options {
        deadline: Some(120_000),
        ..options()
    };
    let answer = typed::call(network, clock, account, &request, &patient).await.unwrap();
    assert!(answer.is_ok(), "{answer:?}");
    (clock.unix() - before).as_secs()
}

async fn crowdstrike(count: usize) -> u64 {
    let world = World::new();
    let ids: Vec<String> = (0..count).map(|n| format!("custom_{n:03}")).collect();
    for id in &ids {
        world.tenant.add_role(CrowdStrikeRole {
            id: id.clone(),
            display_name: id.clone(),
            cid: None,
        });
        world.tenant.grant(SAM, DEMO_HOME_CID, id);
    }
    let roles = ids.iter().map(|id| by_id(id)).collect();
    rounds(
        world.clock,
        &world.network,
        &crate::fixture::typed_account(),
        SAM,
        roles,
    )
    .await
}

async fn elastic(count: usize) -> u64 {
    let clock = Clock::starting_at(START);
    let demo = ElasticCloud::demo(clock);
    let network = Network::default();
    network.route("api.elastic-cloud.com", demo.router());
    let user = elastic_cloud::DEMO_USERS[2].0;
    let account = typed::account(
        Provider::ElasticCloud,
        Credentials::ApiKey(String::from(elastic_cloud::DEMO_KEY)),
    );
    let places: Vec<String> = (0..count).map(|n| format!("d{n:03}")).collect();
    for place in &places {
        demo.assign(user, Assignment::new("deployment", "deployment-editor", Some(place)));
    }
    let at = |place: &String| Role {
        workspace: Some(place.clone()),
        ..by_id("deployment-editor")
    };
    rounds(clock, &network, &account, user, places.iter().map(at).collect()).await
}

async fn blackline(count: usize) -> u64 {
    let clock = Clock::starting_at(START);
    let demo = BlackLine::demo(clock);
    let network = Network::default();
    network.route(blackline::DEMO_AUTHORITY, demo.router());
    let user = blackline::DEMO_USERS[1].0;
    let account = Account {
        provider: Provider::Blackline,
        base_url: Endpoint::Url(format!("https://{}", blackline::DEMO_AUTHORITY)),
        credentials: Credentials::Password(PasswordCredentials {
            username: String::from("demo-api"),
            password: String::from("demo-key"),
            client_id: String::from("demo-client"),
            client_secret: String::from("demo-secret"),
            scope: String::from("bl.users instance_0f8c"),
        }),
        settings: String::from("{}"),
    };
    let products: Vec<String> = (0..count).map(|n| format!("P{n:02}")).collect();
    for product in &products {
        demo.grant(user, 5, product);
    }
    let roles = products.iter().map(|product| by_id(&format!("5:{product}"))).collect();
    rounds(clock, &network, &account, &user.to_string(), roles).await
}

#[tokio::test(start_paused = true)]
async fn where_the_provider_takes_many_at_once_the_rounds_do_not_grow() {
    let (one, ten, fifty) = (crowdstrike(1).await, crowdstrike(10).await, crowdstrike(50).await);
    println!("CrowdStrike: {one}, {ten}, {fifty}");
    // Token, user, grants, revoke, user, grants.
    assert_eq!((one, ten, fifty), (6, 6, 6));
    let (one, ten, fifty) = (elastic(1).await, elastic(10).await, elastic(50).await);
    println!("Elastic Cloud: {one}, {ten}, {fifty}");
    // Organizations, members, removal, members.
    assert_eq!((one, ten, fifty), (4, 4, 4));
}

#[tokio::test(start_paused = true)]
async fn where_it_takes_one_at_a_time_eight_are_under_way_together() {
    let (one, eight, fifty) = (blackline(1).await, blackline(8).await, blackline(50).await);
    println!("BlackLine: {one}, {eight}, {fifty}");
    // Token, user and pairs, removal, user and pairs.
    assert_eq!((one, eight, fifty), (4, 4, 4 + 6));
}

async fn jumpcloud(count: usize) -> u64 {
    let clock = Clock::starting_at(START);
    let demo = JumpCloud::demo(clock);
    let network = Network::default();
    network.route("console.jumpcloud.com", demo.router());
    let (user, email) = ("5f0000000000000000000077", "max@example.com");
    demo.add_user(SystemUser {
        id: user.to_owned(),
        username: String::from("max"),
        first: String::from("Max"),
        last: String::from("Berg"),
        email: email.to_owned(),
        administrator: Some(String::from("5e0000000000000000000077")),
    });
    let names: Vec<String> = (0..count).map(|n| format!("Custom {n:02}")).collect();
    for (n, name) in names.iter().enumerate() {
        demo.add_role(&format!("5d00000000000000000001{n:02}"), name);
    }
    let mut roles = vec![String::from("Read Only")];
    roles.extend(names.iter().cloned());
    demo.add_administrator(Administrator {
        id: String::from("5e0000000000000000000077"),
        email: email.to_owned(),
        roles,
    });
    let account = typed::account(
        Provider::Jumpcloud,
        Credentials::ApiKey(String::from(jumpcloud::DEMO_KEY)),
    );
    let roles = names.iter().map(|name| by_name(name)).collect();
    rounds(clock, &network, &account, user, roles).await
}

async fn slack(count: usize) -> u64 {
    let clock = Clock::starting_at(START);
    let demo = Slack::demo(clock);
    let network = Network::default();
    network.route("slack.com", demo.router());
    let user = slack_enterprise::DEMO_USERS[2].0;
    let ids: Vec<String> = (0..count).map(|n| format!("RlMORE{n:02}")).collect();
    for id in &ids {
        demo.assign(user, id, slack_enterprise::DEMO_ENTERPRISE);
    }
    let account = typed::account(
        Provider::SlackEnterprise,
        Credentials::BearerToken(String::from(slack_enterprise::DEMO_TOKEN)),
    );
    rounds(
        clock,
        &network,
        &account,
        user,
        ids.iter().map(|id| by_id(id)).collect(),
    )
    .await
}

async fn teamviewer(count: usize) -> u64 {
    let clock = Clock::starting_at(START);
    let demo = TeamViewer::demo(clock);
    let network = Network::default();
    network.route("webapi.teamviewer.com", demo.router());
    let user = teamviewer::DEMO_USERS[0].0;
    let ids: Vec<String> = (0..count)
        .map(|n| format!("b0000000-0000-4000-8000-0000000000{n:02}"))
        .collect();
    for id in &ids {
        demo.add_role(id, id);
        demo.assign(user, id);
    }
    let account = typed::account(
        Provider::Teamviewer,
        Credentials::BearerToken(String::from(teamviewer::DEMO_TOKEN)),
    );
    rounds(
        clock,
        &network,
        &account,
        user,
        ids.iter().map(|id| by_id(id)).collect(),
    )
    .await
}

#[tokio::test(start_paused = true)]
async fn jumpcloud_takes_a_set_of_any_size_in_one_request() {
    let (one, ten, fifty) = (jumpcloud(1).await, jumpcloud(10).await, jumpcloud(50).await);
    println!("JumpCloud: {one}, {ten}, {fifty}");
    assert_eq!((one, ten), (fifty, fifty));
}

#[tokio::test(start_paused = true)]
async fn slack_and_teamviewer_grow_by_the_eight_under_way_together() {
    let (one, eight, fifty) = (slack(1).await, slack(8).await, slack(50).await);
    println!("Slack: {one}, {eight}, {fifty}");
    // Fifty roles are fifty requests, eight together: seven rounds instead of one.
    assert_eq!((one, eight, fifty), (one, one, one + 6));
    let (one, eight, fifty) = (teamviewer(1).await, teamviewer(8).await, teamviewer(50).await);
    println!("TeamViewer: {one}, {eight}, {fifty}");
    // Every role that the user holds (four here besides) has its own lists of users and of groups, read before and after, eight
    // together; whose token it is is asked with the first read.
    assert_eq!((one, eight, fifty), (9, 11, 39));
}
