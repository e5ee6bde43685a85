//! Which assignment is meant, by id, by name, and by an application role.

use serde_json::json;

use super::{World, at, both, elasticsearch, id, in_group, name, project};

#[test]
fn an_id_that_is_not_published_is_its_own_name() {
    let held = || World::holding(json!({"organization": [{"organization_id": "org", "role_id": "auditor"}]}));
    for role in [id("auditor"), name("auditor")] {
        let world = held();
        assert_eq!(world.outcomes(std::slice::from_ref(&role)), ["removed"]);
        assert_eq!(world.held(), json!({"organization": []}));
    }
    for role in [id("Auditor"), name("Auditor"), name("audi-tor"), name("\u{430}uditor")] {
        let world = held();
        assert_eq!(
            world.outcomes(std::slice::from_ref(&role)),
            ["refused ambiguous"],
            "{role:?}"
        );
        assert_eq!(world.writes(), 0);
    }
    // Nothing shows its display name.
    assert_eq!(held().outcomes(&[name("Compliance officer")]), ["unknown not_visible"]);
    assert_eq!(held().outcomes(&[name("marketing")]), ["already_absent"]);
}

#[test]
fn an_id_without_its_kind_means_the_role_if_no_other_kind_has_it() {
    let made_later = |kind: &str| json!({"project": {kind: [project("made_later", "p1", &[])]}});
    for role in [
        id("made_later"),
        id("made-later"),
        id("observability-made-later"),
        name("made_later"),
        in_group(id("made-later"), "observability"),
    ] {
        let world = World::holding(made_later("observability"));
        assert_eq!(world.outcomes(std::slice::from_ref(&role)), ["removed"], "{role:?}");
    }
    let analyst = || World::holding(json!({"project": {"elasticsearch": [project("t1_analyst", "p1", &[])]}}));
    assert_eq!(analyst().outcomes(&[id("t1_analyst")]), ["refused ambiguous"]);
    assert_eq!(
        analyst().outcomes(&[in_group(id("t1_analyst"), "elasticsearch")]),
        ["removed"]
    );
}

#[test]
fn a_short_id_that_the_roles_of_several_kinds_have_is_refused() {
    let world = World::holding(json!({"project": {
        "observability": [project("made_later", "p1", &[])],
        "security": [project("made_later", "p2", &[])],
    }}));
    for role in [id("made_later"), id("made-later"), name("made_later")] {
        assert_eq!(
            world.outcomes(std::slice::from_ref(&role)),
            ["refused ambiguous"],
            "{role:?}"
        );
    }
    assert_eq!(world.writes(), 0);
    assert_eq!(world.outcomes(&[in_group(id("made_later"), "security")]), ["removed"]);
    assert_eq!(world.outcomes(&[id("observability-made-later")]), ["removed"]);
}

#[test]
fn a_predefined_role_is_found_among_the_application_roles_too() {
    let asked = [
        id("elasticsearch-admin"),
        id("Elasticsearch_Admin"),
        in_group(id("admin"), "elasticsearch"),
        at(id("elasticsearch-admin"), "p1"),
        at(in_group(id("elasticsearch-admin"), "elasticsearch"), "p1"),
    ];
    for role in &asked {
        let alone = World::holding(elasticsearch(&[project("elasticsearch-viewer", "p1", &["admin"])]));
        assert_eq!(alone.outcomes(std::slice::from_ref(role)), ["removed"], "{role:?}");
        assert_eq!(alone.held(), elasticsearch(&[]));
        for more in [
            project("elasticsearch-viewer", "p1", &["admin", "alpha"]),
            project("elasticsearch-developer", "p1", &["admin"]),
        ] {
            let world = World::holding(elasticsearch(std::slice::from_ref(&more)));
            assert_eq!(
                world.outcomes(std::slice::from_ref(role)),
                ["refused would_widen"],
                "{role:?}"
            );
            assert_eq!(world.held(), elasticsearch(&[more]));
        }
    }
    // Where the role stands in both places, what can go goes.
    let world = World::holding(elasticsearch(&[
        project("elasticsearch-admin", "p1", &[]),
        project("elasticsearch-viewer", "p2", &["admin", "alpha"]),
    ]));
    assert_eq!(world.outcomes(&[id("elasticsearch-admin")]), ["refused would_widen"]);
    assert_eq!(
        world.held(),
        elasticsearch(&[project("elasticsearch-viewer", "p2", &["admin", "alpha"])])
    );
}

