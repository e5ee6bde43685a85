//! TeamViewer through the typed export: what is said is what the company holds.

mod access;
mod groups;
mod lists;

use std::time::Duration;

use host::{
    network::{Fault, Rule},
    typed::types::{self, Outcome, Provider},
};
use sandboxes::teamviewer::{DEMO_GROUPS, DEMO_ROLES, DEMO_USERS, TeamViewer};

use crate::{
    fixture::{START, by_id, by_name, dry, options, outcomes, says},
    typed_world,
};

const UNASSIGN: &str = "/api/v1/userroles/unassign/account";
const ANN: &str = DEMO_USERS[0].0;
const SAM: &str = DEMO_USERS[1].0;
const KIM: &str = DEMO_USERS[2].0;
const ADMIN: &str = DEMO_ROLES[0].0;
const HELP: &str = DEMO_ROLES[1].0;
const AUDITOR: &str = DEMO_ROLES[2].0;
const DEVICES: &str = DEMO_ROLES[3].0;
const REPORTER: &str = DEMO_ROLES[4].0;
const UNUSED: &str = DEMO_ROLES[5].0;
const NIGHT_SHIFT: u64 = DEMO_GROUPS[0].0;
const AUDITORS: u64 = DEMO_GROUPS[1].0;

type World = typed_world::World<TeamViewer>;

impl World {
    fn new() -> Self {
        Self::of(Provider::Teamviewer, TeamViewer::demo, TeamViewer::router)
    }
}

/// Why the first entry is not gone.
fn reason(failure: &types::Failure) -> Option<&str> {
    failure.outcomes[0].reason.as_deref()
}

#[tokio::test(start_paused = true)]
async fn roles_by_id_and_by_name_with_and_without_the_u() {
    for user in [ANN, "201"] {
        let world = World::new();
        let answer = world
            .call(user, &[by_id(&HELP.to_uppercase()), by_name("device MANAGER")])
            .await;
        assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
        assert!(!world.demo.has(ANN, HELP) && !world.demo.has(ANN, DEVICES) && world.demo.has(ANN, ADMIN));
    }
}

#[tokio::test(start_paused = true)]
async fn the_user_by_email_exactly() {
    let world = World::new();
    assert!(world.call("Ann.Lee@example.com", &[by_id(HELP)]).await.is_ok());
    assert!(!world.demo.has(ANN, HELP));
    assert_eq!(
        world
            .call("nobody@example.com", &[by_id(HELP)])
            .await
            .unwrap_err()
            .status,
        404
    );
    let listed = world
        .call("ann.lee@example.com,sam.hill@example.com", &[by_id(HELP)])
        .await
        .unwrap_err();
    assert_eq!((listed.status, listed.field.as_deref()), (400, Some("id")));
    assert!(world.demo.has(SAM, HELP));
}

