//! What the company holds.

use std::time::Duration;

use crate::Clock;

pub struct Group {
    pub id: u64,
    pub name: String,
    pub source: u8,
    pub role: Option<String>,
    pub members: Vec<String>,
}

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
    /// User, role.
    pub assignments: Vec<(String, String)>,
    pub groups: Vec<Group>,
    pub removed: Vec<(Duration, (String, String))>,
    pub due: Vec<(Duration, (String, String))>,
    pub writes: usize,
    pub keeps: Vec<String>,
    pub delays: Vec<(String, Duration)>,
    pub lag: Duration,
    pub omissions: Vec<(String, usize, usize)>,
    pub refuses_what_is_not_held: bool,
    pub overtakes: bool,
    pub limited: usize,
    pub page: usize,
    pub repeats_pages: bool,
    pub group_change: Option<(u64, usize, String)>,
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
            assignments: Vec::new(),
            groups: Vec::new(),
            removed: Vec::new(),
            due: Vec::new(),
            writes: 0,
            keeps: Vec::new(),
            delays: Vec::new(),
            lag: Duration::ZERO,
            omissions: Vec::new(),
            refuses_what_is_not_held: false,
            overtakes: false,
            limited: 0,
            page: 100,
            repeats_pages: false,
            group_change: None,
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
    pub fn admits(&self, authorization: &str) -> bool {
        let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
        self.token.as_deref() == Some(token) || self.issued.iter().any(|issued| issued == token)
    }

    /// Lets the removals happen that are due.
    pub fn settle(&mut self) {
        let now = self.clock.unix();
        let due: Vec<_> = self.due.extract_if(.., |(at, _)| *at <= now).collect();
        for (at, pair) in due {
            self.remove(&pair, at);
        }
    }

    pub fn has(&self, user: &str, role: &str) -> bool {
        self.assignments
            .iter()
            .any(|(held, assigned)| held == user && assigned == role)
            || self
                .groups
                .iter()
                .any(|group| group.role.as_deref() == Some(role) && group.members.iter().any(|m| m == user))
    }

    /// The distinct roles that the list of a user shows, directly and by user groups.
    pub fn listed(&mut self, user: &str) -> Vec<String> {
        self.settle();
        let now = self.clock.unix();
        let recent = self
            .removed
            .iter()
            .filter(|(at, _)| *at + self.lag > now)
            .map(|(_, pair)| pair);
        let direct = self
            .assignments
            .iter()
            .chain(recent)
            .filter(|(held, _)| held == user)
            .map(|(_, role)| role.clone());
        let by_group = self
            .groups
            .iter()
            .filter(|group| group.members.iter().any(|member| member == user))
            .filter_map(|group| group.role.clone());
        let mut roles: Vec<String> = direct.chain(by_group).collect();
        roles.sort();
        roles.dedup();
        for (role, skip, reads) in &mut self.omissions {
            if *skip > 0 {
                *skip -= 1;
            } else if *reads > 0 {
                *reads -= 1;
                roles.retain(|listed| listed != role);
            }
        }
        roles
    }

    /// Whether reads omit the role now.
    pub fn omits(&self, role: &str) -> bool {
        self.omissions
            .iter()
            .any(|(omitted, skip, reads)| omitted == role && *skip == 0 && *reads > 0)
    }

    pub fn unassign(&mut self, user: &str, role: &str) {
        self.writes += 1;
        if self.keeps.iter().any(|kept| kept == role) {
            return;
        }
        let pair = (user.to_owned(), role.to_owned());
        let now = self.clock.unix();
        match self.delays.iter().find(|(late, _)| late == role) {
            Some((_, delay)) => self.due.push((now + *delay, pair)),
            None => self.remove(&pair, now),
        }
    }

    /// Takes an assignment away.
    pub fn remove(&mut self, pair: &(String, String), at: Duration) {
        let before = self.assignments.len();
        self.assignments.retain(|held| held != pair);
        if self.assignments.len() < before {
            self.removed.push((at, pair.clone()));
        }
    }
}