#[test]
fn a_predefined_role_of_every_project_stands_with_a_role_of_the_organization() {
    let world = World::holding(json!({"organization": [
        {"organization_id": "org", "role_id": "billing-admin", "application_roles": ["admin"]},
    ]}));
    for role in [
        id("elasticsearch-admin"),
        in_group(id("security-admin"), "security"),
        at(id("elasticsearch-admin"), "p1"),
    ] {
        assert_eq!(
            world.outcomes(std::slice::from_ref(&role)),
            ["refused would_widen"],
            "{role:?}"
        );
    }
    assert_eq!(world.outcomes(&[id("elasticsearch-developer")]), ["already_absent"]);
    assert_eq!(world.writes(), 0);
}

#[test]
fn a_role_does_not_take_another_published_role_along() {
    for role in ["elasticsearch-viewer", "elasticsearch-developer"] {
        let world = World::holding(elasticsearch(&[project(role, "p1", &["admin"])]));
        assert_eq!(world.outcomes(&[id(role)]), ["refused would_widen"], "{role}");
        assert_eq!(world.writes(), 0);
        let whole = format!("{role}+admin");
        assert_eq!(world.outcomes(&[id(&whole)]), ["removed"]);
    }
}

#[test]
fn an_application_role_that_only_looks_like_a_predefined_one_is_unclear() {
    let world = World::holding(elasticsearch(&[project("elasticsearch-viewer", "p1", &["Admin"])]));
    assert_eq!(world.outcomes(&[id("elasticsearch-admin")]), ["refused ambiguous"]);
    assert_eq!(world.writes(), 0);
}

#[test]
fn the_name_of_a_custom_role_is_compared_exactly() {
    let held = || World::holding(elasticsearch(&[project("elasticsearch-viewer", "p1", &["alpha_x"])]));
    for role in [name("Alpha_x"), name("alpha-x"), name("alphax"), id("alpha_x")] {
        assert_eq!(
            held().outcomes(std::slice::from_ref(&role)),
            ["refused ambiguous"],
            "{role:?}"
        );
    }
    for role in [
        name("alpha_x"),
        id("elasticsearch-viewer+alpha_x"),
        id("elasticsearch-viewer"),
    ] {
        let world = held();
        assert_eq!(world.outcomes(std::slice::from_ref(&role)), ["removed"], "{role:?}");
        assert_eq!(world.held(), elasticsearch(&[]));
    }
    assert_eq!(
        held().outcomes(&[id("elasticsearch-viewer+Alpha_x")]),
        ["refused ambiguous"]
    );
}

#[test]
fn application_roles_that_are_assigned_together_go_only_together() {
    let rows = [
        project("elasticsearch-viewer", "p1", &["alpha"]),
        project("elasticsearch-viewer", "p2", &["beta", "alpha"]),
    ];
    let held = || World::holding(elasticsearch(&rows));
    let world = held();
    assert_eq!(world.outcomes(&[name("alpha")]), ["refused would_widen"]);
    assert_eq!(world.held(), elasticsearch(&rows[1..]));
    for role in [
        name("alpha+beta"),
        name("beta+alpha"),
        id("elasticsearch-viewer+beta+alpha"),
    ] {
        let world = held();
        assert_eq!(world.outcomes(std::slice::from_ref(&role)), ["removed"], "{role:?}");
        assert_eq!(world.held(), elasticsearch(&rows[..1]));
    }
    // The whole id of what is held means that one, and nothing of what holds more.
    let world = held();
    assert_eq!(world.outcomes(&[id("elasticsearch-viewer+alpha")]), ["removed"]);
    assert_eq!(world.held(), elasticsearch(&rows[1..]));
    assert_eq!(
        held().outcomes(&[id("elasticsearch-viewer+beta")]),
        ["refused would_widen"]
    );
    for look_alike in ["elasticsearch-viewer+Beta", "elasticsearch-viewer+beta-+alpha"] {
        assert_eq!(
            held().outcomes(&[id(look_alike)]),
            ["refused ambiguous"],
            "{look_alike}"
        );
    }
    assert_eq!(held().outcomes(&[at(name("alpha"), "p1")]), ["removed"]);
    assert_eq!(held().outcomes(&[name("Beta")]), ["refused ambiguous"]);
}

