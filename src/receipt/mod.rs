//! Receipts: what a revoke or verify found and did, signed. A receipt proves that its content is unchanged since it was signed, and
//! who signed it; `docs/guarantees.md` says what it does not prove.

mod restore;

use serde::{Deserialize, Serialize};

use crate::{
    binding::{
        approval::Approval,
        jwk::{PrivateKey, PublicKey},
        jws::{self, Kind},
    },
    contract::{
        json,
        types::{GrantOutcome, Organization, Role, RoleOutcome, Scope},
    },
    hashed::HashSet,
    provider::{Grant, GrantKey},
};

pub use self::restore::{Restoration, restore_list};

/// The version of the claims.
pub const VERSION: &str = "unassign-role/receipt/1";

const KIND: Kind = Kind {
    typ: "unassign-role-receipt+jwt",
    name: "receipt",
    // An answer has at most 8 MiB, of which a receipt is a part.
    longest: 16 << 20,
};

/// What a receipt says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// [`VERSION`].
    pub v: String,
    pub request_id: String,
    /// When it was signed, in Unix seconds.
    pub iat: u64,
    /// `revoke` or `verify`.
    pub mode: String,
    pub provider: String,
    /// The account's id.
    pub account: String,
    /// The provider's own user id; absent if no user was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    pub actor: Actor,
    /// The SHA-256 of the plan that the call was bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalClaim>,
    /// The caller's own. An approval has one of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Of what the entries select, what the first read showed.
    pub before: Vec<HeldGrant>,
    /// Of the same, what the last complete read showed; absent if none followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Vec<HeldGrant>>,
    /// One for each entry of the request, in its order.
    pub outcomes: Vec<EntryResult>,
    /// The status of the answer.
    pub status: u16,
    /// The provider's trace ids of its answers to the revoke.
    pub traces: Vec<String>,
    /// The version of the component.
    pub version: String,
}

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// Whoever has the token of this name.
    Token(String),
    /// A component, by account id. Its name for the actor is a claim.
    Caller(Option<String>),
}

/// The approval that a revoke was carried out under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalClaim {
    pub approver: String,
    pub kid: String,
    pub jti: String,
    pub reference: String,
}

/// Something that was held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldGrant {
    /// `role`, `group_role`, `organization_link` or `membership`.
    pub kind: String,
    pub role_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_name: Option<String>,
    pub scope: Place,
    /// Assigned to the user itself, and not held through something; absent if that was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direct: Option<bool>,
}

/// A scope. Empty: the tenant as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryResult {
    /// As requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<RequestedRole>,
    /// As requested, if only organizations were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<RequestedOrganization>,
    pub outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_after: Option<String>,
    /// The index of an earlier entry that means the same: its grants stand there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_as: Option<u32>,
    /// What the outcome alone does not say, such as a place that could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    pub grants: Vec<GrantResult>,
}

/// A role as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedRole {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub scope: Place,
}

/// An organization as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedOrganization {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// What became of one grant. Without messages: they can hold what the provider wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantResult {
    pub role_id: String,
    pub scope: Place,
    pub direct: bool,
    pub outcome: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub acknowledged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_after: Option<String>,
    /// What went with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub side_effects: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Signs a receipt.
pub fn sign(key: &PrivateKey, claims: &Claims) -> String {
    // Texts, numbers and lists: it cannot fail.
    jws::sign(&KIND, key, &serde_json::to_string(claims).unwrap_or_default())
}

/// The claims of a receipt that one of these keys has signed. White space around it does not count.
///
/// # Errors
/// One sentence that says why it is refused.
pub fn verify(token: &str, keys: &[PublicKey]) -> Result<Claims, String> {
    let signed = jws::verify(&KIND, token.trim(), keys, |key| key)?;
    let claims: Claims = json::unique::parse_configuration(&signed.payload)
        .map_err(|why| format!("the receipt is none that this version of the command reads: {why}"))?;
    if claims.v == VERSION {
        Ok(claims)
    } else {
        Err(format!("the receipt is not of version `{VERSION}`"))
    }
}

/// The outcomes of an answer as a receipt holds them. `keys` are what the grants of each are: an answer cuts long ids, a receipt
/// does not.
pub fn outcomes(outcomes: &[RoleOutcome], keys: &[Vec<GrantKey>]) -> Vec<EntryResult> {
    let mut entries: Vec<EntryResult> = outcomes.iter().cloned().map(EntryResult::from).collect();
    for (entry, keys) in entries.iter_mut().zip(keys) {
        for (grant, key) in entry.grants.iter_mut().zip(keys) {
            key.role_id().clone_into(&mut grant.role_id);
            grant.scope = key.scope().into();
        }
    }
    entries
}

/// Of what a reading shows, what the entries select: `before` or `after` of a receipt.
pub fn selected(reading: &[Grant], keys: &[Vec<GrantKey>]) -> Vec<HeldGrant> {
    let selected: HashSet<&GrantKey> = keys.iter().flatten().collect();
    let is_selected = |grant: &&Grant| selected.contains(&grant.key());
    reading.iter().filter(is_selected).map(HeldGrant::from).collect()
}

impl From<&Approval> for ApprovalClaim {
    fn from(approval: &Approval) -> Self {
        Self {
            approver: approval.approver.clone(),
            kid: approval.kid.clone(),
            jti: approval.jti.clone(),
            reference: approval.reference.clone(),
        }
    }
}

impl From<&Grant> for HeldGrant {
    fn from(grant: &Grant) -> Self {
        Self {
            kind: grant.kind.as_str().to_owned(),
            role_id: grant.role_id.clone(),
            role_name: grant.role_name.clone(),
            scope: grant.scope.clone().into(),
            direct: grant.directness(),
        }
    }
}

impl From<Scope> for Place {
    fn from(scope: Scope) -> Self {
        let Scope {
            group,
            organization,
            workspace,
        } = scope;
        Self {
            group,
            organization,
            workspace,
        }
    }
}

impl From<RoleOutcome> for EntryResult {
    fn from(entry: RoleOutcome) -> Self {
        let RoleOutcome {
            role,
            organization,
            outcome,
            reason,
            message: _,
            warnings,
            verify_after,
            grants,
            same_as,
        } = entry;
        Self {
            role: role.map(RequestedRole::from),
            organization: organization.map(|Organization { id, name }| RequestedOrganization { id, name }),
            outcome: json::outcome_name(outcome).to_owned(),
            reason,
            verify_after,
            same_as,
            warnings,
            grants: grants.into_iter().map(GrantResult::from).collect(),
        }
    }
}

impl From<Role> for RequestedRole {
    fn from(role: Role) -> Self {
        let Role {
            id,
            name,
            group,
            organization,
            workspace,
        } = role;
        Self {
            id,
            name,
            scope: Place {
                group,
                organization,
                workspace,
            },
        }
    }
}

impl From<GrantOutcome> for GrantResult {
    fn from(grant: GrantOutcome) -> Self {
        let GrantOutcome {
            role_id,
            role_name: _,
            scope,
            direct,
            outcome,
            reason,
            message: _,
            acknowledged,
            via: _,
            changed: _,
            warnings,
            side_effects,
            needs_allow: _,
            acknowledged_at,
            verify_after,
            verified_at,
        } = grant;
        Self {
            role_id,
            scope: scope.into(),
            direct,
            outcome: json::outcome_name(outcome).to_owned(),
            reason,
            acknowledged,
            acknowledged_at,
            verified_at,
            verify_after,
            side_effects,
            warnings,
        }
    }
}

#[cfg(test)]
mod tests;
