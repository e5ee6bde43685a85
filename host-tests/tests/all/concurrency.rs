//! Several provider calls at once inside one synchronous function, shown without timing: the answers are held back until all of
//! them have been asked for.

use harness::typed::types::Outcome;
use sandboxes::crowdstrike::{DEMO_CHILD_CID, DEMO_HOME_CID};

use crate::{
    fixture::{ANN, Post, World, outcomes},
    on_both,
};

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
        assert!(!world.tenant.holds(ANN, DEMO_HOME_CID, "help_desk") && !world.tenant.holds(ANN, DEMO_CHILD_CID, "help_desk"));
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
