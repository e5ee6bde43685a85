//! The service for operators: configuration from files, checked as one generation by the checks of `accounts check`.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;
use host::{
    guests::Artifact,
    serve::{Certificate, Configuration, Limits, Load, Loaded, serve},
};
use serde_json::{Map, Value};
use unassign_role::http_api::Setting;

use crate::{
    accounts::{
        Account, Listing, check, environment, is_standard_input,
        secret::{Resolver, of_file},
    },
    commands::global::{Global, surroundings},
    exit::Exit,
    tenants::{needed, network},
};

use super::Serve;

impl Serve {
    pub(super) async fn operators(self, accounts: PathBuf, global: &Global) -> Result<Exit> {
        let own = self.own;
        if is_standard_input(&accounts) {
            return Err(Exit::Usage.because(
                "a service reads its accounts again whenever they change, and standard input can be read once: name a file or a folder",
            ));
        }
        let Some(tokens) = own.tokens else {
            return Err(Exit::Usage.because(
                "who may call? Name the tokens with --tokens (`token new` makes an entry), or try it with --sandbox",
            ));
        };
        if self.port.is_some() || self.sandbox_port.is_some() {
            return Err(Exit::Usage.because("--port and --sandbox-port belong to --sandbox: use --listen"));
        }
        let files = Files {
            accounts,
            tokens,
            keys: [
                (Setting::ReceiptKey, own.receipt_key),
                (Setting::ReceiptKeysRetired, own.receipt_keys_retired),
                (Setting::RecordKey, own.record_key),
            ],
            resolver: Arc::default(),
        };
        let mut configuration =
            Configuration::new(Artifact::Wasi.bytes()?, self.listen, Load::new(move || files.load()));
        configuration.metrics = Some(own.metrics);
        configuration.certificate = own
            .tls_cert
            .zip(own.tls_key)
            .map(|(chain, key)| Certificate { chain, key });
        configuration.outbound = network(global.ca.as_deref())?;
        configuration.limits = Limits {
            calls: usize::try_from(own.calls)?,
            connections: usize::try_from(own.connections)?,
            ..Limits::default()
        };
        if serve(configuration).await? {
            return Ok(Exit::Done);
        }
        Err(Exit::Unverified.because(
            "calls under way were cut off, and roles may have been removed: send them again to learn what is left",
        ))
    }
}

/// The files of one generation.
struct Files {
    accounts: PathBuf,
    tokens: PathBuf,
    /// Keys from files; else from the environment.
    keys: [(Setting, Option<PathBuf>); 3],
    /// Commands run once a process, and not at every reload: they may ask a person.
    resolver: Arc<Resolver>,
}

impl Files {
    /// Reads all of it. A mistake anywhere refuses the whole.
    fn load(&self) -> Result<Loaded, String> {
        let listing = Listing::read(&self.accounts);
        let tokens =
            fs::read(&self.tokens).map_err(|error| format!("{} cannot be read: {error}", self.tokens.display()))?;
        let around = check::Surroundings {
            // The component answers it with 401. A refused generation would keep tokens alive that were taken out of the file.
            expired_token: check::Level::Warning,
            ..surroundings()
        };
        let report = check::check(&listing, Some((&self.tokens, &tokens)), &around);
        let wrong: Vec<String> = report.wrong().map(ToString::to_string).collect();
        if !wrong.is_empty() {
            return Err(wrong.join("; "));
        }
        let mut files = vec![self.accounts.clone(), self.tokens.clone()];
        let mut accounts = Vec::new();
        for entry in &listing.entries {
            accounts.push(Account::resolve(entry, &self.resolver)?);
            files.extend(secret_files(&entry.value, &entry.file));
        }
        let accounts: Vec<&Account> = accounts.iter().collect();
        let variable = |setting: Setting, text: String| (setting.environment_variable().to_owned(), text);
        let tokens = String::from_utf8(tokens).map_err(|_| String::from("the tokens are not UTF-8"))?;
        let mut environment = environment(&accounts, tokens);
        for (setting, file) in &self.keys {
            let text = match file {
                Some(file) => {
                    files.push(file.clone());
                    Some(of_file(file)?)
                }
                None => std::env::var(setting.environment_variable()).ok(),
            };
            environment.extend(text.map(|text| variable(*setting, text)));
        }
        environment.extend(
            std::env::var(Setting::ResponseEnvelope.environment_variable())
                .ok()
                .map(|text| variable(Setting::ResponseEnvelope, text)),
        );
        check(&environment)?;
        Ok(Loaded {
            environment,
            origins: needed(&accounts).map_err(|error| format!("{error:#}"))?,
            files,
        })
    }
}

/// The files that an account's secrets stand in: they are followed, too.
fn secret_files(account: &Value, file: &Path) -> Vec<PathBuf> {
    let credentials = account["credentials"].as_object().into_iter().flat_map(Map::values);
    let paths = credentials.filter_map(|value| value["file"].as_str());
    paths
        .map(|path| file.parent().unwrap_or(Path::new("")).join(path))
        .collect()
}

/// The settings that the component would refuse at every call. An empty one counts as not set.
fn check(environment: &[(String, String)]) -> Result<(), String> {
    for setting in Setting::ALL {
        let name = setting.environment_variable();
        let text = environment.iter().find(|(variable, _)| variable == name);
        if let Some((_, text)) = text.filter(|(_, text)| !text.trim().is_empty()) {
            setting.check(text).map_err(|why| format!("{name}: {why}"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::accounts::scratch::Scratch;

    #[test]
    fn a_token_that_has_expired_keeps_no_other_token_in_or_out() {
        let folder = Scratch::new();
        let account = json!({"acme": {"provider": "jumpcloud", "credentials": {"type": "api_key", "api_key": "k"}}});
        let token = |name: &str, digit: &str, expires_at: &str| json!({"name": name, "sha256": digit.repeat(64), "accounts": ["acme"], "may": ["read"], "expires_at": expires_at});
        let files = |tokens: Value| Files {
            accounts: folder.write("accounts.json", &account.to_string()),
            tokens: folder.write("tokens.json", &tokens.to_string()),
            keys: [
                (Setting::ReceiptKey, None),
                (Setting::ReceiptKeysRetired, None),
                (Setting::RecordKey, None),
            ],
            resolver: Arc::default(),
        };
        let expired = token("expired", "a", "2020-01-01T00:00:00Z");
        let loaded = files(json!([expired, token("good", "b", "2999-01-01T00:00:00Z")]))
            .load()
            .unwrap();
        let tokens = loaded.environment.iter().find(|(_, value)| value.contains("expired"));
        assert!(tokens.is_some_and(|(_, value)| value.contains("good")));
        // What cannot be a time is a fault as before.
        let why = files(json!([expired, token("odd", "b", "soon")])).load().unwrap_err();
        assert!(
            why.contains("token odd: expires_at") && !why.contains("has passed"),
            "{why}"
        );
    }

    #[test]
    fn a_key_that_the_component_would_refuse_is_not_taken() {
        for (setting, good, bad) in [
            (Setting::RecordKey, "0123456789abcdef0123456789abcdef", "short"),
            (Setting::ResponseEnvelope, "result", "results"),
            (Setting::ReceiptKeysRetired, r#"{"keys": []}"#, "{"),
            (Setting::ReceiptKey, "", "{"),
        ] {
            let of = |text: &str| check(&[(setting.environment_variable().to_owned(), text.to_owned())]);
            assert!(of(good).is_ok(), "{setting:?}: {:?}", of(good));
            let why = of(bad).unwrap_err();
            assert!(why.starts_with(setting.environment_variable()), "{why}");
        }
    }
}
