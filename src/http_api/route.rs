//! Routing by method and path.

use super::{Checked, discovery::What, envelope::Rejection};

const RESOURCE: [&str; 3] = ["unified", "user-directory", "users"];
const METHOD: &str = "unassign-role";

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    UnassignRole,
    /// Needs no token, shows no secrets, and calls no provider.
    Discovery(What),
}

/// The documented path, with hyphen or underscore, behind any prefix, a slash doubled or not; and what describes it.
pub fn of(method: &str, path: &str) -> Checked<Route> {
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| segment.replace('_', "-"))
        .collect();
    let (route, expected) = match segments.as_slice() {
        [.., a, b, c, operation] if [a, b, c] == RESOURCE && operation == METHOD => (Route::UnassignRole, "POST"),
        [.., a, b, c, meta, operation] if [a, b, c] == RESOURCE && meta == "meta" && operation == METHOD => {
            (Route::Discovery(What::Meta), "GET")
        }
        [file] if file == "openapi.json" => (Route::Discovery(What::OpenApi), "GET"),
        [file] if file == "healthz" => (Route::Discovery(What::Health), "GET"),
        _ => {
            return Err(Rejection::new(
                404,
                "unknown_path",
                "the path is not POST /unified/user-directory/users/unassign-role (nor GET …/users/meta/unassign-role, /openapi.json \
                 or /healthz)",
            ));
        }
    };
    if method != expected && !(method == "HEAD" && expected == "GET") {
        let rejection = Rejection::new(405, "method_not_allowed", format!("the method must be {expected}"));
        return Err(rejection.header("allow", expected));
    }
    Ok(route)
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
            assert!(of("POST", path).is_ok(), "{path}");
        }
    }

    #[test]
    fn what_describes_it_is_got() {
        for (path, what) in [
            ("/unified/user-directory/users/meta/unassign-role", What::Meta),
            ("/openapi.json", What::OpenApi),
            ("/healthz", What::Health),
        ] {
            assert_eq!(of("GET", path).unwrap(), Route::Discovery(what), "{path}");
            assert_eq!(of("POST", path).unwrap_err().status(), 405, "{path}");
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
            assert_eq!(of("POST", path).unwrap_err().status(), 404, "{path}");
        }
        for method in ["GET", "DELETE", "post", "HEAD"] {
            let rejection = of(method, "/unified/user-directory/users/unassign-role").unwrap_err();
            assert_eq!(rejection.status(), 405, "{method}");
        }
    }
}
