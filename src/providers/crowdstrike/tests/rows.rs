//! The lists of grants, row by row.

use serde_json::{Value, json};

use crate::contract::types::{Outcome, Role, StrictScope};

use super::{CHILD, Case, HOME, NIGHT_SHIFT, Rule, Tenant, at, by_id, by_name, outcomes, reasons};

#[test]
fn an_id_that_only_spelling_tells_from_a_held_one_is_refused_and_never_revoked() {
    for spelling in [
        "EVENT_VIEWER",
        "Event Viewer",
        "event viewer",
        "event-viewer",
        "\u{ff25}vent_viewer",
    ] {
        let case = Case::new(Tenant::new(&["event_viewer"]));
        let answer = case.ask(&[by_id(spelling)]);
        assert_eq!(outcomes(&answer), [Outcome::Refused], "{spelling}");
        assert_eq!(reasons(&answer), [Some("ambiguous")]);
        assert!(case.holds(HOME, "event_viewer"));
        assert_eq!(case.revokes(), 0);
    }
}

#[test]
fn a_row_without_a_name_is_named_by_the_directory() {
    let nameless = || {
        let mut tenant = Tenant::new(&["event_viewer", "help_desk", NIGHT_SHIFT]);
        tenant.shown = |mut row| {
            row.as_object_mut().unwrap().remove("role_name");
            row
        };
        Case::new(tenant)
    };
    let case = nameless();
    assert_eq!(outcomes(&case.ask(&[by_name("event VIEWER")])), [Outcome::Removed]);
    assert!(!case.holds(HOME, "event_viewer") && case.holds(HOME, "help_desk"));

    let case = nameless();
    let contradiction = Role {
        name: Some(String::from("Help Desk")),
        ..by_id("event_viewer")
    };
    assert_eq!(
        reasons(&case.ask(std::slice::from_ref(&contradiction))),
        [Some("name_mismatch")]
    );
    assert!(case.holds(HOME, "event_viewer"));

    // Nothing tells the name.
    let case = nameless();
    case.tenant
        .borrow_mut()
        .rules
        .push(Rule::always("queries/roles", 403, "{}"));
    let answer = case.ask(&[by_name("Night Shift"), contradiction]);
    assert_eq!(outcomes(&answer), [Outcome::Unknown, Outcome::Refused], "{answer:?}");
    assert!(case.holds(HOME, "event_viewer") && case.holds(HOME, NIGHT_SHIFT));
    assert_eq!(case.revokes(), 0);
}

#[test]
fn a_row_that_cannot_be_read_is_no_absence_and_does_not_keep_the_others() {
    for broken in [
        json!(null),
        json!(["role_id", "event_viewer"]),
        json!("help_desk"),
        json!(7),
        json!({"uuid": super::ANN}),
        json!({"role_id": {"id": "help_desk"}, "cid": HOME}),
        json!({"role_id": "  ", "cid": HOME}),
        json!({"role_id": "help_desk", "cid": "none"}),
        json!({"role_id": "help_desk", "cid": {"id": HOME}}),
        json!({"role_id": "help_desk", "uuid": "6f1e2a30-0000-4000-8000-00000000b002"}),
        json!({"role_id": "help_desk", "grant_type": {}}),
        json!({"role_id": "help_desk", "user_group_id": [1]}),
    ] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        let rows = json!([tenant.rows[0], broken]);
        let list = json!({"meta": {"pagination": {"total": 2}}, "resources": rows});
        tenant
            .rules
            .push(Rule::always("combined/user-roles", 200, list).times(1));
        let case = Case::new(tenant);
        let answer = case.ask(&[by_id("event_viewer"), by_id("help_desk")]);
        // A row without an id may be another grant of any role.
        let names_id = broken["role_id"] == "help_desk";
        let first = if names_id { Outcome::Removed } else { Outcome::Unknown };
        assert_eq!(outcomes(&answer), [first, Outcome::Unknown], "{broken}: {answer:?}");
        assert_eq!(reasons(&answer)[1], Some("not_visible"), "{broken}");
        assert!(!case.holds(HOME, "event_viewer"));
        assert_eq!(case.revokes(), 1, "what may be held is not probed: {broken}");
    }
}

