//! From Slack's user document to the unified user.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    contract::types::{self, Email, Group, Organization, Phone, Role, Workspace},
    provider::{Grant, Held},
    timestamp,
    unified::blank_user,
};

use super::reading::Detail;

/// The unified user. Its roles are what it holds itself: the assignments and the account types that were read.
pub fn user(detail: &Detail, grants: &[Grant]) -> types::User {
    let document = &detail.user;
    let text = |pointer: &str| {
        document
            .pointer(pointer)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let scim = |pointer: &str| {
        let value = detail.scim.as_ref()?.pointer(pointer)?.as_str()?;
        Some(value.to_owned()).filter(|text| !text.is_empty())
    };
    let flag = |key: &str| document.get(key).and_then(Value::as_bool);
    types::User {
        external_id: scim("/externalId"),
        identifiers: Some(identifiers(&text, &detail.enterprise)),
        first_name: text("/profile/first_name").or_else(|| scim("/name/givenName")),
        last_name: text("/profile/last_name").or_else(|| scim("/name/familyName")),
        name: text("/real_name").or_else(|| text("/profile/real_name")),
        username: text("/name").or_else(|| scim("/userName")),
        title: text("/profile/title"),
        emails: text("/profile/email")
            .map(|email| Email {
                email: Some(email),
                type_: None,
                is_primary: Some(true),
            })
            .into_iter()
            .collect(),
        phones: text("/profile/phone")
            .or_else(|| scim("/phoneNumbers/0/value"))
            .map(|number| Phone {
                number: Some(number),
                extension: None,
                type_: None,
            })
            .into_iter()
            .collect(),
        status: Some(String::from(if flag("deleted") == Some(true) {
            "deleted"
        } else if flag("is_invited_user") == Some(true) {
            "invited"
        } else {
            "active"
        })),
        is_email_verified: flag("is_email_confirmed"),
        // Without the right to see it, Slack says false.
        is_two_factor_enabled: flag("has_2fa").filter(|has| *has),
        roles: grants
            .iter()
            .filter(|grant| matches!(grant.held, Held::Direct))
            .map(role)
            .collect(),
        organizations: vec![Organization {
            id: Some(detail.enterprise.clone()),
            name: text("/enterprise_user/enterprise_name"),
        }],
        user_type: user_type(document),
        workspaces: detail
            .teams
            .iter()
            .map(|team| Workspace {
                id: Some(team.clone()),
                name: None,
            })
            .collect(),
        groups: groups(detail),
        avatar: AVATARS.iter().find_map(|size| text(&format!("/profile/image_{size}"))),
        created_at: scim("/meta/created"),
        timezone: text("/tz"),
        languages: text("/locale").into_iter().collect(),
        updated_at: document
            .get("updated")
            .and_then(Value::as_u64)
            .map(|seconds| timestamp::format(Duration::from_secs(seconds))),
        ..blank_user(text("/id").unwrap_or_default())
    }
}

/// From the largest to the smallest.
const AVATARS: [&str; 7] = ["original", "512", "192", "72", "48", "32", "24"];

fn identifiers(text: &dyn Fn(&str) -> Option<String>, enterprise: &str) -> String {
    let mut identifiers = json!({"team_id": text("/team_id"), "enterprise_id": enterprise});
    if let Some(id) = text("/enterprise_user/id") {
        identifiers["enterprise_user_id"] = Value::from(id);
    }
    identifiers.to_string()
}

/// Groups of the identity provider, as SCIM knows them.
fn groups(detail: &Detail) -> Vec<Group> {
    let groups = detail
        .scim
        .as_ref()
        .and_then(|scim| scim.get("groups"))
        .and_then(Value::as_array);
    let text = |group: &Value, key: &str| group.get(key).and_then(Value::as_str).map(str::to_owned);
    groups
        .into_iter()
        .flatten()
        .map(|group| Group {
            id: text(group, "value"),
            name: text(group, "display"),
            organization: Some(detail.enterprise.clone()),
        })
        .collect()
}

fn role(grant: &Grant) -> Role {
    let scope = grant.scope.clone();
    Role {
        id: Some(grant.role_id.clone()),
        name: grant.role_name.clone(),
        group: scope.group,
        organization: scope.organization,
        workspace: scope.workspace,
    }
}

fn user_type(document: &Value) -> Option<String> {
    let flag = |key: &str| document.get(key).and_then(Value::as_bool) == Some(true);
    let kinds = [
        ("is_bot", "bot"),
        ("is_primary_owner", "primary_owner"),
        ("is_owner", "owner"),
        ("is_admin", "admin"),
        ("is_ultra_restricted", "single_channel_guest"),
        ("is_restricted", "multi_channel_guest"),
    ];
    Some(
        kinds
            .iter()
            .find(|(key, _)| flag(key))
            .map_or("member", |(_, kind)| kind)
            .to_owned(),
    )
}
