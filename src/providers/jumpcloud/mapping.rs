//! From JumpCloud's documents to grants and to the unified user.

use serde_json::{Map, Value};

use crate::{
    contract::{
        types::{self, Email, Group, Organization, Phone},
        user::blank_user,
    },
    hashed::{HashMap, HashSet},
    provider::{Grant, GrantKind, Identity},
};

use super::{
    documents::{further_addresses_of, id_of},
    find::{Administration, Person},
    read::Detail,
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

/// E-mail addresses (lower-case) and username. No address at all if one of the two records, or its address, is not shown: it may be any.
pub fn names(person: &Person) -> (Vec<String>, Option<String>) {
    let emails: Option<Vec<String>> = addresses(person).map(|email| Some(email?.to_lowercase())).collect();
    let mut emails = emails.filter(|_| !person.hides_administrator()).unwrap_or_default();
    emails.dedup();
    let username = match &person.system_user {
        Some(user) => text(user, "/username"),
        // An administrator has no other login than the address.
        None if !person.hides_record => emails.first().cloned(),
        None => None,
    };
    (emails, username)
}

/// The address of each record that is shown, `None` if it shows none.
pub fn addresses(person: &Person) -> impl Iterator<Item = Option<String>> {
    let documents = [person.system_user.as_ref(), person.administrator_document()];
    documents.into_iter().flatten().map(|document| text(document, "/email"))
}

/// What the person may go by besides: the further addresses of the records that are shown, and all of the records that may be the
/// person's. `None` is one that cannot be read. For guards only: nobody is looked up by one.
pub fn further_addresses(person: &Person) -> impl Iterator<Item = Option<String>> {
    let documents = [person.system_user.as_ref(), person.administrator_document()];
    let own = documents.into_iter().flatten().flat_map(further_addresses_of);
    let others = person.may_be.iter().flat_map(|other| other.addresses.iter().cloned());
    own.chain(others)
}

/// The unified user: the system user, or the administrator if there is no system user.
pub fn user(detail: &Detail, grants: &[Grant]) -> types::User {
    let administrator = detail.person.administrator_document();
    let Some(document) = detail.person.system_user.as_ref().or(administrator) else {
        // An administrator without a system user, and deleted.
        return blank_user(detail.basis.administrator.clone().unwrap_or_default());
    };
    let field = |pointer: &str| text(document, pointer);
    let (first, middle, last) = (field("/firstname"), field("/middlename"), field("/lastname"));
    let joined = [first.as_deref(), middle.as_deref(), last.as_deref()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    // What is not told of the administrator may be more roles: a list is never shown partly.
    let is_unclear = matches!(detail.person.administrator, Administration::Unclear(_));
    types::User {
        truncated: is_unclear.then(|| String::from("roles")).into_iter().collect(),
        identifiers: identifiers(&detail.person),
        name: field("/displayname").or(if joined.is_empty() { None } else { Some(joined) }),
        first_name: first,
        last_name: last,
        username: field("/username"),
        title: field("/jobTitle"),
        emails: emails(document),
        phones: phones(document),
        status: status(&detail.person),
        is_two_factor_enabled: two_factor(&detail.person),
        roles: grants
            .iter()
            .filter(|grant| grant.kind == GrantKind::Role)
            .chain(&detail.visible_roles)
            .filter(|_| !is_unclear)
            .map(|grant| types::Role {
                // The name stands for an id that cannot be told, and is none.
                id: (grant.known_as.identity == Identity::Id).then(|| grant.role_id.clone()),
                name: grant.role_name.clone(),
                group: None,
                organization: grant.scope.organization.clone(),
                workspace: None,
            })
            .collect(),
        organizations: organizations(detail),
        groups: groups(detail),
        user_type: field("/employeeType")
            .or_else(|| detail.person.system_user.is_none().then(|| String::from("admin"))),
        timezone: administrator.and_then(|administrator| text(administrator, "/usersTimeZone")),
        bio: field("/description"),
        created_at: field("/created"),
        ..blank_user(id_of(document).unwrap_or_default())
    }
}

fn identifiers(person: &Person) -> Option<String> {
    let mut identifiers = Map::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            identifiers.insert(name.to_owned(), Value::String(value));
        }
    };
    if let Some(user) = &person.system_user {
        put("employee_identifier", text(user, "/employeeIdentifier"));
        put("username", text(user, "/username"));
        put("managed_apple_id", text(user, "/managedAppleId"));
    }
    put("admin_id", person.administrator_id());
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

fn status(person: &Person) -> Option<String> {
    let flag = |document: &Value, key: &str| document.get(key).and_then(Value::as_bool);
    let Some(user) = &person.system_user else {
        let document = person.administrator_document()?;
        let word = if flag(document, "suspended") == Some(true) {
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

fn two_factor(person: &Person) -> Option<bool> {
    let Some(user) = &person.system_user else {
        return person.administrator_document()?.get("totpEnrolled")?.as_bool();
    };
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

/// The own one and the linked ones, with their names where the organizations were read.
fn organizations(detail: &Detail) -> Vec<Organization> {
    let known = detail.basis.organizations.iter().flat_map(|list| &list.rows);
    let names: HashMap<&str, &String> = known
        .filter_map(|known| Some((known.id.as_str(), known.name.as_ref()?)))
        .collect();
    let links = detail.links.iter().flat_map(|list| &list.rows);
    let own = detail.basis.organization.id().into_iter();
    let mut ids: Vec<&str> = own.chain(links.map(|link| link.organization.as_str())).collect();
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(*id));
    ids.into_iter()
        .map(|id| Organization {
            id: Some(id.to_owned()),
            name: names.get(id).map(|name| (*name).clone()),
        })
        .collect()
}

fn groups(detail: &Detail) -> Vec<Group> {
    let known = detail.basis.groups.as_ref();
    let memberships = detail.memberships.iter().flat_map(|list| &list.rows);
    memberships
        .map(|membership| Group {
            id: Some(membership.id.clone()),
            name: known
                .and_then(|known| known.with_id(&membership.id))
                .and_then(|group| group.name.clone()),
            organization: detail.basis.organization.id().map(str::to_owned),
        })
        .collect()
}

fn text(document: &Value, pointer: &str) -> Option<String> {
    document
        .pointer(pointer)?
        .as_str()
        .filter(|text| !text.trim().is_empty())
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