#[test]
fn numbers_and_spelling_in_a_row_are_read_and_unknown_keys_are_ignored() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.shown = |mut row| {
        row["cid"] = json!(format!(" {}-1F ", HOME.to_uppercase()));
        row["uuid"] = json!(super::ANN.to_uppercase());
        row["grant_type"] = json!("Direct");
        row["expires_at"] = json!(9_007_199_254_740_993_u64);
        row["surprise"] = json!({"role_id": "help_desk"});
        row
    };
    let case = Case::new(tenant);
    assert_eq!(outcomes(&case.ask(&[by_id("event_viewer")])), [Outcome::Removed]);
}

#[test]
fn a_temporary_grant_goes_and_its_end_is_said() {
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.rows[0]["expires_at"] = json!("2026-03-01T12:00:00+01:00");
    let case = Case::new(tenant);
    let success = case.ask(&[by_id("event_viewer")]).unwrap();
    let grant = &success.outcomes[0].grants[0];
    assert_eq!(grant.warnings, ["expires_at:2026-03-01T11:00:00Z"]);
    assert!(!case.holds(HOME, "event_viewer"));
    // No date of a document ends the call.
    for date in ["9999-12-31T23:59:59-01:00", "soon", ""] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        tenant.rows[0]["expires_at"] = json!(date);
        assert_eq!(
            outcomes(&Case::new(tenant).ask(&[by_id("event_viewer")])),
            [Outcome::Removed]
        );
    }
}

#[test]
fn several_rows_of_one_grant_are_one_grant() {
    // A permanent and a temporary row, and one that names the role otherwise, or not at all.
    for strict_scope in [StrictScope::Strict, StrictScope::Lenient] {
        let mut tenant = Tenant::new(&["event_viewer", "help_desk"]);
        for (key, value) in [
            ("expires_at", json!("2026-03-01T12:00:00Z")),
            ("role_name", json!("Event Watcher")),
            ("role_name", json!(null)),
        ] {
            let mut row = tenant.rows[0].clone();
            row[key] = value;
            tenant.rows.push(row);
        }
        let mut case = Case::new(tenant);
        case.options.strict_scope = strict_scope;
        let reading = case.read_user().unwrap();
        assert_eq!(reading.grants.len(), 2);
        let success = case.ask(&[by_name("event watcher")]).unwrap();
        let [grant] = success.outcomes[0].grants.as_slice() else {
            panic!("{success:?}")
        };
        assert_eq!(grant.role_name.as_deref(), Some("Event Viewer"));
        assert_eq!(grant.warnings, ["expires_at:2026-03-01T12:00:00Z"]);
        assert!(!case.holds(HOME, "event_viewer") && case.holds(HOME, "help_desk"));
    }
    // A role through two groups names both.
    let mut tenant = Tenant::new(&["help_desk", "help_desk"]);
    for (row, group) in tenant.rows.iter_mut().zip(["Blue Team", "Red Team"]) {
        row["user_group_name"] = json!(group);
    }
    let failure = Case::new(tenant).ask(&[by_id("help_desk")]).unwrap_err();
    let [grant] = failure.outcomes[0].grants.as_slice() else {
        panic!("{failure:?}")
    };
    let via: Vec<Option<&str>> = grant.via.iter().map(|via| via.name.as_deref()).collect();
    assert_eq!(via, [Some("Blue Team"), Some("Red Team")]);
    assert_eq!(failure.user.unwrap().groups.len(), 2);
}

