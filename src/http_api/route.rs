//! Which path and method this is.

use super::{Checked, envelope::Rejection};

const RESOURCE: [&str; 3] = ["unified", "user-directory", "users"];
const METHOD: &str = "unassign-role";

/// The documented path, with hyphen or underscore, behind any prefix, a slash doubled or not.
pub fn check(method: &str, path: &str) -> Checked<()> {
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| segment.replace('_', "-"))
        .collect();
    let known = match segments.as_slice() {
        [.., a, b, c, operation] => [a, b, c] == RESOURCE && operation == METHOD,
        _ => false,
    };
    if !known {
        return Err(Rejection::new(
            404,
            "unknown_path",
            "the path is not POST /unified/user-directory/users/unassign-role",
        ));
    }
    if method != "POST" {
        let rejection = Rejection::new(405, "method_not_allowed", "the method must be POST");
        return Err(rejection.header("allow", "POST"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_every_spelling_of_the_path() {
        for path in [
            "/unified/user-directory/users/unassign-role",
            "/unified/user-directory/users/unassign_role",
            "/api/v1/unified/user-directory/users/unassign-role",
            "//unified//user-directory/users/unassign-role/",
        ] {
            assert!(check("POST", path).is_ok(), "{path}");
        }
    }

    #[test]
    fn anything_else_is_404_and_another_method_405() {
        for path in [
            "/",
            "/unified/user-directory/users",
            "/users/unassign-role",
            "/unified/user-directory/users/unassign-role/x",
        ] {
            assert_eq!(check("POST", path).unwrap_err().status(), 404, "{path}");
        }
        for method in ["GET", "DELETE", "post", "HEAD"] {
            let rejection = check(method, "/unified/user-directory/users/unassign-role").unwrap_err();
            assert_eq!(rejection.status(), 405, "{method}");
        }
    }
}
