//! Guards: what must not be removed, and what would take more than was asked.

use std::rc::Rc;

use crate::{
    account::settings::General,
    contract::{
        json,
        reason::Reason,
        types::{Mode, SideEffect, ViaKind},
        warning::Warning,
    },
    error::Error,
    naming,
    provider::{
        Affected, Affects, Consequence, Context, Field, Grant, Held, Principal, Provider, Verdict, reading::Reading,
    },
    request::{Selector, ValidatedRequest},
};

use super::{Target, Work, bound, directories::Known, matching, moment::Moment};

/// Refuses the user as a whole.
pub fn user(
    provider: &dyn Provider,
    ask: &ValidatedRequest,
    general: &General,
    id: &str,
    reading: &Reading<'_>,
) -> Option<(Reason, String)> {
    if let Some(expect) = &ask.expect {
        let email_fits = expect
            .email
            .as_ref()
            .is_none_or(|wanted| reading.emails.iter().any(|email| naming::same_address(email, wanted)));
        let username_fits = expect.username.as_ref().is_none_or(|wanted| {
            reading
                .username
                .as_ref()
                .is_some_and(|username| naming::same_address(username, wanted))
        });
        if !email_fits || !username_fits {
            return Some((
                Reason::NotExpected,
                String::from("the user with this id is not the one that options.expect describes; nothing was sent"),
            ));
        }
    }
    if let Some(message) = another_user(ask, reading) {
        return Some((Reason::NotExpected, message));
    }
    if ask.mode == Mode::Verify {
        return None;
    }
    protects_user(provider, general, id, reading).map(|message| (Reason::ProtectedUser, message))
}

/// Why a user who was looked up by an e-mail address is not the one with it: a search may show what was true before.
pub fn another_user(ask: &ValidatedRequest, reading: &Reading<'_>) -> Option<String> {
    let wanted = &ask.user;
    let mut names = reading.emails.iter().chain(&reading.username);
    let is_another =
        wanted.contains('@') && !reading.emails.is_empty() && !names.any(|name| naming::same_address(name, wanted));
    is_another.then(|| {
        format!(
            "the user whom the provider finds by `{wanted}` has another e-mail address; nothing was sent: use the id"
        )
    })
}

/// Why the account protects the user as a whole.
pub fn protects_user(provider: &dyn Provider, general: &General, id: &str, reading: &Reading<'_>) -> Option<String> {
    let names = reading
        .emails
        .iter()
        .map(String::as_str)
        .chain(reading.username.as_deref())
        .chain(reading.other_ids.iter().map(String::as_str))
        .chain([id]);
    let names: Vec<&str> = names.collect();
    let shown = Shown {
        email: !reading.emails.is_empty(),
        login: reading.username.is_some(),
    };
    let protection = protected_person(provider, general, &names, shown).map(|protection| {
        String::from(match protection {
            Protection::Certain => "the account protects this user; nothing was sent",
            Protection::NotRuledOut => {
                "the account protects a user by an e-mail address or a login, and the provider shows none of this user: nothing was sent"
            }
        })
    });
    protection.or_else(|| reading.may_be_protected.clone())
}

/// How a person is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protection {
    Certain,
    /// It can't be told, and counts as protected.
    NotRuledOut,
}

/// What the provider shows of a person.
#[derive(Clone, Copy)]
struct Shown {
    email: bool,
    /// Or the provider has none for them.
    login: bool,
}

/// Whether the account protects a person who goes by these names.
fn protected_person(provider: &dyn Provider, general: &General, names: &[&str], shown: Shown) -> Option<Protection> {
    // An account may spell an id in any way that a request may.
    let is_meant = |user: &str, name: &str| {
        naming::look_alike(user, name)
            || provider
                .normalize(Field::User, user)
                .is_ok_and(|id| naming::same(&id, name))
    };
    let protected = || general.protected_users.iter().map(|user| user.trim());
    if protected().any(|user| names.iter().any(|name| is_meant(user, name))) {
        return Some(Protection::Certain);
    }
    let may_be_meant = |user: &str| {
        if user.contains('@') {
            !shown.email
        } else {
            !shown.login && provider.normalize(Field::User, user).is_err()
        }
    };
    protected().any(may_be_meant).then_some(Protection::NotRuledOut)
}

