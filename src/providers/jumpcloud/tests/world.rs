//! The far end: an organization whose documents a test can bend.

use std::{collections::HashMap, time::Duration};

use serde_json::{Value, json};

use crate::{
    contract::types::{Failure, Role, RoleOutcome, Success},
    fake::{Reaction, Seen},
};

pub use crate::contract::examples::entries;

pub const USER: &str = "5f0000000000000000000001";
pub const ADMIN: &str = "5e0000000000000000000001";
/// An Administrator With Billing, whose key it is in some tests.
pub const ROOT: &str = "5e0000000000000000000002";
pub const OWNERS: &str = "5d0000000000000000000001";
pub const HELP_DESK: &str = "5d0000000000000000000002";
pub const MANAGER: &str = "5d0000000000000000000003";
pub const READ_ONLY: &str = "5d0000000000000000000004";
pub const HOME: &str = "5b0000000000000000000001";
pub const NORTH: &str = "5b0000000000000000000002";
pub const NIGHTS: &str = "5c0000000000000000000001";

/// A row that is counted and not shown.
pub const HIDDEN: &str = "hidden";

/// What the far end answers, by path.
pub struct World {
    /// Documents, and lists as arrays. `results` and `totalCount` go around those of V1.
    pub documents: HashMap<String, Value>,
    /// Answers instead: status and body.
    pub instead: HashMap<String, (u16, String)>,
    /// The counts of a list, page by page; `null` for none.
    pub counts: HashMap<String, Vec<Value>>,
    /// Fields that the record keeps whatever a PUT sets.
    pub fixed: Vec<(&'static str, Value)>,
    /// Happens before the next read of the administrator's record.
    pub changes: Vec<Value>,
    /// Bends the answer to a read of a path; it is told whether a write came before.
    pub bend: Option<Bend>,
    /// Writes are answered so, with 200, and do nothing.
    pub keeps: Option<&'static str>,
    /// The list of administrators has the user's, as the record is now.
    pub lists_record: bool,
    pub writes: Vec<(String, String)>,
    /// Happens at the next write, in place of it.
    pub at_next_write: Option<Box<dyn FnOnce(&mut Self) -> Reaction>>,
    /// A list whose second page does not exist.
    pub breaks_off: Option<String>,
    /// Every answer takes so long.
    pub latency: Duration,
}

type Bend = Box<dyn Fn(&str, bool, &mut Value)>;

pub fn role(id: &str, name: &str) -> Value {
    json!({"id": id, "name": name})
}

pub fn named(name: &str) -> Role {
    asked(None, Some(name), None)
}

pub fn with_id(id: &str) -> Role {
    asked(Some(id), None, None)
}

pub fn group(text: &str) -> Role {
    asked(None, None, Some(text))
}

fn asked(id: Option<&str>, name: Option<&str>, group: Option<&str>) -> Role {
    Role {
        id: id.map(str::to_owned),
        name: name.map(str::to_owned),
        group: group.map(str::to_owned),
        organization: None,
        workspace: None,
    }
}

/// Outcome and reason of every entry.
pub fn told(answer: &Result<Success, Failure>) -> Vec<(&'static str, &str)> {
    let told = |entry: &'_ RoleOutcome| crate::contract::json::outcome_name(entry.outcome);
    entries(answer)
        .iter()
        .map(|entry| (told(entry), entry.reason.as_deref().unwrap_or_default()))
        .collect()
}

pub fn record_path() -> String {
    format!("/api/users/{ADMIN}")
}

pub fn path_of(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").unwrap().1;
    let path = &rest[rest.find('/').unwrap()..];
    path.split_once('?').unwrap_or((path, ""))
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let pair = query
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(
        percent_encoding::percent_decode_str(pair)
            .decode_utf8()
            .unwrap()
            .into_owned(),
    )
}

impl World {
    pub fn put(&mut self, path: &str, document: Value) {
        self.documents.insert(path.to_owned(), document);
    }

    pub fn record(&mut self) -> &mut Value {
        self.documents.get_mut(&record_path()).unwrap()
    }

    pub fn set_record(&mut self, record: Value) {
        self.documents.insert(record_path(), record);
    }

