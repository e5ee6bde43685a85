//! The `Provider` steps of BlackLine.

use std::{
    cell::{Cell, RefCell},
    pin::pin,
    time::Duration,
};

use futures_util::future::{self, Either};
use serde_json::Value;

use crate::{
    ask::{Ask, Entry, Selector},
    capability::Capability,
    client::Call,
    contract::types::User,
    error::{Error, ProviderFault},
    naming::same,
    provider::{
        Absence, Consequence, Context, Field, Grant, Planned, Principal, Provider, Reading, Verdict, Verification,
        Write,
    },
    reason::Reason,
    secret::Secret,
    transport::Task,
    unified::blank_user,
    warning::Warning,
};

use super::{
    absence::called,
    capability::CAPABILITY,
    config::{Config, GrantType, Strategy},
    core::{self, Pair},
    ids,
    mapping::{self, Belongs},
    paths::Paths,
    session,
};

/// How long teams and entities, which decide nothing, are waited for once everything else is there.
const GRACE: Duration = Duration::from_millis(500);

/// Stands for what may be held beyond the pairs that a list shows.
const FURTHER_PAIRS: &str = "further roles of the user";

/// One BlackLine account during one operation.
pub struct BlackLine {
    pub config: Config,
    /// The directory of roles, or why it could not be read, once it was asked for.
    roles: RefCell<Option<Result<core::Directory, ProviderFault>>>,
    /// Teams and entities of the user, once they were asked for: no write here changes them.
    belongs: RefCell<Option<Belongs>>,
    /// The most pairs that a read showed.
    longest: Cell<usize>,
    /// The read that the entries are matched with was made.
    was_read: Cell<bool>,
    /// Pairs that were left out of a set that was acknowledged: a stale read must not bring them back.
    pub taken: RefCell<Vec<Pair>>,
}

/// What the steps need of a reading.
pub struct Detail {
    pub user: Value,
    pub pairs: Vec<Pair>,
    /// The path that answered.
    pub path: String,
    /// Why there may be more pairs.
    pub doubt: Option<String>,
    pub belongs: Belongs,
}

