//! A directory of roles with an index: a thousand entries against many thousand roles stay linear.

use crate::{
    hashed::HashMap,
    naming::canonical,
    provider::{Directory, KnownRole},
    request::Selector,
};

/// Where the roles of a directory stand in it, by a text of theirs.
#[derive(Clone, Debug, Default)]
pub struct Positions(HashMap<String, Vec<usize>>);

impl Positions {
    /// Of all roles, by each of the texts that one has.
    pub fn of<T: IntoIterator<Item = String>>(directory: &Directory, texts: impl Fn(&KnownRole) -> T) -> Self {
        let mut positions: HashMap<String, Vec<usize>> = HashMap::new();
        for (position, role) in directory.roles.iter().enumerate() {
            for text in texts(role) {
                positions.entry(text).or_default().push(position);
            }
        }
        Self(positions)
    }

    /// The roles with this text, of the directory that it was made of.
    pub fn roles<'a>(&'a self, directory: &'a Directory, text: &str) -> impl Iterator<Item = &'a KnownRole> + use<'a> {
        let positions = self.0.get(text).into_iter().flatten();
        positions.filter_map(|&position| directory.roles.get(position))
    }
}

/// A provider's roles, by id and by name. Ids are compared exactly.
#[derive(Clone, Debug, Default)]
pub struct RoleIndex {
    pub directory: Directory,
    by_id: Positions,
    by_name: Positions,
}

impl RoleIndex {
    pub fn new(directory: Directory) -> Self {
        Self {
            by_id: Positions::of(&directory, |role| Some(role.id.clone())),
            by_name: Positions::of(&directory, |role| role.name.as_deref().map(canonical)),
            directory,
        }
    }

    /// The roles that a selector can mean. An id decides alone.
    pub fn meant_by(&self, selector: &Selector) -> Vec<&KnownRole> {
        match (&selector.id, &selector.name) {
            (Some(id), _) => self.with_id(id).collect(),
            (None, Some(name)) => self.by_name.roles(&self.directory, &canonical(name)).collect(),
            (None, None) => Vec::new(),
        }
    }

    /// The rows of an id.
    pub fn with_id(&self, id: &str) -> impl Iterator<Item = &KnownRole> {
        self.by_id.roles(&self.directory, id)
    }

    /// The first name of an id.
    pub fn name_of(&self, id: &str) -> Option<&str> {
        self.with_id(id).find_map(|role| role.name.as_deref())
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
