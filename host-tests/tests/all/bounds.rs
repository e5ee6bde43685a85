//! What a caller or a provider sends makes neither the work nor the report unbounded: before the first write it is certain that the
//! report fits.

use std::time::Duration;

use axum::{body::Body, response::Response};
use host::{
    network::Network,
    typed::{
        self,
        types::{Account, Credentials, Failure, Options, OrganizationSelector, Outcome, Provider, Role, Success},
    },
};
use sandboxes::{
    Clock,
    elastic_cloud::{self, Assignment, ElasticCloud},
    teamviewer::{self, TeamViewer},
};

use crate::fixture::{SAM, START, World, by_id, options, request, typed_account};

/// A user with so many assignments of one role.
fn elastic(count: usize) -> (ElasticCloud, Network, Clock, Account) {
    let clock = Clock::starting_at(START);
    let demo = ElasticCloud::demo(clock);
    let network = Network::default();
    network.route("api.elastic-cloud.com", demo.router());
    for number in 0..count {
        let place = format!("deployment-with-a-name-that-is-rather-long-{number:05}");
        demo.assign(
            elastic_cloud::DEMO_USERS[2].0,
            Assignment::new("deployment", "deployment-editor", Some(&place)),
        );
    }
    let account = typed::account(
        Provider::ElasticCloud,
        Credentials::ApiKey(String::from(elastic_cloud::DEMO_KEY)),
    );
    (demo, network, clock, account)
}

async fn remove(count: usize, roles: &[Role]) -> Result<Success, Failure> {
    let (_demo, network, clock, account) = elastic(count);
    let request = request(elastic_cloud::DEMO_USERS[2].0, roles);
    typed::call(&network, clock, &account, &request, &options())
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_thousand_entries_that_mean_the_same_list_their_grants_once() {
    let success = remove(600, &vec![by_id("deployment-editor"); 1_000]).await.unwrap();
    assert_eq!(success.outcomes.len(), 1_000);
    assert_eq!(success.outcomes[0].grants.len(), 600);
    for outcome in &success.outcomes[1..] {
        assert_eq!((outcome.outcome, outcome.same_as), (Outcome::Removed, Some(0)));
        assert!(outcome.grants.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn more_grants_than_one_call_may_remove_are_refused_before_anything_is_sent() {
    assert_eq!(
        remove(2_000, &[by_id("deployment-editor")]).await.unwrap().outcomes[0]
            .grants
            .len(),
        2_000
    );
    for roles in [
        vec![by_id("deployment-editor")],
        vec![by_id("deployment-editor"); 1_000],
    ] {
        let failure = remove(2_001, &roles).await.unwrap_err();
        assert_eq!(
            (failure.status, failure.retryable, failure.sent),
            (422, false, false),
            "{}",
            failure.message
        );
        assert_eq!(failure.outcomes[0].reason.as_deref(), Some("too_much_at_once"));
    }
}

/// Every answer of a provider is longer by so many KiB: white space inside its JSON, so that what it says stays the same.
async fn with_answers_longer_by(kibibytes: usize) -> Result<Success, Failure> {
    let clock = Clock::starting_at(START);
    let demo = TeamViewer::demo(clock);
    let network = Network::default();
    let pad = move |answer: Response| async move {
        let (mut head, body) = answer.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let Some((b'{', rest)) = body.split_first() else {
            return Response::from_parts(head, Body::from(body));
        };
        let padded = [b"{", vec![b' '; kibibytes << 10].as_slice(), rest].concat();
        head.headers.remove("content-length");
        Response::from_parts(head, Body::from(padded))
    };
    network.route(
        "webapi.teamviewer.com",
        demo.router().layer(axum::middleware::map_response(pad)),
    );
    let account = typed::account(
        Provider::Teamviewer,
        Credentials::BearerToken(String::from(teamviewer::DEMO_TOKEN)),
    );
    let (user, role) = (teamviewer::DEMO_USERS[0].0, teamviewer::DEMO_ROLES[1].0);
    demo.assign(user, role);
    let request = request(user, &[by_id(role)]);
    typed::call(&network, clock, &account, &request, &options())
        .await
        .expect("a call within the component's bounds ends with a report")
}

#[tokio::test(start_paused = true)]
async fn long_answers_within_the_bounds_end_with_a_report() {
    for kibibytes in [1_024, 4_608, 8_000] {
        // Past 64 MiB in all it is refused, in words; within it, the removal is reported.
        match with_answers_longer_by(kibibytes).await {
            Ok(success) => assert_eq!(success.outcomes[0].outcome, Outcome::Removed),
            Err(failure) => assert!(kibibytes > 1_024 && !failure.message.is_empty(), "{failure:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn many_roles_in_many_organizations_are_refused_in_time() {
    let world = World::new();
    let mut request = request(
        SAM,
        &(0..300).map(|n| by_id(&format!("custom_role_{n}"))).collect::<Vec<_>>(),
    );
    request.organizations = (0..300)
        .map(|number| OrganizationSelector::Id(format!("{number:032x}")))
        .collect();
    world.network.latency(Duration::from_millis(20));
    let hurried = Options {
        deadline: Some(2_000),
        ..options()
    };
    let started = world.clock.unix();
    let answer = typed::call(&world.network, world.clock, &typed_account(), &request, &hurried).await;
    let failure = answer.unwrap().unwrap_err();
    assert!(!failure.sent, "{}", failure.message);
    assert!(
        world.clock.unix() - started < Duration::from_secs(3),
        "{}",
        failure.message
    );
    assert!(world.network.most_under_way() <= 8);
}
