//! TeamViewer's requests and what their answers say.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::{
    client::{Answer, CachedToken, Call, QueryBuilder, Requested, TokenRequest, path_segment, send_with_token},
    error::{Error, FaultKind, ProviderFault},
    provider::Context,
};

use super::{
    config::{Access, Config},
    documents::{
        ErrorBody, GroupsOfRole, Member, Owner, Page, Raw, Role, RoleOfGroup, Roles, RolesOfUser, User, UserGroup,
        Users, UsersOfRole,
    },
    ids,
};

/// Used when the token answer does not say how long it is good for.
const TOKEN_LIFETIME: Duration = Duration::from_secs(3_600);
/// A script token is handed around like one that never ends.
const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 86_400);

/// The rate limit arrives as 403 too. Source: the TeamViewer API manual, section 5.
fn is_rate_limited(answer: &Answer) -> bool {
    answer.status == 429
        || answer.status >= 400
            && matches!(
                error_of(answer).error.as_deref(),
                Some("rate_limit_reached" | "too_many_retries")
            )
}

/// The status that an answer means.
pub fn status_of(answer: &Answer) -> u16 {
    if is_rate_limited(answer) { 429 } else { answer.status }
}

/// Sends a call with the account's token.
pub async fn send(config: &Config, cx: &Context<'_>, call: &Call) -> Result<Answer, ProviderFault> {
    send_with_token(&cx.client, cx.caches, config.key(), call, async || {
        token(config, cx).await
    })
    .await
}

async fn token(config: &Config, cx: &Context<'_>) -> Result<CachedToken, ProviderFault> {
    let (client_id, client_secret, refresh_token) = match &config.access {
        Access::Script(token) => {
            return Ok(CachedToken {
                token: token.clone(),
                expires: cx.client.transport().monotonic().saturating_add(FOR_EVER),
            });
        }
        Access::Refresh {
            client_id,
            client_secret,
            refresh_token,
        } => (client_id, client_secret, refresh_token),
    };
    let form = QueryBuilder::new()
        .pair("grant_type", "refresh_token")
        .pair("refresh_token", refresh_token.expose())
        .pair("client_id", client_id)
        .pair("client_secret", client_secret.expose());
    let request = TokenRequest {
        url: config.base.join("/oauth2/token"),
        form,
        basic: None,
        lifetime: TOKEN_LIFETIME,
    };
    let answer = match cx.client.request_token(request).await? {
        Requested::Token(token) => return Ok(token),
        Requested::Refused(answer) => answer,
    };
    let kind = match kind_of(&answer) {
        FaultKind::Refused | FaultKind::NotFound | FaultKind::Forbidden => FaultKind::CredentialsRejected,
        other => other,
    };
    Err(fault(cx, &answer, kind, "TeamViewer gives no access token"))
}

/// The user's own document, raw and parsed. This read is needed besides that of the roles: the list of roles of an unknown user is
/// empty and no error.
pub async fn user(config: &Config, cx: &Context<'_>, id: &str) -> Result<(Raw, User), Error> {
    let answer = get(config, cx, &format!("/users/{}", path_segment(id)), "the user")
        .await
        .map_err(|fault| unknown_user(fault, id))?;
    let raw: Raw = answer.json("the user")?;
    let user: User = answer.json("the user")?;
    if ids::user(&user.id).as_deref() != Some(id) {
        return Err(answer
            .fault(FaultKind::BadAnswer, "TeamViewer answered with another user")
            .into());
    }
    Ok((raw, user))
}

/// Whose token it is; `None` where the token has no owner, may not ask, or the call is not there.
pub async fn owner(config: &Config, cx: &Context<'_>) -> Result<Option<Owner>, ProviderFault> {
    let answer = send(config, cx, &Call::get(config.base.join("/account"))).await?;
    match kind_of(&answer) {
        _ if answer.is_success() => answer.json("the account").map(Some),
        FaultKind::Forbidden | FaultKind::NotFound | FaultKind::Refused => Ok(None),
        kind => Err(fault(cx, &answer, kind, "TeamViewer does not say whose token it is")),
    }
}

