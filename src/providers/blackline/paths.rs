//! The paths of the calls. They are settings: no official document names them.

use crate::{account::settings::Settings, client::path_segment, error::Error};

/// Stands for the user's id, encoded.
const USER_ID: &str = "{user_id}";

/// Paths under the base address.
#[derive(Clone, Debug)]
pub struct Paths {
    pub token: String,
    pub user: String,
    /// The list of users, which takes a filter.
    pub user_search: String,
    pub roles: String,
    /// Spellings. The read tries them in order; the one that answers is used for the write.
    pub user_roles: Vec<String>,
    /// The teams of the user, shown as groups. Empty: they are not read.
    pub user_teams: String,
    /// The entities of the user, shown as organizations. Empty: they are not read.
    pub user_entities: String,
}

impl Paths {
    /// # Errors
    /// As [`Paths::check`], and for what is no path.
    pub fn take(mut settings: Settings) -> Result<Self, Error> {
        let user_roles = [
            "/v1/users/{user_id}/roles-products",
            "/v1/users/{user_id}/role-products",
        ];
        let user_roles = settings.take_texts("user_roles", &user_roles)?;
        let mut path = |name, default| settings.take_text(name, default);
        let paths = Self {
            token: path("token", "/authorize/connect/token")?,
            user: path("user", "/v1/users/{user_id}")?,
            user_search: path("user_search", "/v1/users")?,
            roles: path("roles", "/v1/roles")?,
            user_roles,
            user_teams: path("user_teams", "/v1/users/{user_id}/teams")?,
            user_entities: path("user_entities", "/v1/users/{user_id}/entities")?,
        };
        settings.finish()?;
        paths.check()?;
        Ok(paths)
    }

    /// The path of one user.
    pub fn of_user(path: &str, id: &str) -> String {
        path.replace(USER_ID, &path_segment(id))
    }

    /// # Errors
    /// [`Error::Account`], naming the path that could lead elsewhere than it says: to another host or call, or to every user.
    fn check(&self) -> Result<(), Error> {
        for (field, path, of_user) in [
            ("token", &self.token, false),
            ("user", &self.user, true),
            ("user_search", &self.user_search, false),
            ("roles", &self.roles, false),
            ("user_teams", &self.user_teams, true),
            ("user_entities", &self.user_entities, true),
        ] {
            let may_be_empty = matches!(field, "user_teams" | "user_entities");
            if !(may_be_empty && path.is_empty()) {
                check(field, path, of_user)?;
            }
        }
        for (index, path) in self.user_roles.iter().enumerate() {
            check(&format!("user_roles[{index}]"), path, true)?;
        }
        if self.user_roles.is_empty() {
            return Err(refusal("user_roles", "must not be empty"));
        }
        Ok(())
    }
}

fn check(field: &str, path: &str, of_user: bool) -> Result<(), Error> {
    let Some(segments) = path.strip_prefix('/') else {
        return Err(refusal(field, "must begin with one slash"));
    };
    if segments.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(refusal(field, "must be a plain path: no empty or dotted segment"));
    }
    // A query in the path would swallow the parameters that name what is removed.
    if !path.bytes().all(|byte| byte.is_ascii_graphic()) || path.contains(['?', '#', '\\', '%']) {
        return Err(refusal(
            field,
            "must be a plain path: no query, fragment, backslash or percent sign",
        ));
    }
    let placeholders = segments.split('/').filter(|segment| *segment == USER_ID).count();
    if placeholders != usize::from(of_user) || path.replace(USER_ID, "").contains(['{', '}']) {
        let rule = if of_user {
            "must have one segment {user_id}, and no other placeholder"
        } else {
            "must have no placeholder"
        };
        return Err(refusal(field, rule));
    }
    Ok(())
}

fn refusal(field: &str, rule: &str) -> Error {
    let field = format!("settings.paths.{field}");
    let message = format!("{field} {rule}");
    Error::account(field, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(paths: serde_json::Value) -> Option<String> {
        match Paths::take(Settings::parse(Some(&paths.to_string())).unwrap()) {
            Err(Error::Account { field, .. }) => Some(field),
            _ => None,
        }
    }

    #[test]
    fn the_default_paths_and_plain_others_are_taken() {
        assert_eq!(refused(json!({})), None);
        assert_eq!(
            refused(json!({"token": "/connect/token", "user_teams": "", "user_roles": ["/api/v1/users/{user_id}/x"]})),
            None
        );
    }

    #[test]
    fn a_path_that_leads_elsewhere_is_refused_by_its_name() {
        for (field, paths) in [
            ("token", json!({"token": "https://evil.example/token"})),
            ("user", json!({"user": "//evil.example/{user_id}"})),
            ("user", json!({"user": "/v1/users"})),
            ("user", json!({"user": "/v1/{user_id}/{user_id}"})),
            ("user", json!({"user": "/v1/users({user_id})"})),
            ("user_search", json!({"user_search": "/v1/users?filter={filter}"})),
            ("user_search", json!({"user_search": "/v1/{user_id}"})),
            ("roles", json!({"roles": "/v1/../roles"})),
            ("roles", json!({"roles": "/v1/%2e%2e/roles"})),
            ("roles", json!({"roles": ""})),
            ("user_teams", json!({"user_teams": "/v1/teams"})),
            (
                "user_entities",
                json!({"user_entities": "/v1/users/{user_id}/entities#x"}),
            ),
            ("user_roles", json!({"user_roles": []})),
            (
                "user_roles[1]",
                json!({"user_roles": ["/v1/{user_id}/a", "/v1/{user_id}/b?pageSize=1000"]}),
            ),
        ] {
            assert_eq!(
                refused(paths.clone()),
                Some(format!("settings.paths.{field}")),
                "{paths}"
            );
        }
    }
}
