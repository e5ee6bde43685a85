//! The requests that remove pairs, and what their answers mean.

use serde_json::{Value, json};

use crate::{
    client::{Answer, Call, QueryBuilder, Repeat},
    error::ProviderAnswer,
    provider::{Context, Grant, Planned, Reading, Verdict, Write},
    reason::Reason,
    transport::Method,
};

use super::{
    config::Strategy,
    core::{self, Pair},
    session::{self, Effort},
    steps::{BlackLine, Detail, detail},
};

impl BlackLine {
    /// Whether the user still holds what the reading shows, no more and no less; an error also where the list may be cut off.
    async fn is_unchanged(&self, cx: &Context<'_>, detail: &Detail) -> Result<bool, Verdict> {
        let keys = |pairs: &[Pair]| {
            let mut keys: Vec<(String, String)> = pairs
                .iter()
                .filter(|pair| !self.is_taken(pair))
                .map(|pair| (pair.role_id.clone(), pair.product_id.clone()))
                .collect();
            keys.sort();
            keys
        };
        let user = core::text(detail.user.get("id")).unwrap_or_default();
        let now = self.pairs(cx, &user).await.map_err(|fault| Verdict::of_fault(&fault))?;
        if let Some(doubt) = detail.doubt.as_ref().or(now.doubt.as_ref()) {
            return Err(Verdict::NotSent {
                reason: Reason::NotVisible,
                message: doubt.clone(),
            });
        }
        Ok(keys(&now.pairs) == keys(&detail.pairs))
    }

    /// The POST replaces the whole set: it goes only if the set is still the one that was read.
    async fn changed_meanwhile(&self, cx: &Context<'_>, detail: &Detail) -> Option<Verdict> {
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

    /// The request that removes one pair.
    pub fn delete(&self, path: &str, index: usize, planned: &Planned<'_>) -> Write {
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
    pub fn replace(&self, detail: &Detail, targets: &[Planned<'_>]) -> Write {
        let goes = |pair: &Pair| targets.iter().any(|planned| is_of(planned.grant, pair)) || self.is_taken(pair);
        let left: Vec<Value> = detail.pairs.iter().filter(|pair| !goes(pair)).map(row).collect();
        let body = Some(Value::Array(left).to_string().into_bytes());
        let call = Call::write(Method::Post, self.config.base.join(&detail.path), body, Repeat::Reread)
            .header("content-type", "application/json");
        Write {
            call,
            targets: (0..targets.len()).collect(),
        }
    }

    /// Sends a write and judges its answer.
    pub async fn verdict(&self, cx: &Context<'_>, write: &Write, grants: &[&Grant], reading: &Reading) -> Verdict {
        let replaced = detail(reading).filter(|_| self.config.strategy == Strategy::ReplaceSet);
        if let Some(detail) = replaced
            && let Some(verdict) = self.changed_meanwhile(cx, detail).await
        {
            return verdict;
        }
        match session::send(&self.config, cx, &write.call, Effort::Full).await {
            Ok(answer) if answer.is_success() => {
                let verdict = self.acknowledgement(cx, &answer);
                if replaced.is_some() && verdict == Verdict::Acknowledged {
                    let left_out = |pair: &&Pair| grants.iter().any(|grant| is_of(grant, pair));
                    let pairs = replaced.into_iter().flat_map(|detail| &detail.pairs);
                    self.taken.borrow_mut().extend(pairs.filter(left_out).cloned());
                }
                verdict
            }
            Ok(answer) => self.refusal(cx, &answer, replaced).await,
            Err(fault) => cx.fault(&fault),
        }
    }

    fn is_taken(&self, pair: &Pair) -> bool {
        self.taken.borrow().iter().any(|taken| taken.is_same(pair))
    }

    fn acknowledgement(&self, cx: &Context<'_>, answer: &Answer) -> Verdict {
        let says_error = core::says_error(&self.config, answer);
        let evidence = answer.evidence(None);
        cx.revoke_answers.borrow_mut().push(ProviderAnswer {
            is_refusal: evidence.is_refusal || says_error,
            ..evidence
        });
        if says_error {
            return Verdict::Unanswered {
                reason: Reason::ProviderRefused,
                message: format!("BlackLine answers with an error: {}", core::said(&self.config, answer)),
            };
        }
        if !self.config.codes.success.contains(&answer.status) {
            return Verdict::Unanswered {
                reason: Reason::BadAnswer,
                message: format!(
                    "BlackLine answers with {}, which is none of settings.codes.success",
                    answer.status
                ),
            };
        }
        Verdict::Acknowledged
    }

    async fn refusal(&self, cx: &Context<'_>, answer: &Answer, replaced: Option<&Detail>) -> Verdict {
        let what = "BlackLine refused to remove the role";
        let fault = core::fault(&self.config, cx, answer, answer.fault_kind(), what);
        let verdict = cx.fault(&fault);
        if !self.config.codes.settled.contains(&answer.status) {
            return verdict;
        }
        // A set that is as it was: the refusal is one of the whole batch, which the engine then takes apart.
        if let Some(detail) = replaced
            && self.is_unchanged(cx, detail).await.is_ok_and(|unchanged| unchanged)
        {
            return verdict;
        }
        // What it answers to removing a pair that is gone meanwhile is not confirmed: the read-back decides.
        Verdict::Unanswered {
            reason: Reason::ProviderRefused,
            message: fault.message,
        }
    }
}

fn is_of(grant: &Grant, pair: &Pair) -> bool {
    grant.role_id == pair.role_id && grant.scope.workspace.as_ref() == Some(&pair.product_id)
}

/// A pair as the set holds it.
fn row(pair: &Pair) -> Value {
    let id = &pair.role_id;
    let number = id.parse::<u64>().map_or_else(|_| Value::from(id.as_str()), Value::from);
    json!({"roleId": number, "productId": pair.product_id})
}
