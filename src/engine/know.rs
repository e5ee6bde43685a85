//! Knowing before removing: everything that a user holds, and whether it can be removed; and the roles that there are.

use crate::{
    account::settings::General,
    contract::types::{
        Failure, GrantSelector, HeldGrant, Narrowing, Obstacle, Organization, OrganizationSelector, Removable,
        RequestedRole, RoleDirectory, RoleSelector, SideEffect, UserReading,
    },
    contract::{json, reason::Reason, types},
    error::{Error, FaultKind},
    provider::{Context, Grant, GrantKind, Held, Identity, Principal, Provider},
    request, sorted,
};

use super::{
    Audit, Work,
    guard::{self, ProtectedRoles},
    report, select, status,
};

/// Grants of which it is asked in vain whether they can be removed. After that the provider is left alone.
const MOST_FAILURES: usize = 8;

/// Reads a user and everything that it holds. Nothing is written.
///
/// # Errors
/// What the provider's reads gave.
pub async fn read_user(
    provider: &dyn Provider,
    cx: &Context<'_>,
    general: &General,
    audit: &dyn Audit,
) -> Result<UserReading, Failure> {
    let reading = reading(provider, cx, general, audit).await;
    reading.map_err(|error| status::failure_of(&error, cx.client.wrote()))
}

async fn reading(
    provider: &dyn Provider,
    cx: &Context<'_>,
    general: &General,
    audit: &dyn Audit,
) -> Result<UserReading, Error> {
    let mut work = Work::begin(provider, cx, general, audit).await?;
    if let Some(message) = guard::another_user(cx.request, &work.before) {
        let reason = Reason::NotExpected;
        return Err(Error::Refused { reason, message });
    }
    let removability = Removability::read(provider, cx, general, &mut work).await?;
    let mut grants = Vec::with_capacity(work.before.grants.len());
    let mut failures = Vec::new();
    for position in 0..work.before.grants.len() {
        // What is said of a grant begins with how it is held: without that it is a gap of the reading.
        let Some(grant) = work
            .before
            .grants
            .get(position)
            .filter(|grant| grant.directness().is_some())
        else {
            continue;
        };
        let grant = grant.clone();
        let known = if failures.len() < MOST_FAILURES {
            removability.of(provider, cx, &mut work, &grant).await
        } else {
            Ok((Removable::No(Obstacle::NotSelectable), None))
        };
        let (removable, selector) = match known {
            Ok(known) => known,
            // It is held, whatever else cannot be told this time.
            Err(Error::Provider(fault)) if fault.kind != FaultKind::TimedOut => {
                failures.push(format!(
                    "whether `{}` can be removed cannot be told: {}",
                    grant.role_id, fault.message
                ));
                (Removable::No(Obstacle::NotSelectable), None)
            }
            Err(error) => return Err(error),
        };
        grants.push(held_grant(grant, removable, selector));
    }
    let mut unread = work.before.gaps();
    let mut user = report::user(cx, &work.before);
    if !unread.is_empty() && work.before.may_lack_roles() {
        report::leave_out_roles(&mut user);
    }
    unread.extend(failures);
    let warnings = report::warnings(&work.before, &user);
    Ok(UserReading {
        user,
        grants,
        whole: unread.is_empty(),
        unread,
        warnings,
    })
}

/// Lists the roles of a tenant. Nothing is written.
///
/// # Errors
/// What the provider's reads gave.
pub async fn list_roles(provider: &dyn Provider, cx: &Context<'_>) -> Result<RoleDirectory, Failure> {
    let list = provider
        .list_roles(cx)
        .await
        .map_err(|error| status::failure_of(&error, cx.client.wrote()))?;
    Ok(RoleDirectory {
        roles: list.roles,
        whole: list.unread.is_empty(),
        unread: list.unread,
    })
}

/// What decides for all grants whether they can be removed.
struct Removability<'a> {
    general: &'a General,
    is_user_protected: bool,
    protected: ProtectedRoles<'a>,
    is_own_account: bool,
}

impl<'a> Removability<'a> {
    async fn read(
        provider: &dyn Provider,
        cx: &Context<'_>,
        general: &'a General,
        work: &mut Work<'_>,
    ) -> Result<Self, Error> {
        let is_user_protected = guard::protects_user(provider, general, &work.user, &work.before).is_some();
        let protected = ProtectedRoles::read(provider, cx, general, work).await;
        let owner = work.before.credential_owner(cx).await;
        Ok(Self {
            general,
            is_user_protected,
            protected,
            // Only a revoke has to know: what cannot be read may be the user's.
            is_own_account: owner.map_or(true, |owner| matches!(owner, Principal::User(own) if own == work.user)),
        })
    }

