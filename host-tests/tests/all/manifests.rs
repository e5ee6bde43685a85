//! What the Spin manifests allow and ask for.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const SPIN: &str = include_str!("../../../spin.toml");
const SPIN_WASI: &str = include_str!("../../../spin-wasi.toml");
const CONFIGURATION: &str = include_str!("../../../docs/configuration.md");

fn allowed(manifest: &str) -> BTreeSet<&str> {
    let (_, list) = manifest.split_once("allowed_outbound_hosts = [").unwrap();
    let (list, _) = list.split_once(']').unwrap();
    list.split(',')
        .map(|host| host.trim().trim_matches('"'))
        .filter(|host| !host.is_empty())
        .collect()
}

/// The files of every provider that end so, with what they say.
fn of_the_providers(ending: &str) -> Vec<(PathBuf, String)> {
    let providers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/providers");
    let folders = fs::read_dir(providers)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir());
    let files: Vec<_> = folders
        .flat_map(|folder| fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().ends_with(ending))
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    assert!(!files.is_empty(), "no {ending}");
    files
}

/// Scheme and host of every URL in a text.
fn hosts(text: &str) -> BTreeSet<String> {
    text.match_indices("https://")
        .map(|(at, scheme)| {
            let host = &text[at + scheme.len()..];
            let end = host
                .find(|c: char| !c.is_ascii_alphanumeric() && !"-.".contains(c))
                .unwrap_or(host.len());
            format!("{scheme}{}", &host[..end])
        })
        .collect()
}

/// As Spin reads an entry: a `*` stands for what is before the rest.
fn allows(entry: &str, host: &str) -> bool {
    match entry.split_once('*') {
        Some((scheme, rest)) => host.starts_with(scheme) && host.ends_with(rest),
        None => entry == host,
    }
}

#[test]
fn exactly_the_hosts_that_the_providers_name_are_allowed() {
    // A region's host is in the provider's code; where the account gives it, an example is in the provider's page.
    let code = of_the_providers(".rs").into_iter().map(|(path, text)| {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        (path, code)
    });
    let named: BTreeSet<String> = code
        .chain(of_the_providers("docs.md"))
        .flat_map(|(_, text)| hosts(&text))
        .collect();
    for (manifest, allowed) in [("spin.toml", allowed(SPIN)), ("spin-wasi.toml", allowed(SPIN_WASI))] {
        for host in &named {
            assert!(
                allowed.iter().any(|entry| allows(entry, host)),
                "{manifest} does not allow {host}"
            );
        }
        for entry in allowed {
            assert!(
                named.iter().any(|host| allows(entry, host)),
                "{manifest} allows {entry}, which no provider names"
            );
        }
    }
}

/// The texts of a list on one line of a manifest.
fn listed<'a>(manifest: &'a str, name: &str) -> BTreeSet<&'a str> {
    let line = manifest.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_matches(['[', ']'])
        .split(", ")
        .map(|text| text.trim_matches('"'))
        .collect()
}

#[test]
fn spin_watch_builds_again_after_every_change_of_what_a_component_is_built_from() {
    for (manifest, component) in [(SPIN, "spin"), (SPIN_WASI, "wasi")] {
        let watched = listed(manifest, "watch = ");
        let script = manifest
            .lines()
            .find_map(|line| line.strip_prefix("command = \""))
            .unwrap();
        let script = script.split_whitespace().next().unwrap();
        let folder = format!("components/{component}");
        for name in [
            script,
            "build.rs",
            "Cargo.toml",
            "Cargo.lock",
            &format!("{folder}/Cargo.toml"),
        ] {
            assert!(watched.contains(name), "{component}: {name} is not watched");
        }
        for name in [
            "src/**/*.rs",
            "src/**/*.json",
            "wit/**/*.wit",
            &format!("{folder}/**/*.rs"),
        ] {
            assert!(watched.contains(name), "{component}: {name} is not watched");
        }
        for name in watched {
            let top = name.split("/**").next().unwrap();
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(top);
            assert!(path.exists(), "{component}: {name} is watched and not there");
        }
    }
}

/// The lines of the manifest's `[variables]`: name and declaration.
fn variables() -> Vec<(&'static str, &'static str)> {
    let (_, variables) = SPIN.split_once("[variables]\n").unwrap();
    let (variables, _) = variables.split_once("\n[[").unwrap();
    variables
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
        .collect()
}

#[test]
fn what_is_secret_is_declared_so_and_nothing_keeps_it_from_starting() {
    let mut names = Vec::new();
    for (name, value) in variables() {
        // A required variable would keep `spin up` from starting.
        assert!(value.contains(r#"default = """#), "{name}");
        assert_eq!(
            value.contains("secret = true"),
            !["response_envelope", "receipt_keys_retired"].contains(&name),
            "{name}"
        );
        assert!(
            SPIN.contains(&format!("\n{name} = \"{{{{ {name} }}}}\"\n")),
            "{name} does not reach the component"
        );
        names.push(name);
    }
    assert!(
        names.contains(&"api_tokens") && names.contains(&"accounts"),
        "{names:?}"
    );
}

/// The names in every `{"secret": "…"}` of a text.
fn referred(text: &str) -> BTreeSet<&str> {
    text.split(r#"{"secret": ""#)
        .skip(1)
        .filter_map(|after| after.split('"').next())
        .collect()
}

#[test]
fn the_accounts_that_are_documented_work_with_the_secrets_that_are_declared() {
    let declared: BTreeSet<&str> = variables()
        .into_iter()
        .filter_map(|(name, _)| name.strip_prefix("secret_"))
        .collect();
    let pages = of_the_providers("docs.md");
    let mut documented = referred(CONFIGURATION);
    for (path, page) in &pages {
        let names = referred(page);
        assert!(!names.is_empty(), "{} shows no account", path.display());
        documented.extend(names);
    }
    assert_eq!(documented, declared);
}
