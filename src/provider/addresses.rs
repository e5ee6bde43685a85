//! Where a provider is, and so which addresses its accounts need. A host asks that for its list of what may be reached; no call does.

use serde_json::{Map, Value};

/// The addresses that are a provider's own, and those that an account needs.
pub struct Addresses {
    /// The values of `settings.region`, each with its address.
    pub regions: &'static [(&'static str, &'static str)],
    /// All other ones.
    pub others: &'static [&'static str],
    pub needed: for<'a> fn(Draft<'a>) -> Vec<&'a str>,
}

/// An account in JSON, as far as it can be read: it need not be one that opens.
#[derive(Clone, Copy)]
pub struct Draft<'a>(pub &'a Map<String, Value>);

impl<'a> Draft<'a> {
    pub fn base_url(self) -> Option<&'a str> {
        self.0.get("base_url")?.as_str()
    }

    /// The kind of the credentials, e.g. `"api_key"`.
    pub fn credentials(self) -> Option<&'a str> {
        self.0.get("credentials")?.get("type")?.as_str()
    }

    pub fn text(self, setting: &str) -> Option<&'a str> {
        self.setting(setting)?.as_str()
    }

    pub fn flag(self, setting: &str) -> bool {
        self.setting(setting).and_then(Value::as_bool).unwrap_or_default()
    }

    fn setting(self, name: &str) -> Option<&'a Value> {
        self.0.get("settings")?.get(name)
    }
}
