//! A small tenant under the whole engine: every test sees what the tenant really holds.

mod absent;
mod guards;
mod home;
mod revokes;
mod rows;
mod users;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashSet},
    rc::Rc,
};

use serde_json::{Value, json};

use crate::{
    ask::Ask,
    client::Caches,
    contract::types::{
        self, ClientCredentials, Credentials, Failure, Mode, Narrowing, Options, Outcome, Role, Success,
    },
    engine::{self, NoTrail},
    fake::{FakeTransport, Reaction, Seen},
    settings::{General, Settings},
};

/// The CID in view, and the home of the user.
pub const HOME: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// A child CID.
pub const CHILD: &str = "cccccccccccccccccccccccccccccccc";
pub const ANN: &str = "6f1e2a30-0000-4000-8000-00000000a001";
/// A custom role of the home CID.
pub const NIGHT_SHIFT: &str = "fac7c47add5242538f592946747a7191";

/// What the tenant holds, and how it behaves.
pub struct Tenant {
    pub user: Value,
    /// Only the newer calls know the user.
    pub is_external: bool,
    /// Each with its `cid`.
    pub rows: Vec<Value>,
    pub view: &'static str,
    /// By CID: id and name.
    pub roles: BTreeMap<&'static str, Vec<(String, String)>>,
    /// What a list of grants shows of a row.
    pub shown: fn(Value) -> Value,
    /// What a list of grants counts: its rows, and how often a list was read.
    pub total: fn(usize, usize) -> Value,
    pub rules: Vec<Rule>,
    lists_read: Cell<usize>,
}

