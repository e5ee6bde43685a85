//! What the components of a release import, and how large they are, held against `pins.txt`. It holds for one toolchain; with another one
//! the differences are printed. `RECORD_PINS=1 make dist` writes the file anew.

use std::{collections::BTreeSet, env};

use anyhow::{Result, bail};

use crate::{
    artifact::Kind,
    compile::Tools,
    workspace::{self, Workspace},
};

const PINS: &str = include_str!("../pins.txt");

/// In percent. What is smaller has to be recorded too, so that the next growth is seen.
const MARGIN: usize = 2;

pub struct Measured {
    pub kind: Kind,
    pub file: String,
    pub size: usize,
    pub imports: BTreeSet<String>,
}

/// Refuses a component that asks its host for something else than before, or whose size is off.
pub fn hold(workspace: &Workspace, tools: &Tools, measured: &[Measured], are_all: bool) -> Result<()> {
    let toolchain = tools.toolchain();
    if env::var_os("RECORD_PINS").is_some() {
        if !are_all {
            bail!("RECORD_PINS needs all components: leave out ONLY");
        }
        return workspace::write(
            &workspace.root.join("packaging/pins.txt"),
            as_text(&toolchain, measured).as_bytes(),
        );
    }
    let differences = differences(PINS, measured).join("\n");
    if differences.is_empty() {
        return Ok(());
    }
    if PINS.lines().next() == Some(toolchain.as_str()) {
        bail!("{differences}\nif that is meant, `RECORD_PINS=1 make dist` writes packaging/pins.txt");
    }
    println!("{differences}\npackaging/pins.txt is for another toolchain, and this one is {toolchain}");
    Ok(())
}

fn differences(pins: &str, measured: &[Measured]) -> Vec<String> {
    let mut differences = Vec::new();
    for Measured {
        kind,
        file,
        size,
        imports,
    } in measured
    {
        let prefix = format!("{} imports ", kind.name());
        let pinned: BTreeSet<String> = pins
            .lines()
            .filter_map(|line| line.strip_prefix(&prefix))
            .map(str::to_owned)
            .collect();
        for name in imports.difference(&pinned) {
            differences.push(format!("{file} imports {name}, which is not pinned"));
        }
        for name in pinned.difference(imports) {
            differences.push(format!("{file} does not import {name} any more"));
        }
        let pinned = pins.lines().find_map(|line| {
            let (name, size) = line.split_once(' ')?;
            (name == file).then(|| size.parse::<usize>().ok())?
        });
        match pinned {
            Some(pinned) if size.abs_diff(pinned) * 100 <= pinned * MARGIN => {}
            Some(pinned) => differences.push(format!("{file} has {size} bytes, and {pinned} are pinned")),
            None => differences.push(format!("{file} has {size} bytes, and none are pinned")),
        }
    }
    differences
}

fn as_text(toolchain: &str, measured: &[Measured]) -> String {
    let mut lines = vec![toolchain.to_owned()];
    let imports: BTreeSet<String> = measured
        .iter()
        .flat_map(|it| {
            it.imports
                .iter()
                .map(|name| format!("{} imports {name}", it.kind.name()))
        })
        .collect();
    lines.extend(imports);
    lines.extend(measured.iter().map(|it| format!("{} {}", it.file, it.size)));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Artifact;

    fn measured(size: usize, imports: &[&str]) -> Measured {
        Measured {
            kind: Kind::Wasi,
            file: String::from("a.wasm"),
            size,
            imports: imports.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn what_was_recorded_has_no_differences() {
        let found = [measured(1_000, &["wasi:io/poll@0.2.12", "wasi:io/error@0.2.12"])];
        let text = as_text("rustc 1", &found);
        assert_eq!(
            text,
            "rustc 1\nwasi imports wasi:io/error@0.2.12\nwasi imports wasi:io/poll@0.2.12\na.wasm 1000\n"
        );
        assert_eq!(differences(&text, &found), Vec::<String>::new());
    }

    #[test]
    fn another_import_and_another_size_are_told() {
        let text = as_text("rustc 1", &[measured(1_000, &["wasi:io/poll@0.2.12"])]);
        assert_eq!(
            differences(&text, &[measured(1_021, &["wasi:sockets/tcp@0.2.12"])]),
            [
                "a.wasm imports wasi:sockets/tcp@0.2.12, which is not pinned",
                "a.wasm does not import wasi:io/poll@0.2.12 any more",
                "a.wasm has 1021 bytes, and 1000 are pinned",
            ]
        );
        assert_eq!(
            differences(&text, &[measured(980, &["wasi:io/poll@0.2.12"])]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn every_component_is_pinned() {
        for artifact in Artifact::all(&Workspace::own().unwrap()) {
            let line = format!("\n{} ", artifact.file());
            assert!(PINS.contains(&line), "pins.txt lacks {}", artifact.file());
        }
    }

    #[test]
    fn no_component_asks_for_a_socket_and_only_spins_for_spin() {
        for line in PINS.lines().filter(|line| line.contains(" imports ")) {
            assert!(!line.contains("wasi:sockets/"), "{line}");
            assert!(
                line.contains(" imports wasi:") || line.starts_with("spin imports spin:"),
                "{line}"
            );
        }
    }
}
