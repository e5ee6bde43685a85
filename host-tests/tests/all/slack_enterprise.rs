//! Slack Enterprise through the typed export: what is said is what the organization holds.

use std::time::Duration;

use harness::{
    network::{Fault, Network, Rule},
    typed::{
        self,
        types::{self, Outcome, SideEffect, ViaKind},
    },
};
use sandboxes::{
    Clock,
    slack_enterprise::{DEMO_ENTERPRISE as ORG, DEMO_TEAMS, DEMO_TOKEN, DEMO_USERS, Kind, Slack},
};

use crate::fixture::{START, by_id, by_name, options, outcomes};

const ANN: &str = DEMO_USERS[0].0;
const SAM: &str = DEMO_USERS[1].0;
const KIM: &str = DEMO_USERS[2].0;
const ROOT: &str = DEMO_USERS[3].0;
const NORTH: &str = DEMO_TEAMS[0];
const SOUTH: &str = DEMO_TEAMS[1];

struct World {
    clock: Clock,
    network: Network,
    demo: Slack,
    workspace_id: Option<String>,
    settings: Option<String>,
}

impl World {
    fn new() -> Self {
        let clock = Clock::starting_at(START);
        let demo = Slack::demo(clock);
        let network = Network::default();
        network.route("slack.com", demo.router());
        Self {
            clock,
            network,
            demo,
            workspace_id: None,
            settings: None,
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
            provider: types::Provider::SlackEnterprise,
            base_url: None,
            credentials: types::Credentials::BearerToken(String::from(DEMO_TOKEN)),
            settings: self.settings.clone(),
        };
        let request = types::Request {
            id: user.to_owned(),
            roles: roles.to_vec(),
            organizations: Vec::new(),
            workspace_id: self.workspace_id.clone(),
            remote_query: None,
            remote_data: None,
        };
        typed::call(&self.network, self.clock, &account, &request, &options)
            .await
            .unwrap()
    }
}

fn at(role: types::Role, workspace: &str) -> types::Role {
    types::Role {
        workspace: Some(workspace.to_owned()),
        ..role
    }
}

fn allowing(effects: &[SideEffect]) -> types::Options {
    types::Options {
        allow: effects.to_vec(),
        ..options()
    }
}

#[tokio::test(start_paused = true)]
async fn roles_by_id_by_every_spelling_and_at_every_scope() {
    let world = World::new();
    let channel = types::Role {
        group: Some(String::from("C0GENERAL")),
        ..by_name("Channel Manager")
    };
    let answer = world
        .call(
            ANN,
            &[
                by_name("audit log admin"),
                by_name("Channels Admin"),
                channel,
                by_id("RlCUSTOM1"),
            ],
        )
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 4], "{answer:?}");
    for (role, entity) in [
        ("Rl0C", NORTH),
        ("Rl0C", ORG),
        ("Rl01", SOUTH),
        ("Rl0A", "C0GENERAL"),
        ("RlCUSTOM1", ORG),
    ] {
        assert!(!world.demo.is_assigned(ANN, role, entity), "{role} {entity}");
    }
    assert_eq!(world.demo.writes(), 4, "one call for each role, its entities together");
    assert!(world.demo.is_assigned(SAM, "Rl03", ORG));
    let warnings = &answer.unwrap().outcomes[3].warnings;
    assert_eq!(warnings, &["idp_inheritance_not_visible", "custom_role_not_checked"]);
}

#[tokio::test(start_paused = true)]
async fn a_workspace_narrows_the_role() {
    let world = World::new();
    assert!(
        world
            .call("Ann.Lee@example.com", &[at(by_id("Rl0C"), NORTH)])
            .await
            .is_ok()
    );
    assert!(!world.demo.is_assigned(ANN, "Rl0C", NORTH) && world.demo.is_assigned(ANN, "Rl0C", ORG));
    let mut world = World::new();
    world.workspace_id = Some(NORTH.to_owned());
    assert!(world.call(ANN, &[by_id("Rl0C")]).await.is_ok());
    assert!(!world.demo.is_assigned(ANN, "Rl0C", NORTH) && world.demo.is_assigned(ANN, "Rl0C", ORG));
}

