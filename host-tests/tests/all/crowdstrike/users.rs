//! Who the user is, and the unified user.

use super::*;

#[tokio::test(start_paused = true)]
async fn the_user_is_found_by_email_and_only_exactly() {
    let world = World::new();
    world.demo.add_user(User {
        uuid: String::from("6f1e2a30-0000-4000-8000-00000000d004"),
        uid: String::from("o'neil@example.com"),
        cid: HOME.to_owned(),
        ..User::default()
    });
    world
        .demo
        .grant("6f1e2a30-0000-4000-8000-00000000d004", HOME, "event_viewer");
    let success = world
        .call("O'Neil@Example.com", &[by_id("event_viewer")])
        .await
        .unwrap();
    assert_eq!(success.user.id, "6f1e2a30-0000-4000-8000-00000000d004");
    let failure = world
        .call("nobody@example.com", &[by_id("event_viewer")])
        .await
        .unwrap_err();
    assert_eq!((failure.status, failure.sent), (404, false));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_uuid_is_404() {
    let world = World::new();
    let failure = world
        .call("6f1e2a30-0000-4000-8000-ffffffffffff", &[by_id("event_viewer")])
        .await
        .unwrap_err();
    assert_eq!((failure.status, failure.kind), (404, types::FailureKind::NotFound));
}

#[tokio::test(start_paused = true)]
async fn the_whole_user_is_mapped() {
    let world = World::new();
    let user = world.call(SAM, &[by_id("event_viewer")]).await.unwrap().user;
    assert_eq!(user.name.as_deref(), Some("Sam Hill"));
    assert_eq!(user.username.as_deref(), Some(DEMO_USERS[1].1));
    assert_eq!(user.emails[0].email.as_deref(), Some(DEMO_USERS[1].1));
    assert_eq!(
        (user.status.as_deref(), user.is_two_factor_enabled),
        (Some("active"), Some(true))
    );
    assert_eq!(user.roles.len(), 1);
    assert_eq!(user.roles[0].group, None, "no scope of a request");
    assert_eq!(user.roles[0].organization.as_deref(), Some(HOME));
    assert_eq!(user.organizations[0].id.as_deref(), Some(HOME));
    assert_eq!(user.groups[0].name.as_deref(), Some("Blue Team"));
    assert_eq!(user.created_at.as_deref(), Some("2025-06-19T11:59:07.895264Z"));
    let remote: serde_json::Value = serde_json::from_str(user.remote_data.as_deref().unwrap()).unwrap();
    assert_eq!(remote["user"]["uuid"], SAM);
    assert_eq!(remote["roles"].as_array().unwrap().len(), 1);
    assert!(remote["revoke"][0]["meta"]["trace_id"].is_string());
}

#[tokio::test(start_paused = true)]
async fn the_roles_of_the_user_can_be_sent_back() {
    let world = World::new();
    world.demo.grant(SAM, HOME, "vulnerability_manager");
    let user = world
        .call_with(SAM, &[by_id("event_viewer")], dry())
        .await
        .unwrap()
        .user;
    // One of them is held directly and through a group.
    assert_eq!(user.roles.len(), 2);
    let failure = world.call_with(SAM, &user.roles, dry()).await.unwrap_err();
    let said: Vec<_> = failure.outcomes.iter().map(|entry| entry.outcome).collect();
    assert_eq!(
        (failure.status, said),
        (422, vec![Outcome::Planned, Outcome::Inherited])
    );
}

#[tokio::test(start_paused = true)]
async fn rows_without_their_optional_keys_are_understood() {
    let world = World::new();
    world.demo.bare_rows();
    assert!(world.call(ANN, &[by_id("event_viewer")]).await.is_ok());
    let failure = world.call(SAM, &[by_id("vulnerability_manager")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Inherited);
}

#[tokio::test(start_paused = true)]
async fn every_spelling_of_no_errors_is_understood() {
    for field in [ErrorsField::Empty, ErrorsField::Null, ErrorsField::Absent] {
        let world = World::new();
        world.demo.errors_field(field);
        assert!(world.call(ANN, &[by_id("event_viewer")]).await.is_ok(), "{field:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_external_user_is_known_by_the_newer_calls() {
    let (eve, login) = DEMO_EXTERNAL;
    for user in [eve, login] {
        let world = World::new();
        let success = world.call(user, &[by_id("event_viewer")]).await.unwrap();
        assert_eq!(success.outcomes[0].outcome, Outcome::Removed);
        assert_eq!(success.user.user_type.as_deref(), Some("external"));
        assert!(!world.demo.holds(eve, HOME, "event_viewer"));
        assert!(world.demo.holds(eve, HOME, "dashboard_admin"));
    }
    // What is left of the roles can be taken, and what is gone is proven to be.
    let world = World::new();
    let roles = [by_id("event_viewer"), by_id("dashboard_admin")];
    assert!(world.call(eve, &roles).await.is_ok());
    assert!(world.demo.grants(eve).is_empty());
}
