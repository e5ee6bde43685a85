//! Roles of user groups, and membership.

use std::sync::Arc;

use host::{
    network::{Call, Fault, Rule},
    typed::types::{self, Outcome, SideEffect},
};

use super::{ADMIN, ANN, AUDITOR, AUDITORS, DEVICES, HELP, KIM, NIGHT_SHIFT, SAM, UNUSED, World, reason};
use crate::fixture::{allowing, by_id, dry, options, outcomes, says};

const LEAVE_AND_STRIP: [SideEffect; 2] = [SideEffect::LeaveGroup, SideEffect::StripGroup];

fn in_group(role: Option<&str>, group: &str) -> types::Role {
    types::Role {
        id: role.map(str::to_owned),
        group: Some(group.to_owned()),
        ..by_id("")
    }
}

/// Asks for the auditors' role as Sam has it, with leave to take it from the group.
async fn strip_auditors(world: &World, role: &str) -> Result<types::Success, types::Failure> {
    world
        .call_with(
            SAM,
            &[in_group(Some(role), "Auditors")],
            allowing(&[SideEffect::StripGroup]),
        )
        .await
}

/// The fault for every request that is this one exactly.
fn always(method: &'static str, path: &'static str, fault: Fault) -> Rule {
    Rule {
        fits: Arc::new(move |call: &Call| call.method == method && call.path_and_query == path),
        ..Rule::always("", fault)
    }
}

#[tokio::test(start_paused = true)]
async fn leaving_a_group_needs_to_be_allowed() {
    let world = World::new();
    let failure = world.call(SAM, &[in_group(None, "Night Shift")]).await.unwrap_err();
    assert!(failure.message.contains("leave-group"), "{}", failure.message);
    assert!(world.demo.is_member(NIGHT_SHIFT, SAM));
    let answer = world
        .call_with(
            SAM,
            &[in_group(None, "night shift")],
            allowing(&[SideEffect::LeaveGroup]),
        )
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(!world.demo.is_member(NIGHT_SHIFT, SAM) && world.demo.is_assigned(SAM, HELP));
    assert_eq!(world.demo.role_of_group(NIGHT_SHIFT).as_deref(), Some(HELP));
    let answer = world
        .call_with(SAM, &[in_group(None, "1001")], allowing(&[SideEffect::LeaveGroup]))
        .await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent]);
}

#[tokio::test(start_paused = true)]
async fn a_group_is_stripped_only_if_allowed_and_only_of_the_very_role() {
    let world = World::new();
    let failure = world
        .call(SAM, &[in_group(Some(AUDITOR), "Auditors")])
        .await
        .unwrap_err();
    assert!(failure.message.contains("strip-group"), "{}", failure.message);
    let other = strip_auditors(&world, HELP).await;
    assert_eq!(outcomes(&other), [Outcome::AlreadyAbsent]);
    assert_eq!(world.demo.role_of_group(AUDITORS).as_deref(), Some(AUDITOR));

    let answer = strip_auditors(&world, AUDITOR).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(world.demo.role_of_group(AUDITORS), None);
    assert_eq!(world.demo.role_of_group(NIGHT_SHIFT).as_deref(), Some(HELP));
}

#[tokio::test(start_paused = true)]
async fn a_group_whose_role_changes_meanwhile_is_left_alone() {
    let world = World::new();
    world.demo.change_group_role_after_reads(AUDITORS, 1, ADMIN);
    let answer = strip_auditors(&world, AUDITOR).await;
    // The role that was meant went without this call.
    let grant = &answer.as_ref().unwrap().outcomes[0].grants[0];
    assert_eq!((grant.outcome, grant.acknowledged), (Outcome::Removed, false));
    assert_eq!(world.demo.writes(), 0);
    assert_eq!(world.demo.role_of_group(AUDITORS).as_deref(), Some(ADMIN));
}

