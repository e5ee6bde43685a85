//! Secrets that were pasted where a name belongs. Messages repeat names, so that such a text has to be told from a name first.

/// How secrets begin and names do not.
const BEGINNINGS: [&str; 13] = [
    "Bearer ",
    "ApiKey ",
    "Basic ",
    "eyJ",
    "-----BEGIN",
    "xoxa-",
    "xoxb-",
    "xoxc-",
    "xoxe-",
    "xoxe.",
    "xoxp-",
    "xoxr-",
    "xapp-",
];
/// Signs of passwords and of Base64 that nobody writes into a name. A path has a slash, and an address an `@` or a colon.
const SIGNS: &str = "!\"#$%*+;<=>?[\\]^`{|}~";
/// The shortest text with such a beginning that is a secret.
const SHORTEST: usize = 20;
/// The shortest text with such a sign that is one.
const SHORTEST_WITH_SIGN: usize = 12;
/// The shortest random part of one.
const SHORTEST_RANDOM: usize = 32;
/// The most of a name that is shown.
const LONGEST_SHOWN: usize = 40;

/// Whether a text looks like a secret, and not like the name of one or the path to it. Not every secret does.
pub fn looks_like_secret(text: &str) -> bool {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return true;
    }
    let is_long = text.len() >= SHORTEST;
    if is_long && (text.ends_with('=') || BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))) {
        return true;
    }
    if text.contains('/') {
        return false;
    }
    let has_sign = text.chars().any(|letter| SIGNS.contains(letter));
    let is_random = text.split(['.', '_', '-']).any(is_random);
    (has_sign && text.len() >= SHORTEST_WITH_SIGN) || is_random || is_script_token(text)
}

/// A name as it may be shown.
pub fn shown(name: &str) -> String {
    if looks_like_secret(name) {
        return String::from("***");
    }
    name.chars().take(LONGEST_SHOWN).collect()
}

/// 32 hexadecimal digits, or as many letters and digits of all kinds. A name has its digits in one or two places.
fn is_random(part: &str) -> bool {
    let count = |is: fn(&u8) -> bool| part.bytes().filter(is).count();
    let is_plain = part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_hexadecimal = part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let runs_of_digits = part
        .split(|letter: char| !letter.is_ascii_digit())
        .filter(|run| !run.is_empty());
    let is_mixed = count(u8::is_ascii_uppercase) > 0 && count(u8::is_ascii_lowercase) > 0 && runs_of_digits.count() > 2;
    part.len() >= SHORTEST_RANDOM && is_plain && (is_hexadecimal || is_mixed)
}

/// TeamViewer's: a number, a hyphen, and 20 letters and digits.
fn is_script_token(text: &str) -> bool {
    let Some((number, rest)) = text.split_once('-') else {
        return false;
    };
    let is_number = number.len() >= 5 && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_number && is_plain && rest.len() == 20 && rest.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_told_from_the_name_of_one() {
        for secret in [
            // JumpCloud, CrowdStrike, TeamViewer, Slack, Elastic Cloud, a token of the service, a JWT, and a password.
            "1f8c0f3e5d6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c",
            "1F8C0F3E5D6A7B8C9D0E1F2A3B4C5D6E7F8A9B0C",
            "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6kL9n",
            "1234567-aB3dE6gH9jK2mN5pQ8sT",
            "xoxp-1234567890-abcdefgh",
            "essu_VGhpcyBpcyBub3QgYSBrZXkgb2YgRWxhc3RpYyBDbG91ZA==",
            "uar_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl",
            "Bearer 1234567890abcdef",
            "correct#horse-7",
            "-----BEGIN KEY-----\nabc",
        ] {
            assert!(looks_like_secret(secret), "{secret}");
            assert_eq!(shown(secret), "***");
        }
        for name in [
            "slack",
            "acme.prod_token",
            "ACME-PROD-CROWDSTRIKE-CLIENT-SECRET-2026",
            "acme_production_crowdstrike_client_secret_of_the_second_tenant",
            "crowdStrikeClientSecretOfTheSecondTenant2",
            "crowdStrikeClientSecretProduction2026",
            "6f1e2a30-0000-4000-8000-100000000000",
            "acme/EU001/CrowdStrike/ClientSecret",
            "/run/secrets/0123456789abcdef0123456789abcdef",
            "Slack token (Acme)",
            "20260131-crowdstrike",
        ] {
            assert!(!looks_like_secret(name), "{name}");
        }
        assert_eq!(shown(&"n".repeat(50)), "n".repeat(40));
    }
}
