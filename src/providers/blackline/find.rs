//! Resolves the requested id or e-mail address to exactly one user.

use std::cell::Cell;

use crate::{
    client::Call,
    contract::reason::Reason,
    error::{Error, FaultKind, ProviderFault},
    naming::same_address,
    provider::Context,
    sorted::Set,
};

use super::{
    config::Config,
    core::{self, Effort, List, Rows},
    documents::{Raw, User},
    paths::Paths,
};

/// The one page size that a source shows, for the list of users only.
const USERS_PAGE: usize = 10_000;

/// The id of the one user that the request means.
pub async fn user_id(config: &Config, cx: &Context<'_>) -> Result<String, Error> {
    let wanted = &cx.request.user;
    if !wanted.contains('@') {
        return Ok(wanted.clone());
    }
    let mut ids = users_by_email(config, cx, wanted).await?.into_iter();
    match (ids.next(), ids.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => Err(Error::UserNotFound {
            answer: None,
            message: format!("BlackLine knows no user with the e-mail address `{wanted}`"),
        }),
        _ => Err(Error::Refused {
            reason: Reason::Ambiguous,
            message: format!("BlackLine knows several users with the e-mail address `{wanted}`"),
        }),
    }
}

/// The user's own document, as it came and as it reads. `is_searched`: it turned out that only the search shows it.
pub async fn user(config: &Config, cx: &Context<'_>, id: &str, is_searched: &Cell<bool>) -> Result<(Raw, User), Error> {
    if is_searched.get() {
        return user_by_search(config, cx, id).await;
    }
    let url = config.base.join(&Paths::of_user(&config.paths.user, id));
    let answer = core::send(config, cx, &Call::get(url), Effort::Full).await?;
    // Snapshot one user is ordinary REST, and no source shows it: the search is what is shown. So a 404 may be the path's.
    if matches!(cx.client.status_of(&answer), 404 | 405) {
        is_searched.set(true);
        return user_by_search(config, cx, id).await;
    }
    let raw: Raw = core::document(config, cx, &answer, "the user")?;
    match User::of_row(&raw) {
        Some(user) if user.id().as_deref() == Some(id) => Ok((raw, user)),
        _ => Err(answer
            .fault(FaultKind::BadAnswer, "BlackLine answered with another user")
            .into()),
    }
}

/// Only a search without a row says that there is no such user: not one that failed, and not one that shows other users, which may
/// have been cut off.
async fn user_by_search(config: &Config, cx: &Context<'_>, id: &str) -> Result<(Raw, User), Error> {
    let Rows { rows, .. } = search(config, cx, &format!("id eq {id}")).await?;
    if rows.is_empty() {
        return Err(Error::UserNotFound {
            answer: None,
            message: format!("BlackLine knows no user with the id `{id}`"),
        });
    }
    let mut found: Option<(Raw, User)> = None;
    for row in rows {
        let Some((user, shown)) = User::of_row(&row).and_then(|user| user.id().map(|shown| (user, shown))) else {
            // It may be the user's.
            return Err(unexpected("the search for a user shows a row that cannot be read").into());
        };
        if shown != id {
            continue;
        }
        // Guards would see whichever comes first.
        if found.as_ref().is_some_and(|(_, known)| !known.is_same(&user)) {
            return Err(unexpected("the search for a user shows two rows of it that say different things").into());
        }
        found.get_or_insert((row, user));
    }
    found.ok_or_else(|| unexpected("the search for a user shows other users").into())
}

/// The ids of the users with an e-mail address. OData's `eq` regards case: a lower-case spelling is asked for besides. Quotes are
/// doubled, as OData escapes them.
async fn users_by_email(config: &Config, cx: &Context<'_>, email: &str) -> Result<Set<String>, Error> {
    let lower = email.to_lowercase();
    let mut ids = with_email(config, cx, email).await?;
    if lower != email {
        ids.extend(with_email(config, cx, &lower).await?);
    }
    Ok(ids.into_iter().collect())
}

async fn with_email(config: &Config, cx: &Context<'_>, email: &str) -> Result<Vec<String>, Error> {
    let filter = format!("email eq '{}'", email.replace('\'', "''"));
    let Rows { rows, doubt, .. } = search(config, cx, &filter).await?;
    let id = |row: &Raw| {
        let user = User::of_row(row)?;
        // A filter that was not applied says nothing about who is not among the rows.
        user.email().filter(|known| same_address(known, email))?;
        user.id()
    };
    let ids: Option<Vec<String>> = rows.iter().map(id).collect();
    let ids = ids.ok_or_else(|| unexpected("the search for an e-mail address shows other users"))?;
    if let Some(message) = doubt {
        let reason = Reason::NotVisible;
        return Err(Error::Refused { reason, message });
    }
    Ok(ids)
}

async fn search(config: &Config, cx: &Context<'_>, filter: &str) -> Result<Rows, ProviderFault> {
    let users = List {
        filter: Some(filter),
        page_size: Some(config.page_size.unwrap_or(USERS_PAGE)),
        ..List::new(config, "users", &config.paths.user_search)
    };
    core::rows(config, cx, users).await
}

fn unexpected(what: &str) -> ProviderFault {
    ProviderFault::new(
        FaultKind::BadAnswer,
        format!("BlackLine's answer is not as expected: {what}"),
    )
}
