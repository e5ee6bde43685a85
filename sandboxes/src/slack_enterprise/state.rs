//! What the organization holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{Clock, behaviour::Behaviour, ledger::Ledger, sandbox::ProviderState};

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

    /// Whether that is one of the user's ids.
    pub fn is_called(&self, id: &str) -> bool {
        self.id == id || self.enterprise_user.as_deref() == Some(id)
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
pub type Assignment = (String, String, String);

/// A change of an account type that somebody else makes after so many more reads of account types.
pub struct KindChange {
    pub reads: usize,
    pub user: String,
    pub team: String,
    pub kind: Kind,
}

pub struct State {
    pub clock: Clock,
    pub enterprise: String,
    pub token: Option<String>,
    pub installer: String,
    pub users: Vec<User>,
    /// By user and workspace; in the organization by its id.
    pub kinds: BTreeMap<(String, String), Kind>,
    pub kind_changes: Vec<KindChange>,
    pub assignments: Ledger<Assignment>,
    pub writes: usize,
    pub behaviour: Behaviour,
    pub rejected: Vec<(String, String)>,
    /// The error, and whether the entities are processed all the same.
    pub rejects_users: Option<(String, bool)>,
    /// Workspaces whose lists are refused, with the error.
    pub hidden_teams: Vec<(String, String)>,
    /// What users' documents do not have: `key` or `object/key`.
    pub left_out: Vec<String>,
    pub rows_by_enterprise_user: bool,
    pub documents_by_enterprise_user: bool,
    pub cursor_at_the_top: bool,
    pub workspace_failures: usize,
    /// So many calls are refused, with this status.
    pub limited: (usize, u16),
    /// Each method's calls of the last minute, where the published tiers are enforced.
    pub calls: Option<Vec<(Duration, String)>>,
}

impl ProviderState for State {
    fn behaviour(&mut self) -> &mut Behaviour {
        &mut self.behaviour
    }

    fn settle(&mut self) {
        self.assignments.settle(self.clock.unix());
    }

    /// All that anybody really holds, a line for every account type and assignment.
    fn holdings(&self) -> BTreeSet<String> {
        let kinds = self.kinds.iter().map(|kind| format!("{kind:?}"));
        let assignments = self
            .assignments
            .held()
            .iter()
            .map(|assignment| format!("{assignment:?}"));
        kinds.chain(assignments).collect()
    }
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
            kind_changes: Vec::new(),
            assignments: Ledger::default(),
            writes: 0,
            behaviour: Behaviour::default(),
            rejected: Vec::new(),
            rejects_users: None,
            hidden_teams: Vec::new(),
            left_out: Vec::new(),
            rows_by_enterprise_user: false,
            documents_by_enterprise_user: false,
            cursor_at_the_top: false,
            workspace_failures: 0,
            limited: (0, 429),
            calls: None,
        }
    }

    /// Custom roles: what somebody was given exists.
    pub fn knows(&self, role: &str) -> bool {
        ROLES.contains(&role) || self.assignments.ever().any(|(known, ..)| known == role)
    }

    /// The workspaces, in the order of their ids.
    pub fn teams(&self) -> Vec<&str> {
        let mut teams: Vec<&str> = self
            .users
            .iter()
            .flat_map(|user| &user.teams)
            .map(String::as_str)
            .collect();
        teams.sort_unstable();
        teams.dedup();
        teams
    }

    pub fn has_team(&self, team: &str) -> bool {
        self.users
            .iter()
            .any(|user| user.teams.iter().any(|known| known == team))
    }

    /// The user with that id, of the workspace or of the organization.
    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.is_called(id))
    }

    /// The id that lists have for a user.
    pub fn id_in_rows(&self, id: &str) -> String {
        let user = self
            .rows_by_enterprise_user
            .then(|| self.users.iter().find(|user| user.id == id));
        user.flatten().map_or_else(|| id.to_owned(), User::id_in_organization)
    }

    pub fn kind(&self, user: &str, team: &str) -> Kind {
        self.kinds
            .get(&(user.to_owned(), team.to_owned()))
            .copied()
            .unwrap_or_default()
    }

    /// What a list that begins now shows.
    pub fn shown(&mut self, is_first_page: bool) -> Vec<Assignment> {
        let mut shown = self.assignments.shown(self.clock.unix(), self.behaviour.lag);
        let omitted = if is_first_page {
            self.behaviour.omitted()
        } else {
            Vec::new()
        };
        let omits = |role: &String| {
            if is_first_page {
                omitted.contains(role)
            } else {
                self.behaviour.would_omit(role)
            }
        };
        shown.retain(|(role, ..)| !omits(role));
        shown
    }

    pub fn take(&mut self, assignment: &Assignment) {
        let effect = self.behaviour.effect(&assignment.0);
        self.assignments.take(assignment, self.clock.unix(), effect);
    }

    /// Lets others change the account types that they were told to change after this read.
    pub fn finish_read_of_kinds(&mut self) {
        for change in &mut self.kind_changes {
            change.reads = change.reads.saturating_sub(1);
        }
        let due: Vec<KindChange> = self.kind_changes.extract_if(.., |change| change.reads == 0).collect();
        for change in due {
            self.kinds.insert((change.user, change.team), change.kind);
        }
    }

    /// Whether the method was called more often within a minute than its tier allows, where tiers are enforced.
    pub fn exceeds_tier(&mut self, method: &str) -> bool {
        let now = self.clock.unix();
        let Some(calls) = &mut self.calls else {
            return false;
        };
        let minute = Duration::from_secs(60);
        calls.retain(|(at, _)| *at + minute > now);
        let most = match method {
            "admin.roles.listAssignments"
            | "admin.teams.admins.list"
            | "admin.teams.owners.list"
            | "admin.teams.list"
            | "admin.users.list"
            | "users.lookupByEmail" => 50,
            "users.info" => 100,
            "auth.test" => usize::MAX,
            _ => 20,
        };
        if calls.iter().filter(|(_, called)| called == method).count() >= most {
            return true;
        }
        calls.push((now, method.to_owned()));
        false
    }
}
