//! TeamViewer's requests and what their answers say.

use std::{cell::Cell, hash::Hash, time::Duration};

use crate::{
    client::{
        Answer, CachedToken, Call, QueryBuilder, Requested, TokenRequest,
        lenient::{FromJson, Id, Row, Rows},
        paging::{self, Page},
        path_segment, send_with_token,
    },
    error::{FaultKind, ProviderFault},
    hashed::HashSet,
    provider::{Context, Coverage, Directory, KnownRole},
};

use super::{
    config::{Access, Config},
    documents::{ErrorBody, GroupsOfRole, Nullable, Role, Roles, RolesOfUser, UsersOfRole},
    ids,
};

/// Used when the token answer does not say how long it is good for.
const TOKEN_LIFETIME: Duration = Duration::from_secs(3_600);
/// A script token is cached as one that does not end.
const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 86_400);

/// The rows of a list: those that could be read, and those that could not, as they came.
#[derive(Clone, Debug, Default)]
pub struct Listed<T> {
    pub rows: Vec<T>,
    /// Besides rows: a list that is null, or a last page that is not marked as the last.
    pub unread: Vec<String>,
}

/// Whether a list of users holds one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Yes,
    No,
    /// A row that cannot be read may be the user.
    Unclear,
}

impl Listed<String> {
    /// Whether a user id stands in the list.
    pub fn holds(&self, user: &str) -> Holds {
        if self.rows.iter().any(|row| row == user) {
            Holds::Yes
        } else if self.unread_of(user).next().is_some() {
            Holds::Unclear
        } else {
            Holds::No
        }
    }

    /// The rows that cannot be read and may be a user.
    pub fn unread_of<'a>(&'a self, user: &str) -> impl Iterator<Item = &'a String> {
        self.unread
            .iter()
            .filter(move |raw| !ids::is_another_user(raw.trim_matches('"'), user))
    }
}

/// The rate limit arrives as 403 too. Source: the TeamViewer API manual, section 5. The error's word counts whatever the status is.
fn is_rate_limited(answer: &Answer) -> bool {
    if answer.meaning() == 429 {
        return true;
    }
    let body = error_of(answer);
    let says_so = |text: &str| text.to_ascii_lowercase().contains("rate limit");
    matches!(body.error.as_str(), Some("rate_limit_reached" | "too_many_retries"))
        || answer.status == 403 && body.error_description.as_str().is_some_and(says_so)
}