/// Puts a guard on every target that must not go.
pub async fn targets(
    provider: &dyn Provider,
    cx: &Context<'_>,
    general: &General,
    work: &mut Work<'_>,
) -> Result<(), Error> {
    if work.targets.is_empty() {
        return Ok(());
    }
    let protected = ProtectedRoles::read(provider, cx, general, work).await;
    for target in &mut work.targets {
        target.guard = protected
            .stand_against(provider, &target.grant)
            .map(|why| (Reason::ProtectedRole, why));
    }
    weigh_consequences(provider, cx, general, &protected, work).await?;
    match work.before.credential_owner(cx).await? {
        Principal::User(own) if own == work.user => {
            for target in &mut work.targets {
                target.grant.effects.push(SideEffect::RemoveOwnAccess);
            }
        }
        Principal::User(_) | Principal::NoUser => {}
        Principal::Unknown => {
            for target in &mut work.targets {
                target.grant.warnings.push(Warning::OwnAccessNotChecked.text());
            }
        }
    }
    for target in &mut work.targets {
        if target.guard.is_none() {
            target.guard = not_allowed(cx, &target.grant);
        }
    }
    Ok(())
}

/// Consequences are weighed afresh so often at most.
const MOST_FORECASTS: usize = 8;

/// Puts a guard on every target whose consequences are not allowed. What goes with a set does not go with a part of it: once a target
/// is out, the consequences are asked for again.
async fn weigh_consequences(
    provider: &dyn Provider,
    cx: &Context<'_>,
    general: &General,
    protected: &ProtectedRoles<'_>,
    work: &mut Work<'_>,
) -> Result<(), Error> {
    let own_effects: Vec<Vec<SideEffect>> = work.targets.iter().map(|target| target.grant.effects.clone()).collect();
    for _ in 0..MOST_FORECASTS {
        let asked = work.pending();
        let Some(consequences) = forecast(cx, work, &asked).await? else {
            continue;
        };
        for &index in &asked {
            if let (Some(target), Some(own)) = (work.targets.get_mut(index), own_effects.get(index)) {
                target.grant.effects.clone_from(own);
                target.takes.clear();
                target.consequences.clear();
            }
        }
        for consequence in consequences {
            let Some(target) = asked
                .get(consequence.target)
                .and_then(|&index| work.targets.get_mut(index))
            else {
                continue;
            };
            let guard = refusal(provider, general, protected, &consequence);
            if target.guard.is_none() {
                target.guard = guard;
            }
            note(target, consequence);
        }
        for &index in &asked {
            if let Some(target) = work.targets.get_mut(index)
                && target.guard.is_none()
            {
                target.guard = not_allowed(cx, &target.grant);
            }
        }
        if work.pending().len() == asked.len() {
            return Ok(());
        }
    }
    Ok(())
}

/// Targets that are asked about one by one at most.
const MOST_ASKED_ALONE: usize = 64;

/// The consequences of these targets together. If a read that they need fails, or the provider refuses them, each is asked about by
/// itself: one that cannot be told is not sent, and one that is refused gets a guard, or all do that are refused only together.
/// `None`: what is left is to be asked about again.
///
/// # Errors
/// The read fails for every target, or for none by itself.
async fn forecast(cx: &Context<'_>, work: &mut Work<'_>, asked: &[usize]) -> Result<Option<Vec<Consequence>>, Error> {
    let grants: Vec<Grant> = asked
        .iter()
        .filter_map(|&index| work.targets.get(index))
        .map(|target| target.grant.clone())
        .collect();
    let may_ask_each = (2..=MOST_ASKED_ALONE).contains(&grants.len());
    let error = match work.before.consequences(cx, &grants).await {
        Err(error @ Error::Refused { .. }) => error,
        Err(error @ Error::Provider(_)) if may_ask_each => error,
        consequences => return consequences.map(Some),
    };
    let (mut unclear, mut refused) = (Vec::new(), Vec::new());
    for (&index, grant) in asked.iter().zip(&grants).filter(|_| may_ask_each) {
        match work.before.consequences(cx, std::slice::from_ref(grant)).await {
            Ok(_) => {}
            Err(Error::Provider(fault)) => unclear.push((index, fault)),
            Err(Error::Refused { reason, message }) => refused.push((index, (reason, message))),
            Err(error) => return Err(error),
        }
    }
    if unclear.len() == asked.len() || (unclear.is_empty() && refused.is_empty()) {
        let Error::Refused { reason, message } = error else {
            return Err(error);
        };
        refused.extend(asked.iter().map(|&index| (index, (reason, message.clone()))));
    }
    for (index, guard) in refused {
        if let Some(target) = work.targets.get_mut(index) {
            target.guard.get_or_insert(guard);
        }
    }
    let at = Moment::now(cx.client.transport());
    for (index, fault) in unclear {
        cx.note(&fault);
        let message = format!("what it takes cannot be told: {}", fault.message);
        work.answer(index, not_sent(fault.reason(), &message), at);
    }
    Ok(None)
}

