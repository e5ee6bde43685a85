//! Slack's requests, and what its answers mean. Nearly all of them are 200; `ok` and `error` say what happened.

use crate::{
    client::{
        Answer, Call, QueryBuilder, Repeat,
        lenient::{FromJson, Row, Rows},
        paging::Repeats,
        path_segment,
    },
    error::{Error, FaultKind, ProviderFault},
    hashed::HashSet,
    provider::Context,
    transport::Method,
};

use super::{
    config::Config,
    documents::{Envelope, Page, Raw, ScimUser},
};

/// The error code for a role that does not exist.
pub const UNKNOWN_ROLE: &str = "invalid_role_id";

/// A failed call, with Slack's error code if it gave one in an answer of 2xx.
#[derive(Clone, Debug)]
pub struct Fault {
    pub fault: ProviderFault,
    pub code: Option<String>,
}

/// A list that is read in pages.
#[derive(Clone, Copy, Debug)]
pub struct List {
    pub method: &'static str,
    /// The key of the rows.
    key: &'static str,
    /// Rows in a page, the most that Slack allows.
    limit: usize,
    rows: fn(Page) -> Rows<Raw>,
}

pub const ASSIGNMENTS: List = List {
    method: "admin.roles.listAssignments",
    key: "role_assignments",
    limit: 200,
    rows: |page| page.role_assignments,
};

pub const OWNERS: List = List {
    method: "admin.teams.owners.list",
    key: "owner_ids",
    limit: 1_000,
    rows: |page| page.owner_ids,
};

pub const ADMINS: List = List {
    method: "admin.teams.admins.list",
    key: "admin_ids",
    limit: 1_000,
    rows: |page| page.admin_ids,
};

/// The pages of a list, one after the other.
pub struct Pages<'a> {
    config: &'a Config,
    cx: &'a Context<'a>,
    list: List,
    arguments: Vec<(&'static str, String)>,
    cursor: Option<String>,
    cursors: HashSet<String>,
    /// The rows of earlier pages.
    earlier: Repeats,
    is_over: bool,
}

impl Fault {
    /// Returns true if Slack gave one of these error codes.
    pub fn is(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }
}

impl From<ProviderFault> for Fault {
    fn from(fault: ProviderFault) -> Self {
        Self { fault, code: None }
    }
}

impl From<Fault> for ProviderFault {
    fn from(fault: Fault) -> Self {
        fault.fault
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Provider(fault.fault)
    }
}

impl<'a> Pages<'a> {
    pub fn new(
        config: &'a Config,
        cx: &'a Context<'a>,
        list: List,
        arguments: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        Self {
            config,
            cx,
            list,
            arguments: arguments.into_iter().collect(),
            cursor: None,
            cursors: HashSet::new(),
            earlier: Repeats::default(),
            is_over: false,
        }
    }

    /// The list was read to its end.
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// The rows of the next page; `None` past the last one.
    ///
    /// # Errors
    /// A failed call; [`FaultKind::BadAnswer`] for a page that is no list, or if it is unclear whether the list ends.
    pub async fn next(&mut self) -> Result<Option<Vec<Row<Raw>>>, Fault> {
        if self.is_over {
            return Ok(None);
        }
        self.cx.client.budget().page(self.list.method)?;
        let query = self
            .arguments
            .iter()
            .fold(QueryBuilder::new(), |query, (name, value)| query.pair(name, value))
            .pair("limit", &self.list.limit.to_string())
            // An empty cursor must not be sent.
            .maybe("cursor", self.cursor.as_deref());
        let page = read::<Page>(self.config, self.cx, self.list.method, query).await;
        let page = match self.cursor {
            None => page?,
            Some(_) => page.map_err(|fault| Fault::from(fault.fault.of_later_page()))?,
        };
        let next = page.next_cursor().map(|next| next.map(str::to_owned));
        let Some(rows) = (self.list.rows)(page).into_list() else {
            return Err(self.wrong(&format!("has no {}", self.list.key)));
        };
        let texts = rows.iter().filter_map(Row::read).map(|row| row.get());
        if self.earlier.has_any(texts) {
            return Err(self.wrong("shows a row on two pages"));
        }
        match next {
            Err(()) => return Err(self.wrong("has a cursor that is no text")),
            // A full page without a cursor may not be the last one.
            Ok(None) if rows.len() >= self.list.limit => {
                return Err(self.wrong("is a full page, and does not say whether it is the last"));
            }
            Ok(None) => self.is_over = true,
            Ok(Some(next)) if next.is_empty() => self.is_over = true,
            Ok(Some(next)) => {
                if !self.cursors.insert(next.clone()) {
                    return Err(self.wrong("repeats a page"));
                }
                self.cursor = Some(next);
            }
        }
        Ok(Some(rows))
    }

