//! A tenant: what it holds, and how it behaves.

use std::{
    cell::Cell,
    collections::{BTreeMap, HashSet},
};

use serde_json::{Value, json};

use crate::fake::{Reaction, Seen};

/// The CID in view, and the home of the user.
pub const HOME: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// A child CID.
pub const CHILD: &str = "cccccccccccccccccccccccccccccccc";
pub const ANN: &str = "6f1e2a30-0000-4000-8000-00000000a001";
/// Somebody else, who has a role in the CID in view.
pub const BOB: &str = "6f1e2a30-0000-4000-8000-00000000b0b0";
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
    /// A revoke that names this role is refused.
    pub refuses: Option<&'static str>,
    /// Whether anybody else is there, with a role in the CID in view.
    pub has_others: bool,
    /// A call whose body has this text fails, and has no effect.
    pub failing_body: Option<&'static str>,
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
            refuses: None,
            has_others: true,
            failing_body: None,
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

    pub fn answer(&mut self, seen: &Seen) -> Reaction {
        let url = seen.url.as_str();
        if let Some(rule) = self
            .rules
            .iter_mut()
            .find(|rule| rule.times > 0 && url.contains(rule.path))
        {
            rule.times -= 1;
            return Reaction::Answer(rule.status, rule.headers.clone(), rule.body.clone());
        }
        if self.failing_body.is_some_and(|text| seen.body.contains(text)) {
            return Reaction::Answer(500, Vec::new(), String::from("{}"));
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
            "/user-management/queries/users" if url.contains("assigned_cids") => {
                let has_a_role = self.has_others && url.contains(self.view);
                list(if has_a_role { vec![json!(BOB)] } else { Vec::new() })
            }
            "/user-management/queries/users" if parameter(url, "filter").is_none() => {
                list(vec![json!(ANN), json!(BOB)])
            }
            "/user-management/queries/users" => list(if knows { vec![json!(ANN)] } else { Vec::new() }),
            "/user-management/entities/users/GET" => {
                let is_asked = seen.body.contains(ANN);
                (
                    200,
                    json!({"resources": if knows && is_asked { vec![self.user.clone()] } else { Vec::new() }}),
                )
            }
            "/user-management/combined/user-roles" if url.contains(BOB) => {
                let row = json!({"role_id": "event_viewer", "uuid": BOB, "cid": self.view, "grant_type": "direct"});
                list(if self.has_others {
                    vec![(self.shown)(row)]
                } else {
                    Vec::new()
                })
            }
            "/user-management/combined/user-roles" | "/user-management/entities/user-role-actions" if !knows => {
                invalid("user uuid", ANN)
            }
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
        let rows = || self.rows.iter().filter(|row| row["cid"] == cid);
        self.lists_read.set(self.lists_read.get() + 1);
        let total = (self.total)(rows().count(), self.lists_read.get());
        let rows: Vec<Value> = rows().skip(offset).take(limit).cloned().map(self.shown).collect();
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
        if self.refuses.is_some_and(|refused| asked.contains(&refused)) {
            return (
                400,
                json!({"errors": [{"code": 400, "message": "role is not granted to the user"}]}),
            );
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