    /// Whether one grant can be removed, and the entry that selects it and nothing else.
    async fn of(
        &self,
        provider: &dyn Provider,
        cx: &Context<'_>,
        work: &mut Work<'_>,
        grant: &Grant,
    ) -> Result<(Removable, Option<GrantSelector>), Error> {
        let no = |obstacle: Obstacle| Ok((Removable::No(obstacle), None));
        if !grant.is_direct() {
            return no(Obstacle::Inherited);
        }
        if self.is_user_protected || self.protected.stand_against(provider, grant).is_some() {
            return no(Obstacle::Protected);
        }
        if grant.kind == GrantKind::OrganizationLink && !provider.capability().organization_links {
            return no(Obstacle::NotSupported);
        }
        let Some(selector) = selector(provider, cx, work, grant).await? else {
            return no(Obstacle::NotSelectable);
        };
        let mut effects: Vec<SideEffect> = grant.effects.clone();
        let consequences = match work.before.consequences(cx, std::slice::from_ref(grant)).await {
            Ok(consequences) => consequences,
            // The provider's call cannot be used as things are; what is held is known all the same.
            Err(Error::Refused { .. }) => return no(Obstacle::NotSupported),
            Err(error) => return Err(error),
        };
        for consequence in &consequences {
            if guard::refusal(provider, self.general, &self.protected, consequence).is_some() {
                return no(Obstacle::Protected);
            }
            effects.extend(guard::effects(consequence));
        }
        if self.is_own_account {
            effects.push(SideEffect::RemoveOwnAccess);
        }
        sorted::sort_by_key(&mut effects, |effect| json::side_effect_name(*effect));
        effects.dedup();
        let removable = if effects.is_empty() {
            Removable::Yes
        } else {
            Removable::NeedsAllow(effects)
        };
        Ok((removable, Some(selector)))
    }
}

/// The entry that selects a grant and nothing else of the reading: the engine's own matching says so.
async fn selector(
    provider: &dyn Provider,
    cx: &Context<'_>,
    work: &mut Work<'_>,
    grant: &Grant,
) -> Result<Option<GrantSelector>, Error> {
    if grant.kind == GrantKind::OrganizationLink {
        let organization = OrganizationSelector::Id(grant.role_id.clone());
        let asked = Organization::from(organization.clone());
        let Ok(selector) = request::organization_selector(provider, &asked) else {
            return Ok(None);
        };
        let is_only = select::means_only(provider, cx, work, &selector, grant).await?;
        return Ok(is_only.then_some(GrantSelector::Organization(organization)));
    }
    for candidate in candidates(provider, grant) {
        let Ok(selector) = request::role_selector(provider, &types::Role::from(candidate.clone())) else {
            continue;
        };
        if select::means_only(provider, cx, work, &selector, grant).await? {
            return Ok(Some(GrantSelector::Role(candidate)));
        }
    }
    Ok(None)
}

/// The entries that may select a grant, the plainest first.
fn candidates(provider: &dyn Provider, grant: &Grant) -> Vec<RequestedRole> {
    let at = |scope: &Option<String>| scope.clone().map_or(Narrowing::Anywhere, Narrowing::Only);
    let role = match (grant.kind, grant.known_as.identity) {
        (GrantKind::Membership, _) => RoleSelector::GroupMembership,
        (_, Identity::NameOnly) => RoleSelector::Name(grant.role_id.clone()),
        (_, Identity::Id | Identity::NameIsId) => RoleSelector::Id(grant.role_id.clone()),
    };
    let exact = RequestedRole {
        role,
        group: at(&grant.scope.group),
        organization: at(&grant.scope.organization),
        workspace: at(&grant.scope.workspace),
    };
    let without_organization = RequestedRole {
        organization: Narrowing::Anywhere,
        ..exact.clone()
    };
    let mut candidates: Vec<RequestedRole> = provider.selector(grant).into_iter().collect();
    candidates.extend([exact, without_organization]);
    candidates
}

fn held_grant(grant: Grant, removable: Removable, selector: Option<GrantSelector>) -> HeldGrant {
    let direct = grant.is_direct();
    HeldGrant {
        kind: grant.kind.into(),
        role_id: grant.role_id,
        role_name: grant.role_name,
        scope: grant.scope,
        direct,
        via: match grant.held {
            Held::Direct | Held::NotRead => Vec::new(),
            Held::Through(via) => via,
        },
        removable,
        selector,
        warnings: grant.warnings,
    }
}
