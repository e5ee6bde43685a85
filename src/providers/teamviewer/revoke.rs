//! The requests that remove grants, what their answers mean, and what else they take.

use std::rc::Rc;

use futures_util::future;

use crate::{
    client::{Acknowledgement, Call, Repeat},
    contract::{
        reason::Reason,
        types::{Scope, SideEffect, Via, ViaKind},
    },
    error::{Error, FaultKind},
    hashed::{HashMap, HashSet},
    provider::{
        Affected, Affects, Consequence, Context, Grant, GrantKind, Held, Identity, KnownAs, Planned, Snapshot, Verdict,
        Write, backend::Step,
    },
    request::ValidatedRequest,
    sorted::Set,
    transport::Method,
};

use super::{
    backend::TeamViewer,
    core::{self, Holds},
    documents::{Unassign, UnassignGroup},
    find::{self, TokenOwner},
    groups::{self, GroupState, group_of},
    ids,
    read::Detail,
};

impl TeamViewer {
    /// The request that removes one grant.
    pub fn write(&self, ask: &ValidatedRequest, user: &str, index: usize, planned: &Planned<'_>) -> Option<Write> {
        let grant = planned.grant;
        let url = |path: &str| self.config.base.join(path);
        let post = |path: &str, body| Call::write(Method::Post, url(path), body, Repeat::Reread);
        let call = match grant.kind {
            GrantKind::Role => {
                let document = Unassign {
                    user_ids: [user],
                    user_role_id: &grant.role_id,
                };
                post("/userroles/unassign/account", body(ask, &document))
            }
            GrantKind::GroupRole => {
                let document = UnassignGroup {
                    user_group_id: group_of(grant)?,
                };
                post("/userroles/unassign/usergroup", body(ask, &document))
            }
            GrantKind::Membership => {
                let path = format!("/usergroups/{}/members/{}", group_of(grant)?, ids::account(user));
                Call::write(Method::Delete, url(&path), None, Repeat::Reread)
            }
            GrantKind::OrganizationLink => return None,
        };
        Some(Write {
            call: core::json(call),
            targets: vec![index],
        })
    }

    /// Sends a write and judges its answer.
    pub async fn verdict(&self, cx: &Context<'_>, write: &Write, grant: &Grant, detail: &Detail) -> Verdict {
        if grant.kind == GrantKind::GroupRole
            && let Some(verdict) = self.check_group(cx, grant, detail).await
        {
            return verdict;
        }
        let answer = match core::send(&self.config, cx, &write.call).await {
            Ok(answer) => answer,
            Err(fault) => return cx.fault(&fault),
        };
        if answer.is_success() {
            let (reason, message) = match answer.acknowledgement() {
                Acknowledgement::Given => {
                    cx.revoke_answers.borrow_mut().push(answer.evidence(None));
                    return Verdict::Acknowledged;
                }
                Acknowledgement::Denied(code) => {
                    let mut denied = answer.clone();
                    denied.status = code.unwrap_or(answer.status);
                    let kind = core::kind_of(&denied);
                    if kind != FaultKind::BadAnswer {
                        return cx.denied(&core::fault(cx, &denied, kind, "TeamViewer refused to unassign"));
                    }
                    (Reason::ProviderRefused, "TeamViewer answers with an error")
                }
                Acknowledgement::NoDocument => (
                    Reason::BadAnswer,
                    "the answer to the removal is no document of TeamViewer's",
                ),
            };
            cx.revoke_answers.borrow_mut().push(answer.evidence(None));
            return Verdict::Unanswered {
                reason,
                message: message.to_owned(),
            };
        }
        let fault = core::fault(cx, &answer, core::kind_of(&answer), "TeamViewer refused to unassign");
        // It may be the answer for what is not held any more, which is no refusal.
        if matches!(answer.status, 400 | 404) && self.is_held(cx, grant, &detail.id).await != Some(true) {
            cx.note(&fault);
            return Verdict::Unanswered {
                reason: fault.reason(),
                message: fault.into_details().message,
            };
        }
        cx.fault(&fault)
    }

