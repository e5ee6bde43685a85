//! The hosts that an account needs: what a deployment has to allow, and what the command lets the component reach. No call asks this.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{
    client::BaseUrl,
    contract::{json, types::Provider},
    provider::{Addresses, Draft},
    providers,
};

/// The origins, `https://host[:port]`, that an account needs. What is malformed needs none: it is refused elsewhere.
pub fn needed(account: &Map<String, Value>) -> BTreeSet<String> {
    let provider = account.get("provider").and_then(Value::as_str);
    let addresses = provider.and_then(json::provider).and_then(providers::addresses);
    let urls = addresses.map(|addresses| (addresses.needed)(Draft(account)));
    urls.into_iter().flatten().filter_map(origin).collect()
}

/// Whether an origin is one that a provider itself has, and not one of a customer.
pub fn is_of_a_provider(asked: &str) -> bool {
    let all = providers::ALL
        .iter()
        .filter_map(|&provider| providers::addresses(provider));
    all.flat_map(own)
        .any(|url| origin(url).is_some_and(|origin| origin == asked))
}

/// What `settings.region` can be. Nothing where a provider has no such setting.
pub fn regions(provider: Provider) -> impl Iterator<Item = &'static str> {
    let addresses = providers::addresses(provider);
    addresses
        .into_iter()
        .flat_map(|addresses| addresses.regions)
        .map(|(name, _)| *name)
}

fn own(addresses: &'static Addresses) -> impl Iterator<Item = &'static str> {
    let of_regions = addresses.regions.iter().map(|(_, url)| *url);
    of_regions.chain(addresses.others.iter().copied())
}

fn origin(url: &str) -> Option<String> {
    Some(BaseUrl::parse(url).ok()?.origin().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn origins(document: Value) -> Vec<String> {
        needed(document.as_object().unwrap()).into_iter().collect()
    }

    #[test]
    fn every_host_that_spin_may_reach_is_needed_by_some_account_and_no_other_one_is() {
        let manifest = include_str!("../spin.toml");
        let (_, list) = manifest.split_once("allowed_outbound_hosts = [").unwrap();
        let (list, _) = list.split_once(']').unwrap();
        let mut allowed: BTreeSet<&str> = list.split('"').filter(|part| part.starts_with("https://")).collect();
        let mut found = BTreeSet::new();
        for region in regions(Provider::Crowdstrike) {
            found.extend(origins(
                json!({"provider": "crowdstrike", "settings": {"region": region}}),
            ));
        }
        for region in regions(Provider::Jumpcloud) {
            let settings = json!({"region": region});
            found.extend(origins(json!({"provider": "jumpcloud", "settings": settings})));
        }
        found.extend(origins(
            json!({"provider": "jumpcloud", "credentials": {"type": "client_credentials"}}),
        ));
        for government in [true, false] {
            let settings = json!({"government": government, "scim": true});
            found.extend(origins(json!({"provider": "slack_enterprise", "settings": settings})));
        }
        for provider in ["elastic_cloud", "teamviewer"] {
            found.extend(origins(json!({"provider": provider})));
        }
        // An account there names its address itself.
        assert!(allowed.remove("https://*.api.blackline.com"));
        assert!(allowed.remove("https://api.us-gov-east-1.aws.elastic-cloud.com"));
        assert!(found.iter().all(|origin| is_of_a_provider(origin)));
        assert!(!is_of_a_provider("https://us2.api.blackline.com") && !is_of_a_provider("https://slack.com:8443"));
        assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), allowed);
    }

    #[test]
    fn an_address_of_its_own_replaces_the_providers() {
        for (provider, base_url) in [
            ("blackline", "https://us2.api.blackline.com/v1"),
            ("crowdstrike", "https://127.0.0.1:8443"),
            (
                "elastic-cloud",
                "https://api.us-gov-east-1.aws.elastic-cloud.com/api/v1",
            ),
            ("jumpcloud", "https://127.0.0.1:8443"),
            ("slackenterprise", "https://127.0.0.1:8443"),
            ("teamviewer", "https://127.0.0.1:8443"),
        ] {
            let found = origins(json!({"provider": provider, "base_url": base_url, "settings": {"region": "eu"}}));
            assert_eq!(found, [BaseUrl::parse(base_url).unwrap().origin()], "{provider}");
        }
        let both =
            origins(json!({"provider": "slack_enterprise", "base_url": "https://h", "settings": {"scim": true}}));
        assert_eq!(both, ["https://api.slack.com", "https://h"]);
    }

    #[test]
    fn the_secret_of_jumpcloud_goes_to_the_token_host_of_the_us_or_to_the_one_that_is_named() {
        let account = |settings: Value| json!({"provider": "jumpcloud", "credentials": {"type": "client_credentials"}, "settings": settings});
        assert_eq!(
            origins(account(
                json!({"region": "eu", "token_url": "https://tokens.example/oauth2/token"})
            )),
            ["https://console.eu.jumpcloud.com", "https://tokens.example"]
        );
        assert_eq!(
            origins(account(json!({"region": "eu"}))),
            ["https://console.eu.jumpcloud.com"]
        );
    }

    #[test]
    fn what_is_malformed_needs_nothing() {
        for document in [
            json!({}),
            json!({"provider": "okta"}),
            json!({"provider": "blackline"}),
            json!({"provider": "blackline", "base_url": "https://u:p@h"}),
        ] {
            assert!(origins(document.clone()).is_empty(), "{document}");
        }
    }
}
