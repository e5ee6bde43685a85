//! The CID in view. No call names it, but the rows of a list of grants that is asked for without a CID do: those of the user, or, if
//! the user has none there, those of somebody else.

use crate::{
    client::{Call, QueryBuilder, lenient::Id},
    error::ProviderFault,
    provider::Context,
};

use super::{
    cid::Cid,
    config::Config,
    core::{self, Audience},
    documents::{Counted, ListedGrant},
};

/// Users that are looked at who have a role in the home CID, one after the other: that is mostly the CID in view, and the first one tells.
const MOST_OF_HOME: usize = 2;
/// Any users that are looked at then. Who has logged in lately has a role.
const MOST_USERS: usize = 8;

/// The one CID that the rows of a list name.
pub fn only_cid(rows: &[ListedGrant]) -> Option<Cid> {
    let mut cids = rows.iter().filter_map(|row| row.cid.as_ref());
    let first = cids.next()?;
    cids.all(|cid| cid == first).then(|| first.clone())
}

/// What the lists of others tell of the CID in view.
#[derive(Clone, Debug)]
pub enum Told {
    View(Cid),
    /// Nobody shows a role there, in lists that were read whole.
    Nobody,
    /// A list was refused or tells nothing, or somebody with a role in the home CID shows none in view.
    Unclear,
}

/// The CID in view by what others hold there.
///
/// # Errors
/// A failed read that may pass.
pub async fn of_others(
    config: &Config,
    cx: &Context<'_>,
    user: &str,
    home: Option<&Cid>,
) -> Result<Told, ProviderFault> {
    let mut is_clear = true;
    if let Some(home) = home {
        let query = QueryBuilder::new()
            .pair("filter", &format!("assigned_cids:'{home}'"))
            .pair("limit", &MOST_OF_HOME.to_string());
        match of_users(config, cx, user, query, MOST_OF_HOME).await? {
            (told @ Told::View(_), _) => return Ok(told),
            // Somebody has a role at home and shows none in view: home is another CID.
            (Told::Nobody, others) => is_clear = others == 0,
            (Told::Unclear, _) => is_clear = false,
        }
    }
    let query = QueryBuilder::new()
        .pair("sort", "last_login_at|desc")
        .pair("limit", &MOST_USERS.to_string());
    Ok(match of_users(config, cx, user, query, MOST_USERS).await? {
        (Told::Nobody, _) if !is_clear => Told::Unclear,
        (told, _) => told,
    })
}

/// What the users of a query show in view, and how many others than the user there are.
async fn of_users(
    config: &Config,
    cx: &Context<'_>,
    user: &str,
    query: QueryBuilder,
    most: usize,
) -> Result<(Told, usize), ProviderFault> {
    let call = core::api(Call::get(config.base.join(&query.on(Audience::Internal.user_query()))));
    let users = core::resources(config, cx, &call, "the users").await;
    let Some(users) = unless_refused(users)? else {
        return Ok((Told::Unclear, 0));
    };
    // Somebody who is counted and not listed may hold what would tell.
    let is_whole = match users.counted {
        Counted::Rows(total) => users.rows.len() >= usize::try_from(total).unwrap_or(usize::MAX).min(most),
        Counted::Nothing => true,
        Counted::Unreadable => users.rows.len() >= most,
    };
    let mut told = if is_whole { Told::Nobody } else { Told::Unclear };
    let mut others = 0_usize;
    for row in users.rows.iter().take(most) {
        let Some(id) = row.parse::<Id>().and_then(Id::into_string) else {
            told = Told::Unclear;
            continue;
        };
        if id.trim().eq_ignore_ascii_case(user) {
            continue;
        }
        others = others.saturating_add(1);
        // All of it: a list of several CIDs tells nothing.
        let held = unless_refused(core::grants(config, cx, id.trim(), None, Audience::Internal).await)?;
        match held {
            Some(rows) if rows.is_empty() => {}
            Some(rows) => match only_cid(&rows) {
                Some(view) => return Ok((Told::View(view), others)),
                None => told = Told::Unclear,
            },
            None => told = Told::Unclear,
        }
    }
    Ok((told, others))
}

/// What a read shows; `None` if it is refused.
fn unless_refused<T>(read: Result<T, ProviderFault>) -> Result<Option<T>, ProviderFault> {
    match read {
        Err(fault) if core::is_no(&fault) => Ok(None),
        read => read.map(Some),
    }
}
