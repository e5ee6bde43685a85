//! BlackLine as a [`Backend`].

use crate::{
    client::{Call, RateLimitPolicy},
    contract::{reason::Reason, types::User},
    error::Error,
    naming::same,
    provider::{
        Absence, Consequence, Context, Directory, Field, Grant, OpenAccount, OwnDocument, Planned, Principal, RoleList,
        Snapshot, Verdict, Verification, Write,
        backend::{Backend, Step},
        capability::Capability,
    },
    request::{Selector, ValidatedRequest, is_placeholder},
};

use super::{
    absence,
    capability::CAPABILITY,
    config::{Config, GrantType, Strategy},
    core, documents, find, ids, mapping,
    paths::Paths,
    read::{self, Detail, Memory},
};

/// One BlackLine account during one operation.
pub type BlackLine = OpenAccount<Config, Memory>;

impl Backend for BlackLine {
    type Detail = Detail;
    const CAPABILITY: &'static Capability = &CAPABILITY;

    fn rate_limit(&self) -> RateLimitPolicy {
        let error_codes = self.config.fields.error_code.clone();
        RateLimitPolicy::of_status(move |answer| core::status_of(&error_codes, answer))
    }

    fn verification(&self) -> Verification {
        match self.config.strategy {
            Strategy::DeletePair => Verification::in_rounds(1),
            Strategy::ReplaceSet => Verification::REPLACES_SET,
        }
    }

    fn normalize(&self, field: Field, value: &str) -> Result<String, String> {
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

    /// `5:A` is the role 5 in the product A.
    fn refine(&self, selector: &mut Selector) -> Result<(), String> {
        let Some((role, product)) = selector.id.as_deref().and_then(|id| id.split_once(':')) else {
            return Ok(());
        };
        if product.trim().is_empty()
            || is_placeholder(product)
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

    async fn find_user(&self, cx: &Context<'_>) -> Result<String, Error> {
        find::user_id(&self.config, cx).await
    }

    async fn read(&self, cx: &Context<'_>, user: &str) -> Result<(Snapshot, Detail), Error> {
        read::read(&self.config, cx, &self.memory, user).await
    }

    fn blocked_by(&self, selector: &Selector, detail: &Detail) -> Option<(Reason, String)> {
        absence::blocked_by(&self.memory, selector, detail)
    }

    async fn absence(&self, step: Step<'_, Detail>, selector: &Selector) -> Result<Absence, Error> {
        absence::absence(&self.config, step.cx, &self.memory, selector, step.detail).await
    }

    fn nothing_held(&self, detail: &Detail) -> Absence {
        absence::nothing_held(detail)
    }

    /// Rows that cannot be read are said elsewhere, and so is the list of a later reading that may be cut off.
    fn gaps(&self, reading: &Snapshot, detail: &Detail) -> Vec<String> {
        let doubt = detail.doubt.iter().filter(|_| reading.unreadable.is_empty());
        doubt.cloned().collect()
    }

    async fn list_roles(&self, cx: &Context<'_>) -> Result<RoleList, Error> {
        Ok(read::list_roles(&self.config, cx, &self.memory).await?)
    }

    /// A number, alone or with a product.
    fn is_role_id(&self, text: &str) -> bool {
        ids::role(text.trim()).is_some()
    }

    /// The same roles in every product.
    async fn directory(&self, step: Step<'_, Detail>, _selector: &Selector) -> Result<Directory, Error> {
        Ok(self.memory.directory(&self.config, step.cx).await?.directory.clone())
    }

    /// There are none. A set is not replaced while roles may be held that are not shown.
    async fn consequences(&self, step: Step<'_, Detail>, targets: &[Grant]) -> Result<Vec<Consequence>, Error> {
        let Step { cx, detail, .. } = step;
        if targets.is_empty() || self.config.strategy == Strategy::DeletePair {
            return Ok(Vec::new());
        }
        let unlisted = absence::unlisted(&self.config, cx, &self.memory, detail).await?;
        match detail.gap().or(unlisted) {
            None => Ok(Vec::new()),
            Some(gap) => Err(Error::Refused {
                reason: Reason::NotVisible,
                message: format!("a new set might lack roles that are held: {gap}"),
            }),
        }
    }

    /// The API user is known by its login. A client that acts for itself is no user.
    async fn credential_owner(&self, step: Step<'_, Detail>) -> Result<Principal, Error> {
        let Step { snapshot, detail, .. } = step;
        if self.config.grant == GrantType::ClientCredentials {
            return Ok(Principal::NoUser);
        }
        let own = self.config.username.trim();
        let mut names = snapshot.username.iter().chain(&snapshot.emails);
        Ok(if names.any(|name| same(name, own)) {
            Principal::User(detail.id.clone())
        } else if snapshot.username.is_none() {
            // Without a login to compare with nothing tells the two apart.
            Principal::Unknown
        } else {
            Principal::NoUser
        })
    }

    fn plan(&self, _ask: &ValidatedRequest, _user: &str, detail: &Detail, targets: &[Planned<'_>]) -> Vec<Write> {
        self.writes(detail, targets)
    }

    async fn send(&self, cx: &Context<'_>, write: &Write, grants: &[&Grant], detail: &Detail) -> Vec<Verdict> {
        vec![self.verdict(cx, write, grants, detail).await; grants.len()]
    }

    fn document(&self, cx: &Context<'_>, user: &str) -> Option<OwnDocument> {
        let path = Paths::of_user(&self.config.paths.user, user);
        let token = cx.caches.token(self.config.key(), cx.client.transport().monotonic())?;
        Some(OwnDocument {
            call: Call::get(self.config.base.join(&path)),
            token,
            is_of: documents::User::is_of,
        })
    }

    fn unify(&self, _reading: &Snapshot, detail: &Detail) -> User {
        mapping::user(detail, |role| self.memory.name_of(role))
    }
}
