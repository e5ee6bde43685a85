//! Which grant is meant, where a name, an id or a row leaves it open.

use crate::{
    contract::types::UnknownRole,
    provider::{Coverage, Identity, UnreadRow},
};

use super::world::{Case, Read, outcomes};

/// A user who holds role `a`, whose name the row shows as given, at a provider that lists these roles.
fn holding_a_called(row: Option<&str>, directory: &[(&'static str, &'static str)]) -> Case {
    let mut case = Case::holding(&["a@o1", "d@o1"]);
    case.provider.directory = directory.to_vec();
    case.provider.row_names = vec![("a", row.map(str::to_owned))];
    case
}

#[test]
fn a_name_is_found_through_the_directory_whatever_the_row_calls_the_role() {
    for row in [None, Some("Reviewer (GL)"), Some("reviewer")] {
        let case = holding_a_called(row, &[("a", "Reviewer"), ("d", "Name d")]);
        assert_eq!(outcomes(&case.ask(&["=Reviewer"])), ["removed"], "{row:?}");
        assert_eq!(case.held(), ["d@o1"]);
    }
}

#[test]
fn a_name_that_only_spelling_tells_from_a_held_one_is_ambiguous() {
    for asked in [
        "HelpDesk",
        "help-desk",
        "Help\u{a0}Desk",
        "H\u{435}lp Desk",
        "\u{ff28}elp Desk",
        "Help\u{200b} Desk",
    ] {
        let case = holding_a_called(Some("Help Desk"), &[("a", "Help Desk"), ("d", "Name d")]);
        assert_eq!(outcomes(&case.ask(&[&format!("={asked}")])), ["refused"], "{asked}");
        assert_eq!(case.writes_seen(), 0);
    }
    for asked in ["help desk", "  HELP DESK "] {
        let case = holding_a_called(Some("Help Desk"), &[("a", "Help Desk"), ("d", "Name d")]);
        assert_eq!(outcomes(&case.ask(&[&format!("={asked}")])), ["removed"], "{asked}");
    }
}

#[test]
fn two_roles_that_a_whole_directory_tells_apart_are_both_removable_by_name() {
    let roles = [("a", "Help Desk"), ("b", "HelpDesk"), ("d", "Name d")];
    for (asked, left) in [("=Help Desk", ["b@o1", "d@o1"]), ("=HelpDesk", ["a@o1", "d@o1"])] {
        let mut case = Case::holding(&["a@o1", "b@o1", "d@o1"]);
        case.provider.directory = roles.to_vec();
        case.provider.row_names = vec![
            ("a", Some(String::from("Help Desk"))),
            ("b", Some(String::from("HelpDesk"))),
        ];
        assert_eq!(outcomes(&case.ask(&[asked])), ["removed"]);
        assert_eq!(case.held(), left);
    }
}

#[test]
fn a_directory_that_is_not_whole_proves_no_name_unique() {
    let mut case = holding_a_called(Some("Reviewer"), &[("a", "Reviewer")]);
    case.provider.coverage = Coverage::Partial(String::from("the list may be cut off"));
    assert_eq!(outcomes(&case.ask(&["=Reviewer"])), ["unknown"]);
    assert_eq!(case.writes_seen(), 0);
}

#[test]
fn an_id_that_only_spelling_tells_from_a_held_one_is_never_probed() {
    for asked in ["A", "a_", "\u{430}", "Name a", "name-A"] {
        let mut case = Case::holding(&["a@o1", "d@o1"]);
        case.provider.probe = true;
        assert_eq!(outcomes(&case.ask(&[asked])), ["refused"], "{asked}");
        assert_eq!(case.writes_seen(), 0, "{asked}");
    }
}

#[test]
fn a_held_role_whose_name_nothing_shows_leaves_a_name_undecided() {
    let case = holding_a_called(None, &[("b", "Reviewer"), ("d", "Name d")]);
    assert_eq!(outcomes(&case.ask(&["=Reviewer", "d"])), ["unknown", "removed"]);
    assert_eq!(case.held(), ["a@o1"]);
}

