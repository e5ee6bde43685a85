//! Who is meant, and what is held.

use futures_util::future;
use serde_json::Value;

use crate::{
    ask::same_text,
    client::QueryBuilder,
    contract::types::Scope,
    error::{Error, FaultKind, ProviderFault},
    provider::{Context, Grant, GrantKind, Held, Reading},
    reason::Reason,
};

use super::{account_types, config::Config, core, roles};

/// What the steps need of a reading.
pub struct Detail {
    pub user: Value,
    pub enterprise: String,
    /// The workspaces that the user is in.
    pub teams: Vec<String>,
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
        (Some(id), Some(email)) if same_text(email, wanted) => Ok(id.to_owned()),
        _ => Err(Error::Refused {
            reason: Reason::NotExpected,
            message: String::from(
                "the user that Slack found has another e-mail address than the one asked for, or shows none",
            ),
        }),
    }
}

/// A fresh and complete read.
pub async fn read(config: &Config, cx: &Context<'_>, user: &str) -> Result<Reading, Error> {
    let info = async {
        core::read(
            config,
            cx,
            "users.info",
            QueryBuilder::new().pair("user", user).pair("include_locale", "true"),
        )
        .await
        .map_err(|fault| unknown(fault, user))
    };
    let assignments = async {
        core::list(
            config,
            cx,
            "admin.roles.listAssignments",
            || QueryBuilder::new().pair("limit", "200"),
            "role_assignments",
        )
        .await
        .map_err(Error::from)
    };
    let scim = async { Ok::<_, Error>(core::scim_user(config, cx, user).await) };
    let (info, assignments, scim) = future::try_join3(info, assignments, scim).await?;
    let document = info.get("user").cloned().unwrap_or_default();
    if document.get("id").and_then(Value::as_str) != Some(user) {
        return Err(ProviderFault::new(FaultKind::BadAnswer, "Slack answered with another user").into());
    }
    let enterprise = enterprise(config, cx, &document).await?;
    let own: Vec<&Value> = assignments
        .iter()
        .filter(|row| row.get("user_id").and_then(Value::as_str) == Some(user))
        .collect();
    let mut grants = own.iter().map(|row| assigned(row)).collect::<Result<Vec<Grant>, _>>()?;
    let teams = teams(&document);
    grants.extend(account_types::of_organization(&document, &enterprise));
    grants.extend(account_types::of_workspaces(config, cx, user, &workspaces_asked(cx, &teams)).await?);
    let mut warnings = vec![String::from("idp_inheritance_not_visible")];
    if cx
        .ask
        .entries
        .iter()
        .any(|entry| entry.selector().id.as_deref().is_some_and(roles::is_custom))
    {
        warnings.push(String::from("custom_role_not_checked"));
    }
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let mut documents = vec![
        ("user", document.to_string()),
        ("role_assignments", serde_json::json!(own).to_string()),
    ];
    documents.extend(scim.iter().map(|scim| ("scim", scim.to_string())));
    Ok(Reading {
        other_ids: Vec::new(),
        grants,
        emails: text("/profile/email")
            .iter()
            .map(|email| email.to_lowercase())
            .collect(),
        username: text("/name"),
        documents,
        unreadable: Vec::new(),
        warnings,
        detail: Box::new(Detail {
            user: document,
            enterprise,
            teams,
            scim,
        }),
    })
}

/// Account types of a workspace are read only where the request means one.
fn workspaces_asked(cx: &Context<'_>, teams: &[String]) -> Vec<String> {
    let mut asked: Vec<String> = Vec::new();
    for selector in cx.ask.entries.iter().map(crate::ask::Entry::selector) {
        if !matches!(selector.id.as_deref(), Some(roles::OWNER | roles::ADMIN)) {
            continue;
        }
        match &selector.workspace {
            Some(workspace) => asked.push(workspace.clone()),
            None => asked.extend(teams.iter().cloned()),
        }
    }
    asked.sort();
    asked.dedup();
    asked
}

fn teams(user: &Value) -> Vec<String> {
    let list = user
        .pointer("/enterprise_user/teams")
        .or_else(|| user.get("teams"))
        .and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|team| team.as_str().map(str::to_owned))
        .collect()
}

async fn enterprise(config: &Config, cx: &Context<'_>, user: &Value) -> Result<String, ProviderFault> {
    let known = user
        .pointer("/enterprise_user/enterprise_id")
        .or_else(|| user.get("enterprise_id"))
        .and_then(Value::as_str);
    if let Some(id) = config.enterprise_id.as_deref().or(known).filter(|id| !id.is_empty()) {
        return Ok(id.to_owned());
    }
    let test = core::read(config, cx, "auth.test", QueryBuilder::new()).await?;
    test.get("enterprise_id")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| ProviderFault::new(FaultKind::Forbidden, "the token belongs to no Enterprise organization"))
}

/// An assignment as a grant; the entity's first letter says what it is.
fn assigned(row: &Value) -> Result<Grant, ProviderFault> {
    let text = |key: &str| {
        row.get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let (Some(role), Some(entity)) = (text("role_id"), text("entity_id")) else {
        return Err(ProviderFault::new(
            FaultKind::BadAnswer,
            "a row in Slack's list of assignments is not as documented",
        ));
    };
    let is = |letter: char| entity.starts_with(letter).then(|| entity.clone());
    let (organization, workspace) = (is('E'), is('T'));
    Ok(Grant {
        kind: GrantKind::Role,
        role_name: roles::name_of(&role).map(str::to_owned),
        role_id: role,
        scope: Scope {
            group: if organization.is_none() && workspace.is_none() {
                Some(entity.clone())
            } else {
                None
            },
            organization,
            workspace,
        },
        held: Held::Direct,
        effects: Vec::new(),
        warnings: Vec::new(),
    })
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
