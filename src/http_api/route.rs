//! Routing by method and path.

use percent_encoding::percent_decode_str;

use super::{Checked, discovery::What, envelope::Rejection};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    UnassignRole,
    /// A user by its id.
    ReadUser(String),
    ListRoles,
    /// Needs no token, shows no secrets, and calls no provider.
    Discovery(What),
    /// The public keys of receipts. Needs no token.
    Keys,
}

/// The documented paths, behind any prefix, a slash doubled or not. Only the operation's own name is spelled with hyphen or underscore.
pub fn of(method: &str, path: &str) -> Checked<Route> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let is_operation = |segment: &str| matches!(segment, "unassign-role" | "unassign_role");
    let (route, allowed) = match segments.as_slice() {
        [.., "unified", "user-directory" | "user_directory", "users", operation] if is_operation(operation) => {
            (Route::UnassignRole, POST)
        }
        [
            ..,
            "unified",
            "user-directory" | "user_directory",
            "users",
            "meta",
            operation,
        ] if is_operation(operation) => (Route::Discovery(What::Meta), GET),
        [.., "unified", "user-directory", "users", id] if *id != "meta" => match user_id(id)? {
            // Spelled otherwise, they are no ids either.
            word if is_operation(&word) || word == "meta" => return Err(unknown()),
            id => (Route::ReadUser(id), GET),
        },
        [.., "unified", "user-directory", "roles"] => (Route::ListRoles, GET),
        ["openapi.json"] => (Route::Discovery(What::OpenApi), GET),
        ["healthz"] => (Route::Discovery(What::Health), GET),
        [".well-known", "jwks.json"] => (Route::Keys, GET),
        _ => return Err(unknown()),
    };
    if !allowed.contains(&method) {
        let message = format!("the method must be {}", allowed.join(" or "));
        return Err(Rejection::new(405, "method_not_allowed", message).header("allow", allowed.join(", ")));
    }
    Ok(route)
}

const POST: &[&str] = &["POST"];
/// `HEAD` is the same without a body.
const GET: &[&str] = &["GET", "HEAD"];

fn unknown() -> Rejection {
    Rejection::new(
        404,
        "unknown_path",
        "the path is none of POST /unified/user-directory/users/unassign-role, GET …/users/{id}, GET …/roles, GET …/users/meta/unassign-role, /openapi.json, /healthz and /.well-known/jwks.json",
    )
}

/// One segment, decoded once and otherwise untouched.
fn user_id(segment: &str) -> Checked<String> {
    percent_decode_str(segment)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Rejection::field("id", "the id in the path is not UTF-8"))
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
            assert_eq!(of("POST", path).unwrap(), Route::UnassignRole, "{path}");
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
        assert_eq!(of("GET", "/.well-known/jwks.json").unwrap(), Route::Keys);
    }

    #[test]
    fn a_user_is_one_segment_decoded_once() {
        for (segment, id) in [
            ("u_1", "u_1"),
            ("u%5F1", "u_1"),
            ("a%2Fb", "a/b"),
            ("a%252Fb", "a%2Fb"),
            ("ann%40example.com", "ann@example.com"),
            ("ann+x@example.com", "ann+x@example.com"),
            ("..", ".."),
        ] {
            let path = format!("/unified/user-directory/users/{segment}");
            assert_eq!(of("GET", &path).unwrap(), Route::ReadUser(id.to_owned()), "{segment}");
            assert_eq!(of("POST", &path).unwrap_err().status(), 405, "{segment}");
        }
        assert_eq!(
            of("GET", "/unified/user-directory/users/%ff").unwrap_err().status(),
            400
        );
        assert_eq!(of("GET", "/unified/user-directory/roles").unwrap(), Route::ListRoles);
    }

    #[test]
    fn anything_else_is_404_and_another_method_405() {
        for path in [
            "/",
            "/unified/user-directory/users",
            "/unified/user-directory/users/meta",
            "/unified/user-directory/users/%6Deta",
            "/unified/user-directory/users/unassign%2Drole",
            "/users/unassign-role",
            "/unified/user-directory/users/unassign-role/x",
        ] {
            assert_eq!(of("POST", path).unwrap_err().status(), 404, "{path}");
        }
        let allow = |method, path| {
            let answer = of(method, path).unwrap_err().into_answer();
            assert_eq!(answer.status, 405, "{method} {path}");
            answer.headers.into_iter().find(|(name, _)| *name == "allow").unwrap().1
        };
        for method in ["GET", "DELETE", "post", "HEAD"] {
            assert_eq!(allow(method, "/unified/user-directory/users/unassign-role"), "POST");
        }
        for path in [
            "/unified/user-directory/users/u1",
            "/unified/user-directory/roles",
            "/healthz",
        ] {
            assert_eq!(allow("POST", path), "GET, HEAD");
            assert!(of("HEAD", path).is_ok());
        }
    }
}
