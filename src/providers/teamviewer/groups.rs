//! The user groups that a request names.

use crate::ask::same_text;

use super::documents::UserGroup;

/// A group as the request spells it, and which one that is.
#[derive(Clone, Debug)]
pub struct Named {
    pub text: String,
    pub which: Which,
}

/// What the company's groups say of a text.
#[derive(Clone, Debug)]
pub enum Which {
    One(UserGroup),
    None,
    /// Their ids.
    Several(Vec<u64>),
    /// Why the groups could not be read.
    Unreadable(String),
}

impl Named {
    pub fn unreadable(text: &str, why: &str) -> Self {
        Self {
            text: text.to_owned(),
            which: Which::Unreadable(why.to_owned()),
        }
    }

    /// The group, if there is exactly one.
    pub const fn group(&self) -> Option<&UserGroup> {
        match &self.which {
            Which::One(group) => Some(group),
            _ => None,
        }
    }
}

/// The group that a text means: by id, or by a name that only one group has.
pub fn find(text: &str, groups: &[UserGroup]) -> Named {
    let by_id = groups.iter().find(|group| group.id.to_string() == text);
    let by_name: Vec<&UserGroup> = groups
        .iter()
        .filter(|group| group.name.as_deref().is_some_and(|name| same_text(name, text)))
        .collect();
    let which = match (by_id, by_name.as_slice()) {
        (Some(group), _) => Which::One(group.clone()),
        (None, [group]) => Which::One((*group).clone()),
        (None, []) => Which::None,
        (None, several) => Which::Several(several.iter().map(|group| group.id).collect()),
    };
    Named {
        text: text.to_owned(),
        which,
    }
}

/// Each group once, however often and however it is spelled.
pub fn distinct(named: &[Named]) -> Vec<&UserGroup> {
    let mut distinct: Vec<&UserGroup> = Vec::new();
    for group in named.iter().filter_map(Named::group) {
        if !distinct.iter().any(|known| known.id == group.id) {
            distinct.push(group);
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(id: u64, name: &str) -> UserGroup {
        UserGroup {
            id,
            name: Some(name.to_owned()),
            creation_source: None,
        }
    }

    #[test]
    fn an_id_comes_before_a_name_and_a_name_must_be_the_only_one() {
        let groups = [group(7, "Sales"), group(8, "7"), group(9, "Twins"), group(10, "twins")];
        let id = |text: &str| find(text, &groups).group().map(|group| group.id);
        assert_eq!(
            (id("7"), id("8"), id("sALES"), id("Nobody")),
            (Some(7), Some(8), Some(7), None)
        );
        assert!(matches!(find("TWINS", &groups).which, Which::Several(ids) if ids == [9, 10]));
        assert!(matches!(find("Nobody", &groups).which, Which::None));
    }

    #[test]
    fn a_group_that_is_spelled_twice_is_one_group() {
        let groups = [group(7, "Sales"), group(8, "Support")];
        let named = ["7", "Sales", "SALES", "8"].map(|text| find(text, &groups));
        let ids: Vec<u64> = distinct(&named).into_iter().map(|group| group.id).collect();
        assert_eq!(ids, [7, 8]);
    }
}
