//! `remote_query` and `remote_data`: what a caller may add to the revoking request.
//!
//! The danger is account takeover through a field that the provider understands and the adapter does not set, for example the
//! e-mail address in the PUT of an administrator. A key passes only if it names nothing that identifies, authenticates, scopes
//! or acts.

use serde_json::{Map, Number, Value};

use crate::{account::settings::General, contract::json::unique, error::Error, provider::capability::Capability};

/// A key is refused if, case-folded and without separators, it is one of these …
const WORDS: &[&str] = &[
    "id",
    "ids",
    "op",
    "cid",
    "uid",
    "sub",
    "name",
    "type",
    "all",
    "force",
    "verb",
    "cc",
    "to",
    "add",
    "archive",
    "lock",
    "move",
    "purge",
    "remove",
    "reset",
    "set",
    "unlock",
    "unset",
    // Words for a dry run or a guard, ours among them: the provider would ignore them and remove.
    "allow",
    "approval",
    "binding",
    "checkonly",
    "everything",
    "expect",
    "mode",
    "noop",
    "options",
    "plan",
    "planmode",
    "planonly",
    "test",
    "testmode",
    "testrun",
    "trial",
    "validate",
];

/// … or contains one of these.
const STEMS: &[&str] = &[
    "account",
    "action",
    "active",
    "admin",
    "assign",
    "auth",
    "cascade",
    "channel",
    "client",
    "cookie",
    "credential",
    "delete",
    "demote",
    "deployment",
    "detach",
    "disable",
    "dry",
    "email",
    "enable",
    "entity",
    "entities",
    "expire",
    "grant",
    "group",
    "impersonat",
    "key",
    "login",
    "logout",
    "mail",
    "member",
    "method",
    "mfa",
    "operation",
    "org",
    "owner",
    "passw",
    "permission",
    "phone",
    "platform",
    "preview",
    "principal",
    "privilege",
    "product",
    "project",
    "promote",
    "recursive",
    "resource",
    "revoke",
    "role",
    "scope",
    "secret",
    "session",
    "simulat",
    "status",
    "suspend",
    "team",
    "tenant",
    "token",
    "totp",
    "transfer",
    "unlink",
    "userid",
    "user",
    "uuid",
    "validateonly",
    "whatif",
    "workspace",
];

/// The most keys in either.
const MOST_KEYS: usize = 32;

/// The query parameters to add.
///
/// # Errors
/// [`Error::Request`] for a key that may not pass, or a value that is no plain value.
pub fn query(text: Option<&str>, general: &General, capability: &Capability) -> Result<Vec<(String, String)>, Error> {
    let mut pairs = Vec::new();
    let fields = object("remote_query", text)?;
    check("remote_query", &fields, general, capability)?;
    for (key, value) in fields {
        flatten(&mut pairs, key, value, 0)?;
    }
    Ok(pairs)
}

/// The body fields to merge.
///
/// # Errors
/// [`Error::Request`] for a key that may not pass.
pub fn data(text: Option<&str>, general: &General, capability: &Capability) -> Result<Map<String, Value>, Error> {
    let fields = object("remote_data", text)?;
    if !capability.remote_data && !fields.is_empty() {
        return Err(Error::request(
            "remote_data",
            format!(
                "{}'s revoking request has no body that remote_data could be merged into",
                capability.name
            ),
        ));
    }
    check("remote_data", &fields, general, capability)?;
    Ok(fields)
}

fn object(what: &str, text: Option<&str>) -> Result<Map<String, Value>, Error> {
    let Some(text) = text else {
        return Ok(Map::new());
    };
    let fields: Map<String, Value> = unique::parse_configuration(text)
        .map_err(|why| Error::request(what, format!("{what} must be a JSON object: {why}")))?;
    if fields.len() > MOST_KEYS {
        return Err(Error::request(what, format!("{what} has more than {MOST_KEYS} keys")));
    }
    Ok(fields)
}

fn check(what: &str, fields: &Map<String, Value>, general: &General, capability: &Capability) -> Result<(), Error> {
    for (key, value) in fields {
        if let Some((below, objection)) = refused(key, value, capability) {
            let at = cut(format!("{what}{below}"));
            return Err(Error::request(
                &at,
                format!("{at} may not be passed through: {objection}"),
            ));
        }
        if let Some(list) = &general.pass_through
            && !list.iter().any(|allowed| allowed == key)
        {
            let at = cut(format!("{what}.{key}"));
            return Err(Error::request(
                &at,
                format!("{at} is not among the keys that the account lets through"),
            ));
        }
    }
    Ok(())
}

