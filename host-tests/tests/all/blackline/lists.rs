//! Lists of one page, and lists that may be cut off.

use super::*;

#[tokio::test(start_paused = true)]
async fn every_page_is_followed_on_the_own_host() {
    let world = World::new();
    world.demo.uncertain(|uncertain| uncertain.page = 2);
    assert!(world.call(ANN, &[by_id("9")]).await.is_ok());
    assert!(!world.demo.holds(ANN, 9, "A"));
    world
        .demo
        .uncertain(|uncertain| uncertain.next_host = Some("evil.example"));
    assert_eq!(world.call(ANN, &[by_id("5")]).await.unwrap_err().status, 502);
    assert!(
        world
            .network
            .calls()
            .iter()
            .all(|call| call.authority == DEMO_AUTHORITY)
    );
}

/// Twelve pairs, the last of them `22:I`, in pages of ten that nothing links.
fn twelve_pairs(settings: &str) -> World {
    let world = World::new().with(settings);
    for product in ["C", "D", "E", "F", "G", "H", "I"] {
        world.demo.grant(ANN, 22, product);
    }
    world.demo.uncertain(|uncertain| {
        uncertain.page = 10;
        uncertain.links = false;
    });
    world
}

#[tokio::test(start_paused = true)]
async fn what_a_list_of_one_page_does_not_show_is_not_visible() {
    let world = twelve_pairs("{}");
    let failure = world.call(ANN, &[by_id("22:I"), by_id("77")]).await.unwrap_err();
    assert_eq!(
        (failure.status, failure.sent, failure.retryable),
        (403, false, false),
        "{failure:?}"
    );
    let [held, unknown] = failure.outcomes.as_slice() else {
        panic!("{failure:?}");
    };
    assert_eq!(
        (held.outcome, held.reason.as_deref()),
        (Outcome::Unknown, Some("not_visible"))
    );
    let message = held.message.as_deref().unwrap_or_default();
    assert!(message.contains("settings.page_size"), "{message}");
    assert_eq!(held.warnings, ["list_may_be_cut_off", "roles_not_whole"]);
    // The directory is whole.
    assert_eq!(unknown.outcome, Outcome::NotFound);

    for (size, is_seen) in [(12, true), (7, false), (1_000, true)] {
        let world = twelve_pairs(&format!(r#"{{"page_size": {size}}}"#));
        world.demo.uncertain(|uncertain| uncertain.page_size_everywhere = true);
        let answer = world.call(ANN, &[by_id("22:I")]).await;
        let outcome = if is_seen { Outcome::Removed } else { Outcome::Unknown };
        assert_eq!(outcomes(&answer), [outcome], "{size}: {answer:?}");
        assert_eq!(world.demo.holds(ANN, 22, "I"), !is_seen);
        let calls = world.network.calls();
        let lists = calls.iter().filter(|call| call.path_and_query.contains("pageSize"));
        assert!(lists.count() > 0 && !calls.iter().any(|call| call.path_and_query.ends_with("roles-products")));
    }

    // The whole list says that it is whole.
    let world = twelve_pairs("{}");
    world.demo.uncertain(|uncertain| {
        uncertain.page = 12;
        uncertain.rows_kept_back = Some(0);
    });
    assert!(world.call(ANN, &[by_id("22:I")]).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_a_list_of_one_page_shows_goes_and_a_shorter_list_proves_it() {
    for role in [by_id("5:A"), by_id("5"), by_name("Reviewer")] {
        let world = World::new();
        for product in ["C", "D", "E", "F", "G"] {
            world.demo.grant(ANN, 22, product);
        }
        assert_eq!(world.demo.pairs(ANN).len(), 10);
        let answer = world.call(ANN, &[role.clone(), by_id("22:H")]).await;
        assert_eq!(
            outcomes(&answer),
            [Outcome::Removed, Outcome::Unknown],
            "{role:?}: {answer:?}"
        );
        assert!(!world.demo.holds(ANN, 5, "A"));
        // Without the one that is not shown, all of it is known.
        let answer = world.call(ANN, &[role, by_id("22:H")]).await;
        assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent; 2], "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_back_that_may_be_cut_off_proves_nothing() {
    // Two more pairs than a page holds, so that the page is full after the removal too.
    for reset in [false, true] {
        let world = twelve_pairs("{}");
        if reset {
            let delete = Rule::always("/v1/users/301/roles-products?roleId", Fault::ResetAfter);
            world.network.inject(delete);
        }
        let failure = world.call(ANN, &[by_id("5:A")]).await.unwrap_err();
        let outcome = if reset { Outcome::Unknown } else { Outcome::Unverified };
        assert_eq!(failure.outcomes[0].outcome, outcome, "{failure:?}");
        assert!(!world.demo.holds(ANN, 5, "A"));
    }
    // A pair that was beyond the page comes to light once it is shorter.
    let world = twelve_pairs("{}");
    world.demo.uncertain(|uncertain| uncertain.page = 11);
    world.demo.grant(ANN, 22, "K");
    let world = world.with(r#"{"page_size": 11}"#);
    let answer = world.call(ANN, &[by_id("22")]).await;
    let failure = answer.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::NotAttempted, "{failure:?}");
    assert_eq!(world.demo.pairs(ANN).iter().filter(|(role, _)| *role == 22).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_may_be_cut_off_is_neither_replaced_nor_called_the_only_one() {
    let strict = types::Options {
        strict_scope: types::StrictScope::Strict,
        ..options()
    };
    let replace = r#"{"strategy": "replace_set"}"#;
    for (settings, options, role, status) in [
        (replace, options(), "5:A", 422),
        (replace, dry(), "5:A", 422),
        ("{}", strict.clone(), "9", 403),
    ] {
        let world = twelve_pairs(settings);
        world.demo.uncertain(|uncertain| uncertain.post_replaces = true);
        let failure = world.call_with(ANN, &[by_id(role)], options).await.unwrap_err();
        assert_eq!(
            (failure.status, failure.sent, failure.retryable),
            (status, false, false)
        );
        assert!(failure.message.contains("settings.page_size"), "{}", failure.message);
        assert_eq!(world.demo.pairs(ANN).len(), 12);
    }
    let world = twelve_pairs("{}");
    let failure = world.call_with(ANN, &[by_id("9:A")], strict).await.unwrap_err();
    assert!(failure.sent && !world.demo.holds(ANN, 9, "A"));
}

#[tokio::test(start_paused = true)]
async fn a_directory_of_one_page_leaves_names_undecided_and_ids_not() {
    let world = World::new();
    for id in 100..120 {
        world.demo.add_role(id, &format!("Role {id}"));
    }
    let named = |name: &str, id: &str| types::Role {
        name: Some(name.to_owned()),
        ..by_id(id)
    };
    let roles = [
        by_id("5:A"),
        by_name("Reviewer"),
        named("Auditor", "9"),
        by_name("Role 101"),
        by_name("Nothing"),
        by_id("77"),
        by_id("22"),
    ];
    let answer = world.call(ANN, &roles).await;
    assert_eq!(
        outcomes(&answer),
        [
            Outcome::Removed,
            Outcome::Unknown,
            Outcome::Removed,
            Outcome::Unknown,
            Outcome::Unknown,
            Outcome::Unknown,
            Outcome::AlreadyAbsent
        ],
        "{answer:?}"
    );
    let failure = answer.unwrap_err();
    assert!(!failure.retryable, "{failure:?}");
    for entry in failure
        .outcomes
        .iter()
        .filter(|entry| entry.outcome == Outcome::Unknown)
    {
        let message = entry.message.as_deref().unwrap_or_default();
        assert!(message.contains("settings.page_size"), "{message}");
        assert_eq!(entry.reason.as_deref(), Some("not_visible"));
    }
    assert!(world.demo.holds(ANN, 5, "J"));
    // Two of a name are two, whatever else there is.
    world.demo.add_role(120, "reviewer");
    let failure = world.call(ANN, &[by_name("Reviewer")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("ambiguous"));
}

#[tokio::test(start_paused = true)]
async fn the_directory_is_read_only_where_a_name_needs_it() {
    let unnamed = |settings: &str| {
        let world = World::new().with(settings);
        world.demo.uncertain(|uncertain| uncertain.names_in_rows = false);
        world
    };
    let is_asked = |world: &World| {
        world
            .network
            .calls()
            .iter()
            .any(|call| call.path_and_query == "/v1/roles")
    };
    let refuse = |world: &World| {
        let no = Fault::Answer(403, Vec::new(), String::from("{}"));
        world.network.inject(Rule::always("/v1/roles", no));
    };
    let world = unnamed("{}");
    assert!(world.call(ANN, &[by_id("5")]).await.is_ok() && !is_asked(&world));

    let world = unnamed("{}");
    refuse(&world);
    let named = types::Role {
        name: Some(String::from("Auditor")),
        ..by_id("9")
    };
    let answer = world.call(ANN, &[by_id("5"), by_name("Approver"), named]).await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed, Outcome::NotAttempted, Outcome::NotAttempted],
        "{answer:?}"
    );
    assert!(world.demo.holds(ANN, 4, "A") && world.demo.holds(ANN, 9, "A"));

    // Without the directory any role may have the protected name, and counts as protected.
    let protected = r#"{"protected_roles": ["Auditor"]}"#;
    let world = unnamed(protected);
    refuse(&world);
    let failure = world.call(ANN, &[by_id("5")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (422, false));
    assert_eq!(failure.outcomes[0].grants[0].reason.as_deref(), Some("protected_role"));
    let world = unnamed(protected);
    let answer = world.call(ANN, &[by_id("5"), by_id("9")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed, Outcome::Refused], "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_held_role_without_a_name_is_not_ruled_out_by_a_name() {
    // The directory does not list the role that is held.
    let world = World::new().with(r#"{"protected_roles": ["Reviewer"]}"#);
    world.demo.grant(ANN, 600, "A");
    let named = types::Role {
        name: Some(String::from("Auditor")),
        ..by_id("600")
    };
    let answer = world
        .call(ANN, &[by_name("System Administrator"), named, by_id("600")])
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Unknown, Outcome::Refused, Outcome::Refused],
        "{answer:?}"
    );
    let failure = answer.unwrap_err();
    assert_eq!(failure.outcomes[1].reason.as_deref(), Some("name_mismatch"));
    assert_eq!(failure.outcomes[2].grants[0].reason.as_deref(), Some("protected_role"));
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_was_longer_before_is_believed_at_any_length() {
    let world = World::new();
    for product in ["C", "D", "E", "F", "G", "H"] {
        world.demo.grant(ANN, 22, product);
    }
    let success = world.call(ANN, &[by_id("22:H")]).await.unwrap();
    assert_eq!(
        (success.outcomes[0].outcome, success.user.roles.len()),
        (Outcome::Removed, 10)
    );
}