/// The status that an answer means: inside a success, that of the error's word or code. A token that has expired is renewed as after
/// a 401, whatever status says so.
pub fn status_of(answer: &Answer) -> u16 {
    if answer.is_given() {
        return answer.status;
    }
    let has_expired = || matches!(error_of(answer).error.as_str(), Some("invalid_token" | "token_expired"));
    match kind_of(answer) {
        FaultKind::RateLimited => 429,
        FaultKind::CredentialsRejected if matches!(answer.status, 400 | 403) && has_expired() => 401,
        _ if answer.meaning() != answer.status || !answer.is_success() => answer.meaning(),
        FaultKind::CredentialsRejected => 401,
        FaultKind::Forbidden => 403,
        FaultKind::NotFound => 404,
        FaultKind::ServerError => 500,
        _ => answer.status,
    }
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
    let request = TokenRequest::of_form(config.base.join("/oauth2/token"), form, TOKEN_LIFETIME);
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

/// The ids of the roles that the user has, directly or through a group. TeamViewer says null if there are none, and for a user that
/// it does not know: `None` says that it did. Of several pages, one that is null is a row that cannot be read.
pub async fn roles_of_user(
    config: &Config,
    cx: &Context<'_>,
    id: &str,
) -> Result<Option<Listed<String>>, ProviderFault> {
    let path = format!("/users/{}/userroles", path_segment(id));
    let list = List::new(&path, "paginationToken", "the user's roles");
    let (pages, is_null) = (Cell::new(0_usize), Cell::new(false));
    // Null stands for the list, or for the whole document. Where there is no list, there is no last page to mark.
    let split = |page: Option<RolesOfUser>| {
        let (role_ids, next) = page.map_or((Rows::Null, Nullable::Null), |page| (page.role_ids, page.next));
        let is_first = pages.replace(pages.get().saturating_add(1)) == 0;
        is_null.set(is_first && matches!(role_ids, Rows::Null));
        match next {
            Nullable::Missing if is_null.get() => (role_ids, Nullable::Null),
            next => (role_ids, next),
        }
    };
    let listed = list.read(config, cx, split, |id| scalar(id, ids::role)).await?;
    let says_nothing = is_null.get() && listed.unread.len() == 1;
    Ok((!says_nothing).then_some(listed))
}

/// The roles of the company. There is no count and no page: what tells that some are missing is an empty list (a company has
/// predefined roles), a row that cannot be read, and a role without a name.
pub async fn directory(config: &Config, cx: &Context<'_>) -> Result<Directory, ProviderFault> {
    let document: Roles = get(config, cx, "/userroles", "the roles").await?.json("the roles")?;
    let rows = document.roles.rows();
    let role = |Role { id, name }: &Role| {
        Some(KnownRole {
            id: ids::role(id.as_str()?)?,
            name: name.as_str().map(str::to_owned),
        })
    };
    let roles: Vec<KnownRole> = document.roles.read().filter_map(role).collect();
    let is_whole = !roles.is_empty() && roles.len() == rows.len() && roles.iter().all(|role| role.name.is_some());
    let coverage = if is_whole {
        Coverage::Whole
    } else {
        Coverage::Partial(String::from(
            "TeamViewer's list of roles is empty or has rows that cannot be read",
        ))
    };
    Ok(Directory { roles, coverage })
}

/// The users to whom a role is assigned directly.
pub async fn users_of_role(config: &Config, cx: &Context<'_>, role: &str) -> Result<Listed<String>, ProviderFault> {
    let path = QueryBuilder::new()
        .pair("userRoleId", role)
        .on("/userroles/assignments/account");
    let list = List::new(&path, "continuationToken", "the role's users");
    let split = |page: UsersOfRole| (page.users, page.next);
    list.read(config, cx, split, |id| scalar(id, ids::user)).await
}

/// The user groups that have a role.
pub async fn groups_of_role(config: &Config, cx: &Context<'_>, role: &str) -> Result<Listed<u64>, ProviderFault> {
    let path = QueryBuilder::new()
        .pair("userRoleId", role)
        .on("/userroles/assignments/usergroups");
    let list = List::new(&path, "continuationToken", "the role's groups");
    let split = |page: GroupsOfRole| (page.groups, page.next);
    list.read(config, cx, split, |id| scalar(id, ids::group)).await
}

/// An explicit no to this one thing, as TeamViewer documents it (403, 404): the account as a whole may still work.
pub fn is_no(fault: &ProviderFault) -> bool {
    matches!(fault.kind, FaultKind::Forbidden | FaultKind::NotFound)
}

/// An answer that may mean that a role is not known: which one TeamViewer gives is not published.
pub fn is_unknown_role(fault: &ProviderFault) -> bool {
    let is_400 = || fault.answer.as_ref().is_some_and(|answer| answer.status == 400);
    fault.kind == FaultKind::NotFound || (fault.kind == FaultKind::Refused && is_400())
}

/// `content-type` as the official PowerShell module sends it.
pub fn json(call: Call) -> Call {
    call.header("content-type", "application/json; charset=utf-8")
}

/// A fault with what TeamViewer says.
pub fn fault(cx: &Context<'_>, answer: &Answer, kind: FaultKind, what: &str) -> ProviderFault {
    let body = error_of(answer);
    let message = body
        .error_description
        .as_str()
        .or(body.error.as_str())
        .unwrap_or(match answer.status {
            403 => "no message; the token lacks a permission, or the rate limit is reached",
            _ => "no message",
        });
    cx.client
        .fault(answer, kind, format!("{what} ({}): {message}", answer.status))
}

/// Whether the `error` word of an answer says what it means. Under any other status it may be a gateway's.
const fn has_own_word(answer: &Answer) -> bool {
    matches!(answer.status, 200..=299 | 400..=404 | 429)
}

/// The kind of fault: the `error` word of a refusal decides before the status.
pub fn kind_of(answer: &Answer) -> FaultKind {
    if is_rate_limited(answer) {
        return FaultKind::RateLimited;
    }
    if !has_own_word(answer) {
        return answer.fault_kind();
    }
    match error_of(answer).error.as_str() {
        Some("invalid_token" | "token_expired" | "wrong_credentials" | "invalid_client") => {
            FaultKind::CredentialsRejected
        }
        Some("invalid_permission" | "blocked") => FaultKind::Forbidden,
        Some("not_found") => FaultKind::NotFound,
        Some("internal_error") => FaultKind::ServerError,
        _ => answer.fault_kind(),
    }
}

fn error_of(answer: &Answer) -> ErrorBody {
    answer.json("a call").unwrap_or_default()
}

/// A read.
pub async fn get(config: &Config, cx: &Context<'_>, path: &str, what: &str) -> Result<Answer, ProviderFault> {
    let answer = send(config, cx, &Call::get(config.base.join(path))).await?;
    if answer.is_given() {
        return Ok(answer);
    }
    let what = format!("TeamViewer refuses to read {what}");
    Err(fault(cx, &answer.error_only(), kind_of(&answer), &what))
}

/// A list in pages.
pub struct List<'a> {
    path: &'a str,
    /// The parameter that carries the token of a page.
    parameter: &'static str,
    /// For messages.
    what: &'static str,
}

