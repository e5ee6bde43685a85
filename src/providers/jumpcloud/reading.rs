//! Who is meant, and what is held: the system user, the administrator behind it, and what the request names besides.

use serde_json::Value;

use crate::{
    ask::{Entry, same_text},
    client::{QueryBuilder, path_segment},
    contract::types::{Scope, SideEffect},
    error::{Error, FaultKind, ProviderFault},
    provider::{Context, Grant, GrantKind, Held, Reading},
    reason::Reason,
};

use super::{
    config::{Config, is_object_id},
    core,
    documents::{Administrator, OrganizationLink, Role, UserGroup},
    mapping,
};

/// What the steps need of a reading.
pub struct Detail {
    /// `None` for an administrator that stands alone.
    pub system_user: Option<Value>,
    pub administrator: Option<(Value, Administrator)>,
    /// Nobody at all is shown as an administrator, although the account's own key belongs to one.
    pub sees_nobody: bool,
    /// `None`: the directory of roles cannot be read.
    pub roles: Option<Vec<Role>>,
    /// The groups that the request names, by the text that names them.
    pub groups: Vec<(String, UserGroup)>,
}

/// The id to write to: a system user's, or that of an administrator who stands alone.
pub async fn find_user(config: &Config, cx: &Context<'_>) -> Result<String, Error> {
    let wanted = &cx.ask.user;
    if !wanted.contains('@') {
        return Ok(wanted.clone());
    }
    let path = QueryBuilder::new()
        .pair("filter", &format!("email:$eq:{wanted}"))
        .on("/api/systemusers");
    let users: Vec<Value> = core::list(config, cx, &path, "the user by e-mail").await?;
    let exact = with_email(users, wanted);
    match exact.as_slice() {
        [user] => id_of(user).ok_or_else(|| unreadable("a user without id").into()),
        [] => {
            let administrators: Vec<Value> =
                core::list(config, cx, "/api/users?sort=_id", "the administrators").await?;
            match with_email(administrators, wanted).as_slice() {
                [administrator] => id_of(administrator).ok_or_else(|| unreadable("an administrator without id").into()),
                [] => Err(not_found(wanted)),
                _ => Err(several(wanted)),
            }
        }
        _ => Err(several(wanted)),
    }
}

/// A fresh and complete read.
pub async fn read(config: &Config, cx: &Context<'_>, user: &str) -> Result<Reading, Error> {
    let system_user = core::find(
        config,
        cx,
        &format!("/api/systemusers/{}", path_segment(user)),
        "the user",
    )
    .await?;
    let (administrator, sees_nobody) = administrator(config, cx, user, system_user.as_ref()).await?;
    let mut warnings = Vec::new();
    let roles = match core::list::<Role>(config, cx, "/api/v2/roles", "the roles").await {
        Ok(roles) => Some(roles),
        Err(fault) if matches!(fault.kind, FaultKind::Forbidden | FaultKind::Refused) => {
            warnings.push(String::from("role_directory_not_readable"));
            None
        }
        Err(fault) => return Err(fault.into()),
    };
    let mut grants = Vec::new();
    let mut documents = Vec::new();
    if let Some(document) = &system_user {
        documents.push(("user", mapping::without_secrets(document).to_string()));
    }
    if let Some((document, administrator)) = &administrator {
        documents.push(("administrator", mapping::without_secrets(document).to_string()));
        grants.extend(mapping::role_grants(config, administrator, roles.as_deref()));
        if cx
            .ask
            .entries
            .iter()
            .any(|entry| matches!(entry, Entry::Organization { .. }))
        {
            grants.extend(organization_links(config, cx, &administrator.id).await?);
        }
    }
    let groups = named_groups(config, cx).await?;
    if system_user.is_some() && !groups.is_empty() {
        grants.extend(memberships(config, cx, user, &groups).await?);
    }
    let detail = Detail {
        system_user,
        administrator,
        sees_nobody,
        roles,
        groups,
    };
    let (emails, username) = mapping::names(&detail);
    Ok(Reading {
        other_ids: Vec::new(),
        grants,
        emails,
        username,
        documents,
        unreadable: Vec::new(),
        warnings,
        detail: Box::new(detail),
    })
}

/// The administrator of an id, as it is now.
pub async fn administrator_by_id(
    config: &Config,
    cx: &Context<'_>,
    id: &str,
) -> Result<Option<(Value, Administrator)>, ProviderFault> {
    let Some(document) = core::find(
        config,
        cx,
        &format!("/api/users/{}", path_segment(id)),
        "the administrator",
    )
    .await?
    else {
        return Ok(None);
    };
    let administrator: Administrator = serde_json::from_value(document.clone())
        .map_err(|_| unreadable("an administrator that is not as documented"))?;
    Ok(Some((document, administrator)))
}

/// The administrators of the organization, all of them.
pub async fn administrators(config: &Config, cx: &Context<'_>) -> Result<Vec<Administrator>, ProviderFault> {
    core::list(config, cx, "/api/users?sort=_id", "the administrators").await
}

