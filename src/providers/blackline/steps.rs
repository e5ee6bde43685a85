//! The `Provider` steps of BlackLine.

use std::{
    cell::{Cell, RefCell},
    pin::pin,
    time::Duration,
};

use futures_util::future::{self, Either};
use serde_json::{Value, json};

use crate::{
    ask::{Ask, Selector, same_text},
    capability::Capability,
    client::{Answer, Call, QueryBuilder, Repeat},
    contract::types::User,
    engine::with_remote_query,
    error::{Error, ProviderFault},
    provider::{Absence, Context, Field, Planned, Principal, Provider, Reading, Verdict, Verification, Write},
    reason::Reason,
    secret::Secret,
    transport::{Method, Task},
    unified::blank_user,
};

use super::{
    capability::CAPABILITY,
    config::{Config, GrantType, Strategy},
    core::{self, Effort, Pair},
    mapping::{self, Belongs},
    paths::Paths,
};

/// How long teams and entities, which decide nothing, are waited for once everything else is there.
const GRACE: Duration = Duration::from_millis(500);

/// One BlackLine account during one operation.
pub struct BlackLine {
    config: Config,
    /// The directory of roles, once it was read.
    roles: RefCell<Option<core::Directory>>,
    /// Teams and entities of the user, once they were asked for: no write here changes them.
    belongs: RefCell<Option<Belongs>>,
    /// The most pairs that a read showed.
    longest: Cell<usize>,
}

/// What the steps need of a reading.
struct Detail {
    user: Value,
    pairs: Vec<Pair>,
    /// The path that answered.
    path: String,
    belongs: Belongs,
}

