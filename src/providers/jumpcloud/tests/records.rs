//! Records that contradict themselves, one another, or the directory.

use std::{cell::Cell, rc::Rc};

use serde_json::{Value, json};

use crate::{
    contract::types::{OrganizationSelector, SideEffect},
    fake::{FakeTransport, Reaction},
};

use super::{
    case::Case,
    world::{ADMIN, HELP_DESK, HOME, MANAGER, NIGHTS, NORTH, READ_ONLY, USER, group, named, told, with_id},
};

fn two() -> Case {
    Case::holding(&[(HELP_DESK, "Help Desk"), (MANAGER, "Manager")])
}

#[test]
fn a_record_that_contradicts_itself_leaves_its_entries_unclear_and_the_others_alone() {
    let contradictions: [fn(&mut Value); 10] = [
        |record| record["roleNames"] = json!([]),
        |record| record["roles"] = json!([]),
        |record| record["roleName"] = json!("Read Only"),
        |record| record["role"] = json!(READ_ONLY),
        |record| record["roleNames"] = json!(["Help Desk"]),
        |record| record["roleNames"] = json!(["Help Desk", null]),
        |record| record["roles"] = json!([HELP_DESK, READ_ONLY]),
        |record| record["roles"] = json!([HELP_DESK, {}]),
        |record| record["roleNames"] = json!({"0": "Help Desk"}),
        |record| record["roleNames"] = json!(["Help Desk", 3]),
    ];
    for contradict in contradictions {
        let case = two()
            .allowing(&[SideEffect::DeleteAdministrator, SideEffect::LeaveGroup])
            .with(|world| {
                contradict(world.record());
                world.set_groups(&[("5c0000000000000000000001", "On Call", true)]);
            });
        let entries = [
            named("Help Desk"),
            named("Read Only"),
            with_id(MANAGER),
            group("On Call"),
        ];
        let answer = case.ask(&entries);
        let told = told(&answer);
        for entry in &told[..3] {
            assert!(matches!(entry.0, "unknown" | "refused"), "{told:?} {answer:?}");
        }
        assert_eq!(told[3], ("removed", ""), "{answer:?}");
        assert_eq!(case.writes(), 1);
    }
}

#[test]
fn a_role_that_stays_in_role_name_after_the_put_is_not_said_to_be_gone() {
    for fixed in [("roleName", json!("Help Desk")), ("role", json!(HELP_DESK))] {
        let case = two().with(|world| world.fixed.push(fixed));
        let answer = case.ask(&[named("Help Desk")]);
        assert_eq!(told(&answer), [("unverified", "not_settled")], "{answer:?}");
    }
}

#[test]
fn a_role_that_the_user_shows_and_the_record_lacks_is_not_said_to_be_gone() {
    let case = two().with(|world| {
        let user = world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap();
        user["admin"] = json!({"id": ADMIN, "roleName": "Read Only"});
    });
    let answer = case.ask(&[named("Read Only"), named("Help Desk")]);
    assert_eq!(
        told(&answer),
        [("unknown", "not_visible"), ("unknown", "not_visible")],
        "{answer:?}"
    );
    assert_eq!(case.writes(), 0);
}

#[test]
fn what_cannot_be_read_in_the_users_link_may_be_a_role_that_is_held() {
    for link in [
        json!({"id": ADMIN, "roleNames": ["Help Desk", "Manager", null]}),
        json!({"id": ADMIN, "roleNames": {"0": "Read Only"}}),
        json!({"id": ADMIN, "roleNames": ["Help Desk", "Manager"], "roles": [HELP_DESK, READ_ONLY]}),
    ] {
        let case = two().with(|world| {
            let user = world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap();
            user["admin"] = link.clone();
        });
        let answer = case.ask(&[named("Read Only"), named("Help Desk")]);
        let unknown = ("unknown", "not_visible");
        assert_eq!(told(&answer), [unknown, unknown], "{link}: {answer:?}");
        assert_eq!(case.writes(), 0);
    }
}

#[test]
fn a_set_that_changes_before_the_put_is_read_again() {
    let case = two().with(|world| {
        let mut changed = world.record().clone();
        changed["roleNames"] = json!(["Help Desk", "Manager", "Read Only"]);
        changed["roles"] = json!([HELP_DESK, MANAGER, READ_ONLY]);
        world.changes = vec![Value::Null, changed];
    });
    let answer = case.ask(&[named("Help Desk")]);
    assert_eq!(told(&answer), [("removed", "")], "{answer:?}");
    assert_eq!(case.held(), Some(vec!["Manager".to_owned(), "Read Only".to_owned()]));
}

