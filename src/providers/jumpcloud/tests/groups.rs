//! Which group a text names.

use crate::contract::reason::Reason;

use super::super::{
    core::{Extent, List},
    documents::{GraphObject, UserGroup},
    groups::{Groups, Named, grants},
};

fn groups(extent: Extent) -> Groups {
    let group = |(id, name): (&str, &str)| UserGroup {
        id: id.to_owned(),
        name: Some(name.to_owned()),
        is_dynamic: false,
    };
    let rows = [
        ("1", "On Call"),
        ("2", "A, b*"),
        ("3", "Same"),
        ("4", "same"),
        ("5", "a-b"),
        ("6", "a_b"),
    ];
    Groups::new(List {
        rows: rows.map(group).into(),
        contradicted: Vec::new(),
        unread: Vec::new(),
        extent,
    })
}

fn id<'a>(groups: &'a Groups, text: &str) -> Result<&'a str, Option<Reason>> {
    match groups.named(text) {
        Named::One(group) => Ok(&group.id),
        Named::None => Err(None),
        Named::Unclear(reason, _) => Err(Some(reason)),
    }
}

#[test]
fn a_text_names_one_group_or_cannot_be_told() {
    let groups = groups(Extent::Whole);
    assert_eq!(id(&groups, " on CALL"), Ok("1"));
    assert_eq!(id(&groups, "2"), Ok("2"));
    assert_eq!(id(&groups, "A, b*"), Ok("2"));
    assert_eq!(id(&groups, "a-b"), Ok("5"));
    assert_eq!(id(&groups, "*"), Err(None));
    for text in ["SAME", "OnCall", "On\u{a0}Call", "a b"] {
        assert_eq!(id(&groups, text), Err(Some(Reason::Ambiguous)), "{text}");
    }
}

#[test]
fn a_list_that_is_not_whole_decides_by_ids_only() {
    for extent in [Extent::Lacks(1), Extent::Unclear("x")] {
        let groups = groups(extent);
        assert_eq!(id(&groups, "1"), Ok("1"));
        assert_eq!(id(&groups, "On Call"), Err(Some(Reason::NotVisible)));
        assert_eq!(id(&groups, "Nights"), Err(Some(Reason::NotVisible)));
        assert_eq!(id(&groups, "Same"), Err(Some(Reason::Ambiguous)));
    }
}

#[test]
fn every_membership_is_a_grant_at_the_group_of_its_id() {
    let row = |id: &str| GraphObject { id: id.to_owned() };
    let grants = grants(Some(&groups(Extent::Whole)), &[row("1"), row("9")], Some("org"));
    let shown: Vec<_> = grants
        .iter()
        .map(|grant| (grant.scope.group.as_deref(), grant.role_name.as_deref()))
        .collect();
    assert_eq!(shown, [(Some("1"), Some("On Call")), (Some("9"), None)]);
}
