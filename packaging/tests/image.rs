//! The image of the service can be built from what the build is sent, and the command that it starts carries the component.

use std::{collections::BTreeSet, fs, path::Path};

use cargo_metadata::{Metadata, MetadataCommand, TargetKind};

const IGNORED: &str = include_str!("../../deploy/docker/Dockerfile.dockerignore");
const DOCKERFILE: &str = include_str!("../../deploy/docker/Dockerfile");
const COMMAND: &str = include_str!("../../docs/command.md");
const OWN_HOST: &str = include_str!("../../docs/hosts/own-host.md");
const KUBERNETES: &str = include_str!("../../deploy/kubernetes/unassign-role.yaml");

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn workspace() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap()
}

/// What is sent to the build, by its name at the top of the sources.
fn sent() -> BTreeSet<&'static str> {
    let mut lines = IGNORED.lines();
    assert_eq!(lines.next(), Some("**"), "everything else is left out first");
    lines.map(|line| line.strip_prefix('!').unwrap()).collect()
}

fn top(path: &Path) -> String {
    let inside = path.strip_prefix(root()).unwrap();
    inside.iter().next().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn the_build_is_sent_every_member_of_the_workspace_and_every_build_script() {
    let sent = sent();
    let mut needed = BTreeSet::from([
        String::from("Cargo.toml"),
        String::from("Cargo.lock"),
        String::from("wit"),
    ]);
    for package in workspace().packages {
        needed.insert(top(package.manifest_path.as_std_path()));
        let built = [
            TargetKind::Lib,
            TargetKind::Bin,
            TargetKind::CDyLib,
            TargetKind::CustomBuild,
        ];
        let sources = package
            .targets
            .iter()
            .filter(|target| target.kind.iter().any(|kind| built.contains(kind)));
        needed.extend(sources.map(|target| top(target.src_path.as_std_path())));
    }
    for name in &needed {
        assert!(
            sent.contains(name.as_str()),
            "Dockerfile.dockerignore leaves out {name}"
        );
    }
    for name in sent {
        assert!(
            root().join(name).exists(),
            "Dockerfile.dockerignore names {name}, which is not there"
        );
    }
}

/// The lines of a text that are one for the shell.
fn commands(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n#", "").replace("\\\n", " ");
    joined.lines().map(str::to_owned).collect()
}

#[test]
fn whoever_names_the_component_builds_the_command_that_embeds_it() {
    for (file, text) in [("deploy/docker/Dockerfile", DOCKERFILE), ("docs/command.md", COMMAND)] {
        let commands = commands(text);
        let mut naming = commands.iter().filter(|line| line.contains("UNASSIGN_ROLE_COMPONENT="));
        let command = naming.next().unwrap_or_else(|| panic!("{file} names no component"));
        assert!(command.contains("--features embedded"), "{file}: {command}");
        assert!(naming.next().is_none(), "{file} names the component twice");
    }
    let manifest = fs::read_to_string(root().join("cli/Cargo.toml")).unwrap();
    assert!(
        manifest.contains("\nembedded = "),
        "the command has no feature `embedded`"
    );
}

#[test]
fn docker_waits_for_calls_as_long_as_kubernetes_does() {
    let seconds = |name: &str| -> u32 {
        let line = KUBERNETES.lines().find_map(|line| line.trim().strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
    };
    // The pause before Kubernetes sends SIGTERM is a part of its grace period.
    let grace = seconds("terminationGracePeriodSeconds: ") - seconds("seconds: ");
    for (file, text) in [
        ("deploy/docker/Dockerfile", DOCKERFILE),
        ("docs/hosts/own-host.md", OWN_HOST),
    ] {
        let option = format!("--stop-timeout {grace}");
        assert!(text.contains(&option), "{file} does not say {option}");
    }
    let commands = commands(DOCKERFILE);
    let run = commands.iter().find(|line| line.contains("docker run")).unwrap();
    assert!(run.contains("--stop-timeout "), "{run}");
}
