//! From JumpCloud's documents to grants and to the unified user.

use serde_json::{Map, Value};

use crate::{
    ask::same_text,
    contract::types::{self, Email, Organization, Phone, Scope},
    provider::{Grant, GrantKind, Held},
    unified::blank_user,
};

use super::{
    config::Config,
    documents::{Administrator, Role},
    reading::{Detail, id_of},
};

/// Keys whose values are secrets, or digests of them.
const SECRETS: &[&str] = &[
    "apikeyhash",
    "apikey",
    "sshkeys",
    "publickey",
    "password",
    "totpkey",
    "recoverycode",
];

/// One grant for each role name. Its id is the directory's; without one the name stands for it.
pub fn role_grants(config: &Config, administrator: &Administrator, roles: Option<&[Role]>) -> Vec<Grant> {
    let names = administrator.names();
    let organization = administrator
        .organization
        .clone()
        .filter(|organization| !organization.is_empty())
        .or_else(|| config.org_id.clone());
    names
        .iter()
        .map(|name| {
            let known = roles
                .into_iter()
                .flatten()
                .find(|role| same_text(&role.name, name))
                .map(|role| role.id.clone());
            let only = administrator.role.clone().filter(|_| names.len() == 1);
            Grant {
                kind: GrantKind::Role,
                role_id: known.or(only).unwrap_or_else(|| name.clone()),
                role_name: Some(name.clone()),
                scope: Scope {
                    group: None,
                    organization: organization.clone(),
                    workspace: None,
                },
                held: Held::Direct,
                effects: Vec::new(),
                warnings: Vec::new(),
            }
        })
        .collect()
}

/// The document without what must not be shown.
pub fn without_secrets(document: &Value) -> Value {
    match document {
        Value::Object(fields) => {
            let is_shown = |key: &str| {
                let folded = key.to_lowercase().replace('_', "");
                !SECRETS.contains(&folded.as_str())
            };
            let shown: Map<String, Value> = fields
                .iter()
                .filter(|(key, _)| is_shown(key))
                .map(|(key, value)| (key.clone(), without_secrets(value)))
                .collect();
            Value::Object(shown)
        }
        Value::Array(items) => Value::Array(items.iter().map(without_secrets).collect()),
        other => other.clone(),
    }
}

/// E-mail addresses (lower-case) and username.
pub fn names(detail: &Detail) -> (Vec<String>, Option<String>) {
    let documents = [
        detail.system_user.as_ref(),
        detail.administrator.as_ref().map(|(document, _)| document),
    ];
    let mut emails: Vec<String> = documents
        .into_iter()
        .flatten()
        .filter_map(|document| text(document, "/email"))
        .map(|email| email.to_lowercase())
        .collect();
    emails.dedup();
    (
        emails,
        detail.system_user.as_ref().and_then(|user| text(user, "/username")),
    )
}

/// The unified user: the system user, or the administrator where one stands alone.
pub fn user(detail: &Detail, grants: &[Grant]) -> types::User {
    let administrator = detail.administrator.as_ref().map(|(document, _)| document);
    let Some(document) = detail.system_user.as_ref().or(administrator) else {
        return blank_user("");
    };
    let field = |pointer: &str| text(document, pointer);
    let (first, last) = (field("/firstname"), field("/lastname"));
    let joined = [first.as_deref(), last.as_deref()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    types::User {
        identifiers: identifiers(detail),
        name: field("/displayname").or(if joined.is_empty() { None } else { Some(joined) }),
        first_name: first,
        last_name: last,
        username: field("/username"),
        title: field("/jobTitle"),
        emails: emails(document),
        phones: phones(document),
        status: status(detail),
        is_two_factor_enabled: two_factor(detail),
        roles: grants
            .iter()
            .filter(|grant| grant.kind == GrantKind::Role)
            .map(|grant| types::Role {
                id: Some(grant.role_id.clone()),
                name: grant.role_name.clone(),
                group: None,
                organization: grant.scope.organization.clone(),
                workspace: None,
            })
            .collect(),
        organizations: organizations(document, grants),
        user_type: field("/employeeType").or_else(|| detail.system_user.is_none().then(|| String::from("admin"))),
        timezone: administrator.and_then(|administrator| text(administrator, "/usersTimeZone")),
        bio: field("/description"),
        created_at: field("/created"),
        ..blank_user(id_of(document).unwrap_or_default())
    }
}

fn identifiers(detail: &Detail) -> Option<String> {
    let mut identifiers = Map::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            identifiers.insert(name.to_owned(), Value::String(value));
        }
    };
    if let Some(user) = &detail.system_user {
        put("employee_identifier", text(user, "/employeeIdentifier"));
        put("managed_apple_id", text(user, "/managedAppleId"));
    }
    put(
        "admin_id",
        detail
            .administrator
            .as_ref()
            .map(|(_, administrator)| administrator.id.clone()),
    );
    (!identifiers.is_empty()).then(|| Value::Object(identifiers).to_string())
}