#[test]
fn a_row_without_an_id_is_known_by_the_directory() {
    let roles = [("r1", "a"), ("r2", "Other"), ("d", "Name d")];
    let mut case = Case::holding(&["a@o1", "d@o1"]);
    case.provider.directory = roles.to_vec();
    case.provider.identity = Some(("a", Identity::NameOnly));
    assert_eq!(outcomes(&case.ask(&["r2"])), ["not_found"], "another role's id");
    case.provider.coverage = Coverage::Partial(String::from("cut off"));
    assert_eq!(outcomes(&case.ask(&["r3"])), ["unknown"], "an id that nothing lists");
    case.provider.coverage = Coverage::Whole;
    assert_eq!(outcomes(&case.ask(&["r1"])), ["removed"]);
}

#[test]
fn a_row_that_shows_only_a_name_is_that_name_unless_two_roles_have_it() {
    let mut case = Case::holding(&["a@o1", "d@o1"]);
    case.provider.identity = Some(("a", Identity::NameOnly));
    case.provider.directory = vec![("r1", "a"), ("r2", "A"), ("d", "Name d")];
    assert_eq!(outcomes(&case.ask(&["=a"])), ["refused"]);
    case.provider.directory = Vec::new();
    case.provider.coverage = Coverage::Partial(String::from("not shown"));
    assert_eq!(outcomes(&case.ask(&["=a"])), ["removed"]);
}

#[test]
fn a_name_that_is_an_id_is_compared_as_one() {
    let mut case = Case::holding(&["a@o1", "d@o1"]);
    case.provider.identity = Some(("a", Identity::NameIsId));
    assert_eq!(outcomes(&case.ask(&["=A"])), ["refused"]);
    assert_eq!(outcomes(&case.ask(&["=a"])), ["removed"]);
}

#[test]
fn a_name_beside_an_id_must_be_the_roles() {
    let case = holding_a_called(None, &[("a", "Reviewer"), ("d", "Name d")]);
    assert_eq!(case.reason_of_pair("a", "Auditor").as_deref(), Some("name_mismatch"));
    let blind = holding_a_called(None, &[("d", "Name d")]);
    assert_eq!(blind.reason_of_pair("a", "Auditor").as_deref(), Some("name_mismatch"));
    assert_eq!(case.reason_of_pair("a", "reviewer"), None);
}

#[test]
fn an_id_that_is_not_held_hides_no_held_role_of_the_name_beside_it() {
    let mut case = Case::holding(&["a@o1", "b2@o1"]);
    case.options.unknown_role = UnknownRole::Absent;
    // The directory calls the id otherwise.
    assert_eq!(case.reason_of_pair("c", "Name a").as_deref(), Some("name_mismatch"));
    assert_eq!(case.reason_of_pair("c", "Name z").as_deref(), Some("name_mismatch"));
    // It does not know the id, and the name is that of a role that is held.
    assert_eq!(case.reason_of_pair("z", "Name a").as_deref(), Some("name_mismatch"));
    assert_eq!(case.reason_of_pair("z", "Name-a").as_deref(), Some("ambiguous"));
    // Nor is the name's role held, and yet it is another one.
    for name in ["Name c", "Name-c"] {
        assert_eq!(case.reason_of_pair("z", name).as_deref(), Some("name_mismatch"));
    }
    // The id decides between two roles of one name.
    assert_eq!(case.reason_of_pair("b", "name B"), None);
    assert_eq!(case.reason_of_pair("z", "Name z"), None);
    assert_eq!(case.writes_seen(), 0);
    let mut nameless = holding_a_called(None, &[("d", "Name d")]);
    nameless.options.unknown_role = UnknownRole::Absent;
    assert_eq!(nameless.reason_of_pair("z", "Name z").as_deref(), Some("not_visible"));
    let mut case = Case::holding(&["a@o1"]);
    case.options.unknown_role = UnknownRole::Absent;
    case.provider.unread = vec![UnreadRow {
        ids: vec![String::from("y")],
        ..UnreadRow::new("y")
    }];
    assert_eq!(
        case.reason_of_pair("z", "Name z").as_deref(),
        Some("not_visible"),
        "the row may have the name"
    );
}

