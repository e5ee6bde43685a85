//! The requests that remove pairs, and what their answers mean.

use serde_json::{Value, json};

use crate::{
    client::{Acknowledgement, Answer, Call, QueryBuilder, Repeat},
    contract::reason::Reason,
    error::FaultKind,
    hashed::HashSet,
    provider::{Context, Grant, Planned, Verdict, Write},
    sorted::Set,
    transport::Method,
};

use super::{
    backend::BlackLine,
    config::Strategy,
    core::{self, Effort},
    documents::Pair,
    read::Detail,
};

impl BlackLine {
    /// The requests that remove these grants.
    pub fn writes(&self, detail: &Detail, targets: &[Planned<'_>]) -> Vec<Write> {
        match self.config.strategy {
            Strategy::ReplaceSet if targets.is_empty() => Vec::new(),
            Strategy::ReplaceSet => vec![self.replace(detail, targets)],
            Strategy::DeletePair => targets
                .iter()
                .enumerate()
                .map(|(index, planned)| self.delete(&detail.path, index, planned))
                .collect(),
        }
    }

    /// The request that removes one pair.
    fn delete(&self, path: &str, index: usize, planned: &Planned<'_>) -> Write {
        let product = planned.grant.scope.workspace.as_deref().unwrap_or_default();
        let path = QueryBuilder::new()
            .pair("roleId", &planned.grant.role_id)
            .pair("productId", product)
            .on(path);
        let call = Call::write(Method::Delete, self.config.base.join(&path), None, Repeat::Replay);
        Write {
            call,
            targets: vec![index],
        }
    }

    /// The pairs that remain, as a whole new set.
    fn replace(&self, detail: &Detail, targets: &[Planned<'_>]) -> Write {
        let removed: HashSet<_> = targets.iter().map(|planned| key_of(planned.grant)).collect();
        let left: Vec<Value> = detail
            .pairs
            .iter()
            .filter(|pair| !removed.contains(&pair.key()) && !self.memory.is_removed(pair))
            .map(row)
            .collect();
        let body = Some(Value::Array(left).to_string().into_bytes());
        let call = Call::write(Method::Post, self.config.base.join(&detail.path), body, Repeat::Reread)
            .header("content-type", "application/json");
        Write {
            call,
            targets: (0..targets.len()).collect(),
        }
    }

    /// Sends a write and judges its answer.
    pub async fn verdict(&self, cx: &Context<'_>, write: &Write, grants: &[&Grant], detail: &Detail) -> Verdict {
        let replaces = self.config.strategy == Strategy::ReplaceSet;
        if replaces && let Some(verdict) = self.check_unchanged(cx, detail).await {
            return verdict;
        }
        match core::send(&self.config, cx, &write.call, Effort::Full).await {
            Ok(answer) if answer.is_success() => {
                let verdict = self.acknowledgement(cx, &answer);
                if replaces && verdict == Verdict::Acknowledged {
                    let keys = grants.iter().map(|grant| key_of(grant));
                    let keys = keys.map(|(role, product)| (role.to_owned(), product.to_owned()));
                    self.memory.removed.borrow_mut().extend(keys);
                }
                verdict
            }
            Ok(answer) => self.refusal(cx, &answer, detail).await,
            Err(fault) => cx.fault(&fault),
        }
    }

    /// The POST replaces the whole set: it is sent only if the set is still the one that was read.
    async fn check_unchanged(&self, cx: &Context<'_>, detail: &Detail) -> Option<Verdict> {
        match self.is_unchanged(cx, detail).await {
            Ok(true) => None,
            Ok(false) => Some(Verdict::NotSent {
                reason: Reason::ConcurrentChange,
                message: String::from("the user's roles changed between the read and the write; nothing was written"),
            }),
            Err(Verdict::Unanswered { reason, message }) => Some(Verdict::NotSent { reason, message }),
            Err(other) => Some(other),
        }
    }

    /// Whether the user still holds what the reading shows, no more and no less; an error also where the list may lack something.
    async fn is_unchanged(&self, cx: &Context<'_>, detail: &Detail) -> Result<bool, Verdict> {
        let keys = |pairs: &[Pair]| -> Set<(String, String)> {
            let left = pairs.iter().filter(|pair| !self.memory.is_removed(pair));
            left.map(|pair| (pair.role_id.clone(), pair.product_id.clone()))
                .collect()
        };
        let now = self.memory.pairs(&self.config, cx, &detail.id).await;
        let now = now.map_err(|fault| cx.fault(&fault))?;
        let unread = || (!now.unread.is_empty()).then(|| String::from("a role of the user cannot be read"));
        if let Some(message) = detail.gap().or_else(|| now.doubt.clone()).or_else(unread) {
            return Err(Verdict::NotSent {
                reason: Reason::NotVisible,
                message,
            });
        }
        Ok(keys(&now.pairs) == keys(&detail.pairs))
    }

    fn acknowledgement(&self, cx: &Context<'_>, answer: &Answer) -> Verdict {
        if core::says_error(&self.config, answer) {
            return self.refusal_inside(cx, answer);
        }
        cx.revoke_answers.borrow_mut().push(answer.evidence(None));
        let message = if !self.config.codes.success.contains(&answer.status) {
            format!(
                "BlackLine answers with {}, which is none of settings.codes.success",
                answer.status
            )
        } else if answer.acknowledgement() == Acknowledgement::NoDocument {
            // The page of a proxy says nothing of BlackLine.
            String::from("the answer to the removal is no document of BlackLine's")
        } else {
            return Verdict::Acknowledged;
        };
        Verdict::Unanswered {
            reason: Reason::BadAnswer,
            message,
        }
    }

    /// An error inside a success has the meaning of its code. The removal may have had an effect all the same: the read-back decides.
    fn refusal_inside(&self, cx: &Context<'_>, answer: &Answer) -> Verdict {
        let kind = match core::kind_of(cx, answer) {
            // A code of BlackLine's own.
            FaultKind::BadAnswer => FaultKind::Refused,
            kind => kind,
        };
        let fault = core::fault(&self.config, cx, answer, kind, "BlackLine answers with an error");
        cx.note(&fault);
        Verdict::Unanswered {
            reason: fault.reason(),
            message: fault.into_details().message,
        }
    }

    async fn refusal(&self, cx: &Context<'_>, answer: &Answer, detail: &Detail) -> Verdict {
        let kind = core::kind_of(cx, answer);
        let fault = core::fault(&self.config, cx, answer, kind, "BlackLine refused to remove the role");
        let verdict = cx.fault(&fault);
        if kind == FaultKind::CredentialsRejected || !self.config.codes.settled.contains(&answer.status) {
            return verdict;
        }
        // A set that is as it was: the refusal is one of the whole batch, which the engine then takes apart.
        if self.config.strategy == Strategy::ReplaceSet && self.is_unchanged(cx, detail).await == Ok(true) {
            return verdict;
        }
        // What it answers to removing a pair that is gone meanwhile is not confirmed: the read-back decides.
        Verdict::Unanswered {
            reason: Reason::ProviderRefused,
            message: fault.into_details().message,
        }
    }
}

/// The role and the product of a grant, as [`Pair::key`].
fn key_of(grant: &Grant) -> (&str, &str) {
    (&grant.role_id, grant.scope.workspace.as_deref().unwrap_or_default())
}

/// A pair as the set holds it.
fn row(pair: &Pair) -> Value {
    let id = &pair.role_id;
    let number = id.parse::<u64>().map_or_else(|_| Value::from(id.as_str()), Value::from);
    json!({"roleId": number, "productId": pair.product_id})
}
