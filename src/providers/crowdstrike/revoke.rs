//! Revoking: the requests, and what their answers say of each role.

use std::{cell::Cell, collections::BTreeMap, rc::Rc};

use futures_util::{StreamExt, stream};

use crate::{
    client::{Answer, Call, Repeat},
    contract::reason::Reason,
    error::{FaultKind, ProviderFault},
    hashed::HashSet,
    provider::{Context, Grant, Planned, Verdict, Write},
    request::ValidatedRequest,
    sorted::Set,
    transport::Method,
};

use super::{
    cid::Cid,
    config::Config,
    core,
    documents::{Envelope, RoleAction},
    ids::Directories,
    mapping::Assignment,
    read::{self, Detail, Memory},
};

/// Role ids in one request. The API's own limit is not documented; the Terraform provider sends 100.
const ROLES_AT_ONCE: usize = 100;
/// Roles of batches with errors inside that are revoked one by one in one operation.
const MOST_ALONE: usize = 8;
/// Requests for single roles at once.
const CONCURRENT_REVOKES: usize = 8;

/// What the revokes of one operation share.
pub struct Revokes {
    /// Roles of a batch with errors inside that may still be revoked one by one.
    alone_left: Cell<usize>,
}

impl Default for Revokes {
    fn default() -> Self {
        Self {
            alone_left: Cell::new(MOST_ALONE),
        }
    }
}

/// The requests by CID, what is held and what is only probed each for themselves, and one for each role that is likely to be
/// refused: the call is atomic.
pub fn plan(config: &Config, ask: &ValidatedRequest, detail: &Detail, targets: &[Planned<'_>]) -> Vec<Write> {
    let write = |cid: &str, roles: &[(usize, &str)]| {
        let ids: Vec<&str> = roles.iter().map(|(_, id)| *id).collect();
        let call = Call::write(
            Method::Post,
            config.base.join(detail.audience.role_actions()),
            body(ask, detail, cid, &ids),
            // It subtracts from a set: twice is the same as once.
            Repeat::Replay,
        );
        Write {
            call: core::api(call),
            targets: roles.iter().map(|(index, _)| *index).collect(),
        }
    };
    let mut writes = Vec::new();
    let mut batches: BTreeMap<(bool, &str), Vec<(usize, &str)>> = BTreeMap::new();
    for (index, planned) in targets.iter().enumerate() {
        let Some(cid) = planned.grant.scope.organization.as_deref() else {
            continue;
        };
        let role = (index, planned.grant.role_id.as_str());
        // The directory names the role of a probe if it lists it.
        let is_unlisted = planned.probe && planned.grant.role_name.is_none();
        if is_unlisted || planned.alone {
            writes.push(write(cid, &[role]));
        } else {
            batches.entry((planned.probe, cid)).or_default().push(role);
        }
    }
    for ((_, cid), roles) in batches {
        writes.extend(roles.chunks(ROLES_AT_ONCE).map(|chunk| write(cid, chunk)));
    }
    writes
}

fn body(ask: &ValidatedRequest, detail: &Detail, cid: &str, role_ids: &[&str]) -> Option<Vec<u8>> {
    let action = RoleAction {
        action: "revoke",
        cid,
        uuid: &detail.uuid,
        role_ids,
        rest: &ask.remote_data,
    };
    // Strings and a JSON map always serialize.
    serde_json::to_vec(&action).ok()
}

/// One revoke, sent: the call, its grants, and what is known of the user.
pub struct Sending<'a> {
    pub config: &'a Config,
    pub directories: &'a Directories,
    pub memory: &'a Memory,
    pub cx: &'a Context<'a>,
    pub write: &'a Write,
    pub grants: &'a [&'a Grant],
    pub detail: &'a Detail,
}

