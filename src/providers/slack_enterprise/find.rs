//! The user: which one is meant, and what `users.info` says of ids, workspaces and account types.

use std::cell::RefCell;

use crate::{
    client::{
        QueryBuilder,
        lenient::{FromJson, Rows},
    },
    contract::reason::Reason,
    error::{Error, FaultKind, ProviderFault},
    naming::{look_alike, same_address},
    provider::Context,
    sorted,
};

use super::{
    config::Config,
    core::{self, Fault},
    documents::{Exchange, Identity, Info, Raw, User},
    ids,
};

/// Who the user is, and where.
#[derive(Clone, Debug)]
pub struct Member {
    /// The id that was asked for.
    pub asked: String,
    /// The id in the document, which writes use.
    pub id: String,
    /// The id in the organization.
    pub enterprise_user: Option<String>,
    /// The token's organization.
    pub enterprise: String,
    /// The workspace that the document's own account type is about.
    pub home: Home,
    /// The workspaces that the document names, sorted.
    pub teams: Vec<String>,
    /// `teams` is the whole list.
    pub has_teams: bool,
    /// In the organization; `None`: the document does not say.
    pub above: Option<AccountType>,
    /// At home; `None`: the document does not say.
    pub is_primary_owner: Option<bool>,
    pub is_owner: bool,
    pub is_admin: bool,
    /// At home, a guest, or the document does not say it in a form that can be read.
    pub may_be_guest: bool,
}

/// Where a user is at home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Home {
    Workspace(String),
    /// In no workspace.
    Nowhere,
    Unknown,
}

/// An account type in the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountType {
    pub is_primary_owner: bool,
    pub is_owner: bool,
    pub is_admin: bool,
}

impl AccountType {
    pub const fn is_regular(self) -> bool {
        !(self.is_primary_owner || self.is_owner || self.is_admin)
    }
}

impl Member {
    /// From the document that Slack gives for an id.
    pub fn new(user: &User, asked: &str, enterprise: String) -> Self {
        let above = user.enterprise_user.read();
        let lists = [above.map(|above| &above.teams), Some(&user.teams)];
        let lists = || {
            lists
                .into_iter()
                .flatten()
                .filter(|list| !matches!(list, Rows::Absent | Rows::Null))
        };
        let is_known = |id: &str| ids::is_workspace(id) || ids::is_organization(id);
        // A row that cannot be read may be any workspace.
        let has_teams = lists().next().is_some()
            && lists().all(|list| list.is_whole() && list.read().all(|id| id.as_str().is_some_and(is_known)));
        let home = match user.team_id.as_str() {
            Some(team) if ids::is_workspace(team) => Home::Workspace(team.to_owned()),
            Some(team) if ids::is_organization(team) => Home::Nowhere,
            _ => Home::Unknown,
        };
        let mut teams: Vec<String> = lists()
            .flat_map(Rows::read)
            .filter_map(|id| id.as_str())
            .filter(|id| ids::is_workspace(id))
            .map(str::to_owned)
            .chain(home.workspace().map(str::to_owned))
            .collect();
        sorted::sort(&mut teams);
        teams.dedup();
        let may_be_guest = [&user.is_restricted, &user.is_ultra_restricted]
            .into_iter()
            .any(|flag| !flag.is_absent() && flag.as_bool() != Some(false));
        Self {
            asked: asked.to_owned(),
            id: user.id.as_str().unwrap_or(asked).to_owned(),
            enterprise_user: above
                .and_then(|above| above.id.as_str())
                .filter(|id| ids::is_of_user(id))
                .map(str::to_owned),
            above: account_type(user, &enterprise),
            enterprise,
            home,
            teams,
            has_teams,
            is_primary_owner: user.is_primary_owner.as_bool(),
            is_owner: user.is_owner.as_bool() == Some(true),
            is_admin: user.is_admin.as_bool() == Some(true),
            may_be_guest,
        }
    }

    /// The ids of the user, in a workspace and in the organization.
    fn ids(&self) -> impl Iterator<Item = &str> {
        [self.id.as_str(), &self.asked]
            .into_iter()
            .chain(self.enterprise_user.as_deref())
    }

    /// The ids besides the one that was asked for.
    pub fn other_ids(&self) -> Vec<String> {
        let mut others: Vec<String> = self.ids().filter(|id| *id != self.asked).map(str::to_owned).collect();
        sorted::sort(&mut others);
        others.dedup();
        others
    }

    /// Returns true for an id of the user.
    pub fn is(&self, id: &str) -> bool {
        self.ids().any(|own| own == id)
    }

    /// Returns true for an id that may be the user's, although it is none of the known ones: it is not of Slack's form, only
    /// spelling tells them apart, or it is of the kind (`U…`, `W…`) of which the document shows none.
    pub fn may_be(&self, id: &str) -> bool {
        if self.is(id) {
            return false;
        }
        if !ids::is_id_of_slack(id) {
            return true;
        }
        let is_of_other_kind = self.enterprise_user.is_none()
            && ids::is_of_user(id)
            && !self.ids().any(|own| kind_of_id(own) == kind_of_id(id));
        is_of_other_kind || self.ids().any(|own| look_alike(own, id))
    }

    pub fn is_home(&self, workspace: &str) -> bool {
        self.home.workspace() == Some(workspace)
    }

    /// Returns true for an owner or admin of the organization, the primary owner included.
    pub fn is_above(&self) -> bool {
        self.above.is_some_and(|above| !above.is_regular())
    }
}

impl Home {
    pub fn workspace(&self) -> Option<&str> {
        match self {
            Self::Workspace(id) => Some(id),
            Self::Nowhere | Self::Unknown => None,
        }
    }
}

