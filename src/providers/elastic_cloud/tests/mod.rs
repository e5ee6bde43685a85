//! Elastic Cloud through the whole operation: what an answer says is what the organization holds.

mod guards;
mod knowing;
mod matching;
mod mutations;
mod rounds;
mod rows;

use std::{cell::RefCell, rc::Rc, time::Duration};

use serde_json::{Map, Value, json};

use crate::{
    client::Caches,
    contract::{
        examples::{by_id as id, by_name as name, options, request},
        json::outcome_name,
        types::{
            self, Failure, Mode, Options, ReadOptions, Request, Role, RoleDirectory, RoleOutcome, SideEffect, Success,
            UserReading,
        },
    },
    fake::{FakeTransport, Reaction, Seen},
};

const USER: &str = "1001";

/// An organization with one user and one owner.
struct World {
    organization: Rc<RefCell<Organization>>,
    transport: FakeTransport,
    settings: Value,
    /// Whom the calls ask for.
    user: &'static str,
}

struct Organization {
    /// The user's `role_assignments`.
    assignments: Value,
    /// Elements of the members list besides the user's.
    members: Vec<Value>,
    /// What single sign-on gives.
    mappings: Value,
    /// Every answer takes so long.
    latency: Duration,
    /// Writes are answered and not carried out.
    keeps: bool,
    /// The body of a write never arrives.
    drops_bodies: bool,
    /// A list without elements becomes `null`.
    empties_to_null: bool,
    content_type: &'static str,
    /// The body of the answer to a write.
    acknowledgement: &'static str,
    /// What becomes of the members list, by the number of the read.
    mutation: Option<Box<dyn Fn(usize, Value) -> Value>>,
    /// A key that is written as another one: so a key stands twice.
    written_as: Option<(&'static str, &'static str)>,
    reads: usize,
}

impl World {
    fn holding(assignments: Value) -> Self {
        let owner = json!({
            "user_id": "1009", "email": "root@example.com",
            "role_assignments": {"organization": [{"organization_id": "org", "role_id": "organization-admin"}]},
        });
        let organization = Rc::new(RefCell::new(Organization {
            assignments,
            members: vec![owner],
            mappings: json!([]),
            latency: Duration::ZERO,
            keeps: false,
            drops_bodies: false,
            empties_to_null: false,
            content_type: "application/json",
            acknowledgement: "{}",
            mutation: None,
            written_as: None,
            reads: 0,
        }));
        let far_end = Rc::clone(&organization);
        Self {
            organization,
            transport: FakeTransport::new(move |seen| far_end.borrow_mut().react(seen)),
            settings: json!({"organization_id": "org"}),
            user: USER,
        }
    }

    fn with(self, change: impl FnOnce(&mut Organization)) -> Self {
        change(&mut self.organization.borrow_mut());
        self
    }

    fn ask(&self, roles: &[Role]) -> Result<Success, Failure> {
        self.call(Some(roles), Mode::Revoke, &[])
    }

    /// `None`: everything.
    fn call(&self, roles: Option<&[Role]>, mode: Mode, allow: &[SideEffect]) -> Result<Success, Failure> {
        let everything = roles.is_none();
        let roles = roles.unwrap_or_default();
        let request = Request {
            everything,
            ..request(self.user, roles)
        };
        let options = Options {
            mode,
            allow: allow.to_vec(),
            expect: if everything {
                types::Expectation::Email(String::from("ann.lee@example.com"))
            } else {
                types::Expectation::Anyone
            },
            ..options()
        };
        let caches = Caches::default();
        let call = crate::unassign_role(&self.transport, &caches, self.account(), request, options);
        self.transport.run(call)
    }

    fn read_user(&self) -> UserReading {
        let caches = Caches::default();
        let read = ReadOptions { deadline: None };
        let call = crate::read_user(&self.transport, &caches, self.account(), USER, read);
        self.transport.run(call).unwrap()
    }

    fn list_roles(&self) -> RoleDirectory {
        let caches = Caches::default();
        let read = ReadOptions { deadline: None };
        let call = crate::list_roles(&self.transport, &caches, self.account(), read);
        self.transport.run(call).unwrap()
    }

    fn account(&self) -> types::Account {
        types::Account {
            provider: types::Provider::ElasticCloud,
            base_url: types::Endpoint::ProviderDefault,
            credentials: types::Credentials::ApiKey(String::from("essu_key")),
            settings: self.settings.to_string(),
        }
    }

    /// Outcome or reason of each entry.
    fn outcomes(&self, roles: &[Role]) -> Vec<String> {
        told(&self.ask(roles))
    }

    fn held(&self) -> Value {
        self.organization.borrow().assignments.clone()
    }

