//! BlackLine through the typed export: what is said is what the instance holds.

use std::time::Duration;

use host::{
    network::{Fault, Network, Rule},
    typed::{
        self,
        types::{self, Outcome},
    },
};
use sandboxes::{
    Clock,
    blackline::{BlackLine, DEMO_AUTHORITY, DEMO_USERS, Uncertain},
};

use crate::fixture::{START, by_id, by_name, options, outcomes, request};

const ANN: u64 = DEMO_USERS[0].0;
const KIM: u64 = DEMO_USERS[2].0;

struct World {
    clock: Clock,
    network: Network,
    instance: BlackLine,
    settings: Option<String>,
}

impl World {
    fn new() -> Self {
        let clock = Clock::starting_at(START);
        let instance = BlackLine::demo(clock);
        let network = Network::default();
        network.route(DEMO_AUTHORITY, instance.router());
        Self {
            clock,
            network,
            instance,
            settings: None,
        }
    }

    fn with(settings: &str) -> Self {
        Self {
            settings: Some(settings.to_owned()),
            ..Self::new()
        }
    }

    async fn call(&self, user: impl ToString, roles: &[types::Role]) -> Result<types::Success, types::Failure> {
        self.call_with(user, roles, options()).await
    }

    async fn call_with(
        &self,
        user: impl ToString,
        roles: &[types::Role],
        options: types::Options,
    ) -> Result<types::Success, types::Failure> {
        let account = types::Account {
            provider: types::Provider::Blackline,
            base_url: types::Endpoint::Url(format!("https://{DEMO_AUTHORITY}")),
            credentials: types::Credentials::Password(types::PasswordCredentials {
                username: String::from("demo-api"),
                password: String::from("demo-key"),
                client_id: String::from("demo-client"),
                client_secret: String::from("demo-secret"),
                scope: String::from("bl.users instance_0f8c"),
            }),
            settings: self.settings.clone().unwrap_or_else(|| String::from("{}")),
        };
        let request = request(&user.to_string(), roles);
        typed::call(&self.network, self.clock, &account, &request, &options)
            .await
            .unwrap()
    }
}

fn dry() -> types::Options {
    types::Options {
        mode: types::Mode::Plan,
        ..options()
    }
}

