//! Several provider calls at once inside one call, shown without timing: the answers are held back until all of them have been
//! asked for. And several calls at once on one service, which all need one account's token.

use std::time::Duration;

use futures_util::future::{join, join_all};
use host::{
    guests::Artifact,
    network::{Fault, Rule},
    service::Service,
    typed::types::Outcome,
};
use sandboxes::crowdstrike::{DEMO_CHILD_CID, DEMO_HOME_CID, User};
use serde_json::json;

use crate::{
    fixture::{ANN, Answer, Post, SAM, World, outcomes},
    on_both,
};

const CALLS: usize = 16;

/// What is wrong with the account's token when the calls begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// There is none.
    Missing,
    /// The provider has ended it.
    Expired,
}

/// People of their own for every call, so that no call disturbs another's read-back.
fn people(world: &World) -> Vec<String> {
    let ids: Vec<String> = (0..CALLS)
        .map(|n| format!("6f1e2a30-0000-4000-8000-0000000000{n:02x}"))
        .collect();
    for (n, id) in ids.iter().enumerate() {
        world.demo.add_user(User {
            uuid: id.clone(),
            uid: format!("person-{n}@example.com"),
            cid: DEMO_HOME_CID.to_owned(),
            first_name: None,
            last_name: None,
            status: None,
            factors: Vec::new(),
            created_at: None,
            updated_at: None,
            last_login_at: None,
            user_type: None,
        });
        for role in ["event_viewer", "help_desk"] {
            world.demo.grant(id, DEMO_HOME_CID, role);
        }
    }
    ids
}

/// One call that starts later; every fourth is a dry run.
async fn call(service: &Service, number: usize, user: &str, apart: Duration) -> Answer {
    tokio::time::sleep(apart * u32::try_from(number).unwrap()).await;
    let post = Post::json(&json!({"id": user, "roles": [{"id": "event_viewer"}]}));
    let post = if is_dry(number) {
        post.query("&dry_run=true")
    } else {
        post
    };
    post.to(service).await
}

fn is_dry(number: usize) -> bool {
    number % 4 == 3
}

on_both! {
    async fn calls_that_overlap_each_get_their_own_answer(artifact) {
        for token in [Token::Missing, Token::Expired] {
            for (apart, latency) in [(0, 50), (20, 50), (20, 300), (300, 50), (300, 300)] {
                let world = World::new();
                let service = world.service(artifact);
                let people = people(&world);
                if token == Token::Expired {
                    let dry = Post::json(&json!({"id": ANN, "roles": [{"id": "event_viewer"}]})).query("&dry_run=true");
                    assert_eq!(dry.to(&service).await.status, 200);
                    world.demo.expire_tokens();
                }
                world.network.latency(Duration::from_millis(latency));
                let calls = people.iter().enumerate();
                let apart = Duration::from_millis(apart);
                let answers = join_all(calls.map(|(number, user)| call(&service, number, user, apart))).await;
                for (number, (answer, user)) in answers.iter().zip(&people).enumerate() {
                    let what = format!("{token:?}, {apart:?}, {latency}, call {number}: {answer:?}");
                    let expected = if is_dry(number) { "planned" } else { "removed" };
                    assert_eq!((answer.status, answer.outcomes()), (200, vec![expected]), "{what}");
                    assert_eq!(world.demo.holds(user, DEMO_HOME_CID, "event_viewer"), is_dry(number), "{what}");
                    assert!(world.demo.holds(user, DEMO_HOME_CID, "help_desk"), "{what}");
                }
                // Calls that find an instance of the Spin component share its token; those that start together get instances of their own.
                if artifact == Artifact::Spin && token == Token::Missing && !apart.is_zero() {
                    assert_eq!(world.demo.tokens_issued(), 1, "{apart:?}, {latency}");
                }
            }
        }
    }
}

on_both! {
    async fn a_token_request_that_hangs_delays_another_call_by_five_seconds_at_most(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        world.network.inject(Rule::once("/oauth2/token", Fault::Silence { reaches: false }));
        let started = tokio::time::Instant::now();
        let hung = Post::json(&json!({"id": SAM, "roles": [{"id": "event_viewer"}]})).query("&dry_run=true").to(&service);
        let other = async {
            let answer = call(&service, 1, ANN, Duration::from_millis(100)).await;
            (answer, started.elapsed())
        };
        let (_, (answer, elapsed)) = join(hung, other).await;
        assert_eq!((answer.status, answer.outcomes()), (200, vec!["removed"]), "{answer:?}");
        assert!(!world.demo.holds(ANN, DEMO_HOME_CID, "event_viewer"));
        assert!(elapsed < Duration::from_secs(7), "{elapsed:?}");
    }
}

on_both! {
    async fn a_host_that_the_runtime_does_not_allow_is_named_and_not_worth_repeating(artifact) {
        let world = World::new();
        world.network.inject(Rule::always("/", Fault::Denied));
        let answer = Post::json(&json!({"id": ANN, "roles": [{"id": "event_viewer"}]})).to(&world.service(artifact)).await;
        assert_eq!((answer.status, answer.header("x-error-code")), (500, "host_not_allowed"), "{answer:?}");
        assert_eq!((&answer.body["retryable"], &answer.body["sent"]), (&json!(false), &json!(false)));
        let message = answer.body["message"].as_str().unwrap_or_default();
        assert!(message.contains(crate::fixture::AUTHORITY), "{message}");
        assert_eq!(world.network.calls().len(), 1);
    }
}

on_both! {
    async fn another_region_is_named_and_not_worth_repeating(artifact) {
        let world = World::new();
        let location = vec![("location", String::from("https://api.eu-1.crowdstrike.com/oauth2/token"))];
        world.network.inject(Rule::always("/", Fault::Answer(308, location, String::new())));
        let answer = Post::json(&json!({"id": ANN, "roles": [{"id": "event_viewer"}]})).to(&world.service(artifact)).await;
        assert_eq!((answer.status, answer.header("x-error-code")), (500, "invalid_account"), "{answer:?}");
        assert_eq!(answer.body["retryable"], json!(false));
        let message = answer.body["message"].as_str().unwrap_or_default();
        assert!(message.contains("api.eu-1.crowdstrike.com"), "{message}");
        assert_eq!(world.network.calls().len(), 1);
    }
}

on_both! {
    async fn revokes_in_two_cids_are_under_way_at_once(artifact) {
        let world = World::new();
        let service = world.service(artifact);
        world.network.hold_until(2, |call| call.path_and_query.contains("user-role-actions"));
        let body = serde_json::json!({
            "id": ANN,
            "roles": [{"id": "help_desk"}],
            "organizations": [{"id": DEMO_HOME_CID}, {"id": DEMO_CHILD_CID}],
        });
        let answer = Post::json(&body).to(&service).await;
        assert_eq!((answer.status, answer.outcomes()), (200, vec!["removed"]), "{answer:?}");
        assert!(world.network.most_under_way() >= 2);
        assert!(!world.demo.holds(ANN, DEMO_HOME_CID, "help_desk") && !world.demo.holds(ANN, DEMO_CHILD_CID, "help_desk"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_typed_call_has_two_revokes_under_way_at_once() {
    let world = World::new();
    world
        .network
        .hold_until(2, |call| call.path_and_query.contains("user-role-actions"));
    let roles = [
        crate::fixture::in_organization("help_desk", DEMO_HOME_CID),
        crate::fixture::in_organization("help_desk", DEMO_CHILD_CID),
    ];
    let answer = world.call(ANN, &roles).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 2]);
}