#[tokio::test(start_paused = true)]
async fn entities_go_in_tens_and_every_page_is_read() {
    let world = World::new();
    for n in 0..25 {
        world.demo.assign(SAM, "Rl05", &format!("T{n:03}"));
    }
    for n in 0..500 {
        world.demo.assign(ROOT, "Rl0B", &format!("T{n:03}"));
    }
    world.demo.assign(SAM, "Rl0D", ORG);
    let answer = world.call(SAM, &[by_id("Rl05"), by_id("Rl0D")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
    assert_eq!(world.demo.writes(), 4);
    assert!(world.demo.is_assigned(ROOT, "Rl0B", "T499"));
}

#[tokio::test(start_paused = true)]
async fn absent_unknown_and_malformed() {
    let world = World::new();
    let answer = world.call(SAM, &[by_id("Rl0J"), by_name("Super Admin")]).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent, Outcome::NotFound]);
    for user in ["U0NOBODY", "nobody@example.com"] {
        assert_eq!(
            world.call(user, &[by_id("Rl0C")]).await.unwrap_err().status,
            404,
            "{user}"
        );
    }
    world.network.forget_calls();
    for (user, role, field) in [
        ("../U1", by_id("Rl0C"), "id"),
        (ANN, by_id("member"), "roles[0].id"),
        (ANN, by_id("multi_channel_guest"), "roles[0].id"),
        (ANN, at(by_id("Rl0C"), ORG), "roles[0].workspace"),
    ] {
        let failure = world.call(user, &[role]).await.unwrap_err();
        assert_eq!((failure.status, failure.field.as_deref()), (400, Some(field)));
    }
    assert!(world.network.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_admin_becomes_a_member_and_nobody_else_changes() {
    let world = World::new();
    let answer = world.call(ANN, &[at(by_name("admin"), NORTH)]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(
        (world.demo.kind(ANN, NORTH), world.demo.kind(SAM, NORTH)),
        (Kind::Member, Kind::Owner)
    );
    assert!(world.demo.is_assigned(ANN, "Rl0C", NORTH));
}

#[tokio::test(start_paused = true)]
async fn an_owner_is_not_demoted_by_asking_for_admin() {
    let world = World::new();
    let failure = world.call(SAM, &[at(by_id("admin"), NORTH)]).await.unwrap_err();
    let grant = &failure.outcomes[0].grants[0];
    assert_eq!(
        (grant.outcome, grant.via[0].kind),
        (Outcome::Inherited, ViaKind::HigherRole)
    );
    assert_eq!(
        (failure.status, world.demo.writes(), world.demo.kind(SAM, NORTH)),
        (422, 0, Kind::Owner)
    );
}

#[tokio::test(start_paused = true)]
async fn an_owner_is_demoted_only_if_allowed() {
    let world = World::new();
    let failure = world.call(SAM, &[at(by_id("owner"), NORTH)]).await.unwrap_err();
    assert!(failure.message.contains("demote-owner"), "{}", failure.message);
    assert_eq!(world.demo.kind(SAM, NORTH), Kind::Owner);
    let answer = world
        .call_with(SAM, &[at(by_id("owner"), NORTH)], allowing(&[SideEffect::DemoteOwner]))
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(world.demo.kind(SAM, NORTH), Kind::Member);
}

#[tokio::test(start_paused = true)]
async fn a_guest_is_never_promoted() {
    let world = World::new();
    let answer = world
        .call(KIM, &[at(by_id("admin"), NORTH), at(by_id("owner"), NORTH)])
        .await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent; 2]);
    assert_eq!((world.demo.writes(), world.demo.kind(KIM, NORTH)), (0, Kind::Guest));
}

#[tokio::test(start_paused = true)]
async fn a_demotion_in_the_organization_lists_what_else_goes_and_needs_to_be_allowed() {
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Owner);
    let both = allowing(&[SideEffect::DemoteOwner, SideEffect::DemoteOwnerEverywhere]);
    let failure = world
        .call_with(SAM, &[by_id("org_owner")], allowing(&[SideEffect::DemoteOwner]))
        .await
        .unwrap_err();
    assert!(
        failure.message.contains("demote-owner-everywhere"),
        "{}",
        failure.message
    );
    assert_eq!(
        failure.outcomes[0].grants[0].side_effects,
        [format!("ownership of workspace {NORTH}")]
    );
    let answer = world.call_with(SAM, &[by_id("org_owner")], both).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(
        (world.demo.kind(SAM, ORG), world.demo.kind(SAM, NORTH)),
        (Kind::Member, Kind::Member)
    );
    let failure = world.call(ROOT, &[by_id("org_primary_owner")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Inherited);
    assert_eq!(world.demo.kind(ROOT, ORG), Kind::PrimaryOwner);
}

#[tokio::test(start_paused = true)]
async fn a_demotion_that_misses_workspaces_is_settled_by_the_read_back() {
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Admin);
    world.demo.fail_on_workspaces(1);
    let answer = world
        .call_with(
            SAM,
            &[by_id("org_admin")],
            allowing(&[SideEffect::DemoteOwnerEverywhere]),
        )
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(!answer.unwrap().outcomes[0].grants[0].acknowledged);
    assert_eq!(world.demo.kind(SAM, ORG), Kind::Member);
}

