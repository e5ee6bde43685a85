//! What the company holds.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{Clock, behaviour::Behaviour, ledger::Ledger, sandbox::ProviderState};

pub struct Group {
    pub id: u64,
    pub name: String,
    pub source: u8,
    pub role: Option<String>,
    pub members: Vec<String>,
}

/// User, role.
pub type Assignment = (String, String);

pub struct State {
    pub clock: Clock,
    pub token: Option<String>,
    /// An OAuth app: its id, its secret and a refresh token.
    pub app: Option<[String; 3]>,
    /// Access tokens that the app got.
    pub issued: Vec<String>,
    /// Whose token it is: id where it is shown, and e-mail address.
    pub owner: Option<(Option<String>, String)>,
    /// Id, name, e-mail address.
    pub users: Vec<(String, String, String)>,
    /// Id, name.
    pub roles: Vec<(String, String)>,
    /// Roles that the list of roles does not show.
    pub hidden_roles: Vec<String>,
    pub assignments: Ledger<Assignment>,
    pub groups: Vec<Group>,
    pub writes: usize,
    pub behaviour: Behaviour,
    pub refuses_what_is_not_held: bool,
    pub overtakes: bool,
    /// So many calls are refused with 403 and this error.
    pub refused: (usize, String),
    pub page: usize,
    pub repeats_pages: bool,
    pub group_change: Option<(u64, usize, String)>,
    /// Somebody else unassigns it after so many more lists of the user's roles.
    pub unassigned_after: Option<(usize, Assignment)>,
    /// How a role's own list shows a user.
    pub spellings: Vec<(String, Value)>,
    /// Ids of groups are texts in a role's own list.
    pub group_ids_as_text: bool,
}

impl ProviderState for State {
    fn behaviour(&mut self) -> &mut Behaviour {
        &mut self.behaviour
    }

    fn settle(&mut self) {
        self.assignments.settle(self.clock.unix());
    }

    /// All that anybody really holds, a line for every assignment, group membership and role of a group.
    fn holdings(&self) -> BTreeSet<String> {
        let assignments = self.assignments.held().iter().map(|pair| format!("{pair:?}"));
        let groups = self.groups.iter().flat_map(|group| {
            let role = format!("{}: {:?}", group.id, group.role);
            let members = group.members.iter().map(|member| format!("{}: {member}", group.id));
            members.chain([role])
        });
        assignments.chain(groups).collect()
    }
}

impl State {
    pub fn new(clock: Clock, token: &str) -> Self {
        Self {
            clock,
            token: Some(token.to_owned()),
            app: None,
            issued: Vec::new(),
            owner: Some((Some(String::from("u900")), String::from("root@example.com"))),
            users: Vec::new(),
            roles: Vec::new(),
            hidden_roles: Vec::new(),
            assignments: Ledger::default(),
            groups: Vec::new(),
            writes: 0,
            behaviour: Behaviour::default(),
            refuses_what_is_not_held: false,
            overtakes: false,
            refused: (0, String::new()),
            page: 100,
            repeats_pages: false,
            group_change: None,
            unassigned_after: None,
            spellings: Vec::new(),
            group_ids_as_text: false,
        }
    }

    pub fn add_group(&mut self, id: u64, name: &str, source: u8, role: Option<&str>, members: &[&str]) {
        self.groups.push(Group {
            id,
            name: name.to_owned(),
            source,
            role: role.map(str::to_owned),
            members: members.iter().map(|&member| member.to_owned()).collect(),
        });
    }

    /// Whether a request comes with the script token or an access token.
    pub fn admits(&self, token: &str) -> bool {
        self.token.as_deref() == Some(token) || self.issued.iter().any(|issued| issued == token)
    }

    pub fn has(&self, user: &str, role: &str) -> bool {
        self.assignments.holds(&(user.to_owned(), role.to_owned()))
            || self
                .groups
                .iter()
                .any(|group| group.role.as_deref() == Some(role) && group.members.iter().any(|m| m == user))
    }

    /// The distinct roles that the list of a user shows, directly and by user groups.
    pub fn listed(&mut self, user: &str) -> Vec<String> {
        self.settle();
        let direct = self
            .assignments
            .shown(self.clock.unix(), self.behaviour.lag)
            .into_iter()
            .filter(|(held, _)| held == user)
            .map(|(_, role)| role);
        let by_group = self
            .groups
            .iter()
            .filter(|group| group.members.iter().any(|member| member == user))
            .filter_map(|group| group.role.clone());
        let mut roles: Vec<String> = direct.chain(by_group).collect();
        roles.sort();
        roles.dedup();
        let omitted = self.behaviour.omitted();
        roles.retain(|role| !omitted.contains(role));
        self.finish_list();
        roles
    }

    /// Lets somebody else unassign a role after this list.
    fn finish_list(&mut self) {
        if let Some((reads, _)) = &mut self.unassigned_after {
            *reads = reads.saturating_sub(1);
        }
        if let Some((_, assignment)) = self.unassigned_after.take_if(|(reads, _)| *reads == 0) {
            self.assignments.remove(&assignment, self.clock.unix());
        }
    }

    pub fn unassign(&mut self, user: &str, role: &str) {
        self.writes += 1;
        let effect = self.behaviour.effect(role);
        let assignment = (user.to_owned(), role.to_owned());
        self.assignments.take(&assignment, self.clock.unix(), effect);
    }

    pub fn assign(&mut self, user: &str, role: &str) {
        self.writes += 1;
        let assignment = (user.to_owned(), role.to_owned());
        self.assignments.add(assignment, self.clock.unix());
    }
}
