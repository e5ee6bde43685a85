//! A small tenant under the whole engine: every test sees what the tenant really holds.

mod absent;
mod guards;
mod home;
mod knowing;
mod revokes;
mod rounds;
mod rows;
mod tenant;
mod users;
mod view;

use std::{cell::RefCell, rc::Rc, time::Duration};

use crate::{
    account::settings::{General, Settings},
    client::Caches,
    contract::{
        examples::options,
        types::{
            self, ClientCredentials, Credentials, Expectation, Failure, Mode, Narrowing, Options, Outcome, ReadOptions,
            Role, RoleDirectory, Success, UserReading,
        },
    },
    engine::{self, NoAudit},
    fake::{FakeTransport, Reaction},
    providers::Opened,
    request::ValidatedRequest,
};

pub use self::tenant::{ANN, BOB, CHILD, HOME, NIGHT_SHIFT, Rule, Tenant};

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

    /// Every answer takes as long.
    pub fn slow(tenant: Tenant, latency: Duration) -> Self {
        let case = Self::new(tenant);
        let far = Rc::clone(&case.tenant);
        let later = move |seen: &_| Reaction::After(latency, Box::new(far.borrow_mut().answer(seen)));
        Self {
            transport: FakeTransport::new(later),
            ..case
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
        self.send(types::Request {
            everything: false,
            id: user.to_owned(),
            roles: roles.iter().cloned().map(Into::into).collect(),
            organizations: Vec::new(),
            workspace_id: Narrowing::Anywhere,
            remote_query: None,
            remote_data: None,
        })
    }

    /// The same for everything that Ann holds.
    pub fn everything(&mut self) -> Result<Success, Failure> {
        self.options.expect = Expectation::Username(String::from("ann@example.com"));
        self.send(types::Request {
            everything: true,
            id: ANN.to_owned(),
            roles: Vec::new(),
            organizations: Vec::new(),
            workspace_id: Narrowing::Anywhere,
            remote_query: None,
            remote_data: None,
        })
    }

    fn open(&self) -> Opened {
        let mut settings = Settings::parse(Some(self.settings)).unwrap();
        let general: General = settings.take_general().unwrap();
        let credentials = Credentials::ClientCredentials(ClientCredentials {
            client_id: String::from("client"),
            client_secret: String::from("very secret"),
            member_cid: self.member_cid.clone(),
        });
        super::open(Some("https://falcon"), credentials, settings, general).unwrap()
    }

    fn send(&self, request: types::Request) -> Result<Success, Failure> {
        let opened = self.open();
        let caches = Caches::default();
        let provider = opened.provider.as_ref();
        let ask = ValidatedRequest::validate(request, self.options.clone(), &opened.general, provider)
            .map_err(|error| engine::failure_of(&error, false))?;
        let cx = engine::context(&self.transport, &caches, &ask, opened.secrets, opened.rate_limit);
        self.transport
            .run(engine::run(provider, &cx, &opened.general, &NoAudit))
    }

    /// Reads Ann and everything that she holds.
    pub fn read_user(&self) -> Result<UserReading, Failure> {
        let opened = self.open();
        let caches = Caches::default();
        let provider = opened.provider.as_ref();
        let options = ReadOptions { deadline: None };
        let ask = ValidatedRequest::reading(Some(ANN), options, provider).unwrap();
        let cx = engine::context(&self.transport, &caches, &ask, opened.secrets, opened.rate_limit);
        self.transport
            .run(engine::read_user(provider, &cx, &opened.general, &NoAudit))
    }

    pub fn list_roles(&self) -> Result<RoleDirectory, Failure> {
        let opened = self.open();
        let caches = Caches::default();
        let provider = opened.provider.as_ref();
        let options = ReadOptions { deadline: None };
        let ask = ValidatedRequest::reading(None, options, provider).unwrap();
        let cx = engine::context(&self.transport, &caches, &ask, opened.secrets, opened.rate_limit);
        self.transport.run(engine::list_roles(provider, &cx))
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
