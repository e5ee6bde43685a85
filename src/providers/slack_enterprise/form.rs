//! What the fields of a request must look like, and with that the roles that an answer can show.

use crate::{contract::types::Role, provider::Field};

use super::roles;

/// # Errors
/// A sentence that says what the field must look like.
pub fn normalise(field: Field, value: &str) -> Result<String, String> {
    let is_id = |letters: &[char]| {
        value.len() >= 3
            && value.starts_with(letters)
            && value
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    match field {
        Field::User if !is_id(&['U', 'W']) && !value.contains('@') => {
            Err(String::from("must be a user id (U… or W…) or an e-mail address"))
        }
        Field::Organization if !is_id(&['E']) => Err(String::from("must be an organization id (E…)")),
        Field::Workspace if !is_id(&['T']) => Err(String::from("must be a workspace id (T…)")),
        Field::Group if !is_id(&['C', 'G']) => Err(String::from("must be a channel id (C…)")),
        Field::Role => match roles::id_of(value) {
            Some(id) => Ok(id.to_owned()),
            None if roles::is_role_id(value) => Ok(value.to_owned()),
            None => Err(String::from(
                "must be a role id (Rl…), owner, admin, org_owner or org_admin (taking `member` or a guest type away would be a promotion or a removal)",
            )),
        },
        _ => Ok(value.to_owned()),
    }
}

/// Whether a request can have this role in it. What is read may be of a form that none can.
pub fn is_role_of_a_request(role: &Role) -> bool {
    let fields = [
        (Field::Role, &role.id),
        (Field::Group, &role.group),
        (Field::Organization, &role.organization),
        (Field::Workspace, &role.workspace),
    ];
    fields
        .into_iter()
        .filter_map(|(field, value)| value.as_deref().map(|value| (field, value)))
        .all(|(field, value)| normalise(field, value).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_would_be_refused_for_is_no_role_of_it() {
        let role = |id: &str, group: Option<&str>| Role {
            id: Some(id.to_owned()),
            name: None,
            group: group.map(str::to_owned),
            organization: Some(String::from("E1A")),
            workspace: None,
        };
        for good in [role("Rl01", Some("C0GENERAL")), role("org_primary_owner", None)] {
            assert!(is_role_of_a_request(&good), "{good:?}");
        }
        for bad in [
            role("multi_channel_guest", None),
            role("Rl01", Some("S0STAFF")),
            role("X1", None),
        ] {
            assert!(!is_role_of_a_request(&bad), "{bad:?}");
        }
    }
}
