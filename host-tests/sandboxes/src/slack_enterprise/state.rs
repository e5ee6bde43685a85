//! What the organization holds.

use std::{collections::BTreeMap, time::Duration};

use crate::Clock;

/// What somebody is in a workspace or in the organization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    PrimaryOwner,
    Owner,
    Admin,
    #[default]
    Member,
    Guest,
}

#[derive(Clone, Debug, Default)]
pub struct User {
    pub id: String,
    pub name: String,
    pub first: String,
    pub last: String,
    pub email: String,
    /// Workspaces; the first is home.
    pub teams: Vec<String>,
    /// The id in the organization, where it is another one.
    pub enterprise_user: Option<String>,
}

impl User {
    pub fn id_in_organization(&self) -> String {
        self.enterprise_user.clone().unwrap_or_else(|| self.id.clone())
    }
}

/// The published roles, and one custom role.
const ROLES: [&str; 17] = [
    "Rl01",
    "Rl02",
    "Rl03",
    "Rl04",
    "Rl05",
    "Rl09",
    "Rl0A",
    "Rl0B",
    "Rl0C",
    "Rl0D",
    "Rl0E",
    "Rl0F",
    "Rl0G",
    "Rl0J",
    "Rl0K",
    "Rl0L",
    "RlCUSTOM1",
];

/// Role, entity, user.
type Assignment = (String, String, String);

pub struct State {
    pub clock: Clock,
    pub enterprise: String,
    pub token: Option<String>,
    pub installer: String,
    pub users: Vec<User>,
    /// By user and workspace; in the organization by its id.
    pub kinds: BTreeMap<(String, String), Kind>,
    pub assignments: Vec<Assignment>,
    pub removed: Vec<(Duration, Assignment)>,
    pub due: Vec<(Duration, Assignment)>,
    pub writes: usize,
    pub keeps: Vec<String>,
    pub delays: Vec<(String, Duration)>,
    pub lag: Duration,
    pub omissions: Vec<(String, usize, usize)>,
    pub rejected: Vec<(String, String)>,
    /// The error, and whether the entities are processed all the same.
    pub rejects_users: Option<(String, bool)>,
    /// Workspaces whose lists are refused, with the error.
    pub hidden_teams: Vec<(String, String)>,
    /// What users' documents do not have: `key` or `object/key`.
    pub left_out: Vec<String>,
    pub rows_by_enterprise_user: bool,
    pub cursor_at_the_top: bool,
    pub workspace_failures: usize,
    pub limited: (usize, u16),
}

impl State {
    pub fn new(clock: Clock, enterprise: &str, token: &str, installer: &str) -> Self {
        Self {
            clock,
            enterprise: enterprise.to_owned(),
            token: Some(token.to_owned()),
            installer: installer.to_owned(),
            users: Vec::new(),
            kinds: BTreeMap::new(),
            assignments: Vec::new(),
            removed: Vec::new(),
            due: Vec::new(),
            writes: 0,
            keeps: Vec::new(),
            delays: Vec::new(),
            lag: Duration::ZERO,
            omissions: Vec::new(),
            rejected: Vec::new(),
            rejects_users: None,
            hidden_teams: Vec::new(),
            left_out: Vec::new(),
            rows_by_enterprise_user: false,
            cursor_at_the_top: false,
            workspace_failures: 0,
            limited: (0, 429),
        }
    }

    /// Custom roles: what somebody was given exists.
    pub fn knows(&self, role: &str) -> bool {
        ROLES.contains(&role)
            || self.assignments.iter().any(|(known, ..)| known == role)
            || self.removed.iter().any(|(_, (known, ..))| known == role)
    }

    pub fn has_team(&self, team: &str) -> bool {
        self.users
            .iter()
            .any(|user| user.teams.iter().any(|known| known == team))
    }

    /// The id that lists have for a user.
    pub fn id_in_rows(&self, id: &str) -> String {
        let user = self.users.iter().find(|user| user.id == id);
        user.filter(|_| self.rows_by_enterprise_user)
            .map_or_else(|| id.to_owned(), User::id_in_organization)
    }

    pub fn kind(&self, user: &str, team: &str) -> Kind {
        self.kinds
            .get(&(user.to_owned(), team.to_owned()))
            .copied()
            .unwrap_or_default()
    }

    pub fn settle(&mut self) {
        let now = self.clock.unix();
        let due: Vec<_> = self.due.extract_if(.., |(at, _)| *at <= now).collect();
        for (at, assignment) in due {
            self.remove(&assignment, at);
        }
    }

    /// What a list that begins now shows.
    pub fn shown(&mut self, is_first_page: bool) -> Vec<Assignment> {
        let now = self.clock.unix();
        let recent = self
            .removed
            .iter()
            .filter(|(at, _)| *at + self.lag > now)
            .map(|(_, assignment)| assignment);
        let mut shown: Vec<Assignment> = self.assignments.iter().chain(recent).cloned().collect();
        for (role, skip, reads) in &mut self.omissions {
            if *skip > 0 {
                *skip -= usize::from(is_first_page);
            } else if *reads > 0 {
                *reads -= usize::from(is_first_page);
                shown.retain(|(shown, ..)| shown != role);
            }
        }
        shown
    }

    pub fn take(&mut self, assignment: &Assignment) {
        if self.keeps.contains(&assignment.0) {
            return;
        }
        let now = self.clock.unix();
        match self.delays.iter().find(|(role, _)| *role == assignment.0) {
            Some((_, delay)) => self.due.push((now + *delay, assignment.clone())),
            None => self.remove(assignment, now),
        }
    }

    fn remove(&mut self, assignment: &Assignment, at: Duration) {
        let before = self.assignments.len();
        self.assignments.retain(|known| known != assignment);
        if self.assignments.len() < before {
            self.removed.push((at, assignment.clone()));
        }
    }
}