/// A message is not as long as the caller's keys may be.
fn cut(path: String) -> String {
    const LONGEST: usize = 256;
    path.chars().take(LONGEST).collect()
}

/// The path of the first key that may not pass, e.g. `.page.role_id`, and why. Some servers read `page[role_id]` like `role_id`.
fn refused(key: &str, value: &Value, capability: &Capability) -> Option<(String, &'static str)> {
    if let Some(objection) = objection(key, capability) {
        return Some((format!(".{key}"), objection));
    }
    refused_below(value, capability).map(|(below, objection)| (format!(".{key}{below}"), objection))
}

fn refused_below(value: &Value, capability: &Capability) -> Option<(String, &'static str)> {
    match value {
        Value::Object(fields) => fields.iter().find_map(|(key, value)| refused(key, value, capability)),
        Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            let (below, objection) = refused_below(item, capability)?;
            Some((format!("[{index}]{below}"), objection))
        }),
        Value::Number(number) if is_rounded(number) => {
            Some((String::new(), "a number of that size is rounded; pass it as a string"))
        }
        _ => None,
    }
}

/// A whole number that is longer than 64 bits was read as the nearest floating-point number.
fn is_rounded(number: &Number) -> bool {
    const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;
    let is_whole = number.is_i64() || number.is_u64();
    !is_whole && number.as_f64().is_none_or(|float| float.abs() >= EXACT_BELOW)
}

/// Why a key may not pass, at any depth.
fn objection(key: &str, capability: &Capability) -> Option<&'static str> {
    // Case folding is only safe in ASCII: to some servers a long s is an s.
    if !key
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"[]%".contains(&byte))
    {
        return Some("a key is written in ASCII, without spaces, brackets and percent signs");
    }
    let folded = fold(key);
    let is_refused = folded.is_empty()
        || capability.reserved.iter().any(|name| fold(name) == folded)
        || WORDS.contains(&folded.as_str())
        || key.split('.').any(|part| WORDS.contains(&fold(part).as_str()))
        || STEMS.iter().any(|stem| folded.contains(stem));
    is_refused.then_some("it could change who, what or where is acted on")
}