    fn wrong(&self, what: &str) -> Fault {
        let message = format!("Slack's answer to {} {what}", self.list.method);
        ProviderFault::new(FaultKind::BadAnswer, message).into()
    }
}

/// The status that an answer means: a 200 may carry the code of a rate limit or of an internal error.
pub fn status_of(answer: &Answer) -> u16 {
    match error_of(answer).map(|(code, _)| kind_of(&code)) {
        Some(FaultKind::RateLimited) => 429,
        Some(FaultKind::ServerError) => 500,
        _ => answer.status,
    }
}

/// Calls a method that reads.
///
/// # Errors
/// What the answer says if it is not `ok`.
pub async fn read<T: FromJson>(
    config: &Config,
    cx: &Context<'_>,
    method: &str,
    query: QueryBuilder,
) -> Result<T, Fault> {
    let call = Call::get(config.base.join(&query.on(&format!("/api/{method}"))));
    let answer = send(config, cx, &call).await?;
    if !is_ok(&answer) {
        return Err(refusal(cx, &answer, method));
    }
    Ok(answer.json(method)?)
}

/// The SCIM user and its document.
pub enum Scim {
    /// The account does not ask for it.
    None,
    /// SCIM does not know the id.
    NotFound,
    Read(ScimUser, String),
    /// No role depends on it, but the user may have other addresses than are shown.
    NotRead(Option<ProviderFault>),
}

pub async fn scim_user(config: &Config, cx: &Context<'_>, user: &str) -> Scim {
    let Some(base) = &config.scim else { return Scim::None };
    let call = Call::get(base.join(&format!("/Users/{}", path_segment(user))));
    match send(config, cx, &call).await {
        Ok(answer) if answer.status == 404 => Scim::NotFound,
        Ok(answer) if answer.is_success() => scim_document(&answer).unwrap_or(Scim::NotRead(None)),
        Ok(answer) => Scim::NotRead(Some(cx.client.fault(
            &answer,
            answer.fault_kind(),
            "Slack refuses to read the SCIM user",
        ))),
        Err(fault) => Scim::NotRead(Some(fault)),
    }
}

fn scim_document(answer: &Answer) -> Option<Scim> {
    let raw: Raw = answer.json("the SCIM user").ok()?;
    let document = ScimUser::from_json(&raw).ok()?;
    Some(Scim::Read(document, raw.get().to_owned()))
}

/// A writing method with a JSON body.
pub fn write(config: &Config, method: &str, body: &serde_json::Value, repeat: Repeat) -> Call {
    Call::write(
        Method::Post,
        config.base.join(&format!("/api/{method}")),
        Some(body.to_string().into_bytes()),
        repeat,
    )
    .header("content-type", "application/json; charset=utf-8")
}

/// Sends a call with the account's token.
///
/// # Errors
/// Where there is no whole answer.
pub async fn send(config: &Config, cx: &Context<'_>, call: &Call) -> Result<Answer, ProviderFault> {
    cx.client
        .send_authorized(call, ("authorization", "Bearer", &config.token))
        .await
}

/// Returns true for a 2xx that says `ok` and names no error.
pub fn is_ok(answer: &Answer) -> bool {
    answer.is_success()
        && envelope(answer).is_some_and(|envelope| envelope.ok.as_bool() == Some(true) && envelope.error.is_absent())
}

/// The fault of an answer that is not `ok`.
pub fn refusal(cx: &Context<'_>, answer: &Answer, method: &str) -> Fault {
    if !answer.is_success() {
        let said = envelope(answer).and_then(|envelope| envelope.error.into_string());
        let said = said.map_or_else(String::new, |code| format!(" ({code})"));
        let message = format!("Slack answers {method} with status {}{said}", answer.status);
        return cx.client.fault(answer, answer.fault_kind(), message).into();
    }
    let Some((code, envelope)) = error_of(answer) else {
        let message = format!("Slack's answer to {method} is not its documented JSON");
        return cx.client.fault(answer, answer.fault_kind(), message).into();
    };
    let message = format!("Slack answers {method} with {code}");
    let mut fault = cx.client.fault(&answer.error_only(), kind_of(&code), message);
    if let Some(evidence) = &mut fault.answer {
        evidence.missing_scopes = scopes(envelope.needed.as_str().unwrap_or_default());
    }
    Fault {
        code: Some(code),
        fault,
    }
}

