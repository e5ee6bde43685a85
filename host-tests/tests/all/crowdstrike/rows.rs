//! Rows, lists and plans that mislead.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_id_that_only_spelling_tells_from_a_held_one_is_never_revoked() {
    for spelling in ["EVENT_VIEWER", "Event Viewer", "event-viewer"] {
        let world = World::new();
        let answer = world.call(ANN, &[by_id(spelling)]).await;
        assert_eq!(outcomes(&answer), [Outcome::Refused], "{spelling}");
        assert!(world.demo.holds(ANN, HOME, "event_viewer"));
        assert!(world.demo.revocations().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_documented_403_leaves_the_home_cid_out() {
    let denied = "access denied, authorization failed";
    for (status, message, expected) in [
        (403, denied, Outcome::Removed),
        (400, "invalid cid", Outcome::Unknown),
        (404, "not found", Outcome::Unknown),
    ] {
        let (world, lee) = with_a_user_at_home_in_the_child();
        world.demo.grant(lee, HOME, "event_viewer");
        world.demo.grant(lee, CHILD, "event_viewer");
        world.demo.refuse_cid(CHILD, status, message);
        let answer = world.call(lee, &[by_id("event_viewer")]).await;
        assert_eq!(outcomes(&answer), [expected], "{status}: {answer:?}");
        assert!(world.demo.holds(lee, CHILD, "event_viewer"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_miscounts_or_changes_while_it_is_paged_is_not_believed() {
    let world = World::new();
    world.demo.miscount_grants(1);
    let failure = world.call(ANN, &[by_id("quarantine_manager")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (502, false));

    // Somebody else's grant moves the second page: the list is read again.
    let world = World::new();
    grant_extra(&world, 700);
    world.demo.grant_after_reads(1, ANN, HOME, "quarantine_manager");
    let answer = world.call(ANN, &[by_id("quarantine_manager")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(!world.demo.holds(ANN, HOME, "quarantine_manager"));
}

#[tokio::test(start_paused = true)]
async fn temporary_grants_empty_groups_and_rows_without_a_name() {
    let world = World::new();
    world
        .demo
        .grant_until(ANN, HOME, "quarantine_manager", "2026-03-01T00:00:00Z");
    world.demo.empty_groups_in_grants(true);
    world.demo.names_missing_in_grants(true);
    world.demo.null_lists(true);
    let success = world
        .call(ANN, &[by_name("Quarantine Manager"), by_name("event viewer")])
        .await
        .unwrap();
    let warnings = &success.outcomes[0].grants[0].warnings;
    assert_eq!(warnings, &["expires_at:2026-03-01T00:00:00Z"]);
    assert!(!world.demo.holds(ANN, HOME, "quarantine_manager"));
    assert!(!world.demo.holds(ANN, HOME, "event_viewer"));
}

#[tokio::test(start_paused = true)]
async fn an_error_inside_a_success_has_the_meaning_of_its_code() {
    for (code, status, retryable) in [(403, 403, false), (429, 429, true), (503, 502, true)] {
        let world = World::new();
        world.demo.errors_inside("user-role-actions", code, 100);
        let failure = world.call(ANN, &[by_id("event_viewer")]).await.unwrap_err();
        assert_eq!(
            (failure.status, failure.retryable),
            (status, retryable),
            "{code}: {failure:?}"
        );
        assert!(world.demo.holds(ANN, HOME, "event_viewer"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_says_what_the_directory_does_not_have() {
    let world = World::new();
    let failure = world
        .call_with(ANN, &[by_id("no_such_role"), by_id("quarantine_manager")], dry())
        .await
        .unwrap_err();
    let said: Vec<_> = failure.outcomes.iter().map(|entry| entry.outcome).collect();
    assert_eq!(said, [Outcome::NotFound, Outcome::Planned]);
    assert_eq!(
        failure.outcomes[1].grants[0].warnings,
        [format!("not_shown_in_cid:{HOME}")]
    );
}

// -- acknowledgements that are not the truth