/// Answers some calls instead of the tenant.
pub struct Rule {
    pub path: &'static str,
    pub times: usize,
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Rule {
    pub fn always(path: &'static str, status: u16, body: impl ToString) -> Self {
        Self {
            path,
            times: usize::MAX,
            status,
            headers: Vec::new(),
            body: body.to_string(),
        }
    }

    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

impl Tenant {
    /// Ann at home, with these roles.
    pub fn new(held: &[&str]) -> Self {
        let default = |id: &str, name: &str| (id.to_owned(), name.to_owned());
        let roles = vec![
            default("event_viewer", "Event Viewer"),
            default("help_desk", "Help Desk"),
            default("dashboard_admin", "Dashboard Admin"),
        ];
        let mut at_home = roles.clone();
        at_home.push(default(NIGHT_SHIFT, "Night Shift"));
        let mut tenant = Self {
            user: json!({"uuid": ANN, "uid": "ann@example.com", "cid": HOME, "status": "active"}),
            is_external: false,
            rows: Vec::new(),
            view: HOME,
            roles: BTreeMap::from([(HOME, at_home), (CHILD, roles)]),
            shown: |row| row,
            total: |rows, _| json!(rows),
            rules: Vec::new(),
            lists_read: Cell::new(0),
        };
        for role in held {
            tenant.grant(HOME, role);
        }
        tenant
    }

    pub fn grant(&mut self, cid: &str, role: &str) {
        let name = self.roles.get(cid).into_iter().flatten().find(|(id, _)| id == role);
        let name = name.map(|(_, name)| name.clone());
        self.rows
            .push(json!({"role_id": role, "role_name": name, "uuid": ANN, "cid": cid, "grant_type": "direct"}));
    }

    /// The directory of a CID.
    fn roles_of(&self, url: &str) -> Vec<(String, String)> {
        let cid = parameter(url, "cid").unwrap_or_else(|| self.view.to_owned());
        self.roles.get(cid.as_str()).cloned().unwrap_or_default()
    }

    fn answer(&mut self, seen: &Seen) -> Reaction {
        let url = seen.url.as_str();
        if let Some(rule) = self
            .rules
            .iter_mut()
            .find(|rule| rule.times > 0 && url.contains(rule.path))
        {
            rule.times -= 1;
            return Reaction::Answer(rule.status, rule.headers.clone(), rule.body.clone());
        }
        let path = url.trim_start_matches("https://falcon").split('?').next().unwrap();
        let is_newer = ["queries/users/v2", "users/GET/v2", "user-roles/v3", "role-actions/v2"];
        let knows = !self.is_external || is_newer.iter().any(|newer| path.ends_with(newer));
        let list = |rows: Vec<Value>| {
            (
                200,
                json!({"meta": {"pagination": {"total": rows.len()}}, "resources": rows}),
            )
        };
        let (status, document) = match path.rsplit_once('/').unwrap().0 {
            "/oauth2" => (201, json!({"access_token": "falcon-token", "expires_in": 1_799})),
            "/user-management/queries/users" => list(if knows { vec![json!(ANN)] } else { Vec::new() }),
            "/user-management/entities/users/GET" => {
                let is_asked = seen.body.contains(ANN);
                (
                    200,
                    json!({"resources": if knows && is_asked { vec![self.user.clone()] } else { Vec::new() }}),
                )
            }
            "/user-management/combined/user-roles" if !knows => invalid("user uuid", ANN),
            "/user-management/combined/user-roles" => self.list(url),
            "/user-management/queries/roles" => list(self.roles_of(url).into_iter().map(|(id, _)| json!(id)).collect()),
            "/user-management/entities/roles/GET" => {
                let asked: Value = serde_json::from_str(&seen.body).unwrap();
                let asked: HashSet<&str> = asked["ids"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter_map(Value::as_str)
                    .collect();
                let roles = self
                    .roles_of(url)
                    .into_iter()
                    .filter(|(id, _)| asked.contains(id.as_str()));
                list(
                    roles
                        .map(|(id, name)| json!({"id": id, "display_name": name}))
                        .collect(),
                )
            }
            "/user-management/entities/user-role-actions" if !knows => invalid("user uuid", ANN),
            "/user-management/entities/user-role-actions" => self.revoke(&seen.body),
            _ => (
                404,
                json!({"errors": [{"code": 404, "message": "404: Page Not Found"}]}),
            ),
        };
        Reaction::Answer(status, Vec::new(), document.to_string())
    }

    fn list(&self, url: &str) -> (u16, Value) {
        let cid = parameter(url, "cid").unwrap_or_else(|| self.view.to_owned());
        let number = |name: &str| parameter(url, name).unwrap().parse::<usize>().unwrap();
        let (offset, limit) = (number("offset"), number("limit"));
        let rows: Vec<Value> = self.rows.iter().filter(|row| row["cid"] == cid).cloned().collect();
        self.lists_read.set(self.lists_read.get() + 1);
        let total = (self.total)(rows.len(), self.lists_read.get());
        let rows: Vec<Value> = rows.into_iter().skip(offset).take(limit).map(self.shown).collect();
        (
            200,
            json!({"meta": {"pagination": {"total": total}}, "resources": rows, "errors": []}),
        )
    }

    fn revoke(&mut self, body: &str) -> (u16, Value) {
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!((&body["action"], &body["uuid"]), (&json!("revoke"), &json!(ANN)));
        let cid = body["cid"].as_str().unwrap();
        let asked: Vec<&str> = body["role_ids"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let known = self.roles.get(cid).cloned().unwrap_or_default();
        if let Some(unknown) = asked.iter().find(|id| !known.iter().any(|(known, _)| known == *id)) {
            return invalid("roleID", unknown);
        }
        self.rows.retain(|row| {
            row["cid"] != cid || row["grant_type"] != "direct" || !asked.iter().any(|id| row["role_id"] == **id)
        });
        (
            200,
            json!({"meta": {"writes": {"resources_affected": 1}}, "errors": []}),
        )
    }
}

fn invalid(what: &str, value: &str) -> (u16, Value) {
    (
        400,
        json!({"errors": [{"code": 400, "message": format!("invalid {what}='{value}' specified")}]}),
    )
}

/// A parameter of a query, of the characters that need no decoding.
fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?')?.1;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .into_iter()
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// One call of the component to the tenant.
pub struct Case {
    pub tenant: Rc<RefCell<Tenant>>,
    pub transport: FakeTransport,
    pub options: Options,
    pub settings: &'static str,
    pub member_cid: Narrowing,
}

impl Case {
    pub fn new(tenant: Tenant) -> Self {
        let tenant = Rc::new(RefCell::new(tenant));
        let far = Rc::clone(&tenant);
        Self {
            tenant,
            transport: FakeTransport::new(move |seen| far.borrow_mut().answer(seen)),
            options: options(),
            settings: "{}",
            member_cid: Narrowing::Anywhere,
        }
    }

    pub fn dry_run(mut self) -> Self {
        self.options.mode = Mode::Plan;
        self
    }

    pub fn ask(&self, roles: &[Role]) -> Result<Success, Failure> {
        self.ask_for(ANN, roles)
    }

    pub fn ask_for(&self, user: &str, roles: &[Role]) -> Result<Success, Failure> {
        let mut settings = Settings::parse(Some(self.settings)).unwrap();
        let general: General = settings.take_general().unwrap();
        let credentials = Credentials::ClientCredentials(ClientCredentials {
            client_id: String::from("client"),
            client_secret: String::from("very secret"),
            member_cid: self.member_cid.clone(),
        });
        let opened = super::open(Some("https://falcon"), credentials, settings, general).unwrap();
        let request = types::Request {
            id: user.to_owned(),
            roles: roles.iter().cloned().map(Into::into).collect(),
            organizations: Vec::new(),
            workspace_id: Narrowing::Anywhere,
            remote_query: None,
            remote_data: None,
        };
        let caches = Caches::default();
        let provider = opened.provider.as_ref();
        let ask = Ask::validate(request, self.options.clone(), &opened.general, provider)
            .map_err(|error| engine::failure_of(&error, false))?;
        let cx = engine::context(&self.transport, &caches, &ask, opened.secrets, opened.rate_limit);
        self.transport
            .run(engine::run(provider, &cx, &opened.general, &NoTrail))
    }

    /// Whether the user really holds a role there.
    pub fn holds(&self, cid: &str, role: &str) -> bool {
        let tenant = self.tenant.borrow();
        tenant
            .rows
            .iter()
            .any(|row| row["cid"] == cid && row["role_id"] == role)
    }

    /// Calls whose URL has this text.
    pub fn calls(&self, text: &str) -> usize {
        self.transport
            .seen
            .borrow()
            .iter()
            .filter(|seen| seen.url.contains(text))
            .count()
    }

    pub fn revokes(&self) -> usize {
        self.calls("user-role-actions")
    }
}

pub fn options() -> Options {
    Options {
        mode: Mode::Revoke,
        allow: Vec::new(),
        deadline: None,
        strict_scope: types::StrictScope::AccountDefault,
        unknown_role: types::UnknownRole::NotFound,
        acknowledged_at: None,
        expect: types::Expectation::Anyone,
        accept_unverified: false,
    }
}

pub fn by_id(id: &str) -> Role {
    Role {
        id: Some(id.to_owned()),
        name: None,
        group: None,
        organization: None,
        workspace: None,
    }
}

pub fn by_name(name: &str) -> Role {
    Role {
        id: None,
        name: Some(name.to_owned()),
        ..by_id("")
    }
}

pub fn at(cid: &str, role: Role) -> Role {
    Role {
        organization: Some(cid.to_owned()),
        ..role
    }
}

pub fn outcomes(answer: &Result<Success, Failure>) -> Vec<Outcome> {
    let outcomes = match answer {
        Ok(success) => &success.outcomes,
        Err(failure) => &failure.outcomes,
    };
    outcomes.iter().map(|entry| entry.outcome).collect()
}

pub fn reasons(answer: &Result<Success, Failure>) -> Vec<Option<&str>> {
    let outcomes = match answer {
        Ok(success) => &success.outcomes,
        Err(failure) => &failure.outcomes,
    };
    outcomes.iter().map(|entry| entry.reason.as_deref()).collect()
}