/// Resolves the requested id or e-mail address to one user id.
///
/// # Errors
/// [`Error::UserNotFound`]; [`Error::Refused`] for a user with another address.
pub async fn find_user(config: &Config, cx: &Context<'_>) -> Result<String, Error> {
    let wanted = &cx.request.user;
    if !wanted.contains('@') {
        return Ok(wanted.clone());
    }
    let query = QueryBuilder::new().pair("email", wanted);
    let info: Info = core::read(config, cx, "users.lookupByEmail", query)
        .await
        .map_err(|fault| unknown(fault, wanted))?;
    let user: User = info.user.parse().unwrap_or_default();
    let email = user.profile.read().and_then(|profile| profile.email.as_str());
    match (user.id.as_str(), email) {
        (Some(id), Some(email)) if same_address(email, wanted) && ids::is_of_user(id) => Ok(id.to_owned()),
        _ => Err(Error::Refused {
            reason: Reason::NotExpected,
            message: String::from(
                "Slack returned a user with a different e-mail address than requested, or without one",
            ),
        }),
    }
}

/// The document of a user, as it came and as it is read.
///
/// # Errors
/// [`Error::UserNotFound`]; [`FaultKind::BadAnswer`] for a document without an id.
pub async fn info(config: &Config, cx: &Context<'_>, user: &str) -> Result<(User, Raw), Error> {
    let query = QueryBuilder::new().pair("user", user).pair("include_locale", "true");
    let info: Info = core::read(config, cx, "users.info", query)
        .await
        .map_err(|fault| unknown(fault, user))?;
    let bad = |what: &str| ProviderFault::new(FaultKind::BadAnswer, format!("Slack's answer to users.info {what}"));
    let raw = info.user.into_read().ok_or_else(|| bad("has no user"))?;
    let document = User::from_json(&raw).map_err(|_| bad("is not the documented JSON"))?;
    if document.id.as_str().is_none() {
        return Err(bad("has a user without an id").into());
    }
    Ok((document, raw))
}

/// Makes sure that a document is that of the user who was asked for. One person may have a local (`U…`) and a global (`W…`) id.
/// The document names both, or `migration.exchange` does. If the token may not exchange ids, it counts that Slack answers a request
/// for one with the other. `known` keeps the confirmed id.
///
/// # Errors
/// [`Error::Refused`] for the document of somebody else.
pub async fn confirm(
    config: &Config,
    cx: &Context<'_>,
    known: &RefCell<Option<String>>,
    asked: &str,
    user: &User,
) -> Result<(), Error> {
    let shown = user.id.as_str().unwrap_or_default();
    let in_organization = user.enterprise_user.read().and_then(|above| above.id.as_str());
    let is_known = known.borrow().as_deref() == Some(shown);
    if is_known || shown == asked || in_organization == Some(asked) {
        return Ok(());
    }
    let is_of_other_kind = ids::is_of_user(shown) && kind_of_id(shown) != kind_of_id(asked);
    let query = QueryBuilder::new()
        .pair("users", asked)
        .pair("to_old", if asked.starts_with('W') { "true" } else { "false" });
    let is_same = match core::read::<Exchange>(config, cx, "migration.exchange", query).await {
        Ok(exchange) => exchange.joins(asked, shown),
        Err(fault) if fault.code.is_some() && is_refusal(&fault.fault) => is_of_other_kind,
        Err(fault) => return Err(fault.into()),
    };
    if is_same {
        *known.borrow_mut() = Some(shown.to_owned());
        return Ok(());
    }
    Err(Error::Refused {
        reason: Reason::NotExpected,
        message: format!(
            "Slack answered with the user `{shown}`, and nothing says that `{asked}` is the same person: if so, use that id"
        ),
    })
}

/// `U` or `W`.
fn kind_of_id(id: &str) -> Option<char> {
    id.chars().next()
}

/// The organization's id by the account's setting, or by the document.
pub fn enterprise(config: &Config, user: &User) -> Option<String> {
    let configured = config.enterprise_id.as_deref().filter(|id| !id.is_empty());
    let above = user.enterprise_user.read();
    let shown = above
        .and_then(|above| above.enterprise_id.as_str())
        .or(user.enterprise_id.as_str());
    configured.or(shown).map(str::to_owned)
}

/// The organization of a token.
///
/// # Errors
/// [`FaultKind::Forbidden`] for a token of no organization.
pub fn enterprise_of(identity: Identity) -> Result<String, Fault> {
    identity.enterprise_id.into_string().ok_or_else(|| {
        ProviderFault::new(FaultKind::Forbidden, "the token belongs to no Enterprise organization").into()
    })
}

/// The account type in the organization, if the document shows all of it, for this organization.
fn account_type(user: &User, enterprise: &str) -> Option<AccountType> {
    let above = user.enterprise_user.read()?;
    let is_this = above.enterprise_id.is_absent() || above.enterprise_id.as_str() == Some(enterprise);
    is_this.then_some(AccountType {
        is_primary_owner: above.is_primary_owner.as_bool()?,
        is_owner: above.is_owner.as_bool()?,
        is_admin: above.is_admin.as_bool()?,
    })
}

/// Returns true for a refusal that another attempt would not change.
fn is_refusal(fault: &ProviderFault) -> bool {
    matches!(
        fault.kind,
        FaultKind::Refused | FaultKind::NotFound | FaultKind::Forbidden | FaultKind::CredentialsRejected
    )
}

fn unknown(fault: Fault, wanted: &str) -> Error {
    if fault.is(&["user_not_found", "users_not_found", "user_not_visible"]) {
        Error::UserNotFound {
            answer: None,
            message: format!("Slack knows no user `{wanted}`, or does not show one"),
        }
    } else {
        fault.into()
    }
}
