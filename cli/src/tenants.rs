//! The accounts that a verb can use, and the way to their providers: real tenants over the network, or sandboxes in memory.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, anyhow};
use host::{
    compiled,
    egress::{Egress, Watch},
    engine::{self, Prepared},
    guests::Artifact,
    outbound::{Origin, Origins, Pool, Proxy, Settings},
    output::Output,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use unassign_role::{http_api::Setting, keys::PrivateKey, origins};

use crate::{
    accounts::{Account, Entry, Listing, check, secret::Resolver, take_own_fields},
    commands::{
        global::{Global, Source, surroundings},
        sandbox::Sandboxes,
    },
    exit::Exit,
    record::{Announcements, Record},
    session::Session,
    terminal::Progress,
};

/// The accounts at hand.
pub struct Tenants {
    kind: Kind,
    component: Prepared,
    /// Without one, the lines of the record go nowhere.
    record: Option<Record>,
    /// Settings of the component, by their variables.
    settings: Vec<(&'static str, String)>,
    watch: Option<Arc<dyn Watch>>,
}

enum Kind {
    Sandboxes(Box<Sandboxes>),
    Real {
        listing: Listing,
        resolver: Resolver,
        pool: Pool,
    },
}

/// Settings of the component that the command takes from its environment.
const PASSED: [&str; 3] = [
    Setting::ReceiptKey.environment_variable(),
    Setting::ReceiptKeysRetired.environment_variable(),
    Setting::RecordKey.environment_variable(),
];

impl Tenants {
    /// Reads what the command line names. No secret is looked up yet.
    pub fn open(global: &Global) -> Result<Self> {
        let mut settings: Vec<(&'static str, String)> = PASSED
            .iter()
            .filter_map(|name| Some((*name, std::env::var(name).ok()?)))
            // An empty one counts as not set, as in the service.
            .filter(|(_, text)| !text.trim().is_empty())
            .collect();
        let kind = match global.source()? {
            Source::Sandbox => {
                let sandboxes = Sandboxes::start();
                if !settings.iter().any(|(name, _)| *name == PASSED[0]) {
                    settings.push((PASSED[0], sandboxes.receipt_key()));
                }
                Kind::Sandboxes(Box::new(sandboxes))
            }
            Source::Files(path) => {
                let listing = Listing::read(&path);
                if let Some((file, why)) = listing.faults.first() {
                    return Err(Exit::Configuration.because(format!("{}: {why}", file.display())));
                }
                Kind::Real {
                    listing,
                    resolver: Resolver::default(),
                    pool: Pool::new(&network(global.ca.as_deref())?)?,
                }
            }
        };
        Ok(Self {
            kind,
            component: component()?,
            record: global.record.as_deref().map(Record::open).transpose()?,
            settings,
            watch: None,
        })
    }

    /// The same with somebody who sees every exchange with a provider.
    #[must_use]
    pub fn watched_by(mut self, watch: Arc<dyn Watch>) -> Self {
        self.watch = Some(watch);
        self
    }

    /// The ids of all accounts.
    pub fn ids(&self) -> Vec<String> {
        match &self.kind {
            Kind::Sandboxes(_) => Sandboxes::accounts().into_iter().map(|account| account.id).collect(),
            Kind::Real { listing, .. } => listing.entries.iter().map(|entry| entry.id.clone()).collect(),
        }
    }

    /// The account of this id, or the only one there is. It is checked, and its secrets are looked up.
    pub fn account(&self, id: Option<&str>) -> Result<Account> {
        let ids = self.ids();
        let id = match (id, ids.as_slice()) {
            (Some(id), _) => id,
            (None, [only]) => only,
            (None, _) => {
                let why = format!("which account? Name one with --account: {}", ids.join(", "));
                return Err(Exit::Usage.because(why));
            }
        };
        let found = match &self.kind {
            Kind::Sandboxes(_) => Sandboxes::accounts().into_iter().find(|account| account.id == id),
            Kind::Real { listing, resolver, .. } => match listing.entries.iter().find(|entry| entry.id == id) {
                None => None,
                Some(entry) => Some(checked(entry, resolver)?),
            },
        };
        found.ok_or_else(|| {
            Exit::Configuration.because(format!("there is no account `{id}`; there are {}", ids.join(", ")))
        })
    }

    /// All accounts with their tags, and without their secrets: none is looked up for an account that is not used.
    pub fn described(&self) -> Vec<Account> {
        match &self.kind {
            Kind::Sandboxes(_) => Sandboxes::accounts(),
            Kind::Real { listing, .. } => listing
                .entries
                .iter()
                .map(|entry| {
                    let mut document = entry.value.as_object().cloned().unwrap_or_default();
                    let tags = take_own_fields(&mut document);
                    Account {
                        tags,
                        ..Account::of_document(&entry.id, document)
                    }
                })
                .collect(),
        }
    }

    /// Whether answers have a receipt.
    pub fn signs_receipts(&self) -> bool {
        let [name, ..] = PASSED;
        self.settings.iter().any(|(known, _)| *known == name)
    }

    /// The public half of the key that receipts are signed with: the configured one, or one that this process makes and forgets.
    pub fn receipt_key(&mut self) -> Result<Value> {
        let [name, ..] = PASSED;
        let configured = self.settings.iter().find(|(known, _)| *known == name);
        let key = if let Some((_, text)) = configured {
            PrivateKey::parse(text).map_err(|why| Exit::Configuration.because(format!("{name}: {why}")))?
        } else {
            let mut seed = [0; 32];
            getrandom::fill(&mut seed).context("the system gives no random numbers")?;
            let key = PrivateKey::of_seed(&seed);
            self.settings.push((name, key.to_jwk().to_string()));
            key
        };
        Ok(serde_json::from_str(&key.public().to_jwk().to_string())?)
    }

    /// The clock of the sandboxes, or the system's.
    pub fn now(&self) -> Arc<dyn Fn() -> Duration + Send + Sync> {
        if let Kind::Sandboxes(sandboxes) = &self.kind {
            let clock = sandboxes.demo.clock;
            return Arc::new(move || clock.unix());
        }
        Arc::new(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    /// The component with these accounts. It reaches their origins, and no other ones.
    pub fn session(&self, accounts: &[&Account]) -> Result<Session> {
        let (mut egress, clock) = match &self.kind {
            Kind::Sandboxes(sandboxes) => (Egress::from(&sandboxes.demo.network), Some(sandboxes.demo.clock)),
            Kind::Real { pool, .. } => (Egress::from(pool.allow(needed(accounts)?)), None),
        };
        if let Some(watch) = &self.watch {
            egress = egress.watched_by(Arc::clone(watch));
        }
        let settings: Vec<(&str, &str)> = self
            .settings
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let (output, announcements) = match &self.record {
            Some(record) => record.of_session(),
            None => (Output::nowhere(), Announcements::default()),
        };
        let session = Session::start(&self.component, accounts, egress, clock, &settings, output)?;
        Ok(session.announced_by(announcements))
    }
}

/// The component, compiled now or by an earlier run.
pub fn component() -> Result<Prepared> {
    let bytes = Artifact::Wasi.bytes()?;
    let _progress = Progress::show("preparing the component");
    match cache() {
        Some(folder) => {
            let user = rustix::process::geteuid().as_raw();
            compiled::prepare(&bytes, &format!("{:x}", Sha256::digest(&bytes)), &folder, user)
        }
        None => engine::prepare(&bytes),
    }
}

/// Where compiled components are kept: `UNASSIGN_ROLE_CACHE`, or the user's cache. Empty: nowhere.
fn cache() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let is_named = |folder: &PathBuf| !folder.as_os_str().is_empty();
    match folder("UNASSIGN_ROLE_CACHE") {
        Some(named) => Some(named).filter(is_named),
        None => folder("XDG_CACHE_HOME")
            .filter(is_named)
            .or_else(|| Some(folder("HOME").filter(is_named)?.join(".cache")))
            .map(|cache| cache.join("unassign-role")),
    }
}

/// The way to the network: the system's proxy, and one more certificate authority.
pub fn network(ca: Option<&Path>) -> Result<Settings> {
    Ok(Settings {
        extra_ca: ca.map(Path::to_path_buf),
        proxy: Arc::new(Proxy::from_environment()?),
        ..Settings::default()
    })
}

/// The union of what accounts need.
pub fn needed(accounts: &[&Account]) -> Result<Origins> {
    let mut allowed = Origins::default();
    for account in accounts {
        for origin in origins::needed(&account.document) {
            let origin: Origin = origin
                .parse()
                .map_err(|why: String| anyhow!("account {}: {why}", account.id))?;
            allowed.allow(origin, account.provider.clone());
        }
    }
    Ok(allowed)
}

/// An account that nothing is wrong with.
fn checked(entry: &Entry, resolver: &Resolver) -> Result<Account> {
    let listing = Listing {
        entries: vec![entry.clone()],
        ..Listing::default()
    };
    let report = check::check(&listing, None, &surroundings());
    let wrong: Vec<String> = report.wrong().map(ToString::to_string).collect();
    if !wrong.is_empty() {
        return Err(Exit::Configuration.because(wrong.join("\n       ")));
    }
    Account::resolve(entry, resolver).map_err(|why| Exit::Configuration.because(why))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use serde_json::json;

    use super::*;

    fn falcon(id: &str, base_url: &str) -> Account {
        let document = json!({
            "provider": "crowdstrike", "base_url": base_url,
            "credentials": {"type": "client_credentials", "client_id": "c", "client_secret": "s"},
        });
        Account::of_document(id, document.as_object().cloned().unwrap())
    }

    #[tokio::test]
    async fn a_verb_reaches_the_origins_of_its_account_and_no_other_one() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let mine = falcon("mine", "http://127.0.0.1:9");
        let other = falcon("other", &format!("http://{}", listener.local_addr().unwrap()));
        let pool = Pool::new(&Settings::default()).unwrap();
        // The component knows both accounts; the way out is that of one of them.
        let egress = Egress::from(pool.allow(needed(&[&mine]).unwrap()));
        let nowhere = Output::nowhere();
        let session = Session::start(&component().unwrap(), &[&mine, &other], egress, None, &[], nowhere).unwrap();
        let roles = |id: &str| format!("/unified/user-directory/roles?integrated_account_id={id}&deadline_ms=2000");
        let refused = session.get(&roles("other")).await.unwrap();
        assert_eq!(refused.body["error_code"], "host_not_allowed", "{refused:?}");
        assert!(listener.accept().is_err(), "nothing arrived there");
        let allowed = session.get(&roles("mine")).await.unwrap();
        assert_ne!(allowed.body["error_code"], "host_not_allowed", "{allowed:?}");
        // A service has accounts at both.
        let union = needed(&[&mine, &other]).unwrap();
        assert_eq!(union.iter().count(), 2);
    }
}
