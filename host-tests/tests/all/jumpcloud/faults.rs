//! Every fault at every call where the shared matrix does not go: the last role, links and groups.

use host::{
    network::{Fault, Rule},
    typed::types::{self, Outcome, SideEffect},
};
use sandboxes::jumpcloud::{Administrator, DEMO_ORGANIZATIONS, JumpCloud};

use super::{ANN, ANN_ADMIN, KIM, KIM_ADMIN, SAM, SAM_ADMIN, World, group};
use crate::fixture::{by_name, options, says};

/// What is asked for in one run below, and whether it is held.
struct Asked {
    user: &'static str,
    roles: Vec<types::Role>,
    organization: Option<&'static str>,
    is_held: fn(&JumpCloud, usize) -> bool,
}

#[tokio::test(start_paused = true)]
async fn whatever_goes_wrong_with_an_administrator_a_link_or_a_group_what_is_said_is_so() {
    const LEO: &str = "5e00000000000000000000cc";
    let asked = || {
        [
            Asked {
                user: SAM,
                roles: vec![by_name("Help Desk")],
                organization: None,
                is_held: |demo, _| demo.roles_of(SAM_ADMIN).is_some(),
            },
            Asked {
                user: LEO,
                roles: vec![by_name("Manager")],
                organization: None,
                is_held: |demo, _| demo.roles_of(LEO).is_some(),
            },
            Asked {
                user: KIM_ADMIN,
                roles: vec![by_name("Manager"), group("Nights")],
                organization: None,
                is_held: |demo, entry| match entry {
                    0 => demo
                        .roles_of(KIM_ADMIN)
                        .is_none_or(|roles| roles.contains(&String::from("Manager"))),
                    _ => demo.is_member("5c00000000000000000000aa", KIM),
                },
            },
            Asked {
                user: ANN,
                roles: Vec::new(),
                organization: Some(DEMO_ORGANIZATIONS[0].0),
                is_held: |demo, _| demo.is_linked(ANN_ADMIN, DEMO_ORGANIZATIONS[0].0),
            },
        ]
    };
    let make = |asked: &Asked| {
        let world = asked.organization.map_or_else(World::new, World::at);
        world.demo.add_administrator(Administrator {
            id: LEO.to_owned(),
            email: String::from("leo@example.com"),
            roles: vec![String::from("Manager")],
        });
        world.demo.add_group("5c00000000000000000000aa", "Nights", &[KIM]);
        world
    };
    let allowed = || types::Options {
        allow: vec![
            SideEffect::DeleteAdministrator,
            SideEffect::RemoveOrganizationAccess,
            SideEffect::LeaveGroup,
        ],
        ..options()
    };
    let empty = serde_json::json!({});
    // Both sides of a link or a membership shown empty, in well-formed lists, cannot be told from the truth.
    let believable = [
        says(200, serde_json::json!([])),
        says(200, serde_json::json!({"results": [], "totalCount": 0})),
    ];
    let faults = [
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::Silence { reaches: true },
        Fault::CutOff,
        says(400, &empty),
        says(403, &empty),
        says(404, &empty),
        says(500, &empty),
        says(200, &empty),
        says(204, &serde_json::Value::Null),
    ];
    for asked in asked() {
        let clean = make(&asked);
        let answer = clean.call_with(asked.user, &asked.roles, allowed()).await;
        assert!(answer.is_ok(), "{}: {answer:?}", asked.user);
        let calls = clean.network.calls();
        for (number, call) in calls.iter().enumerate() {
            let lasting = faults.iter().map(|fault| (fault, usize::MAX));
            let once = faults.iter().chain(&believable).map(|fault| (fault, 1));
            for (fault, times) in lasting.chain(once) {
                let what = format!("{} {} {fault:?}, times: {times}", call.method, call.path_and_query);
                let world = make(&asked);
                let entries = asked.roles.len().max(1);
                let before = world.demo.holdings();
                world.network.inject(Rule {
                    fits: std::sync::Arc::new(|_| true),
                    skip: number,
                    times,
                    fault: fault.clone(),
                });
                let answer = world.call_with(asked.user, &asked.roles, allowed()).await;
                let said: Vec<Outcome> = match &answer {
                    Ok(success) => success.outcomes.iter().map(|entry| entry.outcome).collect(),
                    Err(failure) => failure.outcomes.iter().map(|entry| entry.outcome).collect(),
                };
                for (entry, outcome) in said.iter().enumerate() {
                    let is_held = (asked.is_held)(&world.demo, entry);
                    match outcome {
                        Outcome::Removed | Outcome::AlreadyAbsent => assert!(!is_held, "{what}: {answer:?}"),
                        Outcome::Unverified | Outcome::Unknown | Outcome::Planned => {}
                        _ => assert!(is_held, "{what}: {answer:?}"),
                    }
                }
                if let Err(failure) = &answer
                    && !failure.sent
                {
                    assert_eq!(before, world.demo.holdings(), "{what}: {answer:?}");
                }
                world.network.heal();
                // A user that stood alone as an administrator is not known any more.
                let again = world.call_with(asked.user, &asked.roles, allowed()).await;
                let is_unknown = again.as_ref().is_err_and(|failure| failure.status == 404) && asked.user == LEO;
                assert!(again.is_ok() || is_unknown, "{what}, repeated: {again:?}");
                assert!(
                    (0..entries).all(|entry| !(asked.is_held)(&world.demo, entry)),
                    "{what}: {again:?}"
                );
            }
        }
    }
}