fn not_sent(reason: Reason, message: &str) -> Verdict {
    Verdict::NotSent {
        reason,
        message: message.to_owned(),
    }
}

/// Before a later write: what the guards saw may have changed, and with it what the write takes. A target against which one of them
/// stands now is not sent, and neither is any if that cannot be told, or if it is more than the plan that the call is bound to.
pub async fn before_a_later_write(provider: &dyn Provider, cx: &Context<'_>, general: &General, work: &mut Work<'_>) {
    let pending = work.pending();
    if pending.is_empty() {
        return;
    }
    let reading = work.after.as_ref().map_or(&work.before, |after| &after.reading);
    let grants: Vec<Grant> = pending
        .iter()
        .filter_map(|&index| work.targets.get(index))
        .map(|target| target.grant.clone())
        .collect();
    let at = Moment::now(cx.client.transport());
    let consequences = match reading.consequences(cx, &grants).await {
        Ok(consequences) => consequences,
        Err(error) => {
            let message = format!("what it takes now cannot be told: {error}");
            let reason = match &error {
                Error::Provider(fault) => {
                    cx.note(fault);
                    fault.reason()
                }
                Error::Refused { reason, .. } => *reason,
                _ => Reason::NotVisible,
            };
            for index in pending {
                work.answer(index, not_sent(reason, &message), at);
            }
            return;
        }
    };
    if let Err(why) = bound::covers(work.bound.as_ref(), &grants, &consequences) {
        for index in pending {
            work.answer(index, not_sent(Reason::PlanChanged, &why), at);
        }
        return;
    }
    let protected = ProtectedRoles::read(provider, cx, general, work).await;
    for &index in &pending {
        if let Some(target) = work.targets.get_mut(index) {
            // What was listed was true of the state before.
            target.takes.clear();
            target.consequences.clear();
        }
    }
    for consequence in consequences {
        let Some(&index) = pending.get(consequence.target) else {
            continue;
        };
        let Some(target) = work.targets.get_mut(index) else {
            continue;
        };
        let refused = refusal(provider, general, &protected, &consequence);
        let known = target.grant.effects.len();
        note(target, consequence);
        match refused.or_else(|| not_allowed(cx, &target.grant)) {
            // What an earlier write did stays what it is.
            Some((reason, message)) if target.landed_at.is_some() => target.answer(not_sent(reason, &message), at),
            Some(guard) => target.guard = Some(guard),
            // Allowed, and yet nobody saw it when the call began.
            None if target.grant.effects.len() > known => {
                // They were just noted.
                target.grant.effects.truncate(known);
                target.is_left_out = true;
            }
            None => {}
        }
    }
}

/// Why a consequence must not be, whatever is allowed.
pub fn refusal(
    provider: &dyn Provider,
    general: &General,
    protected: &ProtectedRoles<'_>,
    consequence: &Consequence,
) -> Option<(Reason, String)> {
    // What a higher role gives goes with it, whether the reading shows it or not: whoever protects it names the higher role.
    let mut takes = consequence.takes.iter().filter(|taken| !is_of_higher_role(taken));
    if let Some(taken) = takes.find(|taken| protected.stand_against(provider, taken).is_some()) {
        let message = format!("it would take the protected role `{}` too", taken.role_id);
        return Some((Reason::ProtectedRole, message));
    }
    match &consequence.affects {
        Affects::Nobody => None,
        Affects::People(people) => people.iter().find_map(|person| affected(provider, general, person)),
        Affects::Unknown(_) if general.protected_users.is_empty() => None,
        Affects::Unknown(why) => Some((
            Reason::ProtectedUser,
            format!("whether it takes something from a protected user cannot be told: {why}"),
        )),
    }
}

