//! The provider's lists of roles, read at most once for each scope that is asked for, and indexed for matching.

use std::rc::Rc;

use crate::{
    error::Error,
    naming::{self, Skeleton},
    provider::{Context, Coverage, Directory, KnownRole, Provider, reading::Reading, role_index::Positions},
    request::Selector,
};

/// A directory with an index by name and by id.
#[derive(Debug)]
pub struct Known {
    directory: Directory,
    by_name: Positions,
    by_name_skeleton: Positions,
    /// By the skeleton of the id: ids that the provider takes for one look alike.
    by_id: Positions,
}

/// What was read in this operation.
#[derive(Default)]
pub struct Directories {
    /// What is certain with it needs no directory.
    pub nothing: Rc<Known>,
    read: Vec<(Key, Result<Rc<Known>, Error>)>,
}

/// What of a selector can make a difference to the directory.
type Key = (bool, Vec<String>, Option<Vec<String>>, Option<String>, Option<String>);

impl Default for Known {
    fn default() -> Self {
        Self::new(Directory::none("the list of roles was not read"))
    }
}

impl Known {
    pub fn new(directory: Directory) -> Self {
        Self {
            by_name: Positions::of(&directory, |role| role.name.as_deref().map(naming::canonical)),
            by_name_skeleton: Positions::of(&directory, |role| {
                role.name
                    .as_deref()
                    .into_iter()
                    .flat_map(Skeleton::of)
                    .collect::<Vec<_>>()
            }),
            by_id: Positions::of(&directory, |role| Skeleton::of(&role.id)),
            directory,
        }
    }

    pub fn is_whole(&self) -> bool {
        self.directory.coverage == Coverage::Whole
    }

    /// Why the directory does not have every role.
    pub fn gap(&self) -> Option<&str> {
        match &self.directory.coverage {
            Coverage::Whole => None,
            Coverage::Partial(why) => Some(why),
        }
    }

    /// The roles that the directory calls so.
    pub fn roles_named(&self, name: &str) -> impl Iterator<Item = &KnownRole> {
        self.by_name.roles(&self.directory, &naming::canonical(name))
    }

    /// The ids of the roles whose names look like this one.
    pub fn ids_like<'a>(&'a self, name: &Skeleton) -> impl Iterator<Item = &'a str> + use<'a> {
        let readings = name.clone().into_iter();
        readings
            .flat_map(|reading| self.by_name_skeleton.roles(&self.directory, &reading))
            .map(|role| role.id.as_str())
    }

    pub fn has_id(&self, provider: &dyn Provider, id: &str) -> bool {
        self.with_id(provider, id).next().is_some()
    }

    /// The names that the directory has for an id.
    pub fn names_of(&self, provider: &dyn Provider, id: &str) -> impl Iterator<Item = &str> {
        self.with_id(provider, id).filter_map(|role| role.name.as_deref())
    }

    fn with_id(&self, provider: &dyn Provider, id: &str) -> impl Iterator<Item = &KnownRole> {
        Skeleton::of(id)
            .into_iter()
            .flat_map(|reading| self.by_id.roles(&self.directory, &reading))
            .filter(move |role| provider.is_same_id(&role.id, id))
    }
}

impl Directories {
    /// The directory of the places that a selector admits.
    ///
    /// # Errors
    /// What the provider's read gave; it is not repeated.
    pub async fn at(
        &mut self,
        cx: &Context<'_>,
        selector: &Selector,
        reading: &Reading<'_>,
    ) -> Result<Rc<Known>, Error> {
        let key = key(selector);
        if let Some((_, known)) = self.read.iter().find(|(read, _)| *read == key) {
            return known.clone();
        }
        let read = reading.directory(cx, selector).await;
        let known = read.map(|directory| Rc::new(Known::new(directory)));
        self.read.push((key, known.clone()));
        known
    }

    /// The same, as far as it was read.
    pub fn known_at(&self, selector: &Selector) -> &Known {
        let key = key(selector);
        let mut read = self.read.iter().filter(|(read, _)| *read == key);
        let known = read.find_map(|(_, known)| known.as_ref().ok());
        known.unwrap_or(&self.nothing)
    }
}

fn key(selector: &Selector) -> Key {
    (
        selector.is_link,
        selector.organizations.clone(),
        selector.own_organizations.clone(),
        selector.workspace.clone(),
        selector.group.clone(),
    )
}
