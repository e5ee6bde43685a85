//! Overlapping lists as one: every row once, and every grant once.

use crate::{
    hashed::{HashMap, HashSet},
    provider::UnreadRow,
};

use super::super::{
    cid::Cid,
    documents::ListedGrant,
    mapping::{self, Assignment},
};

/// Rows of overlapping lists, each kept once. Several rows of one grant, a permanent and a temporary one or one without a name, are
/// that grant.
pub struct Merged<'a> {
    uuid: &'a str,
    pub held: Vec<Assignment>,
    /// The positions of what is held, by its key.
    positions: HashMap<(String, Cid, bool), usize>,
    /// Every row by what it says.
    seen: HashSet<Assignment>,
    pub unread: Vec<UnreadRow>,
    /// How often each unread row stands in the list that shows it most often: overlapping lists show one row, and one list two.
    seen_unread: HashMap<(String, Option<String>), usize>,
    /// The same of the list that is being added.
    in_list: HashMap<(String, Option<String>), usize>,
    /// JSON text.
    pub raw: Vec<String>,
}

impl<'a> Merged<'a> {
    pub fn new(uuid: &'a str) -> Self {
        Self {
            uuid,
            held: Vec::new(),
            positions: HashMap::new(),
            seen: HashSet::new(),
            unread: Vec::new(),
            seen_unread: HashMap::new(),
            in_list: HashMap::new(),
            raw: Vec::new(),
        }
    }

    /// The rows of a list. A row that names no CID belongs to `cid`.
    pub fn add(&mut self, rows: Vec<ListedGrant>, cid: Option<&Cid>) {
        self.in_list = HashMap::new();
        for row in rows {
            match mapping::assignment(&row, self.uuid, cid) {
                Ok(assignment) => self.keep(&row, assignment),
                Err(unread) => self.keep_unread(&row, unread),
            }
        }
    }

    /// The rows of the CID in view. If that is not known, a row that names no CID is the home CID's if that has the very same row.
    pub fn add_in_view(&mut self, rows: Vec<ListedGrant>, view: Option<&Cid>, home: Option<&Cid>) {
        if view.is_some() {
            return self.add(rows, view);
        }
        self.in_list = HashMap::new();
        for row in rows {
            match mapping::assignment(&row, self.uuid, None) {
                Ok(assignment) => self.keep(&row, assignment),
                Err(unread) => {
                    let at_home = mapping::assignment(&row, self.uuid, home);
                    if !at_home.is_ok_and(|assignment| self.seen.contains(&assignment)) {
                        self.keep_unread(&row, unread);
                    }
                }
            }
        }
    }

    fn keep(&mut self, row: &ListedGrant, assignment: Assignment) {
        if !self.seen.insert(assignment.clone()) {
            return;
        }
        self.raw.extend(row.text().map(str::to_owned));
        let next = self.held.len();
        let position = *self.positions.entry(assignment.key()).or_insert(next);
        match self.held.get_mut(position) {
            Some(held) => held.merge(assignment),
            None => self.held.push(assignment),
        }
    }

    fn keep_unread(&mut self, row: &ListedGrant, unread: UnreadRow) {
        let key = (unread.raw.clone(), unread.scope.organization.clone());
        let in_list = self.in_list.entry(key.clone()).or_default();
        *in_list = in_list.saturating_add(1);
        let known = self.seen_unread.entry(key).or_default();
        if *in_list > *known {
            *known = *in_list;
            self.unread.push(unread);
            self.raw.extend(row.text().map(str::to_owned));
        }
    }
}
