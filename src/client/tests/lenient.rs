//! Documents that no parser should fail on.

use proptest::prelude::*;
use serde_json::value::RawValue;

use crate::client::lenient::{Flag, FromJson, Id, Number, Row, Rows, Text, document};

#[derive(Clone, Debug, PartialEq, Eq)]
struct Role {
    id: Id,
    name: Text,
    count: Number,
    admin: Flag,
}

document! { Role: id, name, count, admin }

#[derive(Debug)]
struct Page {
    roles: Rows<Role>,
    owner: Row<Strict>,
    size: Text,
}

document! { Page: roles, owner, size = "size" | "Size" }

#[derive(Debug, PartialEq, Eq)]
struct Strict {
    id: String,
}

document! { Strict: id }

fn page(text: &str) -> Page {
    FromJson::from_text(text).unwrap()
}

fn role(text: &str) -> Role {
    FromJson::from_text(text).unwrap()
}

#[test]
fn a_row_that_cannot_be_read_stands_among_the_others() {
    let page = page(r#"{"roles": [{"id": 1}, null, 7, "x", ["2", "n"], {"id": 3, "id": 4}, {"id": "5"}]}"#);
    let ids: Vec<_> = page
        .roles
        .rows()
        .iter()
        .map(|row| row.read().map(|role| role.id.as_str()))
        .collect();
    assert_eq!(ids, [Some(Some("1")), None, None, None, None, None, Some(Some("5"))]);
    assert_eq!(page.roles.rows()[4], Row::Unread(String::from(r#"["2", "n"]"#)));
    assert!(page.roles.is_list() && !page.roles.is_whole());
    assert_eq!(page.roles.read().count(), 2);
}

#[test]
fn missing_null_and_another_type_are_told_apart() {
    assert_eq!(page("{}").roles, Rows::Absent);
    assert_eq!(page(r#"{"roles": null}"#).roles, Rows::Null);
    assert_eq!(
        page(r#"{"roles": {"a": 1}}"#).roles,
        Rows::Unread(String::from(r#"{"a": 1}"#))
    );
    assert!(page(r#"{"roles": []}"#).roles.is_whole());
}

#[test]
fn an_object_that_is_missing_null_or_another_is_unread() {
    for text in [
        "{}",
        r#"{"owner": null}"#,
        r#"{"owner": {"id": 1}}"#,
        r#"{"owner": {}}"#,
        r#"{"owner": ["1"]}"#,
    ] {
        assert!(page(text).owner.is_unread(), "{text}");
    }
    assert_eq!(page(r#"{"owner": {"id": "1"}}"#).owner.read().unwrap().id, "1");
}

#[test]
fn ids_keep_every_digit() {
    for (raw, id) in [
        ("7", Some("7")),
        ("123456789012345678901234567890", Some("123456789012345678901234567890")),
        ("-7", Some("-7")),
        ("7.0", Some("7")),
        ("1.20e3", Some("1200")),
        ("1200e-2", Some("12")),
        ("0.0", Some("0")),
        ("-0", Some("0")),
        ("0.12e2", Some("12")),
        ("7.5", None),
        ("1e-2", None),
        ("1e300", None),
        ("1e99999999999999999999", None),
        ("true", None),
        ("\"00A-7 \"", Some("00A-7 ")),
        ("\"7.0\"", Some("7.0")),
        ("\"\"", None),
        ("\" \"", None),
        ("\"\\ud800\"", None),
        ("\"a\u{fffd}\"", None),
        ("{}", None),
        ("[1]", None),
    ] {
        let role = role(&format!("{{\"id\": {raw}}}"));
        assert_eq!(role.id.as_str(), id, "{raw}");
        assert_eq!(role.id.unread(), id.is_none().then_some(raw), "{raw}");
    }
    assert!(role(r#"{"id": null}"#).id.is_absent() && role("{}").id.is_absent());
}

#[test]
fn texts_take_any_scalar() {
    for (raw, text) in [
        ("\"a\\u0062\"", Some("ab")),
        ("12345678901234567890.50", Some("12345678901234567890.50")),
        ("false", Some("false")),
        ("\" \"", None),
    ] {
        let role = role(&format!("{{\"name\": {raw}}}"));
        assert_eq!((role.name.as_str(), role.name.is_unread()), (text, false), "{raw}");
    }
    assert!(role(r#"{"name": ["a"]}"#).name.is_unread());
}

#[test]
fn numbers_and_flags_may_be_text() {
    for (raw, number) in [
        ("3", Some(3)),
        ("\" 3 \"", Some(3)),
        ("3.0", Some(3)),
        ("\"003\"", Some(3)),
        ("18446744073709551616", None),
        ("-1", None),
    ] {
        let role = role(&format!("{{\"count\": {raw}}}"));
        assert_eq!((role.count.as_u64(), role.count.is_unread()), (number, false), "{raw}");
    }
    for raw in [
        "\"3 of 4\"",
        "\"\"",
        "\"0x3\"",
        "\"3.\"",
        "\"+3\"",
        "\"NaN\"",
        "true",
        "{}",
    ] {
        assert!(role(&format!("{{\"count\": {raw}}}")).count.is_unread(), "{raw}");
    }
    assert_eq!(
        role(r#"{"count": "-9223372036854775808"}"#).count.as_i64(),
        Some(i64::MIN)
    );
    assert_eq!(role(r#"{"admin": "True"}"#).admin.as_bool(), Some(true));
    assert_eq!(role(r#"{"admin": false}"#).admin.as_bool(), Some(false));
    assert!(role(r#"{"admin": 1}"#).admin.is_unread());
}

#[test]
fn what_is_kept_of_an_unread_row_is_cut_and_not_debugged() {
    let long = format!(r#"{{"roles": ["{}"]}}"#, "ä".repeat(500));
    let page = page(&long);
    let Row::Unread(raw) = &page.roles.rows()[0] else {
        panic!("read");
    };
    assert!(raw.len() <= 256 && raw.starts_with("\"ä"));
    assert!(!format!("{page:?}").contains('ä'));
}

#[test]
fn a_key_may_have_several_spellings_and_stand_there_once() {
    assert_eq!(page(r#"{"Size": 1}"#).size.as_str(), Some("1"));
    assert_eq!(page(r#"{"s\u0069ze": "1"}"#).size.as_str(), Some("1"));
    for text in [
        r#"{"size": 1, "Size": 1}"#,
        r#"{"size": 1, "size": 1}"#,
        r#"{"size": 1"#,
        r#"{"size": 1} {}"#,
        "[]",
        "7",
        "null",
        "",
    ] {
        assert!(Page::from_text(text).is_err(), "{text}");
    }
    assert_eq!(page(r#" {"other": 1, "other": 2} "#).size, Text::default());
}

#[test]
fn a_number_of_any_length_is_read_and_traps_nothing() {
    for digits in [64, 65_535, 65_536, 100_000] {
        for text in [
            "1".repeat(digits),
            format!("1{}", "0".repeat(digits)),
            format!("-7{}.0", "0".repeat(digits)),
        ] {
            let number = Number::from_text(&text).unwrap();
            assert_eq!((number.as_u64(), number.as_i64()), (None, None), "{digits}");
            let id = Id::from_text(&text).unwrap();
            assert_eq!(id.as_str(), Some(text.trim_end_matches(".0")), "{digits}");
        }
        assert_eq!(Id::from_text(&format!("1e{digits}")).unwrap().as_str(), None);
    }
}

proptest! {
    #[test]
    fn any_integer_is_its_own_id(number in any::<i128>()) {
        let role = role(&format!("{{\"id\": {number}}}"));
        let text = number.to_string();
        prop_assert_eq!(role.id.as_str(), Some(text.as_str()));
    }

    #[test]
    fn nothing_that_is_json_fails(text in "[\\[\\]{}\",:0-9eE.+\\-a-z ]{0,24}") {
        if let Ok(raw) = serde_json::from_str::<Box<RawValue>>(&text) {
            let list = format!(r#"{{"roles": [{0}], "owner": {0}}}"#, raw.get());
            prop_assert!(Page::from_text(&list).is_ok());
            let fields = format!(r#"{{"id": {0}, "name": {0}, "count": {0}, "admin": {0}}}"#, raw.get());
            prop_assert!(Role::from_text(&fields).is_ok());
        }
    }
}