#[test]
fn a_display_name_means_the_role_without_application_roles() {
    let bare = json!({"organization_id": "org", "role_id": "viewer", "project_ids": ["p1"]});
    let carrier = project("elasticsearch-viewer", "p1", &["alpha"]);
    for role in [
        in_group(name("Viewer"), "elasticsearch"),
        at(name("Viewer"), "p1"),
        both("elasticsearch-viewer", "Viewer"),
    ] {
        let world = World::holding(elasticsearch(&[bare.clone(), carrier.clone()]));
        assert_eq!(world.outcomes(std::slice::from_ref(&role)), ["removed"], "{role:?}");
        assert_eq!(world.held(), elasticsearch(std::slice::from_ref(&carrier)));
        let world = World::holding(elasticsearch(std::slice::from_ref(&carrier)));
        assert_eq!(
            world.outcomes(std::slice::from_ref(&role)),
            ["refused ambiguous"],
            "{role:?}"
        );
        let called_so = project("elasticsearch-viewer", "p1", &["Viewer"]);
        let world = World::holding(elasticsearch(&[called_so]));
        assert_eq!(
            world.outcomes(std::slice::from_ref(&role)),
            ["refused ambiguous"],
            "{role:?}"
        );
    }
    let world = World::holding(elasticsearch(&[bare, carrier]));
    assert_eq!(
        world.outcomes(&[name("Viewer")]),
        ["refused ambiguous"],
        "four kinds have one"
    );
    assert_eq!(world.outcomes(&[id("viewer")]), ["refused ambiguous"]);
    assert_eq!(world.outcomes(&[name("elasticsearch-viewer")]), ["refused ambiguous"]);
    assert_eq!(world.writes(), 0);
}

#[test]
fn a_wider_grant_is_found_at_the_place_that_an_entry_names() {
    let all = |role: &str, custom: &[&str]| json!({"organization_id": "org", "role_id": role, "all": true, "application_roles": custom});
    let world = World::holding(json!({
        "organization": [{"organization_id": "org", "role_id": "billing-admin"}],
        "project": {"elasticsearch": [all("viewer", &["alpha"]), all("developer", &[])]},
    }));
    let roles = [
        at(id("billing-admin"), "p9"),
        at(name("alpha"), "p9"),
        at(id("developer"), "p9"),
        at(in_group(name("Developer"), "elasticsearch"), "p9"),
        at(name("Billing admin"), "p9"),
    ];
    assert_eq!(world.outcomes(&roles), ["inherited inherited"; 5]);
    assert_eq!(world.writes(), 0);
}

#[test]
fn an_assignment_of_many_roles_at_many_places_is_not_multiplied_without_bounds() {
    let names: Vec<String> = (0..20_000).map(|n| format!("custom-{n}")).collect();
    let places: Vec<String> = (0..20_000).map(|n| format!("p{n}")).collect();
    let many = json!({
        "organization_id": "org", "role_id": "elasticsearch-viewer", "project_ids": places, "application_roles": names,
    });
    let world = World::holding(elasticsearch(&[many, project("elasticsearch-developer", "p1", &[])]));
    let roles = [id("elasticsearch-admin"), id("elasticsearch-developer")];
    assert_eq!(world.outcomes(&roles), ["unknown not_visible"; 2]);
    let answer = world.ask(&roles);
    let held = world.held()["project"]["elasticsearch"].as_array().unwrap().len();
    assert_eq!(held, 1, "{:?}", answer.unwrap_err().outcomes);
}

