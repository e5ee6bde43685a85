//! JumpCloud through the typed export: what is said is what the organization holds.

use std::time::Duration;

use harness::{
    network::{Fault, Network, Rule},
    typed::{
        self,
        types::{self, Outcome, SideEffect},
    },
};
use sandboxes::{
    Clock,
    jumpcloud::{
        Administrator, DEMO_ADMINS, DEMO_CLIENT, DEMO_GROUP, DEMO_KEY, DEMO_ORGANIZATION, DEMO_ORGANIZATIONS,
        DEMO_ROLES, DEMO_USERS, JumpCloud, SystemUser,
    },
};

use crate::fixture::{START, by_id, by_name, options, outcomes};

const ANN: &str = DEMO_USERS[0].0;
const SAM: &str = DEMO_USERS[1].0;
const KIM: &str = DEMO_USERS[2].0;
const ANN_ADMIN: &str = DEMO_ADMINS[0];
const SAM_ADMIN: &str = DEMO_ADMINS[1];
const KIM_ADMIN: &str = DEMO_ADMINS[2];
const OWNER: &str = DEMO_ADMINS[3];

struct World {
    clock: Clock,
    network: Network,
    demo: JumpCloud,
    credentials: types::Credentials,
    settings: Option<String>,
    organizations: Vec<types::Organization>,
    remote_data: Option<String>,
}

impl World {
    fn new() -> Self {
        let clock = Clock::starting_at(START);
        let demo = JumpCloud::demo(clock);
        let network = Network::default();
        network.route("console.jumpcloud.com", demo.router());
        Self {
            clock,
            network,
            demo,
            credentials: types::Credentials::ApiKey(String::from(DEMO_KEY)),
            settings: None,
            organizations: Vec::new(),
            remote_data: None,
        }
    }

    /// Linked to the two organizations, or narrowed to them.
    fn at(organization: &str) -> Self {
        let mut world = Self::new();
        world.organizations = vec![types::Organization {
            id: Some(organization.to_owned()),
            name: None,
        }];
        world
    }

    async fn call(&self, user: &str, roles: &[types::Role]) -> Result<types::Success, types::Failure> {
        self.call_with(user, roles, options()).await
    }

    async fn call_with(
        &self,
        user: &str,
        roles: &[types::Role],
        options: types::Options,
    ) -> Result<types::Success, types::Failure> {
        let account = types::Account {
            provider: types::Provider::Jumpcloud,
            base_url: None,
            credentials: self.credentials.clone(),
            settings: self.settings.clone(),
        };
        let request = types::Request {
            id: user.to_owned(),
            roles: roles.to_vec(),
            organizations: self.organizations.clone(),
            workspace_id: None,
            remote_query: None,
            remote_data: self.remote_data.clone(),
        };
        typed::call(&self.network, self.clock, &account, &request, &options)
            .await
            .unwrap()
    }

    fn roles(&self, administrator: &str) -> Vec<String> {
        self.demo.roles_of(administrator).unwrap_or_default()
    }
}

fn allowing(effect: SideEffect) -> types::Options {
    types::Options {
        allow: vec![effect],
        ..options()
    }
}

/// A JSON answer instead of JumpCloud's.
fn says(status: u16, body: &serde_json::Value) -> Fault {
    let json = vec![("content-type", String::from("application/json"))];
    Fault::Answer(status, json, body.to_string())
}

/// The fault for every read of the address from the one after `skip` on.
fn reads(path: &'static str, skip: usize, fault: Fault) -> Rule {
    Rule {
        fits: std::sync::Arc::new(move |call| call.method == "GET" && call.path_and_query.starts_with(path)),
        skip,
        times: usize::MAX,
        fault,
    }
}

fn reason(failure: &types::Failure, entry: usize) -> (Outcome, &str) {
    let entry = &failure.outcomes[entry];
    (entry.outcome, entry.reason.as_deref().unwrap_or_default())
}

fn group(text: &str) -> types::Role {
    types::Role {
        id: None,
        group: Some(text.to_owned()),
        ..by_id("")
    }
}

