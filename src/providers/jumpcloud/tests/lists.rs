//! Lists with short pages, counts, and rows that cannot be read.

use serde_json::{Value, json};

use crate::contract::types::{OrganizationSelector, SideEffect};

use super::{
    case::Case,
    world::{
        ADMIN, HELP_DESK, HIDDEN, HOME, MANAGER, NIGHTS, NORTH, READ_ONLY, USER, group, named, role, told, with_id,
    },
};

fn case() -> Case {
    Case::holding(&[(HELP_DESK, "Help Desk"), (MANAGER, "Manager")])
        .allowing(&[SideEffect::LeaveGroup, SideEffect::RemoveOrganizationAccess])
}

fn memberof() -> String {
    format!("/api/v2/users/{USER}/memberof")
}

fn links() -> String {
    format!("/api/v2/administrators/{ADMIN}/organizationlinks")
}

/// Rows to stand before the others: 99 that are shown and one that is not.
fn short_page(row: impl Fn(usize) -> Value) -> Vec<Value> {
    (0..99).map(row).chain([json!(HIDDEN)]).collect()
}

fn before(rows: &mut Vec<Value>, first: Vec<Value>) {
    rows.splice(0..0, first);
}

#[test]
fn what_stands_behind_a_short_page_is_held() {
    for count in [None, Some(Value::Null)] {
        let case = case().with(|world| {
            world.set_groups(&[(NIGHTS, "Nights", true)]);
            let first = short_page(|n| json!({"id": format!("6c{n:022}"), "type": "user_group"}));
            before(world.rows(&memberof()), first);
            let first = short_page(|n| json!({"id": format!("6c{n:022}"), "name": format!("Group {n}")}));
            before(world.rows("/api/v2/usergroups"), first);
            if let Some(count) = count {
                world.counts.insert(memberof(), vec![count]);
            }
        });
        let answer = case.ask(&[group(NIGHTS)]);
        assert_eq!(told(&answer), [("removed", "")], "{answer:?}");
        // By its name it cannot be told: the hidden one may be called so, too.
        assert_eq!(
            told(&case.ask(&[group("Group 7"), group("Nights")])),
            [("unknown", "not_visible"); 2]
        );
    }
    let linked = case().with(|world| {
        world.set_links(&[(NORTH, "North", true), (HOME, "Home", false)]);
        let first = short_page(|n| json!({"administrator": ADMIN, "organization": format!("6b{n:022}")}));
        before(world.rows(&links()), first);
    });
    let answer = linked.ask_organizations(&[OrganizationSelector::Id(NORTH.to_owned())]);
    assert_eq!(told(&answer), [("removed", "")], "{answer:?}");
}

#[test]
fn the_other_side_of_a_link_is_read_behind_a_short_page_too() {
    let case = case().with(|world| {
        world.set_links(&[(NORTH, "North", false)]);
        let path = format!("/api/v2/organizations/{NORTH}/administratorlinks");
        let mut rows = short_page(|n| json!({"administrator": format!("6e{n:022}"), "organization": NORTH}));
        rows.push(json!({"administrator": ADMIN, "organization": NORTH}));
        world.put(&path, Value::Array(rows));
    });
    let answer = case.ask_organizations(&[OrganizationSelector::Id(NORTH.to_owned())]);
    assert_eq!(told(&answer), [("unknown", "not_visible")], "{answer:?}");
}

#[test]
fn two_groups_of_one_name_are_ambiguous_on_whichever_page_they_stand() {
    let case = case().with(|world| {
        world.set_groups(&[(NIGHTS, "Nights", true)]);
        let rows = world.rows("/api/v2/usergroups");
        rows.extend((0..120).map(|n| json!({"id": format!("6c{n:022}"), "name": format!("Group {n}")})));
        rows.push(json!({"id": "5c00000000000000000000aa", "name": "NIGHTS"}));
    });
    let answer = case.ask(&[group("Nights")]);
    assert_eq!(
        (told(&answer), case.writes()),
        (vec![("refused", "ambiguous")], 0),
        "{answer:?}"
    );
    assert_eq!(told(&case.ask(&[group(NIGHTS)])), [("removed", "")]);
}

#[test]
fn rows_that_cannot_be_read_end_no_call_and_are_no_absence() {
    let odd = || {
        [
            Value::Null,
            json!(7),
            json!("x"),
            json!({}),
            json!([]),
            json!({"id": null, "name": "Nights"}),
        ]
    };
    for row in odd() {
        let case = case().with(|world| {
            world.set_groups(&[(NIGHTS, "Nights", true), ("5c00000000000000000000aa", "Days", false)]);
            world.set_links(&[(NORTH, "North", true)]);
            let lists = [
                "/api/v2/roles",
                "/api/v2/usergroups",
                "/api/users",
                "/api/organizations",
            ]
            .map(String::from);
            for path in lists.into_iter().chain([memberof(), links()]) {
                world.rows(&path).insert(0, row.clone());
            }
        });
        let answer = case.ask(&[
            with_id(HELP_DESK),
            group(NIGHTS),
            with_id(READ_ONLY),
            named("Read Only"),
            group("Days"),
        ]);
        let told_roles = told(&answer);
        assert_eq!(told_roles[..2], [("removed", ""), ("removed", "")], "{row}: {answer:?}");
        for entry in &told_roles[2..] {
            assert!(matches!(entry.0, "unknown" | "already_absent"), "{row}: {answer:?}");
        }
        let answer = case.ask_organizations(&[OrganizationSelector::Id(HOME.to_owned())]);
        assert_eq!(told(&answer)[0].0, "unknown", "{row}: {answer:?}");
    }
}

