//! What the Spin manifests allow and ask for.

use std::collections::BTreeSet;

const SPIN: &str = include_str!("../../../spin.toml");
const SPIN_WASI: &str = include_str!("../../../spin-wasi.toml");

/// Where the six providers are, by their documents. BlackLine has a host for each data center.
const HOSTS: [&str; 17] = [
    "https://*.api.blackline.com",
    "https://admin-oauth.id.jumpcloud.com",
    "https://api.crowdstrike.com",
    "https://api.elastic-cloud.com",
    "https://api.slack-gov.com",
    "https://api.slack.com",
    "https://api.eu-1.crowdstrike.com",
    "https://api.laggar.gcw.crowdstrike.com",
    "https://api.us-2.crowdstrike.com",
    "https://api.us-3.crowdstrike.com",
    "https://api.us-gov-2.crowdstrike.mil",
    "https://api.us-gov-east-1.aws.elastic-cloud.com",
    "https://console.eu.jumpcloud.com",
    "https://console.jumpcloud.com",
    "https://slack-gov.com",
    "https://slack.com",
    "https://webapi.teamviewer.com",
];

fn allowed(manifest: &str) -> BTreeSet<&str> {
    let (_, list) = manifest.split_once("allowed_outbound_hosts = [").unwrap();
    let (list, _) = list.split_once(']').unwrap();
    list.split(',')
        .map(|host| host.trim().trim_matches('"'))
        .filter(|host| !host.is_empty())
        .collect()
}

#[test]
fn exactly_the_hosts_of_the_six_providers_are_allowed() {
    for manifest in [SPIN, SPIN_WASI] {
        assert_eq!(allowed(manifest), BTreeSet::from(HOSTS));
    }
}

#[test]
fn what_is_secret_is_declared_so_and_nothing_keeps_it_from_starting() {
    let (_, variables) = SPIN.split_once("[variables]\n").unwrap();
    let (variables, _) = variables.split_once("\n[[").unwrap();
    let mut names = Vec::new();
    for line in variables.lines().filter(|line| line.contains(" = ")) {
        let (name, value) = line.split_once(" = ").unwrap();
        // A required variable would keep `spin up` from starting.
        assert!(value.contains(r#"default = """#), "{line}");
        assert_eq!(value.contains("secret = true"), name != "response_envelope", "{line}");
        assert!(
            SPIN.contains(&format!("{name} = \"{{{{ {name} }}}}\"")),
            "{name} does not reach the component"
        );
        names.push(name);
    }
    assert!(
        names.contains(&"api_tokens") && names.contains(&"accounts"),
        "{names:?}"
    );
}
