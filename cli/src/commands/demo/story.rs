//! One removal from end to end: who holds what, plan, approval, removal, receipt.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use unassign_role::{
    approval::{Shown, Terms, sign},
    keys::{PrivateKey, PublicKey},
    receipt,
};

use crate::{
    accounts::Account,
    commands::sandbox::{SLACK, Sandboxes},
    session::{Answer, Session},
    tenants,
    terminal::{line, named, wrapped},
};

use super::COLUMNS;

const USER: &str = "ann.lee@example.com";

/// Plays it on fresh sandboxes; whether every step came out as it must.
pub async fn play(used: &Sandboxes) -> Result<bool> {
    let sandboxes = Sandboxes::start();
    let alice = key()?;
    let account = account(&alice.public())?;
    let receipt_key = used.receipt_key();
    let session = Session::start(
        &tenants::component()?,
        &[&account],
        &sandboxes.demo.network,
        Some(sandboxes.demo.clock),
        &[("UNASSIGN_ROLE_RECEIPT_KEY", &receipt_key)],
        host::output::Output::nowhere(),
    )?;
    line(format_args!("\nThe whole story: {USER} at {SLACK}, with an approval"))?;

    let shown = session
        .get(&format!(
            "/unified/user-directory/users/{USER}?integrated_account_id={SLACK}&truto_ignore_remote_data=true"
        ))
        .await?;
    let grants = shown.body["role_grants"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let held: Vec<String> = grants
        .iter()
        .map(|grant| named(grant["role_id"].as_str(), grant["role_name"].as_str()))
        .collect();
    step(1, "show", &format!("holds {}", held.join(", ")))?;

    let request = json!({"id": USER, "roles": [{"name": "Channels Admin"}]});
    let planned = post(&session, "plan", &request).await?;
    let plan = Shown::of(&planned.body.to_string()).map_err(anyhow::Error::msg)?;
    step(
        2,
        "plan",
        &format!(
            "Channels Admin would be removed; the plan's digest is {}…",
            &plan.digest()[..16]
        ),
    )?;

    let refused = post(&session, "revoke", &request).await?;
    step(
        3,
        "revoke, not approved",
        &format!("{}: {}", refused.status, text(&refused, "message")),
    )?;

    let terms = Terms {
        reference: String::from("CHG-1042"),
        issued_at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        lifetime: Duration::from_secs(600),
        nonce: random()?,
    };
    let approval = sign(&plan, &alice, &terms).map_err(anyhow::Error::msg)?;
    let mut bound = request.clone();
    bound["options"] = json!({"binding": {"plan": plan.text(), "approval": approval}});
    let revoked = post(&session, "revoke", &bound).await?;
    let outcome = revoked.body["role_outcomes"][0]["outcome"].as_str().unwrap_or("?");
    step(
        4,
        "approve, and revoke",
        &format!("alice signed it for CHG-1042; Channels Admin: {outcome}, and nothing else was sent"),
    )?;

    let public = PrivateKey::parse(&receipt_key).map_err(anyhow::Error::msg)?.public();
    let claims = receipt::verify(text(&revoked, "receipt"), &[public]);
    let is_receipt_good = claims.is_ok();
    let said = match &claims {
        Ok(claims) => format!(
            "unchanged since it was signed; approved by {}, {} before and {} after",
            claims
                .approval
                .as_ref()
                .map_or("nobody", |approval| approval.approver.as_str()),
            claims.before.len(),
            claims.after.as_ref().map_or(0, Vec::len)
        ),
        Err(why) => why.clone(),
    };
    step(5, "receipt verify", &said)?;
    Ok(
        shown.status == 200
            && refused.status == 403
            && revoked.status == 200
            && outcome == "removed"
            && is_receipt_good,
    )
}

fn step(number: usize, verb: &str, said: &str) -> Result<()> {
    line(format_args!("{number}. {verb}"))?;
    line(wrapped(said, 4, COLUMNS))
}

/// The Slack account, whose removals Alice has to approve.
fn account(alice: &PublicKey) -> Result<Account> {
    let mut account = Sandboxes::accounts()
        .into_iter()
        .find(|account| account.id == SLACK)
        .context("the account is missing")?;
    let settings = json!({"approvers": [{"name": "alice", "key": alice.to_jwk()}], "approval_required": true});
    account.document.insert(String::from("settings"), settings);
    account.approval_required = true;
    Ok(account)
}

async fn post(session: &Session, mode: &str, request: &Value) -> Result<Answer> {
    let target = format!("/unified/user-directory/users/unassign-role?integrated_account_id={SLACK}&mode={mode}");
    session.post(&target, request).await
}

fn text<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.body[name].as_str().unwrap_or_default()
}

fn key() -> Result<PrivateKey> {
    Ok(PrivateKey::of_seed(&random()?))
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).context("the system gives no random numbers")?;
    Ok(bytes)
}
