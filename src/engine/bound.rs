//! What a revoke is bound to: nothing is sent that the plan does not list, and an approval is checked before anything is.

use std::time::Duration;

use crate::{
    account::settings::General,
    binding::{
        approval::{self, Approval},
        plan::{self, PlanDocument},
    },
    contract::types::{ApprovedPlan, Binding, Mode},
    error::{ApprovalFault, Error},
    provider::{Consequence, Context, Grant},
    sorted::Set,
};

use super::{Work, document, select::Selection};

/// The clocks of host and provider may differ by this much.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(300);

/// The plan and the approval of a call.
#[derive(Default)]
pub struct Bound {
    pub plan: Option<PlanDocument>,
    /// The digest of the plan's text.
    pub digest: Option<String>,
    pub approval: Option<Approval>,
}

impl Bound {
    /// Reads what the call is bound to. No call to the provider is made.
    ///
    /// # Errors
    /// A plan that is none, an approval that is not valid for it, or none where the account wants one.
    pub fn of(cx: &Context<'_>, general: &General) -> Result<Self, Error> {
        let policy = &general.approvals;
        if policy.required && cx.request.mode == Mode::Revoke && !matches!(cx.request.binding, Binding::Approval(_)) {
            return Err(Error::Approval {
                fault: ApprovalFault::Required,
                message: String::from(
                    "the account takes only approved revokes: make a plan, have it approved, and send both as options.binding",
                ),
            });
        }
        let (text, token) = match &cx.request.binding {
            Binding::None => return Ok(Self::default()),
            Binding::Plan(text) => (text, None),
            Binding::Approval(ApprovedPlan { plan, approval }) => (plan, Some(approval)),
        };
        let plan = PlanDocument::parse(text)?;
        let digest = plan::digest(text);
        let now = cx.client.transport().wall_clock();
        let approval = token
            .map(|token| approval::verify(token, &digest, &cx.account.id, policy, now))
            .transpose()
            .map_err(|message| Error::Approval {
                fault: ApprovalFault::Refused,
                message,
            })?;
        Ok(Self {
            plan: Some(plan),
            digest: Some(digest),
            approval,
        })
    }

    /// An approval is valid for a time, so that the clock matters: the provider's is the other one at hand.
    ///
    /// # Errors
    /// If the two differ too much.
    pub fn check_clock(&self, cx: &Context<'_>) -> Result<(), Error> {
        let Some(provider) = self.approval.as_ref().and_then(|_| cx.client.provider_clock()) else {
            return Ok(());
        };
        let own = cx.client.transport().wall_clock();
        if own.abs_diff(provider) <= CLOCK_TOLERANCE {
            return Ok(());
        }
        Err(Error::Approval {
            fault: ApprovalFault::ClockWrong,
            message: String::from(
                "the clock of this host and the provider's differ by more than 5 minutes, so that the approval cannot be checked: set the clock",
            ),
        })
    }

    /// A role that is gone since the plan may be looked for at more places than it was held. Those that the plan does not list are
    /// not asked, as they were not when it was made, if another one of the entry is.
    pub fn drop_probes(&self, work: &mut Work<'_>, selections: &mut [Selection]) {
        let Some(plan) = &self.plan else { return };
        let mut kept = Vec::new();
        for selection in &mut *selections {
            let is_listed = |&index: &usize| {
                let target = work.targets.get(index);
                target.is_some_and(|target| !target.probe || plan.lists(&document::grant(&target.grant)))
            };
            if selection.targets.iter().any(is_listed) {
                let dropped = selection.targets.iter().filter(|index| !is_listed(index));
                let dropped = dropped.filter_map(|&index| work.targets.get(index));
                // Nothing is asked there: what only that would have proved is said.
                let warnings: Vec<String> = dropped.flat_map(|target| target.grant.warnings.clone()).collect();
                selection.targets.retain(is_listed);
                selection.warnings.extend(warnings);
            }
            kept.extend(selection.targets.iter().copied());
        }
        let kept = Set::from_iter(kept);
        for (index, target) in work.targets.iter_mut().enumerate() {
            target.is_left_out |= !kept.contains(&index);
        }
    }
}

/// Whether what a later write takes is still within the plan, if there is one.
///
/// # Errors
/// What is not.
pub fn covers(plan: Option<&PlanDocument>, grants: &[Grant], consequences: &[Consequence]) -> Result<(), String> {
    let Some(plan) = plan else { return Ok(()) };
    let effects = consequences.iter().filter_map(|consequence| {
        let grant = grants.get(consequence.target)?;
        Some(document::effect(
            grant,
            consequence.effect,
            std::slice::from_ref(consequence),
        ))
    });
    plan.covers_writes(&Set::default(), &Set::default(), &effects.collect())
}