/// Users with that e-mail address: at most one, if TeamViewer is right.
pub async fn users_by_email(config: &Config, cx: &Context<'_>, email: &str) -> Result<Vec<User>, ProviderFault> {
    let path = QueryBuilder::new()
        .pair("email", email)
        .pair("full_list", "true")
        .on("/users");
    let users: Users = get(config, cx, &path, "the user by e-mail")
        .await?
        .json("the user by e-mail")?;
    Ok(users.users)
}

/// The ids of the roles that the user has, directly or through a group. TeamViewer says null if there are none, and for a user that
/// it does not know.
pub async fn roles_of_user(config: &Config, cx: &Context<'_>, id: &str) -> Result<Vec<String>, ProviderFault> {
    let path = format!("/users/{}/userroles", path_segment(id));
    let pages = pages::<RolesOfUser>(config, cx, &path, "paginationToken", "the user's roles", |page| {
        page.next.clone()
    })
    .await?;
    Ok(pages
        .into_iter()
        .flat_map(|page| page.role_ids.unwrap_or_default())
        .map(|id| id.to_ascii_lowercase())
        .collect())
}

/// Every role of the company.
pub async fn roles(config: &Config, cx: &Context<'_>) -> Result<Vec<Role>, ProviderFault> {
    let roles: Roles = get(config, cx, "/userroles", "the roles").await?.json("the roles")?;
    Ok(roles
        .roles
        .into_iter()
        .map(|role| Role {
            id: role.id.to_ascii_lowercase(),
            ..role
        })
        .collect())
}

/// The users to whom a role is assigned directly.
pub async fn users_of_role(config: &Config, cx: &Context<'_>, role: &str) -> Result<Vec<String>, ProviderFault> {
    let path = QueryBuilder::new()
        .pair("userRoleId", role)
        .on("/userroles/assignments/account");
    let pages = pages::<UsersOfRole>(config, cx, &path, "continuationToken", "the role's users", |page| {
        page.next.clone()
    })
    .await?;
    Ok(pages
        .into_iter()
        .flat_map(|page| page.users.unwrap_or_default())
        .filter_map(|id| ids::user(&id))
        .collect())
}

/// The user groups that have a role.
pub async fn groups_of_role(config: &Config, cx: &Context<'_>, role: &str) -> Result<Vec<u64>, ProviderFault> {
    let path = QueryBuilder::new()
        .pair("userRoleId", role)
        .on("/userroles/assignments/usergroups");
    let pages = pages::<GroupsOfRole>(config, cx, &path, "continuationToken", "the role's groups", |page| {
        page.next.clone()
    })
    .await?;
    Ok(pages
        .into_iter()
        .flat_map(|page| page.groups.unwrap_or_default())
        .collect())
}

/// Every user group.
pub async fn groups(config: &Config, cx: &Context<'_>) -> Result<Vec<UserGroup>, ProviderFault> {
    let pages = pages::<Page<UserGroup>>(
        config,
        cx,
        "/usergroups",
        "paginationToken",
        "the user groups",
        |page| page.next.clone(),
    )
    .await?;
    Ok(pages.into_iter().flat_map(|page| page.resources).collect())
}

/// The account ids of a group's members.
pub async fn members(config: &Config, cx: &Context<'_>, group: u64) -> Result<Vec<u64>, ProviderFault> {
    let path = format!("/usergroups/{group}/members");
    let pages = pages::<Page<Member>>(config, cx, &path, "paginationToken", "the group's members", |page| {
        page.next.clone()
    })
    .await?;
    Ok(pages
        .into_iter()
        .flat_map(|page| page.resources)
        .map(|member| member.account)
        .collect())
}

/// The one role that a group has; null, as the document or in it, if it has none.
pub async fn role_of_group(config: &Config, cx: &Context<'_>, group: u64) -> Result<Option<String>, ProviderFault> {
    let role: Option<RoleOfGroup> = get(
        config,
        cx,
        &format!("/usergroups/{group}/userroles"),
        "the group's role",
    )
    .await?
    .json("the group's role")?;
    Ok(role.and_then(|role| role.role_id).map(|id| id.to_ascii_lowercase()))
}

