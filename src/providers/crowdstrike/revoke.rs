//! Sending a revoke, and what its answer says of every role in it.

use std::cell::Cell;

use futures_util::future::join_all;
use serde_json::Value;

use crate::{
    client::{Answer, Call},
    error::ProviderAnswer,
    provider::{Context, Grant, Verdict, Write},
    reason::Reason,
};

use super::{cid::Cid, config::Config, core, directory::Directories, documents::Envelope, mapping::Detail};

/// What the revokes of one operation share.
pub struct Revokes {
    /// Roles of a batch with errors inside that may still be sent one by one.
    alone_left: Cell<usize>,
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
        grants: &[&Grant],
        detail: Option<&Detail>,
        shown: impl AsyncFn() -> Option<Vec<Grant>>,
    ) -> Vec<Verdict> {
        let all = |verdict: Verdict| vec![verdict; grants.len()];
        let answer = match core::send(config, cx, &write.call).await {
            Ok(answer) => answer,
            Err(fault) => return all(cx.fault(&fault)),
        };
        if is_invalid_role(&answer) {
            keep(cx, &answer);
            return all(invalid_role(config, directories, cx, &answer, grants, detail).await);
        }
        let verdict = plain(cx, &answer);
        if has_errors_inside(&answer) && grants.len() > 1 {
            return self.one_by_one(config, cx, write, grants, verdict, shown).await;
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
        grants: &[&Grant],
        verdict: Verdict,
        shown: impl AsyncFn() -> Option<Vec<Grant>>,
    ) -> Vec<Verdict> {
        let mut verdicts = vec![verdict; grants.len()];
        let is_unchanged = shown()
            .await
            .is_some_and(|shown| grants.iter().all(|grant| shown.iter().any(|held| held.same_key(grant))));
        if !is_unchanged || !cx.client.deadline().allows_write(cx.client.transport()) {
            return verdicts;
        }
        let count = grants.len().min(self.alone_left.get());
        self.alone_left.set(self.alone_left.get() - count);
        let calls = grants.iter().take(count).map(async |grant| {
            match core::send(config, cx, &alone(&write.call, &grant.role_id)).await {
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
    grants: &[&Grant],
    detail: Option<&Detail>,
) -> Verdict {
    let said = core::said(answer);
    let refused = |message: String| Verdict::Refused {
        reason: Reason::ProviderRefused,
        message,
    };
    let [grant] = grants else {
        return refused(format!("CrowdStrike refused the batch: {said}"));
    };
    let cid = grant.scope.organization.as_deref().unwrap_or_default();
    let mut cids: Vec<Cid> = Cid::parse(cid).into_iter().collect();
    for cid in detail.map(Detail::known_cids).unwrap_or_default() {
        if !cids.contains(&cid) {
            cids.push(cid);
        }
    }
    match directories.with_id(config, cx, &grant.role_id, &cids).await {
        Ok(None) => Verdict::UnknownRole {
            message: format!("CrowdStrike: {said}"),
        },
        Ok(Some(_)) => refused(format!(
            "CrowdStrike: {said}; the role exists, and not in the CID {cid}"
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
    cx.revoke_answers.borrow_mut().push(ProviderAnswer {
        is_refusal: evidence.is_refusal || has_errors_inside(answer),
        ..evidence
    });
}

/// The same request for one role; what becomes of it counts for the call that was planned.
fn alone(call: &Call, role: &str) -> Call {
    let mut body: Value = serde_json::from_slice(call.body.as_deref().unwrap_or_default()).unwrap_or_default();
    body["role_ids"] = Value::from(vec![role]);
    Call {
        body: Some(body.to_string().into_bytes()),
        ..call.clone()
    }
}
