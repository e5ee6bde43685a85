//! Elastic Cloud's requests and what their answers say.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use crate::{
    client::{Answer, Call, Elements, path_segment},
    error::{Error, FaultKind, ProviderFault},
    naming::same,
    provider::Context,
    reason::Reason,
};

use super::{config::Config, roles};

/// What a scan of the members list found.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// The members whose id or e-mail address is the one that is looked for, as they came.
    pub found: Vec<Value>,
    /// Other members who may administer the organization.
    pub other_admins: usize,
    pub admins: usize,
}

#[derive(Deserialize)]
struct Organizations {
    organizations: Vec<Organization>,
    next_page: Option<String>,
}

#[derive(Deserialize)]
struct Organization {
    id: String,
}

/// Sends a call with the account's key.
pub async fn send(config: &Config, cx: &Context<'_>, call: &Call) -> Result<Answer, ProviderFault> {
    cx.client
        .send_authorized(call, ("authorization", "ApiKey", &config.api_key))
        .await
}

/// The organization: the account's, else the one that the request names, else the only one.
pub async fn organization(config: &Config, cx: &Context<'_>) -> Result<String, Error> {
    if let Some(id) = &config.organization {
        return Ok(id.clone());
    }
    let named: BTreeSet<&String> = cx
        .ask
        .entries
        .iter()
        .flat_map(|entry| &entry.selector().organizations)
        .collect();
    let mut named = named.into_iter();
    if let (Some(id), None) = (named.next(), named.next()) {
        return Ok(id.clone());
    }
    let answer = send(config, cx, &Call::get(config.base.join("/organizations"))).await?;
    if !answer.is_success() {
        return Err(fault(cx, &answer, "Elastic Cloud refuses to read the organizations").into());
    }
    let Organizations {
        organizations,
        next_page,
    } = answer.json("the organizations")?;
    match organizations.as_slice() {
        [one] if next_page.is_none_or(|page| page.is_empty()) => Ok(one.id.clone()),
        _ => Err(Error::Refused {
            reason: Reason::Ambiguous,
            message: String::from("the key sees no or several organizations: set settings.organization_id"),
        }),
    }
}

/// Scans the members list, which has no pages and can be long: only who is looked for is kept.
pub async fn scan(config: &Config, cx: &Context<'_>, organization: &str, wanted: &str) -> Result<Scan, Error> {
    let each = |scan: &mut Scan, member| note(scan, member, wanted);
    match elements(config, cx, organization, "members", each).await? {
        Elements::Whole(scan) => Ok(scan),
        Elements::Refused(answer) => Err(members_error(config, cx, organization, &answer)),
    }
}

/// Folds a list of the organization, element by element.
pub async fn elements<T: Default>(
    config: &Config,
    cx: &Context<'_>,
    organization: &str,
    list: &'static str,
    mut each: impl FnMut(&mut T, Value) -> Result<(), ProviderFault>,
) -> Result<Elements<T>, ProviderFault> {
    // The list under a key of the same name, but for one.
    let (path, key) = match list {
        "role_mappings" => (list, "mappings"),
        _ => (list, list),
    };
    let url = config
        .base
        .join(&format!("/organizations/{}/{path}", path_segment(organization)));
    let parse = |folded: &mut T, element: &[u8]| {
        let element = serde_json::from_slice(element).map_err(|_| {
            ProviderFault::new(
                FaultKind::BadAnswer,
                format!("an element of Elastic Cloud's {list} is not JSON"),
            )
        })?;
        each(folded, element)
    };
    let authorization = ("authorization", "ApiKey", &config.api_key);
    cx.client
        .fold_elements(&Call::get(url), authorization, key, parse)
        .await
}

/// Whether an e-mail address is one of an invitation that nobody accepted yet, and whether that has expired. An invitation holds
/// a secret token: nothing else of it is kept.
pub async fn invitation(config: &Config, cx: &Context<'_>, organization: &str, email: &str) -> Option<bool> {
    let each = |found: &mut Option<bool>, invitation: Value| {
        let is_meant = invitation
            .get("email")
            .and_then(Value::as_str)
            .is_some_and(|invited| same(invited, email));
        if is_meant && invitation.get("accepted_at").is_none_or(Value::is_null) {
            *found = Some(invitation.get("expired").and_then(Value::as_bool) == Some(true));
        }
        Ok(())
    };
    match elements(config, cx, organization, "invitations", each).await {
        Ok(Elements::Whole(found)) => found,
        Ok(Elements::Refused(_)) | Err(_) => None,
    }
}

fn members_error(config: &Config, cx: &Context<'_>, organization: &str, answer: &Answer) -> Error {
    if answer.status == 404 && codes(answer).any(|code| code == "organization.not_found") {
        let message = format!("Elastic Cloud knows no organization `{organization}`, or the key does not belong to it");
        return if config.organization.is_some() {
            Error::account("settings.organization_id", message)
        } else {
            Error::Refused {
                reason: Reason::NotVisible,
                message,
            }
        };
    }
    fault(cx, answer, "Elastic Cloud refuses to read the members").into()
}

fn note(scan: &mut Scan, member: Value, wanted: &str) -> Result<(), ProviderFault> {
    // It could be the one that is looked for.
    let Some(id) = user_id(&member) else {
        return Err(ProviderFault::new(
            FaultKind::BadAnswer,
            "a member in Elastic Cloud's list has no user_id",
        ));
    };
    let is_wanted = id == wanted
        || (wanted.contains('@')
            && member
                .get("email")
                .and_then(Value::as_str)
                .is_some_and(|email| same(email, wanted)));
    let is_admin = member
        .pointer("/role_assignments/organization")
        .and_then(Value::as_array)
        .is_some_and(|list| {
            list.iter()
                .filter_map(|item| item.get("role_id").and_then(Value::as_str))
                .any(|role| roles::canonical("organization", role) == roles::ORGANIZATION_ADMIN)
        });
    scan.admins += usize::from(is_admin);
    scan.other_admins += usize::from(is_admin && !is_wanted);
    if is_wanted {
        scan.found.push(member);
    }
    Ok(())
}

/// The user id, a text or a number.
pub fn user_id(member: &Value) -> Option<String> {
    match member.get("user_id")? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// A fault with what Elastic Cloud says; an answer may be HTML.
pub fn fault(cx: &Context<'_>, answer: &Answer, what: &str) -> ProviderFault {
    // Some calls say so with 403.
    let kind = if codes(answer).any(|code| code == "root.invalid_authentication") {
        FaultKind::CredentialsRejected
    } else {
        answer.fault_kind()
    };
    cx.client
        .fault(answer, kind, format!("{what} ({}): {}", answer.status, said(answer)))
}

/// The codes and messages of an answer's errors.
pub fn said(answer: &Answer) -> String {
    let said: Vec<String> = errors(answer)
        .into_iter()
        .map(|(code, message)| format!("{code} {message}"))
        .collect();
    if said.is_empty() {
        String::from("no message")
    } else {
        said.join("; ")
    }
}

/// The codes of an answer's errors.
pub fn codes(answer: &Answer) -> impl Iterator<Item = String> {
    errors(answer).into_iter().map(|(code, _)| code)
}

fn errors(answer: &Answer) -> Vec<(String, String)> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let errors = body.get("errors").and_then(Value::as_array);
    errors
        .into_iter()
        .flatten()
        .map(|error| {
            let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            (text("code"), text("message"))
        })
        .collect()
}
