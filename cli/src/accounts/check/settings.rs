//! The settings of an account: the general ones, and the provider's.

use serde_json::{Map, Value};
use unassign_role::{
    contract::{json, types::Provider},
    keys::PublicKey,
    origins,
};

use super::{
    Notes,
    account::url_of,
    words::{mismatch, unknown, unknown_value},
};

/// The shape of a setting.
#[derive(Clone, Copy)]
pub enum Shape {
    Text,
    Flag,
    Number,
    Texts,
    Object,
    Objects,
}

/// What every account can set.
pub const GENERAL: [(&str, Shape); 10] = [
    ("protected_users", Shape::Texts),
    ("protected_roles", Shape::Texts),
    ("allow", Shape::Texts),
    ("strict_scope", Shape::Flag),
    ("staleness_window_ms", Shape::Number),
    ("pass_through", Shape::Texts),
    ("forward_traceparent", Shape::Flag),
    ("approvers", Shape::Objects),
    ("approval_required", Shape::Flag),
    ("approval_lifetime", Shape::Number),
];
/// The longest validity of an approval, in seconds.
const LONGEST_LIFETIME: u64 = 86_400;

/// What the accounts of a provider can set besides.
pub const fn of_provider(provider: Provider) -> &'static [(&'static str, Shape)] {
    match provider {
        Provider::Blackline => &[
            ("paths", Shape::Object),
            ("fields", Shape::Object),
            ("grant_type", Shape::Text),
            ("client_auth", Shape::Text),
            ("strategy", Shape::Text),
            ("codes", Shape::Object),
            ("page_size", Shape::Number),
            ("products", Shape::Texts),
        ],
        Provider::Crowdstrike => &[("region", Shape::Text)],
        Provider::ElasticCloud => &[("organization_id", Shape::Text)],
        Provider::Jumpcloud => &[
            ("region", Shape::Text),
            ("org_id", Shape::Text),
            ("token_url", Shape::Text),
        ],
        Provider::SlackEnterprise => &[
            ("government", Shape::Flag),
            ("enterprise_id", Shape::Text),
            ("scim", Shape::Flag),
        ],
        Provider::Teamviewer => &[],
    }
}

/// Checks settings.
pub fn check(settings: &Map<String, Value>, provider: Option<Provider>, notes: &mut Notes) {
    let own = provider.map_or(&[] as &[(&str, Shape)], of_provider);
    let known: Vec<(&str, Shape)> = GENERAL.iter().chain(own).copied().collect();
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    for (name, value) in settings.iter().filter(|(_, value)| !value.is_null()) {
        let field = format!("settings.{name}");
        let Some((_, shape)) = known.iter().find(|(known, _)| known == name) else {
            // Without a provider, its own settings are not known.
            if provider.is_some() {
                notes.wrong(field, unknown(name, &names));
            }
            continue;
        };
        if !shape.fits(value) {
            notes.wrong(field, mismatch(shape.name(), value));
            continue;
        }
        match (name.as_str(), value) {
            ("allow", Value::Array(effects)) => {
                for effect in effects.iter().filter_map(Value::as_str) {
                    if json::side_effect(effect).is_none() {
                        notes.wrong(field.clone(), unknown_value(effect, &json::side_effect_names()));
                    }
                }
            }
            ("approvers", Value::Array(approvers)) => self::approvers(approvers, notes),
            ("approval_lifetime", value) if !value.as_u64().is_some_and(is_lifetime) => {
                notes.wrong(
                    field,
                    format!("must be 1 to {LONGEST_LIFETIME} seconds, which is a day"),
                );
            }
            ("region", Value::String(region)) => self::region(region, provider, notes),
            ("token_url", Value::String(url)) => url_of(&field, url, notes),
            _ => {}
        }
    }
    let is_required = settings.get("approval_required") == Some(&Value::Bool(true));
    let has_approvers = settings
        .get("approvers")
        .and_then(Value::as_array)
        .is_some_and(|approvers| !approvers.is_empty());
    if is_required && !has_approvers {
        notes.wrong(
            "settings.approval_required",
            "needs `approvers`: nobody could approve anything",
        );
    }
}

const fn is_lifetime(seconds: u64) -> bool {
    seconds > 0 && seconds <= LONGEST_LIFETIME
}

fn region(region: &str, provider: Option<Provider>, notes: &mut Notes) {
    let known: Vec<&str> = provider.map(origins::regions).into_iter().flatten().collect();
    if !known.is_empty() && !known.contains(&region) {
        notes.wrong("settings.region", unknown_value(region, &known));
    }
}

/// No key is repeated: a private one may stand there by mistake.
fn approvers(approvers: &[Value], notes: &mut Notes) {
    for (index, approver) in approvers.iter().enumerate() {
        let field = format!("settings.approvers[{index}]");
        if !approver["name"].is_string() {
            notes.wrong(format!("{field}.name"), "it is missing: the name that the record shows");
        }
        match &approver["key"] {
            Value::Null => notes.wrong(format!("{field}.key"), "it is missing: a public Ed25519 JWK"),
            key if key.get("d").is_some() => notes.wrong(
                format!("{field}.key"),
                "is a private key: name the public one, and make a new key, because this one has been shown",
            ),
            key => {
                if let Err(why) = PublicKey::parse_set(&key.to_string()) {
                    notes.wrong(format!("{field}.key"), format!("is no public Ed25519 JWK: {why}"));
                }
            }
        }
    }
}

impl Shape {
    const fn name(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Flag => "true or false",
            Self::Number => "a whole number",
            Self::Texts => "a list of texts",
            Self::Object => "an object",
            Self::Objects => "a list of objects",
        }
    }

    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Flag => value.is_boolean(),
            Self::Number => value.is_u64(),
            Self::Object => value.is_object(),
            Self::Texts => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
            Self::Objects => value.as_array().is_some_and(|items| items.iter().all(Value::is_object)),
        }
    }
}
