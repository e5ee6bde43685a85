//! Sequential round trips: every exchange takes a second of virtual time, so that the seconds that pass are the rounds.

use std::time::Duration;

use host::{
    tenants::{Tenant, tenants},
    typed::{self, types::Options},
};

use crate::fixture::{options, request};

const SECOND: Duration = Duration::from_secs(1);

/// The sequential rounds, and the calls, of one call that removes all roles of a tenant.
async fn rounds(tenant: Tenant) -> (u64, usize) {
    let Tenant {
        clock,
        network,
        account,
        user,
        roles,
    } = tenant;
    network.latency(SECOND);
    let request = request(&user, &roles);
    let before = clock.unix();
    let patient = Options {
        deadline: Some(120_000),
        ..options()
    };
    let answer = typed::call(&network, clock, &account, &request, &patient)
        .await
        .unwrap();
    assert!(answer.is_ok(), "{answer:?}");
    ((clock.unix() - before).as_secs(), network.calls().len())
}

/// The written minimum of each provider's page, in rounds and in calls, for one role, ten and a hundred.
const MINIMUM: [(&str, [(u64, usize); 3]); 6] = [
    ("BlackLine", [(4, 8), (5, 17), (16, 107)]),
    ("CrowdStrike", [(4, 6), (4, 6), (4, 6)]),
    ("Elastic Cloud", [(4, 5), (4, 5), (4, 5)]),
    ("JumpCloud", [(7, 10), (7, 10), (7, 11)]),
    ("Slack Enterprise", [(3, 6), (4, 15), (15, 105)]),
    ("TeamViewer", [(3, 11), (8, 56), (66, 507)]),
];

#[tokio::test(start_paused = true)]
async fn every_provider_meets_its_minimum_of_rounds_and_calls() {
    let mut off = Vec::new();
    for ((provider, make), (name, minimum)) in tenants().into_iter().zip(MINIMUM) {
        assert_eq!(provider, name);
        let mut found = Vec::new();
        for count in [1, 10, 100] {
            found.push(rounds(make(count, 0)).await);
        }
        println!("{provider}: {found:?}");
        if found != minimum {
            off.push(format!("{provider}: {found:?}, written: {minimum:?}"));
        }
    }
    assert!(off.is_empty(), "{off:#?}");
}

#[tokio::test(start_paused = true)]
async fn one_after_another_calls_take_their_turns() {
    for (provider, make) in tenants() {
        let tenant = make(1, 0);
        tenant.network.one_after_another();
        let (rounds, calls) = rounds(tenant).await;
        let rounds = usize::try_from(rounds).unwrap();
        // BlackLine gives up a read that it can do without, and JumpCloud waits before it reads again.
        assert!(rounds.abs_diff(calls) <= 2, "{provider}: {rounds} rounds, {calls} calls");
    }
}
