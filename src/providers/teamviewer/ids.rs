//! TeamViewer's identifiers.

/// `u` and digits, as every `/users/{id}` wants it; bare digits are taken too (`TeamViewerPS` does the same).
pub fn user(text: &str) -> Option<String> {
    let digits = text.strip_prefix('u').unwrap_or(text);
    (!digits.is_empty() && digits.len() <= 20 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| format!("u{digits}"))
}

/// The same digits without the `u`: the account id of user groups.
pub fn account(user: &str) -> &str {
    user.strip_prefix('u').unwrap_or(user)
}

/// Whether a user stands among the account ids of a group.
pub fn is_among(user: &str, accounts: &[u64]) -> bool {
    accounts.iter().any(|id| id.to_string() == account(user))
}

/// A lower-case UUID.
pub fn role(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('-').collect();
    let fits = parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts
            .iter()
            .all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()));
    fits.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_taken_with_and_without_their_u_and_nothing_around_them() {
        assert_eq!(user("u123").as_deref(), Some("u123"));
        assert_eq!(user("123").as_deref(), Some("u123"));
        for bad in ["", "u", "menu12", "u12/3", "12a", "uu1", "u1 "] {
            assert_eq!(user(bad), None, "{bad}");
        }
        assert_eq!(account("u123"), "123");
        assert!(is_among("u123", &[12, 123]) && !is_among("u123", &[12]));
    }

    #[test]
    fn roles_are_uuids_in_any_case() {
        let id = "ABCDEF01-2345-6789-abcd-ef0123456789";
        assert_eq!(role(id).as_deref(), Some("abcdef01-2345-6789-abcd-ef0123456789"));
        assert_eq!(role("abc"), None);
        assert_eq!(role("gbcdef01-2345-6789-abcd-ef0123456789"), None);
    }
}
