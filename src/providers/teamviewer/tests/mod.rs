//! TeamViewer through the crate: a company, scripted answers.

mod everything;
mod failures;
mod gaps;
mod groups;
mod guards;
mod lists;
mod round_trips;
mod rows;

use std::{cell::RefCell, rc::Rc, time::Duration};

use crate::{
    contract::{
        examples::{self, by_id, by_name, outcomes, unnamed},
        types::{
            Account, Credentials, Endpoint, Expectation, Failure, Mode, Options, Provider, Request, Role,
            RoleDirectory, SideEffect, Success, UserReading,
        },
    },
    engine::{Audit, AuditEvent},
    fake::{FakeTransport, Reaction, Seen},
    providers::Opened,
};

const HELP: &str = "a0000000-0000-4000-8000-000000000001";
const AUDIT: &str = "a0000000-0000-4000-8000-000000000002";
const OTHER: &str = "a0000000-0000-4000-8000-000000000003";

/// What the company holds, and what stands in its answers.
struct Company {
    /// Document of user 123.
    user: &'static str,
    /// Direct assignments: user, role.
    assigned: Vec<(&'static str, &'static str)>,
    group: Option<Group>,
    /// `GET /userroles`.
    roles: String,
    /// Instead of the answer to a call whose address ends with this text, or is the text behind `=`: how often yet, and the answer.
    instead: Vec<(&'static str, usize, Instead)>,
    /// How 123 is spelled in a role's own list; from the first write on, if so set.
    spelling: (&'static str, bool),
    reads: Vec<String>,
    writes: Vec<String>,
    /// The body of the answer to a write that was carried out, with 200 instead of 204.
    acknowledgement: Option<&'static str>,
    /// Happens right after a write.
    after_write: Option<fn(&mut Company)>,
    /// Of every answer.
    latency: Duration,
    /// What the last operation read first: each role, and whether it is held directly.
    first_read: Vec<(String, Option<bool>)>,
    /// How long the last operation took.
    elapsed: Duration,
}

type Instead = (u16, String);
type Shared = Rc<RefCell<Company>>;

/// One group, 7 "Night Shift".
struct Group {
    role: Option<&'static str>,
    /// JSON of the rows.
    members: &'static str,
    id_as_text: bool,
}

impl Company {
    fn with(assigned: &[(&'static str, &'static str)]) -> Shared {
        let role = |id: &str, name: &str| format!(r#"{{"Id": "{id}", "Name": "{name}"}}"#);
        let roles = [role(HELP, "Help Desk"), role(AUDIT, "Auditor"), role(OTHER, "Other")].join(", ");
        Rc::new(RefCell::new(Self {
            user: r#"{"id": "u123", "name": "Ann Lee", "email": "ann@example.com"}"#,
            assigned: assigned.to_vec(),
            group: None,
            roles: format!(r#"{{"Roles": [{roles}]}}"#),
            instead: Vec::new(),
            spelling: ("\"u123\"", false),
            reads: Vec::new(),
            writes: Vec::new(),
            acknowledgement: None,
            after_write: None,
            latency: Duration::ZERO,
            first_read: Vec::new(),
            elapsed: Duration::ZERO,
        }))
    }

    fn react(&mut self, seen: &Seen) -> Reaction {
        let path = seen.url.split_once("/api/v1").unwrap().1;
        if seen.method == "GET" {
            self.reads.push(path.to_owned());
        }
        let hit = self
            .instead
            .iter_mut()
            .find(|(end, times, _)| (path.ends_with(end) || end.strip_prefix('=') == Some(path)) && *times > 0);
        if let Some((_, times, (status, body))) = hit {
            *times = times.saturating_sub(1);
            return answer(*status, body.clone());
        }
        if seen.method != "GET" {
            return self.write(path, &seen.body);
        }
        let body = match path.split_once('?').unwrap_or((path, "")) {
            ("/users/u123", _) => self.user.to_owned(),
            ("/users/u123/userroles", _) => {
                let through = self.group.iter().filter(|group| group.members.contains("123"));
                let through = through.filter_map(|group| group.role);
                let own = self.assigned.iter().filter(|(user, _)| *user == "u123");
                let mut listed: Vec<&str> = own.map(|(_, role)| *role).chain(through).collect();
                listed.sort_unstable();
                listed.dedup();
                let listed = if listed.is_empty() {
                    String::from("null")
                } else {
                    format!("[\"{}\"]", listed.join("\", \""))
                };
                format!(r#"{{"nextPaginationToken": null, "assignedRoleIds": {listed}}}"#)
            }
            ("/userroles", _) => self.roles.clone(),
            ("/account", _) => String::from(r#"{"userid": "u900", "email": "root@example.com"}"#),
            ("/users", _) => String::from(
                r#"{"users": [{"id": "u123", "email": "ann@example.com"}, {"id": "u456", "email": "kim@example.com"}]}"#,
            ),
            ("/userroles/assignments/account", query) => {
                let (spelling, only_later) = self.spelling;
                let is_spelled = !only_later || !self.writes.is_empty();
                let users = self.assigned.iter().filter(|(_, role)| query.ends_with(role));
                let mut users: Vec<String> = users
                    .map(|(user, _)| match *user {
                        "u123" if is_spelled => spelling.to_owned(),
                        user => format!("\"{user}\""),
                    })
                    .collect();
                if only_later && is_spelled {
                    users = vec![spelling.to_owned()];
                }
                format!(
                    r#"{{"ContinuationToken": null, "AssignedToUsers": [{}]}}"#,
                    users.join(", ")
                )
            }
            ("/userroles/assignments/usergroups", query) => {
                let group = self
                    .group
                    .as_ref()
                    .filter(|group| group.role.is_some_and(|role| query.ends_with(role)));
                let rows = group.map_or("", |group| if group.id_as_text { "\"7\"" } else { "7" });
                format!(r#"{{"ContinuationToken": null, "AssignedToGroups": [{rows}]}}"#)
            }
            ("/usergroups", _) => {
                String::from(r#"{"nextPaginationToken": null, "resources": [{"id": 7, "name": "Night Shift"}]}"#)
            }
            ("/usergroups/7/members", _) => {
                let members = self.group.as_ref().map_or("", |group| group.members);
                format!(r#"{{"nextPaginationToken": null, "resources": [{members}]}}"#)
            }
            ("/usergroups/7/userroles", _) => {
                let role = self.group.as_ref().and_then(|group| group.role);
                let role = role.map_or_else(|| String::from("null"), |role| format!("\"{role}\""));
                format!(r#"{{"assignedRoleId": {role}}}"#)
            }
            _ => return answer(404, String::from(r#"{"error": "not_found"}"#)),
        };
        answer(200, body)
    }

    fn write(&mut self, path: &str, body: &str) -> Reaction {
        self.writes.push(format!("{path} {body}"));
        match path {
            "/userroles/unassign/account" => self
                .assigned
                .retain(|(user, role)| !(body.contains(user) && body.contains(role))),
            "/userroles/unassign/usergroup" => {
                if let Some(group) = &mut self.group {
                    group.role = None;
                }
            }
            "/usergroups/7/members/123" => {
                if let Some(group) = &mut self.group {
                    group.members = "";
                }
            }
            _ => return answer(404, String::new()),
        }
        if let Some(change) = self.after_write {
            change(self);
        }
        match self.acknowledgement {
            Some(body) => answer(200, body.to_owned()),
            None => answer(204, String::new()),
        }
    }
}

fn answer(status: u16, body: String) -> Reaction {
    Reaction::Answer(status, Vec::new(), body)
}

fn in_group(role: Role, group: &str) -> Role {
    Role {
        group: Some(group.to_owned()),
        ..role
    }
}

fn options() -> Options {
    Options {
        allow: vec![SideEffect::StripGroup, SideEffect::LeaveGroup],
        ..examples::options()
    }
}

fn call(company: &Shared, settings: &str, roles: Vec<Role>, options: Options) -> Result<Success, Failure> {
    send(company, settings, roles, false, options)
}

/// Everything that the user holds.
fn everything(company: &Shared, options: Options) -> Result<Success, Failure> {
    let expect = match options.mode {
        Mode::Revoke => Expectation::Email(String::from("ann@example.com")),
        Mode::Plan | Mode::Verify => Expectation::Anyone,
    };
    send(company, "{}", Vec::new(), true, Options { expect, ..options })
}

fn send(
    company: &Shared,
    settings: &str,
    roles: Vec<Role>,
    everything: bool,
    options: Options,
) -> Result<Success, Failure> {
    let (transport, opened) = open(company, settings);
    let request = Request {
        everything,
        ..examples::request("u123", &roles)
    };
    let answer = opened.call_audited(&transport, request, options, &FirstRead(company));
    company.borrow_mut().elapsed = transport.elapsed();
    answer
}

/// Keeps what is read first.
struct FirstRead<'a>(&'a Shared);

impl Audit for FirstRead<'_> {
    fn step(&self, step: AuditEvent<'_>) {
        if let AuditEvent::Read { grants, .. } = step {
            let grants = grants.iter();
            let read = grants.map(|grant| (grant.role_id.clone(), grant.directness()));
            self.0.borrow_mut().first_read = read.collect();
        }
    }
}

fn read_user(company: &Shared, settings: &str) -> Result<UserReading, Failure> {
    let (transport, opened) = open(company, settings);
    opened.read_user(&transport, "u123")
}

fn list_roles(company: &Shared) -> Result<RoleDirectory, Failure> {
    let (transport, opened) = open(company, "{}");
    opened.list_roles(&transport)
}

fn open(company: &Shared, settings: &str) -> (FakeTransport, Opened) {
    let far_end = Rc::clone(company);
    let transport = FakeTransport::new(move |seen| {
        let mut company = far_end.borrow_mut();
        let reaction = company.react(seen);
        if company.latency.is_zero() {
            reaction
        } else {
            Reaction::After(company.latency, Box::new(reaction))
        }
    });
    let opened = crate::providers::open(Account {
        provider: Provider::Teamviewer,
        base_url: Endpoint::ProviderDefault,
        credentials: Credentials::BearerToken(String::from("script-token")),
        settings: settings.to_owned(),
    })
    .unwrap();
    (transport, opened)
}

fn ask(company: &Shared, roles: &[Role]) -> Vec<&'static str> {
    outcomes(&call(company, "{}", roles.to_vec(), options()))
}

fn instead(company: &Shared, end: &'static str, times: usize, status: u16, body: &str) {
    company
        .borrow_mut()
        .instead
        .push((end, times, (status, body.to_owned())));
}

/// The user's own list of roles is null.
fn hide_own_list(company: &Shared) {
    let null = r#"{"nextPaginationToken": null, "assignedRoleIds": null}"#;
    instead(company, "/users/u123/userroles", ALWAYS, 200, null);
}

const ALWAYS: usize = usize::MAX;
