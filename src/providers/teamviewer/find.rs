//! Resolves the requested id or e-mail address to exactly one user, and tells whose token it is.

use serde_json::value::RawValue;

use crate::{
    client::{
        QueryBuilder,
        lenient::{FromJson, Row},
        path_segment,
    },
    contract::reason::Reason,
    error::{Error, FaultKind, ProviderFault},
    hashed::HashMap,
    naming::{same, same_address},
    provider::Context,
    sorted::Set,
};

use super::{
    config::Config,
    core::{get, is_no},
    documents::{Owner, Raw, User, Users},
    ids,
};

/// The id of the one user that the request means.
pub async fn user_id(config: &Config, cx: &Context<'_>) -> Result<String, Error> {
    let wanted = &cx.request.user;
    if !wanted.contains('@') {
        return Ok(wanted.clone());
    }
    let rows = users(config, cx, Some(wanted)).await?;
    let has_address = |user: &&User| email(user).is_some_and(|email| same_address(email, wanted));
    let exact: Vec<&User> = rows.iter().filter_map(Row::read).filter(has_address).collect();
    let is_whole = rows
        .iter()
        .filter_map(Row::read)
        .all(|user| user.email.as_str().is_some());
    if !is_whole || rows.iter().any(Row::is_unread) {
        // Such a row may be the user, or a second one with the same address.
        let message = "TeamViewer's list of users with this e-mail address has rows that cannot be read";
        return Err(ProviderFault::new(FaultKind::BadAnswer, message).into());
    }
    let ids: Option<Set<String>> = exact.into_iter().map(id_of).collect();
    let Some(ids) = ids else {
        let message = "TeamViewer's user has no id of the documented form";
        return Err(ProviderFault::new(FaultKind::BadAnswer, message).into());
    };
    let mut ids = ids.into_iter();
    match (ids.next(), ids.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => Err(Error::UserNotFound {
            answer: None,
            message: format!("TeamViewer knows no user with the e-mail address `{wanted}`"),
        }),
        (Some(_), Some(_)) => Err(Error::Refused {
            reason: Reason::Ambiguous,
            message: format!("TeamViewer knows several users with the e-mail address `{wanted}`"),
        }),
    }
}

/// The user's own document, raw and parsed. It is read besides the list of roles, which is empty and no error for an unknown user.
pub async fn user(config: &Config, cx: &Context<'_>, id: &str) -> Result<(Raw, User), Error> {
    let answer = get(config, cx, &format!("/users/{}", path_segment(id)), "the user")
        .await
        .map_err(|fault| unknown_user(fault, id))?;
    let raw: Raw = answer.json("the user")?;
    let user = User::from_json(&raw)
        .map_err(|_| answer.fault(FaultKind::BadAnswer, "TeamViewer's answer to the user is no user"))?;
    if id_of(&user).as_deref() != Some(id) {
        return Err(answer
            .fault(FaultKind::BadAnswer, "TeamViewer answered with another user")
            .into());
    }
    Ok((raw, user))
}

/// Whether a document is that of the user with an id.
pub fn is_of(document: &RawValue, id: &str) -> bool {
    User::from_json(document).is_ok_and(|user| id_of(&user).as_deref() == Some(id))
}

/// Whose token it is; `None` where the token has no owner, may not ask, or the call is not there.
pub async fn owner(config: &Config, cx: &Context<'_>) -> Result<Option<Owner>, ProviderFault> {
    match get(config, cx, "/account", "the owner of the token").await {
        Ok(answer) => answer.json("the account").map(Some),
        Err(fault) if is_no(&fault) => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// Users, all or those with an e-mail address.
pub async fn users(config: &Config, cx: &Context<'_>, email: Option<&str>) -> Result<Vec<Row<User>>, ProviderFault> {
    let path = QueryBuilder::new()
        .maybe("email", email)
        .pair("full_list", "true")
        .on("/users");
    let answer = get(config, cx, &path, "the users").await?;
    let users: Users = answer.json("the users")?;
    let rows = users.users.into_list();
    rows.ok_or_else(|| answer.fault(FaultKind::BadAnswer, "TeamViewer's answer has no list of users"))
}

/// The e-mail address of every user that shows one, by user id.
pub async fn addresses(config: &Config, cx: &Context<'_>) -> Result<HashMap<String, String>, ProviderFault> {
    let rows = users(config, cx, None).await?;
    let address = |user: &User| Some((id_of(user)?, email(user)?.to_owned()));
    Ok(rows.iter().filter_map(Row::read).filter_map(address).collect())
}

fn id_of(user: &User) -> Option<String> {
    user.id.as_str().and_then(ids::user)
}

/// The address of a user, if there is one that can be read.
pub fn email(user: &User) -> Option<&str> {
    user.email.as_str().map(str::trim).filter(|email| email.contains('@'))
}

/// Whose the token is, among the users.
#[derive(Clone, Debug)]
pub enum TokenOwner {
    User(String),
    /// It has an owner, and which user that is cannot be told.
    Unclear,
    /// No user of the company.
    Nobody,
    /// TeamViewer does not show it.
    NotVisible,
}

/// Whose the token is: by the id, else the user with the address.
pub async fn token_owner(config: &Config, cx: &Context<'_>, owner: &Owner) -> Result<TokenOwner, ProviderFault> {
    if let Some(id) = owner.userid.as_str().and_then(ids::user) {
        return Ok(TokenOwner::User(id));
    }
    let Some(own) = owner.email.as_str() else {
        return Ok(match owner.userid.as_str() {
            Some(_) => TokenOwner::Unclear,
            None => TokenOwner::NotVisible,
        });
    };
    let rows = users(config, cx, Some(own)).await?;
    let is_owner = |user: &&User| email(user).is_some_and(|email| same(email, own));
    if let Some(user) = rows.iter().filter_map(Row::read).find(is_owner) {
        return Ok(id_of(user).map_or(TokenOwner::Unclear, TokenOwner::User));
    }
    // A row that cannot be read, or that shows no address, may be the owner.
    let is_somebody_else = |row: &Row<User>| row.read().is_some_and(|user| email(user).is_some());
    Ok(if owner.userid.is_absent() && rows.iter().all(is_somebody_else) {
        TokenOwner::Nobody
    } else {
        TokenOwner::Unclear
    })
}

fn unknown_user(fault: ProviderFault, id: &str) -> Error {
    if fault.kind == FaultKind::NotFound {
        Error::UserNotFound {
            answer: None,
            message: format!("TeamViewer knows no user with the id `{id}`"),
        }
    } else {
        fault.into()
    }
}