impl BlackLine {
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            roles: RefCell::new(None),
            belongs: RefCell::new(None),
            longest: Cell::new(0),
            was_read: Cell::new(false),
            taken: RefCell::new(Vec::new()),
        }
    }

    pub async fn roles(&self, cx: &Context<'_>) -> Result<core::Directory, ProviderFault> {
        let known = self.roles.borrow().clone();
        if let Some(roles) = known {
            return roles;
        }
        let roles = core::roles(&self.config, cx).await;
        *self.roles.borrow_mut() = Some(roles.clone());
        roles
    }

    async fn belongs(&self, cx: &Context<'_>, id: &str) -> Belongs {
        let known = self.belongs.borrow().clone();
        if let Some(belongs) = known {
            return belongs;
        }
        let paths = &self.config.paths;
        let (teams, entities) = future::join(
            core::memberships(&self.config, cx, &paths.user_teams, id),
            core::memberships(&self.config, cx, &paths.user_entities, id),
        )
        .await;
        Belongs { teams, entities }
    }

    pub async fn pairs(&self, cx: &Context<'_>, id: &str) -> Result<core::Pairs, ProviderFault> {
        let pairs = core::pairs(&self.config, cx, id, self.longest.get()).await?;
        self.longest.set(self.longest.get().max(pairs.rows.len()));
        Ok(pairs)
    }

    /// The user, the pairs, and what the user belongs to as far as it comes in time.
    async fn fetch(&self, cx: &Context<'_>, id: &str) -> Result<(Value, core::Pairs, Belongs), Error> {
        session::sign_in(&self.config, cx).await?;
        // The pairs alone cannot tell an unknown user from a wrong spelling of the path.
        let needed = future::join(core::user(&self.config, cx, id), self.pairs(cx, id));
        let (user, pairs, belongs) = match future::select(pin!(needed), pin!(self.belongs(cx, id))).await {
            Either::Left(((user, pairs), late)) => {
                let (user, pairs) = (user?, pairs?);
                match future::select(late, cx.client.transport().sleep(GRACE)).await {
                    Either::Left((belongs, _)) => (user, pairs, belongs),
                    Either::Right(_) => (user, pairs, Belongs::default()),
                }
            }
            Either::Right((belongs, needed)) => {
                let (user, pairs) = needed.await;
                (user?, pairs?, belongs)
            }
        };
        *self.belongs.borrow_mut() = Some(belongs.clone());
        Ok((user, pairs, belongs))
    }

    async fn find(&self, cx: &Context<'_>) -> Result<String, Error> {
        let wanted = &cx.ask.user;
        if !wanted.contains('@') {
            return Ok(wanted.clone());
        }
        let ids = core::users_by_email(&self.config, cx, wanted).await?;
        match ids.as_slice() {
            [id] => Ok(id.clone()),
            [] => Err(Error::UserNotFound {
                message: format!("BlackLine knows no user with the e-mail address `{wanted}`"),
            }),
            _ => Err(Error::Refused {
                reason: Reason::Ambiguous,
                message: format!("BlackLine knows several users with the e-mail address `{wanted}`"),
            }),
        }
    }

    async fn read_all(&self, cx: &Context<'_>, id: &str) -> Result<Reading, Error> {
        session::sign_in(&self.config, cx).await?;
        let selectors = || cx.ask.entries.iter().map(Entry::selector);
        let by_name = async {
            // Who else has the name is asked in any case.
            if selectors().any(|selector| selector.id.is_none() && selector.name.is_some()) {
                drop(self.roles(cx).await);
            }
        };
        let (fetched, ()) = future::join(self.fetch(cx, id), by_name).await;
        let (user, pairs, belongs) = fetched?;
        let core::Pairs {
            rows,
            mut pairs,
            path,
            doubt,
        } = pairs;
        // Whether rows carry names is not confirmed.
        core::fill_names(&mut pairs, None);
        let is_nameless = pairs.iter().any(|pair| pair.role_name.is_none());
        if is_nameless && self.config.protects_names {
            core::fill_names(&mut pairs, Some(&self.roles(cx).await?));
        } else if is_nameless && selectors().any(|selector| selector.name.is_some()) {
            // Without them the entries that name a role are undecided, and no others.
            core::fill_names(&mut pairs, self.roles(cx).await.ok().as_ref());
        }
        // `absence` answers for the first list. A later one that may be cut off must not look like one that covers as much.
        let is_later = self.was_read.replace(true);
        let unread = doubt.iter().filter(|_| is_later);
        let field = |name: &str| core::text(user.get(name));
        Ok(Reading {
            unread: Vec::new(),
            other_ids: Vec::new(),
            grants: pairs.iter().map(mapping::grant).collect(),
            emails: field("email").iter().map(|email| email.to_lowercase()).collect(),
            username: field("loginId"),
            documents: vec![("user", user.to_string()), ("roles", Value::Array(rows).to_string())],
            is_sparse: false,
            unreadable: unread.map(|_| FURTHER_PAIRS.to_owned()).collect(),
            warnings: doubt.iter().map(|_| Warning::ListMayBeCutOff.text()).collect(),
            detail: Box::new(Detail {
                user,
                pairs,
                path,
                doubt,
                belongs,
            }),
        })
    }
}

