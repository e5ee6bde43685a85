//! Groups, organizations and the links to them.

use std::time::Duration;

use host::typed::types::{self, Outcome, SideEffect};
use sandboxes::jumpcloud::{Administrator, DEMO_GROUP, DEMO_ORGANIZATION, DEMO_ORGANIZATIONS, SystemUser};

use super::{ANN, ANN_ADMIN, KIM, OWNER, SAM, SAM_ADMIN, World, group, reads, reason};
use crate::fixture::{allowing, by_name, options, outcomes, says};

#[tokio::test(start_paused = true)]
async fn organization_links_go_only_if_allowed() {
    let mut world = World::new();
    world.organizations = vec![types::OrganizationSelector::Id(DEMO_ORGANIZATIONS[0].0.to_owned())];
    let failure = world.call(ANN, &[]).await.unwrap_err();
    assert!(
        failure.message.contains("remove-organization-access"),
        "{}",
        failure.message
    );
    let answer = world
        .call_with(ANN, &[], allowing(&[SideEffect::RemoveOrganizationAccess]))
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(
        !world.demo.is_linked(ANN_ADMIN, DEMO_ORGANIZATIONS[0].0)
            && world.demo.is_linked(ANN_ADMIN, DEMO_ORGANIZATIONS[1].0)
    );
    assert_eq!(world.roles(ANN_ADMIN).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_group_is_left_only_if_named_and_allowed() {
    let world = World::new();
    let failure = world.call(SAM, &[group("No Such Group")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::NotFound);
    for text in ["on call", "On Call"] {
        let failure = world.call(SAM, &[group(text)]).await.unwrap_err();
        assert!(failure.message.contains("leave-group"), "{}", failure.message);
    }
    assert!(world.demo.is_member(DEMO_GROUP.0, SAM));
    for text in ["On Call", DEMO_GROUP.0] {
        let user = if text == "On Call" { SAM } else { ANN };
        let answer = world
            .call_with(user, &[group(text)], allowing(&[SideEffect::LeaveGroup]))
            .await;
        assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
        assert!(!world.demo.is_member(DEMO_GROUP.0, user));
    }
    let both = types::Role {
        group: Some(String::from("On Call")),
        ..by_name("Help Desk")
    };
    assert_eq!(world.call(SAM, &[both]).await.unwrap_err().status, 400);
    assert_eq!(world.roles(SAM_ADMIN), ["Help Desk"]);
}

#[tokio::test(start_paused = true)]
async fn a_group_is_left_in_the_organization_that_was_read_and_nowhere_else() {
    let elsewhere = DEMO_ORGANIZATIONS[0].0;
    for (organization, is_own) in [(DEMO_ORGANIZATION, true), (elsewhere, false)] {
        let beside = types::Role {
            organization: Some(organization.to_owned()),
            ..group("On Call")
        };
        for (world, entry) in [(World::new(), beside), (World::at(organization), group("On Call"))] {
            let answer = world
                .call_with(SAM, &[entry], allowing(&[SideEffect::LeaveGroup]))
                .await;
            if is_own {
                assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
            } else {
                let failure = answer.unwrap_err();
                assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"));
            }
            assert_eq!(world.demo.is_member(DEMO_GROUP.0, SAM), !is_own);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_in_an_organization_that_was_not_read_is_not_said_to_be_absent() {
    let in_organization = |name: &str, organization: &str| types::Role {
        organization: Some(organization.to_owned()),
        ..by_name(name)
    };
    // Neither of the two records says it, and there is no setting.
    let world = World::new();
    world.demo.show_organization(false, false);
    for role in ["Help Desk", "Administrator With Billing"] {
        let asked = in_organization(role, DEMO_ORGANIZATION);
        let failure = world.call(ANN, &[asked]).await.unwrap_err();
        assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"), "{role}");
    }
    for (of_administrators, of_users) in [(false, true), (true, false)] {
        let world = World::new();
        world.demo.show_organization(of_administrators, of_users);
        let elsewhere = in_organization("Help Desk", DEMO_ORGANIZATIONS[0].0);
        let failure = world.call(ANN, &[elsewhere]).await.unwrap_err();
        assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"));
        let here = [
            in_organization("Help Desk", DEMO_ORGANIZATION),
            in_organization("Administrator With Billing", DEMO_ORGANIZATION),
        ];
        let answer = world.call(ANN, &here).await;
        assert_eq!(
            outcomes(&answer),
            [Outcome::Removed, Outcome::AlreadyAbsent],
            "{answer:?}"
        );
        assert!(!world.roles(ANN_ADMIN).contains(&String::from("Help Desk")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_is_left_whichever_way_the_user_is_named() {
    for user in [SAM_ADMIN, "Sam.Hill@EXAMPLE.com"] {
        let world = World::new();
        let answer = world
            .call_with(user, &[group("On Call")], allowing(&[SideEffect::LeaveGroup]))
            .await;
        assert_eq!(outcomes(&answer), [Outcome::Removed], "{user}: {answer:?}");
        assert!(!world.demo.is_member(DEMO_GROUP.0, SAM));
        assert_eq!(answer.unwrap().user.id, SAM);
    }
    // The one is linked to nobody, and its e-mail address is spelt otherwise: no filter finds it.
    let world = World::new();
    let mia = "5f00000000000000000000aa";
    world.demo.add_user(SystemUser {
        id: mia.to_owned(),
        email: String::from("Mia@Example.com"),
        ..SystemUser::default()
    });
    world.demo.add_administrator(Administrator {
        id: String::from("5e00000000000000000000aa"),
        email: String::from("mia@example.com"),
        roles: vec![String::from("Manager"), String::from("Read Only")],
    });
    world.demo.add_group("5c00000000000000000000aa", "Nights", &[mia]);
    for user in ["mia@example.com", "5e00000000000000000000aa", OWNER] {
        let entries = [group("Nights"), by_name("Read Only")];
        let failure = world
            .call_with(user, &entries, allowing(&[SideEffect::LeaveGroup]))
            .await
            .unwrap_err();
        assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"), "{user}");
        assert!(matches!(
            failure.outcomes[1].outcome,
            Outcome::Removed | Outcome::AlreadyAbsent
        ));
    }
    assert!(world.demo.is_member("5c00000000000000000000aa", mia));
}

#[tokio::test(start_paused = true)]
async fn links_and_memberships_are_read_back_until_they_are_gone() {
    let [(north, _), _] = DEMO_ORGANIZATIONS;
    let allowed = || types::Options {
        allow: vec![SideEffect::RemoveOrganizationAccess, SideEffect::LeaveGroup],
        ..options()
    };
    for is_kept in [true, false] {
        let (link, member) = (World::at(north), World::new());
        for world in [&link, &member] {
            for what in [north, DEMO_GROUP.0] {
                if is_kept {
                    world.demo.acknowledge_but_keep(what);
                } else {
                    world.demo.apply_after(what, Duration::from_secs(5));
                }
            }
        }
        let answers = [
            link.call_with(ANN, &[], allowed()).await,
            member.call_with(ANN, &[group("On Call")], allowed()).await,
        ];
        for answer in answers {
            match answer {
                Ok(_) => assert!(!is_kept),
                Err(failure) => assert!(
                    is_kept && reason(&failure, 0) == (Outcome::Failed, "still_held"),
                    "{failure:?}"
                ),
            }
        }
        assert_eq!(link.demo.is_linked(ANN_ADMIN, north), is_kept);
        assert_eq!(member.demo.is_member(DEMO_GROUP.0, ANN), is_kept);
    }
    // A group that nobody asked for should still be there: an empty list is no proof.
    let world = World::new();
    world.demo.add_group("5c00000000000000000000aa", "Nights", &[ANN]);
    world.demo.acknowledge_but_keep(DEMO_GROUP.0);
    world
        .network
        .inject(reads("/api/v2/users/", 1, says(200, serde_json::json!([]))));
    let failure = world.call_with(ANN, &[group("On Call")], allowed()).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Unverified, "not_settled"));
}

#[tokio::test(start_paused = true)]
async fn organization_links_are_judged_by_the_links() {
    let [(north, _), (south, _)] = DEMO_ORGANIZATIONS;
    let mut world = World::at(north);
    world.demo.require_organization(DEMO_ORGANIZATION);
    world.account.settings = format!(r#"{{"org_id": "{DEMO_ORGANIZATION}"}}"#);
    let allowed = || allowing(&[SideEffect::RemoveOrganizationAccess]);
    for expected in [Outcome::Removed, Outcome::AlreadyAbsent] {
        let answer = world.call_with(ANN, &[], allowed()).await;
        assert_eq!(outcomes(&answer), [expected], "{answer:?}");
    }
    let named = |name: &str| types::OrganizationSelector::Name(name.to_owned());
    world.demo.add_organization("5b00000000000000000000aa", "Help Desk");
    world.demo.add_organization("5b00000000000000000000bb", "Twins");
    world.demo.add_organization("5b00000000000000000000cc", "twins");
    world.organizations = ["north", "Help Desk", "Manager", "TWINS"].map(named).to_vec();
    let failure = world.call_with(ANN, &[], allowed()).await.unwrap_err();
    let said: Vec<_> = failure.outcomes.iter().map(|entry| entry.outcome).collect();
    assert_eq!(
        said,
        [
            Outcome::AlreadyAbsent,
            Outcome::AlreadyAbsent,
            Outcome::NotFound,
            Outcome::Refused
        ]
    );
    // Linked to one of two that are called alike.
    world.demo.add_organization("5b00000000000000000000dd", "South");
    world.organizations = vec![named("South")];
    let failure = world.call_with(ANN, &[], allowed()).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Refused, "ambiguous"));
    assert!(world.demo.is_linked(ANN_ADMIN, south));
}

#[tokio::test(start_paused = true)]
async fn one_group_that_cannot_be_told_does_not_keep_the_other_entries() {
    let world = World::new();
    let odd = "Rota: A, B*";
    for (id, name) in [
        ("5c00000000000000000000aa", "Nights"),
        ("5c00000000000000000000bb", "nights"),
        ("5c00000000000000000000cc", odd),
    ] {
        world.demo.add_group(id, name, &[SAM, ANN]);
    }
    let entries = [group("Nights"), group(odd), group("Rota*"), by_name("Help Desk")];
    let failure = world
        .call_with(ANN, &entries, allowing(&[SideEffect::LeaveGroup]))
        .await
        .unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Refused, "ambiguous"));
    let said: Vec<_> = failure.outcomes.iter().map(|entry| entry.outcome).collect();
    assert_eq!(
        said[1..],
        [Outcome::Removed, Outcome::NotFound, Outcome::Removed],
        "{failure:?}"
    );
    assert!(world.demo.is_member("5c00000000000000000000aa", ANN));
    assert!(world.demo.is_member("5c00000000000000000000bb", ANN));
    // Named by its name and by its id it is left once.
    let world = World::new();
    let answer = world
        .call_with(
            SAM,
            &[group("On Call"), group(DEMO_GROUP.0)],
            allowing(&[SideEffect::LeaveGroup]),
        )
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
    assert_eq!(world.demo.writes(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_alone_makes_no_link_and_no_membership_absent() {
    let allowed = || types::Options {
        allow: vec![SideEffect::RemoveOrganizationAccess, SideEffect::LeaveGroup],
        ..options()
    };
    let empty = || says(200, serde_json::json!([]));
    let world = World::at(DEMO_ORGANIZATIONS[0].0);
    world.network.inject(reads("/api/v2/administrators/", 0, empty()));
    let failure = world.call_with(ANN, &[], allowed()).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"));
    let world = World::new();
    world.network.inject(reads("/api/v2/users/", 0, empty()));
    let failure = world.call_with(ANN, &[group("On Call")], allowed()).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"));
    let answer = World::new().call_with(KIM, &[group("On Call")], allowed()).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent], "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_list_without_the_user_says_nothing_about_links_to_other_organizations() {
    let nora = "5f00000000000000000000ee";
    let world = |organization: &str| {
        let world = World::at(organization);
        world.demo.add_user(SystemUser {
            id: nora.to_owned(),
            email: String::from("nora@example.com"),
            ..SystemUser::default()
        });
        world.demo.add_organization(DEMO_ORGANIZATION, "Own");
        world
    };
    for organization in [DEMO_ORGANIZATIONS[0].0, "5b00000000000000000000ff"] {
        let failure = world(organization).call(nora, &[]).await.unwrap_err();
        assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"), "{organization}");
    }
    let own = world(DEMO_ORGANIZATION);
    own.demo.link(ANN_ADMIN, DEMO_ORGANIZATION);
    let answer = own.call(nora, &[]).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent], "{answer:?}");
    // Somebody from outside is linked, whom the organization's own list lacks.
    own.demo.link("5e00000000000000000000ff", DEMO_ORGANIZATION);
    let failure = own.call(nora, &[]).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"));
}

#[tokio::test(start_paused = true)]
async fn a_link_is_absent_only_if_both_sides_are_shown() {
    let world = World::at("5b00000000000000000000aa");
    let failure = world.call(ANN, &[]).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"));
    world.demo.add_organization("5b00000000000000000000aa", "Other");
    let answer = world.call(ANN, &[]).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent], "{answer:?}");
}