#[tokio::test(start_paused = true)]
async fn malformed_ids_and_foreign_scopes_are_refused_and_cost_no_call() {
    let world = World::new();
    let scoped = types::Role {
        organization: Some(String::from("x")),
        ..by_id(HELP)
    };
    for (user, role, field) in [
        ("menu12", by_id(HELP), "id"),
        ("u1/../u2", by_id(HELP), "id"),
        (ANN, by_id("help-desk"), "roles[0].id"),
        (ANN, scoped, "roles[0].organization"),
    ] {
        let failure = world.call(user, &[role]).await.unwrap_err();
        assert_eq!((failure.status, failure.field.as_deref()), (400, Some(field)), "{user}");
    }
    assert!(world.network.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn already_absent_unknown_and_ambiguous_roles_and_unknown_users() {
    let world = World::new();
    let answer = world
        .call(ANN, &[by_id(UNUSED), by_name("Unused"), by_name("Nothing")])
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::AlreadyAbsent, Outcome::AlreadyAbsent, Outcome::NotFound]
    );
    world.demo.add_role("a0000000-0000-4000-8000-00000000000f", "UNUSED");
    let failure = world.call(ANN, &[by_name("unused")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("ambiguous"));
    assert_eq!(world.call("u999", &[by_id(HELP)]).await.unwrap_err().status, 404);
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_role_through_a_group_is_inherited_and_nothing_is_sent() {
    let world = World::new();
    let failure = world.call(SAM, &[by_id(AUDITOR)]).await.unwrap_err();
    let grant = &failure.outcomes[0].grants[0];
    assert_eq!(
        (grant.outcome, grant.via[0].name.as_deref()),
        (Outcome::Inherited, Some("Auditors"))
    );
    assert_eq!(
        grant.via[0].id.as_deref(),
        Some("9007199254740993"),
        "an id beyond 2^53 is kept"
    );
    assert_eq!((failure.status, failure.sent, world.demo.writes()), (422, false, 0));
}

#[tokio::test(start_paused = true)]
async fn a_role_held_directly_and_through_a_group_survives_and_is_not_claimed() {
    let world = World::new();
    let failure = world.call(SAM, &[by_id(HELP)]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Inherited);
    let grants: Vec<_> = failure.outcomes[0]
        .grants
        .iter()
        .map(|grant| (grant.outcome, grant.changed))
        .collect();
    assert_eq!(grants, [(Outcome::Removed, false), (Outcome::Inherited, true)]);
    assert!(!world.demo.is_assigned(SAM, HELP) && world.demo.has(SAM, HELP));
}

#[tokio::test(start_paused = true)]
async fn null_for_no_roles_counts_if_the_roles_own_assignments_agree() {
    let world = World::new();
    world.demo.add_user("u204", "New Joiner", "new@example.com");
    let both = [by_id(HELP), by_name("Help Desk")];
    assert_eq!(outcomes(&world.call("u204", &both).await), [Outcome::AlreadyAbsent; 2]);
    for last in both {
        world.demo.assign("u204", HELP);
        let last = [last];
        assert_eq!(outcomes(&world.call("u204", &last).await), [Outcome::Removed]);
        assert!(!world.demo.has("u204", HELP));
        assert_eq!(outcomes(&world.call("u204", &last).await), [Outcome::AlreadyAbsent]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_omits_the_role_does_not_make_it_absent() {
    for role in [by_id(HELP), by_name("Help Desk")] {
        let world = World::new();
        // The user's list omits it once; the role's own assignments show it.
        world.demo.omit_from_reads(HELP, 0, 1);
        assert_eq!(outcomes(&world.call(ANN, &[role]).await), [Outcome::Removed]);
        assert!(!world.demo.has(ANN, HELP));
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_the_list_is_no_empty_list() {
    for (path, body) in [
        ("/api/v1/users/u201/userroles", r#"{"nextPaginationToken": null}"#),
        (
            "/api/v1/userroles/assignments/account",
            r#"{"ContinuationToken": null}"#,
        ),
        (
            "/api/v1/userroles/assignments/usergroups",
            r#"{"ContinuationToken": null}"#,
        ),
    ] {
        let world = World::new();
        world.network.inject(Rule::always(path, says(200, body)));
        let failure = world.call(ANN, &[by_id(UNUSED)]).await.unwrap_err();
        assert_eq!((failure.status, failure.sent), (502, false), "{path}: {failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_and_the_name_of_another_role_are_refused_although_neither_is_held() {
    let world = World::new();
    let role = |name: &str| types::Role {
        name: Some(name.to_owned()),
        ..by_id(UNUSED)
    };
    let failure = world.call(KIM, &[role("Help Desk")]).await.unwrap_err();
    assert_eq!(
        (failure.outcomes[0].outcome, reason(&failure)),
        (Outcome::Refused, Some("name_mismatch"))
    );
    assert_eq!(
        outcomes(&world.call(KIM, &[role("unused")]).await),
        [Outcome::AlreadyAbsent]
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_what_somebody_else_took_just_before_is_decided_by_the_read_back() {
    let world = World::new();
    world.demo.refuse_what_is_not_held();
    world.demo.overtake_next_write();
    let success = world.call(ANN, &[by_id(HELP)]).await.unwrap();
    let grant = &success.outcomes[0].grants[0];
    assert_eq!((grant.outcome, grant.acknowledged), (Outcome::Removed, false));
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_what_is_still_held_is_a_refusal_and_is_sent_once() {
    for status in [400, 404] {
        let world = World::new();
        world.network.inject(Rule::always(
            UNASSIGN,
            says(status, r#"{"error": "invalid_request", "error_description": "no way"}"#),
        ));
        let failure = world.call(ANN, &[by_id(HELP)]).await.unwrap_err();
        assert_eq!(
            (failure.outcomes[0].outcome, reason(&failure), failure.status),
            (Outcome::Refused, Some("provider_refused"), 422)
        );
        assert!(failure.message.contains("no way"), "{}", failure.message);
        let sent = world.network.calls();
        assert_eq!(sent.iter().filter(|call| call.path_and_query == UNASSIGN).count(), 1);
        assert!(world.demo.is_assigned(ANN, HELP));
    }
}

#[tokio::test(start_paused = true)]
async fn acknowledged_and_kept_is_failed() {
    let world = World::new();
    world.demo.acknowledge_but_keep(HELP);
    let failure = world.call(ANN, &[by_id(HELP)]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("still_held"));
    assert_eq!((failure.status, world.demo.writes()), (422, 1));
    assert!(world.demo.has(ANN, HELP));
}

#[tokio::test(start_paused = true)]
async fn applied_late_is_waited_for_or_unverified() {
    let world = World::new();
    assert!(world.call(KIM, &[by_id(REPORTER)]).await.is_ok());
    assert!(!world.demo.has(KIM, REPORTER));
    world.demo.apply_after(DEVICES, Duration::from_secs(9));
    let short = types::Options {
        deadline: Some(5_000),
        ..options()
    };
    let failure = world.call_with(KIM, &[by_id(DEVICES)], short).await.unwrap_err();
    assert_eq!(
        (failure.outcomes[0].outcome, failure.status),
        (Outcome::Unverified, 500)
    );
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert_eq!(
        outcomes(&world.call(KIM, &[by_id(DEVICES)]).await),
        [Outcome::AlreadyAbsent]
    );
}

#[tokio::test(start_paused = true)]
async fn a_stale_list_is_not_mistaken_for_an_inherited_role() {
    let world = World::new();
    world.demo.stale_reads(Duration::from_secs(6));
    let answer = world.call(ANN, &[by_id(HELP)]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed]);
    assert!(
        world.clock.unix() >= START + Duration::from_secs(6),
        "it waited until the list agreed"
    );
    assert_eq!(world.demo.writes(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_write_without_an_answer_is_read_before_it_is_repeated() {
    for (fault, writes) in [(Fault::ResetBefore, 1), (Fault::ResetAfter, 1)] {
        let world = World::new();
        world.network.inject(Rule::once("/api/v1/userroles/unassign", fault));
        assert!(world.call(ANN, &[by_id(HELP)]).await.is_ok());
        assert_eq!(world.demo.writes(), writes);
        assert!(!world.demo.has(ANN, HELP));
    }
}

#[tokio::test(start_paused = true)]
async fn every_page_is_read_and_a_page_that_repeats_ends_the_call() {
    let world = World::new();
    world.demo.page_size(1);
    let answer = world.call(ANN, &[by_id(HELP), by_id(DEVICES)]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 2]);
    world.demo.repeat_pages();
    let failure = world.call(ANN, &[by_id(ADMIN)]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (502, false));
    assert!(world.demo.has(ANN, ADMIN));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_the_requests_and_changes_nothing() {
    let world = World::new();
    let success = world
        .call_with(ANN, &[by_id(HELP), by_id(DEVICES)], dry())
        .await
        .unwrap();
    assert_eq!(success.planned_requests.len(), 2);
    assert_eq!(
        success.planned_requests[0].body.as_deref(),
        Some(format!(r#"{{"UserIds":["u201"],"UserRoleId":"{HELP}"}}"#).as_str())
    );
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_whole_user_is_mapped() {
    let world = World::new();
    let user = world
        .call(ANN, &[by_id(HELP), by_id(DEVICES), by_id(REPORTER)])
        .await
        .unwrap()
        .user;
    assert_eq!(user.id, ANN);
    assert_eq!(
        (user.first_name.as_deref(), user.last_name.as_deref()),
        (Some("Ann"), Some("Lee"))
    );
    assert_eq!(
        (user.username.as_deref(), user.emails[0].is_primary),
        (Some("ann.lee@example.com"), Some(true))
    );
    assert_eq!(
        (user.status.as_deref(), user.is_two_factor_enabled),
        (Some("active"), Some(true))
    );
    assert_eq!(user.last_active_at.as_deref(), Some("2026-01-01T10:20:30Z"));
    assert_eq!(user.licenses[0].name.as_deref(), Some("Tensor"));
    let roles: Vec<_> = user
        .roles
        .iter()
        .map(|role| (role.id.as_deref(), role.name.as_deref()))
        .collect();
    assert_eq!(roles, [(Some(ADMIN), Some("Company Administrator"))]);
}
