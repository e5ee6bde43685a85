//! BlackLine through the crate: one user, scripted answers.

mod codes;
mod guards;
mod knowing;
mod lists;
mod names;
mod rounds;
mod rows;
mod users;

use std::{cell::RefCell, rc::Rc};

use crate::{
    contract::{
        examples::{self, by_id, by_name, options, outcomes},
        types::{
            Account, Credentials, Endpoint, Expectation, Failure, Options, PasswordCredentials, Provider, Request,
            Role, RoleDirectory, Success, UserReading,
        },
    },
    fake::{FakeTransport, Reaction, Seen},
    providers::Opened,
};

/// What BlackLine holds and shows of user 301.
struct Instance {
    user: &'static str,
    /// Role, product, and the row as it is shown.
    pairs: Vec<(&'static str, &'static str, String)>,
    /// Stands in the list of pairs behind `items`.
    more: String,
    roles: &'static str,
    /// The next answers to calls whose address has this text.
    faults: Vec<(&'static str, u16, &'static str)>,
    /// From the first removal on, the rows of this product are shown so.
    later: Option<(&'static str, &'static str)>,
    writes: Vec<String>,
    tokens: usize,
}

type Shared = Rc<RefCell<Instance>>;

const ROLES: &str =
    r#"{"id": 5, "name": "Reviewer"}, {"id": 9, "name": "Auditor"}, {"id": 22, "name": "Administrator"}"#;

impl Instance {
    fn holding(rows: &[(&'static str, &'static str, &str)]) -> Shared {
        let pairs = rows
            .iter()
            .map(|(role, product, row)| (*role, *product, (*row).to_owned()));
        Rc::new(RefCell::new(Self {
            user: r#"{"id": 301, "loginId": "ann", "email": "ann@example.com", "fullName": "Ann Lee"}"#,
            pairs: pairs.collect(),
            more: String::new(),
            roles: ROLES,
            faults: Vec::new(),
            later: None,
            writes: Vec::new(),
            tokens: 0,
        }))
    }

    fn react(&mut self, seen: &Seen) -> Reaction {
        let is_hit = |(part, ..): &(&str, u16, &str)| seen.url.contains(part);
        if let Some(position) = self.faults.iter().position(is_hit) {
            let (_, status, body) = self.faults.remove(position);
            return answer(status, body);
        }
        if seen.url.ends_with("/connect/token") {
            self.tokens += 1;
            return answer(200, &format!(r#"{{"access_token": "token-{}"}}"#, self.tokens));
        }
        let (path, query) = seen.url.split_once('?').unwrap_or((&seen.url, ""));
        match (seen.method, path.rsplit('/').next().unwrap()) {
            ("GET", "301") => answer(200, self.user),
            ("GET", "roles") => answer(200, &format!(r#"{{"items": [{}]}}"#, self.roles)),
            ("GET", "roles-products") => {
                let later = self.later.filter(|_| !self.writes.is_empty());
                let shown = self.pairs.iter().map(|(_, product, row)| match later {
                    Some((of, row)) if of == *product => row,
                    _ => row.as_str(),
                });
                let shown: Vec<&str> = shown.collect();
                answer(200, &format!(r#"{{"items": [{}]{}}}"#, shown.join(", "), self.more))
            }
            ("DELETE", "roles-products") => {
                self.writes.push(query.to_owned());
                self.pairs
                    .retain(|(role, product, _)| query != format!("roleId={role}&productId={product}"));
                answer(204, "")
            }
            ("POST", "roles-products") => {
                self.writes.push(seen.body.clone());
                let left: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
                // A number is compared by its digits.
                #[allow(clippy::cmp_owned)]
                let is_left = |role: &str, product: &str| {
                    let mut rows = left.as_array().unwrap().iter();
                    rows.any(|row| row["roleId"].to_string() == role && row["productId"] == product)
                };
                self.pairs.retain(|(role, product, _)| is_left(role, product));
                answer(200, "[]")
            }
            _ => answer(404, "{}"),
        }
    }
}

fn answer(status: u16, body: &str) -> Reaction {
    Reaction::Answer(status, Vec::new(), body.to_owned())
}

fn pair(role: &str, name: &str, product: &str) -> String {
    format!(r#"{{"role": {{"id": {role}, "name": "{name}"}}, "product": {{"id": "{product}"}}}}"#)
}

fn transport(instance: &Shared) -> FakeTransport {
    let far_end = Rc::clone(instance);
    FakeTransport::new(move |seen| far_end.borrow_mut().react(seen))
}

fn open(settings: &str) -> Opened {
    crate::providers::open(Account {
        provider: Provider::Blackline,
        base_url: Endpoint::Url(String::from("https://us2.api.blackline.com")),
        credentials: Credentials::Password(PasswordCredentials {
            username: String::from("api-user"),
            password: String::from("api-key"),
            client_id: String::from("client"),
            client_secret: String::from("client-secret"),
            scope: String::from("bl.users"),
        }),
        settings: settings.to_owned(),
    })
    .unwrap()
}

fn request(roles: Vec<Role>) -> Request {
    Request {
        everything: roles.is_empty(),
        ..examples::request("301", &roles)
    }
}

fn call(instance: &Shared, settings: &str, roles: Vec<Role>, options: Options) -> Result<Success, Failure> {
    send(&transport(instance), settings, request(roles), options)
}

/// The same for everything that the user holds.
fn everything(instance: &Shared, settings: &str, options: Options) -> Result<Success, Failure> {
    let options = Options {
        expect: Expectation::Username(String::from("ann")),
        ..options
    };
    send(&transport(instance), settings, request(Vec::new()), options)
}

fn read_user(instance: &Shared, settings: &str) -> Result<UserReading, Failure> {
    read_user_of(instance, settings, "301")
}

fn read_user_of(instance: &Shared, settings: &str, id: &str) -> Result<UserReading, Failure> {
    open(settings).read_user(&transport(instance), id)
}

fn list_roles(instance: &Shared, settings: &str) -> Result<RoleDirectory, Failure> {
    open(settings).list_roles(&transport(instance))
}

fn send(transport: &FakeTransport, settings: &str, request: Request, options: Options) -> Result<Success, Failure> {
    open(settings).call(transport, request, options)
}

fn ask(instance: &Shared, settings: &str, roles: &[Role]) -> Vec<&'static str> {
    outcomes(&call(instance, settings, roles.to_vec(), options()))
}
