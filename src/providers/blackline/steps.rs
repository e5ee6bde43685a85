//! The `Provider` steps of BlackLine.

use std::{cell::RefCell, time::Duration};

use futures_util::future;
use serde_json::{Value, json};

use crate::{
    ask::{Ask, Selector, same_text},
    client::{Call, QueryBuilder, Repeat},
    contract::types::User,
    engine::with_remote_query,
    error::Error,
    provider::{Absence, Capability, Context, Field, Planned, Provider, Reading, Verdict, Verification, Write},
    reason::Reason,
    transport::{Method, Task},
    unified::blank_user,
};

use super::{
    config::{Config, Strategy},
    core::{self, Pair},
    mapping,
};

/// One BlackLine account during one operation.
pub struct BlackLine {
    config: Config,
    /// The directory of roles, once it was read.
    roles: RefCell<Option<core::Directory>>,
}

/// What the steps need of a reading.
struct Detail {
    user: Value,
    pairs: Vec<Pair>,
    /// The path that answered.
    path: String,
}

const CAPABILITY: Capability = Capability {
    name: "BlackLine",
    group: false,
    organization: false,
    workspace: true,
    organization_links: false,
    reserved: &["roleId", "productId"],
};

impl BlackLine {
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            roles: RefCell::new(None),
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

    async fn find(&self, cx: &Context<'_>) -> Result<String, Error> {
        let wanted = &cx.ask.user;
        if !wanted.contains('@') {
            return Ok(wanted.clone());
        }
        let users = core::users_by_email(&self.config, cx, wanted).await?;
        let is_meant = |user: &&Value| core::text(user.get("email")).is_some_and(|email| same_text(&email, wanted));
        let mut exact = users.iter().filter(is_meant);
        match (exact.next().and_then(|user| core::text(user.get("id"))), exact.next()) {
            (Some(id), None) => Ok(id),
            (None, _) => Err(Error::UserNotFound {
                message: format!("BlackLine knows no user with the e-mail address `{wanted}`"),
            }),
            (Some(_), Some(_)) => Err(Error::Refused {
                reason: Reason::Ambiguous,
                message: format!("BlackLine knows several users with the e-mail address `{wanted}`"),
            }),
        }
    }

    async fn read_all(&self, cx: &Context<'_>, id: &str) -> Result<Reading, Error> {
        // The pairs alone cannot tell an unknown user from a wrong spelling of the path.
        let pairs = async { core::pairs(&self.config, cx, id).await.map_err(Error::from) };
        let (user, pairs) = future::join(core::user(&self.config, cx, id), pairs).await;
        let (user, core::Pairs { rows, mut pairs, path }) = (user?, pairs?);
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
            grants: pairs.iter().map(mapping::grant).collect(),
            emails: field("email").iter().map(|email| email.to_lowercase()).collect(),
            username: field("loginId"),
            documents: vec![("user", user.to_string()), ("roles", Value::Array(rows).to_string())],
            unreadable: Vec::new(),
            warnings: Vec::new(),
            detail: Box::new(Detail { user, pairs, path }),
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
        let matching: Vec<&str> = roles
            .iter()
            .filter(|(id, name)| selector.names(id, name.as_deref()))
            .map(|(id, _)| id.as_str())
            .collect();
        Ok(match matching.as_slice() {
            [] => Absence::NotFound(format!("BlackLine has no role `{}`", selector.label())),
            [_] => Absence::Proven,
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

    fn delete(&self, ask: &Ask, path: &str, index: usize, planned: &Planned<'_>) -> Write {
        let product = planned.grant.scope.workspace.as_deref().unwrap_or_default();
        let path = QueryBuilder::new()
            .pair("roleId", &planned.grant.role_id)
            .pair("productId", product)
            .on(path);
        let body =
            (!ask.remote_data.is_empty()).then(|| Value::Object(ask.remote_data.clone()).to_string().into_bytes());
        let call = Call::write(Method::Delete, self.config.base.join(&path), body, Repeat::Replay);
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

    async fn verdict(&self, cx: &Context<'_>, write: &Write) -> Verdict {
        let answer = match core::send(&self.config, cx, &write.call).await {
            Ok(answer) => answer,
            Err(fault) => return cx.fault(&fault),
        };
        if answer.is_success() {
            cx.revoke_answers.borrow_mut().push(answer.evidence(None));
            return Verdict::Acknowledged;
        }
        let fault = core::fault(cx, &answer, answer.fault_kind(), "BlackLine refused to remove the role");
        let verdict = cx.fault(&fault);
        // What it answers to removing a pair that is gone meanwhile is not confirmed: the read-back decides.
        if matches!(answer.status, 400 | 404 | 409 | 410) {
            return Verdict::Unanswered {
                reason: Reason::ProviderRefused,
                message: fault.message,
            };
        }
        verdict
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
        }
    }

    fn normalise(&self, field: Field, value: &str) -> Result<String, String> {
        let is_number = !value.is_empty() && value.len() <= 18 && value.bytes().all(|byte| byte.is_ascii_digit());
        match field {
            Field::User if !is_number && !value.contains('@') => {
                Err(String::from("must be a user id (a number) or an e-mail address"))
            }
            Field::Role => {
                let role = value.split_once(':').map_or(value, |(role, _)| role);
                if !role.is_empty() && role.bytes().all(|byte| byte.is_ascii_digit()) {
                    Ok(value.to_owned())
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

    fn send<'a>(&'a self, cx: &'a Context<'a>, write: &'a Write, _reading: &'a Reading) -> Task<'a, Vec<Verdict>> {
        Box::pin(async move { vec![self.verdict(cx, write).await; write.targets.len()] })
    }

    fn unify(&self, reading: &Reading) -> User {
        detail(reading).map_or_else(|| blank_user(""), |detail| mapping::user(&detail.user, &detail.pairs))
    }
}

fn detail(reading: &Reading) -> Option<&Detail> {
    reading.detail.downcast_ref()
}
