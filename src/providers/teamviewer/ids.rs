//! TeamViewer's identifiers.

/// `u` and digits, as every `/users/{id}` wants it; bare digits are taken too (`TeamViewerPS` does the same). Whether leading zeros
/// make a difference is not published: they are not taken.
pub fn user(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.strip_prefix('u').unwrap_or(text);
    (is_number(digits) && !digits.starts_with('0')).then(|| format!("u{digits}"))
}

/// The same digits without the `u`: the account id of user groups.
pub fn account(user: &str) -> &str {
    user.strip_prefix('u').unwrap_or(user)
}

/// Returns true if a text that is no user id here certainly stands for another user. In `U123`, only the digits can tell.
pub fn is_another_user(text: &str, user: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix(['u', 'U']).unwrap_or(text);
    let significant = |digits: &str| digits.trim_start_matches('0').to_owned();
    is_number(digits) && significant(digits) != significant(account(user))
}

/// A lower-case UUID. Braces around it and missing hyphens are ways to write one.
pub fn role(text: &str) -> Option<String> {
    let text = text.trim();
    let bare = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .unwrap_or(text);
    let digits: String = match bare.len() {
        32 => bare.to_owned(),
        36 if bare.split('-').map(str::len).eq([8, 4, 4, 4, 12]) => bare.replace('-', ""),
        _ => return None,
    };
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut id = String::with_capacity(36);
    for (position, digit) in digits.chars().enumerate() {
        if matches!(position, 8 | 12 | 16 | 20) {
            id.push('-');
        }
        id.push(digit.to_ascii_lowercase());
    }
    Some(id)
}

/// The id of a user group; leading zeros make no difference.
pub fn group(text: &str) -> Option<u64> {
    let text = text.trim();
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| text.parse().ok()).flatten()
}

fn is_number(digits: &str) -> bool {
    !digits.is_empty() && digits.len() <= 20 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_taken_with_and_without_their_u_and_nothing_around_them() {
        for good in ["u123", "123", " u123 "] {
            assert_eq!(user(good).as_deref(), Some("u123"), "{good}");
        }
        for bad in ["", "u", "menu12", "u12/3", "12a", "uu1", "U1", "u01", "account:123"] {
            assert_eq!(user(bad), None, "{bad}");
        }
        assert_eq!(account("u123"), "123");
    }

    #[test]
    fn only_other_digits_make_another_user() {
        for other in ["U124", "u124", "12", " 0124"] {
            assert!(is_another_user(other, "u123"), "{other}");
        }
        for unclear in ["U123", "u0123", "account:124", "", "null", "ann7", "１２４"] {
            assert!(!is_another_user(unclear, "u123"), "{unclear}");
        }
    }

    #[test]
    fn roles_are_uuids_in_any_case_and_notation() {
        for id in [
            "ABCDEF01-2345-6789-abcd-ef0123456789",
            " {abcdef01-2345-6789-abcd-ef0123456789} ",
            "abcdef0123456789ABCDef0123456789",
        ] {
            assert_eq!(
                role(id).as_deref(),
                Some("abcdef01-2345-6789-abcd-ef0123456789"),
                "{id}"
            );
        }
        for bad in [
            "abc",
            "gbcdef01-2345-6789-abcd-ef0123456789",
            "abcdef01-2345-6789-abcd",
            "abcdef-012345-6789-abcd-ef0123456789",
            "{abcdef01-2345-6789-abcd-ef0123456789",
        ] {
            assert_eq!(role(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_group_is_a_number() {
        assert_eq!(
            (group("9007199254740993"), group("007"), group("+7")),
            (Some(9_007_199_254_740_993), Some(7), None)
        );
    }
}
