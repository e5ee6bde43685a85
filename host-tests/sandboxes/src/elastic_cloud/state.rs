//! What the organization holds.

use std::time::Duration;

use crate::Clock;

/// One role at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// `organization`, `deployment`, `elasticsearch`, `observability`, `security` or `cloud_connected_resource`.
    pub kind: String,
    pub role: String,
    /// A deployment or project, `*` for all; none for the organization.
    pub place: Option<String>,
    pub application_roles: Vec<String>,
}

impl Assignment {
    pub fn new(kind: &str, role: &str, place: Option<&str>) -> Self {
        Self {
            kind: kind.to_owned(),
            role: role.to_owned(),
            place: place.map(str::to_owned),
            application_roles: Vec::new(),
        }
    }

    /// Carried by custom roles.
    #[must_use]
    pub fn custom(mut self, roles: &[&str]) -> Self {
        self.application_roles = roles.iter().map(|&role| role.to_owned()).collect();
        self
    }
}

type Held = (String, Assignment);

pub struct State {
    pub clock: Clock,
    pub organization: String,
    pub key: Option<String>,
    /// Id, name, e-mail address.
    pub members: Vec<(String, String, String)>,
    pub assignments: Vec<Held>,
    pub removed: Vec<(Duration, Held)>,
    pub due: Vec<(Duration, Held)>,
    pub writes: usize,
    pub hidden: Vec<String>,
    pub keeps: Vec<String>,
    pub delays: Vec<(String, Duration)>,
    pub lag: Duration,
    pub omissions: Vec<(String, usize, usize)>,
    pub limited: usize,
    /// Project roles without custom roles are spelt without their kind, with `_`.
    pub spells_bare: bool,
    /// Members whose element lacks the assignments: after how many reads, and in how many.
    pub without_assignments: Vec<(String, usize, usize)>,
    /// Whether it is enabled, and what it assigns.
    pub mappings: Vec<(bool, Assignment)>,
    pub mappings_hidden: bool,
    /// E-mail address, whether it has expired, whether it was accepted.
    pub invitations: Vec<(String, bool, bool)>,
}

impl State {
    pub fn new(clock: Clock, organization: &str, key: &str) -> Self {
        Self {
            clock,
            organization: organization.to_owned(),
            key: Some(key.to_owned()),
            members: Vec::new(),
            assignments: Vec::new(),
            removed: Vec::new(),
            due: Vec::new(),
            writes: 0,
            hidden: Vec::new(),
            keeps: Vec::new(),
            delays: Vec::new(),
            lag: Duration::ZERO,
            omissions: Vec::new(),
            limited: 0,
            spells_bare: false,
            without_assignments: Vec::new(),
            mappings: Vec::new(),
            mappings_hidden: false,
            invitations: Vec::new(),
        }
    }

    /// The id of a role as the API spells it.
    pub fn spelt(&self, assignment: &Assignment) -> String {
        let bare = assignment
            .role
            .strip_prefix(&assignment.kind)
            .and_then(|rest| rest.strip_prefix('-'))
            .filter(|_| {
                let is_project = !matches!(assignment.kind.as_str(), "organization" | "deployment");
                self.spells_bare && is_project && assignment.application_roles.is_empty()
            });
        bare.map_or_else(|| assignment.role.clone(), |bare| bare.replace('-', "_"))
    }

    /// Whether this read of the members lacks the assignments of one of them.
    pub fn lacks_assignments(&mut self, user: &str) -> bool {
        self.without_assignments
            .iter_mut()
            .find(|(holder, ..)| holder == user)
            .is_some_and(|(_, reads, times)| {
                let lacks = *reads == 0 && *times > 0;
                let counter = if lacks { times } else { reads };
                *counter = counter.saturating_sub(1);
                lacks
            })
    }

    pub fn settle(&mut self) {
        let now = self.clock.unix();
        let due: Vec<_> = self.due.extract_if(.., |(at, _)| *at <= now).collect();
        for (at, held) in due {
            self.remove(&held, at);
        }
    }

    /// What one read of the members shows.
    pub fn shown(&mut self) -> Vec<Held> {
        let now = self.clock.unix();
        let recent = self
            .removed
            .iter()
            .filter(|(at, _)| *at + self.lag > now)
            .map(|(_, held)| held);
        let mut shown: Vec<Held> = self.assignments.iter().chain(recent).cloned().collect();
        for (role, skip, reads) in &mut self.omissions {
            if *skip > 0 {
                *skip -= 1;
            } else if *reads > 0 {
                *reads -= 1;
                shown.retain(|(_, held)| held.role != *role);
            }
        }
        shown
    }

    pub fn take(&mut self, held: &Held) {
        if self.keeps.contains(&held.1.role) {
            return;
        }
        let now = self.clock.unix();
        match self.delays.iter().find(|(role, _)| *role == held.1.role) {
            Some((_, delay)) => self.due.push((now + *delay, held.clone())),
            None => self.remove(held, now),
        }
    }

    fn remove(&mut self, held: &Held, at: Duration) {
        let before = self.assignments.len();
        self.assignments.retain(|known| known != held);
        if self.assignments.len() < before {
            self.removed.push((at, held.clone()));
        }
    }
}