/// The administrator behind a system user: the one that is linked, else the one with the same e-mail address. An id of no system
/// user may be an administrator's own.
async fn administrator(
    config: &Config,
    cx: &Context<'_>,
    user: &str,
    system_user: Option<&Value>,
) -> Result<(Option<(Value, Administrator)>, bool), Error> {
    let Some(system_user) = system_user else {
        return match administrator_by_id(config, cx, user).await? {
            Some(administrator) => Ok((Some(administrator), false)),
            None => Err(not_found(user)),
        };
    };
    if let Some(id) = system_user.pointer("/admin/id").and_then(Value::as_str) {
        return Ok((administrator_by_id(config, cx, id).await?, false));
    }
    // No link is no proof: the list of administrators, read to its end, is.
    let Some(email) = system_user.get("email").and_then(Value::as_str) else {
        return Ok((None, true));
    };
    let all = administrators(config, cx).await?;
    let same: Vec<&Administrator> = all
        .iter()
        .filter(|known| known.email.as_deref().is_some_and(|known| same_text(known, email)))
        .collect();
    match same.as_slice() {
        [] => Ok((None, all.is_empty())),
        [one] => Ok((administrator_by_id(config, cx, &one.id).await?, false)),
        _ => Err(several(email)),
    }
}

async fn organization_links(
    config: &Config,
    cx: &Context<'_>,
    administrator: &str,
) -> Result<Vec<Grant>, ProviderFault> {
    let path = format!(
        "/api/v2/administrators/{}/organizationlinks",
        path_segment(administrator)
    );
    let links: Vec<OrganizationLink> = core::list(config, cx, &path, "the organization links").await?;
    let organizations: Vec<Value> = core::list(config, cx, "/api/organizations", "the organizations").await?;
    Ok(links
        .into_iter()
        .map(|link| {
            let known = organizations
                .iter()
                .find(|known| id_of(known).as_deref() == Some(link.organization.as_str()));
            Grant {
                kind: GrantKind::OrganizationLink,
                role_name: known
                    .and_then(|known| known.get("displayName"))
                    .and_then(Value::as_str)
                    .map(str::to_owned),
                role_id: link.organization,
                scope: Scope {
                    group: None,
                    organization: None,
                    workspace: None,
                },
                held: Held::Direct,
                effects: vec![SideEffect::RemoveOrganizationAccess],
                warnings: Vec::new(),
            }
        })
        .collect())
}

/// The user groups that the request names, by id or by a name that only one group has.
async fn named_groups(config: &Config, cx: &Context<'_>) -> Result<Vec<(String, UserGroup)>, Error> {
    let mut named: Vec<(String, UserGroup)> = Vec::new();
    for text in cx
        .ask
        .entries
        .iter()
        .filter_map(|entry| entry.selector().group.as_ref())
    {
        if named.iter().any(|(known, _)| known == text) {
            continue;
        }
        if is_object_id(text) {
            let path = format!("/api/v2/usergroups/{}", path_segment(text));
            if let Some(document) = core::find(config, cx, &path, "the user group").await? {
                let group = serde_json::from_value(document)
                    .map_err(|_| unreadable("a user group that is not as documented"))?;
                named.push((text.clone(), group));
            }
            continue;
        }
        // A comma would part the filter's values: the list is matched here besides.
        let path = QueryBuilder::new()
            .pair("filter", &format!("name:eq:{text}"))
            .on("/api/v2/usergroups");
        let groups: Vec<UserGroup> = core::list(config, cx, &path, "the user groups").await?;
        let mut exact = groups
            .into_iter()
            .filter(|group| group.name.as_deref().is_some_and(|name| same_text(name, text)));
        if let Some(group) = exact.next() {
            if exact.next().is_some() {
                return Err(several(text));
            }
            named.push((text.clone(), group));
        }
    }
    Ok(named)
}

async fn memberships(
    config: &Config,
    cx: &Context<'_>,
    user: &str,
    groups: &[(String, UserGroup)],
) -> Result<Vec<Grant>, ProviderFault> {
    let path = format!("/api/v2/users/{}/memberof", path_segment(user));
    let memberships: Vec<Value> = core::list(config, cx, &path, "the user's groups").await?;
    let is_member = |id: &str| memberships.iter().any(|row| id_of(row).as_deref() == Some(id));
    Ok(groups
        .iter()
        .filter(|(_, group)| is_member(&group.id))
        .map(|(text, group)| Grant {
            kind: GrantKind::Membership,
            role_id: group.id.clone(),
            role_name: group.name.clone(),
            scope: Scope {
                group: Some(text.clone()),
                organization: None,
                workspace: None,
            },
            held: Held::Direct,
            effects: vec![SideEffect::LeaveGroup],
            warnings: if group.method.as_deref() == Some("DYNAMIC_AUTOMATED") {
                vec![String::from("may_return_by_dynamic_group")]
            } else {
                Vec::new()
            },
        })
        .collect())
}

/// `_id` or `id`.
pub fn id_of(document: &Value) -> Option<String> {
    ["_id", "id"]
        .iter()
        .find_map(|key| document.get(*key)?.as_str())
        .map(str::to_owned)
}

fn with_email(documents: Vec<Value>, email: &str) -> Vec<Value> {
    let is_same = |document: &Value| {
        document
            .get("email")
            .and_then(Value::as_str)
            .is_some_and(|known| same_text(known, email))
    };
    documents.into_iter().filter(is_same).collect()
}

fn not_found(text: &str) -> Error {
    Error::UserNotFound {
        message: format!("JumpCloud knows no user and no administrator `{text}`"),
    }
}

fn several(text: &str) -> Error {
    Error::Refused {
        reason: Reason::Ambiguous,
        message: format!("JumpCloud knows several of `{text}`; use the id"),
    }
}

fn unreadable(what: &str) -> ProviderFault {
    ProviderFault::new(
        FaultKind::BadAnswer,
        format!("JumpCloud's answer is not as expected: {what}"),
    )
}
