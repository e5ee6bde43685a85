//! The calls of the component that a run makes.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::session::Answer;

use super::{
    fleet::Member,
    grant::{Key, Outcome},
    journal::event::{Begin, Planned},
    reply::Reply,
    task::Task,
};

/// Milliseconds of one call. What has not settled by then is looked at again after the others.
const DEADLINE_MS: u32 = 30_000;
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A plan for everything that the user holds.
pub async fn plan(member: &Member, begin: &Begin, user: &str) -> Planned {
    let options = json!({"allow": begin.allow, "deadline_ms": DEADLINE_MS});
    let answer = post(member, "plan", &everything(user, options)).await;
    let text = |answer: &Answer, name: &str| answer.body.get(name).and_then(Value::as_str).map(str::to_owned);
    match answer {
        Ok(answer) => {
            let mut reply = Reply::of(&answer);
            for grant in &mut reply.grants {
                // What is allowed here and refused all the same is up to the account.
                grant.needs_allow.retain(|effect| !begin.allow.contains(effect));
            }
            Planned {
                plan: text(&answer, "plan"),
                plan_digest: text(&answer, "plan_digest"),
                approval: None,
                reply,
            }
        }
        Err(error) => Planned {
            reply: Reply::lost(&error, false),
            plan: None,
            plan_digest: None,
            approval: None,
        },
    }
}

/// The revoke of what was planned, and nothing else.
pub async fn revoke(member: &Member, begin: &Begin, task: &Task) -> Reply {
    let mut options = json!({"allow": begin.allow, "deadline_ms": DEADLINE_MS});
    if let Some(planned) = &task.planned {
        let plan = planned.plan.as_deref().unwrap_or_default();
        options["binding"] = match &planned.approval {
            Some(approval) => json!({"plan": plan, "approval": approval}),
            None => json!({"plan": plan}),
        };
    }
    if let Some(reference) = &begin.reference {
        options["reference"] = json!(reference);
    }
    let reply = post(member, "revoke", &everything(task.user(), options)).await;
    let reply = reply.map_or_else(|error| Reply::lost(&error, true), |answer| Reply::of(&answer));
    Reply {
        // An answer that is none of the service's does not say whether something was sent.
        sent: reply.sent || reply.is("no_answer"),
        ..reply
    }
}

/// What is held now. Nothing is written.
pub async fn verify(member: &Member, task: &Task) -> Reply {
    let mut options = json!({"deadline_ms": DEADLINE_MS});
    if let Some(at) = &task.acknowledged_at {
        options["acknowledged_at"] = json!(at);
    }
    let reply = post(member, "verify", &everything(task.user(), options)).await;
    reply.map_or_else(|error| Reply::lost(&error, false), |answer| Reply::of(&answer))
}

/// Those grants of the plan that a reading of them by name proves absent. Where more may be held than is shown, a reading of everything
/// cannot.
pub async fn absent(member: &Member, task: &Task) -> Vec<Key> {
    let named = task
        .targets()
        .filter_map(|grant| Some((&grant.key, grant.selector.as_ref()?)));
    let (keys, selectors): (Vec<&Key>, Vec<&Value>) = named.unzip();
    if keys.is_empty() {
        return Vec::new();
    }
    let mut options = json!({"deadline_ms": DEADLINE_MS});
    if let Some(at) = &task.acknowledged_at {
        options["acknowledged_at"] = json!(at);
    }
    let body = json!({"id": task.user(), "roles": selectors, "options": options});
    let Ok(answer) = post(member, "verify", &body).await else {
        return Vec::new();
    };
    let user = if answer.status == 200 {
        answer.body.get("id")
    } else {
        answer.body.pointer("/user/id")
    };
    if user.and_then(Value::as_str) != Some(task.user()) {
        return Vec::new();
    }
    let entries = answer
        .body
        .get("role_outcomes")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    // Entries come in the order of the request.
    if entries.len() != keys.len() {
        return Vec::new();
    }
    let is_absent =
        |entry: &Value| Outcome::parse(entry.get("outcome").unwrap_or(&Value::Null)) == Outcome::AlreadyAbsent;
    let absent = keys.into_iter().zip(entries).filter(|(_, entry)| is_absent(entry));
    absent.map(|(key, _)| key.clone()).collect()
}

/// A reading that is whole, and shows nothing that the user holds itself.
pub async fn is_bare(member: &Member, task: &Task) -> bool {
    let user = utf8_percent_encode(task.user(), UNRESERVED);
    let account = utf8_percent_encode(&member.account.id, UNRESERVED);
    let target =
        format!("/unified/user-directory/users/{user}?integrated_account_id={account}&truto_ignore_remote_data=true");
    let Ok(answer) = member.session.get(&target).await else {
        return false;
    };
    let is_whole = answer.status == 200 && answer.body.get("whole") == Some(&Value::Bool(true));
    let grants = answer.body.get("role_grants").and_then(Value::as_array);
    is_whole && grants.is_some_and(Vec::is_empty)
}

fn everything(user: &str, options: Value) -> Value {
    json!({"id": user, "everything": true, "options": options})
}

async fn post(member: &Member, mode: &str, body: &Value) -> anyhow::Result<Answer> {
    let account = utf8_percent_encode(&member.account.id, UNRESERVED);
    let target = format!(
        "/unified/user-directory/users/unassign-role?integrated_account_id={account}&mode={mode}&truto_ignore_remote_data=true"
    );
    member.session.post(&target, body).await
}
