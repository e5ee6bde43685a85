//! Sequential round trips: every exchange takes a second of virtual time, so that the seconds that pass are the rounds.

use std::time::Duration;

use harness::{
    network::Network,
    typed::{
        self,
        types::{Account, Credentials, PasswordCredentials, Provider, Request, Role},
    },
};
use sandboxes::{
    Clock,
    blackline::{self, BlackLine},
    crowdstrike::{DEMO_HOME_CID, Role as CrowdStrikeRole},
    elastic_cloud::{self, Assignment, ElasticCloud},
};

use crate::fixture::{SAM, START, World, by_id, options};

const SECOND: Duration = Duration::from_secs(1);

/// The rounds of one call that removes these roles.
async fn rounds(clock: Clock, network: &Network, account: &Account, user: &str, roles: Vec<Role>) -> u64 {
    network.latency(SECOND);
    let request = Request {
        id: user.to_owned(),
        roles,
        organizations: Vec::new(),
        workspace_id: None,
        remote_query: None,
        remote_data: None,
    };
    let before = clock.unix();
    let answer = typed::call(network, clock, account, &request, &options())
        .await
        .unwrap();
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
    let account = Account {
        provider: Provider::ElasticCloud,
        base_url: None,
        credentials: Credentials::ApiKey(String::from(elastic_cloud::DEMO_KEY)),
        settings: None,
    };
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
        base_url: Some(format!("https://{}", blackline::DEMO_AUTHORITY)),
        credentials: Credentials::Password(PasswordCredentials {
            username: String::from("demo-api"),
            password: String::from("demo-key"),
            client_id: String::from("demo-client"),
            client_secret: String::from("demo-secret"),
            scope: String::from("bl.users instance_0f8c"),
        }),
        settings: None,
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
