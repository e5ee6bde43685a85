//! A small organization: E01 with the workspaces T01 and T02, and the user U01 in both.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use serde_json::{Value, json};

use crate::{
    account::{
        secret::Secret,
        settings::{General, Settings},
    },
    client::fake::{FakeTransport, Reaction, Seen},
    contract::{
        examples::{options, request},
        types::{
            Credentials, Expectation, Failure, Mode, Options, Outcome, Request, Role, RoleDirectory, SideEffect,
            Success, UserReading,
        },
    },
    provider::Opening,
    providers::Opened,
};

pub use crate::contract::examples::entries;

use super::super::{Account, Config};

/// What the organization holds, and how Slack misbehaves.
pub struct Slack {
    /// Of `users.info`, whichever id is asked for.
    pub user: Value,
    pub rows: Vec<Value>,
    pub owners: BTreeMap<&'static str, Vec<Value>>,
    pub admins: BTreeMap<&'static str, Vec<Value>>,
    /// Entities that a removal rejects, with the error.
    pub rejected: Vec<Value>,
    /// Demotions in the organization that miss the workspaces.
    pub misses: usize,
    /// Answers instead of the real ones.
    pub instead: Vec<Instead>,
    /// Of answers to requests to a path, instead of 200.
    pub statuses: Vec<(&'static str, u16)>,
    /// Changes by somebody else.
    pub changes: Vec<Change>,
    pub writes: Vec<(String, Value)>,
    /// Of every answer.
    pub latency: Duration,
    /// What becomes of an answer; it gets the number of the request, from 0, and its URL.
    pub mutation: Option<Mutation>,
}

/// Changes the answer to the request with this number and URL.
pub type Mutation = Box<dyn Fn(usize, &str, &mut Value)>;

/// The answer to some of the requests to a path, which may be followed by a part of the query.
pub struct Instead {
    pub request: &'static str,
    pub skip: usize,
    pub times: usize,
    pub document: Value,
}

impl Instead {
    pub const fn always(request: &'static str, document: Value) -> Self {
        Self {
            request,
            skip: 0,
            times: usize::MAX,
            document,
        }
    }
}

/// Happens before the answer to the request of this number (from 1) to a path.
pub struct Change {
    pub request: &'static str,
    pub number: usize,
    pub change: fn(&mut Slack),
}

pub struct World {
    pub slack: Rc<RefCell<Slack>>,
    pub transport: FakeTransport,
    pub general: General,
    /// The account's settings as JSON.
    pub settings: Option<&'static str>,
    pub allow: Vec<SideEffect>,
    pub options: Options,
}

pub fn row(role: &str, entity: &str, user: &str) -> Value {
    json!({"role_id": role, "entity_id": entity, "user_id": user, "date_create": 1_666_624_374})
}

pub fn error(code: &str) -> Value {
    json!({"ok": false, "error": code})
}

impl Default for Slack {
    fn default() -> Self {
        Self {
            user: json!({
                "id": "U01", "team_id": "T01", "name": "ann", "is_admin": false, "is_owner": false, "is_primary_owner": false,
                "profile": {"email": "ann@example.com"},
                "enterprise_user": {
                    "id": "U01", "enterprise_id": "E01", "teams": ["T01", "T02"],
                    "is_admin": false, "is_owner": false, "is_primary_owner": false,
                },
            }),
            rows: vec![
                row("Rl0C", "T01", "U01"),
                row("Rl0C", "E01", "U01"),
                row("RlCUSTOM1", "E01", "U01"),
                row("Rl03", "E01", "U02"),
            ],
            owners: BTreeMap::from([("T01", vec![json!("U02")]), ("T02", vec![json!("U02")])]),
            admins: BTreeMap::from([("T01", Vec::new()), ("T02", Vec::new())]),
            rejected: Vec::new(),
            misses: 0,
            instead: Vec::new(),
            statuses: Vec::new(),
            changes: Vec::new(),
            writes: Vec::new(),
            latency: Duration::ZERO,
            mutation: None,
        }
    }
}

impl Slack {
    pub fn set_above(&mut self, key: &str, is: bool) {
        self.user["enterprise_user"][key] = json!(is);
    }

    pub fn set_owner(&mut self, workspace: &'static str) {
        self.owners.entry(workspace).or_default().push(json!("U01"));
    }

    pub fn set_admin(&mut self, workspace: &'static str) {
        self.admins.entry(workspace).or_default().push(json!("U01"));
    }

    pub fn is_owner(&self, workspace: &str) -> bool {
        self.owners[workspace].contains(&json!("U01"))
    }

    pub fn holds(&self, role: &str, entity: &str) -> bool {
        self.rows
            .iter()
            .any(|row| row["role_id"] == role && row["entity_id"] == entity && row["user_id"] == "U01")
    }