impl Provider for BlackLine {
    fn capability(&self) -> &'static Capability {
        &CAPABILITY
    }

    fn verification(&self) -> Verification {
        let replaces = self.config.strategy == Strategy::ReplaceSet;
        Verification {
            window: self.config.staleness_window,
            // A set that is replaced can be replaced by somebody else at the same time.
            earliest: if replaces {
                Duration::from_secs(2)
            } else {
                Duration::ZERO
            },
            rounds: if replaces { 3 } else { 1 },
            replaces_set: replaces,
        }
    }

    fn normalise(&self, field: Field, value: &str) -> Result<String, String> {
        match field {
            Field::User if value.contains('@') => Ok(value.to_owned()),
            Field::User => ids::number(value)
                .filter(|_| value.len() <= 18)
                .ok_or_else(|| String::from("must be a user id (a number) or an e-mail address")),
            Field::Role => match ids::role(value) {
                Some((role, Some(product))) => Ok(format!("{role}:{product}")),
                Some((role, None)) => Ok(role),
                None => Err(String::from(
                    "must be a role id (a number), or role and product as in 5:A; use name for a name",
                )),
            },
            _ => Ok(value.to_owned()),
        }
    }

    fn refine(&self, selector: &mut Selector) -> Result<(), String> {
        let Some((role, product)) = selector.id.as_deref().and_then(|id| id.split_once(':')) else {
            return Ok(());
        };
        if product.is_empty()
            || selector
                .workspace
                .as_deref()
                .is_some_and(|workspace| workspace != product)
        {
            return Err(String::from("names another product than workspace, or none"));
        }
        let (role, product) = (role.to_owned(), product.to_owned());
        selector.id = Some(role);
        selector.workspace = Some(product);
        Ok(())
    }

    fn find_user<'a>(&'a self, cx: &'a Context<'a>) -> Task<'a, Result<String, Error>> {
        Box::pin(self.find(cx))
    }

    fn read<'a>(&'a self, cx: &'a Context<'a>, user: &'a str) -> Task<'a, Result<Reading, Error>> {
        Box::pin(self.read_all(cx, user))
    }

    /// An id with a name is no match as long as the name cannot be compared.
    fn means(&self, selector: &Selector, grant: &Grant) -> bool {
        let is_compared = selector.id.is_none() || selector.name.is_none() || grant.role_name.is_some();
        is_compared && selector.names(&grant.role_id, grant.role_name.as_deref()) && selector.admits(&grant.scope)
    }

    fn absence<'a>(
        &'a self,
        cx: &'a Context<'a>,
        selector: &'a Selector,
        reading: &'a Reading,
    ) -> Task<'a, Result<Absence, Error>> {
        Box::pin(self.what_absence_means(cx, selector, reading))
    }

    fn namesakes<'a>(
        &'a self,
        cx: &'a Context<'a>,
        selector: &'a Selector,
        _reading: &'a Reading,
    ) -> Task<'a, Result<Vec<String>, Error>> {
        Box::pin(async move {
            let directory = self.roles(cx).await?;
            let called = called(&directory, selector);
            match &directory.doubt {
                Some(message) if called.len() < 2 => Err(Error::Refused {
                    reason: Reason::NotVisible,
                    message: message.clone(),
                }),
                _ => Ok(called.into_iter().map(|(id, _)| id.clone()).collect()),
            }
        })
    }

    /// There are none. What cannot be done while the list may be cut off ends here, before anything is planned.
    fn consequences<'a>(
        &'a self,
        cx: &'a Context<'a>,
        reading: &'a Reading,
        targets: &'a [Grant],
    ) -> Task<'a, Result<Vec<Consequence>, Error>> {
        Box::pin(async move {
            let Some(doubt) = detail(reading).and_then(|detail| detail.doubt.as_ref()) else {
                return Ok(Vec::new());
            };
            let is_unscoped = |grant: &Grant| {
                let mut selectors = cx.ask.entries.iter().map(Entry::selector);
                selectors.any(|selector| selector.workspace.is_none() && self.means(selector, grant))
            };
            let why = if targets.is_empty() {
                return Ok(Vec::new());
            } else if self.config.strategy == Strategy::ReplaceSet {
                "a new set would lack the roles that are not shown"
            } else if cx.ask.strict_scope && targets.iter().any(is_unscoped) {
                "whether the role is held in one product alone cannot be told"
            } else {
                return Ok(Vec::new());
            };
            Err(Error::Refused {
                reason: Reason::NotVisible,
                message: format!("{why}: {doubt}"),
            })
        })
    }

    /// A role without a name may be the one that is protected by name.
    fn is_role(&self, text: &str, grant: &Grant) -> bool {
        let is_called = |name: &str| same(name, text);
        match ids::role(text) {
            Some((role, product)) => {
                let is_there = product.is_none_or(|product| grant.scope.workspace.as_deref() == Some(product));
                (role == grant.role_id && is_there) || grant.role_name.as_deref().is_some_and(is_called)
            }
            None => grant.role_name.as_deref().is_none_or(is_called),
        }
    }

    /// The API user is known by its login. A client that acts for itself is no user.
    fn own_principal<'a>(&'a self, _cx: &'a Context<'a>, reading: &'a Reading) -> Task<'a, Result<Principal, Error>> {
        Box::pin(async move {
            if self.config.grant == GrantType::ClientCredentials {
                return Ok(Principal::NoUser);
            }
            let own = &self.config.username;
            let is_own = reading
                .username
                .iter()
                .chain(&reading.emails)
                .any(|name| same(name, own));
            let user = detail(reading).and_then(|detail| core::text(detail.user.get("id")));
            Ok(match user {
                Some(user) if is_own => Principal::User(user),
                // Without a login to compare with nothing tells the two apart.
                _ if reading.username.is_none() => Principal::Unknown,
                _ => Principal::NoUser,
            })
        })
    }

    fn plan(&self, _ask: &Ask, _user: &str, reading: &Reading, targets: &[Planned<'_>]) -> Vec<Write> {
        let Some(detail) = detail(reading) else {
            return Vec::new();
        };
        match self.config.strategy {
            Strategy::ReplaceSet if targets.is_empty() => Vec::new(),
            Strategy::ReplaceSet => vec![self.replace(detail, targets)],
            Strategy::DeletePair => targets
                .iter()
                .enumerate()
                .map(|(index, planned)| self.delete(&detail.path, index, planned))
                .collect(),
        }
    }

    fn send<'a>(
        &'a self,
        cx: &'a Context<'a>,
        write: &'a Write,
        grants: &'a [&'a Grant],
        reading: &'a Reading,
    ) -> Task<'a, Vec<Verdict>> {
        Box::pin(async move { vec![self.verdict(cx, write, grants, reading).await; grants.len()] })
    }

    fn document(&self, cx: &Context<'_>, user: &str) -> Option<(Call, Secret)> {
        let path = Paths::of_user(&self.config.paths.user, user);
        let token = cx.caches.token(self.config.key(), cx.client.transport().monotonic())?;
        Some((Call::get(self.config.base.join(&path)), token))
    }

    fn unify(&self, reading: &Reading) -> User {
        detail(reading).map_or_else(
            || blank_user(""),
            |detail| mapping::user(&detail.user, &detail.pairs, &detail.belongs),
        )
    }
}

