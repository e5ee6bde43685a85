//! The sizes of the components that `make guests` builds. `size.txt` pins them for one compiler: with another one, or with components
//! from elsewhere, the test prints what it finds and passes. `RECORD_SIZES=1` writes the file anew.

use std::{env, fs, path::Path, process::Command};

use host::guests::Artifact;

const PINS: &str = include_str!("../../size.txt");
const SHIPPED: [Artifact; 2] = [Artifact::Wasi, Artifact::Spin];

/// In percent. What is smaller has to be recorded too, so that the next growth is seen.
const MARGIN: usize = 2;

fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn measured() -> Vec<(String, usize)> {
    SHIPPED
        .iter()
        .map(|artifact| {
            let file = artifact.path().file_name().unwrap().to_string_lossy().into_owned();
            (file, artifact.bytes().unwrap().len())
        })
        .collect()
}

fn as_text(compiler: &str, sizes: &[(String, usize)]) -> String {
    let lines: Vec<String> = sizes.iter().map(|(file, size)| format!("{file} {size}\n")).collect();
    format!("{compiler}\n{}", lines.concat())
}

fn is_within(size: usize, pinned: usize) -> bool {
    size.abs_diff(pinned) * 100 <= pinned * MARGIN
}

#[test]
fn the_components_are_as_large_as_they_were() {
    let (compiler, sizes) = (compiler(), measured());
    if env::var_os("RECORD_SIZES").is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("size.txt");
        fs::write(file, as_text(&compiler, &sizes)).unwrap();
        return;
    }
    let mut lines = PINS.lines();
    let is_other = lines.next() != Some(compiler.as_str()) || env::var_os("UNASSIGN_ROLE_COMPONENTS").is_some();
    for (file, size) in &sizes {
        let pinned = PINS
            .lines()
            .find_map(|line| line.strip_prefix(file.as_str())?.trim().parse().ok());
        let pinned: usize = pinned.unwrap_or_else(|| panic!("size.txt does not name {file}"));
        println!("{file}: {size} bytes, pinned are {pinned}");
        assert!(
            is_other || is_within(*size, pinned),
            "{file} has {size} bytes, and {pinned} are pinned: if that is meant, RECORD_SIZES=1 cargo test -p host-tests size writes size.txt"
        );
    }
}

#[test]
fn two_in_a_hundred_are_within_the_margin_and_three_are_not() {
    assert!(is_within(102, 100) && is_within(98, 100));
    assert!(!is_within(103, 100) && !is_within(97, 100));
}