/// The name of a role in the company's directory.
pub fn name_of(roles: &[Role], role: &str) -> Option<String> {
    let known = roles.iter().find(|known| known.id == role)?;
    known.name.clone()
}

/// An explicit no to this one thing: the account as a whole may still work.
pub const fn is_no(fault: &ProviderFault) -> bool {
    matches!(
        fault.kind,
        FaultKind::Forbidden | FaultKind::NotFound | FaultKind::Refused
    )
}

/// `content-type` as the official PowerShell module sends it.
pub fn json(call: Call) -> Call {
    call.header("content-type", "application/json; charset=utf-8")
}

/// A fault with what TeamViewer says.
pub fn fault(cx: &Context<'_>, answer: &Answer, kind: FaultKind, what: &str) -> ProviderFault {
    let ErrorBody {
        error,
        error_description,
    } = error_of(answer);
    let said = error_description
        .or(error)
        .unwrap_or_else(|| String::from("no message"));
    cx.client
        .fault(answer, kind, format!("{what} ({}): {said}", answer.status))
}

/// The kind of fault: the `error` word decides before the status.
pub fn kind_of(answer: &Answer) -> FaultKind {
    if is_rate_limited(answer) {
        return FaultKind::RateLimited;
    }
    match error_of(answer).error.as_deref() {
        Some("invalid_token" | "token_expired" | "wrong_credentials" | "invalid_client") => {
            FaultKind::CredentialsRejected
        }
        Some("invalid_permission" | "blocked") => FaultKind::Forbidden,
        Some("internal_error") => FaultKind::ServerError,
        _ => answer.fault_kind(),
    }
}

fn error_of(answer: &Answer) -> ErrorBody {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

async fn get(config: &Config, cx: &Context<'_>, path: &str, what: &str) -> Result<Answer, ProviderFault> {
    let answer = send(config, cx, &Call::get(config.base.join(path))).await?;
    if answer.is_success() {
        return Ok(answer);
    }
    Err(fault(
        cx,
        &answer,
        kind_of(&answer),
        &format!("TeamViewer refuses to read {what}"),
    ))
}

/// Every page of a list. Each address is built afresh, and a token that comes again ends the list as one without end.
async fn pages<T: DeserializeOwned>(
    config: &Config,
    cx: &Context<'_>,
    path: &str,
    parameter: &str,
    what: &'static str,
    next: impl Fn(&T) -> Option<String>,
) -> Result<Vec<T>, ProviderFault> {
    let mut pages = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    loop {
        cx.client.budget().page(what)?;
        let address = match seen.last() {
            None => path.to_owned(),
            Some(token) => {
                let separator = if path.contains('?') { '&' } else { '?' };
                format!(
                    "{path}{separator}{}",
                    QueryBuilder::new().pair(parameter, token).build()
                )
            }
        };
        let answer = get(config, cx, &address, what).await?;
        let page: T = answer.json(what)?;
        let token = next(&page).filter(|token| !token.is_empty());
        pages.push(page);
        let Some(token) = token else {
            return Ok(pages);
        };
        if seen.contains(&token) {
            return Err(answer.fault(
                FaultKind::BadAnswer,
                format!("TeamViewer's list of {what} repeats a page"),
            ));
        }
        seen.push(token);
    }
}

fn unknown_user(fault: ProviderFault, id: &str) -> Error {
    let is_not_found = fault.answer.as_ref().is_some_and(|answer| {
        answer.status == 404
            || serde_json::from_str::<ErrorBody>(&answer.body)
                .is_ok_and(|body| body.error.as_deref() == Some("not_found"))
    });
    if is_not_found {
        Error::UserNotFound {
            message: format!("TeamViewer knows no user with the id `{id}`"),
        }
    } else {
        fault.into()
    }
}