fn emails(document: &Value) -> Vec<Email> {
    let email = |pointer: &str, kind: &str, is_primary: bool| {
        text(document, pointer).map(|email| Email {
            email: Some(email),
            type_: Some(kind.to_owned()),
            is_primary: Some(is_primary),
        })
    };
    [
        email("/email", "work", true),
        email("/alternateEmail", "alternate", false),
        email("/recoveryEmail/address", "recovery", false),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn phones(document: &Value) -> Vec<Phone> {
    let rows = document
        .get("phoneNumbers")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    rows.iter()
        .map(|row| Phone {
            number: text(row, "/number"),
            extension: None,
            type_: text(row, "/type"),
        })
        .collect()
}

fn status(detail: &Detail) -> Option<String> {
    let flag = |document: &Value, key: &str| document.get(key).and_then(Value::as_bool);
    let Some(user) = &detail.system_user else {
        let (document, administrator) = detail.administrator.as_ref()?;
        let word = if administrator.suspended == Some(true) {
            "inactive"
        } else if flag(document, "registered") == Some(false) {
            "invited"
        } else {
            "active"
        };
        return Some(word.to_owned());
    };
    let state = text(user, "/state");
    let word = match state.as_deref() {
        _ if flag(user, "suspended") == Some(true) || flag(user, "account_locked") == Some(true) => "inactive",
        Some("SUSPENDED" | "STAGED") => "inactive",
        Some("ACTIVATED") if flag(user, "activated") == Some(false) => "invited",
        Some("ACTIVATED") => "active",
        _ => return state,
    };
    Some(word.to_owned())
}

fn two_factor(detail: &Detail) -> Option<bool> {
    match (&detail.system_user, &detail.administrator) {
        (Some(user), _) => {
            let flags = [user.pointer("/mfa/configured"), user.get("totp_enabled")];
            let enrolled = user
                .pointer("/mfaEnrollment/overallStatus")
                .and_then(Value::as_str)
                .map(|word| word == "ENROLLED");
            let known: Vec<bool> = flags
                .into_iter()
                .flatten()
                .filter_map(Value::as_bool)
                .chain(enrolled)
                .collect();
            (!known.is_empty()).then(|| known.contains(&true))
        }
        (None, Some((document, _))) => document.get("totpEnrolled").and_then(Value::as_bool),
        (None, None) => None,
    }
}

fn organizations(document: &Value, grants: &[Grant]) -> Vec<Organization> {
    let own = text(document, "/organization").map(|id| (id, None));
    let linked = grants
        .iter()
        .filter(|grant| grant.kind == GrantKind::OrganizationLink)
        .map(|grant| (grant.role_id.clone(), grant.role_name.clone()));
    let mut organizations: Vec<Organization> = Vec::new();
    for (id, name) in own.into_iter().chain(linked) {
        if !organizations
            .iter()
            .any(|known| known.id.as_deref() == Some(id.as_str()))
        {
            organizations.push(Organization { id: Some(id), name });
        }
    }
    organizations
}

fn text(document: &Value, pointer: &str) -> Option<String> {
    document
        .pointer(pointer)?
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_left_out_at_every_depth() {
        let document = json!({"apiKeyHash": {"prefix": "x"}, "a": [{"ssh_keys": [1], "public_key": "k", "b": 1}], "apiKeySet": true});
        assert_eq!(without_secrets(&document), json!({"a": [{"b": 1}], "apiKeySet": true}));
    }
}
