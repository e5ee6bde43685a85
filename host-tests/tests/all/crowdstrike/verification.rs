//! What the read-back proves.

use super::*;

#[tokio::test(start_paused = true)]
async fn acknowledged_and_kept_is_failed_once_the_window_is_over() {
    let world = World::new();
    world.demo.acknowledge_but_keep("event_viewer");
    let answer = world.call(ANN, &[by_id("event_viewer")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Unverified]);
    let failure = answer.unwrap_err();
    assert_eq!((failure.status, failure.retryable), (500, true));
    let acknowledged_at = failure.outcomes[0].grants[0].acknowledged_at.clone();

    tokio::time::sleep(Duration::from_secs(90)).await;
    let again = types::Options {
        acknowledged_at,
        ..options()
    };
    let failure = world.call_with(ANN, &[by_id("event_viewer")], again).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("still_held"));
    assert_eq!((failure.status, failure.retryable), (422, false));
    assert!(world.demo.holds(ANN, HOME, "event_viewer"));

    let patient = types::Options {
        deadline: Some(120_000),
        ..options()
    };
    let failure = world
        .call_with(ANN, &[by_id("event_viewer")], patient)
        .await
        .unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Failed);
}

#[tokio::test(start_paused = true)]
async fn acknowledged_and_applied_late_is_unverified_and_then_gone() {
    let world = World::new();
    world.demo.apply_after("event_viewer", Duration::from_secs(40));
    let answer = world.call(ANN, &[by_id("event_viewer")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Unverified]);
    assert!(world.demo.holds(ANN, HOME, "event_viewer"), "and it is still held");
    tokio::time::sleep(Duration::from_secs(40)).await;
    let answer = world.call(ANN, &[by_id("event_viewer")]).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent]);
}

#[tokio::test(start_paused = true)]
async fn applied_late_within_the_deadline_is_removed() {
    let world = World::new();
    let success = world.call(KIM, &[by_id("quarantine_manager")]).await.unwrap();
    assert_eq!(success.outcomes[0].outcome, Outcome::Removed);
    assert!(!world.demo.holds(KIM, HOME, "quarantine_manager"));
}

#[tokio::test(start_paused = true)]
async fn stale_reads_are_waited_out() {
    let world = World::new();
    world.demo.stale_reads(Duration::from_secs(12));
    let success = world.call(ANN, &[by_id("event_viewer")]).await.unwrap();
    assert_eq!(success.outcomes[0].outcome, Outcome::Removed);
    assert!(
        success
            .user
            .roles
            .iter()
            .all(|role| role.id.as_deref() != Some("event_viewer"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_first_read_that_omits_the_role_does_not_make_it_absent() {
    let world = World::new();
    world.demo.omit_from_reads("event_viewer", 0, 2);
    let answer = world.call(ANN, &[by_id("event_viewer")]).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent]);
    assert!(
        !world.demo.holds(ANN, HOME, "event_viewer"),
        "200 is said, so it must be gone"
    );
}

#[tokio::test(start_paused = true)]
async fn a_read_back_that_omits_untouched_roles_is_not_believed() {
    let world = World::new();
    world.demo.acknowledge_but_keep("event_viewer");
    // The read-back omits the role that is kept and one that was not touched.
    world.demo.omit_from_reads("event_viewer", 2, 500);
    world.demo.omit_from_reads("dashboard_admin", 2, 500);
    let failure = world.call(ANN, &[by_id("event_viewer")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("not_settled"));
    assert!(world.demo.holds(ANN, HOME, "event_viewer"));
}