#[test]
fn a_membership_in_a_row_that_cannot_be_read_is_not_absent() {
    let case = case().with(|world| {
        world.set_groups(&[(NIGHTS, "Nights", true)]);
        world.rows(&memberof())[0] = Value::Null;
    });
    let answer = case.ask(&[group("Nights")]);
    assert_eq!(told(&answer), [("unknown", "not_visible")], "{answer:?}");
}

#[test]
fn a_user_without_a_link_is_nobody_only_by_a_whole_list() {
    let nobody = || {
        case().with(|world| {
            let user = world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap();
            user["admin"] = Value::Null;
        })
    };
    assert_eq!(told(&nobody().ask(&[named("Manager")])), [("already_absent", "")]);
    for row in [Value::Null, json!(HIDDEN), json!({"_id": ADMIN, "roleName": "Manager"})] {
        let case = nobody().with(|world| world.rows("/api/users").push(row.clone()));
        let answer = case.ask(&[named("Manager")]);
        assert_eq!(told(&answer), [("unknown", "not_visible")], "{row}: {answer:?}");
    }
    for counts in [json!([1, 2]), json!(["x"]), json!([0])] {
        let case = nobody().with(|world| {
            let rows = (0..150).map(|n| json!({"_id": format!("6e{n:022}"), "email": format!("{n}@example.com")}));
            world.rows("/api/users").extend(rows);
            world
                .counts
                .insert("/api/users".to_owned(), counts.as_array().unwrap().clone());
        });
        let answer = case.ask(&[named("Manager")]);
        assert_eq!(told(&answer), [("unknown", "not_visible")], "{counts}: {answer:?}");
    }
}

#[test]
fn an_administrator_is_found_by_email_only_in_a_whole_list() {
    let by_email = || {
        case().with(|world| {
            world.lists_record = true;
            let user = world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap();
            user["admin"] = Value::Null;
        })
    };
    assert_eq!(told(&by_email().ask(&[named("Help Desk")])), [("removed", "")]);
    let second = json!({"_id": "5e00000000000000000000aa", "email": "ANN@example.com", "roleName": "Manager"});
    for (row, reason) in [
        (Value::Null, ("unknown", "not_visible")),
        (json!(HIDDEN), ("unknown", "not_visible")),
        (second, ("refused", "ambiguous")),
    ] {
        let case = by_email().with(|world| world.rows("/api/users").push(row.clone()));
        let answer = case.ask(&[named("Help Desk"), named("Read Only")]);
        assert_eq!(
            (told(&answer), case.writes()),
            (vec![reason; 2], 0),
            "{row}: {answer:?}"
        );
    }
}

#[test]
fn duplicate_and_reordered_rows_change_nothing() {
    let case = case().with(|world| {
        world.set_groups(&[(NIGHTS, "Nights", true)]);
        for path in ["/api/v2/roles".to_owned(), "/api/v2/usergroups".to_owned(), memberof()] {
            let rows = world.rows(&path);
            let twice = rows.clone();
            let count = rows.len();
            rows.extend(twice);
            rows.reverse();
            if path != memberof() {
                world.counts.insert(path, vec![json!(count)]);
            }
        }
    });
    let answer = case.ask(&[named("Help Desk"), group("Nights")]);
    assert_eq!(told(&answer), [("removed", ""), ("removed", "")], "{answer:?}");
}

#[test]
fn a_directory_with_a_gap_leaves_what_it_does_not_list_undecided() {
    for (row, count) in [
        (json!(HIDDEN), None),
        (json!({"id": "5d00000000000000000000aa"}), None),
        (Value::Null, Some(4)),
    ] {
        let case = case().with(|world| {
            world.rows("/api/v2/roles").push(row.clone());
            if let Some(count) = count {
                world.counts.insert("/api/v2/roles".to_owned(), vec![json!(count)]);
            }
        });
        let answer = case.ask(&[
            named("Nothing"),
            with_id("5d00000000000000000000bb"),
            with_id(HELP_DESK),
        ]);
        assert_eq!(
            told(&answer),
            [("unknown", "not_visible"), ("unknown", "not_visible"), ("removed", "")],
            "{row}: {answer:?}"
        );
    }
}

#[test]
fn only_a_documented_refusal_says_that_something_is_not_visible() {
    for (status, is_refusal) in [(403, true), (404, true), (408, false), (409, false), (400, false)] {
        let case = case().with(|world| {
            world.set_groups(&[(NIGHTS, "Nights", true)]);
            world.instead.insert(memberof(), (status, "{}".to_owned()));
        });
        let answer = case.ask(&[group("Nights"), named("Help Desk")]);
        if is_refusal {
            assert_eq!(
                told(&answer),
                [("unknown", "not_visible"), ("removed", "")],
                "{status}: {answer:?}"
            );
        } else {
            let outcomes = told(&answer).into_iter().map(|(outcome, _)| outcome);
            assert!(outcomes.eq(["not_attempted", "removed"]), "{status}: {answer:?}");
        }
    }
}

#[test]
fn a_long_list_of_people_is_read_in_linear_time() {
    let case = case().with(|world| {
        let rows = (0..60_000)
            .map(|n| json!({"_id": format!("6e{n:022}"), "email": format!("{n}@example.com"), "roleName": "Manager"}));
        let rows: Vec<Value> = rows.collect();
        world.rows("/api/users").extend(rows);
        let user = world.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap();
        user["admin"] = Value::Null;
        world
            .rows("/api/v2/roles")
            .push(role("5d00000000000000000000aa", "Other"));
    });
    let started = std::time::Instant::now();
    assert_eq!(told(&case.ask(&[named("Other")])), [("already_absent", "")]);
    assert_eq!(case.reads_of("/api/users"), 601);
    assert!(started.elapsed() < std::time::Duration::from_secs(20));
}