#[test]
fn a_thousand_entries_are_answered_by_one_scan_before_the_write() {
    let rows: Vec<_> = (0..1_000)
        .map(|n| project("elasticsearch-viewer", &format!("p{n}"), &[&format!("c{n}")]))
        .collect();
    let world = World::holding(elasticsearch(&rows));
    let roles: Vec<_> = (0..1_000).map(|n| name(&format!("c{n}"))).collect();
    assert_eq!(world.outcomes(&roles), vec!["removed"; 1_000]);
    assert_eq!(world.requests("GET", "/members"), 2);
    assert_eq!(world.writes(), 1);
}

#[test]
fn a_custom_role_with_a_plus_sign_is_found_by_its_name() {
    let viewer = || World::holding(elasticsearch(&[project("elasticsearch-viewer", "p1", &["ops+audit"])]));
    for role in [name("ops+audit"), both("elasticsearch-viewer+ops%2Baudit", "ops+audit")] {
        assert_eq!(viewer().outcomes(&[role]), ["removed"]);
    }
    // Another one, or two of them, has the parts in the other order.
    let outcomes = viewer().outcomes(&[name("audit+ops")]);
    assert!(
        !outcomes[0].starts_with("removed") && outcomes[0] != "already_absent",
        "{outcomes:?}"
    );
    let developer = World::holding(elasticsearch(&[project(
        "elasticsearch-developer",
        "p1",
        &["ops+audit"],
    )]));
    assert_eq!(developer.outcomes(&[name("ops+audit")]), ["refused would_widen"]);
}

#[test]
fn a_published_role_in_the_list_of_another_kind_has_its_display_name() {
    let misplaced = json!({"organization_id": "org", "role_id": "elasticsearch-developer"});
    let world = || World::holding(json!({"organization": [misplaced.clone()]}));
    let outcomes = world().outcomes(&[name("Developer")]);
    assert!(!outcomes[0].starts_with("already_absent"), "{outcomes:?}");
    let mut guarded = world();
    guarded.settings = json!({"organization_id": "org", "protected_roles": ["Developer"]});
    assert_eq!(
        guarded.outcomes(&[id("elasticsearch-developer")]),
        ["refused protected_role"]
    );
    let analyst = elasticsearch(&[project("t1_analyst", "p1", &[])]);
    let outcomes = World::holding(analyst).outcomes(&[name("Tier 1 analyst")]);
    assert!(!outcomes[0].starts_with("already_absent"), "{outcomes:?}");
}

#[test]
fn a_mapping_gives_a_role_again_as_an_application_role_too() {
    let mapping = |role: &str, application_roles: &[&str]| json!([{"enabled": true, "role_assignments": elasticsearch(&[project(role, "p1", application_roles)])}]);
    for (held, application_roles, mapped, given) in [
        ("elasticsearch-admin", &[][..], "elasticsearch-viewer", &["admin"][..]),
        ("elasticsearch-viewer", &["admin"], "elasticsearch-admin", &[]),
        (
            "elasticsearch-viewer",
            &["alpha"],
            "elasticsearch-developer",
            &["alpha"],
        ),
    ] {
        let row = project(held, "p1", application_roles);
        let world =
            World::holding(elasticsearch(&[row])).with(|organization| organization.mappings = mapping(mapped, given));
        let grants = world.read_user().grants;
        assert_eq!(grants.len(), 1, "{held}");
        assert!(
            grants[0].warnings.contains(&String::from("may_return_at_sso_login")),
            "{held}: {grants:?}"
        );
        let other = mapping(mapped, &["other"]);
        let row = project(held, "p2", application_roles);
        let world = World::holding(elasticsearch(&[row])).with(|organization| organization.mappings = other);
        assert!(world.read_user().grants[0].warnings.is_empty(), "{held}");
    }
}
