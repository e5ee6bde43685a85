//! Who approves revokes, as an account's settings say it.
//!
//! ```json
//! {"approvers": [{"name": "alice", "key": {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}],
//!  "approval_required": true, "approval_lifetime": 3600}
//! ```

use std::time::Duration;

use serde_json::{Map, Value};

use crate::{
    binding::{
        approval::{ApprovalPolicy, Approver, LONGEST_LIFETIME},
        jwk::PublicKey,
    },
    error::Error,
    naming,
};

use super::settings::Settings;

/// Takes the settings of approvals.
///
/// # Errors
/// Names the setting; no key is in the message.
pub fn take(settings: &mut Settings) -> Result<ApprovalPolicy, Error> {
    let mut policy = ApprovalPolicy::default();
    for (index, entry) in settings
        .take::<Vec<Map<String, Value>>>("approvers")?
        .unwrap_or_default()
        .into_iter()
        .enumerate()
    {
        let approver = approver(&format!("settings.approvers[{index}]"), entry)?;
        let is_known = |known: &Approver| naming::same(&known.name, &approver.name) || known.key == approver.key;
        if policy.approvers.iter().any(is_known) {
            return Err(Error::account(
                format!("settings.approvers[{index}]"),
                "the account's setting `approvers` has a name or a key twice",
            ));
        }
        policy.approvers.push(approver);
    }
    policy.required = settings.take("approval_required")?.unwrap_or_default();
    if policy.required && policy.approvers.is_empty() {
        return Err(Error::account(
            "settings.approval_required",
            "the account's setting `approval_required` needs `approvers`: nobody could approve anything",
        ));
    }
    if let Some(seconds) = settings.take::<u64>("approval_lifetime")? {
        policy.lifetime = Duration::from_secs(seconds);
        if seconds == 0 || policy.lifetime > LONGEST_LIFETIME {
            return Err(Error::account(
                "settings.approval_lifetime",
                format!(
                    "the account's setting `approval_lifetime` is 1 to {} seconds",
                    LONGEST_LIFETIME.as_secs()
                ),
            ));
        }
    }
    Ok(policy)
}

fn approver(at: &str, mut entry: Map<String, Value>) -> Result<Approver, Error> {
    let name = match entry.shift_remove("name") {
        Some(Value::String(name)) if naming::is_label(&name) => name,
        _ => {
            return Err(Error::account(
                format!("{at}.name"),
                format!("{at}.name must be 1 to {} printable characters", naming::LONGEST_LABEL),
            ));
        }
    };
    let key = entry
        .shift_remove("key")
        .ok_or_else(|| String::from("it has to be a public Ed25519 JWK"))
        .and_then(PublicKey::of_jwk)
        .map_err(|why| Error::account(format!("{at}.key"), format!("{at}.key: {why}")))?;
    if entry.is_empty() {
        return Ok(Approver { name, key });
    }
    Err(Error::account(at, format!("{at} has name and key and nothing else")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::binding::jwk::PrivateKey;

    fn key(seed: u8) -> Value {
        PrivateKey::of_seed(&[seed; 32]).public().to_jwk()
    }

    fn policy(settings: Value) -> Result<ApprovalPolicy, (String, String)> {
        let mut settings = Settings::parse(Some(&settings.to_string())).unwrap();
        match settings.take_general() {
            Ok(general) => settings
                .finish()
                .map(|()| general.approvals)
                .map_err(|error| error.to_string()),
            Err(Error::Account { field, message }) => return Err((field, message)),
            Err(other) => Err(other.to_string()),
        }
        .map_err(|message| (String::new(), message))
    }

    #[test]
    fn an_account_names_its_approvers_and_how_long_they_approve() {
        let none = policy(json!({})).unwrap();
        assert!(none.approvers.is_empty() && !none.required && none.lifetime == Duration::from_secs(3_600));
        let settings = json!({
            "approvers": [{"name": "alice", "key": key(1)}, {"name": "bob", "key": key(2)}],
            "approval_required": true, "approval_lifetime": 86_400,
        });
        let two = policy(settings).unwrap();
        assert!(two.required && two.lifetime == LONGEST_LIFETIME);
        let names: Vec<&str> = two.approvers.iter().map(|approver| approver.name.as_str()).collect();
        assert_eq!(names, ["alice", "bob"]);
    }

    #[test]
    fn a_mistake_is_named_and_a_private_key_is_not_shown() {
        let alice = json!({"name": "alice", "key": key(1)});
        let private = PrivateKey::of_seed(&[1; 32]).to_jwk();
        for (settings, at) in [
            (json!({"approval_required": true}), "settings.approval_required"),
            (
                json!({"approval_required": true, "approvers": []}),
                "settings.approval_required",
            ),
            (json!({"approval_required": "yes"}), "settings.approval_required"),
            (json!({"approval_lifetime": 0}), "settings.approval_lifetime"),
            (json!({"approval_lifetime": 86_401}), "settings.approval_lifetime"),
            (json!({"approval_lifetime": 1.5}), "settings.approval_lifetime"),
            (json!({"approvers": alice}), "settings.approvers"),
            (
                json!({"approvers": [alice, {"name": "ALICE", "key": key(2)}]}),
                "settings.approvers[1]",
            ),
            (
                json!({"approvers": [alice, {"name": "bob", "key": key(1)}]}),
                "settings.approvers[1]",
            ),
            (
                json!({"approvers": [{"name": "", "key": key(1)}]}),
                "settings.approvers[0].name",
            ),
            (json!({"approvers": [{"key": key(1)}]}), "settings.approvers[0].name"),
            (json!({"approvers": [{"name": "alice"}]}), "settings.approvers[0].key"),
            (
                json!({"approvers": [{"name": "alice", "key": private}]}),
                "settings.approvers[0].key",
            ),
            (
                json!({"approvers": [{"name": "alice", "key": private["d"]}]}),
                "settings.approvers[0].key",
            ),
            (
                json!({"approvers": [{"name": "alice", "key": key(1), "role": "x"}]}),
                "settings.approvers[0]",
            ),
        ] {
            let (field, message) = policy(settings.clone()).unwrap_err();
            assert_eq!(field, at, "{settings}: {message}");
            assert!(!message.contains(private["d"].as_str().unwrap()), "{message}");
        }
    }
}