/// Letters and digits only, in lower case.
fn fold(key: &str) -> String {
    key.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// `{"a": {"b": [1, 2], "c": {"0": 3}}}` becomes `a[b][]=1&a[b][]=2&a[c][0]=3`.
fn flatten(pairs: &mut Vec<(String, String)>, key: String, value: Value, depth: u32) -> Result<(), Error> {
    if depth > 4 || pairs.len() > MOST_KEYS {
        return Err(Error::request(
            "remote_query",
            "remote_query is nested too deep or too long",
        ));
    }
    match value {
        Value::Null => {}
        Value::String(text) => pairs.push((key, text)),
        Value::Bool(_) | Value::Number(_) => pairs.push((key, value.to_string())),
        Value::Array(items) => {
            for item in items {
                flatten(pairs, format!("{key}[]"), item, depth.saturating_add(1))?;
            }
        }
        Value::Object(fields) => {
            for (name, item) in fields {
                flatten(pairs, format!("{key}[{name}]"), item, depth.saturating_add(1))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CAPABILITY: Capability = Capability {
        reserved: &["dry_level"],
        ..Capability::EXAMPLE
    };

    #[test]
    fn refuses_what_could_change_who_what_or_where() {
        for key in [
            "email",
            "apiKeyAllowed",
            "API_KEY",
            "User-Id",
            "role_ids",
            "action",
            "cid",
            "dryLevel",
            "dryRun",
            "dry-run",
            "dry",
            "dry_rnu",
            "is_dry",
            "test_mode",
            "testRun",
            "plan_only",
            "checkOnly",
            "what_if_mode",
            "simulate",
            "mode",
            "plan",
            "what-if",
            "validateOnly",
            "no_op",
            "expect",
            "binding",
            "options",
            "everything",
            "remove",
            "purge",
            "cascade",
            "recursiveRemoval",
            "transfer_ownership",
            "x_token",
            "",
            "_",
            // Letters that other case foldings take for an s, a k and an i, and a key in a key.
            "u\u{17f}er",
            "\u{212a}ey",
            "act\u{131}on",
            "\u{ff49}d",
            "x\u{200b}",
            "page[role_id]",
            "page.id",
            "%63id",
            "public_key",
            "sshKey",
            "a b",
        ] {
            assert_refused(key, &CAPABILITY);
        }
    }

    /// At the top, in an object, and in an object of a list; and the field at fault is said.
    fn assert_refused(key: &str, capability: &Capability) {
        for (fields, below) in [
            (json!({ key: "x" }), format!(".{key}")),
            (json!({"page": {"0": {key: ["x"]}}}), format!(".page.0.{key}")),
            (json!({"page": [1, {"y": {key: {}}}]}), format!(".page[1].y.{key}")),
        ] {
            let text = fields.to_string();
            for (what, result) in [
                (
                    "remote_query",
                    query(Some(&text), &General::default(), capability).map(|_| ()),
                ),
                (
                    "remote_data",
                    data(Some(&text), &General::default(), capability).map(|_| ()),
                ),
            ] {
                let at = match result {
                    Err(Error::Request { field, .. }) => field,
                    other => panic!("{}: {what} {text}: {other:?}", capability.name),
                };
                // Without a body there is nothing to merge into, whatever the key.
                if what == "remote_query" || capability.remote_data {
                    assert_eq!(at, format!("{what}{below}"), "{}", capability.name);
                }
            }
        }
    }

    #[test]
    fn passes_the_rest_and_the_account_can_narrow_it() {
        let text = r#"{"trace": "t1", "page": {"x": [1, true], "y": {"0": "a", "2024": "b"}}}"#;
        let pairs = query(Some(text), &General::default(), &CAPABILITY).unwrap();
        let expected = [
            ("trace", "t1"),
            ("page[x][]", "1"),
            ("page[x][]", "true"),
            ("page[y][0]", "a"),
            ("page[y][2024]", "b"),
        ];
        assert_eq!(pairs, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));

        let narrowed = General {
            pass_through: Some(vec![String::from("trace")]),
            ..General::default()
        };
        assert!(data(Some(r#"{"trace": 1}"#), &narrowed, &CAPABILITY).is_ok());
        assert!(data(Some(text), &narrowed, &CAPABILITY).is_err());
        assert!(data(Some("[]"), &General::default(), &CAPABILITY).is_err());
        for (number, passes) in [
            ("18446744073709551615", true),
            ("-0.1", true),
            ("123456789012345678901234567890", false),
            ("-9223372036854775809", false),
        ] {
            let text = format!(r#"{{"trace": {{"n": [{number}]}}}}"#);
            let data = data(Some(&text), &General::default(), &CAPABILITY);
            assert_eq!(data.is_ok(), passes, "{number}: {data:?}");
            assert_eq!(query(Some(&text), &General::default(), &CAPABILITY).is_ok(), passes);
        }
        let long = json!({"é".repeat(100_000): 1}).to_string();
        assert!(
            data(Some(&long), &General::default(), &CAPABILITY)
                .unwrap_err()
                .to_string()
                .len()
                < 1_024
        );
        assert!(data(Some(r#"{"trace": 1, "trace": 2}"#), &General::default(), &CAPABILITY).is_err());
    }

    /// The fields of each revoking request's published schema, and of the schema's own neighbours that would act.
    #[test]
    fn no_field_of_a_published_schema_passes_at_any_provider() {
        use crate::{contract::types::Provider, providers};
        for (provider, keys) in [
            (
                Provider::Blackline,
                &["roleId", "productId", "isActive", "email"] as &[&str],
            ),
            (
                Provider::Crowdstrike,
                &["action", "cid", "uuid", "role_ids", "expires_at", "user_uuid"],
            ),
            (
                Provider::ElasticCloud,
                &[
                    "platform",
                    "organization",
                    "deployment",
                    "project",
                    "role_id",
                    "all",
                    "application_roles",
                ],
            ),
            (
                Provider::Jumpcloud,
                &[
                    "apiKeyAllowed",
                    "email",
                    "enableMultiFactor",
                    "firstname",
                    "growthData",
                    "lastWhatsNewChecked",
                    "lastname",
                    "roleName",
                    "roleNames",
                    "suspended",
                    "password",
                ],
            ),
            (
                Provider::SlackEnterprise,
                &[
                    "token",
                    "role_id",
                    "entity_ids",
                    "user_ids",
                    "team_id",
                    "user_id",
                    "channel_ids",
                ],
            ),
            (
                Provider::Teamviewer,
                &["UserIds", "UserRoleId", "UserGroupId", "permissions", "active"],
            ),
        ] {
            let Some(capability) = providers::capability(provider) else {
                continue;
            };
            for key in keys.iter().chain(capability.reserved) {
                for spelling in [
                    (*key).to_owned(),
                    key.to_uppercase(),
                    key.replace('_', "-"),
                    key.replace('_', ""),
                ] {
                    assert_refused(&spelling, capability);
                }
            }
        }
    }
}
