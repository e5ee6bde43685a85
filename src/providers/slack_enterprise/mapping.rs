//! From Slack's user document to the unified user.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    contract::types::{self, Email, Organization, Phone, Role, Workspace},
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
    let flag = |key: &str| document.get(key).and_then(Value::as_bool);
    types::User {
        identifiers: Some(json!({"team_id": text("/team_id"), "enterprise_id": detail.enterprise}).to_string()),
        first_name: text("/profile/first_name"),
        last_name: text("/profile/last_name"),
        name: text("/real_name").or_else(|| text("/profile/real_name")),
        username: text("/name"),
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
        avatar: ["/profile/image_original", "/profile/image_512", "/profile/image_192"]
            .iter()
            .find_map(|pointer| text(pointer)),
        timezone: text("/tz"),
        languages: text("/locale").into_iter().collect(),
        updated_at: document
            .get("updated")
            .and_then(Value::as_u64)
            .map(|seconds| timestamp::format(Duration::from_secs(seconds))),
        ..blank_user(text("/id").unwrap_or_default())
    }
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