    fn requests(&self, method: &str, path: &str) -> usize {
        let seen = self.transport.seen.borrow();
        let is_it = |seen: &&Seen| seen.method == method && seen.url.ends_with(path);
        seen.iter().filter(is_it).count()
    }

    fn writes(&self) -> usize {
        self.requests("DELETE", "/users/1001/role_assignments")
    }
}

/// Outcome or reason of each entry.
fn told(answer: &Result<Success, Failure>) -> Vec<String> {
    entries(answer)
        .iter()
        .map(|entry| match &entry.reason {
            Some(reason) => format!("{} {reason}", outcome_name(entry.outcome)),
            None => outcome_name(entry.outcome).to_owned(),
        })
        .collect()
}

fn entries(answer: &Result<Success, Failure>) -> &[RoleOutcome] {
    match answer {
        Ok(success) => &success.outcomes,
        Err(failure) => {
            assert!(!failure.outcomes.is_empty(), "{failure:?}");
            &failure.outcomes
        }
    }
}

impl Organization {
    fn react(&mut self, seen: &Seen) -> Reaction {
        Reaction::After(self.latency, Box::new(self.answer(seen)))
    }

    fn answer(&mut self, seen: &Seen) -> Reaction {
        let headers = vec![("content-type", self.content_type.to_owned())];
        if seen.method == "DELETE" {
            if !self.drops_bodies && !self.keeps {
                let body = serde_json::from_str(&seen.body).unwrap();
                subtract(&mut self.assignments, &body);
            }
            let lists = self.assignments.as_object_mut().into_iter().flatten();
            for (_, list) in lists.filter(|_| self.empties_to_null) {
                if list.as_array().is_some_and(Vec::is_empty) {
                    *list = Value::Null;
                }
            }
            return Reaction::Answer(200, headers, self.acknowledgement.to_owned());
        }
        if seen.url.ends_with("/role_mappings") {
            return Reaction::Answer(200, headers, json!({"mappings": self.mappings}).to_string());
        }
        let user = json!({
            "user_id": USER, "name": "Ann Lee", "email": "ann.lee@example.com", "member_since": "2025-01-02T03:04:05Z",
            "role_assignments": self.assignments,
        });
        let members: Vec<&Value> = self.members.iter().chain([&user]).collect();
        let mut document = json!({ "members": members });
        if let Some(mutation) = &self.mutation {
            document = mutation(self.reads, document);
        }
        self.reads += 1;
        let mut text = document.to_string();
        if let Some((key, other)) = self.written_as {
            text = text.replace(&format!("\"{key}\":"), &format!("\"{other}\":"));
        }
        Reaction::Answer(200, headers, text)
    }
}

/// Takes exactly the places of the items that are named, by role and application roles.
fn subtract(held: &mut Value, body: &Map<String, Value>) {
    for (kind, removed) in body {
        let Some(held) = held.get_mut(kind) else { continue };
        if let Value::Object(projects) = removed {
            subtract(held, projects);
            continue;
        }
        let Some(rows) = held.as_array_mut() else { continue };
        for removed in removed.as_array().unwrap() {
            rows.retain_mut(|row| {
                let is_empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
                let same = |key: &str| row.get(key).filter(|value| !is_empty(value)) == removed.get(key);
                if !same("role_id") || !same("application_roles") || !same("organization_id") {
                    return true;
                }
                // One for all of them is another assignment than one for some.
                if row.get("all") == Some(&Value::Bool(true)) && removed.get("all") != row.get("all") {
                    return true;
                }
                for ids in ["deployment_ids", "project_ids"] {
                    let gone: Vec<Value> = removed.get(ids).and_then(Value::as_array).cloned().unwrap_or_default();
                    if let Some(places) = row.get_mut(ids).and_then(Value::as_array_mut) {
                        places.retain(|place| !gone.contains(place));
                        return !places.is_empty();
                    }
                }
                false
            });
        }
    }
}

fn both(id: &str, name: &str) -> Role {
    Role {
        id: Some(id.to_owned()),
        ..self::name(name)
    }
}

fn in_group(role: Role, group: &str) -> Role {
    Role {
        group: Some(group.to_owned()),
        ..role
    }
}

fn at(role: Role, workspace: &str) -> Role {
    Role {
        workspace: Some(workspace.to_owned()),
        ..role
    }
}

/// An assignment of a role in an Elasticsearch project, with application roles.
fn project(role: &str, place: &str, application_roles: &[&str]) -> Value {
    json!({"organization_id": "org", "role_id": role, "project_ids": [place], "application_roles": application_roles})
}

fn elasticsearch(rows: &[Value]) -> Value {
    json!({"project": {"elasticsearch": rows}})
}