    /// The call that strips a group names no role and takes it from every member: it is sent only while the group holds the very role
    /// that is meant, and has no member that the guards did not see.
    async fn check_group(&self, cx: &Context<'_>, grant: &Grant, detail: &Detail) -> Option<Verdict> {
        let not_sent = |reason, message: &str| {
            Some(Verdict::NotSent {
                reason,
                message: message.to_owned(),
            })
        };
        let group = group_of(grant)?;
        let (role, members) = future::join(
            groups::role_of_group(&self.config, cx, group),
            groups::members(&self.config, cx, group),
        )
        .await;
        match role {
            Ok(Ok(Some(role))) if role == grant.role_id => {}
            Ok(Ok(_)) => return not_sent(Reason::ConcurrentChange, "the group has another role now, or none"),
            Ok(Err(why)) => return not_sent(Reason::NotVisible, &why),
            Err(fault) => return not_sent(fault.reason(), &fault.message),
        }
        let seen = detail.state(group).and_then(|state| state.members.as_ref().ok());
        match (members, seen) {
            (Err(fault), _) => not_sent(fault.reason(), &fault.message),
            // Nobody was seen, and what that means for protected users was weighed as such.
            (Ok(_), None) => None,
            (Ok(now), Some(seen)) => {
                let known: HashSet<&String> = seen.rows.iter().collect();
                let is_new = |member: &String| !known.contains(member);
                let has_joined = now.rows.iter().any(is_new) || now.unread.len() > seen.unread.len();
                has_joined
                    .then(|| not_sent(Reason::ConcurrentChange, "somebody joined the group since it was read"))
                    .flatten()
            }
        }
    }

    /// Whether what a write was to remove is there; `None` where that cannot be read.
    async fn is_held(&self, cx: &Context<'_>, grant: &Grant, user: &str) -> Option<bool> {
        let config = &self.config;
        let users = match grant.kind {
            GrantKind::GroupRole => {
                let role = groups::role_of_group(config, cx, group_of(grant)?).await.ok()?;
                return role.ok().map(|role| role.is_some());
            }
            GrantKind::Role => core::users_of_role(config, cx, &grant.role_id).await.ok()?,
            GrantKind::Membership | GrantKind::OrganizationLink => {
                groups::members(config, cx, group_of(grant)?).await.ok()?
            }
        };
        match users.holds(user) {
            Holds::Yes => Some(true),
            Holds::No => Some(false),
            Holds::Unclear => None,
        }
    }

    /// What else the removal of these grants takes, from the user and from others.
    pub async fn side_effects(&self, step: Step<'_, Detail>, targets: &[Grant]) -> Result<Vec<Consequence>, Error> {
        let Step { cx, snapshot, detail } = step;
        let mut consequences = side_effects_of_leaving(snapshot, detail, targets);
        if !targets.iter().any(|grant| grant.kind == GrantKind::GroupRole) {
            return Ok(consequences);
        }
        let own = self.token_owner(cx).await?;
        let addresses = self.addresses(cx).await;
        consequences.extend(side_effects_of_stripping(detail, &own, &addresses, targets));
        Ok(consequences)
    }

    /// Whose the token is; looked for once.
    async fn token_owner(&self, cx: &Context<'_>) -> Result<TokenOwner, Error> {
        let known = self.memory.token_owner.borrow().clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let own = match self.memory.owner()? {
            Some(owner) => find::token_owner(&self.config, cx, &owner).await?,
            None => TokenOwner::NotVisible,
        };
        *self.memory.token_owner.borrow_mut() = Some(own.clone());
        Ok(own)
    }

    /// E-mail addresses by user id, read once. Lists of members show none. Where one is protected, a member without one counts as
    /// protected.
    async fn addresses(&self, cx: &Context<'_>) -> Rc<HashMap<String, String>> {
        let known = self.memory.addresses.borrow().clone();
        if let Some(known) = known {
            return known;
        }
        let addresses = Rc::new(if self.config.protects_addresses {
            find::addresses(&self.config, cx).await.unwrap_or_default()
        } else {
            HashMap::new()
        });
        *self.memory.addresses.borrow_mut() = Some(Rc::clone(&addresses));
        addresses
    }
}

/// A body, with the fields that the request passes through; none of them replaces one of ours.
fn body(ask: &ValidatedRequest, document: &impl serde::Serialize) -> Option<Vec<u8>> {
    let mut body = serde_json::to_value(document).ok()?;
    if let serde_json::Value::Object(fields) = &mut body {
        for (name, value) in &ask.remote_data {
            fields.entry(name.as_str()).or_insert_with(|| value.clone());
        }
    }
    serde_json::to_vec(&body).ok()
}

