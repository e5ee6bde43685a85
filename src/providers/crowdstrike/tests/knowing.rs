//! What a user holds, before and after: reading, verifying, everything, and the roles that there are.

use serde_json::{Value, json};

use crate::contract::types::{
    GrantKind, GrantSelector, HeldGrant, Mode, Obstacle, Outcome, Removable, Role, ScopeKind,
};

use super::{ANN, CHILD, Case, HOME, NIGHT_SHIFT, Rule, Tenant, by_id, entries, outcomes, reasons};

/// Ann's roles at home and in the child CID, which is in view: two directly, one through a group, and one in both ways.
fn in_two_cids() -> Tenant {
    let mut tenant = Tenant::new(&["event_viewer", NIGHT_SHIFT]);
    tenant.view = CHILD;
    tenant.grant(CHILD, "event_viewer");
    tenant.grant(CHILD, "help_desk");
    for role in ["help_desk", "dashboard_admin"] {
        tenant.rows.push(json!({
            "role_id": role, "role_name": role, "uuid": ANN, "cid": CHILD, "grant_type": "indirect",
            "user_group_id": "g1", "user_group_name": "Blue Team",
        }));
    }
    tenant
}

fn selected(grant: &HeldGrant) -> Role {
    match grant.selector.clone() {
        Some(GrantSelector::Role(role)) => role.into(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_reading_shows_every_grant_in_view_and_at_home() {
    let case = Case::new(in_two_cids());
    let reading = case.read_user().unwrap();
    assert!(reading.whole && reading.unread.is_empty() && reading.warnings.is_empty());
    let mut shown: Vec<_> = reading
        .grants
        .iter()
        .map(|grant| {
            assert_eq!(grant.kind, GrantKind::Role);
            let cid = grant.scope.organization.as_deref().unwrap();
            (cid, grant.role_id.as_str(), grant.direct)
        })
        .collect();
    shown.sort_unstable();
    assert_eq!(
        shown,
        [
            (HOME, "event_viewer", true),
            (HOME, NIGHT_SHIFT, true),
            (CHILD, "dashboard_admin", false),
            (CHILD, "event_viewer", true),
            (CHILD, "help_desk", false),
            (CHILD, "help_desk", true),
        ]
    );
    for grant in &reading.grants {
        let expected = if grant.direct {
            Removable::Yes
        } else {
            assert_eq!(grant.via[0].name.as_deref(), Some("Blue Team"));
            Removable::No(Obstacle::Inherited)
        };
        assert_eq!(grant.removable, expected);
    }
    assert_eq!(reading.user.id, ANN);
    assert_eq!(case.revokes(), 0);
}

#[test]
fn each_selector_sent_back_plans_its_grant_and_nothing_else() {
    let case = Case::new(in_two_cids()).dry_run();
    let reading = case.read_user().unwrap();
    let direct: Vec<&HeldGrant> = reading.grants.iter().filter(|grant| grant.direct).collect();
    assert_eq!(direct.len(), 4);
    for grant in direct {
        let answer = case.ask(&[selected(grant)]);
        let grants = &entries(&answer)[0].grants;
        let planned: Vec<_> = grants.iter().filter(|one| one.outcome == Outcome::Planned).collect();
        assert_eq!(planned.len(), 1, "{answer:?}");
        assert_eq!((&planned[0].role_id, &planned[0].scope), (&grant.role_id, &grant.scope));
        // What the group gives is said, and stays.
        assert!(
            grants
                .iter()
                .all(|one| one.role_id == grant.role_id && one.scope == grant.scope)
        );
    }
    assert_eq!(case.revokes(), 0);
}

#[test]
fn a_reading_names_the_roles_whose_rows_do_not() {
    let mut tenant = Tenant::new(&["event_viewer", NIGHT_SHIFT]);
    tenant.shown = |mut row| {
        row.as_object_mut().unwrap().remove("role_name");
        row
    };
    let case = Case::new(tenant);
    let names = |reading: &crate::contract::types::UserReading| -> Vec<Option<String>> {
        reading.grants.iter().map(|grant| grant.role_name.clone()).collect()
    };
    let reading = case.read_user().unwrap();
    assert_eq!(
        names(&reading),
        [Some("Event Viewer".into()), Some("Night Shift".into())]
    );
    assert_eq!(reading.user.roles[0].name.as_deref(), Some("Event Viewer"));
    // A directory that cannot be read takes only the names away.
    case.tenant
        .borrow_mut()
        .rules
        .push(Rule::always("queries/roles", 403, "{}"));
    let reading = case.read_user().unwrap();
    assert_eq!((reading.whole, names(&reading)), (true, vec![None, None]));
}

#[test]
fn a_large_user_costs_no_call_for_each_grant() {
    let mut tenant = Tenant::new(&[]);
    for n in 0..2_000 {
        let id = format!("{n:032x}");
        let role = (id.clone(), format!("Role {n}"));
        tenant.roles.get_mut(HOME).unwrap().push(role);
        tenant.grant(HOME, &id);
    }
    tenant.shown = |mut row| {
        row.as_object_mut().unwrap().remove("role_name");
        row
    };
    let case = Case::new(tenant);
    let reading = case.read_user().unwrap();
    assert_eq!(reading.grants.len(), 2_000);
    assert!(
        reading
            .grants
            .iter()
            .all(|grant| grant.selector.is_some() && grant.role_name.is_some())
    );
    // Token, user, four pages of grants, the ids of the directory and three requests for their names.
    assert_eq!(case.transport.seen.borrow().len(), 10);

    // Nothing names them: their ids select them all the same.
    case.tenant
        .borrow_mut()
        .rules
        .push(Rule::always("queries/roles", 403, "{}"));
    let reading = case.read_user().unwrap();
    assert!(
        reading
            .grants
            .iter()
            .all(|grant| grant.selector.is_some() && grant.role_name.is_none())
    );
}

#[test]
fn verify_says_what_the_reading_proves_and_sends_nothing() {
    let mut tenant = in_two_cids();
    tenant.rows.retain(|row| row["role_id"] != NIGHT_SHIFT);
    let mut case = Case::new(tenant);
    case.options.mode = Mode::Verify;
    let answer = case.ask(&[
        by_id("event_viewer"),
        by_id("dashboard_admin"),
        by_id(NIGHT_SHIFT),
        by_id("no_such_role"),
    ]);
    assert_eq!(
        outcomes(&answer),
        [
            Outcome::Held,
            Outcome::Inherited,
            Outcome::AlreadyAbsent,
            Outcome::NotFound
        ],
        "{answer:?}"
    );
    assert!(
        entries(&answer)[2].grants[0]
            .warnings
            .contains(&String::from("not_probed"))
    );
    assert_eq!(answer.unwrap_err().status, 422);
    let success = case.ask(&[by_id(NIGHT_SHIFT)]).unwrap();
    assert_eq!(success.outcomes[0].outcome, Outcome::AlreadyAbsent);
    assert_eq!(case.revokes(), 0);
}

#[test]
fn verify_without_anything_shown_needs_a_probe() {
    let mut case = Case::new(Tenant::new(&[]));
    case.options.mode = Mode::Verify;
    let answer = case.ask(&[by_id("event_viewer")]);
    assert_eq!(
        (outcomes(&answer), reasons(&answer)),
        (vec![Outcome::Unknown], vec![Some("needs_probe")])
    );
    // A place that is not seen is no better.
    let denied = json!({"errors": [{"code": 403, "message": "access denied, authorization failed"}]});
    let mut tenant = in_two_cids();
    tenant
        .rules
        .push(Rule::always("&cid=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 403, denied));
    let mut case = Case::new(tenant);
    case.options.mode = Mode::Verify;
    assert_eq!(outcomes(&case.ask(&[by_id(NIGHT_SHIFT)])), [Outcome::Unknown]);
    assert_eq!(case.revokes(), 0);
}

#[test]
fn everything_takes_what_is_shown_in_both_cids() {
    let mut tenant = in_two_cids();
    tenant.rows.retain(|row| row["grant_type"] == "direct");
    let mut case = Case::new(tenant);
    let success = case.everything().unwrap();
    assert_eq!(success.outcomes.len(), 4);
    assert!(success.outcomes.iter().all(|entry| entry.outcome == Outcome::Removed));
    assert!(case.tenant.borrow().rows.is_empty());
    assert_eq!(case.revokes(), 2, "one for each CID");
}

#[test]
fn what_a_group_gives_stays_and_keeps_everything_from_being_a_success() {
    let mut case = Case::new(in_two_cids());
    let failure = case.everything().unwrap_err();
    assert_eq!(failure.status, 422);
    let inherited = failure
        .outcomes
        .iter()
        .filter(|entry| entry.outcome == Outcome::Inherited);
    assert_eq!(inherited.count(), 2, "{:?}", failure.outcomes);
    assert!(
        case.tenant
            .borrow()
            .rows
            .iter()
            .all(|row| row["grant_type"] == "indirect")
    );
}

#[test]
fn what_is_not_shown_keeps_a_reading_from_being_whole_and_everything_from_being_a_success() {
    let hidden = |tenant: &mut Tenant| {
        let denied = json!({"errors": [{"code": 403, "message": "access denied, authorization failed"}]});
        tenant
            .rules
            .push(Rule::always("&cid=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 403, denied));
    };
    let homeless = |tenant: &mut Tenant| tenant.user["cid"] = json!(null);
    let unread = |tenant: &mut Tenant| tenant.rows.push(json!({"cid": HOME, "uuid": ANN, "role_id": {}}));
    let spoilt: [&dyn Fn(&mut Tenant); 3] = [&hidden, &homeless, &unread];
    for spoil in spoilt {
        let mut tenant = Tenant::new(&[]);
        tenant.view = CHILD;
        tenant.grant(CHILD, "event_viewer");
        spoil(&mut tenant);
        let mut case = Case::new(tenant);
        let reading = case.read_user().unwrap();
        assert!(!reading.whole && reading.unread.len() == 1, "{:?}", reading.unread);
        assert!(reading.warnings.contains(&String::from("roles_not_whole")));
        let answer = case.everything();
        assert_eq!(outcomes(&answer), [Outcome::Removed, Outcome::Unknown], "{answer:?}");
        assert!(answer.is_err() && !case.holds(CHILD, "event_viewer"));
    }
}

fn row(role: &str, grant_type: &str) -> Value {
    json!({"role_id": role, "uuid": ANN, "cid": HOME, "grant_type": grant_type})
}

fn of_three(rows: Value) -> Value {
    json!({"meta": {"pagination": {"total": 3}}, "resources": rows})
}

const LISTS: &str = "combined/user-roles";

/// The first list has a row that says nothing beside the role that is to go.
fn with_an_unread_row_first() -> Tenant {
    let mut tenant = Tenant::new(&["event_viewer"]);
    let rows = json!([null, row("event_viewer", "direct"), row("help_desk", "indirect")]);
    tenant.rules.push(Rule {
        times: 1,
        ..Rule::always(LISTS, 200, of_three(rows))
    });
    tenant
}

/// Every revoke is acknowledged, and has no effect.
fn assert_nothing_is_removed(mut tenant: Tenant) {
    tenant
        .rules
        .push(Rule::always("user-role-actions", 200, json!({"errors": []})));
    let answer = Case::new(tenant).everything();
    assert!(!outcomes(&answer).contains(&Outcome::Removed), "{answer:?}");
}

#[test]
fn a_row_that_says_nothing_does_not_stand_for_another_one() {
    // The unread row is another role first, and the one that was to go afterwards.
    let mut tenant = with_an_unread_row_first();
    tenant.rules.push(Rule::always(
        LISTS,
        200,
        of_three(json!([
            row("dashboard_admin", "direct"),
            null,
            row("help_desk", "indirect")
        ])),
    ));
    assert_nothing_is_removed(tenant);
}

#[test]
fn a_second_row_that_says_nothing_is_another_row() {
    let mut tenant = with_an_unread_row_first();
    tenant.rules.push(Rule::always(
        LISTS,
        200,
        of_three(json!([null, null, row("help_desk", "indirect")])),
    ));
    assert_nothing_is_removed(tenant);
}

#[test]
fn what_appears_through_a_group_is_inherited_and_no_repeat_removes_it() {
    let row = |grant_type: &str| json!({"role_id": "event_viewer", "uuid": ANN, "cid": HOME, "grant_type": grant_type, "user_group_id": "g1"});
    let list = |row: serde_json::Value| json!({"meta": {"pagination": {"total": 1}}, "resources": [row]});
    let mut tenant = Tenant::new(&["event_viewer"]);
    tenant.rules.push(Rule {
        times: 1,
        ..Rule::always("combined/user-roles", 200, list(row("direct")))
    });
    tenant
        .rules
        .push(Rule::always("combined/user-roles", 200, list(row("indirect"))));
    let mut case = Case::new(tenant);
    let answer = case.everything();
    let failure = answer.unwrap_err();
    assert_eq!((failure.status, failure.retryable), (422, false), "{failure:?}");
    assert!(
        failure.outcomes.iter().any(|entry| entry.outcome == Outcome::Inherited),
        "{failure:?}"
    );
}

#[test]
fn a_user_who_is_counted_and_not_shown_is_not_unknown() {
    for resources in [json!([]), json!(null)] {
        let hidden = json!({"meta": {"pagination": {"total": 1}}, "resources": resources, "errors": []});
        let mut tenant = Tenant::new(&["event_viewer"]);
        tenant.rules.push(Rule::always("entities/users/GET", 200, hidden));
        let failure = Case::new(tenant).ask(&[super::by_id("event_viewer")]).unwrap_err();
        assert_eq!(failure.status, 502, "{failure:?}");
    }
}

#[test]
fn two_documents_of_a_user_that_differ_tell_neither_who_it_is_nor_where() {
    let user = |uid: &str, cid: &str| json!({"uuid": ANN, "uid": uid, "cid": cid, "status": "active"});
    for (second, is_same) in [
        (user("ceo@example.com", HOME), false),
        (user("ann@example.com", CHILD), false),
        (user("ann@example.com", HOME), true),
    ] {
        let both = json!({"resources": [user("ann@example.com", HOME), second], "errors": []});
        let mut tenant = Tenant::new(&["event_viewer"]);
        tenant.rules.push(Rule::always("entities/users/GET", 200, both));
        let case = Case::new(tenant);
        let answer = case.ask(&[super::by_id("event_viewer")]);
        assert_eq!((answer.is_ok(), case.revokes() == 1), (is_same, is_same), "{answer:?}");
    }
}

#[test]
fn an_empty_list_proves_nothing() {
    for mode in [Mode::Revoke, Mode::Verify, Mode::Plan] {
        let mut case = Case::new(Tenant::new(&[]));
        case.options.mode = mode;
        let answer = case.everything();
        assert_eq!(
            (outcomes(&answer), reasons(&answer)),
            (vec![Outcome::Unknown], vec![Some("not_visible")])
        );
        assert!(answer.is_err());
        assert_eq!(case.revokes(), 0);
    }
}

#[test]
fn the_roles_of_the_cid_in_view_are_listed_without_a_user() {
    let case = Case::new(Tenant::new(&["event_viewer"]));
    let list = case.list_roles().unwrap();
    assert!(list.whole && list.unread.is_empty());
    assert_eq!(list.roles.len(), 4);
    assert!(
        list.roles
            .iter()
            .all(|role| role.removable && role.scopes == [ScopeKind::Organization])
    );
    let custom = list
        .roles
        .iter()
        .find(|role| role.id.as_deref() == Some(NIGHT_SHIFT))
        .unwrap();
    assert_eq!(custom.name.as_deref(), Some("Night Shift"));
    assert_eq!((case.calls("users"), case.calls("combined")), (0, 0));
}

#[test]
fn a_role_that_stands_in_the_directory_twice_is_listed_once() {
    let role = |id: &str, name: &str| (id.to_owned(), name.to_owned());
    let mut tenant = Tenant::new(&[]);
    tenant
        .roles
        .get_mut(HOME)
        .unwrap()
        .extend([role("event_viewer", "Event Viewer"), role(NIGHT_SHIFT, "Night Watch")]);
    let list = Case::new(tenant).list_roles().unwrap();
    // Two names of one id stay two.
    assert_eq!((list.whole, list.roles.len()), (true, 5), "{list:?}");
}

#[test]
fn a_custom_role_belongs_to_its_cid_and_what_is_not_described_is_said() {
    let mut tenant = Tenant::new(&[]);
    let described = json!({"resources": [
        {"id": "event_viewer", "display_name": "Event Viewer", "type": "default", "cid": HOME},
        {"id": NIGHT_SHIFT, "display_name": "Night Shift", "type": "custom", "cid": HOME},
        null,
    ]});
    tenant.rules.push(Rule::always("roles/GET/v2", 200, described));
    let case = Case::new(tenant);
    let list = case.list_roles().unwrap();
    assert!(!list.whole && list.unread.len() == 1);
    assert_eq!(list.roles.len(), 4, "an id without a description is a role, too");
    let home = |id: &str| {
        let role = list.roles.iter().find(|role| role.id.as_deref() == Some(id)).unwrap();
        role.scope.organization.clone()
    };
    assert_eq!((home("event_viewer"), home(NIGHT_SHIFT)), (None, Some(HOME.to_owned())));

    case.tenant
        .borrow_mut()
        .rules
        .insert(0, Rule::always("queries/roles", 403, "{}"));
    assert_eq!(case.list_roles().unwrap_err().status, 403);
}
