//! Sending a revoke, and what its answer says of every role in it.

use std::cell::Cell;

use futures_util::future::join_all;
use serde_json::Value;

use crate::{
    client::{Answer, Call},
    contract::types::Scope,
    provider::{Context, Grant, GrantKind, Held, Verdict, Write},
    reason::Reason,
};

use super::{cid::Cid, config::Config, core, directory::Directories, documents::Envelope, mapping::Detail};

/// What the revokes of one operation share.
pub struct Revokes {
    /// Roles of a batch with errors inside that may still be sent one by one.
    alone_left: Cell<usize>,
}

/// What a revoke names.
struct Named {
    cid: String,
    roles: Vec<String>,
}

/// Roles of batches with errors inside that are sent one by one in one operation.
const MOST_ALONE: usize = 8;

impl Revokes {
    pub const fn new() -> Self {
        Self {
            alone_left: Cell::new(MOST_ALONE),
        }
    }

    /// One verdict for each role. `shown`: the grants that a fresh read shows, if it can be made.
    pub async fn send(
        &self,
        config: &Config,
        directories: &Directories,
        cx: &Context<'_>,
        write: &Write,
        detail: Option<&Detail>,
        shown: impl AsyncFn() -> Option<Vec<Grant>>,
    ) -> Vec<Verdict> {
        let all = |verdict: Verdict| vec![verdict; write.targets.len()];
        let answer = match core::send(config, cx, &write.call).await {
            Ok(answer) => answer,
            Err(fault) => return all(cx.fault(&fault)),
        };
        let named = named(&write.call);
        if is_invalid_role(&answer) {
            keep(cx, &answer);
            return all(invalid_role(config, directories, cx, &answer, &named, detail).await);
        }
        let verdict = plain(cx, &answer);
        let is_torn = has_errors_inside(&answer);
        if is_torn && named.roles.len() > 1 && named.roles.len() == write.targets.len() {
            return self.one_by_one(config, cx, write, &named, verdict, shown).await;
        }
        all(verdict)
    }

    /// A success with errors inside does not say which role it means. If a fresh read shows no change, each is asked for alone:
    /// revoking subtracts from a set, so that twice is the same as once.
    async fn one_by_one(
        &self,
        config: &Config,
        cx: &Context<'_>,
        write: &Write,
        named: &Named,
        verdict: Verdict,
        shown: impl AsyncFn() -> Option<Vec<Grant>>,
    ) -> Vec<Verdict> {
        let mut verdicts = vec![verdict; named.roles.len()];
        let is_unchanged = shown().await.is_some_and(|grants| {
            let is_shown = |role: &String| grants.iter().any(|grant| grant.same_key(&target(role, &named.cid)));
            named.roles.iter().all(is_shown)
        });
        if !is_unchanged || !cx.client.deadline().allows_write(cx.client.transport()) {
            return verdicts;
        }
        let count = named.roles.len().min(self.alone_left.get());
        self.alone_left.set(self.alone_left.get() - count);
        let calls = named.roles.iter().take(count).map(async |role| {
            match core::send(config, cx, &alone(&write.call, role)).await {
                Ok(answer) => plain(cx, &answer),
                Err(fault) => cx.fault(&fault),
            }
        });
        for (verdict, again) in verdicts.iter_mut().zip(join_all(calls).await) {
            *verdict = match again {
                // The batch may have had an effect, whatever became of this.
                Verdict::Refused { reason, message } | Verdict::NotSent { reason, message } => {
                    Verdict::Unanswered { reason, message }
                }
                other => other,
            };
        }
        verdicts
    }
}

/// An explicit no, an acknowledgement, or neither.
fn plain(cx: &Context<'_>, answer: &Answer) -> Verdict {
    let said = core::said(answer);
    if !answer.is_success() {
        let message = format!("CrowdStrike refused to revoke ({}): {said}", answer.status);
        return cx.fault(&core::fault(cx, answer, answer.fault_kind(), message));
    }
    keep(cx, answer);
    match serde_json::from_slice::<Envelope>(&answer.body) {
        Ok(envelope) if core::has_errors(&envelope) => Verdict::Unanswered {
            reason: Reason::ProviderRefused,
            message: format!("CrowdStrike answered {} with errors: {said}", answer.status),
        },
        Ok(_) => Verdict::Acknowledged,
        Err(_) => Verdict::Unanswered {
            reason: Reason::BadAnswer,
            message: format!(
                "CrowdStrike answered {} with something else than its documented JSON",
                answer.status
            ),
        },
    }
}

/// The same answer is given for a role that does not exist and for another CID's custom role: the directories tell them apart.
async fn invalid_role(
    config: &Config,
    directories: &Directories,
    cx: &Context<'_>,
    answer: &Answer,
    named: &Named,
    detail: Option<&Detail>,
) -> Verdict {
    let said = core::said(answer);
    let refused = |message: String| Verdict::Refused {
        reason: Reason::ProviderRefused,
        message,
    };
    let [role] = named.roles.as_slice() else {
        return refused(format!("CrowdStrike refused the batch: {said}"));
    };
    let mut cids: Vec<Cid> = Cid::parse(&named.cid).into_iter().collect();
    for cid in detail.map(Detail::known_cids).unwrap_or_default() {
        if !cids.contains(&cid) {
            cids.push(cid);
        }
    }
    match directories.with_id(config, cx, role, &cids).await {
        Ok(None) => Verdict::UnknownRole {
            message: format!("CrowdStrike: {said}"),
        },
        Ok(Some(_)) => refused(format!(
            "CrowdStrike: {said}; the role exists, and not in the CID {}",
            named.cid
        )),
        Err(_) => refused(format!(
            "CrowdStrike: {said}; whether the role exists in another CID cannot be read"
        )),
    }
}

fn is_invalid_role(answer: &Answer) -> bool {
    answer.status == 400 && core::said(answer).contains("invalid roleID")
}

fn has_errors_inside(answer: &Answer) -> bool {
    answer.is_success()
        && serde_json::from_slice::<Envelope>(&answer.body).is_ok_and(|envelope| core::has_errors(&envelope))
}

fn keep(cx: &Context<'_>, answer: &Answer) {
    let evidence = answer.evidence(Some(core::TRACE_HEADER));
    cx.revoke_answers.borrow_mut().push(evidence);
}

fn named(call: &Call) -> Named {
    let body = document(call);
    let roles = body.get("role_ids").and_then(Value::as_array);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Named {
        cid: body.get("cid").and_then(text).unwrap_or_default(),
        roles: roles.into_iter().flatten().filter_map(text).collect(),
    }
}

/// The same request for one role; what becomes of it counts for the call that was planned.
fn alone(call: &Call, role: &str) -> Call {
    let mut body = document(call);
    body["role_ids"] = Value::from(vec![role]);
    Call {
        body: Some(body.to_string().into_bytes()),
        ..call.clone()
    }
}

fn document(call: &Call) -> Value {
    serde_json::from_slice(call.body.as_deref().unwrap_or_default()).unwrap_or_default()
}

fn target(role: &str, cid: &str) -> Grant {
    Grant {
        kind: GrantKind::Role,
        role_id: role.to_owned(),
        role_name: None,
        scope: Scope {
            group: None,
            organization: Some(cid.to_owned()),
            workspace: None,
        },
        held: Held::Direct,
        effects: Vec::new(),
        warnings: Vec::new(),
    }
}