impl Sending<'_> {
    /// One verdict for each grant.
    pub async fn verdicts(&self, revokes: &Revokes) -> Vec<Verdict> {
        let all = |verdict: Verdict| vec![verdict; self.grants.len()];
        let answer = match core::send(self.config, self.cx, &self.write.call).await {
            Ok(answer) => answer,
            Err(fault) => return all(self.cx.fault(&fault)),
        };
        let refusal = match self.judge(&answer, self.grants) {
            Ok(verdict) => return all(verdict),
            Err(refusal) => refusal,
        };
        if let [grant] = self.grants {
            return vec![self.verdict(&refusal, grant).await];
        }
        if refusal.may_be_about_a_role() && self.are_probes(self.grants) {
            self.cx.note(&refusal.fault);
            let verdicts = self.one_by_one(self.grants).await;
            return if refusal.is_inside_success {
                without_refusals(verdicts)
            } else {
                verdicts
            };
        }
        let verdict = refusal.verdict(self.cx);
        let mut verdicts = all(verdict);
        // A success with errors inside does not say which role they mean. If a fresh read shows no change, each role is revoked by
        // itself: revoking subtracts from a set, so that twice is the same as once.
        if refusal.is_inside_success && refusal.may_be_about_a_role() && self.is_unchanged().await {
            let count = self.grants.len().min(revokes.alone_left.get());
            revokes.alone_left.set(revokes.alone_left.get().saturating_sub(count));
            let chosen = self.grants.get(..count).unwrap_or_default();
            let again = without_refusals(self.one_by_one(chosen).await);
            for (verdict, again) in verdicts.iter_mut().zip(again) {
                *verdict = again;
            }
        }
        verdicts
    }

    /// Each role in a request of its own.
    async fn one_by_one(&self, grants: &[&Grant]) -> Vec<Verdict> {
        stream::iter(grants)
            .map(|grant| self.alone(grant))
            .buffered(CONCURRENT_REVOKES)
            .collect()
            .await
    }

    async fn alone(&self, grant: &Grant) -> Verdict {
        if !self.cx.client.deadline().allows_write(self.cx.client.transport()) {
            return Verdict::NotSent {
                reason: Reason::Deadline,
                message: String::from(
                    "refused in a batch, and too little of the deadline was left to revoke it by itself",
                ),
            };
        }
        let cid = grant.scope.organization.as_deref().unwrap_or_default();
        let call = Call {
            body: body(self.cx.request, self.detail, cid, &[&grant.role_id]),
            // What became of one role says nothing about its siblings.
            may_have_landed: Rc::default(),
            ..self.write.call.clone()
        };
        let verdict = match core::send(self.config, self.cx, &call).await {
            Ok(answer) => match self.judge(&answer, &[grant]) {
                Ok(verdict) => verdict,
                Err(refusal) => self.verdict(&refusal, grant).await,
            },
            Err(fault) => self.cx.fault(&fault),
        };
        if call.may_have_landed.get() {
            verdict.left_open()
        } else {
            verdict
        }
    }

    /// The refusal of a request for one role.
    async fn verdict(&self, refusal: &Refusal, grant: &Grant) -> Verdict {
        if refusal.means_role {
            self.cx.note(&refusal.fault);
            self.unknown_role(refusal, grant).await
        } else {
            refusal.verdict(self.cx)
        }
    }

    /// Whether nothing of a request is held.
    fn are_probes(&self, grants: &[&Grant]) -> bool {
        let held: HashSet<(&str, &str)> = self
            .detail
            .held
            .iter()
            .map(|held| (held.role_id.as_str(), held.cid.as_str()))
            .collect();
        grants.iter().all(|grant| {
            let cid = grant.scope.organization.as_deref().unwrap_or_default();
            !held.contains(&(grant.role_id.as_str(), cid))
        })
    }

    async fn is_unchanged(&self) -> bool {
        let Ok((now, _)) = read::read(self.config, self.cx, self.memory, &self.detail.uuid).await else {
            return false;
        };
        self.grants.iter().all(|grant| now.shows(grant))
    }

    /// The same answer is given for a role that does not exist and for another CID's custom role: the directories tell them apart.
    async fn unknown_role(&self, refusal: &Refusal, grant: &Grant) -> Verdict {
        let said = &refusal.fault.message;
        let message = match self.is_listed(grant).await {
            Some(false) if !(refusal.is_inside_success && self.is_held(grant)) => {
                return Verdict::UnknownRole { message: said.clone() };
            }
            Some(false) => said.clone(),
            Some(true) => format!("{said}; the role exists, and may be another CID's"),
            None => format!("{said}; whether the role exists in another CID cannot be told"),
        };
        let reason = Reason::ProviderRefused;
        if refusal.is_inside_success {
            Verdict::Unanswered { reason, message }
        } else {
            Verdict::Refused { reason, message }
        }
    }

    fn is_held(&self, grant: &Grant) -> bool {
        let cid = grant.scope.organization.as_deref();
        let is_it = |held: &Assignment| held.role_id == grant.role_id && Some(held.cid.as_str()) == cid;
        self.detail.held.iter().any(is_it)
    }

    /// Whether any directory that can be read has the role; `None` if one that may have it cannot be read.
    async fn is_listed(&self, grant: &Grant) -> Option<bool> {
        let own = grant.scope.organization.as_deref().and_then(|cid| Cid::parse(cid).ok());
        let mut cids: Set<Cid> = self.detail.visible_cids().into_iter().collect();
        cids.extend(own.into_iter().chain(self.detail.own_cids()));
        let cids: Vec<Cid> = cids.into_iter().collect();
        let known = self.directories.of_all(self.config, self.cx, &cids).await.ok()?;
        if known.has(&grant.role_id) {
            return Some(true);
        }
        known.is_whole().then_some(false)
    }

    /// What an answer says of each role of its request.
    fn judge(&self, answer: &Answer, grants: &[&Grant]) -> Result<Verdict, Refusal> {
        let envelope = core::envelope(answer);
        if answer.is_success() && !core::says_error(answer, envelope.as_ref()) {
            self.cx.revoke_answers.borrow_mut().push(answer.evidence(None));
            let is_documented = envelope.as_ref().is_some_and(Envelope::is_documented);
            return Ok(self.acknowledgement(answer, is_documented, grants));
        }
        let said = core::said(answer, envelope.as_ref());
        let is_inside_success = answer.is_success();
        let code = core::status_of(answer);
        let message = if is_inside_success {
            format!(
                "CrowdStrike answered {} with errors inside ({code}): {said}",
                answer.status
            )
        } else {
            format!("CrowdStrike refused to revoke ({code}): {said}")
        };
        Err(Refusal {
            fault: core::refusal(self.cx, answer, &message),
            is_inside_success,
            means_role: (code == 400 && said.contains("invalid roleID")) || (code == 404 && is_inside_success),
        })
    }

    /// What a success without an error says. That of a probe is all the proof of an absence: it has to say that it was carried out, and
    /// not that it was only accepted, or in part.
    fn acknowledgement(&self, answer: &Answer, is_documented: bool, grants: &[&Grant]) -> Verdict {
        let status = answer.status;
        let message = if !is_documented {
            format!("CrowdStrike answered {status} with something other than its documented JSON")
        } else if !matches!(status, 200 | 201) && self.are_probes(grants) {
            format!("CrowdStrike answered {status}, which does not prove that a role is not held")
        } else {
            return Verdict::Acknowledged;
        };
        Verdict::Unanswered {
            reason: Reason::BadAnswer,
            message,
        }
    }
}

/// The batch before may have had an effect, whatever became of the single request.
fn without_refusals(verdicts: Vec<Verdict>) -> Vec<Verdict> {
    verdicts.into_iter().map(Verdict::left_open).collect()
}

/// An explicit no, or errors inside a success.
struct Refusal {
    fault: ProviderFault,
    is_inside_success: bool,
    /// It may mean that there is no such role.
    means_role: bool,
}

impl Refusal {
    /// One role of a batch may be the reason, and not the credentials or a rate limit.
    fn may_be_about_a_role(&self) -> bool {
        match self.fault.kind {
            FaultKind::Refused | FaultKind::NotFound => true,
            FaultKind::ServerError => self.is_inside_success,
            _ => false,
        }
    }

    fn verdict(&self, cx: &Context<'_>) -> Verdict {
        if !self.is_inside_success {
            return cx.fault(&self.fault);
        }
        cx.note(&self.fault);
        Verdict::Unanswered {
            reason: self.fault.reason(),
            message: self.fault.message.clone(),
        }
    }
}
