//! The plan as a document: what a revoke would send and what that takes, without names and times, so that two readings of one state
//! give the same bytes.
//!
//! Fields stand in the order of their names and absent ones are left out: as it is written, it is canonical JSON (RFC 8785).

use serde::{Deserialize, Serialize};

use crate::{error::Error, sorted::Set};

/// The digest of a plan's text: 64 hexadecimal digits.
pub use crate::digest::sha256 as digest;

/// The version of the document.
pub const VERSION: &str = "unassign-role/plan/1";
/// The longest plan, in bytes, as it stands in the body of the request that sends it back.
pub const LONGEST: usize = 2 << 20;

/// A plan. Its account is the one that it was made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanDocument {
    /// The account's id; empty if the call came with credentials.
    pub account: String,
    /// SHA-256 over the account's origin, tenant settings and public client id.
    pub account_sha256: String,
    /// Side effects that request, token and account all allow, by their names.
    pub allow: Set<String>,
    /// The entries as they were resolved; none of a plan of everything.
    pub entries: Vec<PlannedEntry>,
    pub everything: bool,
    /// Grants that are revoked only to prove that they are not held.
    pub probes: Set<PlannedGrant>,
    pub provider: String,
    pub remote_data_sha256: String,
    pub remote_query_sha256: String,
    pub side_effects: Set<PlannedEffect>,
    pub strict_scope: bool,
    /// Grants that are revoked.
    pub targets: Set<PlannedGrant>,
    /// `absent` or `not_found`.
    pub unknown_role: String,
    /// The provider's own user id.
    pub user: String,
    pub v: String,
}

/// An entry of the request as it was resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Access to an organization, and no role.
    pub link: bool,
    pub organizations: Set<String>,
    /// The ids that the entry came down to.
    pub roles: Set<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

/// A role at a scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedGrant {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// `role`, `group_role`, `organization_link` or `membership`.
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    pub role_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

/// What a target takes besides.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedEffect {
    /// Its name, e.g. `delete-administrator`.
    pub effect: String,
    pub of: PlannedGrant,
    /// Other people who lose something: the first 32 digits of a SHA-256 over what is known of each.
    pub people: Set<String>,
    /// It can't be told which other people lose something.
    pub people_unknown: bool,
    pub takes: Set<PlannedGrant>,
    /// More may go with it than can be listed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub takes_unknown: bool,
}

impl PlanDocument {
    /// As it is approved and sent back.
    pub fn to_text(&self) -> String {
        // Maps with text keys and nothing else: it cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whether a plan's text is short enough to be sent back.
    pub fn can_be_sent_back(text: &str) -> bool {
        let lengths = text.bytes().map(|byte| match byte {
            b'"' | b'\\' => 2,
            0..0x20 => 6,
            _ => 1,
        });
        lengths.fold(0, usize::saturating_add) <= LONGEST
    }

    /// # Errors
    /// If it is no plan, or not exactly as it was written.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::read(text).map_err(|why| Error::request("options.binding.plan", format!("options.binding.plan {why}")))
    }

    /// # Errors
    /// As [`Self::parse`]; what follows "the plan".
    pub fn read(text: &str) -> Result<Self, &'static str> {
        if !Self::can_be_sent_back(text) {
            return Err("is longer than any plan");
        }
        let plan: Self = serde_json::from_str(text)
            .map_err(|_| "is no plan of this service: send back `plan` of an earlier answer, unchanged")?;
        if plan.v != VERSION {
            return Err("is of another version: make a new one");
        }
        if plan.to_text() != text {
            return Err("was changed: send back `plan` of an earlier answer byte by byte");
        }
        Ok(plan)
    }

    /// Holds what would be done now against this plan.
    ///
    /// # Errors
    /// One sentence that says what is more than the plan lists, or differs from it.
    pub fn covers(&self, now: &Self) -> Result<(), String> {
        let same = [
            ("the provider", self.provider == now.provider),
            ("the account", self.account == now.account),
            (
                "the account's address, tenant or client",
                self.account_sha256 == now.account_sha256,
            ),
            ("the user", self.user == now.user),
            ("everything, or only some roles,", self.everything == now.everything),
            ("options.allow", self.allow == now.allow),
            ("options.unknown_role", self.unknown_role == now.unknown_role),
            ("options.strict_scope", self.strict_scope == now.strict_scope),
            ("remote_query", self.remote_query_sha256 == now.remote_query_sha256),
            ("remote_data", self.remote_data_sha256 == now.remote_data_sha256),
        ];
        if let Some((what, _)) = same.iter().find(|(_, is_same)| !is_same) {
            return Err(format!("{what} differs from the plan"));
        }
        let is_within = |(planned, now): (&PlannedEntry, &PlannedEntry)| planned.admits(now);
        if self.entries.len() != now.entries.len() || !self.entries.iter().zip(&now.entries).all(is_within) {
            return Err(String::from("the entries differ from the plan"));
        }
        self.covers_writes(&now.targets, &now.probes, &now.side_effects)
    }

    /// Holds what is about to be sent against this plan.
    ///
    /// # Errors
    /// As [`Self::covers`].
    pub fn covers_writes(
        &self,
        targets: &Set<PlannedGrant>,
        probes: &Set<PlannedGrant>,
        side_effects: &Set<PlannedEffect>,
    ) -> Result<(), String> {
        if let Some(target) = targets.iter().find(|target| !self.targets.contains(target)) {
            return Err(format!(
                "`{}` would be removed, which the plan does not list",
                target.role_id
            ));
        }
        if let Some(probe) = probes.iter().find(|probe| !self.lists(probe)) {
            return Err(format!(
                "`{}` would be sent, which the plan does not list",
                probe.role_id
            ));
        }
        let is_planned = |effect: &&PlannedEffect| self.side_effects.iter().any(|planned| planned.admits(effect));
        if let Some(effect) = side_effects.iter().find(|effect| !is_planned(effect)) {
            return Err(format!(
                "removing `{}` would take more by `{}` than the plan lists",
                effect.of.role_id, effect.effect
            ));
        }
        Ok(())
    }

    /// Whether a grant may be sent, as a target or to prove that it is not held.
    pub fn lists(&self, grant: &PlannedGrant) -> bool {
        self.targets.contains(grant) || self.probes.contains(grant)
    }
}

impl PlannedEntry {
    /// A role that is gone meanwhile may resolve to fewer ids.
    fn admits(&self, now: &Self) -> bool {
        self.group == now.group
            && self.link == now.link
            && self.organizations == now.organizations
            && self.workspace == now.workspace
            && now.roles.is_subset(&self.roles)
    }
}

impl PlannedEffect {
    fn admits(&self, now: &Self) -> bool {
        self.effect == now.effect
            && self.of == now.of
            && now.takes.is_subset(&self.takes)
            && (self.takes_unknown || !now.takes_unknown)
            && (self.people_unknown || (!now.people_unknown && now.people.is_subset(&self.people)))
    }
}

#[cfg(test)]
pub mod examples;
#[cfg(test)]
mod tests;
