//! The hosts that an account needs: what a verb lets the component reach, and what a deployment has to allow.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use unassign_role::{
    client::BaseUrl,
    contract::{json, types::Provider},
};

/// The origins, `https://host[:port]`, that an account needs. What is malformed needs none: it is refused elsewhere.
pub fn of(document: &Map<String, Value>) -> BTreeSet<String> {
    let Some(provider) = document
        .get("provider")
        .and_then(Value::as_str)
        .and_then(json::provider)
    else {
        return BTreeSet::new();
    };
    let setting = |name: &str| document.get("settings").and_then(|settings| settings.get(name));
    let text = |name: &str| setting(name).and_then(Value::as_str);
    let flag = |name: &str| setting(name).and_then(Value::as_bool).unwrap_or_default();
    let base_url = document.get("base_url").and_then(Value::as_str);
    let kind = document
        .get("credentials")
        .and_then(|credentials| credentials["type"].as_str());
    let mut urls: Vec<&str> = Vec::new();
    match provider {
        Provider::Blackline => {}
        Provider::Crowdstrike => urls.extend(
            CROWDSTRIKE
                .iter()
                .find(|(region, _)| Some(*region) == text("region"))
                .map(|(_, url)| *url)
                .filter(|_| base_url.is_none()),
        ),
        Provider::ElasticCloud => urls.extend(base_url.is_none().then_some("https://api.elastic-cloud.com")),
        Provider::Jumpcloud => {
            let is_eu = text("region") == Some("eu");
            if base_url.is_none() {
                urls.push(if is_eu { JUMPCLOUD_EU } else { JUMPCLOUD_US });
            }
            if kind == Some("client_credentials") {
                let is_us = !is_eu && base_url.is_none_or(|url| url == JUMPCLOUD_US);
                urls.extend(text("token_url").or(is_us.then_some("https://admin-oauth.id.jumpcloud.com")));
            }
        }
        Provider::SlackEnterprise => {
            let (web, scim) = if flag("government") {
                ("https://slack-gov.com", "https://api.slack-gov.com")
            } else {
                ("https://slack.com", "https://api.slack.com")
            };
            urls.extend(base_url.is_none().then_some(web));
            urls.extend(flag("scim").then_some(scim));
        }
        Provider::Teamviewer => urls.extend(base_url.is_none().then_some("https://webapi.teamviewer.com")),
    }
    urls.into_iter()
        .chain(base_url)
        .filter_map(|url| Some(BaseUrl::parse(url).ok()?.origin().to_owned()))
        .collect()
}

/// Whether an origin is one that a provider itself has, and not one of a customer.
pub fn is_of_a_provider(origin: &str) -> bool {
    let others = [
        JUMPCLOUD_US,
        JUMPCLOUD_EU,
        "https://admin-oauth.id.jumpcloud.com",
        "https://api.elastic-cloud.com",
        "https://api.slack-gov.com",
        "https://api.slack.com",
        "https://slack-gov.com",
        "https://slack.com",
        "https://webapi.teamviewer.com",
    ];
    CROWDSTRIKE.iter().any(|(_, url)| *url == origin) || others.contains(&origin)
}

/// The regions of CrowdStrike.
pub const CROWDSTRIKE: [(&str, &str); 6] = [
    ("us-1", "https://api.crowdstrike.com"),
    ("us-2", "https://api.us-2.crowdstrike.com"),
    ("us-3", "https://api.us-3.crowdstrike.com"),
    ("eu-1", "https://api.eu-1.crowdstrike.com"),
    ("us-gov-1", "https://api.laggar.gcw.crowdstrike.com"),
    ("us-gov-2", "https://api.us-gov-2.crowdstrike.mil"),
];
const JUMPCLOUD_US: &str = "https://console.jumpcloud.com";
const JUMPCLOUD_EU: &str = "https://console.eu.jumpcloud.com";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn origins(document: Value) -> Vec<String> {
        of(document.as_object().unwrap()).into_iter().collect()
    }

    #[test]
    fn every_host_that_spin_may_reach_is_needed_by_some_account_and_no_other_one_is() {
        let manifest = include_str!("../../../spin.toml");
        let (_, list) = manifest.split_once("allowed_outbound_hosts = [").unwrap();
        let (list, _) = list.split_once(']').unwrap();
        let mut allowed: BTreeSet<&str> = list.split('"').filter(|part| part.starts_with("https://")).collect();
        let mut needed = BTreeSet::new();
        for (region, _) in CROWDSTRIKE {
            needed.extend(origins(
                json!({"provider": "crowdstrike", "settings": {"region": region}}),
            ));
        }
        for region in ["us", "eu"] {
            let settings = json!({"region": region});
            needed.extend(origins(json!({"provider": "jumpcloud", "settings": settings})));
        }
        needed.extend(origins(
            json!({"provider": "jumpcloud", "credentials": {"type": "client_credentials"}}),
        ));
        for government in [true, false] {
            let settings = json!({"government": government, "scim": true});
            needed.extend(origins(json!({"provider": "slack_enterprise", "settings": settings})));
        }
        for provider in ["elastic_cloud", "teamviewer"] {
            needed.extend(origins(json!({"provider": provider})));
        }
        // An account there names its address itself.
        assert!(allowed.remove("https://*.api.blackline.com"));
        assert!(allowed.remove("https://api.us-gov-east-1.aws.elastic-cloud.com"));
        assert!(needed.iter().all(|origin| is_of_a_provider(origin)));
        assert!(!is_of_a_provider("https://us2.api.blackline.com") && !is_of_a_provider("https://slack.com:8443"));
        assert_eq!(needed.iter().map(String::as_str).collect::<BTreeSet<_>>(), allowed);
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