#[test]
fn an_unreadable_row_leaves_open_what_it_may_be_and_ends_nothing() {
    let mut case = Case::holding(&["a@o1"]);
    case.provider.unread = vec![UnreadRow::new("null")];
    assert_eq!(outcomes(&case.ask(&["a", "b"])), ["unknown", "unknown"]);
    assert!(case.held().is_empty(), "what is certainly meant goes all the same");

    let mut case = Case::holding(&["a@o1"]);
    let row = UnreadRow {
        ids: vec![String::from("c")],
        ..UnreadRow::new(r#"{"role":"c"}"#)
    };
    case.provider.unread = vec![row];
    assert_eq!(
        outcomes(&case.ask(&["a", "b", "c"])),
        ["removed", "already_absent", "unknown"]
    );
}

#[test]
fn an_unreadable_row_is_told_apart_by_what_stands_in_it_however_it_is_spelled() {
    let row = |id: Option<&str>, name: Option<&str>, organization: Option<&str>| {
        let mut row = UnreadRow::new("{}");
        row.ids.extend(id.map(str::to_owned));
        row.names.extend(name.map(str::to_owned));
        row.scope.organization = organization.map(str::to_owned);
        row
    };
    for (row, asked, outcome) in [
        (row(Some("B"), None, None), "b", "unknown"),
        (row(Some("_b"), None, None), "b", "unknown"),
        (row(Some("c"), Some("Name b"), None), "b", "already_absent"),
        (row(None, Some("name-B"), None), "=Name d", "not_found"),
        (row(None, Some("Other"), None), "=Name d", "unknown"),
        (row(None, Some("Other"), None), "d", "unknown"),
        (row(None, Some("name-B"), None), "d", "already_absent"),
        (row(None, Some("name-B"), None), "b", "unknown"),
        (row(None, Some("NAME-d"), None), "=Name d", "unknown"),
        (row(Some("D"), Some("Other"), None), "=Name d", "unknown"),
        (row(Some("c"), None, None), "=Name d", "unknown"),
        (row(None, None, Some("O-1")), "b@o1", "unknown"),
        (row(None, None, Some("o2")), "b@o1", "already_absent"),
        (row(None, None, None), "b@o1", "unknown"),
    ] {
        let mut case = Case::holding(&["a@o1"]);
        case.provider.unread = vec![row.clone()];
        assert_eq!(outcomes(&case.ask(&[asked])), [outcome], "{asked}: {row:?}");
    }
}

#[test]
fn more_than_1_000_unreadable_rows_prove_nothing() {
    for (count, outcome) in [(1_000, "already_absent"), (1_001, "unknown")] {
        let mut case = Case::holding(&["a@o1"]);
        let row = UnreadRow {
            ids: vec![String::from("c")],
            ..UnreadRow::new("{}")
        };
        case.provider.unread = vec![row; count];
        assert_eq!(outcomes(&case.ask(&["b"])), [outcome], "{count}");
    }
}

#[test]
fn a_row_that_cannot_be_read_any_more_is_no_proof_that_it_is_gone() {
    let case = Case::holding(&["a@o1", "b@o1"]).with(|world| {
        world.keeps = vec!["a"];
        for _ in 0..40 {
            world.reads.push(Read::Good);
        }
    });
    case.provider.unread_after_write.set(true);
    assert_eq!(outcomes(&case.ask(&["a"])), ["unverified"]);
}

#[test]
fn a_protected_role_is_found_in_every_spelling() {
    for protected in ["Name a", "name  a", "NAME_A", " a ", "A", "Reviewer", "Reviewer\u{a0}"] {
        let mut case = holding_a_called(Some("Name a"), &[("a", "Reviewer"), ("d", "Name d")]);
        case.general.protected_roles = vec![protected.to_owned()];
        assert_eq!(outcomes(&case.ask(&["a", "d"])), ["refused", "removed"], "{protected}");
    }
    let mut nameless = holding_a_called(None, &[("d", "Name d")]);
    nameless.general.protected_roles = vec![String::from("Reviewer")];
    assert_eq!(outcomes(&nameless.ask(&["a", "d"])), ["refused", "removed"]);
}