    pub fn set_roles(&mut self, roles: &[(&str, &str)]) {
        let record = self.record();
        record["roleName"] = json!(roles.first().map(|(_, name)| name));
        record["role"] = json!(roles.first().map(|(id, _)| id));
        record["roleNames"] = roles.iter().map(|(_, name)| json!(name)).collect();
        record["roles"] = roles.iter().map(|(id, _)| json!(id)).collect();
    }

    /// The user is a member of these groups, which have names, and nobody else is of any.
    pub fn set_groups(&mut self, groups: &[(&str, &str, bool)]) {
        let rows = groups
            .iter()
            .map(|(id, name, _)| json!({"id": id, "name": name}))
            .collect();
        self.put("/api/v2/usergroups", rows);
        let own = groups.iter().filter(|(.., is_member)| *is_member);
        let rows = own.map(|(id, ..)| json!({"id": id, "type": "user_group"})).collect();
        self.put(&format!("/api/v2/users/{USER}/memberof"), rows);
        for (id, _, is_member) in groups {
            let members = if *is_member {
                json!([{"id": USER, "type": "user"}])
            } else {
                json!([])
            };
            self.put(&format!("/api/v2/usergroups/{id}/membership"), members);
        }
    }

    pub fn set_links(&mut self, organizations: &[(&str, &str, bool)]) {
        let rows = organizations
            .iter()
            .map(|(id, name, _)| json!({"_id": id, "displayName": name}))
            .collect();
        self.put("/api/organizations", rows);
        let link = |id: &str| json!({"administrator": ADMIN, "organization": id});
        let linked = organizations.iter().filter(|(.., is_linked)| *is_linked);
        let path = format!("/api/v2/administrators/{ADMIN}/organizationlinks");
        self.put(&path, linked.map(|(id, ..)| link(id)).collect());
        for (id, _, is_linked) in organizations {
            let rows = if *is_linked { json!([link(id)]) } else { json!([]) };
            self.put(&format!("/api/v2/organizations/{id}/administratorlinks"), rows);
        }
    }

    pub fn rows(&mut self, path: &str) -> &mut Vec<Value> {
        self.documents.get_mut(path).unwrap().as_array_mut().unwrap()
    }

    pub fn react(&mut self, seen: &Seen) -> Reaction {
        Reaction::After(self.latency, Box::new(self.answer(seen)))
    }

    fn answer(&mut self, seen: &Seen) -> Reaction {
        let (path, query) = path_of(&seen.url);
        if let Some((status, body)) = self.instead.get(path) {
            return Reaction::Answer(*status, Vec::new(), body.clone());
        }
        if seen.method == "GET" {
            return self.read(path, query);
        }
        self.writes.push((seen.method.to_owned(), seen.body.clone()));
        if let Some(happens) = self.at_next_write.take() {
            return happens(self);
        }
        if let Some(answer) = self.keeps {
            return Reaction::Answer(200, Vec::new(), answer.to_owned());
        }
        self.write(seen.method, path, &seen.body)
    }

