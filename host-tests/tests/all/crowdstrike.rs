//! CrowdStrike through the typed export: what is said is what the tenant holds.

mod absence;
mod answers;
mod rows;
mod users;
mod verification;

use std::{sync::Arc, time::Duration};

use host::{
    network::{Fault, Rule},
    typed::{
        self,
        types::{self, Outcome, ViaKind},
    },
};
use sandboxes::crowdstrike::{
    DEMO_CHILD_CID as CHILD, DEMO_EXTERNAL, DEMO_HOME_CID as HOME, DEMO_USERS, EpochUnit, ErrorsField, Role, User,
};

use crate::fixture::{
    ANN, KIM, SAM, World, by_id, by_name, dry, in_organization, options, outcomes, request, typed_account,
};

#[tokio::test(start_paused = true)]
async fn a_role_by_id() {
    let world = World::new();
    let success = world.call(ANN, &[by_id("event_viewer")]).await.unwrap();
    let grant = &success.outcomes[0].grants[0];
    assert_eq!(
        (grant.outcome, grant.acknowledged, grant.direct),
        (Outcome::Removed, true, true)
    );
    assert_eq!(grant.scope.organization.as_deref(), Some(HOME));
    assert!(!world.demo.holds(ANN, HOME, "event_viewer"));
    assert_eq!(world.demo.grants(ANN).len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_role_by_name_whatever_its_case() {
    let world = World::new();
    assert!(world.call(ANN, &[by_name("nIGHT sHIFT")]).await.is_ok());
    assert!(!world.demo.holds(ANN, HOME, "fac7c47add5242538f592946747a7191"));
}

#[tokio::test(start_paused = true)]
async fn several_roles_of_one_cid_go_in_one_call() {
    let world = World::new();
    let roles = [by_id("event_viewer"), by_id("dashboard_admin"), by_name("Help Desk")];
    assert!(world.call(ANN, &roles).await.is_ok());
    let revocations = world.demo.revocations();
    assert_eq!((revocations.len(), revocations[0].roles.len()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn more_than_a_hundred_roles_go_in_chunks() {
    let world = World::new();
    let ids: Vec<String> = (0..150).map(|n| format!("custom_{n:03}")).collect();
    for id in &ids {
        world.demo.add_role(Role {
            id: id.clone(),
            display_name: id.to_uppercase(),
            cid: None,
        });
        world.demo.grant(SAM, HOME, id);
        world.demo.grant(SAM, CHILD, id);
    }
    let roles: Vec<types::Role> = ids.iter().map(|id| by_id(id)).collect();
    let answer = narrowed(&world, SAM, roles, &[HOME, CHILD]).await;
    assert!(answer.is_ok(), "{:?}", answer.unwrap_err().message);
    let mut sizes: Vec<usize> = world
        .demo
        .revocations()
        .iter()
        .map(|revocation| revocation.roles.len())
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [50, 50, 100, 100]);
    let left = world.demo.grants(SAM);
    assert!(left.iter().all(|(_, role, _)| !role.starts_with("custom")), "{left:?}");
}

/// So many roles more for Ann: `extra_0000` and so on.
fn grant_extra(world: &World, count: usize) {
    for n in 0..count {
        let id = format!("extra_{n:04}");
        world.demo.add_role(Role {
            id: id.clone(),
            display_name: id.clone(),
            cid: None,
        });
        world.demo.grant(ANN, HOME, &id);
    }
}

/// Asks for roles in these organizations.
async fn narrowed(
    world: &World,
    user: &str,
    roles: Vec<types::Role>,
    organizations: &[&str],
) -> Result<types::Success, types::Failure> {
    let request = types::Request {
        organizations: organizations
            .iter()
            .map(|id| types::OrganizationSelector::Id((*id).to_owned()))
            .collect(),
        ..request(user, &roles)
    };
    world.ask(&world.account, &request, &options()).await
}

#[tokio::test(start_paused = true)]
async fn each_organization_is_decided_by_itself() {
    let foreign = "00000000000000000000000000000000";
    let world = World::new();
    let answer = narrowed(&world, ANN, vec![by_id("help_desk")], &[HOME, foreign]).await;
    assert_eq!(outcomes(&answer), [Outcome::Unknown], "{answer:?}");
    let grants = answer.unwrap_err().outcomes.remove(0).grants;
    assert_eq!((grants.len(), grants[0].outcome), (1, Outcome::Removed));
    assert!(!world.demo.holds(ANN, HOME, "help_desk") && world.demo.holds(ANN, CHILD, "help_desk"));

    // The list of the child omits what is held there: it is revoked to prove that it is not.
    let world = World::new();
    world.demo.omit_from_reads("help_desk", 2, 1);
    let success = narrowed(&world, ANN, vec![by_id("help_desk")], &[HOME, CHILD])
        .await
        .unwrap();
    let said: Vec<_> = success.outcomes[0]
        .grants
        .iter()
        .map(|grant| (grant.scope.organization.as_deref().unwrap(), grant.outcome))
        .collect();
    assert_eq!(said, [(HOME, Outcome::Removed), (CHILD, Outcome::AlreadyAbsent)]);
    assert!(!world.demo.holds(ANN, HOME, "help_desk") && !world.demo.holds(ANN, CHILD, "help_desk"));
}

#[tokio::test(start_paused = true)]
async fn without_an_organization_what_the_credentials_see_is_meant_and_a_home_out_of_sight_is_named() {
    let world = World::new();
    let roles = [by_id("quarantine_manager"), by_id("help_desk")];
    let at_home = format!("cid_not_visible:{HOME}");
    // Again, and nothing is held any more: the same status, and the same warning.
    for expected in [
        [Outcome::AlreadyAbsent, Outcome::Removed],
        [Outcome::AlreadyAbsent, Outcome::AlreadyAbsent],
    ] {
        let answer = locked_to_the_child(&world, ANN, &roles).await;
        assert_eq!(outcomes(&answer), expected, "{answer:?}");
        for entry in answer.unwrap().outcomes {
            assert_eq!(entry.warnings, [at_home.as_str()]);
            assert_eq!(entry.grants[0].scope.organization.as_deref(), Some(CHILD));
            assert!(entry.grants[0].acknowledged);
        }
    }
    assert!(!world.demo.holds(ANN, CHILD, "help_desk") && world.demo.holds(ANN, HOME, "help_desk"));
    // A home that is named is not proven; nor is a name that a custom role of it may have.
    let answer = locked_to_the_child(
        &world,
        ANN,
        &[
            in_organization("help_desk", HOME),
            by_name("Night Shift"),
            by_id("no_such_role"),
            in_organization("quarantine_manager", CHILD),
        ],
    )
    .await;
    assert_eq!(
        outcomes(&answer),
        [
            Outcome::Unknown,
            Outcome::Unknown,
            Outcome::Refused,
            Outcome::AlreadyAbsent
        ],
        "{answer:?}"
    );
}

/// With a token that is locked to the child CID.
async fn locked_to_the_child(
    world: &World,
    user: &str,
    roles: &[types::Role],
) -> Result<types::Success, types::Failure> {
    let mut account = world.account.clone();
    if let types::Credentials::ClientCredentials(credentials) = &mut account.credentials {
        credentials.member_cid = types::Narrowing::Only(format!("{CHILD}-5C"));
    }
    world.ask(&account, &request(user, roles), &options()).await
}

#[tokio::test(start_paused = true)]
async fn not_found_is_what_no_directory_knows_and_another_cids_role_is_refused() {
    let world = World::new();
    let night_shift = "fac7c47add5242538f592946747a7191";
    let answer = world
        .call(
            SAM,
            &[
                in_organization(night_shift, CHILD),
                in_organization("no_such_role", CHILD),
                by_id("event_viewer"),
            ],
        )
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Refused, Outcome::NotFound, Outcome::Removed],
        "{answer:?}"
    );
    let lenient = types::Options {
        unknown_role: types::UnknownRole::Absent,
        ..options()
    };
    let failure = world
        .call_with(
            SAM,
            &[in_organization(night_shift, CHILD), by_id("no_such_role")],
            lenient,
        )
        .await
        .unwrap_err();
    let said: Vec<_> = failure.outcomes.iter().map(|entry| entry.outcome).collect();
    assert_eq!(said, [Outcome::Refused, Outcome::AlreadyAbsent]);
    // A directory that cannot be read knows nothing.
    world.network.inject(Rule::always(
        "/user-management/queries/roles/v1",
        Fault::Answer(403, Vec::new(), String::from("{}")),
    ));
    let answer = world.call(SAM, &[by_id("no_such_role")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Refused], "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_is_not_whole_proves_nothing() {
    let roles = [by_id("no_such_role"), by_name("No Such Role"), by_id("event_viewer")];
    for (path, body) in [
        (
            "/user-management/queries/roles/v1",
            r#"{"resources": [], "errors": []}"#,
        ),
        (
            "/user-management/entities/roles/GET/v2",
            r#"{"resources": [{"id": "event_viewer", "display_name": "Event Viewer"}]}"#,
        ),
    ] {
        let world = World::new();
        world
            .network
            .inject(Rule::always(path, Fault::Answer(200, Vec::new(), String::from(body))));
        let answer = world.call(ANN, &roles).await;
        assert_eq!(
            outcomes(&answer),
            [Outcome::Refused, Outcome::Unknown, Outcome::Removed],
            "{answer:?}"
        );
    }
}

fn with_a_user_at_home_in_the_child() -> (World, &'static str) {
    let world = World::new();
    let lee = "6f1e2a30-0000-4000-8000-00000000f006";
    world.demo.add_user(User {
        uuid: lee.to_owned(),
        uid: String::from("lee@example.com"),
        cid: CHILD.to_owned(),
        ..User::default()
    });
    (world, lee)
}

#[tokio::test(start_paused = true)]
async fn what_no_directory_knows_is_revoked_all_the_same() {
    let (world, lee) = with_a_user_at_home_in_the_child();
    world.demo.grant(lee, HOME, "event_viewer");
    world.demo.grant(lee, CHILD, "help_desk");
    // Neither the list of grants nor the directories show it, as stale reads may.
    world.demo.omit_from_reads("help_desk", 0, 500);
    let directory = |path, body: &str| Rule::always(path, Fault::Answer(200, Vec::new(), body.to_owned()));
    world.network.inject(directory(
        "/user-management/queries/roles/v1",
        r#"{"resources": ["event_viewer"]}"#,
    ));
    world.network.inject(directory(
        "/user-management/entities/roles/GET/v2",
        r#"{"resources": [{"id": "event_viewer", "display_name": "Event Viewer"}]}"#,
    ));
    let answer = world.call(lee, &[by_id("help_desk"), by_id("no_such_role")]).await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::AlreadyAbsent, Outcome::NotFound],
        "{answer:?}"
    );
    assert!(!world.demo.holds(lee, CHILD, "help_desk"), "so it must be gone");
}

#[tokio::test(start_paused = true)]
async fn in_view_and_at_home_a_role_is_revoked_where_it_exists() {
    let (world, lee) = with_a_user_at_home_in_the_child();
    // What is held in view names the CID in view.
    world.demo.grant(lee, HOME, "event_viewer");
    let roles = [
        by_id("help_desk"),
        by_id("fac7c47add5242538f592946747a7191"),
        by_id("no_such_role"),
    ];
    let answer = world.call(lee, &roles).await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::AlreadyAbsent, Outcome::AlreadyAbsent, Outcome::NotFound],
        "{answer:?}"
    );
    let mut proven: Vec<_> = world
        .demo
        .revocations()
        .into_iter()
        .flat_map(|revocation| {
            let cid = revocation.cid;
            revocation.roles.into_iter().map(move |role| (role, cid.clone()))
        })
        .collect();
    proven.sort();
    let at = |role: &str, cid: &str| (role.to_owned(), cid.to_owned());
    assert_eq!(
        proven,
        [
            at("fac7c47add5242538f592946747a7191", HOME),
            at("help_desk", HOME),
            at("help_desk", CHILD)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_id_with_the_name_of_another_role_is_refused_held_or_not() {
    let world = World::new();
    for id in ["event_viewer", "quarantine_manager"] {
        let role = types::Role {
            name: Some(String::from("Help Desk")),
            ..by_id(id)
        };
        let failure = world.call(ANN, &[role]).await.unwrap_err();
        assert_eq!(failure.outcomes[0].reason.as_deref(), Some("name_mismatch"), "{id}");
    }
    assert!(world.demo.revocations().is_empty());
    let role = types::Role {
        name: Some(String::from("quarantine MANAGER")),
        ..by_id("quarantine_manager")
    };
    assert_eq!(outcomes(&world.call(ANN, &[role]).await), [Outcome::AlreadyAbsent]);
}

#[tokio::test(start_paused = true)]
async fn every_page_of_the_grants_is_read() {
    let world = World::new();
    grant_extra(&world, 1_200);
    let success = world.call(ANN, &[by_name("extra_1199")]).await.unwrap();
    assert_eq!(success.user.roles.len(), 1_205);
    assert!(!world.demo.holds(ANN, HOME, "extra_1199"));
}