impl<'a> List<'a> {
    pub const fn new(path: &'a str, parameter: &'static str, what: &'static str) -> Self {
        Self { path, parameter, what }
    }

    /// Every page. Each address is built afresh, with an encoded token.
    pub async fn read<P: FromJson, R, T: Eq + Hash>(
        &self,
        config: &Config,
        cx: &Context<'_>,
        split: impl Fn(P) -> (Rows<R>, Nullable),
        row: impl Fn(R) -> Result<T, String>,
    ) -> Result<Listed<T>, ProviderFault> {
        let is_unmarked = Cell::new(false);
        let pages = Cell::new(0_usize);
        let read = paging::by_cursor(&cx.client, self.what, async |token: Option<&str>| {
            pages.set(pages.get().saturating_add(1));
            let answer = get(config, cx, &self.address(token), self.what).await?;
            let (rows, next) = split(answer.json(self.what)?);
            let rows: Vec<Result<T, String>> = match rows {
                Rows::List(rows) => rows.into_iter().map(|read| read_row(read, &row)).collect(),
                Rows::Null => vec![Err(String::from("null"))],
                Rows::Absent | Rows::Unread(_) => {
                    let message = format!("TeamViewer's answer has no list when reading {}", self.what);
                    return Err(answer.fault(FaultKind::BadAnswer, message));
                }
            };
            let mut page = Page::new(rows);
            match next {
                Nullable::Text(token) => page.next = Some(token),
                Nullable::Null => {}
                Nullable::Missing | Nullable::Unread => is_unmarked.set(true),
            }
            Ok(page)
        })
        .await?;
        let mut listed = Listed {
            rows: Vec::new(),
            unread: Vec::new(),
        };
        for row in read.rows {
            match row {
                Ok(row) => listed.rows.push(row),
                Err(raw) => listed.unread.push(raw),
            }
        }
        // A row that moved to another page while they were read may have pushed one out of sight.
        let mut seen = HashSet::new();
        if pages.get() > 1 && !listed.rows.iter().all(|row| seen.insert(row)) {
            listed.unread.push(String::from("a row that stands on two pages"));
        }
        if is_unmarked.get() {
            listed
                .unread
                .push(String::from("a last page that is not marked as the last"));
        }
        Ok(listed)
    }

    fn address(&self, token: Option<&str>) -> String {
        let Some(token) = token else {
            return self.path.to_owned();
        };
        let separator = if self.path.contains('?') { '&' } else { '?' };
        let query = QueryBuilder::new().pair(self.parameter, token).build();
        format!("{}{separator}{query}", self.path)
    }
}

fn read_row<R, T>(read: Row<R>, row: impl Fn(R) -> Result<T, String>) -> Result<T, String> {
    match read {
        Row::Read(read) => row(read),
        Row::Unread(raw) => Err(raw),
    }
}

/// An id, or its text as it came.
pub fn scalar<T>(id: Id, read: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    if let Some(text) = id.as_str() {
        return read(text).ok_or_else(|| text.to_owned());
    }
    Err(id.unread().unwrap_or("null").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let mut answer = Answer::of_headers(Vec::new());
        answer.status = status;
        answer.body = body.as_bytes().to_vec();
        answer
    }

    #[test]
    fn an_error_word_counts_only_under_a_status_of_a_refusal() {
        for (status, word, expected) in [
            (400, "not_found", FaultKind::NotFound),
            (200, "invalid_permission", FaultKind::Forbidden),
            (403, "rate_limit_reached", FaultKind::RateLimited),
            (403, "token_expired", FaultKind::CredentialsRejected),
            (503, "not_found", FaultKind::ServerError),
            (503, "rate_limit_reached", FaultKind::RateLimited),
            (409, "invalid_permission", FaultKind::Refused),
            (408, "not_found", FaultKind::ServerError),
        ] {
            let answer = answer(status, &format!(r#"{{"error": "{word}"}}"#));
            assert_eq!(kind_of(&answer), expected, "{status} {word}");
        }
    }

    #[test]
    fn the_word_of_an_error_decides_what_its_status_means() {
        let status = |status: u16, body: &str| status_of(&answer(status, body));
        let expired = r#"{"error": "token_expired"}"#;
        assert_eq!((status(400, expired), status(403, expired)), (401, 401));
        assert_eq!(status(403, r#"{"error": "invalid_permission"}"#), 403);
        for (word, meaning) in [
            ("rate_limit_reached", 429),
            ("not_found", 404),
            ("internal_error", 500),
            ("token_expired", 401),
            ("invalid_permission", 403),
            ("something_else", 200),
        ] {
            let document = format!(r#"{{"users": ["{}"], "error": "{word}"}}"#, "u".repeat(2_000));
            assert_eq!(status(200, &document), meaning, "{word}");
        }
        assert_eq!(status(200, r#"{"code": 503}"#), 503);
        assert_eq!(status(200, r#"{"users": []}"#), 200);
    }
}