#[test]
fn the_last_role_goes_with_the_administrator_only_if_the_guards_saw_it() {
    let case = || Case::holding(&[(HELP_DESK, "Help Desk")]);
    let answer = case().ask(&[named("Help Desk")]);
    assert_eq!(told(&answer), [("refused", "side_effect_not_allowed")]);
    let allowed = case().allowing(&[SideEffect::DeleteAdministrator]);
    let planned = allowed.plan(&[named("Help Desk")]).unwrap();
    assert_eq!(planned.planned_requests[0].method, "DELETE");
    assert_eq!(told(&allowed.ask(&[named("Help Desk")])), [("removed", "")]);
    assert_eq!(allowed.held(), None);
    // The other role goes meanwhile: no guard has seen that the administrator goes too.
    let case = two().allowing(&[SideEffect::DeleteAdministrator]).with(|world| {
        let mut changed = world.record().clone();
        changed["roleNames"] = json!(["Help Desk"]);
        changed["roles"] = json!([HELP_DESK]);
        world.changes = vec![Value::Null, changed];
    });
    let answer = case.ask(&[named("Help Desk")]);
    assert_eq!(told(&answer), [("not_attempted", "concurrent_change")], "{answer:?}");
    assert_eq!(case.writes(), 0);
}

#[test]
fn a_role_that_is_granted_while_the_token_is_renewed_stays() {
    let case = two().with_client().with(|world| {
        world.at_next_write = Some(Box::new(|world| {
            world.set_roles(&[(HELP_DESK, "Help Desk"), (MANAGER, "Manager"), (READ_ONLY, "Read Only")]);
            Reaction::Answer(401, Vec::new(), String::from("{}"))
        }));
    });
    let answer = case.ask(&[with_id(HELP_DESK)]);
    assert_eq!(told(&answer), [("removed", "")], "{answer:?}");
    assert_eq!(case.held().unwrap(), ["Manager", "Read Only"]);
    assert_eq!(case.writes(), 2);
}

#[test]
fn a_role_whose_id_stands_beside_the_names_of_others_is_not_said_to_be_gone() {
    for asked in [with_id(MANAGER), named("Manager"), named("Help Desk")] {
        let case = Case::holding(&[(HELP_DESK, "Help Desk"), (READ_ONLY, "Read Only")]).with(|world| {
            let record = world.record();
            record["roles"] = Value::Null;
            record["role"] = json!(MANAGER);
        });
        let answer = case.ask(&[asked]);
        assert_eq!(told(&answer), [("unknown", "not_visible")], "{answer:?}");
        assert_eq!(case.writes(), 0);
    }
}

#[test]
fn what_is_granted_meanwhile_is_not_said_to_be_absent() {
    let memberof = format!("/api/v2/users/{USER}/memberof");
    let case = two().allowing(&[SideEffect::LeaveGroup]).with(|world| {
        world.set_groups(&[(NIGHTS, "Nights", false)]);
        world.at_next_write = Some(Box::new(move |world| {
            world.set_roles(&[(MANAGER, "Manager")]);
            world.put(&memberof, json!([{"id": NIGHTS, "type": "user_group"}]));
            Reaction::Answer(200, Vec::new(), "{}".to_owned())
        }));
    });
    let answer = case.ask(&[named("Help Desk"), group("Nights")]);
    assert_eq!(
        told(&answer),
        [("removed", ""), ("not_attempted", "appeared_after_read")],
        "{answer:?}"
    );

    let links = format!("/api/v2/administrators/{ADMIN}/organizationlinks");
    let case = two().allowing(&[SideEffect::RemoveOrganizationAccess]).with(|world| {
        world.set_links(&[(HOME, "Home", true), (NORTH, "North", false)]);
        world.at_next_write = Some(Box::new(move |world| {
            world.put(&links, json!([{"administrator": ADMIN, "organization": NORTH}]));
            Reaction::Answer(200, Vec::new(), "{}".to_owned())
        }));
    });
    let organizations = [
        OrganizationSelector::Id(HOME.to_owned()),
        OrganizationSelector::Name("North".to_owned()),
    ];
    let answer = case.ask_organizations(&organizations);
    assert_eq!(
        told(&answer),
        [("removed", ""), ("not_attempted", "appeared_after_read")],
        "{answer:?}"
    );
}

#[test]
fn a_wait_that_the_read_before_the_put_is_told_is_kept() {
    let mut case = two();
    let far_end = Rc::clone(&case.world);
    let reads = Cell::new(0);
    case.transport = FakeTransport::new(move |seen| {
        let is_record = seen.method == "GET" && seen.url.ends_with(&format!("/api/users/{ADMIN}"));
        if is_record && reads.replace(reads.get() + 1) == 1 {
            return Reaction::Answer(429, vec![("retry-after", "60".to_owned())], "{}".to_owned());
        }
        far_end.borrow_mut().react(seen)
    });
    let failure = case.ask(&[named("Help Desk")]).unwrap_err();
    assert_eq!((failure.status, failure.retry_after), (429, Some(60)), "{failure:?}");
    assert_eq!(case.writes(), 0);
}
