//! CrowdStrike through the typed export: what is said is what the tenant holds.

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
    ANN, KIM, SAM, World, by_id, by_name, in_organization, options, outcomes, request, typed_account,
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
    assert!(!world.tenant.holds(ANN, HOME, "event_viewer"));
    assert_eq!(world.tenant.grants(ANN).len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_role_by_name_whatever_its_case() {
    let world = World::new();
    assert!(world.call(ANN, &[by_name("nIGHT sHIFT")]).await.is_ok());
    assert!(!world.tenant.holds(ANN, HOME, "fac7c47add5242538f592946747a7191"));
}

#[tokio::test(start_paused = true)]
async fn several_roles_of_one_cid_go_in_one_call() {
    let world = World::new();
    let roles = [by_id("event_viewer"), by_id("dashboard_admin"), by_name("Help Desk")];
    assert!(world.call(ANN, &roles).await.is_ok());
    let revocations = world.tenant.revocations();
    assert_eq!((revocations.len(), revocations[0].roles.len()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn more_than_a_hundred_roles_go_in_chunks() {
    let world = World::new();
    let ids: Vec<String> = (0..150).map(|n| format!("custom_{n:03}")).collect();
    for id in &ids {
        world.tenant.add_role(Role {
            id: id.clone(),
            display_name: id.to_uppercase(),
            cid: None,
        });
        world.tenant.grant(SAM, HOME, id);
        world.tenant.grant(SAM, CHILD, id);
    }
    let roles: Vec<types::Role> = ids.iter().map(|id| by_id(id)).collect();
    let answer = narrowed(&world, SAM, roles, &[HOME, CHILD]).await;
    assert!(answer.is_ok(), "{:?}", answer.unwrap_err().message);
    let mut sizes: Vec<usize> = world
        .tenant
        .revocations()
        .iter()
        .map(|revocation| revocation.roles.len())
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [50, 50, 100, 100]);
    let left = world.tenant.grants(SAM);
    assert!(left.iter().all(|(_, role, _)| !role.starts_with("custom")), "{left:?}");
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
    typed::call(&world.network, world.clock, &typed_account(), &request, &options())
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn each_organization_is_decided_by_itself() {
    let foreign = "00000000000000000000000000000000";
    let world = World::new();
    let answer = narrowed(&world, ANN, vec![by_id("help_desk")], &[HOME, foreign]).await;
    assert_eq!(outcomes(&answer), [Outcome::Unknown], "{answer:?}");
    let grants = answer.unwrap_err().outcomes.remove(0).grants;
    assert_eq!((grants.len(), grants[0].outcome), (1, Outcome::Removed));
    assert!(!world.tenant.holds(ANN, HOME, "help_desk") && world.tenant.holds(ANN, CHILD, "help_desk"));

    // The list of the child omits what is held there: it is revoked to prove that it is not.
    let world = World::new();
    world.tenant.omit_from_reads("help_desk", 2, 1);
    let success = narrowed(&world, ANN, vec![by_id("help_desk")], &[HOME, CHILD])
        .await
        .unwrap();
    let said: Vec<_> = success.outcomes[0]
        .grants
        .iter()
        .map(|grant| (grant.scope.organization.as_deref().unwrap(), grant.outcome))
        .collect();
    assert_eq!(said, [(HOME, Outcome::Removed), (CHILD, Outcome::AlreadyAbsent)]);
    assert!(!world.tenant.holds(ANN, HOME, "help_desk") && !world.tenant.holds(ANN, CHILD, "help_desk"));
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
    assert!(!world.tenant.holds(ANN, CHILD, "help_desk") && world.tenant.holds(ANN, HOME, "help_desk"));
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
    let mut account = typed_account();
    if let types::Credentials::ClientCredentials(credentials) = &mut account.credentials {
        credentials.member_cid = types::Narrowing::Only(format!("{CHILD}-5C"));
    }
    let request = request(user, roles);
    typed::call(&world.network, world.clock, &account, &request, &options())
        .await
        .unwrap()
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
    world.tenant.add_user(User {
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
    world.tenant.grant(lee, HOME, "event_viewer");
    world.tenant.grant(lee, CHILD, "help_desk");
    // Neither the list of grants nor the directories show it, as stale reads may.
    world.tenant.omit_from_reads("help_desk", 0, 500);
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
    assert!(!world.tenant.holds(lee, CHILD, "help_desk"), "so it must be gone");
}

#[tokio::test(start_paused = true)]
async fn in_view_and_at_home_a_role_is_revoked_where_it_exists() {
    let (world, lee) = with_a_user_at_home_in_the_child();
    // What is held in view names the CID in view.
    world.tenant.grant(lee, HOME, "event_viewer");
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
        .tenant
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
    assert!(world.tenant.revocations().is_empty());
    let role = types::Role {
        name: Some(String::from("quarantine MANAGER")),
        ..by_id("quarantine_manager")
    };
    assert_eq!(outcomes(&world.call(ANN, &[role]).await), [Outcome::AlreadyAbsent]);
}

#[tokio::test(start_paused = true)]
async fn every_page_of_the_grants_is_read() {
    let world = World::new();
    for n in 0..1_200 {
        let id = format!("extra_{n:04}");
        world.tenant.add_role(Role {
            id: id.clone(),
            display_name: id.clone(),
            cid: None,
        });
        world.tenant.grant(ANN, HOME, &id);
    }
    let success = world.call(ANN, &[by_name("extra_1199")]).await.unwrap();
    assert_eq!(success.user.roles.len(), 1_205);
    assert!(!world.tenant.holds(ANN, HOME, "extra_1199"));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_not_held_is_proven_by_a_revoke_of_its_own() {
    let world = World::new();
    let success = world
        .call(ANN, &[by_id("quarantine_manager"), by_id("event_viewer")])
        .await
        .unwrap();
    assert_eq!(success.outcomes[0].outcome, Outcome::AlreadyAbsent);
    let grant = &success.outcomes[0].grants[0];
    assert!(grant.acknowledged);
    assert_eq!(
        grant.scope.organization.as_deref(),
        Some(HOME),
        "the CID in view is named"
    );
    assert_eq!(world.tenant.revocations().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_role_by_name_that_is_not_held_is_looked_up_in_the_directory() {
    let world = World::new();
    let answer = world
        .call(ANN, &[by_name("Quarantine Manager"), by_name("No Such Role")])
        .await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent, Outcome::NotFound]);
}

#[tokio::test(start_paused = true)]
async fn a_name_of_two_roles_is_ambiguous_held_or_not() {
    let world = World::new();
    for id in ["11111111111111111111111111111111", "22222222222222222222222222222222"] {
        world.tenant.add_role(Role {
            id: id.to_owned(),
            display_name: String::from("Twins"),
            cid: Some(HOME.to_owned()),
        });
    }
    let failure = world.call(ANN, &[by_name("twins")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("ambiguous"));
    world.tenant.grant(ANN, HOME, "11111111111111111111111111111111");
    world.tenant.grant(ANN, HOME, "22222222222222222222222222222222");
    let failure = world.call(ANN, &[by_name("twins")]).await.unwrap_err();
    assert_eq!((failure.status, failure.outcomes[0].outcome), (422, Outcome::Refused));
    assert!(world.tenant.revocations().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_role_is_not_found_and_does_not_block_the_others() {
    let world = World::new();
    let answer = world
        .call(ANN, &[by_id("no_such_role"), by_id("event_viewer"), by_id("help_desk")])
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::NotFound, Outcome::Removed, Outcome::Removed]
    );
    assert_eq!(answer.unwrap_err().status, 422);
    assert!(!world.tenant.holds(ANN, HOME, "event_viewer"));
}

#[tokio::test(start_paused = true)]
async fn an_inherited_role_is_reported_with_its_groups_and_not_claimed() {
    let world = World::new();
    let failure = world.call(SAM, &[by_id("vulnerability_manager")]).await.unwrap_err();
    let grant = &failure.outcomes[0].grants[0];
    assert_eq!(
        (failure.status, grant.outcome, failure.sent),
        (422, Outcome::Inherited, false)
    );
    let via: Vec<_> = grant
        .via
        .iter()
        .map(|via| (via.kind, via.name.as_deref().unwrap()))
        .collect();
    assert_eq!(via, [(ViaKind::Group, "Blue Team"), (ViaKind::CidGroup, "All Tenants")]);
    assert!(world.tenant.revocations().is_empty());
    assert_eq!(world.tenant.grants(SAM).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_direct_grant_goes_and_the_inherited_one_of_the_same_role_is_reported() {
    let world = World::new();
    world.tenant.grant(SAM, HOME, "vulnerability_manager");
    let failure = world.call(SAM, &[by_id("vulnerability_manager")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Inherited);
    assert!(failure.outcomes[0].grants.iter().any(|grant| grant.changed));
    assert!(!world.tenant.holds(SAM, HOME, "vulnerability_manager"));
}

#[tokio::test(start_paused = true)]
async fn a_cid_is_taken_with_checksum_and_in_any_case_and_only_that_cid_loses_the_role() {
    let world = World::new();
    let cid = format!("{}-A1", CHILD.to_uppercase());
    assert!(world.call(ANN, &[in_organization("help_desk", &cid)]).await.is_ok());
    assert!(!world.tenant.holds(ANN, CHILD, "help_desk") && world.tenant.holds(ANN, HOME, "help_desk"));
    let failure = world
        .call(ANN, &[in_organization("help_desk", "not-a-cid")])
        .await
        .unwrap_err();
    assert_eq!(
        (failure.status, failure.field.as_deref()),
        (400, Some("roles[0].organization"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_cid_out_of_sight_blocks_only_its_own_entry() {
    let world = World::new();
    let foreign = "00000000000000000000000000000000";
    let answer = world
        .call(ANN, &[in_organization("help_desk", foreign), by_id("event_viewer")])
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Unknown, Outcome::Removed]);
    assert!(world.tenant.holds(ANN, HOME, "help_desk"));
}

#[tokio::test(start_paused = true)]
async fn a_cid_that_does_not_know_the_user_blocks_only_its_own_entry() {
    let world = World::new();
    let unknown = r#"{"errors": [{"code": 400, "message": "invalid user uuid='6f1e' specified"}]}"#;
    world.network.inject(Rule {
        fits: Arc::new(|call| call.path_and_query.contains(&format!("&cid={CHILD}"))),
        ..Rule::always("", Fault::Answer(400, Vec::new(), unknown.to_owned()))
    });
    let answer = world
        .call(ANN, &[in_organization("help_desk", CHILD), by_id("event_viewer")])
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Unknown, Outcome::Removed], "{answer:?}");
    assert!(world.tenant.holds(ANN, CHILD, "help_desk"));
}

#[tokio::test(start_paused = true)]
async fn a_token_locked_to_a_child_acts_there() {
    let world = World::new();
    let answer = locked_to_the_child(&world, ANN, &[by_id("help_desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed]);
    assert!(!world.tenant.holds(ANN, CHILD, "help_desk") && world.tenant.holds(ANN, HOME, "help_desk"));
}

#[tokio::test(start_paused = true)]
async fn the_user_is_found_by_email_and_only_exactly() {
    let world = World::new();
    world.tenant.add_user(User {
        uuid: String::from("6f1e2a30-0000-4000-8000-00000000d004"),
        uid: String::from("o'neil@example.com"),
        cid: HOME.to_owned(),
        ..User::default()
    });
    world
        .tenant
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
    world.tenant.grant(SAM, HOME, "vulnerability_manager");
    let dry = || types::Options {
        mode: types::Mode::Plan,
        ..options()
    };
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
    world.tenant.bare_rows();
    assert!(world.call(ANN, &[by_id("event_viewer")]).await.is_ok());
    let failure = world.call(SAM, &[by_id("vulnerability_manager")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Inherited);
}

#[tokio::test(start_paused = true)]
async fn every_spelling_of_no_errors_is_understood() {
    for field in [ErrorsField::Empty, ErrorsField::Null, ErrorsField::Absent] {
        let world = World::new();
        world.tenant.errors_field(field);
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
        assert!(!world.tenant.holds(eve, HOME, "event_viewer"));
        assert!(world.tenant.holds(eve, HOME, "dashboard_admin"));
    }
    // What is left of the roles can be taken, and what is gone is proven to be.
    let world = World::new();
    let roles = [by_id("event_viewer"), by_id("dashboard_admin")];
    assert!(world.call(eve, &roles).await.is_ok());
    assert!(world.tenant.grants(eve).is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_id_that_only_spelling_tells_from_a_held_one_is_never_revoked() {
    for spelling in ["EVENT_VIEWER", "Event Viewer", "event-viewer"] {
        let world = World::new();
        let answer = world.call(ANN, &[by_id(spelling)]).await;
        assert_eq!(outcomes(&answer), [Outcome::Refused], "{spelling}");
        assert!(world.tenant.holds(ANN, HOME, "event_viewer"));
        assert!(world.tenant.revocations().is_empty());
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
        world.tenant.grant(lee, HOME, "event_viewer");
        world.tenant.grant(lee, CHILD, "event_viewer");
        world.tenant.refuse_cid(CHILD, status, message);
        let answer = world.call(lee, &[by_id("event_viewer")]).await;
        assert_eq!(outcomes(&answer), [expected], "{status}: {answer:?}");
        assert!(world.tenant.holds(lee, CHILD, "event_viewer"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_miscounts_or_changes_while_it_is_paged_is_not_believed() {
    let world = World::new();
    world.tenant.miscount_grants(1);
    let failure = world.call(ANN, &[by_id("quarantine_manager")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (502, false));

    // Somebody else's grant moves the second page: the list is read again.
    let world = World::new();
    for n in 0..700 {
        let id = format!("extra_{n:04}");
        world.tenant.add_role(Role {
            id: id.clone(),
            display_name: id.clone(),
            cid: None,
        });
        world.tenant.grant(ANN, HOME, &id);
    }
    world.tenant.grant_after_reads(1, ANN, HOME, "quarantine_manager");
    let answer = world.call(ANN, &[by_id("quarantine_manager")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(!world.tenant.holds(ANN, HOME, "quarantine_manager"));
}

#[tokio::test(start_paused = true)]
async fn temporary_grants_empty_groups_and_rows_without_a_name() {
    let world = World::new();
    world
        .tenant
        .grant_until(ANN, HOME, "quarantine_manager", "2026-03-01T00:00:00Z");
    world.tenant.empty_groups_in_grants(true);
    world.tenant.names_missing_in_grants(true);
    world.tenant.null_lists(true);
    let success = world
        .call(ANN, &[by_name("Quarantine Manager"), by_name("event viewer")])
        .await
        .unwrap();
    let warnings = &success.outcomes[0].grants[0].warnings;
    assert_eq!(warnings, &["expires_at:2026-03-01T00:00:00Z"]);
    assert!(!world.tenant.holds(ANN, HOME, "quarantine_manager"));
    assert!(!world.tenant.holds(ANN, HOME, "event_viewer"));
}

#[tokio::test(start_paused = true)]
async fn an_error_inside_a_success_has_the_meaning_of_its_code() {
    for (code, status, retryable) in [(403, 403, false), (429, 429, true), (503, 502, true)] {
        let world = World::new();
        world.tenant.errors_inside("user-role-actions", code, 100);
        let failure = world.call(ANN, &[by_id("event_viewer")]).await.unwrap_err();
        assert_eq!(
            (failure.status, failure.retryable),
            (status, retryable),
            "{code}: {failure:?}"
        );
        assert!(world.tenant.holds(ANN, HOME, "event_viewer"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_says_what_the_directory_does_not_have() {
    let world = World::new();
    let dry = types::Options {
        mode: types::Mode::Plan,
        ..options()
    };
    let failure = world
        .call_with(ANN, &[by_id("no_such_role"), by_id("quarantine_manager")], dry)
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

#[tokio::test(start_paused = true)]
async fn acknowledged_and_kept_is_failed_once_the_window_is_over() {
    let world = World::new();
    world.tenant.acknowledge_but_keep("event_viewer");
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
    assert!(world.tenant.holds(ANN, HOME, "event_viewer"));

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
    world.tenant.apply_after("event_viewer", Duration::from_secs(40));
    let answer = world.call(ANN, &[by_id("event_viewer")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Unverified]);
    assert!(world.tenant.holds(ANN, HOME, "event_viewer"), "and it is still held");
    tokio::time::sleep(Duration::from_secs(40)).await;
    let answer = world.call(ANN, &[by_id("event_viewer")]).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent]);
}

#[tokio::test(start_paused = true)]
async fn applied_late_within_the_deadline_is_removed() {
    let world = World::new();
    let success = world.call(KIM, &[by_id("quarantine_manager")]).await.unwrap();
    assert_eq!(success.outcomes[0].outcome, Outcome::Removed);
    assert!(!world.tenant.holds(KIM, HOME, "quarantine_manager"));
}

#[tokio::test(start_paused = true)]
async fn stale_reads_are_waited_out() {
    let world = World::new();
    world.tenant.stale_reads(Duration::from_secs(12));
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
    world.tenant.omit_from_reads("event_viewer", 0, 2);
    let answer = world.call(ANN, &[by_id("event_viewer")]).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent]);
    assert!(
        !world.tenant.holds(ANN, HOME, "event_viewer"),
        "200 is said, so it must be gone"
    );
}

#[tokio::test(start_paused = true)]
async fn a_read_back_that_omits_untouched_roles_is_not_believed() {
    let world = World::new();
    world.tenant.acknowledge_but_keep("event_viewer");
    // The read-back omits the role that is kept and one that was not touched.
    world.tenant.omit_from_reads("event_viewer", 2, 500);
    world.tenant.omit_from_reads("dashboard_admin", 2, 500);
    let failure = world.call(ANN, &[by_id("event_viewer")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("not_settled"));
    assert!(world.tenant.holds(ANN, HOME, "event_viewer"));
}

#[tokio::test(start_paused = true)]
async fn a_success_with_errors_inside_is_no_success() {
    let world = World::new();
    // The code inside is 500: the client repeats the call, as for a status.
    world.tenant.success_with_errors(100);
    let failure = world.call(ANN, &[by_id("event_viewer")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Failed);
    assert!(!failure.outcomes[0].grants[0].acknowledged);
    assert!(
        failure.message.contains("internal failure while revoking"),
        "{}",
        failure.message
    );
    assert_eq!((failure.status, failure.retryable), (502, true));
    assert!(world.tenant.holds(ANN, HOME, "event_viewer"));
}

#[tokio::test(start_paused = true)]
async fn a_batch_with_errors_inside_is_taken_apart_and_bounded() {
    let world = World::new();
    world.tenant.success_with_errors_for("help_desk");
    let ask = [
        by_id("event_viewer"),
        in_organization("help_desk", HOME),
        by_id("dashboard_admin"),
    ];
    let answer = world.call(ANN, &ask).await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed, Outcome::Failed, Outcome::Removed],
        "{answer:?}"
    );
    assert!(world.tenant.holds(ANN, HOME, "help_desk"));
    let acknowledged: Vec<_> = answer
        .unwrap_err()
        .outcomes
        .iter()
        .map(|entry| entry.grants[0].acknowledged)
        .collect();
    assert_eq!(acknowledged, [true, false, true]);

    let world = World::new();
    world.tenant.success_with_errors_for("custom_00");
    let ids: Vec<String> = (0..20).map(|n| format!("custom_{n:02}")).collect();
    for id in &ids {
        world.tenant.add_role(Role {
            id: id.clone(),
            display_name: id.clone(),
            cid: None,
        });
        world.tenant.grant(SAM, HOME, id);
    }
    let roles: Vec<types::Role> = ids.iter().map(|id| by_id(id)).collect();
    let answer = world.call(SAM, &roles).await;
    let said = outcomes(&answer);
    assert_eq!(
        (said[0], said[7], said[8]),
        (Outcome::Failed, Outcome::Removed, Outcome::Failed)
    );
    assert_eq!(world.tenant.revocations().len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_tenant_that_refuses_to_revoke_what_is_not_held_is_tolerated() {
    let world = World::new();
    world.tenant.refuse_absent();
    let answer = world
        .call(ANN, &[by_id("quarantine_manager"), by_id("event_viewer")])
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Refused, Outcome::Removed]);
}

// -- tokens and limits

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once() {
    use crate::fixture::Post;
    let world = World::new();
    let service = world.service(host::guests::Artifact::Wasi);
    let ask = |role: &str| Post::json(&serde_json::json!({"id": ANN, "roles": [{"id": role}]}));
    assert_eq!(ask("event_viewer").to(&service).await.status, 200);
    assert_eq!(world.tenant.tokens_issued(), 1);
    assert_eq!(ask("help_desk").to(&service).await.status, 200);
    assert_eq!(world.tenant.tokens_issued(), 1, "the token is kept by the instance");
    world.tenant.expire_tokens();
    assert_eq!(ask("dashboard_admin").to(&service).await.status, 200);
    assert_eq!(world.tenant.tokens_issued(), 2);
    tokio::time::sleep(Duration::from_secs(1_770)).await;
    assert_eq!(ask("falconhost_read_only").to(&service).await.status, 200);
    assert_eq!(world.tenant.tokens_issued(), 3, "a token near its end is not used");
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_are_401_and_nothing_is_sent() {
    let world = World::new();
    let mut account = typed_account();
    if let types::Credentials::ClientCredentials(credentials) = &mut account.credentials {
        credentials.client_secret = String::from("wrong-secret-here");
    }
    let request = request(ANN, &[by_id("event_viewer")]);
    let failure = typed::call(&world.network, world.clock, &account, &request, &options())
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!((failure.status, failure.sent), (401, false));
    assert!(!format!("{failure:?}").contains("wrong-secret-here"));
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_in_either_unit_is_waited_for() {
    for unit in [EpochUnit::Seconds, EpochUnit::Milliseconds] {
        let world = World::new();
        world.tenant.rate_limit_next(1, Duration::from_secs(3), unit);
        let before = world.clock.unix();
        assert!(world.call(ANN, &[by_id("event_viewer")]).await.is_ok(), "{unit:?}");
        assert!(world.clock.unix() >= before + Duration::from_secs(2), "{unit:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_that_outlasts_the_deadline_is_429_with_its_wait() {
    let world = World::new();
    world
        .tenant
        .rate_limit_next(50, Duration::from_secs(60), EpochUnit::Seconds);
    let failure = world.call(ANN, &[by_id("event_viewer")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (429, false));
    assert!(
        failure.retry_after.is_some_and(|seconds| (58..=61).contains(&seconds)),
        "{:?}",
        failure.retry_after
    );
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_the_requests_and_changes_nothing() {
    let world = World::new();
    let before = world.tenant.grants(ANN);
    let dry = types::Options {
        mode: types::Mode::Plan,
        ..options()
    };
    let success = world
        .call_with(ANN, &[by_id("event_viewer"), by_id("help_desk")], dry)
        .await
        .unwrap();
    assert!(success.dry_run && success.outcomes.iter().all(|entry| entry.outcome == Outcome::Planned));
    let planned = &success.planned_requests[0];
    assert_eq!((success.planned_requests.len(), planned.method.as_str()), (1, "POST"));
    assert!(
        planned.url.ends_with("/user-management/entities/user-role-actions/v1"),
        "{}",
        planned.url
    );
    let body: serde_json::Value = serde_json::from_str(planned.body.as_deref().unwrap()).unwrap();
    assert_eq!(body["action"], "revoke");
    assert!(!format!("{success:?}").contains("falcon-token"), "no token is shown");
    assert_eq!(world.tenant.grants(ANN), before);
    assert!(world.tenant.revocations().is_empty());
}
