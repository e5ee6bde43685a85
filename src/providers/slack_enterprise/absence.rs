//! What it means that a reading shows no grant.

use crate::{
    ask::Selector,
    client::QueryBuilder,
    provider::{Absence, Context, Grant, Reading},
    reason::Reason,
    warning::Warning,
};

use super::{assignments, config::Config, core, reading::Detail, roles};

/// For one organization at most.
pub async fn of(config: &Config, cx: &Context<'_>, selector: &Selector, reading: &Reading, detail: &Detail) -> Absence {
    let Some(id) = selector.id.as_deref() else {
        return Absence::Unclear {
            reason: Reason::NotSupported,
            message: format!(
                "Slack publishes no role called `{}`, and a custom role is known by its id alone (Rl…); the known names are {}",
                selector.label(),
                roles::names().join(", ")
            ),
        };
    };
    let own = &detail.member.enterprise;
    if let Some(other) = selector.organizations.iter().find(|named| *named != own) {
        return not_visible(format!(
            "the token belongs to the organization {own}, and shows nothing of {other}"
        ));
    }
    if roles::is_account_type(id) {
        return of_account_type(id, selector, reading, detail);
    }
    if roles::is_custom(id) && !detail.assignments.exists(id) && is_unknown(config, cx, id).await {
        return Absence::NotFound(format!("Slack knows no role with the id `{id}`"));
    }
    // The complete list of assignments is the proof.
    let inside: Vec<String> = of_role(reading, id)
        .filter(|_| selector.is_outermost)
        .filter_map(|grant| assignments::entity(&grant.scope))
        .map(|entity| Warning::HeldAt.about(entity))
        .collect();
    if inside.is_empty() {
        Absence::Proven
    } else {
        Absence::ProvenExcept { warnings: inside }
    }
}

fn of_account_type(id: &str, selector: &Selector, reading: &Reading, detail: &Detail) -> Absence {
    let member = &detail.member;
    if member.above.is_none() {
        return not_visible(String::from(
            "Slack's user document does not say what the user is in the organization",
        ));
    }
    if !roles::is_of_workspace(id) {
        return Absence::Proven;
    }
    let workspaces = match &selector.workspace {
        Some(workspace) => std::slice::from_ref(workspace),
        None if member.has_teams => member.teams.as_slice(),
        None => {
            return not_visible(String::from(
                "Slack's user document has no list of the user's workspaces: name one",
            ));
        }
    };
    if let Some((_, why)) = detail.blind.iter().find(|(blind, _)| workspaces.contains(blind)) {
        return not_visible(why.clone());
    }
    let is_there = |grant: &&Grant| {
        let workspace = grant.scope.workspace.as_ref();
        workspace.is_some_and(|workspace| workspaces.contains(workspace) && !member.is_home(workspace))
    };
    // The document tells the primary owner of one workspace alone.
    match of_role(reading, roles::OWNER).find(is_there) {
        Some(owner) if id == roles::PRIMARY_OWNER => not_visible(format!(
            "Slack does not show which owner of workspace {} is its primary owner",
            owner.scope.workspace.as_deref().unwrap_or_default()
        )),
        _ => Absence::Proven,
    }
}

fn of_role<'a>(reading: &'a Reading, id: &'a str) -> impl Iterator<Item = &'a Grant> {
    reading.grants.iter().filter(move |grant| grant.role_id == id)
}

/// There is no directory of custom roles; a list of the assignments of one that does not exist is refused.
async fn is_unknown(config: &Config, cx: &Context<'_>, id: &str) -> bool {
    let query = QueryBuilder::new().pair("role_ids", id).pair("limit", "1");
    core::read(config, cx, core::ASSIGNMENTS, query)
        .await
        .is_err_and(|fault| fault.message.ends_with("invalid_role_id"))
}

const fn not_visible(message: String) -> Absence {
    Absence::Unclear {
        reason: Reason::NotVisible,
        message,
    }
}
