//! The licenses of everything that is shipped, in one text: each license once, with the crates that it belongs to.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use cargo_metadata::Package;

use crate::{compile::Tools, inventory::Contents, page::Page};

/// What the standard library and its parts are under; a toolchain from elsewhere may come without the texts.
const OF_THE_STANDARD_LIBRARY: [&str; 4] = ["MIT.txt", "Apache-2.0.txt", "LLVM-exception.txt", "Unicode-3.0.txt"];

/// The C library that the standard library is built on for WASI. The toolchain brings it, and no text of its license.
const WASI_LIBC: &str = include_str!("../licenses/wasi-libc.txt");
pub const WASI_LIBC_LICENSE: &str =
    "(Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT) AND MIT AND BSD-2-Clause AND CC0-1.0";

pub fn of(tools: &Tools, shipped: &[Contents], page: Option<&Page>) -> Result<String> {
    let mut packages: BTreeMap<String, &Package> = BTreeMap::new();
    for package in shipped.iter().flat_map(|contents| &contents.packages) {
        // Our own are under LICENSE.
        if package.source.is_some() {
            packages.insert(format!("{} {}", package.name, package.version), package);
        }
    }
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut list = String::new();
    for (name, package) in &packages {
        let license = package.license.as_deref().unwrap_or("see its text");
        writeln!(list, "{name}: {license}")?;
        let folder = package
            .manifest_path
            .parent()
            .with_context(|| format!("{name} has no folder"))?;
        for text in texts_in(folder.as_std_path())? {
            texts.entry(text).or_default().push(name.clone());
        }
    }
    list.push_str("Rust's standard library: MIT OR Apache-2.0\n");
    writeln!(list, "wasi-libc, in the components only: {WASI_LIBC_LICENSE}")?;
    texts
        .entry(WASI_LIBC.trim().to_owned())
        .or_default()
        .push(String::from("wasi-libc"));
    for file in OF_THE_STANDARD_LIBRARY {
        if let Ok(text) = fs::read_to_string(tools.sysroot.join("share/doc/rust/licenses").join(file)) {
            let names = texts.entry(text.trim().to_owned()).or_default();
            names.push(String::from("Rust's standard library"));
        }
    }
    if let Some(page) = page {
        writeln!(list, "{}: Apache-2.0, in the command only", page.name())?;
        for text in page.licenses()? {
            texts.entry(text.trim().to_owned()).or_default().push(page.name());
        }
    }
    let mut told = format!(
        "What is linked into the components and the command of this release, and the licenses of it. The SBOM of each file says which \
         of them it contains. Where a crate comes without a text, its license is the one that is named in the list.\n\n{list}"
    );
    let mut texts: Vec<(String, Vec<String>)> = texts.into_iter().collect();
    texts.sort_by(|a, b| a.1.cmp(&b.1));
    for (text, names) in texts {
        writeln!(told, "\n{}\n{}\n\n{text}", "=".repeat(80), names.join(", "))?;
    }
    Ok(told)
}

/// The texts that a crate comes with: `LICENSE-MIT`, `COPYING`, `NOTICE`, and what else they are called.
fn texts_in(folder: &Path) -> Result<Vec<String>> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(Vec::new());
    };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.is_file() && is_license(file));
    files.sort();
    files
        .iter()
        .map(|file| {
            let bytes = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
            Ok(String::from_utf8_lossy(&bytes).replace("\r\n", "\n").trim().to_owned())
        })
        .collect()
}

fn is_license(file: &Path) -> bool {
    let name = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_ascii_uppercase();
    ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"]
        .iter()
        .any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_c_library_of_the_components_is_named_with_its_texts() {
        let tools = Tools {
            rustc: String::from("rustc 1.95.0"),
            sysroot: PathBuf::new(),
            has_sources: true,
            optimizer: None,
        };
        let told = of(&tools, &[], None).unwrap();
        for text in [
            "\nwasi-libc, in the components only: ",
            "Rich Felker",
            "Nuxi",
            "Jonathan Anderson",
        ] {
            assert!(told.contains(text), "{text}");
        }
    }

    #[test]
    fn a_license_is_known_by_its_files_name() {
        for name in ["LICENSE", "LICENSE-MIT", "license-apache", "COPYING", "NOTICE.md"] {
            assert!(is_license(Path::new(name)), "{name}");
        }
        for name in ["README.md", "Cargo.toml", "src"] {
            assert!(!is_license(Path::new(name)), "{name}");
        }
    }
}