#[tokio::test(start_paused = true)]
async fn an_unscoped_role_never_touches_a_group() {
    let world = World::new();
    let roles = [by_id(HELP), in_group(None, "Night Shift")];
    let failure = world.call(SAM, &roles).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Inherited);
    assert_eq!(failure.outcomes[1].outcome, Outcome::Refused);
    assert_eq!(world.demo.role_of_group(NIGHT_SHIFT).as_deref(), Some(HELP));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_does_not_exist_is_not_found_in_a_group_either() {
    let world = World::new();
    let named = |name: &str, group: &str| types::Role {
        name: Some(name.to_owned()),
        ..in_group(None, group)
    };
    let roles = [
        named("Help Dsek", "Night Shift"),
        in_group(Some("a0000000-0000-4000-8000-00000000dead"), "Night Shift"),
        named("Help Desk", "No Such Group"),
        in_group(Some(UNUSED), "Night Shift"),
        types::Role {
            name: Some(String::from("Auditor")),
            ..in_group(Some(UNUSED), "Night Shift")
        },
    ];
    let answer = world.call_with(SAM, &roles, allowing(&LEAVE_AND_STRIP)).await;
    assert_eq!(
        outcomes(&answer),
        [
            Outcome::NotFound,
            Outcome::NotFound,
            Outcome::NotFound,
            Outcome::AlreadyAbsent,
            Outcome::Refused
        ]
    );
    let failure = answer.unwrap_err();
    assert_eq!(failure.outcomes[4].reason.as_deref(), Some("name_mismatch"));
    assert_eq!(world.demo.writes(), 0);
    world.demo.add_role("a0000000-0000-4000-8000-00000000000f", "UNUSED");
    let twice = world.call(SAM, &[named("Unused", "Night Shift")]).await.unwrap_err();
    assert_eq!(reason(&twice), Some("ambiguous"));
}

#[tokio::test(start_paused = true)]
async fn a_group_without_the_user_is_not_stripped() {
    let world = World::new();
    let answer = world
        .call_with(KIM, &[in_group(Some(HELP), "Night Shift")], allowing(&LEAVE_AND_STRIP))
        .await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent]);
    assert_eq!(world.demo.role_of_group(NIGHT_SHIFT).as_deref(), Some(HELP));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_two_groups_share_refuses_its_own_entry_alone() {
    let world = World::new();
    world.demo.add_group(2001, "Twins", 2, None, &[ANN]);
    world.demo.add_group(2002, "twins", 2, None, &[ANN]);
    let answer = world
        .call_with(
            ANN,
            &[by_id(DEVICES), in_group(None, "TWINS"), in_group(None, "2002")],
            allowing(&[SideEffect::LeaveGroup]),
        )
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed, Outcome::Refused, Outcome::Removed]
    );
    assert_eq!(answer.unwrap_err().outcomes[1].reason.as_deref(), Some("ambiguous"));
    assert!(world.demo.is_member(2001, ANN) && !world.demo.is_member(2002, ANN));
}

