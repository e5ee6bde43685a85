//! Lists with rows that cannot be read, lists that lack something, and lists that move while they are read.

use host::typed::types::{self, Outcome};
use serde_json::{Value, json};

use super::{ANN, AUDITOR, DEVICES, HELP, SAM, UNUSED, World, reason};
use crate::fixture::{allowing, by_id, by_name, options, outcomes};

#[tokio::test(start_paused = true)]
async fn a_user_that_cannot_be_read_in_a_roles_own_list_may_be_the_one() {
    for row in [json!("U201"), json!("account:201"), Value::Null] {
        for role in [by_id(HELP), by_name("Help Desk")] {
            let world = World::new();
            world.demo.spell_user(ANN, row.clone());
            let answer = world.call(ANN, &[role, by_id(UNUSED)]).await;
            assert_eq!(
                outcomes(&answer),
                [Outcome::Unknown, Outcome::AlreadyAbsent],
                "{row}: {answer:?}"
            );
            assert_eq!(reason(&answer.unwrap_err()), Some("not_visible"));
            assert_eq!(world.demo.writes(), 0);
        }
    }
    let world = World::new();
    world.demo.spell_user(SAM, json!("U202"));
    assert_eq!(outcomes(&world.call(ANN, &[by_id(HELP)]).await), [Outcome::Removed]);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_the_directory_hides_is_looked_up_in_its_own_list() {
    let absent = types::Options {
        unknown_role: types::UnknownRole::Absent,
        ..options()
    };
    let world = World::new();
    world.demo.hide_role(HELP);
    let answer = world.call_with(ANN, &[by_id(HELP)], absent.clone()).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(!world.demo.has(ANN, HELP));

    // Nothing shows the name of the role: it may be the protected one.
    let world = World::new().with(r#"{"protected_roles": ["Help Desk"]}"#);
    world.demo.hide_role(HELP);
    let failure = world.call_with(ANN, &[by_id(HELP)], absent).await.unwrap_err();
    assert_eq!(reason(&failure), Some("protected_role"));
    assert!(world.demo.has(ANN, HELP));
}

#[tokio::test(start_paused = true)]
async fn a_group_whose_id_is_a_text_is_the_group() {
    let world = World::new();
    world.demo.group_ids_as_text();
    let failure = world.call(SAM, &[by_id(AUDITOR)]).await.unwrap_err();
    let grant = &failure.outcomes[0].grants[0];
    assert_eq!(
        (grant.outcome, grant.via[0].name.as_deref()),
        (Outcome::Inherited, Some("Auditors"))
    );
}

#[tokio::test(start_paused = true)]
async fn reads_that_straddle_another_removal_are_made_again() {
    let world = World::new();
    world.demo.unassign_after_reads(1, ANN, HELP);
    let answer = world.call(ANN, &[by_id(HELP), by_id(DEVICES)]).await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::AlreadyAbsent, Outcome::Removed],
        "{answer:?}"
    );
    assert_eq!(world.demo.writes(), 1);
}

#[tokio::test(start_paused = true)]
async fn stripping_a_group_takes_nothing_from_a_protected_member() {
    for (protected, is_stripped) in [
        ("kim.park@example.com", false),
        ("u203", false),
        ("nobody@example.com", true),
    ] {
        let world = World::new().with(&format!(r#"{{"protected_users": ["{protected}"]}}"#));
        let role = types::Role {
            group: Some(String::from("Auditors")),
            ..by_id(AUDITOR)
        };
        let answer = world
            .call_with(SAM, &[role], allowing(&[types::SideEffect::StripGroup]))
            .await;
        assert_eq!(
            world.demo.role_of_group(super::AUDITORS).is_none(),
            is_stripped,
            "{protected}: {answer:?}"
        );
        match answer {
            Ok(success) => {
                let side_effects = &success.outcomes[0].grants[0].side_effects;
                assert!(side_effects.iter().any(|line| line.contains(": 1")), "{side_effects:?}");
            }
            Err(failure) => assert_eq!(reason(&failure), Some("protected_user")),
        }
    }
}
