//! What the organization holds.

use std::collections::BTreeSet;

use crate::{Clock, behaviour::Behaviour, ledger::Ledger, sandbox::ProviderState};

/// One role at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// `organization`, `deployment`, `elasticsearch`, `observability`, `security` or `cloud_connected_resource`.
    pub kind: String,
    pub role: String,
    /// A deployment or project, `*` for all; none for the organization.
    pub place: Option<String>,
    /// Roles inside the deployment or project: custom roles by their names, or predefined ones.
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

    /// With roles inside the deployment or project: custom ones, or predefined ones such as `admin`.
    #[must_use]
    pub fn custom(mut self, roles: &[&str]) -> Self {
        self.application_roles = roles.iter().map(|&role| role.to_owned()).collect();
        self
    }
}

pub type Held = (String, Assignment);

pub struct State {
    pub clock: Clock,
    pub organization: String,
    pub key: Option<String>,
    /// Id, name, e-mail address.
    pub members: Vec<(String, String, String)>,
    pub assignments: Ledger<Held>,
    pub writes: usize,
    pub hidden: Vec<String>,
    pub behaviour: Behaviour,
    /// Something on the way drops the bodies of DELETE requests.
    pub drops_delete_bodies: bool,
    /// Project roles without custom roles are spelled without their kind, with `_`.
    pub spells_bare: bool,
    /// Members whose element lacks the assignments: after how many reads, and in how many.
    pub without_assignments: Vec<(String, usize, usize)>,
    /// Whether it is enabled, and what it assigns.
    pub mappings: Vec<(bool, Assignment)>,
    pub mappings_hidden: bool,
    /// E-mail address, whether it has expired, whether it was accepted.
    pub invitations: Vec<(String, bool, bool)>,
}

impl ProviderState for State {
    fn behaviour(&mut self) -> &mut Behaviour {
        &mut self.behaviour
    }

    fn settle(&mut self) {
        self.assignments.settle(self.clock.unix());
    }

    /// All that anybody really holds, a line for every assignment.
    fn holdings(&self) -> BTreeSet<String> {
        self.assignments.held().iter().map(|held| format!("{held:?}")).collect()
    }
}

impl State {
    pub fn new(clock: Clock, organization: &str, key: &str) -> Self {
        Self {
            clock,
            organization: organization.to_owned(),
            key: Some(key.to_owned()),
            members: Vec::new(),
            assignments: Ledger::default(),
            writes: 0,
            hidden: Vec::new(),
            behaviour: Behaviour::default(),
            drops_delete_bodies: false,
            spells_bare: false,
            without_assignments: Vec::new(),
            mappings: Vec::new(),
            mappings_hidden: false,
            invitations: Vec::new(),
        }
    }

    /// The id of a role as the API spells it.
    pub fn spelled(&self, assignment: &Assignment) -> String {
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

    /// What one read of the members shows.
    pub fn shown(&mut self) -> Vec<Held> {
        let mut shown = self.assignments.shown(self.clock.unix(), self.behaviour.lag);
        let omitted = self.behaviour.omitted();
        shown.retain(|(_, held)| !omitted.contains(&held.role));
        shown
    }

    pub fn take(&mut self, held: &Held) {
        let effect = self.behaviour.effect(&held.1.role);
        self.assignments.take(held, self.clock.unix(), effect);
    }
}