#[tokio::test(start_paused = true)]
async fn groups_that_cannot_be_read_leave_their_own_entry_undecided_alone() {
    for path in ["/api/v1/usergroups", "/api/v1/usergroups/9007199254740993/members"] {
        for status in [403, 404] {
            let world = World::new();
            world.network.inject(always("GET", path, says(status, "{}")));
            let answer = world
                .call_with(
                    ANN,
                    &[by_id(DEVICES), in_group(None, "Auditors")],
                    allowing(&[SideEffect::LeaveGroup]),
                )
                .await;
            assert_eq!(outcomes(&answer), [Outcome::Removed, Outcome::Unknown], "{path}");
            assert_eq!(answer.unwrap_err().outcomes[1].reason.as_deref(), Some("not_visible"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_that_shows_no_role_while_the_role_shows_the_group_proves_nothing() {
    for body in ["null", r#"{"assignedRoleId": null}"#] {
        let world = World::new();
        let path = "/api/v1/usergroups/9007199254740993/userroles";
        world.network.inject(always("GET", path, says(200, body)));
        let roles = [in_group(Some(AUDITOR), "Auditors"), in_group(None, "Auditors")];
        let answer = world.call_with(SAM, &roles, allowing(&LEAVE_AND_STRIP)).await;
        assert_eq!(outcomes(&answer), [Outcome::Unknown, Outcome::Removed], "{answer:?}");
        assert_eq!(world.demo.role_of_group(AUDITORS).as_deref(), Some(AUDITOR));
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_not_found_again_was_not_left_for_that() {
    let world = World::new();
    // The first read sees the group; no later one does.
    let lost = always("GET", "/api/v1/usergroups/1001/userroles", says(404, "{}")).after(1);
    world.network.inject(lost);
    let failure = world
        .call_with(
            SAM,
            &[in_group(None, "Night Shift")],
            allowing(&[SideEffect::LeaveGroup]),
        )
        .await
        .unwrap_err();
    assert_eq!(
        (failure.outcomes[0].outcome, reason(&failure)),
        (Outcome::Unverified, Some("not_settled"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_that_stays_with_the_group_is_not_gone_because_the_user_left() {
    for (fault, outcome) in [
        (Fault::ResetBefore, Outcome::Failed),
        (says(400, "{}"), Outcome::Refused),
    ] {
        let world = World::new();
        world
            .network
            .inject(always("POST", "/api/v1/userroles/unassign/usergroup", fault.clone()));
        let roles = [in_group(None, "Night Shift"), in_group(Some(HELP), "1001")];
        let answer = world.call_with(SAM, &roles, allowing(&LEAVE_AND_STRIP)).await;
        assert_eq!(outcomes(&answer), [Outcome::Removed, outcome], "{fault:?}: {answer:?}");
        assert_eq!(world.demo.role_of_group(NIGHT_SHIFT).as_deref(), Some(HELP));
    }
    let world = World::new();
    let roles = [in_group(None, "Night Shift"), in_group(Some(HELP), "1001")];
    let answer = world.call_with(SAM, &roles, allowing(&LEAVE_AND_STRIP)).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
    assert_eq!(world.demo.role_of_group(NIGHT_SHIFT), None);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_was_left_without_an_answer_keeps_its_role_and_is_left() {
    let world = World::new();
    world.network.inject(Rule::once(
        "/api/v1/usergroups/9007199254740993/members/",
        Fault::ResetAfter,
    ));
    let answer = world
        .call_with(SAM, &[in_group(None, "Auditors")], allowing(&[SideEffect::LeaveGroup]))
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(!world.demo.is_member(AUDITORS, SAM));
    assert_eq!(world.demo.role_of_group(AUDITORS).as_deref(), Some(AUDITOR));
}

#[tokio::test(start_paused = true)]
async fn the_roles_of_an_answer_sent_back_take_nothing_from_a_group() {
    let world = World::new();
    let shown = world.call_with(SAM, &[by_id(UNUSED)], dry()).await.unwrap().user;
    // Nobody asked about the roles that the groups give: their lists are not read.
    assert!(shown.groups.is_empty());
    let answer = world.call_with(SAM, &shown.roles, allowing(&LEAVE_AND_STRIP)).await;
    let failure = answer.unwrap_err();
    let asked = failure.outcomes.iter().map(|entry| entry.outcome);
    assert_eq!(
        (asked.collect::<Vec<_>>(), failure.status),
        (vec![Outcome::Inherited; 2], 422),
        "{failure:?}"
    );
    // The role that the user holds directly went, and no more.
    assert!(!world.demo.is_assigned(SAM, HELP) && world.demo.writes() == 1);
    assert_eq!(world.demo.role_of_group(NIGHT_SHIFT).as_deref(), Some(HELP));
    assert_eq!(world.demo.role_of_group(AUDITORS).as_deref(), Some(AUDITOR));
}

#[tokio::test(start_paused = true)]
async fn one_group_spelled_twice_is_one_target_and_one_write() {
    let world = World::new();
    let roles = [
        in_group(None, "1001"),
        in_group(None, "NIGHT shift"),
        in_group(Some(HELP), "Night Shift"),
    ];
    let answer = world.call_with(SAM, &roles, allowing(&[SideEffect::LeaveGroup])).await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed, Outcome::Removed, Outcome::Refused],
        "{answer:?}"
    );
    for entry in &answer.unwrap_err().outcomes {
        assert_eq!(entry.grants[0].scope.group.as_deref(), Some("1001"));
    }
    assert_eq!(world.demo.writes(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_took_from_a_group_just_before_is_gone() {
    for role in [None, Some(HELP)] {
        let world = World::new();
        world.demo.refuse_what_is_not_held();
        world.demo.overtake_next_write();
        let answer = world
            .call_with(SAM, &[in_group(role, "Night Shift")], allowing(&LEAVE_AND_STRIP))
            .await;
        assert_eq!(outcomes(&answer), [Outcome::Removed], "{role:?}: {answer:?}");
        assert_eq!(world.demo.writes(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_that_scim_maintains_may_bring_its_member_back() {
    for (group, is_warned) in [("Auditors", true), ("Night Shift", false)] {
        let world = World::new();
        let success = world
            .call_with(SAM, &[in_group(None, group)], allowing(&[SideEffect::LeaveGroup]))
            .await
            .unwrap();
        let warnings = &success.outcomes[0].grants[0].warnings;
        assert_eq!(
            warnings.iter().any(|one| one == "may_return_by_scim"),
            is_warned,
            "{group}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_does_not_go_from_a_group_that_the_owner_of_the_token_is_in() {
    for (owner, is_in) in [
        ((Some(KIM), "someone@example.com"), true),
        ((None, "Kim.Park@example.com"), true),
        ((Some(ANN), "ann.lee@example.com"), false),
        ((None, "outside@example.com"), false),
    ] {
        let world = World::new();
        world.demo.set_owner(Some(owner));
        let strip = [in_group(Some(AUDITOR), "Auditors")];
        let answer = world.call_with(SAM, &strip, allowing(&[SideEffect::StripGroup])).await;
        assert_eq!(world.demo.role_of_group(AUDITORS).is_some(), is_in, "{owner:?}");
        if is_in {
            let failure = answer.unwrap_err();
            assert_eq!(reason(&failure), Some("side_effect_not_allowed"));
            assert!(failure.message.contains("remove-own-access"), "{}", failure.message);
            let allowed = types::Options {
                allow: vec![SideEffect::StripGroup, SideEffect::RemoveOwnAccess],
                ..options()
            };
            assert!(world.call_with(SAM, &strip, allowed).await.is_ok());
        } else {
            assert_eq!(outcomes(&answer), [Outcome::Removed]);
        }
        assert!(world.demo.is_member(AUDITORS, KIM));
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_that_gives_a_protected_role_is_not_left() {
    for (holds_it_directly, is_left) in [(false, false), (true, true)] {
        let world = World::new().with(r#"{"protected_roles": ["auditor"]}"#);
        if holds_it_directly {
            world.demo.assign(KIM, AUDITOR);
        }
        let leave = [in_group(None, "Auditors")];
        let answer = world.call_with(KIM, &leave, allowing(&[SideEffect::LeaveGroup])).await;
        assert_eq!(world.demo.is_member(AUDITORS, KIM), !is_left, "{answer:?}");
        assert!(world.demo.has(KIM, AUDITOR));
        if let Err(failure) = answer {
            assert_eq!(reason(&failure), Some("protected_role"));
        }
    }
    let world = World::new();
    let leave = [in_group(None, "Auditors")];
    let answer = world.call_with(KIM, &leave, allowing(&[SideEffect::LeaveGroup])).await;
    assert_eq!(
        answer.unwrap().outcomes[0].grants[0].side_effects,
        ["the role `Auditor` that the group gives"]
    );
}

/// What is said of a membership and of a group's role is so, whatever goes wrong on the way.
#[tokio::test(start_paused = true)]
async fn every_fault_at_every_call_leaves_a_true_answer() {
    let roles = [in_group(None, "Night Shift"), in_group(Some(AUDITOR), "Auditors")];
    let clean = World::new();
    assert!(clean.call_with(SAM, &roles, allowing(&LEAVE_AND_STRIP)).await.is_ok());
    let calls = clean.network.calls();
    let faults = [
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::CutOff,
        says(400, "{}"),
        says(403, "{}"),
        says(404, "{}"),
        says(503, "{}"),
        says(200, "{}"),
        says(200, "null"),
    ];
    for (number, call) in calls.iter().enumerate() {
        for (fault, times) in faults.iter().flat_map(|fault| [(fault, 1), (fault, usize::MAX)]) {
            let world = World::new();
            let before = world.demo.holdings().len();
            world.network.inject(Rule {
                times,
                ..Rule::always("", fault.clone()).after(number)
            });
            let said = world.call_with(SAM, &roles, allowing(&LEAVE_AND_STRIP)).await;
            let what = format!(
                "{fault:?} at {} {}, {times} times: {said:?}",
                call.method, call.path_and_query
            );
            let held = [
                world.demo.is_member(NIGHT_SHIFT, SAM),
                world.demo.role_of_group(AUDITORS).is_some(),
            ];
            for (outcome, held) in outcomes(&said).into_iter().zip(held) {
                match outcome {
                    Outcome::Removed | Outcome::AlreadyAbsent => assert!(!held, "{what}"),
                    Outcome::Unverified | Outcome::Unknown => {}
                    _ => assert!(held, "{what}"),
                }
            }
            assert!(said.is_err() || held == [false, false], "{what}");
            // The group's line stays, without its role.
            let left = usize::from(!held[0]);
            assert_eq!(world.demo.holdings().len(), before - left, "{what}");
            world.network.heal();
            let again = world.call_with(SAM, &roles, allowing(&LEAVE_AND_STRIP)).await;
            assert!(again.is_ok(), "{what}, repeated: {again:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_that_still_names_the_group_is_not_gone_from_it_because_the_group_stops_showing_it() {
    for body in ["null", r#"{"assignedRoleId": null}"#] {
        let world = World::new();
        let path = "/api/v1/usergroups/9007199254740993/userroles";
        world.network.inject(always("GET", path, says(200, body)).after(1));
        let answer = world
            .call_with(SAM, &[in_group(Some(AUDITOR), "Auditors")], allowing(&LEAVE_AND_STRIP))
            .await;
        assert_ne!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
        assert_eq!(world.demo.role_of_group(AUDITORS).as_deref(), Some(AUDITOR));
    }
}
