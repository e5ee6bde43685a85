//! A directory of roles with an index: a thousand entries against many thousand roles stay linear.

use std::collections::HashMap;

use crate::{
    naming::canonical,
    provider::{Directory, KnownRole},
    request::Selector,
};

/// A provider's roles, by id and by name. Ids are compared exactly.
#[derive(Clone, Debug, Default)]
pub struct RoleIndex {
    pub directory: Directory,
    by_id: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
}

impl RoleIndex {
    pub fn new(directory: Directory) -> Self {
        let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (position, role) in directory.roles.iter().enumerate() {
            by_id.entry(role.id.clone()).or_default().push(position);
            if let Some(name) = &role.name {
                by_name.entry(canonical(name)).or_default().push(position);
            }
        }
        Self {
            directory,
            by_id,
            by_name,
        }
    }

    /// The roles that a selector can mean. An id decides alone.
    pub fn meant_by(&self, selector: &Selector) -> Vec<&KnownRole> {
        match (&selector.id, &selector.name) {
            (Some(id), _) => self.with_id(id).collect(),
            (None, Some(name)) => self.at(self.by_name.get(&canonical(name))).collect(),
            (None, None) => Vec::new(),
        }
    }

    /// The rows of an id.
    pub fn with_id(&self, id: &str) -> impl Iterator<Item = &KnownRole> {
        self.at(self.by_id.get(id))
    }

    /// The first name of an id.
    pub fn name_of(&self, id: &str) -> Option<&str> {
        self.with_id(id).find_map(|role| role.name.as_deref())
    }

    fn at<'a>(&'a self, positions: Option<&'a Vec<usize>>) -> impl Iterator<Item = &'a KnownRole> {
        let positions = positions.into_iter().flatten();
        positions.filter_map(|&position| self.directory.roles.get(position))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_decides_alone_and_a_name_finds_every_role_of_it() {
        let role = |id: &str, name: Option<&str>| KnownRole {
            id: id.to_owned(),
            name: name.map(str::to_owned),
        };
        let roles = vec![
            role("5", Some("Reviewer")),
            role("6", Some(" REVIEWER ")),
            role("7", None),
        ];
        let index = RoleIndex::new(Directory {
            roles,
            ..Directory::default()
        });
        let ids = |id: Option<&str>, name: Option<&str>| -> Vec<String> {
            let selector = Selector {
                id: id.map(str::to_owned),
                name: name.map(str::to_owned),
                ..Selector::default()
            };
            index
                .meant_by(&selector)
                .into_iter()
                .map(|role| role.id.clone())
                .collect()
        };
        assert_eq!(ids(Some("5"), Some("Auditor")), ["5"]);
        assert_eq!(ids(None, Some("reviewer")), ["5", "6"]);
        assert!(ids(None, Some("Auditor")).is_empty() && ids(None, None).is_empty());
        assert_eq!((index.name_of("5"), index.name_of("7")), (Some("Reviewer"), None));
    }
}
