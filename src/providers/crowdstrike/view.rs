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
    core::{self, Audience, RawRow},
    mapping,
};

/// Users that are looked at who have a role in the home CID, one after the other: that is mostly the CID in view, and the first one tells.
const MOST_OF_HOME: usize = 2;
/// Any users that are looked at then. Who has logged in lately has a role.
const MOST_USERS: usize = 8;

/// The one CID that the rows of a list name.
pub fn only_cid(rows: &[RawRow]) -> Option<Cid> {
    let mut cids = rows.iter().filter_map(mapping::cid_of_row);
    let first = cids.next()?;
    cids.all(|cid| cid == first).then_some(first)
}

/// The CID in view by what others hold there; `None` if none of them tells it.
///
/// # Errors
/// A failed read that may pass.
pub async fn of_others(
    config: &Config,
    cx: &Context<'_>,
    user: &str,
    home: Option<&Cid>,
) -> Result<Option<Cid>, ProviderFault> {
    if let Some(home) = home {
        let query = QueryBuilder::new()
            .pair("filter", &format!("assigned_cids:'{home}'"))
            .pair("limit", &MOST_OF_HOME.to_string());
        let told = of_users(config, cx, user, query, MOST_OF_HOME).await?;
        if told.is_some() {
            return Ok(told);
        }
    }
    let query = QueryBuilder::new()
        .pair("sort", "last_login_at|desc")
        .pair("limit", &MOST_USERS.to_string());
    of_users(config, cx, user, query, MOST_USERS).await
}

async fn of_users(
    config: &Config,
    cx: &Context<'_>,
    user: &str,
    query: QueryBuilder,
    most: usize,
) -> Result<Option<Cid>, ProviderFault> {
    let call = core::api(Call::get(config.base.join(&query.on(Audience::Internal.user_query()))));
    let users = core::resources(config, cx, &call, "the users").await;
    let users = unless_refused(users.map(|list| list.rows))?;
    for row in users.iter().take(most) {
        let id = row.parse::<Id>().and_then(Id::into_string);
        let Some(id) = id.filter(|id| !id.trim().eq_ignore_ascii_case(user)) else {
            continue;
        };
        // All of it: a list of several CIDs tells nothing.
        let held = unless_refused(core::grants(config, cx, id.trim(), None, Audience::Internal).await)?;
        if let Some(view) = only_cid(&held) {
            return Ok(Some(view));
        }
    }
    Ok(None)
}

/// The rows of a list; a refusal shows none.
fn unless_refused(read: Result<Vec<RawRow>, ProviderFault>) -> Result<Vec<RawRow>, ProviderFault> {
    match read {
        Err(fault) if core::is_no(&fault) => Ok(Vec::new()),
        read => read,
    }
}
