//! Reads that fail, organizations that are not the account's, and answers to a write that are none.

use serde_json::{Value, json};

use crate::{
    contract::types::{FailureKind, SideEffect},
    fake::Reaction,
};

use super::{
    case::Case,
    world::{ADMIN, HELP_DESK, HOME, MANAGER, NIGHTS, NORTH, OWNERS, ROOT, USER, World, entries, group, named, told},
};

fn outcomes(told: &[(&'static str, &str)]) -> Vec<&'static str> {
    told.iter().map(|(outcome, _)| *outcome).collect()
}

#[test]
fn groups_that_cannot_be_read_keep_the_entries_that_name_one() {
    let memberships = format!("/api/v2/users/{USER}/memberof");
    for (path, status, alone) in [
        ("/api/v2/usergroups", 500, 502),
        ("/api/v2/usergroups", 400, 422),
        (&memberships, 500, 502),
        (&memberships, 400, 422),
    ] {
        let case = || {
            Case::holding(&[(HELP_DESK, "Help Desk"), (MANAGER, "Manager")])
                .allowing(&[SideEffect::LeaveGroup])
                .with(|world| {
                    world.set_groups(&[(NIGHTS, "Nights", true)]);
                    world.instead.insert(path.to_owned(), (status, String::from("{}")));
                })
        };
        let answer = case().ask(&[named("Help Desk"), group("Nights")]);
        assert_eq!(
            outcomes(&told(&answer)),
            ["removed", "not_attempted"],
            "{path} {status}: {answer:?}"
        );
        assert_eq!(case().ask(&[group("Nights")]).unwrap_err().status, alone, "{path}");
    }
}

#[test]
fn an_owner_of_whom_nothing_tells_whether_it_is_the_last_stays_and_the_other_roles_go() {
    let case = || {
        Case::holding(&[
            (OWNERS, "Administrator With Billing"),
            (HELP_DESK, "Help Desk"),
            (MANAGER, "Manager"),
        ])
        .with(|world| {
            world
                .instead
                .insert(String::from("/api/users"), (403, String::from("{}")));
        })
    };
    let answer = case().ask(&[named("Administrator With Billing"), named("Help Desk")]);
    assert_eq!(
        told(&answer),
        [("not_attempted", "forbidden"), ("removed", "")],
        "{answer:?}"
    );
    let failure = case().ask(&[named("Administrator With Billing")]).unwrap_err();
    assert_eq!(failure.status, 403);
}

#[test]
fn the_administrator_is_not_said_to_go_if_one_of_its_roles_stays() {
    let case = Case::holding(&[(OWNERS, "Administrator With Billing"), (HELP_DESK, "Help Desk")])
        .allowing(&[SideEffect::DeleteAdministrator])
        .with(|world| {
            world.put("/api/users", json!([]));
            world.lists_record = true;
        });
    let answer = case.ask(&[named("Administrator With Billing"), named("Help Desk")]);
    assert_eq!(
        told(&answer),
        [("refused", "side_effect_not_allowed"), ("removed", "")],
        "{answer:?}"
    );
    let side_effects = &entries(&answer)[1].grants[0].side_effects;
    assert!(side_effects.is_empty(), "{side_effects:?}");
    assert_eq!(case.held(), Some(vec!["Administrator With Billing".to_owned()]));
}

#[test]
fn the_list_of_another_organization_proves_nothing() {
    let mut case = Case::holding(&[]).with(|world| {
        world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap()["admin"] = Value::Null;
    });
    case.settings = json!({"org_id": NORTH});
    assert_eq!(told(&case.ask(&[named("Manager")])), [("unknown", "not_visible")]);
    assert_eq!(told(&case.everything()), [("unknown", "not_visible")]);
    case.settings = json!({"org_id": HOME});
    assert_eq!(told(&case.ask(&[named("Manager")])), [("already_absent", "")]);
}

#[test]
fn an_organization_that_is_unknown_is_a_fault_of_the_account() {
    let mut case = Case::holding(&[]).with(|world| world.documents.clear());
    case.settings = json!({"org_id": NORTH});
    let failure = case.ask(&[named("Manager")]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidAccount, "{failure:?}");
    assert!(failure.message.contains(NORTH), "{failure:?}");
    let mut case = Case::holding(&[]).with(|world| {
        world.documents.remove(&format!("/api/systemusers/{USER}"));
        world.documents.remove(&format!("/api/users/{ADMIN}"));
        world.documents.remove("/api/v2/roles");
    });
    case.settings = json!({"org_id": HOME});
    assert_eq!(case.ask(&[named("Manager")]).unwrap_err().status, 404);
}

#[test]
fn an_error_or_a_page_in_a_success_acknowledges_no_write() {
    for (body, status) in [
        (r#"{"code": 403, "message": "no"}"#, 403),
        (r#"{"code": 429}"#, 429),
        (r#"{"error": "it did not work"}"#, 422),
        ("<html>Sign in</html>", 502),
    ] {
        let case = Case::holding(&[(HELP_DESK, "Help Desk"), (MANAGER, "Manager")]).with(|world| {
            world.keeps = Some(body);
        });
        let failure = case.ask(&[named("Help Desk")]).unwrap_err();
        assert_eq!(failure.status, status, "{body}: {failure:?}");
        assert!(!failure.outcomes[0].grants[0].acknowledged, "{body}");
    }
}

#[test]
fn an_error_in_a_success_does_not_say_that_nothing_happened() {
    for body in [
        r#"{"code": 403, "message": "no"}"#,
        r#"{"code": 409}"#,
        r#"{"code": 404}"#,
        r#"{"error": "it did not work"}"#,
    ] {
        let case = Case::holding(&[(HELP_DESK, "Help Desk"), (MANAGER, "Manager")]).with(|world| {
            world.at_next_write = Some(Box::new(|world: &mut World| {
                world.set_roles(&[(MANAGER, "Manager")]);
                Reaction::Answer(200, Vec::new(), body.to_owned())
            }));
        });
        let answer = case.ask(&[named("Help Desk")]);
        assert_eq!(told(&answer), [("removed", "")], "{body}: {answer:?}");
        assert!(!answer.unwrap().outcomes[0].grants[0].acknowledged, "{body}");
    }
}

#[test]
fn an_error_inside_a_list_that_was_read_is_no_absence() {
    let list = |error: &str| {
        let root = format!(r#"{{"_id": "{ROOT}", "email": "root@example.com", "roleName": "Manager"}}"#);
        format!(r#"{{"results": [{root}], "totalCount": 1{error}}}"#)
    };
    for (error, told_as) in [
        ("", Ok("already_absent")),
        (r#", "code": 500, "error": "internal""#, Err(502)),
        (r#", "error": "internal""#, Err(502)),
        (r#", "errors": [{"code": 429}]"#, Err(429)),
        (r#", "statusCode": 403"#, Err(403)),
    ] {
        let case = Case::holding(&[]).with(|world| {
            world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap()["admin"] = Value::Null;
            world.instead.insert(String::from("/api/users"), (200, list(error)));
        });
        let answer = case.ask(&[named("Manager")]);
        let got = answer
            .as_ref()
            .map(|_| told(&answer)[0].0)
            .map_err(|failure| failure.status);
        assert_eq!(got, told_as, "{error}: {answer:?}");
        let shown = format!("{answer:?}");
        assert!(!shown.contains("root@example.com"), "{shown}");
    }
}

#[test]
fn an_error_inside_a_document_has_the_meaning_of_its_code() {
    for (error, status) in [
        (r#"{"code": 404}"#, 404),
        (r#"{"code": 403}"#, 403),
        (r#"{"error": "internal"}"#, 502),
    ] {
        let mut case = Case::holding(&[]).with(|world| {
            for path in ["/api/systemusers", "/api/users"] {
                world.instead.insert(format!("{path}/{ADMIN}"), (200, error.to_owned()));
            }
        });
        case.user = ADMIN;
        assert_eq!(case.ask(&[named("Manager")]).unwrap_err().status, status, "{error}");
    }
}

#[test]
fn a_record_with_a_key_twice_cannot_be_read() {
    let case = Case::holding(&[(HELP_DESK, "Help Desk")]).with(|world| {
        let record = world.record().to_string();
        let twice = record.replacen('{', r#"{"roleNames": ["Help Desk", "Manager"], "#, 1);
        world.instead.insert(format!("/api/users/{ADMIN}"), (200, twice));
    });
    let failure = case.ask(&[named("Manager")]).unwrap_err();
    assert_eq!((failure.status, case.writes()), (502, 0), "{failure:?}");
}