#[test]
fn an_empty_group_is_none_and_a_group_without_an_id_is_one() {
    let mut tenant = Tenant::new(&["event_viewer", "help_desk", "dashboard_admin"]);
    for key in ["user_group_id", "user_group_name", "cid_group_id", "cid_group_name"] {
        tenant.rows[0][key] = json!("");
    }
    tenant.rows[1]["user_group_name"] = json!("Blue Team");
    tenant.rows[2]["grant_type"] = json!("indirect");
    tenant.rows[2]["cid_group_id"] = json!("g1");
    let case = Case::new(tenant);
    let answer = case.ask(&[by_id("event_viewer"), by_id("help_desk"), by_id("dashboard_admin")]);
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed, Outcome::Inherited, Outcome::Inherited],
        "{answer:?}"
    );
    let failure = answer.unwrap_err();
    assert_eq!(failure.outcomes[1].grants[0].via[0].name.as_deref(), Some("Blue Team"));
    assert_eq!(failure.user.unwrap().groups.len(), 1);
}

#[test]
fn a_row_without_a_cid_belongs_to_the_home_cid_only_if_that_shows_it_too() {
    let bare = |mut row: Value| {
        for key in ["cid", "uuid", "grant_type"] {
            row.as_object_mut().unwrap().remove(key);
        }
        row
    };
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.shown = bare;
    let case = Case::new(tenant);
    assert_eq!(outcomes(&case.ask(&[by_id("event_viewer")])), [Outcome::Removed]);

    // The CID in view is another one, and nothing says which.
    let mut tenant = Tenant::new(&[]);
    tenant.view = CHILD;
    tenant.grant(CHILD, "event_viewer");
    tenant.shown = bare;
    let case = Case::new(tenant);
    let answer = case.ask(&[by_id("event_viewer")]);
    assert_eq!(outcomes(&answer), [Outcome::Unknown], "{answer:?}");
    assert!(case.holds(CHILD, "event_viewer"));
    assert_eq!(case.revokes(), 0);
}

#[test]
fn a_list_is_whole_only_by_its_own_count() {
    // (what it counts, at which read; the status)
    let contradictions: [fn(usize, usize) -> Value; 4] = [
        |rows, _| json!(rows + 1),
        |rows, _| json!(rows - 1),
        |_, _| json!(0),
        |_, _| json!(1_000_000_000_000_000_000_u64),
    ];
    for total in contradictions {
        let mut tenant = Tenant::new(&["event_viewer", "help_desk"]);
        tenant.total = total;
        let case = Case::new(tenant);
        let failure = case.ask(&[by_id("dashboard_admin")]).unwrap_err();
        assert_eq!((failure.status, failure.sent), (502, false), "{}", failure.message);
        assert!(case.calls("combined/user-roles") < 20);
        assert!(
            case.transport.elapsed() >= std::time::Duration::from_millis(250),
            "asked again after a pause"
        );
    }
    // Without a count it ends where a page has no rows.
    for total in [
        |_: usize, _: usize| json!(null),
        |_, _| json!("many"),
        |rows: usize, _| json!(rows.to_string()),
    ] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        tenant.total = total;
        assert_eq!(
            outcomes(&Case::new(tenant).ask(&[by_id("event_viewer")])),
            [Outcome::Removed]
        );
    }
}

#[test]
fn a_list_with_an_error_in_any_shape_beside_it_is_no_list() {
    for error in [
        json!({"error": "internal"}),
        json!({"code": 500}),
        json!({"errorMessage": "no"}),
    ] {
        for (path, asked) in [
            ("combined/user-roles", by_id("help_desk")),
            ("queries/roles/v1", by_name("No Such Role")),
            ("users/GET", by_id("help_desk")),
        ] {
            let mut body = json!({"meta": {"pagination": {"total": 0}}, "resources": []});
            body.as_object_mut().unwrap().extend(error.as_object().unwrap().clone());
            let mut tenant = Tenant::new(&["event_viewer"]);
            tenant.rules.push(Rule::always(path, 200, &body));
            let failure = Case::new(tenant).ask(&[asked]).unwrap_err();
            assert_eq!(
                (failure.status, failure.retryable, failure.sent),
                (502, true, false),
                "{path} {body}: {failure:?}"
            );
        }
    }
}