    fn status(&self, seen: &Seen) -> u16 {
        let known = self.statuses.iter().find(|(request, _)| is_to(seen, request));
        known.map_or(200, |(_, status)| *status)
    }

    fn answer(&mut self, seen: &Seen, before: &[Seen]) -> Value {
        let count = |request: &str| before.iter().filter(|seen| is_to(seen, request)).count();
        let due: Vec<Change> = self
            .changes
            .extract_if(.., |change| {
                is_to(seen, change.request) && count(change.request) + 1 == change.number
            })
            .collect();
        for due in due {
            (due.change)(self);
        }
        let instead = self.instead.iter_mut().find(|instead| is_to(seen, instead.request));
        if let Some(instead) = instead {
            if instead.skip > 0 {
                instead.skip -= 1;
            } else if instead.times > 0 {
                instead.times -= 1;
                return instead.document.clone();
            }
        }
        if seen.method == "POST" {
            let body: Value = serde_json::from_str(&seen.body).unwrap();
            let method = seen.url.rsplit('/').next().unwrap().to_owned();
            self.writes.push((method.clone(), body.clone()));
            return match method.as_str() {
                "admin.roles.removeAssignments" => self.remove(&body),
                "admin.users.setRegular" => self.set_regular(&body),
                _ => error("unknown_method"),
            };
        }
        let (path, query) = seen.url.split_once('?').unwrap_or((&seen.url, ""));
        let query: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let team = || query["team_id"].as_str();
        match path.rsplit('/').next().unwrap() {
            "users.info" | "users.lookupByEmail" => json!({"ok": true, "user": self.user}),
            "auth.test" => json!({"ok": true, "user_id": "U09", "enterprise_id": "E01"}),
            "admin.roles.listAssignments" => {
                let roles: Vec<&str> = query
                    .get("role_ids")
                    .map(|ids| ids.split(',').collect())
                    .unwrap_or_default();
                if roles.contains(&"RlUNKNOWN") {
                    return error("invalid_role_id");
                }
                let is_wanted = |row: &&Value| {
                    roles.is_empty() || row["role_id"].as_str().is_some_and(|role| roles.contains(&role))
                };
                let rows: Vec<Value> = self.rows.iter().filter(is_wanted).cloned().collect();
                page("role_assignments", &rows, &query)
            }
            "admin.teams.owners.list" => page("owner_ids", &self.owners[team()], &query),
            "admin.teams.admins.list" => page("admin_ids", &self.admins[team()], &query),
            _ => error("unknown_method"),
        }
    }

    fn remove(&mut self, body: &Value) -> Value {
        let is_in = |key: &str, value: &Value| body[key].as_array().unwrap().contains(value);
        let rejected = &self.rejected;
        let is_rejected = |row: &Value| rejected.iter().any(|rejected| rejected["id"] == row["entity_id"]);
        self.rows.retain(|row| {
            is_rejected(row)
                || row["role_id"] != body["role_id"]
                || !is_in("entity_ids", &row["entity_id"])
                || !is_in("user_ids", &row["user_id"])
        });
        if rejected.is_empty() {
            json!({"ok": true})
        } else {
            json!({"ok": false, "error": "failed_for_some_entities", "rejected_entities": rejected})
        }
    }

    fn set_regular(&mut self, body: &Value) -> Value {
        let team = body["team_id"].as_str().unwrap();
        if team == "E01" {
            for key in ["is_admin", "is_owner"] {
                self.set_above(key, false);
            }
            if self.misses > 0 {
                self.misses -= 1;
                return error("failed_to_set_regular_on_workspaces");
            }
            self.owners.values_mut().for_each(|ids| ids.retain(|id| id != "U01"));
        } else {
            if self.user["team_id"] == team {
                self.user["is_admin"] = json!(false);
                self.user["is_owner"] = json!(false);
            }
            for lists in [&mut self.owners, &mut self.admins] {
                lists.get_mut(team).unwrap().retain(|id| id != "U01");
            }
        }
        json!({"ok": true})
    }
}

fn is_to(seen: &Seen, request: &str) -> bool {
    request.split(' ').all(|part| seen.url.contains(part))
}

fn page(key: &str, rows: &[Value], query: &BTreeMap<String, String>) -> Value {
    let cursor = query.get("cursor").map_or(Ok(0), |cursor| cursor.parse::<usize>());
    let (Ok(start), Ok(limit)) = (cursor, query["limit"].parse::<usize>()) else {
        return error("invalid_cursor");
    };
    let end = rows.len().min(start + limit);
    let next = if end < rows.len() {
        end.to_string()
    } else {
        String::new()
    };
    json!({"ok": true, key: rows[start..end], "response_metadata": {"next_cursor": next}})
}

impl World {
    pub fn new(change: impl FnOnce(&mut Slack)) -> Self {
        let mut slack = Slack::default();
        change(&mut slack);
        let slack = Rc::new(RefCell::new(slack));
        let far_end = Rc::clone(&slack);
        let mut before: Vec<Seen> = Vec::new();
        Self {
            slack,
            transport: FakeTransport::new(move |seen| {
                let mut document = far_end.borrow_mut().answer(seen, &before);
                if let Some(mutation) = &far_end.borrow().mutation {
                    mutation(before.len(), &seen.url, &mut document);
                }
                before.push(seen.clone());
                let status = far_end.borrow().status(seen);
                let reaction = Reaction::Answer(status, Vec::new(), document.to_string());
                let latency = far_end.borrow().latency;
                if latency.is_zero() {
                    reaction
                } else {
                    Reaction::After(latency, Box::new(reaction))
                }
            }),
            general: General::default(),
            settings: None,
            allow: Vec::new(),
            options: options(),
        }
    }

