//! A person's approval of a plan: a compact JWS by one of the account's approvers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    contract::json::unique,
    naming::{LONGEST_LABEL, is_label},
};

use super::{
    jwk::{PrivateKey, PublicKey, encode},
    jws::{self, Kind, Signed},
};

pub use super::shown::Shown;

/// How long an approval can be valid at most, whatever an account says.
pub const LONGEST_LIFETIME: Duration = Duration::from_secs(86_400);
/// How far ahead an approver's clock may be.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(300);

const KIND: Kind = Kind {
    typ: "unassign-role-approval+jwt",
    name: "approval",
    longest: 8 << 10,
};

/// Somebody whose approvals an account takes.
#[derive(Clone, Debug)]
pub struct Approver {
    /// For people, the record and the receipt.
    pub name: String,
    pub key: PublicKey,
}

/// What an account says of approvals.
#[derive(Clone, Debug)]
pub struct ApprovalPolicy {
    pub approvers: Vec<Approver>,
    /// Nothing is sent without an approval.
    pub required: bool,
    /// How long an approval is valid at most.
    pub lifetime: Duration,
}

impl Default for ApprovalPolicy {
    fn default() -> Self {
        Self {
            approvers: Vec::new(),
            required: false,
            lifetime: Duration::from_secs(3_600),
        }
    }
}

/// An approval that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// By the account's configuration.
    pub approver: String,
    pub kid: String,
    pub jti: String,
    pub reference: String,
    /// Unix times.
    pub issued_at: Duration,
    pub expires_at: Duration,
}

/// What an approver adds to a plan.
pub struct Terms {
    /// E.g. a ticket: 1 to 128 printable characters.
    pub reference: String,
    /// Unix time.
    pub issued_at: Duration,
    /// Whole seconds, at most what the account allows.
    pub lifetime: Duration,
    /// Tells two approvals apart. It has to be random.
    pub nonce: [u8; 16],
}

/// What is signed. The approver's name is not in it: that is the account's to say.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    account: String,
    exp: u64,
    iat: u64,
    jti: String,
    plan_digest: String,
    reference: String,
}

/// Approves a plan: what was shown, and nothing else.
///
/// # Errors
/// If no account would take the approval.
pub fn sign(shown: &Shown, key: &PrivateKey, terms: &Terms) -> Result<String, String> {
    if !is_label(&terms.reference) {
        return Err(format!(
            "the reference has to be 1 to {LONGEST_LABEL} printable characters"
        ));
    }
    let lifetime = terms.lifetime.as_secs();
    if lifetime == 0 || terms.lifetime > LONGEST_LIFETIME {
        return Err(String::from("an approval is valid for 1 second to 24 hours"));
    }
    let iat = terms.issued_at.as_secs();
    let claims = Claims {
        account: shown.account().to_owned(),
        exp: iat.saturating_add(lifetime),
        iat,
        jti: encode(&terms.nonce),
        plan_digest: shown.digest().to_owned(),
        reference: terms.reference.clone(),
    };
    // Texts and numbers: it cannot fail.
    let token = jws::sign(&KIND, key, &serde_json::to_string(&claims).unwrap_or_default());
    if token.len() > KIND.longest {
        return Err(format!("the approval would be longer than {} bytes", KIND.longest));
    }
    Ok(token)
}

/// Checks an approval of the plan with this digest. `account` is empty for a call with credentials.
///
/// # Errors
/// One sentence that says why it is refused.
pub fn verify(
    token: &str,
    plan_digest: &str,
    account: &str,
    policy: &ApprovalPolicy,
    now: Duration,
) -> Result<Approval, String> {
    if policy.approvers.is_empty() {
        return Err(String::from("the account has no approvers: its setting is `approvers`"));
    }
    let Signed { signer, kid, payload } = jws::verify(&KIND, token, &policy.approvers, |approver| &approver.key)?;
    let claims: Claims = unique::parse_configuration(&payload).map_err(|why| {
        format!("the approval has to hold exactly account, exp, iat, jti, plan_digest and reference: {why}")
    })?;
    if claims.plan_digest != plan_digest {
        return Err(String::from("the approval is of another plan"));
    }
    if claims.account != account {
        return Err(String::from("the approval is for another account"));
    }
    if !is_label(&claims.reference) || !is_label(&claims.jti) {
        return Err(format!(
            "reference and jti of the approval have to be 1 to {LONGEST_LABEL} printable characters"
        ));
    }
    let issued_at = Duration::from_secs(claims.iat);
    let expires_at = Duration::from_secs(claims.exp);
    if issued_at > now.saturating_add(CLOCK_TOLERANCE) {
        return Err(String::from(
            "the approval was issued in the future: set the clock of this host, or the approver's",
        ));
    }
    if expires_at <= now {
        return Err(String::from("the approval has expired: have the plan approved again"));
    }
    if expires_at <= issued_at || expires_at.abs_diff(issued_at) > policy.lifetime.min(LONGEST_LIFETIME) {
        return Err(format!(
            "the approval is valid for longer than the account allows ({} s)",
            policy.lifetime.as_secs()
        ));
    }
    Ok(Approval {
        approver: signer.name.clone(),
        kid,
        jti: claims.jti,
        reference: claims.reference,
        issued_at,
        expires_at,
    })
}

#[cfg(test)]
mod tests;
