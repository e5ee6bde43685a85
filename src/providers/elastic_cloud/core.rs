//! Elastic Cloud's requests and what their answers say.

use serde::Deserialize;
use serde_json::Value;

use crate::{
    ask::same_text,
    client::{Answer, Call, path_segment},
    error::{Error, FaultKind, ProviderFault},
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
    let mut named: Vec<&String> = cx
        .ask
        .entries
        .iter()
        .flat_map(|entry| &entry.selector().organizations)
        .collect();
    named.dedup();
    if let [id] = named.as_slice() {
        return Ok((*id).clone());
    }
    let answer = send(config, cx, &Call::get(config.base.join("/organizations"))).await?;
    if !answer.is_success() {
        return Err(fault(
            cx,
            &answer,
            answer.fault_kind(),
            "Elastic Cloud refuses to read the organizations",
        )
        .into());
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
    let path = format!("/organizations/{}/members", path_segment(organization));
    let mut attempts = 0;
    loop {
        attempts += 1;
        let mut scan = Scan::default();
        let mut each = |element: &[u8]| {
            let member: Value = serde_json::from_slice(element).map_err(|_| {
                ProviderFault::new(FaultKind::BadAnswer, "a member in Elastic Cloud's list is not JSON")
            })?;
            note(&mut scan, member, wanted);
            Ok(())
        };
        let call = Call::get(config.base.join(&path));
        let result = cx
            .client
            .send_splitting(
                &call,
                ("authorization", "ApiKey", &config.api_key),
                "members",
                &mut each,
            )
            .await;
        match result {
            Ok(None) => return Ok(scan),
            Ok(Some(answer)) if attempts < 3 && matches!(answer.status, 429 | 500..) => {
                let wait = cx
                    .client
                    .retry_after(&answer)
                    .unwrap_or(std::time::Duration::from_secs(1));
                if wait >= cx.client.deadline().left(cx.client.transport()) {
                    return Err(members_fault(cx, &answer).into());
                }
                cx.client.transport().sleep(wait).await;
            }
            Ok(Some(answer)) => return Err(members_fault(cx, &answer).into()),
            Err(fault) if attempts < 3 && matches!(fault.kind, FaultKind::Unreachable | FaultKind::NoAnswer) => {}
            Err(fault) => return Err(fault.into()),
        }
    }
}

fn members_fault(cx: &Context<'_>, answer: &Answer) -> ProviderFault {
    fault(
        cx,
        answer,
        answer.fault_kind(),
        "Elastic Cloud refuses to read the members",
    )
}

fn note(scan: &mut Scan, member: Value, wanted: &str) {
    let is_wanted = user_id(&member).as_deref() == Some(wanted)
        || (wanted.contains('@')
            && member
                .get("email")
                .and_then(Value::as_str)
                .is_some_and(|email| same_text(email, wanted)));
    let is_admin = member
        .pointer("/role_assignments/organization")
        .and_then(Value::as_array)
        .is_some_and(|list| {
            list.iter()
                .any(|item| item.get("role_id").and_then(Value::as_str) == Some(roles::ORGANIZATION_ADMIN))
        });
    scan.admins += usize::from(is_admin);
    scan.other_admins += usize::from(is_admin && !is_wanted);
    if is_wanted {
        scan.found.push(member);
    }
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
pub fn fault(cx: &Context<'_>, answer: &Answer, kind: FaultKind, what: &str) -> ProviderFault {
    ProviderFault {
        retry_after: cx.client.retry_after(answer),
        ..answer.fault(kind, format!("{what} ({}): {}", answer.status, said(answer)))
    }
}

/// The codes and messages of an answer's errors.
pub fn said(answer: &Answer) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let errors = body
        .get("errors")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let said: Vec<String> = errors
        .iter()
        .map(|error| {
            let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
            format!("{} {}", text("code"), text("message"))
        })
        .collect();
    if said.is_empty() {
        String::from("no message")
    } else {
        said.join("; ")
    }
}
