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
        Administrator, DEMO_ADMINS, DEMO_GROUP, DEMO_KEY, DEMO_ORGANIZATIONS, DEMO_ROLES, DEMO_USERS, JumpCloud,
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
    settings: Option<String>,
    organizations: Vec<types::Organization>,
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
            settings: None,
            organizations: Vec::new(),
        }
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
            credentials: types::Credentials::ApiKey(String::from(DEMO_KEY)),
            settings: self.settings.clone(),
        };
        let request = types::Request {
            id: user.to_owned(),
            roles: roles.to_vec(),
            organizations: self.organizations.clone(),
            workspace_id: None,
            remote_query: None,
            remote_data: None,
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
    let failure = world.call(SAM, &[group("on call")]).await.unwrap_err();
    // The filter is exact; the name is not found in another case.
    assert_eq!(failure.outcomes[0].outcome, Outcome::NotFound);
    let failure = world.call(SAM, &[group("On Call")]).await.unwrap_err();
    assert!(failure.message.contains("leave-group"), "{}", failure.message);
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
    world.demo.require_organization("5c3536e9e0a6840001872799");
    assert_eq!(world.call(ANN, &[by_name("Help Desk")]).await.unwrap_err().status, 401);
    world.settings = Some(String::from(r#"{"org_id": "5c3536e9e0a6840001872799"}"#));
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
        serde_json::json!({"employee_identifier": "E-17", "admin_id": ANN_ADMIN})
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
    empty.add_user(sandboxes::jumpcloud::SystemUser {
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
