//! Finding the user, by the older calls and by the newer ones, which also know external users.

use futures_util::future::join;

use crate::{
    client::{
        Call, QueryBuilder,
        lenient::{FromJson, Id},
    },
    contract::reason::Reason,
    error::{Error, FaultKind, ProviderAnswer, ProviderFault},
    naming::{same, same_address},
    provider::Context,
    sorted::Set,
    transport::Method,
};

use super::{
    config::Config,
    core::{self, Audience},
    documents::{Counted, Ids, User},
    ids,
};

/// The user's own document.
pub struct Found {
    pub uuid: String,
    /// As it came.
    pub raw: String,
    pub user: User,
    /// The call that has the record.
    pub answered: Audience,
    /// Whose calls know the user.
    pub audience: Audience,
}

/// Resolves the requested uuid or login to exactly one uuid, and says whose calls know it. That the user has the login is checked
/// with the record ([`check_login`]).
///
/// # Errors
/// [`Error::UserNotFound`] once both calls were asked; [`Error::Refused`] for several users.
pub async fn find(config: &Config, cx: &Context<'_>) -> Result<(String, Audience), Error> {
    let wanted = &cx.request.user;
    if !wanted.contains('@') {
        return Ok((ids::user(wanted), Audience::Internal));
    }
    core::sign_in(config, cx).await?;
    let (internal, all) = join(
        with_login(config, cx, wanted, Audience::Internal),
        with_login(config, cx, wanted, Audience::All),
    )
    .await;
    let mut uuids = internal?;
    let audience = if uuids.is_empty() {
        Audience::All
    } else {
        Audience::Internal
    };
    match all {
        Ok(more) => uuids = uuids.into_iter().chain(more).collect(),
        // The newer call may not be for everybody, and the older one has found the user.
        Err(fault) if core::is_no(&fault) && !uuids.is_empty() => {}
        Err(fault) => return Err(fault.into()),
    }
    let mut uuids = uuids.into_iter();
    match (uuids.next(), uuids.next()) {
        (Some(uuid), None) => Ok((uuid, audience)),
        (None, _) => Err(Error::UserNotFound {
            answer: None,
            message: format!("CrowdStrike knows no user with the login `{wanted}`"),
        }),
        (Some(_), Some(_)) => Err(Error::Refused {
            reason: Reason::Ambiguous,
            message: format!("CrowdStrike knows several users with the login `{wanted}`: use the uuid"),
        }),
    }
}

/// A user who was looked up by a login must have it.
///
/// # Errors
/// [`Error::Refused`] for another login, or none.
pub fn check_login(wanted: &str, user: &User) -> Result<(), Error> {
    if !wanted.contains('@') || user.uid.as_str().is_some_and(|uid| same_address(uid, wanted)) {
        return Ok(());
    }
    Err(Error::Refused {
        reason: Reason::NotExpected,
        message: String::from("CrowdStrike returned a user with a different login than requested"),
    })
}

/// The uuids of the users with that login.
async fn with_login(
    config: &Config,
    cx: &Context<'_>,
    login: &str,
    audience: Audience,
) -> Result<Set<String>, ProviderFault> {
    let escaped = login.to_lowercase().replace('\\', "\\\\").replace('\'', "\\'");
    let path = QueryBuilder::new()
        .pair("filter", &format!("uid:'{escaped}'"))
        .pair("limit", "10")
        .on(audience.user_query());
    let call = core::api(Call::get(config.base.join(&path)));
    let Some(list) = unless_not_found(core::resources(config, cx, &call, "the users with that login").await)? else {
        return Ok(Set::default());
    };
    let uuid = |row: &core::RawRow| Some(ids::user(row.parse::<Id>()?.into_string()?.trim()));
    let uuids: Option<Set<String>> = list.rows.iter().map(uuid).collect();
    match uuids {
        // Two of them are too many, however many there are.
        Some(uuids) if list.counted.is_of(&list.rows) || uuids.len() > 1 => Ok(uuids),
        _ => Err(ProviderFault::new(
            FaultKind::BadAnswer,
            "CrowdStrike's list of the users with that login cannot be read",
        )),
    }
}

/// The user's own document, by the call that is asked first if that knows the user, and else by the other one.
///
/// # Errors
/// [`Error::UserNotFound`] if neither call knows the user.
pub async fn user(config: &Config, cx: &Context<'_>, uuid: &str, first: Audience) -> Result<Found, Error> {
    let mut refusal = None;
    let second = match first {
        Audience::Internal => Audience::All,
        Audience::All => Audience::Internal,
    };
    for audience in [first, second] {
        match user_by(config, cx, uuid, audience).await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            // The call knows no such user, or there is no such call in this region.
            Err(fault) if fault.kind == FaultKind::NotFound || core::is_unknown_user(&fault) => {
                refusal = fault.into_details().answer;
            }
            Err(fault) => return Err(fault.into()),
        }
    }
    Err(not_found(uuid, refusal))
}

async fn user_by(
    config: &Config,
    cx: &Context<'_>,
    uuid: &str,
    audience: Audience,
) -> Result<Option<Found>, ProviderFault> {
    let body = serde_json::to_vec(&Ids { ids: &[uuid] }).ok();
    let call = core::api(Call::read(Method::Post, config.base.join(audience.users()), body));
    let list = core::resources(config, cx, &call, "the user").await?;
    // A row that is counted and not shown may be the user's.
    if list.rows.is_empty() && list.counted.is_of(&list.rows) {
        return Ok(None);
    }
    let mut found: Option<Found> = None;
    // One that cannot be read may be this user's: that is no absence, and beside another one it may say something else.
    let unreadable = || {
        ProviderFault::new(
            FaultKind::BadAnswer,
            "CrowdStrike's document of the user cannot be read",
        )
    };
    // It may count more than it shows.
    if list.counted == Counted::Unreadable {
        return Err(unreadable());
    }
    for row in &list.rows {
        let row = row.read().ok_or_else(unreadable)?;
        let user = User::from_json(row).map_err(|_| unreadable())?;
        let id = user.uuid.as_str().ok_or_else(unreadable)?;
        if !id.trim().eq_ignore_ascii_case(uuid) {
            continue;
        }
        let is_external = user.user_type.as_str().is_some_and(|kind| same(kind, "external"));
        let next = Found {
            uuid: ids::user(id.trim()),
            raw: row.get().to_owned(),
            answered: audience,
            audience: if is_external { Audience::All } else { audience },
            user,
        };
        if found.as_ref().is_some_and(|known| !known.is_same(&next)) {
            return Err(ProviderFault::new(
                FaultKind::BadAnswer,
                "CrowdStrike shows two documents of the user that say different things",
            ));
        }
        found.get_or_insert(next);
    }
    found.map(Some).ok_or_else(unreadable)
}

impl Found {
    /// Whether another document says the same of who the user is, and where.
    fn is_same(&self, other: &Self) -> bool {
        let (one, other) = (&self.user, &other.user);
        one.uid.as_str() == other.uid.as_str() && one.cid.as_str() == other.cid.as_str()
    }
}

pub fn not_found(uuid: &str, answer: Option<ProviderAnswer>) -> Error {
    Error::UserNotFound {
        answer: answer.map(Box::new),
        message: format!("CrowdStrike knows no user with the uuid `{uuid}`"),
    }
}

/// `None` for a 404: the call knows no such user, or there is no such call in this region.
fn unless_not_found<T>(read: Result<T, ProviderFault>) -> Result<Option<T>, ProviderFault> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(fault) if fault.kind == FaultKind::NotFound => Ok(None),
        Err(fault) => Err(fault),
    }
}
