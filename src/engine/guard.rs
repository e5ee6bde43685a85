//! Guards: what must not be removed, and what would take more than was asked.

use std::rc::Rc;

use crate::{
    account::settings::General,
    contract::{
        json,
        reason::Reason,
        types::{Mode, SideEffect},
        warning::Warning,
    },
    error::Error,
    naming,
    provider::{Affected, Affects, Context, Field, Grant, Principal, Provider, reading::Reading},
    request::{Selector, ValidatedRequest},
};

use super::{Work, directories::Known, matching};

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
            .is_none_or(|wanted| reading.emails.iter().any(|email| naming::same(email, wanted.trim())));
        let username_fits = expect.username.as_ref().is_none_or(|wanted| {
            reading
                .username
                .as_ref()
                .is_some_and(|username| naming::same(username, wanted.trim()))
        });
        if !email_fits || !username_fits {
            return Some((
                Reason::NotExpected,
                String::from("the user with this id is not the one that options.expect describes; nothing was sent"),
            ));
        }
    }
    if ask.mode == Mode::Verify {
        return None;
    }
    protects_user(provider, general, id, reading).map(|message| (Reason::ProtectedUser, message))
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
    let shows_email = !reading.emails.is_empty();
    protected_person(provider, general, &names, shows_email).map(|protection| {
        String::from(match protection {
            Protection::Certain => "the account protects this user; nothing was sent",
            Protection::NotRuledOut => {
                "the account protects a user by e-mail address, and the provider shows no address of this user: nothing was sent"
            }
        })
    })
}

/// How a person is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protection {
    Certain,
    /// It can't be told, and counts as protected.
    NotRuledOut,
}

/// Whether the account protects a person who goes by these names.
fn protected_person(
    provider: &dyn Provider,
    general: &General,
    names: &[&str],
    shows_email: bool,
) -> Option<Protection> {
    // An account may spell an id in any way that a request may.
    let is_meant = |user: &str, name: &str| {
        naming::skeleton(user) == naming::skeleton(name)
            || provider
                .normalize(Field::User, user)
                .is_ok_and(|id| naming::same(&id, name))
    };
    let protected = || general.protected_users.iter().map(|user| user.trim());
    if protected().any(|user| names.iter().any(|name| is_meant(user, name))) {
        return Some(Protection::Certain);
    }
    (!shows_email && protected().any(|user| user.contains('@'))).then_some(Protection::NotRuledOut)
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
    let allowed: Vec<usize> = work
        .targets
        .iter()
        .enumerate()
        .filter(|(_, target)| target.guard.is_none())
        .map(|(index, _)| index)
        .collect();
    let grants: Vec<Grant> = work
        .targets
        .iter()
        .filter(|target| target.guard.is_none())
        .map(|target| target.grant.clone())
        .collect();
    for consequence in work.before.consequences(cx, &grants).await? {
        let Some(target) = allowed
            .get(consequence.target)
            .and_then(|&index| work.targets.get_mut(index))
        else {
            continue;
        };
        let taken = consequence
            .takes
            .iter()
            .find(|taken| protected.stand_against(provider, taken).is_some());
        if let Some(taken) = taken {
            target.guard = Some((
                Reason::ProtectedRole,
                format!("it would take the protected role `{}` too", taken.role_id),
            ));
        }
        match &consequence.affects {
            Affects::Nobody => {}
            Affects::People(people) => {
                if target.guard.is_none() {
                    target.guard = people.iter().find_map(|person| affected(provider, general, person));
                }
                target
                    .side_effects
                    .push(format!("people who lose it too: {}", people.len()));
            }
            Affects::Unknown(why) => {
                if target.guard.is_none() && !general.protected_users.is_empty() {
                    target.guard = Some((
                        Reason::ProtectedUser,
                        format!("whether it takes something from a protected user cannot be told: {why}"),
                    ));
                }
                target
                    .side_effects
                    .push(format!("who else loses it cannot be told: {why}"));
            }
        }
        target.takes.extend(consequence.takes.iter().cloned());
        target.side_effects.extend(consequence.lists.iter().cloned());
        if !target.grant.effects.contains(&consequence.effect) {
            target.grant.effects.push(consequence.effect);
        }
        target.consequences.push(consequence);
    }
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
        let refused = target
            .grant
            .effects
            .iter()
            .find(|effect| !cx.request.allow.contains(effect));
        if let (None, Some(effect)) = (&target.guard, refused) {
            let name = json::side_effect_name(*effect);
            target.guard = Some((
                Reason::SideEffect,
                format!(
                    "removing `{}` has the side effect `{name}`, which is not allowed (options.allow, and the account's and the token's own lists)",
                    target.grant.role_id
                ),
            ));
        }
    }
    Ok(())
}

/// Why a removal that another person feels is refused.
fn affected(provider: &dyn Provider, general: &General, person: &Affected) -> Option<(Reason, String)> {
    let names: Vec<&str> = person.names.iter().map(String::as_str).collect();
    let message = match protected_person(provider, general, &names, person.shows_email)? {
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
            format!(
                "the account protects the role `{text}`, and `{}` is it or cannot be told from it",
                grant.role_id
            )
        })
    }
}