#[test]
fn a_count_that_cannot_be_read_makes_no_list_without_pages_whole() {
    let total = |total: Value| json!({"pagination": {"total": total}});
    for meta in [
        total(json!("many")),
        total(json!(-1)),
        total(json!([7])),
        total(json!(2.5)),
        json!({"pagination": 7}),
        json!("none"),
    ] {
        let list = |rows: Value| json!({"meta": meta, "resources": rows});
        let mut tenant = Tenant::new(&["event_viewer"]);
        tenant
            .rules
            .push(Rule::always("queries/roles/v1", 200, list(json!(["event_viewer"]))));
        let answer = Case::new(tenant).ask(&[by_name("Night Watch")]);
        assert_eq!(outcomes(&answer), [Outcome::Unknown], "{meta}: {answer:?}");

        for (path, rows, user) in [
            ("users/GET", json!([]), super::ANN),
            ("users/GET", json!([Tenant::new(&[]).user]), super::ANN),
            ("queries/users", json!([super::ANN]), "ann@example.com"),
            ("queries/users", json!([]), "ann@example.com"),
        ] {
            let mut tenant = Tenant::new(&["event_viewer"]);
            tenant.rules.push(Rule::always(path, 200, list(rows)));
            let failure = Case::new(tenant).ask_for(user, &[by_id("event_viewer")]).unwrap_err();
            assert_eq!(
                (failure.status, failure.sent),
                (502, false),
                "{path} {meta}: {failure:?}"
            );
        }

        // Somebody else may be counted, who would tell which CID is in view.
        let mut tenant = Tenant::new(&[]);
        tenant.view = CHILD;
        tenant.has_others = false;
        tenant
            .rules
            .push(Rule::always("last_login_at", 200, list(json!([super::ANN]))));
        let answer = Case::new(tenant).ask(&[by_id("help_desk")]);
        assert_eq!(outcomes(&answer), [Outcome::Unknown], "{meta}: {answer:?}");
    }
    // Without one, a list without pages is what it shows.
    for meta in [json!(null), json!({}), json!({"pagination": null}), total(json!(null))] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        let rows = json!({"meta": meta, "resources": ["event_viewer"]});
        tenant.rules.push(Rule::always("queries/roles/v1", 200, rows));
        let answer = Case::new(tenant).ask(&[by_name("Night Watch")]);
        assert_eq!(outcomes(&answer), [Outcome::NotFound], "{meta}: {answer:?}");
    }
}

fn many(count: usize) -> Tenant {
    let mut tenant = Tenant::new(&["event_viewer"]);
    for n in 0..count {
        let id = format!("{n:032x}");
        for roles in tenant.roles.values_mut() {
            roles.push((id.clone(), format!("Role {n}")));
        }
        tenant.rows.push(json!({
            "role_id": id, "role_name": format!("Role {n}"), "uuid": super::ANN, "cid": HOME, "grant_type": "direct"
        }));
    }
    tenant
}

#[test]
fn a_list_that_changes_while_it_is_paged_is_read_again_and_then_given_up() {
    let mut tenant = many(700);
    tenant.total = |rows, read| json!(if read == 1 { rows + 1 } else { rows });
    let case = Case::new(tenant);
    assert_eq!(outcomes(&case.ask(&[by_id("event_viewer")])), [Outcome::Removed]);

    let mut tenant = many(700);
    tenant.total = |rows, read| json!(rows + read % 2);
    let case = Case::new(tenant);
    let failure = case.ask(&[by_id("event_viewer")]).unwrap_err();
    assert_eq!((failure.status, failure.retryable, failure.sent), (502, true, false));
    assert!(case.holds(HOME, "event_viewer"));
}

