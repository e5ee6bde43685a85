//! From Slack's user document to the unified user.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    contract::types::{self, Email, Group, Organization, Phone, Role, Url, Workspace},
    provider::Grant,
    timestamp,
    unified::blank_user,
};

use super::{form, reading::Detail, roles};

/// The unified user. Its roles are the assignments, and what it is in the organization and in the workspaces that were read, as
/// far as a request can have them: what a guest is stands in `user_type`.
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
        identifiers: Some(identifiers(&text, &detail.member.enterprise)),
        first_name: text("/profile/first_name").or_else(|| scim("/name/givenName")),
        last_name: text("/profile/last_name").or_else(|| scim("/name/familyName")),
        name: text("/real_name").or_else(|| text("/profile/real_name")),
        username: text("/name").or_else(|| scim("/userName")),
        title: text("/profile/title"),
        emails: emails(text("/profile/email"), detail.scim.as_ref()),
        phones: phones(text("/profile/phone"), detail.scim.as_ref()),
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
            .filter(|grant| grant.is_direct() || is_highest(grant))
            .map(role)
            .chain(at_home(detail))
            .filter(form::is_role_of_a_request)
            .collect(),
        organizations: vec![Organization {
            id: Some(detail.member.enterprise.clone()),
            name: text("/enterprise_user/enterprise_name"),
        }],
        user_type: user_type(document),
        workspaces: detail
            .member
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
        urls: scim("/profileUrl")
            .map(|url| Url {
                url: Some(url),
                type_: None,
            })
            .into_iter()
            .collect(),
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
    entries(detail.scim.as_ref(), "groups")
        .map(|group| Group {
            id: value(group, "value"),
            name: value(group, "display"),
            organization: Some(detail.member.enterprise.clone()),
        })
        .collect()
}

/// SCIM's list, where there is one, else the profile's.
fn emails(own: Option<String>, scim: Option<&Value>) -> Vec<Email> {
    let listed: Vec<Email> = entries(scim, "emails")
        .map(|entry| Email {
            email: value(entry, "value"),
            type_: value(entry, "type"),
            is_primary: entry.get("primary").and_then(Value::as_bool),
        })
        .filter(|email| email.email.is_some())
        .collect();
    if !listed.is_empty() {
        return listed;
    }
    own.map(|email| Email {
        email: Some(email),
        type_: None,
        is_primary: Some(true),
    })
    .into_iter()
    .collect()
}

/// The profile's number, and those that SCIM has besides.
fn phones(own: Option<String>, scim: Option<&Value>) -> Vec<Phone> {
    let mut phones: Vec<Phone> = own
        .map(|number| Phone {
            number: Some(number),
            extension: None,
            type_: None,
        })
        .into_iter()
        .collect();
    for entry in entries(scim, "phoneNumbers") {
        let number = value(entry, "value");
        if number.is_some() && !phones.iter().any(|known| known.number == number) {
            phones.push(Phone {
                number,
                extension: None,
                type_: value(entry, "type"),
            });
        }
    }
    phones
}

fn entries<'a>(scim: Option<&'a Value>, key: &str) -> impl Iterator<Item = &'a Value> {
    let list = scim.and_then(|scim| scim.get(key)).and_then(Value::as_array);
    list.into_iter().flatten()
}

fn value(entry: &Value, key: &str) -> Option<String> {
    let text = entry.get(key)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// What nothing is above of, so that it is not held through anything else, and what no call takes away.
fn is_highest(grant: &Grant) -> bool {
    grant.role_id == roles::ORG_PRIMARY_OWNER
        || (grant.role_id == roles::PRIMARY_OWNER && grant.scope.workspace.is_some())
}

/// The account type in the home workspace by the document, where the workspace's own lists were not read.
fn at_home(detail: &Detail) -> Option<Role> {
    let member = &detail.member;
    let home = member.home.as_ref().filter(|home| !detail.lists_read.contains(home))?;
    let types = [
        (member.is_primary_owner, roles::PRIMARY_OWNER),
        (member.is_owner, roles::OWNER),
        (member.is_admin, roles::ADMIN),
    ];
    let (_, id) = types.into_iter().find(|(is, _)| *is)?;
    Some(Role {
        id: Some(id.to_owned()),
        name: roles::name_of(id).map(str::to_owned),
        group: None,
        organization: Some(member.enterprise.clone()),
        workspace: Some(home.clone()),
    })
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
        ("is_workflow_bot", "workflow_bot"),
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
