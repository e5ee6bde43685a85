//! The records of users, administrators and groups.

use serde_json::{Value, json};

use super::{
    DEMO_ORGANIZATION,
    state::{Administrator, State, SystemUser},
};

/// `systemuserreturn`.
pub fn system_user(state: &State, user: &SystemUser) -> Value {
    let linked = user
        .administrator
        .as_ref()
        .and_then(|id| state.administrators.iter().find(|known| known.id == *id));
    let mut document = json!({
        "_id": user.id, "username": user.username, "firstname": user.first, "lastname": user.last, "email": user.email,
        "displayname": format!("{} {}", user.first, user.last), "jobTitle": "Engineer", "employeeType": "employee",
        "employeeIdentifier": "E-17", "state": "ACTIVATED", "activated": true, "suspended": false, "account_locked": false,
        "created": "2025-02-03T04:05:06Z", "organization": DEMO_ORGANIZATION, "mfa": {"configured": true}, "totp_enabled": false,
        "phoneNumbers": [{"number": "+1 555 0101", "type": "work"}], "alternateEmail": "alt@example.com", "description": "On call",
        "ssh_keys": [{"public_key": "ssh-ed25519 SECRETKEY"}], "public_key": "SECRETKEY",
        "admin": linked.map(|known| {
            json!({"id": known.id, "roleName": state.first_role(known), "roleNames": known.roles})
        }),
    });
    if !state.shows_organization.1 {
        document["organization"] = Value::Null;
    }
    document
}

/// `userreturn`.
pub fn administrator(state: &State, known: &Administrator) -> Value {
    // A role that is not in the directory any more has its id all the same.
    let id_of = |name: &String| {
        let known = state.roles.iter().find(|(_, role)| role == name);
        known.map_or("5d00000000000000000000ff", |(id, _)| id.as_str())
    };
    // The organization of an administrator of several is empty.
    let organization = if state.shows_organization.0 {
        DEMO_ORGANIZATION
    } else {
        ""
    };
    let first = state.first_role(known);
    let mut document = json!({
        "_id": known.id, "email": known.email, "organization": organization, "suspended": false,
        "role": first.map(id_of), "roleName": first, "roleNames": known.roles,
        "roles": known.roles.iter().map(id_of).collect::<Vec<_>>(), "totpEnrolled": true, "apiKeyAllowed": true,
        "apiKeySet": true, "apiKeyHash": {"prefix": "SECRETHASH"}, "created": "2025-02-03T04:05:06Z", "usersTimeZone": "Europe/Berlin",
    });
    for (id, field, value) in &state.changed_fields {
        if *id == known.id {
            document[field] = value.clone();
        }
    }
    document
}

pub fn group((id, name, _): &(String, String, Vec<String>)) -> Value {
    json!({"id": id, "name": name, "type": "user_group", "membershipMethod": "STATIC"})
}