#[test]
fn a_row_that_moves_between_two_pages_hides_another_one() {
    let mut tenant = many(700);
    let page = |rows: &[Value]| json!({"meta": {"pagination": {"total": 701}}, "resources": rows});
    let (first, second) = (page(&tenant.rows[..500]), page(&tenant.rows[499..700]));
    tenant.rules.push(Rule::always("offset=500", 200, second));
    tenant.rules.push(Rule::always("offset=0", 200, first));
    let case = Case::new(tenant);
    let failure = case.ask(&[by_id("dashboard_admin")]).unwrap_err();
    assert_eq!((failure.status, failure.sent), (502, false));
}

#[test]
fn rows_that_are_equal_on_one_page_do_not_end_the_call() {
    for broken in [json!(null), json!({"uuid": super::ANN})] {
        let mut tenant = many(600);
        tenant.rows[3] = tenant.rows[2].clone();
        tenant.rules = pages(&[
            [&tenant.rows[..500], &[]].concat(),
            [&tenant.rows[500..601], &[broken.clone(), broken.clone()]].concat(),
        ]);
        let case = Case::new(tenant);
        let answer = case.ask(&[at(HOME, by_id("event_viewer")), at(HOME, by_id("help_desk"))]);
        assert_eq!(
            (outcomes(&answer), case.revokes()),
            (vec![Outcome::Unknown; 2], 1),
            "{broken}: {answer:?}"
        );
    }
    // A row that shows nothing by which it could be known again may be another one.
    let mut tenant = many(600);
    tenant.rules = pages(&[
        [&tenant.rows[..499], &[json!(null)]].concat(),
        [&tenant.rows[499..601], &[json!(null)]].concat(),
    ]);
    let answer = Case::new(tenant).ask(&[at(HOME, by_id("help_desk"))]);
    assert_eq!(reasons(&answer), [Some("not_visible")], "{answer:?}");
}

/// The list of grants in two pages, once read.
fn pages(pages: &[Vec<Value>; 2]) -> Vec<Rule> {
    let total: usize = pages.iter().map(Vec::len).sum();
    let page = |rows: &[Value]| json!({"meta": {"pagination": {"total": total}}, "resources": rows});
    vec![
        Rule::always("offset=500", 200, page(&pages[1])),
        Rule::always("offset=0", 200, page(&pages[0])),
    ]
}

#[test]
fn every_page_is_read() {
    let case = Case::new(many(1_200));
    let answer = case.ask(&[
        by_name("Role 1199"),
        at(CHILD, by_id("help_desk")),
        by_name("Night Shift"),
    ]);
    assert_eq!(
        outcomes(&answer),
        [Outcome::Removed, Outcome::AlreadyAbsent, Outcome::AlreadyAbsent]
    );
    assert_eq!(answer.unwrap().user.roles.len(), 1_200);
}

#[test]
fn rows_that_name_no_cid_do_not_make_the_home_cid_the_one_in_view() {
    // The list of the CID in view leaves out a role that is held there. Others tell which CID that is, or their rows do not either.
    for is_told in [true, false] {
        let mut tenant = Tenant::new(&["event_viewer"]);
        tenant.view = CHILD;
        tenant.grant(CHILD, "event_viewer");
        tenant.grant(CHILD, "help_desk");
        let stale = json!({
            "meta": {"pagination": {"total": 1}},
            "resources": [{"role_id": "event_viewer", "role_name": "Event Viewer", "uuid": super::ANN, "grant_type": "direct"}],
        });
        let in_view = "user_uuid=6f1e2a30-0000-4000-8000-00000000a001&limit";
        tenant.rules.push(Rule::always(in_view, 200, stale));
        if !is_told {
            tenant.shown = |mut row| {
                row.as_object_mut().unwrap().remove("cid");
                row
            };
        }
        let case = Case::new(tenant);
        let answer = case.ask(&[by_id("help_desk")]);
        let expected = if is_told {
            Outcome::AlreadyAbsent
        } else {
            Outcome::Unknown
        };
        assert_eq!(outcomes(&answer), [expected], "{answer:?}");
        assert_eq!(case.holds(CHILD, "help_desk"), !is_told);
        assert_eq!(case.revokes() > 0, is_told);
    }
}