#[tokio::test(start_paused = true)]
async fn several_roles_by_name_and_id_go_in_one_put() {
    let world = World::new();
    let answer = world.call(ANN, &[by_name("help desk"), by_id(DEMO_ROLES[3].0)]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
    assert_eq!(
        (world.roles(ANN_ADMIN), world.demo.writes()),
        (vec![String::from("Manager"), String::from("Command Runner")], 1)
    );
    assert!(
        world.clock.unix() >= START + Duration::from_secs(2),
        "only a later read proves it"
    );
}

#[tokio::test(start_paused = true)]
async fn the_administrator_is_found_by_link_by_email_and_by_its_own_id() {
    for user in [KIM, KIM_ADMIN, "Kim.Park@example.com"] {
        let world = World::new();
        assert!(world.call(user, &[by_name("Manager")]).await.is_ok(), "{user}");
        assert_eq!(world.roles(KIM_ADMIN), ["Read Only"]);
    }
    let world = World::new();
    assert!(world.call("root@example.com", &[by_name("Manager")]).await.is_ok());
    assert_eq!(world.roles(OWNER), ["Administrator With Billing"]);
    for user in ["nobody@example.com", "5f00000000000000000000ff"] {
        assert_eq!(
            world.call(user, &[by_name("Manager")]).await.unwrap_err().status,
            404,
            "{user}"
        );
    }
    world.demo.add_administrator(Administrator {
        id: String::from("5e00000000000000000000aa"),
        email: String::from("KIM.PARK@example.com"),
        roles: vec![String::from("Manager")],
    });
    assert_eq!(
        world.call(KIM, &[by_name("Manager")]).await.unwrap_err().status,
        422,
        "two with one e-mail address"
    );
}

#[tokio::test(start_paused = true)]
async fn the_list_of_administrators_is_read_to_its_end() {
    let world = World::new();
    for n in 0..250 {
        world.demo.add_administrator(Administrator {
            id: format!("5a{n:022}"),
            email: format!("a{n}@example.com"),
            roles: vec![String::from("Read Only")],
        });
    }
    world.demo.add_administrator(Administrator {
        id: String::from("5a9999999999999999999999"),
        email: String::from("late@example.com"),
        roles: vec![String::from("Read Only"), String::from("Manager")],
    });
    assert!(world.call("late@example.com", &[by_name("Manager")]).await.is_ok());
    assert_eq!(world.roles("5a9999999999999999999999"), ["Read Only"]);
}

#[tokio::test(start_paused = true)]
async fn already_absent_and_unknown_roles() {
    let world = World::new();
    let answer = world
        .call(SAM, &[by_name("Manager"), by_id(DEMO_ROLES[1].0), by_name("Nothing")])
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::AlreadyAbsent, Outcome::AlreadyAbsent, Outcome::NotFound]
    );
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_last_role_deletes_the_administrator_only_if_allowed() {
    let world = World::new();
    let failure = world.call(SAM, &[by_name("Help Desk")]).await.unwrap_err();
    assert!(failure.message.contains("delete-administrator"), "{}", failure.message);
    assert_eq!(world.roles(SAM_ADMIN), ["Help Desk"]);
    let answer = world
        .call_with(SAM, &[by_name("Help Desk")], allowing(SideEffect::DeleteAdministrator))
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(world.demo.roles_of(SAM_ADMIN), None);
    let answer = world.call(SAM, &[by_name("Help Desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent]);
}

#[tokio::test(start_paused = true)]
async fn the_last_owner_stays_unless_allowed() {
    let world = World::new();
    let failure = world
        .call(OWNER, &[by_name("administrator with billing")])
        .await
        .unwrap_err();
    assert!(failure.message.contains("last-administrator"), "{}", failure.message);
    assert_eq!(world.demo.writes(), 0);
    world.demo.add_administrator(Administrator {
        id: String::from("5e00000000000000000000aa"),
        email: String::from("second@example.com"),
        roles: vec![String::from("Administrator With Billing")],
    });
    assert!(
        world
            .call(OWNER, &[by_name("administrator with billing")])
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn organization_links_go_only_if_allowed() {
    let mut world = World::new();
    world.organizations = vec![types::Organization {
        id: Some(DEMO_ORGANIZATIONS[0].0.to_owned()),
        name: None,
    }];
    let failure = world.call(ANN, &[]).await.unwrap_err();
    assert!(
        failure.message.contains("remove-organization-access"),
        "{}",
        failure.message
    );
    let answer = world
        .call_with(ANN, &[], allowing(SideEffect::RemoveOrganizationAccess))
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
            .call_with(user, &[group(text)], allowing(SideEffect::LeaveGroup))
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
async fn a_set_that_changes_before_the_write_is_not_overwritten() {
    let world = World::new();
    // The second read is the one directly before the PUT; the change comes behind the first.
    world
        .demo
        .change_after_reads(ANN_ADMIN, 1, &["Manager", "Help Desk", "Administrator With Billing"]);
    let answer = world.call(ANN, &[by_name("Help Desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(
        world.roles(ANN_ADMIN),
        ["Manager", "Administrator With Billing"],
        "somebody's grant is still there"
    );
}

#[tokio::test(start_paused = true)]
async fn a_set_that_keeps_changing_is_reported() {
    let world = World::new();
    for (reads, roles) in [
        (1, ["Manager", "Help Desk"]),
        (3, ["Read Only", "Help Desk"]),
        (5, ["Command Runner", "Help Desk"]),
    ] {
        world.demo.change_after_reads(ANN_ADMIN, reads, &roles);
    }
    let failure = world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("concurrent_change"));
    assert_eq!((world.demo.writes(), failure.sent), (0, false));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_becomes_the_last_one_meanwhile_does_not_delete_the_administrator() {
    let world = World::new();
    world.demo.change_after_reads(KIM_ADMIN, 1, &["Manager"]);
    let answer = world.call(KIM, &[by_name("Manager")]).await;
    assert!(answer.is_err());
    assert_eq!(world.roles(KIM_ADMIN), ["Manager"]);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_comes_back_is_removed_again() {
    let world = World::new();
    world.demo.bring_back("Help Desk", Duration::from_secs(1), 1);
    let answer = world.call(ANN, &[by_name("Help Desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(world.demo.writes(), 2);
    let world = World::new();
    world.demo.bring_back("Help Desk", Duration::from_secs(1), 50);
    let failure = world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("concurrent_change"));
    assert_eq!((world.demo.writes(), failure.status), (3, 422));
}

#[tokio::test(start_paused = true)]
async fn acknowledged_kept_late_and_omitted() {
    let world = World::new();
    world.demo.acknowledge_but_keep("Help Desk");
    let failure = world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err();
    assert_eq!(
        (failure.outcomes[0].reason.as_deref(), failure.status),
        (Some("still_held"), 422)
    );
    assert_eq!(world.demo.writes(), 1);
    let world = World::new();
    let answer = world.call(ANN, &[by_name("Command Runner")]).await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed],
        "applied late, and waited for: {answer:?}"
    );
    assert_eq!(world.roles(ANN_ADMIN).len(), 3);
    let world = World::new();
    world.demo.acknowledge_but_keep("Help Desk");
    for role in ["Help Desk", "Manager"] {
        world.demo.omit_from_reads(role, 2, 90);
    }
    let failure = world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("not_settled"));
}

#[tokio::test(start_paused = true)]
async fn a_put_without_an_answer_is_read_before_it_is_repeated() {
    for fault in [Fault::ResetBefore, Fault::ResetAfter] {
        let world = World::new();
        let put = Rule {
            fits: std::sync::Arc::new(|call| call.method == "PUT"),
            skip: 0,
            times: 1,
            fault,
        };
        world.network.inject(put);
        let answer = world.call(ANN, &[by_name("Help Desk")]).await;
        assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
        assert_eq!(world.demo.writes(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_organization_goes_with_every_call() {
    let mut world = World::new();
    world.demo.require_organization(DEMO_ORGANIZATION);
    assert_eq!(world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err().status, 401);
    world.settings = Some(format!(r#"{{"org_id": "{DEMO_ORGANIZATION}"}}"#));
    assert!(world.call(ANN, &[by_name("Help Desk")]).await.is_ok());
    let elsewhere = types::Role {
        organization: Some(String::from("5b0000000000000000000001")),
        ..by_name("Manager")
    };
    let failure = world.call(ANN, &[elsewhere]).await.unwrap_err();
    assert_eq!((failure.outcomes[0].outcome, failure.status), (Outcome::Unknown, 403));
}

#[tokio::test(start_paused = true)]
async fn limits_and_credentials() {
    let world = World::new();
    world.demo.rate_limit_next(2);
    assert!(world.call(ANN, &[by_name("Help Desk")]).await.is_ok());
    world.demo.refuse_key();
    let failure = world.call(ANN, &[by_name("Manager")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (401, false));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_the_put_and_changes_nothing() {
    let world = World::new();
    let dry = types::Options {
        dry_run: true,
        ..options()
    };
    let success = world
        .call_with(ANN, &[by_name("Help Desk"), by_name("Manager")], dry)
        .await
        .unwrap();
    assert_eq!(success.planned_requests.len(), 1);
    assert_eq!(
        success.planned_requests[0].body.as_deref(),
        Some(r#"{"roleNames":["Read Only","Command Runner"]}"#)
    );
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_whole_user_is_mapped_and_secrets_are_not() {
    let world = World::new();
    let success = world
        .call(ANN, &[by_name("Help Desk"), by_name("Read Only"), by_name("Manager")])
        .await
        .unwrap();
    let user = &success.user;
    assert_eq!((user.id.as_str(), user.username.as_deref()), (ANN, Some("ann")));
    assert_eq!(
        (
            user.name.as_deref(),
            user.first_name.as_deref(),
            user.last_name.as_deref()
        ),
        (Some("Ann Lee"), Some("Ann"), Some("Lee"))
    );
    assert_eq!(
        (user.title.as_deref(), user.user_type.as_deref(), user.bio.as_deref()),
        (Some("Engineer"), Some("employee"), Some("On call"))
    );
    assert_eq!(
        (user.status.as_deref(), user.is_two_factor_enabled),
        (Some("active"), Some(true))
    );
    assert_eq!(
        (user.timezone.as_deref(), user.created_at.as_deref()),
        (Some("Europe/Berlin"), Some("2025-02-03T04:05:06Z"))
    );
    let emails: Vec<_> = user
        .emails
        .iter()
        .map(|email| (email.email.as_deref().unwrap(), email.is_primary.unwrap()))
        .collect();
    assert_eq!(emails, [("ann.lee@example.com", true), ("alt@example.com", false)]);
    assert_eq!(user.phones[0].number.as_deref(), Some("+1 555 0101"));
    assert_eq!(user.organizations[0].id.as_deref(), Some("5c3536e9e0a6840001872799"));
    let identifiers: serde_json::Value = serde_json::from_str(user.identifiers.as_deref().unwrap()).unwrap();
    assert_eq!(
        identifiers,
        serde_json::json!({"employee_identifier": "E-17", "username": "ann", "admin_id": ANN_ADMIN})
    );
    let roles: Vec<_> = user
        .roles
        .iter()
        .map(|role| (role.id.as_deref(), role.name.as_deref()))
        .collect();
    assert_eq!(roles, [(Some(DEMO_ROLES[4].0), Some("Command Runner"))]);
    let shown = format!("{success:?}");
    assert!(!shown.contains("SECRETKEY") && !shown.contains("SECRETHASH"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_shows_nobody_and_a_directory_that_lacks_a_held_role_prove_nothing() {
    let mut world = World::new();
    let empty = JumpCloud::new(world.clock, DEMO_KEY);
    empty.add_role(DEMO_ROLES[1].0, DEMO_ROLES[1].1);
    empty.add_user(SystemUser {
        id: ANN.to_owned(),
        email: String::from("ann.lee@example.com"),
        ..Default::default()
    });
    world.network = Network::default();
    world.network.route("console.jumpcloud.com", empty.router());
    let failure = world.call(ANN, &[by_name("Manager")]).await.unwrap_err();
    assert_eq!((failure.outcomes[0].outcome, failure.status), (Outcome::Unknown, 403));

    let world = World::new();
    world.demo.add_administrator(Administrator {
        id: String::from("5e00000000000000000000cc"),
        email: String::from("odd@example.com"),
        roles: vec![String::from("Unlisted"), String::from("Manager")],
    });
    let failure = world
        .call("odd@example.com", &[by_id(DEMO_ROLES[3].0)])
        .await
        .unwrap_err();
    assert_eq!((failure.outcomes[0].outcome, failure.status), (Outcome::Unknown, 403));
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
            let answer = world.call_with(SAM, &[entry], allowing(SideEffect::LeaveGroup)).await;
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
            .call_with(user, &[group("On Call")], allowing(SideEffect::LeaveGroup))
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
            .call_with(user, &entries, allowing(SideEffect::LeaveGroup))
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
async fn a_protected_user_is_protected_whichever_id_is_used() {
    let mut world = World::new();
    for protected in [ANN, ANN_ADMIN, "ANN", "Ann.Lee@example.com"] {
        world.settings = Some(serde_json::json!({"protected_users": [protected]}).to_string());
        for user in [ANN, ANN_ADMIN, DEMO_USERS[0].1] {
            let failure = world.call(user, &[by_name("Help Desk")]).await.unwrap_err();
            assert_eq!(
                reason(&failure, 0),
                (Outcome::Refused, "protected_user"),
                "{protected} as {user}"
            );
        }
    }
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn ids_of_roles_that_are_called_alike_are_never_taken_for_one_another() {
    let twins = ["5d00000000000000000000aa", "5d00000000000000000000bb"];
    let leo = "5e00000000000000000000cc";
    let world = || {
        let world = World::new();
        world.demo.add_role(twins[0], "Twins");
        world.demo.add_role(twins[1], "twins");
        world.demo.add_administrator(Administrator {
            id: leo.to_owned(),
            email: String::from("leo@example.com"),
            roles: vec![String::from("twins"), String::from("Manager")],
        });
        world
    };
    let with_ids = world();
    let answer = with_ids.call(leo, &[by_id(twins[0])]).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent], "{answer:?}");
    let failure = with_ids.call(leo, &[by_name("TWINS")]).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Refused, "ambiguous"));
    assert!(with_ids.call(leo, &[by_id(twins[1])]).await.is_ok());
    assert_eq!(with_ids.roles(leo), ["Manager"]);
    // Without ids on the record a name in another case could be either of them.
    let without_ids = world();
    let record = serde_json::json!({"_id": leo, "roleNames": ["TWINS", "Manager"]});
    without_ids.network.inject(reads("/api/users/", 0, says(200, &record)));
    for role in [by_id(twins[0]), by_id(twins[1]), by_name("twins")] {
        let failure = without_ids.call(leo, &[role]).await.unwrap_err();
        assert_eq!(reason(&failure, 0), (Outcome::Refused, "ambiguous"));
    }
    assert_eq!(without_ids.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_contradicts_itself_is_not_taken_for_the_last_role() {
    let world = World::new();
    let record =
        serde_json::json!({"_id": SAM_ADMIN, "roleNames": ["Help Desk"], "roles": [DEMO_ROLES[1].0, DEMO_ROLES[2].0]});
    world.network.inject(reads("/api/users/", 0, says(200, &record)));
    let failure = world
        .call_with(SAM, &[by_name("Help Desk")], allowing(SideEffect::DeleteAdministrator))
        .await
        .unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"));
    assert_eq!(world.roles(SAM_ADMIN), ["Help Desk"]);
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_is_not_shown_in_the_read_back_makes_no_role_look_gone() {
    let world = World::new();
    world.demo.acknowledge_but_keep("Help Desk");
    let refused = says(403, &serde_json::json!({"message": "Forbidden"}));
    for path in ["/api/v2/roles", "/api/v2/usergroups"] {
        world.network.inject(reads(path, 1, refused.clone()));
    }
    let failure = world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Failed, "still_held"));
    world.demo.show_organization(false, false);
    world.demo.acknowledge_but_keep(DEMO_GROUP.0);
    let failure = world
        .call_with(ANN, &[group("On Call")], allowing(SideEffect::LeaveGroup))
        .await
        .unwrap_err();
    assert_ne!(failure.outcomes[0].outcome, Outcome::Removed);
    assert!(world.demo.is_member(DEMO_GROUP.0, ANN));
}

#[tokio::test(start_paused = true)]
async fn an_administrator_that_is_named_and_not_shown_is_not_gone() {
    let hidden = || says(404, &serde_json::json!({"message": "Not Found"}));
    let world = World::new();
    world.network.inject(reads("/api/users/", 0, hidden()));
    // One is linked, the other one listed.
    for user in [ANN, KIM] {
        let failure = world.call(user, &[by_name("Manager")]).await.unwrap_err();
        assert_eq!(reason(&failure, 0), (Outcome::Unknown, "not_visible"), "{user}");
    }
    // Hidden from the read-back on: the write is acknowledged, and nothing proves it.
    for (user, admin) in [(SAM, SAM_ADMIN), (OWNER, OWNER)] {
        let world = World::new();
        for role in ["Help Desk", "Administrator With Billing", "Manager"] {
            world.demo.acknowledge_but_keep(role);
        }
        world.network.inject(reads("/api/users/", 2, hidden()));
        let roles: Vec<_> = world.roles(admin).iter().map(|role| by_name(role)).collect();
        let allowed = types::Options {
            allow: vec![SideEffect::DeleteAdministrator, SideEffect::LastAdministrator],
            ..options()
        };
        let failure = world.call_with(user, &roles, allowed).await.unwrap_err();
        assert!(
            failure
                .outcomes
                .iter()
                .all(|entry| entry.outcome == Outcome::Unverified),
            "{failure:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_of_administrators_without_its_count_proves_nothing() {
    let row = serde_json::json!({"_id": OWNER, "email": "root@example.com", "roleName": "Manager"});
    for list in [serde_json::json!({"results": [row]}), serde_json::json!([row])] {
        let world = World::new();
        world.network.inject(reads("/api/users?", 0, says(200, &list)));
        let failure = world
            .call(KIM, &[by_name("Administrator With Billing")])
            .await
            .unwrap_err();
        assert_eq!((failure.status, failure.sent), (502, false), "{failure:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_document_of_somebody_else_is_no_answer() {
    for body in [
        serde_json::json!({}),
        serde_json::json!({"_id": SAM, "email": "sam.hill@example.com"}),
    ] {
        let world = World::new();
        world.network.inject(reads("/api/systemusers/", 0, says(200, &body)));
        let failure = world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err();
        assert_eq!((failure.status, failure.sent), (502, false), "{failure:?}");
    }
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
        .inject(reads("/api/v2/users/", 1, says(200, &serde_json::json!([]))));
    let failure = world.call_with(ANN, &[group("On Call")], allowed()).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Unverified, "not_settled"));
}

#[tokio::test(start_paused = true)]
async fn organization_links_are_judged_by_the_links() {
    let [(north, _), (south, _)] = DEMO_ORGANIZATIONS;
    let mut world = World::at(north);
    world.demo.require_organization(DEMO_ORGANIZATION);
    world.settings = Some(format!(r#"{{"org_id": "{DEMO_ORGANIZATION}"}}"#));
    let allowed = || allowing(SideEffect::RemoveOrganizationAccess);
    for expected in [Outcome::Removed, Outcome::AlreadyAbsent] {
        let answer = world.call_with(ANN, &[], allowed()).await;
        assert_eq!(outcomes(&answer), [expected], "{answer:?}");
    }
    let named = |name: &str| types::Organization {
        id: None,
        name: Some(name.to_owned()),
    };
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
        .call_with(ANN, &entries, allowing(SideEffect::LeaveGroup))
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
            allowing(SideEffect::LeaveGroup),
        )
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
    assert_eq!(world.demo.writes(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_somebody_else_takes_first_is_gone_without_a_write() {
    let world = World::new();
    world
        .demo
        .change_after_reads(ANN_ADMIN, 1, &["Manager", "Read Only", "Command Runner"]);
    let answer = world.call(ANN, &[by_name("Help Desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_administrator_without_a_system_user_is_deleted_and_read_back() {
    let world = World::new();
    let leo = "5e00000000000000000000cc";
    world.demo.add_administrator(Administrator {
        id: leo.to_owned(),
        email: String::from("leo@example.com"),
        roles: vec![String::from("Manager")],
    });
    let answer = world
        .call_with(
            "leo@example.com",
            &[by_name("Manager")],
            allowing(SideEffect::DeleteAdministrator),
        )
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(
        (world.demo.roles_of(leo), answer.unwrap().user.id.as_str()),
        (None, leo)
    );
}

#[tokio::test(start_paused = true)]
async fn the_region_eu_has_its_own_host() {
    let mut world = World::new();
    world.network = Network::default();
    world.network.route("console.eu.jumpcloud.com", world.demo.router());
    world.settings = Some(String::from(r#"{"region": "eu"}"#));
    let answer = world.call(ANN, &[by_name("Help Desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_service_account_gets_a_token_and_another_one_when_it_is_refused() {
    let mut world = World::new();
    world.demo.take_client();
    world
        .network
        .route("admin-oauth.id.jumpcloud.com", world.demo.token_router());
    let client = |secret: &str| {
        types::Credentials::ClientCredentials(types::ClientCredentials {
            client_id: DEMO_CLIENT.0.to_owned(),
            client_secret: secret.to_owned(),
            member_cid: None,
        })
    };
    world.credentials = client("wrong-secret");
    let failure = world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (401, false));
    world.credentials = client(DEMO_CLIENT.1);
    let answer = world.call(ANN, &[by_name("Help Desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    let calls = world.network.calls();
    let api = calls.iter().filter(|call| call.authority == "console.jumpcloud.com");
    for call in api {
        let header = |name: &str| call.headers.iter().any(|(known, _)| known == name);
        assert!(header("authorization") && !header("x-api-key"), "{call:?}");
    }
    assert!(!format!("{answer:?}").contains("demo-access-token"));
    world.settings = Some(String::from(r#"{"region": "eu"}"#));
    let failure = world.call(ANN, &[by_name("Manager")]).await.unwrap_err();
    assert_eq!(failure.field.as_deref(), Some("settings.token_url"), "{failure:?}");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_the_organization_that_goes_with_the_request() {
    let mut world = World::new();
    world.settings = Some(format!(r#"{{"org_id": "{DEMO_ORGANIZATION}"}}"#));
    let dry = types::Options {
        dry_run: true,
        ..options()
    };
    let success = world.call_with(ANN, &[by_name("Help Desk")], dry).await.unwrap();
    let header = (String::from("x-org-id"), DEMO_ORGANIZATION.to_owned());
    assert!(success.planned_requests[0].headers.contains(&header), "{success:?}");
}

#[tokio::test(start_paused = true)]
async fn remote_data_goes_into_the_body_and_is_refused_where_there_is_none() {
    let mut world = World::new();
    world.remote_data = Some(String::from(r#"{"note": "leaver"}"#));
    assert!(world.call(ANN, &[by_name("Help Desk")]).await.is_ok());
    let leave = allowing(SideEffect::LeaveGroup);
    assert!(world.call_with(ANN, &[group("On Call")], leave).await.is_ok());
    let calls = world.network.calls();
    for method in ["PUT", "POST"] {
        let body = &calls.iter().find(|call| call.method == method).unwrap().body;
        let body: serde_json::Value = serde_json::from_slice(body).unwrap();
        assert_eq!(body["note"], "leaver", "{method} {body}");
    }
    let failure = world
        .call_with(SAM, &[by_name("Help Desk")], allowing(SideEffect::DeleteAdministrator))
        .await
        .unwrap_err();
    assert_eq!((failure.status, failure.field.as_deref()), (400, Some("remote_data")));
    world.organizations = World::at(DEMO_ORGANIZATIONS[0].0).organizations;
    let failure = world
        .call_with(ANN, &[], allowing(SideEffect::RemoveOrganizationAccess))
        .await
        .unwrap_err();
    assert_eq!((failure.status, failure.field.as_deref()), (400, Some("remote_data")));
    assert!(world.demo.is_linked(ANN_ADMIN, DEMO_ORGANIZATIONS[0].0));
    world.remote_data = Some(String::from(r#"{"attributes": {}}"#));
    assert_eq!(world.call(ANN, &[]).await.unwrap_err().status, 400);
}

#[tokio::test(start_paused = true)]
async fn a_long_answer_to_the_write_is_filtered_before_it_is_cut() {
    let world = World::new();
    let long = serde_json::json!({"_id": ANN_ADMIN, "apiKeyHash": {"prefix": "SECRETHASH"}, "growthData": "x".repeat(100_000)});
    world.network.inject(Rule {
        fits: std::sync::Arc::new(|call| call.method == "PUT"),
        skip: 0,
        times: 1,
        fault: Fault::Body("application/json", long.to_string().into_bytes().into()),
    });
    let answer = world.call(ANN, &[by_name("Help Desk")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed]);
    assert!(!format!("{answer:?}").contains("SECRETHASH"));
}

#[tokio::test(start_paused = true)]
async fn who_was_found_by_email_alone_is_said_and_groups_and_organizations_are_named() {
    let world = World::new();
    let warned = |answer: &types::Success| {
        let warnings = &answer.outcomes[0].warnings;
        warnings.iter().any(|warning| warning == "administrator_found_by_email")
    };
    assert!(warned(&world.call(KIM, &[by_name("Manager")]).await.unwrap()));
    assert!(!warned(&world.call(ANN, &[by_name("Manager")]).await.unwrap()));
    world.demo.add_group("5c00000000000000000000aa", "Nights", &[ANN]);
    let answer = world
        .call_with(ANN, &[group("On Call")], allowing(SideEffect::LeaveGroup))
        .await
        .unwrap();
    let groups: Vec<_> = answer.user.groups.iter().map(|group| group.name.as_deref()).collect();
    assert_eq!(groups, [Some("Nights")]);
    let [(north, _), (south, name)] = DEMO_ORGANIZATIONS;
    let world = World::at(north);
    world.demo.add_organization(DEMO_ORGANIZATION, "Home");
    let answer = world
        .call_with(ANN, &[], allowing(SideEffect::RemoveOrganizationAccess))
        .await
        .unwrap();
    let organizations: Vec<_> = answer
        .user
        .organizations
        .iter()
        .map(|organization| (organization.id.as_deref().unwrap(), organization.name.as_deref()))
        .collect();
    assert_eq!(organizations, [(DEMO_ORGANIZATION, Some("Home")), (south, Some(name))]);
}

#[tokio::test(start_paused = true)]
async fn without_the_directory_names_go_and_ids_are_neither_guessed_nor_unprotected() {
    let refused = says(403, &serde_json::json!({"message": "Forbidden"}));
    for directory in [refused, says(200, &serde_json::json!({"results": [], "totalCount": 0}))] {
        let mut world = World::new();
        world.network.inject(reads("/api/v2/roles", 0, directory));
        let failure = world
            .call(ANN, &[by_name("Help Desk"), by_id(DEMO_ROLES[3].0)])
            .await
            .unwrap_err();
        let said: Vec<_> = failure.outcomes.iter().map(|entry| entry.outcome).collect();
        assert_eq!(said, [Outcome::Removed, Outcome::NotAttempted], "{failure:?}");
        assert_eq!(world.roles(ANN_ADMIN), ["Manager", "Read Only", "Command Runner"]);
        // Which role the protected id means is not to be seen: it could be any of them.
        world.settings = Some(serde_json::json!({"protected_roles": [DEMO_ROLES[1].0]}).to_string());
        let failure = world.call(ANN, &[by_name("Manager")]).await.unwrap_err();
        assert_eq!(reason(&failure, 0), (Outcome::Refused, "protected_role"));
    }
}

#[tokio::test(start_paused = true)]
async fn another_administrator_does_not_take_the_place_of_the_one_that_was_read() {
    let world = World::new();
    world.demo.acknowledge_but_keep("Manager");
    let elsewhere = serde_json::json!({"_id": ANN, "email": "ann.lee@example.com", "admin": {"id": KIM_ADMIN}});
    world
        .network
        .inject(reads("/api/systemusers/", 1, says(200, &elsewhere)));
    let failure = world.call(ANN, &[by_name("Manager")]).await.unwrap_err();
    assert_eq!(reason(&failure, 0), (Outcome::Unverified, "not_settled"), "{failure:?}");
    assert!(world.roles(ANN_ADMIN).contains(&String::from("Manager")));
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_alone_makes_no_link_and_no_membership_absent() {
    let allowed = || types::Options {
        allow: vec![SideEffect::RemoveOrganizationAccess, SideEffect::LeaveGroup],
        ..options()
    };
    let empty = || says(200, &serde_json::json!([]));
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

/// What is asked for in one run below, and whether it is held.
struct Asked {
    user: &'static str,
    roles: Vec<types::Role>,
    organization: Option<&'static str>,
    is_held: fn(&JumpCloud, usize) -> bool,
}

#[tokio::test(start_paused = true)]
async fn whatever_goes_wrong_with_an_administrator_a_link_or_a_group_what_is_said_is_so() {
    const LEO: &str = "5e00000000000000000000cc";
    let asked = || {
        [
            Asked {
                user: SAM,
                roles: vec![by_name("Help Desk")],
                organization: None,
                is_held: |demo, _| demo.roles_of(SAM_ADMIN).is_some(),
            },
            Asked {
                user: LEO,
                roles: vec![by_name("Manager")],
                organization: None,
                is_held: |demo, _| demo.roles_of(LEO).is_some(),
            },
            Asked {
                user: KIM_ADMIN,
                roles: vec![by_name("Manager"), group("Nights")],
                organization: None,
                is_held: |demo, entry| match entry {
                    0 => demo
                        .roles_of(KIM_ADMIN)
                        .is_none_or(|roles| roles.contains(&String::from("Manager"))),
                    _ => demo.is_member("5c00000000000000000000aa", KIM),
                },
            },
            Asked {
                user: ANN,
                roles: Vec::new(),
                organization: Some(DEMO_ORGANIZATIONS[0].0),
                is_held: |demo, _| demo.is_linked(ANN_ADMIN, DEMO_ORGANIZATIONS[0].0),
            },
        ]
    };
    let make = |asked: &Asked| {
        let world = asked.organization.map_or_else(World::new, World::at);
        world.demo.add_administrator(Administrator {
            id: LEO.to_owned(),
            email: String::from("leo@example.com"),
            roles: vec![String::from("Manager")],
        });
        world.demo.add_group("5c00000000000000000000aa", "Nights", &[KIM]);
        world
    };
    let allowed = || types::Options {
        allow: vec![
            SideEffect::DeleteAdministrator,
            SideEffect::RemoveOrganizationAccess,
            SideEffect::LeaveGroup,
        ],
        ..options()
    };
    let empty = serde_json::json!({});
    // Both sides of a link or a membership shown empty, in well-formed lists, cannot be told from the truth.
    let believable = [
        says(200, &serde_json::json!([])),
        says(200, &serde_json::json!({"results": [], "totalCount": 0})),
    ];
    let faults = [
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::Silence { reaches: true },
        Fault::CutOff,
        says(400, &empty),
        says(403, &empty),
        says(404, &empty),
        says(500, &empty),
        says(200, &empty),
        says(204, &serde_json::Value::Null),
    ];
    for asked in asked() {
        let clean = make(&asked);
        let answer = clean.call_with(asked.user, &asked.roles, allowed()).await;
        assert!(answer.is_ok(), "{}: {answer:?}", asked.user);
        let calls = clean.network.calls();
        for (number, call) in calls.iter().enumerate() {
            let lasting = faults.iter().map(|fault| (fault, usize::MAX));
            let once = faults.iter().chain(&believable).map(|fault| (fault, 1));
            for (fault, times) in lasting.chain(once) {
                let what = format!("{} {} {fault:?}, times: {times}", call.method, call.path_and_query);
                let world = make(&asked);
                let entries = asked.roles.len().max(1);
                let before = world.demo.holdings();
                world.network.inject(Rule {
                    fits: std::sync::Arc::new(|_| true),
                    skip: number,
                    times,
                    fault: fault.clone(),
                });
                let answer = world.call_with(asked.user, &asked.roles, allowed()).await;
                let said: Vec<Outcome> = match &answer {
                    Ok(success) => success.outcomes.iter().map(|entry| entry.outcome).collect(),
                    Err(failure) => failure.outcomes.iter().map(|entry| entry.outcome).collect(),
                };
                for (entry, outcome) in said.iter().enumerate() {
                    let is_held = (asked.is_held)(&world.demo, entry);
                    match outcome {
                        Outcome::Removed | Outcome::AlreadyAbsent => assert!(!is_held, "{what}: {answer:?}"),
                        Outcome::Unverified | Outcome::Unknown | Outcome::Planned => {}
                        _ => assert!(is_held, "{what}: {answer:?}"),
                    }
                }
                if let Err(failure) = &answer
                    && !failure.sent
                {
                    assert_eq!(before, world.demo.holdings(), "{what}: {answer:?}");
                }
                world.network.heal();
                // A user that stood alone as an administrator is not known any more.
                let again = world.call_with(asked.user, &asked.roles, allowed()).await;
                let is_unknown = again.as_ref().is_err_and(|failure| failure.status == 404) && asked.user == LEO;
                assert!(again.is_ok() || is_unknown, "{what}, repeated: {again:?}");
                assert!(
                    (0..entries).all(|entry| !(asked.is_held)(&world.demo, entry)),
                    "{what}: {again:?}"
                );
            }
        }
    }
}
