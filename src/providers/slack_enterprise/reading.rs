//! Who is meant, and what is held.

use futures_util::future;
use serde_json::Value;

use crate::{
    ask::{Entry, Selector},
    client::QueryBuilder,
    error::{Error, FaultKind, ProviderFault},
    naming::same,
    provider::{Context, Reading},
    reason::Reason,
    warning::Warning,
};

use super::{
    account_types::{self, Workspaces},
    assignments::Assignments,
    config::Config,
    core,
    member::{self, Member},
    roles,
};

/// What the steps need of a reading.
pub struct Detail {
    pub user: Value,
    pub member: Member,
    pub assignments: Assignments,
    /// Workspaces whose lists of owners and admins were read.
    pub lists_read: Vec<String>,
    /// Workspaces of which nothing is proven, and why.
    pub blind: Vec<(String, String)>,
    /// The SCIM user, where the account wants it and it could be read.
    pub scim: Option<Value>,
}

/// The one user that is meant.
pub async fn find_user(config: &Config, cx: &Context<'_>) -> Result<String, Error> {
    let wanted = &cx.ask.user;
    if !wanted.contains('@') {
        return Ok(wanted.clone());
    }
    let query = QueryBuilder::new().pair("email", wanted);
    let document = core::read(config, cx, "users.lookupByEmail", query)
        .await
        .map_err(|fault| unknown(fault, wanted))?;
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str);
    match (text("/user/id"), text("/user/profile/email")) {
        (Some(id), Some(email)) if same(email, wanted) => Ok(id.to_owned()),
        _ => Err(Error::Refused {
            reason: Reason::NotExpected,
            message: String::from(
                "the user that Slack found has another e-mail address than the one asked for, or shows none",
            ),
        }),
    }
}

/// A fresh and complete read; `watched`: workspaces whose owners matter besides.
pub async fn read(config: &Config, cx: &Context<'_>, user: &str, watched: &[String]) -> Result<Reading, Error> {
    let (info, rows, scim) = documents(config, cx, user).await?;
    let document = info.get("user").cloned().unwrap_or_default();
    if document.get("id").and_then(Value::as_str) != Some(user) {
        return Err(ProviderFault::new(FaultKind::BadAnswer, "Slack answered with another user").into());
    }
    let member = Member::new(&document, user, enterprise(config, cx, &document).await?);
    let assignments = Assignments::of(&member, &rows)?;
    let mut workspaces = workspaces_asked(cx, &member);
    workspaces.extend(watched.iter().cloned());
    workspaces.sort();
    workspaces.dedup();
    let Workspaces { grants, read, blind } = account_types::of_workspaces(config, cx, &member, &workspaces).await?;
    let mut all = assignments.grants.clone();
    all.extend(account_types::of_organization(&member));
    all.extend(grants);
    if workspaces.is_empty() && of_workspaces(cx).next().is_some() {
        all.extend(account_types::everywhere(&member));
    }
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let mut documents = vec![
        ("user", document.to_string()),
        ("role_assignments", Value::from(assignments.rows.clone()).to_string()),
    ];
    documents.extend(scim.iter().map(|scim| ("scim", scim.to_string())));
    Ok(Reading {
        unread: Vec::new(),
        other_ids: member.enterprise_user.iter().cloned().collect(),
        grants: all,
        emails: text("/profile/email")
            .iter()
            .map(|email| email.to_lowercase())
            .collect(),
        username: text("/name"),
        documents,
        is_sparse: false,
        unreadable: unreadable(&member, &blind),
        warnings: warnings(cx, &member, &blind),
        detail: Box::new(Detail {
            user: document,
            member,
            assignments,
            lists_read: read,
            blind,
            scim,
        }),
    })
}

async fn documents(config: &Config, cx: &Context<'_>, user: &str) -> Result<(Value, Vec<Value>, Option<Value>), Error> {
    let info = async {
        let query = QueryBuilder::new().pair("user", user).pair("include_locale", "true");
        core::read(config, cx, "users.info", query)
            .await
            .map_err(|fault| unknown(fault, user))
    };
    let rows = async {
        core::list(config, cx, core::ASSIGNMENTS, &[], 200, "role_assignments")
            .await
            .map_err(Error::from)
    };
    let scim = async { Ok::<_, Error>(core::scim_user(config, cx, user).await) };
    future::try_join3(info, rows, scim).await
}

/// A read-back that sees less than the first reading is not settled.
fn unreadable(member: &Member, blind: &[(String, String)]) -> Vec<String> {
    let mut unreadable: Vec<String> = blind.iter().map(|(workspace, _)| workspace.clone()).collect();
    if member.above.is_none() || !member.has_teams {
        unreadable.push(member.enterprise.clone());
    }
    unreadable
}

fn warnings(cx: &Context<'_>, member: &Member, blind: &[(String, String)]) -> Vec<String> {
    let mut warnings = vec![Warning::IdpInheritanceNotVisible.text()];
    if selectors(cx).any(|selector| selector.id.as_deref().is_some_and(roles::is_custom)) {
        warnings.push(Warning::CustomRoleNotChecked.text());
    }
    if !member.has_teams && of_workspaces(cx).any(|selector| selector.workspace.is_none()) {
        warnings.push(Warning::WorkspacesNotVisible.text());
    }
    warnings.extend(
        blind
            .iter()
            .map(|(workspace, _)| Warning::WorkspaceNotVisible.about(workspace)),
    );
    warnings
}

/// Account types of a workspace are read only where the request means one.
fn workspaces_asked(cx: &Context<'_>, member: &Member) -> Vec<String> {
    of_workspaces(cx)
        .flat_map(|selector| match &selector.workspace {
            Some(workspace) => vec![workspace.clone()],
            None => member.teams.clone(),
        })
        .collect()
}

/// The entries that mean an account type of a workspace.
fn of_workspaces<'a>(cx: &'a Context<'_>) -> impl Iterator<Item = &'a Selector> {
    selectors(cx).filter(|selector| selector.id.as_deref().is_some_and(roles::is_of_workspace))
}

fn selectors<'a>(cx: &'a Context<'_>) -> impl Iterator<Item = &'a Selector> {
    cx.ask.entries.iter().map(Entry::selector)
}

async fn enterprise(config: &Config, cx: &Context<'_>, user: &Value) -> Result<String, ProviderFault> {
    let configured = config.enterprise_id.clone().filter(|id| !id.is_empty());
    if let Some(id) = configured.or_else(|| member::enterprise(user)) {
        return Ok(id);
    }
    let test = core::read(config, cx, "auth.test", QueryBuilder::new()).await?;
    test.get("enterprise_id")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| ProviderFault::new(FaultKind::Forbidden, "the token belongs to no Enterprise organization"))
}

fn unknown(fault: ProviderFault, wanted: &str) -> Error {
    let is_unknown = ["user_not_found", "users_not_found", "user_not_visible"]
        .iter()
        .any(|error| fault.message.ends_with(error));
    if is_unknown {
        Error::UserNotFound {
            message: format!("Slack knows no user `{wanted}`, or does not show one"),
        }
    } else {
        fault.into()
    }
}
