//! Every outbound call × every fault: whatever happens on the way, the answer never says gone for what is held.

use host::{guests::Artifact, network::Rule};
use sandboxes::crowdstrike::DEMO_HOME_CID as HOME;
use serde_json::json;

use crate::{
    fault_matrix::faults,
    fixture::{ANN, Answer, Post, World},
    on_both,
};

const CALLS: [&str; 4] = [
    "/oauth2/token",
    "/user-management/entities/users/GET/v1",
    "/user-management/combined/user-roles/v2",
    "/user-management/entities/user-role-actions/v1",
];

/// What is said of a role must be so.
fn check(world: &World, answer: &Answer, what: &str) {
    let held = ["event_viewer", "help_desk"].map(|role| world.demo.holds(ANN, HOME, role));
    if answer.status == 200 {
        assert_eq!(held, [false, false], "{what}: {answer:?}");
    }
    for (entry, held) in answer.outcomes().iter().zip(held) {
        match *entry {
            "removed" | "already_absent" => assert!(!held, "{what}: {answer:?}"),
            "not_attempted" | "refused" | "failed" => assert!(held, "{what}: {answer:?}"),
            _ => {}
        }
    }
    if answer.body["sent"] == json!(false) {
        assert_eq!(held, [true, true], "{what}: {answer:?}");
    }
    // Nothing else was taken, whatever went wrong.
    for role in ["dashboard_admin", "falconhost_read_only", "remote_responder_one"] {
        assert!(world.demo.holds(ANN, HOME, role), "{what}: {role} was not asked for");
    }
    assert!(answer.status < 600 && answer.body.is_object(), "{what}");
}

async fn run(artifact: Artifact, rule: Rule, what: &str) {
    let world = World::new();
    let service = world.service(artifact);
    world.network.inject(rule);
    let ask = || Post::json(&json!({"id": ANN, "roles": [{"id": "event_viewer"}, {"id": "help_desk"}]}));
    let answer = ask().to(&service).await;
    check(&world, &answer, what);
    // Once the fault is over, repeating the call finishes the work.
    world.network.heal();
    let again = ask().to(&service).await;
    assert_eq!(again.status, 200, "{what}, repeated: {again:?}");
    check(&world, &again, what);
}

on_both! {
    async fn a_passing_fault_of_any_call_is_survived_or_reported(artifact) {
        for path in CALLS {
            for (number, fault) in faults().into_iter().enumerate() {
                for skip in [0, 1, 2] {
                    let what = format!("fault {number} {fault:?}, once, after {skip} of {path}");
                    run(artifact, Rule::once(path, fault.clone()).after(skip), &what).await;
                }
            }
        }
    }
}

on_both! {
    async fn a_lasting_fault_of_any_call_is_reported(artifact) {
        for path in CALLS {
            for (number, fault) in faults().into_iter().enumerate() {
                for skip in [0, 2] {
                    let what = format!("fault {number} {fault:?}, always, after {skip} of {path}");
                    run(artifact, Rule::always(path, fault.clone()).after(skip), &what).await;
                }
            }
        }
    }
}