/// Who leaves a group loses its role, unless it is held in another way that stays. A role that cannot be read may be a protected one.
fn side_effects_of_leaving(reading: &Snapshot, detail: &Detail, targets: &[Grant]) -> Vec<Consequence> {
    if !targets.iter().any(|grant| grant.kind == GrantKind::Membership) {
        return Vec::new();
    }
    let left: Set<&str> = targets
        .iter()
        .filter(|grant| grant.kind == GrantKind::Membership)
        .filter_map(|grant| grant.scope.group.as_deref())
        .collect();
    let stays = |role: &str| {
        let held = reading.grants.iter();
        held.filter(|grant| grant.kind == GrantKind::Role && grant.role_id == role)
            .any(|grant| match &grant.held {
                Held::Direct => true,
                Held::Through(via) => via
                    .iter()
                    .filter_map(|via| via.id.as_deref())
                    .any(|id| !left.contains(id)),
                Held::NotRead => false,
            })
    };
    let given_by = |group: &Grant| {
        let mut held = reading.grants.iter();
        held.find(|grant| grant.kind == GrantKind::GroupRole && grant.scope == group.scope)
            .filter(|grant| !stays(&grant.role_id))
    };
    targets
        .iter()
        .enumerate()
        .filter(|(_, grant)| grant.kind == GrantKind::Membership)
        .filter_map(|(target, grant)| {
            let is_unread = group_of(grant)
                .and_then(|group| detail.state(group))
                .is_some_and(|state| state.role_gap().is_some());
            let (line, lost_role) = if is_unread {
                let line = String::from("the role that the group gives, if it has one: it cannot be read");
                (line, unread_role(grant))
            } else {
                let role = given_by(grant)?;
                let name = role.role_name.as_ref().unwrap_or(&role.role_id);
                (format!("the role `{name}` that the group gives"), role.clone())
            };
            Some(Consequence {
                affects: Affects::default(),
                target,
                effect: SideEffect::LeaveGroup,
                lists: vec![line],
                takes: vec![through(&lost_role)],
                takes_unknown: false,
            })
        })
        .collect()
}

/// A group's role of which nothing is known.
fn unread_role(membership: &Grant) -> Grant {
    Grant {
        known_as: KnownAs {
            identity: Identity::NameOnly,
            ..KnownAs::default()
        },
        kind: GrantKind::GroupRole,
        role_id: String::new(),
        role_name: None,
        ..membership.clone()
    }
}

/// The group's role as its member holds it: the group keeps its own.
fn through(role: &Grant) -> Grant {
    let via = Via {
        kind: ViaKind::Group,
        id: role.scope.group.clone(),
        name: None,
    };
    Grant {
        kind: GrantKind::Role,
        scope: Scope {
            group: None,
            ..role.scope.clone()
        },
        held: Held::Through(vec![via]),
        effects: Vec::new(),
        warnings: Vec::new(),
        ..role.clone()
    }
}

/// A role that goes from a group goes from every other member, too. `addresses`: of users, by id.
fn side_effects_of_stripping(
    detail: &Detail,
    own: &TokenOwner,
    addresses: &HashMap<String, String>,
    targets: &[Grant],
) -> Vec<Consequence> {
    let mut consequences = Vec::new();
    for (target, grant) in targets.iter().enumerate() {
        let Some(state) = group_of(grant).and_then(|group| detail.state(group)) else {
            continue;
        };
        if grant.kind != GrantKind::GroupRole {
            continue;
        }
        consequences.push(Consequence {
            affects: affected(state, &detail.id, addresses),
            target,
            effect: SideEffect::StripGroup,
            lists: Vec::new(),
            takes: Vec::new(),
            takes_unknown: false,
        });
        let own = match own {
            TokenOwner::User(own) if state.has_member(own) => Some(format!("the role of `{own}`, whose token this is")),
            TokenOwner::User(own) if state.may_have_member(own) => Some(format!(
                "perhaps the role of `{own}`, whose token this is: whether it is a member cannot be told"
            )),
            TokenOwner::Unclear => Some(String::from(
                "perhaps the role of the token's owner: who that is cannot be told",
            )),
            TokenOwner::User(_) | TokenOwner::Nobody | TokenOwner::NotVisible => None,
        };
        if let Some(own) = own {
            consequences.push(Consequence {
                affects: Affects::Nobody,
                target,
                effect: SideEffect::RemoveOwnAccess,
                lists: vec![own],
                takes: Vec::new(),
                takes_unknown: false,
            });
        }
    }
    consequences
}

/// The members besides the user.
fn affected(state: &GroupState, user: &str, addresses: &HashMap<String, String>) -> Affects {
    let members = match &state.members {
        Ok(members) if members.unread.is_empty() => &members.rows,
        Ok(_) => return Affects::Unknown(String::from("a member of the group cannot be read")),
        Err(why) => return Affects::Unknown(why.clone()),
    };
    let others: Set<&String> = members.iter().filter(|member| *member != user).collect();
    if others.is_empty() {
        return Affects::Nobody;
    }
    let person = |id: &String| {
        let address = addresses.get(id);
        let account = ids::account(id).to_owned();
        Affected {
            names: [id.clone(), account].into_iter().chain(address.cloned()).collect(),
            shows_email: address.is_some(),
        }
    };
    Affects::People(others.into_iter().map(person).collect())
}
