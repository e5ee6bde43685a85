//! Slack Enterprise through the typed export: what is said is what the organization holds.

use std::time::Duration;

use host::{
    network::{Fault, Network, Rule},
    typed::{
        self,
        types::{self, Outcome, SideEffect, ViaKind},
    },
};
use sandboxes::{
    Clock,
    slack_enterprise::{DEMO_ENTERPRISE as ORG, DEMO_TEAMS, DEMO_TOKEN, DEMO_USERS, Kind, Slack, User},
};

use crate::fixture::{START, by_id, by_name, in_organization, options, outcomes, request};

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
    organizations: Vec<&'static str>,
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
            organizations: Vec::new(),
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
            base_url: types::Endpoint::ProviderDefault,
            credentials: types::Credentials::BearerToken(String::from(DEMO_TOKEN)),
            settings: self.settings.clone().unwrap_or_else(|| String::from("{}")),
        };
        let request = types::Request {
            organizations: self
                .organizations
                .iter()
                .map(|id| types::OrganizationSelector::Id((*id).to_owned()))
                .collect(),
            workspace_id: self.workspace_id.clone().into(),
            ..request(user, roles)
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
    let answer = world
        .call(SAM, &[by_id("Rl0J"), by_id("RlCUSTOM2"), by_id("Rl0CS")])
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::AlreadyAbsent, Outcome::NotFound, Outcome::NotFound]
    );
    assert!(world.demo.is_assigned(ANN, "Rl0C", NORTH));
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
async fn a_demotion_in_the_organization_comes_before_those_in_its_workspaces() {
    let allowed = || allowing(&[SideEffect::DemoteOwner, SideEffect::DemoteOwnerEverywhere]);
    let roles = [at(by_id("owner"), NORTH), by_id("org_owner"), by_id("Rl03")];
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Owner);
    let answer = world.call_with(SAM, &roles, allowed()).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 3], "{answer:?}");
    assert_eq!(world.demo.writes(), 2, "the ownership goes with the demotion");

    // An admin of a workspace does not go with it: it is asked for once that is possible.
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Admin);
    world.demo.set_kind(SAM, SOUTH, Kind::Admin);
    let roles = [at(by_id("admin"), SOUTH), at(by_id("owner"), NORTH), by_id("org_admin")];
    let answer = world.call_with(SAM, &roles, allowed()).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 3], "{answer:?}");
    let kinds = [ORG, NORTH, SOUTH].map(|place| world.demo.kind(SAM, place));
    assert_eq!((kinds, world.demo.writes()), ([Kind::Member; 3], 2));

    // Where the organization's is refused, so are the others: nothing is gone.
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Admin);
    let refusal = Fault::Answer(
        200,
        Vec::new(),
        String::from(r#"{"ok": false, "error": "failed_to_set_user_to_regular"}"#),
    );
    world
        .network
        .inject(Rule::always("/api/admin.users.setRegular", refusal));
    let roles = [at(by_id("owner"), NORTH), by_id("org_admin")];
    let answer = world.call_with(SAM, &roles, allowed()).await;
    assert_eq!(outcomes(&answer), [Outcome::Refused; 2], "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_demotion_that_misses_workspaces_is_asked_for_once_more_and_never_called_whole() {
    let allowed = || allowing(&[SideEffect::DemoteOwnerEverywhere]);
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Admin);
    world.demo.fail_on_workspaces(1);
    let answer = world.call_with(SAM, &[by_id("org_admin")], allowed()).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    let kinds = |world: &World| (world.demo.kind(SAM, ORG), world.demo.kind(SAM, NORTH));
    assert_eq!(kinds(&world), (Kind::Member, Kind::Member));

    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Admin);
    world.demo.fail_on_workspaces(2);
    let answer = world.call_with(SAM, &[by_id("org_admin")], allowed()).await;
    assert_eq!(outcomes(&answer), [Outcome::Failed], "{answer:?}");
    assert_eq!(kinds(&world), (Kind::Member, Kind::Owner));
    let failure = answer.unwrap_err();
    assert!(failure.message.contains("`owner` at `T0NORTH`"), "{}", failure.message);
    assert_eq!(world.demo.writes(), 2);

    // The same, and the answer is lost.
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Admin);
    world.demo.fail_on_workspaces(1);
    world
        .network
        .inject(Rule::always("/api/admin.users.setRegular", Fault::ResetAfter));
    let answer = world.call_with(SAM, &[by_id("org_admin")], allowed()).await;
    assert_eq!(outcomes(&answer), [Outcome::Failed], "{answer:?}");
    assert_eq!(kinds(&world), (Kind::Member, Kind::Owner));
}

