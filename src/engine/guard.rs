//! Guards: what must not be removed, and what would take more than was asked.

use crate::{
    ask::Ask,
    contract::types::SideEffect,
    error::Error,
    json,
    naming::same,
    provider::{Context, Field, Grant, Principal, Provider, Reading},
    reason::Reason,
    settings::General,
    warning::Warning,
};

use super::Work;

/// Refuses the user as a whole.
pub fn user(
    provider: &dyn Provider,
    ask: &Ask,
    general: &General,
    id: &str,
    reading: &Reading,
) -> Option<(Reason, String)> {
    if let Some(expect) = &ask.expect {
        let email_fits = expect
            .email
            .as_ref()
            .is_none_or(|wanted| reading.emails.iter().any(|email| same(email, wanted.trim())));
        let username_fits = expect.username.as_ref().is_none_or(|wanted| {
            reading
                .username
                .as_ref()
                .is_some_and(|username| same(username, wanted.trim()))
        });
        if !email_fits || !username_fits {
            return Some((
                Reason::NotExpected,
                String::from("the user with this id is not the one that options.expect describes; nothing was sent"),
            ));
        }
    }
    let names = reading
        .emails
        .iter()
        .map(String::as_str)
        .chain(reading.username.as_deref())
        .chain(reading.other_ids.iter().map(String::as_str))
        .chain([id]);
    // An account may spell an id in any way that a request may.
    let is_meant = |user: &String, name: &str| {
        same(user.trim(), name)
            || provider
                .normalise(Field::User, user.trim())
                .is_ok_and(|id| same(&id, name))
    };
    let protected = names
        .into_iter()
        .any(|name| general.protected_users.iter().any(|user| is_meant(user, name)));
    protected.then(|| {
        (
            Reason::ProtectedUser,
            String::from("the account protects this user; nothing was sent"),
        )
    })
}

/// Puts a guard on every target that must not go.
pub async fn targets(
    provider: &dyn Provider,
    cx: &Context<'_>,
    general: &General,
    work: &mut Work,
) -> Result<(), Error> {
    if work.targets.is_empty() {
        return Ok(());
    }
    for target in &mut work.targets {
        if general
            .protected_roles
            .iter()
            .any(|role| provider.is_role(role, &target.grant))
        {
            target.guard = Some((
                Reason::ProtectedRole,
                format!("the account protects the role `{}`", target.grant.role_id),
            ));
        }
    }
    let allowed: Vec<usize> = (0..work.targets.len())
        .filter(|&index| work.targets[index].guard.is_none())
        .collect();
    let grants: Vec<Grant> = allowed.iter().map(|&index| work.targets[index].grant.clone()).collect();
    for consequence in provider.consequences(cx, &work.before, &grants).await? {
        let Some(&index) = allowed.get(consequence.target) else {
            continue;
        };
        let protected = consequence
            .takes
            .iter()
            .find(|taken| general.protected_roles.iter().any(|role| provider.is_role(role, taken)));
        let target = &mut work.targets[index];
        if let Some(protected) = protected {
            target.guard = Some((
                Reason::ProtectedRole,
                format!("it would take the protected role `{}` too", protected.role_id),
            ));
        }
        target.takes.extend(consequence.takes);
        target.side_effects.extend(consequence.lists);
        if !target.grant.effects.contains(&consequence.effect) {
            target.grant.effects.push(consequence.effect);
        }
    }
    match provider.own_principal(cx, &work.before).await? {
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
            .find(|effect| !cx.ask.allow.contains(effect));
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
