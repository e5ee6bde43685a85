//! The providers, registered once. Each has the same rooms: `backend`, `capability`, `config`, `core` (requests), `documents`, `find`,
//! `read`, `absence`, `revoke`, `mapping`, `ids`, and its page.

// Outside of the macro, where the formatter finds them.
#[cfg(feature = "blackline")]
mod blackline;
#[cfg(feature = "crowdstrike")]
mod crowdstrike;
#[cfg(feature = "elastic_cloud")]
mod elastic_cloud;
#[cfg(feature = "jumpcloud")]
mod jumpcloud;
#[cfg(feature = "slack_enterprise")]
mod slack_enterprise;
#[cfg(feature = "teamviewer")]
mod teamviewer;

use crate::{
    account::{
        secret::Secret,
        settings::{General, Settings},
    },
    binding::plan,
    contract::types::{Account, Credentials, Endpoint, Provider as Name},
    error::Error,
    provider::{AccountIdentity, Addresses, Opening, Provider, capability::Capability},
};

/// An account, taken apart: its credentials are in the provider's own masked types.
pub struct Opened {
    pub provider: Box<dyn Provider>,
    pub general: General,
    /// What must not be printed.
    pub secrets: Vec<Secret>,
}

/// Opens an account at its provider.
///
/// # Errors
/// [`Error::Account`] for an account that cannot work.
pub fn open(account: Account) -> Result<Opened, Error> {
    let Account {
        provider,
        base_url,
        credentials,
        settings,
    } = account;
    let (Some(capability), Some(opener)) = (capability(provider), opener(provider)) else {
        let name = name(provider);
        return Err(Error::account(
            "provider",
            format!("the provider {name} is not built in: this component was built without the feature `{name}`"),
        ));
    };
    if !capability.takes(&credentials) {
        return Err(capability.wrong_credentials());
    }
    let mut settings = Settings::parse(Some(&settings))?;
    let general = settings.take_general()?;
    let base_url = match &base_url {
        Endpoint::ProviderDefault => None,
        Endpoint::Url(url) => Some(url.as_str()),
    };
    let secrets = Secret::all_of(&credentials);
    let provider = opener(Opening {
        base_url,
        credentials,
        settings,
        general: &general,
    })?;
    Ok(Opened {
        provider,
        general,
        secrets,
    })
}

/// What tells this account from another in a plan: its origin, tenant settings and public client id, and no secret.
pub fn identity(id: &str, account: &Account) -> AccountIdentity {
    let (client, tenant) = match &account.credentials {
        Credentials::ClientCredentials(credentials) => {
            let member_cid: Option<String> = credentials.member_cid.clone().into();
            (credentials.client_id.as_str(), member_cid.unwrap_or_default())
        }
        Credentials::Password(credentials) => (credentials.client_id.as_str(), credentials.scope.clone()),
        Credentials::RefreshToken(credentials) => (credentials.client_id.as_str(), String::new()),
        Credentials::ApiKey(_) | Credentials::BearerToken(_) => ("", String::new()),
    };
    let origin = match &account.base_url {
        Endpoint::ProviderDefault => "",
        Endpoint::Url(url) => url.as_str(),
    };
    // Malformed settings do not open.
    let own = Settings::parse(Some(&account.settings)).and_then(|mut settings| {
        settings.take_general()?;
        Ok(settings.into_text())
    });
    let parts = [
        name(account.provider),
        origin,
        client,
        &tenant,
        &own.unwrap_or_default(),
    ];
    AccountIdentity {
        id: id.to_owned(),
        sha256: plan::digest(&serde_json::Value::from(parts.as_slice()).to_string()),
    }
}

/// How a provider opens an account.
type Open = fn(Opening<'_>) -> Result<Box<dyn Provider>, Error>;

/// Registers the providers: the module, the case of the contract, and the name in JSON, which is the name of the feature, too. What a
/// provider lacks does not compile.
macro_rules! register {
    ($($module:ident: $case:ident, $name:tt;)*) => {
        /// The parts of the contract that a provider supports; `None` if it is not built in.
        pub const fn capability(provider: Name) -> Option<&'static Capability> {
            match provider {
                $(
                    #[cfg(feature = $name)]
                    Name::$case => Some(&$module::CAPABILITY),
                )*
                #[allow(unreachable_patterns)]
                _ => None,
            }
        }

        /// Where a provider is; `None` if it is not built in.
        pub const fn addresses(provider: Name) -> Option<&'static Addresses> {
            match provider {
                $(
                    #[cfg(feature = $name)]
                    Name::$case => Some(&$module::ADDRESSES),
                )*
                #[allow(unreachable_patterns)]
                _ => None,
            }
        }

        /// The name in JSON, e.g. `"elastic_cloud"`.
        pub const fn name(provider: Name) -> &'static str {
            match provider {
                $(Name::$case => $name,)*
            }
        }

        const fn opener(provider: Name) -> Option<Open> {
            match provider {
                $(
                    #[cfg(feature = $name)]
                    Name::$case => Some(|account| Ok(Box::new($module::Account::new($module::Config::new(account)?)))),
                )*
                #[allow(unreachable_patterns)]
                _ => None,
            }
        }

        /// Every provider of the contract.
        pub const ALL: &[Name] = &[$(Name::$case),*];

        /// The page of each provider, by its module.
        #[cfg(test)]
        pub const PAGES: &[(Name, &str)] = &[
            $(
                #[cfg(feature = $name)]
                (Name::$case, include_str!(concat!(stringify!($module), "/docs.md"))),
            )*
        ];
    };
}

register! {
    blackline: Blackline, "blackline";
    crowdstrike: Crowdstrike, "crowdstrike";
    elastic_cloud: ElasticCloud, "elastic_cloud";
    jumpcloud: Jumpcloud, "jumpcloud";
    slack_enterprise: SlackEnterprise, "slack_enterprise";
    teamviewer: Teamviewer, "teamviewer";
}

/// The provider matrix: one row for each provider that is built in.
pub fn matrix() -> impl Iterator<Item = (Name, &'static Capability)> {
    ALL.iter().filter_map(|&name| Some((name, capability(name)?)))
}

#[cfg(test)]
mod tests;