    fn read(&mut self, path: &str, query: &str) -> Reaction {
        if path == record_path() && !self.changes.is_empty() {
            let change = self.changes.remove(0);
            if !change.is_null() {
                self.set_record(change);
            }
        }
        let fixed = self.fixed.clone();
        let Some(document) = self.documents.get(path) else {
            return Reaction::Answer(404, Vec::new(), String::from(r#"{"message": "Not Found"}"#));
        };
        let Value::Array(rows) = document else {
            let mut document = document.clone();
            if path == record_path() {
                for (field, value) in fixed {
                    document[field] = value;
                }
            }
            self.bend(path, &mut document);
            return Reaction::Answer(200, Vec::new(), document.to_string());
        };
        if self.breaks_off.as_deref() == Some(path) && parameter(query, "skip").is_some_and(|skip| skip != "0") {
            return Reaction::Answer(404, Vec::new(), String::from("{}"));
        }
        let filter = parameter(query, "filter").unwrap_or_default();
        let wanted = filter.rsplit_once(':').map(|(_, wanted)| wanted.to_owned());
        let is_let_through = |row: &Value| {
            wanted.as_ref().is_none_or(|wanted| {
                !row.is_object() || ["id", "email"].iter().any(|field| row[*field].as_str() == Some(wanted))
            })
        };
        let listed = self
            .documents
            .get(&record_path())
            .filter(|_| self.lists_record && path == "/api/users");
        let rows = rows.iter().chain(listed).filter(|row| is_let_through(row));
        let rows: Vec<&Value> = rows.collect();
        let number = |name: &str| parameter(query, name).unwrap().parse::<usize>().unwrap();
        let page: Vec<&Value> = rows
            .iter()
            .copied()
            .skip(number("skip"))
            .take(number("limit"))
            .collect();
        let page: Vec<&Value> = page.into_iter().filter(|row| row.as_str() != Some(HIDDEN)).collect();
        let count = match self.counts.get_mut(path) {
            Some(counts) if counts.len() > 1 => counts.remove(0),
            Some(counts) => counts[0].clone(),
            None => json!(rows.len()),
        };
        if path.starts_with("/api/v2/") && path != "/api/v2/roles" {
            let header = (!count.is_null()).then(|| ("x-total-count", count.to_string()));
            let mut page = json!(page);
            self.bend(path, &mut page);
            return Reaction::Answer(200, header.into_iter().collect(), page.to_string());
        }
        let mut document = if count.is_null() {
            json!({"results": page})
        } else {
            json!({"results": page, "totalCount": count})
        };
        self.bend(path, &mut document);
        Reaction::Answer(200, Vec::new(), document.to_string())
    }

    fn bend(&self, path: &str, document: &mut Value) {
        if let Some(bend) = &self.bend {
            bend(path, !self.writes.is_empty(), document);
        }
    }

    fn write(&mut self, method: &str, path: &str, body: &str) -> Reaction {
        let done = || Reaction::Answer(200, Vec::new(), String::from("{}"));
        let segments: Vec<&str> = path.split('/').skip(2).collect();
        match (method, segments.as_slice()) {
            ("PUT", ["users", _]) => {
                let body: Value = serde_json::from_str(body).unwrap();
                let record = self.record().clone();
                let is_known = |name: &Value| record["roleNames"].as_array().unwrap().contains(name);
                if !body["roleNames"].as_array().unwrap().iter().all(is_known) {
                    return Reaction::Answer(400, Vec::new(), String::from("{}"));
                }
                let kept = |name: &Value| body["roleNames"].as_array().unwrap().contains(name);
                let pairs: Vec<(String, String)> = record["roleNames"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .enumerate()
                    .filter(|(_, name)| kept(name))
                    .map(|(at, name)| {
                        let id = record["roles"][at].as_str().unwrap_or_default();
                        (id.to_owned(), name.as_str().unwrap().to_owned())
                    })
                    .collect();
                let has_ids = record["roles"].is_array();
                let pairs: Vec<(&str, &str)> = pairs.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
                self.set_roles(&pairs);
                if !has_ids {
                    self.record()["roles"] = Value::Null;
                    self.record()["role"] = Value::Null;
                }
                done()
            }
            ("DELETE", ["users", _]) => {
                self.documents.remove(path);
                // The links go with the record.
                self.documents
                    .remove(&format!("/api/v2/administrators/{ADMIN}/organizationlinks"));
                let user = self.documents.get_mut(&format!("/api/systemusers/{USER}")).unwrap();
                user["admin"] = Value::Null;
                done()
            }
            ("DELETE", ["v2", "administrators", _, "organizationlinks", id]) => {
                let links = path.rsplit_once('/').unwrap().0;
                if !self.documents.contains_key(links) {
                    return Reaction::Answer(404, Vec::new(), String::from("{}"));
                }
                self.rows(links).retain(|row| row["organization"].as_str() != Some(id));
                self.put(&format!("/api/v2/organizations/{id}/administratorlinks"), json!([]));
                done()
            }
            ("POST", ["v2", "usergroups", id, "members"]) => {
                let rows = self.rows(&format!("/api/v2/users/{USER}/memberof"));
                rows.retain(|row| row["id"].as_str() != Some(id));
                self.put(&format!("/api/v2/usergroups/{id}/membership"), json!([]));
                done()
            }
            _ => Reaction::Answer(404, Vec::new(), String::from("{}")),
        }
    }
}