#[tokio::test(start_paused = true)]
async fn rejected_entities_are_refused_and_the_rest_is_removed() {
    let world = World::new();
    world.demo.reject(ORG, "cannot_modify_role_admin");
    let failure = world.call(ANN, &[by_id("Rl0C"), by_id("Rl01")]).await.unwrap_err();
    let grants: Vec<_> = failure.outcomes[0]
        .grants
        .iter()
        .map(|grant| (grant.outcome, grant.acknowledged))
        .collect();
    assert_eq!(grants, [(Outcome::Removed, true), (Outcome::Refused, false)]);
    assert_eq!(failure.outcomes[1].outcome, Outcome::Removed);
    assert!(world.demo.is_assigned(ANN, "Rl0C", ORG) && !world.demo.is_assigned(ANN, "Rl0C", NORTH));
    assert_eq!(failure.status, 422);
}

#[tokio::test(start_paused = true)]
async fn the_tokens_own_user_keeps_its_roles_unless_allowed() {
    let world = World::new();
    let failure = world.call(ROOT, &[by_id("Rl02")]).await.unwrap_err();
    assert!(failure.message.contains("remove-own-access"), "{}", failure.message);
    assert!(
        world
            .call_with(ROOT, &[by_id("Rl02")], allowing(&[SideEffect::RemoveOwnAccess]))
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn acknowledged_kept_late_stale_and_omitted() {
    let world = World::new();
    world.demo.acknowledge_but_keep("Rl0C");
    let failure = world.call(ANN, &[at(by_id("Rl0C"), NORTH)]).await.unwrap_err();
    assert_eq!(
        (failure.outcomes[0].reason.as_deref(), failure.status),
        (Some("still_held"), 422)
    );
    assert!(
        world.call(KIM, &[by_id("Rl0L")]).await.is_ok(),
        "applied late, and waited for"
    );
    assert!(!world.demo.is_assigned(KIM, "Rl0L", ORG));
    let world = World::new();
    world.demo.stale_reads(Duration::from_secs(5));
    assert!(world.call(ANN, &[by_id("Rl01")]).await.is_ok());
    assert!(world.clock.unix() >= START + Duration::from_secs(5));
    let world = World::new();
    world.demo.acknowledge_but_keep("Rl01");
    for role in ["Rl01", "Rl0C"] {
        world.demo.omit_from_reads(role, 1, 90);
    }
    let failure = world.call(ANN, &[by_id("Rl01")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("not_settled"));
}

#[tokio::test(start_paused = true)]
async fn limits_in_both_forms_and_credentials() {
    for status in [429, 200] {
        let world = World::new();
        world.demo.rate_limit_next(2, status);
        assert!(world.call(ANN, &[by_id("Rl01")]).await.is_ok(), "{status}");
    }
    let world = World::new();
    world.demo.revoke_token();
    let failure = world.call(ANN, &[by_id("Rl01")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (401, false));
    assert!(!format!("{failure:?}").contains(DEMO_TOKEN));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_the_requests_and_changes_nothing() {
    let world = World::new();
    let dry = types::Options {
        dry_run: true,
        ..options()
    };
    let success = world
        .call_with(ANN, &[by_id("Rl0C"), at(by_id("admin"), NORTH)], dry)
        .await
        .unwrap();
    let bodies: Vec<_> = success
        .planned_requests
        .iter()
        .map(|planned| planned.body.as_deref().unwrap())
        .collect();
    assert_eq!(
        bodies,
        [
            r#"{"team_id":"T0NORTH","user_id":"U0ANN"}"#,
            r#"{"role_id":"Rl0C","entity_ids":["T0NORTH","E0ACME"],"user_ids":["U0ANN"]}"#,
        ]
    );
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_whole_user_is_mapped() {
    let world = World::new();
    let user = world.call(KIM, &[by_id("Rl0L")]).await.unwrap().user;
    assert_eq!(
        (user.id.as_str(), user.name.as_deref(), user.username.as_deref()),
        (KIM, Some("Kim Park"), Some("kim"))
    );
    assert_eq!(
        (
            user.first_name.as_deref(),
            user.last_name.as_deref(),
            user.title.as_deref()
        ),
        (Some("Kim"), Some("Park"), Some("Engineer"))
    );
    assert_eq!(
        (user.status.as_deref(), user.user_type.as_deref()),
        (Some("active"), Some("multi_channel_guest"))
    );
    assert_eq!(
        (user.is_email_verified, user.is_two_factor_enabled),
        (Some(true), Some(true))
    );
    assert_eq!(
        (user.timezone.as_deref(), user.languages.as_slice()),
        (Some("Europe/Berlin"), &[String::from("en-US")][..])
    );
    assert_eq!(
        (user.avatar.as_deref(), user.updated_at.as_deref()),
        (Some("https://example.com/a.jpg"), Some("2025-06-15T15:06:40Z"))
    );
    assert_eq!(
        (
            user.organizations[0].id.as_deref(),
            user.organizations[0].name.as_deref()
        ),
        (Some(ORG), Some("Acme"))
    );
    assert_eq!(
        (user.workspaces.len(), user.phones[0].number.as_deref()),
        (2, Some("+1 555 0102"))
    );
    let roles: Vec<_> = user
        .roles
        .iter()
        .map(|role| (role.id.as_deref(), role.name.as_deref(), role.workspace.as_deref()))
        .collect();
    assert_eq!(roles, [(Some("Rl01"), Some("Channel Admin"), Some(NORTH))]);
}

#[tokio::test(start_paused = true)]
async fn scim_adds_to_the_user_where_it_is_wanted_and_decides_nothing() {
    let mut world = World::new();
    let plain = world.call(ANN, &[by_id("Rl01")]).await.unwrap().user;
    assert!(plain.external_id.is_none() && plain.groups.is_empty());
    assert!(world.network.calls().iter().all(|call| call.authority == "slack.com"));
    world.settings = Some(String::from(r#"{"scim": true}"#));
    // The host is not reachable: the user has less in it, and the removal is what it is.
    let without = world.call(ANN, &[by_id("RlCUSTOM1")]).await.unwrap().user;
    assert!(without.external_id.is_none());
    world.network.route("api.slack.com", world.demo.router());
    let user = world.call(KIM, &[by_id("Rl01")]).await.unwrap().user;
    assert_eq!(
        (user.external_id.as_deref(), user.created_at.as_deref()),
        (Some("hr-kim"), Some("2024-02-01T08:00:00Z"))
    );
    assert_eq!(
        (
            user.groups[0].id.as_deref(),
            user.groups[0].name.as_deref(),
            user.groups[0].organization.as_deref()
        ),
        (Some("S0STAFF"), Some("Staff"), Some(ORG))
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_among_good_answers_is_the_answer_that_is_shown_and_names_the_missing_scopes() {
    let world = World::new();
    let refused = String::from(
        r#"{"ok": false, "error": "missing_scope", "needed": "admin.roles:write, admin.users:write", "provided": "users:read"}"#,
    );
    let is_first = |call: &harness::network::Call| String::from_utf8_lossy(&call.body).contains("Rl01");
    world.network.inject(Rule {
        fits: std::sync::Arc::new(is_first),
        ..Rule::always("", Fault::Answer(200, Vec::new(), refused))
    });
    let answer = world.call(ANN, &[by_id("Rl01"), by_id("RlCUSTOM1")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Refused, Outcome::Removed]);
    let shown = answer.unwrap_err().answer.unwrap();
    assert_eq!(shown.missing_scopes, ["admin.roles:write", "admin.users:write"]);
    assert!(shown.body.contains("missing_scope"), "{shown:?}");
    assert!(!world.demo.is_assigned(ANN, "RlCUSTOM1", ORG) && world.demo.is_assigned(ANN, "Rl01", SOUTH));
}
