//! A call at a world.

use std::{cell::RefCell, collections::HashMap, rc::Rc, time::Duration};

use serde_json::{Value, json};

use crate::{
    contract::{
        examples::{options, request},
        types::{
            Account, ClientCredentials, Credentials, Endpoint, Expectation, Failure, Mode, Narrowing, Options,
            OrganizationSelector, Provider, Request, Role, RoleDirectory, SideEffect, Success, UserReading,
        },
    },
    engine,
    fake::FakeTransport,
    providers,
};

use super::world::{ADMIN, HELP_DESK, HOME, MANAGER, OWNERS, READ_ONLY, ROOT, USER, World, path_of, record_path, role};

pub struct Case {
    pub world: Rc<RefCell<World>>,
    pub transport: FakeTransport,
    pub settings: Value,
    pub allow: Vec<SideEffect>,
    pub user: &'static str,
    pub credentials: Credentials,
    pub remote_data: Option<String>,
}

impl Case {
    /// A user whose administrator holds these roles: ids and names.
    pub fn holding(roles: &[(&str, &str)]) -> Self {
        let mut world = World {
            documents: HashMap::new(),
            instead: HashMap::new(),
            counts: HashMap::new(),
            fixed: Vec::new(),
            changes: Vec::new(),
            bend: None,
            keeps: None,
            lists_record: false,
            writes: Vec::new(),
            at_next_write: None,
            breaks_off: None,
            latency: Duration::ZERO,
        };
        let user = json!({"_id": USER, "email": "ann@example.com", "username": "ann", "organization": HOME, "admin": {"id": ADMIN}});
        let root = json!({"_id": ROOT, "email": "root@example.com", "roleName": "Administrator With Billing",
            "roleNames": ["Administrator With Billing"], "role": OWNERS, "roles": [OWNERS]});
        world.put(&format!("/api/systemusers/{USER}"), user.clone());
        world.put("/api/systemusers", json!([user]));
        world.put(&format!("/api/users/{ROOT}"), root.clone());
        world.put("/api/users", json!([root]));
        world.set_record(json!({"_id": ADMIN, "email": "ann@example.com", "organization": HOME}));
        world.set_roles(roles);
        world.put(
            "/api/v2/roles",
            json!([
                role(OWNERS, "Administrator With Billing"),
                role(HELP_DESK, "Help Desk"),
                role(MANAGER, "Manager"),
                role(READ_ONLY, "Read Only"),
            ]),
        );
        world.put("/api/organizations", json!([]));
        world.put("/api/v2/usergroups", json!([]));
        world.put(&format!("/api/v2/users/{USER}/memberof"), json!([]));
        world.put(&format!("/api/v2/administrators/{ADMIN}/organizationlinks"), json!([]));
        let world = Rc::new(RefCell::new(world));
        let far_end = Rc::clone(&world);
        Self {
            world,
            transport: FakeTransport::new(move |seen| far_end.borrow_mut().react(seen)),
            settings: json!({}),
            allow: Vec::new(),
            user: USER,
            credentials: Credentials::ApiKey(String::from("test-key")),
            remote_data: None,
        }
    }

    pub fn with(self, change: impl FnOnce(&mut World)) -> Self {
        change(&mut self.world.borrow_mut());
        self
    }

    /// The account has a client secret in place of a key.
    pub fn with_client(mut self) -> Self {
        self.credentials = Credentials::ClientCredentials(ClientCredentials {
            client_id: "id".to_owned(),
            client_secret: "secret".to_owned(),
            member_cid: Narrowing::Anywhere,
        });
        self.with(|world| {
            let token = r#"{"access_token": "t", "expires_in": 3600}"#;
            world
                .instead
                .insert("/oauth2/token".to_owned(), (200, token.to_owned()));
        })
    }

    pub fn allowing(mut self, effects: &[SideEffect]) -> Self {
        self.allow.extend(effects);
        self
    }

    pub fn ask(&self, roles: &[Role]) -> Result<Success, Failure> {
        self.call(roles, &[], Mode::Revoke)
    }

    pub fn plan(&self, roles: &[Role]) -> Result<Success, Failure> {
        self.call(roles, &[], Mode::Plan)
    }

    pub fn ask_organizations(&self, organizations: &[OrganizationSelector]) -> Result<Success, Failure> {
        self.call(&[], organizations, Mode::Revoke)
    }

    pub fn plan_organizations(&self, organizations: &[OrganizationSelector]) -> Result<Success, Failure> {
        self.call(&[], organizations, Mode::Plan)
    }

    /// Everything that the user holds is to go.
    pub fn everything(&self) -> Result<Success, Failure> {
        self.call(&[], &[], Mode::Revoke)
    }

    pub fn read_user(&self) -> Result<UserReading, Failure> {
        self.open().read_user(&self.transport, self.user)
    }

    pub fn list_roles(&self) -> Result<RoleDirectory, Failure> {
        self.open().list_roles(&self.transport)
    }

    fn account(&self) -> Account {
        Account {
            provider: Provider::Jumpcloud,
            base_url: Endpoint::ProviderDefault,
            credentials: self.credentials.clone(),
            settings: self.settings.to_string(),
        }
    }

    fn open(&self) -> providers::Opened {
        providers::open(self.account()).unwrap()
    }

    pub fn call(&self, roles: &[Role], organizations: &[OrganizationSelector], mode: Mode) -> Result<Success, Failure> {
        let opened = providers::open(self.account()).map_err(|error| engine::failure_of(&error, false))?;
        let request = Request {
            everything: roles.is_empty() && organizations.is_empty(),
            organizations: organizations.to_vec(),
            remote_data: self.remote_data.clone(),
            ..request(self.user, roles)
        };
        let options = Options {
            mode,
            allow: self.allow.clone(),
            expect: if request.everything {
                Expectation::Email(String::from("ann@example.com"))
            } else {
                Expectation::Anyone
            },
            ..options()
        };
        opened.call(&self.transport, request, options)
    }

    /// The names of the roles that are really held; `None` if there is no administrator.
    pub fn held(&self) -> Option<Vec<String>> {
        let world = self.world.borrow();
        let names = world.documents.get(&record_path())?.get("roleNames")?.as_array()?;
        names.iter().map(|name| name.as_str().map(str::to_owned)).collect()
    }

    pub fn writes(&self) -> usize {
        self.world.borrow().writes.len()
    }

    pub fn reads_of(&self, path: &str) -> usize {
        let seen = self.transport.seen.borrow();
        seen.iter()
            .filter(|seen| seen.method == "GET" && path_of(&seen.url).0 == path)
            .count()
    }
}
