//! The API reference of the page at `serve --sandbox`: files of npm's registry that the command carries.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{
    checksums,
    workspace::{Workspace, run},
};

/// What the command takes of it.
const FILES: [&str; 2] = ["swagger-ui-bundle.js", "swagger-ui.css"];
/// The licenses of what it is made of.
const LICENSES: [&str; 3] = ["LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"];

pub struct Page {
    pub folder: PathBuf,
    version: String,
}

impl Page {
    /// None, if it cannot be fetched.
    pub fn find(workspace: &Workspace) -> Option<Self> {
        run(Command::new(workspace.root.join("scripts/page"))
            .env("CARGO_TARGET_DIR", &workspace.target)
            .current_dir(&workspace.root)
            .stdin(Stdio::null()))
        .ok()?;
        Self::open(&workspace.target.join("page")).ok()
    }

    fn open(folder: &Path) -> Result<Self> {
        let version = text(folder, "version")?;
        Ok(Self {
            folder: folder.to_owned(),
            version: version.trim().to_owned(),
        })
    }

    /// What it is called in lists.
    pub fn name(&self) -> String {
        format!("swagger-ui-dist {}", self.version)
    }

    /// The texts of its licenses.
    pub fn licenses(&self) -> Result<Vec<String>> {
        LICENSES.iter().map(|file| text(&self.folder, file)).collect()
    }

    /// Its entry in a bill of materials.
    pub fn component(&self) -> Result<Value> {
        let files: Vec<Value> = FILES
            .iter()
            .map(|file| {
                let path = self.folder.join(file);
                let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
                let hash = json!({"alg": "SHA-256", "content": checksums::sha256(&bytes)});
                Ok(json!({"type": "file", "name": file, "hashes": [hash]}))
            })
            .collect::<Result<_>>()?;
        Ok(json!({
            "type": "library",
            "bom-ref": format!("npm:swagger-ui-dist@{}", self.version),
            "name": "swagger-ui-dist",
            "version": self.version,
            "description": "the API reference at `serve --sandbox`",
            "scope": "required",
            "licenses": [{"expression": "Apache-2.0"}],
            "purl": format!("pkg:npm/swagger-ui-dist@{}", self.version),
            "components": files,
        }))
    }
}

/// What the command has of it, or how to have it.
pub fn note(page: Option<&Page>) -> String {
    match page {
        Some(page) => format!("command: with the API reference of {}", page.name()),
        None => String::from(
            "command: without the API reference, because npm could not fetch it: with Node 20 and a network `serve --sandbox` has it",
        ),
    }
}

fn text(folder: &Path, file: &str) -> Result<String> {
    let path = folder.join(file);
    fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_entry_names_the_package_and_the_sums_of_what_is_carried() {
        let folder = std::env::temp_dir().join(format!("unassign-role-page-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for file in FILES.iter().chain(&LICENSES) {
            fs::write(folder.join(file), "abc").unwrap();
        }
        assert!(Page::open(&folder).is_err(), "without its version it is not whole");
        fs::write(folder.join("version"), "1.2.3\n").unwrap();
        let page = Page::open(&folder).unwrap();
        let component = page.component().unwrap();
        assert_eq!(component["purl"], "pkg:npm/swagger-ui-dist@1.2.3");
        assert_eq!(
            component["components"][1]["hashes"][0]["content"],
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(page.licenses().unwrap().len(), 3);
        fs::remove_dir_all(folder).unwrap();
    }
}