fn in_product(role: types::Role, product: &str) -> types::Role {
    types::Role {
        workspace: Some(product.to_owned()),
        ..role
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_goes_from_every_product_or_from_the_one_that_is_named() {
    let world = World::new();
    assert!(world.call(ANN, &[by_id("5:A")]).await.is_ok());
    assert!(!world.instance.holds(ANN, 5, "A") && world.instance.holds(ANN, 5, "J"));
    let world = World::new();
    assert!(world.call(ANN, &[in_product(by_name("reviewer"), "J")]).await.is_ok());
    assert!(world.instance.holds(ANN, 5, "A") && !world.instance.holds(ANN, 5, "J"));
    let world = World::new();
    let success = world.call(ANN, &[by_id("5"), by_id("9")]).await.unwrap();
    assert_eq!(success.outcomes[0].grants.len(), 2);
    assert_eq!(world.instance.pairs(ANN).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn strict_scope_refuses_a_role_of_several_products() {
    let world = World::new();
    let strict = types::Options {
        strict_scope: types::StrictScope::Strict,
        ..options()
    };
    let failure = world.call_with(ANN, &[by_id("5")], strict).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("ambiguous"));
    assert_eq!(world.instance.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_user_by_email_exactly_and_unknown_ones() {
    let world = World::new();
    world.instance.add_user(304, "Pat", "O'Neil", "o'neil@example.com");
    world.instance.grant(304, 5, "A");
    assert!(world.call("O'Neil@example.com", &[by_id("5")]).await.is_ok());
    assert!(!world.instance.holds(304, 5, "A"));
    assert_eq!(
        world
            .call("nobody@example.com", &[by_id("5")])
            .await
            .unwrap_err()
            .status,
        404
    );
    assert_eq!(world.call(999, &[by_id("5")]).await.unwrap_err().status, 404);
}

#[tokio::test(start_paused = true)]
async fn malformed_ids_and_foreign_scopes_cost_no_call() {
    let world = World::new();
    let scoped = types::Role {
        organization: Some(String::from("x")),
        ..by_id("5")
    };
    for (user, role, field) in [
        ("301/../302", by_id("5"), "id"),
        ("301", by_id("Reviewer"), "roles[0].id"),
        ("301", by_id("5:"), "roles[0].id"),
        ("301", in_product(by_id("5:A"), "J"), "roles[0].id"),
        ("301", scoped, "roles[0].organization"),
    ] {
        let failure = world.call(user, &[role]).await.unwrap_err();
        assert_eq!((failure.status, failure.field.as_deref()), (400, Some(field)));
    }
    assert!(world.network.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn already_absent_unknown_ambiguous_and_misspelt() {
    let world = World::new();
    let answer = world
        .call(ANN, &[by_id("22"), by_id("4:J"), by_id("77"), by_name("Nothing")])
        .await;
    assert_eq!(
        outcomes(&answer),
        [
            Outcome::AlreadyAbsent,
            Outcome::AlreadyAbsent,
            Outcome::NotFound,
            Outcome::NotFound
        ]
    );
    let failure = world
        .call(ANN, &[in_product(by_id("5"), "product a")])
        .await
        .unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Refused);
    assert!(failure.message.contains("did you mean `A`"), "{}", failure.message);
    world.instance.add_role(77, "REVIEWER");
    world.instance.grant(ANN, 77, "A");
    let failure = world.call(ANN, &[by_name("Reviewer")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("ambiguous"));
    assert_eq!(world.instance.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn either_spelling_of_the_path_is_found_by_the_read_and_used_for_the_write() {
    for path in ["roles-products", "role-products"] {
        let world = World::new();
        world.instance.uncertain(|uncertain| uncertain.path = path);
        assert!(world.call(ANN, &[by_id("5")]).await.is_ok(), "{path}");
        assert!(!world.instance.holds(ANN, 5, "A"));
    }
    let world = World::new();
    world.instance.uncertain(|uncertain| uncertain.path = "assigned-roles");
    let failure = world.call(ANN, &[by_id("5")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (502, false));
}

#[tokio::test(start_paused = true)]
async fn the_other_ways_are_settings() {
    let world = World::with(r#"{"paths": {"token": "/connect/token"}, "client_auth": "form"}"#);
    world.instance.uncertain(|uncertain| {
        uncertain.token_path = "/connect/token";
        uncertain.client_auth = "form";
    });
    assert!(world.call(ANN, &[by_id("5")]).await.is_ok());

    let pointers = r#"{"fields": {"role_id": ["/assignedRole"], "product_id": ["/assignedProduct"]}}"#;
    for settings in [None, Some(pointers)] {
        let world = settings.map_or_else(World::new, World::with);
        world.instance.uncertain(|uncertain| uncertain.flat_rows = true);
        let answer = world.call(ANN, &[by_name("Reviewer")]).await;
        // Rows that cannot be read are no rows that are absent.
        assert_eq!(answer.is_ok(), settings.is_some());
        assert_eq!(world.instance.holds(ANN, 5, "A"), settings.is_none());
    }

    let world = World::new();
    world.instance.uncertain(|uncertain| uncertain.names_in_rows = false);
    assert!(world.call(ANN, &[by_name("Reviewer")]).await.is_ok());
    assert!(!world.instance.holds(ANN, 5, "A"));

    // 204 is the answer; a read-back proves what no longer is an acknowledgement.
    let world = World::with(r#"{"codes": {"success": [200]}}"#);
    let success = world.call(ANN, &[by_id("9")]).await.unwrap();
    assert!(!success.outcomes[0].grants[0].acknowledged);
    for (settings, outcome) in [
        ("{}", Outcome::Failed),
        (r#"{"codes": {"settled": [404]}}"#, Outcome::Refused),
    ] {
        let world = World::with(settings);
        world.instance.lock(9);
        let failure = world.call(ANN, &[by_id("9")]).await.unwrap_err();
        assert_eq!(failure.outcomes[0].outcome, outcome, "{settings}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_call_for_one_user_the_search_finds_the_one_with_the_id() {
    for status in [404, 405] {
        for ignores_filters in [false, true] {
            let world = World::new();
            world.instance.uncertain(|uncertain| {
                uncertain.no_single_user = Some(status);
                uncertain.ignores_filters = ignores_filters;
            });
            // Not the first of them.
            let success = world.call(KIM, &[by_id("3")]).await.unwrap();
            assert_eq!(success.user.id, KIM.to_string());
            assert!(!world.instance.holds(KIM, 3, "B"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_search_that_was_applied_says_that_there_is_no_such_user() {
    let refused = |uncertain: &mut Uncertain| uncertain.refuses_id_filter = true;
    let ignored = |uncertain: &mut Uncertain| uncertain.ignores_filters = true;
    for (user, change, status) in [
        ("999", None, 404),
        ("999", Some(refused as fn(&mut Uncertain)), 422),
        ("999", Some(ignored), 502),
        ("nobody@example.com", None, 404),
        ("nobody@example.com", Some(ignored), 502),
    ] {
        let world = World::new();
        if let Some(change) = change {
            world.instance.uncertain(change);
        }
        let failure = world.call(user, &[by_id("5")]).await.unwrap_err();
        assert_eq!((failure.status, failure.sent), (status, false), "{user}: {failure:?}");
    }
    for fault in [
        Fault::Answer(403, Vec::new(), String::from("{}")),
        Fault::Answer(503, Vec::new(), String::from("{}")),
        Fault::Silence { reaches: false },
    ] {
        let world = World::new();
        world.network.inject(Rule::always("/v1/users?", fault.clone()));
        let failure = world.call(999, &[by_id("5")]).await.unwrap_err();
        assert_ne!(failure.status, 404, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn replacing_the_set_is_believed_only_as_far_as_the_read_back_goes() {
    let settings = r#"{"strategy": "replace_set"}"#;
    let world = World::with(settings);
    world.instance.uncertain(|uncertain| uncertain.post_replaces = true);
    assert!(world.call(ANN, &[by_id("5")]).await.is_ok());
    assert_eq!(world.instance.pairs(ANN).len(), 3);
    let world = World::with(settings);
    let failure = world.call(ANN, &[by_id("5")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Failed);
    assert_eq!(world.instance.pairs(ANN).len(), 5);
}

#[tokio::test(start_paused = true)]
async fn every_page_is_followed_on_the_own_host() {
    let world = World::new();
    world.instance.uncertain(|uncertain| uncertain.page = 2);
    assert!(world.call(ANN, &[by_id("9")]).await.is_ok());
    assert!(!world.instance.holds(ANN, 9, "A"));
    world
        .instance
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
    let world = World::with(settings);
    for product in ["C", "D", "E", "F", "G", "H", "I"] {
        world.instance.grant(ANN, 22, product);
    }
    world.instance.uncertain(|uncertain| {
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
    assert_eq!(held.warnings, ["list_may_be_cut_off"]);
    // The directory is whole.
    assert_eq!(unknown.outcome, Outcome::NotFound);

    for (size, is_seen) in [(12, true), (7, false), (1_000, true)] {
        let world = twelve_pairs(&format!(r#"{{"page_size": {size}}}"#));
        world
            .instance
            .uncertain(|uncertain| uncertain.page_size_everywhere = true);
        let answer = world.call(ANN, &[by_id("22:I")]).await;
        let outcome = if is_seen { Outcome::Removed } else { Outcome::Unknown };
        assert_eq!(outcomes(&answer), [outcome], "{size}: {answer:?}");
        assert_eq!(world.instance.holds(ANN, 22, "I"), !is_seen);
        let calls = world.network.calls();
        let lists = calls.iter().filter(|call| call.path_and_query.contains("pageSize"));
        assert!(lists.count() > 0 && !calls.iter().any(|call| call.path_and_query.ends_with("roles-products")));
    }

    // The whole list says that it is whole.
    let world = twelve_pairs("{}");
    world.instance.uncertain(|uncertain| {
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
            world.instance.grant(ANN, 22, product);
        }
        assert_eq!(world.instance.pairs(ANN).len(), 10);
        let answer = world.call(ANN, &[role.clone(), by_id("22:H")]).await;
        assert_eq!(
            outcomes(&answer),
            [Outcome::Removed, Outcome::Unknown],
            "{role:?}: {answer:?}"
        );
        assert!(!world.instance.holds(ANN, 5, "A"));
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
        assert!(!world.instance.holds(ANN, 5, "A"));
    }
    // A pair that was beyond the page comes to light once it is shorter.
    let world = twelve_pairs("{}");
    world.instance.uncertain(|uncertain| uncertain.page = 11);
    world.instance.grant(ANN, 22, "K");
    let world = World {
        settings: Some(String::from(r#"{"page_size": 11}"#)),
        ..world
    };
    let answer = world.call(ANN, &[by_id("22")]).await;
    let failure = answer.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::NotAttempted, "{failure:?}");
    assert_eq!(
        world.instance.pairs(ANN).iter().filter(|(role, _)| *role == 22).count(),
        2
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_that_may_be_cut_off_is_neither_replaced_nor_called_the_only_one() {
    let strict = types::Options {
        strict_scope: types::StrictScope::Strict,
        ..options()
    };
    let replace = r#"{"strategy": "replace_set"}"#;
    for (settings, options, role) in [
        (replace, options(), "5:A"),
        (replace, dry(), "5:A"),
        ("{}", strict.clone(), "9"),
    ] {
        let world = twelve_pairs(settings);
        world.instance.uncertain(|uncertain| uncertain.post_replaces = true);
        let failure = world.call_with(ANN, &[by_id(role)], options).await.unwrap_err();
        assert_eq!((failure.status, failure.sent, failure.retryable), (422, false, false));
        assert!(failure.message.contains("settings.page_size"), "{}", failure.message);
        assert_eq!(world.instance.pairs(ANN).len(), 12);
    }
    let world = twelve_pairs("{}");
    let failure = world.call_with(ANN, &[by_id("9:A")], strict).await.unwrap_err();
    assert!(failure.sent && !world.instance.holds(ANN, 9, "A"));
}

#[tokio::test(start_paused = true)]
async fn a_directory_of_one_page_leaves_names_undecided_and_ids_not() {
    let world = World::new();
    for id in 100..120 {
        world.instance.add_role(id, &format!("Role {id}"));
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
    assert!(world.instance.holds(ANN, 5, "J"));
    // Two of a name are two, whatever else there is.
    world.instance.add_role(120, "reviewer");
    let failure = world.call(ANN, &[by_name("Reviewer")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("ambiguous"));
}

#[tokio::test(start_paused = true)]
async fn the_directory_is_read_only_where_a_name_needs_it() {
    let unnamed = |settings: &str| {
        let world = World::with(settings);
        world.instance.uncertain(|uncertain| uncertain.names_in_rows = false);
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
    assert!(world.instance.holds(ANN, 4, "A") && world.instance.holds(ANN, 9, "A"));

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
    let world = World::with(r#"{"protected_roles": ["Reviewer"]}"#);
    world.instance.grant(ANN, 600, "A");
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
    assert_eq!(world.instance.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_was_longer_before_is_believed_at_any_length() {
    let world = World::new();
    for product in ["C", "D", "E", "F", "G", "H"] {
        world.instance.grant(ANN, 22, product);
    }
    let success = world.call(ANN, &[by_id("22:H")]).await.unwrap();
    assert_eq!(
        (success.outcomes[0].outcome, success.user.roles.len()),
        (Outcome::Removed, 10)
    );
}

#[tokio::test(start_paused = true)]
async fn acknowledged_kept_late_and_stale() {
    let world = World::new();
    world.instance.acknowledge_but_keep(5);
    let failure = world.call(ANN, &[by_id("5:A")]).await.unwrap_err();
    assert_eq!(
        (failure.outcomes[0].reason.as_deref(), failure.status),
        (Some("still_held"), 422)
    );
    assert!(world.instance.holds(ANN, 5, "A"));
    assert!(
        world.call(KIM, &[by_id("4")]).await.is_ok(),
        "applied late, and waited for"
    );
    assert!(!world.instance.holds(KIM, 4, "B"));
    let world = World::new();
    world.instance.stale_reads(Duration::from_secs(5));
    assert!(world.call(ANN, &[by_id("9")]).await.is_ok());
    assert!(world.clock.unix() >= START + Duration::from_secs(5));
    let world = World::new();
    world.instance.acknowledge_but_keep(5);
    for role in [3, 5] {
        world.instance.omit_from_reads(role, 1, 50);
    }
    let failure = world.call(ANN, &[by_id("5:A")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("not_settled"));
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_goes_meanwhile_is_settled_by_the_read_back() {
    let world = World::new();
    world
        .network
        .inject(Rule::once("/v1/users/301/roles-products?roleId", Fault::ResetAfter));
    let answer = world.call(ANN, &[by_id("5:A")]).await;
    // The first request took it, the second is answered with 404.
    assert_eq!(outcomes(&answer), [Outcome::Removed]);
    assert!(!answer.unwrap().outcomes[0].grants[0].acknowledged);
}

#[tokio::test(start_paused = true)]
async fn tokens_limits_and_credentials() {
    let world = World::new();
    world.instance.rate_limit_next(2);
    assert!(world.call(ANN, &[by_id("5")]).await.is_ok());
    world.instance.uncertain(|uncertain| uncertain.client_auth = "form");
    let failure = world.call(ANN, &[by_id("9")]).await.unwrap_err();
    assert_eq!((failure.status, failure.sent), (401, false));
    assert!(!format!("{failure:?}").contains("demo-secret"));
    assert_eq!(world.instance.tokens_issued(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_shows_the_requests_and_changes_nothing() {
    let world = World::new();
    let success = world.call_with(ANN, &[by_id("5")], dry()).await.unwrap();
    let urls: Vec<&str> = success
        .planned_requests
        .iter()
        .map(|planned| planned.url.as_str())
        .collect();
    assert_eq!(
        urls,
        [
            "https://us2.api.blackline.com/v1/users/301/roles-products?roleId=5&productId=A",
            "https://us2.api.blackline.com/v1/users/301/roles-products?roleId=5&productId=J",
        ]
    );
    assert_eq!(world.instance.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_whole_user_is_mapped() {
    let world = World::new();
    let user = world
        .call(ANN, &[by_id("5"), by_id("9"), by_id("3")])
        .await
        .unwrap()
        .user;
    assert_eq!((user.id.as_str(), user.name.as_deref()), ("301", Some("Ann Lee")));
    assert_eq!(
        (user.first_name.as_deref(), user.last_name.as_deref()),
        (Some("Ann"), Some("Lee"))
    );
    assert_eq!(
        (user.username.as_deref(), user.title.as_deref()),
        (Some("ann.lee@example.com"), Some("Accountant"))
    );
    assert_eq!(
        (user.status.as_deref(), user.updated_at.as_deref()),
        (Some("active"), Some("2026-01-05T08:00:00Z"))
    );
    assert_eq!(user.phones[0].number.as_deref(), Some("+1 555 0100"));
    assert_eq!(user.emails[0].email.as_deref(), Some("ann.lee@example.com"));
    let roles: Vec<_> = user
        .roles
        .iter()
        .map(|role| (role.id.as_deref(), role.name.as_deref(), role.workspace.as_deref()))
        .collect();
    assert_eq!(
        (user.groups[0].id.as_deref(), user.groups[0].name.as_deref()),
        (Some("71"), Some("Close team"))
    );
    assert_eq!(
        (
            user.organizations[0].id.as_deref(),
            user.organizations[0].name.as_deref()
        ),
        (Some("901"), Some("Acme GmbH"))
    );
    assert_eq!(roles, [(Some("4:A"), Some("Approver"), Some("A"))]);
}

#[tokio::test(start_paused = true)]
async fn the_roles_of_an_answer_are_what_a_request_may_ask_for() {
    let world = World::new();
    let shown = world.call_with(ANN, &[by_id("5")], dry()).await.unwrap().user.roles;
    assert_eq!(shown.len(), 5);
    let answer = world.call(ANN, &shown).await;
    assert_eq!(outcomes(&answer), [Outcome::Removed; 5], "{answer:?}");
    assert!(world.instance.pairs(ANN).is_empty());
}

#[tokio::test(start_paused = true)]
async fn teams_and_entities_that_cannot_be_read_change_nothing_else() {
    let world = World::new();
    for path in ["/v1/users/301/teams", "/v1/users/301/entities"] {
        world
            .network
            .inject(Rule::always(path, Fault::Answer(403, Vec::new(), String::from("{}"))));
    }
    let user = world.call(ANN, &[by_id("5")]).await.unwrap().user;
    assert!(user.groups.is_empty() && user.organizations.is_empty());
    let world = World::with(r#"{"paths": {"user_teams": "", "user_entities": ""}}"#);
    assert!(world.call(ANN, &[by_id("5")]).await.is_ok());
    let calls = world.network.calls();
    assert!(
        !calls
            .iter()
            .any(|call| call.path_and_query.ends_with("teams") || call.path_and_query.ends_with("entities"))
    );
}

#[tokio::test(start_paused = true)]
async fn teams_and_entities_are_neither_waited_for_nor_asked_for_again() {
    let busy = || {
        let wait = vec![("retry-after", String::from("16"))];
        Fault::Answer(503, wait, String::from("{}"))
    };
    for fault in [
        busy(),
        Fault::Answer(401, Vec::new(), String::from("{}")),
        Fault::Answer(500, Vec::new(), String::from("{}")),
        Fault::ResetBefore,
        Fault::Silence { reaches: false },
    ] {
        let world = World::new();
        for path in ["/v1/users/301/teams", "/v1/users/301/entities"] {
            world.network.inject(Rule::always(path, fault.clone()));
        }
        assert!(world.call(ANN, &[by_id("5")]).await.is_ok(), "{fault:?}");
        assert!(world.clock.unix() <= START + Duration::from_secs(1), "{fault:?}");
        let calls = world.network.calls();
        let ends_with = |end: &str| {
            let calls = calls.iter();
            calls.filter(|call| call.path_and_query.ends_with(end)).count()
        };
        assert_eq!((ends_with("teams"), ends_with("entities")), (1, 1), "{fault:?}");
        assert_eq!(world.instance.tokens_issued(), 1, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_product_that_nothing_confirms_is_said_to_be_unchecked_or_refused() {
    let world = World::new();
    let success = world.call(ANN, &[by_id("5:AA")]).await.unwrap();
    assert_eq!(success.outcomes[0].outcome, Outcome::AlreadyAbsent);
    assert_eq!(success.outcomes[0].warnings, ["product_not_checked:AA"]);
    // A product that the user holds otherwise is a product.
    let success = world.call(ANN, &[by_id("4:J")]).await.unwrap();
    assert!(success.outcomes[0].warnings.is_empty());

    let world = World::with(r#"{"products": ["A", "B", "J", "K"]}"#);
    let answer = world.call(ANN, &[by_id("5:K"), by_id("5:AA")]).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent, Outcome::Refused]);
    let failure = answer.unwrap_err();
    assert_eq!(failure.outcomes[1].reason.as_deref(), Some("ambiguous"));
    assert!(failure.outcomes[0].warnings.is_empty());

    // Without names, `AA` may be what the product is called that the role is held in.
    let world = World::new();
    world
        .instance
        .uncertain(|uncertain| uncertain.product_names_in_rows = false);
    let answer = world.call(ANN, &[by_id("5:AA"), by_id("22:AA")]).await;
    assert_eq!(outcomes(&answer), [Outcome::Refused, Outcome::AlreadyAbsent]);
    assert_eq!(world.instance.pairs(ANN).len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_number_is_the_same_in_every_spelling() {
    let world = World::new();
    assert!(world.call("00301", &[by_id("005:A")]).await.is_ok());
    assert!(!world.instance.holds(ANN, 5, "A") && world.instance.holds(ANN, 5, "J"));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_two_roles_share_is_ambiguous_even_if_one_is_held() {
    let world = World::new();
    world.instance.add_role(77, "reviewer");
    let failure = world.call(ANN, &[by_name("Reviewer")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("ambiguous"));
    assert!(failure.message.contains("77"), "{}", failure.message);
    assert_eq!(world.instance.writes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_says_it_has_more_is_no_proof_of_absence() {
    for change in [
        (|uncertain: &mut Uncertain| uncertain.rows_kept_back = Some(1)) as fn(&mut Uncertain),
        |uncertain| uncertain.next_is_no_text = true,
    ] {
        let world = World::new();
        world.instance.uncertain(change);
        let failure = world.call(ANN, &[by_id("22")]).await.unwrap_err();
        assert_eq!((failure.status, failure.sent), (502, false));
    }
}

#[tokio::test(start_paused = true)]
async fn a_set_that_changes_between_read_and_post_is_not_overwritten() {
    let world = World::with(r#"{"strategy": "replace_set"}"#);
    world.instance.uncertain(|uncertain| uncertain.post_replaces = true);
    world.instance.granted_after(0, ANN, 3, "A");
    assert!(world.call(ANN, &[by_id("5")]).await.is_ok());
    assert!(world.instance.holds(ANN, 3, "A"), "what somebody else granted stays");
    assert!(!world.instance.holds(ANN, 5, "A"));
}

#[tokio::test(start_paused = true)]
async fn an_error_inside_a_200_is_no_acknowledgement() {
    let world = World::new();
    world.instance.uncertain(|uncertain| uncertain.errors_in_200 = true);
    let failure = world.call(ANN, &[by_id("5:A")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Failed);
    assert!(!failure.outcomes[0].grants[0].acknowledged);
    assert!(world.instance.holds(ANN, 5, "A"));
    assert!(format!("{failure:?}").contains("the role is locked"), "{failure:?}");
}

#[tokio::test(start_paused = true)]
async fn an_error_inside_a_200_is_no_list_and_no_user() {
    for (read, role) in [
        ("/roles-products", by_id("22")),
        ("/v1/users/301", by_id("22")),
        ("/v1/roles", by_id("22")),
    ] {
        let world = World::new();
        world
            .instance
            .uncertain(|uncertain| uncertain.failing_read = Some(read));
        let failure = world.call(ANN, &[role]).await.unwrap_err();
        assert!(
            !failure.sent && format!("{failure:?}").contains("try later"),
            "{read}: {failure:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_locked_role_does_not_keep_the_others_of_its_batch() {
    let world = World::with(r#"{"strategy": "replace_set"}"#);
    world.instance.uncertain(|uncertain| uncertain.post_replaces = true);
    world.instance.lock(9);
    let failure = world
        .call(ANN, &[by_id("5"), by_id("9"), by_id("3")])
        .await
        .unwrap_err();
    let outcomes: Vec<Outcome> = failure.outcomes.iter().map(|entry| entry.outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Removed, Outcome::Refused, Outcome::Removed],
        "{failure:?}"
    );
    assert_eq!(failure.outcomes[1].reason.as_deref(), Some("provider_refused"));
    assert_eq!(
        world.instance.pairs(ANN),
        [(4, String::from("A")), (9, String::from("A"))]
    );
}

#[tokio::test(start_paused = true)]
async fn a_stale_read_does_not_bring_back_what_was_taken_one_by_one() {
    let world = World::with(r#"{"strategy": "replace_set"}"#);
    world.instance.uncertain(|uncertain| uncertain.post_replaces = true);
    world.instance.lock(9);
    world.instance.stale_reads(Duration::from_secs(5));
    let answer = world.call(ANN, &[by_id("5:A"), by_id("9"), by_id("3")]).await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed, Outcome::Refused, Outcome::Removed],
        "{answer:?}"
    );
    assert_eq!(world.instance.writes(), 2);
    assert_eq!(
        world.instance.pairs(ANN),
        [(5, String::from("J")), (4, String::from("A")), (9, String::from("A"))]
    );
}

#[tokio::test(start_paused = true)]
async fn a_locked_role_does_not_keep_the_others_after_a_round_without_an_answer_either() {
    let world = World::with(r#"{"strategy": "replace_set"}"#);
    world.instance.uncertain(|uncertain| uncertain.post_replaces = true);
    world.instance.lock(9);
    world.network.inject(Rule {
        fits: std::sync::Arc::new(|call| call.method == "POST" && call.path_and_query.contains("roles-products")),
        ..Rule::once("", Fault::ResetBefore)
    });
    let answer = world.call(ANN, &[by_id("5"), by_id("9"), by_id("3")]).await;
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed, Outcome::Failed, Outcome::Removed],
        "{answer:?}"
    );
    assert_eq!(
        world.instance.pairs(ANN),
        [(4, String::from("A")), (9, String::from("A"))]
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_granted_between_read_and_post_stays_and_is_said() {
    let world = World::with(r#"{"strategy": "replace_set"}"#);
    world.instance.uncertain(|uncertain| uncertain.post_replaces = true);
    world.instance.granted_after(0, ANN, 5, "B");
    let failure = world.call(ANN, &[by_id("5")]).await.unwrap_err();
    let grants: Vec<_> = failure.outcomes[0]
        .grants
        .iter()
        .map(|grant| (grant.scope.workspace.as_deref(), grant.outcome, grant.reason.as_deref()))
        .collect();
    assert_eq!(
        grants,
        [
            (Some("A"), Outcome::Removed, None),
            (Some("J"), Outcome::Removed, None),
            (Some("B"), Outcome::NotAttempted, Some("appeared_after_read")),
        ]
    );
    assert!(world.instance.holds(ANN, 5, "B"));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_the_directory_calls_otherwise_is_a_mismatch_although_it_is_not_held() {
    let world = World::new();
    let named = |name: &str| types::Role {
        name: Some(name.to_owned()),
        ..by_id("22")
    };
    let failure = world.call(ANN, &[named("Reviewer")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].outcome, Outcome::Refused);
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("name_mismatch"));
    let answer = world.call(ANN, &[named("system administrator")]).await;
    assert_eq!(outcomes(&answer), [Outcome::AlreadyAbsent]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_acts_for_itself_is_nobody_and_without_a_login_nobody_can_tell() {
    let warnings = |success: types::Success| success.outcomes[0].grants[0].warnings.clone();
    let world = World::with(r#"{"grant_type": "client_credentials"}"#);
    world
        .instance
        .uncertain(|uncertain| uncertain.grant_type = "client_credentials");
    world.instance.add_user(400, "Api", "User", "demo-api");
    world.instance.grant(400, 22, "A");
    assert!(warnings(world.call(400, &[by_id("22")]).await.unwrap()).is_empty());

    let world = World::new();
    assert!(warnings(world.call(ANN, &[by_id("9")]).await.unwrap()).is_empty());
    world.instance.uncertain(|uncertain| uncertain.logins = false);
    assert_eq!(
        warnings(world.call(ANN, &[by_id("3")]).await.unwrap()),
        ["own_access_not_checked"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_api_user_keeps_its_own_access_unless_that_is_allowed() {
    let world = World::new();
    world.instance.add_user(400, "Api", "User", "demo-api");
    world.instance.grant(400, 22, "A");
    let failure = world.call(400, &[by_id("22")]).await.unwrap_err();
    assert_eq!(failure.outcomes[0].reason.as_deref(), Some("side_effect_not_allowed"));
    assert!(world.instance.holds(400, 22, "A"));
    let allowed = types::Options {
        allow: vec![types::SideEffect::RemoveOwnAccess],
        ..options()
    };
    assert!(world.call_with(400, &[by_id("22")], allowed).await.is_ok());
}
