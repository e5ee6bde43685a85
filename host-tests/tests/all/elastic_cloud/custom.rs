//! Custom roles, which a published role carries, and the two spellings of role ids.

use host::typed::types::{self, Outcome, SideEffect, UnknownRole};
use sandboxes::elastic_cloud::Assignment;

use super::{ANN, KIM, ROOT, World, account, reasons};
use crate::fixture::{by_id, by_name, options, outcomes, request};

fn viewer(place: &str, custom: &[&str]) -> Assignment {
    Assignment::new("elasticsearch", "elasticsearch-viewer", Some(place)).custom(custom)
}

#[tokio::test(start_paused = true)]
async fn a_role_with_a_custom_role_is_found_by_its_own_id_and_by_the_custom_roles_name() {
    for role in [
        by_id("elasticsearch-viewer"),
        by_id("elasticsearch-viewer+marketing-reader"),
        by_name("marketing-reader"),
    ] {
        let world = World::new();
        let answer = world.call(ANN, std::slice::from_ref(&role)).await;
        assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
        let grant = &answer.unwrap().outcomes[0].grants[0];
        assert_eq!(grant.role_id, "elasticsearch-viewer+marketing-reader");
        assert!(!world.demo.holds(ANN, "elasticsearch-viewer", Some("p3")));
        let again = world.call(ANN, std::slice::from_ref(&role)).await.unwrap();
        assert_eq!(again.outcomes[0].outcome, Outcome::AlreadyAbsent);
        let is_custom = role.id.as_deref() != Some("elasticsearch-viewer");
        assert_eq!(
            again.outcomes[0]
                .warnings
                .iter()
                .any(|warning| warning.starts_with("custom_role_not_checked:")),
            is_custom,
            "{again:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn custom_roles_that_are_assigned_together_go_only_together() {
    let world = World::new();
    world.demo.assign(KIM, viewer("p3", &["alpha"]));
    world.demo.assign(KIM, viewer("p5", &["alpha", "beta"]));
    let failure = world.call(KIM, &[by_name("alpha")]).await.unwrap_err();
    assert_eq!(reasons(&failure), [Some("would_widen")]);
    assert_eq!(failure.outcomes[0].grants[0].outcome, Outcome::Removed);
    assert!(!world.demo.holds(KIM, "elasticsearch-viewer", Some("p3")));
    assert!(
        world.demo.holds(KIM, "elasticsearch-viewer", Some("p5")),
        "beta was not asked for"
    );
    assert!(world.call(KIM, &[by_name("alpha+beta")]).await.is_ok());
    assert!(!world.demo.holds(KIM, "elasticsearch-viewer", Some("p5")));
}

#[tokio::test(start_paused = true)]
async fn a_custom_role_does_not_take_the_role_that_it_was_assigned_with() {
    let world = World::new();
    world.demo.assign(
        KIM,
        Assignment::new("deployment", "deployment-admin", Some("d5")).custom(&["kibana_user"]),
    );
    let failure = world.call(KIM, &[by_name("kibana_user")]).await.unwrap_err();
    assert_eq!(reasons(&failure), [Some("would_widen")]);
    for protected in ["deployment-admin", "kibana_user"] {
        let account = account(&format!(r#"{{"protected_roles": ["{protected}"]}}"#));
        let request = request(KIM, &[by_id("deployment-admin")]);
        let failure = world.ask(&account, &request, &options()).await.unwrap_err();
        assert_eq!(reasons(&failure), [Some("protected_role")], "{protected}");
    }
    assert_eq!(world.demo.writes(), 0);
    assert!(world.call(KIM, &[by_id("deployment-admin")]).await.is_ok());
    assert!(!world.demo.holds(KIM, "deployment-admin", Some("d5")));
}

#[tokio::test(start_paused = true)]
async fn a_predefined_role_is_found_among_the_application_roles() {
    let admin = by_id("elasticsearch-admin");
    let scoped = types::Role {
        group: Some(String::from("elasticsearch")),
        workspace: Some(String::from("p8")),
        ..by_id("admin")
    };
    for role in [admin.clone(), scoped] {
        let world = World::new();
        world.demo.assign(KIM, viewer("p8", &["admin"]));
        let answer = world.call(KIM, std::slice::from_ref(&role)).await;
        assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
        assert!(!world.demo.assignments(KIM).contains(&viewer("p8", &["admin"])));
        world.demo.assign(KIM, viewer("p8", &["admin", "alpha"]));
        let failure = world.call(KIM, std::slice::from_ref(&role)).await.unwrap_err();
        assert_eq!(reasons(&failure), [Some("would_widen")]);
        let account = account(r#"{"protected_roles": ["elasticsearch-admin"]}"#);
        let whole = request(KIM, &[by_id("elasticsearch-viewer+admin+alpha")]);
        let failure = world.ask(&account, &whole, &options()).await.unwrap_err();
        assert_eq!(reasons(&failure), [Some("protected_role")]);
        assert!(world.demo.assignments(KIM).contains(&viewer("p8", &["admin", "alpha"])));
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_not_published_is_named_by_its_id() {
    let auditor = || Assignment::new("organization", "auditor", None);
    for role in [by_id("auditor"), by_name("auditor")] {
        let world = World::new();
        world.demo.assign(KIM, auditor());
        let answer = world.call(KIM, std::slice::from_ref(&role)).await;
        assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
        assert!(!world.demo.holds(KIM, "auditor", None));
    }
    let world = World::new();
    world.demo.assign(KIM, auditor());
    let failure = world
        .call(KIM, &[by_name("Auditor"), by_name("Compliance officer")])
        .await
        .unwrap_err();
    assert_eq!(reasons(&failure), [Some("ambiguous"), Some("not_visible")]);
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_last_owner_is_seen_with_a_custom_role_too() {
    let world = World::new();
    let owner = || Assignment::new("organization", "organization-admin", None);
    let open = types::Options {
        allow: vec![SideEffect::LastAdministrator],
        ..options()
    };
    assert!(
        world
            .call_with(ROOT, &[by_id("organization-admin")], open)
            .await
            .is_ok()
    );
    world.demo.assign(ROOT, owner().custom(&["ops"]));
    let failure = world.call(ROOT, &[by_id("organization-admin")]).await.unwrap_err();
    assert_eq!(reasons(&failure), [Some("side_effect_not_allowed")]);
}

#[tokio::test(start_paused = true)]
async fn the_spelling_of_an_id_that_came_is_the_one_that_is_sent() {
    for role in [
        by_id("security-t1-analyst"),
        by_id("t1_analyst"),
        by_name("Tier 1 analyst"),
    ] {
        for bare in [false, true] {
            let world = World::new();
            if bare {
                world.demo.spell_bare();
            }
            let answer = world.call(ANN, std::slice::from_ref(&role)).await;
            assert_eq!(outcomes(&answer), [Outcome::Removed], "{bare}: {answer:?}");
            assert!(!world.demo.holds(ANN, "security-t1-analyst", Some("p2")));
        }
    }
    let world = World::new();
    world.demo.spell_bare();
    let failure = world
        .call(ANN, &[by_id("developer"), by_id("viewer")])
        .await
        .unwrap_err();
    assert_eq!(
        reasons(&failure),
        [None, Some("ambiguous")],
        "viewer is short for several"
    );
    assert!(world.demo.holds(ANN, "deployment-viewer", Some("*")));
}

#[tokio::test(start_paused = true)]
async fn a_name_is_no_id() {
    let world = World::new();
    for name in ["Organization owner", "Admin"] {
        let failure = world.call(ANN, &[by_id(name)]).await.unwrap_err();
        assert_eq!(
            (failure.outcomes[0].outcome, failure.status),
            (Outcome::NotFound, 404),
            "{name}"
        );
    }
    for held in ["Billing admin", "marketing-reader", "Marketing-Reader"] {
        let failure = world.call(ANN, &[by_id(held)]).await.unwrap_err();
        assert_eq!(reasons(&failure), [Some("ambiguous")], "{held}");
    }
    let lenient = types::Options {
        unknown_role: UnknownRole::Absent,
        ..options()
    };
    let failure = world
        .call_with(ANN, &[by_id("Billing admin")], lenient)
        .await
        .unwrap_err();
    assert_eq!(reasons(&failure), [Some("ambiguous")], "it is held under that name");
    let failure = world.call(ANN, &[by_name("billing-admin")]).await.unwrap_err();
    assert_eq!(reasons(&failure), [Some("ambiguous")], "an id is no name either");
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_several_roles_share_is_ambiguous_whichever_is_held() {
    let world = World::new();
    for user in [super::SAM, ANN] {
        let failure = world.call(user, &[by_name("Admin")]).await.unwrap_err();
        assert_eq!(reasons(&failure), [Some("ambiguous")], "{user}");
    }
    let failure = world.call(KIM, &[by_name("Editor")]).await.unwrap_err();
    assert_eq!(reasons(&failure), [Some("ambiguous")]);
    let scoped = types::Role {
        group: Some(String::from("observability")),
        ..by_name("Editor")
    };
    assert!(world.call(KIM, &[scoped]).await.is_ok());
    assert!(!world.demo.holds(KIM, "observability-editor", Some("p4")));
}

#[tokio::test(start_paused = true)]
async fn a_display_name_means_the_role_without_custom_roles() {
    let viewer_of = |role: types::Role| types::Role {
        group: Some(String::from("elasticsearch")),
        ..role
    };
    let by_both = types::Role {
        name: Some(String::from("Viewer")),
        ..by_id("elasticsearch-viewer")
    };
    for role in [viewer_of(by_name("Viewer")), viewer_of(by_both.clone())] {
        let world = World::new();
        world.demo.assign(KIM, viewer("p3", &["alpha"]));
        world.demo.assign(KIM, viewer("p3", &[]));
        let answer = world.call(KIM, std::slice::from_ref(&role)).await;
        assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
        assert!(world.demo.assignments(KIM).contains(&viewer("p3", &["alpha"])));
        assert!(!world.demo.assignments(KIM).contains(&viewer("p3", &[])));
    }
    // The id is held, though not as what the name says.
    let world = World::new();
    world.demo.assign(KIM, viewer("p3", &["alpha"]));
    let failure = world.call(KIM, &[by_both]).await.unwrap_err();
    assert_eq!(reasons(&failure), [Some("ambiguous")]);
    assert!(failure.message.contains("elasticsearch-viewer+alpha"));
    // A custom role may be called like a published one.
    world.demo.assign(KIM, viewer("p5", &["Viewer"]));
    let failure = world.call(KIM, &[viewer_of(by_name("Viewer"))]).await.unwrap_err();
    assert_eq!(reasons(&failure), [Some("ambiguous")]);
    assert_eq!(world.demo.writes(), 0);
}