    pub fn allowing(mut self, effects: &[SideEffect]) -> Self {
        self.allow = effects.to_vec();
        self
    }

    pub fn protecting_roles(mut self, roles: &[&str]) -> Self {
        self.general.protected_roles = roles.iter().map(|&role| role.to_owned()).collect();
        self
    }

    pub fn protecting_users(mut self, users: &[&str]) -> Self {
        self.general.protected_users = users.iter().map(|&user| user.to_owned()).collect();
        self
    }

    /// Asks for roles of U01: `Rl01`, `Rl01@T01`, `=Name`, `Rl01=Name`.
    pub fn ask(&self, roles: &[&str]) -> Result<Success, Failure> {
        self.ask_for("U01", roles)
    }

    pub fn ask_for(&self, user: &str, roles: &[&str]) -> Result<Success, Failure> {
        self.send(user, roles.iter().map(|text| asked(text)).collect(), false)
    }

    /// Exactly these roles of U01.
    pub fn ask_roles(&self, roles: Vec<Role>) -> Result<Success, Failure> {
        self.send("U01", roles, false)
    }

    /// Everything that U01 holds.
    pub fn everything(&self) -> Result<Success, Failure> {
        self.send("U01", Vec::new(), true)
    }

    fn send(&self, user: &str, roles: Vec<Role>, everything: bool) -> Result<Success, Failure> {
        let request = Request {
            everything,
            ..request(user, &roles)
        };
        let expect = if everything && self.options.mode == Mode::Revoke {
            Expectation::Email(String::from("ann@example.com"))
        } else {
            self.options.expect.clone()
        };
        let options = Options {
            allow: self.allow.clone(),
            expect,
            ..self.options.clone()
        };
        self.open().call(&self.transport, request, options)
    }

    pub fn read_user(&self) -> Result<UserReading, Failure> {
        self.open().read_user(&self.transport, "U01")
    }

    pub fn list_roles(&self) -> Result<RoleDirectory, Failure> {
        self.open().list_roles(&self.transport)
    }

    fn open(&self) -> Opened {
        let credentials = Credentials::BearerToken(String::from("xoxp-secret"));
        let secrets = Secret::all_of(&credentials);
        let opening = Opening {
            base_url: None,
            credentials,
            settings: Settings::parse(self.settings).unwrap(),
            general: &self.general,
        };
        Opened {
            provider: Box::new(Account::new(Config::new(opening).unwrap())),
            general: self.general.clone(),
            secrets,
        }
    }

    pub fn in_mode(mut self, mode: Mode) -> Self {
        self.options.mode = mode;
        self
    }

    pub fn writes(&self) -> usize {
        self.slack.borrow().writes.len()
    }

    /// Requests whose URL has all these parts.
    pub fn requests(&self, request: &str) -> usize {
        self.transport
            .seen
            .borrow()
            .iter()
            .filter(|seen| is_to(seen, request))
            .count()
    }
}

fn asked(text: &str) -> Role {
    let (role, workspace) = match text.split_once('@') {
        Some((role, workspace)) => (role, Some(workspace.to_owned())),
        None => (text, None),
    };
    let (id, name) = match role.split_once('=') {
        Some((id, name)) => (id, Some(name.to_owned())),
        None => (role, None),
    };
    Role {
        id: Some(id.to_owned()).filter(|id| !id.is_empty()),
        name,
        group: None,
        organization: None,
        workspace,
    }
}

pub fn outcomes(answer: &Result<Success, Failure>) -> Vec<Outcome> {
    entries(answer).iter().map(|entry| entry.outcome).collect()
}

/// The reason of an entry.
pub fn reason(answer: &Result<Success, Failure>, entry: usize) -> Option<&str> {
    entries(answer).get(entry)?.reason.as_deref()
}
