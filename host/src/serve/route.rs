//! The paths of the service, without what a caller puts into them.

/// The template of a path, for the log. A user's id may be an e-mail address, and a path that is none of the service's may hold anything.
pub fn template(path: &str) -> &'static str {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let is_operation = |segment: &str| matches!(segment, "unassign-role" | "unassign_role");
    match segments.as_slice() {
        ["livez"] => "/livez",
        ["readyz"] => "/readyz",
        ["healthz"] => "/healthz",
        ["openapi.json"] => "/openapi.json",
        [".well-known", "jwks.json"] => "/.well-known/jwks.json",
        [.., "unified", "user-directory" | "user_directory", "roles"] => "/unified/user-directory/roles",
        [.., "unified", "user-directory" | "user_directory", "users", operation] if is_operation(operation) => {
            "/unified/user-directory/users/unassign-role"
        }
        [
            ..,
            "unified",
            "user-directory" | "user_directory",
            "users",
            "meta",
            operation,
        ] if is_operation(operation) => "/unified/user-directory/users/meta/unassign-role",
        [.., "unified", "user-directory" | "user_directory", "users", _] => "/unified/user-directory/users/{id}",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_apart_and_nothing_of_a_caller_is_kept() {
        for (path, expected) in [
            ("/livez", "/livez"),
            (
                "/unified/user-directory/users/unassign-role",
                "/unified/user-directory/users/unassign-role",
            ),
            (
                "//v1/unified/user_directory/users/unassign_role/",
                "/unified/user-directory/users/unassign-role",
            ),
            (
                "/unified/user-directory/users/meta/unassign-role",
                "/unified/user-directory/users/meta/unassign-role",
            ),
            ("/unified/user-directory/roles", "/unified/user-directory/roles"),
            (
                "/unified/user-directory/users/ann.lee%40example.com",
                "/unified/user-directory/users/{id}",
            ),
            ("/unified/user-directory/users/ann@example.com/roles", "other"),
            ("/ann@example.com", "other"),
            ("", "other"),
        ] {
            assert_eq!(template(path), expected, "{path}");
        }
    }
}