/// The kind of fault that an error code means. Source: docs.slack.dev, the errors of each method and the common ones.
pub fn kind_of(code: &str) -> FaultKind {
    match code {
        "not_authed" | "invalid_auth" | "token_revoked" | "token_expired" | "account_inactive" => {
            FaultKind::CredentialsRejected
        }
        "missing_scope"
        | "not_allowed_token_type"
        | "no_permission"
        | "access_denied"
        | "accesslimited"
        | "invalid_actor"
        | "not_an_admin"
        | "not_an_owner"
        | "invalid_permissions"
        | "cannot_modify_role_admin"
        | "cannot_modify_primary_owner"
        | "org_login_required"
        | "ekm_access_denied"
        | "team_access_not_granted"
        | "two_factor_setup_required"
        | "enterprise_is_restricted"
        | "feature_not_enabled" => FaultKind::Forbidden,
        "user_not_found" | "users_not_found" | "user_not_visible" | "team_not_found" | "no_valid_users"
        | "no_valid_entities" | UNKNOWN_ROLE => FaultKind::NotFound,
        "ratelimited" | "rate_limited" => FaultKind::RateLimited,
        "internal_error" | "fatal_error" | "service_unavailable" | "request_timeout" | "team_added_to_org" => {
            FaultKind::ServerError
        }
        _ => FaultKind::Refused,
    }
}

/// The error code of an answer of 2xx that is not `ok`. Slack's methods answer with 200 even when they refuse: a code under another
/// status may be anybody's, and the status says what it means. An `ok` that names an error contradicts itself.
fn error_of(answer: &Answer) -> Option<(String, Envelope)> {
    let envelope = answer.is_success().then(|| envelope(answer))??;
    let code = envelope
        .error
        .as_str()
        .filter(|_| envelope.ok.as_bool() != Some(true))?;
    Some((code.to_owned(), envelope))
}

fn envelope(answer: &Answer) -> Option<Envelope> {
    answer.json("a call").ok()
}

/// The scopes of a comma list, as many as a method may need; what is no scope is left out.
fn scopes(list: &str) -> Vec<String> {
    let is_of_scope = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'.' | b'_' | b'-');
    let is_scope = |text: &&str| (1..=LONGEST_SCOPE).contains(&text.len()) && text.bytes().all(is_of_scope);
    let scopes = list.split(',').map(str::trim).filter(is_scope);
    scopes.take(MOST_SCOPES).map(str::to_owned).collect()
}

/// Scopes that an answer is told to lack, at most.
const MOST_SCOPES: usize = 20;
/// Of one scope, in bytes.
const LONGEST_SCOPE: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: &str) -> Answer {
        let mut answer = Answer::of_headers(Vec::new());
        answer.status = status;
        answer.body = format!(r#"{{"ok": false, "error": "{code}"}}"#).into_bytes();
        answer
    }

    #[test]
    fn the_status_decides_unless_it_is_2xx() {
        for (status, code, meaning) in [
            (200, "ratelimited", 429),
            (200, "internal_error", 500),
            (200, "invalid_auth", 200),
            (409, "ratelimited", 409),
            (404, "internal_error", 404),
            (429, "invalid_auth", 429),
            (503, "team_not_found", 503),
        ] {
            assert_eq!(status_of(&answer(status, code)), meaning, "{status} {code}");
        }
    }

    #[test]
    fn the_scopes_that_are_missing_are_few_and_short() {
        assert_eq!(
            scopes("admin.roles:write, users:read.email,"),
            ["admin.roles:write", "users:read.email"]
        );
        assert!(scopes(&"x".repeat(65)).is_empty() && scopes("<b>, a b, \u{e9}").is_empty());
        assert_eq!(scopes(&"users:read,".repeat(1_000)).len(), MOST_SCOPES);
    }

    #[test]
    fn an_error_inside_a_200_has_the_meaning_of_its_kind() {
        for (code, kind) in [
            ("invalid_auth", FaultKind::CredentialsRejected),
            ("missing_scope", FaultKind::Forbidden),
            ("ratelimited", FaultKind::RateLimited),
            ("internal_error", FaultKind::ServerError),
            ("fatal_error", FaultKind::ServerError),
            ("service_unavailable", FaultKind::ServerError),
            ("team_not_found", FaultKind::NotFound),
            ("invalid_arguments", FaultKind::Refused),
            ("something_new", FaultKind::Refused),
        ] {
            assert_eq!(kind_of(code), kind, "{code}");
        }
    }
}
