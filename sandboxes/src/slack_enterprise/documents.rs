//! The documents of a user.

use serde_json::{Value, json};

use super::{
    http::Handled,
    state::{Kind, State, User},
};

/// `users.info`.
pub fn user(state: &State, user: &User) -> Value {
    let home = user.teams.first().unwrap_or(&state.enterprise);
    let (here, above) = (state.kind(&user.id, home), state.kind(&user.id, &state.enterprise));
    let mut document = json!({
        "id": user.id, "team_id": home, "name": user.name, "deleted": false, "real_name": format!("{} {}", user.first, user.last),
        "tz": "Europe/Berlin", "locale": "en-US", "updated": 1_750_000_000, "has_2fa": true, "is_email_confirmed": true, "is_bot": false,
        "is_admin": here == Kind::Admin, "is_owner": here == Kind::Owner, "is_primary_owner": here == Kind::PrimaryOwner,
        "is_restricted": here == Kind::Guest, "is_ultra_restricted": false,
        "profile": {
            "first_name": user.first, "last_name": user.last, "email": user.email, "title": "Engineer", "phone": "+1 555 0102",
            "image_512": "https://example.com/a.jpg",
        },
        "enterprise_user": {
            "id": user.id_in_organization(), "enterprise_id": state.enterprise, "enterprise_name": "Acme", "teams": user.teams,
            "is_admin": above == Kind::Admin, "is_owner": above == Kind::Owner, "is_primary_owner": above == Kind::PrimaryOwner,
        },
    });
    if state.documents_by_enterprise_user {
        document["id"] = json!(user.id_in_organization());
    }
    for pointer in &state.left_out {
        leave_out(&mut document, pointer);
    }
    document
}

/// A row of `admin.users.list`: what the user is in a workspace or in the organization.
pub fn member(state: &State, user: &User, place: &str) -> Value {
    let kind = state.kind(&user.id, place);
    json!({
        "id": state.id_in_rows(&user.id), "email": user.email, "username": user.name,
        "full_name": format!("{} {}", user.first, user.last), "is_active": true, "date_created": 1_706_774_400,
        "deactivated_ts": 0, "expiration_ts": 0, "workspaces": user.teams, "has_2fa": true, "has_sso": false, "is_bot": false,
        "is_admin": kind == Kind::Admin, "is_owner": kind == Kind::Owner, "is_primary_owner": kind == Kind::PrimaryOwner,
        "is_restricted": kind == Kind::Guest, "is_ultra_restricted": false,
    })
}

/// Takes `key` or `object/key` out.
fn leave_out(document: &mut Value, path: &str) {
    let (object, key) = match path.split_once('/') {
        Some((object, key)) => (document.get_mut(object), key),
        None => (Some(document), path),
    };
    if let Some(Value::Object(fields)) = object {
        fields.remove(key);
    }
}

/// The SCIM user. Source: Slack's SCIM reference.
pub fn scim(state: &State, id: &str) -> Handled {
    let user = state
        .user(id)
        .ok_or_else(|| json!({"Errors": {"description": "user_not_found", "code": 404}}))?;
    Ok(json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": user.id, "externalId": format!("hr-{}", user.name),
        "userName": user.name, "active": true, "meta": {"created": "2024-02-01T08:00:00Z"},
        "emails": [
            {"value": user.email, "primary": true, "type": "work"},
            {"value": format!("{}@home.example.com", user.name), "primary": false, "type": "home"},
        ],
        "phoneNumbers": [{"value": "+1 555 0102", "type": "work"}, {"value": "+1 555 0199", "type": "mobile"}],
        "profileUrl": format!("https://acme.slack.com/team/{id}"),
        "groups": [{"value": "S0STAFF", "display": "Staff"}],
    }))
}