#[tokio::test(start_paused = true)]
async fn rejected_entities_are_refused_and_the_rest_is_removed() {
    // An error of one entity is about that entity, and never about the token.
    for error in ["cannot_modify_role_admin", "invalid_auth"] {
        let world = World::new();
        world.demo.reject(ORG, error);
        let failure = world.call(ANN, &[by_id("Rl0C"), by_id("Rl01")]).await.unwrap_err();
        let grants: Vec<_> = failure.outcomes[0]
            .grants
            .iter()
            .map(|grant| (grant.outcome, grant.acknowledged))
            .collect();
        assert_eq!(grants, [(Outcome::Removed, true), (Outcome::Refused, false)]);
        assert_eq!(failure.outcomes[1].outcome, Outcome::Removed);
        assert!(world.demo.is_assigned(ANN, "Rl0C", ORG) && !world.demo.is_assigned(ANN, "Rl0C", NORTH));
        assert_eq!(failure.status, 422, "{error}");
    }
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
        mode: types::Mode::Plan,
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
    let emails: Vec<_> = user
        .emails
        .iter()
        .map(|email| email.email.as_deref().unwrap())
        .collect();
    assert_eq!(emails, ["kim.park@example.com", "kim@home.example.com"]);
    let phones: Vec<_> = user
        .phones
        .iter()
        .map(|phone| phone.number.as_deref().unwrap())
        .collect();
    assert_eq!(phones, ["+1 555 0102", "+1 555 0199"]);
    assert_eq!(user.urls[0].url.as_deref(), Some("https://acme.slack.com/team/U0KIM"));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_among_good_answers_is_the_answer_that_is_shown_and_names_the_missing_scopes() {
    let world = World::new();
    let refused = String::from(
        r#"{"ok": false, "error": "missing_scope", "needed": "admin.roles:write, admin.users:write", "provided": "users:read"}"#,
    );
    let is_first = |call: &host::network::Call| String::from_utf8_lossy(&call.body).contains("Rl01");
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

#[tokio::test(start_paused = true)]
async fn an_organization_narrows_and_a_scope_that_no_grant_can_have_is_400() {
    let mut world = World::new();
    let answer = world.call(ANN, &[in_organization("admin", ORG)]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert_eq!(world.demo.kind(ANN, NORTH), Kind::Member);
    let answer = world.call(ANN, &[in_organization("Rl0C", ORG)]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(
        world.demo.is_assigned(ANN, "Rl0C", NORTH),
        "an assignment at a workspace is another one"
    );
    let answer = world.call(ANN, &[in_organization("Rl0C", ORG)]).await.unwrap();
    assert_eq!(answer.outcomes[0].outcome, Outcome::AlreadyAbsent);
    assert!(answer.outcomes[0].warnings.contains(&String::from("held_at:T0NORTH")));
    // What the whole request is narrowed to covers what is inside of it.
    world.organizations = vec![ORG];
    let answer = world.call(ANN, &[by_id("Rl01")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(!world.demo.is_assigned(ANN, "Rl01", SOUTH));
    let answer = world.call(ANN, &[at(by_id("Rl0C"), NORTH)]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(!world.demo.is_assigned(ANN, "Rl0C", NORTH));

    world.organizations = Vec::new();
    let answer = world
        .call(
            ANN,
            &[
                in_organization("Rl01", "E0OTHER"),
                in_organization("admin", "E0OTHER"),
                by_id("Rl0A"),
            ],
        )
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Unknown, Outcome::Unknown, Outcome::Removed]
    );
    world.network.forget_calls();
    let in_channel = |id: &str| types::Role {
        group: Some(String::from("C0GENERAL")),
        ..by_id(id)
    };
    for role in [
        at(by_id("org_owner"), NORTH),
        at(by_id("org_admin"), NORTH),
        in_channel("admin"),
        in_channel("org_owner"),
        at(in_channel("Rl0A"), NORTH),
        types::Role {
            id: None,
            ..in_channel("")
        },
    ] {
        let failure = world.call(ANN, &[role]).await.unwrap_err();
        assert_eq!((failure.status, failure.field.as_deref()), (400, Some("roles[0].id")));
    }
    assert!(world.network.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_comes_from_above_is_inherited_whatever_the_lists_show() {
    for kind in [Kind::Owner, Kind::Admin, Kind::PrimaryOwner] {
        let world = World::new();
        world.demo.set_kind(KIM, ORG, kind);
        for role in [
            by_id("admin"),
            by_id("owner"),
            at(by_id("admin"), SOUTH),
            in_organization("admin", ORG),
        ] {
            let answer = world.call(KIM, &[role]).await;
            assert_eq!(outcomes(&answer), [Outcome::Inherited], "{kind:?}: {answer:?}");
        }
    }
    let world = World::new();
    world.demo.add_user(User {
        id: String::from("U0EVE"),
        ..User::default()
    });
    world.demo.set_kind("U0EVE", ORG, Kind::Admin);
    let answer = world.call("U0EVE", &[by_id("admin")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Inherited], "in no workspace: {answer:?}");
    world.demo.set_kind(KIM, NORTH, Kind::PrimaryOwner);
    for role in ["primary_owner", "owner", "admin"] {
        let answer = world.call(KIM, &[at(by_id(role), NORTH)]).await;
        assert_eq!(outcomes(&answer), [Outcome::Inherited], "{role}: {answer:?}");
    }
    // Which owner of another workspace is its primary owner is not shown.
    world.demo.set_kind(ANN, SOUTH, Kind::Owner);
    let answer = world
        .call(
            ANN,
            &[at(by_id("primary_owner"), SOUTH), at(by_id("primary_owner"), NORTH)],
        )
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Unknown, Outcome::AlreadyAbsent]);
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_workspace_role_of_an_owner_of_the_organization_is_refused_by_slack() {
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Owner);
    let answer = world
        .call_with(SAM, &[at(by_id("owner"), NORTH)], allowing(&[SideEffect::DemoteOwner]))
        .await;
    assert_eq!(outcomes(&answer), [Outcome::Refused], "{answer:?}");
    assert_eq!(world.demo.kind(SAM, NORTH), Kind::Owner);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_not_published_may_be_a_custom_role_and_is_never_absent() {
    let lenient = || types::Options {
        unknown_role: types::UnknownRole::Absent,
        ..options()
    };
    // A custom role is held, which may be called so, or none is.
    for (user, expected) in [
        (ANN, (Outcome::Unknown, Some("not_visible"))),
        (SAM, (Outcome::Refused, Some("not_supported"))),
    ] {
        let world = World::new();
        let failure = world
            .call_with(user, &[by_name("Night Shift"), by_id("RlNOSUCH")], lenient())
            .await
            .unwrap_err();
        let shown: Vec<_> = failure
            .outcomes
            .iter()
            .map(|entry| (entry.outcome, entry.reason.as_deref()))
            .collect();
        assert_eq!(
            shown,
            [expected, (Outcome::AlreadyAbsent, Some("unknown_role"))],
            "{user}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_custom_role_is_protected_by_any_name_and_a_person_by_an_address_that_is_not_shown() {
    let mut world = World::new();
    world.settings = Some(String::from(r#"{"protected_roles": ["Night Shift"]}"#));
    let failure = world.call(ANN, &[by_id("RlCUSTOM1"), by_id("Rl01")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("protected_role"));
    assert_eq!(failure.outcomes[1].outcome, Outcome::Removed);
    let mut world = World::new();
    world.demo.leave_out("profile/email");
    world.settings = Some(String::from(r#"{"protected_users": ["boss@example.com"]}"#));
    let failure = world.call(ANN, &[by_id("Rl01")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("protected_user"));
    assert_eq!(world.demo.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn somebody_who_becomes_an_owner_meanwhile_is_not_demoted() {
    for reads in 3..=5 {
        let world = World::new();
        world.demo.set_kind_after_reads(reads, ANN, NORTH, Kind::Owner);
        let answer = world.call(ANN, &[at(by_id("admin"), NORTH)]).await;
        assert!(answer.is_err(), "{reads}: {answer:?}");
        assert_eq!(
            (world.demo.kind(ANN, NORTH), world.demo.writes()),
            (Kind::Owner, 0),
            "{reads}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_organization_with_many_assignments_is_read_by_role() {
    let world = World::new();
    world.demo.assign_to_crowd("Rl05", 12_000);
    let success = world.call(ANN, &[by_id("Rl0C"), by_id("Rl0J")]).await.unwrap();
    let shown: Vec<_> = success.outcomes.iter().map(|entry| entry.outcome).collect();
    assert_eq!(shown, [Outcome::Removed, Outcome::AlreadyAbsent]);
    assert!(
        success
            .outcomes
            .iter()
            .all(|entry| entry.warnings.contains(&String::from("roles_not_whole")))
    );
    assert!(success.user.roles.is_empty());
    assert_eq!(success.user.truncated, ["roles"]);
    assert!(!world.demo.is_assigned(ANN, "Rl0C", NORTH) && world.demo.is_assigned(ANN, "Rl01", SOUTH));
}

#[tokio::test(start_paused = true)]
async fn a_person_is_found_by_either_id() {
    let world = World::new();
    world.demo.show_enterprise_users();
    world.demo.add_user(User {
        id: String::from("U0EVE"),
        enterprise_user: Some(String::from("W0EVE")),
        teams: vec![NORTH.to_owned()],
        ..User::default()
    });
    world.demo.assign("U0EVE", "Rl05", ORG);
    let answer = world.call("U0EVE", &[by_id("Rl05")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed], "{answer:?}");
    assert!(!world.demo.is_assigned("U0EVE", "Rl05", ORG));
}

#[tokio::test(start_paused = true)]
async fn a_document_that_does_not_say_all_proves_no_absence() {
    let world = World::new();
    world.demo.leave_out("enterprise_user/teams");
    let answer = world
        .call(KIM, &[by_id("admin"), at(by_id("admin"), SOUTH), by_id("org_owner")])
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Unknown, Outcome::AlreadyAbsent, Outcome::AlreadyAbsent]
    );
    let world = World::new();
    world.demo.leave_out("enterprise_user");
    let answer = world
        .call(KIM, &[by_id("org_owner"), at(by_id("admin"), SOUTH), by_id("Rl01")])
        .await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Unknown, Outcome::Unknown, Outcome::Removed],
        "{answer:?}"
    );
    // The lists and the document contradict each other.
    let world = World::new();
    let none = String::from(r#"{"ok": true, "admin_ids": []}"#);
    world.network.inject(Rule::always(
        "/api/admin.teams.admins.list",
        Fault::Answer(200, Vec::new(), none),
    ));
    let answer = world.call(ANN, &[at(by_id("admin"), NORTH)]).await;
    assert_eq!(outcomes(&answer), [Outcome::Unknown], "{answer:?}");
}

#[tokio::test(start_paused = true)]
async fn a_document_that_still_shows_the_account_type_is_waited_for() {
    let world = World::new();
    let stale = format!(
        r#"{{"ok": true, "user": {{"id": "{ANN}", "team_id": "{NORTH}", "is_admin": true, "enterprise_user": {{
            "enterprise_id": "{ORG}", "teams": ["{NORTH}", "{SOUTH}"],
            "is_admin": false, "is_owner": false, "is_primary_owner": false}}}}}}"#
    );
    world.network.inject(Rule {
        times: 2,
        ..Rule::always("/api/users.info", Fault::Answer(200, Vec::new(), stale.clone())).after(1)
    });
    let roles = [at(by_id("admin"), NORTH)];
    assert!(world.call(ANN, &roles).await.is_ok());
    world.demo.set_kind(ANN, NORTH, Kind::Admin);
    world.network.heal();
    world
        .network
        .inject(Rule::always("/api/users.info", Fault::Answer(200, Vec::new(), stale)).after(1));
    let failure = world.call(ANN, &roles).await.unwrap_err();
    assert_eq!(
        (failure.outcomes[0].outcome, failure.outcomes[0].reason.as_deref()),
        (Outcome::Unverified, Some("not_settled"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_rejected_user_is_settled_by_the_read_back_alone() {
    for (processes, outcome) in [(true, Outcome::Removed), (false, Outcome::Failed)] {
        let world = World::new();
        world
            .demo
            .reject_users("user_is_not_member_in_all_channels_passed", processes);
        let answer = world.call(ANN, &[by_id("Rl0C")]).await;
        assert_eq!(outcomes(&answer), [outcome], "{answer:?}");
        assert_eq!(world.demo.is_assigned(ANN, "Rl0C", NORTH), !processes);
        let entries = match answer {
            Ok(success) => success.outcomes,
            Err(failure) => failure.outcomes,
        };
        assert!(entries[0].grants.iter().all(|grant| !grant.acknowledged));
        // With an entity rejected besides.
        let world = World::new();
        world.demo.reject_users("invalid_auth", processes);
        world.demo.reject(ORG, "cannot_modify_role_admin");
        let failure = world.call(ANN, &[by_id("Rl0C")]).await.unwrap_err();
        let grants: Vec<_> = failure.outcomes[0].grants.iter().map(|grant| grant.outcome).collect();
        assert_eq!(grants, [outcome, Outcome::Refused]);
    }
}

#[tokio::test(start_paused = true)]
async fn protected_roles_hold_in_every_spelling_and_for_what_goes_along() {
    let mut world = World::new();
    world.settings = Some(String::from(r#"{"protected_roles": ["Roles Admin", "owner"]}"#));
    let own = allowing(&[SideEffect::RemoveOwnAccess]);
    let everything = allowing(&[SideEffect::DemoteOwner, SideEffect::DemoteOwnerEverywhere]);
    let answer = world.call_with(ROOT, &[by_id("Rl02")], own).await;
    assert_eq!(
        answer.unwrap_err().outcomes[0].reason.as_deref(),
        Some("protected_role")
    );
    world.demo.set_kind(SAM, ORG, Kind::Owner);
    let answer = world.call_with(SAM, &[by_id("organization_owner")], everything).await;
    assert_eq!(
        answer.unwrap_err().outcomes[0].reason.as_deref(),
        Some("protected_role")
    );
    assert_eq!((world.demo.kind(SAM, ORG), world.demo.writes()), (Kind::Owner, 0));
}

#[tokio::test(start_paused = true)]
async fn a_workspace_out_of_sight_concerns_its_own_entry() {
    for error in [
        "team_not_found",
        "team_access_not_granted",
        "invalid_auth",
        "feature_not_enabled",
    ] {
        let world = World::new();
        world.demo.hide_team(SOUTH, error);
        let answer = world
            .call(
                ANN,
                &[at(by_id("admin"), SOUTH), by_id("Rl01"), at(by_id("admin"), NORTH)],
            )
            .await;
        assert_eq!(
            outcomes(&answer),
            [Outcome::Unknown, Outcome::Removed, Outcome::Removed],
            "{answer:?}"
        );
        let answer = world.call(ANN, &[by_id("owner")]).await;
        assert_eq!(outcomes(&answer), [Outcome::Unknown], "{answer:?}");
        world.demo.set_kind(SAM, ORG, Kind::Owner);
        let dry = types::Options {
            mode: types::Mode::Plan,
            ..allowing(&[SideEffect::DemoteOwner, SideEffect::DemoteOwnerEverywhere])
        };
        let success = world.call_with(SAM, &[by_id("org_owner")], dry).await.unwrap();
        assert_eq!(
            success.outcomes[0].grants[0].side_effects,
            ["ownership of workspace T0NORTH", "complete: false"]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn every_page_is_read_wherever_its_cursor_stands() {
    for at_the_top in [false, true] {
        let world = World::new();
        if at_the_top {
            world.demo.cursor_at_the_top();
        }
        for n in 0..1_100 {
            let id = format!("U9{n:04}");
            world.demo.add_user(User {
                id: id.clone(),
                ..User::default()
            });
            world.demo.set_kind(&id, NORTH, Kind::Owner);
            world.demo.assign(&id, "Rl05", ORG);
        }
        world.demo.add_user(User {
            id: String::from("U0LAST"),
            teams: vec![NORTH.to_owned()],
            ..User::default()
        });
        world.demo.set_kind("U0LAST", NORTH, Kind::Owner);
        world.demo.assign("U0LAST", "Rl05", ORG);
        let answer = world
            .call_with(
                "U0LAST",
                &[by_id("owner"), by_id("Rl05")],
                allowing(&[SideEffect::DemoteOwner]),
            )
            .await;
        assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
        assert_eq!(world.demo.kind("U0LAST", NORTH), Kind::Member);
    }
}

#[tokio::test(start_paused = true)]
async fn rows_with_the_users_id_in_the_organization_are_the_users() {
    let mut world = World::new();
    world.demo.list_by_enterprise_user();
    world.demo.add_user(User {
        id: String::from("U0EVE"),
        enterprise_user: Some(String::from("W0EVE")),
        teams: vec![NORTH.to_owned()],
        ..User::default()
    });
    world.demo.assign("U0EVE", "Rl05", ORG);
    world.demo.assign("U0EVE", "Rl05", NORTH);
    world.demo.set_kind("U0EVE", NORTH, Kind::Admin);
    world.settings = Some(String::from(r#"{"protected_users": ["W0EVE"]}"#));
    let answer = world.call("U0EVE", &[by_id("Rl05")]).await;
    assert_eq!(
        answer.unwrap_err().outcomes[0].reason.as_deref(),
        Some("protected_user")
    );
    world.settings = None;
    let answer = world.call("U0EVE", &[by_id("Rl05"), by_id("admin")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 2], "{answer:?}");
    assert!(!world.demo.is_assigned("U0EVE", "Rl05", ORG) && !world.demo.is_assigned("U0EVE", "Rl05", NORTH));
    assert_eq!(world.demo.kind("U0EVE", NORTH), Kind::Member);
}

#[tokio::test(start_paused = true)]
async fn the_user_shows_the_highest_account_type_even_where_it_cannot_be_removed() {
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Owner);
    let allowed = || allowing(&[SideEffect::RemoveOwnAccess]);
    for (user, role, shown) in [
        (ROOT, "Rl02", vec![("org_primary_owner", None)]),
        (SAM, "Rl03", vec![("org_owner", None), ("owner", Some(NORTH))]),
        (KIM, "Rl01", vec![("Rl0L", None)]),
    ] {
        let user = world.call_with(user, &[by_id(role)], allowed()).await.unwrap().user;
        let roles: Vec<_> = user
            .roles
            .iter()
            .map(|role| (role.id.as_deref().unwrap(), role.workspace.as_deref()))
            .collect();
        assert_eq!(roles, shown);
    }
}

#[tokio::test(start_paused = true)]
async fn the_roles_of_the_user_can_be_sent_back() {
    let world = World::new();
    world.demo.set_kind(SAM, ORG, Kind::Owner);
    let dry = || types::Options {
        mode: types::Mode::Plan,
        ..allowing(&[
            SideEffect::DemoteOwner,
            SideEffect::DemoteOwnerEverywhere,
            SideEffect::RemoveOwnAccess,
        ])
    };
    for (user, role, count) in [(ANN, "Rl01", 6), (SAM, "Rl03", 3), (KIM, "Rl01", 2), (ROOT, "Rl02", 2)] {
        let shown = world.call_with(user, &[by_id(role)], dry()).await.unwrap().user.roles;
        assert_eq!(shown.len(), count, "{shown:?}");
        let answer = world.call_with(user, &shown, dry()).await;
        let expected = |role: &types::Role| match role.id.as_deref() {
            // By a plan alone an owner of the organization is one everywhere.
            Some("org_primary_owner" | "owner") => Outcome::Inherited,
            _ => Outcome::Planned,
        };
        assert_eq!(
            outcomes(&answer),
            shown.iter().map(expected).collect::<Vec<_>>(),
            "{answer:?}"
        );
    }
}

/// Account types are set and not subtracted: never sent twice, and never to a guest.
#[tokio::test(start_paused = true)]
async fn whatever_happens_to_a_demotion_what_is_said_is_so() {
    let json = |status: u16, body: &str| Fault::Answer(status, Vec::new(), body.to_owned());
    let faults = [
        Fault::Refused,
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::Silence { reaches: true },
        Fault::CutOff,
        json(200, "{}"),
        json(200, r#"{"ok": true}"#),
        json(200, r#"{"ok": false, "error": "fatal_error"}"#),
        json(200, r#"{"ok": false, "error": "team_not_found"}"#),
        json(200, r#"{"ok": false, "error": "failed_to_set_regular_on_workspaces"}"#),
        json(403, r#"{"ok": false, "error": "missing_scope"}"#),
        json(429, r#"{"ok": false, "error": "ratelimited"}"#),
        json(500, "<html>"),
    ];
    let roles = [at(by_id("admin"), NORTH), by_id("Rl01")];
    let clean = World::new();
    assert!(clean.call(ANN, &roles).await.is_ok());
    let calls = clean.network.calls().len();
    for number in 0..calls {
        for fault in &faults {
            for times in [1, usize::MAX] {
                let world = World::new();
                let guests = |world: &World| world.demo.kind(KIM, NORTH);
                world.network.inject(Rule {
                    times,
                    ..Rule::always("", fault.clone()).after(number)
                });
                let answer = world.call(ANN, &roles).await;
                let what = format!("{fault:.60?} at call {number}, {times} times: {answer:?}");
                let is_admin = world.demo.kind(ANN, NORTH) == Kind::Admin;
                match outcomes(&answer).first() {
                    Some(Outcome::Removed | Outcome::AlreadyAbsent) => assert!(!is_admin, "{what}"),
                    Some(Outcome::Unverified | Outcome::Unknown) => {}
                    Some(_) => assert!(is_admin, "{what}"),
                    None => assert!(answer.is_err(), "{what}"),
                }
                assert_eq!(guests(&world), Kind::Guest, "{what}");
                world.network.heal();
                let again = world.call(ANN, &roles).await;
                assert!(again.is_ok(), "{what}, repeated: {again:?}");
                assert_eq!(world.demo.kind(ANN, NORTH), Kind::Member, "{what}");
            }
        }
    }
}
