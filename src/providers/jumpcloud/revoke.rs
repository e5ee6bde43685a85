//! Plans and sends the writes: the roles that remain, in one PUT, or the administrator's deletion; links and memberships one by one.

use serde_json::{Map, Value};

use crate::{
    client::{Acknowledgement, Answer, path_segment},
    contract::{reason::Reason, types::SideEffect},
    error::ProviderFault,
    hashed::HashSet,
    provider::{Context, Grant, GrantKind, Planned, Verdict, Write},
    request::ValidatedRequest,
    sorted,
    transport::Method,
};

use super::{
    config::Config,
    core,
    documents::RoleNames,
    find::{self, Known},
    read::Detail,
};

/// The requests that remove these grants.
pub fn plan(
    config: &Config,
    ask: &ValidatedRequest,
    user: &str,
    detail: &Detail,
    targets: &[Planned<'_>],
) -> Vec<Write> {
    let of_kind = |kind: GrantKind| {
        targets
            .iter()
            .enumerate()
            .filter(move |(_, planned)| planned.grant.kind == kind)
            .map(|(index, planned)| (index, planned.grant))
    };
    let roles: Vec<(usize, &Grant)> = of_kind(GrantKind::Role).collect();
    let mut writes = Vec::new();
    if let Some(known) = detail.person.known() {
        if !roles.is_empty() {
            writes.extend(role_write(config, ask, known, &detail.removed_roles, &roles));
        }
        let links = of_kind(GrantKind::OrganizationLink);
        writes.extend(links.filter_map(|target| link_write(config, ask, known, target)));
    }
    let member = detail.basis.system_user.as_deref().unwrap_or(user);
    writes.extend(of_kind(GrantKind::Membership).map(|target| membership_write(config, ask, member, target)));
    writes
}

fn role_write(
    config: &Config,
    ask: &ValidatedRequest,
    known: &Known,
    removed_roles: &[String],
    targets: &[(usize, &Grant)],
) -> Option<Write> {
    let going: HashSet<&str> = targets
        .iter()
        .filter_map(|(_, grant)| grant.role_name.as_deref())
        .collect();
    let mut remaining = without_removed(&known.record.roles.names, removed_roles);
    remaining.retain(|name| !going.contains(name));
    let path = format!("/api/users/{}", path_segment(&known.record.id));
    let call = if remaining.is_empty() {
        // There is no administrator without a role. The guards saw that it goes, and noted it with the grants, unless the other
        // roles went meanwhile.
        let goes = |(_, grant): &(usize, &Grant)| grant.effects.contains(&SideEffect::DeleteAdministrator);
        let is_allowed = targets.iter().all(goes) && ask.allow.contains(&SideEffect::DeleteAdministrator);
        if !is_allowed || !ask.remote_data.is_empty() {
            return None;
        }
        core::write(config, Method::Delete, &path, None)
    } else {
        let body = RoleNames {
            names: remaining,
            rest: &ask.remote_data,
        };
        core::write(config, Method::Put, &path, serde_json::to_vec(&body).ok())
    };
    Some(Write {
        call,
        targets: targets.iter().map(|(index, _)| *index).collect(),
    })
}

fn link_write(config: &Config, ask: &ValidatedRequest, known: &Known, target: (usize, &Grant)) -> Option<Write> {
    if !ask.remote_data.is_empty() {
        return None;
    }
    let path = format!(
        "/api/v2/administrators/{}/organizationlinks/{}",
        path_segment(&known.record.id),
        path_segment(&target.1.role_id)
    );
    Some(Write {
        call: core::write(config, Method::Delete, &path, None),
        targets: vec![target.0],
    })
}

fn membership_write(config: &Config, ask: &ValidatedRequest, user: &str, (index, grant): (usize, &Grant)) -> Write {
    let path = format!("/api/v2/usergroups/{}/members", path_segment(&grant.role_id));
    let mut body: Map<String, Value> = ask.remote_data.clone();
    for (field, value) in [("op", "remove"), ("type", "user"), ("id", user)] {
        body.insert(field.to_owned(), Value::from(value));
    }
    let body = Value::Object(body).to_string().into_bytes();
    Write {
        call: core::write(config, Method::Post, &path, Some(body)),
        targets: vec![index],
    }
}

/// Sends one write. Roles are read again directly before it.
pub async fn send(config: &Config, cx: &Context<'_>, write: &Write, grants: &[&Grant], detail: &Detail) -> Verdict {
    if are_roles(grants)
        && let Some(verdict) = changed_meanwhile(config, cx, detail).await
    {
        return verdict;
    }
    let mut answer = match core::send(config, cx, &write.call).await {
        Ok(answer) => answer,
        Err(fault) => return cx.fault(&fault),
    };
    if answer.is_success() {
        let (reason, message) = match answer.acknowledgement() {
            Acknowledgement::Given => {
                cx.revoke_answers.borrow_mut().push(core::evidence(&answer));
                return Verdict::Acknowledged;
            }
            // An error inside of a success has the meaning of its code.
            Acknowledgement::Denied(Some(code)) => {
                answer.status = code;
                return cx.denied(&refusal(cx, &answer));
            }
            Acknowledgement::Denied(None) => (Reason::ProviderRefused, "JumpCloud answers with an error"),
            Acknowledgement::NoDocument => (
                Reason::BadAnswer,
                "the answer to the removal is no document of JumpCloud's",
            ),
        };
        cx.revoke_answers.borrow_mut().push(core::evidence(&answer));
        return Verdict::Unanswered {
            reason,
            message: message.to_owned(),
        };
    }
    let fault = refusal(cx, &answer);
    if answer.status == 404 {
        // The record may have been deleted or recreated in the meantime. The read-back decides.
        return cx.denied(&fault);
    }
    cx.fault(&fault)
}

fn refusal(cx: &Context<'_>, answer: &Answer) -> ProviderFault {
    core::fault(cx, answer, answer.fault_kind(), "JumpCloud refused to remove")
}

/// The names of the roles that a write removed, or may have removed.
pub fn removed_by(write: &Write, grants: &[&Grant], verdict: &Verdict) -> Vec<String> {
    let may_have_landed = matches!(verdict, Verdict::Acknowledged | Verdict::Unanswered { .. });
    if write.call.method != Method::Put || !are_roles(grants) || !may_have_landed {
        return Vec::new();
    }
    grants.iter().filter_map(|grant| grant.role_name.clone()).collect()
}

fn are_roles(grants: &[&Grant]) -> bool {
    grants.iter().all(|grant| grant.kind == GrantKind::Role)
}

/// The PUT replaces the whole set: it goes only if the set is still the one that was read.
async fn changed_meanwhile(config: &Config, cx: &Context<'_>, detail: &Detail) -> Option<Verdict> {
    let known = detail.person.known()?;
    let now = match find::administrator_by_id(config, cx, &known.record.id).await {
        Ok(Some(document)) => find::record(&document),
        // A cancelled write of an earlier round may have deleted it: the read-back decides.
        Ok(None) => {
            return Some(Verdict::Unanswered {
                reason: Reason::ConcurrentChange,
                message: String::from("the administrator is gone"),
            });
        }
        Err(fault) => Err(fault),
    };
    let record = match now {
        Ok(record) => record,
        Err(fault) => {
            return Some(match cx.fault(&fault) {
                Verdict::Unanswered { reason, message } => Verdict::NotSent { reason, message },
                other => other,
            });
        }
    };
    let sorted = |names: &[String]| {
        let mut names: Vec<String> = without_removed(names, &detail.removed_roles)
            .into_iter()
            .map(str::to_owned)
            .collect();
        sorted::sort(&mut names);
        names
    };
    if !detail.person.is_still(&record) {
        return Some(Verdict::NotSent {
            reason: Reason::ConcurrentChange,
            message: String::from(
                "the administrator's record no longer shows the user's e-mail address; nothing was written",
            ),
        });
    }
    match record.roles.reliable_names() {
        Ok(names) if sorted(names) == sorted(&known.record.roles.names) => None,
        Ok(_) => Some(Verdict::NotSent {
            reason: Reason::ConcurrentChange,
            message: String::from(
                "the administrator's roles changed between the read and the write; nothing was written",
            ),
        }),
        Err(why) => Some(Verdict::NotSent {
            reason: Reason::BadAnswer,
            message: format!("{why}; nothing was written"),
        }),
    }
}

/// The names of a record without the roles that this operation removed.
fn without_removed<'a>(names: &'a [String], removed: &[String]) -> Vec<&'a str> {
    let removed: HashSet<&str> = removed.iter().map(String::as_str).collect();
    let names = names.iter().map(String::as_str);
    names.filter(|name| !removed.contains(name)).collect()
}