impl BlackLine {
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            roles: RefCell::new(None),
            belongs: RefCell::new(None),
            longest: Cell::new(0),
        }
    }

    async fn roles(&self, cx: &Context<'_>) -> Result<core::Directory, Error> {
        let known = self.roles.borrow().clone();
        if let Some(roles) = known {
            return Ok(roles);
        }
        let roles = core::roles(&self.config, cx).await?;
        *self.roles.borrow_mut() = Some(roles.clone());
        Ok(roles)
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

    async fn pairs(&self, cx: &Context<'_>, id: &str) -> Result<core::Pairs, ProviderFault> {
        let pairs = core::pairs(&self.config, cx, id, self.longest.get()).await?;
        self.longest.set(self.longest.get().max(pairs.rows.len()));
        Ok(pairs)
    }

    /// The user, the pairs, and what the user belongs to as far as it comes in time.
    async fn fetch(&self, cx: &Context<'_>, id: &str) -> Result<(Value, core::Pairs, Belongs), Error> {
        core::sign_in(&self.config, cx).await?;
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
        let (user, pairs, belongs) = self.fetch(cx, id).await?;
        let core::Pairs { rows, mut pairs, path } = pairs;
        // Whether rows carry names is not confirmed; without them a held role could not be found by its name.
        if pairs.iter().any(|pair| pair.role_name.is_none()) {
            let roles = self.roles(cx).await?;
            for pair in pairs.iter_mut().filter(|pair| pair.role_name.is_none()) {
                pair.role_name = roles
                    .iter()
                    .find(|(id, _)| *id == pair.role_id)
                    .and_then(|(_, name)| name.clone());
            }
        }
        let field = |name: &str| core::text(user.get(name));
        Ok(Reading {
            other_ids: Vec::new(),
            grants: pairs.iter().map(mapping::grant).collect(),
            emails: field("email").iter().map(|email| email.to_lowercase()).collect(),
            username: field("loginId"),
            documents: vec![("user", user.to_string()), ("roles", Value::Array(rows).to_string())],
            unreadable: Vec::new(),
            warnings: Vec::new(),
            detail: Box::new(Detail {
                user,
                pairs,
                path,
                belongs,
            }),
        })
    }

    async fn what_absence_means(
        &self,
        cx: &Context<'_>,
        selector: &Selector,
        reading: &Reading,
    ) -> Result<Absence, Error> {
        let pairs = detail(reading).map_or(&[] as &[Pair], |detail| &detail.pairs);
        // There is no list of products, so that a product that is spelt otherwise must not look like one that is not held.
        if let Some(product) = &selector.workspace
            && let Some(pair) = pairs.iter().find(|pair| {
                pair.product_id != *product
                    && (same_text(&pair.product_id, product)
                        || pair
                            .product_name
                            .as_deref()
                            .is_some_and(|name| same_text(name, product)))
            })
        {
            return Ok(Absence::Unclear {
                reason: Reason::Ambiguous,
                message: format!("`{product}` is not a product code; did you mean `{}`?", pair.product_id),
            });
        }
        let roles = self.roles(cx).await?;
        let called: Vec<_> = roles
            .iter()
            .filter(|(id, name)| selector.names(id, name.as_deref()))
            .collect();
        if let (Some(id), Some(wanted)) = (&selector.id, &selector.name)
            && let Some(other) = called
                .iter()
                .filter_map(|(_, name)| name.as_deref())
                .find(|name| !same_text(name, wanted))
        {
            return Ok(Absence::Unclear {
                reason: Reason::NameMismatch,
                message: format!("the role with the id `{id}` is called `{other}`, not `{wanted}`"),
            });
        }
        let matching: Vec<&str> = called.iter().map(|(id, _)| id.as_str()).collect();
        Ok(match matching.as_slice() {
            [] => Absence::NotFound(format!("BlackLine has no role `{}`", selector.label())),
            [role] => self.absent_in_product(selector, role, pairs),
            several => Absence::Unclear {
                reason: Reason::Ambiguous,
                message: format!(
                    "several roles are called `{}`: {}",
                    selector.label(),
                    several.join(", ")
                ),
            },
        })
    }

    /// No call lists the products: a code that nothing here confirms may be a product's name, or a slip.
    fn absent_in_product(&self, selector: &Selector, role: &str, pairs: &[Pair]) -> Absence {
        let Some(product) = &selector.workspace else {
            return Absence::Proven;
        };
        let is_known = pairs.iter().any(|pair| pair.product_id == *product);
        match &self.config.products {
            _ if is_known => Absence::Proven,
            Some(products) if products.contains(product) => Absence::Proven,
            Some(_) => Absence::Unclear {
                reason: Reason::Ambiguous,
                message: format!("`{product}` is none of the products that the account lists (settings.products)"),
            },
            None if pairs
                .iter()
                .any(|pair| pair.role_id == role && pair.product_name.is_none()) =>
            {
                Absence::Unclear {
                    reason: Reason::Ambiguous,
                    message: format!(
                        "the role is held in a product whose name BlackLine does not show, so that `{product}` may be that one (settings.products)"
                    ),
                }
            }
            None => Absence::ProvenExcept {
                warnings: vec![format!("product_not_checked:{product}")],
            },
        }
    }

    /// Whether the user still holds what the reading shows, no more and no less.
    async fn is_unchanged(&self, cx: &Context<'_>, detail: &Detail) -> Result<bool, ProviderFault> {
        let keys = |pairs: &[Pair]| {
            let mut keys: Vec<(String, String)> = pairs
                .iter()
                .map(|pair| (pair.role_id.clone(), pair.product_id.clone()))
                .collect();
            keys.sort();
            keys
        };
        let user = core::text(detail.user.get("id")).unwrap_or_default();
        let now = self.pairs(cx, &user).await?;
        Ok(keys(&now.pairs) == keys(&detail.pairs))
    }

    /// The POST replaces the whole set: it goes only if the set is still the one that was read.
    async fn changed_meanwhile(&self, cx: &Context<'_>, detail: &Detail) -> Option<Verdict> {
        match self.is_unchanged(cx, detail).await {
            Ok(true) => None,
            Ok(false) => Some(Verdict::NotSent {
                reason: Reason::ConcurrentChange,
                message: String::from("the user's roles changed between the read and the write; nothing was written"),
            }),
            Err(fault) => Some(match Verdict::of_fault(&fault) {
                Verdict::Unanswered { reason, message } => Verdict::NotSent { reason, message },
                other => other,
            }),
        }
    }

    fn delete(&self, ask: &Ask, path: &str, index: usize, planned: &Planned<'_>) -> Write {
        let product = planned.grant.scope.workspace.as_deref().unwrap_or_default();
        let path = QueryBuilder::new()
            .pair("roleId", &planned.grant.role_id)
            .pair("productId", product)
            .on(path);
        let call = Call::write(Method::Delete, self.config.base.join(&path), None, Repeat::Replay);
        Write {
            call: with_remote_query(call, ask),
            targets: vec![index],
        }
    }

    /// The pairs that remain, as a whole new set.
    fn replace(&self, ask: &Ask, detail: &Detail, targets: &[Planned<'_>]) -> Write {
        let goes = |pair: &Pair| {
            targets.iter().any(|planned| {
                planned.grant.role_id == pair.role_id
                    && planned.grant.scope.workspace.as_ref() == Some(&pair.product_id)
            })
        };
        let number = |id: &str| id.parse::<u64>().map_or_else(|_| Value::from(id), Value::from);
        let left: Vec<Value> = detail
            .pairs
            .iter()
            .filter(|pair| !goes(pair))
            .map(|pair| json!({"roleId": number(&pair.role_id), "productId": pair.product_id}))
            .collect();
        let body = Some(Value::Array(left).to_string().into_bytes());
        let call = Call::write(Method::Post, self.config.base.join(&detail.path), body, Repeat::Reread)
            .header("content-type", "application/json");
        Write {
            call: with_remote_query(call, ask),
            targets: (0..targets.len()).collect(),
        }
    }

    async fn verdict(&self, cx: &Context<'_>, write: &Write, reading: &Reading) -> Verdict {
        let replaced = detail(reading).filter(|_| self.config.strategy == Strategy::ReplaceSet);
        if let Some(detail) = replaced
            && let Some(verdict) = self.changed_meanwhile(cx, detail).await
        {
            return verdict;
        }
        match core::send(&self.config, cx, &write.call, Effort::Full).await {
            Ok(answer) if answer.is_success() => self.acknowledgement(cx, &answer),
            Ok(answer) => self.refusal(cx, &answer, replaced).await,
            Err(fault) => cx.fault(&fault),
        }
    }

    fn acknowledgement(&self, cx: &Context<'_>, answer: &Answer) -> Verdict {
        cx.revoke_answers.borrow_mut().push(answer.evidence(None));
        if core::says_error(&self.config, answer) {
            return Verdict::Unanswered {
                reason: Reason::ProviderRefused,
                message: format!("BlackLine answers with an error: {}", core::said(&self.config, answer)),
            };
        }
        if !self.config.codes.success.contains(&answer.status) {
            return Verdict::Unanswered {
                reason: Reason::BadAnswer,
                message: format!(
                    "BlackLine answers with {}, which is none of settings.codes.success",
                    answer.status
                ),
            };
        }
        Verdict::Acknowledged
    }

    async fn refusal(&self, cx: &Context<'_>, answer: &Answer, replaced: Option<&Detail>) -> Verdict {
        let what = "BlackLine refused to remove the role";
        let fault = core::fault(&self.config, cx, answer, answer.fault_kind(), what);
        let verdict = cx.fault(&fault);
        if !self.config.codes.settled.contains(&answer.status) {
            return verdict;
        }
        // A set that is as it was: the refusal is one of the whole batch, which the engine then takes apart.
        if let Some(detail) = replaced
            && self.is_unchanged(cx, detail).await.is_ok_and(|unchanged| unchanged)
        {
            return verdict;
        }
        // What it answers to removing a pair that is gone meanwhile is not confirmed: the read-back decides.
        Verdict::Unanswered {
            reason: Reason::ProviderRefused,
            message: fault.message,
        }
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
        let is_number = !value.is_empty() && value.len() <= 18 && value.bytes().all(|byte| byte.is_ascii_digit());
        match field {
            Field::User if !is_number && !value.contains('@') => {
                Err(String::from("must be a user id (a number) or an e-mail address"))
            }
            // One number has many spellings.
            Field::User if is_number => Ok(plain_number(value)),
            Field::Role => {
                let (role, product) = value
                    .split_once(':')
                    .map_or((value, None), |(role, product)| (role, Some(product)));
                if !role.is_empty() && role.bytes().all(|byte| byte.is_ascii_digit()) {
                    let role = plain_number(role);
                    Ok(product.map_or_else(|| role.clone(), |product| format!("{role}:{product}")))
                } else {
                    Err(String::from(
                        "must be a role id (a number), or role and product as in 5:A; use name for a name",
                    ))
                }
            }
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
            let roles = self.roles(cx).await?;
            let called = roles.iter().filter(|(id, name)| selector.names(id, name.as_deref()));
            Ok(called.map(|(id, _)| id.clone()).collect())
        })
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
                .any(|name| same_text(name, own));
            let user = detail(reading).and_then(|detail| core::text(detail.user.get("id")));
            Ok(match user {
                Some(user) if is_own => Principal::User(user),
                // Without a login to compare with nothing tells the two apart.
                _ if reading.username.is_none() => Principal::Unknown,
                _ => Principal::NoUser,
            })
        })
    }

    fn plan(&self, ask: &Ask, _user: &str, reading: &Reading, targets: &[Planned<'_>]) -> Vec<Write> {
        let Some(detail) = detail(reading) else {
            return Vec::new();
        };
        match self.config.strategy {
            Strategy::ReplaceSet if targets.is_empty() => Vec::new(),
            Strategy::ReplaceSet => vec![self.replace(ask, detail, targets)],
            Strategy::DeletePair => targets
                .iter()
                .enumerate()
                .map(|(index, planned)| self.delete(ask, &detail.path, index, planned))
                .collect(),
        }
    }

    fn send<'a>(&'a self, cx: &'a Context<'a>, write: &'a Write, reading: &'a Reading) -> Task<'a, Vec<Verdict>> {
        Box::pin(async move { vec![self.verdict(cx, write, reading).await; write.targets.len()] })
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

fn detail(reading: &Reading) -> Option<&Detail> {
    reading.detail.downcast_ref()
}

fn plain_number(digits: &str) -> String {
    match digits.trim_start_matches('0') {
        "" => String::from("0"),
        number => number.to_owned(),
    }
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