fn is_of_higher_role(grant: &Grant) -> bool {
    let Held::Through(via) = &grant.held else { return false };
    !via.is_empty() && via.iter().all(|via| via.kind == ViaKind::HigherRole)
}

/// What has to be allowed for a consequence: its own side effect, and those of the grants that it takes along.
pub fn effects(consequence: &Consequence) -> impl Iterator<Item = SideEffect> {
    let of_taken = consequence.takes.iter().flat_map(|taken| &taken.effects);
    std::iter::once(&consequence.effect).chain(of_taken).copied()
}

/// Lists a consequence at its target.
fn note(target: &mut Target, consequence: Consequence) {
    target.takes.extend(consequence.takes.iter().cloned());
    for effect in effects(&consequence) {
        if !target.grant.effects.contains(&effect) {
            target.grant.effects.push(effect);
        }
    }
    target.consequences.push(consequence);
}

/// Why a side effect of a grant's removal is refused.
fn not_allowed(cx: &Context<'_>, grant: &Grant) -> Option<(Reason, String)> {
    let mut effects = grant.effects.iter();
    let effect = effects.find(|effect| !cx.request.allow.contains(effect))?;
    let name = json::side_effect_name(*effect);
    Some((
        Reason::SideEffect,
        format!(
            "removing `{}` has the side effect `{name}`, which is not allowed (options.allow, and the account's and the token's own lists)",
            grant.role_id
        ),
    ))
}

/// Why a removal that another person feels is refused.
fn affected(provider: &dyn Provider, general: &General, person: &Affected) -> Option<(Reason, String)> {
    let names: Vec<&str> = person.names.iter().map(String::as_str).collect();
    let shown = Shown {
        email: person.shows_email,
        login: true,
    };
    let message = match protected_person(provider, general, &names, shown)? {
        Protection::Certain => "it would take something from a user whom the account protects",
        Protection::NotRuledOut => {
            "it would take something from somebody whose e-mail address is not shown, and the account protects a user by address"
        }
    };
    Some((Reason::ProtectedUser, message.to_owned()))
}

/// The roles that an account protects, in every spelling in which they may be held.
pub struct ProtectedRoles<'a> {
    roles: Vec<(&'a str, Option<Selector>)>,
    known: Rc<Known>,
}

impl<'a> ProtectedRoles<'a> {
    /// Reads the provider's directory only where the account protects a role and something is to go. Where it can't be read, names
    /// can't be told, and count as protected.
    pub async fn read(provider: &dyn Provider, cx: &Context<'_>, general: &'a General, work: &mut Work<'_>) -> Self {
        let refined = |text: &str| {
            let id = provider.normalize(Field::Role, text).ok()?;
            let mut selector = Selector {
                id: Some(id),
                ..Selector::default()
            };
            provider.refine(&mut selector).ok()?;
            Some(selector)
        };
        let roles: Vec<(&str, Option<Selector>)> = general
            .protected_roles
            .iter()
            .map(|text| text.trim())
            .map(|text| (text, refined(text)))
            .collect();
        let nothing = Rc::clone(&work.directories.nothing);
        let known = if roles.is_empty() {
            nothing
        } else {
            work.directories
                .at(cx, &Selector::default(), &work.before)
                .await
                .unwrap_or(nothing)
        };
        Self { roles, known }
    }

    /// Why a grant must not go.
    pub fn stand_against(&self, provider: &dyn Provider, grant: &Grant) -> Option<String> {
        let is_it = |(text, refined): &&(&str, Option<Selector>)| {
            matching::is_protected(provider, text, refined.as_ref(), grant, &self.known)
        };
        self.roles.iter().find(is_it).map(|(text, _)| {
            let gap = self.known.gap().map(|gap| format!(" (the directory of roles: {gap})"));
            format!(
                "the account protects the role `{text}`, and `{}` is it or cannot be told from it{}",
                grant.role_id,
                gap.unwrap_or_default()
            )
        })
    }
}
