//! Credentials and settings of a CrowdStrike account.

use std::cell::OnceCell;

use crate::{
    account::secret::Secret,
    client::{AccountKey, BaseUrl},
    contract::types::{ClientCredentials, Credentials},
    error::Error,
    provider::{Addresses, Draft, Opening},
};

use super::{capability::CAPABILITY, cid::Cid};

/// A CrowdStrike account.
#[derive(Debug)]
pub struct Config {
    pub base: BaseUrl,
    pub client_id: String,
    pub client_secret: Secret,
    /// The child CID that the token is locked to.
    pub member_cid: Option<Cid>,
    token_key: OnceCell<AccountKey>,
}

/// The API hosts by region. Source: `CrowdStrike/falconpy` (`_enum/_base_url.py`), `CrowdStrike/gofalcon` (`falcon/cloud.go`).
const REGIONS: &[(&str, &str)] = &[
    ("us-1", "https://api.crowdstrike.com"),
    ("us-2", "https://api.us-2.crowdstrike.com"),
    ("us-3", "https://api.us-3.crowdstrike.com"),
    ("eu-1", "https://api.eu-1.crowdstrike.com"),
    ("us-gov-1", "https://api.laggar.gcw.crowdstrike.com"),
    ("us-gov-2", "https://api.us-gov-2.crowdstrike.mil"),
];

pub const ADDRESSES: Addresses = Addresses {
    regions: REGIONS,
    others: &[],
    needed,
};

impl Config {
    pub fn new(mut account: Opening<'_>) -> Result<Self, Error> {
        let region: Option<String> = account.settings.take("region")?;
        account.settings.finish()?;
        let Credentials::ClientCredentials(ClientCredentials {
            client_id,
            client_secret,
            member_cid,
        }) = account.credentials
        else {
            return Err(CAPABILITY.wrong_credentials());
        };
        if client_id.trim().is_empty() {
            let field = "credentials.client_id";
            return Err(Error::account(field, format!("{field} must not be empty")));
        }
        Ok(Self {
            base: base(account.base_url, region.as_deref())?,
            client_id,
            client_secret: Secret::parse("credentials.client_secret", client_secret)?,
            member_cid: Option::<String>::from(member_cid)
                .map(|cid| {
                    Cid::parse(&cid).map_err(|why| {
                        Error::account("credentials.member_cid", format!("credentials.member_cid {why}"))
                    })
                })
                .transpose()?,
            token_key: OnceCell::new(),
        })
    }

    /// The key of this account's token.
    pub fn key(&self) -> AccountKey {
        *self.token_key.get_or_init(|| {
            AccountKey::of([
                "crowdstrike",
                self.base.as_str(),
                &self.client_id,
                self.client_secret.expose(),
                self.member_cid.as_ref().map_or("", Cid::as_str),
            ])
        })
    }
}

/// No autodiscovery: it would show the secret to a second host, and whether it reaches the government clouds is not documented.
fn base(base_url: Option<&str>, region: Option<&str>) -> Result<BaseUrl, Error> {
    let url = match (base_url, region) {
        (Some(url), None) => url,
        (None, Some(region)) => of_region(region).ok_or_else(|| {
            let names: Vec<&str> = REGIONS.iter().map(|(name, _)| *name).collect();
            Error::account(
                "settings.region",
                format!("settings.region must be one of {}", names.join(", ")),
            )
        })?,
        (None, None) => {
            return Err(Error::account(
                "settings.region",
                "a CrowdStrike account needs settings.region or base_url",
            ));
        }
        (Some(_), Some(_)) => {
            return Err(Error::account(
                "settings.region",
                "settings.region and base_url exclude each other",
            ));
        }
    };
    BaseUrl::of_account("base_url", url)
}

fn of_region(region: &str) -> Option<&'static str> {
    let (_, url) = REGIONS.iter().find(|(name, _)| *name == region)?;
    Some(url)
}

fn needed(account: Draft<'_>) -> Vec<&str> {
    let of_region = || of_region(account.text("region")?);
    account.base_url().or_else(of_region).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        account::settings::{General, Settings},
        contract::types::Narrowing,
    };

    fn config(base_url: Option<&str>, settings: &str) -> Result<Config, Error> {
        let credentials = Credentials::ClientCredentials(ClientCredentials {
            client_id: String::from("id"),
            client_secret: String::from("very secret"),
            member_cid: Narrowing::Anywhere,
        });
        Config::new(Opening {
            base_url,
            credentials,
            settings: Settings::parse(Some(settings)).unwrap(),
            general: &General::default(),
        })
    }

    #[test]
    fn every_region_has_its_host() {
        for (region, url) in REGIONS {
            let settings = format!(r#"{{"region": "{region}"}}"#);
            assert_eq!(config(None, &settings).unwrap().base.as_str(), *url);
        }
    }

    #[test]
    fn region_or_address_is_required_and_both_are_refused() {
        for (base_url, settings) in [
            (None, "{}"),
            (Some("https://h"), r#"{"region": "us-1"}"#),
            (None, r#"{"region": "mars"}"#),
        ] {
            assert!(
                matches!(config(base_url, settings), Err(Error::Account { .. })),
                "{settings}"
            );
        }
    }

    #[test]
    fn debug_does_not_show_the_secret() {
        let shown = format!("{:?}", config(Some("https://h"), "{}").unwrap());
        assert!(!shown.contains("very secret"), "{shown}");
    }
}