/// What the steps keep of a reading.
pub fn detail(reading: &Reading) -> Option<&Detail> {
    reading.detail.downcast_ref()
}

#[cfg(test)]
mod tests {
    use crate::{
        contract::types::{Credentials, PasswordCredentials},
        settings::{General, Settings},
    };

    use super::*;

    #[test]
    fn an_account_spells_a_protected_role_in_any_way_that_a_request_may() {
        let credentials = Credentials::Password(PasswordCredentials {
            username: String::from("api"),
            password: String::from("api-key"),
            client_id: String::from("client"),
            client_secret: String::from("client-secret"),
            scope: String::from("bl.users"),
        });
        let settings = Settings::parse(None).unwrap();
        let general = General::default();
        let config = Config::new(Some("https://us2.api.blackline.com"), credentials, settings, &general).unwrap();
        let account = BlackLine::new(config);
        let grant = |role: &str, product: &str| {
            mapping::grant(&Pair {
                role_id: role.to_owned(),
                role_name: Some(String::from("Reviewer")),
                product_id: product.to_owned(),
                product_name: None,
            })
        };
        for (text, in_a, in_j) in [
            ("5:A", true, false),
            ("05:A", true, false),
            ("5", true, true),
            ("05", true, true),
            ("reviewer", true, true),
            ("50", false, false),
            ("5:", false, false),
        ] {
            let is_role = |product: &str| account.is_role(text, &grant("5", product));
            assert_eq!((is_role("A"), is_role("J")), (in_a, in_j), "{text}");
        }
    }
}
