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
    contract::{
        examples::{self, options, request},
        types::{
            Account, ClientCredentials, Credentials, Endpoint, Expectation, Failure, Mode, Narrowing, Options, Outcome,
            Provider, Request, Role, RoleDirectory, Success, UserReading,
        },
    },
    fake::{FakeTransport, Reaction},
    providers::{self, Opened},
};

pub use crate::contract::examples::{by_id, by_name, entries};

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
        self.send(request(user, roles))
    }

    /// The same for everything that Ann holds.
    pub fn everything(&mut self) -> Result<Success, Failure> {
        self.options.expect = Expectation::Username(String::from("ann@example.com"));
        self.send(examples::everything(ANN))
    }

    fn open(&self) -> Opened {
        providers::open(Account {
            provider: Provider::Crowdstrike,
            base_url: Endpoint::Url(String::from("https://falcon")),
            credentials: Credentials::ClientCredentials(ClientCredentials {
                client_id: String::from("client"),
                client_secret: String::from("very secret"),
                member_cid: self.member_cid.clone(),
            }),
            settings: self.settings.to_owned(),
        })
        .unwrap()
    }

    fn send(&self, request: Request) -> Result<Success, Failure> {
        self.open().call(&self.transport, request, self.options.clone())
    }

    /// Reads Ann and everything that she holds.
    pub fn read_user(&self) -> Result<UserReading, Failure> {
        self.open().read_user(&self.transport, ANN)
    }

    pub fn list_roles(&self) -> Result<RoleDirectory, Failure> {
        self.open().list_roles(&self.transport)
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

pub fn at(cid: &str, role: Role) -> Role {
    Role {
        organization: Some(cid.to_owned()),
        ..role
    }
}

pub fn outcomes(answer: &Result<Success, Failure>) -> Vec<Outcome> {
    entries(answer).iter().map(|entry| entry.outcome).collect()
}

pub fn reasons(answer: &Result<Success, Failure>) -> Vec<Option<&str>> {
    entries(answer).iter().map(|entry| entry.reason.as_deref()).collect()
}
